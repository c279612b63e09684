"""Laws of sizes: the absolute value of a symmetric number, X = scale · |ε|."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import divide, less, square, where
from ..ops.special import erf, erfinv
from ..ops.trigonometry import arctan, tan
from .constraints import nonnegative
from .location_scale import Size
from .noise import Noise, over_sizes
from .parameters import floored
from .special import log1p_square


class StandardHalfNormal(Noise):
    """|ε| with ε ~ N(0, 1)."""

    support = nonnegative
    average, spread = math.sqrt(2.0 / math.pi), 1.0 - 2.0 / math.pi
    peak, nats = 0.0, 0.5 * math.log(0.5 * math.pi * math.e)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.abs(rng.standard_normal(shape, dtype=self.dtype))

    def formula(self, x: Any) -> Any:
        return -0.5 * square(x) + 0.5 * math.log(2.0 / math.pi)

    def cumulative(self, x: Any) -> Any:
        return erf(floored(x, 0.0) * math.sqrt(0.5))

    def quantile(self, p: Any) -> Any:
        return math.sqrt(2.0) * erfinv(p)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        points, weights = over_sizes(lambda x: np.exp(-0.5 * x**2), 2.7, n)
        return points, weights / weights.sum()


class StandardHalfCauchy(Noise):
    """|ε| with ε ~ Cauchy(0, 1)."""

    support = nonnegative
    average, spread, peak, nats = math.inf, math.inf, 0.0, math.log(2.0 * math.pi)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.tan(self.dtype.type(0.5 * math.pi) * rng.random(shape, dtype=self.dtype))

    def formula(self, x: Any) -> Any:
        return math.log(2.0 / math.pi) - log1p_square(x)

    def cumulative(self, x: Any) -> Any:
        return (2.0 / math.pi) * arctan(floored(x, 0.0))

    def quantile(self, p: Any) -> Any:
        high = less(0.5, p)
        slope = tan((0.5 * math.pi) * where(high, 1.0 - p, p))
        return where(high, divide(1.0, where(high, slope, 1.0)), slope)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """x = exp(π/2 · sinh t), for what falls off."""
        t = np.linspace(-4.0, 4.0, n)
        weights = np.cosh(t) / np.cosh(0.5 * math.pi * np.sinh(t))
        return np.exp(0.5 * math.pi * np.sinh(t)), weights / weights.sum()


class HalfNormal(Size):
    """The law of |Z| with Z ~ N(0, scale²).

    Parameters
    ----------
    scale : array_like
        The standard deviation of Z (not of |Z|), positive.

    Raises
    ------
    InputError
        If `scale` is not positive.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.HalfNormal(1.0).log_prob([0.0, -1.0]).value
    array([-0.22579135,        -inf])
    """

    standard = StandardHalfNormal


class HalfCauchy(Size):
    """The law of |Z| with Z ~ Cauchy(0, scale). Its mean is infinite.

    Parameters
    ----------
    scale : array_like
        The median, positive.

    Raises
    ------
    InputError
        If `scale` is not positive.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.HalfCauchy(2.0).cdf(2.0).value
    0.5
    """

    standard = StandardHalfCauchy
