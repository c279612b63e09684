"""Norms of vectors and matrices, in all orders that NumPy has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from . import elementwise as e
from . import reductions, shaping
from .axes import axes_of
from .base import as_data
from .boxes import stop
from .composing import composed, floats
from .factorizations import inv, signdet, singular_values
from .folds import root


@composed()
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Data:
    """Return a norm of vectors or matrices, in all orders that NumPy has; its slope at 0 is 0."""
    x = floats(x)
    axis = axes_of(axis, x)
    if axis is None and (ord is None or (ord in ("f", "fro") and x.ndim == 2)
                         or (ord == 2 and x.ndim == 1)):  # fmt: skip
        return root(reductions.sum_(e.square(x), axis=None, keepdims=bool(keepdims)))
    axes = axis if isinstance(axis, tuple) else tuple(range(x.ndim)) if axis is None else (axis,)
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes[0], bool(keepdims))
    if len(axes) != 2:
        raise InputError(f"norm: got {len(axes)} axes; it folds one (vectors) or two (matrices)")
    return _matrix_norm(x, "fro" if ord is None else ord, axes, bool(keepdims))


@composed()
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Data:
    """Return a norm of vectors; of all elements in one, if no axis is given."""
    x = as_data(x)
    axis = axes_of(axis, x)
    if axis is None or isinstance(axis, tuple):
        found = norm(reductions.in_rows(x, axis), ord, -1)
        return shaping.reshape(found, shape=reductions.thin(x, axis)) if keepdims else found
    return norm(x, ord, axis, keepdims)


@composed()
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Data:
    """Return a norm of the matrices in the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


@composed()
def cond(x: Any, p: Any = None) -> Data:
    """Return the condition number, in the 2-norm or in another one; inf of a singular matrix."""
    x = floats(x)
    with np.errstate(all="ignore"):  # an infinite one is an answer
        if p in (None, 2, -2):
            s = singular_values(x)
            top, bottom = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
            found = e.divide(top, bottom)
            return e.where(stop(e.isnan(found)), np.inf, found)  # 0 / 0: no s is nan
        singular = stop(e.equal(signdet(x), 0.0))
        one = np.eye(x.shape[-1], dtype=x.dtype)
        there = e.where(shaping.expand_dims(singular, axis=(-2, -1)), one, x)
        found = norm(there, p, (-2, -1)) * norm(inv(there), p, (-2, -1))
        known = reductions.all_(e.equal(x, x), axis=(-2, -1))
        lost = stop(e.logical_and(e.isnan(found), known))  # infinite entries took it
        return e.where(e.logical_or(singular, lost), np.inf, found)


def _largest(x: Data, axis: Any, **fixed: Any) -> Data:
    """Return the largest of sizes, 0 if there is none."""
    found = reductions.max_ if reductions.count(x, axis) else reductions.sum_
    return found(x, axis=axis, **fixed)


def _vector_norm(x: Data, ord: Any, axis: int, keepdims: bool) -> Data:
    fixed = {"axis": axis, "keepdims": keepdims}
    if isinstance(ord, str):
        raise InputError(f"norm: order {ord!r} is not defined for vectors")
    size = e.absolute(x)
    if ord in (np.inf, -np.inf):
        return (_largest if ord > 0 else reductions.min_)(size, **fixed)
    if ord == 0:
        return reductions.sum_(e.astype(e.not_equal(x, 0.0), dtype=x.dtype), **fixed)
    if ord == 1:
        return reductions.sum_(size, **fixed)
    if ord == 2:
        return root(reductions.sum_(e.square(x), **fixed))
    zero = e.equal(size, 0.0)
    if ord > 0:
        flat = reductions.all_(zero, axis=axis, keepdims=True)
    else:  # a single 0 makes the norm 0, unless it stands beside a nan
        flat = reductions.any_(zero, axis=axis, keepdims=True)
        unknown = reductions.any_(e.isnan(size), axis=axis, keepdims=True)
        flat = e.logical_and(flat, e.logical_not(unknown))
    flat = stop(flat)  # a norm is continuous there
    total = reductions.sum_(e.power(e.where(flat, 1.0, size), float(ord)), **fixed)
    if not keepdims:
        flat = shaping.squeeze(flat, axis=axis)
    return e.where(flat, 0.0, e.power(total, 1.0 / ord))


def _matrix_norm(x: Data, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Data:
    row, column = (a % x.ndim for a in axes)
    if ord in ("f", "fro"):
        return root(reductions.sum_(e.square(x), axis=(row, column), keepdims=keepdims))
    if ord in (1, -1, np.inf, -np.inf):
        first = row if abs(ord) == 1 else column
        lines = reductions.sum_(e.absolute(x), axis=first, keepdims=True)
        extreme = _largest if ord > 0 else reductions.min_
        return extreme(lines, axis=(row, column), keepdims=keepdims)
    if ord not in (2, -2, "nuc"):
        raise InputError(f"norm: order {ord!r} is not defined for matrices")
    rest = tuple(i for i in range(x.ndim) if i not in (row, column))
    s = singular_values(shaping.transpose(x, axes=(*rest, row, column)))
    fold = reductions.sum_ if ord == "nuc" else _largest if ord == 2 else reductions.min_
    found = fold(s, axis=-1)
    return shaping.reshape(found, shape=reductions.thin(x, axes)) if keepdims else found
