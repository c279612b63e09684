"""The moments of numbers that come a chunk at a time: the same bits however long the chunks are.

Sums are taken over parts of a fixed length, which stay near the processor while they are looked at
twice, and are put together when all of them are there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

PART = 2**13  # numbers, up to which BLAS uses one thread
CANCELLED = 1e-3  # of the squares is left by their mean: then the deviations are squared instead
ONES = np.ones(PART)
ONES.setflags(write=False)

Part = tuple[int, float, float]  # how many, their sum, their squared deviations from its mean


class Parts:
    """Numbers in parts of length PART, but for the last one, if chunks are multiples of it."""

    def __init__(self, found: list[Part]) -> None:
        self.found = found

    @classmethod
    def of(cls, numbers: Any) -> Parts:
        """Return the parts of an array of one axis."""
        whole = len(numbers) // PART * PART
        if whole == len(numbers):
            return cls(parts_of(numbers.reshape(-1, PART)))
        found = parts_of(numbers[:whole].reshape(-1, PART)) if whole else []
        return cls(found + parts_of(numbers[whole:].reshape(1, -1)))

    def merge(self, other: Parts) -> Parts:
        """Add the parts of the numbers that follow, and return itself."""
        self.found += other.found
        return self

    def joined(self) -> tuple[float, float, float]:
        """Return how many numbers there are, their mean, their summed squared deviations."""
        weight = float(sum([count for count, _, _ in self.found]))
        mean = sum([total for _, total, _ in self.found]) / weight
        squares = 0.0
        for count, total, inner in self.found:
            off = total / count - mean
            squares += inner + count * off * off
        return weight, mean, squares


def parts_of(table: Any) -> list[Part]:
    """Return the rows of a table as parts."""
    count = table.shape[1]
    ones = ONES if count == PART else ONES[:count]
    sums, raw = np.vecdot(table, ones).tolist(), np.vecdot(table, table).tolist()
    found = [
        (count, total, squares)
        for total, square in zip(sums, raw, strict=True)
        if (squares := square - total * total / count) >= CANCELLED * square  # no NaN is
    ]
    if len(found) == len(sums):
        return found
    off = table - np.divide(sums, count)[:, None]
    return list(zip([count] * len(sums), sums, np.vecdot(off, off).tolist(), strict=True))
