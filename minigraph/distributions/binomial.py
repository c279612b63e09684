"""The binomial law: how many of n coins show 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import clip, floor, maximum, minimum, sigmoid, where
from ..ops.special import gammaln
from ..ops.tails import betainc
from .bernoulli import Coin
from .constraints import count, whole_interval
from .counted import summed_entropy
from .parameters import largest


class Binomial(Coin):
    """The law of the number of ones among `total_count` coins. Samples are integers.

    Parameters
    ----------
    total_count : array_like
        How many coins, a whole number.
    probs : array_like, optional
        The probability of 1 of each coin, in [0, 1].
    logits : array_like, optional
        Its log-odds. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of probs and logits are given.
    InputError
        If `total_count` is no count, `probs` is outside [0, 1], or a logit is NaN.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Binomial(10, 0.5).mean.value
    5.0
    """

    constraints = {"total_count": count, **Coin.constraints}
    support_moves = ("total_count",)
    cancels = True

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None) -> None:
        super().__init__(total_count=total_count, probs=probs, logits=logits)

    @property
    def support(self) -> Any:
        """The whole numbers from 0 to `total_count`."""
        return whole_interval(0.0, self.total_count)

    def _log_ways(self, x: Any) -> Any:
        n = self.total_count
        return gammaln(n + 1.0) - gammaln(x + 1.0) - gammaln(n - x + 1.0)

    def formula(self, x: Any) -> Any:
        return self._log_ways(x) + self.log_chance(x, self.total_count - x)

    def probability(self, x: Any) -> Any:
        inside = clip(x, 0.0, 1.0 * self.total_count)
        return self.likely(x, self._log_ways(inside), inside, self.total_count - inside)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        n = np.asarray(self.total_count).astype(np.int64)
        return np.asarray(rng.binomial(n, self.probs, shape))

    def reach(self, spread: int = 1) -> float:
        return largest(self.total_count)

    def cumulative(self, x: Any) -> Any:
        n = self.total_count
        k = floor(x)
        inside = minimum(maximum(k, 0.0), n - 1.0)
        tail = betainc(maximum(n - inside, 0.5), inside + 1.0, self.others)
        return where(np.less(k, 0.0), 0.0, where(np.greater_equal(k, n), 1.0, tail))

    @property
    def mean(self) -> Any:
        """The mean, n p."""
        return self.total_count * self.probs

    @property
    def variance(self) -> Any:
        """The variance, n p (1 - p)."""
        return self.total_count * self.probs * self.others

    @property
    def mode(self) -> Any:
        """The likeliest number."""
        n = self.total_count
        return minimum(floor((n + 1.0) * self.probs), 1.0 * n)

    def entropy(self) -> Any:
        """Return the entropy in nats, a sum over all counts that matter."""
        return (by_logits if "logits" in self.parameters else by_probs)(*self.inputs)


by_probs, in_probs = summed_entropy(
    Binomial, total_count=None, probs=lambda x, n, p: (x - n * p) / (p * (1.0 - p))
)
by_logits, in_logits = summed_entropy(
    Binomial, total_count=None, logits=lambda x, n, logits: x - n * sigmoid.forward(logits)
)
