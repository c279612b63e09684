"""Reductions as NumPy writes them: with a dtype, a mask, a start, and statistics made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..walk import label, varies
from . import elementwise as e
from . import reductions, shaping
from .axes import axes_of, ints
from .base import Operation, as_data
from .boxes import stop
from .composing import composed, floats, named, refuse
from .indices import integer


def fold(
    op: Operation, a: Any, axis: Any, keepdims: Any, dtype: Any = None, where: Any = True,
    empty: Any = None,
) -> Data:  # fmt: skip
    """Return `op` of `a`; what the mask `where` leaves out counts as `empty`."""
    x = as_data(a)
    if dtype is not None:
        x = e.astype(x, dtype=np.dtype(dtype))
    if where is not True:
        if empty is None:
            raise UsageError(f"{op.name}: where= needs a value for what it leaves out (initial=)")
        mask, full = as_data(where), x.shape
        x = e.where(mask, x, like(op.name, empty, x.dtype))
        if x.shape != full:
            raise InputError(
                f"{op.name}: where= has shape {mask.shape}, and {label(as_data(a))} has {full}; "
                "broadcast the array first, if each element shall count several times"
            )
    return op(x, axis=axes_of(axis), keepdims=bool(keepdims))


def like(name: str, start: Any, dtype: np.dtype[Any]) -> Data:
    """Return where a fold starts: beside integers and truths one of them, as NumPy takes it."""
    start = as_data(start)
    if dtype.kind == "f" or start.dtype == dtype:
        return start
    if not start._literal:
        return e.astype(start, dtype=dtype)
    fits = np.iinfo(dtype if dtype.kind in "iu" else int)
    if not np.all((start.value >= fits.min) & (start.value <= fits.max)):
        raise InputError(f"{name}: {label(start)} does not fit {dtype}; convert the array first")
    return as_data(np.asarray(start.value).astype(dtype))


def _total(op: Operation, empty: float, join: Operation, doc: str) -> Any:
    def call(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = None, where: Any = True,
    ) -> Data:  # fmt: skip
        total = fold(op, a, axis, keepdims, dtype, where, empty)
        return total if initial is None else join(total, like(op.name, initial, total.dtype))

    return named(op.name, doc, call)


def _extreme(op: Operation, join: Operation, which: str, *numpy: Any) -> Any:
    def call(
        a: Any, axis: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = None, where: Any = True,
    ) -> Data:  # fmt: skip
        if initial is None:
            return fold(op, a, axis, keepdims, None, where)
        x = as_data(a)
        start = like(op.name, initial, x.dtype)
        if not reductions.count(x, axes_of(axis)):  # there is nothing else
            shape = np.sum(np.empty(x.shape), axis=axes_of(axis), keepdims=bool(keepdims)).shape
            return shaping.broadcast_to(start, shape=shape)
        return join(fold(op, x, axis, keepdims, None, where, empty=start), start)

    doc = f"Return the {which} element over axes; elements that tie share the cotangent evenly."
    return named(op.name, doc, call, *numpy)


sum_ = _total(reductions.sum_, 0.0, e.add, "Return the sum of elements over axes.")
prod = _total(
    reductions.prod, 1.0, e.multiply,
    "Return the product of elements over axes; its derivative is right also where some are 0.",
)  # fmt: skip
max_ = _extreme(reductions.max_, e.maximum, "largest", np.max, np.amax)
min_ = _extreme(reductions.min_, e.minimum, "smallest", np.min, np.amin)


def counted(x: Data, axis: Any, where: Any) -> Data | float:
    """Return how many elements are folded into one."""
    if where is True:
        return reductions.count(x, axes_of(axis))
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    mask = shaping.broadcast_to(e.astype(as_data(where), dtype=kind), shape=x.shape)
    return reductions.sum_(mask, axis=axes_of(axis), keepdims=True)


@composed()
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    *, where: Any = True,
) -> Data:  # fmt: skip
    """Return the average of elements over axes."""
    if where is True:
        return fold(reductions.mean, a, axis, keepdims, dtype)
    x = as_data(a)
    total = fold(reductions.sum_, x, axis, True, dtype, where, empty=0.0)
    return kept(e.divide(total, counted(x, axis, where)), axis, keepdims)


def kept(x: Data, axis: Any, keepdims: Any) -> Data:
    """Return a result whose folded axes have length one, without them unless they are wanted."""
    return x if keepdims or not x.shape else shaping.squeeze(x, axis=axes_of(axis))


@composed()
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Data:  # fmt: skip
    """Return the mean squared distance from the mean; divided by the count less `ddof`."""
    x = as_data(a) if dtype is None else e.astype(as_data(a), dtype=np.dtype(dtype))
    n = counted(x, axes_of(axis, x) if where is True else axis, where)
    if where is not True:  # also here: the slope of the square of a nan left out is 0 times nan
        x = e.where(as_data(where), x, 0.0)
    if mean is None:
        mean = e.divide(fold(reductions.sum_, x, axis, True), n)
    total = fold(reductions.sum_, e.square(x - mean), axis, True, None, where, empty=0.0)
    free = n - float(ddof if correction is None else correction)
    return kept(e.divide(total, e.maximum(free, 0.0)), axis, keepdims)


def root(x: Data) -> Data:
    """Return the square root, with slope 0 at 0: the least of its slopes from both sides."""
    flat = stop(e.equal(x, 0.0))  # both sides meet there: nothing jumps
    return e.where(flat, 0.0, e.sqrt(e.where(flat, 1.0, x)))


@composed()
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Data:  # fmt: skip
    """Return the square root of the variance; its slope is 0 where all elements are equal."""
    return root(
        var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    )


@composed()
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Data:
    """Return the largest less the smallest element."""
    return max_(a, axis, keepdims=keepdims) - min_(a, axis, keepdims=keepdims)


@composed()
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False,
    *, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the weighted average; with `returned` also the sum of the weights."""
    x = as_data(a)
    if weights is None:
        found = mean(x, axis, keepdims=keepdims)
        n = as_data(reductions.count(x, axes_of(axis)))
        return (found, shaping.broadcast_to(n, shape=found.shape)) if returned else found
    x, w = floats(x), floats(weights)
    if w.shape != x.shape:
        axes = [] if axis is None else [a % x.ndim for a in ints(axes_of(axis, x))]
        if not w.ndim or w.shape != tuple(x.shape[a] for a in axes):
            raise InputError(f"average: weights of shape {w.shape} do not fit {x.shape}")
        if sorted(axes) != axes:
            w = shaping.transpose(w, axes=sorted(range(w.ndim), key=axes.__getitem__))
        w = shaping.expand_dims(w, axis=[a for a in range(x.ndim) if a not in axes])
        w = shaping.broadcast_to(w, shape=x.shape)
    total = sum_(w, axis, keepdims=keepdims)
    if not varies(total) and not np.all(total.value):
        raise InputError(f"average: weights of shape {w.shape} add up to 0; give others")
    found = e.divide(sum_(x * w, axis, keepdims=keepdims), total)
    return (found, total) if returned else found


