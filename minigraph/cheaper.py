"""The same numbers for less: identities that the tape applies to what it runs many times.

They are exact to a few units in the last place of a number of size one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .ops.base import Operation
from .ops.elementwise import add, divide, multiply, power, reciprocal, subtract
from .ops.trigonometry import cos, sin, tan

Expression = Any  # a slot, a number, or an operation and its inputs: (multiply, 3, 0.5)


def cheaper(
    op: Operation, inputs: tuple[int, ...], number: float | None, same_for_all: bool
) -> Expression:
    """Return an expression of the slots `inputs` that equals `op` of them, or None.

    `number` is the last input if that is a number written down; `same_for_all` says that it is one
    number for all samples.

    The sine and the cosine come from t = tan(x/2), which NumPy computes many at a time where the
    processor can: sin x = 2t/(1+t²), cos x = 2/(1+t²) - 1. Where both are needed they share t.
    """
    x = inputs[0] if inputs else None
    if op is power and number == 2.0:
        return (multiply, x, x)
    if op is divide and number is not None and math.isfinite(inverse := 1.0 / (number or math.nan)):
        return (multiply, x, inverse)
    if op is divide and number is None and same_for_all:
        return (multiply, x, (reciprocal, inputs[-1]))
    if (op is sin or op is cos) and TANGENT_IS_FAST:
        t = (tan, (multiply, x, 0.5))
        size = (divide, 2.0, (add, (multiply, t, t), 1.0))
        return (multiply, t, size) if op is sin else (subtract, size, 1.0)
    return None


def _tangent_is_fast() -> bool:
    try:
        targets = np.lib.introspect.opt_func_info(func_name="^tan$", signature="float64")
    except AttributeError:  # NumPy before 2.1 cannot tell
        return False
    return any("baseline" not in kernel["current"] for kernel in targets.get("tan", {}).values())


TANGENT_IS_FAST = _tangent_is_fast()
