"""The names users call, gathered from the tables: `PUBLIC` by name, `BY_NUMPY` by NumPy function."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from . import elementwise, functions, linear, reductions, selection, shaping
from .base import Operation, public

TABLES = (shaping, elementwise, reductions, linear, selection, functions)


def _gather() -> tuple[dict[str, Callable[..., Any]], dict[Any, Callable[..., Any]]]:
    names: dict[str, Callable[..., Any]] = {}
    numpy: dict[Any, Callable[..., Any]] = {}
    for table in TABLES:
        for thing in vars(table).values():
            if isinstance(thing, Operation):
                call = names.setdefault(thing.name, public(thing))
            elif getattr(thing, "__module__", "") == table.__name__ and hasattr(thing, "numpy"):
                call = names[thing.__name__] = thing
            else:
                continue
            numpy.update(dict.fromkeys(call.numpy, call))  # type: ignore[attr-defined]
    return names, numpy


_names, _numpy = _gather()
PUBLIC = MappingProxyType(_names)
BY_NUMPY = MappingProxyType(_numpy)
