"""Poles: where a denominator passes through 0, a quotient jumps from -∞ to ∞.

What follows may make a plain jump of it, as arctan(1 / x) does, and x / |x| is the sign of x. A
gradient along a sample that may be any number would miss it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..data import Data
from ..distributions.constraints import real, real_vector
from ..distributions.ranges import unlaid
from ..nodes import StochasticNode
from ..ops.base import literal
from ..ops.elementwise import (
    absolute,
    add,
    divide,
    multiply,
    negative,
    power,
    reciprocal,
    sqrt,
    subtract,
)
from ..ops.elementwise import square as square_
from ..ops.linear import matmul
from ..ops.reductions import mean, sum_
from ..ops.trigonometry import arctan, sin, sinh, tan, tanh

SUMS = (add, subtract, sum_, mean)
ODD = (tanh, arctan, sin, sinh)  # 0 at 0, where their sign changes
LINES = (*SUMS, *ODD, multiply, matmul, divide, negative)


def has_pole(data: Data) -> Data | None:
    """Return the input of `data` at which it may pass through a pole, if there is one.

    Which draws move it there, if any do, is said by `at_pole`.
    """
    op, inputs = data._op, data._node.inputs
    exponent = literal(inputs[1]) if op is power else None
    odd = exponent is not None and exponent < 0.0 and exponent % 2.0 == 1.0
    x: Data = inputs[1] if op is divide else inputs[0]
    if not (odd or op in (divide, reciprocal, tan)):
        return None
    ends = [unlaid(x), _inner(x)]
    return x if any(y._op in LINES or isinstance(y._op, StochasticNode) for y in ends) else None


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
        square = x._op is square_ or (x._op is multiply and x._inputs[0] is x._inputs[1])
        exponent = literal(x._inputs[1]) if x._op is power else None
        if not (square or x._op in (absolute, sqrt) or (exponent is not None and exponent > 0.0)):
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
        elif op in (multiply, matmul):
            good = some & ~twice
        elif op is divide:
            good = moving[0][1] & ~twice if type(part._inputs[0]) is Data else 0
        elif op is negative:
            good = now
        else:
            good = signs if op in ODD else 0
        draws &= ~now | good
        todo += [(y, bits) for y, bits in moving if bits]
    return draws
