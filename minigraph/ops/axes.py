"""Axes, shapes and counts as callers write them: integers, and axes that the array has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..walk import label
from .indices import integer


def ints(shape: Any) -> tuple[int, ...]:
    """Return a shape, or several axes, as a tuple of Python integers."""
    several = _several(shape) or (type(shape) is Data and shape.ndim)
    return tuple(map(integer, shape)) if several else (integer(shape),)


def _several(numbers: Any) -> bool:
    """Return whether plain numbers are in a row, also if there is one."""
    row = isinstance(numbers, (list, tuple, range))
    return row or (isinstance(numbers, np.ndarray) and numbers.ndim > 0)


def axes_of(axis: Any, x: Data | None = None) -> Any:
    """Return an axis, or several, as Python integers, so that a graph keeps no array of yours.

    What NumPy is not asked, it cannot refuse: axes that `x`, if it is given, does not have.
    """
    if axis is None:
        return None
    found = tuple(map(integer, axis)) if _several(axis) else (integer(axis),)
    if x is not None:
        _inside(found, x)
    return found if _several(axis) else found[0]


def axis_of(axis: Any, x: Data) -> int:
    """Return an axis that `x` has, counted from 0."""
    found = integer(axis)
    _inside((found,), x)
    return found % x.ndim


def _inside(axes: tuple[int, ...], x: Data) -> None:
    """Raise for an axis that `x` does not have, or that is there twice."""
    for a in axes:
        if not -x.ndim <= a < x.ndim:
            advice = f"its axes are 0 to {x.ndim - 1}" if x.ndim else "mg.atleast_1d gives it one"
            raise ValueError(f"axis {a} is none of {label(x)} of shape {x.shape}; {advice}")
    if len({a % x.ndim for a in axes}) < len(axes):
        raise ValueError(f"axes {axes} of {label(x)}: one is there twice; name each once")
