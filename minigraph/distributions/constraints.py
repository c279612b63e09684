"""Constraints: which values a parameter may have, and where a law puts its mass.

They are written in NumPy's functions, so they look at arrays and at Data alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..values import show

Bounds = tuple[Any, Any]  # numbers, arrays or Data


class Constraint(NamedTuple):
    """A named set of values.

    ``holds(x)`` says which elements are in it; ``member`` is one of them; ``event_ndim`` is the
    number of last axes that are looked at together (1 for a point of a simplex); ``bounds`` are its
    two ends, which may be in it or not, if it is all that lies between them.

    Examples
    --------
    >>> positive
    positive
    >>> bool(positive.holds(-1.0)), bool(positive.holds(float("nan")))
    (False, False)
    """

    name: str
    holds: Callable[[Any], Any]
    member: Any = 0.0
    discrete: bool = False
    event_ndim: int = 0
    bounds: Bounds | None = None

    def __repr__(self) -> str:
        return self.name

    def surrounds(self, x: Any) -> bool:
        """Return whether `x` is a number between its two ends; NumPy takes ten times as long."""
        low, high = self.bounds or (0.0, 0.0)
        return type(x) is type(low) is type(high) is float and low < x < high


def _whole(x: Any) -> Any:
    return np.equal(np.floor(x), x) & np.isfinite(x)


def _between(name: str, low: float, high: float, holds: Any, member: float) -> Constraint:
    return Constraint(name, holds, member, bounds=(low, high))


real = _between("real", -np.inf, np.inf, np.isfinite, 0.0)
positive = _between("positive", 0.0, np.inf, lambda x: np.greater(x, 0) & np.isfinite(x), 1.0)
nonnegative = _between(
    "nonnegative", 0.0, np.inf, lambda x: np.greater_equal(x, 0) & np.isfinite(x), 1.0
)
unit_interval = _between(
    "in [0, 1]", 0.0, 1.0, lambda x: np.greater_equal(x, 0) & np.less_equal(x, 1), 0.5
)
open_unit_interval = _between(
    "in (0, 1)", 0.0, 1.0, lambda x: np.greater(x, 0) & np.less(x, 1), 0.5
)
above_zero_to_one = _between(
    "in (0, 1]", 0.0, 1.0, lambda x: np.greater(x, 0) & np.less_equal(x, 1), 0.5
)
below_one = _between("in [0, 1)", 0.0, 1.0, lambda x: np.greater_equal(x, 0) & np.less(x, 1), 0.5)
# Logits are real or infinite: a logit of -inf is an impossible event, and a legal one.
logit = Constraint("real or infinite", lambda x: ~np.isnan(x))
possible_logit = Constraint(
    "real or inf", lambda x: np.greater(x, -np.inf), bounds=(-np.inf, np.inf)
)
uncertain_logit = Constraint("real or -inf", lambda x: np.less(x, np.inf), bounds=(-np.inf, np.inf))
logits = Constraint("real or -inf, not all -inf along the last axis", lambda x: _logits(x))
weights = Constraint("nonnegative, with a positive sum along the last axis", lambda x: _weights(x))
boolean = Constraint("0 or 1", lambda x: np.equal(x, 0) | np.equal(x, 1), 0.0, True)
count = Constraint("0, 1, 2, …", lambda x: np.greater_equal(x, 0) & _whole(x), 0.0, True)
whole = Constraint("a whole number", _whole, 0.0, True)
simplex = Constraint(
    "nonnegative, with sum 1 along the last axis",
    lambda x: (
        np.all(np.greater_equal(x, 0), axis=-1)
        & np.less(np.abs(np.sum(x, axis=-1) - 1.0), 1e-5 if _is_single(x) else 1e-9)
    ),
    event_ndim=1,
)
real_vector = Constraint(
    "a real vector", lambda x: np.all(np.isfinite(x), axis=-1), event_ndim=1,
    bounds=(-np.inf, np.inf),
)  # fmt: skip
one_hot = Constraint(
    "one 1 along the last axis, else 0",
    lambda x: np.all(boolean.holds(x), axis=-1) & np.equal(np.sum(x, axis=-1), 1),
    discrete=True,
    event_ndim=1,
)


def _logits(x: Any) -> Any:
    finite = np.isfinite(x)
    if np.all(finite):  # as nearly always, and sums of short rows take ten times as long
        return finite
    return _row_by_row(~np.isnan(x) & np.less(x, np.inf), np.any(finite, axis=-1, keepdims=True))


def _weights(x: Any) -> Any:
    good = positive.holds(x)
    if np.all(good):
        return good
    return _row_by_row(nonnegative.holds(x), np.greater(np.sum(x, axis=-1, keepdims=True), 0))


def _row_by_row(good: Any, good_row: Any) -> Any:
    """Return which elements are good; those of a bad row are bad, unless some are by themselves."""
    return good & (good_row | ~np.all(good, axis=-1, keepdims=True))


def multiset(total: int) -> Constraint:
    """Return the vectors of counts that add up to `total`."""
    return Constraint(
        f"counts with sum {total} along the last axis",
        lambda x: np.all(count.holds(x), axis=-1) & np.equal(np.sum(x, axis=-1), total),
        discrete=True,
        event_ndim=1,
    )


lower_cholesky = Constraint(
    "lower triangular with a positive diagonal",
    lambda x: (
        np.isfinite(x)
        & np.equal(np.triu(x, 1), 0)
        & (np.greater(x, 0) | ~np.eye(np.shape(x)[-1], dtype=bool))
    ),
)
positive_definite = Constraint("symmetric and positive definite", lambda x: _definite(x))


def _is_single(x: Any) -> bool:
    return bool(getattr(x, "dtype", np.float64) == np.float32)


def _definite(x: Any) -> Any:
    x = 1.0 * np.asarray(x)
    turned = np.swapaxes(x, -1, -2)
    size = np.sqrt(np.abs(np.diagonal(x, axis1=-2, axis2=-1)))
    most = 1e-6 * (np.abs(x) + np.abs(turned)) + 1e-12 * size[..., None] * size[..., None, :]
    good = np.all(np.isfinite(x) & (np.abs(x - turned) <= most), axis=(-1, -2))
    safe = np.where(good[..., None, None], x, np.eye(x.shape[-1], dtype=x.dtype))
    return (good & (np.linalg.eigvalsh(safe)[..., 0] > 0))[..., None, None]


def interval(low: Any, high: Any) -> Constraint:
    """Return the closed interval from `low` to `high`, which may be Data and may be infinite."""
    return Constraint(
        f"in [{_shown(low)}, {_shown(high)}]",
        lambda x: np.greater_equal(x, low) & np.less_equal(x, high) & np.isfinite(x),
        low * 0.5 + high * 0.5,
        bounds=(low, high),
    )


def at_least(low: Any) -> Constraint:
    """Return the finite numbers from `low` up."""
    return Constraint(
        f"at least {_shown(low)}",
        lambda x: np.greater_equal(x, low) & np.isfinite(x),
        low + 1.0,
        bounds=(low, np.inf),
    )


def whole_interval(low: Any, high: Any) -> Constraint:
    """Return the whole numbers from `low` to `high`, both included."""
    return Constraint(
        f"{_shown(low, '.15g')}, …, {_shown(high, '.15g')}",
        lambda x: np.greater_equal(x, low) & np.less_equal(x, high) & _whole(x),
        low,
        True,
    )


def _shown(x: Any, digits: str = "") -> str:
    if isinstance(x, Data):
        return x.name or _shown(x.value, digits)
    return format(x, digits) if np.ndim(x) == 0 else show(np.asarray(x))
