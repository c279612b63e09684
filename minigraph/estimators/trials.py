"""Trials: what a quantity is at samples of the draws above it.

Whether it passes through a pole is looked for there where it does not follow from how it was made.
"""

from __future__ import annotations

import functools
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.constraints import boolean, nonnegative, one_hot, positive, real, real_vector
from ..errors import MinigraphError
from ..nodes import StochasticNode
from ..ops.along import Call, looped
from ..values import plain

ROWS = 256
SHIFTS = 9  # to this row below one a draw is moved
NUMBERS = 2**23  # of all samples together
ROUNDING = 1e-9  # relative to what is usual
Between = Callable[[Any, Any], Any]  # whether a pole lies between two numbers


class Trials:
    """Samples of what descends from draws, each draw by its law as it is now.

    Half of those that may be any number, or any positive one, are made larger or smaller, for a law
    changes as its parameters are trained.

    Parameters
    ----------
    above : mapping
        For each data, the draws that it descends from, as bits of a whole number.
    """

    def __init__(self, above: Mapping[Data, int]) -> None:
        self._above = above
        self._rows: dict[Data, Any] = {}  # None for what cannot be tried
        self._rng = np.random.default_rng(0)

    @functools.cached_property
    def _count(self) -> int:
        return max(8, min(ROWS, NUMBERS // sum(x.size for x in self._above)))

    def passing(self, x: Data, draws: int, between: Between, of_matrix: bool) -> int:
        """Return which of some `draws` move `x`, all others held, through a pole."""
        bits = [bit for k in range(draws.bit_length()) if (bit := draws & 1 << k)]
        try:
            with np.errstate(all="ignore"):
                here = self._of(x, of_matrix)
                if here is None or not np.any(between(here.min(axis=0), here.max(axis=0))):
                    return 0
                return sum(
                    bit for bit in bits
                    if any(
                        np.any(between(np.minimum(here, there), np.maximum(here, there)))
                        for there in (self._of(x, of_matrix, bit, by) for by in range(1, SHIFTS))
                    )
                )  # fmt: skip
        except (MinigraphError, ValueError):  # as where a law is not legal now
            return 0

    def _of(self, x: Data, of_matrix: bool, moved: int = 0, by: int = 0) -> Any:
        """Return the samples of `x`, or of its determinant; what is rounding, or nan, is 0."""
        rows = self._sampled(x, moved, by)
        if rows is None:
            return None
        if of_matrix:
            rows = np.where(np.linalg.cond(rows) < 1.0 / ROUNDING, np.linalg.slogdet(rows)[0], 0.0)
        usual = np.median(np.nan_to_num(np.abs(rows), posinf=0.0), axis=0)
        return np.where(np.abs(rows) > ROUNDING * usual, rows, 0.0)

    def _sampled(self, x: Data, moved: int, by: int) -> Any:
        """Return samples of `x`; draws that are `moved` have the samples `by` rows above."""
        held = self._rows
        made: dict[Data, Any] = {} if moved else held
        todo: list[Data] = [x]
        needed: dict[Data, None] = {}
        for data in todo:  # which grows meanwhile
            above = self._above.get(data, 0)
            if data not in made and data not in needed and (above & moved if moved else above):
                needed[data] = None
                if not isinstance(data._op, StochasticNode):
                    todo += [y for y in data._inputs if type(y) is Data]
        for data in sorted(needed, key=lambda data: data._time):
            if not isinstance(data._op, StochasticNode):
                made[data] = self._step(data, ChainMap(made, held))
            elif moved:
                made[data] = np.roll(held[data], by, axis=0)
            else:
                made[data] = self._drawn(data)
        return made[x]

    def _drawn(self, x: Data) -> Any:
        """Return samples of a draw."""
        law, count, rng = x._node.distribution.plain(), self._count, self._rng
        rows = law.sample(rng, count)
        if law.support in (boolean, one_hot):  # where it is relaxed, it is all between
            share = rng.random((count, *[1] * x.ndim))
            return rows + share * (np.roll(rows, 1, axis=0) - rows)
        if law.support in (real, real_vector, positive, nonnegative):
            spread = 10.0 ** rng.uniform(-2.0, 2.0, rows[::2].shape)
            if law.support in (real, real_vector):
                spread = spread * rng.choice((-1.0, 1.0), spread.shape)
            rows[::2] *= spread
        return rows

    def _step(self, data: Data, made: Mapping[Data, Any]) -> Any:
        """Return samples of what an operation makes, None of a function that is somebody else's."""
        op, inputs = data._op, data._node.inputs
        rows = [made[x] if x in made else plain(x) for x in inputs]
        if op.along is looped or any(row is None for row in rows):
            return None
        has = tuple(x in made for x in inputs)
        call = Call(op, data._fixed, tuple(x.shape for x in inputs), has, data.shape)
        return op.along(call)(*rows)
