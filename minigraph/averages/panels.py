"""Quadrature with panels that get narrower around a kink or a jump, wherever it lies.

A rule for smooth functions sees a kink from far away. So each drawn number is mapped to (0, 1),
that is cut into panels of Gauss points, and the panels in doubt are cut in two, again and again.
Of several numbers each has its own panels, which a kink along a diagonal does not fit: see `lines`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..distributions.charts import chart_of
from ..replay.program import Draw
from .grid import Grid

ENOUGH = 1e-11  # the relative error at which no panel is cut any more
NARROW = 1e-13  # a panel that is not cut any more
MANY = 1024  # panels, of which nearly all are in doubt where the outputs are noise
THIN = 1e-4  # a panel in which there is but one kink
PANELS = 16  # at first; together they have more points than the rule for smooth functions
ORDER = 15  # how many points a panel has


def closed_in(
    draw: Draw, watched: Callable[[Any], Watch | None], limit: int, enough: float = ENOUGH,
    at_once: int | None = None,
) -> tuple[Any, float]:  # fmt: skip
    """Return the edges of panels that close in on the kinks of a drawn number, and their error.

    They are cut until the error is `enough`. It is infinite where that takes more than `limit`
    points, or where `at_once` kinks or more are left when the panels are narrow.
    """
    parts = chart_of(draw.law).parts
    edges = np.linspace(0.0, 1.0, PANELS * parts + 1)
    work = 0
    while (watch := watched(edges)) is not None:
        doubts = watch.doubts(edges, parts)
        work += watch.grid.size
        which = np.flatnonzero(doubts > 0.5 * enough / len(doubts))
        noise = len(doubts) >= MANY and len(which) > 0.9 * len(doubts)
        if not doubts.sum() > enough or work > limit or noise:
            return edges, float(doubts.sum())
        narrow = np.count_nonzero(np.diff(edges)[which] < THIN / parts)
        if at_once is not None and narrow >= at_once:
            break
        edges = halved(edges, which)
    return edges, np.inf


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


def joined(edges: Any, watched: Callable[[Any], Watch | None]) -> Any:
    """Return the edges without those between two panels that add what one in their place does.

    Cutting leaves a trail of panels towards a jump, of which only the last is needed.
    """

    def added(edges: Any) -> Any:
        watch = watched(edges)
        return np.full((len(edges) - 1, 1), np.nan) if watch is None else watch.added()

    known, start, idle = added(edges), 0, 0
    while idle < 2:
        fewer = np.delete(edges, np.arange(1 + start, len(edges) - 1, 2))
        at = np.searchsorted(edges, fewer)
        together = added(fewer)
        off = np.abs(together - np.add.reduceat(known, at[:-1])).max(axis=1)
        good = off < 0.1 * ENOUGH / len(edges)
        halves = np.split(known, at[1:-1])
        known = np.concatenate([
            together[k : k + 1] if good[k] else half for k, half in enumerate(halves)
        ])  # fmt: skip
        edges, last = np.union1d(fewer, edges[at[:-1][~good] + 1]), len(edges)
        idle, start = idle + 1 if len(edges) == last else 0, 1 - start
    return edges


class Watch:
    """Sums of what each point of a drawn number adds to each output, and to the weight of all."""

    def __init__(
        self, grid: Grid, draw: Draw, sizes: Sequence[Any], elements: slice = slice(None)
    ) -> None:  # fmt: skip
        self.grid, self.draw, self.sizes = grid, draw, [*sizes, np.ones(1)]
        self.elements = elements
        self.sums: list[Any] = [0.0 for _ in self.sizes]

    def __call__(self, rows: Any, weights: Any, outputs: Sequence[Any]) -> None:
        """Add the outputs at some rows of the grid."""
        n = len(self.grid.axes[self.draw].values)
        index = self.grid.index(self.draw, rows)[:, self.elements]
        for i, output in enumerate([*outputs, np.ones(len(rows))]):
            columns = np.reshape(output, (len(rows), math.prod(output.shape[1:]))).T
            self.sums[i] = self.sums[i] + np.array([
                [np.bincount(at, weights * x, n) for x in columns] for at in index.T
            ])  # fmt: skip

    def tables(self) -> Iterator[Any]:
        """Yield for each output what its points add, relative to its size, panel by panel."""
        for x, size in zip(self.sums, self.sizes, strict=True):
            yield (x / np.where(size > 0.0, size, 1.0)[:, None]).reshape(*x.shape[:2], -1, ORDER)

    @np.errstate(all="ignore")  # sums may be infinite
    def added(self) -> Any:
        """Return what each panel adds to each output, relative to its size."""
        whole = [table.sum(axis=3) for table in self.tables()]
        return np.concatenate([x.reshape(-1, x.shape[2]) for x in whole]).T

    @np.errstate(all="ignore")
    def doubts(self, edges: Any, parts: int) -> Any:
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
        for table in self.tables():
            gap = np.abs(table @ (coarser / weights - 1.0))
            at_ends = (table / weights) @ ends / width[:, None]
            jump = np.abs(at_ends[..., 1:, 0] - at_ends[..., :-1, 1]) * meet
            unseen = (1.0 - nodes[-1]) * width
            gap[..., :-1] = np.maximum(gap[..., :-1], jump * unseen[:-1])
            gap[..., 1:] = np.maximum(gap[..., 1:], jump * unseen[1:])
            gaps.append(gap.max(axis=(0, 1), initial=0.0))
        return np.max(gaps, axis=0)


@functools.cache
def rules() -> tuple[Any, Any, Any, Any]:
    """Return points and weights of a panel, and other weights: of a coarser rule, of both ends."""
    nodes, weights = np.polynomial.legendre.leggauss(ORDER)
    vander, coarser = np.polynomial.legendre.legvander, np.zeros(ORDER)
    coarser[1::2] = 2.0 * weights_of(nodes[1::2])
    ends = vander(np.array([-1.0, 1.0]), ORDER - 1)
    return nodes, weights, coarser, np.linalg.solve(vander(nodes, ORDER - 1).T, ends.T)


def weights_of(nodes: Any) -> Any:
    """Return the weights of points between -1 and 1 in a mean that is right for polynomials."""
    vander = np.polynomial.legendre.legvander(nodes, len(nodes) - 1)
    return np.linalg.solve(vander.T, np.eye(len(nodes))[0])
