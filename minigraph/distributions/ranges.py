"""Where numbers are sure to lie: a density that is only looked at in its support has no edge there.

A log-density is -inf outside the support, so a gradient along a sample would miss that jump. The
sample of a law never gets there if all the mass of that law is in the support. Nor is a parameter
looked at in every replay that cannot break its constraint, such as a scale that is an exponential.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..nodes import StochasticNode
from ..ops.base import Operation, literal
from ..ops.boxes import stop
from ..ops.elementwise import add, divide, exp, multiply, positive, sigmoid, softplus
from ..ops.selection import getitem, take_along_axis
from ..ops.shaping import (
    broadcast_to,
    delete,
    diagonal,
    expand_dims,
    flip,
    repeat,
    reshape,
    roll,
    rot90,
    squeeze,
    tile,
    transpose,
)
from .constraints import Bounds, Constraint, logit, logits, positive_definite, real, real_vector

LAID = (
    getitem, reshape, transpose, broadcast_to, expand_dims, squeeze, stop, positive,
    take_along_axis, flip, roll, rot90, repeat, tile, delete, diagonal,
)  # fmt: skip
EVERYWHERE: Bounds = (-np.inf, np.inf)  # but for what overflows
LOUD = (real, real_vector, logit, logits, positive_definite)  # what breaks them gives NaN or raises
RANGES: Mapping[Operation, Bounds] = {
    exp: (0.0, np.inf), softplus: (0.0, np.inf), sigmoid: (0.0, 1.0),
}  # fmt: skip


def within_support(outside: Any, x: Any, law: Any) -> Any:
    """Return whether `x` is outside the support of `law`; nothing jumps there if it never is."""
    return stop(outside) if type(x) is Data and surely_in(x, law) else outside


def surely_in(x: Data, law: Any) -> bool:
    """Return whether `x` is in the support of a law, whatever is drawn."""
    source = unlaid(x)
    if isinstance(source._op, StochasticNode):
        drawn = source._node.distribution
        if x is source and (drawn is law or drawn.support.holds is law.support.holds):
            return True
    return _within(range_of(x), law.support.bounds)


def surely_lawful(law: Any) -> bool:
    """Return whether no parameter of a law can break its constraint without being noticed."""
    if parts := getattr(law, "parts", None):
        return all(map(surely_lawful, parts.values()))
    doubted = [name for name, x in law.parameters.items() if not x._literal]
    if doubted and law.ordered:
        ranges = [range_of(law.parameters[name]) for name in law.ordered]
        if not all(_reaches(a[1], b[0]) for a, b in itertools.pairwise(ranges)):
            return False
    return all(surely(law.parameters[name], law.constraints.get(name, real)) for name in doubted)


def surely(x: Data, constraint: Constraint) -> bool:
    """Return whether a parameter satisfies a constraint, whatever is drawn."""
    return constraint in LOUD or _within(range_of(x), constraint.bounds)


def unlaid(x: Data) -> Data:
    """Return the data of which `x` is elements, in another order or shape."""
    while x._op in LAID:
        x = x._inputs[0]
    return x


def range_of(x: Data) -> Bounds:
    """Return between which ends the elements of `x` lie; what is positive may have been scaled."""
    start = source = unlaid(x)
    if (number := literal(start)) is not None:
        return number, number
    while (inner := _scaled(source)) is not None:
        source = unlaid(inner)
    if isinstance(source._op, StochasticNode):
        found = source._node.distribution.support.bounds or EVERYWHERE
    else:
        found = RANGES.get(source._op, EVERYWHERE)
    if source is start:
        return found
    return (0.0, np.inf) if type(found[0]) is float and found[0] >= 0.0 else EVERYWHERE


def _scaled(x: Data) -> Data | None:
    """Return the data that `x` is a multiple or a sum of, with a positive number that stays."""
    if x._op not in (add, multiply, divide):
        return None
    a, b = x._inputs
    if (number := literal(b)) is not None:
        return a if number > 0.0 else None
    number = None if x._op is divide else literal(a)
    return b if number is not None and number > 0.0 else None


def _within(found: Bounds, wanted: Bounds | None) -> bool:
    return bool(wanted and _reaches(wanted[0], found[0]) and _reaches(found[1], wanted[1]))


def _reaches(low: Any, high: Any) -> bool:
    """Return whether one end is not above another, also when parameters have other values."""
    if low is high:
        return not np.ndim(low)  # elements of an array may have changed places
    a, b = (literal(x) if type(x) is Data else x for x in (low, high))
    return a is not None and b is not None and bool(np.all(np.less_equal(a, b)))
