"""Linear algebra on the last two axes: inverses, determinants, factorizations.

A factorization has several results and a node has one, so they are recorded side by side in one
array (*packed*) and the public functions take it apart.

Source: Giles 2008, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation*; Townsend 2016, *Differentiating the singular value decomposition*; Golub & Pereyra
1973 (pseudoinverse).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import along
from .base import Operation
from .boxes import stop
from .elementwise import each, equal, where
from .linear import matmul
from .shaping import expand_dims, shape_of, swap_last


def lower_half(n: int) -> Any:
    """Return ones below the diagonal and halves on it."""
    return np.tril(np.ones((n, n))) - 0.5 * np.eye(n)


def of_kind(mask: Any, x: Any) -> Any:
    """Return a constant in the dtype of `x`, so that float32 stays float32."""
    return mask.astype(x.dtype)


def from_lower(a: Any) -> Any:
    """Return the symmetric matrix that has the lower half of `a`."""
    n = shape_of(a)[-1]
    return where(np.tri(n, dtype=bool), a, swap_last(a))


def onto_lower(c: Any) -> Any:
    """Return a cotangent of a symmetric matrix for a function that reads its lower half only."""
    return (c + swap_last(c)) * of_kind(lower_half(shape_of(c)[-1]), c)


def scaled(x: Any, diagonal: Any) -> Any:
    """Return x @ diag(diagonal)."""
    return x * expand_dims(diagonal, axis=-2)


def _ratio(top: Any, bottom: Any) -> Any:
    """Return top / bottom, 0 for 0 / 0: a tie matters only to those who look at it."""
    tie = np.equal(bottom, 0.0)
    found = np.divide(top, np.where(tie, np.nan, bottom))
    return np.where(tie & np.equal(top, 0.0), 0.0, found)


# Its slope is such a ratio too, of a cotangent: where there is no tie, also of a top that is 0.
ratio = each(
    "ratio", _ratio,
    lambda g, y, top, bottom: ratio(g, bottom),
    lambda g, y, top, bottom: -ratio(g * y, bottom),
    numpy=(),
)  # fmt: skip


def over(bottom: Any, top: Callable[[Any], Any], vectors: Any) -> Any:
    """Return top(vectors) / bottom, where at ties `vectors` are as good as any others.

    There the slope is that of the cotangents in `top` alone: nan, unless nobody looks at it.
    """
    return ratio(where(equal(bottom, 0.0), top(stop(vectors)), top(vectors)), bottom)


def gaps(values: Any) -> Any:
    """Return values[j] - values[i], and inf on the diagonal: a unit vector cannot grow."""
    n = shape_of(values)[-1]
    difference = expand_dims(values, axis=-2) - expand_dims(values, axis=-1)
    return difference + of_kind(np.diag(np.full(n, np.inf)), values)


# Functions of matrices, which NumPy already runs along leading axes.
last_axes = functools.partial(Operation, along=along.of_matrices)


# Inverses --------------------------------------------------------------------------------------
def solving(call: along.Call) -> Any:
    """Run with the samples as columns of one right-hand side, where they share the matrix."""
    if call.sampled != (False, True) or [len(shape) for shape in call.shapes] != [2, 2]:
        return along.of_matrices(call)

    def run(a: Any, b: Any) -> Any:
        columns = np.moveaxis(b, 0, 1).reshape(len(a), -1)
        found = _solved(a, columns).reshape(len(a), len(b), -1)
        return np.ascontiguousarray(np.moveaxis(found, 1, 0))

    return run


def _solved(a: Any, b: Any) -> Any:
    """Return the solution for many columns: by the inverse, ten times as fast, if that is as good.

    Source: Higham 2002, *Accuracy and Stability of Numerical Algorithms*, section 14.1: the bounds
    of the error are alike, both of them the condition number times the rounding.
    """
    if b.shape[1] > 4 * len(a):
        inverse = np.linalg.inv(a)
        condition = np.linalg.norm(a, 1) * np.linalg.norm(inverse, 1)
        if condition * np.finfo(b.dtype).eps < 1e-10:
            return inverse @ b
    return np.linalg.solve(a, b)


inv = last_axes(
    "inv", np.linalg.inv,
    lambda g, y, a: -matmul(matmul(swap_last(y), g), swap_last(y)),
)  # fmt: skip
solve_ = last_axes(  # b is always a matrix here
    "solve", np.linalg.solve,
    lambda g, y, a, b: -matmul(solve_(swap_last(a), g), swap_last(y)),
    lambda g, y, a, b: solve_(swap_last(a), g),
    along=solving,
)  # fmt: skip


def pinv_rule(g: Any, y: Any, a: Any) -> Any:
    """Return the slope of a pseudoinverse where the rank stays as it is."""
    gt, yt = swap_last(g), swap_last(y)
    left = matmul(gt, matmul(y, yt))
    right = matmul(matmul(yt, y), gt)
    return (
        left - matmul(a, matmul(y, left))
        + right - matmul(matmul(right, y), a)
        - matmul(yt, matmul(g, yt))
    )  # fmt: skip


pinv_ = last_axes("pinv", np.linalg.pinv, pinv_rule)


# Determinants ----------------------------------------------------------------------------------
def one_by_one(x: Any) -> Any:
    """Return numbers as matrices of one row and one column."""
    return expand_dims(x, axis=(-2, -1))


def _det_rule(g: Any, y: Any, a: Any) -> Any:
    """Return the matrix of cofactors: from minors if small (right also where det = 0)."""
    n = shape_of(a)[-1]
    if n > 4 or not n:
        return one_by_one(g * y) * swap_last(inv(a))
    if n == 1:
        return one_by_one(g)
    others = np.array([[j for j in range(n) if j != i] for i in range(n)])
    minors = a[..., others[:, None, :, None], others[None, :, None, :]]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return one_by_one(g) * (det(minors) * of_kind(signs, a))


det = last_axes("det", np.linalg.det, _det_rule)
logdet = last_axes(
    "logdet", lambda a: np.linalg.slogdet(a)[1],
    lambda g, y, a: one_by_one(g) * swap_last(inv(a)), numpy=(),
)  # fmt: skip
signdet = last_axes("signdet", lambda a: np.linalg.slogdet(a)[0], None, numpy=())
matrix_rank = last_axes("matrix_rank", np.linalg.matrix_rank, None)


# Factorizations --------------------------------------------------------------------------------
def _cholesky_rule(g: Any, y: Any, a: Any) -> Any:
    lt = swap_last(y)
    inner = matmul(lt, g) * of_kind(lower_half(shape_of(y)[-1]), y)
    return onto_lower(swap_last(solve_(lt, swap_last(solve_(lt, inner)))))


cholesky_ = last_axes("cholesky", np.linalg.cholesky, _cholesky_rule)


# These are written for array libraries that are like NumPy, too.
def _eigh(a: Any, UPLO: Any = "L", xp: Any = np) -> Any:
    """Return the eigenvalues in the first row, the eigenvectors in the columns below."""
    values, vectors = xp.linalg.eigh(a, UPLO=UPLO)
    return xp.concatenate([values[..., None, :], vectors], axis=-2)


def _eigh_rule(g: Any, y: Any, a: Any, UPLO: str = "L") -> Any:
    w, v = y[..., 0, :], y[..., 1:, :]
    eye = of_kind(np.eye(shape_of(v)[-1]), y)
    turned = over(gaps(w), lambda v: matmul(swap_last(v), g[..., 1:, :]), v)
    inner = turned + scaled(eye, g[..., 0, :])
    lower = onto_lower(matmul(v, matmul(inner, swap_last(v))))
    return lower if UPLO == "L" else swap_last(lower)


eigh_packed = last_axes("eigh", _eigh, _eigh_rule, fixed=["UPLO"], numpy=())


def _svd(a: Any, xp: Any = np) -> Any:
    """Return u, s and v (not transposed) below each other."""
    u, s, vh = xp.linalg.svd(a, full_matrices=False)
    return xp.concatenate([u, s[..., None, :], xp.swapaxes(vh, -1, -2)], axis=-2)


def unpacked(packed: Any, m: int) -> tuple[Any, Any, Any]:
    """Return u, s and v of matrices of `m` rows."""
    return packed[..., :m, :], packed[..., m, :], packed[..., m + 1 :, :]


def _svd_rule(g: Any, y: Any, a: Any) -> Any:
    m, n = shape_of(a)[-2:]
    (u, s, v), (gu, gs, gv) = unpacked(y, m), unpacked(g, m)
    vt = swap_last(v)
    eye = of_kind(np.eye(min(m, n)), y)
    gap = gaps(s * s)
    du = over(gap, lambda u: matmul(swap_last(u), gu), u)
    dv = over(gap, lambda v: matmul(swap_last(v), gv), v)
    rows, columns = expand_dims(s, axis=-1), expand_dims(s, axis=-2)
    inner = columns * (du + swap_last(du)) + rows * (dv + swap_last(dv)) + scaled(eye, gs)
    found = matmul(u, matmul(inner, vt))
    if m > n:
        beside = over(columns, lambda u: gu - matmul(u, matmul(swap_last(u), gu)), u)
        found = found + matmul(beside, vt)
    if n > m:
        beside = over(columns, lambda v: gv - matmul(v, matmul(swap_last(v), gv)), v)
        found = found + matmul(u, swap_last(beside))
    return found


svd_packed = last_axes("svd", _svd, _svd_rule, numpy=())


def _qr(a: Any, xp: Any = np) -> Any:
    """Return q and the transpose of r below each other."""
    q, r = xp.linalg.qr(a)
    return xp.concatenate([q, xp.swapaxes(r, -1, -2)], axis=-2)


def _qr_rule(g: Any, y: Any, a: Any) -> Any:
    m = shape_of(a)[-2]
    (q, rt), (gq, grt) = ((z[..., :m, :], z[..., m:, :]) for z in (y, g))
    gap = matmul(swap_last(rt), grt) - matmul(swap_last(gq), q)
    half = gap * of_kind(lower_half(shape_of(gap)[-1]), y)
    inner = gq + matmul(q, half + swap_last(half))
    return swap_last(solve_(swap_last(rt), swap_last(inner)))


qr_packed = last_axes("qr", _qr, _qr_rule, numpy=())


COMPLETED: Mapping[str, Callable[[Any, Any], Any]] = {  # square matrices; the first columns span a
    "qr": lambda a, xp: xp.linalg.qr(a, mode="complete")[0],
    "svd": lambda a, xp: xp.linalg.svd(a)[0],
    "svd of the transpose": lambda a, xp: xp.swapaxes(
        xp.linalg.svd(xp.swapaxes(a, -1, -2))[2], -1, -2
    ),
}
# The other columns, orthogonal to those of a. They are unique up to a turn among themselves: the
# slope is that of functions which the turn does not change.
orthogonal = last_axes(
    "orthogonal", lambda a, by: COMPLETED[by](a, np)[..., a.shape[-1] :],
    lambda g, y, a, by: -matmul(matmul(y, swap_last(g)), swap_last(pinv_(a))),
    fixed=["by"], numpy=(),
)  # fmt: skip


def singular_values(a: Any) -> Any:
    """Return the singular values of matrices, the largest first."""
    return svd_packed(a)[..., shape_of(a)[-2], :]
