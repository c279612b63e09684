"""The Bernoulli law: one toss of a coin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import (
    equal,
    floor,
    greater_equal,
    isnan,
    less,
    log,
    log1p,
    logical_or,
    sigmoid,
    softplus,
    where,
)  # fmt: skip
from .base import Distribution
from .constraints import boolean, logit, unit_interval
from .parameters import one_of


class Bernoulli(Distribution):
    """The law of a coin that shows 1 with probability `probs`, else 0. Samples are integers.

    Parameters
    ----------
    probs : array_like, optional
        The probability of 1, in [0, 1].
    logits : array_like, optional
        Its log-odds, log(probs / (1 - probs)). Give one of the two.

    Raises
    ------
    UsageError
        If none or both of the two are given.
    InputError
        If `probs` is outside [0, 1], or a logit is NaN.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Bernoulli(0.25).log_prob([0, 1, 2]).value
    array([-0.28768207, -1.38629436,        -inf])
    """

    constraints = {"probs": unit_interval, "logits": logit}
    support = boolean

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        super().__init__(**one_of(self, probs=probs, logits=logits))

    @property
    def probs(self) -> Any:
        """The probability of 1."""
        return self.parameters["probs"] if "probs" in self.parameters else sigmoid(self.logits)

    @property
    def logits(self) -> Any:
        """The log-odds of 1."""
        if "logits" in self.parameters:
            return self.parameters["logits"]
        return log(self.probs) - log1p(-self.probs)

    def log_density(self, x: Any) -> Any:
        one = equal(x, 1.0)
        if "logits" in self.parameters:
            value = -softplus(where(one, -self.logits, self.logits))
        else:  # each logarithm sees only the probability that it is asked for
            p = self.probs
            value = log(where(one, p, 1.0)) + log1p(-where(one, 0.0, p))
        return where(logical_or(one, equal(x, 0.0)), value, where(isnan(x), np.nan, -np.inf))

    def probability(self, x: Any) -> Any:
        p = self.probs
        return where(equal(x, 1.0), p, where(equal(x, 0.0), 1.0 - p, 0.0))

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.asarray(rng.random(shape) < self.probs).astype(np.int64)

    def outcomes(self, spread: int = 1) -> Any:
        return np.arange(2)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def variance(self) -> Any:
        return self.probs * (1.0 - self.probs)

    def entropy(self) -> Any:
        """Return the entropy in nats."""
        p, q = self.probs, 1.0 - self.probs
        return -(p * log(where(equal(p, 0.0), 1.0, p)) + q * log(where(equal(q, 0.0), 1.0, q)))

    def cdf(self, x: Any) -> Any:
        """Return P(X <= x)."""
        return where(less(x, 0.0), 0.0, where(greater_equal(floor(x), 1.0), 1.0, 1.0 - self.probs))
