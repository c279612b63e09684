"""Poles: where a denominator passes through 0, a quotient jumps from -∞ to ∞.

What follows may make a plain jump of it, as arctan(1 / x) does, and x / |x| is the sign of x. A
gradient along a sample that may be any number would miss it.
"""

from __future__ import annotations

from collections.abc import Container

from ..data import Data
from ..distributions.constraints import real, real_vector
from ..distributions.ranges import unlaid
from ..nodes import DeterministicNode, StochasticNode
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


def pole(node: DeterministicNode, carries: Container[Data]) -> Data | None:
    """Return an input of `node` that passes through a pole as a sample moves, if any does."""
    op, inputs = node.op, node.inputs
    if op is divide:
        both = inputs[0] in carries  # x / |x| jumps, and 1 / |x| does not
        return inputs[1] if _is_line(_inner(inputs[1]) if both else inputs[1], carries) else None
    exponent = literal(inputs[1]) if op is power else None
    odd = exponent is not None and exponent < 0.0 and exponent % 2.0 == 1.0
    if not (odd or op in (reciprocal, tan)):
        return None
    return inputs[0] if _is_line(inputs[0], carries, through=op is not tan) else None


def _inner(x: Data) -> Data:
    """Return what `x` is the absolute value or the square of, or the square root of that."""
    while True:
        x = unlaid(x)
        square = x._op is square_ or (x._op is multiply and x._inputs[0] is x._inputs[1])
        exponent = literal(x._inputs[1]) if x._op is power else None
        if not (square or x._op in (absolute, sqrt) or (exponent is not None and exponent > 0.0)):
            return x
        x = x._inputs[0]


def _is_line(x: Data, carries: Container[Data], through: bool = True) -> bool:
    """Return whether `x` is a·X + b, or a sum of such, of draws X that may be any number.

    So is, if it only matters where it goes `through` 0, what has its sign: its tanh, say.
    """
    todo = [x]
    for part in todo:  # which grows meanwhile
        part = unlaid(part)
        if isinstance(part._op, StochasticNode):
            if part not in carries or part._op.distribution.support not in (real, real_vector):
                return False
            continue
        moving = [y for y in part._inputs if y in carries] if part._op else []
        if part._op in SUMS and moving:
            through = False
        elif part._op in (multiply, matmul) or (part._op is divide and part._inputs[0] in carries):
            if len(moving) != 1:
                return False
        elif part._op not in (negative, *(ODD if through else ())):
            return False
        todo += moving
    return True
