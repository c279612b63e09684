"""What lies beyond a grid: how much of an average is missed where its points or outcomes end.

Rules for noise without bounds are cut off where nothing is left of the weight. What is averaged may
grow as fast as the weight falls, or have no average at all; a coarser rule, cut off at the same
place, does not show that. But what the last points add to the average does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..replay.program import Draw
from .grid import Grid

CUT = 1e-9  # the share of the largest weight that is left where a rule is cut off


class Tails:
    """Sums of what the last two points at every open end add to each output, and of all points.

    Attributes
    ----------
    sizes : list of ndarray
        The average of the absolute value of each output: an error is small relative to it.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.ends = {draw: ends for draw in grid.axes if (ends := self._open(draw))}
        self.sums: dict[tuple[Draw, int], list[Any]] = {}
        self.sizes: list[Any] = [0.0 for _ in grid.tape.outputs]

    def _open(self, draw: Draw) -> list[tuple[int, int]]:
        """Return the last place and the one before it, at each end that is cut off."""
        axes, spread = self.grid.axes[draw], self.grid.spread
        n = len(axes.values)
        if axes.rule is not None:
            both = (0, 1), (n - 1, n - 2)
            return [end for end in both if axes.rule[end[0]] < CUT * axes.rule.max()]
        if draw.identity in self.grid.known or any(axes is not None for axes in draw.pads):
            return []
        more = draw.now(self.grid.values).outcomes(2 * spread)
        return [(n - 1, n - 2)] if n > 2 and (more is None or len(more) > n) else []

    def __call__(self, rows: Any, weights: Any, outputs: Sequence[Any]) -> None:
        """Add the outputs at some rows of the grid."""
        some = np.flatnonzero(weights > 0.0)
        parts = [
            np.abs(weights[some, None] * np.reshape(x[some], (len(some), x[0].size)))
            for x in outputs
        ]
        self.sizes = [a + part.sum(axis=0) for a, part in zip(self.sizes, parts, strict=True)]
        for draw, ends in self.ends.items():
            index = self.grid.index(draw, rows[some])
            for place in (place for end in ends for place in end):
                at = index == place
                near = np.flatnonzero(at.any(axis=1))
                found = [at[near].T.astype(float) @ part[near] for part in parts]
                old = self.sums.get((draw, place), [0.0] * len(found))
                self.sums[draw, place] = [a + b for a, b in zip(old, found, strict=True)]

    def beyond(self) -> float:
        """Return what is missed at most, relative to the size of each output, as a series goes on.

        If one of the last points adds less than the one before by a factor r, the next ones add
        r, r², … of it; if it adds more, there is no telling, and perhaps no average.
        """
        most = 0.0
        for draw, ends in self.ends.items():
            for last, before in ends:
                pairs = zip(self.sums[draw, last], self.sums[draw, before], self.sizes, strict=True)
                for a, b, size in pairs:
                    with np.errstate(all="ignore"):
                        left = np.where(a < b, a * a / (b - a), np.inf) / size
                    most = max(most, float(np.max(left, initial=0.0, where=a > 0.0)))
        return min(most, 1.0)
