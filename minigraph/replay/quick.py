"""The shortest call of NumPy for a step on small arrays, where the call is what takes the time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.elementwise import multiply
from ..ops.linear import MANY, matmul, of_rows
from ..ops.reductions import sum_
from ..ops.shaping import FEW, sum_to, transpose
from ..values import own
from .program import Step


def quick(step: Step) -> Callable[..., Any] | None:
    """Return a function of the inputs that does the same for less, None if there is none.

    Where the step writes into a buffer, it takes that as its last argument.
    """
    call, op = step.call, step.call.op
    if op is matmul and [len(shape) for shape in call.shapes] == [2, 2]:
        return np.dot if call.shapes[0][0] < MANY else of_rows
    reverse = tuple(range(len(call.shape)))[::-1]
    if op is transpose and reverse and call.fixed.get("axes") in (None, reverse):
        return operator.attrgetter("T")  # a float has none
    if step.dtype.kind != "f" or step.buffer is not None:
        return None
    if op is sum_to and len(call.shapes[0]) == 2 and call.shapes[0][1:] == call.shape:
        rows = call.shapes[0][0]
        return np.ones(rows, step.dtype).dot if 1 <= rows <= FEW else None
    if adds_all(step):
        size = math.prod(call.shapes[0])
        ones = np.ones(size, step.dtype)
        return lambda x: own(x.reshape(size).dot(ones))
    return None


def adds_all(step: Step) -> bool:
    """Return whether a step adds up all elements of a small array of floats."""
    call = step.call
    whole = call.op is sum_ and call.shape == () != call.shapes[0] and step.dtype.kind == "f"
    return whole and 1 <= math.prod(call.shapes[0]) <= FEW


def is_product(step: Step) -> bool:
    """Return whether a step multiplies two arrays of one shape."""
    call = step.call
    return call.op is multiply and call.shapes == (call.shape,) * 2


def dot(a: Any, b: Any) -> Any:
    """Return the sum of the products of the elements of two arrays."""
    return own(np.vdot(a, b))
