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
import math
import pickle
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data import Data, ancestors
from ..distributions.box_muller import PIECE
from ..errors import InputError, MinigraphError
from ..graph import rewrite
from ..ops.along import pad
from .hoisting import Hoisted, factors, hoisted
from .identity import Fingerprints
from .lawful import Lawful, opened_laws
from .memory import arrays
from .ordering import ordered
from .program import Draw, Step, forget_early, is_apart, needed_steps, shape_of, share_buffers
from .softmaxes import with_shared_exponentials
from .source import Program, Text
from .starting import LONG, Start
from .writing import Writer, with_noise

Source = Callable[[Draw, Any], Any]  # a draw and its law as of now -> samples, (count, *shape)
FILE = "<tape>"
ARRAY_BYTES = 2**17  # one array of a chunk, so that a handful of them stays in the cache of a core
CACHE_BYTES = 2**21  # all arrays of a chunk, where samples are arrays
LONGER_BYTES = 2**23  # all arrays of a longer chunk, which takes fewer calls and more cache
CHUNK_BYTES = 2**25  # all arrays of a chunk, at most
FEWEST = 64  # samples in a chunk, below which calls cost more than arithmetic
KEPT = 2**24  # bytes of memory that a tape keeps between runs, at most, for each worker


class Workspace(NamedTuple):
    """The memory that one worker needs: for the steps, and for what is drawn ahead of them."""

    steps: list[Any]
    drawn: list[Any]


