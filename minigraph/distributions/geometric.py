"""The geometric law: failures before the first success."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import divide, equal, exp, expm1, floor, less, log1p, power, softplus, where
from ..ops.special import xlog1py
from .bernoulli import Coin
from .constraints import above_zero_to_one, count, possible_logit


class Geometric(Coin):
    """The law of the number of failures before the first success: 0, 1, 2, … Samples are integers.

    Those above 2^62, as are most where `probs` is below 1e-19, are drawn as 2^62.

    Parameters
    ----------
    probs : array_like, optional
        The probability of success of each try, in (0, 1].
    logits : array_like, optional
        Its log-odds. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of the two are given.
    InputError
        If `probs` is outside (0, 1], or a logit is NaN or -inf.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Geometric(0.25).mean.value
    3.0
    """

    constraints = {"probs": above_zero_to_one, "logits": possible_logit}
    support = count

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        super().__init__(probs=probs, logits=logits)

    def formula(self, x: Any) -> Any:
        return self.log_chance(1.0 + 0.0 * x, 1.0 * x)

    def probability(self, x: Any) -> Any:
        if "logits" in self.parameters:
            return super().probability(x)
        holds = self.support.holds(x)
        return where(holds, power(1.0 - self.probs, where(holds, 1.0 * x, 0.0)) * self.probs, 0.0)

    def _hazard(self) -> Any:
        """Return -log P(a try fails), of plain parameters."""
        if "logits" in self.parameters:
            return softplus(self.logits)
        with np.errstate(divide="ignore"):  # a try that never fails
            return -log1p(-self.probs)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        tries = rng.standard_exponential(shape) / self._hazard()
        return np.minimum(tries, 2.0**62).astype(np.int64)

    def reach(self, spread: int = 1) -> float:
        """Return from where on what is left has less than 1e-15 of the mass."""
        hazard = np.min(self.plain()._hazard(), initial=np.inf)
        return float(spread * (36.0 / max(hazard, 1e-300) + 2.0))

    def cumulative(self, x: Any) -> Any:
        k = floor(x)
        negative = less(k, 0.0)
        tries = where(negative, 0.0, k) + 1.0
        if "logits" in self.parameters:
            return where(negative, 0.0, -expm1(-(tries * softplus(self.logits))))
        sure = equal(self.probs, 1.0)  # where the logarithm has no slope, and the power has
        p = where(sure, 0.0, self.probs)
        at_once = 1.0 - power(where(sure, 1.0 - self.probs, 0.0), tries)
        return where(negative, 0.0, where(sure, at_once, -expm1(xlog1py(tries, -p))))

    @property
    def mean(self) -> Any:
        """The mean, (1 - p) / p."""
        return self._odds_against()

    @property
    def variance(self) -> Any:
        """The variance, (1 - p) / p²."""
        odds = self._odds_against()
        return odds * (1.0 + odds)

    def _odds_against(self) -> Any:
        if "logits" in self.parameters:
            return exp(-self.logits)
        return divide(self.others, self.probs)

    @property
    def mode(self) -> Any:
        """The likeliest number: 0."""
        return 0.0 * self.probs

    def entropy(self) -> Any:
        """Return the entropy in nats."""
        return -divide(self.log_chance(self.probs, self.others), self.probs)
