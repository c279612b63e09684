"""Operations that pick elements: indexing, and its opposite, adding into places."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Data
from . import along
from .base import Operation
from .shaping import shape_of


class Slot:
    """Stands in a recorded index for an array of positions that is data."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __repr__(self) -> str:
        return f"<index {self.position}>"


def filled(index: tuple[Any, ...], positions: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a recorded index with its slots filled in."""
    return tuple(positions[i.position] if isinstance(i, Slot) else i for i in index)


def _getitem(x: Any, *positions: Any, index: tuple[Any, ...]) -> Any:
    return np.asarray(x)[filled(index, positions)]


def _getitem_rule(i: int, g: Any, y: Any, x: Any, *positions: Any, index: Any) -> Any:
    return add_at(g, *positions, shape=shape_of(x), index=index) if i == 0 else None


def _add_at(g: Any, *positions: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
    """Return zeros of `shape` with `g` added at `index`; places that are named twice add up."""
    g = np.asarray(g)
    total = np.zeros(shape, g.dtype)
    where = filled(index, positions)
    if any(isinstance(i, np.ndarray) for i in where):
        np.add.at(total, where, g)
    else:
        total[where] = g
    return total


def _add_at_rule(i: int, gg: Any, y: Any, g: Any, *positions: Any, shape: Any, index: Any) -> Any:
    return getitem(gg, *positions, index=index) if i == 0 else None


def _batched(index: tuple[Any, ...]) -> tuple[tuple[Any, ...], int]:
    """Return the index behind a sample axis, and where NumPy then puts that axis."""
    arrays = [n for n, i in enumerate(index) if isinstance(i, (np.ndarray, int, np.integer))]
    fancy = [i for i in index if isinstance(i, np.ndarray)]
    apart = bool(fancy) and arrays[-1] - arrays[0] + 1 != len(arrays)
    # Arrays that a slice separates come first in the result, before the sample axis:
    # x[:, i, :, j] has shape (len(i), samples, …).
    return (slice(None), *index), np.broadcast(*fancy).ndim if apart else 0


def _getitem_along(call: along.Call) -> along.Run:
    index = call.fixed["index"]
    if any(call.sampled[1:]):
        if call.sampled[1] and len(index) == 1 and isinstance(index[0], Slot):
            return _pick_one_axis(call)
        return along.looped(call)

    def run(x: Any, *positions: Any) -> Any:
        whole, axis = _batched(filled(index, positions))
        return np.moveaxis(x[whole], axis, 0)

    return run


def _pick_one_axis(call: along.Call) -> along.Run:
    """Run table[k] where k differs from sample to sample."""
    if not call.sampled[0]:
        return lambda table, k: np.asarray(table)[k]

    def run(table: Any, k: Any) -> Any:
        samples = np.arange(len(k)).reshape(-1, *(1,) * (k.ndim - 1))
        return table[samples, k]

    return run


def _add_at_along(call: along.Call) -> along.Run:
    if any(call.sampled[1:]):
        return along.looped(call)
    shape, index = call.fixed["shape"], call.fixed["index"]

    def run(g: Any, *positions: Any) -> Any:
        whole, axis = _batched(filled(index, positions))
        total = np.zeros((len(g), *shape), g.dtype)
        if any(isinstance(i, np.ndarray) for i in whole):
            np.add.at(total, whole, np.moveaxis(g, 0, axis))
        else:
            total[whole] = g
        return total

    return run


getitem = Operation(
    "getitem", _getitem, _getitem_rule,
    fixed=["index"], variadic=True, numpy=(), along=_getitem_along,
)  # fmt: skip
add_at = Operation(
    "add_at", _add_at, _add_at_rule,
    fixed=["shape", "index"], variadic=True, numpy=(), along=_add_at_along,
)  # fmt: skip


def select(x: Data, index: Any) -> Data:
    """Return ``x[index]``, with NumPy's basic and advanced indexing; Data may be part of it."""
    parts = index if isinstance(index, tuple) else (index,)
    positions: list[Any] = []
    recorded: list[Any] = []
    for part in parts:
        if isinstance(part, Data) and part.dtype.kind in "iu":
            recorded.append(Slot(len(positions)))
            positions.append(part)
        elif isinstance(part, Data):
            recorded.append(np.asarray(part._value))
        elif isinstance(part, list):
            recorded.append(np.array(part, dtype=None if part else int))
        else:
            recorded.append(part)
    return getitem(x, *positions, index=tuple(recorded))
