"""The names users call, gathered from the tables: `PUBLIC`, and `BY_NUMPY` by function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import (  # isort: skip
    bessel, boxes, creation, elementwise, factorizations, folds, grids, joins, layouts, linear,
    matrices, norms, padding, picks, polynomials, products, pseudoinverses, questions, ranks,
    reductions, selection, shaping, special, statistics, tails, trigonometry,
)  # fmt: skip
from ..errors import MissingAttributeError
from .base import Operation
from .calls import public

TABLES = (
    shaping, elementwise, trigonometry, reductions, special, bessel, tails, linear, factorizations,
    pseudoinverses, selection, folds, norms, ranks, statistics, layouts, joins, products, matrices,
    picks, grids, padding, polynomials, creation, questions, boxes,
)  # fmt: skip
TAKEN = frozenset({"gradient"})  # NumPy's gradient is a finite difference, ours is not


OWN: Mapping[str, str] = {
    "relu": "max(x, 0) of each element, with slope 0 at 0",
    "sigmoid": "1 / (1 + exp(-x)) of each element, without overflow",
    "softplus": "log(1 + exp(x)) of each element, without overflow",
    "sum_to": "`x` summed to `shape`, over the axes along which that would broadcast to it",
}  # fmt: skip


class Namespace(SimpleNamespace):
    """Functions under their names."""

    def __getattr__(self, name: str) -> Any:
        raise MissingAttributeError(f"mg.linalg has no {name!r}; it has {', '.join(vars(self))}")


def told(op: Operation) -> str:
    """Return the docstring of the function that users call."""
    theirs = op.numpy[0] if op.numpy else None
    home = "scipy.special" if theirs is None else getattr(theirs, "__module__", "numpy")
    known = f"what ``{home}.{getattr(theirs, '__name__', op.name)}`` does, as Data"
    count = "A sequence" if op.variadic else f"{len(op.rules)} of them, by position"
    keywords = f"{', '.join(op.fixed)} : optional\n    As there.\n" if op.fixed else ""
    rules = () if op.variadic else op.rules
    slopes = [f"number {i + 1}" for i, rule in enumerate(rules) if rule is not None]
    into = "" if len(slopes) == len(rules) else ", ".join(slopes) or "none"
    return f"""Return {OWN.get(op.name, known)}.

Parameters
----------
{"arrays" if op.variadic else "*arrays"} : Data or array_like
    {count}.{f" Gradients flow into {into}." if into else ""}
{keywords}
Raises
------
InputError
    If the shapes do not fit, by name.
UsageError
    If an argument is missing, or means nothing here, such as ``out=``.
"""


def _gather() -> tuple[Mapping[str, Any], Mapping[Any, Callable[..., Any]]]:
    names: dict[str, Any] = dict(creation.CONSTANTS)
    numpy: dict[Any, Callable[..., Any]] = {}
    for table in TABLES:
        for name, thing in vars(table).items():
            if isinstance(thing, Operation) and not (thing.internal or thing.barrier):
                call = public(thing)
                call.__doc__ = told(thing)
            elif getattr(thing, "__module__", "") == table.__name__ and hasattr(thing, "numpy"):
                call = thing
            else:
                continue
            if not name.startswith("_"):  # else only NumPy has it, under another path
                names[call.__name__] = call  # a later table says it as NumPy does
            numpy.update(dict.fromkeys(call.numpy, call))  # type: ignore[attr-defined]
    for name, thing in vars(np).items():
        if name not in TAKEN and callable(thing) and thing in numpy:
            names.setdefault(name, numpy[thing])  # NumPy's other names: abs, mod, true_divide, …
    known = {k: v for k, v in vars(np.linalg).items() if callable(v) and v in numpy}
    names["linalg"] = Namespace(**{name: numpy[thing] for name, thing in known.items()})
    return names, numpy


PUBLIC, BY_NUMPY = _gather()
