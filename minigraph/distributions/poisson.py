"""The Poisson law: a count of rare events."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import equal, exp, floor, power, where
from ..ops.special import gammaln, xlogy
from ..ops.tails import gammaincc
from .base import Distribution
from .constraints import count, nonnegative
from .counted import summed_entropy
from .parameters import largest


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
    -1.4959226032237254
    """

    constraints = {"rate": nonnegative}
    support = count
    cancels = True

    def __init__(self, rate: Any) -> None:
        super().__init__(rate=rate)

    def formula(self, x: Any) -> Any:
        return xlogy(x, self.rate) - self.rate - gammaln(x + 1.0)

    def probability(self, x: Any) -> Any:
        """Return the probability of `x`, with the right slope also at rate 0."""
        never = equal(self.rate, 0.0)
        at_zero = power(where(never, self.rate, 0.0), 1.0 * x) * exp(-self.rate - gammaln(x + 1.0))
        safe = self.with_inputs([where(never, 1.0, self.rate)])
        return where(never, at_zero, exp(safe.log_density(x)))

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.asarray(rng.poisson(self.rate, shape))

    def reach(self, spread: int = 1) -> float:
        """Return from where on what is left has less than 1e-30 of the mass."""
        top = largest(self.rate)
        return top + spread * (14.0 * math.sqrt(top) + 60.0)

    def cumulative(self, x: Any) -> Any:
        k = floor(x)
        negative = np.less(k, 0.0)
        return where(negative, 0.0, gammaincc(where(negative, 0.0, k) + 1.0, self.rate))

    @property
    def mean(self) -> Any:
        """The mean, `rate`."""
        return self.rate

    @property
    def variance(self) -> Any:
        """The variance, `rate` too."""
        return self.rate

    @property
    def mode(self) -> Any:
        """The likeliest count: the whole part of `rate`."""
        return floor(self.rate)

    def entropy(self) -> Any:
        """Return the entropy in nats, a sum over all counts that matter."""
        return entropy(self.rate)


entropy, in_rate = summed_entropy(Poisson, rate=lambda x, rate: x / rate - 1.0)
