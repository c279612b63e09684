"""Laws of vectors of counts: one outcome of K as a vector, or n of them added up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..ops.elementwise import clip, equal, exp, log, minimum, power, where
from ..ops.reductions import logsumexp, prod, sum_
from ..ops.shaping import expand_dims, shape_of
from ..ops.special import gammaln, xlog1py, xlogy
from .categorical import FEW, Outcomes
from .constraints import count, multiset, one_hot
from .definition import ENUMERATED, LISTED


class Multinomial(Outcomes):
    """The law of how often each of K outcomes comes up in `total_count` draws. Integer samples.

    Parameters
    ----------
    total_count : int
        How many draws.
    probs : array_like, shape (..., K), optional
        Nonnegative weights; they are normalised to sum to one along the last axis.
    logits : array_like, shape (..., K), optional
        Unnormalised log-probabilities, in nats. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of probs and logits are given.
    InputError
        If `total_count` is no count, a weight is negative, or a logit is NaN or inf.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Multinomial(4, [1.0, 3.0]).mean.value
    array([1., 3.])
    """

    event_ndim = 1
    cancels = True
    stated: Sequence[str] = ("total_count",)

    def __init__(self, total_count: int = 1, probs: Any = None, logits: Any = None) -> None:
        n = total_count
        known = not isinstance(n, Data) and np.asarray(n).dtype.kind in "iuf"
        if not known or np.ndim(n) != 0 or not count.holds(n):
            raise InputError(
                f"{type(self).__name__}: total_count must be a whole number of at least 0, and no "
                f"Data; got {n!r}"
            )
        self.total_count = int(total_count)
        super().__init__(probs=probs, logits=logits)

    @property
    def support(self) -> Any:
        """Counts that add up to `total_count`."""
        first = np.zeros(self.shape[-1], self.dtype)
        first[0] = self.total_count
        return multiset(self.total_count)._replace(member=first)

    def _log_ways(self, x: Any) -> Any:
        n = np.asarray(self.total_count + 1.0, self.dtype)
        return gammaln(n) - sum_(gammaln(x + 1.0), axis=-1)

    def formula(self, x: Any) -> Any:
        if "logits" in self.parameters:
            table = self.parameter("logits")
            never = equal(x, 0.0)  # 0 times an impossible outcome costs nothing
            chosen = sum_(x * where(never, 0.0, table), axis=-1)
            return chosen - self.total_count * logsumexp(table, axis=-1) + self._log_ways(x)
        table = self.parameter("probs")
        total = log(sum_(table, axis=-1))
        return sum_(xlogy(x, table), axis=-1) - self.total_count * total + self._log_ways(x)

    def probability(self, x: Any) -> Any:
        ways = exp(minimum(self._log_ways(x), 700.0))
        return ways * prod(power(self.probs, 1.0 * x), axis=-1)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        n = self.total_count
        if n == 1 and np.ndim(self.inputs[0]) > 1:
            k = self.index(rng, shape[:-1])
            return np.equal(k[..., None], np.arange(shape[-1])).astype(np.int64)
        p = np.asarray(self.probs, dtype=float)
        if p.ndim == 1 and 0 < n * len(p) <= FEW:  # few draws of few outcomes are counted
            u = rng.random((n, *shape[:-1]))
            below = [np.sum(u < edge, axis=0, dtype=np.int64) for edge in self.once("edges")[:-1]]
            below.append(np.full(shape[:-1], n))
            return np.stack([below[0], *map(np.subtract, below[1:], below)], axis=-1)
        p = p / p.sum(axis=-1, keepdims=True)
        return np.asarray(rng.multinomial(n, p, shape[:-1]))

    def outcomes(self, spread: int = 1) -> Any:
        """Return all vectors of counts, unless there are too many: stars and bars."""
        n, k = self.total_count, self.shape[-1]
        if math.comb(n + k - 1, k - 1) > LISTED:
            return None
        bars = np.array(list(itertools.combinations(range(n + k - 1), k - 1)), dtype=np.int64)
        bars = bars.reshape(-1, k - 1)
        edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, n + k - 1)))
        return np.diff(edges, axis=-1) - 1

    @property
    def mean(self) -> Any:
        """The mean counts, n p."""
        return self.total_count * self.probs

    @property
    def variance(self) -> Any:
        """The variance of each count, n p (1 - p)."""
        return self.total_count * (self.probs * (1.0 - self.probs))

    def entropy(self) -> Any:
        """Return the entropy in nats: n H(p) - log n! + Σₖ E[log Xₖ!], where Xₖ is binomial."""
        n, p = self.total_count, self.probs
        if not (n + 1.0) * math.prod(shape_of(p)) < ENUMERATED:
            raise UsageError(
                f"entropy of {type(self).__name__}: {n + 1} counts of each outcome of {self!r} are "
                "too many to add up; average -log_prob of its samples instead"
            )
        least = np.finfo(self.dtype)  # what is impossible, or certain, has a logarithm too
        each = clip(expand_dims(p, axis=-1), least.tiny, 1.0 - least.epsneg)
        x = np.arange(n + 1.0, dtype=self.dtype)
        ways = gammaln(n + 1.0) - gammaln(x + 1.0) - gammaln(n - x + 1.0)
        chance = exp(ways + xlogy(x, each) + xlog1py(n - x, -each))
        middle = gammaln(n * p + 1.0)  # log x! less this is small, and so is its error
        spread = chance * (gammaln(x + 1.0) - expand_dims(middle, axis=-1))
        ordered = sum_(spread, axis=(-2, -1)) + (sum_(middle, axis=-1) - math.lgamma(n + 1.0))
        return ordered + n * self.spread()


class OneHotCategorical(Multinomial):
    """The law of one outcome of K, as a vector with a 1 there and else 0. Samples are integers.

    Parameters
    ----------
    probs : array_like, shape (..., K), optional
        Nonnegative weights; they are normalised to sum to one along the last axis.
    logits : array_like, shape (..., K), optional
        Unnormalised log-probabilities, in nats. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of the two are given.
    InputError
        If a weight is negative or all are zero, or a logit is NaN or inf.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.OneHotCategorical([0.2, 0.3, 0.5]).log_prob([[0, 0, 1], [1, 1, 0]]).value
    array([-0.69314718,        -inf])
    """

    cancels = False
    stated = ()

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        super().__init__(1, probs, logits)

    @property
    def support(self) -> Any:
        """The unit vectors."""
        return one_hot._replace(member=np.eye(self.shape[-1], dtype=self.dtype)[0])

    def _log_ways(self, x: Any) -> Any:
        return 0.0

    def probability(self, x: Any) -> Any:
        return sum_(where(equal(x, 1.0), self.probs, 0.0), axis=-1)

    def outcomes(self, spread: int = 1) -> Any:
        return np.eye(self.shape[-1], dtype=np.int64)

    @property
    def mode(self) -> Any:
        """The likeliest unit vector; the first if some tie."""
        likeliest = equal(self.probs, np.max(self.probs, axis=-1, keepdims=True))
        return self.typed(where(likeliest & equal(np.cumsum(likeliest, axis=-1), 1), 1.0, 0.0))

    def entropy(self) -> Any:
        """Return the entropy in nats."""
        return self.spread()
