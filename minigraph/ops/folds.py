"""Reductions as NumPy writes them: with a dtype, a mask, a start, and statistics made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from . import elementwise as e
from . import reductions, shaping
from .base import Operation, as_data
from .composing import composed, refuse


def axes_of(axis: Any) -> Any:
    """Return an axis, or several, as Python integers, so that a graph keeps no array of yours."""
    if axis is None or isinstance(axis, Data):
        return None if axis is None else int(axis)
    return tuple(int(a) for a in axis) if isinstance(axis, (tuple, list)) else int(axis)


def fold(
    op: Operation, a: Any, axis: Any, keepdims: Any, dtype: Any = None, where: Any = True,
    empty: Any = None,
) -> Data:  # fmt: skip
    """Return `op` of `a`; what the mask `where` leaves out counts as `empty`."""
    x = as_data(a)
    if dtype is not None:
        x = e.astype(x, dtype=np.dtype(dtype))
    if where is not True:
        if empty is None:
            raise UsageError(f"{op.name}: where= needs a value for what it leaves out (initial=)")
        x = e.where(as_data(where), x, empty)
    return op(x, axis=axes_of(axis), keepdims=bool(keepdims))


@composed()
def sum_(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = True,
) -> Data:  # fmt: skip
    """Return the sum of elements over axes."""
    refuse("sum", out=out)
    total = fold(reductions.sum_, a, axis, keepdims, dtype, where, empty=0.0)
    return total if initial is None else total + initial


@composed()
def prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = True,
) -> Data:  # fmt: skip
    """Return the product of elements over axes; its derivative is right also where some are 0."""
    refuse("prod", out=out)
    total = fold(reductions.prod, a, axis, keepdims, dtype, where, empty=1.0)
    return total if initial is None else total * initial


@composed(np.max, np.amax)
def max_(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = True,
) -> Data:  # fmt: skip
    """Return the largest element over axes; elements that tie share the cotangent evenly."""
    refuse("max", out=out)
    top = fold(reductions.max_, a, axis, keepdims, None, where, empty=initial)
    return top if initial is None else e.maximum(top, initial)


@composed(np.min, np.amin)
def min_(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = None, where: Any = True,
) -> Data:  # fmt: skip
    """Return the smallest element over axes; elements that tie share the cotangent evenly."""
    refuse("min", out=out)
    low = fold(reductions.min_, a, axis, keepdims, None, where, empty=initial)
    return low if initial is None else e.minimum(low, initial)


def counted(x: Data, axis: Any, where: Any) -> Data | float:
    """Return how many elements are folded into one."""
    if where is True:
        return reductions.count(x, axes_of(axis))
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    mask = shaping.broadcast_to(e.astype(as_data(where), dtype=kind), shape=x.shape)
    return reductions.sum_(mask, axis=axes_of(axis), keepdims=True)


@composed()
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    *, where: Any = True,
) -> Data:  # fmt: skip
    """Return the average of elements over axes."""
    refuse("mean", out=out)
    if where is True:
        return fold(reductions.mean, a, axis, keepdims, dtype)
    x = as_data(a)
    total = fold(reductions.sum_, x, axis, True, dtype, where, empty=0.0)
    return kept(e.divide(total, counted(x, axis, where)), axis, keepdims)


def kept(x: Data, axis: Any, keepdims: Any) -> Data:
    """Return a result whose folded axes have length one, without them unless they are wanted."""
    return x if keepdims or not x.shape else shaping.squeeze(x, axis=axes_of(axis))


@composed()
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Data:  # fmt: skip
    """Return the mean squared distance from the mean; divided by the count less `ddof`."""
    refuse("var", out=out)
    x = as_data(a) if dtype is None else e.astype(as_data(a), dtype=np.dtype(dtype))
    n = counted(x, axis, where)
    if mean is None:
        mean = e.divide(fold(reductions.sum_, x, axis, True, None, where, empty=0.0), n)
    total = fold(reductions.sum_, e.square(x - mean), axis, True, None, where, empty=0.0)
    free = n - float(ddof if correction is None else correction)
    return kept(e.divide(total, e.maximum(free, 0.0)), axis, keepdims)


def root(x: Data) -> Data:
    """Return the square root, with slope 0 at 0: the least of its slopes from both sides."""
    flat = e.equal(x, 0.0)
    return e.where(flat, 0.0, e.sqrt(e.where(flat, 1.0, x)))


@composed()
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Data:  # fmt: skip
    """Return the square root of the variance; its slope is 0 where all elements are equal."""
    refuse("std", out=out)
    return root(
        var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    )


@composed()
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Data:
    """Return the largest less the smallest element."""
    return max_(a, axis, out, keepdims) - min_(a, axis, out, keepdims)


@composed()
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False,
    *, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the weighted average; with `returned` also the sum of the weights."""
    x = as_data(a)
    if weights is None:
        found = mean(x, axis, keepdims=keepdims)
        n = as_data(reductions.count(x, axes_of(axis)))
        return (found, shaping.broadcast_to(n, shape=found.shape)) if returned else found
    w = as_data(weights)
    if w.shape != x.shape:
        if w.ndim != 1 or isinstance(axis, (tuple, type(None))) or w.shape[0] != x.shape[axis]:
            raise InputError(f"average: weights of shape {w.shape} do not fit {x.shape}")
        w = shaping.reshape(w, shape=(-1,) + (1,) * (x.ndim - 1 - axis % x.ndim))
        w = shaping.broadcast_to(w, shape=x.shape)
    total = sum_(w, axis, keepdims=keepdims)
    found = e.divide(sum_(x * w, axis, keepdims=keepdims), total)
    return (found, total) if returned else found


def _running(op: Operation, a: Any, axis: Any, dtype: Any) -> Data:
    x = as_data(a) if dtype is None else e.astype(as_data(a), dtype=np.dtype(dtype))
    if axis is None or not x.shape:
        return op(shaping.reshape(x, shape=(-1,)), axis=0)
    return op(x, axis=int(axis))


@composed()
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Data:
    """Return the running sums along an axis; of all elements, if none is given."""
    refuse("cumsum", out=out)
    return _running(reductions.cumsum, a, axis, dtype)


@composed()
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Data:
    """Return the running products along an axis; of all elements, if none is given."""
    refuse("cumprod", out=out)
    return _running(reductions.cumprod, a, axis, dtype)


def _cumulative(op: Operation, x: Any, start: Any, axis: Any, dtype: Any, initial: Any) -> Data:
    x = as_data(x)
    if axis is None and x.ndim > 1:
        raise UsageError(f"cumulative_{op.name[3:]}: shape {x.shape} needs an axis")
    axis = 0 if axis is None else int(axis)
    found = _running(op, x, axis, dtype)
    if not initial:
        return found
    shape = tuple(1 if i == axis % x.ndim else n for i, n in enumerate(x.shape))
    return shaping.concatenate(np.full(shape, start, found.dtype), found, axis=axis)


@composed()
def cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Data:
    """Return the running sums along an axis, from 0 on if `include_initial`."""
    refuse("cumulative_sum", out=out)
    return _cumulative(reductions.cumsum, x, 0, axis, dtype, include_initial)


@composed()
def cumulative_prod(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Data:
    """Return the running products along an axis, from 1 on if `include_initial`."""
    refuse("cumulative_prod", out=out)
    return _cumulative(reductions.cumprod, x, 1, axis, dtype, include_initial)
