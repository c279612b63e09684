"""Order as NumPy writes it: sorting, positions, medians and quantiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from ..walk import label
from . import elementwise as e
from . import reductions, selection, shaping
from .axes import axes_of, ints
from .base import Operation, as_data, holds_data
from .boxes import stop, within
from .composing import composed, floats, named, refuse
from .folds import mean


def _one_axis(a: Any, axis: Any) -> tuple[Data, int]:
    """Return an array and an axis of it; all elements in one row, if none is given."""
    x = as_data(a)
    return (x, axes_of(axis, x)) if axis is not None else (shaping.reshape(x, shape=(-1,)), 0)


# Sorting ---------------------------------------------------------------------------------------
@composed()
def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Data:
    """Return the positions that sort an axis."""
    refuse("argsort", order=order)
    row = as_data(a) if as_data(a).shape else shaping.reshape(a, shape=(1,))  # as in NumPy
    x, axis = _one_axis(row, axis)
    return reductions.argsort(x, axis=axis, kind=kind, stable=stable)


@composed()
def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Data:
    """Return the elements of an axis in ascending order."""
    x, axis = _one_axis(a, axis)
    places = argsort(x, axis, kind, order, stable=stable)
    return selection.take_along_axis(x, places, axis=axis)


def _refuse_number(a: Any, kth: Any, axis: Any) -> None:
    """Raise where NumPy does for an element with a number that is not there."""
    x, axis = _one_axis(a, axis)
    np.partition(np.zeros(x.shape[axis]), ints(kth))


@composed()
def partition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Data:
    """Return the elements with number `kth` in its place; in ascending order, which is one way."""
    _refuse_number(a, kth, axis)
    return sort(a, axis, None, order)


@composed()
def argpartition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
) -> Data:
    """Return the positions that put number `kth` in its place: here, those that sort."""
    _refuse_number(a, kth, axis)
    return argsort(a, axis, None, order)


@composed()
def unique(ar: Any, **keywords: Any) -> Data:
    """Return each value once, in ascending order; the gradient reaches the first that has it."""
    said = {"axis": None, "equal_nan": True, "sorted": True}  # what is done anyway
    refuse("unique", **{
        key: None if given is said.get(key, False) else given for key, given in keywords.items()
    })  # fmt: skip
    x = shaping.reshape(as_data(ar), shape=(-1,))
    return selection.select(x, selection.argunique(x))


def _position(op: Operation, which: str) -> Any:
    def call(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Data:
        x = as_data(a)
        found = op(x, axis=axes_of(axis))
        if not keepdims:
            return found
        return shaping.reshape(found, shape=reductions.thin(x, axes_of(axis)))

    doc = f"Return the position of the {which} element, the first of those that tie."
    return named(op.name, doc, call)


argmax = _position(reductions.argmax, "largest")
argmin = _position(reductions.argmin, "smallest")


# Quantiles -------------------------------------------------------------------------------------
def _between(alpha: float, beta: float) -> Callable[[Any, Any], Any]:
    return lambda n, q: n * q + (alpha + q * (1.0 - alpha - beta)) - 1.0


# Where the quantile q of n sorted elements stands, counted from 0; between two it is interpolated.
# Source: Hyndman and Fan 1996, *Sample quantiles in statistical packages*.
METHODS: Mapping[str, Callable[[Any, Any], Any]] = {
    "inverted_cdf": lambda n, q: e.ceil(n * q - 1.0),
    "averaged_inverted_cdf": lambda n, q: (e.floor(n * q) + e.ceil(n * q - 1.0)) * 0.5,
    "closest_observation": lambda n, q: e.rint(n * q) - 1.0,
    "interpolated_inverted_cdf": _between(0.0, 1.0),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0.0, 0.0),
    "linear": lambda n, q: (n - 1.0) * q,
    "median_unbiased": _between(1.0 / 3.0, 1.0 / 3.0),
    "normal_unbiased": _between(0.375, 0.375),
    "lower": lambda n, q: e.floor((n - 1.0) * q),
    "higher": lambda n, q: e.ceil((n - 1.0) * q),
    "nearest": lambda n, q: e.rint((n - 1.0) * q),
    "midpoint": lambda n, q: (e.floor((n - 1.0) * q) + e.ceil((n - 1.0) * q)) * 0.5,
}  # fmt: skip


def _at(rows: Data, n: Any, q: Any, method: str) -> Any:
    """Return the quantiles q, a row, of sorted rows, of which the first n elements count."""
    place = e.clip(METHODS[method](n, q), 0.0, n - 1.0)
    low = e.floor(place)
    share = e.astype(place - low, dtype=rows.dtype)

    def pick(p: Any) -> Data:
        p = e.astype(p, dtype=int)
        if not isinstance(p, Data):
            return selection.select(rows, (Ellipsis, p))
        p = shaping.broadcast_to(p, shape=(*rows.shape[:-1], q.size))
        return selection.take_along_axis(rows, p, axis=-1)

    below = pick(low)
    if not isinstance(share, Data) and not np.any(share):
        return below
    between = below * (1.0 - share) + pick(e.minimum(low + 1.0, n - 1.0)) * share
    if isinstance(q, Data) or (not isinstance(share, Data) and np.all(share)):
        return between
    return e.where(e.equal(share, 0.0), below, between)  # an infinite neighbour weighs nothing


def _quantile(
    name: str, a: Any, q: Any, axis: Any, method: str, keepdims: Any, skip_nan: bool = False
) -> Data:
    if method not in METHODS:
        raise InputError(f"{name}: method {method!r}; it is one of {', '.join(METHODS)}")
    levels = q if isinstance(q, Data) else np.asarray(q)
    x = floats(a)
    axis = axes_of(axis, x)
    rows = reductions.in_rows(x, axis)
    rows = selection.take_along_axis(rows, reductions.argsort(rows, axis=-1), axis=-1)
    if not rows.shape[-1]:
        raise InputError(f"{name}: no elements arrived along axis {axis}; there is none in between")
    n: Any = float(rows.shape[-1])
    if skip_nan:  # sorting put them last
        gone = reductions.sum_(e.astype(e.isnan(rows), dtype=float), axis=-1, keepdims=True)
        n = e.maximum(n - gone, 1.0)
    found = _at(rows, n, shaping.reshape(levels, shape=(-1,)), method)
    if not skip_nan:
        unknown = stop(e.isnan(rows[..., -1:]))  # a nan stays one: no number jumps
        found = e.where(unknown, np.nan, found)
    found = shaping.transpose(found, axes=(found.ndim - 1, *range(found.ndim - 1)))
    shape = levels.shape + (reductions.thin(x, axis) if keepdims else found.shape[1:])
    return shaping.reshape(found, shape=shape)


def _quantiles(name: str, doc: str, unit: float = 1.0, skip_nan: bool = False) -> Any:
    def call(
        a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
        method: str = "linear", keepdims: bool = False, *, weights: Any = None,
    ) -> Data:  # fmt: skip
        refuse(name, weights=weights)
        q = as_data(q) if isinstance(q, Data) or holds_data(q) else np.array(q, float)
        what = f"q = {label(q)}" if isinstance(q, Data) else "q"
        problem = f"{name}: {what} is not between 0 and {unit:.0f}"
        q = within(q, stop(q), low=0.0, high=unit, problem=problem)
        return _quantile(name, a, e.divide(q, unit), axis, method, keepdims, skip_nan)

    return named(name, doc, call)


def _middle(name: str, doc: str, skip_nan: bool = False) -> Any:
    def call(
        a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
        keepdims: bool = False,
    ) -> Data:  # fmt: skip
        if not as_data(a).size:
            return mean(a, axis, keepdims=keepdims)  # nan, with NumPy's warning
        return _quantile(name, a, 0.5, axis, "linear", keepdims, skip_nan)

    return named(name, doc, call)


quantile = _quantiles(
    "quantile", "Return quantiles, by one of NumPy's methods; differentiable in `q` as well."
)
nanquantile = _quantiles("nanquantile", "Return quantiles of what is not nan.", skip_nan=True)
percentile = _quantiles("percentile", "Return percentiles: quantiles in hundredths.", 100.0)
nanpercentile = _quantiles("nanpercentile", "Return percentiles of what is not nan.", 100.0, True)
median = _middle("median", "Return the middle element, or the average of the two in the middle.")
nanmedian = _middle("nanmedian", "Return the median of what is not nan.", skip_nan=True)
