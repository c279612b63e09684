"""Operations that move elements and change none: shapes, axes, joins, broadcasts.

Every operation here is linear, so each derivative is the opposite move. The last part of the table
needs no rule of its own: what a NumPy function does to positions, it does to elements.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import along
from .base import Operation
from .base import stack as stack  # a join too, but every operation needs it
from .rows import SHORT, ones, total

FEW = 2**13  # summands, up to which a product with ones is faster, rounds no worse, is one thread


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a float, an array or a Data."""
    return () if type(x) is float else x.shape


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Sum `x` down to `shape`, over the axes that a broadcast from `shape` added or stretched."""
    lead = np.ndim(x) - len(shape)
    if lead == 1 and x.shape[1:] == shape and len(x) <= FEW and x.dtype.kind == "f":
        rows = x.reshape(len(x), math.prod(shape))
        return ones(len(x), x.dtype).dot(rows).reshape(shape)
    stretched = tuple(lead + i for i, n in enumerate(shape) if n == 1 and x.shape[lead + i] != 1)
    total = np.add.reduce(x, axis=tuple(range(lead)) + stretched, keepdims=True)
    return total.reshape(shape)


def _sum_to_along(call: along.Call) -> along.Run:
    (shape,), to = call.shapes, call.shape
    lead = len(shape) - len(to)
    stretched = tuple(i - len(to) for i, n in enumerate(to) if n == 1 and shape[lead + i] != 1)
    axes = tuple(range(-len(shape), -len(to))) + stretched
    n = math.prod(shape[:lead])

    def reduced(x: Any) -> Any:
        return np.add.reduce(x, axis=axes, keepdims=True).reshape(x.shape[:1] + to)

    def product(x: Any) -> Any:
        if x.dtype.kind != "f":
            return reduced(x)
        rows = x if x.ndim == 3 and lead == 1 else x.reshape(len(x), n, math.prod(to))
        found = np.matmul(ones(n, x.dtype), rows)
        return found if found.shape[1:] == to else found.reshape(x.shape[:1] + to)

    def folded(x: Any) -> Any:
        if x.dtype.kind != "f":
            return reduced(x)
        return total(x.reshape(-1, width)).reshape(x.shape[:1] + to)

    # What is added up comes last, or there is nothing else.
    last = not lead and stretched == tuple(range(-len(stretched), 0))
    width = math.prod(shape[len(shape) - len(stretched) :]) if last else n
    if (last or math.prod(to) == 1 == math.prod(shape[lead:])) and 1 < width <= SHORT:
        return folded
    return product if not stretched and 0 < n <= FEW else reduced


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


def in_shape(name: str, fixed: str) -> Operation:
    """Declare a function that gives elements another shape, and leaves them in their order."""
    back = lambda g, y, x, **_: reshape(g, shape=shape_of(x))
    return Operation(name, getattr(np, name), back, fixed=[fixed], along=along.to_shape)


reshape, squeeze = in_shape("reshape", "shape"), in_shape("squeeze", "axis")
expand_dims = in_shape("expand_dims", "axis")
transpose = Operation(
    "transpose", np.transpose,
    lambda g, y, x, axes=None: transpose(g, axes=None if axes is None else inverse(axes)),
    fixed=["axes"], along=along.permuting,
)  # fmt: skip


def inverse(axes: Any) -> tuple[int, ...]:
    """Return the permutation that undoes `axes`."""
    return tuple(int(i) for i in np.argsort([a % len(axes) for a in axes]))


def stretched_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Return `x` repeated along the axes that it lacks in `shape`."""
    if type(x) is float:  # a sixth of the time
        return np.ndarray(shape, np.float64, np.float64(x), 0, (0,) * len(shape))
    return broadcast_to(x, shape=shape)


def swap_last(x: Any) -> Any:
    """Return `x` with its last two axes exchanged."""
    if type(x) is np.ndarray:
        return x.mT
    n = len(shape_of(x))
    return transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def _pieces(g: Any, y: Any, *arrays: Any, axis: int = 0) -> Callable[[int], Any]:
    before = (slice(None),) * (axis % y.ndim)
    ends = list(itertools.accumulate([a.shape[axis] for a in arrays], initial=0))
    return lambda i: g[(*before, slice(ends[i], ends[i + 1]))]


concatenate = Operation(
    "concatenate", lambda *arrays, axis=0: np.concatenate(arrays, axis=axis), together=_pieces,
    fixed=["axis"], variadic=True, along=along.joining,
)  # fmt: skip


# Moves: run once on the positions of the elements -----------------------------------------------
def positions(shape: tuple[int, ...]) -> Any:
    """Return an array of `shape` that holds the position of each of its elements."""
    return np.arange(int(np.prod(shape))).reshape(shape)


gather = Operation(
    "gather", lambda x, places: np.reshape(x, -1)[places],
    lambda g, y, x, places: scatter(g, places=places, shape=shape_of(x)),
    fixed=["places"], numpy=(), along=lambda call: lambda x: along.flat(x)[:, call.fixed["places"]],
)  # fmt: skip


def add_into(total: Any, at: Any, g: Any) -> None:
    """Add `g` at flat positions of an array of our own; a place that is named twice gets both."""
    # Along one axis NumPy takes a short way.
    np.add.at(total.reshape(-1), at.reshape(-1), np.broadcast_to(g, at.shape).reshape(-1))


def in_rows(at: Any, samples: int, size: int) -> Any:
    """Return flat positions in the rows of all samples, from those in each one, or in any one."""
    return np.arange(samples).reshape(-1, *(1,) * (at.ndim - 1)) * size + at


def _scatter(g: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of `shape` with `g` added at `places`; a place that is named twice adds up."""
    g = np.asarray(g)
    total = np.zeros(int(np.prod(shape)), g.dtype)
    add_into(total, places, g)
    return total.reshape(shape)


def _scatter_along(call: along.Call) -> along.Run:
    places = np.asarray(call.fixed["places"])

    def run(g: Any) -> Any:
        total = np.zeros((len(g), *call.shape), g.dtype)
        add_into(total, in_rows(places[None], len(g), math.prod(call.shape)), g)
        return total

    return run


scatter = Operation(
    "scatter", _scatter,
    lambda gg, y, g, places, shape: gather(gg, places=places),
    fixed=["places", "shape"], numpy=(), along=_scatter_along,
)  # fmt: skip


def move(name: str, forward: Callable[..., Any], *fixed: str) -> Operation:
    """Declare a function that moves, repeats or drops elements."""
    return Operation(
        name, forward,
        lambda g, y, x, **to: scatter(
            g, places=forward(positions(shape_of(x)), **to), shape=shape_of(x)
        ),
        fixed=fixed,
        along=lambda call: gather.along(
            call._replace(fixed={"places": forward(positions(call.shapes[0]), **call.fixed)})
        ),
    )  # fmt: skip


flip = Operation(
    "flip", np.flip, lambda g, y, x, axis=None: flip(g, axis=axis), fixed=["axis"],
    along=along.along_axis,
)  # fmt: skip
roll = move("roll", np.roll, "shift", "axis")
rot90 = move("rot90", np.rot90, "k", "axes")
repeat = move("repeat", np.repeat, "repeats", "axis")
tile = move("tile", np.tile, "reps")
resize = move("resize", np.resize, "new_shape")
delete = move("delete", np.delete, "obj", "axis")
diagonal = move("diagonal", np.diagonal, "offset", "axis1", "axis2")
