"""The same function with NumPy: the tape that averages run on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..averages.moments import total as total_of
from ..data import Data
from ..distributions.streams import generator
from ..errors import UsageError
from ..ops.elementwise import as_floats
from ..replay.hoisting import finished
from ..replay.memory import Workspace
from ..replay.program import Draw
from ..replay.tape import Tape


class OnTape:
    """The outputs of a graph as a function of inputs and draws, with NumPy.

    Parameters
    ----------
    outputs : sequence of Data
        What to compute.
    samples : int, optional
        How many samples to average over, a chunk at a time: memory does not grow with them.
    """

    def __init__(self, outputs: Sequence[Data], samples: int | None) -> None:
        self.tape = Tape(outputs)
        self.source = self.tape.source
        if samples is not None and samples > 1:
            self.tape = Tape(outputs, averaged=True)
        self.samples, self.draws = samples, self.tape.draws
        ends = itertools.accumulate(self.tape.parts)
        self.parts = [
            (n, self.tape.outputs[end - 1][1]) for n, end in zip(self.tape.parts, ends, strict=True)
        ]
        kinds = [data.dtype for data in outputs]
        self.dtypes = [kind if kind.kind == "f" else np.dtype(float) for kind in kinds]  # averaged
        self.slots = {data: slot for slot, data in self.tape.same.inputs}
        self.frozen = {slot: data._value for data, slot in self.slots.items()}

    def __reduce__(self) -> Any:  # what is sent of a tape is a run that has started
        raise UsageError(
            "compiled function: one of NumPy cannot be pickled; pickle the graph, which can be, "
            "and call mg.compile where it arrives"
        )

    def __call__(self, given: Mapping[Data, Any], drawn: Sequence[Any], rng: Any) -> list[Any]:
        """Return the outputs, or their averages; what is not in `drawn` is drawn from `rng`.

        Inputs that are not `given` keep the values of when it was compiled.
        """
        slots = self.slots
        new = {slots[data]: value for data, value in given.items() if data in slots}
        values = self.tape.start(new if len(new) == len(slots) else {**self.frozen, **new})
        stream = generator(rng) if rng is not None or any(x is None for x in drawn) else None
        if not self.tape.steps:  # nothing is drawn
            results = [copied(values[slot]) for slot, _ in self.tape.outputs]
        elif self.samples == 1:
            results = self._once(values, drawn, stream)
        elif self.samples is None:
            lone = [x if x is None else np.asarray(x)[None] for x in drawn]
            results = self._once(values, lone, stream)
        else:
            results = self._averages(values, self.samples, drawn, stream)
        self.tape.finish(values)
        return results

    def _once(self, values: list[Any], drawn: Sequence[Any], stream: Any) -> list[Any]:
        """Return the outputs for one sample."""
        idle = self.tape.memory.idle(1)
        space = self.tape.memory.take(idle, 1)
        outputs = self._run(values, drawn, stream, space, slice(0, 1))
        results = [
            one[0].copy() if sampled else copied(one)
            for one, (_, sampled) in zip(outputs, self.tape.outputs, strict=True)
        ]
        idle.append(space)
        return results

    def _averages(
        self, values: list[Any], samples: int, drawn: Sequence[Any], stream: Any
    ) -> list[Any]:
        """Return the outputs averaged over samples."""
        tape = self.tape
        chunk = samples if tape.crosses else min(samples, tape.memory.chunk)
        idle = tape.memory.idle(chunk)
        space = tape.memory.take(idle, chunk)
        sums: list[Any] = []
        for start in range(0, samples, chunk):
            part = slice(start, min(start + chunk, samples))
            given = [x if x is None else x[part] for x in drawn]
            outputs = iter(self._run(values, given, stream, space, part))
            found = [summed([next(outputs) for _ in range(n)], has) for n, has in self.parts]
            if sums:
                pairs = zip(sums, found, self.parts, strict=True)
                found = [a + b if has else b for a, b, (_, has) in pairs]
            sums = found
        idle.append(space)
        results = []
        for total, (_, has), after, dtype in zip(
            sums, self.parts, tape.after, self.dtypes, strict=True
        ):
            mean = finished(total / samples if has else copied(total), after, values)
            results.append(np.asarray(mean, dtype)[()])
        return results

    def _run(
        self, values: list[Any], drawn: Sequence[Any], stream: Any, space: Workspace, part: slice
    ) -> list[Any]:
        """Return the outputs for the samples of one part."""
        count = part.stop - part.start
        given = {d: np.asarray(x) for d, x in zip(self.draws, drawn, strict=True) if x is not None}
        given.update(self.tape.memory.fill(stream, space, count, given))

        def source(draw: Draw, law: Any) -> Any:
            return given[draw] if draw in given else law.generated(stream, (count, *draw.shape))

        steps = space.steps
        whole = not steps or len(steps[0]) == count
        return self.tape.run(values, source, steps if whole else [x[:count] for x in steps])


def summed(parts: Sequence[Any], has_samples: bool) -> Any:
    """Return the sum over samples of an output, in one part or in two; itself if it has none."""
    if not has_samples:
        return parts[0]
    array, *row = map(as_floats, parts)
    if not row:
        return total_of(array).astype(float, copy=False)
    a, b = (x.reshape(len(x), -1) for x in (array, *row))
    return (a.T @ b).astype(float, copy=False)


def copied(value: Any) -> Any:
    """Return a value that does not lie in the memory of the tape."""
    return value if type(value) is float else value.copy()
