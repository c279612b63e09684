"""Steps that run once, as straight-line Python: numbers in its own arithmetic, arrays in buffers.

A number that is needed no more leaves its variable to another one, and one that is needed only by
the next step has no variable at all: Python adds two floats in less time than it takes to keep the
sum for later.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..ops.elementwise import add, divide, maximum, minimum, multiply, negative, share, subtract
from .program import Step, is_apart, writes
from .quick import adds_all, dot, is_product, quick

SMALL = 256  # elements of an array that costs no more to read than a number
DEEP = 8  # brackets within brackets
EXACT = (add, subtract, multiply, divide, maximum, minimum, share)  # however numbers are given
SIGNS = {add: "+", subtract: "-", multiply: "*"}  # of numbers, where Python's own is right
TILE = 2**14  # elements of large arrays that are computed together
LARGE = 2**16  # elements, from which on an array is large


def tile_shape(step: Step, fresh: Set[int]) -> tuple[int, ...] | None:
    """Return the shape of the large arrays that a step works on element by element, if it does.

    Not those in the slots `fresh`: they may be views of a buffer, such as a reversed one, that a
    step writes into. NumPy sees that for whole arrays only.
    """
    shape = step.call.shape
    if step.buffer is None or not writes(step.run) or not is_apart(step):
        return None
    pairs = zip(step.inputs, step.call.shapes, strict=True)
    alike = all(given == () or (given == shape and i not in fresh) for i, given in pairs)
    return shape if alike and math.prod(shape) >= LARGE else None


class Straight:
    """The text of steps while it is written.

    Parameters
    ----------
    steps : sequence of Step
        They write into buffers, and say in `done` what is needed no more.
    known : mapping
        What never changes, by slot.
    wanted : set of int
        The slots whose values the function puts into the list.
    numbers : set of int
        The slots that hold floats.
    """

    def __init__(
        self, steps: Sequence[Step], known: Mapping[int, Any], wanted: Set[int], numbers: set[int]
    ) -> None:
        self.steps, self.known, self.wanted, self.numbers = steps, known, wanted, numbers
        self.uses = Counter(i for step in steps for i in step.inputs)
        self.after = {a.out: b for a, b in zip(steps, [*steps[1:], None], strict=False)}
        self.lines: list[str] = []
        self.functions: dict[str, Any] = {}  # what the text calls, by name
        self.said: dict[int, str] = {}  # by slot
        self.within: dict[int, int] = {}  # by slot that is an expression: how deep its brackets are
        self.products: set[int] = set()  # slots said as two factors
        self.free: list[str] = []  # variables that may be taken again
        self.fresh = map("t{}".format, itertools.count(1))  # new ones
        self.held: list[str] = []  # variables of arrays that an expression still looks at

    def function(self) -> Callable[[list[Any]], None]:
        """Return what runs the steps on a list of values, the last of which is their memory."""
        made = {step.out for step in self.steps}
        for slot in sorted(self.uses.keys() - made):
            self.said[slot] = self._outer(slot)
        buffers = [step.buffer for step in self.steps if step.buffer is not None]
        if buffers:
            self.lines.append(f"{', '.join(f'b{i}' for i in range(max(buffers) + 1))}, = v[-1]")
        fresh = {step.out for step in self.steps if step.buffer is None}
        for tiled, several in itertools.groupby(self.steps, lambda step: tile_shape(step, fresh)):
            run = list(several)
            if tiled is not None and len(run) > 1:
                self._write_tiled(run, math.prod(tiled))
                continue
            for step in run:
                self._write(step, self.after[step.out])
        text = "\n    ".join(["def start(v):", "pass", *self.lines])
        exec(compile(text, "<start>", "exec"), self.functions)
        return self.functions["start"]

    def _outer(self, slot: int) -> str:
        """Return what stands for a value from outside."""
        value = self.known.get(slot)
        if type(value) is float and math.isfinite(value):
            return f"({value!r})" if value < 0.0 else repr(value)
        self.lines.append(f"x{slot} = v[{slot}]")
        return f"x{slot}"

    def _write(self, step: Any, following: Any) -> None:
        out, depth = step.out, max([self.within.get(i, 0) for i in step.inputs], default=0) + 1
        expression = self._expression(step)
        arrays = self._freed(step)
        alone = following is not None and out in following.inputs  # and nobody else needs it
        alone = alone and self.uses[out] == 1 and out not in self.wanted
        if alone and not arrays and is_product(step) and adds_all(following):
            self.said[out] = ", ".join(self.said[i] for i in step.inputs)
            self.products.add(out)
        elif step.buffer is not None:
            self.lines.append(expression)
            self.said[out] = f"b{step.buffer}"
        elif alone and out in self.numbers and depth <= DEEP:
            self.said[out], self.within[out] = f"({expression})", depth
        else:
            name = self.said[out] = self.free.pop() if self.free else next(self.fresh)
            self.lines.append(f"{name} = {expression}")
        self._after(step, arrays)

    def _freed(self, step: Step) -> list[str]:
        """Free the variables of numbers that are needed no more; return those of arrays."""
        done = [i for i in step.done if i not in self.products]
        dying = {i: self.said[i] for i in done if self.said.get(i, "").startswith("t")}
        self.free += [name for i, name in dying.items() if i in self.numbers]
        return [name for i, name in dying.items() if i not in self.numbers]

    def _after(self, step: Step, arrays: list[str]) -> None:
        """Keep a result that is wanted, and drop arrays that are needed no more."""
        self.held += arrays
        if step.out in self.within:  # it runs with the next step
            return
        if step.out in self.wanted:
            self.lines.append(f"v[{step.out}] = {self.said[step.out]}")
        self.lines += [f"{name} = None" for name in self.held]
        self.free += self.held
        self.held = []

    def _write_tiled(self, steps: Sequence[Step], size: int) -> None:
        """Write steps on large arrays of one shape, part by part: these stay in the cache."""
        parts: dict[str, str] = {}  # what stands for a part, by array
        calls = []
        for step in steps:
            self.said[step.out] = f"b{step.buffer}"
            pairs = zip(step.inputs, step.call.shapes, strict=True)
            inputs = [
                self._part(i, parts) if shape else self._operand(i, step) for i, shape in pairs
            ]
            self.functions[f"f{step.out}"] = step.run
            into = self._part(step.out, parts)
            calls.append(f"f{step.out}({', '.join(inputs)}, out={into})")
        self.lines += [f"{part} = {array}.reshape(-1)" for array, part in parts.items()]
        self.lines.append(f"for i in range(0, {size}, {TILE}):")
        cuts = [f"{part}_ = {part}[i : i + {TILE}]" for part in parts.values()]
        self.lines += [f"    {line}" for line in (*cuts, *calls)]
        for step in steps:
            self._after(step, self._freed(step))

    def _part(self, slot: int, parts: dict[str, str]) -> str:
        """Return what stands for a part of an array."""
        return parts.setdefault(self.said[slot], f"p{len(parts)}") + "_"

    def _expression(self, step: Step) -> str:
        """Return a step as an expression, and put its function where the text finds it."""
        inputs, op = [self._operand(i, step) for i in step.inputs], step.call.op
        plain = self.numbers.issuperset(step.inputs) and step.out in self.numbers
        if plain and op in SIGNS:
            return f" {SIGNS[op]} ".join(inputs)
        if plain and op is negative:
            return f"-{inputs[0]}"
        name, short = f"f{step.out}", quick(step)
        if not self.products.isdisjoint(step.inputs):
            short = dot
        if step.buffer is None:
            self.functions[name] = short or step.direct(plain)
            return f"{name}({', '.join(inputs)})"
        self.functions[name] = short or step.run
        named = "out=" if op in (maximum, minimum) else ""  # NumPy wants it for these two
        return f"{name}({', '.join(inputs)}, {named}b{step.buffer})"

    def _operand(self, slot: int, step: Step) -> str:
        """Return what stands for an input: a number that never changes, beside arrays, as an array.

        To make one of a float takes NumPy longer than ten multiplications.
        """
        value, shape = self.known.get(slot), step.call.shape
        exact = step.call.op in EXACT and step.dtype in (np.float64, np.float32)
        if not (exact and shape and type(value) is float):
            return self.said[slot]
        small = math.prod(shape) <= SMALL
        name = f"{'c' if step.dtype == np.float64 else 's'}{slot}"
        name += f"_{'_'.join(map(str, shape))}" if small else ""
        self.functions[name] = np.full(shape if small else (), value, step.dtype)
        return name
