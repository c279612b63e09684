"""The start of a replay: what is the same for all samples, computed once for a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..data import Data
from ..ops import along
from .memory import arrays
from .program import Step, explained, folded, forget_early, share_buffers
from .straight import Straight

KEPT = 2  # lists of values that wait for another run
MOVES = (along.elementwise, along.of_matrices, along.to_shape, along.broadcasting, along.permuting,
         along.joining)  # fmt: skip
WAIT = 2  # runs, after which it is worth to compile the text
LONG = 20_000  # steps, from which on Python takes longer to compile the text than it is worth


class Start:
    """The slots of a tape, filled with the inputs of now and what depends on these alone.

    From the third run on, the steps are straight-line code that writes into the arrays of a run
    which is over: fresh memory costs more than the arithmetic in it. Where something is added up it
    is there for the first run, too: in which order depends on how arrays lie in memory, and all
    runs have the same bits.

    Attributes
    ----------
    wanted : set of int
        The slots that somebody else looks at. The others may hold anything after a run.
    """

    def __init__(
        self,
        size: int,
        known: Mapping[int, Any],
        inputs: Sequence[tuple[int, Data]],
        steps: Sequence[Step],
        wanted: Set[int],
    ) -> None:
        self.size, self.known, self.wanted = size, dict(known), wanted
        self.known.update((i, data._value) for i, data in inputs if data._constant == "literal")
        self.inputs = [(slot, data) for slot, data in inputs if slot not in self.known]
        self.steps: list[Step] = folded(steps, self.known)
        forget_early(self.steps, {*wanted, *self.known, *(slot for slot, _ in self.inputs)})
        self.buffers = share_buffers(self.steps)
        self.runs = 0 if all(step.call.op.along in MOVES for step in self.steps) else WAIT
        self.code: Callable[[list[Any]], None] | None = None
        self.over: list[list[Any]] = []

    def __call__(self, given: Mapping[int, Any] | None = None) -> list[Any]:
        """Return the values by slot; those of the inputs are `given`, or as they are now."""
        code = self.code  # once: another thread may write it meanwhile
        if code is None and self.runs >= WAIT and len(self.steps) <= LONG:
            text = Straight(self.steps, self.known, self.wanted, self._numbers())
            code = self.code = text.function()
        try:
            values = self.over.pop()
        except IndexError:  # the first run, or another thread has them
            values = self._fresh(code is not None)
        for slot, data in self.inputs:
            values[slot] = data._value if given is None else given[slot]
        if code is None:
            self.runs += 1
            self._step_by_step(values)
            return values
        try:
            code(values)
        except (ValueError, TypeError, IndexError):
            self._step_by_step(values)  # which finds the step, and names it
            raise
        return values

    def _step_by_step(self, values: list[Any]) -> None:
        for step in self.steps:
            try:
                values[step.out] = step.once(values)
            except (ValueError, TypeError, IndexError) as error:
                raise explained(error, step, [values[i] for i in step.inputs]) from error
            for slot in step.done:
                values[slot] = None

    def _numbers(self) -> set[int]:
        """Return the slots that hold floats, and no arrays."""
        outside = [*self.known.items(), *((slot, data._value) for slot, data in self.inputs)]
        found = {slot for slot, value in outside if type(value) is float}
        kinds = ((step.out, step.call.shape, step.dtype) for step in self.steps)
        return found | {out for out, shape, dtype in kinds if shape == () and dtype == np.float64}

    def finish(self, values: list[Any]) -> None:
        """Take back values that nobody uses any more."""
        if self.code is not None and len(self.over) < KEPT and values[-1] is not None:
            self.over.append(values)

    def _fresh(self, compiled: bool) -> list[Any]:
        """Return a list of values, the last of which is the memory of the code, if there is one."""
        values: list[Any] = [None] * (self.size + 1)
        for slot, value in self.known.items():
            values[slot] = value
        if compiled:
            values[-1] = arrays(self.buffers)
        return values
