"""Sums over a grid: the moments of the outputs of its tape, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np

from .grid import Grid
from .moments import Moments, merged

BLOCK = 2**15
Watch = Callable[[Any, Any, list[Any]], None]  # of the rows, their weights and the outputs there


def summed(grid: Grid, weighted: Set[object], *watches: Watch) -> list[Moments]:
    """Return the moments of the outputs of a tape over its grid; `watches` see the outputs."""
    tape = grid.tape
    size = grid.size if tape.crosses else max(1, BLOCK // tape.memory.largest)
    memory = tape.memory(min(size, grid.size))
    total: list[Moments] = []
    for start in range(0, grid.size, size):
        rows = np.arange(start, min(start + size, grid.size))
        cut = [array[: len(rows)] for array in memory]
        total = merged(total, _block(grid, rows, cut, weighted, watches))
    return whole(total, weighted)


def whole(total: list[Moments], weighted: Set[object]) -> list[Moments]:
    """Return moments over all of a grid: with unit weights, the sum in place of the mean."""
    return [m._replace(mean=m.mean * m.weight) for m in total] if weighted else total


def everywhere(grid: Grid, outputs: Sequence[Any], count: int) -> list[Any]:
    """Return the outputs at `count` rows, also those that are the same at all of them."""
    return [
        x if sampled else np.broadcast_to(x, (count, *np.shape(x)))
        for x, (_, sampled) in zip(outputs, grid.tape.outputs, strict=True)
    ]


def _block(
    grid: Grid, rows: Any, memory: list[Any], weighted: Set[object], watches: Sequence[Watch]
) -> list[Moments]:
    """Return the moments of the outputs over some rows of the grid."""
    outputs, weights = grid.run(rows, memory, weighted)
    with np.errstate(all="ignore"):
        for watch in watches:
            watch(rows, weights, everywhere(grid, outputs, len(rows)))
        return [
            Moments.weighted(array, weights) if sampled else Moments.constant(array, weights.sum())
            for array, (_, sampled) in zip(outputs, grid.tape.outputs, strict=True)
        ]
