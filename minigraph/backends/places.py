"""Words that pick elements and put them back: an index as flat positions, by NumPy's rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..ops.base import Operation
from ..ops.indices import axes_of, front, is_basic, is_mask
from ..ops.selection import along_axis
from ..ops.shaping import positions

Word = Callable[..., Any]


class Places:
    """Words that pick elements and put them back, from four functions of flat positions.

    Parameters
    ----------
    xp : module
        The library, in NumPy's words.
    chosen : callable
        ``chosen(shape, index, places)``: the flat positions that an index picks.
    pick, add, last : callable
        ``pick(x, at)`` are the elements of `x` there, ``add(g, at, shape)`` zeros with `g` added
        there, ``last(at, size)`` which of what is written there comes last, -1 if nothing is.
    plain : callable
        Whether the library knows such a basic index itself.
    """

    def __init__(self, xp: Any, chosen: Word, pick: Word, add: Word, last: Word, plain: Word):
        self.xp, self.chosen, self.pick, self.add = xp, chosen, pick, add
        self.last, self.plain = last, plain

    def getitem(self, x: Any, *places: Any, index: Any) -> Any:
        if is_basic(index) and self.plain(index):
            return x[index]
        return self.pick(x, self.chosen(x.shape, index, places))

    def add_at(self, g: Any, *places: Any, shape: Any, index: Any) -> Any:
        return self.add(g, self.chosen(shape, index, places), shape)

    def index_update(self, x: Any, new: Any, *places: Any, index: Any) -> Any:
        at = self.chosen(x.shape, index, places)
        last = self.last(at, math.prod(x.shape)).reshape(x.shape)
        new = self.xp.broadcast_to(new, tuple(at.shape))
        written = self.pick(new, self.xp.where(last < 0, 0, last)) if math.prod(at.shape) else x
        return self.xp.where(last < 0, x, written)

    def written(self, *places: Any, shape: Any, index: Any) -> Any:
        at = self.chosen(shape, index, places)
        return (self.last(at, math.prod(shape)) >= 0).reshape(shape)

    def last_write(self, *places: Any, shape: Any, index: Any) -> Any:
        at = self.chosen(shape, index, places)
        return self.pick(self.last(at, math.prod(shape)), at) == positions(tuple(at.shape))

    def put_along(self, g: Any, places: Any, shape: Any, axis: int) -> Any:
        return self.add(g, self.chosen(shape, along_axis(g, places, shape, axis), ()), shape)

    def moves(self, op: Operation) -> Word:
        """Return the word for an operation that NumPy can do to positions."""
        return lambda x, **fixed: self.pick(x, op.forward(positions(tuple(x.shape)), **fixed))

    def words(self) -> Mapping[str, Word]:
        """Return the words by name of operation."""
        return {
            "getitem": self.getitem, "add_at": self.add_at, "index_update": self.index_update,
            "written": self.written, "last_write": self.last_write, "put_along": self.put_along,
            "gather": lambda x, places: self.pick(x, places),
            "scatter": lambda g, places, shape: self.add(g, places, shape),
        }  # fmt: skip


def flat_positions(shape: tuple[int, ...], index: Any, pick: Word) -> Any:
    """Return the flat positions that an index picks, a sum of what each of its parts adds.

    PyTorch's own index has other rules: a number is none of the index arrays there, so that
    ``x[0, :, k]`` is NumPy's transposed, and slices do not run backwards.

    Parameters
    ----------
    shape : tuple of int
        That of the array which is indexed.
    index : tuple
        Its masks are NumPy's; other arrays may be those of a library.
    pick : callable
        ``pick(line, part)`` is ``line[part]`` as an array of the library.
    """
    before, rest = front(index, len(shape)), len(shape) - sum(map(axes_of, index))
    axes = iter([(n, math.prod(shape[a + 1 :])) for a, n in enumerate(shape)])
    parts: list[tuple[Any, tuple[int, int]]] = []  # each with the length and step of its axis
    for part in index if any(i is Ellipsis for i in index) else (*index, Ellipsis):
        if part is Ellipsis:
            parts += [(slice(None), next(axes)) for _ in range(rest)]
        elif part is None:
            parts.append((slice(None), (1, 0)))
        elif is_mask(part):
            where = np.nonzero(np.atleast_1d(part))
            parts += [(i, next(axes) if part.ndim else (1, 0)) for i in where]
        else:
            parts.append((part, next(axes)))
    slices = sum(isinstance(i, slice) for i, _ in parts)
    width = max(np.ndim(i) for i, _ in parts if not isinstance(i, slice))
    total, place = 0, 0
    for part, (n, step) in parts:
        line, behind = pick(np.arange(n) * step, part), slices - before
        if isinstance(part, slice):
            place += 1
            behind = slices - place + (width if place <= before else 0)
        total = total + line.reshape(tuple(line.shape) + (1,) * behind)
    return total
