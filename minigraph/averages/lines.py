"""Quadrature along lines: one number has panels of its own for all values of the others.

A jump along a diagonal of two numbers lies elsewhere on each line that goes along one of them.
There panels are cut in two around it, and what the lines add up to is smooth in the other number,
or has kinks that its own panels close in on.

Source: Clenshaw and Curtis 1960, *A method for numerical integration on an automatic computer*,
https://doi.org/10.1007/BF01386223
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..distributions.charts import chart_of
from ..replay.program import Draw
from .grid import FEWEST, Grid
from .moments import Moments, apart, merged
from .panels import NARROW, ORDER, Watch, closed_in, panelled, weights_of
from .summing import BLOCK, everywhere, whole

PANELS = 8  # of a line, at first
INTERVALS = 16  # of a panel, which has points at both ends: nothing lies between two
LARGE = 2**30  # rows of a grid, of which one in a line is used
CLOSE = 1e-8  # the relative error that is good enough
TRUSTED = 1e-7  # the error of one opinion about three numbers that is no chance
OTHERS = 60  # points of each other number, at most
USUAL = 500  # points of a line
TRIED = 4  # numbers along which lines are laid
Refined = tuple[list[Moments], Grid, float]  # and their error, relative to the sizes


class Lines(Grid):
    """A grid of all numbers but one: an `element` of the draw `along`, whose points are given.

    Attributes
    ----------
    starts : ndarray
        The rows of the grid, one for each line.
    size : int
        How many points were looked at.
    """

    def __init__(self, grid: Grid, along: Draw, element: int, rules: Mapping[Draw, Any]) -> None:
        alone = grid.axes[along].elements == 1
        held = {**rules, along: (np.zeros(1), np.ones(1)) if alone else rules[along]}
        super().__init__(grid.tape, None, LARGE, grid.spread, grid.known, rules=held)
        self.along, self.element, self.chart = along, element, chart_of(along.law)
        self.middle = len(held[along][1]) // 2
        rows = np.arange(self.size)
        self.starts = rows[self.index(along, rows)[:, element] == self.middle]
        self.size, self.place = 0, np.zeros(0)

    def at(self, draw: Draw, rows: Any) -> tuple[Any, Any]:
        """Return the points of a draw at rows of the grid, and their weights if it has any."""
        points, weights = super().at(draw, rows)
        if draw is self.along:
            points.reshape(len(rows), -1)[:, self.element] = self.chart.point(self.place)
            own = self.chart.weight(self.place) / self.axes[draw].rule[self.middle]
            weights = weights * own
        return points, weights


def lined(
    grid: Grid, rule: Callable[[Draw, int], Any], weighted: Set[object], limit: int,
    sizes: Sequence[Any],
) -> Refined | None:  # fmt: skip
    """Return moments, the grid and their error along the number that suits best, None if none does.

    Of two numbers the other one gets panels. Of more, ``rule(draw, n)`` returns about `n` points of
    a draw and their weights; a second opinion has fewer, and counts if the two agree.
    """
    smooth = [draw for draw, axes in grid.axes.items() if axes.rule is not None]
    numbers = [(draw, i) for draw in smooth for i in range(grid.axes[draw].elements)]
    counted = grid.size // grid.points**grid.smooth
    n = min(OTHERS, int((limit / counted / USUAL) ** (1 / (grid.smooth - 1))))

    def over(along: tuple[Draw, int], rules: Mapping[Draw, Any], watch: Any = None) -> Any:
        lines = Lines(grid, *along, rules)
        watch = watch and watch(lines)
        return *over_lines(lines, weighted, limit, sizes, watch), lines, watch

    def of_two(along: tuple[Draw, int]) -> Refined:
        ((draw, element),) = [other for other in numbers if other != along]
        last: list[Any] = []

        def watched(edges: Any) -> Watch:
            watch = lambda lines: Watch(lines, draw, sizes, slice(element, element + 1))
            last[:] = over(along, {draw: panelled(draw, edges, ORDER)}, watch)
            return last[3]

        _, doubt = closed_in(draw, watched, limit, CLOSE)
        total, error, lines, _ = last
        return total, lines, doubt + error

    def of_more(along: tuple[Draw, int]) -> Refined | None:
        counts = (n, 5 * n // 6 + 1) if n >= FEWEST // 2 else ()
        found = [over(along, {draw: rule(draw, count) for draw in smooth}) for count in counts]
        if not found:
            return None
        (total, doubt, lines, _), (other, *_) = found
        error = max(doubt, *map(apart, total, other, sizes))
        return (total, lines, error) if error < TRUSTED else None

    best: Refined | None = None
    for along in numbers[:TRIED]:
        found = of_two(along) if grid.smooth == 2 else of_more(along)
        best = min(filter(None, (best, found)), key=lambda one: one[2], default=None)
        if best is not None and best[2] < TRUSTED:
            break
    return best


def over_lines(
    lines: Lines, weighted: Set[object], most: int, sizes: Sequence[Any], watch: Watch | None = None
) -> tuple[list[Moments], float]:
    """Return the moments over all lines, and by how much they may be wrong relative to `sizes`.

    No panel is cut any more after about `most` points. `watch` sees those of panels that are done.
    """
    nodes, rule, coarser = rules()
    edges = np.linspace(0.0, 1.0, PANELS * lines.chart.parts + 1)
    rows = np.repeat(lines.starts, len(edges) - 1)
    left = np.tile(edges[:-1], len(lines.starts))
    width = np.tile(np.diff(edges), len(lines.starts))
    enough = 0.1 * CLOSE / len(rows)
    size = max(1, BLOCK // lines.tape.memory.largest // len(nodes))
    memory = lines.tape.memory(size * len(nodes))
    total: list[Moments] = []
    doubt = 0.0
    while len(rows):
        lines.size += len(rows) * len(nodes)
        narrow = NARROW if lines.size < most else 1.0
        cut = np.zeros(len(rows), bool)
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            lines.place = (left[part, None] + width[part, None] * nodes).ravel()
            at = np.repeat(rows[part], len(nodes))
            outputs, weights = lines.run(at, [x[: len(at)] for x in memory], weighted)
            weights *= (width[part, None] * rule).ravel()
            outputs = everywhere(lines, outputs, len(at))
            gaps = _gaps([*outputs, np.ones(len(at))], [*sizes, np.ones(1)], weights, coarser)
            cut[part] = (gaps > enough) & (width[part] > narrow)
            doubt += float(gaps[~cut[part]].sum())
            done = np.repeat(~cut[part], len(nodes))
            kept = [x[done] for x in outputs]
            total = merged(total, [Moments.weighted(x, weights[done]) for x in kept])
            if watch is not None:
                watch(at[done], weights[done], kept)
        rows, left, width = rows[cut], left[cut], 0.5 * width[cut]
        rows, width = np.tile(rows, 2), np.tile(width, 2)
        left = np.concatenate([left, left + width[: len(left)]])
    return whole(total, weighted), doubt


def _gaps(outputs: Sequence[Any], sizes: Sequence[Any], weights: Any, coarser: Any) -> Any:
    """Return how far each panel is from a rule that has every other point."""
    found = 0.0
    with np.errstate(all="ignore"):
        for x, size in zip(outputs, sizes, strict=True):
            columns = np.reshape(x, (len(weights), -1)) / np.where(size > 0.0, size, 1.0)
            adds = np.where(weights[:, None] > 0.0, weights[:, None] * columns, 0.0)
            table = adds.reshape(-1, len(coarser), columns.shape[1])
            found = np.maximum(found, np.abs(np.tensordot(table, coarser, (1, 0))).max(axis=1))
    return found


@functools.cache
def rules() -> tuple[Any, Any, Any]:
    """Return points and weights on (0, 1), and what to multiply by for the error of the rule."""
    nodes = -np.cos(np.pi * np.arange(INTERVALS + 1) / INTERVALS)
    rule, coarser = weights_of(nodes), np.zeros(INTERVALS + 1)
    coarser[::2] = weights_of(nodes[::2])
    return 0.5 * (nodes + 1.0), rule, coarser / rule - 1.0
