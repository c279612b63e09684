"""Memory that a replay writes into again and again: arrays that start where a cache line starts.

NumPy stores up to 64 bytes at once. An array from malloc starts 16 bytes off, so that each of these
stores touches two cache lines, and an operation on arrays in the cache takes twice as long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

LINE = 64  # bytes that a cache line has, on nearly all processors
Kind = tuple[tuple[int, ...], np.dtype[Any]]  # a shape and a dtype


def arrays(kinds: Sequence[Kind]) -> list[Any]:
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
