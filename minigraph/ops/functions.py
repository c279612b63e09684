"""Functions that are made of operations, and calls that NumPy lets one write in several ways."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UsageError
from ..graph import Data
from . import elementwise, linear, shaping
from .base import as_data


def named(*numpy: Any) -> Callable[[Callable[..., Data]], Callable[..., Data]]:
    """Declare a function as minigraph's meaning of NumPy functions."""

    def declare(f: Callable[..., Data]) -> Callable[..., Data]:
        @functools.wraps(f)
        def call(*args: Any, **keywords: Any) -> Data:
            return f(*args, **keywords)

        call.numpy = numpy  # type: ignore[attr-defined]
        return call

    return declare


@named(np.dot)
def dot(a: Any, b: Any) -> Data:
    """Return the product of two numbers, vectors or matrices."""
    a, b = as_data(a), as_data(b)
    return elementwise.multiply(a, b) if not a.shape or not b.shape else linear.matmul(a, b)


@named(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Data:
    """Return `a` kept between two limits; the derivative is 1 between and at them, 0 outside."""
    low, high = a_min if min is None else min, a_max if max is None else max
    return elementwise.clip(
        as_data(a), -np.inf if low is None else low, np.inf if high is None else high
    )


@named(np.where)
def where(condition: Any, *choices: Any) -> Data:
    """Return elements of the first choice where the condition holds, else of the second."""
    if len(choices) != 2:
        raise UsageError("where: needs a condition and two choices; positions are not defined here")
    return elementwise.where(as_data(condition), *choices)


@named(np.transpose)
def transpose(a: Any, axes: Any = None) -> Data:
    """Return `a` with its axes reversed, or in the order `axes`."""
    return shaping.transpose(as_data(a), axes=axes)
