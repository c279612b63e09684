"""What `exact` does where a rule for smooth functions is not enough: panels, and lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from ..errors import InputError
from ..replay.program import Draw
from .beyond import Tails
from .grid import FEWEST, Grid
from .lines import CLOSE, TRUSTED, Refined, lined
from .moments import Moments, apart
from .panels import ORDER, Watch, closed_in, joined, panelled
from .summing import summed

ORDERS = ORDER, 10, 7, 5  # points of a panel, as many as the limit allows
Rules = Mapping[Draw, tuple[Any, Any]]


def refined(
    grid: Grid, total: Sequence[Moments], weighted: Set[object], limit: int, sizes: Sequence[Any]
) -> Refined | None:
    """Return better moments of the outputs than `total`; None if that would take too many points.

    Where a number has kinks does not depend on the others, unless they lie along a diagonal. Then
    what it adds, averaged over a few points of the others, has one for each, and lines are laid.
    """
    smooth = [draw for draw, axes in grid.axes.items() if axes.rule is not None]
    panels = Panels(grid, smooth, weighted, limit, sizes)
    if grid.smooth == 1:
        edges, doubt = closed_in(smooth[0], panels.watch(smooth[0]), limit // 4)
        return panels.moments({smooth[0]: edges}, doubt)
    known: dict[Draw, Any] = {}
    doubt = 0.0
    for draw in smooth:
        edges, error = closed_in(draw, panels.watch(draw), limit, at_once=max(5, panels.few // 2))
        doubt += error
        if error < TRUSTED:
            known[draw] = joined(edges, panels.watch(draw))
    found = panels.moments(known, doubt, total) if len(known) == len(smooth) else None
    if found is not None and found[2] < CLOSE:
        return found

    def rule(draw: Draw, n: int) -> tuple[Any, Any]:
        """Return about `n` points, in the panels of a draw if there are such, and few."""
        order = n // (len(known[draw]) - 1) if draw in known else 0
        return panelled(draw, known[draw], order) if order >= ORDERS[-1] else draw.law.quadrature(n)

    both = filter(None, (found, lined(grid, rule, weighted, limit, sizes)))
    return min(both, key=lambda one: one[2], default=None)


class Panels:
    """Grids of the numbers of another one, in panels.

    Attributes
    ----------
    few : int
        How many points the other numbers have where one is looked at.
    """

    def __init__(
        self, grid: Grid, smooth: Sequence[Draw], weighted: Set[object], limit: int,
        sizes: Sequence[Any],
    ) -> None:  # fmt: skip
        self.grid, self.weighted, self.limit, self.sizes = grid, weighted, limit, sizes
        self.few = max(4, int(64 ** (1 / (grid.smooth - 1)))) if grid.smooth > 2 else FEWEST
        self.rules = {draw: draw.law.quadrature(self.few) for draw in smooth}

    def laid(self, rules: Rules) -> Grid | None:
        """Return the grid with these rules, if it is not too large."""
        old = self.grid
        try:
            return Grid(old.tape, None, self.limit, old.spread, old.known, rules=rules)
        except InputError:
            return None

    def watch(self, draw: Draw) -> Callable[[Any], Watch | None]:
        """Return what tells, for edges of panels of a draw, what these add on average."""

        def watched(edges: Any) -> Watch | None:
            finer = self.laid({**self.rules, draw: panelled(draw, edges, ORDER)})
            if finer is None:
                return None
            watch = Watch(finer, draw, self.sizes)
            summed(finer, self.weighted, watch)
            return watch

        return watched

    def moments(
        self, edges: Mapping[Draw, Any], doubt: float, total: Sequence[Moments] | None = None
    ) -> Refined | None:
        """Return the moments over panels with these edges, and their error, `doubt` or more.

        `total` is a second opinion where no other fits; of one number there is none.
        """
        at_order = lambda n: self.laid({draw: panelled(draw, x, n) for draw, x in edges.items()})
        order, finer = next(((n, grid) for n in ORDERS if (grid := at_order(n))), (0, None))
        if finer is None:
            return None
        tails = Tails(finer)  # no panel that is cut in two adds anything there
        found = summed(finer, self.weighted, tails)
        doubt += tails.beyond()
        if total is not None:
            second = at_order(order - 3)
            opinion = total if second is None else summed(second, self.weighted)
            doubt = max(doubt, *map(apart, found, opinion, self.sizes))
        return found, finer, doubt
