"""The categorical law: one of K outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..ops.elementwise import divide, equal, exp, less_equal, log, log_ratio, square, where
from ..ops.reductions import argmax, log_softmax, logsumexp, sum_
from ..ops.shaping import expand_dims, shape_of
from ..ops.special import xlogy
from .base import Distribution
from .constraints import Constraint, logits, weights, whole_interval
from .parameters import unless_unknown

FEW = 48  # up to which number outcomes are tried one by one
LONG = 2**9  # laws, from which on their weights are added up outcome by outcome


class Outcomes(Distribution):
    """The parent of the laws of K outcomes: their `probs` or `logits`, by either."""

    constraints = {"probs": weights, "logits": logits}
    either = ("probs", "logits")

    @property
    def probs(self) -> Any:
        """The probabilities, summing to one along the last axis."""
        if "probs" in self.parameters:
            p = self.parameter("probs")
            return divide(p, sum_(p, axis=-1, keepdims=True))
        x = self.parameter("logits")
        return exp(log_ratio(x, logsumexp(x, axis=-1, keepdims=True)))  # as in logsumexp's slope

    @property
    def logits(self) -> Any:
        """The log-probabilities, normalised."""
        if "logits" in self.parameters:
            return log_softmax(self.parameter("logits"), axis=-1)
        return log(self.probs)

    def log_chance(self, numbers: Any) -> Any:
        """Return the log-probability of numbers of each outcome; 0 · log 0 is 0."""
        if "logits" in self.parameters:
            return sum_(numbers * where(equal(numbers, 0.0), 0.0, self.logits), axis=-1)
        return sum_(xlogy(numbers, self.probs), axis=-1)

    def spread(self) -> Any:
        """Return the entropy of one outcome in nats; weights of 0 have slopes of their own only."""
        if "logits" in self.parameters:
            x = self.logits
            return -sum_(exp(x) * where(equal(x, -np.inf), 0.0, x), axis=-1)
        p = self.parameter("probs")
        total = sum_(p, axis=-1)
        return log(total) - divide(sum_(xlogy(p, p), axis=-1), total)

    def index(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Return indices of outcomes, of `shape`."""
        u = rng.random(shape)
        if np.ndim(self.inputs[0]) > 1:
            return self.side_by_side(u)
        edges = self.once("edges")
        if len(edges) > FEW:
            return np.searchsorted(edges, u, side="right").astype(np.int64)
        k = np.zeros(shape, np.uint8)  # bytes are added up many at a time
        for edge in edges[:-1]:
            k += np.asarray(u >= edge).view(np.uint8)
        return np.asarray(k, dtype=np.int64)

    def side_by_side(self, u: Any) -> Any:
        """Return where many laws have these quantiles: the outcomes come first, then the laws."""
        table = np.moveaxis(self.inputs[-1], -1, 0)
        edges = np.array(table, self.dtype if len(table) <= FEW else float, order="C")
        if [*self.parameters] == ["logits"]:
            edges -= np.max(edges, axis=0)
            np.exp(edges, out=edges)
        if edges[0].size < LONG:
            np.add.accumulate(edges, axis=0, out=edges)
        else:
            for i in range(1, len(edges)):
                edges[i] += edges[i - 1]
        edges = edges.reshape(len(edges), *[1] * (u.ndim - edges.ndim + 1), *edges.shape[1:])
        above = u * edges[-1] >= edges[:-1]
        small = np.uint8 if len(edges) <= 256 else np.int64
        return np.sum(above.view(np.uint8), axis=0, dtype=small).astype(np.int64)

    @property
    def edges(self) -> Any:
        """The cdf of the plain law at each outcome."""
        edges = np.cumsum(self.probs, axis=-1, dtype=float)  # single, 1e6 of 5e-7 add up to 0.477
        return edges / edges[..., -1:]  # rounding must not leave a gap below one


class Categorical(Outcomes):
    """The law of an index 0, 1, …, K-1, drawn with probabilities `probs`. Samples are integers.

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
    >>> mg.Categorical([0.2, 0.3, 0.5]).log_prob([2, 3]).value
    array([-0.69314718,        -inf])
    """

    event_axes = {"probs": 1, "logits": 1, "weights": 1}

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        super().__init__(probs=probs, logits=logits)
        self.size = int(shape_of(self.inputs[0])[-1])

    def by_weights(self, logits: Any, weights: Any) -> Categorical:
        """Return this law with other logits, exp(logits) up to a factor being known already."""
        law: Categorical = self.with_inputs([logits])
        law.parameters["weights"] = weights
        return law

    @property
    def support(self) -> Constraint:
        """The indices."""
        return whole_interval(0, self.size - 1)

    def pick(self, table: Any, x: Any) -> Any:
        """Return the entry of `table` at index `x` along its last axis; 0 outside."""
        k = x._value if type(x) is Data and x._literal and not x.ndim else np.nan
        if 0 <= k < self.size and k % 1 == 0:  # an outcome that was written down
            return table[..., int(k)]
        x = x if hasattr(x, "shape") else np.asarray(x)
        chosen = equal(expand_dims(x, axis=-1), np.arange(self.size))
        return sum_(where(chosen, table, 0.0), axis=-1)

    def entry(self, table: Any, x: Any) -> Any:
        """Return `pick` of an index that is there, in fewer steps if it is a whole number."""
        whole = getattr(x, "dtype", self.dtype).kind in "iu"
        return table[x] if whole and len(shape_of(table)) == 1 else self.pick(table, x)

    def formula(self, x: Any) -> Any:
        if "logits" in self.parameters:
            # As they are: a draw shares their exponentials. The sum has the digits of the largest.
            table = self.parameter("logits")
            return 0.0 * x + self.entry(table, x) - logsumexp(table, axis=-1)
        table = self.parameter("probs")  # the logarithm sees only the weight that it is asked for
        return 0.0 * x + log(self.entry(table, x)) - log(sum_(table, axis=-1))

    def probability(self, x: Any) -> Any:
        return self.pick(self.probs, x)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return self.index(rng, shape)

    def reach(self, spread: int = 1) -> float:
        return self.size - 1.0

    @property
    def mean(self) -> Any:
        """The mean of the index."""
        return sum_(self.probs * np.arange(self.size, dtype=self.dtype), axis=-1)

    @property
    def variance(self) -> Any:
        """The variance of the index."""
        k = np.arange(self.size, dtype=self.dtype)
        return sum_(self.probs * square(k - expand_dims(self.mean, axis=-1)), axis=-1)

    @property
    def mode(self) -> Any:
        """The likeliest index; the first if some tie."""
        return argmax(self.inputs[0], axis=-1)

    def cumulative(self, x: Any) -> Any:
        x = x if hasattr(x, "shape") else np.asarray(x)
        reached = less_equal(np.arange(self.size), expand_dims(x, axis=-1))
        return unless_unknown(x, sum_(where(reached, self.probs, 0.0), axis=-1))

    def entropy(self) -> Any:
        """Return the entropy in nats."""
        return self.spread()
