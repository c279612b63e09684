"""Operations that fold an axis into one number, or run along it."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..data import Data
from . import along, rows
from .base import Operation
from .elementwise import as_floats, divide, equal, exp, greater_equal, log_ratio, where
from .shaping import flip, inverse, reshape, shape_of, stretched_to, transpose


def folded_axes(x: Any, axis: Any) -> tuple[int, ...]:
    """Return the axes that a fold along `axis` takes away, counted from 0."""
    ndim = len(shape_of(x))
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(int(a) % ndim for a in axes) if ndim else ()


def thin(x: Any, axis: Any) -> tuple[int, ...]:
    """Return the shape of `x` with folded axes of length one."""
    gone = folded_axes(x, axis)
    return tuple(1 if i in gone else n for i, n in enumerate(shape_of(x)))


def spread(folded: Any, x: Any, axis: Any) -> Any:
    """Return a folded array with its axes back, of length one, so that it broadcasts with `x`."""
    shape = thin(x, axis)
    return folded if shape_of(folded) in ((), shape) else reshape(folded, shape=shape)


def count(x: Any, axis: Any) -> float:
    """Return how many elements of `x` are folded into one."""
    return float(math.prod([shape_of(x)[a] for a in folded_axes(x, axis)]))


def in_rows(x: Data, axis: Any) -> Data:
    """Return `x` with the elements of the folded axes in rows, along one last axis."""
    folded = folded_axes(x, axis)
    rest = tuple(i for i in range(x.ndim) if i not in folded)
    rows = transpose(x, axes=(*rest, *folded)) if x.ndim else x
    return reshape(rows, shape=(*(x.shape[i] for i in rest), int(count(x, axis))))


reduction = functools.partial(Operation, fixed=["axis", "keepdims"], along=along.along_axis)


def _sum_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return stretched_to(spread(g, x, axis), shape_of(x))


def _mean_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return stretched_to(spread(divide(g, count(x, axis)), x, axis), shape_of(x))


def _extreme_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Share the cotangent among the elements that tie."""
    ties = where(equal(x, spread(y, x, axis)), 1.0, 0.0)
    return spread(g, x, axis) * divide(ties, sum_(ties, axis=axis, keepdims=True))


def _prod_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Multiply by the product of the *other* elements, which is right also where some are 0."""
    shape = shape_of(x)
    if not shape:
        return g
    if Data not in map(type, (g, y, x)) and _are_normal(y):  # then no element is 0
        return divide(spread(g * y, x, axis), x)
    folded = folded_axes(x, axis)
    order = tuple(i for i in range(len(shape)) if i not in folded) + folded
    rest, n = tuple(shape[i] for i in order[: len(shape) - len(folded)]), int(count(x, axis))
    rows = reshape(transpose(x, axes=order), shape=(*rest, 1, n))
    others = prod(where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    back = reshape(others, shape=tuple(shape[i] for i in order))
    return spread(g, x, axis) * transpose(back, axes=inverse(order))


def _are_normal(y: Any) -> bool:
    size = np.abs(y)
    return bool(np.all((size >= np.finfo(size.dtype).tiny) & (size < np.inf)))


def _sum(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return np.add.reduce(x, axis=axis, keepdims=keepdims)  # np.sum takes four times as long to call


sum_ = reduction("sum", _sum, _sum_rule, along=rows.folding(rows.total, rows.SHORT))
mean = reduction("mean", np.mean, _mean_rule, along=rows.folding(rows.average, rows.SHORT))
prod = reduction("prod", np.prod, _prod_rule)
max_ = reduction("max", np.max, _extreme_rule, along=rows.folding(rows.largest, rows.NARROW))
min_ = reduction("min", np.min, _extreme_rule, along=rows.folding(rows.smallest, rows.NARROW))
all_ = reduction("all", np.all, None)
any_ = reduction("any", np.any, None)
count_nonzero = reduction("count_nonzero", np.count_nonzero, None)


def _lowered(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return floats less the largest of them, and that; an infinite one is left alone."""
    x = as_floats(np.asarray(x))
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0).astype(np.asarray(top).dtype)
    return x - top, top


def _log_total(x: Any, axis: Any) -> Any:
    with np.errstate(divide="ignore", over="ignore"):
        return np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))) around the largest element, which may be infinite."""
    low, top = _lowered(x, axis)
    total = _log_total(low, axis) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    """Return x - logsumexp(x), which large elements that are near each other do not round away."""
    low, _ = _lowered(x, axis)
    return low - _log_total(low, axis)


def _softmax(x: Any, axis: Any = None) -> Any:
    each = np.exp(_lowered(x, axis)[0])
    return each / np.sum(each, axis=axis, keepdims=True)


def _softmax_rule(g: Any, y: Any, x: Any, axis: Any = None) -> Any:
    part = g * y
    return part - y * sum_(part, axis=axis, keepdims=True)


logsumexp = reduction(
    "logsumexp", _logsumexp,
    lambda g, y, x, axis=None, **_: spread(g, x, axis) * exp(log_ratio(x, spread(y, x, axis))),
    along=rows.folding(rows.logsumexp, rows.NARROW),
)  # fmt: skip
softmax = Operation("softmax", _softmax, _softmax_rule, fixed=["axis"], along=along.along_axis)
log_softmax = Operation(
    "log_softmax", _log_softmax,
    lambda g, y, x, axis=None: g - exp(y) * sum_(g, axis=axis, keepdims=True),
    fixed=["axis"], along=along.along_axis,
)  # fmt: skip

# Positions: integers, which carry no gradient ---------------------------------------------------
position = functools.partial(Operation, fixed=["axis"], along=along.along_rows)
argmax = position("argmax", np.argmax, None)
argmin = position("argmin", np.argmin, None)
argsort = Operation(
    "argsort", np.argsort, None, fixed=["axis", "kind", "order", "stable"], along=along.along_rows
)


# Running totals; the public functions always name the axis -------------------------------------
def _cumsum_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    return flip(cumsum(flip(g, axis=axis), axis=axis), axis=axis)


def _cumprod_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    """Return Σᵢ gᵢ ∏ⱼ xⱼ over j ≤ i, j ≠ k for each k ≤ i: right also where some are 0."""
    ndim, n = len(shape_of(x)), shape_of(x)[axis]
    order = (*(i for i in range(ndim) if i != axis % ndim), axis % ndim)
    rows, cotangents = (
        reshape(transpose(z, axes=order), shape=(*(shape_of(x)[i] for i in order[:-1]), 1, n))
        for z in (x, g)
    )
    others = cumprod(where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    later = greater_equal(np.arange(n), np.arange(n)[:, None])
    return transpose(sum_(where(later, others * cotangents, 0.0), axis=-1), axes=inverse(order))


cumsum = Operation("cumsum", np.cumsum, _cumsum_rule, fixed=["axis"], along=along.along_axis)
cumprod = Operation("cumprod", np.cumprod, _cumprod_rule, fixed=["axis"], along=along.along_axis)
