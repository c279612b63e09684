"""Streaming moments: mean and variance of what passes by, block by block.

Blocks are merged with the pairwise update, which stays accurate when the mean is much larger than
the standard deviation. Source: Chan, Golub and LeVeque 1983, *Algorithms for computing the sample
variance*, https://doi.org/10.1080/00031305.1983.10483115
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ops.rows import ones
from .parts import CANCELLED, PART, Parts


def total(rows: Any) -> Any:
    """Return the sum over the first axis, in the same order however many threads BLAS has."""
    size = rows[0].size
    if not 0 < size <= PART // 8:
        return np.add.reduce(rows)
    table = rows.reshape(len(rows), size)
    if rows.size <= PART:
        return (ones(len(rows), rows.dtype) @ table).reshape(rows.shape[1:])
    length = PART // size
    whole = len(rows) // length * length
    # A product with ones is ten times as fast as np.add.reduce on rows of a few numbers.
    parts = np.matmul(ones(length, rows.dtype), table[:whole].reshape(-1, length, size))
    found = parts[0] if len(parts) == 1 else np.add.reduce(parts)
    if whole < len(rows):
        found = found + ones(len(rows) - whole, rows.dtype) @ table[whole:]
    return found.reshape(rows.shape[1:])


def total_of_squares(rows: Any) -> Any:
    """Return the sum of squares over the first axis, in the same order as `total`."""
    narrow = rows[0].size < 5
    return total(rows * rows) if narrow else np.einsum("i...,i...->...", rows, rows)


class Moments(NamedTuple):
    """The total weight of samples, their weighted mean, their summed squared deviations.

    The deviations may be fewer than the means, to which they broadcast.
    """

    weight: float
    mean: Any
    squares: Any

    @classmethod
    def of(cls, samples: Any) -> Moments:
        """Return the moments of samples along the first axis."""
        if len(samples) == 1:
            return cls.constant(samples[0], 1.0)
        samples = np.asarray(samples, dtype=float)
        count = float(len(samples))
        if samples.ndim == 1:
            return cls(*Parts.of(samples).joined())
        whole, raw = total(samples), total_of_squares(samples)
        mean = whole / count
        squares = raw - whole * mean
        if not (squares >= CANCELLED * raw).all():  # no NaN is
            squares = total_of_squares(samples - mean)
        return cls(count, mean, squares)

    @classmethod
    def of_units(cls, samples: Any, unit: int) -> Moments:
        """Return the moments of samples of which each `unit` in a row depend on each other.

        The deviations are those of the means of units, each weighted with its samples, and a
        shorter last one also with the part of a unit that it is: how its variance goes with its
        length is not known, and so its square stands for itself alone.
        """
        if unit == 1:
            return cls.of(samples)
        samples = np.asarray(samples, dtype=float)
        mean, whole = samples.mean(axis=0), len(samples) // unit * unit
        squares: Any = 0.0
        if whole:
            units = samples[:whole].reshape(whole // unit, unit, *mean.shape)
            # NumPy takes ten times as long for sums of two.
            means = 0.5 * (units[:, 0] + units[:, 1]) if unit == 2 else units.mean(axis=1)
            squares = unit * total_of_squares(means - mean)
        if whole < len(samples):
            rest = samples[whole:]
            weight = len(rest) ** 2 / unit
            squares = squares + weight * np.square(rest.mean(axis=0) - mean)
        return cls(float(len(samples)), mean, squares)

    @classmethod
    def of_products(cls, columns: Any, rows: Any) -> Moments:
        """Return the moments of a column times a row each, shapes (S, n, 1) and (S, 1, m)."""
        a, b = (np.asarray(x, dtype=float).reshape(len(x), -1) for x in (columns, rows))
        count = float(len(a))
        raw = np.square(a).T @ np.square(b)
        mean = a.T @ b / count
        squares = raw - count * np.square(mean)
        if np.all(squares >= CANCELLED * raw):
            return cls(count, mean, squares)
        return cls.of(a[:, :, None] * b[:, None, :])

    @classmethod
    def weighted(cls, samples: Any, weights: Any) -> Moments:
        """Return the moments of weighted samples; those of weight 0 do not count, even if NaN."""
        samples = np.asarray(samples, dtype=float)[weights > 0]
        weights = weights[weights > 0]
        total = float(weights.sum())
        mean = np.tensordot(weights, samples, 1) / total if total else np.zeros(samples.shape[1:])
        return cls(total, mean, np.tensordot(weights, np.square(samples - mean), 1))

    @classmethod
    def constant(cls, value: Any, weight: float) -> Moments:
        """Return the moments of a value that does not vary."""
        if type(value) is not float:  # a copy: the value may lie in a buffer
            value = value.astype(np.float64) if value.ndim else float(value)
        return tuple.__new__(cls, (weight, value, 0.0))  # a call of `cls` takes twice as long

    @np.errstate(all="ignore")  # means may be infinite
    def merge(self, other: Moments, part: float = 1.0) -> Moments:
        """Return the moments of both together; `other` is a `part` of a unit, see `of_units`."""
        weight = self.weight + other.weight
        if not weight:
            return self
        off = other.mean - self.mean
        share = other.weight / weight
        mean = self.mean + off * share
        finite = math.isfinite(off) if type(off) is float else np.isfinite(off).all()
        if not finite:  # inf - inf is NaN, inf + inf is not
            mean = np.where(np.isfinite(off), mean, self.mean + other.mean)[()]
        squares = self.squares + other.squares + off * off * (self.weight * share * part)
        return Moments(weight, mean, squares)

    @property
    def varies(self) -> bool:
        """Whether there are deviations: one sample has none."""
        return type(self.squares) is not float or self.squares != 0.0

    def times(self, factor: Any) -> Moments:
        """Return the moments of the samples multiplied by the same value each."""
        squares = self.squares * (factor * factor) if self.varies else 0.0
        return Moments(self.weight, self.mean * factor, squares)

    def plus(self, term: Any) -> Moments:
        """Return the moments of the samples plus the same value each."""
        return Moments(self.weight, self.mean + term, self.squares)

    def laid(self, f: Callable[[Any], Any]) -> Moments:
        """Return the moments of the samples with their elements somewhere else, or 0."""
        squares = f(np.broadcast_to(self.squares, np.shape(self.mean))) if self.varies else 0.0
        return Moments(self.weight, f(self.mean), squares)

    def variance(self, freedom: float = 1.0) -> Any:
        """Return the variance of one sample; NaN if there are too few samples to tell."""
        left = self.weight - freedom
        one = self.squares / left if left > 0 else math.nan
        if type(one) is type(self.mean) is float:
            return one
        return one if np.shape(one) == np.shape(self.mean) else np.full(self.mean.shape, one)

    def stderr(self, freedom: float = 1.0) -> Any:
        """Return the standard error of the mean."""
        variance = self.variance(freedom)
        if type(variance) is float:
            return math.sqrt(variance / self.weight)
        return unshared(np.sqrt(variance / self.weight))


def unshared(x: Any) -> Any:
    """Return a result as a float or an array of its own."""
    if type(x) is float:
        return x
    return float(x) if np.ndim(x) == 0 else np.array(x)


def merged(total: Sequence[Any], block: Sequence[Any], *part: float) -> list[Any]:
    """Return the moments of what came so far and one more block, a `part` of a unit."""
    return [a.merge(b, *part) for a, b in zip(total, block, strict=True)] if total else [*block]


def apart(a: Moments, b: Moments, size: Any) -> float:
    """Return how far two means are apart, relative to the size of what they are averages of."""
    with np.errstate(all="ignore"):
        off = np.abs(a.mean - b.mean).reshape(-1) / np.where(size > 0.0, size, 1.0)
        return float(np.max(np.where(np.isnan(off), np.inf, off), initial=0.0))
