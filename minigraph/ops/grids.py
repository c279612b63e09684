"""Calculus on grids as NumPy writes it: differences, integrals, interpolation, convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..walk import label, varies
from . import elementwise as e
from . import reductions, selection, shaping
from .axes import axes_of, axis_of
from .base import as_data
from .boxes import stop, within
from .composing import composed, fixed, floats, refuse, written_into
from .selection import select_along

NONE, ONE = np.array(0), np.array(1)  # integers: an index must not become a float


def _between(x: Data, axis: int, start: Any, stop: Any) -> Data:
    return select_along(x, axis, slice(start, stop))


@composed()
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Data:
    """Return differences of neighbours along an axis, `n` times."""
    x, (n,) = as_data(a), fixed("diff", n=n)
    if n == 0:
        return x
    if n < 0 or not x.ndim:
        raise InputError(f"diff: order {n} of shape {x.shape}; it needs an axis and no negative n")
    axis = axis_of(axis, x)
    ends = [None if z is None else as_data(z) for z in (prepend, append)]
    ends = [
        z if z is None or z.ndim else shaping.broadcast_to(z, shape=reductions.thin(x, axis))
        for z in ends
    ]
    parts = [z for z in (ends[0], x, ends[1]) if z is not None]
    x = shaping.concatenate(*parts, axis=axis) if len(parts) > 1 else x
    for _ in range(n):
        late, early = _between(x, axis, 1, None), _between(x, axis, None, -1)
        x = e.not_equal(late, early) if x.dtype == bool else late - early
    return x


def _same_kind(z: Any, dtype: np.dtype[Any]) -> Data:
    """Return an end in the dtype of the differences beside it; a whole number was written as 1."""
    z = as_data(z)
    whole = z._literal and np.all(z.value % 1 == 0)
    if not (np.can_cast(z.dtype, dtype, "same_kind") or whole):
        raise UsageError(f"ediff1d: {label(z)} does not fit differences of {dtype}; convert them")
    return z if z.dtype == dtype else e.astype(z, dtype=dtype)


@composed()
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Data:
    """Return differences of neighbours among all elements in one row."""
    x = shaping.reshape(as_data(ary), shape=(-1,))
    x = _between(x, 0, 1, None) - _between(x, 0, None, -1)
    begin, end = (
        None if z is None else shaping.reshape(_same_kind(z, x.dtype), shape=(-1,))
        for z in (to_begin, to_end)
    )
    parts = [z for z in (begin, x, end) if z is not None]
    return shaping.concatenate(*parts, axis=0)


@composed()
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Data:
    """Return the integral by the trapezoid rule."""
    y = as_data(y)
    at = axis_of(axis, y)
    if x is not None:
        dx = diff(x, axis=axis if as_data(x).ndim > 1 else -1)
        if dx.ndim == 1:
            dx = shaping.reshape(dx, shape=(-1,) + (1,) * (y.ndim - 1 - at))
    sides = _between(y, at, 1, None) + _between(y, at, None, -1)
    return reductions.sum_(dx * sides * 0.5, axis=axis)


@composed()
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Data:
    """Return straight lines between the points (xp, fp); at a point, the slope to its right."""
    x, xp, fp = floats(x), floats(xp), floats(fp)
    if xp.ndim != 1 or fp.shape != xp.shape or not xp.size:
        raise InputError(f"interp: xp {xp.shape} and fp {fp.shape} are not two rows of one length")
    if period is not None:
        x, xp = e.remainder(x, abs(period)), e.remainder(xp, abs(period))
        order = reductions.argsort(xp, axis=0)
        xp, fp, left, right = xp[order], fp[order], None, None
        xp = shaping.concatenate(xp[-1:] - abs(period), xp, xp[:1] + abs(period), axis=0)
        fp = shaping.concatenate(fp[-1:], fp, fp[:1], axis=0)
    if xp.size == 1:
        xp, fp = (shaping.concatenate(z, z, axis=0) for z in (xp, fp))
    bends = not varies(xp) and np.all(np.diff(xp.value) > 0)  # and does not jump from row to row
    at = selection.searchsorted(xp, x, side="right")
    at = stop(at) if bends else at
    at = e.minimum(e.maximum(e.subtract(at, ONE), NONE), np.array(xp.size - 2))
    low, high = fp[at], fp[e.add(at, ONE)]
    share, width = x - xp[at], xp[e.add(at, ONE)] - xp[at]
    if bends:
        share = e.divide(share, width)
    else:  # where the last points stand above one another, the last one counts
        flat = stop(e.equal(width, 0.0))
        share = e.divide(share, e.where(flat, 1.0, width))
        share = e.where(stop(e.logical_and(flat, e.equal(share, 0.0))), 1.0, share)
    finite = not varies(fp) and np.all(np.isfinite(fp.value))
    inside = low + (high - low) * share if finite else _lines(low, high, share)
    before, behind = e.less(x, xp[0]), e.greater(x, xp[-1])
    if left is None:
        left, before = fp[0], stop(before)
    if right is None:
        right, behind = fp[-1], stop(behind)
    return e.where(behind, right, e.where(before, left, inside))


def _lines(low: Data, high: Data, share: Data) -> Data:
    """Return heights between two ends; an infinite end is all that counts, but at the other one."""
    there = stop(e.logical_and(e.isfinite(low), e.isfinite(high)))
    start, end = e.where(there, low, 0.0), e.where(there, high, 0.0)
    far = e.where(stop(e.equal(share, 1.0)), high, stop(low + high + share))
    far = e.where(stop(e.equal(share, 0.0)), low, far)
    return e.where(there, start + (end - start) * share, far)


@composed()
def convolve(a: Any, v: Any, mode: str = "full") -> Data:
    """Return the convolution of two rows."""
    a, v = as_data(a), as_data(v)
    if a.ndim > 1 or v.ndim > 1 or not a.size or not v.size:
        raise InputError(f"convolve: shapes {a.shape} and {v.shape}; it needs two rows of elements")
    a, v = shaping.reshape(a, shape=(-1,)), shaping.reshape(v, shape=(-1,))
    if v.size > a.size:
        a, v = v, a
    n, m = a.size, v.size
    places = np.arange(n)[:, None] + np.arange(m)
    full = shaping.scatter(a[:, None] * v, places=places, shape=(n + m - 1,))
    if mode == "full":
        return full
    if mode == "same":
        return full[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return full[m - 1 : n]
    raise UsageError(f"convolve: mode {mode!r}; it is 'full', 'same' or 'valid'")


@composed()
def correlate(a: Any, v: Any, mode: str = "valid") -> Data:
    """Return the correlation of two rows."""
    a, v = as_data(a), as_data(v)
    if v.size > a.size:  # NumPy keeps the longer row still, and then reads the result backwards
        return shaping.flip(correlate(v, a, mode), axis=0)
    return convolve(a, shaping.flip(v, axis=0), mode)


@composed(np.gradient)
def slopes(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return np.gradient: central differences along axes. (mg.gradient is the derivative.)"""
    x = floats(f)
    axes = tuple(range(x.ndim)) if axis is None else np.atleast_1d(axes_of(axis, x)).tolist()
    steps = list(varargs) or [1.0]
    steps = steps * len(axes) if len(steps) == 1 and not as_data(steps[0]).ndim else steps
    if len(steps) != len(axes) or edge_order not in (1, 2):
        raise UsageError(
            f"np.gradient: spacings: {len(steps)}, axes: {len(axes)}, edge_order={edge_order}; "
            "pass a number, or one number or row of coordinates for each axis, and order 1 or 2"
        )
    found = tuple(
        written_into(x, _slope(x, a % x.ndim, as_data(s), edge_order))
        for a, s in zip(axes, steps, strict=True)
    )
    return found[0] if len(found) == 1 else found


