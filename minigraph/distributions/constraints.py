"""Constraints: which values a parameter may have, and where a law puts its mass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Constraint(NamedTuple):
    """A named set of values.

    Examples
    --------
    >>> positive
    positive
    >>> bool(positive.holds(-1.0)), bool(positive.holds(float("nan")))
    (False, False)
    """

    name: str
    holds: Callable[[Any], Any]
    discrete: bool = False

    def __repr__(self) -> str:
        return self.name


def _whole(x: Any) -> Any:
    return np.equal(np.floor(x), x)


real = Constraint("real", np.isfinite)
positive = Constraint("positive", lambda x: np.greater(x, 0) & np.isfinite(x))
nonnegative = Constraint("nonnegative", lambda x: np.greater_equal(x, 0) & np.isfinite(x))
unit_interval = Constraint("in [0, 1]", lambda x: np.greater_equal(x, 0) & np.less_equal(x, 1))
# Logits are real or infinite: a logit of -inf is an impossible event, and a legal one.
logit = Constraint("real or infinite", lambda x: ~np.isnan(x))
logits = Constraint(
    "real or -inf, not all -inf along the last axis",
    lambda x: ~np.isnan(x) & np.less(x, np.inf) & np.any(np.isfinite(x), axis=-1, keepdims=True),
)
weights = Constraint(
    "nonnegative, with a positive sum along the last axis",
    lambda x: nonnegative.holds(x) & np.greater(np.sum(x, axis=-1, keepdims=True), 0),
)
boolean = Constraint("0 or 1", lambda x: np.equal(x, 0) | np.equal(x, 1), True)
count = Constraint("0, 1, 2, …", lambda x: np.greater_equal(x, 0) & _whole(x), True)


def interval(low: Any, high: Any) -> Constraint:
    """Return the closed interval from `low` to `high`."""
    return Constraint(
        f"in [{low}, {high}]", lambda x: np.greater_equal(x, low) & np.less_equal(x, high)
    )


def below(n: int) -> Constraint:
    """Return the whole numbers 0, 1, …, n - 1."""
    return Constraint(
        f"0, 1, …, {n - 1}", lambda x: np.greater_equal(x, 0) & np.less(x, n) & _whole(x), True
    )
