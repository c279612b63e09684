"""Estimators that look at several samples at once, averaged over all pairs of outcomes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..averages.grid import Grid
from ..errors import InputError
from ..replay.tape import Tape

DOUBTFUL = 1e-5  # the relative error from which on a quadrature is not trusted
PAIRS = 4096  # pairs of outcomes that are looked at, at most


def over_pairs(tape: Tape, count: int) -> tuple[list[Any], list[Any], int] | None:
    """Return the expected mean gradients of two samples, over all pairs of likely points.

    Also what they may be off, and how many pairs there are; None if these are too many, or a
    quadrature of fewer points says something else.
    """
    grid, likely = likely_points(tape, None)
    found = averaged(grid, likely, count)
    if grid is None or found is None:
        return None
    sums, sizes = found
    doubts = [1e-9 * np.abs(s) for s in sums]
    if grid.smooth:
        rough = averaged(*likely_points(tape, grid.coarser), count)
        if rough is None:
            return None
        off = [np.abs(s - r) for s, r in zip(sums, rough[0], strict=True)]
        if any(np.any(o > DOUBTFUL * size) for o, size in zip(off, sizes, strict=True)):
            return None
        doubts = [d + 10 * o for d, o in zip(doubts, off, strict=True)]
    return sums, doubts, len(likely) ** 2


def averaged(grid: Grid | None, likely: Any, count: int) -> tuple[list[Any], list[Any]] | None:
    """Return the mean gradients, and their mean sizes, over pairs that have all of the mass."""
    if grid is None:
        return None
    tape, memory = grid.tape, grid.tape.memory(2)
    mass, sums, sizes = 0.0, [0.0] * count, [0.0] * count
    for rows in itertools.product(likely, repeat=2):
        weights = np.ones(2)
        with np.errstate(all="ignore"):
            outputs = tape.run(grid.values, grid.source(np.array(rows), weights), memory)[1:]
        weight = weights.prod()
        mass += weight
        for i, (x, (_, sampled)) in enumerate(zip(outputs, tape.outputs[1:], strict=True)):
            mean = np.mean(x, axis=0) if sampled else x
            sums[i], sizes[i] = sums[i] + weight * mean, sizes[i] + weight * np.abs(mean)
    return (sums, sizes) if abs(mass - 1.0) < 1e-10 else None


def likely_points(tape: Tape, points: int | None) -> tuple[Grid | None, Any]:
    """Return a grid, and those of its rows that have nearly all of the mass, if these are few."""
    few = math.isqrt(PAIRS)
    for limit in (few, PAIRS):  # first with as many quadrature points as there can be pairs
        try:
            grid = Grid(tape, points, limit, 1)
        except InputError:
            continue
        _, weights = grid.whole()
        likely = np.flatnonzero(weights > 1e-15)
        if len(likely) <= few:
            return grid, likely
    return None, ()
