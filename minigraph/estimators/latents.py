"""Latent numbers of finite draws: X is where a noisy logit is positive, or largest.

A coin shows 1 where logit(p) plus logistic noise is positive; of K outcomes that one comes whose
logit plus Gumbel noise is largest. The latent numbers are drawn *given* X, from their posterior, so
that a sample that is there already gets latent numbers which agree with it. A sigmoid or a softmax
of them, instead of a step, is a relaxed sample.

Source: Maddison, Mnih and Teh 2017, *The Concrete Distribution*, https://arxiv.org/abs/1611.00712;
Jang, Gu and Poole 2017, *Categorical Reparameterization with Gumbel-Softmax*,
https://arxiv.org/abs/1611.01144; Tucker et al. 2017, *REBAR*, appendix A (posteriors),
https://arxiv.org/abs/1703.07370
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..distributions.base import Distribution
from ..distributions.noise import OpenUniform
from ..distributions.sampling import sample
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient, within
from ..ops.elementwise import greater, log, sigmoid, where
from ..ops.reductions import softmax, sum_
from ..walk import label
from .choose import Refusal, call_for
from .edges import finite_logits, is_coin, off_edges, why_not_edge


class Latent(NamedTuple):
    """How a law makes its samples from latent numbers of the same shape.

    ``given(law, x, v)`` are the latent numbers that gave `x`, made from uniform noise `v`;
    ``soft(z, temperature)`` is the relaxed sample.
    """

    given: Callable[[Any, Any, Any], Any]
    soft: Callable[[Any, Any], Any]


def _coin_given(law: Any, x: Any, v: Any) -> Any:
    one, p = greater(x, 0.0), off_edges(law.full(law.probs), law.dtype)
    q = 1.0 - p
    below = where(one, v * p, p + v * q)  # P(the logistic number is larger)
    above = where(one, q + (1.0 - v) * p, (1.0 - v) * q)
    return finite_logits(law) + log(above) - log(below)


def _one_hot_given(law: Any, x: Any, v: Any) -> Any:
    one, largest = greater(x, 0.0), -log(v)
    winner = sum_(where(one, largest, 0.0), axis=-1, keepdims=True)
    p = where(one, 1.0, off_edges(law.full(law.probs), law.dtype))
    return -log(where(one, largest, largest / p + winner))


COIN = Latent(_coin_given, lambda z, temperature: sigmoid(z / temperature))
ONE_HOT = Latent(_one_hot_given, lambda z, temperature: softmax(z / temperature, axis=-1))


def latent_of(law: Distribution) -> Latent | None:
    """Return how a law makes its samples from latent numbers; None if it does not."""
    if is_coin(law):
        return COIN
    outcomes = law.outcomes() if law.event_ndim == 1 and hasattr(type(law), "logits") else None
    one_hot = outcomes is not None and np.array_equal(outcomes, np.eye(law.event_shape[0]))
    return ONE_HOT if one_hot else None


def heat_of(x: Data, temperature: Any) -> Data:
    """Return the temperature of relaxed samples of `x`, refused where it is bad, as in a replay."""
    heat, limits = as_data(temperature), np.finfo(np.float64)
    problem = f"relaxation of {label(x)}: the temperature must be positive and finite"
    checked = within(heat, heat, low=limits.tiny, high=limits.max, problem=problem)
    return heat if heat._literal else checked


def given(law: Any, x: Data, rng: Any) -> Data:
    """Return latent numbers that agree with the sample `x`; gradients reach the parameters."""
    latent: Any = latent_of(law)
    v = sample(OpenUniform(x.shape), f"noise given {x.name}" if x.name else "noise", rng=rng)
    box = function(lambda v, x, *_: latent.given(law, x, v), name="latent given X")
    return box(v, x, *law.inputs)


def with_held_noise(law: Any, z: Data) -> Data:
    """Return the latent numbers `z` as logits plus noise that does not depend on anything."""

    def held(z: Data, *_: Data) -> Data:
        logits = finite_logits(law)
        return stop_gradient(z) + (logits - stop_gradient(logits))

    return function(held, name="held noise")(z, *law.inputs)


def why_not_latent(x: Data) -> Refusal | None:
    """Return why the draw `x` cannot be relaxed, or None if it can."""
    law = x._node.distribution
    if latent_of(law) is not None:
        return why_not_edge(x)
    return Refusal(
        f"{label(x)} ~ {type(law).__name__} is neither made of coins nor one-hot",
        f"draw an index as a vector, mg.OneHotCategorical, or {call_for(x, 'reinforce')}",
    )