class Tape:
    """A graph as a program that can be run on a block of samples.

    Parameters
    ----------
    outputs : iterable of Data
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
    buffers : list of (shape of one sample, dtype)
        The memory that the steps write into.
    sample_bytes : int
        How much of it one sample takes.
    chunk : int
        How many samples are best computed together.
    numbers : bool
        Whether all steps work on single numbers, so that each sample has the same bits whatever
        samples it is computed together with.
    ahead : list of Draw
        What can be drawn before any step runs.
    drawn_bytes : int
        How much memory one sample of these takes.
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

    def __init__(self, outputs: Iterable[Data], averaged: bool = False) -> None:
        writer = Writer()
        outputs = with_shared_exponentials(rewrite(outputs, with_noise))
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
        self.inputs = writer.inputs
        self.size = len(writer.constants)
        self.constants = {i: c for i, c in enumerate(writer.constants) if c is not None}
        needed = {slot for slot, _ in self.outputs}
        needed.update(slot for after in self.after for _, slot, _ in after if slot is not None)
        self.steps = needed_steps(writer.steps, needed)
        self.wanted = set(needed)  # without a sample axis, or of a block
        self.once: list[Step] = needed_steps(writer.once, needed)
        self.lawful = Lawful([one for one in opened if one.varying <= needed])
        self.wanted.update(self.lawful.slots)
        returned = {slot for slot, _ in self.outputs}.union(self.lawful.sampled)
        first = {
            id(step) for step in needed_steps(self.steps, {slot for slot, _ in self.outputs[:1]})
        }
        self.steps.sort(key=lambda step: id(step) not in first)  # forward, then backward
        self.forward: int | None = len(first)
        if averaged:
            self.forward = None
            self.steps = ordered(self.steps, returned)
        kept = returned.union(
            self.constants, (slot for slot, _ in self.inputs), (step.out for step in self.once)
        )
        forget_early(self.steps, kept)
        self.buffers = share_buffers(self.steps)
        self.largest = max([1, *(math.prod(shape_of(step)) for step in self.steps)])
        self.sample_bytes = sum(math.prod(s) * dtype.itemsize for s, dtype in self.buffers)
        fit = max(FEWEST, CHUNK_BYTES // max(1, self.sample_bytes))
        chunk = ARRAY_BYTES // 8 // self.largest
        if self.largest > 1:  # most arrays are smaller, and rows within samples are short
            chunk = max(chunk, min(4 * chunk, CACHE_BYTES // max(1, self.sample_bytes)))
        self.chunk = max(1, min(chunk, fit))
        self.numbers = all(shape_of(step) == () and is_apart(step) for step in self.steps)
        self.crosses = any(isinstance(step, Step) and step.crosses for step in self.steps)
        self.draws = [step for step in self.steps if isinstance(step, Draw)]
        self.ahead = [draw for draw in self.draws if draw.ahead]
        self.drawn_bytes = sum(math.prod(d.shape) * d.law.dtype.itemsize for d in self.ahead)
        self.same = Start(self.size, self.constants, self.inputs, self.once, self.wanted)
        self.names = [(slot, data.name or "") for slot, data in self.inputs]
        self.sent: bytes | None = None  # what another process gets; a started tape needs no inputs
        self.runs = 0
        self.kept: tuple[int, list[Workspace]] = (0, [])
        self.compiled: tuple[Text, Callable[..., Any]] | None = None

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
            self.names, self.constants, self.once, self.steps, outputs, self.buffers, self.forward
        )
        return Text(program, arrays)

    def _compile(self) -> tuple[Text, Callable[..., Any]]:
        text = self.text(arrays=True)
        functions = {name: step.run for name, step in (text.functions | text.defined).items()}
        known = {"np": np, **functions, **text.numbers}
        exec(compile(text.block, FILE, "exec"), known)  # only names made by `Text` are in it
        return text, known["block"]

    def start(self, given: Mapping[int, Any] | None = None) -> list[Any]:
        """Return the slots, filled with the inputs and what depends on these alone.

        The inputs have the values of now, or those `given` by slot. Whoever has no more use for
        the slots may give them back with `finish`.
        """
        values = self.same(given)
        self.lawful.look(values)
        return values

    def finish(self, values: list[Any]) -> None:
        """Take back what `start` returned, to be written into."""
        self.same.finish(values)

    def memory(self, count: int) -> list[Any]:
        """Return the buffers for blocks of up to `count` samples."""
        return arrays([((count, *shape), dtype) for shape, dtype in self.buffers])

    def idle(self, count: int) -> list[Workspace]:
        """Return the memory for `count` samples that nobody works in at the moment.

        A small one is kept for the next run: fresh memory costs more than the arithmetic in it.
        """
        if count * (self.drawn_bytes + self.sample_bytes) > KEPT:
            return []
        if self.kept[0] != count:
            self.kept = count, []
        return self.kept[1]

    def take(self, idle: list[Workspace], count: int) -> Workspace:
        """Return memory for `count` samples, `idle` if there is some, where it goes when done."""
        try:
            return idle.pop()
        except IndexError:  # the first run, or other threads have it
            return self.workspace(count)

    def together(self, threads: int) -> int:
        """Return how many samples to compute at once: a chunk, or several, to the same bits.

        Threads wait for each other between two calls of NumPy, so that theirs are fewer and longer.
        """
        whole = self.numbers and self.chunk == PIECE and self.draws and self.ahead == self.draws
        if threads == 1 or not whole:
            return self.chunk
        return max(1, LONGER_BYTES // (self.sample_bytes + self.drawn_bytes) // PIECE) * PIECE

    def fill(
        self, rng: np.random.Generator, space: Workspace, count: int, given: Container[Draw] = ()
    ) -> dict[Draw, Any]:
        """Return `count` samples of each draw that comes ahead, in `space`, as chunks have them."""
        ahead = {draw: array[:count] for draw, array in zip(self.ahead, space.drawn, strict=True)
                 if draw not in given}  # fmt: skip
        piece = count if len(ahead) == 1 else self.chunk
        for start in range(0, count, piece):
            for draw, array in ahead.items():
                draw.law.fill_block(rng, array[start : start + piece])
        return ahead

    def workspace(self, count: int) -> Workspace:
        """Return memory for `count` samples."""
        kinds = [((count, *draw.shape), draw.law.dtype) for draw in self.ahead]
        return Workspace(self.memory(count), arrays(kinds))

    def identity(self) -> Any:
        """Return what tells this program from others, but for names and the values of inputs."""
        lines: list[Any] = []
        told = Fingerprints().of
        for step in (*self.once, *self.steps):
            if isinstance(step, Draw):
                law = step.law.with_inputs([None] * len(step.inputs))  # only their names count
                lines.append((told(law), step.inputs, step.out, step.shape))
            else:
                op, fixed = step.call.op, sorted((k, told(v)) for k, v in step.call.fixed.items())
                lines.append((op.name, told(op.forward), fixed, step.call.shapes, step.inputs,
                              step.out, step.dtype.str))  # fmt: skip
        after = [[(op.name, slot, sorted(fixed.items())) for op, slot, fixed in one]
                 for one in self.after]  # fmt: skip
        return lines, sorted(self.constants.items()), self.outputs, after

    def __reduce__(self) -> Any:
        if self.sent is None:
            started: dict[str, Any] = {
                "inputs": [],
                "same": None,
                "compiled": None,
                "runs": 0,
                "kept": (0, []),
            }
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
                self.compiled = self._compile()
            if self.compiled is not None:
                found = self._run_text(*self.compiled, values, source, memory, laws)
                return self.lawful.looked_at(found, values)
        found = self._run_steps(list(values), source, memory, weights, laws)
        return self.lawful.looked_at(found, values, grid=weights is not None)

    def _run_text(
        self, text: Text, block: Callable[..., Any], values: Sequence[Any], source: Source,
        memory: Sequence[Any], laws: dict[Any, Any] | None,
    ) -> list[Any]:  # fmt: skip
        def draw(i: int, *parameters: Any) -> Any:
            one = self.draws[i]
            if not parameters:
                return source(one, one.law)
            return source(one, one.now(dict(zip(one.inputs, parameters, strict=True)), laws))

        try:
            return list(block(draw, memory, *[values[slot] for slot in text.needs]))
        except (ValueError, TypeError, IndexError) as error:
            place = error.__traceback__
            while place is not None and place.tb_frame.f_code.co_filename != FILE:
                place = place.tb_next
            if place is None or (step := text.lines[place.tb_lineno - 1]) is None:
                raise
            found = {**text.program.constants, **dict(enumerate(values))}
            known = place.tb_frame.f_locals
            arrays = [known.get(text.of(slot), found[slot]) for slot in step.inputs]
            raise explained(error, step, arrays) from error

    def _run_steps(
        self, values: list[Any], source: Source, memory: Sequence[Any],
        weights: Callable[[], Any] | None, laws: dict[Any, Any] | None,
    ) -> list[Any]:  # fmt: skip
        try:
            for step in self.steps:
                if isinstance(step, Draw):
                    values[step.out] = source(step, step.now(values, laws))
                else:
                    arrays = [
                        pad(values[i], n) for i, n in zip(step.inputs, step.pads, strict=True)
                    ]
                    if step.buffer is not None:
                        values[step.out] = step.run(*arrays, out=memory[step.buffer])
                    elif step.crosses and weights is not None:
                        values[step.out] = step.run(*arrays, weights())
                    else:
                        values[step.out] = step.run(*arrays)
                for slot in step.done:
                    values[slot] = None
        except (ValueError, TypeError, IndexError) as error:
            raise explained(error, step, [values[i] for i in step.inputs]) from error
        slots = [*(slot for slot, _ in self.outputs), *self.lawful.sampled]
        return [values[slot] for slot in slots]


@functools.lru_cache(maxsize=4)
def received(state: bytes) -> Tape:
    """Return the tape that another process sent; the same one for all tasks of a run."""
    tape = Tape.__new__(Tape)
    tape.__dict__.update(pickle.loads(state))
    return tape


def explained(error: Exception, step: Step | Draw, arrays: Sequence[Any]) -> Exception:
    """Return what went wrong in a step by name."""
    if isinstance(error, MinigraphError):
        return error
    shapes = ", ".join(str(np.shape(array)) for array in arrays)
    return InputError(
        f"replay of {step.title}: {error} (arrays of shape {shapes}, sample axis first)"
    )
