"""The random numbers of a compiled function: noise, and the few draws that noise makes anywhere.

Everything is made of standard normal, uniform and exponential numbers, which every library has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..distributions.bernoulli import Bernoulli
from ..distributions.categorical import Categorical
from ..distributions.discrete_uniform import DiscreteUniform
from ..distributions.empirical import Empirical
from ..distributions.geometric import Geometric
from ..distributions.half import StandardHalfCauchy, StandardHalfNormal
from ..distributions.noise import (
    OpenUniform,
    StandardExponential,
    StandardNormal,
    StandardUniform,
)
from ..distributions.standards import (
    StandardCauchy,
    StandardGumbel,
    StandardLaplace,
    StandardLogistic,
)
from ..ops.elementwise import astype, divide, exp, floor, log1p, minimum, sigmoid
from ..ops.reductions import cumsum, max_, sum_
from ..replay.program import Draw
from .samplers import Numbers, chance_of, softened


def _laplace(xp: Any, of: Numbers, least: float) -> Any:
    """Return -log of what is left at the nearer end, with the sign of the half."""
    u = of["uniform"]()
    off = xp.clip(0.5 - abs(u - 0.5), least, None)
    return xp.where(u < 0.5, xp.log(2.0 * off), -xp.log(2.0 * off))


def _open(xp: Any, of: Numbers, least: float) -> Any:
    return xp.clip(of["uniform"](), least, None)


def _logistic(xp: Any, of: Numbers, least: float) -> Any:
    u = _open(xp, of, least)
    return xp.log(u) - xp.log1p(-u)


NOISE: Mapping[type, Callable[[Any, Numbers, float], Any]] = {
    StandardNormal: lambda xp, of, least: of["normal"](),
    StandardUniform: lambda xp, of, least: of["uniform"](),
    OpenUniform: _open,
    StandardExponential: lambda xp, of, least: xp.clip(of["exponential"](), least, None),
    StandardLaplace: _laplace,
    StandardLogistic: _logistic,
    StandardGumbel: lambda xp, of, least: -xp.log(xp.clip(of["exponential"](), least, None)),
    StandardCauchy: lambda xp, of, least: xp.tan(math.pi * (of["uniform"]() - 0.5)),
    StandardHalfNormal: lambda xp, of, least: abs(of["normal"]()),
    StandardHalfCauchy: lambda xp, of, least: xp.tan(0.5 * math.pi * of["uniform"]()),
}


# What these need of a library.
NEEDED = (sigmoid, log1p, floor, minimum, divide, exp, max_, cumsum, sum_, astype)


# Draws made from a uniform number and from parameters; `words` are those of the library ---------
def _discrete_uniform(words: Any, u: Any, parameters: Mapping[str, Any]) -> Any:
    low, high = parameters["low"], parameters["high"]
    found = low + words.floor(u * (high - low + 1))
    return words.minimum(found, high + 0.0 * found)  # which rounding may have passed


def _geometric(words: Any, u: Any, parameters: Mapping[str, Any]) -> Any:
    """Return how often log(1 - p) fits into log(1 - u)."""
    fails = words.log1p(-chance_of(words, parameters))
    return words.floor(words.divide(words.log1p(-u), fails))


def _categorical(words: Any, u: Any, parameters: Mapping[str, Any]) -> Any:
    """Return how many of the running totals a part of the whole has passed."""
    p = parameters.get("probs")
    if p is None:
        p = softened(words, parameters["logits"])
    total = words.cumsum(p, axis=-1)
    return words.sum(u[..., None] * total[..., -1:] >= total, axis=-1)


def _empirical(words: Any, u: Any, parameters: Mapping[str, Any]) -> Any:
    """Return the row in which a part of all of them ends."""
    rows = words.array(parameters["samples"])
    count, each = rows.shape[0], rows.reshape(rows.shape[0], -1)
    k = words.astype(words.minimum(words.floor(u * count), count - 1.0 + 0.0 * u), dtype="int64")
    ones = words.astype(0.0 * each[0] + 1.0, dtype="int64")
    at = k[..., None] * each.shape[1] + words.cumsum(ones, axis=-1) - 1
    return words.pick(rows, at).reshape(tuple(k.shape) + tuple(rows.shape[1:]))


PLACED: Mapping[type, Callable[[Any, Any, Mapping[str, Any]], Any]] = {
    Bernoulli: lambda words, u, parameters: u < chance_of(words, parameters),
    Geometric: _geometric, Categorical: _categorical, DiscreteUniform: _discrete_uniform,
    Empirical: _empirical,
}  # fmt: skip


def base(xp: Any, draw: Draw, of: Numbers) -> Any:
    """Return the noise that a draw is, or that it is made from."""
    make, least = NOISE.get(type(draw.law)), float(np.finfo(draw.law.dtype).tiny)
    return of["uniform"]() if make is None else make(xp, of, least)


def placed(words: Any, draw: Draw, noise: Any, inputs: tuple[Any, ...]) -> Any:
    """Return the sample of a law with these parameters, made from `noise`."""
    parameters = dict(zip(draw.law.parameters, inputs, strict=True))
    return PLACED[type(draw.law)](words, noise, parameters)
