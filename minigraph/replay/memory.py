"""Memory that a replay writes into again and again: how much of it, and where it starts.

NumPy stores up to 64 bytes at once. An array from malloc starts 16 bytes off, so that each of these
stores touches two cache lines, and an operation on arrays in the cache takes twice as long.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..distributions.box_muller import PIECE
from .program import Buffer, Draw, Step, is_apart, shape_of

LINE = 64  # bytes that a cache line has, on nearly all processors
ARRAY_BYTES = 2**17  # one array of a chunk, so that a handful of them stays in the cache of a core
CACHE_BYTES = 2**21  # all arrays of a chunk, where samples are arrays
LONGER_BYTES = 2**23  # all arrays of a longer chunk, which takes fewer calls and more cache
FULL = 0.7  # of the cache of a core, where a chunk is as long as that lets it be
CHUNK_BYTES = 2**25  # all arrays of a chunk, at most
FEWEST = 64  # samples in a chunk, below which calls cost more than arithmetic
KEPT = 2**24  # bytes of memory that are kept between runs, at most, for each worker


class Workspace(NamedTuple):
    """The memory that one worker needs: for the steps, and for what is drawn ahead of them."""

    steps: list[Any]
    drawn: list[Any]


class Memory:
    """The memory that blocks of samples are computed in.

    Attributes
    ----------
    buffers : list of (shape of one sample, dtype)
        What the steps write into.
    ahead : list of Draw
        What can be drawn before any step runs.
    largest : int
        How many numbers the largest array of one sample has.
    chunk : int
        How many samples are best computed together.
    """

    def __init__(self, steps: Sequence[Step | Draw], buffers: list[Buffer]) -> None:
        draws = [step for step in steps if isinstance(step, Draw)]
        self.buffers, self.ahead = buffers, [draw for draw in draws if draw.ahead]
        self.largest = max([1, *(math.prod(shape_of(step)) for step in steps)])
        step_bytes = sum(math.prod(s) * dtype.itemsize for s, dtype in buffers)  # of a sample
        self.bytes = step_bytes + sum(
            math.prod(draw.shape) * draw.law.dtype.itemsize for draw in self.ahead
        )
        fit = max(FEWEST, CHUNK_BYTES // max(1, step_bytes))
        chunk = ARRAY_BYTES // 8 // self.largest
        if self.largest > 1:  # most arrays are smaller, and rows within samples are short
            chunk = max(chunk, min(4 * chunk, CACHE_BYTES // max(1, step_bytes)))
        self.chunk = max(1, min(chunk, fit))
        # Of single numbers each sample has the same bits, whatever it is computed together with.
        numbers = all(shape_of(step) == () and is_apart(step) for step in steps)
        self.longer = numbers and self.chunk == PIECE and draws and self.ahead == draws
        self.kept: tuple[int, list[Workspace]] = (0, [])

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "kept": (0, [])}

    def __call__(self, count: int) -> list[Any]:
        """Return the buffers for blocks of up to `count` samples."""
        return arrays([((count, *shape), dtype) for shape, dtype in self.buffers])

    def together(self, threads: int) -> int:
        """Return how many samples to compute at once: a chunk, or several, to the same bits.

        Threads wait for each other between two calls of NumPy, so that theirs are fewer and longer.
        """
        if not self.longer:
            return self.chunk
        most = min(LONGER_BYTES, int(FULL * cache_of_core())) if threads == 1 else LONGER_BYTES
        return max(1, most // self.bytes // PIECE) * PIECE

    def idle(self, count: int) -> list[Workspace]:
        """Return the memory for `count` samples that nobody works in at the moment.

        A small one is kept for the next run: fresh memory costs more than the arithmetic in it.
        """
        if count * self.bytes > KEPT:
            return []
        kept = self.kept  # once: another thread may write it meanwhile
        if kept[0] != count:
            kept = self.kept = count, []
        return kept[1]

    def take(self, idle: list[Workspace], count: int) -> Workspace:
        """Return memory for `count` samples, `idle` if there is some, where it goes when done."""
        try:
            return idle.pop()
        except IndexError:  # the first run, or other threads have it
            kinds = [((count, *draw.shape), draw.law.dtype) for draw in self.ahead]
            return Workspace(self(count), arrays(kinds))

    def fill(
        self, rng: np.random.Generator, space: Workspace, count: int, given: Container[Draw] = ()
    ) -> dict[Draw, Any]:
        """Return `count` samples of each draw that comes ahead, in `space`, as chunks have them."""
        ahead = {draw: array[:count] for draw, array in zip(self.ahead, space.drawn, strict=True)
                 if draw not in given}  # fmt: skip
        piece = count if len(ahead) == 1 else self.chunk
        for start in range(0, count, piece):
            for draw, array in ahead.items():
                draw.law.fill_block(rng, array[start : start + piece])
        return ahead


@functools.cache
def cache_of_core() -> int:
    """Return how many bytes of cache a core has for itself: as Linux says, else 1 MiB."""
    try:
        size = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text()
        return int(size.strip().removesuffix("K")) * 2**10
    except (OSError, ValueError):
        return 2**20


def arrays(kinds: Sequence[Buffer]) -> list[Any]:
    """Return an array of each kind, filled with anything, in one piece of memory."""
    sizes = [math.prod(shape) * dtype.itemsize for shape, dtype in kinds]
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + -(-size // LINE) * LINE)
    piece = np.empty(starts[-1] + LINE, np.uint8)
    first = -piece.__array_interface__["data"][0] % LINE
    return [
        piece[first + start : first + start + size].view(dtype).reshape(shape)
        for start, size, (shape, dtype) in zip(starts, sizes, kinds, strict=False)
    ]
