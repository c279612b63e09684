"""Where random numbers come from: a seed, a generator, or the stream that surrounds a draw."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import UsageError

Rng = Any  # None, an int seed, a SeedSequence, a BitGenerator or a Generator

_stream: contextvars.ContextVar[np.random.Generator | None] = contextvars.ContextVar(
    "stream", default=None
)


@contextlib.contextmanager
def drawing_from(rng: np.random.Generator) -> Iterator[None]:
    """Within this block, in this thread or task, draws without their own rng come from `rng`."""
    token = _stream.set(rng)
    try:
        yield
    finally:
        _stream.reset(token)


def surrounded() -> bool:
    """Return whether draws without their own rng come from a surrounding stream."""
    return _stream.get() is not None


def generator(rng: Rng) -> np.random.Generator:
    """Return `rng` as a Generator; None means the surrounding stream, or fresh entropy."""
    if rng is None:
        rng = _stream.get()
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"rng: got {type(rng).__name__}; pass None, an int seed, a SeedSequence or a "
            f"numpy Generator ({error})"
        ) from error
