"""Estimators that look at several samples at once, averaged over all pairs of outcomes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..averages.grid import Grid
from ..errors import InputError
from ..replay.tape import Tape

PAIRS = 4096  # pairs of outcomes that are looked at, at most


def over_pairs(tape: Tape, count: int) -> tuple[list[Any], list[Any], int] | None:
    """Return the expected mean gradients of two samples, over all pairs of likely points."""
    grid, likely = likely_points(tape)
    if grid is None:
        return None
    values, memory = tape.start(), tape.memory(2)
    mass, sums = 0.0, [0.0] * count
    for rows in itertools.product(likely, repeat=2):
        weights = np.ones(2)
        with np.errstate(all="ignore"):
            outputs = tape.run(values, grid.source(np.array(rows), weights), memory)[1:]
        weight = weights.prod()
        mass += weight
        for i, (x, (_, sampled)) in enumerate(zip(outputs, tape.outputs[1:], strict=True)):
            sums[i] = sums[i] + weight * (np.mean(x, axis=0) if sampled else x)
    if abs(mass - 1.0) > 1e-10:
        return None
    doubts = [1e-5 * np.abs(s) if grid.smooth else 1e-9 * np.abs(s) for s in sums]
    return sums, doubts, len(likely) ** 2


def likely_points(tape: Tape) -> tuple[Grid | None, Any]:
    """Return a grid, and those of its rows that have nearly all of the mass, if these are few."""
    few = math.isqrt(PAIRS)
    for limit in (few, PAIRS):  # first with as many quadrature points as there can be pairs
        try:
            grid = Grid(tape, None, limit, 1)
        except InputError:
            continue
        weights = np.ones(grid.size)
        with np.errstate(all="ignore"):
            source = grid.source(np.arange(grid.size), weights)
            tape.run(tape.start(), source, tape.memory(grid.size))
        likely = np.flatnonzero(weights > 1e-15)
        if len(likely) <= few:
            return grid, likely
    return None, ()
