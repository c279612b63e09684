"""Weak derivatives of laws of continuous numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import (
    absolute,
    divide,
    exp,
    expm1,
    less,
    log,
    log1p,
    power,
    reciprocal,
    sqrt,
    square,
    where,
)
from ..ops.trigonometry import arcsin
from .base import Distribution
from .bernoulli import Bernoulli
from .gamma import Gamma, StandardGamma
from .noise import OpenUniform, StandardExponential, StandardUniform
from .normal import Normal
from .special import log_i0e
from .tails import log_t_density
from .von_mises import in_one_turn
from .weak import Weak


def _waiting(law: Any) -> StandardExponential:
    return StandardExponential(law.shape, law.dtype)


def normal(law: Any, x: Any) -> dict[str, Any]:
    """A Rayleigh number on either side of the mean; a two-sided Maxwell number, shrunk or not.

    A Maxwell number times a uniform one is a normal number.
    """
    shape, dtype = law.shape, law.dtype
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
            lambda e: law.loc + step(e), lambda e: law.loc - step(e), [_waiting(law)],
        ),
        "scale": Weak(
            reciprocal(law.scale), far, near, [*maxwell, StandardUniform(shape, dtype)]
        ),
    }  # fmt: skip


def through(law: Any, x: Any) -> dict[str, Any]:
    """The normal numbers of a log-normal law, sent through the exponential function."""
    base = Normal(law.loc, law.scale)
    return {name: weak.after(exp) for name, weak in normal(base, None).items()}


def half_normal(law: Any, x: Any) -> dict[str, Any]:
    """A Maxwell number: three squares instead of one; and the law itself."""
    more = lambda e: sqrt(square(x) + 2.0 * e * square(law.scale))
    return {"scale": Weak(reciprocal(law.scale), more, None, [_waiting(law)])}


def around(law: Any, height: Any, far: Any, noise: Any) -> Weak:
    """Return the derivative in the middle of a law that falls off alike on both sides.

    On either side is a number whose density is minus the slope of the density; `far` makes it from
    noise for scale 1, where `height` is the largest density.
    """
    return Weak(
        divide(height, law.scale),
        lambda e: law.loc + law.scale * far(e), lambda e: law.loc - law.scale * far(e), [noise],
    )  # fmt: skip


def laplace(law: Any, x: Any) -> dict[str, Any]:
    """An exponential number on either side; a distance that is the sum of two, and the law."""
    off = x - law.loc
    longer = lambda e: law.loc + where(less(off, 0.0), -1.0, 1.0) * (absolute(off) + law.scale * e)
    return {
        "loc": around(law, 0.5, lambda e: e, _waiting(law)),
        "scale": Weak(reciprocal(law.scale), longer, None, [_waiting(law)]),
    }


def logistic(law: Any, x: Any) -> dict[str, Any]:
    """Where the density is a uniform share of its height, on either side."""

    def far(u: Any) -> Any:
        side = 0.5 * sqrt(1.0 - u)
        return log(0.5 + side) - log(0.5 - side)

    return {"loc": around(law, 0.25, far, OpenUniform(law.shape, law.dtype))}


def gumbel(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, minus the logarithm of one exponential number, and that of a sum of two."""

    def lower(e: Any) -> Any:
        return law.loc - law.scale * log(exp(-divide(x - law.loc, law.scale)) + e)

    return {"loc": Weak(reciprocal(law.scale), None, lower, [_waiting(law)])}


def _ratio(law: Any, df: Any) -> list[Distribution]:
    """Return the laws whose ratio is z² / df for z with density ∝ z² (1 + z²/df)^(-(df+3)/2)."""
    return [Gamma(np.full(law.shape, 1.5), 1.0), Gamma(0.5 * df + np.zeros(law.shape), 1.0)]


def student_t(law: Any, x: Any) -> dict[str, Any]:
    """Where the density is a uniform share of its height; a two-sided root of a ratio, and it."""
    return _power_tailed(law, law.df, exp(log_t_density(law.df, 0.0)))


