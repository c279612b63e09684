"""The tape: a graph written down in the order it ran, to be run again on many samples at once.

What descends from a draw gets a leading sample axis; everything else is computed once for a run.
Writing it down tidies it up: every draw becomes noise and a transform where its law has one, the
same work is done once, work that no output needs is left out. Two draws are never merged, but the
copies that rewrites make of one draw are one draw.

All shapes are known beforehand, so the arrays of a block of samples live in a few buffers that are
filled again and again: memory does not grow with the number of samples, and stays in the cache.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import UsageError
from ..graph import rewrite
from ..walk import ancestors
from .hoisting import Hoisted, factors, hoisted
from .lawful import Lawful, opened_laws
from .memory import Memory
from .opening import with_noise
from .ordering import ordered
from .program import Draw, Step, forget_early, forward_first, needed_steps, share_buffers
from .running import Compiled, Source, run_steps
from .softmaxes import with_shared_exponentials
from .source import Program, Text
from .starting import LONG, Start
from .words import written
from .writing import Writer

SHORT = 16  # elements, up to which an array that was written down is written into the text


class Tape:
    """A graph as a program that can be run on a block of samples.

    Parameters
    ----------
    outputs : Data, or iterable of Data
        What to compute. Their graphs are written down once; a run reads the inputs as they are
        then, so a parameter can be trained and a batch swapped by assigning ``.value``.
    averaged : bool
        Whether only averages of the outputs are wanted: then what can be done to an average is
        left out of the program, and is listed in `after`, and the steps run in the order that
        takes least memory.

    Attributes
    ----------
    inputs : list of (int, Data)
        The slots that are filled with the values of inputs.
    once : list of Step
        What does not descend from a draw.
    steps : list of Step or Draw
        What does, in order.
    outputs : list of (int, bool)
        The slot of every output, and whether it has a sample axis.
    after : list
        What remains to be done to the average of each output, see `hoisting.py`; empty if nothing.
    parts : list of int
        How many entries of `outputs` each output is: two if it is the product of a column and a
        row, which an average of matrices is computed from.
    ties : list
        How the samples of each output depend on each other, if some do: see `averages/ties.py`.
    memory : Memory
        What a block is computed in: called with a number of samples, the arrays for `run`.
    lawful : Lawful
        The laws that were opened into noise and a transform, to look at their parameters.

    Raises
    ------
    InputError
        If Python looked at a sample in an ``if`` while the graph was built: only the branch that
        was taken then is in the graph.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.sample(mg.Normal(mg.Data(2.0), 1.0), name="X")
    >>> [step.title for step in mg.Tape([x * x + x * x]).steps]
    ['ε_X', 'X', 'multiply', 'add']
    """

    def __init__(self, outputs: Data | Iterable[Data], averaged: bool = False) -> None:
        alone = isinstance(outputs, Data) or not np.iterable(outputs)
        given: list[Any] = [outputs] if alone else list(outputs)
        for y in given:
            if not isinstance(y, Data):
                raise UsageError(
                    f"Tape: got {type(y).__name__} as an output; pass a list of Data, mg.Tape([y])"
                )
        writer = Writer()
        outputs = with_shared_exponentials(rewrite(given, with_noise))
        made = ancestors(outputs)
        for data in made:
            writer.write(data)
        opened = opened_laws(made, writer)
        slots: list[tuple[int, ...]] = [(writer.slot(data),) for data in outputs]
        self.after: list[Hoisted] = []
        if averaged:
            steps: dict[int, Step | Draw] = {step.out: step for step in writer.steps}
            zeros = {slot for slot, number in enumerate(writer.constants) if number == 0.0}
            found = [hoisted(slot, steps, writer.sampled, zeros) for slot, *_ in slots]
            slots = [factors(slot, steps, writer.sampled) for slot, _ in found]
            self.after = [after for _, after in found]
        self.parts = [len(one) for one in slots]
        self.outputs = [(slot, slot in writer.sampled) for one in slots for slot in one]
        self.size = len(writer.constants)
        self.constants = {i: c for i, c in enumerate(writer.constants) if c is not None}
        needed = {slot for slot, _ in self.outputs}
        needed.update(slot for after in self.after for _, slot, _ in after if slot is not None)
        self.steps = needed_steps(writer.steps, needed)
        self.wanted = set(needed)  # without a sample axis, or of a block
        self.once: list[Step] = needed_steps(writer.once, needed)
        self.lawful = Lawful([one for one in opened if one.varying <= needed])
        self.wanted.update(self.lawful.slots)
        self.returned = [*(slot for slot, _ in self.outputs), *self.lawful.sampled]  # by a block
        used = {i for step in (*self.once, *self.steps) for i in step.inputs} | self.wanted
        self.inputs, self.literals = arguments(writer.inputs, used)
        first = {slot for slot, _ in self.outputs[:1]}
        self.forward: int | None = forward_first(self.steps, first)
        if averaged:
            self.forward = None
            self.steps = ordered(self.steps, {*self.returned})
        outside = [*(slot for slot, _ in self.inputs), *(step.out for step in self.once)]
        forget_early(self.steps, {*self.returned, *self.constants, *outside})
        self.memory = Memory(self.steps, share_buffers(self.steps))
        self.crosses = any(isinstance(step, Step) and step.crosses for step in self.steps)
        self.ties: list[Any] = []
        self.draws = [step for step in self.steps if isinstance(step, Draw)]
        self.same = Start(self.size, self.constants, self.inputs, self.once, self.wanted)
        self.names = [(slot, data.name or "") for slot, data in self.inputs]
        self.narrow = any(k.kind == "f" and k != np.float64 for k in writer.dtypes.values())
        self.sent: bytes | None = None  # what another process gets; a started tape needs no inputs
        self.runs = 0
        self.compiled: Compiled | None = None

    def __repr__(self) -> str:
        counts = {"steps": self.steps, "once": self.once, "draws": self.draws}
        said = [f"{name}={len(those)}" for name, those in counts.items()]
        return f"Tape({', '.join(said)}, outputs={len(self.parts)})"

    @property
    def source(self) -> str:
        """The program as straight-line NumPy, to be read, pasted and run; see `source.py`."""
        return self.text().whole()

    def text(self, arrays: bool = False) -> Text:
        """Return the program as text, its constants as `arrays` or as they are read."""
        outputs = self.outputs + [(slot, True) for slot in self.lawful.sampled if arrays]
        program = Program(
            self.names, self.constants, self.once, self.steps, outputs, self.memory.buffers,
            self.forward, self.literals, self.narrow,
        )  # fmt: skip
        return Text(program, arrays)

    def start(self, given: Mapping[int, Any] | None = None) -> list[Any]:
        """Return the slots, filled with the inputs and what depends on these alone.

        The inputs have the values of now, or those `given` by slot. Whoever has no more use for
        the slots may give them back with `finish`.
        """
        if not self.lawful.once:
            return self.same(given)
        with np.errstate(all="ignore"):  # what is computed from bad parameters is refused
            values = self.same(given)
            self.lawful.look(values)
        return values

    def finish(self, values: list[Any]) -> None:
        """Take back what `start` returned, to be written into."""
        self.same.finish(values)

    def fingerprint(self) -> Any:
        """Return what tells this program from others, but for names and the values of inputs."""
        lines: list[Any] = []
        for step in (*self.once, *self.steps):
            if isinstance(step, Draw):
                law = step.law.with_inputs([None] * len(step.inputs))  # only their names count
                lines.append((law, step.inputs, step.out, step.shape))
            else:
                op, fixed = step.call.op, sorted(step.call.fixed.items())
                lines.append((op.name, op.forward, fixed, step.call.shapes, step.inputs, step.out,
                              step.dtype.str))  # fmt: skip
        after = [[(op.name, slot, sorted(fixed.items())) for op, slot, fixed in one]
                 for one in self.after]  # fmt: skip
        return lines, sorted(self.constants.items()), self.outputs, after

    def __reduce__(self) -> Any:
        if self.sent is None:
            started: dict[str, Any] = {"inputs": [], "same": None, "compiled": None, "runs": 0}
            self.sent = pickle.dumps({**self.__dict__, **started})
        return received, (self.sent,)

    def run(
        self,
        values: Sequence[Any],
        source: Source,
        memory: Sequence[Any],
        weights: Callable[[], Any] | None = None,
        laws: dict[Any, Any] | None = None,
    ) -> list[Any]:
        """Return the outputs for one block of samples from `source`.

        Those that descend from a draw have a leading sample axis, and lie in `memory`: use them
        before it is used again.

        Parameters
        ----------
        values : list
            What `start` returned; it is left as it is.
        source : callable
            Where the samples come from: random numbers, or the points of a quadrature.
        memory : list of ndarray
            What `memory` returned, cut to the number of samples.
        weights : callable, optional
            Returns the weights of the samples, for what looks across them.
        laws : dict, optional
            Where the laws of draws are kept that are the same for all blocks with these `values`.
        """
        if not self.steps:
            return [values[slot] for slot, _ in self.outputs]
        if weights is None and len(self.steps) <= LONG:
            self.runs += 1
            if self.compiled is None and self.runs > 1:
                self.compiled = Compiled(self.text(arrays=True), self.draws)
            if self.compiled is not None:
                found = self.compiled(values, source, memory, laws)
                return self.lawful.checked(found, values)
        after = list(values)
        run_steps(self.steps, after, source, memory, weights, laws)
        found = [after[slot] for slot in self.returned]
        return self.lawful.checked(found, values, grid=weights is not None)


def arguments(
    inputs: Sequence[tuple[int, Data]], used: Container[int]
) -> tuple[list[tuple[int, Data]], dict[int, tuple[tuple[int, ...], str | None]]]:
    """Return inputs in the order in which the text takes them, and what it says of literals.

    Those are arrays that were written down in an expression: the shape, and a short one as text.
    """
    given = [(slot, x) for slot, x in inputs if slot in used or not x._literal]
    literals = {
        slot: (x.shape, written(x._value) if x.size <= SHORT else None)
        for slot, x in given
        if x._literal
    }
    has_default = lambda one: literals.get(one[0], (None, None))[1] is not None
    return sorted(given, key=has_default), literals


@functools.lru_cache(maxsize=4)
def received(state: bytes) -> Tape:
    """Return the tape that another process sent; the same one for all tasks of a run."""
    tape = Tape.__new__(Tape)
    tape.__dict__.update(pickle.loads(state))
    return tape
