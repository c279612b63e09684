"""What can be done to an average instead of to every sample.

The average of a·X + b is a·E[X] + b: the gradient of a parameter often ends with factors that are
the same for all samples, such as a scale, and with terms that no sample enters, such as a penalty.

The average of g xᵀ, the gradient of a weight matrix, is one matrix product over all samples, and so
is that of its squares: no sample has a matrix of its own. This is the order of the two rewrites
in which the sample axis comes first, and one gradient is taken of the average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..ops.elementwise import add, divide, multiply, negative, reciprocal, subtract
from ..ops.linear import matmul
from .program import Draw, Step

Hoisted = tuple[tuple[Any, int | None], ...]  # operations with the value in a slot, in order


def hoisted(slot: int, steps: Mapping[int, Step | Draw], sampled: Set[int]) -> tuple[int, Hoisted]:
    """Return the slot to be averaged, and what is to be done to the average and its variance."""
    after: list[tuple[Any, int | None]] = []
    while (step := steps.get(slot)) is not None and isinstance(step, Step) and not step.call.fixed:
        of = [i for i in step.inputs if i in sampled]
        if len(of) != 1 or (found := _done(step.call.op, step.inputs, of[0])) is None:
            break
        inner = steps[of[0]]
        dtype = inner.law.dtype if isinstance(inner, Draw) else inner.dtype
        if dtype.kind != "f" or step.dtype != dtype:
            break
        after[:0] = found
        slot = of[0]
    return slot, tuple(after)


def factors(slot: int, steps: Mapping[int, Step | Draw], sampled: Set[int]) -> tuple[int, ...]:
    """Return the slots of the column and the row of which every sample is the product, if any."""
    step = steps.get(slot)
    if not isinstance(step, Step) or step.call.op is not matmul or not sampled >= {*step.inputs}:
        return (slot,)
    column, row = step.call.shapes
    plain = len(column) == len(row) == 2 and column[1] == 1 and min(column[0], row[1]) > 1
    return step.inputs if plain else (slot,)


def _done(op: Any, inputs: Sequence[int], of: int) -> list[tuple[Any, int | None]] | None:
    """Return what an operation does to its input `of` as steps with one other value each."""
    if op is negative:
        return [(negative, None)]
    if len(inputs) != 2:
        return None
    other = inputs[1] if inputs[0] == of else inputs[0]
    if op in (add, multiply):
        return [(op, other)]
    if op is subtract:
        return [(subtract, other)] if inputs[0] == of else [(negative, None), (add, other)]
    return [(divide, other)] if op is divide and inputs[0] == of else None


def applied(moments: Any, after: Hoisted, values: Sequence[Any]) -> Any:
    """Return the moments of what the operations `after` make of samples with these moments."""
    for op, slot in after:
        k = -1.0 if slot is None else values[slot]
        if type(k) is not float and type(moments.mean) is float and not np.ndim(k):
            k = float(k)
        if op in (add, subtract):
            moments = moments.plus(k if op is add else -k)
        else:
            moments = moments.times(reciprocal.forward(k) if op is divide else k)
    return moments
