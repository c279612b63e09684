"""Products of arrays: matmul, outer, and einsum, of which every other product is a case."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import along
from .base import Operation
from .shaping import reshape, shape_of, swap_last

SMALL = 2**12  # elements of a matrix that is copied in less time than it takes to multiply by it
MANY = 64  # rows


def _as_matrix(x: Any, left: bool) -> Any:
    """Return a vector as a row (on the left of a product) or as a column (on the right)."""
    shape = shape_of(x)
    return x if len(shape) > 1 else reshape(x, shape=(1, *shape) if left else (*shape, 1))


def _as_matrices(g: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return cotangent and factors of a product as matrices."""
    shape = list(shape_of(g))
    if len(shape_of(b)) == 1:
        shape.append(1)
    if len(shape_of(a)) == 1:
        shape.insert(len(shape) - 1, 1)
    return reshape(g, shape=tuple(shape)), _as_matrix(a, True), _as_matrix(b, False)


def _left_rule(g: Any, y: Any, a: Any, b: Any) -> Any:
    n, m = len(shape_of(a)), len(shape_of(b))
    if n == m == 1:
        return g * b
    if n > 1 and m > 1:
        return matmul(g, swap_last(b))
    g, _, b = _as_matrices(g, a, b)
    c = matmul(g, swap_last(b))
    return reshape(c, shape=(*shape_of(c)[:-2], shape_of(c)[-1])) if n == 1 else c


def _right_rule(g: Any, y: Any, a: Any, b: Any) -> Any:
    n, m = len(shape_of(a)), len(shape_of(b))
    if n == m == 1:
        return g * a
    if n > 1 and m > 1:
        return matmul(swap_last(a), g)
    g, a, _ = _as_matrices(g, a, b)
    c = matmul(swap_last(a), g)
    return reshape(c, shape=shape_of(c)[:-1]) if m == 1 else c


def of_rows(rows: Any, b: Any, out: Any = None) -> Any:
    """Return the product of many rows with a matrix.

    Where that is small and was transposed, BLAS is up to twice as fast with a copy that was not.
    """
    if b.size <= SMALL and len(rows) >= MANY:
        b = np.ascontiguousarray(b)
    return np.dot(rows, b, out)


def _matmul_along(call: along.Call) -> along.Run:
    (a_shape, b_shape), (a_has, b_has) = call.shapes, call.sampled
    if len(b_shape) == 2 and not b_has and len(a_shape) == 1:
        return np.matmul  # many row vectors times one matrix: one matrix product
    if len(a_shape) == 2 and not a_has and len(b_shape) == 1:
        return lambda a, b: of_rows(b, a.T)  # one matrix times many vectors: the same, mirrored
    if len(a_shape) == len(b_shape) == 1:
        if a_has and b_has:
            return lambda a, b: np.einsum("si,si->s", a, b)
        return lambda a, b: np.matmul(a, b) if a_has else np.matmul(b, a)
    if len(b_shape) == 2 and not b_has:  # one product for the rows of all samples
        rows, (inner, columns) = math.prod(a_shape[:-1]), b_shape

        def product(a: Any, b: Any, out: Any = None) -> Any:
            if len(a) == 1:
                found = of_rows(a[0], b, None if out is None else out[0])
                return found[None] if out is None else out
            into = None if out is None else out.reshape(len(a) * rows, columns)
            c = of_rows(a.reshape(len(a) * rows, inner), b, into)
            return c.reshape(len(a), *call.shape) if out is None else out

        return along.fills(product)
    if len(a_shape) == 2 and not a_has and len(b_shape) == 2 and b_shape[1] == 1:
        rows, inner = a_shape

        def mirrored(a: Any, b: Any, out: Any = None) -> Any:  # columns are rows, side by side
            into = None if out is None else out.reshape(len(b), rows)
            c = of_rows(b.reshape(len(b), inner), a.T, into)
            return c.reshape(len(b), rows, 1) if out is None else out

        return along.fills(mirrored)
    a_matrix = (1, *a_shape) if len(a_shape) == 1 else a_shape
    b_matrix = (*b_shape, 1) if len(b_shape) == 1 else b_shape
    run = along.aligned(np.matmul, (a_matrix, b_matrix), call.sampled)

    if len(a_shape) > 1 and len(b_shape) > 1:
        return along.fills(run)

    def matrices(a: Any, b: Any) -> Any:
        a = a.reshape(a.shape[:1] + a_matrix) if a_has else np.reshape(a, a_matrix)
        b = b.reshape(b.shape[:1] + b_matrix) if b_has else np.reshape(b, b_matrix)
        c = run(a, b)
        return c.reshape(c.shape[:1] + call.shape)

    return matrices


