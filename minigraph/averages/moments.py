"""Streaming moments: mean and variance of what passes by, block by block.

Blocks are merged with the pairwise update, which stays accurate when the mean is much larger than
the standard deviation. Source: Chan, Golub and LeVeque 1983, *Algorithms for computing the sample
variance*, https://doi.org/10.1080/00031305.1983.10483115
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

SHORT = 2**13
CANCELLED = 1e-3  # of the squares is left by their mean: then the deviations are squared instead


def dot(a: Any, b: Any) -> Any:
    """Return the inner product, adding up in the same order however many threads BLAS has.

    It uses several threads for long vectors only.
    """
    if len(a) <= SHORT:
        return np.vecdot(a, b)
    rows = len(a) // SHORT
    whole = rows * SHORT
    parts = np.vecdot(a[:whole].reshape(rows, SHORT), b[:whole].reshape(rows, SHORT))
    total = np.add.reduce(parts)
    return total if whole == len(a) else total + np.vecdot(a[whole:], b[whole:])


class Moments(NamedTuple):
    """The total weight of samples, their weighted mean, their summed squared deviations."""

    weight: float
    mean: Any
    squares: Any

    @classmethod
    def of(cls, samples: Any) -> Moments:
        """Return the moments of samples along the first axis."""
        samples = np.asarray(samples, dtype=float)
        count = float(len(samples))
        total = np.add.reduce(samples)
        mean = total / count
        if samples.ndim == 1:
            raw = dot(samples, samples)
            squares = raw - total * mean
            if not squares > CANCELLED * raw:  # also where it is NaN
                off = samples - mean
                squares = dot(off, off)
            return cls(count, float(mean), float(squares))
        raw = np.einsum("i...,i...->...", samples, samples)
        squares = raw - total * mean
        if not np.all((squares > CANCELLED * raw) | (raw == 0.0)):
            squares = np.square(samples - mean).sum(axis=0)
        return cls(count, mean, squares)

    @classmethod
    def of_units(cls, samples: Any, unit: int) -> Moments:
        """Return the moments of samples of which each `unit` in a row depend on each other.

        The deviations are those of the means of units, each weighted with its samples.
        """
        if unit == 1:
            return cls.of(samples)
        samples = np.asarray(samples, dtype=float)
        starts = np.arange(0, len(samples), unit)
        sizes = np.diff([*starts, len(samples)]).astype(float)
        sums = np.add.reduceat(samples, starts, axis=0)
        mean = samples.mean(axis=0)
        off = (sums.T / sizes).T - mean
        return cls(float(len(samples)), mean, np.tensordot(sizes, np.square(off), 1))

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
        if type(value) is float:
            return cls(weight, value, 0.0)
        mean = np.asarray(value, dtype=float)
        return cls(weight, mean, np.zeros_like(mean))

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both together."""
        weight = self.weight + other.weight
        if not weight:
            return self
        off = other.mean - self.mean
        share = other.weight / weight
        mean = self.mean + off * share
        finite = math.isfinite(off) if type(off) is float else np.isfinite(off).all()
        if not finite:  # inf - inf is NaN, inf + inf is not
            mean = np.where(np.isfinite(off), mean, self.mean + other.mean)[()]
        squares = self.squares + other.squares + off * off * (self.weight * share)
        return Moments(weight, mean, squares)

    def variance(self, freedom: float = 1.0) -> Any:
        """Return the variance of one sample; NaN if there are too few samples to tell."""
        left = self.weight - freedom
        return self.squares / left if left > 0 else np.full_like(self.mean, np.nan)
