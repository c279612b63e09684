"""A softmax, its logsumexp and a draw by it share their exponentials, which take longest by far.

With m the largest element, eᵢ = exp(xᵢ - m) and s = Σ eᵢ: logsumexp x = m + log s, softmaxᵢ = eᵢ/s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..distributions.categorical import Categorical
from ..graph import rewrite, same_draw
from ..nodes import StochasticNode, result
from ..ops.elementwise import add, divide, exp, log, log_ratio, maximum, minimum, multiply, subtract
from ..ops.reductions import folded_axes, logsumexp, max_, sum_
from ..ops.shaping import reshape
from ..walk import ancestors, below_draws
from .writing import MANY


class Parts(NamedTuple):
    """What a softmax and its logsumexp are made of: the largest element, eᵢ, and s."""

    largest: Data
    each: Data
    total: Data


def parts_of(x: Data, axes: tuple[int, ...]) -> Parts:
    """Return the parts; where the largest element is infinite, those of its like are 1."""
    limit = float(np.finfo(x.dtype).max)
    largest = max_(x, axis=axes, keepdims=True)
    near = maximum(minimum(largest, limit), -limit)  # infinity less infinity is no number
    each = exp(minimum(subtract(x, near), 0.0))
    return Parts(largest, each, sum_(each, axis=axes, keepdims=True))


def with_shared_exponentials(outputs: Sequence[Data]) -> list[Data]:
    """Return `outputs` in a graph where a softmax is a quotient of what its logsumexp adds up."""
    found = ancestors(outputs)
    softmaxes = {data: total for data in found if (total := sum_of(data)) is not None}
    if not softmaxes:
        return [*outputs]
    many = below_draws(found)
    wanted = {
        total: (x := origin(total._node.inputs[0]), folded_axes(x, total._node.fixed.get("axis")))
        for total in softmaxes.values()
        if total in many or math.prod(total._node.inputs[0].shape) >= MANY
    }
    keys = set(wanted.values())
    # x - logsumexp x is no number if that is infinite; its slope says what the chances tend to.
    plain = {wanted.get(t) for data, t in softmaxes.items() if data._node.inputs[0]._op is subtract}
    parts: dict[Any, Parts] = {}

    def shared(key: Any, x: Data) -> Parts:
        if key not in parts:
            parts[key] = parts_of(x, key[1])
        return parts[key]

    def change(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data in wanted:
            largest, _, total = shared(wanted[data], inputs[0])
            return reshape(add(log(total), largest), shape=data.shape)
        if (whole := softmaxes.get(data)) in wanted:
            largest, each, total = parts[wanted[whole]]
            if wanted[whole] in plain:
                return divide(each, add(total, multiply(largest, 0.0)))
            return divide(each, maximum(total, 1.0))  # 0 if all were -inf, else 1 at least
        key = logits_of(data)
        if key not in keys:
            return None
        law = data._node.distribution.by_weights(inputs[0], shared(key, inputs[0]).each)
        return result(data._value, same_draw(data._node, law))

    with np.errstate(all="ignore"):
        return rewrite(outputs, change)


def sum_of(data: Data) -> Data | None:
    """Return the logsumexp of a softmax exp(x - logsumexp x), None if `data` is none."""
    inner: Any = data._node.inputs[0] if data._op is exp else None
    if type(inner) is not Data or inner._op not in (log_ratio, subtract):
        return None
    x, total = inner._node.inputs
    while total._op is reshape:
        total = total._node.inputs[0]
    of_x = total._op is logsumexp and origin(total._node.inputs[0]) is origin(x)
    return total if of_x and data.dtype == x.dtype and data.shape == x.shape else None


def logits_of(data: Data) -> tuple[Data, tuple[int, ...]] | None:
    """Return the logits of a categorical draw and the axis of its outcomes."""
    node = data._node
    law = node.distribution if isinstance(node, StochasticNode) else None
    if type(law) is not Categorical or "logits" not in law.parameters:
        return None
    x = origin(node.inputs[0])
    return x, (x.ndim - 1,)


def origin(data: Data) -> Data:
    """Return where the value of `data` comes from."""
    while getattr(data._op, "passes", False):
        data = data._node.inputs[0]
    return data
