"""Operations that pick elements: indexing, and its opposite, adding into places."""

# A rule names the operations of its table, itself among them, before they have a type:
# mypy: disable-error-code="has-type"
from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from . import along
from .base import Operation
from .elementwise import where
from .indices import Index, filled, is_basic, recorded
from .indices import Slot as Slot  # kept beside the operations that use it
from .shaping import add_into, positions, shape_of


def chosen(shape: tuple[int, ...], index: Index, places: Index) -> Any:
    """Return the flat positions that an index picks: the index itself, or an array of them."""
    return positions(shape)[filled(index, places)]


def _getitem(x: Any, *places: Any, index: Index) -> Any:
    return np.asarray(x)[filled(index, places)]


def _getitem_rule(g: Any, y: Any, x: Any, *places: Any, index: Index) -> Any:
    return add_at(g, *places, shape=shape_of(x), index=index)


def _add_at(g: Any, *places: Any, shape: tuple[int, ...], index: Index) -> Any:
    """Return zeros of `shape` with `g` added at `index`; places that are named twice add up."""
    g = np.asarray(g)
    total = np.zeros(shape, g.dtype)
    if is_basic(index):
        total[index] = g
    else:
        add_into(total, filled(index, places), g)
    return total


def _add_at_rule(gg: Any, y: Any, g: Any, *places: Any, shape: Any, index: Index) -> Any:
    return getitem(gg, *places, index=index)


def _getitem_along(call: along.Call) -> along.Run:
    index, shape = call.fixed["index"], call.shapes[0]
    if any(call.sampled[1:]):
        alone = len(index) == 1 and call.shapes[1] != shape
        return _pick_one_axis(call) if alone and _whole(call) else along.looped(call)
    if is_basic(index):
        return lambda x: x[(slice(None), *index)]
    # NumPy puts the axes of separated index arrays first; flat positions have no such surprise.
    return lambda x, *places: along.flat(x)[:, chosen(shape, index, places)]


def _whole(call: along.Call) -> bool:
    """Return whether the output is what integers pick along the first axis (not a mask)."""
    return call.shape == call.shapes[1] + call.shapes[0][1:]


def _pick_one_axis(call: along.Call) -> along.Run:
    """Run table[k] where k differs from sample to sample."""

    def run(table: Any, k: Any) -> Any:
        if k.dtype == bool:
            return along.looped(call)(table, k)
        if not call.sampled[0]:
            return np.asarray(table)[k]
        return table[np.arange(len(k)).reshape(-1, *(1,) * (k.ndim - 1)), k]

    return run


def _add_at_along(call: along.Call) -> along.Run:
    if any(call.sampled[1:]):
        return along.looped(call)
    shape, index = call.fixed["shape"], call.fixed["index"]

    def run(g: Any, *places: Any) -> Any:
        total = np.zeros((len(g), *shape), g.dtype)
        if is_basic(index):
            total[(slice(None), *index)] = g
        else:
            add_into(along.flat(total), (slice(None), chosen(shape, index, places)), g)
        return total

    return run


getitem = Operation(
    "getitem", _getitem, _getitem_rule, None,
    fixed=["index"], variadic=True, numpy=(), along=_getitem_along,
)  # fmt: skip
add_at = Operation(
    "add_at", _add_at, _add_at_rule, None,
    fixed=["shape", "index"], variadic=True, numpy=(), along=_add_at_along,
)  # fmt: skip


# Writing: a new array with other values at some places -----------------------------------------
def _written(shape: tuple[int, ...], index: Index, places: Index) -> tuple[Any, Any]:
    """Return where something is written, and which of the new values stays if several go there."""
    picked = chosen(shape, index, places)
    last = np.full(int(np.prod(shape)), -1)
    last[picked] = positions(np.shape(picked))
    return (last >= 0).reshape(shape), last[picked] == positions(np.shape(picked))


def _update(x: Any, new: Any, *places: Any, index: Index) -> Any:
    out = np.array(x)
    out[filled(index, places)] = new
    return out


