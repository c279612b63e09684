"""Where the way from a draw to Y is not smooth: black boxes, jumps and poles.

Many draws share what is below them. So the graph is walked once for all of them: each of its data
knows the draws that it descends from, as the bits of a whole number.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..data import Data
from ..nodes import StochasticNode
from ..ops.elementwise import astype, fmod, remainder
from ..ops.factorizations import eigh_packed, orthogonal, qr_packed, svd_packed
from ..ops.reductions import argsort
from ..ops.selection import getitem, take_along_axis
from ..ops.trigonometry import arctan2
from ..paths import Flow, describe
from ..walk import drawn_above, label, varies
from .choose import Refusal, call_for
from .poles import Poles, poles

# They have a slope, and jump: at the end of a period, from π to -π, from a vector to its negative.
JUMPING = (remainder, fmod, arctan2, qr_packed, orthogonal)
PACKED = (eigh_packed, svd_packed)  # so do the vectors in them, rows, but not the row of values


class Obstacle(NamedTuple):
    """A step that is not smooth: what it makes, and of which input; of none, a black box."""

    data: Data
    of: Data | None = None
    at_pole: bool = False


class Smooth:
    """The graph of `y` below its draws, and where it is not smooth.

    Parameters
    ----------
    y : Data
        The output.
    continuous : bool
        Whether `y` is said to be continuous, whatever jumps on the way.
    """

    def __init__(self, y: Data, continuous: bool = False) -> None:
        self.y = y
        self.continuous = continuous

    def why_not(self, x: Data) -> Refusal | None:
        """Return why no gradient can be followed from `y` to the draw `x`, or None if it can."""
        found = self.first.get(x)
        if found is None:
            return None
        path, name = f"the path {describe(self._path(x, found.data))}", found.data._node.name
        score = call_for(x, "reinforce")
        if found.of is None:
            reason = f"{path} meets the black box {name}"
            return Refusal(reason, f"{score}, which needs no derivative of it")
        of = label(found.of)
        why = f"of {of}, which jumps: a gradient along it misses that and is biased"
        if found.at_pole:
            why = f"at a pole of {of}, where y may jump, which a gradient along it misses"
        advice = f"{score}, or pass continuous=True if y does not jump"
        return Refusal(f"{path} runs through {name} {why}", advice)

    @property
    def draws(self) -> list[Data]:
        """The draws above `y`."""
        return self._flow.ends

    @functools.cached_property
    def looked_at(self) -> bool:
        """Whether Python looked at any draw above `y`."""
        return any(x._node.branched for x in self.draws)

    @functools.cached_property
    def _flow(self) -> Flow:
        return Flow([self.y], drawn_above([self.y]))

    @functools.cached_property
    def _above(self) -> dict[Data, int]:
        """For all data below draws, which draws: bit k is that of the draw number k.

        A path ends at the next draw. What comes below that is for it alone to look at, as it blocks
        until it is rewritten, and a score needs no derivative of a cost.
        """
        above = {x: 1 << k for k, x in enumerate(self.draws)}
        for data in self._flow.made:
            if data in self._flow.carries and data not in above:
                draws = 0
                for x in data._inputs:
                    if type(x) is Data and x in above:
                        draws |= above[x]
                above[data] = draws
        return above

    @functools.cached_property
    def _poles(self) -> Poles:
        return Poles(self._above)

    @functools.cached_property
    def first(self) -> dict[Data, Obstacle]:
        """The first obstacle below each draw that has one."""
        first: dict[Data, Obstacle] = {}
        left = (1 << len(self.draws)) - 1
        for data in _unsorted(self._flow.made):
            for draws, obstacle in self._obstacles(data, left):
                left &= ~draws
                while draws:
                    k = draws.bit_length() - 1
                    first.setdefault(self.draws[k], obstacle)
                    draws ^= 1 << k
        return first

    def _obstacles(self, data: Data, draws: int) -> Iterator[tuple[int, Obstacle]]:
        """Yield what `data` is to which of some draws above it; what comes first counts."""
        if data not in self._flow.carries or isinstance(data._op, StochasticNode):
            return
        if data._op.barrier == "black box":
            yield self._above[data] & draws, Obstacle(data)
        elif not self.continuous:
            for x in _jumps(data):
                yield self._above.get(x, 0) & draws, Obstacle(data, x)
            for x in poles(data):
                yield self._poles.passed(data, x, draws), Obstacle(data, x, at_pole=True)

    def _path(self, x: Data, data: Data) -> list[Data]:
        """Return a path from the draw `x` through `data` to `y`."""
        bit = 1 << self.draws.index(x)
        path = [data]
        while path[-1] is not x:
            inputs = [a for a in path[-1]._inputs if type(a) is Data]
            path.append(next(a for a in inputs if self._above.get(a, 0) & bit))
        return self._flow.onwards(path[::-1])


def _unsorted(made: list[Data]) -> list[Data]:
    """Return `made` without data in their own order, and the orders that serve for that alone.

    What is sorted is continuous, the order is not.
    """
    kept = [data for data in made if not _sorts(data)]
    used = {part for data in kept for part in data._inputs if type(part) is Data}
    return [data for data in kept if data._op is not argsort or data in used]


def _sorts(data: Data) -> bool:
    """Return whether `data` are others in their own order."""
    if data._op is not take_along_axis:
        return False
    rows, order = data._inputs
    same = order._op is argsort and order._inputs[0] is rows
    return same and order._fixed.get("axis", -1) == data._fixed.get("axis")


def _jumps(data: Data) -> Iterator[Data]:
    """Yield the inputs in which `data` jumps."""
    op, fixed, inputs = data._op, data._fixed, data._node.inputs
    whole = op is astype and np.dtype(fixed["dtype"]).kind in "biu"
    vectors = op is getitem and inputs[0]._op in PACKED and isinstance(fixed["index"][1], slice)
    if op is arctan2 and not varies(inputs[1]) and np.all(inputs[1].value > 0):
        return  # it does not get behind the origin
    for i, x in enumerate(inputs):
        step = op.rules[i] is None and not (op is getitem and i)  # whole numbers are an index
        if whole or vectors or op in JUMPING or step:
            yield x
