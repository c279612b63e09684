"""How a gamma or beta number moves with a shape of its law while it stays at its quantile.

P(X < x) = p(x; θ) h(x; θ) Σ tₙ, with the density p and a power series of positive terms. So

    dx/dθ = -(∂P/∂θ) / p = -h (L Σ tₙ + ∂/∂θ Σ tₙ),    L = ∂/∂θ log(p h)

and the sums are right to the last digits. What is in brackets may cancel: where that would leave
less than ten digits, or where too many terms are needed, the answer is NaN.

Source: DLMF 8.7.1 and 8.17.8, https://dlmf.nist.gov/8.7.E1 and https://dlmf.nist.gov/8.17.E8
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy import add, divide, multiply, subtract

from .special import from_scipy

FEW = 2**8  # numbers, below which all terms are there at once
BLOCK = 2**12  # numbers, below which all are summed up together
SLAB = 2**14  # numbers of which those that are alike are summed up together
SHARES = (0.5, 0.85)
MOST = 400  # terms
N = np.arange(1.0, MOST + 1.0)
LOST = 1e5  # how much larger than the answer its parts may be
ONE = np.asarray(1.0)  # NumPy takes as long to make an array of 1.0 as to add it to some hundreds
# Polynomials in x² that stand before powers of 1/df, the highest first.
NEAR_NORMAL = (
    (1 / 60, -1 / 60, 0.0, 1 / 30, 1 / 12, 1 / 4), (-1 / 40, 1 / 40, 1 / 120, -1 / 24, 0.0),
    (1 / 24, -1 / 24, -1 / 24, -1 / 8), (-1 / 12, 1 / 12, 0.0), (1 / 4, 1 / 4),
)  # fmt: skip
Function = Callable[..., Any]
digamma = from_scipy("digamma")
quiet = np.errstate(all="ignore")  # what is infinite is told from the result


def steady(series: Function, other: Function) -> Function:
    """Return the function `series` of arrays, and `other` where that is NaN."""

    def found(*args: Any) -> Any:
        arrays = np.broadcast_arrays(*args)
        flat = [v.astype(float).ravel() for v in arrays]
        values = series(*flat)
        rest = np.isnan(values)
        if rest.any():
            values[rest] = other(*[v[rest] for v in flat])
        return values.reshape(arrays[0].shape)

    return found


@quiet
def gamma_drift(x: Any, a: Any) -> Any:
    """Return dx/da of numbers x ~ Gamma(a, 1)."""
    peak = x - a
    return in_blocks(_gamma, np.maximum(peak, 0.0) + 6.0 * np.sqrt(x), peak, x, a)


@quiet
def beta_drift(x: Any, a: Any, b: Any, i: int) -> Any:
    """Return dx/da (`i` = 0) or dx/db (1) of numbers x ~ Beta(a, b)."""
    high = x > 0.5  # there look at 1 - x ~ Beta(b, a)
    turned = np.where(high, 1.0 - x, x), np.where(high, b, a), np.where(high, a, b)
    found = _half(*turned, first=high == bool(i))
    return np.where(high, -found, found)


@quiet
def t_drift(x: Any, df: Any) -> Any:
    """Return dx/d df of numbers x of Student's t: x²/(df + x²) ~ Beta(1/2, df/2)."""
    near = np.clip(x, -1e140, 1e140)  # whose squares are finite; the tail is a power of x
    square, half = near * near, 0.5 * df
    whole, high = df + square, square > df
    beta = np.minimum(square, df) / whole
    moved = _half(beta, np.where(high, half, 0.5), np.where(high, 0.5, half), first=high)
    parts = near / df, np.where(high, -0.5, 0.5) * moved * (whole / near) * (whole / df)
    far = x / near
    found = far * settled(0.5, sum(parts), np.abs(parts[0])) - x * np.log(far) / df
    return np.where(100.0 * (1.0 + square) < df, _near_normal(near, df), found)


def _near_normal(x: Any, df: Any) -> Any:
    """Return the same where Student's law is almost normal: a series in 1/df.

    Its terms are polynomials in x that solve s' + s ∂ log p / ∂x = ∂ log p / ∂ df, s = -dx/d df.
    """
    u, z = 1.0 / df, x * x
    total = 0.0
    for row in NEAR_NORMAL:
        total = total * u + np.polyval(row, z)
    return -x * u * u * total


def _half(x: Any, a: Any, b: Any, first: Any) -> Any:
    """Return dx/da, where `first` is true, or dx/db of numbers x ~ Beta(a, b) up to 1/2."""
    found, peak = np.empty(x.shape), x * (b - 1.0) / (1.0 - x) - a
    above = np.maximum(peak, 0.0)
    args = above + 9.0 * np.sqrt(above + a) - 36.0 / np.log(x), peak, x, a, b
    for here, in_a in ((first, True), (~first, False)):
        drift = functools.partial(_beta, first=in_a)
        found[here] = in_blocks(drift, *[v[here] for v in args])
    return found


