"""Linear algebra as NumPy writes it: inverses, determinants, powers, factorizations."""

from __future__ import annotations

import math
import operator
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..walk import label
from . import elementwise as e
from . import factorizations as f
from . import linear, reductions, shaping
from .axes import axes_of
from .base import as_data
from .composing import arrays, composed, floats, refuse
from .products import dot
from .pseudoinverses import truncated_pinv


# Inverses and determinants -----------------------------------------------------------------------
@composed()
def solve(a: Any, b: Any) -> Data:
    """Return x with a @ x = b; `b` is a vector if it has one axis, else matrices."""
    a, b = floats(a), floats(b)
    if b.ndim != 1:
        return f.solve_(a, b)
    return shaping.squeeze(f.solve_(a, shaping.expand_dims(b, axis=-1)), axis=-1)


class SlogdetResult(NamedTuple):
    """Sign and natural logarithm of the absolute value of a determinant."""

    sign: Data
    logabsdet: Data


@composed()
def slogdet(a: Any) -> SlogdetResult:
    """Return sign and logarithm of the absolute determinant."""
    return SlogdetResult(f.signdet(floats(a)), f.logdet(floats(a)))


@composed()
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Data:
    """Return the pseudoinverse; its derivative holds where the rank does not change."""
    a = f.from_lower(floats(a)) if hermitian else floats(a)
    cut = rcond if rtol is None else rtol
    return f.pinv_(a) if cut is None else truncated_pinv(a, f.one_by_one(as_data(cut)))


@composed()
def tensorinv(a: Any, ind: int = 2) -> Data:
    """Return the inverse for tensordot over `ind` axes."""
    a = floats(a)
    if ind <= 0:
        raise InputError(f"tensorinv: ind = {ind}; it is a positive number of axes")
    first, last = a.shape[:ind], a.shape[ind:]
    matrix = shaping.reshape(a, shape=(math.prod(first), math.prod(last)))
    return shaping.reshape(f.inv(matrix), shape=last + first)


@composed()
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Data:
    """Return x with tensordot(a, x, x.ndim) = b."""
    a, b = floats(a), floats(b)
    moved = [i % a.ndim for i in axes_of(() if axes is None else tuple(axes), a)]
    a = shaping.transpose(a, axes=(*(i for i in range(a.ndim) if i not in moved), *moved))
    shape = a.shape[b.ndim :]
    matrix = shaping.reshape(a, shape=(b.size, math.prod(shape)))
    return shaping.reshape(solve(matrix, shaping.reshape(b, shape=(-1,))), shape=shape)


@composed()
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Data, Data, Data, Data]:
    """Return the least squares solution of a @ x = b, its residuals, rank and singular values."""
    a, b = floats(a), floats(b)
    if a.ndim != 2:
        raise InputError(f"lstsq: shape {a.shape}; it needs one matrix, use pinv for many")
    m, n = a.shape
    eps = float(np.finfo(a.dtype).eps)
    if rcond is None:
        cut = eps * max(m, n)
    else:  # outside LAPACK takes its own precision
        cut = rcond if isinstance(rcond, Data) or 0.0 < rcond < 1.0 else 0.5 * eps
    x, s = linear.matmul(truncated_pinv(a, f.one_by_one(as_data(cut))), b), f.singular_values(a)
    rank = reductions.sum_(e.astype(e.greater(s, s[:1] * cut), dtype=int))
    if m > n and int(rank.value) == n:
        rest = reductions.sum_(e.square(b - linear.matmul(a, x)), axis=0, keepdims=b.ndim == 1)
    else:
        rest = as_data(np.zeros(0, x.dtype))
    return x, rest, e.astype(rank, dtype=np.int32), s


@composed()
def matrix_power(a: Any, n: int) -> Data:
    """Return the product of `n` copies of a matrix; of its inverse, if `n` is negative."""
    a, n = as_data(a), operator.index(n)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise InputError(f"matrix_power: the last two axes of shape {a.shape} are not square")
    if n == 0:
        return as_data(np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape))
    found: Any = None
    base, left = (f.inv(a) if n < 0 else a), abs(n)
    while left:
        if left % 2:
            found = base if found is None else linear.matmul(found, base)
        left //= 2
        base = linear.matmul(base, base) if left else base
    return found


