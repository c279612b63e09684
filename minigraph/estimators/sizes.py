"""How many copies of the graph below draws the methods would make."""

from __future__ import annotations

import functools
import math

from ..data import Data
from ..distributions.weak_derivatives import weak_derivatives
from .costs import NONE, Costs, Draws


class Sizes:
    """The draws above `y`, the costs in which they meet, and what it takes to look at each."""

    def __init__(self, y: Data, draws: list[Data]) -> None:
        self.y = y
        self.draws = draws

    @functools.cached_property
    def _costs(self) -> Costs:
        return Costs(self.y, self.draws)

    @functools.cached_property
    def _parts(self) -> dict[Data, list[tuple[Data, Draws]]]:
        parts: dict[Data, list[tuple[Data, Draws]]] = {x: [] for x in self.draws}
        for cost, above in self._costs.parts():
            for x in above:
                parts[x].append((cost, above))
        return parts

    def met(self, x: Data) -> Draws:
        """Return the draws that meet `x` in some cost, and itself."""
        return NONE.union(*[above for _, above in self._parts[x]])

    def _elements(self, x: Data) -> int:
        """Return how many elements of `x` take copies of their own: 1 if costs keep them apart."""
        size = math.prod(x._node.distribution.batch_shape)
        if size == 1:
            return 1
        apart = all(None not in self._costs.places(cost, x) for cost, _ in self._parts[x])
        return 1 if apart else size

    def outcomes(self, x: Data) -> int:
        """Return how many copies `marginalize` adds: one for each outcome but that of `x`."""
        return int(len(x._node.distribution.outcomes()) ** self._elements(x)) - 1

    def pairs(self, x: Data) -> int:
        """Return how many copies `measure_valued` adds: one for each sample that is not `x`."""
        found = weak_derivatives(x._node.distribution, x)
        weak = [weak for several in found.values() for weak in several]
        added = sum((w.positive is not None) + (w.negative is not None) for w in weak)
        return self._elements(x) * added
