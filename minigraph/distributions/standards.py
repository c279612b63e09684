"""Noise that is already of the family: what a location and a scale are applied to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.boxes import stop
from ..ops.elementwise import (
    absolute,
    divide,
    exp,
    less,
    less_equal,
    log,
    log1p,
    maximum,
    minimum,
    sigmoid,
    softplus,
    where,
)
from ..ops.trigonometry import arctan, tan
from .noise import Noise, StandardExponential, over_sizes, trapezoid
from .special import log1p_square

EULER = float(np.euler_gamma)


class StandardLaplace(Noise):
    """An exponential number with a random sign."""

    average, spread, peak, nats = 0.0, 2.0, 0.0, 1.0 + math.log(2.0)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        drawn = rng.standard_exponential(shape, dtype=self.dtype)
        return np.copysign(drawn, rng.random(shape, dtype=self.dtype) - 0.5)

    def formula(self, x: Any) -> Any:
        return -absolute(x) - math.log(2.0)

    def cumulative(self, x: Any) -> Any:
        below = stop(less(x, 0.0))
        left, right = exp(where(below, x, 0.0)), exp(-where(below, 0.0, x))
        return where(below, 0.5 * left, 1.0 - 0.5 * right)

    def quantile(self, p: Any) -> Any:
        low = stop(less_equal(p, 0.5))
        tail = log(2.0 * where(low, p, 1.0 - p))
        return where(low, tail, -tail)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """The rule of an exponential number on either side of the kink."""
        points, weights = over_sizes(lambda x: np.exp(-x), 4.7, (n + 1) // 2)
        weights = np.concatenate([weights, weights])[:n]
        return np.concatenate([-points, points])[:n], weights / weights.sum()


class StandardLogistic(Noise):
    """The law with cdf 1 / (1 + exp(-x))."""

    average, spread, peak, nats = 0.0, math.pi**2 / 3.0, 0.0, 2.0

    def fill(self, rng: np.random.Generator, out: Any) -> Any:
        """Fill an array with samples log(u / (1 - u)), half a step in place of u = 0."""
        rng.random(out=out, dtype=self.dtype.type)
        np.maximum(out, 0.25 * np.finfo(self.dtype).eps, out=out)
        np.divide(out, np.subtract(1.0, out), out=out)
        return np.log(out, out=out)

    def formula(self, x: Any) -> Any:
        return -softplus(x) - softplus(-x)

    def cumulative(self, x: Any) -> Any:
        return sigmoid(x)

    def quantile(self, p: Any) -> Any:
        return log(p) - log1p(-p)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        return trapezoid(lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2, -40, 40, n)


class StandardGumbel(Noise):
    """The law of the largest of many, with cdf exp(-exp(-x))."""

    average, spread, peak, nats = EULER, math.pi**2 / 6.0, 0.0, 1.0 + EULER

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return -np.log(StandardExponential(dtype=self.dtype).generate(rng, shape))

    def formula(self, x: Any) -> Any:
        x = maximum(x, -1e30)  # at -inf the two terms would cancel to NaN
        return -(x + exp(-x))

    def cumulative(self, x: Any) -> Any:
        return exp(-exp(minimum(-x, 80.0)))  # it is 0 there, and not 0 times inf its slope

    def quantile(self, p: Any) -> Any:
        return -log(-log(p))

    def quadrature(self, n: int) -> tuple[Any, Any]:
        return trapezoid(lambda x: np.exp(-x - np.exp(-x)), -4.0, 40.0, n)


class StandardCauchy(Noise):
    """The law of the tangent of a random angle. It has no mean."""

    average, spread, peak, nats = math.nan, math.nan, 0.0, math.log(4.0 * math.pi)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        angle = rng.random(shape, dtype=self.dtype) - 0.5
        return np.tan(self.dtype.type(math.pi) * angle)

    def formula(self, x: Any) -> Any:
        return -log1p_square(x) - math.log(math.pi)

    def cumulative(self, x: Any) -> Any:
        # arctan(x) loses the lower tail: there the cdf is the angle of the other side.
        far = stop(less(x, -1.0))
        tail = -arctan(divide(1.0, where(far, x, -1.0))) * (1.0 / math.pi)
        return where(far, tail, 0.5 + arctan(x) * (1.0 / math.pi))

    def quantile(self, p: Any) -> Any:
        # Near 0 and 1 the tangent of p - 1/2 runs off; its reciprocal does not.
        low, high = stop(less(p, 0.25)), stop(less(0.75, p))
        edge = tan(math.pi * where(low, p, where(high, 1.0 - p, 0.25)))
        middle = tan(math.pi * (where(low, 0.5, where(high, 0.5, p)) - 0.5))
        return where(low, -divide(1.0, edge), where(high, divide(1.0, edge), middle))

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """x = sinh t; for what falls off. An average that oscillates for ever has no such rule."""
        t = np.linspace(-38.0, 38.0, n)
        weights = 1.0 / np.cosh(t)
        return np.sinh(t), weights / weights.sum()
