"""The names users call, gathered from the tables: `PUBLIC`, and `BY_NUMPY` by function."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np

from . import (
    creation,
    elementwise,
    factorizations,
    folds,
    grids,
    joins,
    layouts,
    linear,
    matrices,
    norms,
    padding,
    picks,
    polynomials,
    products,
    questions,
    ranks,
    reductions,
    selection,
    shaping,
    special,
    statistics,
    tails,
    trigonometry,
)
from .base import Operation, public

TABLES = (
    shaping, elementwise, trigonometry, reductions, special, tails, linear, factorizations,
    selection, folds, norms, ranks, statistics, layouts, joins, products, matrices, picks, grids,
    padding, polynomials, creation, questions,
)  # fmt: skip
TAKEN = frozenset({"gradient"})  # NumPy's gradient is a finite difference, ours is not


def _gather() -> tuple[dict[str, Any], dict[Any, Callable[..., Any]]]:
    names: dict[str, Any] = dict(creation.CONSTANTS)
    numpy: dict[Any, Callable[..., Any]] = {}
    for table in TABLES:
        for name, thing in vars(table).items():
            if isinstance(thing, Operation) and not thing.internal:
                call = public(thing)
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
    return names, numpy


_names, _numpy = _gather()
_names["linalg"] = SimpleNamespace(
    **{
        name: _numpy[thing]
        for name, thing in vars(np.linalg).items()
        if callable(thing) and thing in _numpy
    }
)
PUBLIC = MappingProxyType(_names)
BY_NUMPY = MappingProxyType(_numpy)
