"""Poles: where a denominator passes through 0, a quotient jumps from -∞ to ∞.

What follows may make a plain jump of it, as arctan(1 / x) does, and x / |x| is the sign of x. A
gradient along a sample that may be any number would miss it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..data import Data
from ..distributions.constraints import real, real_vector
from ..distributions.ranges import unlaid
from ..nodes import StochasticNode
from ..ops.base import literal
from ..ops.elementwise import (
    cbrt,
    divide,
    float_power,
    multiply,
    power,
    reciprocal,
    sqrt,
    where,
)
from ..ops.factorizations import inv, solve_
from ..ops.linear import einsum_, matmul, outer
from ..ops.special import beta, digamma, erf, gamma, polygamma, psi
from ..ops.trigonometry import arcsinh, arctan, sin, sinh, tan, tanh
from .ends import EVEN, KEPT, STEADY, SUMS, Ends, crosses, odd_power

PRODUCTS = (multiply, matmul, einsum_, outer)
ODD = (tanh, arctan, sin, sinh, arcsinh, cbrt, erf)  # 0 at 0, where their sign changes
LINES = (*SUMS, *PRODUCTS, *KEPT, *ODD, divide, power, float_power, where)
FOLLOWED = {*LINES, *STEADY}


def poles(data: Data) -> list[Data]:
    """Return the inputs of `data` at which it may pass through a pole.

    Which draws move it there, if any do, is said by `at_pole`.
    """
    op, inputs = data._op, data._node.inputs
    if op is divide or (op is polygamma and np.any(inputs[0]._value % 2 == 0)):
        found = inputs[1:]
    elif op in (reciprocal, tan, gamma, digamma, psi, beta) or odd_power(data, -1.0):
        found = inputs
    else:
        found = inputs[:1] if op in (inv, solve_) else ()
    ends = [(x, unlaid(x)._op, _inner(x)._op) for x in found]
    return [
        x for x, *ops in ends
        if any(op in FOLLOWED or isinstance(op, StochasticNode) for op in ops)
    ]  # fmt: skip


def at_pole(
    data: Data, x: Data, above: Mapping[Data, int], draws: int, known: dict[Data, Ends]
) -> int:  # fmt: skip
    """Return which of some `draws` move the input `x` of `data` through a pole.

    `above` has for each data the draws that it descends from, as bits of a whole number; `known`
    keeps the ends that were worked out.
    """

    def passing(x: Data, draws: int) -> int:
        through = data._op is not tan
        found = _lines(x, above, draws, through)
        left = draws & ~found & above.get(x, 0)
        return found | left if left and crosses(x, above, known, through) else found

    if data._op is not divide:
        return passing(x, draws)
    both = draws & above.get(data._node.inputs[0], 0)  # x / |x| jumps, and 1 / |x| does not
    return passing(_inner(x), both) | passing(x, draws & ~both)


def _inner(x: Data) -> Data:
    """Return what `x` is the absolute value or the square of, or the square root of that."""
    while True:
        x = unlaid(x)
        square = x._op is multiply and x._inputs[0] is x._inputs[1]
        exponent = literal(x._inputs[1]) if x._op is power else None
        square = square or x._op in (*EVEN, sqrt)
        if not (square or (exponent is not None and exponent > 0.0)):
            return x
        x = x._inputs[0]


def _lines(x: Data, above: Mapping[Data, int], draws: int, through: bool = True) -> int:
    """Return for which of some `draws` `x` is a·X + b, or a sum of such, of any numbers X.

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
            good = signs if op in ODD or odd_power(part, 1.0) else 0
        draws &= ~now | good
        todo += [(y, bits) for y, bits in moving if bits]
    return draws
