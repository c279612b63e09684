"""Products as NumPy writes them: dot, inner, outer, tensordot, einsum, kron, cross, …"""

from __future__ import annotations

import itertools
import operator
from collections import Counter
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from . import elementwise as e
from . import linear, reductions, shaping
from .axes import axes_of, axis_of
from .base import as_data
from .composing import arrays, composed, fixed, refuse
from .indices import integer
from .linear import LETTERS, unused
from .selection import select_along


# Products --------------------------------------------------------------------------------------
@composed()
def dot(a: Any, b: Any, out: Any = None) -> Data:
    """Return the product over the last axis of `a` and the last but one of `b`."""
    a, b = as_data(a), as_data(b)
    if not a.ndim or not b.ndim:
        return e.multiply(a, b)
    return linear.matmul(a, b) if b.ndim < 3 else tensordot(a, b, (-1, -2))


@composed()
def inner(a: Any, b: Any) -> Data:
    """Return the product over the last axes of both."""
    a, b = as_data(a), as_data(b)
    return e.multiply(a, b) if not a.ndim or not b.ndim else tensordot(a, b, (-1, -1))


@composed()
def vdot(a: Any, b: Any) -> Data:
    """Return the inner product of all elements."""
    a, b = (shaping.reshape(as_data(x), shape=(-1,)) for x in (a, b))
    return linear.matmul(a, b)


@composed(np.outer, np.linalg.outer)
def outer(a: Any, b: Any, out: Any = None) -> Data:
    """Return the products of each element of `a` with each of `b`."""
    return linear.outer(as_data(a), as_data(b))


