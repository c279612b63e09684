"""Polynomials as NumPy writes them: rows of coefficients, the highest power first."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from . import elementwise as e
from . import reductions, shaping
from .base import as_data
from .composing import composed, floats, refuse
from .grids import convolve
from .layouts import vander
from .matrices import lstsq


@composed()
def polyval(p: Any, x: Any) -> Data:
    """Return the polynomial with coefficients `p`, the highest power first, at `x`."""
    p, x = as_data(p), as_data(x)
    if not len(p):
        return as_data(np.zeros(x.shape, x.dtype))
    found = p[0] + np.zeros((), x.dtype) * x
    for i in range(1, len(p)):
        found = found * x + p[i]
    return found


def _row(name: str, p: Any) -> Data:
    """Return coefficients as a row."""
    row = as_data(p)
    if row.ndim > 1:
        raise InputError(f"{name}: shape {row.shape}; the coefficients of a polynomial are a row")
    return row if row.ndim else shaping.reshape(row, shape=(1,))


def _aligned(name: str, a1: Any, a2: Any) -> list[Data]:
    """Return coefficients with zeros before the shorter row; columns are several polynomials."""
    given = [x if x.ndim else _row(name, x) for x in (as_data(a1), as_data(a2))]
    size = max(map(len, given))
    for i, x in enumerate(given):
        if len(x) < size:
            zeros = np.zeros(size - len(x), x.dtype)
            given[i] = shaping.concatenate(zeros, _row(name, x), axis=0)
    return given


@composed()
def poly(seq_of_zeros: Any) -> Data:
    """Return the polynomial with these zeros."""
    zeros = floats(seq_of_zeros)
    if zeros.ndim != 1:
        raise InputError(f"poly: shape {zeros.shape}; it needs a row of zeros (matrices have eigh)")
    one = np.ones(1, zeros.dtype)
    found = as_data(one)
    for i in range(zeros.size):
        found = convolve(found, shaping.concatenate(one, -zeros[i : i + 1], axis=0))
    return found


@composed()
def polyadd(a1: Any, a2: Any) -> Data:
    """Return the sum of two polynomials."""
    return e.add(*_aligned("polyadd", a1, a2))


@composed()
def polysub(a1: Any, a2: Any) -> Data:
    """Return the difference of two polynomials."""
    return e.subtract(*_aligned("polysub", a1, a2))


def _trimmed(p: Any) -> Data:
    """Return coefficients without leading zeros, if these were written and so never change."""
    p = as_data(p)
    if not p._literal:
        return _row("polymul", p)
    row = np.trim_zeros(_row("polymul", p).value, "f")
    return as_data(row if row.size else np.zeros(1, p.dtype))


@composed()
def polymul(a1: Any, a2: Any) -> Data:
    """Return the product of two polynomials.

    As in NumPy, leading zeros of a plain array are left out. Those of Data stay: they may change,
    and the shape of a graph does not.
    """
    return convolve(_trimmed(a1), _trimmed(a2))


@composed()
def polyder(p: Any, m: int = 1) -> Data:
    """Return the derivative of order `m` of a polynomial."""
    p = _row("polyder", p)
    if m < 0:
        raise InputError(f"polyder: order {m}; mg.polyint is the antiderivative")
    for _ in range(operator.index(m)):
        powers = np.arange(p.size - 1, 0, -1)
        p = p[:-1] * (powers.astype(p.dtype) if p.dtype.kind == "f" else powers)
    return p


@composed()
def polyint(p: Any, m: int = 1, k: Any = None) -> Data:
    """Return the antiderivative of order `m` of a polynomial, with constants `k`."""
    p, m = _row("polyint", floats(p)), operator.index(m)
    constants = shaping.broadcast_to(as_data(np.zeros(1, p.dtype) if k is None else k), shape=(m,))
    for i in range(m):
        p = e.divide(p, np.arange(p.size, 0, -1, dtype=p.dtype))
        p = shaping.concatenate(p, constants[i : i + 1], axis=0)
    return p


@composed()
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, w: Any = None, **keywords: Any) -> Data:
    """Return the polynomial of degree `deg` that is closest to points, in least squares."""
    refuse("polyfit", **{key: value or None for key, value in keywords.items()})
    x, y = floats(x), floats(y)
    if x.ndim != 1 or not x.size or y.shape[:1] != x.shape or y.ndim > 2:
        raise InputError(f"polyfit: x {x.shape} and y {y.shape} are not points in a row")
    if operator.index(deg) < 0:
        raise InputError(f"polyfit: degree {deg}; it is 0 or more")
    powers, weight = vander(x, deg + 1), 1.0 if w is None else as_data(w)
    if w is not None:
        powers = powers * shaping.expand_dims(weight, axis=1)
        y = y * (shaping.expand_dims(weight, axis=1) if y.ndim > 1 else weight)
    size = e.sqrt(reductions.sum_(e.square(powers), axis=0))
    cut = x.size * np.finfo(x.dtype).eps if rcond is None else rcond
    found = lstsq(e.divide(powers, size), y, cut)[0]
    return e.divide(found, shaping.expand_dims(size, axis=1) if y.ndim > 1 else size)
