"""A tape as text: straight-line NumPy that can be read, pasted and run, one line an operation.

The replay runs the same text, so what one reads is what is computed; an average runs the lines in
an order that needs less memory, and gets the same bits. Names of the graph become names of
variables where they can (letters, digits and underscores, none twice) and appear in comments
without what does not print; no other part of a name gets into the text.

The inner part of the text, the function `block`, has these variables: inputs and draws under their
names, other results as t0, t1, …, and the memory that they lie in as b0, b1, ….
"""

from __future__ import annotations

import inspect
import keyword
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .program import Buffer, Draw, Step
from .select import select
from .words import (
    DEFINED,
    LONGEST,
    addressed,
    as_numpy,
    described,
    imported,
    in_numpy,
    known,
    padded,
    printable,
)

RESERVED = {"np", "operation", "buffers", "once", "block", "run", "draw", "memory", "samples",
            "float"}  # fmt: skip
RESERVED |= {function.__name__ for several in DEFINED.values() for function in several}
HEADER = '''"""{count} operations on a block of samples; written by minigraph, to be read and run.

    values = run(draw, {arguments})

`draw(i, *parameters)` returns `samples` samples of draw number i as an array, sample axis first:
{draws}
"""

import numpy as np
'''
IMPORT = "\nfrom minigraph.replay.words import {}\n"


class Program(NamedTuple):
    """What of a tape becomes text."""

    inputs: Sequence[tuple[int, str]]  # slot and name; those with a default come last
    constants: Mapping[int, float]
    once: Sequence[Step]
    steps: Sequence[Step | Draw]
    outputs: Sequence[tuple[int, bool]]
    buffers: Sequence[Buffer]
    forward: int | None  # how many steps lead to the first output, if these come first
    literals: Mapping[int, tuple[Any, str | None]] = {}  # by slot: the shapes of arrays that were
    # written down in an expression, and those of few elements as text
    narrow: bool = False  # whether some arrays are of floats narrower than float64


