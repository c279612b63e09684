"""Margins around arrays, as NumPy writes them: constant, copies, or statistics of the edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..walk import label
from . import elementwise as e
from . import shaping
from .axes import axis_of
from .base import as_data, holds_data
from .composing import composed, floats
from .folds import max_, mean, min_
from .ranks import median
from .selection import select_along

copied = cast(Any, np.pad)  # its type in NumPy's stubs knows no variable mode
COPIES = ("edge", "reflect", "symmetric", "wrap")
STATISTICS: Mapping[str, Callable[..., Data]] = {
    "maximum": max_, "mean": mean, "median": median, "minimum": min_,
}  # fmt: skip
KEYWORDS: Mapping[str, set[str]] = {  # what each mode takes
    "constant": {"constant_values"}, "linear_ramp": {"end_values"},
    "reflect": {"reflect_type"}, "symmetric": {"reflect_type"},
    **{mode: {"stat_length"} for mode in STATISTICS},
}  # fmt: skip


@composed()
def pad(array: Any, pad_width: Any, mode: str = "constant", **keywords: Any) -> Data:
    """Return the array with a margin: constant, copies of its elements, or made of its edges."""
    x = as_data(array)
    if callable(mode) or mode not in (*COPIES, *STATISTICS, "constant", "linear_ramp"):
        raise UsageError(f"pad: mode {mode!r} is not defined here; join parts (mg.concatenate)")
    if set(keywords) - KEYWORDS.get(mode, set()) or keywords.get("reflect_type", "even") != "even":
        raise UsageError(f"pad: {keywords} with mode {mode!r} is not defined here; join parts")
    if isinstance(pad_width, dict):
        widths = {axis_of(axis, x): np.broadcast_to(w, 2) for axis, w in pad_width.items()}
        pad_width = [widths.get(i, (0, 0)) for i in range(x.ndim)]
    if mode in COPIES:
        return shaping.gather(x, places=copied(shaping.positions(x.shape), pad_width, mode))
    given = next(iter(keywords.values()), None if mode in STATISTICS else 0)
    if mode == "constant" and not isinstance(given, Data) and not holds_data(given):
        return _framed(x, pad_width, given)
    if given is not None:
        given = shaping.broadcast_to(as_data(given), shape=(x.ndim, 2))
    for axis, widths in enumerate(np.broadcast_to(pad_width, (x.ndim, 2)).tolist()):
        if mode != "constant" and not x.shape[axis] and any(widths):
            raise InputError(
                f"pad: axis {axis} of {label(as_data(array))} has no elements to make a "
                f"margin of by mode {mode!r}; use mode='constant'"
            )
        before, behind = (
            _margin(x, axis, end, width, mode, None if given is None else given[axis, end])
            for end, width in enumerate(widths)
        )
        x = shaping.concatenate(before, x, behind, axis=axis)
    return x


def _framed(x: Data, pad_width: Any, numbers: Any) -> Data:
    """Return `x` in a frame of numbers."""
    around = copied(np.zeros(x.shape, x.dtype), pad_width, constant_values=numbers)
    inside = np.flatnonzero(copied(np.ones(x.shape, bool), pad_width))
    placed = shaping.scatter(shaping.reshape(x, shape=(-1,)), places=inside, shape=around.shape)
    return placed + around if np.any(around) else placed


def _margin(x: Data, axis: int, end: int, width: int, mode: str, given: Any) -> Data:
    """Return what is put before (end 0) or behind (end 1) an axis."""
    shape = tuple(width if i == axis else n for i, n in enumerate(x.shape))
    if mode == "constant":
        return shaping.broadcast_to(e.astype(given, dtype=x.dtype), shape=shape)
    n = x.shape[axis]
    length = 1 if mode == "linear_ramp" else n if given is None else min(int(given), n)
    part = slice(n - length, n) if end else slice(0, length)
    edge = select_along(x, axis, part)
    if mode != "linear_ramp":
        found = STATISTICS[mode](edge, axis, keepdims=True)
        if x.dtype.kind != "f":
            found = e.astype(e.rint(found) if x.dtype.kind in "iu" else found, dtype=x.dtype)
        return shaping.broadcast_to(found, shape=shape)
    steps = np.arange(width) / max(width, 1)  # from the end value to the edge
    steps = (steps[::-1] if end else steps).astype(floats(x).dtype)
    share = steps.reshape(tuple(-1 if i == axis else 1 for i in range(x.ndim)))
    found = given * (1.0 - share) + edge * share
    found = e.floor(found) if x.dtype.kind in "iu" else found
    return found if found.dtype == x.dtype else e.astype(found, dtype=x.dtype)
