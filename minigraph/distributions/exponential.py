"""The exponential law."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import divide, expm1, less, log, log1p, maximum, reciprocal, square, where
from .base import Distribution
from .constraints import nonnegative, positive
from .noise import StandardExponential


class Exponential(Distribution):
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
    support = nonnegative

    def __init__(self, rate: Any) -> None:
        super().__init__(rate=rate)

    def log_density(self, x: Any) -> Any:
        return where(less(x, 0.0), -np.inf, log(self.rate) - self.rate * x)

    def noise(self) -> StandardExponential:
        return StandardExponential(self.shape, self.dtype)

    def transform(self, noise: Any) -> Any:
        return divide(noise, self.rate)

    @property
    def mean(self) -> Any:
        return reciprocal(self.rate)

    @property
    def variance(self) -> Any:
        return reciprocal(square(self.rate))

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return 1.0 - log(self.rate)

    def cdf(self, x: Any) -> Any:
        """Return P(X <= x)."""
        return -expm1(-(self.rate * maximum(x, 0.0)))

    def icdf(self, p: Any) -> Any:
        """Return the quantile at probability `p`."""
        return -divide(log1p(-as_number(p)), self.rate)


def as_number(p: Any) -> Any:
    """Return `p` in a form that arithmetic accepts: a list becomes an array."""
    return np.asarray(p) if isinstance(p, (list, tuple)) else p
