"""The grid of an exact average: outcomes of the finite draws, quadrature points of the others."""

from __future__ import annotations

import math
from collections.abc import Set
from typing import Any, NamedTuple

import numpy as np

from .errors import InputError
from .program import Draw
from .tape import Source, Tape

POINTS = 200  # for one continuous number; fewer where there are many
FEWEST = 16  # with fewer points a quadrature is no longer called exact


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
    """

    def __init__(self, tape: Tape, points: int | None, limit: int, spread: int) -> None:
        values = tape.start()
        outcomes = {draw: draw.now(values).outcomes(spread) for draw in tape.draws}
        elements = {
            draw: math.prod(draw.shape) if v is None else math.prod(draw.law.batch_shape)
            for draw, v in outcomes.items()
        }
        counted = math.prod(len(v) ** elements[d] for d, v in outcomes.items() if v is not None)
        self.spread = spread
        self.smooth = sum(elements[d] for d, v in outcomes.items() if v is None)
        self.points = n = points or self._affordable(limit / counted)
        self.size = counted * n**self.smooth
        if self.size > limit or (self.smooth and not points and n < FEWEST):
            need = counted * max(n, FEWEST) ** self.smooth
            names = ", ".join(f"{d.title} of {elements[d]}" for d in list(outcomes)[:5])
            names += f", … {len(outcomes)} draws in all" if len(outcomes) > 5 else ""
            raise InputError(
                f"exact: the grid of all outcomes has {need:,} points, more than limit={limit:,} "
                f"(numbers drawn: {names}); use mg.expectation, or raise limit"
            )
        self.axes: dict[Draw, Axes] = {}
        stride = 1
        for draw, v in outcomes.items():
            v, rule = _quadrature(draw, n) if v is None else (v, None)
            self.axes[draw] = Axes(stride, elements[draw], v, rule)
            stride *= len(v) ** elements[draw]

    def _affordable(self, left: float) -> int:
        """Return how many points each continuous number can have."""
        return min(POINTS, int(left ** (1 / self.smooth) + 1e-9)) if self.smooth else 1

    def at(self, draw: Draw, rows: Any) -> tuple[Any, Any]:
        """Return the points of a draw at rows of the grid, and their weights if it has any."""
        stride, elements, values, rule = self.axes[draw]
        n = len(values)
        index = rows[:, None] // (stride * n ** np.arange(elements)) % n
        weights = None if rule is None else rule[index].prod(axis=1)
        return values[index].reshape(len(rows), *draw.shape), weights

    def source(self, rows: Any, weights: Any, weighted: Set[object] = frozenset()) -> Source:
        """Return where a tape gets the samples at some rows; `weights` is multiplied by theirs.

        Draws that are `weighted` carry their probability already.
        """

        def points_of(draw: Draw, law: Any) -> Any:
            points, rule = self.at(draw, rows)
            if rule is not None:
                weights[:] *= rule
                return law.place(points)
            if draw.identity not in weighted:
                p = np.broadcast_to(law.probability(points), (len(rows), *law.batch_shape))
                weights[:] *= p.reshape(len(rows), -1).prod(axis=1)
            return points

        return points_of


def _quadrature(draw: Draw, n: int) -> tuple[Any, Any]:
    """Return points and weights for one element of a draw."""
    if not hasattr(draw.law, "quadrature"):
        raise InputError(
            f"exact: {draw.title} ~ {type(draw.law).__name__} has neither countable outcomes "
            "nor noise to integrate over; use mg.expectation"
        )
    return draw.law.quadrature(n)
