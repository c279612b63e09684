"""Quadrature with panels that get narrower around a kink or a jump, wherever it lies.

A rule for smooth functions sees a kink from far away. So each drawn number is mapped to (0, 1),
that is cut into panels of Gauss points, and the panels in doubt are cut in two, again and again.
Of several numbers each has its own panels, which a kink along a diagonal does not fit.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..distributions.charts import chart_of
from ..errors import InputError
from ..replay.program import Draw
from .beyond import Tails
from .grid import FEWEST, Grid
from .moments import Moments
from .summing import summed

ENOUGH = 1e-11  # the relative error at which no panel is cut any more
NARROW = 1e-13  # a panel that is not cut any more
PANELS = 16  # at first; together they have more points than the rule for smooth functions
ORDER, OTHER = 15, 12  # how many points a panel has, and has in a second opinion
Rules = Mapping[Draw, tuple[Any, Any]]


def refined(
    grid: Grid, total: Sequence[Moments], weighted: Set[object], limit: int, sizes: Sequence[Any]
) -> tuple[list[Moments], Grid, float] | None:
    """Return better moments, their grid and their error, relative to `sizes`; None if too large."""
    smooth = [draw for draw, axes in grid.axes.items() if axes.rule is not None]

    def laid(rules: Rules) -> Grid | None:
        try:
            return Grid(grid.tape, None, limit // 2, grid.spread, grid.known, rules=rules)
        except InputError:
            return None

    def looked_at(
        finer: Grid, draws: Sequence[Draw], *others: Any
    ) -> tuple[list[Moments], float, Any]:
        watch = Watch(finer, draws, sizes)
        found = summed(finer, weighted, watch, *others)
        doubts = [watch.doubts(draw, edges[draw], parts[draw]) for draw in draws]
        return found, float(sum(map(np.sum, doubts))), doubts[0]

    parts = {draw: chart_of(draw.law).parts for draw in smooth}
    few = {draw: draw.law.quadrature(FEWEST) for draw in smooth}
    edges: dict[Draw, Any] = {}
    for draw in smooth:  # where it has kinks does not depend on the others
        panels = parts[draw] * (PANELS if grid.smooth == 1 else PANELS // 4)
        edges[draw], work = np.linspace(0.0, 1.0, panels + 1), 0
        while (finer := laid({**few, draw: panelled(draw, edges[draw], ORDER)})) is not None:
            _, error, doubts = looked_at(finer, [draw])
            work += finer.size
            if not error > ENOUGH or work > limit // 4:
                break
            edges[draw] = halved(edges[draw], np.flatnonzero(doubts > 0.5 * ENOUGH / len(doubts)))
    best = laid({draw: panelled(draw, x, ORDER) for draw, x in edges.items()})
    if best is None:
        return None
    tails = Tails(best)  # no panel that is cut in two adds anything there
    found, error, _ = looked_at(best, smooth, tails)
    error += tails.beyond()
    if grid.smooth > 1:
        # What each number adds, averaged over the others, does not show a kink along a diagonal.
        other = laid({draw: panelled(draw, x, OTHER) for draw, x in edges.items()})
        opinions = summed(other, weighted) if other is not None else total
        error = max(error, *map(apart, found, opinions, sizes))
    return found, best, error


def panelled(draw: Draw, edges: Any, order: int) -> tuple[Any, Any]:
    """Return the points and the weights of Gauss points in each panel."""
    chart, (nodes, weights) = chart_of(draw.law), np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(edges)[:, None]
    s = (edges[:-1, None] + half + half * nodes).ravel()
    return chart.point(s), (half * weights).ravel() * chart.weight(s)


def halved(edges: Any, which: Any) -> Any:
    """Return the edges with panels cut in two, unless they are too narrow for that."""
    which = which[edges[which + 1] - edges[which] > NARROW]
    return np.sort(np.concatenate([edges, 0.5 * (edges[which] + edges[which + 1])]))


def apart(a: Moments, b: Moments, size: Any) -> float:
    """Return how far two means are apart, relative to the size of what they are averages of."""
    with np.errstate(all="ignore"):
        off = np.abs(a.mean - b.mean).reshape(-1) / np.where(size > 0.0, size, 1.0)
        return float(np.max(np.where(np.isnan(off), np.inf, off), initial=0.0))


class Watch:
    """Sums of what each point of each drawn number adds to each output."""

    def __init__(self, grid: Grid, smooth: Sequence[Draw], sizes: Sequence[Any]) -> None:
        self.grid, self.sizes = grid, sizes
        self.sums: dict[Draw, list[Any]] = {draw: [0.0 for _ in sizes] for draw in smooth}

    def __call__(self, rows: Any, weights: Any, outputs: Sequence[Any]) -> None:
        """Add the outputs at some rows of the grid."""
        for draw, sums in self.sums.items():
            n = len(self.grid.axes[draw].values)
            index = self.grid.index(draw, rows)
            for i, output in enumerate(outputs):
                columns = np.reshape(output, (len(rows), -1)).T
                sums[i] = sums[i] + np.array([
                    [np.bincount(at, weights * x, n) for x in columns] for at in index.T
                ])  # fmt: skip

    @np.errstate(all="ignore")  # sums may be infinite
    def doubts(self, draw: Draw, edges: Any, parts: int) -> Any:
        """Return by how much each panel may be wrong, relative to the sizes.

        A coarser rule, which has every other point, is right for polynomials of a lower degree; so
        the error is less than the difference. Neither sees a jump between the last point and the
        edge, but then the polynomials of this panel and the next one do not meet there. They need
        not meet where two of the `parts` do that the line is made of.
        """
        nodes, weights, coarser, ends = rules()
        width = 0.5 * np.diff(edges)
        place = edges[1:-1] * parts
        meet = np.abs(place - np.rint(place)) > 1e-9
        gaps = []
        for x, size in zip(self.sums[draw], self.sizes, strict=True):
            table = x.reshape(*x.shape[:2], -1, ORDER)
            gap = np.abs(table @ (coarser / weights - 1.0))
            at_ends = (table / weights) @ ends / width[:, None]
            jump = np.abs(at_ends[..., 1:, 0] - at_ends[..., :-1, 1]) * meet
            unseen = (1.0 - nodes[-1]) * width
            gap[..., :-1] = np.maximum(gap[..., :-1], jump * unseen[:-1])
            gap[..., 1:] = np.maximum(gap[..., 1:], jump * unseen[1:])
            gaps.append(gap / np.where(size > 0.0, size, 1.0)[:, None])
        return np.max([gap.max(axis=(0, 1), initial=0.0) for gap in gaps], axis=0)


@functools.cache
def rules() -> tuple[Any, Any, Any, Any]:
    """Return points and weights of a panel, and other weights: of a coarser rule, of both ends."""
    nodes, weights = np.polynomial.legendre.leggauss(ORDER)
    vander, half = np.polynomial.legendre.legvander, ORDER // 2
    coarser = np.zeros(ORDER)
    coarser[1::2] = np.linalg.solve(vander(nodes[1::2], half - 1).T, 2.0 * np.eye(half)[0])
    ends = vander(np.array([-1.0, 1.0]), ORDER - 1)
    return nodes, weights, coarser, np.linalg.solve(vander(nodes, ORDER - 1).T, ends.T)
