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
from ..ops.trigonometry import tan


def pole(node: DeterministicNode, carries: Container[Data]) -> Data | None:
    """Return an input of `node` that passes through a pole as a sample moves, if any does."""
    op, inputs = node.op, node.inputs
    if op is divide:
        both = inputs[0] in carries  # x / |x| jumps, and 1 / |x| does not
        return inputs[1] if _is_line(_inner(inputs[1]) if both else inputs[1], carries) else None
    exponent = literal(inputs[1]) if op is power else None
    odd = exponent is not None and exponent < 0.0 and exponent % 2.0 == 1.0
    return inputs[0] if (op in (tan, reciprocal) or odd) and _is_line(inputs[0], carries) else None


def _inner(x: Data) -> Data:
    """Return what `x` is the absolute value or the square of, or the square root of that."""
    while True:
        x = unlaid(x)
        square = x._op is multiply and x._inputs[0] is x._inputs[1]
        exponent = literal(x._inputs[1]) if x._op is power else None
        if not (square or x._op in (absolute, sqrt) or (exponent is not None and exponent > 0.0)):
            return x
        x = x._inputs[0]


def _is_line(x: Data, carries: Container[Data]) -> bool:
    """Return whether `x` is a·X + b of a draw X that may be any number."""
    while True:
        x = unlaid(x)
        if isinstance(x._op, StochasticNode):
            return x in carries and x._op.distribution.support in (real, real_vector)
        moving = [i for i, part in enumerate(x._inputs) if part in carries] if x._op else []
        if x._op not in (add, subtract, multiply, divide, negative) or len(moving) != 1:
            return False
        if x._op is divide and moving != [0]:
            return False
        x = x._inputs[moving[0]]
