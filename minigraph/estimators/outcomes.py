"""Some of the outcomes of one draw: their numbers, probabilities, and costs."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import equal, maximum, where
from ..ops.joins import stack
from ..ops.products import tensordot
from ..ops.reductions import sum_
from ..walk import label
from .branches import Branch
from .choose import Handle, Refusal, call_for, choose_legal
from .edges import why_not_edge
from .marginalize import why_not_marginal


def weighted_slope(p: Data, indices: Sequence[Data], weight: Data, costs: Sequence[Data]) -> Data:
    """Return Σ p(k) · stop(weighted cost at k); the weights are a vector, or mix the costs."""

    def slope(p: Data, weight: Any, *both: Data) -> Data:
        ks, costs = both[: len(indices)], stack(both[len(indices) :])
        gains = tensordot(weight if weight.ndim == 2 else np.diag(weight), costs, 1)
        return tensordot(stack([pick(p, k) for k in ks]), stop_gradient(gains), 1)

    return as_data(function(slope, name="slope")(p, weight, *indices, *costs))


def positive(p: Data) -> Any:
    """Return probabilities without a gradient, none of them 0: a set has to be filled."""
    least = np.sqrt(np.finfo(p.dtype).tiny)
    return function(lambda p: maximum(stop_gradient(p), least), name="P")(p)


def probabilities(law: Any) -> Data:
    """Return the probabilities of all outcomes, differentiable."""
    table = law.outcomes()
    box = function(
        lambda *_: np.stack([law.probability(outcome) for outcome in table]), name="probabilities"
    )
    return as_data(box(*law.inputs))


def pick(p: Data, k: Data) -> Any:
    """Return the probability of outcome number `k`: by a mask, of which many run side by side."""
    return sum_(where(equal(np.arange(p.size), k), p, 0.0))


def without(p: Data, indices: Sequence[Data]) -> Any:
    """Return probabilities with 0 in the place of some."""

    def others(p: Data, *indices: Data) -> Data:
        numbers = np.arange(p.size)
        return functools.reduce(lambda p, k: where(equal(numbers, k), 0.0, p), indices, p)

    return function(others, name="the others")(p, *indices)


def index_of(x: Data, table: Any) -> Data:
    """Return which of the outcomes in `table` the sample is."""

    def index(x: Data) -> Any:
        same = equal(table, x)
        return np.argmax(np.all(same, axis=tuple(range(-x.ndim, 0))) if x.ndim else same)

    return as_data(function(index, name="index")(x))


def branch_at(x: Data, table: Any, k: Data, rng: np.random.Generator) -> Branch:
    """Return where `x` is outcome number `k`."""
    outcomes = Data(np.asarray(table, dtype=x.dtype), constant=True)
    return Branch({x: function(lambda k: outcomes[k], name="outcome")(k)}, rng)


def legal(call: str, y: Data, nodes: Handle, size: int, spare: int) -> list[Data]:
    """Return the chosen draws, or raise for one that cannot be looked at in this way."""
    why_not = functools.partial(why_not_some, size=size, spare=spare)
    chosen = choose_legal(call, y, nodes, why_not)
    for x in chosen:
        count = len(x._node.distribution.outcomes())
        if not 1 <= size <= count - spare:
            raise InputError(
                f"{call}: size={size} for {label(x)} with {count} outcomes; from 1 to "
                f"{count - spare}, or {call_for(x, 'marginalize')}, which looks at all"
            )
    return chosen


def why_not_some(x: Data, size: int, spare: int) -> Refusal | None:
    """Return why `size` outcomes of `x`, and `spare` others, cannot be looked at, or None.

    The draw has to be one of finitely many; of some of them, none may be hidden.
    """
    law = x._node.distribution
    count = math.prod(law.batch_shape)
    if law.batch_shape != () or law.outcomes() is None:
        what = f"is made of {count} draws" if law.batch_shape else "has no finite outcomes"
        return Refusal(f"{label(x)} ~ {type(law).__name__} {what}", call_for(x, "unblock"))
    all_seen = len(law.outcomes()) <= size + spare
    return why_not_marginal(x) or (None if all_seen else why_not_edge(x))
