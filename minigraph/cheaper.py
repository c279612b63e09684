"""The same numbers for less: identities that the tape applies to what it runs many times.

They are exact to a few units in the last place of a number of size one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .ops.base import Operation
from .ops.elementwise import add, divide, multiply, negative, power, reciprocal, subtract
from .ops.trigonometry import cos, sin, tan

Expression = Any  # a slot, a number, or an operation and its inputs: (multiply, 3, 0.5)


def cheaper(
    op: Operation,
    inputs: tuple[int, ...],
    numbers: Sequence[float | None],
    same_for_all: Sequence[bool],
    made: Mapping[int, tuple[Operation, tuple[int, ...]]],
) -> Expression:
    """Return an expression of the slots `inputs` that equals `op` of them, or None.

    `numbers` are the inputs that are numbers written down, `same_for_all` says which are one number
    for all samples, `made` how slots were made.

    The sine and the cosine come from t = tan(x/2), which NumPy computes many at a time where the
    processor can: sin x = 2t/(1+t²), cos x = 2/(1+t²) - 1. Where both are needed they share t.
    """
    x = inputs[0] if inputs else None
    number = numbers[-1] if numbers else None
    if op is power and number in POWERS:
        return POWERS[number](x)
    if op is divide and number is not None and math.isfinite(inverse := 1.0 / (number or math.nan)):
        found, parts = made.get(inputs[0], (None, ()))
        return (multiply, parts[0], -inverse) if found is negative else (multiply, x, inverse)
    if op is divide and number is None and same_for_all[-1]:
        return (multiply, x, (reciprocal, inputs[-1]))
    if (op is sin or op is cos) and TANGENT_IS_FAST:
        t = (tan, (multiply, x, 0.5))
        size = (divide, 2.0, (add, (multiply, t, t), 1.0))
        return (multiply, t, size) if op is sin else (subtract, size, 1.0)
    return _signs(op, inputs, numbers, made)


POWERS: Mapping[float | None, Callable[[Any], Expression]] = {
    -1.0: lambda x: (reciprocal, x),
    2.0: lambda x: (multiply, x, x),
    3.0: lambda x: (multiply, (multiply, x, x), x),
    4.0: lambda x: (multiply, (multiply, x, x), (multiply, x, x)),
}


def _signs(
    op: Operation,
    inputs: tuple[int, ...],
    numbers: Sequence[float | None],
    made: Mapping[int, tuple[Operation, tuple[int, ...]]],
) -> Expression:
    """Return the expression without negations, which go into sums and into numbers."""

    def minus(slot: int) -> int | None:
        found, parts = made.get(slot, (None, ()))
        return parts[0] if found is negative else None

    if op is negative:
        return minus(inputs[0])
    if op not in (add, subtract, multiply):
        return None
    (a, b), (first, last) = inputs, numbers
    no_a, no_b = minus(a), minus(b)
    if op is add:
        if no_b is not None:
            return (subtract, a, no_b)
        return None if no_a is None else (subtract, b, no_a)
    if op is subtract:
        if no_b is not None:
            return (add, a, no_b)
        return None if no_a is None else (negative, (add, no_a, b))
    if no_a is not None and last is not None:
        return (multiply, no_a, -last)
    if no_b is not None and first is not None:
        return (multiply, no_b, -first)
    if no_a is not None and no_b is not None:
        return (multiply, no_a, no_b)
    if no_a is not None:
        return (negative, (multiply, no_a, b))
    return None if no_b is None else (negative, (multiply, a, no_b))


def _tangent_is_fast() -> bool:
    try:
        targets = np.lib.introspect.opt_func_info(func_name="^tan$", signature="float64")
    except AttributeError:  # NumPy before 2.1 cannot tell
        return False
    return any("baseline" not in kernel["current"] for kernel in targets.get("tan", {}).values())


TANGENT_IS_FAST = _tangent_is_fast()
