"""How an operation is called with Python's operators: the recording of one or two inputs.

Most graphs consist of these, and recording a graph is calling them thousands of times. So what
`record` does is written out here, and as a text, into which the symbol of an operator can be put:
calling a function that only multiplies would take as long as making the data.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data, blanks, clock
from ..errors import UsageError
from ..values import own
from ..walk import label
from . import elementwise
from .base import Operation, as_data, operand, record
from .indices import is_whole

FAILED = (ValueError, TypeError, IndexError, ZeroDivisionError)
TEXT = """
def method_of(op, compute):
    def method(self, other):
        if type(other) is float:
            b = other
            carries = self._carries
        elif type(other) is Data:
            b = other._value
            carries = self._carries or other._carries
        else:
            return method(self, operand(other))
        try:
            value = {value}
        except FAILED:
            return record(op, ({left}, {right}))
        data = next(blanks)
        data._value = value if type(value) is float else own(value)
        data._op = op
        data._left = {left}
        data._right = {right}
        data._carries = carries
        data._time = next(clock)
        return data
    return method
"""
SIDES = ("self", "other", "self._value", "b"), ("other", "self", "b", "self._value")
COMPARED: Mapping[Operation, Callable[[float, float], bool]] = {
    elementwise.less: operator.lt, elementwise.less_equal: operator.le,
    elementwise.greater: operator.gt, elementwise.greater_equal: operator.ge,
    elementwise.equal: operator.eq, elementwise.not_equal: operator.ne,
}  # fmt: skip
FALSE, TRUE = (own(np.asarray(truth)) for truth in (False, True))


def of_one(op: Operation) -> Callable[[Data], Data]:
    """Return the function of one data, the method ``op x``."""
    scalar, forward = op.scalar or op.forward, op.forward

    def method(self: Data) -> Data:
        x = self._value
        try:
            value = scalar(x) if type(x) is float else forward(x)
        except FAILED:
            return record(op, (self,))  # NumPy's answer, or what is wrong
        data = next(blanks)
        data._value = value if type(value) is float else own(value)
        data._op = op
        data._left = self
        data._right = None
        data._carries = self._carries
        data._time = next(clock)
        return data

    return method


def of_two(op: Operation, reflected: bool = False) -> Callable[[Data, Any], Data]:
    """Return the function of data and anything, the method ``x op other``, or ``other op x``."""
    method = DIRECT.get(op, CALLED)[reflected](op, values_of(op))
    return of_integers(op, method) if op.whole else method


def written(value: str) -> tuple[Callable[..., Callable[[Data, Any], Data]], ...]:
    """Return `TEXT` as functions: for this value of what stands left and right, and reflected."""
    found = []
    for left, right, a, b in SIDES:
        known = globals().copy()
        text = TEXT.format(left=left, right=right, value=value.format(a, b))
        exec(compile(text, "<operators>", "exec"), known)
        found.append(known["method_of"])
    return tuple(found)


CALLED = written("compute({}, {})")
DIRECT = {  # of floats and of arrays, Python's own operator means the operation
    elementwise.add: written("{} + {}"), elementwise.subtract: written("{} - {}"),
    elementwise.multiply: written("{} * {}"), elementwise.divide: written("{} / {}"),
}  # fmt: skip


def of_integers(op: Operation, method: Callable[[Data, Any], Data]) -> Callable[[Data, Any], Data]:
    """Return the method, of data that are integers and of anything that is."""

    def checked(self: Data, other: Any) -> Data:
        other = operand(other)
        refuse_floats(op, (self, other) if len(op.whole) == 2 else (other,))
        return method(self, other)

    return checked


def refuse_floats(op: Operation, inputs: Sequence[Any]) -> None:
    """Raise for a float where integers stand, unless it is a whole number that was written.

    A float that is whole today may be another one tomorrow, in a replay or after an assignment.
    """
    for x in inputs:
        if type(x) is float:
            good = x.is_integer()
        else:
            value = x._value
            good = (type(value) is not float and value.dtype.kind != "f") or is_whole(x)
        if not good:
            raise UsageError(
                f"{op.name}: {label(as_data(x))} of floats arrived, and it takes integers; convert "
                "them with mg.astype(x, int)"
            )


def values_of(op: Operation) -> Callable[[Any, Any], Any]:
    """Return the operation on two values."""
    scalar, forward = op.scalar, op.forward
    if (compare := COMPARED.get(op)) is not None:
        scalar = lambda a, b: TRUE if compare(a, b) else FALSE

    def compute(a: Any, b: Any) -> Any:
        if scalar is not None and type(a) is type(b) is float:
            return scalar(a, b)
        return forward(a, b)

    return compute
