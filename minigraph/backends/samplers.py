"""Draws made of gamma, Poisson and binomial numbers, which a library draws itself.

It has to know their parameters, which may differ from sample to sample; so these are made where the
program runs, and noise that comes from outside is not enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..distributions.beta import StandardBeta
from ..distributions.binomial import Binomial
from ..distributions.dirichlet import SharedGammas
from ..distributions.gamma import StandardGamma
from ..distributions.multinomial import Multinomial, OneHotCategorical
from ..distributions.negative_binomial import NegativeBinomial
from ..distributions.poisson import Poisson
from ..distributions.student_t import StandardT
from ..replay.program import Draw

# Of "normal", "uniform", "exponential", "gamma", "poisson", "binomial".
Numbers = Mapping[str, Callable[..., Any]]


def log_gamma(xp: Any, of: Numbers, a: Any, kind: Any) -> Any:
    """Return logarithms of gamma numbers, which do not run off where these are next to 0.

    Source: Marsaglia and Tsang 2000, section 6, https://doi.org/10.1145/358407.358414
    """
    u = xp.clip(of["uniform"](), float(kind.tiny), None)
    return xp.log(of["gamma"](a + 1.0)) + xp.log(u) / a


def _gamma(words: Any, of: Numbers, p: Mapping[str, Any], draw: Draw) -> Any:
    kind = np.finfo(draw.law.dtype)
    return words.xp.clip(of["gamma"](p["concentration"]), float(kind.tiny), None)


def _beta(words: Any, of: Numbers, p: Mapping[str, Any], draw: Draw) -> Any:
    kind, xp = np.finfo(draw.law.dtype), words.xp
    a, b = (log_gamma(xp, of, c, kind) for c in (p["concentration1"], p["concentration0"]))
    return xp.clip(words.sigmoid(a - b), float(kind.tiny), 1.0 - float(kind.epsneg))


def _t(words: Any, of: Numbers, p: Mapping[str, Any], draw: Draw) -> Any:
    kind, xp = np.finfo(draw.law.dtype), words.xp
    most = 1e-20 * float(kind.max)
    spread = log_gamma(xp, of, 0.5 * p["df"], kind) + math.log(2.0)
    return xp.clip(of["normal"]() * xp.exp(0.5 * (xp.log(p["df"]) - spread)), -most, most)


def chance_of(words: Any, p: Mapping[str, Any]) -> Any:
    """Return the probability of the event of a coin."""
    return words.sigmoid(p["logits"]) if "logits" in p else p["probs"]


def _binomial(words: Any, of: Numbers, p: Mapping[str, Any], draw: Draw) -> Any:
    return of["binomial"](p["total_count"], chance_of(words, p))


def _negative_binomial(words: Any, of: Numbers, p: Mapping[str, Any], draw: Draw) -> Any:
    """Return Poisson numbers whose rates are gamma numbers times the odds."""
    odds = words.xp.exp(p["logits"]) if "logits" in p else p["probs"] / (1.0 - p["probs"])
    return of["poisson"](of["gamma"](p["total_count"]) * odds)


def softened(words: Any, logits: Any) -> Any:
    """Return weights with these logarithms but for a constant, the largest of them 1."""
    return words.exp(logits - words.max(logits, axis=-1, keepdims=True))


def _multinomial(words: Any, of: Numbers, p: Mapping[str, Any], draw: Draw) -> Any:
    """Return counts one after the other: each is binomial, given those before it."""
    xp, rest = words.xp, float(draw.law.total_count)
    counts: list[Any] = []
    table = softened(words, p["logits"]) if "logits" in p else p["probs"]
    left = words.sum(table, axis=-1)
    for k in range(draw.shape[-1] - 1):
        share = table[..., k] / xp.where(left > 0.0, left, 1.0)
        counts.append(of["binomial"](rest, xp.clip(share, 0.0, 1.0)))
        rest, left = rest - counts[-1], left - table[..., k]
    last = counts[0] * 0.0 + rest if counts else xp.ones(draw.shape[:-1]) * rest
    return xp.stack([*counts, last], -1)


MADE: Mapping[type, Callable[[Any, Numbers, Any, Draw], Any]] = {
    StandardGamma: _gamma, SharedGammas: _gamma, StandardBeta: _beta, StandardT: _t,
    Poisson: lambda words, of, p, draw: of["poisson"](p["rate"]), Binomial: _binomial,
    NegativeBinomial: _negative_binomial, Multinomial: _multinomial,
    OneHotCategorical: _multinomial,
}  # fmt: skip


def made(words: Any, of: Numbers, draw: Draw, inputs: tuple[Any, ...]) -> Any:
    """Return the sample of a law with these parameters; `of` makes numbers that depend on them."""
    parameters = dict(zip(draw.law.parameters, map(words.array, inputs), strict=True))
    return MADE[type(draw.law)](words, of, parameters, draw)