def in_blocks(drift: Function, size: Any, peak: Any, *args: Any) -> Any:
    """Return `drift` of numbers that are positive and finite, some at a time.

    The largest term of each is the one at `peak`, and they take about `size` terms.
    """
    legal = np.logical_and.reduce([(v > 0.0) & (v < np.inf) for v in args])
    at, found = np.flatnonzero(legal), np.full(size.shape, np.nan)
    for slab in np.split(at, range(SLAB, len(at), SLAB)):
        for here in alike(size[slab]):
            block = slab[here]
            if len(block):
                found[block] = drift(peak[block], *[v[block] for v in args])
    return found


def alike(size: Any) -> Iterator[Any]:
    """Yield where numbers are that are about as large as each other, which need no sorting."""
    if len(size) < BLOCK:
        yield slice(None)
        return
    few = np.sort(size[::64])
    low = -np.inf
    for high in [*few[[int(share * len(few)) for share in SHARES]], np.inf]:
        yield np.flatnonzero((low < size) & (size <= high))
        low = high


def terms(*bounds: Any) -> int:
    """Return how many terms matter to a sum; each is at most `bounds` times the one before."""
    term = np.multiply.accumulate(functools.reduce(np.minimum, bounds))
    small = term < 1e-16 * (1.0 + np.add.accumulate(term))
    return int(small.argmax()) + 1 if small[-1] else MOST + 1


def around(peak: Any, speed: float, a: Any) -> Any:
    """Return a bound of 1 - speed (n - peak) / (a + n)."""
    off = N - peak.max()
    return 1.0 - speed * off / (np.where(off > 0.0, a.max(), a.min()) + N)


def _gamma(peak: Any, x: Any, a: Any) -> Any:
    count = terms(x.max() / (a.min() + N), around(peak, 1.0, a))
    if count > MOST:
        return np.nan
    total, slope = (_gamma_few if len(x) < FEW else _gamma_many)(count, x, a)
    return answer(x / a, [np.log(x), -digamma(a + 1.0)], total, slope)


def _gamma_few(count: int, x: Any, a: Any) -> Any:
    below = a[:, None] + N[:count]
    return sums(x[:, None] / below, -1.0 / below)


def _gamma_many(count: int, x: Any, a: Any) -> Any:
    total, slope, below = np.ones(len(x)), np.zeros(len(x)), a + float(count)
    ratio, part = np.empty((2, len(x)))
    for _ in range(count):  # from the last term to the first; `slope` is times -x
        divide(x, below, ratio)
        multiply(ratio, total, part)
        add(slope, part, slope)
        multiply(slope, ratio, slope)
        add(part, ONE, total)
        subtract(below, ONE, below)
    return total, -slope / x


def _beta(peak: Any, x: Any, a: Any, b: Any, first: bool) -> Any:
    top, most = x.max(), b.max()
    below = (a.min() if most > 1.0 else a.max()) + N
    count = terms(top + top * (most - 1.0) / below, around(peak, 1.0 - top, a))
    if count > MOST:
        return np.nan
    total, slope = (_beta_few if len(x) < FEW else _beta_many)(count, x, a, b, first)
    logs = [np.log(x), -digamma(a + 1.0)] if first else [np.log1p(-x), -digamma(b)]
    return answer(x * (1.0 - x) / a, [*logs, digamma(a + b)], total, slope)


def _beta_few(count: int, x: Any, a: Any, b: Any, first: bool) -> Any:
    below = a[:, None] + N[:count]
    above = below + (b - 1.0)[:, None]
    rise = 1.0 / above
    return sums(x[:, None] * above / below, rise - 1.0 / below if first else rise)


def _beta_many(count: int, x: Any, a: Any, b: Any, first: bool) -> Any:
    total, slope, below = np.ones(len(x)), np.zeros(len(x)), a + float(count)
    above = below + (b - 1.0)
    ratio, part = np.empty((2, len(x)))
    for _ in range(count):  # as above; `slope` is over 1 - b, if it is that in a
        divide(x, below, ratio)
        multiply(ratio, total, part)
        multiply(ratio, above, ratio)
        multiply(slope, ratio, slope)
        add(slope, divide(part, below, ratio) if first else part, slope)
        multiply(part, above, part)
        add(part, ONE, total)
        subtract(below, ONE, below)
        subtract(above, ONE, above)
    return total, slope * (1.0 - b) if first else slope


def sums(ratio: Any, rise: Any) -> tuple[Any, Any]:
    """Return sums along rows of terms, from what each is to the one before, and their slopes.

    `rise` is the slope of the logarithm of `ratio`.
    """
    term = np.multiply.accumulate(ratio, axis=1)
    slope = np.einsum("ij,ij->i", term, np.add.accumulate(rise, axis=1))
    return 1.0 + term.sum(axis=1), slope


def answer(h: Any, logs: Sequence[Any], total: Any, slope: Any) -> Any:
    """Return -h (L Σ + slope), where L is the sum of `logs`; NaN if too much of it cancels."""
    largest = functools.reduce(np.maximum, map(np.abs, logs)) * total
    return settled(-h, sum(logs) * total + slope, largest)


def settled(factor: Any, rest: Any, largest: Any) -> Any:
    """Return a product, NaN where `rest` is too little of what has cancelled."""
    return np.where(largest <= LOST * np.abs(rest), factor * rest, np.nan)
