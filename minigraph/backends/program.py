"""A graph as a text in NumPy's words, one line an operation, for a single sample.

It is written as a tape is, but in the operations of the graph alone, and what lets no gradient
through stays: another library may differentiate it once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..graph import rewrite
from ..ops.base import Operation
from ..ops.elementwise import (
    astype,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    gcd,
    lcm,
    ldexp,
    left_shift,
    right_shift,
    where,
)
from ..ops.selection import (
    add_at,
    getitem,
    index_update_,
    last_write,
    put_along,
    searchsorted,
    take_along_axis,
    written,
)
from ..replay.opening import with_noise
from ..replay.program import Draw, Step, folded, forward_first, needed_steps
from ..replay.source import Program, Text
from ..replay.words import is_text, known, printable
from ..replay.writing import Writer
from ..walk import ancestors

# The operations of which some inputs are integers or truths and stay what they are.
MIXED = {add_at, getitem, index_update_, last_write, put_along, searchsorted, take_along_axis,
         written, where, ldexp}  # fmt: skip
# To these a number that was written as 1 comes as 1.0, and libraries want an integer.
WHOLE = {bitwise_and, bitwise_or, bitwise_xor, left_shift, right_shift, gcd, lcm}


class Plain(Writer):
    """Writes the operations of the graph as they are."""

    def short(self, *_: Any) -> None:
        """Return no cheaper expression: the other library has its own."""
        return

    def quicker(self, call: Any, inputs: Any, dtype: Any) -> Any:
        """Return the call as it is: what takes NumPy long need not take others long."""
        return call, inputs

    def same(self, *_: Any) -> None:
        """Return no slot of the same value: its derivatives may differ."""
        return

    def slot(self, data: Data) -> int:
        """Return the slot of `data`, and remember its dtype."""
        found = super().slot(data)
        self.dtypes[found] = data.dtype
        return found

    def input_of(self, output: Data, x: Data) -> int:
        """Return the slot of an input, and remember its dtype: a single number has no Data."""
        found = super().input_of(output, x)
        self.dtypes.setdefault(found, x.dtype)
        return found


class Lines:
    """The lines of a program.

    Attributes
    ----------
    inputs : list of (int, Data)
        The slots of what was not made.
    steps : list of Step or Draw
        The lines, in order.
    outputs : list of int
        The slot of each output.
    sampled : set of int
        The slots that descend from a draw.
    dtypes : dict
        The dtype of each slot.
    """

    def __init__(self, outputs: Iterable[Data]) -> None:
        writer = Plain()
        outputs = rewrite(outputs, with_noise)
        for data in ancestors(outputs):
            writer.write(data)
        self.outputs = [writer.slot(data) for data in outputs]
        self.steps: list[Any] = needed_steps([*writer.once, *writer.steps], set(self.outputs))
        self.constants = {i: c for i, c in enumerate(writer.constants) if c is not None}
        self.inputs, self.sampled, self.dtypes = writer.inputs, writer.sampled, writer.dtypes
        self.known: dict[int, Any] = {}

    def fold(self, frozen: Mapping[int, Any]) -> None:
        """Compute, with NumPy, what depends on constants and on the slots `frozen` alone."""
        values = {**self.constants, **frozen}
        self.steps = folded(self.steps, values)
        self.known = {i: x for i, x in values.items() if i not in self.constants}

    @property
    def draws(self) -> list[Draw]:
        """The draws, in order."""
        return [step for step in self.steps if isinstance(step, Draw)]


class Words(Text):
    """The text of `Lines`; ``np`` in it stands for the array library, in NumPy's words.

    Attributes
    ----------
    words : dict of str
        By name: the operations that are written as ``np.name``.
    """

    def __init__(self, lines: Lines) -> None:
        self.dtypes, self.words = lines.dtypes, dict[str, Operation]()
        self.usual = set(known().values())
        super().__init__(Program(
            [(slot, data.name or "") for slot, data in lines.inputs] + [(i, "") for i in lines.known
             if i not in dict(lines.inputs)],
            lines.constants, [], lines.steps, [(slot, True) for slot in lines.outputs], [],
            forward_first(lines.steps, set(lines.outputs[:1])),
        ))  # fmt: skip

    def line(self, step: Step | Draw, of_draws: Iterator[int]) -> str:
        """Return the line of a step."""
        if isinstance(step, Draw):
            return super().line(step, of_draws)
        op, out, title = step.call.op, self.of(step.out), step.title
        inputs = [self.cast(step, i) for i in range(len(step.inputs))]
        fixed: Any = dict(step.call.fixed)
        if op is astype:
            fixed["dtype"] = np.dtype(fixed["dtype"]).name
        if op in self.usual and is_text(fixed):
            self.words[op.name] = op
            said = ", ".join([*inputs, *[f"{name}={value!r}" for name, value in fixed.items()]])
            call = f"np.{op.name}({said})"
        else:
            call = f"{self.function(step)}({', '.join(inputs)})  # {printable(op.name)}"
        shown = printable(title)
        comment = f"  # {shown}" if shown not in (out, op.name) and "#" not in call else ""
        return f"{out} = {call}{comment}"

    def cast(self, step: Step, position: int) -> str:
        """Return how the text says an input; libraries differ in what mixed dtypes become."""
        slot, to, op = step.inputs[position], step.dtype, step.call.op
        number = self.program.constants.get(slot, 0.5)
        if (op in WHOLE or (op is ldexp and position)) and number.is_integer():
            return repr(int(number))
        if slot in self.program.constants:
            return self.of(slot)
        here = self.dtypes[slot]
        stays = here == to or to.kind == "b" or op is astype
        if stays or (here.kind == "f" and to.kind != "f") or (here.kind != "f" and op in MIXED):
            return self.of(slot)
        self.words["astype"] = astype
        return f"np.astype({self.of(slot)}, dtype={to.name!r})"
