"""Divergences between laws of different families: -H(p) - E[log q(X)], X ~ p.

What a family q needs to know of X is little, a mean or the mean of a logarithm, so that one line
for q is right for every p which knows that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..ops.elementwise import divide, exp, expm1, isnan, log, log1p, square, where
from ..ops.special import betaln, digamma, gammaln, ndtr, xlogy
from .base import Distribution
from .bernoulli import Bernoulli
from .beta import Beta
from .exponential import Exponential, Pareto, Weibull
from .gamma import Gamma, InverseGamma
from .half import HalfNormal
from .location_scale import Gumbel, Laplace
from .normal import LogNormal, Normal
from .poisson import Poisson
from .standards import EULER
from .uniform import Uniform

Of = Callable[[Any], Any]
Pair = Callable[[Any, Any], Any]


def _log_of_uniform(p: Any) -> Any:
    return divide(xlogy(p.high, p.high) - xlogy(p.low, p.low), p.high - p.low) - 1.0


# E[log X]
MEAN_LOG: Mapping[type[Distribution], Of] = {
    Beta: lambda p: digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0),
    Exponential: lambda p: -EULER - log(p.rate),
    Gamma: lambda p: digamma(p.concentration) - log(p.rate),
    HalfNormal: lambda p: log(p.scale) - 0.5 * (EULER + math.log(2.0)),
    InverseGamma: lambda p: log(p.rate) - digamma(p.concentration),
    LogNormal: lambda p: p.loc,
    Pareto: lambda p: log(p.scale) + divide(1.0, p.alpha),
    Uniform: _log_of_uniform,
    Weibull: lambda p: log(p.scale) - divide(EULER, p.concentration),
}  # fmt: skip


def _falling_of_uniform(p: Any, t: Any, c: Any) -> Any:
    width = t * (p.high - p.low)
    return -exp(-t * (p.low - c)) * divide(expm1(-width), width)


# E[exp(-t(X - c))], for q = Gumbel; in one exponential, as that of c alone may overflow
FALLING: Mapping[type[Distribution], Callable[[Any, Any, Any], Any]] = {
    Exponential: lambda p, t, c: exp(t * c - log1p(divide(t, p.rate))),
    Gamma: lambda p, t, c: exp(t * c - p.concentration * log1p(divide(t, p.rate))),
    Normal: lambda p, t, c: exp(0.5 * square(t * p.scale) - t * (p.loc - c)),
    Uniform: _falling_of_uniform,
}  # fmt: skip


def _to_normal(p: Any, q: Any) -> Any:
    off = divide(p.variance + square(p.mean - q.loc), square(q.scale))
    off = where(isnan(off), np.inf, off)  # a law without a mean
    return -0.5 * off - log(q.scale) - 0.5 * math.log(2.0 * math.pi)


def _to_laplace(p: Any, q: Any) -> Any:
    off = divide(p.loc - q.loc, p.scale)
    far = math.sqrt(2.0 / math.pi) * exp(-0.5 * square(off)) + off * (1.0 - 2.0 * ndtr(-off))
    return -divide(p.scale * far, q.scale) - log(2.0 * q.scale)


def _to_gumbel(p: Any, q: Any) -> Any:
    falling = FALLING[kind(p)](p, divide(1.0, q.scale), q.loc)
    return -divide(p.mean - q.loc, q.scale) - falling - log(q.scale)


def _to_gamma(p: Any, q: Any) -> Any:
    a = q.concentration
    shape = (a - 1.0) * MEAN_LOG[kind(p)](p) + a * log(q.rate) - gammaln(a)
    return shape - q.rate * p.mean


def _to_pareto(p: Any, q: Any) -> Any:
    return log(q.alpha) + q.alpha * log(q.scale) - (q.alpha + 1.0) * MEAN_LOG[kind(p)](p)


def _to_beta(p: Any, q: Any) -> Any:
    a, b = q.concentration1, q.concentration0
    mirror = p.with_inputs([1.0 - p.high, 1.0 - p.low])
    logs = (a - 1.0) * _log_of_uniform(p) + (b - 1.0) * _log_of_uniform(mirror)
    return logs - betaln(a, b)


# E[log q(X)], the laws p it is known for (all that have a mean, a variance and an entropy), and
# where q has its mass.
CROSS: Mapping[type[Distribution], tuple[Pair, Any, Of]] = {
    Beta: (_to_beta, [Uniform], lambda q: (0.0, 1.0)),
    Exponential: (lambda p, q: log(q.rate) - q.rate * p.mean, None, lambda q: (0.0, np.inf)),
    Gamma: (_to_gamma, MEAN_LOG, lambda q: (0.0, np.inf)),
    Gumbel: (_to_gumbel, FALLING, lambda q: (-np.inf, np.inf)),
    Laplace: (_to_laplace, [Normal], lambda q: (-np.inf, np.inf)),
    Normal: (_to_normal, None, lambda q: (-np.inf, np.inf)),
    Pareto: (_to_pareto, MEAN_LOG, lambda q: (q.scale, np.inf)),
    Uniform: (lambda p, q: -log(q.high - q.low), None, lambda q: (q.low, q.high)),
}  # fmt: skip


def kind(law: Any) -> type[Distribution]:
    """Return the family of a law; the chi-squared laws are gamma laws."""
    return Gamma if isinstance(law, Gamma) else type(law)


def _bounds(p: Any) -> Any:
    """Return the ends of the support of a law of one continuous number."""
    if p.event_ndim or p.support.discrete:
        return None
    return p.support.bounds


def _inside(p: Any, q: Any) -> Any:
    """Return whether the mass of p is where q has some."""
    (low, high), (least, most) = _bounds(p), CROSS[kind(q)][2](q)
    return np.greater_equal(low, least) & np.less_equal(high, most)


def cross(p: Any, q: Any) -> Pair | None:
    """Return the formula for the divergence from a law of another family, if there is one."""
    if (type(p), type(q)) == (Bernoulli, Poisson):
        return lambda p, q: q.rate - xlogy(p.probs, q.rate) - p.entropy()
    if kind(q) not in CROSS or _bounds(p) is None:
        return None
    if not all(hasattr(p, name) for name in ("mean", "variance", "entropy")):
        return None
    mean_log_q, known, _ = CROSS[kind(q)]
    if known is None or kind(p) in known:
        return lambda p, q: where(_inside(p, q), -p.entropy() - mean_log_q(p, q), np.inf)
    outside = not np.any(_inside(p.plain(), q.plain()))
    return (lambda p, q: np.inf + 0.0 * p.entropy()) if outside else None
