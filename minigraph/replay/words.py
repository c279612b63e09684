"""A step of a tape in NumPy's words, and the words for steps that NumPy has none for."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import UsageError
from ..ops import along
from ..ops.base import Operation
from ..ops.namespace import TABLES
from ..ops.reductions import sum_
from ..ops.selection import getitem, is_basic
from .program import Draw, Step

LONGEST = 32  # letters of a name


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
        fixed = [f"{name}={value!r}" for name, value in run.keywords.items()]
        name = "add.reduce" if run.func is sum_.forward else getattr(run.func, "__name__", "")
        known = run.func is sum_.forward or in_numpy(run.func)
        if known and all(map(is_text, run.keywords.values())):
            return f"np.{name}({', '.join(inputs + fixed)})"
    return None


def said(index: Any) -> str:
    """Return a part of a basic index as it is written."""
    if isinstance(index, slice):
        parts = ["" if i is None else str(int(i)) for i in (index.start, index.stop)]
        return ":".join([*parts, *([] if index.step is None else [str(int(index.step))])])
    return "..." if index is Ellipsis else "None" if index is None else str(int(index))


def is_text(value: Any) -> bool:
    """Return whether Python reads the repr of a value as the same value."""
    if type(value) is dict:
        return all(is_text(part) for item in value.items() for part in item)
    if type(value) in (tuple, list):
        return all(map(is_text, value))
    if type(value) is slice:
        return all(map(is_text, (value.start, value.stop, value.step)))
    return (
        value is None or value is Ellipsis or type(value) in (bool, int, str) or _is_finite(value)
    )


def _is_finite(value: Any) -> bool:
    return type(value) is float and math.isfinite(value)


def imported(name: str, step: Step) -> str:
    """Return the line that gets the function of a step."""
    call = step.call
    op: Any = call.op
    fixed = dict(call.fixed)
    if op not in known().values() or not is_text(fixed):
        return f"{name} = None  # set it before you run: {printable(op.name)}"
    return (
        f"{name} = operation({op.name!r}, {fixed!r}, {call.shapes}, {call.sampled}, {call.shape})"
    )


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
        The name of the operation.
    fixed : mapping
        Its arguments that are no arrays.
    shapes, shape : tuples of int
        The shapes of one sample of its arrays, and of its result.
    sampled : tuple of bool
        Which arrays have a sample axis.
    """
    op = known().get(name)
    if op is None:
        raise UsageError(f"operation: {name!r} is not known; was the text written by minigraph?")
    if any(sampled):
        return op.along(along.Call(op, fixed, tuple(shapes), tuple(sampled), tuple(shape)))
    return lambda *arrays: op.evaluate(arrays, fixed)
