"""Operations that move elements and change none: shapes, axes, joins, broadcasts.

Every operation here is linear, so each derivative is the opposite move.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import along
from .base import Operation


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a float, an array or a Data."""
    return () if type(x) is float else x.shape


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Sum `x` down to `shape`, over the axes that a broadcast from `shape` added or stretched."""
    lead = np.ndim(x) - len(shape)
    stretched = tuple(lead + i for i, n in enumerate(shape) if n == 1 and x.shape[lead + i] != 1)
    total = np.sum(x, axis=tuple(range(lead)) + stretched, keepdims=True)
    return total.reshape(shape)


def _sum_to_along(call: along.Call) -> along.Run:
    (shape,), to = call.shapes, call.shape
    lead = len(shape) - len(to)
    stretched = tuple(i - len(to) for i, n in enumerate(to) if n == 1 and shape[lead + i] != 1)
    axes = tuple(range(-len(shape), -len(to))) + stretched
    return lambda x: np.sum(x, axis=axes, keepdims=True).reshape(x.shape[:1] + to)


broadcast_to = Operation(
    "broadcast_to", np.broadcast_to,
    lambda g, y, x, shape: sum_to(g, shape=shape_of(x)),
    fixed=["shape"], along=along.broadcasting,
)  # fmt: skip
sum_to = Operation(
    "sum_to", _sum_to,
    lambda g, y, x, shape: broadcast_to(g, shape=shape_of(x)),
    fixed=["shape"], along=_sum_to_along,
)  # fmt: skip
reshape = Operation(
    "reshape", np.reshape,
    lambda g, y, x, shape: reshape(g, shape=shape_of(x)),
    fixed=["shape"], along=along.to_shape,
)  # fmt: skip
expand_dims = Operation(
    "expand_dims", np.expand_dims,
    lambda g, y, x, axis: reshape(g, shape=shape_of(x)),
    fixed=["axis"], along=along.to_shape,
)  # fmt: skip
squeeze = Operation(
    "squeeze", np.squeeze,
    lambda g, y, x, axis=None: reshape(g, shape=shape_of(x)),
    fixed=["axis"], along=along.to_shape,
)  # fmt: skip
ravel = Operation(
    "ravel", np.ravel,
    lambda g, y, x: reshape(g, shape=shape_of(x)),
    along=along.to_shape,
)  # fmt: skip
transpose = Operation(
    "transpose", np.transpose,
    lambda g, y, x, axes=None: transpose(g, axes=None if axes is None else inverse(axes)),
    fixed=["axes"], along=along.permuting,
)  # fmt: skip


def inverse(axes: Any) -> tuple[int, ...]:
    """Return the permutation that undoes `axes`."""
    return tuple(int(i) for i in np.argsort([a % len(axes) for a in axes]))


def swap_last(x: Any) -> Any:
    """Return `x` with its last two axes exchanged."""
    n = len(shape_of(x))
    return transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def _concatenate(*arrays: Any, axis: Any = 0) -> Any:
    return np.concatenate(arrays, axis=axis)


def _piece(i: int, g: Any, y: Any, *arrays: Any, axis: Any = 0) -> Any:
    """Return the part of `g` that came from input `i` of a concatenation."""
    if axis is None:
        before = sum(int(np.prod(shape_of(a))) for a in arrays[:i])
        size = int(np.prod(shape_of(arrays[i])))
        return reshape(g[before : before + size], shape=shape_of(arrays[i]))
    before = sum(shape_of(a)[axis] for a in arrays[:i])
    size = shape_of(arrays[i])[axis]
    index: list[Any] = [slice(None)] * len(shape_of(y))
    index[axis] = slice(before, before + size)
    return g[tuple(index)]


def _layer(i: int, g: Any, y: Any, *arrays: Any, axis: int = 0) -> Any:
    index: list[Any] = [slice(None)] * len(shape_of(y))
    index[axis] = i
    return g[tuple(index)]


concatenate = Operation(
    "concatenate", _concatenate, _piece,
    fixed=["axis"], variadic=True, along=along.joining,
)  # fmt: skip
stack = Operation(
    "stack", lambda *arrays, axis=0: np.stack(arrays, axis=axis), _layer,
    fixed=["axis"], variadic=True, along=along.joining,
)  # fmt: skip
