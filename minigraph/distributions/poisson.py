"""The Poisson law: a count of rare events."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import equal, floor, isnan, less, log, logical_or, not_equal, where
from ..ops.special import gammaln
from .base import Distribution
from .constraints import count, nonnegative


class Poisson(Distribution):
    """The Poisson law of a count with mean `rate`. Samples are integers.

    Parameters
    ----------
    rate : array_like
        The mean, nonnegative.

    Raises
    ------
    InputError
        If `rate` is negative or not finite.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Poisson(3.0).log_prob(2).value
    -1.4959226032237259
    """

    constraints = {"rate": nonnegative}
    support = count

    def __init__(self, rate: Any) -> None:
        super().__init__(rate=rate)

    def log_density(self, x: Any) -> Any:
        outside = logical_or(less(x, 0.0), not_equal(floor(x), x))
        k = where(logical_or(outside, isnan(x)), 0.0, x)
        # 0 events have log-probability -rate, also at rate 0, where k * log(rate) is 0 * -inf.
        log_rate = log(where(equal(k, 0.0), 1.0, self.rate))
        value = k * log_rate - self.rate - gammaln(k + 1.0)
        return where(isnan(x), np.nan, where(outside, -np.inf, value))

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.asarray(rng.poisson(self.rate, shape))

    def outcomes(self, spread: int = 1) -> Any:
        """Return 0, 1, … up to where what is left has less than 1e-30 of the mass."""
        top = float(np.max(getattr(self.rate, "_value", self.rate), initial=0.0))
        return np.arange(math.ceil(top + spread * (14.0 * math.sqrt(top) + 60.0)))

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def variance(self) -> Any:
        return self.rate
