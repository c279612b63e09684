"""Many samples at once, a block at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

BLOCK = 2**14  # samples drawn together


def in_blocks(law: Any, rng: np.random.Generator, rows: int) -> Any:
    """Return `rows` samples of a law; the steps of its transform are cheap in the cache."""
    out = np.empty(0)
    for start in range(0, rows, BLOCK):
        part = law.draw(rng, (min(BLOCK, rows - start), *law.shape))[0]
        out = out if start else np.empty((rows, *part.shape[1:]), part.dtype)
        out[start : start + len(part)] = part
    return out
