"""The tape: a graph written down in the order it ran, to be run again on many samples at once.

What descends from a draw gets a leading sample axis; everything else is computed once for a run.
The sizes of all arrays are known beforehand, so a run over a block of samples needs the same small
memory again and again, however many samples there are in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from .errors import InputError, MinigraphError
from .graph import Data, StochasticNode, ancestors, label
from .ops.along import Call, pad
from .ops.base import literal
from .ops.elementwise import multiply


class Source(Protocol):
    """Where a replay gets its samples from: random numbers, or the points of a quadrature."""

    def __call__(self, draw: object, law: Any, shape: tuple[int, ...]) -> Any:
        """Return the samples, of ``(samples, *shape)``, of the law on plain values."""


class Step:
    """One line of the tape: fill slot `out` from the slots `inputs`."""

    __slots__ = ("done", "inputs", "out", "run", "title")
    done: tuple[int, ...]  # slots that nothing needs after this step

    def __init__(self, title: str, run: Callable[..., Any], inputs: tuple[int, ...], out: int):
        self.title, self.run, self.inputs, self.out = title, run, inputs, out
        self.done = ()


class Draw:
    """A step that draws: the law on the parameters of now, then samples from the source."""

    __slots__ = ("done", "draw", "inputs", "law", "out", "pads", "shape", "title")
    done: tuple[int, ...]

    def __init__(self, data: Data, sampled: set[Data], inputs: tuple[int, ...], out: int) -> None:
        node = data._node
        self.law, self.shape, self.draw = node.distribution, data.shape, node.draw
        self.inputs, self.out, self.title, self.done = inputs, out, data.name or node.name, ()
        self.pads = [
            len(self.law.shape) - len(x.shape) + self.law.event_axes.get(name, 0)
            if x in sampled else None
            for name, x in zip(self.law.parameters, node.inputs, strict=True)
        ]  # fmt: skip

    def run(self, values: list[Any], source: Source) -> Any:
        """Return the samples."""
        given = [values[i] for i in self.inputs]
        law = self.law.with_inputs(
            [v if n is None else pad(v, n) for v, n in zip(given, self.pads, strict=True)]
        )
        law.refuse_bad(law.parameters)
        return source(self.draw, law, self.shape)


class Tape:
    """A graph as a program that can be run on a block of samples.

    Parameters
    ----------
    outputs : iterable of Data
        What to compute. Their graphs are written down once; a run reads the inputs as they are
        then, so a parameter can be trained and a batch swapped by assigning ``.value``.

    Raises
    ------
    InputError
        If Python looked at a sample in an ``if`` while the graph was built: only the branch that
        was taken then is in the graph.
    """

    def __init__(self, outputs: Iterable[Data]) -> None:
        outputs = list(outputs)
        self.slots: dict[Data, int] = {}
        self.inputs: list[tuple[int, Data]] = []
        self.once: list[Step] = []
        self.steps: list[Step | Draw] = []
        self.sampled: set[Data] = set()
        self.written: dict[Any, int] = {}
        for data in ancestors(outputs):
            self._write(data)
        self.outputs = [(self._slot(y), y in self.sampled) for y in outputs]
        self._forget_early()
        self.largest = max((x.size for x in self.sampled), default=1)
        self.crosses = any(_crosses(step) for step in self.steps)
        self.size = len(self.slots)
        del self.slots, self.sampled, self.written  # they hold the graph, which may hold this tape

    def _slot(self, data: Data) -> int:
        if data not in self.slots:
            self.slots[data] = len(self.slots)
            if data._node is None:
                self.inputs.append((self.slots[data], data))
        return self.slots[data]

    def _write(self, data: Data) -> None:
        node = data._node
        inputs = tuple(self._slot(x) for x in node.inputs)
        has = tuple(x in self.sampled for x in node.inputs)
        same = self._same(node, inputs)
        if same is not None:
            self.slots[data] = same
            if any(has):
                self.sampled.add(data)
            return
        out = self._slot(data)
        if isinstance(node, StochasticNode):
            refuse_branched(data)
            self.steps.append(Draw(data, self.sampled, inputs, out))
            self.sampled.add(data)
        elif any(has):
            shapes = tuple(x.shape for x in node.inputs)
            run = node.op.along(Call(node.op, node.fixed, shapes, has, data.shape))
            self.steps.append(Step(data.name or node.name, run, inputs, out))
            self.sampled.add(data)
        else:
            self.once.append(Step(data.name or node.name, _Once(node.op, node.fixed), inputs, out))

    def _same(self, node: Any, inputs: tuple[int, ...]) -> int | None:
        """Return the slot that already holds what `node` would compute; draws are never merged."""
        if isinstance(node, StochasticNode):
            return None
        if node.op is multiply and 1.0 in (values := [literal(x) for x in node.inputs]):
            other = 1 - values.index(1.0)
            if node.inputs[other].shape == np.broadcast_shapes(*(x.shape for x in node.inputs)):
                return inputs[other] if node.inputs[other].dtype.kind == "f" else None
        try:
            key = (node.op, inputs, tuple(sorted(node.fixed.items())))
            slot = self.written.setdefault(key, len(self.slots))
        except TypeError:  # a fixed argument that has no hash or no order
            return None
        return slot if slot != len(self.slots) else None

    def _forget_early(self) -> None:
        """Let every step drop the arrays that it is the last to need: their memory is warm."""
        needed = {slot for slot, _ in self.outputs} | {step.out for step in self.once}
        needed |= {slot for slot, _ in self.inputs}
        for step in reversed(self.steps):
            step.done = tuple({i for i in (*step.inputs, step.out) if i not in needed})
            needed |= set(step.done)

    def start(self) -> list[Any]:
        """Return the slots, filled with the inputs of now and what depends on these alone."""
        values: list[Any] = [None] * self.size
        for slot, data in self.inputs:
            values[slot] = data._value
        for step in self.once:
            values[step.out] = step.run(*[values[i] for i in step.inputs])
        return values

    def run(
        self, values: list[Any], source: Source, weights: Callable[[], Any] | None = None
    ) -> Any:
        """Return the outputs for one block of samples from `source`.

        Those that descend from a draw have a leading sample axis.
        """
        values = list(values)
        for step in self.steps:
            if isinstance(step, Draw):
                values[step.out] = step.run(values, source)
            else:
                values[step.out] = self._run_step(step, values, weights)
            for slot in step.done:
                values[slot] = None
        return [values[slot] for slot, _ in self.outputs]

    def _run_step(self, step: Step, values: list[Any], weights: Any) -> Any:
        arrays = [values[i] for i in step.inputs]
        try:
            if weights is not None and _crosses(step):
                return step.run(*arrays, weights())
            return step.run(*arrays)
        except (ValueError, TypeError, IndexError) as error:
            if isinstance(error, MinigraphError):
                raise
            shapes = ", ".join(str(np.shape(a)) for a in arrays)
            raise InputError(
                f"replay of {step.title}: {error} (arrays of shape {shapes}, sample axis first)"
            ) from error


class _Once:
    """Run an operation on single values."""

    __slots__ = ("fixed", "op")

    def __init__(self, op: Any, fixed: Any) -> None:
        self.op, self.fixed = op, fixed

    def __call__(self, *values: Any) -> Any:
        return self.op.evaluate(values, self.fixed)


def _crosses(step: Step | Draw) -> bool:
    return getattr(step.run, "across_samples", False)


def refuse_branched(data: Data) -> None:
    """Raise if Python's control flow looked at this sample."""
    if data._node.branched:
        raise InputError(
            f"replay of {label(data)}: Python looked at this sample in an if, a while or an index "
            "when the graph was built, so the graph holds only the branch that was taken then; "
            "pass a function that builds and returns Y, mg.expectation(f, …), which is traced anew "
            "for every sample, or write the choice as mg.where"
        )
