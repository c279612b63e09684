"""Relaxed coins and outcomes: discrete laws made smooth by a temperature."""

from __future__ import annotations

import math
from typing import Any

from ..ops.elementwise import divide, log, log1p, sigmoid, softplus
from ..ops.reductions import logsumexp, softmax, sum_
from ..ops.shaping import expand_dims, shape_of
from .bernoulli import Coin
from .categorical import Outcomes
from .constraints import logit, logits, open_unit_interval, positive, simplex, weights
from .parameters import from_zero, inside_range, inside_unit
from .standards import StandardGumbel, StandardLogistic


class RelaxedBernoulli(Coin):
    """The law of sigmoid((logits + L) / temperature), L a logistic number: a coin made smooth.

    At temperature 0 it is a Bernoulli law; the lower the temperature, the nearer its samples come
    to 0 and 1, and the larger the variance of pathwise gradients. A sample that rounding would take
    to 1 stays next to it; if such samples are many, their scores are biased: score the draw in
    ``mg.sigmoid(mg.sample(mg.Logistic(logits / temperature, 1.0 / temperature)))`` instead.

    Parameters
    ----------
    temperature : array_like
        Positive.
    probs : array_like, optional
        The probability of a sample above 1/2, in (0, 1).
    logits : array_like, optional
        Its log-odds. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of probs and logits are given.
    InputError
        If a parameter is out of bounds.

    References
    ----------
    Maddison, Mnih and Teh 2017, *The Concrete Distribution*, https://arxiv.org/abs/1611.00712

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.RelaxedBernoulli(0.5, logits=0.0)
    >>> law.cdf(0.5).value
    0.5
    """

    constraints = {"temperature": positive, "probs": open_unit_interval, "logits": logit}
    support = open_unit_interval
    standard = StandardLogistic

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None) -> None:
        super().__init__(temperature=temperature, probs=probs, logits=logits)

    def transform(self, noise: Any) -> Any:
        return inside_unit(sigmoid(divide(self.logits + noise, self.temperature)), self.dtype)

    def _logistic(self, x: Any) -> Any:
        return self.temperature * (log(x) - log1p(-x)) - self.logits

    def formula(self, x: Any) -> Any:
        z = self._logistic(x)
        return log(self.temperature) - log(x) - log1p(-x) - softplus(z) - softplus(-z)

    def cumulative(self, x: Any) -> Any:
        return from_zero(x, 1.0, 0.5, lambda x: sigmoid(self._logistic(x)))

    def quantile(self, p: Any) -> Any:
        return sigmoid(divide(self.logits + log(p) - log1p(-p), self.temperature))


class RelaxedOneHotCategorical(Outcomes):
    """The law of softmax((logits + G) / temperature), G Gumbel numbers: Gumbel-softmax.

    At temperature 0 it is a OneHotCategorical law.

    Parameters
    ----------
    temperature : array_like, shape (...)
        Positive; one number, or one for each law, without an axis for the outcomes.
    probs : array_like, shape (..., K), optional
        Positive weights; they are normalised to sum to one along the last axis.
    logits : array_like, shape (..., K), optional
        Unnormalised log-probabilities, in nats. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of probs and logits are given.
    InputError
        If a parameter is out of bounds.

    References
    ----------
    Maddison, Mnih and Teh 2017, *The Concrete Distribution*, equation 10,
    https://arxiv.org/abs/1611.00712; Jang, Gu and Poole 2017, https://arxiv.org/abs/1611.01144

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.RelaxedOneHotCategorical(0.5, probs=[0.2, 0.3, 0.5])
    >>> law.sample(rng=0).sum().round(12)
    np.float64(1.0)
    """

    constraints = {"temperature": positive, "probs": weights, "logits": logits}
    event_ndim = 1
    event_axes = {"temperature": -1}
    standard = StandardGumbel

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None) -> None:
        super().__init__(temperature=temperature, probs=probs, logits=logits)

    @property
    def support(self) -> Any:
        """The simplex."""
        return simplex._replace(member=1.0 / self.shape[-1])

    @property
    def _heat(self) -> Any:
        """The temperature, with an axis for the outcomes, unless it is one number for all."""
        heat = self.parameter("temperature")
        return expand_dims(heat, axis=-1) if shape_of(heat) else heat

    def transform(self, noise: Any) -> Any:
        z = divide(self.logits + noise, self._heat)
        shares = inside_range(softmax(z, axis=-1), self.dtype)
        return divide(shares, sum_(shares, axis=-1, keepdims=True))

    def formula(self, x: Any) -> Any:
        k, heat = self.shape[-1], self.parameter("temperature")
        parts = self.logits - self._heat * log(x)
        total = sum_(parts - log(x), axis=-1) - k * logsumexp(parts, axis=-1)
        return total + (k - 1.0) * log(heat) + math.lgamma(k)
