"""An index as a node keeps it: what is data in it becomes a slot, the rest is frozen."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..data import Data
from ..errors import MinigraphError, SelectionError, UsageError
from . import elementwise as e
from . import reductions as r
from . import shaping as s
from .base import as_data, holds_data, literal


class Slot:
    """Stands in a recorded index for an array of places that is data."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"<index {self.number}>"


Index = tuple[Any, ...]


def filled(index: Index, places: Index) -> Index:
    """Return a recorded index with its slots filled in."""
    return tuple(places[i.number] if isinstance(i, Slot) else i for i in index)


def is_basic(index: Index) -> bool:
    """Return whether the index is made of numbers, slices, None and ... alone: a view."""
    return not any(isinstance(i, (np.ndarray, Slot)) for i in index)


def is_mask(part: Any) -> bool:
    """Return whether a part of an index is an array of truths."""
    return isinstance(part, np.ndarray) and part.dtype.kind == "b"


def axes_of(part: Any) -> int:
    """Return how many axes a part of an index stands for, but for ...: what the others leave."""
    return 0 if part is None or part is Ellipsis else part.ndim if is_mask(part) else 1


def front(index: Index, ndim: int) -> int:
    """Return where in the result NumPy puts the axes that the arrays of an index have together."""
    picks = [n for n, i in enumerate(index) if not (i is None or isinstance(i, STRETCHES))]
    if picks[-1] - picks[0] >= len(picks):
        return 0  # something stands between them
    rest = ndim - sum(map(axes_of, index))
    return sum(rest if i is Ellipsis else 1 for i in index[: picks[0]])


STRETCHES = (slice, type(Ellipsis))
WHOLE = (e.add, e.subtract, e.multiply, e.negative, e.floor_divide, e.remainder, e.absolute,
         e.maximum, e.minimum, e.where, e.clip, e.power, r.sum_, r.prod, r.max_, r.min_, s.stack,
         s.concatenate, s.reshape, s.transpose, s.broadcast_to)  # fmt: skip
# By name, as some come later: what moves numbers, or multiplies them; and what makes whole ones.
MOVED = {"getitem", "take_along_axis", "flip", "roll", "repeat", "tile", "resize", "squeeze",
         "expand_dims", "cumsum", "cumprod", "square", "positive", "gather", "rot90"}  # fmt: skip
PRODUCTS = {"matmul", "outer"}
ROUNDED = {"floor", "ceil", "trunc", "rint", "fix", "sign"}


def is_whole(x: Data) -> bool:
    """Return whether floats are whole by construction: ``k + 1`` of integers, for 1 is a float."""
    if x.dtype.kind != "f" or not (x._op or x._literal):
        return False
    seen = {x: None}
    todo = [x]
    for part in todo:  # which grows meanwhile
        op = part._op
        if part.dtype.kind != "f" or (op is not None and op.name in ROUNDED):
            continue
        if op is None:
            n = part._value
            if not (part._literal and np.all(np.isfinite(n) & np.equal(n, np.rint(n)))):
                return False
            continue
        if op not in WHOLE and op.name not in MOVED | PRODUCTS:
            return False
        if op is e.power and literal(part._right) not in range(64):  # k ** -1 is none
            return False
        above = part._inputs[:1] if op.name in MOVED else part._inputs  # the others are places
        inputs = [y for y in map(as_data, above) if y not in seen]
        seen |= dict.fromkeys(inputs)
        todo += inputs
    return True


def integer(number: Any) -> int:
    """Return an axis, a length or a count as a Python integer: neither 1.5 is one nor "1"."""
    if type(number) is Data:
        return int(number) if is_whole(number) else operator.index(number)
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(f"axes, lengths and counts are integers; got {number!r}") from None


def recorded(index: Any) -> tuple[Index, list[Data]]:
    """Return an index as it is kept in a node: what is data in it becomes a slot."""
    places: list[Data] = []
    kept: list[Any] = []
    for part in index if isinstance(index, tuple) else (index,):
        if holds_data(part):
            part = as_data(part)
        if isinstance(part, Data):
            if is_whole(part):
                part = e.astype(part, dtype=int)
            if part.dtype.kind not in "iub":
                raise UsageError(
                    f"index: a Data of dtype {part.dtype} arrived; an index is made of integers "
                    "or truths (mg.Data(np.array([0, 2])), mg.astype(x, int), x > 0)"
                )
            kept.append(Slot(len(places)))
            places.append(part)
        elif isinstance(part, (list, tuple, np.ndarray)):
            empty = not (np.size(part) or isinstance(part, np.ndarray))
            kept.append(np.array(part, dtype=int if empty else None))  # its owner may change it
        elif isinstance(part, slice):
            kept.append(_fixed(part))
        elif isinstance(part, (bool, np.bool_)):
            raise SelectionError(f"index: a single {part} arrived; write None for a new axis")
        else:
            kept.append(part)
    return tuple(kept), places


def _fixed(part: slice) -> slice:
    """Return a slice with Python's integers: a graph has the lengths that it was built with."""
    bounds = part.start, part.stop, part.step
    for bound in bounds:
        if bound is not None and type(bound) is not int:
            break
    else:  # nearly always
        return part
    try:
        return slice(*[i if i is None else integer(i) for i in bounds])
    except MinigraphError:
        raise
    except TypeError as error:
        raise UsageError(
            f"index: {part} arrived, and the bounds of a slice are integers; write int(…) if "
            "their whole parts are meant"
        ) from error
