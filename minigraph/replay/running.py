"""The steps of one block of samples: as compiled text, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..ops.along import pad
from .program import Draw, Step, explained
from .source import Text

Source = Callable[[Draw, Any], Any]  # a draw and its law as of now -> samples, (count, *shape)
FILE = "<tape>"


class Compiled:
    """The text of a program as a function of a block; the names in it are made by `Text` alone."""

    def __init__(self, text: Text, draws: Sequence[Draw]) -> None:
        self.text, self.draws = text, draws
        functions = {name: step.run for name, step in (text.functions | text.defined).items()}
        known = {"np": np, **functions, **text.numbers}
        exec(compile(text.block, FILE, "exec"), known)
        self.block = known["block"]

    def __call__(
        self, values: Sequence[Any], source: Source, memory: Sequence[Any],
        laws: dict[Any, Any] | None,
    ) -> list[Any]:  # fmt: skip
        """Return what the text returns for one block; see `Tape.run`."""

        def draw(i: int, *parameters: Any) -> Any:
            one = self.draws[i]
            if not parameters:
                return source(one, one.law)
            return source(one, one.now(dict(zip(one.inputs, parameters, strict=True)), laws))

        text = self.text
        try:
            return list(self.block(draw, memory, *[values[slot] for slot in text.needs]))
        except (ValueError, TypeError, IndexError, MissingExtraError) as error:
            place = error.__traceback__
            while place is not None and place.tb_frame.f_code.co_filename != FILE:
                place = place.tb_next
            if place is None or (step := text.lines[place.tb_lineno - 1]) is None:
                raise
            found = {**text.program.constants, **dict(enumerate(values))}
            known = place.tb_frame.f_locals
            arrays = [known.get(text.of(slot), found[slot]) for slot in step.inputs]
            raise explained(error, step, arrays) from error


def run_steps(
    steps: Sequence[Step | Draw], values: list[Any], source: Source, memory: Sequence[Any],
    weights: Callable[[], Any] | None, laws: dict[Any, Any] | None,
) -> None:  # fmt: skip
    """Run the steps of one block, one by one, on `values`; see `Tape.run`."""
    try:
        for step in steps:
            if isinstance(step, Draw):
                values[step.out] = source(step, step.now(values, laws))
            else:
                arrays = [pad(values[i], n) for i, n in zip(step.inputs, step.pads, strict=True)]
                if step.buffer is not None:
                    values[step.out] = step.run(*arrays, out=memory[step.buffer])
                elif step.crosses and weights is not None:
                    values[step.out] = step.run(*arrays, weights())
                else:
                    values[step.out] = step.run(*arrays)
            for slot in step.done:
                values[slot] = None
    except (ValueError, TypeError, IndexError, MissingExtraError) as error:
        raise explained(error, step, [values[i] for i in step.inputs]) from error