def _kept_rule(g: Any, y: Any, x: Any, new: Any, *places: Any, index: Index) -> Any:
    return where(written(*places, shape=shape_of(x), index=index), 0.0, g)


def _new_rule(g: Any, y: Any, x: Any, new: Any, *places: Any, index: Index) -> Any:
    stays = last_write(*places, shape=shape_of(x), index=index)
    return getitem(g, *places, index=index) * stays


def _update_along(call: along.Call) -> along.Run:
    if any(call.sampled[2:]):
        return along.looped(call)
    shape, index = call.shapes[0], call.fixed["index"]

    def run(x: Any, new: Any, *places: Any) -> Any:
        samples = len(x) if call.sampled[0] else len(new)
        out = np.array(along.repeated(x, samples, call.sampled[0], shape))
        picked = chosen(shape, index, places)
        extra = np.ndim(picked) - len(call.shapes[1]) if call.sampled[1] else 0
        along.flat(out)[:, picked] = along.pad(new, extra)
        return out

    return run


index_update_ = Operation(
    "index_update", _update, _kept_rule, _new_rule, None,
    fixed=["index"], variadic=True, numpy=(), along=_update_along,
)  # fmt: skip
written = Operation(
    "written", lambda *places, shape, index: _written(shape, index, places)[0], None,
    fixed=["shape", "index"], variadic=True, numpy=(), along=along.looped,
)  # fmt: skip
last_write = Operation(
    "last_write", lambda *places, shape, index: _written(shape, index, places)[1], None,
    fixed=["shape", "index"], variadic=True, numpy=(), along=along.looped,
)  # fmt: skip


# One place for each of the others: along an axis -----------------------------------------------
def _put(g: Any, places: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Return zeros of `shape` with `g` added where take_along_axis would pick."""
    total = np.zeros(shape, g.dtype)
    grid = list(np.ogrid[tuple(slice(n) for n in g.shape)])
    grid[axis] = places
    stays = [0 if n == 1 and i != axis % g.ndim else grid[i] for i, n in enumerate(shape)]
    add_into(total, tuple(stays), g)
    return total


def _put_along(call: along.Call) -> along.Run:
    axis = along.from_end(call.fixed["axis"], len(call.shape))
    shape = call.fixed["shape"]

    def run(g: Any, places: Any) -> Any:
        g, places = along.everyone(call, (g, places))
        return _put(g, places, (len(g), *shape), axis)

    return run


def _take_along(call: along.Call) -> along.Run:
    axis = along.from_end(call.fixed["axis"], len(call.shape))

    def run(*arrays: Any) -> Any:
        x, places = along.everyone(call, arrays)
        return np.take_along_axis(x, places, axis=axis)

    return run


take_along_axis = Operation(
    "take_along_axis", np.take_along_axis,
    lambda g, y, x, places, axis: put_along(g, places, shape=shape_of(x), axis=axis),
    None,
    fixed=["axis"], along=_take_along,
)  # fmt: skip
put_along = Operation(
    "put_along", _put,
    lambda gg, y, g, places, shape, axis: take_along_axis(gg, places, axis=axis),
    None,
    fixed=["shape", "axis"], numpy=(), along=_put_along,
)  # fmt: skip
searchsorted = Operation(
    "searchsorted", np.searchsorted, None, None, fixed=["side"],
    along=lambda call: along.looped(call) if call.sampled[0] else along.elementwise(call),
)  # fmt: skip
argwhere = Operation("argwhere", np.argwhere, None, along=along.looped)
argunique = Operation(  # where each value stands first, in ascending order of the values
    "argunique", lambda x: np.unique(x, return_index=True)[1], None, numpy=(), along=along.looped
)


def select(x: Data, index: Any) -> Data:
    """Return ``x[index]``, with NumPy's basic and advanced indexing; Data may be part of it."""
    kept, places = recorded(index)
    return getitem(x, *places, index=kept)
