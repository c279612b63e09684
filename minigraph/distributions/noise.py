"""Noise: laws without parameters, from which the others make their samples.

Each also knows a quadrature rule, points and weights with which `exact` integrates over it. On a
density that is analytic and falls off fast, the trapezoidal rule converges geometrically; other
intervals are mapped to the line first (double-exponential rules).

Source: Takahasi and Mori 1974, *Double exponential formulas for numerical integration*,
https://doi.org/10.2977/prims/1195192451; Trefethen and Weideman 2014, *The exponentially convergent
trapezoidal rule*, https://doi.org/10.1137/130932132
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops.elementwise import expm1, log1p
from ..ops.special import ndtr, ndtri
from .base import Distribution
from .box_muller import normals
from .constraints import nonnegative, real, unit_interval
from .parameters import floored


class Noise(Distribution):
    """A law without parameters, of a fixed shape and dtype. Its moments are numbers."""

    average: float
    spread: float  # the variance
    peak: float
    nats: float  # the entropy

    def __init__(self, shape: tuple[int, ...] = (), dtype: Any = float) -> None:
        self.parameters = {}
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)

    def describe(self) -> str:
        return f"shape={self.shape}" if self.shape else ""

    if TYPE_CHECKING:  # a law has it if NumPy can write its samples into an array that is there

        def fill(self, rng: np.random.Generator, out: Any) -> Any: ...

    def fill_block(self, rng: np.random.Generator, out: Any) -> Any:
        """Fill an array with samples, in whatever way is fastest: they may be others than `fill`'s.

        An array of several pieces of `PIECE` numbers gets what they would get one by one.
        """
        return self.fill(rng, out)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return self.fill(rng, np.empty(shape, self.dtype))[()]

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """Return `n` points and the weights of a rule for one element."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        return self.full(self.average)

    @property
    def variance(self) -> Any:
        return self.full(self.spread)


def trapezoid(density: Callable[[Any], Any], low: float, high: float, n: int) -> tuple[Any, Any]:
    """Return the trapezoidal rule for averages over a density."""
    points = np.linspace(low, high, n)
    weights = density(points)
    return points, weights / weights.sum()


def over_sizes(density: Callable[[Any], Any], high: float, n: int) -> tuple[Any, Any]:
    """Return the double-exponential rule x = exp(t - exp(-t)), its weights but for a factor."""
    t = np.linspace(-4.2, high, n)
    points = np.exp(t - np.exp(-t))
    return points, points * (1.0 + np.exp(-t)) * density(points)


class StandardNormal(Noise):
    """ε ~ N(0, 1)."""

    support = real
    average, spread, peak, nats = 0.0, 1.0, 0.0, 0.5 * math.log(2.0 * math.pi * math.e)

    def fill(self, rng: np.random.Generator, out: Any) -> Any:
        """Fill an array with samples."""
        return rng.standard_normal(out=out, dtype=self.dtype.type)

    def fill_block(self, rng: np.random.Generator, out: Any) -> Any:
        return normals(rng, out)

    def formula(self, x: Any) -> Any:
        return -0.5 * (x * x) - 0.5 * math.log(2.0 * math.pi)

    def cumulative(self, x: Any) -> Any:
        return ndtr(x)

    def quantile(self, p: Any) -> Any:
        return ndtri(p)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        reach = 7.0 + 7.0 * min(1.0, n / 200)
        return trapezoid(lambda x: np.exp(-0.5 * x * x), -reach, reach, n)


class StandardUniform(Noise):
    """u ~ U[0, 1)."""

    support = unit_interval
    average, spread, peak, nats = 0.5, 1.0 / 12.0, 0.5, 0.0

    def fill(self, rng: np.random.Generator, out: Any) -> Any:
        """Fill an array with samples."""
        return rng.random(out=out, dtype=self.dtype.type)

    def formula(self, x: Any) -> Any:
        return 0.0 * x

    def cumulative(self, x: Any) -> Any:
        return np.clip(x, 0.0, 1.0)

    def quantile(self, p: Any) -> Any:
        return p

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """Gauss-Legendre on [0, 1]."""
        points, weights = np.polynomial.legendre.leggauss(n)
        return 0.5 * (points + 1.0), 0.5 * weights


class OpenUniform(StandardUniform):
    """u ~ U(0, 1), for an inverse cdf that runs off at 0 or 1: neither is ever drawn."""

    def fill(self, rng: np.random.Generator, out: Any) -> Any:
        return np.maximum(super().fill(rng, out), np.finfo(self.dtype).tiny, out=out)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """The double-exponential rule u = 1 / (1 + exp(-π sinh t)), blind to what ends do."""
        t = np.linspace(-3.0, 3.0, n)
        points = 1.0 / (1.0 + np.exp(-math.pi * np.sinh(t)))
        weights = np.cosh(t) * points / (1.0 + np.exp(math.pi * np.sinh(t)))
        return points, weights / weights.sum()


def of_quantiles(law: Distribution, n: int) -> tuple[Any, Any]:
    """Return a rule for the quantiles of a law, whose `place` turns them into numbers."""
    return OpenUniform().quadrature(n)


class StandardExponential(Noise):
    """e ~ Exponential(1)."""

    support = nonnegative
    average, spread, peak, nats = 1.0, 1.0, 0.0, 1.0

    def fill(self, rng: np.random.Generator, out: Any) -> Any:
        """Fill an array with samples."""
        rng.standard_exponential(out=out, dtype=self.dtype.type)
        # One float32 in ten million is 0, where the logarithm of a transform is infinite.
        return (
            out if self.dtype != np.float32 else np.maximum(out, np.finfo(np.float32).tiny, out=out)
        )

    def formula(self, x: Any) -> Any:
        return -x

    def cumulative(self, x: Any) -> Any:
        return -expm1(-floored(x, 0.0))

    def quantile(self, p: Any) -> Any:
        return -log1p(-p)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        points, weights = over_sizes(lambda x: np.exp(-x), 4.7, n)
        return points, weights / weights.sum()
