"""The exponential law, and its powers and exponentials: Weibull and Pareto."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.boxes import stop
from ..ops.elementwise import (
    divide,
    exp,
    expm1,
    less,
    less_equal,
    log,
    log1p,
    power,
    reciprocal,
    square,
    where,
)
from ..ops.special import gammaln
from ..ops.tails import in_double
from .base import Distribution
from .constraints import at_least, nonnegative, positive
from .location_scale import Size
from .noise import StandardExponential
from .parameters import floored, inside_range, unless_heavy
from .special import log_second
from .standards import EULER


class Exponential(Size):
    """The exponential law with density rate · exp(-rate · x) for x >= 0.

    Parameters
    ----------
    rate : array_like
        The rate, positive: one over the mean (SciPy's ``scale`` is ``1 / rate``).

    Raises
    ------
    InputError
        If `rate` is not positive.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Exponential(2.0).mean.value
    0.5
    """

    constraints = {"rate": positive}
    standard = StandardExponential

    def __init__(self, rate: Any) -> None:
        Distribution.__init__(self, rate=rate)

    @property
    def unit(self) -> Any:
        """The mean."""
        return reciprocal(self.rate)

    def formula(self, x: Any) -> Any:
        return log(self.rate) - self.rate * x


class Weibull(Distribution):
    """The Weibull law with cdf 1 - exp(-(x / scale)^concentration) for x >= 0.

    Parameters
    ----------
    scale : array_like
        The scale, positive: the quantile at 1 - 1/e.
    concentration : array_like
        The shape, positive; 1 is the exponential law.

    Raises
    ------
    InputError
        If a parameter is not positive, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Weibull(2.0, 1.0).mean.value
    2.0
    """

    constraints = {"scale": positive, "concentration": positive}
    support = nonnegative
    standard = StandardExponential

    def __init__(self, scale: Any, concentration: Any) -> None:
        super().__init__(scale=scale, concentration=concentration)

    def transform(self, noise: Any) -> Any:
        return inside_range(self.scale * power(noise, reciprocal(self.concentration)), self.dtype)

    def formula(self, x: Any) -> Any:
        k, size = self.concentration, divide(x, self.scale)
        edge = stop(np.equal(x, 0.0) & np.equal(k, 1.0))  # 0 · log 0 is 0 there: nothing jumps
        flat = where(edge, 1.0, size)
        return log(k) - log(self.scale) + (k - 1.0) * log(flat) - power(size, k)

    def cumulative(self, x: Any) -> Any:
        outside = stop(np.less(x, 0.0))  # a root of 0 has an infinite slope
        size = divide(where(outside, 1.0, x), self.scale)
        sure = stop(less(800.0, power(size, self.concentration)))  # and may be infinite
        times = power(where(sure, 1.0, size), self.concentration)
        return where(outside, 0.0, where(sure, 1.0, -expm1(-times)))

    def quantile(self, p: Any) -> Any:
        return self.scale * power(-log1p(-p), reciprocal(self.concentration))

    @property
    def mean(self) -> Any:
        """The mean, scale · Γ(1 + 1/concentration)."""
        return self.scale * exp(gammaln(1.0 + divide(1.0, self.concentration)))

    @property
    def variance(self) -> Any:
        """The variance."""

        def variance(scale: Any, concentration: Any) -> Any:
            k = reciprocal(concentration)
            first = 2.0 * gammaln(1.0 + k)
            more = log_second(lambda k: gammaln(1.0 + k), k)
            return square(scale) * (exp(first) * expm1(more))

        return in_double(variance)(self.scale, self.concentration)

    @property
    def mode(self) -> Any:
        """Where the density is highest: 0 up to concentration 1."""
        k = self.concentration
        flat = less_equal(k, 1.0)
        safe = where(flat, 2.0, k)
        return self.scale * where(flat, 0.0, power(1.0 - reciprocal(safe), reciprocal(safe)))

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        k = self.concentration
        return EULER * (1.0 - reciprocal(k)) + log(divide(self.scale, k)) + 1.0


class Pareto(Distribution):
    """The Pareto law with cdf 1 - (scale / x)^alpha for x >= scale.

    Its support moves with `scale`, so the score function is refused for a `scale` that carries a
    gradient; `mg.reparameterize` is right for both parameters.

    Parameters
    ----------
    scale : array_like
        The smallest value, positive.
    alpha : array_like
        How fast the tail falls, positive.

    Raises
    ------
    InputError
        If a parameter is not positive, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Pareto(1.0, 3.0).log_prob([0.5, 1.0]).value
    array([      -inf, 1.09861229])
    """

    constraints = {"scale": positive, "alpha": positive}
    support_moves = ("scale",)
    standard = StandardExponential

    def __init__(self, scale: Any, alpha: Any) -> None:
        super().__init__(scale=scale, alpha=alpha)

    @property
    def support(self) -> Any:
        """From `scale` up."""
        return at_least(self.scale)

    def transform(self, noise: Any) -> Any:
        return inside_range(self.scale * exp(divide(noise, self.alpha)), self.dtype)

    def formula(self, x: Any) -> Any:
        return log(self.alpha) - self.alpha * self._log_ratio(x) - log(x)

    def _log_ratio(self, x: Any) -> Any:
        """Return log(x / scale), all of its digits where the two are close or far apart."""
        far = stop(less(self.scale, 1e-10 * x))  # there the quotient may overflow
        near = log1p(divide(where(far, self.scale, x) - self.scale, self.scale))
        return where(far, log(where(far, x, self.scale)) - log(self.scale), near)

    def cumulative(self, x: Any) -> Any:
        return -expm1(-(self.alpha * self._log_ratio(floored(x, self.scale))))

    def quantile(self, p: Any) -> Any:
        return self.scale * exp(-divide(log1p(-p), self.alpha))

    @property
    def mean(self) -> Any:
        """The mean; infinite unless alpha > 1."""
        return unless_heavy(self.alpha, 1.0, lambda a: divide(a * self.scale, a - 1.0))

    @property
    def variance(self) -> Any:
        """The variance; infinite unless alpha > 2."""
        finite = lambda a: divide(square(self.scale) * a, square(a - 1.0) * (a - 2.0))
        return unless_heavy(self.alpha, 2.0, finite)

    @property
    def mode(self) -> Any:
        """Where the density is highest: at the smallest value."""
        return self.full(self.scale)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return log(divide(self.scale, self.alpha)) + 1.0 + reciprocal(self.alpha)
