"""The Bernoulli law: one toss of a coin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import (
    equal,
    exp,
    greater_equal,
    less,
    log,
    log1p,
    minimum,
    power,
    sigmoid,
    softplus,
    where,
)
from ..ops.special import xlog1py, xlogy
from .base import Distribution
from .constraints import boolean, logit, unit_interval
from .parameters import unless_unknown


class Coin(Distribution):
    """The parent of the laws of coins: `probs` or `logits` of an event, by either."""

    constraints = {"probs": unit_interval, "logits": logit}
    either = ("probs", "logits")

    @property
    def probs(self) -> Any:
        """The probability of the event."""
        return self.parameter("probs") if "probs" in self.parameters else sigmoid(self.logits)

    @property
    def others(self) -> Any:
        """The probability of no event."""
        return 1.0 - self.probs if "probs" in self.parameters else sigmoid(-self.logits)

    @property
    def logits(self) -> Any:
        """The log-odds of the event."""
        if "logits" in self.parameters:
            return self.parameter("logits")
        return log(self.probs) - log1p(-self.probs)

    def log_chance(self, events: Any, others: Any) -> Any:
        """Return the log-probability of numbers of events and of none; 0 · log 0 is 0."""
        if "logits" in self.parameters:
            fails, happens = softplus(self.logits), softplus(-self.logits)
            happens = self.typed(where(equal(events, 0.0), 0.0, happens))
            fails = self.typed(where(equal(others, 0.0), 0.0, fails))
            return -(events * happens) - others * fails
        return xlogy(events, self.probs) + xlog1py(others, -self.probs)

    def likely(self, x: Any, log_ways: Any, events: Any, others: Any) -> Any:
        """Return `log_ways` ways of events and none as a probability, with slopes at probs 0 and 1.

        There the logarithm has no slope, and p^k (1-p)^n has: it is used there, and only there.
        """
        if "logits" in self.parameters:
            return exp(self.log_density(x))
        p = self.probs
        edge = np.equal(p, 0.0) | np.equal(p, 1.0)
        p_edge = where(edge, p, 0.0)
        ways = exp(minimum(log_ways, 700.0))
        at_edge = ways * (power(p_edge, 1.0 * events) * power(1.0 - p_edge, 1.0 * others))
        safe = where(edge, 0.5, p)
        inputs = [safe if name == "probs" else v for name, v in self.parameters.items()]
        inside = exp(self.with_inputs(inputs).log_density(x))
        return where(edge, where(self.support.holds(x), at_edge, 0.0), inside)


class Bernoulli(Coin):
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

    support = boolean

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        super().__init__(probs=probs, logits=logits)

    def formula(self, x: Any) -> Any:
        one = equal(x, 1.0)
        if "logits" in self.parameters:  # both are the same for all samples
            return 0.0 * x - where(one, softplus(-self.logits), softplus(self.logits))
        p = self.probs  # each logarithm sees only the probability that it is asked for
        return 0.0 * x + (log(where(one, p, 1.0)) + log1p(-where(one, 0.0, p)))

    def probability(self, x: Any) -> Any:
        if "logits" in self.parameters:  # the slope of a sigmoid next to 1 has few digits
            return super().probability(x)
        return where(equal(x, 1.0), self.probs, where(equal(x, 0.0), self.others, 0.0))

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.asarray(rng.random(shape) < self.once("probs")).astype(np.int64)

    def reach(self, spread: int = 1) -> float:
        return 1.0

    def cumulative(self, x: Any) -> Any:
        below = where(less(x, 0.0), 0.0, where(greater_equal(x, 1.0), 1.0, self.others))
        return unless_unknown(x, below)

    @property
    def mean(self) -> Any:
        """The mean, `probs`."""
        return self.probs

    @property
    def variance(self) -> Any:
        """The variance, p (1 - p)."""
        return self.probs * self.others

    @property
    def mode(self) -> Any:
        """The likelier of the two; 0 if they tie."""
        return self.typed(where(less(self.others, self.probs), 1.0, 0.0))

    def entropy(self) -> Any:
        """Return the entropy in nats."""
        return -self.log_chance(self.probs, self.others)
