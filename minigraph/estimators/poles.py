"""Poles: where a denominator passes through 0, a quotient jumps from -∞ to ∞.

What follows may make a plain jump of it, as arctan(1 / x) does, and x / |x| is the sign of x. A
gradient along a sample that may be any number would miss it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..data import Data
from ..distributions.constraints import boolean, one_hot, real, real_vector
from ..distributions.ranges import unlaid
from ..nodes import StochasticNode
from ..ops.base import literal, stack
from ..ops.elementwise import (
    absolute,
    add,
    astype,
    cbrt,
    divide,
    fabs,
    float_power,
    multiply,
    negative,
    power,
    reciprocal,
    sqrt,
    subtract,
    where,
)
from ..ops.elementwise import square as square_
from ..ops.factorizations import inv, solve_
from ..ops.linear import einsum_, matmul, outer
from ..ops.reductions import cumsum, mean, sum_
from ..ops.shaping import concatenate, scatter
from ..ops.special import beta, digamma, erf, gamma, polygamma, psi
from ..ops.trigonometry import arcsinh, arctan, sin, sinh, tan, tanh

SUMS = (add, subtract, sum_, mean, cumsum)
PRODUCTS = (multiply, matmul, einsum_, outer)
KEPT = (negative, astype, stack, concatenate, scatter)  # the same numbers, and others
ODD = (tanh, arctan, sin, sinh, arcsinh, cbrt, erf)  # 0 at 0, where their sign changes
LINES = (*SUMS, *PRODUCTS, *KEPT, *ODD, divide, power, float_power, where)


def poles(data: Data) -> list[Data]:
    """Return the inputs of `data` at which it may pass through a pole.

    Which draws move it there, if any do, is said by `at_pole`.
    """
    op, inputs = data._op, data._node.inputs
    if op is divide or (op is polygamma and np.any(inputs[0]._value % 2 == 0)):
        found = inputs[1:]
    elif op in (reciprocal, tan, gamma, digamma, psi, beta) or _odd_power(data, -1.0):
        found = inputs
    else:
        found = inputs[:1] if op in (inv, solve_) else ()
    return [
        x for x in found
        if any(y._op in LINES or isinstance(y._op, StochasticNode) for y in (unlaid(x), _inner(x)))
    ]  # fmt: skip


def _odd_power(data: Data, sign: float) -> bool:
    """Return whether `data` is an odd power of something, of an exponent of that sign."""
    if data._op not in (power, float_power):
        return False
    exponent = sign * data._node.inputs[1]._value
    return bool(np.any((exponent > 0.0) & (exponent % 2.0 == 1.0)))


def at_pole(data: Data, x: Data, above: Mapping[Data, int], draws: int) -> int:
    """Return which of some `draws` move the input `x` of `data` through a pole.

    `above` has for each data the draws that it descends from, as bits of a whole number.
    """
    if data._op is not divide:
        return _lines(x, above, draws, through=data._op is not tan)
    both = draws & above.get(data._node.inputs[0], 0)  # x / |x| jumps, and 1 / |x| does not
    return _lines(_inner(x), above, both) | _lines(x, above, draws & ~both)


def _inner(x: Data) -> Data:
    """Return what `x` is the absolute value or the square of, or the square root of that."""
    while True:
        x = unlaid(x)
        square = x._op is multiply and x._inputs[0] is x._inputs[1]
        exponent = literal(x._inputs[1]) if x._op is power else None
        square = square or x._op in (square_, absolute, fabs, sqrt)
        if not (square or (exponent is not None and exponent > 0.0)):
            return x
        x = x._inputs[0]


def _lines(x: Data, above: Mapping[Data, int], draws: int, through: bool = True) -> int:
    """Return for which of some `draws` `x` is a·X + b, or a sum of such, and gets through 0.

    It does if X is any number; if X is bounded, that is known where it is the only draw in `x`.

    So is, if it only matters where it goes `through` 0, what has its sign: its tanh, say. What does
    not descend from a draw stands still as it moves, so x₁ x₂ is a line in either and not in a draw
    above both.
    """
    signs = draws if through else 0  # of which draws only the sign matters
    seen: dict[Data, int] = {}
    todo = [(x, draws)]
    for part, now in todo:  # which grows meanwhile
        part = unlaid(part)
        now &= draws & ~seen.get(part, 0)
        if not now:
            continue
        seen[part] = seen.get(part, 0) | now
        op = part._op
        if isinstance(op, StochasticNode):
            anywhere = op.distribution.support in (real, real_vector)
            anywhere = anywhere or _crosses(x, part, above, through)
            draws &= ~now | (above.get(part, 0) if anywhere else 0)
            continue
        moving = [(y, now & above.get(y, 0)) for y in part._inputs if type(y) is Data] if op else []
        some = twice = 0
        for _, bits in moving:
            twice |= some & bits
            some |= bits
        if op in SUMS:
            signs &= ~some
            good = some
        elif op in PRODUCTS:
            good = some & ~twice
        elif op is divide:
            good = moving[0][1] & ~twice if type(part._inputs[0]) is Data else 0
        elif op in KEPT or (op is where and not part._node.inputs[0]._op):  # no guard at 0
            good = some
        else:
            good = signs if op in ODD or _odd_power(part, 1.0) else 0
        draws &= ~now | good
        todo += [(y, bits) for y, bits in moving if bits]
    return draws


def _crosses(x: Data, draw: Data, above: Mapping[Data, int], through: bool) -> bool:
    """Return whether `x` is a·X + b of one draw, and 0 lies between its ends as they are now.

    Where it does not matter whether it goes `through` 0, whether there are no ends.
    """
    support = draw._node.distribution.support
    bounds = (0.0, 1.0) if support in (boolean, one_hot) else support.bounds
    scale, shift = 1.0, 0.0
    while (x := unlaid(x)) is not draw:
        op, inputs = x._op, x._node.inputs
        moving = [above.get(y, 0) != 0 for y in inputs]
        line = op in (add, subtract, multiply, divide, negative) and sum(moving) == 1
        if not line or (op is divide and moving[1]):
            return False
        at_0, at_1 = (
            op.forward(*[at if above.get(y) else y._value for y in inputs]) for at in (0.0, 1.0)
        )
        if np.ndim(at_0):
            return False
        scale, shift = scale * (at_1 - at_0), scale * at_0 + shift
        x = inputs[moving.index(True)]
    if bounds is None:
        return False
    with np.errstate(all="ignore"):
        low, high = (scale * (b._value if type(b) is Data else b) + shift for b in bounds)
        return bool(np.any(low * high < 0.0) if through else not np.all(np.isfinite(high - low)))
