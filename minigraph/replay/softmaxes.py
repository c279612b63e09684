"""A softmax, its logsumexp and a draw by it share their exponentials, which take longest by far.

With m the largest element, eᵢ = exp(xᵢ - m) and s = Σ eᵢ: logsumexp x = m + log s, softmaxᵢ = eᵢ/s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..distributions.categorical import Categorical
from ..graph import rewrite, same_draw
from ..nodes import StochasticNode, result
from ..ops.elementwise import add, divide, exp, log, log_ratio, maximum, minimum, multiply, subtract
from ..ops.reductions import folded_axes, log_softmax, logsumexp, max_, softmax, sum_
from ..ops.shaping import reshape
from ..walk import ancestors, below_draws
from .writing import MANY

Key = tuple[Data, tuple[int, ...]]  # the elements, and the axes along which they are added up
FOLDS = (logsumexp, log_softmax)


class Parts(NamedTuple):
    """What a softmax and its logsumexp are made of: the largest element, x less that, eᵢ, and s."""

    largest: Data
    low: Data
    each: Data
    total: Data

    @property
    def known(self) -> Data:
        """The total; no number where the largest element is infinite."""
        return add(self.total, multiply(self.largest, 0.0))


def parts_of(x: Data, axes: tuple[int, ...]) -> Parts:
    """Return the parts; where the largest element is infinite, those of its like are 1."""
    limit = float(np.finfo(x.dtype).max)
    largest = max_(x, axis=axes, keepdims=True)
    near = maximum(minimum(largest, limit), -limit)  # infinity less infinity is no number
    low = subtract(x, near)
    each = exp(minimum(low, 0.0))
    return Parts(largest, low, each, sum_(each, axis=axes, keepdims=True))


def with_shared_exponentials(outputs: Sequence[Data]) -> list[Data]:
    """Return `outputs` in a graph where a softmax is a quotient of what its logsumexp adds up."""
    found = ancestors(outputs)
    chances = {data: key for data in found if (key := softmax_of(data)) is not None}
    if not chances:
        return [*outputs]
    many = below_draws(found)
    keys = {key for data, key in chances.items() if data in many or key[0].size >= MANY}
    # A softmax is no number where x is infinite; the slope of logsumexp says what it tends to.
    slopes = {data for data in chances if data._node.inputs[0]._op is log_ratio}
    plain = {key for data, key in chances.items() if data not in slopes}
    parts: dict[Key, Parts] = {}

    def shared(key: Key, x: Data) -> Parts:
        if key not in parts:
            parts[key] = parts_of(x, key[1])
        return parts[key]

    def change(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data._op in FOLDS and (key := folded_by(data)) in keys:
            part = shared(key, inputs[0])
            if data._op is log_softmax:
                return subtract(part.low, log(part.known))
            return reshape(add(log(part.total), part.largest), shape=data.shape)
        logits, chance = logits_of(data), chances.get(data)
        if logits is not None and logits in keys:
            law = data._node.distribution.by_weights(inputs[0], shared(logits, inputs[0]).each)
            return result(data._value, same_draw(data._node, law))
        if chance is None or chance not in keys:
            return None
        part = parts[chance] if data._op is exp else shared(chance, inputs[0])
        # Else it is 0 if all were -inf, and the total is 1 at least.
        return divide(part.each, part.known if chance in plain else maximum(part.total, 1.0))

    with np.errstate(all="ignore"):
        return rewrite(outputs, change)


def softmax_of(data: Data) -> Key | None:
    """Return of what `data` is a softmax, along which axes; None if it is none.

    It may be written exp(x - logsumexp x), or as the exponential of a log-softmax.
    """
    if data._op is softmax:
        return folded_by(data)
    inner: Any = data._node.inputs[0] if data._op is exp else None
    if type(inner) is not Data or data.dtype != inner.dtype:
        return None
    if inner._op is log_softmax:
        return folded_by(inner)
    if inner._op not in (log_ratio, subtract):
        return None
    x, total = inner._node.inputs
    while total._op is reshape:
        total = total._node.inputs[0]
    if total._op is not logsumexp or data.dtype != x.dtype or data.shape != x.shape:
        return None
    key = folded_by(total)
    return key if key[0] is origin(x) else None


def folded_by(data: Data) -> Key:
    """Return what a sum of exponentials is taken of, and along which axes."""
    x = origin(data._node.inputs[0])
    return x, folded_axes(x, data._fixed.get("axis"))


def logits_of(data: Data) -> Key | None:
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
