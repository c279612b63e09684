"""Sums over a grid: the moments of the outputs of a tape, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np

from ..replay.tape import Tape
from .grid import Grid
from .moments import Moments, merged

BLOCK = 2**15
Watch = Callable[[Any, Any, list[Any]], None]  # of the rows, their weights and the outputs there


def summed(tape: Tape, grid: Grid, weighted: Set[object], *watches: Watch) -> list[Moments]:
    """Return the moments of the outputs of a tape over a grid; `watches` see the outputs."""
    values = tape.start()
    size = grid.size if tape.crosses else max(1, BLOCK // tape.memory.largest)
    memory = tape.memory(min(size, grid.size))
    total: list[Moments] = []
    for start in range(0, grid.size, size):
        rows = np.arange(start, min(start + size, grid.size))
        cut = [array[: len(rows)] for array in memory]
        block = _block(tape, values, grid, rows, cut, weighted, watches)
        total = merged(total, block)
    # With unit weights, the sum and not the mean.
    return [m._replace(mean=m.mean * m.weight) for m in total] if weighted else total


def _block(
    tape: Tape, values: Any, grid: Grid, rows: Any, memory: list[Any], weighted: Set[object],
    watches: Sequence[Watch],
) -> list[Moments]:  # fmt: skip
    """Return the moments of the outputs of a tape over some rows of the grid."""
    weights = np.ones(len(rows))
    with np.errstate(all="ignore"):
        outputs = tape.run(values, grid.source(rows, weights, weighted), memory, lambda: weights)
        for watch in watches:
            watch(rows, weights, [
                x if sampled else np.broadcast_to(x, (len(rows), *np.shape(x)))
                for x, (_, sampled) in zip(outputs, tape.outputs, strict=True)
            ])  # fmt: skip
        return [
            Moments.weighted(array, weights) if sampled else Moments.constant(array, weights.sum())
            for array, (_, sampled) in zip(outputs, tape.outputs, strict=True)
        ]
