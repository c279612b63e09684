"""The lines of a tape, and what can be known before they run: who needs what, and for how long."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.noise import Noise
from ..errors import InputError, MinigraphError, MissingExtraError
from ..ops.along import Call, elementwise, looped, pad, paddings, refuse_other_shape
from ..ops.indices import is_basic
from ..ops.selection import getitem
from ..ops.special import needing
from ..ops.wide import chord
from ..values import own
from .select import select

Shape = tuple[int, ...]
Buffer = tuple[Shape, np.dtype[Any]]  # the shape of one sample, and the dtype


class Step:
    """One line of the tape: slot `out` becomes an operation of the slots `inputs`.

    Attributes
    ----------
    call : Call
        The operation, its fixed arguments and shapes.
    run : callable
        The function of arrays that computes it; a NumPy ufunc writes into buffer `buffer`.
    by_value : bool
        Whether the shape of the result may depend on values: on those of a mask, say.
    pads : list of int
        How many axes of length one go behind the sample axis of each input, to line up the others.
    done : tuple of int
        The slots that no later step needs.
    """

    __slots__ = ("buffer", "by_value", "call", "crosses", "done", "dtype", "inputs", "out", "pads",
                 "run", "title")  # fmt: skip

    def __init__(
        self, title: str, call: Call, inputs: tuple[int, ...], out: int, dtype: np.dtype[Any]
    ) -> None:
        self.title, self.call, self.inputs, self.out, self.dtype = title, call, inputs, out, dtype
        self.pads = [0] * len(inputs)
        self.run: Any = call.op.along(call) if any(call.sampled) else call.op.forward
        if call.op.along is elementwise and writes(call.op.forward):
            self.run = select if call.op.forward is np.where else call.op.forward
            self.pads = paddings(call.shapes, call.sampled)
        self.crosses = getattr(self.run, "across_samples", False)
        masked = call.op is getitem and not is_basic(call.fixed["index"])
        self.by_value = masked or call.op.along is looped
        self.buffer: int | None = None
        self.done: tuple[int, ...] = ()

    def __reduce__(self) -> Any:  # `run` may be a closure, which cannot be sent to a process
        state = None, {"buffer": self.buffer, "done": self.done}
        return Step, (self.title, self.call, self.inputs, self.out, self.dtype), state

    def once(self, values: Sequence[Any] | Mapping[int, Any]) -> Any:
        """Return the result for a single value."""
        return self._single(*[values[i] for i in self.inputs])

    def _single(self, *arrays: Any) -> Any:
        found = self.call.op.evaluate(arrays, self.call.fixed)
        if self.by_value:
            refuse_other_shape(self.call, np.shape(found))
        return found

    def direct(self, numbers: bool) -> Callable[..., Any]:
        """Return a function that does the same as `once`; `numbers` are floats all of them."""
        op, fixed = self.call.op, self.call.fixed
        if self.by_value:
            return self._single
        if op.scalar is not None and not fixed and numbers:
            return op.scalar
        forward = functools.partial(op.forward, **fixed) if fixed else op.forward
        return forward if self.call.shape else lambda *arrays: own(forward(*arrays))


class Draw:
    """One line of the tape: slot `out` becomes samples of a law, whose parameters are `inputs`.

    Attributes
    ----------
    law : Distribution
        With the parameters it had when the graph was built, as plain values.
    shape : tuple of int
        The shape of one sample.
    identity : object
        Which draw of the graph it is.
    ahead : bool
        Whether the law can fill an array with samples before anything else is known.
    varies : bool
        Whether the law is another one from sample to sample.
    """

    __slots__ = ("ahead", "done", "identity", "inputs", "law", "out", "pads", "shape", "title",
                 "varies")  # fmt: skip
    buffer = None

    def __init__(self, data: Data, has: Sequence[bool], inputs: tuple[int, ...], out: int) -> None:
        law = data._node.distribution
        self.law, self.shape, self.title = law.plain(), data.shape, data.name or data._node.name
        self.inputs, self.out, self.identity = inputs, out, data._node.draw
        self.done: tuple[int, ...] = ()
        self.ahead = isinstance(self.law, Noise) and hasattr(self.law, "fill")
        self.pads, self.varies = pads_of(law, has), any(has)

    def now(
        self, values: Sequence[Any] | Mapping[int, Any], laws: dict[Any, Any] | None = None
    ) -> Any:
        """Return the law with the parameters in the slots, checked; as recorded if not known.

        If it is the same for all samples of a run, `laws` of that run keep it.
        """
        if not self.inputs:
            return self.law
        if laws and self in laws:
            return laws[self]
        law = law_now(self.title, self.law, self.inputs, self.pads, values)
        if laws is not None and not self.varies:
            laws[self] = law
        return law


def explained(error: Exception, step: Step | Draw, arrays: Sequence[Any]) -> Exception:
    """Return what went wrong in a step by name."""
    if isinstance(error, MissingExtraError):
        return needing(f"replay of {step.title}", error)
    if isinstance(error, MinigraphError):
        return error
    shapes = ", ".join(str(np.shape(array)) for array in arrays)
    return InputError(
        f"replay of {step.title}: {error} (arrays of shape {shapes}, sample axis first)"
    )


def pads_of(law: Any, has: Sequence[bool]) -> list[int | None]:
    """Return the axes that go behind the sample axis of each parameter, None if it has none."""
    return [
        len(law.shape) - len(x.shape) + law.event_axes.get(name, 0) if sampled else None
        for (name, x), sampled in zip(law.parameters.items(), has, strict=True)
    ]


def law_now(
    title: str,
    law: Any,
    slots: Sequence[int],
    pads: Sequence[int | None],
    values: Sequence[Any] | Mapping[int, Any],
) -> Any:
    """Return a law with the parameters in the slots, checked; as recorded if not known."""
    law = law.with_inputs([
        old if values[i] is None else values[i] if axes is None else pad(values[i], axes)
        for i, old, axes in zip(slots, law.inputs, pads, strict=True)
    ])  # fmt: skip
    try:
        law.refuse_bad(law.parameters)
    except InputError as error:
        raise InputError(f"replay of {title}: {error}") from None
    return law


def needed_steps(steps: Sequence[Any], needed: set[int]) -> list[Any]:
    """Return the steps that lead to the slots `needed`, to which it adds what these need."""
    kept = []
    for step in reversed(steps):
        if step.out in needed:
            needed.update(step.inputs)
            kept.append(step)
    return kept[::-1]


@np.errstate(all="ignore")
def folded(steps: Sequence[Any], known: dict[int, Any]) -> list[Any]:
    """Compute what depends on `known` values alone, and add it to these; return the other steps."""
    others = []
    for step in steps:
        fixed = isinstance(step, Step) and step.call.op.barrier != "black box"
        if fixed and known.keys() >= set(step.inputs):
            known[step.out] = step.once(known)
        else:
            others.append(step)
    return others


def forward_first(steps: list[Any], slots: set[int]) -> int:
    """Put the steps that lead to some slots before all others; return how many they are."""
    leads = {id(step) for step in needed_steps(steps, slots)}
    steps.sort(key=lambda step: id(step) not in leads)
    return len(leads)


def forget_early(steps: Sequence[Step | Draw], kept: set[int]) -> None:
    """Let every step drop the arrays that it is the last to need."""
    needed = set(kept)
    for step in reversed(steps):
        step.done = tuple(sorted({*step.inputs, step.out} - needed))
        needed.update(step.done)


def shape_of(step: Step | Draw) -> Shape:
    """Return the shape of one sample of the result of a step."""
    return step.shape if isinstance(step, Draw) else step.call.shape


def is_apart(step: Step | Draw) -> bool:
    """Return whether the samples of a step have nothing to do with each other."""
    return step.ahead if isinstance(step, Draw) else step.call.op.along is elementwise


def writes(function: Any) -> bool:
    """Return whether a function of elements, or what stands for it here, writes into an array."""
    return isinstance(function, np.ufunc) or function in (np.where, select, chord)


def written_into(step: Step | Draw) -> Buffer | None:
    """Return the kind of memory that a step can write its result into, if it can."""
    if isinstance(step, Draw):
        return None  # its samples come from outside
    fills = writes(step.run) or getattr(step.run, "fills", False)
    fills = fills and not step.call.fixed and bool(step.call.shape or any(step.call.sampled))
    return (step.call.shape, step.dtype) if fills else None


def share_buffers(steps: Sequence[Step | Draw]) -> list[Buffer]:
    """Give every step that can write into a buffer one that nobody needs any more."""
    buffers: list[Buffer] = []
    free: dict[Buffer, list[int]] = {}
    lies_in: dict[int, set[int]] = {}  # the buffers that the array in a slot may lie in
    users: list[int] = []  # how many slots lie in each buffer

    def release(slots: Sequence[int]) -> None:
        for i in [i for slot in slots for i in lies_in.pop(slot, ())]:
            users[i] -= 1
            if not users[i]:
                free[buffers[i]].append(i)

    for step in steps:
        # The output of what is no ufunc may be a view of an input.
        there = {i for slot in step.inputs for i in lies_in.get(slot, ())}
        kind = written_into(step)
        if kind is not None:
            if isinstance(step, Step) and is_apart(step):  # in place
                release(step.done)
            if not free.setdefault(kind, []):
                free[kind].append(len(buffers))
                buffers.append(kind)
                users.append(0)
            step.buffer = free[kind].pop()
            there = {step.buffer}
        lies_in[step.out] = there
        for i in there:
            users[i] += 1
        release(step.done)
    return buffers
