"""The start of a replay: what is the same for all samples, computed once for a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..data import Data
from ..ops.elementwise import add, divide, maximum, minimum, multiply, subtract
from .program import Step, forget_early, share_buffers

KEPT = 2  # lists of values that wait for another run
LONG = 20_000  # steps, from which on Python takes longer to compile the text than it is worth
SMALL = 256  # elements of an array that costs no more to read than a number
ROUNDED = (add, subtract, multiply, divide)  # to the last bit, however the numbers lie in memory
SIGNS = {add: "+", subtract: "-", multiply: "*"}  # of numbers, where Python's own is right


class Start:
    """The slots of a tape, filled with the inputs of now and what depends on these alone.

    From the second run on, the steps are straight-line code that writes into the arrays of a run
    which is over: fresh memory costs more than the arithmetic in it.

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
        self.steps = self._fold(steps)
        forget_early(self.steps, {*wanted, *self.known, *(slot for slot, _ in self.inputs)})
        self.buffers = share_buffers(self.steps)
        self.runs = 0
        self.code: Callable[[list[Any]], None] | None = None
        self.over: list[list[Any]] = []

    def _fold(self, steps: Sequence[Step]) -> list[Step]:
        """Compute what depends on nothing that can change; return the other steps."""
        others = []
        with np.errstate(all="ignore"):
            for step in steps:
                if self.known.keys() >= set(step.inputs) and not step.call.op.barrier:
                    self.known[step.out] = step.once(self.known)
                else:
                    others.append(step)
        return others

    def __call__(self, given: Mapping[int, Any] | None = None) -> list[Any]:
        """Return the values by slot; those of the inputs are `given`, or as they are now."""
        try:
            values = self.over.pop()
        except IndexError:  # the first run, or another thread has them
            values = self._fresh()
        for slot, data in self.inputs:
            values[slot] = data._value if given is None else given[slot]
        if self.code is not None:
            self.code(values)
            return values
        numbers = {slot for slot, value in enumerate(values) if type(value) is float}
        for step in self.steps:
            values[step.out] = result = step.once(values)
            if type(result) is float:
                numbers.add(step.out)
            for slot in step.done:
                values[slot] = None
        self.runs += 1
        if self.runs > 1 and len(self.steps) <= LONG:
            self.code = self._compile(numbers)
        return values

    def finish(self, values: list[Any]) -> None:
        """Take back values that nobody uses any more."""
        if self.code is not None and len(self.over) < KEPT and values[-1] is not None:
            self.over.append(values)

    def _fresh(self) -> list[Any]:
        """Return a list of values, the last of which is the memory of the code."""
        values: list[Any] = [None] * (self.size + 1)
        for slot, value in self.known.items():
            values[slot] = value
        if self.code is not None:
            values[-1] = [np.empty(shape, dtype) for shape, dtype in self.buffers]
        return values

    def _compile(self, numbers: set[int]) -> Callable[[list[Any]], None]:
        """Return the steps as code, where these slots hold floats."""
        made = {step.out for step in self.steps}
        read = sorted({i for step in self.steps for i in step.inputs} - made)
        lines = ["def start(v):", "    pass", *[f"    t{i} = v[{i}]" for i in read]]
        if self.buffers:
            lines.append(f"    {', '.join(f'b{i}' for i in range(len(self.buffers)))}, = v[-1]")
        fresh = {step.out for step in self.steps if step.buffer is None} - numbers
        names: dict[str, Any] = {}
        for step in self.steps:
            lines.append(f"    t{step.out} = {self._said(step, numbers, names)}")
            if step.out in self.wanted:
                lines.append(f"    v[{step.out}] = t{step.out}")
            if dropped := [f"t{i}" for i in step.done if i in fresh]:
                lines.append(f"    del {', '.join(dropped)}")
        exec(compile("\n".join(lines), "<start>", "exec"), names)
        return names["start"]

    def _said(self, step: Step, numbers: set[int], names: dict[str, Any]) -> str:
        """Return a step as an expression, and put its function into `names`."""
        inputs, op = [f"t{i}" for i in step.inputs], step.call.op
        plain = numbers.issuperset(step.inputs)
        if plain and op in SIGNS:
            return f" {SIGNS[op]} ".join(inputs)
        names[f"f{step.out}"] = step.direct(plain) if step.buffer is None else step.run
        if step.buffer is not None:
            if op in ROUNDED and step.dtype == np.float64:
                inputs = [self._array(i, step.call.shape, names) for i in step.inputs]
            named = "out=" if op in (maximum, minimum) else ""  # NumPy wants it for these two
            inputs.append(f"{named}b{step.buffer}")
        return f"f{step.out}({', '.join(inputs)})"

    def _array(self, slot: int, shape: tuple[int, ...], names: dict[str, Any]) -> str:
        """Return what stands for a slot beside an array: a number that never changes as an array.

        To make one of a float takes NumPy longer than ten multiplications.
        """
        value = self.known.get(slot)
        if type(value) is not float:
            return f"t{slot}"
        small = math.prod(shape) <= SMALL
        name = f"c{slot}_{'_'.join(map(str, shape))}" if small else f"c{slot}"
        names[name] = np.full(shape, value) if small else np.asarray(value)
        return name
