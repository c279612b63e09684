"""Shapes, axes and diagonals as NumPy writes them, made of the moves of `shaping`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from . import elementwise as e
from . import shaping
from .axes import axes_of, ints
from .base import as_data
from .calls import refuse_data
from .composing import arrays, composed, fixed, named
from .indices import integer


# One array -------------------------------------------------------------------------------------
@composed()
def reshape(
    a: Any, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None
) -> Data:
    """Return the elements in another shape; one length may be -1."""
    shape = newshape if shape is None else shape
    if shape is None:
        raise UsageError("reshape: no shape arrived")
    x, shape = as_data(a), ints(shape)
    if order == "F":
        return shaping.transpose(shaping.reshape(shaping.transpose(x), shape=shape[::-1]))
    if order != "C":
        raise UsageError(f"reshape: order {order!r} depends on memory; write 'C' or 'F'")
    return shaping.reshape(x, shape=shape)


@composed()
def ravel(a: Any, order: str = "C") -> Data:
    """Return all elements in one row."""
    return reshape(a, -1, "C" if order in ("K", "A") else order)


@composed()
def flatten(a: Any, order: str = "C") -> Data:
    """Return all elements in one row."""
    return ravel(a, order)


@composed(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Any = None) -> Data:
    """Return `a` with its axes reversed, or in the order `axes`."""
    return shaping.transpose(as_data(a), axes=None if axes is None else ints(axes))


def permuted(a: Any, move: Any) -> Data:
    """Return `a` with its axes in the order that a NumPy function puts them."""
    x = as_data(a)
    if not x.ndim:
        move(np.empty(()))
        return x
    # An array with one different length for each axis shows where the axes went.
    strange = np.broadcast_to(0, tuple(range(1, x.ndim + 1)))
    return shaping.transpose(x, axes=tuple(n - 1 for n in move(strange).shape))


@composed()
def moveaxis(a: Any, source: Any, destination: Any) -> Data:
    """Return `a` with some axes moved, the others in their order."""
    return permuted(a, lambda z: np.moveaxis(z, source, destination))


@composed()
def rollaxis(a: Any, axis: int, start: int = 0) -> Data:
    """Return `a` with an axis moved before another."""
    return permuted(a, lambda z: np.rollaxis(z, axis, start))


@composed()
def swapaxes(a: Any, axis1: int, axis2: int) -> Data:
    """Return `a` with two axes exchanged."""
    return permuted(a, lambda z: np.swapaxes(z, axis1, axis2))


@composed(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any) -> Data:
    """Return `x` with its last two axes exchanged."""
    return permuted(x, lambda z: np.swapaxes(z, -1, -2))


@composed()
def squeeze(a: Any, axis: Any = None) -> Data:
    """Return `a` without axes of length one."""
    return shaping.squeeze(as_data(a), axis=axes_of(axis))


@composed()
def expand_dims(a: Any, axis: Any) -> Data:
    """Return `a` with new axes of length one."""
    return shaping.expand_dims(as_data(a), axis=axes_of(axis))


@composed()
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Data:
    """Return `array` repeated along new axes and along those of length one."""
    return shaping.broadcast_to(as_data(array), shape=ints(shape))


@composed()
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Data, ...]:
    """Return the arrays, all broadcast to their common shape."""
    given = arrays(args)
    common = np.broadcast_shapes(*[x.shape for x in given])
    return tuple(shaping.broadcast_to(x, shape=common) for x in given)


def at_least(ndim: int, given: tuple[Any, ...]) -> Any:
    """Return arrays of `ndim` axes or more; the new ones stand where NumPy puts them."""
    like = (np.atleast_1d, np.atleast_2d, np.atleast_3d)[ndim - 1]
    found = []
    for x in arrays(given):
        shape = like(np.broadcast_to(0, x.shape)).shape
        found.append(x if x.shape == shape else shaping.reshape(x, shape=shape))
    return found[0] if len(found) == 1 else tuple(found)


def _at_least(ndim: int, axes: str) -> Any:
    doc = f"Return each array with {axes} or more."
    return named(f"atleast_{ndim}d", doc, lambda *arys: at_least(ndim, arys))


atleast_1d, atleast_2d = _at_least(1, "one axis"), _at_least(2, "two axes")
atleast_3d = _at_least(3, "three axes")


# Diagonals -------------------------------------------------------------------------------------
@composed()
def diag(v: Any, k: int = 0) -> Data:
    """Return the diagonal of a matrix, or the matrix with that diagonal."""
    x, (k,) = as_data(v), fixed("diag", k=k)
    if x.ndim == 2:
        return shaping.diagonal(x, offset=k, axis1=0, axis2=1)
    where = np.flatnonzero(np.diag(np.ones(x.shape), k))
    n = x.shape[0] + abs(k)
    return shaping.scatter(x, places=where, shape=(n, n))


@composed()
def diagflat(v: Any, k: int = 0) -> Data:
    """Return the matrix whose diagonal is all elements of `v`."""
    return diag(shaping.reshape(as_data(v), shape=(-1,)), k)


def _masked(x: Any, k: int, part: Any) -> Data:
    refuse_data(part.__name__, "k", k)
    x = as_data(x)
    keep = part(np.ones(x.shape[-2:] if x.ndim > 1 else x.shape * 2, dtype=bool), k)
    return e.where(keep, x, np.zeros((), x.dtype))


@composed()
def tril(m: Any, k: int = 0) -> Data:
    """Return the lower triangle of matrices, zeros elsewhere."""
    return _masked(m, k, np.tril)


@composed()
def triu(m: Any, k: int = 0) -> Data:
    """Return the upper triangle of matrices, zeros elsewhere."""
    return _masked(m, k, np.triu)


@composed(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Data:
    """Return the diagonals of the matrices in the last two axes."""
    (offset,) = fixed("diagonal", offset=offset)
    return shaping.diagonal(as_data(x), offset=offset, axis1=-2, axis2=-1)


@composed()
def vander(x: Any, N: Any = None, increasing: bool = False) -> Data:
    """Return the powers of `x` in columns, the highest first."""
    x = as_data(x)
    if x.ndim != 1:
        raise InputError(f"vander: shape {x.shape}; it needs one row of numbers")
    if x.dtype.kind != "f":
        x = e.astype(x, dtype=np.promote_types(x.dtype, int))
    powers = np.arange(x.size if N is None else integer(N), dtype=x.dtype)
    column = shaping.expand_dims(x, axis=1)
    return e.power(column, powers if increasing else powers[::-1])
