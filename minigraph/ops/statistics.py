"""Statistics by rank, and those that leave nan out."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from . import elementwise as e
from . import linear, reductions, selection, shaping
from .base import as_data
from .composing import composed, refuse
from .folds import axes_of, cumprod, cumsum, max_, mean, min_, prod, std, sum_, var


# Without nan -----------------------------------------------------------------------------------
def without_nan(x: Any, instead: float) -> tuple[Data, Data]:
    """Return `x` with its nans replaced, and where it has numbers."""
    x = as_data(x)
    bad = e.isnan(x)
    return (e.where(bad, instead, x) if x.dtype.kind == "f" else x), e.logical_not(bad)


@composed()
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False
) -> Data:
    """Return the sum of what is not nan."""
    return sum_(without_nan(a, 0.0)[0], axis, dtype, out, keepdims)


@composed()
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False
) -> Data:
    """Return the product of what is not nan."""
    return prod(without_nan(a, 1.0)[0], axis, dtype, out, keepdims)


@composed()
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Data:
    """Return the running sums of what is not nan."""
    return cumsum(without_nan(a, 0.0)[0], axis, dtype, out)


@composed()
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Data:
    """Return the running products of what is not nan."""
    return cumprod(without_nan(a, 1.0)[0], axis, dtype, out)


@composed()
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False
) -> Data:
    """Return the average of what is not nan."""
    x, there = without_nan(a, 0.0)
    return mean(x, axis, dtype, out, keepdims, where=there)


@composed()
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
) -> Data:
    """Return the variance of what is not nan."""
    x, there = without_nan(a, 0.0)
    return var(x, axis, dtype, out, ddof, keepdims, where=there)


@composed()
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
) -> Data:
    """Return the standard deviation of what is not nan."""
    x, there = without_nan(a, 0.0)
    return std(x, axis, dtype, out, ddof, keepdims, where=there)


@composed()
def nanmax(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Data:
    """Return the largest of what is not nan."""
    return _nan_extreme(max_, a, -np.inf, axis, out, keepdims)


@composed()
def nanmin(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Data:
    """Return the smallest of what is not nan."""
    return _nan_extreme(min_, a, np.inf, axis, out, keepdims)


def _nan_extreme(extreme: Any, a: Any, never: float, axis: Any, out: Any, keepdims: Any) -> Data:
    if as_data(a).dtype.kind != "f":
        return extreme(a, axis, out, keepdims)
    x, there = without_nan(a, never)
    some = reductions.any_(there, axis=axes_of(axis), keepdims=bool(keepdims))
    return e.where(some, extreme(x, axis, out, keepdims), np.nan)


# Of several variables --------------------------------------------------------------------------
@composed()
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    **keywords: Any,
) -> Data:
    """Return the covariances of variables, one in each row."""
    refuse("cov", **keywords)
    rows = [x if x.ndim > 1 else shaping.reshape(x, shape=(1, -1))
            for x in (as_data(z) for z in (m, y) if z is not None)]  # fmt: skip
    rows = [x if rowvar or as_data(m).ndim < 2 else shaping.transpose(x) for x in rows]
    x = shaping.concatenate(*rows, axis=0)
    x = x - reductions.mean(x, axis=1, keepdims=True)
    free = x.shape[1] - float((0 if bias else 1) if ddof is None else ddof)
    found = e.divide(linear.matmul(x, shaping.transpose(x)), e.maximum(free, 0.0))
    return shaping.reshape(found, shape=()) if found.size == 1 else found


@composed()
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, **keywords: Any) -> Data:
    """Return the correlations of variables, one in each row."""
    c = cov(x, y, rowvar, **keywords)
    if not c.ndim:
        return e.divide(c, c)
    d = e.sqrt(shaping.diagonal(c))
    return e.divide(e.divide(c, shaping.expand_dims(d, axis=1)), d)


# By rank ---------------------------------------------------------------------------------------
def sorted_rows(x: Data, axis: Any) -> tuple[Data, Data, tuple[int, ...]]:
    """Return the elements of the folded axes sorted along a last axis, and the folded shape."""
    folded = reductions.folded_axes(x, axes_of(axis))
    rest = tuple(i for i in range(x.ndim) if i not in folded)
    rows = shaping.transpose(x, axes=(*rest, *folded)) if x.ndim else x
    rows = shaping.reshape(
        rows, shape=(*(x.shape[i] for i in rest), int(reductions.count(x, axes_of(axis))))
    )
    order = reductions.argsort(rows, axis=-1)
    thin = tuple(1 if i in folded else n for i, n in enumerate(x.shape))
    return selection.take_along_axis(rows, order, axis=-1), rows, thin


def fractions_of(name: str, q: Any) -> Any:
    """Return the fractions of quantiles as an array; they are not differentiated."""
    if isinstance(q, Data) and not q.constant:
        raise UsageError(
            f"{name}: q is Data that may vary; it has no derivative here, pass numbers"
        )
    return np.asarray(q.value if isinstance(q, Data) else q, dtype=float)


@composed()
def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Data:  # fmt: skip
    """Return quantiles, by linear interpolation between the two elements next in rank."""
    refuse("quantile", out=out, weights=weights)
    if method != "linear":
        raise InputError(f"quantile: method {method!r} is not defined here; use 'linear'")
    x = as_data(a)
    fractions = fractions_of("quantile", q)
    if not np.all((fractions >= 0.0) & (fractions <= 1.0)):
        raise InputError(f"quantile: q = {fractions}; a fraction lies between 0 and 1")
    rows, unsorted, thin = sorted_rows(x, axis)
    found = [_between(rows, unsorted, fraction) for fraction in fractions.ravel()]
    if keepdims:
        found = [shaping.reshape(one, shape=thin) for one in found]
    if not fractions.ndim:
        return found[0]
    whole = shaping.stack(*found, axis=0)
    return shaping.reshape(whole, shape=fractions.shape + found[0].shape)


def _between(rows: Data, unsorted: Data, fraction: float) -> Data:
    """Return the quantile of sorted rows; nan for a row that has one."""
    place = fraction * (rows.shape[-1] - 1)
    low, high = int(np.floor(place)), int(np.ceil(place))
    share = float(place - low)
    found = rows[..., low] * (1.0 - share) + rows[..., high] * share if share else rows[..., low]
    spoilt = reductions.any_(e.isnan(unsorted), axis=-1)
    return e.where(spoilt, np.nan, found)


@composed()
def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Data:  # fmt: skip
    """Return percentiles, by linear interpolation."""
    return quantile(
        a,
        fractions_of("percentile", q) * 0.01,
        axis,
        out,
        overwrite_input,
        method,
        keepdims,
        weights=weights,
    )


@composed()
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Data:
    """Return the middle element, or the average of the two in the middle."""
    return quantile(a, 0.5, axis, out, overwrite_input, "linear", keepdims)
