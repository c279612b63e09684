"""Operations that pick elements: indexing, and its opposite, adding into places."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from . import along
from .base import Operation
from .elementwise import where
from .indices import Index, filled, front, is_basic, recorded
from .shaping import add_into, in_rows, positions, shape_of


def chosen(shape: tuple[int, ...], index: Index, places: Index) -> Any:
    """Return the flat positions that an index picks: the index itself, or an array of them."""
    return positions(shape)[filled(index, places)]


def _add_at(g: Any, *places: Any, shape: tuple[int, ...], index: Index) -> Any:
    """Return zeros of `shape` with `g` added at `index`; places that are named twice add up."""
    g = np.asarray(g)
    total = np.zeros(shape, g.dtype)
    if is_basic(index):
        total[index] = g
    else:
        at = chosen(shape, index, places)
        if any(n not in (1, m) for n, m in zip(g.shape[::-1], at.shape[::-1], strict=False)):
            raise InputError(
                f"gradient of an index: it now picks shape {at.shape}, and picked {g.shape} when "
                "the graph was built; build the graph anew, or write mg.where(mask, x, other)"
            )
        add_into(total, at, g)
    return total


# Along samples: flat positions have no surprise, such as the axes of separated index arrays -------
def _by_places(call: along.Call, shape: Any, first: int, run: along.Run) -> along.Run:
    """Return ``run(*others, at)`` as a function of all inputs, of which places are from `first` on.

    The flat positions `at` in an array of `shape` have a sample axis, of length one if no place
    differs from sample to sample. If masks do, it runs sample by sample.
    """
    index, sampled = call.fixed["index"], call.sampled[first:]
    frozen = [i.ndim for i in index if isinstance(i, np.ndarray)]
    ndim = max([len(s) for s in call.shapes[first:]] + frozen, default=0)

    def by_places(*arrays: Any) -> Any:
        places = arrays[first:]
        if not any(sampled):
            at = chosen(shape, index, places)
            if call.op is getitem:
                along.refuse_other_shape(call, at.shape)
            return run(*arrays[:first], at[None])
        if any(np.asarray(i).dtype == bool for i in filled(index, places)):
            return along.looped(call)(*arrays)
        lined = tuple(
            along.pad(p, ndim + 1 - p.ndim) if has else p
            for p, has in zip(places, sampled, strict=True)
        )
        at = np.moveaxis(chosen(shape, index, lined), front(index, len(shape)), 0)
        return run(*arrays[:first], at)

    return by_places


def _getitem_along(call: along.Call) -> along.Run:
    index, shape = call.fixed["index"], call.shapes[0]
    if is_basic(index):
        return lambda x: x[(slice(None), *index)]

    def run(x: Any, at: Any) -> Any:
        if not call.sampled[0]:
            return np.reshape(x, -1)[at]
        if not any(call.sampled[1:]):
            return along.flat(x)[:, at[0]]
        return x.reshape(-1)[in_rows(at, len(x), math.prod(shape))]

    def rows(table: Any, k: Any) -> Any:  # the same, in fewer steps
        return table[k] if k.dtype != bool else along.looped(call)(table, k)

    if call.sampled == (False, True) and len(index) == 1:
        return rows
    return _by_places(call, shape, 1, run)


def _add_at_along(call: along.Call) -> along.Run:
    shape, index = call.fixed["shape"], call.fixed["index"]

    def put(g: Any) -> Any:
        total = np.zeros((len(g), *shape), g.dtype)
        total[(slice(None), *index)] = g
        return total

    def run(g: Any, at: Any) -> Any:
        g = np.asarray(g)
        total = np.zeros((len(g) if call.sampled[0] else len(at), *shape), g.dtype)
        add_into(total, in_rows(at, len(total), math.prod(shape)), g)
        return total

    return put if is_basic(index) else _by_places(call, shape, 1, run)


getitem = Operation(
    "getitem", lambda x, *places, index: np.asarray(x)[filled(index, places)],
    lambda g, y, x, *places, index: add_at(g, *places, shape=shape_of(x), index=index), None,
    fixed=["index"], variadic=True, numpy=(), along=_getitem_along,
)  # fmt: skip
add_at = Operation(
    "add_at", _add_at,
    lambda gg, y, g, *places, shape, index: getitem(gg, *places, index=index), None,
    fixed=["shape", "index"], variadic=True, numpy=(), along=_add_at_along,
)  # fmt: skip


# Writing: a new array with other values at some places -----------------------------------------
def _last(at: Any, size: int) -> tuple[Any, Any]:
    """Return where something is written in each row, and which of the new values stays there."""
    order = np.broadcast_to(positions(at.shape[1:]), at.shape)
    last = np.full((len(at), size), -1)
    inside = in_rows(at, len(at), size)
    last.reshape(-1)[inside.reshape(-1)] = order.reshape(-1)
    return last >= 0, last.reshape(-1)[inside] == order


def _of_writes(name: str, which: int) -> Operation:
    """Declare one of the two things that `_last` says."""

    def forward(*places: Any, shape: tuple[int, ...], index: Index) -> Any:
        at = chosen(shape, index, places)
        found = _last(at[None], math.prod(shape))[which]
        return found.reshape(at.shape if which else shape)

    def samples(call: along.Call) -> along.Run:
        size = math.prod(call.fixed["shape"])
        run = lambda at: _last(at, size)[which].reshape(len(at), *call.shape)
        return _by_places(call, call.fixed["shape"], 0, run)

    return Operation(
        name, forward, None, fixed=["shape", "index"], variadic=True, numpy=(), along=samples
    )


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
    shape = call.shapes[0]

    def run(x: Any, new: Any, at: Any) -> Any:
        samples = len(x) if call.sampled[0] else len(new) if call.sampled[1] else len(at)
        out = np.array(along.repeated(x, samples, call.sampled[0], shape), order="C")
        inside = in_rows(at, samples, math.prod(shape))
        if call.sampled[1]:
            new = along.pad(new, at.ndim - new.ndim)
        out.reshape(-1)[inside.reshape(-1)] = np.broadcast_to(new, inside.shape).reshape(-1)
        return out

    return _by_places(call, shape, 2, run)


index_update_ = Operation(
    "index_update", _update, _kept_rule, _new_rule, None,
    fixed=["index"], variadic=True, numpy=(), along=_update_along,
)  # fmt: skip
written, last_write = _of_writes("written", 0), _of_writes("last_write", 1)


# One place for each of the others: along an axis -----------------------------------------------
def along_axis(picked: Any, places: Any, shape: tuple[int, ...], axis: int) -> Index:
    """Return the index of an array of `shape` by which take_along_axis has `picked` elements."""
    grid: list[Any] = list(np.ogrid[tuple(slice(n) for n in picked.shape)])
    grid[axis] = places
    own = axis % picked.ndim
    return tuple(0 if n == 1 and i != own else grid[i] for i, n in enumerate(shape))


def _put(g: Any, places: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Return zeros of `shape` with `g` added where take_along_axis would pick."""
    total = np.zeros(shape, g.dtype)
    add_into(total, chosen(shape, along_axis(g, places, shape, axis), ()), g)
    return total