@composed()
def multi_dot(arrays_: Any, *, out: Any = None) -> Data:
    """Return the product of matrices, from left to right."""
    refuse("multi_dot", out=out)
    first, *others = arrays(arrays_)
    if not others:
        raise InputError("multi_dot: needs two arrays or more")
    for x in others:
        first = dot(first, x)
    return first


# Factorizations --------------------------------------------------------------------------------
@composed()
def cholesky(a: Any, /, *, upper: bool = False) -> Data:
    """Return the lower triangular L with L Lᵀ = a; of `a`, the lower half alone is read."""
    a = floats(a)
    return shaping.swap_last(f.cholesky_(shaping.swap_last(a))) if upper else f.cholesky_(a)


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors, in columns."""

    eigenvalues: Data
    eigenvectors: Data


@composed()
def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Return eigenvalues and eigenvectors of a symmetric matrix; one half of it alone is read."""
    if UPLO not in ("L", "U", "l", "u"):
        raise InputError(f"eigh: UPLO={UPLO!r}; it is 'L' or 'U', the half that is read")
    packed = f.eigh_packed(floats(a), UPLO=UPLO.upper())
    return EighResult(packed[..., 0, :], packed[..., 1:, :])


@composed()
def eigvalsh(a: Any, UPLO: str = "L") -> Data:
    """Return the eigenvalues of a symmetric matrix, ascending."""
    return eigh(a, UPLO).eigenvalues


def sizes(name: str, a: Any) -> tuple[int, ...]:
    """Return how many rows and columns matrices have."""
    x = as_data(a)
    if x.ndim < 2:
        raise InputError(
            f"{name}: {label(x)} of shape {x.shape} is no matrix; "
            "pass one, or several in the last two axes"
        )
    return x.shape[-2:]


class SVDResult(NamedTuple):
    """The factors of a = U diag(S) Vh."""

    U: Data
    S: Data
    Vh: Data


@composed()
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Return the singular value decomposition."""
    m, n = sizes("svd", a)
    a = f.from_lower(floats(a)) if hermitian else floats(a)
    if not compute_uv:
        return f.singular_values(a)
    u, s, v = f.unpacked(f.svd_packed(a), m)
    if full_matrices and m > n:
        u = shaping.concatenate(u, f.orthogonal(a, by="svd"), axis=-1)
    if full_matrices and n > m:
        rest = f.orthogonal(shaping.swap_last(a), by="svd of the transpose")
        v = shaping.concatenate(v, rest, axis=-1)
    return SVDResult(u, s, shaping.swap_last(v))


@composed()
def svdvals(x: Any, /) -> Data:
    """Return the singular values, the largest first."""
    return f.singular_values(floats(x))


class QRResult(NamedTuple):
    """The factors of a = Q R."""

    Q: Data
    R: Data


@composed()
def qr(a: Any, mode: str = "reduced") -> Any:
    """Return Q with orthogonal columns and the upper triangular R of a = Q R."""
    a = floats(a)
    m, n = sizes("qr", a)
    if mode not in ("reduced", "r", "complete"):
        raise UsageError(f"qr: mode {mode!r}; it is 'reduced', 'complete' or 'r'")
    packed = f.qr_packed(a[..., : min(m, n)])  # a wide matrix: what is right of its square follows
    q, r = packed[..., :m, :], shaping.swap_last(packed[..., m:, :])
    if m < n:
        r = shaping.concatenate(r, linear.matmul(shaping.swap_last(q), a[..., m:]), axis=-1)
    if mode == "complete" and m > n:
        q = shaping.concatenate(q, f.orthogonal(a, by="qr"), axis=-1)
        r = shaping.concatenate(r, np.zeros((*r.shape[:-2], m - n, n), r.dtype), axis=-2)
    return r if mode == "r" else QRResult(q, r)


@composed()
def eig(a: Any) -> Any:
    """Raise: eigenvalues of a general matrix may be complex."""
    raise UsageError(
        "eig: eigenvalues of a general matrix may be complex, which minigraph has not; call "
        "mg.linalg.eigh or mg.linalg.eigvalsh if the matrix is symmetric"
    )


@composed()
def eigvals(a: Any) -> Any:
    """Raise: eigenvalues of a general matrix may be complex."""
    return eig(a)
