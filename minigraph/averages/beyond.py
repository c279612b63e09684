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
FEW = 4  # points in a group, of a fine grid: one alone may be where a wave is 0
GROUPS = 4  # that are looked at, from an end inwards
ROUNDING = 4.0 * np.finfo(float).eps  # what adds less to a sum says nothing about what follows


class Tails:
    """Sums of what the last four groups of points at every open end add, and what all points add.

    Attributes
    ----------
    sizes, squares : list of ndarray
        The average of the absolute value of each output, and of its square: what is missed is small
        relative to these.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.ends = {draw: ends for draw in grid.axes if (ends := self._open(draw))}
        self.sums: dict[tuple[Draw, int], list[Any]] = {}
        self.sizes: list[Any] = [0.0 for _ in grid.tape.outputs]
        self.squares = [*self.sizes]

    def _open(self, draw: Draw) -> list[int]:
        """Return the last place at each end that is cut off."""
        axes, spread = self.grid.axes[draw], self.grid.spread
        n = len(axes.values)
        if axes.rule is not None:
            return [end for end in (0, n - 1) if axes.rule[end] < CUT * axes.rule.max()]
        if draw.identity in self.grid.known or draw.varies:
            return []
        more = draw.now(self.grid.values).outcomes(2 * spread)
        return [n - 1] if n > 2 and (more is None or len(more) > n) else []

    def __call__(self, rows: Any, weights: Any, outputs: Sequence[Any]) -> None:
        """Add the outputs at some rows of the grid."""
        some = np.flatnonzero(weights > 0.0)
        parts = [
            np.abs(weights[some, None] * np.reshape(x[some], (len(some), x[0].size)))
            for x in outputs
        ]
        squares = [part * part / weights[some, None] for part in parts]
        self.sizes = [a + part.sum(axis=0) for a, part in zip(self.sizes, parts, strict=True)]
        self.squares = [a + part.sum(axis=0) for a, part in zip(self.squares, squares, strict=True)]
        for draw, ends in self.ends.items():
            index = self.grid.index(draw, rows[some])
            few = max(1, min(FEW, len(self.grid.axes[draw].values) // 16))
            for end in ends:
                away = np.abs(index - end)
                near = np.flatnonzero((away < GROUPS * few).any(axis=1))
                group = away[near].T // few
                at = np.stack([group == i for i in range(GROUPS)]).astype(float)
                found = [at @ part[near] for part in (*parts, *squares)]
                old = self.sums.get((draw, end), [0.0] * len(found))
                self.sums[draw, end] = [a + b for a, b in zip(old, found, strict=True)]

    def beyond(self) -> float:
        """Return what is missed of the outputs at most, 1 if there is perhaps no average."""
        return min(1.0, max(float(np.max(left, initial=0.0)) for left in self.missed()))

    @np.errstate(all="ignore")
    def missed(self, squares: bool = False) -> list[Any]:
        """Return what is missed of outputs, or of their squares, relative to these, as a series.

        If the last group of points adds less than the one before by a factor r, the next ones add
        r, r², … of it; if it adds more, and the last two more than the two before, there is no
        telling, and perhaps no average, unless all of them add no more than rounding.
        """
        sizes = self.squares if squares else self.sizes
        most = [0.0 * size for size in sizes]
        for found in self.sums.values():
            kind = found[-len(sizes) :] if squares else found[: len(sizes)]
            for k, ((a, b, c, d), size) in enumerate(zip(kind, sizes, strict=True)):
                left = np.minimum(_series(a, b), _series(a + b, c + d))
                left = np.where(a + b + c + d < ROUNDING * size, a, left) / size
                most[k] = np.fmax(most[k], np.max(left, axis=0, initial=0.0, where=a > 0.0))
        return most


def _series(a: Any, b: Any) -> Any:
    """Return what follows b and a in a geometric series, infinite unless a is less."""
    return np.where(a < b, a * a / (b - a), np.inf)
