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

from .data import Data, ancestors
from .errors import InputError, MinigraphError
from .graph import rewrite
from .program import Draw, Step, forget_early, needed_steps, share_buffers
from .writing import Writer, with_noise

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
        writer = Writer()
        outputs = rewrite(outputs, with_noise)
        for data in ancestors(outputs):
            writer.write(data)
        self.outputs = [(slot, slot in writer.sampled) for slot in map(writer.slot, outputs)]
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
