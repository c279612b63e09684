"""Selection as NumPy writes it: take, choose, clip, nonzero, bincount, compress, …"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, SelectionError, UsageError
from ..walk import label
from . import elementwise as e
from . import selection, shaping
from .axes import axis_of
from .base import as_data, holds_data
from .boxes import within
from .composing import arrays, composed, floats, refuse
from .indices import Slot, integer, is_whole, recorded
from .selection import select_along


def indices_of(indices: Any) -> Any:
    """Return indices as Data, if they are, else as an array of integers."""
    if isinstance(indices, Data) or holds_data(indices):
        return as_data(indices)
    found = np.array(indices)
    return found.astype(int) if found.size == 0 or isinstance(indices, (list, tuple)) else found


def positions(indices: Any) -> Any:
    """Return indices as integers: truths are 0 and 1 here, and no mask."""
    found = indices_of(indices)
    return e.astype(found, dtype=int) if found.dtype.kind == "b" else found


# Elements --------------------------------------------------------------------------------------
@composed()
def clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None,
    *, min: Any = None, max: Any = None,
) -> Data:  # fmt: skip
    """Return `a` kept between two limits; the derivative is 1 between and at them, 0 outside."""
    low, high = a_min if min is None else min, a_max if max is None else max
    if low is None and high is None:
        return e.positive(as_data(a))
    return e.clip(as_data(a), -np.inf if low is None else low, np.inf if high is None else high)


@composed()
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Return elements of `x` where the condition holds, else of `y`; alone, where it holds."""
    if (x is None) != (y is None):
        raise UsageError("where: needs a condition and two choices, or a condition alone")
    if x is None:
        return nonzero(condition)
    return e.where(as_data(condition), as_data(x), as_data(y))


@composed()
def divmod_(x1: Any, x2: Any) -> tuple[Data, Data]:
    """Return quotient, rounded down, and remainder."""
    x1, x2 = as_data(x1), as_data(x2)
    return e.floor_divide(x1, x2), e.remainder(x1, x2)


@composed()
def modf(x: Any) -> tuple[Data, Data]:
    """Return what is after the point, with slope 1, and what is before it, flat."""
    x = floats(x)
    inside = e.where(e.isinf(x), e.copysign(0.0, x), x)
    return e.fmod(inside, 1.0), e.trunc(x)


@composed()
def nonzero(a: Any) -> tuple[Data, ...]:
    """Return the positions of what is not zero, one array of integers for each axis."""
    x = as_data(a)
    if not x.ndim:
        raise InputError("nonzero: a single number has no positions; call mg.atleast_1d first")
    places = selection.argwhere(x)
    return tuple(places[:, i] for i in range(places.shape[1]))


@composed()
def flatnonzero(a: Any) -> Data:
    """Return the positions of what is not zero among all elements in one row."""
    return nonzero(shaping.reshape(as_data(a), shape=(-1,)))[0]


@composed()
def select_(condlist: Any, choicelist: Any, default: Any = 0) -> Data:
    """Return elements of the first choice whose condition holds."""
    if len(condlist) != len(choicelist):
        raise InputError(
            f"select: conditions: {len(condlist)}, choices: {len(choicelist)}; "
            "each condition has its choice, and default= is for where none holds"
        )
    found = as_data(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        found = e.where(as_data(condition), as_data(choice), found)
    return found


@composed()
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **keywords: Any) -> Data:
    """Return functions of `x` where conditions hold; the last one, if over, where none does."""
    x, conditions, functions = as_data(x), list(condlist), list(funclist)
    default: Any = np.zeros((), x.dtype)
    if len(functions) == len(conditions) + 1:
        default = functions.pop()

    def apply(f: Any) -> Any:
        return f(x, *args, **keywords) if callable(f) else f

    found = shaping.broadcast_to(as_data(apply(default)), shape=x.shape)
    for condition, f in zip(conditions, functions, strict=True):
        found = e.where(as_data(condition), as_data(apply(f)), found)
    return found