def _running(op: Operation, a: Any, axis: Any, dtype: Any) -> Data:
    x = as_data(a) if dtype is None else e.astype(as_data(a), dtype=np.dtype(dtype))
    if axis is None or not x.shape:
        x = shaping.reshape(x, shape=(-1,))
    return op(x, axis=0 if axis is None else integer(axis))


def _accumulated(op: Operation, what: str) -> Any:
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Data:
        return _running(op, a, axis, dtype)

    doc = f"Return the running {what} along an axis; of all elements, if none is given."
    return named(op.name, doc, call)


def _cumulative(name: str, op: Operation, start: float, what: str) -> Any:
    def call(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None,
        include_initial: Any = False,
    ) -> Data:  # fmt: skip
        refuse(name, out=out)
        x = as_data(x)
        if axis is None and x.ndim > 1:
            raise UsageError(f"{name}: shape {x.shape} needs an axis")
        axis = 0 if axis is None else integer(axis)
        found = _running(op, x, axis, dtype)
        if not include_initial:
            return found
        first = np.full(reductions.thin(x, axis), start, found.dtype)
        return shaping.concatenate(first, found, axis=axis)

    doc = f"Return the running {what} along an axis, from {start:.0f} on if `include_initial`."
    return named(name, doc, call)


cumsum = _accumulated(reductions.cumsum, "sums")
cumprod = _accumulated(reductions.cumprod, "products")
cumulative_sum = _cumulative("cumulative_sum", reductions.cumsum, 0.0, "sums")
cumulative_prod = _cumulative("cumulative_prod", reductions.cumprod, 1.0, "products")
