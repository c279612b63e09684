"""Many samples at once, a block at a time: the steps of a transform are cheap in the cache."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

BLOCK = 2**16  # numbers drawn together


def drawn(law: Any, rng: np.random.Generator, extra: tuple[int, ...]) -> Any:
    """Return samples of a plain law, of shape ``extra + law.shape``."""
    rows, each = math.prod(extra), max(1, BLOCK // max(1, math.prod(law.shape)))
    noise = law.noise()
    if noise is None or rows <= each:
        value = np.asarray(law.draw(rng, extra + law.shape)[0])
        return value[()] if value.flags.writeable or not value.ndim else np.array(value)
    out, fill = np.empty((rows, *law.shape), law.dtype), getattr(noise, "fill", None)
    for start in range(0, rows, each):
        part = out[start : start + each]
        made = law.overwrite(fill(rng, part) if fill else _noise(law, noise, rng, len(part)))
        if made is not part:
            part[...] = made
    return out.reshape(extra + law.shape)


def _noise(law: Any, noise: Any, rng: np.random.Generator, rows: int) -> Any:
    """Return noise for some rows; sums over short vectors are fast if the rows lie along memory."""
    if noise.parameters or not law.event_ndim:
        return noise.generate(rng, (rows, *law.shape))
    return np.moveaxis(noise.generate(rng, (*law.shape, rows)), -1, 0)
