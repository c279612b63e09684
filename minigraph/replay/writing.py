"""Writing a tape: the same work once, and cheaply."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..nodes import StochasticNode
from ..ops.along import Call, elementwise
from ..ops.elementwise import add, astype, divide, multiply, negative, power, subtract, where
from ..ops.linear import matmul
from ..ops.operators import COMPARED
from ..ops.reductions import sum_
from ..ops.shaping import broadcast_to, reshape, sum_to
from ..ops.trigonometry import cos, sin, tanh
from .cheaper import Expression, Known, cheaper
from .merging import work_of
from .program import Draw, Shape, Step
from .slots import Slots

ARITHMETIC = (add, divide, multiply, negative, power, subtract)
MANY = 2**9  # elements, from which on several steps of arithmetic are faster than a slow function


class Kind(NamedTuple):
    """What samples of a result are like."""

    shape: Shape
    dtype: np.dtype[Any]


def leaves(x: Expression) -> list[int]:
    """Return the slots in an expression."""
    if isinstance(x, tuple):
        return [slot for part in x[1:] for slot in leaves(part)]
    return [x] if isinstance(x, int) else []


def together(shapes: Sequence[Shape], node: Any) -> Any:
    """Return the dtype that inputs have together; a single float64 number fits anywhere."""
    kinds = [x.dtype for s, x in zip(shapes, node.inputs, strict=True) if s or x.dtype != float]
    return np.result_type(*kinds) if kinds else np.dtype(float)


class Writer(Slots):
    """What is known while a tape is written: it holds the graph, which the tape does not."""

    def __init__(self) -> None:
        super().__init__()
        self.once: list[Step] = []
        self.steps: list[Step | Draw] = []
        self.made: dict[int, tuple[Any, tuple[int, ...]]] = {}  # by slot: how
        of_floats: dict[int, tuple[Any, tuple[int, ...]]] = {}  # True and True are not 2
        self.of_floats, sampled, shapes = of_floats, self.sampled, self.shapes
        number = self.constants.__getitem__
        self.of_samples = Known(number, lambda i: i not in sampled, of_floats)
        self.of_arrays = Known(number, lambda i: shapes[i] == (), of_floats, deep=False)

    def write(self, data: Data) -> None:
        """Write the step that makes `data`, unless a slot holds the same already."""
        node = data._node
        inputs = tuple(self.input_of(data, x) for x in node.inputs)
        has = tuple(i in self.sampled for i in inputs)
        key = work_of(node, inputs), data.shape  # one slot stands for zeros of every shape
        same = self.same(data, inputs)
        out = self.written.get(key) if same is None else same
        if out is None:
            out = self.written[key] = self.append(data, has, inputs)
        self.slots[data] = out

    def append(self, data: Data, has: tuple[bool, ...], inputs: tuple[int, ...]) -> int:
        """Write a new step, or several that are cheaper, and return the slot of the result."""
        node, title = data._node, data.name or data._node.name
        if isinstance(node, StochasticNode):
            out = self.new()
            self.shapes[out], self.dtypes[out] = data.shape, data.dtype
            self.sampled.add(out)
            self.steps.append(Draw(data, has, inputs, out))
            return out
        shapes = tuple(x.shape for x in node.inputs)
        narrow = [self.narrow(i, s) for i, s in zip(inputs, shapes, strict=True)]
        small = tuple(s for _, s in narrow)
        narrows = node.op.along is elementwise and (
            small == shapes or together(small, node) == together(shapes, node)
        )
        if narrows and data.shape in small:
            inputs, shapes = tuple(slot for slot, _ in narrow), small
        elif narrows and data.dtype.kind == "f" and not any(has) and not any(small):
            return self.filled(data, tuple(slot for slot, _ in narrow))
        else:  # then the array that a number stands for is missed
            inputs = tuple(self.full(i, x) for i, x in zip(inputs, node.inputs, strict=True))
        kind = Kind(data.shape, data.dtype)
        plain = self.plain(node, shapes, has, kind)
        if plain and (short := self.short(node.op, inputs, kind, data.shape)) is not None:
            return self.expression(short, kind, title)
        call = Call(node.op, node.fixed, shapes, has, data.shape)
        call, inputs = self.quicker(call, inputs, data.dtype)
        out = self.step(title, call, inputs, data.dtype)
        if node.op in (reshape, broadcast_to) and not any(has) and math.prod(shapes[0]) == 1:
            self.spread[out] = inputs[0], shapes[0]
        return out

    def filled(self, data: Data, numbers: tuple[int, ...]) -> int:
        """Return the slot of an array that is full of what an operation makes of numbers."""
        op, none = data._node.op, (False,) * len(numbers)
        one = self.step(
            op.name, Call(op, data._node.fixed, ((),) * len(numbers), none, ()), numbers, data.dtype
        )
        number = self.constants[one] is not None
        out = self.full(one, data) if number else self.stretched(one, data.shape, data.dtype)
        self.spread[out] = one, ()
        return out

    def stretched(self, slot: int, shape: Shape, dtype: Any) -> int:
        """Return the slot of an array that is full of the number in a slot."""
        call = Call(broadcast_to, {"shape": shape}, ((),), (False,), shape)
        return self.step("broadcast_to", call, (slot,), dtype)

    def factors(self, call: Call, inputs: tuple[int, ...]) -> tuple[int, int] | None:
        """Return a vector of samples and one that all share, if a call adds up their product."""
        if call.op not in (sum_, sum_to) or len(call.shapes[0]) != 1 or call.shape != ():
            return None
        op, pair = self.made.get(inputs[0], (None, ()))
        if op is not multiply or [self.shapes[i] for i in pair] != [call.shapes[0]] * 2:
            return None
        a, b = sorted(pair, key=lambda i: i not in self.sampled)
        return (a, b) if a in self.sampled and b not in self.sampled else None

    def quicker(
        self, call: Call, inputs: tuple[int, ...], dtype: np.dtype[Any]
    ) -> tuple[Call, tuple[int, ...]]:
        """Return a call that does the same and takes NumPy less time, and its inputs."""
        if call.op in COMPARED:
            return call, self.integers(inputs)
        if dtype.kind == "f" and (pair := self.factors(call, inputs)) is not None:
            call, inputs = Call(matmul, {}, (call.shapes[0],) * 2, (True, False), ()), pair
        if call.op is matmul and dtype.kind == "f":
            inputs = tuple(self.as_float(i, dtype) if self.whole(i) else i for i in inputs)
        return call, inputs

    def whole(self, slot: int) -> bool:
        """Return whether a slot holds integers."""
        return self.dtypes.get(slot) == np.int64

    def as_float(self, slot: int, dtype: np.dtype[Any]) -> int:
        """Return the slot of integers as floats, which a product makes one by one."""
        shape, key = self.shapes[slot], ("as float", slot, dtype)
        if key not in self.written:
            call = Call(astype, {"dtype": dtype}, (shape,), (slot in self.sampled,), shape)
            self.written[key] = self.step("astype", call, (slot,), dtype)
        return self.written[key]

    def integers(self, inputs: tuple[int, ...]) -> tuple[int, ...]:
        """Return the inputs of a comparison, a whole number beside integers as one of them."""
        numbers = [self.constants[i] for i in inputs]
        if not all(self.whole(i) or c is not None for i, c in zip(inputs, numbers, strict=True)):
            return inputs
        return tuple(
            self.number(int(c)) if c is not None and c.is_integer() and abs(c) < 2.0**31 else i
            for i, c in zip(inputs, numbers, strict=True)
        )

    def full(self, slot: int, x: Data) -> int:
        """Return the slot of an array like `x`, if a number stands for it in a slot."""
        if self.constants[slot] is None or (not x.shape and x.dtype == float):
            return slot
        if not x.shape:
            return self.as_float(slot, x.dtype)
        key = ("full", slot, x.shape, x.dtype)
        if key not in self.written:
            array = self.stretched(slot, x.shape, float)
            self.written[key] = array if x.dtype == float else self.as_float(array, x.dtype)
        return self.written[key]

    def plain(self, node: Any, shapes: Any, has: tuple[bool, ...], kind: Kind) -> bool:
        """Return whether an operation is one of floats, and its samples all look the same."""
        alone = not any(has)  # and then so do its arrays
        return not node.fixed and kind.dtype.kind == "f" and all(
            (s, x.dtype) == kind if sampled or (alone and s) else x.dtype.kind == "f"
            for s, sampled, x in zip(shapes, has, node.inputs, strict=True)
        )  # fmt: skip

    def short(self, op: Any, inputs: tuple[int, ...], kind: Kind, shape: Shape) -> Expression:
        """Return a cheaper expression of this shape for an operation, None if there is none."""
        if op in (sin, cos, tanh) and kind.dtype != np.float64:
            return None
        found = None
        if not self.sampled.isdisjoint(inputs):
            found = cheaper(op, inputs, self.of_samples)
        elif kind.shape if op in ARITHMETIC else math.prod(kind.shape) >= MANY:
            found = cheaper(op, inputs, self.of_arrays)
        return found if found is not None and self.fits(found, kind.dtype, shape) else None

    def fits(self, x: Expression, dtype: np.dtype[Any], shape: Shape) -> bool:
        """Return whether an expression has a shape and a dtype: (B + x) - B is x, or many of it."""
        slots = [i for i in leaves(x) if self.constants[i] is None]
        known = [(self.shapes[i], self.dtypes[i]) for i in slots]
        alone = isinstance(x, int)
        alike = all(d in (dtype, bool, *([] if s or alone else [float])) for s, d in known)
        return not known or (alike and np.broadcast_shapes(*(s for s, _ in known)) == shape)

    def step(self, title: str, call: Call, inputs: tuple[int, ...], dtype: Any) -> int:
        """Write an operation, to be run for all samples or once; return its slot."""
        numbers = [self.constants[i] for i in inputs]
        if call.op.scalar is not None and not call.fixed and None not in numbers:
            value = call.op.evaluate(numbers)
            if type(value) is float and math.isfinite(value):
                return self.number(value)
        out = self.new()
        self.shapes[out], self.dtypes[out] = call.shape, np.dtype(dtype)
        if any(call.sampled):
            self.sampled.add(out)
        if not call.fixed:
            self.made[out] = call.op, inputs
            decides = 1 if call.op is where else 0
            if all(i not in self.dtypes or self.dtypes[i].kind == "f" for i in inputs[decides:]):
                self.of_floats[out] = call.op, inputs
        steps = self.steps if any(call.sampled) else self.once
        steps.append(Step(title, call, inputs, out, self.dtypes[out]))
        return out

    def expression(self, x: Expression, kind: Kind, title: str | None = None) -> int:
        """Return the slot of an expression of numbers and of samples of one kind."""
        if isinstance(x, int):
            return x
        if isinstance(x, float):
            return self.number(x)
        op, inputs = x[0], tuple(self.expression(part, kind) for part in x[1:])
        shapes = tuple(self.shapes[i] for i in inputs)
        shape = np.broadcast_shapes(*shapes)
        key = (op, inputs, ()), shape
        if key not in self.written:
            short = self.short(op, inputs, kind, shape)
            if short is not None:
                self.written[key] = self.expression(short, kind, title)
        if key not in self.written:
            has = tuple(i in self.sampled for i in inputs)
            call = Call(op, {}, shapes, has, shape)
            self.written[key] = self.step(title or op.name, call, inputs, kind.dtype)
        return self.written[key]

    def same(self, data: Data, inputs: tuple[int, ...]) -> int | None:
        """Return the slot of an input that `data` is a copy of, or of the number that it is."""
        node = data._node
        if isinstance(node, StochasticNode):
            return None
        if node.op.passes and data.dtype == node.inputs[0].dtype:
            return inputs[0]
        if node.op in (reshape, broadcast_to, sum_to) and data.shape == node.inputs[0].shape:
            return inputs[0]
        if node.op.always is not None:
            return self.number(node.op.always)
        if node.op is astype and data.dtype == float and self.constants[inputs[0]] is not None:
            return inputs[0]  # one of float32 makes float32 of the numbers beside it
        if node.op is multiply:
            for one, slot, x in zip(inputs, reversed(inputs), reversed(node.inputs), strict=True):
                if self.constants[one] == 1.0 and (x.shape, x.dtype) == (data.shape, data.dtype):
                    return slot
        return None
