"""The slots of a tape: which holds what, and where a number stands for an array full of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..nodes import StochasticNode
from ..ops.along import elementwise
from ..ops.base import literal
from .program import Shape


class Slots:
    """What the slots of a tape hold.

    Attributes
    ----------
    written : dict of int
        By what was done to which slots: where the result is.
    """

    def __init__(self) -> None:
        self.slots: dict[Data, int] = {}
        self.constants: list[float | None] = []  # by slot: the number that it always holds
        self.sampled: set[int] = set()  # the slots that have a sample axis
        self.dtypes: dict[int, np.dtype[Any]] = {}  # by slot, but for numbers: those fit anywhere
        self.shapes: dict[int, Shape] = {}  # by slot: of one sample
        self.inputs: list[tuple[int, Data]] = []
        self.written: dict[Any, int] = {}
        self.spread: dict[int, tuple[int, Shape]] = {}  # by slot full of one number: where it is

    def new(self, constant: float | None = None) -> int:
        """Return a new slot."""
        self.constants.append(constant)
        return len(self.constants) - 1

    def number(self, value: float) -> int:
        """Return the slot of a number; 0.0 and -0.0 are two."""
        key = ("number", repr(value))
        if key not in self.written:
            self.written[key] = self.new(value)
            self.shapes[self.written[key]] = ()
        return self.written[key]

    def slot(self, data: Data) -> int:
        """Return the slot of `data`; that of an input is made on the way."""
        if data not in self.slots:
            number = literal(data)
            self.slots[data] = self.input(data) if number is None else self.number(number)
        return self.slots[data]

    def input(self, data: Data) -> int:
        """Return the slot of an input; single numbers that were written down alike have one."""
        alike = data._literal and data.shape == ()
        key = ("input", data.dtype, np.asarray(data._value).tobytes()) if alike else data
        if key not in self.written:
            self.written[key] = self.new()
            self.inputs.append((self.written[key], data))
            self.shapes[self.written[key]] = data.shape
            self.dtypes[self.written[key]] = data.dtype
        return self.written[key]

    def input_of(self, output: Data, x: Data) -> int:
        """Return the slot of an input; a float32 number is any number beside a float32 array."""
        node, kind = output._node, output.dtype
        single = x._literal and x.shape == () and x.dtype == kind in (np.float32, np.float16)
        plain = not isinstance(node, StochasticNode) and node.op.along is elementwise
        if single and plain and any(o.dtype == kind and not o._literal for o in node.inputs):
            return self.number(float(x._value))
        return self.slot(x)

    def narrow(self, slot: int, shape: Shape) -> tuple[int, Shape]:
        """Return a single number instead of an array full of it, of no more axes."""
        if self.constants[slot] is not None:  # zeros of any shape, too
            return slot, ()
        found = slot, shape
        while slot in self.spread:
            slot, inner = self.spread[slot]
            if len(inner) <= len(shape):
                found = slot, inner
        return found
