"""How many copies of the graph below a draw a method would make."""

from __future__ import annotations

import math

from ..data import Data
from ..distributions.weak_derivatives import weak_derivatives
from .costs import Costs, Draws


def keeps_apart(y: Data, x: Data) -> bool:
    """Return whether every cost in `y` sees one element of the draw `x` in each of its own."""
    costs = Costs(y, [x])
    apart = []

    def note(cost: Data, draws: Draws) -> Data:
        if draws:
            apart.append(None not in costs.places(cost, x))
        return cost

    costs.rebuild(note)
    return all(apart)


def outcomes_apart(y: Data, x: Data) -> int:
    """Return how many copies `marginalize` adds: one for each outcome but that which is there."""
    law = x._node.distribution
    elements = 1 if keeps_apart(y, x) else math.prod(law.batch_shape)
    return int(len(law.outcomes()) ** elements) - 1


def elements_apart(y: Data, x: Data) -> int:
    """Return how many copies `measure_valued` adds: one for each sample that is not `x` itself."""
    law = x._node.distribution
    elements = 1 if keeps_apart(y, x) else math.prod(law.batch_shape)
    weak = [weak for several in weak_derivatives(law, x).values() for weak in several]
    return elements * sum((w.positive is not None) + (w.negative is not None) for w in weak)
