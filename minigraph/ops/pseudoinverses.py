"""The pseudoinverse without small singular values: least squares, where columns may depend.

Its slope is written in the matrix and its pseudoinverse, which have one where singular values tie,
and not in the vectors of these, which have none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from . import along
from .base import Operation
from .elementwise import divide, greater, logical_and, logical_not, where
from .factorizations import pinv_rule, svd_packed, unpacked
from .linear import matmul
from .shaping import expand_dims, shape_of, swap_last


def _truncated_pinv(a: Any, cut: Any, xp: Any = np) -> Any:
    u, s, vh = xp.linalg.svd(a, full_matrices=False)
    kept = s > cut[..., 0] * s[..., :1]
    inverse = xp.where(kept, 1.0 / xp.where(kept, s, 1.0), 0.0)
    return xp.swapaxes(vh, -1, -2) * inverse[..., None, :] @ xp.swapaxes(u, -1, -2)


def _rule(g: Any, y: Any, a: Any, cut: Any) -> Any:
    """Return the slope of a pseudoinverse, and what singular values left out add to it.

    Source: perturbation theory of singular vectors, e.g. Townsend 2016; with s kept and t left out,
    uₛᵀ da vₜ changes the result by (t² vₜ uₛᵀ + s t vₛ uₜᵀ) / (s² (s² - t²)) more than for t = 0.
    """
    found = pinv_rule(g, y, a)
    m, n = shape_of(a)[-2:]
    u, s, v = unpacked(svd_packed(a), m)
    largest = s[..., :1]
    kept = greater(s, cut[..., 0] * largest)
    noise = max(m, n) * float(np.finfo(a.dtype).eps)
    lost = logical_and(logical_not(kept), greater(s, noise * largest))
    if not isinstance(lost, Data) and not np.any(lost):
        return found
    here, there = expand_dims(s, axis=-1), expand_dims(s, axis=-2)
    both = logical_and(expand_dims(kept, axis=-1), expand_dims(lost, axis=-2))
    gap = here * here * (here - there) * (here + there)
    weight = where(both, divide(there, where(both, gap, 1.0)), 0.0)
    seen = matmul(matmul(swap_last(v), g), u)
    turned = swap_last(seen)
    more = weight * (there * turned + here * seen)
    more = more + swap_last(weight * (there * seen + here * turned))
    return found + matmul(u, matmul(more, swap_last(v)))


# `cut`, a share of the largest singular value, has two more axes, of length one.
truncated_pinv = Operation(
    "truncated_pinv", _truncated_pinv, _rule, None, numpy=(), along=along.of_matrices
)
