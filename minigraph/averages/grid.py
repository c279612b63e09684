"""The grid of an exact average: outcomes of the finite draws, quadrature points of the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from ..distributions.charts import chart_of
from ..errors import InputError
from ..replay.program import Draw
from ..replay.running import Source
from ..replay.tape import Tape
from ..values import plain, spelled

POINTS = 200  # for one continuous number; fewer where there are many
CHUNK = 2**13
SPREADS = 1, 8, 64, None  # how far counts are looked at, in turn; None: as those before them allow
FEWEST = 16  # with fewer points a quadrature is no longer called exact


class Reached(Exception):
    """Stops a run at a draw: its law is known by now."""

    def __init__(self, law: Any) -> None:
        super().__init__()
        self.law = law


class Axes(NamedTuple):
    """How a draw lies in the grid: every element of it is an axis."""

    stride: int
    elements: int
    values: Any  # what one element can be
    rule: Any  # the weights of these, if they are the points of a quadrature


class Grid:
    """All combinations of the points of every element of every draw of a tape.

    Attributes
    ----------
    size : int
        How many combinations there are.
    smooth : int
        How many numbers are drawn from continuous laws.
    points : int
        The points for each of these.
    values : list
        The slots of the tape, at the start of a run.
    """

    def __init__(
        self, tape: Tape, points: int | None, limit: int, spread: int | None,
        known: Mapping[object, Any] | None = None, draws: Sequence[Draw] | None = None,
        rules: Mapping[Draw, tuple[Any, Any]] | None = None,
    ) -> None:  # fmt: skip
        self.tape, self.values, self.spread = tape, tape.start(), spread or 1
        known = conditional_outcomes(tape, limit) if spread is None else known
        self.known = known or {}  # what some draws can be, by identity
        outcomes = {
            draw: self.known[draw.identity]
            if draw.identity in self.known
            else draw.now(self.values).outcomes(self.spread)
            for draw in (tape.draws if draws is None else draws)
        }
        elements = {
            draw: math.prod(draw.shape) if v is None else math.prod(draw.law.batch_shape)
            for draw, v in outcomes.items()
        }
        counted = math.prod(len(v) ** elements[d] for d, v in outcomes.items() if v is not None)
        self.smooth = sum(elements[d] for d, v in outcomes.items() if v is None)
        most = int((limit / counted) ** (1 / self.smooth) + 1e-9) if self.smooth else 1
        self.points = n = points or min(POINTS, max(most, 1))  # no rule has none
        laid = {
            draw: (v, None) if v is not None else (rules or {}).get(draw) or _quadrature(draw, n)
            for draw, v in outcomes.items()
        }
        self.size = math.prod(len(v) ** elements[draw] for draw, (v, _) in laid.items())
        if self.size > limit or (self.smooth and not (points or rules) and n < FEWEST):
            need = max(self.size, counted * max(n, FEWEST) ** self.smooth)
            names = ", ".join(f"{d.title} of {elements[d]}" for d in list(outcomes)[:5])
            names += f", … {len(outcomes)} draws in all" if len(outcomes) > 5 else ""
            raise InputError(
                f"exact: the grid of all outcomes has {spelled(need)} points, more than "
                f"limit={limit:,} (numbers drawn: {names}); use mg.expectation, or raise limit"
            )
        self.axes: dict[Draw, Axes] = {}
        stride = 1
        for draw, (v, rule) in laid.items():
            self.axes[draw] = Axes(stride, elements[draw], v, rule)
            stride *= len(v) ** elements[draw]

    @property
    def coarser(self) -> int:
        """How many points a second opinion has: the other parity, as a kink may lie on a point."""
        fewer = 5 * self.points // 6
        return fewer - ((self.points - fewer) % 2 == 0)

    def holds_all(self, mass: float) -> bool:
        """Return whether the weights add up to 1: all that can happen is in the grid.

        A log-probability of n outcomes is a difference of numbers like log n!, whose rounding,
        n log n units in the last place, is the same for all of them.
        """
        rounding = 0.0
        for draw, axes in self.axes.items():
            if axes.rule is None:
                n = len(axes.values)
                rounding += np.finfo(draw.law.dtype).eps * axes.elements * n * math.log(n)
        return bool(abs(mass - 1.0) < max(1e-10, 4.0 * rounding))

    def index(self, draw: Draw, rows: Any) -> Any:
        """Return which of its points the elements of a draw have at rows of the grid."""
        stride, elements, values, _ = self.axes[draw]
        return rows[:, None] // (stride * len(values) ** np.arange(elements)) % len(values)

    def at(self, draw: Draw, rows: Any) -> tuple[Any, Any]:
        """Return the points of a draw at rows of the grid, and their weights if it has any."""
        index, axes = self.index(draw, rows), self.axes[draw]
        weights = None if axes.rule is None else axes.rule[index].prod(axis=1)
        return axes.values[index].reshape(len(rows), *draw.shape), weights

    def source(self, rows: Any, weights: Any, weighted: Set[object] = frozenset()) -> Source:
        """Return where a tape gets the samples at some rows; `weights` is multiplied by theirs.

        Draws that are `weighted` carry their probability already.
        """

        def points_of(draw: Draw, law: Any) -> Any:
            points, rule = self.at(draw, rows)
            if rule is not None:
                weights[:] *= rule
                p = law.tilt(points)
            elif draw.identity not in weighted:
                p = law.probability(points)
            elif law.support_moves:
                p = law.support.holds(points)
            else:
                return points
            p = np.broadcast_to(plain(p), (len(rows), *law.batch_shape))
            weights[:] *= p.reshape(len(rows), -1).prod(axis=1)
            return _possible(law, points, p != 0) if rule is None else law.place(points)

        return points_of

    def run(
        self, rows: Any, memory: Sequence[Any], weighted: Set[object] = frozenset()
    ) -> tuple[list[Any], Any]:
        """Return the outputs of the tape at some rows, and their weights; see `source`."""
        weights = np.ones(len(rows))
        with np.errstate(all="ignore"):
            source = self.source(rows, weights, weighted)
            return self.tape.run(self.values, source, memory, lambda: weights), weights

    def whole(self) -> tuple[list[Any], Any]:
        """Return the outputs of the tape at every point, and the weights of the points."""
        return self.run(np.arange(self.size), self.tape.memory(self.size))


def conditional_outcomes(tape: Tape, limit: int) -> dict[object, Any]:
    """Return what each draw can be, by identity, if it depends on what those before it were.

    A number of successes can be as large as the number of tries, which may be drawn itself. So the
    tape is run over the outcomes of all draws before one, up to there.
    """
    known: dict[object, Any] = {}
    values = tape.start()
    for i, draw in enumerate(tape.draws):
        if not draw.varies:
            known[draw.identity] = draw.now(values).outcomes()
            continue
        before = Grid(tape, FEWEST, limit, 1, known, tape.draws[:i])
        longest = None
        for start in range(0, before.size, CHUNK):
            law = _law_at(draw, before, np.arange(start, min(start + CHUNK, before.size)))
            found = law.outcomes()
            if longest is None or (found is not None and len(found) > len(longest)):
                longest = found
        known[draw.identity] = longest
    return known


def _law_at(target: Draw, grid: Grid, rows: Any) -> Any:
    """Return the law of a draw at some rows of the grid of the draws before it."""
    given = grid.source(rows, np.ones(len(rows)))

    def source(draw: Draw, law: Any) -> Any:
        if draw is target:
            raise Reached(law)
        return given(draw, law)

    try:
        with np.errstate(all="ignore"):
            grid.tape.run(grid.values, source, grid.tape.memory(len(rows)))
    except Reached as reached:
        return reached.law
    raise AssertionError("a tape runs all of its draws")


def _possible(law: Any, points: Any, possible: Any) -> Any:
    """Return `points` with others, whose weight is 0, in place of what is not possible.

    Of 3 tries 4 succeed, as there are rows with more tries: -1 are left for the next draw.
    """
    if np.all(possible):
        return points
    possible = possible.reshape(possible.shape + (1,) * (points.ndim - possible.ndim))
    return np.where(possible, points, law.draw(np.random.default_rng(0), points.shape)[0])


def _quadrature(draw: Draw, n: int) -> tuple[Any, Any]:
    """Return points and weights for one element of a draw."""
    if chart_of(draw.law) is None:
        last, what = draw.law.reach(), "has neither countable outcomes nor noise to integrate over"
        if last is not None:
            what = f"has about {last:.0e} outcomes that matter, too many to add up"
        elif draw.law.support.discrete:
            what = "has too many outcomes to list, or does not list them"
        law = f"{draw.title} ~ {type(draw.law).__name__}"
        raise InputError(f"exact: {law} {what}; use mg.expectation")
    return draw.law.quadrature(n)
