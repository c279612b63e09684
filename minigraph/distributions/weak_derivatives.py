"""Weak derivatives: the derivative of a law in a parameter, as a difference of two laws.

∂P_θ/∂θ = c (P⁺ - P⁻) with a constant c and two laws, so ∂ E[F(X)] = c (E[F(X⁺)] - E[F(X⁻)]). The
two are coupled here: made from the same noise, or one from the other, which makes the variance of
the difference small. Where one of them is the law itself, it is the sample that there is already.

A new law is a line in `TABLE`, or has a method ``weak_derivatives(x)`` of its own.

Source: Mohamed, Rosca, Figurnov and Mnih 2020, *Monte Carlo Gradient Estimation in Machine
Learning*, table 1 and section 7.2 (coupling), https://arxiv.org/abs/1906.10652; Pflug 1989 and
Heidergott and Vázquez-Abad 2000 for the counts; the others by differentiating the density.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ops.elementwise import divide, power, reciprocal, sqrt
from .base import Distribution
from .bernoulli import Bernoulli
from .binomial import Binomial
from .categorical import Categorical
from .exponential import Exponential, Weibull
from .gamma import Gamma, StandardGamma
from .geometric import Geometric
from .noise import StandardExponential, StandardUniform
from .normal import Normal
from .poisson import Poisson
from .uniform import Uniform

Sampler = Callable[..., Any]  # from draws of the noise to a sample


class Weak(NamedTuple):
    """The derivative of a law in one parameter.

    ``positive`` and ``negative`` take a draw of each law in ``noise``, and return samples of the
    two laws, of the shape of the sample; None is the sample itself.
    """

    constant: Any
    positive: Sampler | None
    negative: Sampler | None
    noise: Sequence[Distribution] = ()


def normal(law: Any, x: Any) -> dict[str, Any]:
    """A Rayleigh number on either side of the mean; a two-sided Maxwell number, shrunk or not.

    A Maxwell number times a uniform one is a normal number.
    """
    shape, dtype = law.shape, law.dtype
    energy = StandardExponential(shape, dtype)
    maxwell = [StandardGamma(np.full(shape, 1.5)), Bernoulli(np.full(shape, 0.5))]

    def step(e: Any) -> Any:
        return law.scale * sqrt(2.0 * e)

    def far(g: Any, side: Any, u: Any) -> Any:
        return law.loc + law.scale * (sqrt(2.0 * g) * (2.0 * side - 1.0))

    def near(g: Any, side: Any, u: Any) -> Any:
        return law.loc + law.scale * (sqrt(2.0 * g) * (2.0 * side - 1.0) * u)

    return {
        "loc": Weak(
            divide(1.0 / math.sqrt(2.0 * math.pi), law.scale),
            lambda e: law.loc + step(e), lambda e: law.loc - step(e), [energy],
        ),
        "scale": Weak(
            reciprocal(law.scale), far, near, [*maxwell, StandardUniform(shape, dtype)]
        ),
    }  # fmt: skip


def exponential(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and the sum of two."""
    waiting = StandardExponential(law.shape, law.dtype)
    longer = lambda e: x + divide(e, law.rate)
    return {"rate": Weak(reciprocal(law.rate), None, longer, [waiting])}


def gamma(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and that with one unit of concentration more."""
    waiting = StandardExponential(law.shape, law.dtype)
    more = lambda e: x + divide(e, law.rate)
    return {"rate": Weak(divide(law.concentration, law.rate), None, more, [waiting])}


def weibull(law: Any, x: Any) -> dict[str, Any]:
    """The root of a sum of two exponential numbers, and the law itself, the root of one."""
    k, waiting = law.concentration, StandardExponential(law.shape, law.dtype)

    def longer(e: Any) -> Any:
        return law.scale * power(power(divide(x, law.scale), k) + e, reciprocal(k))

    return {"scale": Weak(divide(k, law.scale), longer, None, [waiting])}


def uniform(law: Any, x: Any) -> dict[str, Any]:
    """What flows over an edge: the edge, and the law itself."""
    density = reciprocal(law.high - law.low)
    return {
        "low": Weak(density, None, lambda: law.low),
        "high": Weak(density, lambda: law.high, None),
    }


def poisson(law: Any, x: Any) -> dict[str, Any]:
    """One more, and the law itself."""
    return {"rate": Weak(np.ones(law.shape), lambda: x + 1.0, None)}


def by_logits(law: Any, weak: Weak) -> dict[str, Any]:
    """Return the derivative in the log-odds beside that in the probability."""
    slope = law.probs * (1.0 - law.probs)
    return {"probs": weak, "logits": weak._replace(constant=weak.constant * slope)}


def bernoulli(law: Any, x: Any) -> dict[str, Any]:
    """1 and 0."""
    return by_logits(law, Weak(np.ones(law.shape), lambda: 0 * x + 1.0, lambda: 0 * x))


def binomial(law: Any, x: Any) -> dict[str, Any]:
    """One coin, picked at random, that falls on either side; the others stay."""
    n = law.total_count
    heads = Bernoulli(divide(x, np.maximum(n, 1.0)))
    return by_logits(law, Weak(1.0 * n, lambda h: x - h + 1.0, lambda h: x - h, [heads]))


def geometric(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and the failures before the second success, and one more."""
    more = Weak(reciprocal(law.probs), None, lambda again: x + again + 1.0, [law])
    return by_logits(law, more)


def categorical(law: Any, x: Any) -> dict[str, Any]:
    """For each outcome: that one, and the law itself."""

    def one(k: int, constant: Any) -> Weak:
        return Weak(constant, lambda: 0 * x + float(k), None)

    p = law.probs
    if "logits" in law.parameters:
        return {"logits": [one(k, p[..., k]) for k in range(law.size)]}
    total = np.sum(law.parameters["probs"], axis=-1)
    return {"probs": [one(k, reciprocal(total)) for k in range(law.size)]}


TABLE: Mapping[type[Distribution], Callable[[Any, Any], dict[str, Any]]] = {
    Bernoulli: bernoulli, Binomial: binomial, Categorical: categorical, Exponential: exponential,
    Gamma: gamma, Geometric: geometric, Normal: normal, Poisson: poisson, Uniform: uniform,
    Weibull: weibull,
}  # fmt: skip


def weak_derivatives(law: Distribution, x: Any) -> dict[str, list[Weak]]:
    """Return the weak derivatives of a law, by parameter, with the sample `x` at hand.

    A list has one for each entry of the last axis of a parameter that is a vector, else one.
    """
    own = getattr(law, "weak_derivatives", None)
    rule = TABLE.get(type(law))
    found = own(x) if own is not None else rule(law, x) if rule is not None else {}
    return {
        name: [weak] if isinstance(weak, Weak) else list(weak)
        for name, weak in found.items() if name in law.parameters
    }  # fmt: skip
