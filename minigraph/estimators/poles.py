"""Poles: where a denominator passes through 0, a quotient jumps from -∞ to ∞.

What follows may make a plain jump of it, as arctan(1 / x) does, and x / |x| is the sign of x. A
gradient along a sample that may be any number would miss it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.constraints import real, real_vector
from ..distributions.ranges import unlaid
from ..nodes import StochasticNode
from ..ops.base import Operation
from ..ops.elementwise import cbrt, divide, multiply, negative, reciprocal, where
from ..ops.factorizations import inv, solve_
from ..ops.linear import einsum_, matmul, outer
from ..ops.special import beta, digamma, erf, gamma, polygamma, psi
from ..ops.trigonometry import arcsinh, arctan, sin, sinh, tan, tanh
from .ends import KEPT, SUMS, Ends, ends_of, exponent, is_positive, odd_power
from .trials import Between, Trials

PRODUCTS = (multiply, matmul, einsum_, outer)
ODD = (tanh, arctan, sin, sinh, arcsinh, cbrt, erf)  # 0 at 0, where their sign changes
GAMMAS = (gamma, digamma, psi, beta, polygamma)
MATRICES = (inv, solve_)
MULTIPLES = (multiply, divide, negative, *ODD)  # or 0 where their input is
TINY = 1e-9


def poles(data: Data) -> Sequence[Data]:
    """Return the inputs in which `data` has poles, whether or not anything moves through one."""
    op, inputs = data._op, data._node.inputs
    if op is divide or (op is polygamma and np.any(inputs[0]._value % 2 == 0)):
        return inputs[1:]
    if op in (reciprocal, tan, gamma, digamma, psi, beta) or odd_power(data, -1.0):
        return inputs
    return inputs[:1] if op in MATRICES else ()


def at_zero(low: Any, high: Any) -> Any:
    """Return whether 0 lies between two numbers."""
    return np.less(low, 0.0) & np.greater(high, 0.0)


def at_whole(low: Any, high: Any) -> Any:
    """Return whether a whole number lies between two numbers, by more than rounding."""
    return np.floor(low + TINY) < np.ceil(high - TINY) - 1.0


def between_of(op: Operation) -> Between:
    """Return what says whether a pole of `op` lies between two numbers."""
    if op is tan:
        return lambda low, high: at_whole(low / np.pi + 0.5, high / np.pi + 0.5)
    if op in GAMMAS:
        return lambda low, high: at_whole(low, np.minimum(high, 0.5))
    return at_zero


class Poles:
    """Which draws move what through a pole.

    Parameters
    ----------
    above : mapping
        For each data, the draws that it descends from, as bits of a whole number.
    """

    def __init__(self, above: Mapping[Data, int]) -> None:
        self._above = above
        self._ends: dict[Data, Ends] = {}
        self._trials = Trials(above)

    def passed(self, data: Data, x: Data, draws: int) -> int:
        """Return which of some `draws` move the input `x` of `data` through a pole."""
        draws &= self._above.get(x, 0)
        if data._op is not divide:
            return self._passing(data._op, x, draws)
        both = draws & self._above.get(data._node.inputs[0], 0)  # x / |x| jumps, 1 / |x| does not
        found = self._passing(divide, _inner(x, self._above), both)
        return found | self._passing(divide, x, draws & ~both)

    def _passing(self, op: Operation, x: Data, draws: int) -> int:
        if not draws:
            return 0
        found = _lines(x, self._above, draws, through=op is not tan)
        left = draws & ~found
        return found | self._beyond_lines(op, x, left) if left else found

    def _beyond_lines(self, op: Operation, x: Data, draws: int) -> int:
        """Return which of some draws do so as its ends tell, or samples where there are none."""
        if op not in (tan, *MATRICES) and is_positive(x):
            return 0
        between, of_matrix = between_of(op), op in MATRICES
        ends = None if of_matrix else ends_of(x, self._above, self._ends)
        if ends is None:
            return self._trials.passing(x, draws, between, of_matrix)
        return draws if np.any(between(*ends)) else 0


def _inner(x: Data, above: Mapping[Data, int]) -> Data:
    """Return what `x` is the absolute value or a positive power of, or a multiple of such."""
    found, part = x, unlaid(x)
    while (raised := exponent(part) > 0.0) or part._op in MULTIPLES:
        moving = {y for y in part._inputs if type(y) is Data and above.get(y)}
        if len(moving) != 1 or (part._op is divide and part._inputs[0] not in moving):
            break
        (inner,) = moving
        found, part = inner if raised else found, unlaid(inner)
    return found


def _lines(x: Data, above: Mapping[Data, int], draws: int, through: bool = True) -> int:
    """Return for which of some `draws` `x` is a·X + b, or a sum of such, of any numbers X.

    So is, if it only matters where it goes `through` 0, what has its sign: its tanh, say. What does
    not descend from a draw stands still as it moves, so x₁ x₂ is a line in either.
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
