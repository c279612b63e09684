"""The start of a replay: what is the same for all samples, computed once for a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from .program import Buffer, Step

KEPT = 2  # lists of values that wait for another run
LONG = 2000  # steps, from which on Python takes longer to compile the text than it is worth


class Start:
    """The slots of a tape, filled with the inputs of now and what depends on these alone.

    From the second run on, the steps are straight-line code that writes into the arrays of a run
    which is over: fresh memory costs more than the arithmetic in it.
    """

    def __init__(
        self,
        size: int,
        known: Mapping[int, Any],
        inputs: Sequence[tuple[int, Data]],
        steps: Sequence[Step],
    ) -> None:
        self.size, self.known, self.steps = size, dict(known), steps
        self.known.update((i, data._value) for i, data in inputs if data._constant == "literal")
        self.inputs = [(slot, data) for slot, data in inputs if slot not in self.known]
        self.steps = self._fold(steps)
        self.runs = 0
        self.code: Callable[[list[Any]], None] | None = None
        self.arrays: dict[int, Buffer] = {}  # by slot: those that the code writes into
        self.over: list[list[Any]] = []

    def _fold(self, steps: Sequence[Step]) -> list[Step]:
        """Compute what depends on nothing that can change; return the other steps."""
        others = []
        with np.errstate(all="ignore"):
            for step in steps:
                if self.known.keys() >= set(step.inputs) and not step.call.op.barrier:
                    self.known[step.out] = step.call.op.evaluate(
                        [self.known[i] for i in step.inputs], step.call.fixed
                    )
                else:
                    others.append(step)
        return others

    def __call__(self) -> list[Any]:
        """Return the values by slot."""
        try:
            values = self.over.pop()
        except IndexError:  # the first run, or another thread has them
            values = self._fresh()
        for slot, data in self.inputs:
            values[slot] = data._value
        if self.code is not None:
            self.code(values)
            return values
        for step in self.steps:
            values[step.out] = step.once(values)
        self.runs += 1
        if self.runs > 1 and len(self.steps) <= LONG:
            self.code = self._compile(values)
        return values

    def finish(self, values: list[Any]) -> None:
        """Take back values that nobody uses any more."""
        if self.code is not None and len(self.over) < KEPT:
            self.over.append(values)

    def _fresh(self) -> list[Any]:
        values: list[Any] = [None] * self.size
        for slot, value in self.known.items():
            values[slot] = value
        for slot, (shape, dtype) in self.arrays.items():
            values[slot] = np.empty(shape, dtype)
        return values

    def _compile(self, values: list[Any]) -> Callable[[list[Any]], None]:
        """Return the steps as code, for values of these types."""
        lines, names = ["def start(v):", "    pass"], {}
        for step in self.steps:
            names[f"f{step.out}"] = run = step.direct([values[i] for i in step.inputs])
            arguments = [f"v[{i}]" for i in step.inputs]
            if isinstance(run, np.ufunc):
                value = values[step.out] = values[step.out].copy()  # which can be written into
                self.arrays[step.out] = value.shape, value.dtype
                arguments.append(f"out=v[{step.out}]")
            lines.append(f"    v[{step.out}] = f{step.out}({', '.join(arguments)})")
        exec(compile("\n".join(lines), "<start>", "exec"), names)
        return names["start"]
