"""Many samples at once, a block at a time: the steps of a transform are cheap in the cache."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import InputError, UsageError

BLOCK = 2**16  # numbers drawn together
ADVICE = {
    "generate": "draw each number by itself, as rng.normal(size=shape) does",
    "transform": "make each number from its own noise",
}


def counts(law: Any, shape: Any) -> tuple[int, ...]:
    """Return the shape in which samples are asked for, as a tuple."""
    sizes = tuple(shape) if np.iterable(shape) else (shape,)
    if not all(isinstance(n, (int, np.integer)) and n >= 0 for n in sizes):
        raise InputError(
            f"sample of {type(law).__name__}: shape={shape!r}; it must be a whole number of "
            "samples, or a tuple of these"
        )
    return sizes


def of_shape(law: Any, method: str, found: Any, shape: tuple[int, ...]) -> Any:
    """Return what a method of a law made; refused in another shape, which might broadcast.

    A list of numbers is an array, as wherever NumPy takes one.
    """
    if isinstance(found, (list, tuple)):
        found = np.array(found)
    if type(found) is float:
        arrived: tuple[int, ...] = ()
    elif np.asarray(found).dtype.kind in "fiub":
        arrived = np.shape(found)
    else:
        raise UsageError(
            f"{method} of {type(law).__name__}: it returned {type(found).__name__}; return "
            "samples, an array of numbers"
        )
    if arrived != shape:
        raise InputError(
            f"{method} of {type(law).__name__}: samples of shape {shape} were asked for and shape "
            f"{arrived} arrived; {ADVICE[method]}"
        )
    return found


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
            part[...] = of_shape(law, "transform", made, part.shape)
    return out.reshape(extra + law.shape)


def _noise(law: Any, noise: Any, rng: np.random.Generator, rows: int) -> Any:
    """Return noise for some rows; sums over short vectors are fast if the rows lie along memory."""
    if noise.parameters or not law.event_ndim:
        return noise.generated(rng, (rows, *law.shape))
    return np.moveaxis(noise.generated(rng, (*law.shape, rows)), -1, 0)
