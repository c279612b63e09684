"""The negative binomial law: successes before the r-th failure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import divide, exp, floor, maximum, sigmoid, where
from ..ops.special import from_scipy, gammaln
from ..ops.tails import betainc
from .bernoulli import Coin
from .constraints import below_one, count, positive, uncertain_logit
from .counted import summed_entropy


class NegativeBinomial(Coin):
    """The law of the number of successes before the `total_count`-th failure.

    It is a Poisson law whose rate is drawn from a gamma law. Samples are integers. (SciPy counts
    the other way round: its ``p`` is ``1 - probs``.)

    Parameters
    ----------
    total_count : array_like
        How many failures end it; positive, and it need not be whole.
    probs : array_like, optional
        The probability of success of each try, in [0, 1).
    logits : array_like, optional
        Its log-odds. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of probs and logits are given.
    InputError
        If `total_count` is not positive, `probs` is outside [0, 1), or a logit is NaN or inf.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.NegativeBinomial(3.0, 0.5).mean.value
    3.0
    """

    constraints = {"total_count": positive, "probs": below_one, "logits": uncertain_logit}
    support = count
    cancels = True

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None) -> None:
        super().__init__(total_count=total_count, probs=probs, logits=logits)

    def _log_ways(self, x: Any) -> Any:
        r = self.total_count
        return gammaln(x + r) - gammaln(x + 1.0) - gammaln(r)

    def formula(self, x: Any) -> Any:
        return self._log_ways(x) + self.log_chance(1.0 * x, self.total_count)

    def probability(self, x: Any) -> Any:
        inside = maximum(floor(x), 0.0)
        return self.likely(x, self._log_ways(inside), inside, self.total_count)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.asarray(rng.negative_binomial(self.total_count, self.others, shape))

    def reach(self, spread: int = 1) -> float:
        """Return from where on what is left has less than 1e-15 of the mass."""
        law = self.plain()
        wide = np.sqrt(law.variance)
        tail = -36.0 / np.log1p(-np.clip(law.others, 1e-300, 1.0 - 1e-16))
        return float(np.max(law.mean + spread * (10.0 * wide + tail + 10.0), initial=0.0))

    def cumulative(self, x: Any) -> Any:
        k = floor(x)
        negative = np.less(k, 0.0)
        tail = betainc(self.total_count, where(negative, 0.0, k) + 1.0, self.others)
        return where(negative, 0.0, tail)

    def _odds(self) -> Any:
        return exp(self.logits) if "logits" in self.parameters else divide(self.probs, self.others)

    @property
    def mean(self) -> Any:
        """The mean, r p / (1 - p)."""
        return self.total_count * self._odds()

    @property
    def variance(self) -> Any:
        """The variance, r p / (1 - p)²."""
        odds = self._odds()
        return self.total_count * (odds * (1.0 + odds))

    @property
    def mode(self) -> Any:
        """The likeliest number."""
        return floor(maximum(self.total_count - 1.0, 0.0) * self._odds())

    def entropy(self) -> Any:
        """Return the entropy in nats, a sum over all counts that matter."""
        return (by_logits if "logits" in self.parameters else by_probs)(*self.inputs)


def _in_count(x: Any, r: Any, p: Any) -> Any:
    digamma = from_scipy("digamma")
    return digamma(x + r) - digamma(r) + np.log1p(-p)


by_probs, in_count, in_probs = summed_entropy(
    NegativeBinomial, total_count=_in_count, probs=lambda x, r, p: x / p - r / (1.0 - p)
)
by_logits, in_count_by_logits, in_logits = summed_entropy(
    NegativeBinomial,
    total_count=lambda x, r, logits: _in_count(x, r, sigmoid.forward(logits)),
    logits=lambda x, r, logits: x * sigmoid.forward(-logits) - r * sigmoid.forward(logits),
)