class Text:
    """The text of a program, and what it needs to run.

    Attributes
    ----------
    block : str
        The function that computes a block of samples.
    functions, defined : dict of str
        By name: the steps whose function is not written as NumPy, or is defined in the whole text.
    needs : list of int
        The slots that `block` takes, in order.
    numbers : dict of str
        By name: constants as arrays, where they are asked for. NumPy takes longer to make an array
        of a number than for ten multiplications.
    lines : list
        By line of `block`: the step that it runs, if any.
    """

    def __init__(self, program: Program, arrays: bool = False) -> None:
        self.program, self.arrays = program, arrays
        self.numbers: dict[str, Any] = {}
        self.names: dict[int, str] = {}
        self.taken = set(RESERVED)
        for slot, name in program.inputs:
            self.name(slot, name)
        usual = known()
        for step in (*program.once, *program.steps):
            self.name(step.out, "" if step.title in usual else step.title)
        self.functions: dict[str, Step] = {}
        self.defined: dict[str, Step] = {}
        self.needs = self._needs()
        self.lines: list[Any] = []
        self.block = self._block()

    def name(self, slot: int, title: str) -> None:
        """Give a slot a name of its own, like its title."""
        letters = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", title))[:LONGEST]
        usable = letters.isidentifier() and not keyword.iskeyword(letters)
        usable = usable and not re.fullmatch(r"[tbfks]\d+|__.*", letters)
        if not usable or letters in self.taken:
            letters = f"t{slot}"
        self.taken.add(letters)
        self.names[slot] = letters

    def of(self, slot: int) -> str:
        """Return how the text says a slot."""
        if slot not in self.program.constants:
            return self.names[slot]
        value = self.program.constants[slot]
        number = repr(value if type(value) is int else float(value))
        return f"np.{number}" if number in ("inf", "nan") else number.replace("-inf", "-np.inf")

    def array(self, slot: int, dtype: np.dtype[Any]) -> str:
        """Return how the text says a slot, a constant as an array."""
        if slot not in self.program.constants:
            return self.names[slot]
        name = f"{'k' if dtype == np.float64 else 's'}{slot}"
        self.numbers[name] = np.asarray(self.program.constants[slot], dtype)
        return name

    def _needs(self) -> list[int]:
        made = {step.out for step in self.program.steps} | self.program.constants.keys()
        used = [i for step in self.program.steps for i in step.inputs]
        used += [slot for slot, _ in self.program.outputs]
        return sorted(set(used) - made)

    def _block(self) -> str:
        program, of_draws = self.program, iter(range(len(self.program.steps)))
        text = [f"def block({', '.join(['draw', 'memory', *map(self.of, self.needs)])}):"]
        self.lines = [None]

        def write(line: str, step: Any = None) -> None:
            text.append(f"    {line}")
            self.lines.append(step)

        write('"""Return the outputs for a block of samples."""')
        if program.forward is not None:
            write("# Forward, to the first output")
        if program.buffers:
            write(f"{', '.join(f'b{i}' for i in range(len(program.buffers)))}, = memory")
        borrowed = {step.out for step in program.steps if step.buffer is not None}
        for i, step in enumerate(program.steps):
            if i == program.forward:
                write("# Backward, to its gradients: the other outputs")
            write(self.line(step, of_draws), step)
            if dropped := [self.of(slot) for slot in step.done if slot not in borrowed]:
                write(f"del {', '.join(dropped)}")
        results = "".join(f"{self.of(slot)}, " for slot, _ in program.outputs)
        return "\n".join([*text, f"    return ({results.rstrip()})", ""])

    def line(self, step: Step | Draw, of_draws: Iterator[int]) -> str:
        """Return the line of a step."""
        inputs = [self.of(slot) for slot in step.inputs]
        out, title = self.of(step.out), printable(step.title)
        if isinstance(step, Draw):
            law = type(step.law).__name__
            arguments = ", ".join([str(next(of_draws)), *inputs])
            return f"{out} = draw({arguments})  # {title} ~ {law}{step.shape or ''}"
        comment = f"  # {title}" if title not in (out, step.call.op.name) else ""
        if step.buffer is not None:
            if self.arrays and step.dtype in (np.float64, np.float32):
                inputs = [self.array(slot, step.dtype) for slot in step.inputs]
            inputs = [padded(x, n) for x, n in zip(inputs, step.pads, strict=True)]
            if step.run is select and not self.arrays:  # the same, for a reader
                call = f"np.where({', '.join(inputs)})"
            else:
                function = f"np.{step.run.__name__}" if in_numpy(step.run) else self.function(step)
                call = f"{function}({', '.join(inputs)}, out=b{step.buffer})"
        else:
            call = as_numpy(step, inputs) or f"{self.function(step)}({', '.join(inputs)})"
        return f"{out} = {call}{comment}"

    def function(self, step: Step) -> str:
        """Return the name of the function of a step that is not written as NumPy."""
        defined = step.run in DEFINED
        name = step.run.__name__ if defined else f"f{step.out}"
        (self.defined if defined else self.functions)[name] = step
        return name

    def whole(self) -> str:
        """Return all that it takes to run the program without its graph."""
        program = self.program
        names = [(self.names[slot], *program.literals.get(slot, ((), None)))
                 for slot, _ in program.inputs]  # fmt: skip
        needed = ", ".join(["samples", *(name for name, _, text in names if text is None)])
        inputs = ", ".join([needed, *(f"{name}={text}" for name, _, text in names if text)])
        once = self._once()  # it may need more functions
        draws = [step for step in program.steps if isinstance(step, Draw)]
        lines = [f"    {i}: {described(draw)}" for i, draw in enumerate(draws)] or ["    none"]
        lines += [f"`{name}` is the array of shape {shape} that was written in an expression."
                  for name, shape, text in names if text is None and shape]  # fmt: skip
        header = HEADER.format(count=len(program.steps), arguments=needed, draws="\n".join(lines))
        addresses = addressed() if self.functions else {}
        functions = [imported(name, step, addresses) for name, step in self.functions.items()]
        words = "Slot, operation" if any("Slot(" in line for line in functions) else "operation"
        imports = IMPORT.format(words) if functions else ""
        for step in self.defined.values():
            functions += [f"\n\n{untyped(function)}" for function in DEFINED[step.run]]
        memory = "".join(
            f"        np.empty((samples, {''.join(f'{n}, ' for n in shape)}), {dtype.name!r}),\n"
            for shape, dtype in program.buffers
        )
        needs = "".join(f", {self.of(slot)}" for slot in self.needs)
        return "\n".join([
            header + imports, *functions, "\n",
            f"def run(draw, {inputs}):",
            '    """Return the outputs for new samples, and for these values of the inputs."""',
            *[f"    {line}" for line in once],
            f"    memory = [\n{memory}    ]",
            f"    return block(draw, memory{needs})", "\n",
            self.block,
        ])  # fmt: skip

    def _once(self) -> list[str]:
        """Return the lines of the steps that run once, numbers as Python's: NumPy's are arrays."""
        lines = []
        for step in self.program.once:
            inputs = [self.of(slot) for slot in step.inputs]
            forward = step.call.op.forward
            if not step.call.fixed and in_numpy(forward):
                call = f"np.{forward.__name__}({', '.join(inputs)})"
            else:
                call = f"{self.function(step)}({', '.join(inputs)})"
            if self.program.narrow and step.call.shape == () and step.dtype == np.float64:
                call = f"float({call})"
            lines.append(f"{self.of(step.out)} = {call}")
        return lines


def untyped(function: Any) -> str:
    """Return the text of a function without its types, which it would have to import."""
    text = re.sub(r"(: | -> )Any\b", "", inspect.getsource(function))
    return text.replace(" = None", "=None").rstrip()
