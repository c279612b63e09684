"""Costs: the terms of a sum, and which draws each of them depends on.

`y` is taken apart through sums, differences, scalings, and whatever else is linear (stacking costs,
picking some of them), as far as that tells apart terms which depend on different draws. A box made
by `function` is one cost, unless terms inside it do.

Source: Schulman, Heess, Weber and Abbeel 2015, *Gradient Estimation Using Stochastic Computation
Graphs*, https://arxiv.org/abs/1506.05254, theorem 1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

from ..data import Data
from ..nodes import DeterministicNode, Group
from ..ops import base, elementwise, reductions, selection, shaping
from ..ops.base import record
from ..walk import ancestors, below_draws
from .branches import less_slope, like
from .elements import Elements, Places

Draws = frozenset[Data]
NONE: Draws = frozenset()
PROBABILITY = "probability"  # the box that weighs a branch, which is a cost of its own
LINEAR = (
    less_slope, elementwise.add, elementwise.subtract, elementwise.negative, elementwise.positive,
    reductions.sum_, reductions.mean, base.stack, shaping.concatenate, shaping.reshape,
    shaping.transpose, shaping.expand_dims, shaping.squeeze, shaping.broadcast_to,
)  # fmt: skip
ARITHMETIC = (
    less_slope, elementwise.add, elementwise.subtract, elementwise.negative, elementwise.multiply,
    reductions.sum_,
)  # fmt: skip


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
            above = {self.draws[x] for x in data._node.inputs if x in self.draws}
            if above:
                self.draws[data] = self.above(data).union(*above)
        self._elements = Elements(self.order, self.made)
        self.kind: dict[Data, Draws | None] = {}  # what its terms depend on; None if they differ
        for data in self.made:
            if not self.above(data):
                continue
            boxed = data._node._group is not None  # a constant is not worth opening the box
            terms = [x for x in self._terms(data) if not boxed or x in self._random]
            kinds = {self.kind.get(x, self.above(x)) for x in terms}
            one = kinds.pop() if kinds else self.above(data)
            apart = any(self._elements.finer(x, data) for x in terms)
            op = data._op  # a factor of a cost and its slope would pass by what refuses the second
            opened = op is less_slope or (op.barrier != "draw" and op.stands_for)
            self.kind[data] = None if kinds or apart or opened else one
        self.weights: dict[Data, tuple[Data, ...]] = {}  # probabilities on the way down from `y`
        todo: list[tuple[Data, tuple[Data, ...]]] = [(y, ())]
        while todo:
            data, weights = todo.pop()
            if data not in self.weights:
                self.weights[data] = weights
                if self._weighted(data):
                    weights = (*weights, data._node.inputs[0])
                todo += [(x, weights) for x in self._opened(data)]

    @functools.cached_property
    def _random(self) -> set[Data]:
        return below_draws(self.made)

    def above(self, data: Data) -> Draws:
        """Return the draws that `data` depends on."""
        return self.draws.get(data, NONE)

    def places(self, data: Data, draw: Data) -> Places:
        """Return where the batch axes of `draw` are in `data`; empty if it has none."""
        return self._elements.places(data, draw)

    def _terms(self, data: Data) -> list[Data]:
        """Return the inputs of which `data` is a linear function, empty if it is none."""
        node = data._node
        if not isinstance(node, DeterministicNode) or not self.above(data) or _wraps(data):
            return []
        if node.op in LINEAR:
            return list(node.inputs)
        if node.op.stands_for:  # what is differentiated is the expectation, not the sample
            return [node.inputs[1]]
        first, others = node.inputs[0], [self.above(x) for x in node.inputs[1:]]
        if node.op in (elementwise.multiply, elementwise.divide, selection.getitem):
            if not any(others):
                return [first]
            if node.op is elementwise.multiply and not self.above(first):
                return [node.inputs[1]]
        return []

    def _weighted(self, data: Data) -> bool:
        """Return whether `data` is a cost times the probability of the branch that it is in."""
        box = data._node.inputs[0]._node if data._op is elementwise.multiply else None
        return bool(box and box._group and box._group.name == PROBABILITY and self._terms(data))

    def _opened(self, data: Data) -> list[Data]:
        """Return the terms of what is no cost, but made of costs; empty if it is one."""
        made = self.kind.get(data, NONE) is None or self._weighted(data)
        return self._terms(data) if made else []

    def parts(self) -> Iterator[tuple[Data, Draws]]:
        """Yield every cost, and the draws that it depends on."""
        return ((x, self.above(x)) for x in self.weights if not self._opened(x))

    def rebuild(self, change: Callable[[Data, Draws], Data]) -> Data:
        """Return `y` with ``change(cost, draws)`` in the place of every cost."""
        spine = {data: terms for data in self.weights if (terms := self._opened(data))}
        new: dict[Data, Data] = {}
        boxes: dict[Group, Group] = {}

        def term(x: Data) -> Data:
            return new[x] if x in spine else change(x, self.above(x))

        for data in self.made:
            if data in spine:
                node, terms = data._node, spine[data]
                inputs = tuple(term(x) if x in terms else x for x in node.inputs)
                found = record(node.op, inputs, node.fixed)
                if like(data, found) is not found:  # a float64 number + float32 is float32
                    wide = [like(data, x) if x.dtype.kind == "f" else x for x in inputs]
                    found = record(node.op, tuple(wide), node.fixed)
                found._node._name = node._name
                out = like(data, found)  # int8 + float32
                if node._group is not None:
                    found._node._group = out._node._group = node._group.copied(boxes)
                new[data], out.name = out, data.name
        return term(self.y)


def _wraps(data: Data) -> bool:
    """Return whether a sum of whole numbers may not be that of the same numbers as floats.

    In int8, 100 + 100 is -56, in uint64 1 - 2 is 2⁶⁴ - 1, and of truths, 1 + 1 is 1.
    """
    if data.dtype.kind == "f" or data._op not in ARITHMETIC:
        return False
    below = data.dtype.kind == "u" and data._op in (elementwise.subtract, elementwise.negative)
    return below or data.dtype.itemsize < 8
