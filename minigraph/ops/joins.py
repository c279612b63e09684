"""Joining and splitting arrays, as NumPy writes them."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from . import elementwise as e
from . import shaping
from .axes import axis_of, ints
from .base import as_data, holds_data
from .composing import arrays, composed, refuse
from .indices import integer
from .layouts import at_least, permuted, ravel
from .selection import select_along


@composed()
def concatenate(
    arrays_: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Data:
    """Return arrays joined along an axis they have; along one row, if it is None."""
    refuse("concatenate", dtype=dtype)
    if axis is None:
        return shaping.concatenate(*[ravel(x) for x in arrays(arrays_)], axis=0)
    axis = _axis("concatenate", arrays_, axis)
    return shaping.concatenate(*arrays(arrays_), axis=axis)


def _axis(name: str, given: Any, axis: Any) -> int:
    """Return the axis along which arrays are joined, which no array can be."""
    if np.ndim(axis) or (isinstance(axis, Data) and not isinstance(given, (list, tuple))):
        raise UsageError(f"{name}: an array arrived as the axis; pass a list: mg.{name}([a, b])")
    return integer(axis)


@composed()
def stack(
    arrays_: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Data:
    """Return arrays of one shape joined along a new axis."""
    refuse("stack", dtype=dtype)
    axis = _axis("stack", arrays_, axis)
    return shaping.stack(*arrays(arrays_), axis=axis)


def _joined(given: Any, ndim: int, axis: int) -> Data:
    parts = at_least(ndim, tuple(arrays(given)))
    parts = parts if isinstance(parts, tuple) else (parts,)
    return shaping.concatenate(*parts, axis=0 if parts[0].ndim == 1 else axis)


@composed()
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Data:
    """Return arrays joined as rows."""
    refuse("vstack", dtype=dtype)
    return _joined(tup, 2, 0)


@composed()
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Data:
    """Return arrays joined along their columns (vectors: end to end)."""
    refuse("hstack", dtype=dtype)
    return _joined(tup, 1, 1)


@composed()
def dstack(tup: Any) -> Data:
    """Return arrays joined along the third axis."""
    return _joined(tup, 3, 2)


@composed()
def column_stack(tup: Any) -> Data:
    """Return vectors joined as columns of a matrix."""
    parts = [shaping.reshape(x, shape=(-1, 1)) if x.ndim < 2 else x for x in arrays(tup)]
    return shaping.concatenate(*parts, axis=1)


def _nesting(blocks: Any) -> int:
    return 1 + max(map(_nesting, blocks)) if isinstance(blocks, list) else 0


@composed()
def block(arrays: Any) -> Data:
    """Return blocks in nested lists joined, the innermost lists along the last axis."""
    depth = _nesting(arrays)

    def sizes(part: Any) -> int:
        return max(map(sizes, part)) if isinstance(part, list) else as_data(part).ndim

    ndim = max(depth, sizes(arrays))

    def join(part: Any, axis: int) -> Data:
        if isinstance(part, list):
            return shaping.concatenate(*[join(p, axis + 1) for p in part], axis=axis)
        x = as_data(part)
        return shaping.reshape(x, shape=(1,) * (ndim - x.ndim) + x.shape)

    return join(arrays, -depth)


@composed()
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Data:
    """Return `arr` with `values` put before one or several positions of an axis."""
    x = as_data(arr) if axis is not None else shaping.reshape(as_data(arr), shape=(-1,))
    axis, new = 0 if axis is None else axis_of(axis, x), as_data(values)
    if new.dtype != x.dtype and (x.dtype.kind == "f" or not new._carries):  # nor a slope is lost
        new = e.astype(new, dtype=x.dtype)
    n, at = x.shape[axis], operator.index(obj) if isinstance(obj, Data) else obj
    at = np.arange(n)[at] if isinstance(at, slice) else at
    new = shaping.reshape(new, shape=(1,) * (x.ndim - new.ndim) + new.shape)
    if np.ndim(at) == 0:  # then NumPy takes the first axis of the values for the new one
        new = permuted(new, lambda z: np.moveaxis(z, 0, axis))
        count = new.shape[axis]
    else:
        count = np.size(np.arange(n)[at]) if np.asarray(at).dtype == bool else np.size(at)
    shape = tuple(count if i == axis else m for i, m in enumerate(x.shape))
    whole = shaping.concatenate(x, shaping.broadcast_to(new, shape=shape), axis=axis)
    places = np.insert(np.arange(n), at, n + np.arange(count))
    return select_along(whole, axis, places)


@composed()
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Data, ...]:
    """Return the layers of an array along an axis."""
    x = as_data(x)
    axis = axis_of(axis, x)
    return tuple(select_along(x, axis, i) for i in range(x.shape[axis]))


@composed()
def append(arr: Any, values: Any, axis: Any = None) -> Data:
    """Return `arr` with `values` joined at its end."""
    return concatenate([arr, values], axis)


@composed()
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Data, ...]:
    """Return the pieces of an array along an axis."""
    x = as_data(ary)
    axis = axis_of(axis, x)
    pieces = np.array_split(np.arange(x.shape[axis]), _fixed(indices_or_sections))
    ends = [(int(piece[0]), int(piece[-1]) + 1) if len(piece) else (0, 0) for piece in pieces]
    return tuple(select_along(x, axis, slice(*end)) for end in ends)


def _fixed(sections: Any) -> Any:
    """Return where an array is split, or into how many pieces, as plain integers."""
    if isinstance(sections, Data):
        return ints(sections) if sections.ndim else integer(sections)
    return ints(sections) if holds_data(sections) else sections


@composed()
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Data, ...]:
    """Return the equal pieces of an array along an axis."""
    x, sections = as_data(ary), _fixed(indices_or_sections)
    n = x.shape[axis_of(axis, x)]
    if np.ndim(sections) == 0 and (sections < 1 or n % sections):
        raise InputError(f"split: length {n} has no {sections} equal pieces; write mg.array_split")
    return array_split(x, sections, axis)


@composed()
def hsplit(ary: Any, indices_or_sections: Any) -> tuple[Data, ...]:
    """Return the pieces of an array along its columns (a vector: along it)."""
    return split(ary, indices_or_sections, 0 if as_data(ary).ndim == 1 else 1)


@composed()
def vsplit(ary: Any, indices_or_sections: Any) -> tuple[Data, ...]:
    """Return the pieces of an array along its rows."""
    return split(ary, indices_or_sections, 0)


@composed()
def dsplit(ary: Any, indices_or_sections: Any) -> tuple[Data, ...]:
    """Return the pieces of an array along its third axis."""
    return split(ary, indices_or_sections, 2)


@composed()
def fliplr(m: Any) -> Data:
    """Return `m` with its columns in reverse."""
    return shaping.flip(as_data(m), axis=1)


@composed()
def flipud(m: Any) -> Data:
    """Return `m` with its rows in reverse."""
    return shaping.flip(as_data(m), axis=0)