@composed(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Data:
    """Return the product over the last axes of `a` and the first of `b`, or over pairs of axes."""
    a, b = as_data(a), as_data(b)
    if np.ndim(axes) == 0:
        n = integer(axes)
        axes = (tuple(range(-n, 0)), tuple(range(n)))
    left, right = (
        [i % x.ndim for i in axes_of(tuple(i) if np.ndim(i) else (i,), x)]
        for i, x in zip(axes, (a, b), strict=True)
    )
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise InputError(f"tensordot: axes {axes} of shapes {a.shape} and {b.shape} do not match")
    rest_a = [i for i in range(a.ndim) if i not in left]
    rest_b = [i for i in range(b.ndim) if i not in right]
    n = int(np.prod([a.shape[i] for i in left]))
    shapes = [a.shape[i] for i in rest_a], [b.shape[i] for i in rest_b]
    rows, columns = (int(np.prod(shape)) for shape in shapes)
    a = shaping.reshape(shaping.transpose(a, axes=(*rest_a, *left)), shape=(rows, n))
    b = shaping.reshape(shaping.transpose(b, axes=(*right, *rest_b)), shape=(n, columns))
    return shaping.reshape(linear.matmul(a, b), shape=(*shapes[0], *shapes[1]))


@composed()
def kron(a: Any, b: Any) -> Data:
    """Return the Kronecker product: blocks of `b`, one for each element of `a`."""
    a, b = as_data(a), as_data(b)
    ndim = max(a.ndim, b.ndim)
    sa, sb = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    left = shaping.reshape(a, shape=tuple(itertools.chain(*((n, 1) for n in sa))))
    right = shaping.reshape(b, shape=tuple(itertools.chain(*((1, n) for n in sb))))
    return shaping.reshape(left * right, shape=tuple(map(operator.mul, sa, sb)))


@composed(np.cross, np.linalg.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Data:
    """Return the cross product of vectors of three elements."""
    axisa, axisb, axisc = (axis,) * 3 if axis is not None else (axisa, axisb, axisc)
    a, b = as_data(a), as_data(b)
    axisa, axisb = axis_of(axisa, a), axis_of(axisb, b)
    if a.shape[axisa] != 3 or b.shape[axisb] != 3:
        raise InputError(f"cross: vectors need 3 elements; shapes {a.shape} and {b.shape} arrived")
    x, y = ([select_along(z, k, i) for i in range(3)] for z, k in ((a, axisa), (b, axisb)))
    parts = [x[i - 2] * y[i - 1] - x[i - 1] * y[i - 2] for i in range(3)]
    return shaping.stack(*parts, axis=axisc)


# einsum ----------------------------------------------------------------------------------------
@composed()
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **keywords: Any) -> Data:
    """Return a sum of products by Einstein's convention: ``einsum("ij,jk->ik", a, b)``."""
    refuse("einsum", out=out, **keywords)
    if isinstance(operands[0], str):
        subscripts, given = operands[0], arrays(operands[1:])
    else:
        lists = [isinstance(axes, (list, tuple)) for axes in operands[1::2]]
        if not (lists and all(lists)):
            raise UsageError(
                f"einsum: {type(operands[0]).__name__} arrived where subscripts stand; "
                'write mg.einsum("ij,jk->ik", a, b)'
            )
        subscripts, given = _from_lists(operands)
    full = spelled_out(subscripts, [x.ndim for x in given])
    return linear.einsum_(*given, subscripts=full, optimize=optimize)


def _from_lists(operands: tuple[Any, ...]) -> tuple[str, list[Data]]:
    """Return the form with letters of ``einsum(a, [0, 1], b, [1, 2], [0, 2])``."""
    pairs = len(operands) // 2

    def word(axes: Any) -> str:
        return "".join("..." if i is Ellipsis else LETTERS[i] for i in axes)

    terms = ",".join(word(axes) for axes in operands[1 : 2 * pairs : 2])
    if len(operands) % 2:
        terms += "->" + word(operands[-1])
    return terms, arrays(operands[: 2 * pairs : 2])


def spelled_out(subscripts: str, ndims: list[int]) -> str:
    """Return einsum's subscripts with an output and a letter for each axis of an ellipsis."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise InputError(f"einsum: terms in {subscripts!r}: {len(terms)}, arrays: {len(ndims)}")
    extra = [n - len(term.replace("...", "")) for n, term in zip(ndims, terms, strict=True)]
    if any(n < 0 or (n and "..." not in term) for n, term in zip(extra, terms, strict=True)):
        raise InputError(f"einsum: {subscripts!r} does not fit arrays with {ndims} axes")
    if arrow and max(extra) and "..." not in output:
        raise InputError(f"einsum: {subscripts!r} loses the axes of '...'; write it after -> too")
    dots = unused(subscripts, max(extra))
    if not arrow:
        counts = Counter(c for c in inputs if c.isalpha())
        output = "..." * ("..." in inputs) + "".join(sorted(c for c in counts if counts[c] == 1))
    words = [
        term.replace("...", dots[len(dots) - n :]) for n, term in zip(extra, terms, strict=True)
    ]
    return ",".join(words) + "->" + output.replace("...", dots)


@composed()
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Data:
    """Return the sum along the diagonals."""
    refuse("trace", dtype=dtype)
    offset, axis1, axis2 = fixed("trace", offset=offset, axis1=axis1, axis2=axis2)
    diagonals = shaping.diagonal(as_data(a), offset=offset, axis1=axis1, axis2=axis2)
    return reductions.sum_(diagonals, axis=-1)


@composed(np.linalg.trace)
def _trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Data:
    """Return the sums along the diagonals of the matrices in the last two axes."""
    return trace(x, offset, -2, -1, dtype)


def _last(x: Data, axis: Any) -> Data:
    """Return `x` with an axis moved to the end."""
    at = axis_of(axis, x)
    rest = tuple(i for i in range(x.ndim) if i != at)
    return x if at == x.ndim - 1 else shaping.transpose(x, axes=(*rest, at))


@composed(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, axis: int = -1) -> Data:
    """Return the inner products along an axis."""
    a, b = (_last(as_data(x), axis) for x in (x1, x2))
    if a.shape[-1] != b.shape[-1]:
        raise InputError(
            f"vecdot: vectors of length {a.shape[-1]} and {b.shape[-1]} along axis {axis} of "
            f"shapes {as_data(x1).shape} and {as_data(x2).shape}; they must be as long"
        )
    each = a * b
    total = reductions.sum_(each, axis=-1)  # which is wider than integers of few bits
    return total if total.dtype == each.dtype else e.astype(total, dtype=each.dtype)


@composed()
def matvec(x1: Any, x2: Any) -> Data:
    """Return matrices times vectors."""
    return linear.matmul(as_data(x1), shaping.expand_dims(as_data(x2), axis=-1))[..., 0]


@composed()
def vecmat(x1: Any, x2: Any) -> Data:
    """Return vectors times matrices."""
    return linear.matmul(shaping.expand_dims(as_data(x1), axis=-2), as_data(x2))[..., 0, :]
