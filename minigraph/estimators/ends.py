"""Ends: between which numbers a quantity lies that follows from one draw step by step.

Each step takes the ends of its one input to its own, with all else as it is now. So they are exact
where a draw stands in one place, and not known where it stands in two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.constraints import boolean, one_hot
from ..distributions.ranges import LAID
from ..nodes import StochasticNode
from ..ops.base import literal, stack
from ..ops.elementwise import (
    absolute,
    add,
    astype,
    cbrt,
    divide,
    exp,
    expm1,
    fabs,
    float_power,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    sigmoid,
    softplus,
    sqrt,
    square,
    subtract,
    where,
)
from ..ops.linear import einsum_, matmul, outer
from ..ops.reductions import cumsum, max_, mean, min_, prod, softmax, sum_
from ..ops.shaping import concatenate, scatter
from ..ops.special import erf
from ..ops.trigonometry import arcsinh, arctan, cosh, hypot, sinh, tanh
from ..values import plain

SUMS = (add, subtract, sum_, mean, cumsum)
KEPT = (negative, astype, stack, concatenate, scatter)  # the same numbers, and others
EVEN = (absolute, fabs, square)
STEADY = (
    *LAID, *SUMS, *KEPT, *EVEN, multiply, divide, power, float_power, where, tanh, arctan, sinh,
    arcsinh, cbrt, erf, exp, expm1, log, log1p, sqrt, sigmoid, softplus,
)  # fmt: skip
POSITIVE = (*EVEN, exp, cosh, hypot, sqrt, sigmoid, softplus, softmax)  # or 0, or nan
OF_POSITIVE = (
    add, sum_, mean, cumsum, multiply, prod, matmul, einsum_, outer, divide, where,
    max_, min_, maximum, minimum, stack, concatenate,
)  # fmt: skip
Ends = tuple[Any, Any] | None


def is_positive(x: Data) -> bool:
    """Return whether `x` is sure to be positive, or 0, whatever is drawn and given."""
    todo: list[Any] = [x]
    seen = {x}
    for part in todo:  # which grows meanwhile
        parts = _positive_if(part)
        if parts is None:
            return False
        todo += [y for y in parts if y not in seen]
        seen.update(parts)
    return True


def _positive_if(x: Any) -> Sequence[Any] | None:
    """Return of which of its inputs it is enough to be positive for `x` to be so; None of none."""
    if type(x) is float or x._literal:
        return () if np.all(np.greater_equal(plain(x), 0.0)) else None
    op = x._op
    if isinstance(op, StochasticNode):
        low, _ = op.distribution.support.bounds or (None, None)
        return () if type(low) is float and low >= 0.0 else None
    if op in POSITIVE or is_even(x):
        return ()
    if op in LAID:
        return x._inputs[:1]
    return x._inputs[op is where :] if op in OF_POSITIVE else None


def ends_of(x: Data, above: Mapping[Data, int], known: dict[Data, Ends]) -> Ends:
    """Return the least and the most that `x` can be, None if that is not known.

    `above` has for each data the draws that it descends from; `known` keeps what was worked out.
    """
    way: list[tuple[Data, Data]] = []
    start = x
    while x not in known:
        moving = {y for y in x._inputs if type(y) is Data and above.get(y)}
        if isinstance(x._op, StochasticNode):
            support = x._op.distribution.support
            bounds = (0.0, 1.0) if support in (boolean, one_hot) else support.bounds
            known[x] = bounds and (plain(bounds[0]), plain(bounds[1]))
        elif len(moving) != 1 or x._op not in STEADY:
            known[x] = None
        else:
            (inner,) = moving
            way.append((x, inner))
            x = inner
    for data, inner in reversed(way):
        ends = known[inner]
        known[data] = None if ends is None else _moved(data, inner, *ends)
    return known[start]


@np.errstate(all="ignore")
def _moved(data: Data, inner: Data, low: Any, high: Any) -> Ends:
    """Return the ends of `data`, whose input `inner` lies between `low` and `high`."""
    op, inputs = data._op, data._inputs
    first, last = inputs[0] is inner, inputs[-1] is inner
    crossed = np.logical_and(np.less(low, 0.0), np.greater(high, 0.0))
    even = is_even(data)
    positive = first and not last and np.all(np.greater_equal(low, 0.0))
    if op in (power, float_power) and not (even or positive or odd_power(data, 1.0)):
        return None
    if (op is divide and last and np.any(crossed)) or (op is where and first):
        return None
    at = [
        op.forward(*[np.broadcast_to(end, inner.shape) if y is inner else plain(y) for y in inputs],
                   **data._fixed)
        for end in (low, high)
    ]  # fmt: skip
    least = np.minimum(*at)
    return np.where(crossed, 0.0, least) if even else least, np.maximum(*at)


def exponent(data: Data) -> float:
    """Return the power to which `data` raises its first input, 2 also for |x|; 0 for no power."""
    op = data._op
    if op in EVEN or (op is multiply and data._inputs[0] is data._inputs[1]):
        return 2.0
    if op in (power, float_power):
        return literal(data._inputs[1]) or 0.0
    return 0.5 if op is sqrt else 0.0


def is_even(data: Data) -> bool:
    """Return whether `data` is an even power of something, or its absolute value."""
    return exponent(data) > 0.0 and exponent(data) % 2.0 == 0.0


def odd_power(data: Data, sign: float) -> bool:
    """Return whether `data` is an odd power of something, of an exponent of that sign."""
    if data._op not in (power, float_power):
        return False
    exponent = sign * data._node.inputs[1]._value
    return bool(np.any((exponent > 0.0) & (exponent % 2.0 == 1.0)))