def _slope(x: Data, axis: int, spacing: Data, edge_order: int) -> Data:
    """Return the slope of the parabola through each element and its neighbours."""
    n = x.shape[axis]
    if n <= edge_order or (spacing.ndim and spacing.shape != (n,)):
        raise InputError(f"np.gradient: length {n} along axis {axis}, spacing {spacing.shape}")
    step = diff(floats(spacing)) if spacing.ndim else shaping.broadcast_to(spacing, shape=(n - 1,))
    step = e.astype(step, dtype=x.dtype)  # a number that was written widens no float32
    step = shaping.reshape(step, shape=(-1,) + (1,) * (x.ndim - 1 - axis))
    rise = e.divide(diff(x, axis=axis), step)  # the slopes between neighbours
    if n == 2:
        return shaping.concatenate(rise, rise, axis=axis)
    before, behind = _between(step, 0, None, -1), _between(step, 0, 1, None)
    early, late = _between(rise, axis, None, -1), _between(rise, axis, 1, None)
    if spacing.ndim:
        inside = e.divide(behind * early + before * late, before + behind)
    else:  # the element itself has no part in it, and may be nan
        across = _between(x, axis, 2, None) - _between(x, axis, None, -2)
        inside = e.divide(across, before + behind)
    first, last = _between(rise, axis, None, 1), _between(rise, axis, -1, None)
    if edge_order == 2:  # a parabola's slope grows as much again towards its end
        first = 2.0 * first - _between(inside, axis, None, 1)
        last = 2.0 * last - _between(inside, axis, -1, None)
    return shaping.concatenate(first, inside, last, axis=axis)


@composed()
def digitize(x: Any, bins: Any, right: bool = False) -> Data:
    """Return the number of the bin of each element; `bins` ascend or descend."""
    x, bins, side = as_data(x), as_data(bins), "left" if right else "right"
    if bins.ndim != 1:
        raise InputError(f"digitize: {label(bins)} of shape {bins.shape}; the bins are one row")
    falls = bins.size > 1 and bool(bins.value[0] > bins.value[-1])
    rising = bins[::-1] if falls else bins
    found = selection.searchsorted(rising, x, side=side)
    found = e.subtract(np.array(bins.size), found) if falls else found
    back = stop(reductions.sum_(e.less(rising[1:], rising[:-1])))
    problem = f"digitize: {label(bins)} must ascend or descend, with 0 steps back"
    checked = within(found, back, low=0, high=0, problem=problem)
    return checked if varies(bins) else found


@composed()
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2.0 * np.pi) -> Data:
    """Return angles without jumps: whole periods, which are flat, are added."""
    refuse("unwrap", discont=discont)
    x = as_data(p)
    axis = axis_of(axis, x)
    half = 0.5 * period
    jumps = diff(x, axis=axis)
    down = e.remainder(jumps + half, period) - half
    down = e.where(e.logical_and(e.equal(down, -half), e.greater(jumps, 0.0)), half, down)
    turns = e.where(e.less(e.absolute(jumps), half), 0.0, stop(down - jumps))
    rest = _between(x, axis, 1, None) + reductions.cumsum(turns, axis=axis)
    return shaping.concatenate(_between(x, axis, None, 1), rest, axis=axis)