def _power_tailed(law: Any, df: Any, height: Any) -> dict[str, Any]:
    """Of the density ∝ (1 + z²/df)^(-(df+1)/2), the largest of which is `height`."""
    far = lambda u: sqrt(df * expm1(divide(-2.0 * log(u), df + 1.0)))
    side = Bernoulli(np.full(law.shape, 0.5))
    wide = lambda g, h, s: law.loc + law.scale * (2.0 * s - 1.0) * sqrt(df * divide(g, h))
    return {
        "loc": around(law, height, far, OpenUniform(law.shape, law.dtype)),
        "scale": Weak(reciprocal(law.scale), wide, None, [*_ratio(law, df), side]),
    }


def cauchy(law: Any, x: Any) -> dict[str, Any]:
    """Student's t with one degree of freedom."""
    return _power_tailed(law, 1.0 + np.zeros(law.shape), 1.0 / math.pi)


def half_cauchy(law: Any, x: Any) -> dict[str, Any]:
    """The root of a ratio of gamma numbers, and the law itself."""
    wide = lambda g, h: law.scale * sqrt(divide(g, h))
    return {"scale": Weak(reciprocal(law.scale), wide, None, _ratio(law, 1.0))}


def pareto(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and the smallest value; and, in alpha, a logarithm that is longer."""
    further = lambda e: x * exp(divide(e, law.alpha))
    return {
        "scale": Weak(divide(law.alpha, law.scale), None, lambda: law.scale + 0.0 * x),
        "alpha": Weak(reciprocal(law.alpha), None, further, [_waiting(law)]),
    }


def kumaraswamy(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and that with a tail which is the product of two."""
    a, b = law.concentration1, law.concentration0

    def further(e: Any) -> Any:
        return power(-expm1(log1p(-power(x, a)) - divide(e, b)), reciprocal(a))

    return {"concentration0": Weak(reciprocal(b), None, further, [_waiting(law)])}


def inverse_gamma(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and that with one unit of concentration more."""
    more = lambda e: reciprocal(reciprocal(x) + divide(e, law.rate))
    return {"rate": Weak(divide(law.concentration, law.rate), None, more, [_waiting(law)])}


def von_mises(law: Any, x: Any) -> dict[str, Any]:
    """An angle on either side whose density is minus the slope of the density."""
    k = law.concentration
    least = exp(-2.0 * k)

    def off(u: Any) -> Any:
        return 2.0 * arcsin(sqrt(divide(-log(u + (1.0 - u) * least), 2.0 * k)))

    return {"loc": Weak(
        (1.0 - least) * exp(-log_i0e(k)) * (0.5 / math.pi),
        lambda u: in_one_turn(law.loc + off(u)), lambda u: in_one_turn(law.loc - off(u)),
        [OpenUniform(law.shape, law.dtype)],
    )}  # fmt: skip


def exponential(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and the sum of two."""
    longer = lambda e: x + divide(e, law.rate)
    return {"rate": Weak(reciprocal(law.rate), None, longer, [_waiting(law)])}


def gamma(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and that with one unit of concentration more."""
    more = lambda e: x + divide(e, law.rate)
    return {"rate": Weak(divide(law.concentration, law.rate), None, more, [_waiting(law)])}


def weibull(law: Any, x: Any) -> dict[str, Any]:
    """The root of a sum of two exponential numbers, and the law itself, the root of one."""
    k = law.concentration

    def longer(e: Any) -> Any:
        return law.scale * power(power(divide(x, law.scale), k) + e, reciprocal(k))

    return {"scale": Weak(divide(k, law.scale), longer, None, [_waiting(law)])}


def uniform(law: Any, x: Any) -> dict[str, Any]:
    """What flows over an edge: the edge, and the law itself."""
    density = reciprocal(law.high - law.low)
    return {
        "low": Weak(density, None, lambda: law.low),
        "high": Weak(density, lambda: law.high, None),
    }
