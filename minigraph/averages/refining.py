"""What `exact` does where a rule for smooth functions is not enough: panels, and lines."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..errors import InputError
from ..replay.program import Draw
from .beyond import Tails
from .grid import FEWEST, Grid
from .lines import CLOSE, lined
from .moments import Moments, apart
from .panels import ORDER, Watch, closed_in, joined, panelled
from .summing import summed

ORDERS = ORDER, 10, 7, 5  # points of a panel, as many as the limit allows
Rules = Mapping[Draw, tuple[Any, Any]]
Refined = tuple[list[Moments], Grid, float]  # and their error, relative to the sizes


def refined(
    grid: Grid, total: Sequence[Moments], weighted: Set[object], limit: int, sizes: Sequence[Any]
) -> Refined | None:
    """Return better moments of the outputs than `total`; None if that would take too many points.

    Where a number has kinks does not depend on the others, unless they lie along a diagonal. Then
    what it adds, averaged over a few points of the others, has one for each, and lines are laid.
    """
    smooth = [draw for draw, axes in grid.axes.items() if axes.rule is not None]
    n = max(4, int(64 ** (1 / (grid.smooth - 1)))) if grid.smooth > 2 else FEWEST
    few = {draw: draw.law.quadrature(n) for draw in smooth}

    def laid(rules: Rules) -> Grid | None:
        try:
            return Grid(grid.tape, None, limit, grid.spread, grid.known, rules=rules)
        except InputError:
            return None

    def watched(draw: Draw, edges: Any) -> Watch | None:
        """Return what the panels of a draw add, averaged over few points of the others."""
        finer = laid({**few, draw: panelled(draw, edges, ORDER)})
        if finer is None:
            return None
        watch = Watch(finer, draw, sizes)
        summed(finer, weighted, watch)
        return watch

    edges: dict[Draw, Any] = {}

    def rule(draw: Draw, n: int) -> tuple[Any, Any]:
        """Return about `n` points, in the panels of a draw if there are such, and few."""
        order = n // (len(edges[draw]) - 1) if draw in edges else 0
        return panelled(draw, edges[draw], order) if order >= ORDERS[-1] else draw.law.quadrature(n)

    doubt = 0.0
    for draw in smooth:
        own = functools.partial(watched, draw)
        at_once = None if grid.smooth == 1 else n
        x, error = closed_in(draw, own, limit, at_once=at_once)
        doubt += error
        if grid.smooth == 1:
            edges[draw] = x
        elif error < np.inf:
            edges[draw] = joined(x, own)
    found: list[Refined] = []
    at_order = lambda n: laid({draw: panelled(draw, x, n) for draw, x in edges.items()})
    orders = ORDERS if doubt < np.inf else ()
    for order, finer in [(n, fits) for n in orders if (fits := at_order(n))][:1]:
        tails = Tails(finer)  # no panel that is cut in two adds anything there
        moments = summed(finer, weighted, tails)
        doubt += tails.beyond()
        if grid.smooth > 1:
            second = at_order(order - 3)
            opinion = summed(second, weighted) if second is not None else total
            doubt = max(doubt, *map(apart, moments, opinion, sizes))
        found.append((moments, finer, doubt))
    if grid.smooth > 1 and not (found and doubt < CLOSE):
        lines = lined(grid, rule, weighted, limit, sizes)
        found += [] if lines is None else [lines]
    return min(found, key=lambda one: one[2], default=None)
