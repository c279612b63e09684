"""How many copies of the graph below a draw a method would make."""

from __future__ import annotations

import math

from ..data import Data
from ..distributions.weak_derivatives import weak_derivatives
from .costs import Costs


def elements(y: Data, x: Data) -> int:
    """Return how many elements of `x` take copies of their own: 1 if all costs keep them apart."""
    size = math.prod(x._node.distribution.batch_shape)
    if size == 1:
        return 1
    costs = Costs(y, [x])
    apart = all(None not in costs.places(cost, x) for cost, draws in costs.parts() if draws)
    return 1 if apart else size


def outcomes_apart(y: Data, x: Data) -> int:
    """Return how many copies `marginalize` adds: one for each outcome but that which is there."""
    return int(len(x._node.distribution.outcomes()) ** elements(y, x)) - 1


def elements_apart(y: Data, x: Data) -> int:
    """Return how many copies `measure_valued` adds: one for each sample that is not `x` itself."""
    found = weak_derivatives(x._node.distribution, x)
    weak = [weak for several in found.values() for weak in several]
    return elements(y, x) * sum((w.positive is not None) + (w.negative is not None) for w in weak)
