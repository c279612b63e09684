"""Where numbers are sure to lie: a density that is only looked at in its support has no edge there.

A log-density is -inf outside the support, so a gradient along a sample would miss that jump. The
sample of a law never gets there if all the mass of that law is in the support.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..graph import Data, StochasticNode
from ..ops.base import Operation, literal
from ..ops.boxes import stop
from ..ops.elementwise import exp, sigmoid, softplus
from ..ops.selection import getitem
from ..ops.shaping import broadcast_to, expand_dims, reshape, squeeze, transpose
from .constraints import Bounds

LAID = (getitem, reshape, transpose, broadcast_to, expand_dims, squeeze)
EVERYWHERE: Bounds = (-np.inf, np.inf)  # but for what overflows
RANGES: Mapping[Operation, Bounds] = MappingProxyType({
    exp: (0.0, np.inf), softplus: (0.0, np.inf), sigmoid: (0.0, 1.0),
})  # fmt: skip


def within_support(outside: Any, x: Any, law: Any) -> Any:
    """Return whether `x` is outside the support of `law`; nothing jumps there if it never is."""
    return stop(outside) if type(x) is Data and surely_in(x, law) else outside


def surely_in(x: Data, law: Any) -> bool:
    """Return whether `x` is in the support of a law, whatever is drawn."""
    source, found = x, None
    while source._op in LAID:
        source = source._inputs[0]
    if isinstance(source._op, StochasticNode):
        drawn = source._node.distribution
        if x is source and (drawn is law or drawn.support.holds is law.support.holds):
            return True
        found = drawn.support.bounds
    found, wanted = found or RANGES.get(source._op, EVERYWHERE), law.support.bounds
    return bool(wanted and _reaches(wanted[0], found[0]) and _reaches(found[1], wanted[1]))


def _reaches(low: Any, high: Any) -> bool:
    """Return whether one end is not above another, also when parameters have other values."""
    if low is high:
        return not np.ndim(low)  # elements of an array may have changed places
    a, b = (literal(x) if type(x) is Data else x for x in (low, high))
    return a is not None and b is not None and bool(np.all(np.less_equal(a, b)))
