"""What can be done to an average instead of to every sample.

The average of a·X + b is a·E[X] + b: the gradient of a parameter often ends with factors that are
the same for all samples, such as a scale, and with terms that no sample enters, such as a penalty.
It may be transposed, reshaped, or 0 at some places of all samples: the average is, too.

The average of g xᵀ, the gradient of a weight matrix, is one matrix product over all samples, and so
is that of its squares: no sample has a matrix of its own. This is the order of the two rewrites
in which the sample axis comes first, and one gradient is taken of the average.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from ..data import NO_FIXED
from ..ops.elementwise import add, divide, multiply, negative, reciprocal, subtract, where
from ..ops.linear import matmul
from ..ops.shaping import reshape, transpose
from .program import Draw, Step

Hoisted = tuple["After", ...]  # in order
LAID = (transpose, reshape)


class After(NamedTuple):
    """An operation on an average, with the value in a slot, or with fixed arguments."""

    op: Any
    slot: int | None = None
    fixed: Mapping[str, Any] = NO_FIXED

    def of(self, mean: Any, values: Sequence[Any]) -> Any:
        """Return what it makes of an average."""
        if self.slot is None:
            return self.op.forward(mean, **self.fixed)
        other = values[self.slot]
        return np.where(other, mean, 0.0) if self.op is where else self.op.forward(mean, other)


def hoisted(
    slot: int, steps: Mapping[int, Step | Draw], sampled: Set[int], zeros: Set[int]
) -> tuple[int, Hoisted]:
    """Return the slot to be averaged, and what is to be done to the average and its variance."""
    after: list[tuple[int, list[After]]] = []  # with the slot of the result, the last one first
    while (step := steps.get(slot)) is not None and isinstance(step, Step):
        of = [i for i in step.inputs if i in sampled]
        if len(of) != 1 or (found := _done(step, of[0], zeros)) is None:
            break
        inner = steps[of[0]]
        dtype = inner.law.dtype if isinstance(inner, Draw) else inner.dtype
        if dtype.kind != "f" or step.dtype != dtype:
            break
        after.append((slot, found))
        slot = of[0]
    if len(factors(slot, steps, sampled)) == 1:
        while after and after[-1][1][0].op in LAID:  # it takes no time, for samples neither
            slot = after.pop()[0]
    return slot, tuple(one for _, found in reversed(after) for one in found)


def factors(slot: int, steps: Mapping[int, Step | Draw], sampled: Set[int]) -> tuple[int, ...]:
    """Return the slots of the column and the row of which every sample is the product, if any."""
    step = steps.get(slot)
    if not isinstance(step, Step) or step.call.op is not matmul or not sampled >= {*step.inputs}:
        return (slot,)
    column, row = step.call.shapes
    plain = len(column) == len(row) == 2 and column[1] == 1 and min(column[0], row[1]) > 1
    return step.inputs if plain else (slot,)


def _done(step: Step, of: int, zeros: Set[int]) -> list[After] | None:
    """Return what a step does to its input `of` as steps with one other value each."""
    op, inputs, fixed = step.call.op, step.inputs, step.call.fixed
    if op in LAID:
        return [After(op, fixed=fixed)]
    if op is where:
        masked = inputs[1] == of and inputs[2] in zeros and step.call.shapes[1] == step.call.shape
        return [After(where, inputs[0])] if masked else None
    if op is negative:
        return [After(negative)]
    if len(inputs) != 2 or fixed:
        return None
    other = inputs[1] if inputs[0] == of else inputs[0]
    if op in (add, multiply):
        return [After(op, other)]
    if op is subtract:
        return [After(subtract, other)] if inputs[0] == of else [After(negative), After(add, other)]
    return [After(divide, other)] if op is divide and inputs[0] == of else None


def finished(mean: Any, after: Hoisted, values: Sequence[Any]) -> Any:
    """Return what the operations `after` make of an average."""
    for one in after:
        mean = one.of(mean, values)
    return mean


def applied(moments: Any, after: Hoisted, values: Sequence[Any]) -> Any:
    """Return the moments of what the operations `after` make of samples with these moments."""
    for one in after:
        if one.op in (*LAID, where):
            moments = moments.laid(functools.partial(one.of, values=values))
            continue
        k = -1.0 if one.slot is None else values[one.slot]
        if type(k) is not float and type(moments.mean) is float and not np.ndim(k):
            k = float(k)
        if one.op in (add, subtract):
            moments = moments.plus(k if one.op is add else -k)
        else:
            moments = moments.times(reciprocal.forward(k) if one.op is divide else k)
    return moments