@composed()
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Data:
    """Return elements of the choice whose number stands in `a`."""
    refuse("choose", mode=None if mode == "raise" else mode)
    number, given = as_data(a), arrays(choices)
    if number.dtype.kind == "f" and not is_whole(number):
        raise UsageError(
            f"choose: {label(number)} is of dtype {number.dtype}, and says which choice; "
            "convert it with mg.astype(x, int)"
        )
    found, last = given[0], len(given) - 1
    for i, choice in enumerate(given[1:], start=1):
        found = e.where(e.equal(number, i), choice, found)
    problem = f"choose: {label(number)} is not between 0 and {last}"
    return within(found, number, low=0, high=last, problem=problem)


# Places ----------------------------------------------------------------------------------------
@composed()
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Data:
    """Return elements of an axis by their positions (of all in one row, if it is None)."""
    whole = as_data(a)
    x = shaping.reshape(whole, shape=(-1,)) if axis is None else whole
    axis = 0 if axis is None else axis_of(axis, x)
    where, n = positions(indices), x.shape[axis]
    if mode in ("wrap", "clip"):
        where = e.remainder(where, n) if mode == "wrap" else e.clip(where, 0, n - 1)
        where = e.astype(where, dtype=int)
    elif mode != "raise":
        raise UsageError(f"take: mode {mode!r}; it is 'raise', 'wrap' or 'clip'")
    try:
        return select_along(x, axis, where)
    except SelectionError as error:
        row = "" if x is whole else " in one row"
        raise SelectionError(
            f"take: {error.__cause__} of {label(whole)}{row}; pass indices that it has, or "
            "mode='clip' or 'wrap'"
        ) from error


@composed()
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Data:
    """Return elements along an axis, at positions that differ from line to line."""
    x, where = as_data(arr), as_data(indices_of(indices))
    if axis is None:
        x, axis = shaping.reshape(x, shape=(-1,)), 0
    return selection.take_along_axis(x, where, axis=integer(axis))


@composed()
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Data:
    """Return the sum of the weights of each number, or how often it stands there."""
    places = as_data(positions(x))
    if places.ndim != 1 or places.dtype.kind not in "iu" or np.any(places.value < 0):
        raise InputError("bincount: the numbers are one row of integers, none of them negative")
    if integer(minlength) < 0:
        raise InputError(f"bincount: minlength={minlength}; it is 0 or more")
    n = max(int(np.max(places.value, initial=-1)) + 1, integer(minlength))
    problem = f"bincount: {label(places)} is not between 0 and {n - 1}, the last that is counted"
    places = within(places, places, low=0, high=n - 1, problem=problem)
    w = as_data(np.ones(places.shape, int) if weights is None else floats(weights))
    if w.shape != places.shape:
        raise InputError(f"bincount: weights {w.shape} for numbers {places.shape}; give each one")
    return selection.add_at(w, places, shape=(n,), index=(Slot(0),))


@composed()
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Data:
    """Return elements along an axis where a condition holds."""
    return take(a, flatnonzero(condition), axis)


@composed()
def extract(condition: Any, arr: Any) -> Data:
    """Return elements where a condition holds, in one row."""
    return take(arr, flatnonzero(condition))


@composed()
def index_update(x: Any, index: Any, new: Any) -> Data:
    """Return `x` with `new` written at `index`; what ``x[index] = new`` would be.

    Parameters
    ----------
    index : int, slice, None, ..., array of int or bool, or a tuple of these
        Data of integers or truths may be part of it.
    new : array_like
        Of a shape that broadcasts to ``x[index]``. Where an index names a place twice the last
        one stays, and the gradient reaches that one alone.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.index_update(mg.Data([1.0, 2.0, 3.0]), 1, 9.0).value
    array([1., 9., 3.])
    """
    kept, places = recorded(index)
    x, new = as_data(x), as_data(new)
    picked = np.shape(selection.chosen(x.shape, kept, tuple(p.value for p in places)))
    try:
        new = new if new.shape == picked else shaping.broadcast_to(new, shape=picked)
    except InputError:
        raise InputError(
            f"index_update: new values of shape {new.shape} do not fit x[index] of shape {picked}"
        ) from None
    return selection.index_update_(x, new, *places, index=kept)
