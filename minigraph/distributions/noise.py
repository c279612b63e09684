"""Noise: laws without parameters, from which the others make their samples.

Each also knows a quadrature rule, points and weights with which `exact` integrates over it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import less, where
from .base import Distribution
from .constraints import nonnegative, real, unit_interval


class Noise(Distribution):
    """A law without parameters, of a fixed shape and dtype."""

    def __init__(self, shape: tuple[int, ...] = (), dtype: Any = float) -> None:
        self.parameters = {}
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)

    def describe(self) -> str:
        return f"shape={self.shape}" if self.shape else ""

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """Return `n` points and the weights of a rule for one element."""
        raise NotImplementedError


class StandardNormal(Noise):
    """ε ~ N(0, 1)."""

    support = real

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.standard_normal(shape, dtype=self.dtype)

    def log_density(self, x: Any) -> Any:
        return -0.5 * (x * x) - 0.5 * math.log(2 * math.pi)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """The trapezoidal rule: on a Gaussian it converges geometrically.

        Source: Trefethen and Weideman, *The exponentially convergent trapezoidal rule* (2014),
        https://doi.org/10.1137/130932132
        """
        points = np.linspace(-1.0, 1.0, n) * (7.0 + 7.0 * min(1.0, n / 200))
        weights = np.exp(-0.5 * points**2)
        return points, weights / weights.sum()


class StandardUniform(Noise):
    """u ~ U[0, 1)."""

    support = unit_interval

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.random(shape, dtype=self.dtype)

    def log_density(self, x: Any) -> Any:
        return where(less(x, 0.0), -np.inf, where(less(1.0, x), -np.inf, 0.0 * x))

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """Gauss-Legendre on [0, 1]."""
        points, weights = np.polynomial.legendre.leggauss(n)
        return 0.5 * (points + 1.0), 0.5 * weights


class StandardExponential(Noise):
    """e ~ Exponential(1)."""

    support = nonnegative

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.standard_exponential(shape, dtype=self.dtype)

    def log_density(self, x: Any) -> Any:
        return where(less(x, 0.0), -np.inf, -x)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """The double-exponential rule x = exp(t - exp(-t)).

        Source: Takahasi and Mori, *Double exponential formulas for numerical integration* (1974),
        https://doi.org/10.2977/prims/1195192451
        """
        t, step = np.linspace(-4.2, 4.7, n, retstep=True)
        points = np.exp(t - np.exp(-t))
        weights = step * points * (1.0 + np.exp(-t)) * np.exp(-points)
        return points, weights / weights.sum()
