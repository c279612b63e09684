"""The tape: a graph written down in the order it ran, to be run again on many samples at once.

What descends from a draw gets a leading sample axis; everything else is computed once for a run.
Writing it down tidies it up: every draw becomes noise and a transform where its law has one, the
same work is done once, work that no output needs is left out. Two draws are never merged, but the
copies that rewrites make of one draw are one draw.

All shapes are known beforehand, so the arrays of a block of samples live in a few buffers that are
filled again and again: memory does not grow with the number of samples, and stays in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .cheaper import Expression, cheaper
from .data import Data, ancestors, label
from .errors import InputError, MinigraphError
from .estimators.reparameterize import opened
from .graph import StochasticNode, rewrite
from .ops.along import Call
from .ops.base import literal
from .ops.boxes import stop
from .ops.elementwise import multiply
from .program import Draw, Shape, Step, forget_early, needed_steps, share_buffers

Source = Callable[[Draw, Any], Any]  # a draw and its law as of now -> samples, (count, *shape)


class Tape:
    """A graph as a program that can be run on a block of samples.

    Parameters
    ----------
    outputs : iterable of Data
        What to compute. Their graphs are written down once; a run reads the inputs as they are
        then, so a parameter can be trained and a batch swapped by assigning ``.value``.

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
    buffers : list of (shape of one sample, dtype)
        The memory that the steps write into.

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

    def __init__(self, outputs: Iterable[Data]) -> None:
        writer = _Writer()
        outputs = rewrite(outputs, _with_noise)
        for data in ancestors(outputs):
            writer.write(data)
        self.outputs = [(writer.slot(y), y in writer.sampled) for y in outputs]
        self.inputs, self.largest = writer.inputs, writer.largest
        self.size = len(writer.constants)
        self.constants = {i: c for i, c in enumerate(writer.constants) if c is not None}
        needed = {slot for slot, _ in self.outputs}
        self.steps = needed_steps(writer.steps, needed)
        self.once: list[Step] = needed_steps(writer.once, needed)
        kept = {slot for slot, _ in self.outputs}.union(
            self.constants, (slot for slot, _ in self.inputs), (step.out for step in self.once)
        )
        forget_early(self.steps, kept)
        self.buffers = share_buffers(self.steps)
        self.crosses = any(isinstance(step, Step) and step.crosses for step in self.steps)

    @property
    def draws(self) -> list[Draw]:
        """The draws, in the order they run."""
        return [step for step in self.steps if isinstance(step, Draw)]

    def start(self) -> list[Any]:
        """Return the slots, filled with the inputs of now and what depends on these alone."""
        values: list[Any] = [None] * self.size
        for slot, number in self.constants.items():
            values[slot] = number
        for slot, data in self.inputs:
            values[slot] = data._value
        for step in self.once:
            values[step.out] = step.once(values)
        return values

    @property
    def sample_bytes(self) -> int:
        """How much memory one sample takes."""
        return sum(math.prod(shape) * dtype.itemsize for shape, dtype in self.buffers)

    def memory(self, count: int) -> list[Any]:
        """Return the buffers for blocks of up to `count` samples."""
        return [np.empty((count, *shape), dtype) for shape, dtype in self.buffers]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "inputs": []}  # a started tape needs no inputs

    def run(
        self,
        values: Sequence[Any],
        source: Source,
        memory: Sequence[Any],
        weights: Callable[[], Any] | None = None,
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
        """
        values = list(values)
        step: Any = None
        try:
            for step in self.steps:
                if isinstance(step, Draw):
                    values[step.out] = source(step, step.now(values))
                else:
                    arrays = [values[i] for i in step.inputs]
                    if step.buffer is not None:
                        values[step.out] = step.run(*arrays, out=memory[step.buffer])
                    elif step.crosses and weights is not None:
                        values[step.out] = step.run(*arrays, weights())
                    else:
                        values[step.out] = step.run(*arrays)
                for slot in step.done:
                    values[slot] = None
        except (ValueError, TypeError, IndexError) as error:
            if isinstance(error, MinigraphError) or step is None:
                raise
            shapes = ", ".join(str(np.shape(values[i])) for i in step.inputs)
            raise InputError(
                f"replay of {step.title}: {error} (arrays of shape {shapes}, sample axis first)"
            ) from error
        return [values[slot] for slot, _ in self.outputs]


class _Writer:
    """What is known while a tape is written: it holds the graph, which the tape does not."""

    def __init__(self) -> None:
        self.slots: dict[Data, int] = {}
        self.constants: list[float | None] = []  # by slot: the number that it always holds
        self.sampled: set[Data] = set()
        self.inputs: list[tuple[int, Data]] = []
        self.once: list[Step] = []
        self.steps: list[Step | Draw] = []
        self.written: dict[Any, int] = {}
        self.largest = 1

    def new(self, constant: float | None = None) -> int:
        """Return a new slot."""
        self.constants.append(constant)
        return len(self.constants) - 1

    def number(self, value: float) -> int:
        """Return the slot of a number; 0.0 and -0.0 are two."""
        key = ("number", repr(value))
        if key not in self.written:
            self.written[key] = self.new(value)
        return self.written[key]

    def slot(self, data: Data) -> int:
        """Return the slot of `data`; that of an input is made on the way."""
        if data not in self.slots:
            number = literal(data)
            self.slots[data] = self.new() if number is None else self.number(number)
            if number is None:
                self.inputs.append((self.slots[data], data))
        return self.slots[data]

    def write(self, data: Data) -> None:
        """Write the step that makes `data`, unless a slot holds the same already."""
        node = data._node
        inputs = tuple(self.slot(x) for x in node.inputs)
        has = tuple(x in self.sampled for x in node.inputs)
        key = self.key(node, inputs)
        same = self.same(data, inputs)
        out = self.written.get(key) if same is None else same
        if out is None:
            out = self.written[key] = self.new()
            self.append(data, has, inputs, out)
        self.slots[data] = out
        if (isinstance(node, StochasticNode) or any(has)) and self.constants[out] is None:
            self.sampled.add(data)
            self.largest = max(self.largest, data.size)

    def append(self, data: Data, has: tuple[bool, ...], inputs: tuple[int, ...], out: int) -> None:
        """Write a new step."""
        node, title = data._node, data.name or data._node.name
        if isinstance(node, StochasticNode):
            self.steps.append(Draw(data, has, inputs, out))
            return
        op, fixed, shapes = node.op, node.fixed, tuple(x.shape for x in node.inputs)
        if any(has) and data.dtype == node.inputs[0].dtype == np.float64:
            short = cheaper(op, inputs, self.constants[inputs[-1]])
            if short is not None and shapes[0] == data.shape:
                op, fixed, inputs = short[0], {}, tuple(self.expression(x, data) for x in short[1:])
                shapes, has = self.like(inputs, data.shape)
        step = Step(title, Call(op, fixed, shapes, has, data.shape), inputs, out, data.dtype)
        (self.steps if any(has) else self.once).append(step)

    def expression(self, x: Expression, data: Data) -> int:
        """Return the slot of an expression, element by element of the shape of `data`."""
        if isinstance(x, int):
            return x
        if isinstance(x, float):
            return self.number(x)
        op, inputs = x[0], tuple(self.expression(part, data) for part in x[1:])
        key = (op, inputs, ())
        if key not in self.written:
            self.written[key] = out = self.new()
            call = Call(op, {}, *self.like(inputs, data.shape), data.shape)
            self.steps.append(Step(op.name, call, inputs, out, data.dtype))
        return self.written[key]

    def like(self, inputs: tuple[int, ...], shape: Shape) -> tuple[tuple[Shape, ...], Any]:
        """Return the shapes of inputs that are numbers or samples of `shape`, and which are."""
        has = tuple(self.constants[i] is None for i in inputs)
        return tuple(shape if sampled else () for sampled in has), has

    def key(self, node: Any, inputs: tuple[int, ...]) -> Any:
        """Return what two nodes that do the same work have in common."""
        if isinstance(node, StochasticNode):
            return ("draw", node.draw, inputs)
        if node.barrier == "black box":  # it may count its calls, or draw by itself
            return object()
        key = (node.op, inputs, tuple(sorted(node.fixed.items())))
        try:
            hash(key)
        except TypeError:
            return object()
        return key

    def same(self, data: Data, inputs: tuple[int, ...]) -> int | None:
        """Return the slot of an input that `data` is a copy of, or of the number that it is."""
        node = data._node
        if isinstance(node, StochasticNode):
            return None
        if node.op is stop:
            return inputs[0]
        if (always := getattr(node.op, "always", None)) is not None:
            return self.number(always)
        if node.op is multiply:
            for one, slot, x in zip(inputs, reversed(inputs), reversed(node.inputs), strict=True):
                if self.constants[one] == 1.0 and (x.shape, x.dtype) == (data.shape, data.dtype):
                    return slot
        return None


def _with_noise(data: Data, inputs: tuple[Data, ...]) -> Data | None:
    """Replace a draw by noise and a transform, if its law has one."""
    node = data._node
    if not isinstance(node, StochasticNode):
        return None
    refuse_branched(data)
    return None if node.noise is None else opened(data, inputs)


def refuse_branched(data: Data) -> None:
    """Raise if Python's control flow looked at this sample."""
    if data._node.branched:
        raise InputError(
            f"replay of {label(data)}: Python looked at this sample in an if, a while or an index "
            "when the graph was built, so the graph holds only the branch that was taken then; "
            "pass a function that builds and returns Y, mg.expectation(f, …), which is traced anew "
            "for every sample, or write the choice as mg.where"
        )
