"""The normal law, and the law of its exponential."""

from __future__ import annotations

import math
from typing import Any

from ..ops.elementwise import divide, exp, expm1, log, square
from ..ops.special import ndtr, ndtri
from .base import Distribution
from .constraints import positive, real
from .location_scale import LocationScale
from .noise import StandardNormal
from .parameters import from_zero


class Normal(LocationScale):
    """The normal (Gaussian) law N(loc, scale²).

    Parameters
    ----------
    loc : array_like
        The mean.
    scale : array_like
        The standard deviation (not the variance), positive.

    Raises
    ------
    InputError
        If `scale` is not positive, `loc` not finite, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Normal(0.0, 2.0).log_prob(0.0).value
    -1.612085713764618
    """

    standard = StandardNormal
    symmetric = True


class LogNormal(Distribution):
    """The law of exp(Z) with Z ~ N(loc, scale²).

    Parameters
    ----------
    loc : array_like
        The mean of the logarithm.
    scale : array_like
        The standard deviation of the logarithm, positive.

    Raises
    ------
    InputError
        If `scale` is not positive, `loc` not finite, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.LogNormal(0.0, 1.0).cdf(1.0).value
    0.5
    """

    constraints = {"loc": real, "scale": positive}
    support = positive
    standard = StandardNormal

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc=loc, scale=scale)

    def transform(self, noise: Any) -> Any:
        return exp(self.loc + self.scale * noise)

    def formula(self, x: Any) -> Any:
        size = log(x)
        z = divide(size - self.loc, self.scale)
        return -0.5 * square(z) - log(self.scale) - size - 0.5 * math.log(2.0 * math.pi)

    def cumulative(self, x: Any) -> Any:
        return from_zero(x, math.inf, 1.0, lambda x: ndtr(divide(log(x) - self.loc, self.scale)))

    def quantile(self, p: Any) -> Any:
        return exp(self.loc + self.scale * ndtri(p))

    @property
    def mean(self) -> Any:
        """The mean, exp(loc + scale²/2)."""
        return exp(self.loc + 0.5 * square(self.scale))

    @property
    def variance(self) -> Any:
        """The variance."""
        width = square(self.scale)
        return -expm1(-width) * exp(2.0 * (self.loc + width))

    @property
    def mode(self) -> Any:
        """Where the density is highest."""
        return exp(self.loc - square(self.scale))

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return self.loc + log(self.scale) + 0.5 * math.log(2.0 * math.pi * math.e)
