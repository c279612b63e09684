"""New arrays as NumPy makes them, from data or from numbers alone."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..walk import label
from . import elementwise as e
from . import shaping
from .axes import axis_of, ints
from .base import as_data
from .composing import composed, floats, named, refuse
from .layouts import expand_dims, permuted


# From data -------------------------------------------------------------------------------------
@composed(np.copy)
def array(object: Any, dtype: Any = None, **keywords: Any) -> Data:
    """Return Data of numbers, of Data, or of nested lists of both.

    Examples
    --------
    >>> import minigraph as mg
    >>> a, b = mg.Data(1.0), mg.Data(2.0)
    >>> mg.array([[a, b], [b, 0.0]]).shape
    (2, 2)
    """
    refuse("array", ("copy", "order", "subok"), **keywords)
    x = as_data(object)
    if dtype is not None and x.dtype != np.dtype(dtype):
        return e.astype(x, dtype=np.dtype(dtype))
    return x


@composed()
def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Data:
    """Return `x` with its elements converted; gradients pass between floats."""
    kind = np.dtype(dtype)
    if kind.kind not in "fiub":
        raise UsageError(f"astype: {kind} is not a kind of real number, integer or truth")
    return e.astype(as_data(x), dtype=kind)


def _like(name: str, value: Any, a: Any, dtype: Any, shape: Any, keywords: Any) -> Data:
    refuse(name, ("order", "subok", "device"), **keywords)
    x = as_data(a)
    kind = x.dtype if dtype is None else np.dtype(dtype)
    size = x.shape if shape is None else ints(shape)
    if isinstance(value, Data):
        return shaping.broadcast_to(e.astype(value, dtype=kind), shape=size)
    return as_data(np.full(size, value, kind))


def _alike(name: str, value: int, doc: str) -> Any:
    def call(a: Any, dtype: Any = None, *, shape: Any = None, **keywords: Any) -> Data:
        return _like(name, value, a, dtype, shape, keywords)

    return named(name, doc, call)


zeros_like = _alike("zeros_like", 0, "Return constant zeros of the shape and dtype of `a`.")
ones_like = _alike("ones_like", 1, "Return constant ones of the shape and dtype of `a`.")
empty_like = _alike(
    "empty_like", 0,
    "Return constant zeros of the shape and dtype of `a`: Data are never written into.",
)  # fmt: skip


@composed()
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None, **keywords: Any
) -> Data:
    """Return an array of the shape and dtype of `a`, all of one value."""
    return _like("full_like", fill_value, a, dtype, shape, keywords)


@composed()
def full(shape: Any, fill_value: Any, dtype: Any = None, **keywords: Any) -> Data:
    """Return an array of that shape, all of one value, which may be Data."""
    refuse("full", ("order", "device"), **keywords)
    found = shaping.broadcast_to(as_data(fill_value), shape=ints(shape))
    return found if dtype is None else e.astype(found, dtype=np.dtype(dtype))


@composed()
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0,
) -> Any:  # fmt: skip
    """Return evenly spaced numbers between two ends, which may be Data."""
    refuse("linspace", dtype=dtype)
    start, stop, num = floats(start), floats(stop), operator.index(num)
    if num < 0:
        raise InputError(f"linspace: {num} numbers; their number is not negative")
    parts = max(num - 1 if endpoint else num, 1)
    step = e.divide(stop - start, float(parts) if num > 1 or not endpoint else np.nan)
    steps = np.arange(num) * (1.0 / parts)
    if endpoint and num > 1:
        steps[-1] = 1.0
    share = steps.astype(step.dtype).reshape((-1,) + (1,) * step.ndim)
    found = start * (1.0 - share) + stop * share
    if 1.0 in steps:  # also beside a nan, or an infinity, the end is the end
        found = e.where(share == 1.0, stop, found)
    if axis_of(axis, found):
        found = permuted(found, lambda z: np.moveaxis(z, 0, axis))
    return (found, step) if retstep else found


@composed()
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> Data:  # fmt: skip
    """Return powers of a base with evenly spaced exponents."""
    start, stop, base = as_data(start), as_data(stop), as_data(base)
    if base.ndim:  # it has no axis of the exponents
        start, stop, base = of_one_ndim(start, stop, base)
        base = shaping.expand_dims(base, axis=axis)
    return e.power(base, linspace(start, stop, num, endpoint, False, dtype, axis))


@composed()
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Data:
    """Return numbers between two ends, each the same multiple of the one before."""
    start, stop = as_data(start), as_data(stop)
    for end in (start, stop):
        if not np.all(end.value):
            raise InputError(f"geomspace: {label(end)} has a 0, of which no multiple is another")
    start, stop = of_one_ndim(array(start, float), array(stop, float))
    share = linspace(0.0, 1.0, num, endpoint, False, dtype)
    start, stop = expand_dims(start, axis), expand_dims(stop, axis)
    axis = axis_of(axis, start)
    share = shaping.reshape(share, shape=(-1,) + (1,) * (start.ndim - 1 - axis))
    between = e.power(e.absolute(start), 1.0 - share) * e.power(e.absolute(stop), share)
    alike = e.equal(e.sign(start), e.sign(stop))
    found = e.where(alike, e.sign(start) * between, np.nan)
    return e.where(e.equal(share, 0.0), start, e.where(e.equal(share, 1.0), stop, found))


def of_one_ndim(*given: Data) -> list[Data]:
    """Return arrays with as many axes as the one that has most of them."""
    ndim = max(x.ndim for x in given)
    ones = ((1,) * (ndim - x.ndim) for x in given)
    return [
        shaping.reshape(x, shape=one + x.shape) if one else x
        for x, one in zip(given, ones, strict=True)
    ]


@composed()
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Return the coordinates of a grid, one array for each axis."""
    if indexing not in ("xy", "ij"):
        raise InputError(f"meshgrid: indexing={indexing!r}; it is 'xy' or 'ij'")
    rows = [shaping.reshape(as_data(x), shape=(-1,)) for x in xi]
    swap = indexing == "xy" and len(rows) > 1
    place = [1, 0, *range(2, len(rows))] if swap else list(range(len(rows)))
    shape = tuple(rows[i].size for i in place)
    grids = [
        shaping.reshape(x, shape=tuple(-1 if place[i] == k else 1 for k in range(len(rows))))
        for i, x in enumerate(rows)
    ]
    return tuple(g if sparse else shaping.broadcast_to(g, shape=shape) for g in grids)


# From numbers alone: constants -----------------------------------------------------------------
def _constant(name: str) -> Any:
    make = getattr(np, name)

    def create(*args: Any, **keywords: Any) -> Data:
        for x in (*args, *keywords.values()):
            if isinstance(x, Data):
                raise UsageError(
                    f"{name}: takes numbers, and Data arrived; pass x.shape or x.value"
                )
        return as_data(np.asarray(make(*args, **keywords)))

    return named(name, f"Return NumPy's {name} as a constant.", create)


CONSTANTS: Mapping[str, Callable[..., Data]] = {
    name: _constant(name)
    for name in ("arange", "eye", "identity", "indices", "ones", "tri", "zeros")
}
