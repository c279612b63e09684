"""Many normal numbers at once, by arithmetic on arrays: half the time of one after the other.

Two uniform numbers u, v make two independent normal ones, R cos φ and R sin φ with R² = -2 ln u and
φ = 2πv. Both the cosine and the sine come from one function of the angle: where NumPy computes many
tangents at a time, from t = tan(φ/2), they are 2/(1+t²) - 1 and 2t/(1+t²). Elsewhere they come from
a chord of φ - π, a polynomial, see `wide.py`. These are the same numbers, but for rounding.

Source: Box and Muller 1958, *A note on the generation of random normal deviates*,
https://doi.org/10.1214/aoms/1177706645
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.wide import WIDE, quarter_chord

PIECE = 2**14  # numbers that are made together, so that they stay in the cache
MANY = 2**12  # numbers, from which on it is faster than NumPy's ziggurat


def normals(rng: np.random.Generator, out: Any) -> Any:
    """Fill an array of floats, of any shape but contiguous, with standard normal numbers.

    An array of several pieces gets the numbers that the pieces would get one after the other. What
    is left over from these is filled by NumPy if it is little. The largest number that can come is
    8.6, which is exceeded once in 10¹⁷; in float32 it is 5.8, which is exceeded once in 10⁸.

    Examples
    --------
    >>> import numpy as np
    >>> drawn = normals(np.random.default_rng(0), np.empty(10_000))
    >>> float(drawn.mean().round(3)), float(drawn.std().round(3))
    (-0.002, 0.999)
    """
    kind = out.dtype.type
    if out.size < MANY:
        return rng.standard_normal(out=out, dtype=kind)
    flat = out.reshape(-1)
    whole = len(flat) // PIECE * PIECE
    half = (len(flat) - whole) // 2
    end = whole + 2 * half if len(flat) - whole >= MANY else whole
    rng.random(out=flat[:end], dtype=kind)
    if whole:
        turned(flat[:whole].reshape(-1, 2, PIECE // 2))
    if end > whole:
        turned(flat[whole:end].reshape(1, 2, half))
    if end < len(flat):
        rng.standard_normal(out=flat[end:], dtype=kind)
    return out


def turned(uniforms: Any) -> None:
    """Make uniform numbers normal in place, shape (pieces, 2, pairs)."""
    r, t = uniforms[:, 0], uniforms[:, 1]
    np.subtract(1.0, r, out=r)  # 0 has no logarithm
    np.log(r, out=r)
    np.multiply(r, -2.0, out=r)
    np.sqrt(r, out=r)
    (by_tangents if WIDE else by_chords)(r, t)


def by_tangents(r: Any, t: Any) -> None:
    """Make radii and angles, in turns, normal in place."""
    np.multiply(t, math.pi, out=t)
    np.tan(t, out=t)
    w = np.multiply(t, t)
    np.add(w, 1.0, out=w)
    np.divide(2.0, w, out=w)
    np.multiply(w, r, out=w)
    np.multiply(t, w, out=t)
    np.subtract(w, r, out=r)


def by_chords(r: Any, c: Any) -> None:
    """Make radii and angles, in turns, normal in place: half a turn less turns both signs."""
    np.multiply(c, 2.0 * math.pi, out=c)
    np.subtract(c, math.pi, out=c)
    quarter_chord(c, c)
    w = np.multiply(c, c)
    k = np.multiply(w, 0.5)
    np.subtract(k, 1.0, out=k)
    np.multiply(k, r, out=k)
    np.subtract(4.0, w, out=w)
    np.sqrt(w, out=w)
    np.multiply(c, w, out=w)  # the whole chord
    np.multiply(w, k, out=c)
    np.multiply(w, w, out=w)
    np.multiply(w, 0.5, out=w)
    np.subtract(w, 1.0, out=w)
    np.multiply(w, r, out=r)
