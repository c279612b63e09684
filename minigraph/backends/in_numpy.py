"""The same function with NumPy: the tape that averages run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import generator
from ..replay.program import Draw
from ..replay.tape import Tape


class OnTape:
    """The outputs of a graph as a function of inputs and draws, with NumPy.

    Parameters
    ----------
    outputs : iterable of Data
        What to compute.
    arguments : sequence of Data
        The inputs that are given at each call; the others keep the values of now.
    """

    def __init__(self, outputs: Iterable[Data], arguments: Sequence[Data]) -> None:
        self.tape = Tape(outputs)
        self.draws, self.source = self.tape.draws, self.tape.source
        self.slots = {data: slot for slot, data in self.tape.same.inputs}
        self.frozen = {slot: data._value for data, slot in self.slots.items()}

    def __call__(
        self, given: Mapping[Data, Any], drawn: Sequence[Any], rng: Any, samples: int | None
    ) -> list[Any]:
        """Return the outputs, averaged over samples; what is not in `drawn` is drawn from `rng`."""
        if not self.tape.steps:  # nothing is drawn
            values = self._start(given)
            found = [values[slot] for slot, _ in self.tape.outputs]
            results = [copied(x) for x in found]
            self.tape.finish(values)
            return results
        count = samples or 1
        stream = generator(rng) if rng is not None or any(x is None for x in drawn) else None
        values = self._start(given)
        given_by = dict(zip(self.draws, drawn, strict=True))

        def source(draw: Draw, law: Any) -> Any:
            one = given_by[draw]
            if one is None:
                return law.generate(stream, (count, *draw.shape))
            return np.asarray(one)[None] if samples is None else np.asarray(one)

        idle = self.tape.idle(count)
        space = self.tape.take(idle, count)
        outputs = self.tape.run(values, source, space.steps)
        mean = (lambda one: one[0].copy()) if count == 1 else (lambda one: np.mean(one, axis=0))
        results = [
            mean(one) if sampled else copied(one)
            for one, (_, sampled) in zip(outputs, self.tape.outputs, strict=True)
        ]
        idle.append(space)
        self.tape.finish(values)
        return results

    def _start(self, given: Mapping[Data, Any]) -> list[Any]:
        """Return what `Tape.start` does, with the inputs that are given."""
        slots = self.slots
        new = {slots[data]: value for data, value in given.items() if data in slots}
        return self.tape.start(new if len(new) == len(slots) else {**self.frozen, **new})


def copied(value: Any) -> Any:
    """Return a value that does not lie in the memory of the tape."""
    return value if type(value) is float else value.copy()