def _along_lines(call: along.Call) -> along.Run:
    axis = along.from_end(call.fixed["axis"], len(call.shape))

    def run(*arrays: Any) -> Any:
        x, places = along.everyone(call, arrays)
        if call.op is put_along:
            return _put(x, places, (len(x), *call.fixed["shape"]), axis)
        return np.take_along_axis(x, places, axis=axis)

    return run


take_along_axis = Operation(
    "take_along_axis", np.take_along_axis,
    lambda g, y, x, places, axis: put_along(g, places, shape=shape_of(x), axis=axis),
    None,
    fixed=["axis"], along=_along_lines,
)  # fmt: skip
put_along = Operation(
    "put_along", _put,
    lambda gg, y, g, places, shape, axis: take_along_axis(gg, places, axis=axis),
    None,
    fixed=["shape", "axis"], numpy=(), along=_along_lines,
)  # fmt: skip


def _searching(call: along.Call) -> along.Run:
    """Run on all samples at once, each element by itself: bins are no partner to broadcast with."""
    if call.sampled[0]:
        return along.looped(call)
    return functools.partial(call.op.forward, **call.fixed)


searchsorted = Operation(
    "searchsorted", np.searchsorted, None, None, fixed=["side"], along=_searching
)
argwhere = Operation("argwhere", np.argwhere, None, along=along.looped)
argunique = Operation(  # where each value stands first, in ascending order of the values
    "argunique", lambda x: np.unique(x, return_index=True)[1], None, numpy=(), along=along.looped
)


def select(x: Data, index: Any) -> Data:
    """Return ``x[index]``, with NumPy's basic and advanced indexing; Data may be part of it."""
    kept, places = recorded(index)
    return getitem(x, *places, index=kept)


def select_along(x: Data, axis: int, part: Any) -> Data:
    """Return `x` with an index of one axis, which is counted from 0."""
    return select(x, (slice(None),) * axis + (part,))
