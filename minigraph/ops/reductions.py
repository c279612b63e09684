"""Operations that fold an axis into one number."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import along
from .base import Operation
from .elementwise import divide, equal, exp, isfinite, where
from .shaping import broadcast_to, inverse, reshape, shape_of, transpose


def spread(folded: Any, x: Any, axis: Any) -> Any:
    """Return a folded array with its axes back, of length one, so that it broadcasts with `x`."""
    shape = shape_of(x)
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {a % len(shape) for a in axes} if shape else set()
    return reshape(folded, shape=tuple(1 if i in gone else n for i, n in enumerate(shape)))


def count(x: Any, axis: Any) -> float:
    """Return how many elements of `x` are folded into one."""
    shape = shape_of(x)
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return float(np.prod([shape[a] for a in axes])) if shape else 1.0


reduction = functools.partial(Operation, fixed=["axis", "keepdims"], along=along.along_axis)


def _sum_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return broadcast_to(spread(g, x, axis), shape=shape_of(x))


def _mean_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return broadcast_to(spread(divide(g, count(x, axis)), x, axis), shape=shape_of(x))


def _extreme_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Share the cotangent among the elements that tie."""
    ties = where(equal(x, spread(y, x, axis)), 1.0, 0.0)
    return spread(g, x, axis) * divide(ties, sum_(ties, axis=axis, keepdims=True))


def _prod_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Multiply by the product of the *other* elements, which is right also where some are 0."""
    shape = shape_of(x)
    if not shape:
        return g
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    folded = tuple(a % len(shape) for a in axes)
    order = tuple(i for i in range(len(shape)) if i not in folded) + folded
    rest, n = tuple(shape[i] for i in order[: len(shape) - len(folded)]), int(count(x, axis))
    rows = reshape(transpose(x, axes=order), shape=(*rest, 1, n))
    others = prod(where(np.eye(n, dtype=bool), 1.0, rows), axis=-1)
    back = reshape(others, shape=tuple(shape[i] for i in order))
    return spread(g, x, axis) * transpose(back, axes=inverse(order))


sum_ = reduction("sum", np.sum, _sum_rule)
mean = reduction("mean", np.mean, _mean_rule)
prod = reduction("prod", np.prod, _prod_rule)
max_ = reduction("max", np.max, _extreme_rule, numpy=[np.max, np.amax])
min_ = reduction("min", np.min, _extreme_rule, numpy=[np.min, np.amin])


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))) around the largest element, which may be infinite."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0).astype(np.asarray(x).dtype)
    with np.errstate(divide="ignore", over="ignore"):
        total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def _logsumexp_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = spread(y, x, axis)
    weight = exp(where(equal(x, top), where(isfinite(x), 0.0, -np.inf), x - top))
    return spread(g, x, axis) * weight


logsumexp = reduction("logsumexp", _logsumexp, _logsumexp_rule)
