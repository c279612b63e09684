"""Folding many short rows, each into one number.

NumPy starts a loop for every row, which takes longer than to add up what is in it. A product with
ones has one loop; so has the largest of each row, if the rows stand upright: then it is the larger
of two long columns, a few times.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import along

SHORT = 1024  # elements of a row, of which the order of adding up loses no digits
NARROW = 100  # elements of a row, up to which it pays to turn the table


def folding(fold: Callable[[Any], Any], longest: int) -> Callable[[along.Call], along.Run]:
    """Return the sample-axis rule that folds the rows of a table of floats, (rows, n), by `fold`.

    It is for last axes with 2 to `longest` elements; others are folded by NumPy.
    """

    def rule(call: along.Call) -> along.Run:
        run, shape = along.along_axis(call), call.shapes[0]
        axis = along.from_end(call.fixed.get("axis"), len(shape))
        axes = sorted(axis) if isinstance(axis, tuple) else [axis]
        n = math.prod(shape[a] for a in axes)
        if axes != list(range(-len(axes), 0)) or not 1 < n <= longest:
            return run

        def folded(x: Any) -> Any:
            if x.dtype.kind != "f":
                return run(x)
            return fold(x.reshape(-1, n)).reshape(len(x), *call.shape)

        return folded

    return rule


def upright(table: Any) -> Any:
    """Return the columns of a table one after the other, as a copy."""
    return np.array(table.T, order="C")


@functools.lru_cache(maxsize=64)
def ones(n: int, dtype: np.dtype[Any]) -> Any:
    """Return `n` ones, the same array for all that ask."""
    found = np.ones(n, dtype)
    found.setflags(write=False)
    return found


def total(table: Any) -> Any:
    """Return the sum of each row."""
    return table @ ones(table.shape[1], table.dtype)


def average(table: Any) -> Any:
    """Return the mean of each row."""
    return total(table) / table.dtype.type(table.shape[1])


def largest(table: Any) -> Any:
    """Return the largest element of each row."""
    return np.maximum.reduce(upright(table))


def smallest(table: Any) -> Any:
    """Return the smallest element of each row."""
    return np.minimum.reduce(upright(table))


def logsumexp(table: Any) -> Any:
    """Return log(sum(exp(x))) of each row around its largest element, which may be infinite."""
    columns = upright(table)
    top = np.maximum.reduce(columns)
    top[~np.isfinite(top)] = 0.0
    columns -= top
    with np.errstate(divide="ignore", over="ignore"):
        found = np.log(np.add.reduce(np.exp(columns, out=columns)))
    return np.add(found, top, out=found)
