"""How far one law is from another: the Kullback-Leibler divergence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import UsageError
from ..graph import Data
from ..ops.base import as_data
from ..ops.boxes import function
from ..ops.elementwise import absolute, divide, equal, exp, log, logical_and, square, where
from ..ops.factorizations import solve_
from ..ops.linear import matmul
from ..ops.reductions import sum_
from ..ops.shaping import expand_dims, shape_of
from ..ops.special import digamma, gammaln
from .base import Distribution
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .composite import Independent
from .dirichlet import Dirichlet
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .location_scale import Laplace
from .multinomial import OneHotCategorical
from .multivariate_normal import MultivariateNormal
from .normal import LogNormal, Normal
from .poisson import Poisson
from .sampling import sample
from .special import betaln, xlogy
from .streams import Rng
from .uniform import Uniform


def _normal(p: Any, q: Any) -> Any:
    ratio = divide(p.scale, q.scale)
    off = divide(p.loc - q.loc, q.scale)
    return 0.5 * (square(ratio) + square(off) - 1.0) - log(ratio)


def _laplace(p: Any, q: Any) -> Any:
    ratio, off = divide(p.scale, q.scale), divide(absolute(p.loc - q.loc), p.scale)
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
    return _cross(p.probs, q.probs) + _cross(p.others, q.others)


def _geometric(p: Any, q: Any) -> Any:
    return divide(_coin(p, q), p.probs)


def _binomial(p: Any, q: Any) -> Any:
    same = np.equal(p.total_count, q.total_count)
    if not np.all(same.value if isinstance(same, Data) else same):
        raise UsageError(
            f"kl_divergence: {p!r} and {q!r} count different numbers of coins; that has no closed "
            "form: pass sampled=True to average over samples"
        )
    return p.total_count * _coin(p, q)


def _outcomes(p: Any, q: Any) -> Any:
    return sum_(_cross(p.probs, q.probs), axis=-1)


def _poisson(p: Any, q: Any) -> Any:
    return _cross(p.rate, q.rate) - p.rate + q.rate


def _vector(p: Any, q: Any) -> Any:
    outer = q.scale_tril
    stretched = solve_(outer, matmul(p.scale_tril, np.eye(shape_of(outer)[-1])))
    off = solve_(outer, expand_dims(p.loc - q.loc, axis=-1))
    both = sum_(square(stretched), axis=(-2, -1)) + sum_(square(off), axis=(-2, -1))
    return 0.5 * (both - float(shape_of(outer)[-1])) + q._log_det() - p._log_det()


def _independent(p: Any, q: Any) -> Any:
    if p.folded != q.folded:
        raise UsageError(f"kl_divergence: {p!r} and {q!r} have different event axes")
    return p._fold(_closed(p.base, q.base)(p.base, q.base))


CLOSED: Mapping[tuple[type, type], Callable[[Any, Any], Any]] = MappingProxyType({
    (Normal, Normal): _normal,
    (LogNormal, LogNormal): _normal,  # the logarithm is one to one
    (Laplace, Laplace): _laplace,
    (Exponential, Exponential): _exponential,
    (Uniform, Uniform): _uniform,
    (Gamma, Gamma): _gamma,
    (Beta, Beta): _beta,
    (Dirichlet, Dirichlet): _dirichlet,
    (Bernoulli, Bernoulli): _coin,
    (Geometric, Geometric): _geometric,
    (Binomial, Binomial): _binomial,
    (Categorical, Categorical): _outcomes,
    (OneHotCategorical, OneHotCategorical): _outcomes,
    (Poisson, Poisson): _poisson,
    (MultivariateNormal, MultivariateNormal): _vector,
    (Independent, Independent): _independent,
})  # fmt: skip


def _closed(p: Distribution, q: Distribution) -> Callable[[Any, Any], Any]:
    found = CLOSED.get((type(p), type(q)))
    if found is None:
        raise UsageError(
            f"kl_divergence: no closed form for {type(p).__name__} and {type(q).__name__}; pass "
            "sampled=True to average over samples"
        )
    return found


def kl_divergence(
    p: Distribution, q: Distribution, *, sampled: bool = False, rng: Rng = None
) -> Data:
    """Return KL(p ‖ q) = E[log p(X) - log q(X)], X ~ p, in nats, of the batch shape.

    One rectangle in pictures, differentiable in the parameters of both laws.

    Parameters
    ----------
    p, q : Distribution
        Two laws.
    sampled : bool
        Return log p(X) - log q(X) of one sample instead of a closed form. X is a draw of the graph
        like any other: `mg.expectation` averages over it, and a gradient for parameters of p needs
        a rewrite, `mg.unblock`.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the randomness of this sample comes from.

    Raises
    ------
    UsageError
        If one of them is no law, or the pair has no closed form and `sampled` is not asked for.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.kl_divergence(mg.Normal(1.0, 1.0), mg.Normal(0.0, 1.0)).value
    0.5
    """
    for law in (p, q):
        if not isinstance(law, Distribution):
            raise UsageError(f"kl_divergence: got {type(law).__name__}, needs two distributions")
    if sampled:
        x = sample(p, rng=rng)
        return p.log_prob(x) - q.log_prob(x)
    formula = _closed(p, q)
    n = len(p.inputs)

    def kl(*inputs: Any) -> Any:
        return formula(p.with_inputs(inputs[:n]), q.with_inputs(inputs[n:]))

    with np.errstate(all="ignore"):
        return as_data(function(kl, name="KL")(*p.inputs, *q.inputs))
