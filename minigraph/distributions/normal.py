"""The normal law."""

from __future__ import annotations

import math
from typing import Any

from ..ops.elementwise import divide, log, square
from ..ops.shaping import broadcast_to
from ..ops.special import ndtr, ndtri
from .base import Distribution
from .constraints import positive, real
from .noise import StandardNormal


class Normal(Distribution):
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

    constraints = {"loc": real, "scale": positive}
    support = real

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc=loc, scale=scale)

    def log_density(self, x: Any) -> Any:
        z = divide(x - self.loc, self.scale)
        return -0.5 * square(z) - log(self.scale) - 0.5 * math.log(2 * math.pi)

    def noise(self) -> StandardNormal:
        return StandardNormal(self.shape, self.dtype)

    def transform(self, noise: Any) -> Any:
        return self.loc + self.scale * noise

    @property
    def mean(self) -> Any:
        return broadcast_to(self.loc, shape=self.shape)

    @property
    def variance(self) -> Any:
        return broadcast_to(square(self.scale), shape=self.shape)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return broadcast_to(log(self.scale), shape=self.shape) + 0.5 * math.log(
            2 * math.pi * math.e
        )

    def cdf(self, x: Any) -> Any:
        """Return P(X <= x). Needs the extra ``scipy``."""
        return ndtr(divide(x - self.loc, self.scale))

    def icdf(self, p: Any) -> Any:
        """Return the quantile at probability `p`. Needs the extra ``scipy``."""
        return self.loc + self.scale * ndtri(p)
