"""A graph as a function of inputs and draws, run in another array library."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.composite import Independent
from ..errors import UsageError
from ..ops.indices import Slot
from ..replay.program import Draw, Step
from ..walk import ancestors, label
from . import chance
from .arguments import dtype_of
from .program import Lines, Words
from .samplers import MADE, made
from .words import OWN, UNSLOPED


class Elsewhere:
    """The outputs of a graph as a function of inputs and draws, in another array library."""

    def __init__(
        self, outputs: Sequence[Data], arguments: Sequence[Data], library: Any,
        functions: Mapping[str, Callable[..., Any]], samples: int | None,
    ) -> None:  # fmt: skip
        self.library, self.samples = library, samples
        lines = Lines(outputs)
        chosen = set(arguments)
        lines.fold({slot: x._value for slot, x in lines.inputs if x not in chosen})
        self.inputs = [(slot, x) for slot, x in lines.inputs if x in chosen]
        self.draws = lines.draws
        for draw in self.draws:
            while type(draw.law) is Independent:  # its samples and parameters are those of its base
                draw.law = draw.law.base
        self.blocked = blocked_inputs(outputs, [x for _, x in self.inputs])
        self.outputs, self.dtypes, self.sampled = lines.outputs, lines.dtypes, lines.sampled
        for step in lines.steps:
            if isinstance(step, Draw):
                continue
            refuse_index(library, step, lines)
            if samples is not None and step.crosses:
                raise UsageError(
                    f"compile: {step.title!r} looks at all samples at once, and {library.name} "
                    'sees one at a time; use backend="numpy", or another baseline'
                )
        text = Words(lines)
        self.source, self.needs = text.block, text.needs
        self.words = SimpleNamespace(
            inf=np.inf, nan=np.nan,
            **{name: self.word(op, functions) for name, op in text.words.items()},
        )  # fmt: skip
        self.helpers = SimpleNamespace(
            xp=library.xp,
            array=library.array,
            pick=library.pick,
            **{op.name: library.word(op) for op in chance.NEEDED},
        )
        known: dict[str, Any] = {"np": self.words}
        for name, step in text.functions.items():
            known[name] = functools.partial(self.word(step.call.op, functions), **step.call.fixed)
        exec(text.block, known)  # only names made by `Words` are in it
        self.block: Any = known["block"]
        self.known = {i: library.constant(x) for i, x in lines.known.items()}

    def word(self, op: Any, functions: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
        """Return what an operation is in the library, or raise."""
        found = functions.get(op.name) or (self.library.word(op) if op in OWN else None)
        if found is None:
            raise UsageError(
                f"compile: operation {op.name!r} has no counterpart in {self.library.name}; give "
                f"one, mg.compile(…, functions={{{op.name!r}: f}}) with f(*arrays) written for "
                f'{self.library.name}, or use backend="numpy"'
            )
        return found

    def __call__(self, given: Mapping[Data, Any], drawn: Sequence[Any], rng: Any) -> list[Any]:
        values = dict(self.known)
        for slot, x in self.inputs:
            message = self.blocked.get(x)  # a gradient that the library takes is refused with it
            values[slot] = given[x] if message is None else self.library.guarded(given[x], message)
        is_given = [one is not None for one in drawn]
        drawn, streams = self.complete(drawn, rng)

        def run(values: Mapping[int, Any], drawn: Sequence[Any]) -> tuple[Any, ...]:
            def draw(i: int, *parameters: Any) -> Any:
                one = self.draws[i]
                if is_given[i] or type(one.law) in chance.NOISE:
                    return drawn[i]
                if type(one.law) in MADE:
                    stream = self.library.stream(streams[i], drawn[i])
                    of = self.library.primitives(stream, one.law.batch_shape, one.law.dtype)
                    found = made(self.helpers, of, one, parameters)
                else:
                    found = chance.placed(self.helpers, one, drawn[i], parameters)
                return self.library.array(found, dtype_of(one))

            found = self.block(draw, None, *[values[slot] for slot in self.needs])
            return tuple(
                self.library.array(x, self.dtypes[slot])
                for x, slot in zip(found, self.outputs, strict=True)
            )

        if self.samples is None or not self.draws:
            return list(map(self.library.own, run(values, drawn)))
        has = [slot in self.sampled for slot in self.outputs]
        found = zip(self.library.spread(run, has)(values, drawn), has, strict=True)
        return [self.library.mean(x) if h else self.library.own(x) for x, h in found]

    def complete(self, drawn: Sequence[Any], rng: Any) -> tuple[list[Any], list[Any]]:
        """Return the samples of all draws, or what to make them of, and where that comes from."""
        lead = () if self.samples is None else (self.samples,)
        found, streams = [], self.library.streams(rng, len(drawn)) if len(drawn) else []
        for i, (draw, one) in enumerate(zip(self.draws, drawn, strict=True)):
            if one is None:
                tables = chance.NOISE, chance.PLACED, MADE
                if not any(type(draw.law) in table for table in tables):
                    raise UsageError(
                        f"compiled function: {draw.title} ~ {type(draw.law).__name__} cannot be "
                        f"drawn in {self.library.name}; give its samples, noise={{{draw.title!r}: "
                        f"array}} of shape {lead + draw.shape}"
                    )
                if streams is None:
                    raise UsageError(
                        f"compiled function: {draw.title} is to be drawn, and no seed arrived; "
                        f"pass {self.library.seeds}, or its samples as noise={{{draw.title!r}: …}}"
                    )
                if type(draw.law) in MADE:
                    one = self.library.apart(streams[i], lead)
                else:
                    shape = lead + draw.law.batch_shape
                    numbers = self.library.primitives(streams[i], shape, draw.law.dtype)
                    one = chance.base(self.library.xp, draw, numbers)
            found.append(one)
        return found, streams


def refuse_index(library: Any, step: Step, lines: Lines) -> None:
    """Raise for an index that picks another number of elements at each call."""
    places = sum(isinstance(i, Slot) for i in step.call.fixed.get("index") or ())
    for slot in step.inputs[len(step.inputs) - places :]:
        if lines.dtypes[slot].kind == "b" and slot not in lines.known:
            raise UsageError(
                f"compile: {step.title!r} is indexed by truths that change from call to call, and "
                f"with them its shape, which is fixed in {library.name}; write "
                "mg.where(mask, x, other), or make the mask a constant that is no argument"
            )


def blocked_inputs(outputs: Sequence[Data], inputs: Iterable[Data]) -> dict[Data, str]:
    """Return the inputs whose gradient the library would get wrong, and why."""
    reach: dict[Any, set[Data]] = {x: {x} for x in inputs if x.dtype.kind == "f"}
    found: dict[Data, str] = {}
    for data in ancestors(outputs):
        op = data._op
        movers = set[Data]().union(*[reach.get(x, ()) for x in data._inputs])
        if op.barrier == "stop":
            continue
        if op.barrier is None and op not in UNSLOPED:
            reach[data] = movers
            continue
        what = data.name or data._node.name
        if op.barrier == "draw":  # also one that is opened here: what follows may jump
            what = f"random {what} ~ {type(data._node.distribution).__name__}"
        for x in movers:
            found[x] = (
                f"gradient of a compiled function with respect to {label(x)}: it would have to "
                f"cross {what}, and the library would leave that part out; compile a rewritten "
                "graph (mg.reinforce(y), mg.unblock(y)), or take the gradient that "
                "mg.compile(y, wrt) returns"
            )
    return found