matmul = Operation(
    "matmul", np.matmul, _left_rule, _right_rule,
    numpy=[np.matmul, np.linalg.matmul], along=_matmul_along,
)  # fmt: skip


def _outer_along(call: along.Call) -> along.Run:
    (a_has, b_has), (n, m) = call.sampled, call.shape
    rows, columns = (-1, n, 1) if a_has else (n, 1), (-1, 1, m) if b_has else (1, m)
    return lambda a, b: np.reshape(a, rows) * np.reshape(b, columns)


outer = Operation(
    "outer", np.outer,
    lambda g, y, a, b: reshape(matmul(g, reshape(b, shape=(-1,))), shape=shape_of(a)),
    lambda g, y, a, b: reshape(matmul(reshape(a, shape=(-1,)), g), shape=shape_of(b)),
    along=_outer_along,
)  # fmt: skip


# einsum: recorded with one letter for each axis, so that a rule and a sample axis are letters too
def unused(letters: str, how_many: int) -> str:
    """Return letters that are not among `letters`."""
    return "".join(c for c in LETTERS if c not in letters)[:how_many]


def _exchanged(i: int, g: Any, arrays: Any, subscripts: str, optimize: Any = False) -> Any:
    """Return the cotangent of input `i`: its letters and those of the output are exchanged.

    A letter that stands twice in the input picked a diagonal: an identity matrix puts it back. A
    letter that only this input has was summed away: an axis of length one broadcasts it back.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    shape, dtype = shape_of(arrays[i]), getattr(g, "dtype", np.float64)
    letters, given, factors = "", [output], [g]
    for n, letter in zip(shape, terms.pop(i), strict=True):
        if letter in letters:
            twin = unused(subscripts + letters, 1)
            given.append(letter + twin)
            factors.append(np.eye(n, dtype=dtype))
            letter = twin
        letters += letter
    given += terms
    factors += [a for j, a in enumerate(arrays) if j != i]
    kept = [letter for letter in letters if any(letter in term for term in given)]
    found = einsum_(*factors, subscripts=",".join(given) + "->" + "".join(kept), optimize=optimize)
    if len(kept) < len(shape):
        sizes = iter(shape_of(found))
        found = reshape(found, shape=tuple(next(sizes) if c in kept else 1 for c in letters))
    return found


def _einsum_along(call: along.Call) -> along.Run:
    inputs, output = call.fixed["subscripts"].split("->")
    s = unused(call.fixed["subscripts"], 1)
    pairs = zip(inputs.split(","), call.sampled, strict=True)
    subscripts = ",".join(s * has + term for term, has in pairs) + "->" + s + output
    optimize = call.fixed.get("optimize", False)
    return lambda *arrays: np.einsum(subscripts, *arrays, optimize=optimize)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
einsum_ = Operation(
    "einsum", lambda *arrays, subscripts, **how: np.einsum(subscripts, *arrays, **how),
    together=lambda g, y, *arrays, **fixed: lambda i: _exchanged(i, g, arrays, **fixed),
    fixed=["subscripts", "optimize"], variadic=True, along=_einsum_along,
)  # fmt: skip
