"""Divergences between two laws of the same family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import UsageError
from ..ops.elementwise import divide, equal, exp, less, log, logical_and, square, where
from ..ops.factorizations import solve_
from ..ops.linear import matmul
from ..ops.reductions import sum_
from ..ops.shaping import expand_dims, shape_of
from ..ops.special import betaln, digamma, gammaln, xlogy
from ..ops.trigonometry import sin
from ..values import plain
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .dirichlet import Dirichlet
from .discrete_uniform import DiscreteUniform
from .exponential import Exponential, Pareto, Weibull
from .gamma import Gamma, InverseGamma
from .geometric import Geometric
from .half import HalfCauchy, HalfNormal
from .location_scale import Cauchy, Gumbel, Laplace
from .multinomial import Multinomial, OneHotCategorical
from .multivariate_normal import MultivariateNormal
from .negative_binomial import NegativeBinomial
from .normal import LogNormal, Normal
from .poisson import Poisson
from .special import bessel_gap, log_i0e
from .standards import EULER
from .uniform import Uniform
from .von_mises import VonMises

Pair = Callable[[Any, Any], Any]


def _normal(p: Any, q: Any) -> Any:
    ratio = divide(p.scale, q.scale)
    off = divide(p.loc - q.loc, q.scale)
    return 0.5 * (square(ratio) + square(off) - 1.0) - log(ratio)


def _laplace(p: Any, q: Any) -> Any:
    ratio, off = divide(p.scale, q.scale), divide(p.loc - q.loc, p.scale)
    off = where(less(off, 0.0), -off, off)  # smooth at 0: of the size, exp(-|x|) + |x| sees no kink
    return ratio * (exp(-off) + off) - 1.0 - log(ratio)


def _exponential(p: Any, q: Any) -> Any:
    ratio = divide(q.rate, p.rate)
    return ratio - 1.0 - log(ratio)


def _uniform(p: Any, q: Any) -> Any:
    inside = np.less_equal(q.low, p.low) & np.less_equal(p.high, q.high)
    return where(inside, log(divide(q.high - q.low, p.high - p.low)), np.inf)


def _gamma(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    ratio = divide(q.rate, p.rate)
    shapes = (a - b) * digamma(a) - gammaln(a) + gammaln(b)
    return shapes - b * log(ratio) + a * (ratio - 1.0)


def _beta(p: Any, q: Any) -> Any:
    (a, b), (c, d) = ((x.concentration1, x.concentration0) for x in (p, q))
    value = betaln(c, d) - betaln(a, b) + (a - c) * digamma(a) + (b - d) * digamma(b)
    return value + (c - a + d - b) * digamma(a + b)


def _dirichlet(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    total = sum_(a, axis=-1, keepdims=True)
    parts = gammaln(b) - gammaln(a) + (a - b) * (digamma(a) - digamma(total))
    return gammaln(sum_(a, axis=-1)) - gammaln(sum_(b, axis=-1)) + sum_(parts, axis=-1)


def _cross(p: Any, q: Any) -> Any:
    """Return p log(p / q): 0 for what never happens, inf for what q thinks impossible."""
    never = equal(p, 0.0)
    impossible = logical_and(equal(q, 0.0), ~never)
    bottom = where(never, 1.0, where(impossible, 1.0, q))
    return where(impossible, np.inf, xlogy(p, divide(p, bottom)))


def _coin(p: Any, q: Any) -> Any:
    return p.log_chance(p.probs, p.others) - q.log_chance(p.probs, p.others)


def _outcomes(p: Any, q: Any) -> Any:
    return p.log_chance(p.probs) - q.log_chance(p.probs)


def _discrete_uniform(p: Any, q: Any) -> Any:
    inside = np.less_equal(q.low, p.low) & np.less_equal(p.high, q.high)
    return where(inside, log(divide(q._many(), p._many())), np.inf)


def _cauchy(p: Any, q: Any) -> Any:
    off = 0.0 if p.origin is None else square(p.loc - q.loc)
    return log(divide(square(p.scale + q.scale) + off, 4.0 * p.scale * q.scale))


def _half_normal(p: Any, q: Any) -> Any:
    ratio = divide(p.scale, q.scale)
    return 0.5 * (square(ratio) - 1.0) - log(ratio)


def _gumbel(p: Any, q: Any) -> Any:
    ratio, off = divide(p.scale, q.scale), divide(p.loc - q.loc, q.scale)
    return EULER * (ratio - 1.0) + exp(gammaln(1.0 + ratio) - off) - 1.0 + off - log(ratio)


def _pareto(p: Any, q: Any) -> Any:
    ratio = divide(q.alpha, p.alpha)
    value = q.alpha * log(divide(p.scale, q.scale)) - log(ratio) + ratio - 1.0
    return where(np.less(p.scale, q.scale), np.inf, value)


def _weibull(p: Any, q: Any) -> Any:
    ratio, size = divide(q.concentration, p.concentration), log(divide(p.scale, q.scale))
    power = exp(q.concentration * size + gammaln(1.0 + ratio))
    return power - 1.0 - log(ratio) - q.concentration * size + EULER * (ratio - 1.0)


def _angle(p: Any, q: Any) -> Any:
    k, other = p.concentration, q.concentration
    turned = 2.0 * other * square(sin(0.5 * (p.loc - q.loc)))
    return log_i0e(other) - log_i0e(k) + turned - bessel_gap(k) * (k - other + turned)


def equal_values(a: Any, b: Any) -> bool:
    """Return whether two parameters have the same values."""
    return bool(np.all(np.equal(plain(a), plain(b))))


def _of_one_count(formula: Pair) -> Pair:
    """Return a divergence of laws that count as many tries; others are refused."""

    def checked(p: Any, q: Any) -> Any:
        if not equal_values(p.total_count, q.total_count):
            raise UsageError(
                f"kl_divergence: {p!r} and {q!r} count different numbers of tries; that has no "
                "closed form: pass sampled=True to average over samples"
            )
        return formula(p, q)

    return checked


def _vector(p: Any, q: Any) -> Any:
    outer = q.scale_tril
    stretched = solve_(outer, matmul(p.scale_tril, np.eye(shape_of(outer)[-1], dtype=p.dtype)))
    off = solve_(outer, expand_dims(p.loc - q.loc, axis=-1))
    both = sum_(square(stretched), axis=(-2, -1)) + sum_(square(off), axis=(-2, -1))
    return 0.5 * (both - float(shape_of(outer)[-1])) + q._log_det() - p._log_det()


CLOSED: Mapping[type, Pair] = {
    Normal: _normal,
    LogNormal: _normal,  # the logarithm is one to one
    Laplace: _laplace,
    Exponential: _exponential,
    Uniform: _uniform,
    Gamma: _gamma,
    Beta: _beta,
    Dirichlet: _dirichlet,
    Bernoulli: _coin,
    Geometric: lambda p, q: divide(_coin(p, q), p.probs),
    Binomial: _of_one_count(lambda p, q: p.total_count * _coin(p, q)),
    Categorical: _outcomes,
    OneHotCategorical: _outcomes,
    Poisson: lambda p, q: _cross(p.rate, q.rate) - p.rate + q.rate,
    MultivariateNormal: _vector,
    Cauchy: _cauchy,
    HalfCauchy: _cauchy,  # the sign says nothing
    HalfNormal: _half_normal,
    Gumbel: _gumbel,
    Pareto: _pareto,
    Weibull: _weibull,
    VonMises: _angle,
    InverseGamma: _gamma,  # one over it is one to one
    NegativeBinomial: _of_one_count(
        lambda p, q: p.total_count * divide(_coin(p, q), p.others)
    ),
    Multinomial: _of_one_count(lambda p, q: float(p.total_count) * _outcomes(p, q)),
    DiscreteUniform: _discrete_uniform,
}  # fmt: skip
