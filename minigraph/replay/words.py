"""A step of a tape in NumPy's words, and the words for steps that NumPy has none for."""

from __future__ import annotations

import contextlib
import functools
import importlib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import UsageError
from ..ops import along
from ..ops.base import Operation
from ..ops.indices import Slot, is_basic
from ..ops.namespace import TABLES
from ..ops.reductions import sum_
from ..ops.selection import getitem
from ..ops.wide import chord, quarter_chord
from .program import Draw, Step

LONGEST = 32  # letters of a name
LARGEST = 2**12  # elements of an array that is written down
DEFINED: Mapping[Any, tuple[Any, ...]] = {chord: (quarter_chord, chord)}  # in the text itself
PACKAGE = __name__.partition(".")[0] + "."


def printable(title: str) -> str:
    """Return a name without what would end a comment, or turn it around."""
    return "".join(c if c.isprintable() else "?" for c in title)[:LONGEST]


def described(draw: Draw) -> str:
    """Return a draw in words for the docstring of the text."""
    title = printable(draw.title).replace("\\", "/").replace('"', "'")
    parameters = ", ".join(draw.law.parameters)
    return f"{title} ~ {type(draw.law).__name__}({parameters}), shape {draw.shape}"


def in_numpy(function: Any) -> bool:
    """Return whether a function is known as np.something."""
    name = getattr(function, "__name__", "")
    return bool(name) and getattr(np, name, None) is function


def padded(x: str, axes: int) -> str:
    """Return an array with axes of length one behind the sample axis."""
    return f"{x}[:{', None' * axes}]" if axes else x


def as_numpy(step: Step, inputs: list[str]) -> str | None:
    """Return a step in NumPy's words, None if there is more to it."""
    call, run, x = step.call, step.run, inputs[0] if inputs else ""
    if in_numpy(run):
        return f"np.{run.__name__}({', '.join(inputs)})"
    if call.op.along is along.to_shape:
        return f"{x}.reshape({x}.shape[:1] + {call.shape})"
    if call.op is getitem and len(inputs) == 1 and is_basic(call.fixed["index"]):
        index = "".join(f", {said(i)}" for i in call.fixed["index"])
        return f"{x}[:{index}]"
    if isinstance(run, functools.partial) and not run.args:
        name = "add.reduce" if run.func is sum_.forward else getattr(run.func, "__name__", "")
        known = run.func is sum_.forward or in_numpy(run.func)
        if known and all(map(is_text, run.keywords.values())):
            fixed = [f"{name}={value!r}" for name, value in run.keywords.items()]
            return f"np.{name}({', '.join(inputs + fixed)})"
    return None


def said(index: Any) -> str:
    """Return a part of a basic index as it is written."""
    if isinstance(index, slice):
        parts = ["" if i is None else str(int(i)) for i in (index.start, index.stop)]
        return ":".join([*parts, *([] if index.step is None else [str(int(index.step))])])
    return "..." if index is Ellipsis else "None" if index is None else str(int(index))


def written(value: Any) -> str | None:
    """Return a value as Python reads it again, None if it cannot be written down."""
    if isinstance(value, (np.integer, np.bool_, np.float64)):  # which NumPy computed
        value = value.item()
    if type(value) is np.ndarray:
        if value.dtype.kind not in "biuf" or value.size > LARGEST:
            return None
        made = f"array({written(value.tolist())}" if value.size else f"zeros({value.shape}"
        return f"np.{made}, {value.dtype.name!r})"
    if type(value) is dict:
        pairs = [joined(item, ": ") for item in value.items()]
        return None if None in pairs else f"{{{', '.join(map(str, pairs))}}}"
    if type(value) in (tuple, list):
        inner = joined(value)
        single = "," * (type(value) is tuple and len(value) == 1)
        left, right = "()" if type(value) is tuple else "[]"
        return None if inner is None else f"{left}{inner}{single}{right}"
    if type(value) is slice:
        inner = joined((value.start, value.stop, value.step))
        return inner and f"slice({inner})"
    if isinstance(value, (type, np.dtype)):
        kind = np.dtype(value)
        return f"np.dtype({kind.name!r})" if kind.kind in "biuf" else None
    if type(value) is float and not math.isfinite(value):
        return f"np.{value}".replace("np.-", "-np.")
    if type(value) is Slot:
        return f"Slot({value.number})"
    plain = value is None or value is Ellipsis or type(value) in (bool, int, str, float)
    return repr(value) if plain else None


def joined(values: Sequence[Any], by: str = ", ") -> str | None:
    """Return values with something between them."""
    found = [written(value) for value in values]
    return None if None in found else by.join(map(str, found))


def is_text(value: Any) -> bool:
    """Return whether Python reads the repr of a value as the same value, with no imports."""
    return written(value) == repr(value)


def imported(name: str, step: Step, addresses: Mapping[Operation, str]) -> str:
    """Return the line that gets the function of a step."""
    call = step.call
    op, fixed = call.op, written(dict(call.fixed))
    if op not in addresses or fixed is None:
        return f"{name} = None  # set it before you run: {printable(op.name)}"
    return (
        f"{name} = operation({addresses[op]!r}, {fixed}, {call.shapes}, {call.sampled}, "
        f"{call.shape})"
    )


def addressed() -> dict[Operation, str]:
    """Return where operations are found again: by name, or as a variable of a module."""
    found = {op: name for name, op in known().items()}
    for module, space in list(sys.modules.items()):
        if module.startswith(PACKAGE):
            for name, thing in vars(space).items():
                if isinstance(thing, Operation):
                    found.setdefault(thing, f"{module.removeprefix(PACKAGE)}.{name}")
    return found


def known() -> dict[str, Operation]:
    """Return the operations by name."""
    found = [thing for table in TABLES for thing in vars(table).values()]
    operations: list[Any] = [thing for thing in found if isinstance(thing, Operation)]
    return {op.name: op for op in operations}


def operation(
    name: str, fixed: Mapping[str, Any], shapes: Any, sampled: Any, shape: Any
) -> Callable[..., Any]:
    """Return an operation of this package as a function of arrays, for a text that needs it.

    Parameters
    ----------
    name : str
        The name of the operation, or the module of this package and its name there.
    fixed : mapping
        Its arguments that are no arrays.
    shapes, shape : tuples of int
        The shapes of one sample of its arrays, and of its result.
    sampled : tuple of bool
        Which arrays have a sample axis.
    """
    op: Any = known().get(name)
    module, _, variable = name.rpartition(".")
    if op is None and module:
        with contextlib.suppress(ImportError):
            op = getattr(importlib.import_module(PACKAGE + module), variable, None)
    if not isinstance(op, Operation):
        raise UsageError(f"operation: {name!r} is not known; was the text written by minigraph?")
    if any(sampled):
        return op.along(along.Call(op, fixed, tuple(shapes), tuple(sampled), tuple(shape)))
    return lambda *arrays: op.evaluate(arrays, fixed)
