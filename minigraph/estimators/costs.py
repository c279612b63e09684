"""Costs: the terms of a sum, and which draws each of them depends on.

`y` is taken apart through sums, differences and scalings, as far as that tells apart terms which
depend on different draws. A box made by `function` is one cost, unless terms inside it do.

Source: Schulman, Heess, Weber and Abbeel 2015, *Gradient Estimation Using Stochastic Computation
Graphs*, https://arxiv.org/abs/1506.05254, theorem 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ..graph import Data, DeterministicNode, Group, ancestors
from ..ops import elementwise, reductions
from ..ops.base import as_data, record

Draws = frozenset[Data]
NONE: Draws = frozenset()
SUMS = (elementwise.add, elementwise.subtract, elementwise.negative, elementwise.positive,
        reductions.sum_, reductions.mean)  # fmt: skip


class Costs:
    """The costs in `y`.

    Parameters
    ----------
    y : Data
        The total.
    draws : iterable of Data
        The draws that matter.
    """

    def __init__(self, y: Data, draws: Iterable[Data]) -> None:
        self.y = y
        self.order = list(draws)
        self.draws: dict[Data, Draws] = {x: frozenset([x]) for x in self.order}
        self.made = ancestors([y])
        for data in self.made:
            self.draws[data] = self.above(data).union(*[self.above(x) for x in data._node.inputs])
        self.kinds: dict[Data, set[Draws]] = {}  # the different draws of the terms of a sum
        for data in self.made:
            parts = [self.kinds.get(x, {self.above(x)}) for x in self._terms(data)]
            kinds = set().union(*parts) or {self.above(data)}
            in_box = data._node._group is not None
            self.kinds[data] = {self.above(data)} if in_box and len(kinds - {NONE}) < 2 else kinds

    def above(self, data: Data) -> Draws:
        """Return the draws that `data` depends on."""
        return self.draws.get(data, NONE)

    def _terms(self, data: Data) -> list[Data]:
        """Return the inputs of which `data` is a sum, empty if it is no sum."""
        node = data._node
        if not isinstance(node, DeterministicNode) or not self.draws[data]:
            return []
        if node.op in SUMS:
            return list(node.inputs)
        scaled = node.op in (elementwise.multiply, elementwise.divide)
        if scaled and not self.above(node.inputs[1]):
            return [node.inputs[0]]
        if node.op is elementwise.multiply and not self.above(node.inputs[0]):
            return [node.inputs[1]]
        return []

    def rebuild(self, change: Callable[[Data, Draws], Data]) -> Data:
        """Return `y` with ``change(cost, draws)`` in the place of every cost."""
        spine, todo = set(), [self.y]
        while todo:
            data = todo.pop()
            if data not in spine and len(self.kinds.get(data, ())) > 1:
                spine.add(data)
                todo.extend(self._terms(data))
        new: dict[Data, Data] = {}
        boxes: dict[Group, Group] = {}

        def term(x: Data) -> Data:
            return new[x] if x in spine else change(x, self.above(x))

        for data in self.made:
            if data in spine:
                node, terms = data._node, self._terms(data)
                inputs = tuple(term(x) if x in terms else x for x in node.inputs)
                new[data] = record(node.op, inputs, node.fixed)
                new[data]._name = data._name
                if node._group is not None:
                    new[data]._node._group = node._group.copied(boxes)
        return term(self.y)

    def by_draws(self) -> list[tuple[Draws, Data]]:
        """Return groups of draws with the same downstream costs, and the sum of those costs."""
        found: list[Draws] = []

        def note(cost: Data, draws: Draws) -> Data:
            found.append(draws)
            return cost

        self.rebuild(note)
        groups: dict[tuple[int, ...], list[Data]] = {}
        for draw in self.order:
            groups.setdefault(tuple(i for i, d in enumerate(found) if draw in d), []).append(draw)
        return [
            (
                frozenset(draws),
                self.rebuild(lambda c, above, d=draws[0]: c if d in above else none(c)),
            )
            for draws in groups.values()
        ]


def none(cost: Data) -> Data:
    """Return a constant 0 in the place of a cost."""
    return as_data(np.zeros(cost.shape) if cost.shape else 0.0)
