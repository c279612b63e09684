"""How an operation is called by a user: with Python's operators, and by its name.

Recording a graph is calling thousands of these, so the calls that most graphs consist of, of one
or two inputs and nothing else, are written out. They do what `record` does.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import NO_FIXED, Data, clock, new_data
from ..errors import UsageError
from ..values import own
from ..walk import label
from . import elementwise
from .axes import axes_of
from .base import Operation, as_data, holds_data, operand, record
from .indices import is_whole

FAILED = (ValueError, TypeError, IndexError, ZeroDivisionError)
DIRECT: Mapping[Operation, Callable[[Any, Any], Any]] = {
    elementwise.add: operator.add, elementwise.subtract: operator.sub,
    elementwise.multiply: operator.mul, elementwise.divide: operator.truediv,
}  # fmt: skip  # of floats and of arrays, Python's own operator means the operation
COMPARED: Mapping[Operation, Callable[[float, float], bool]] = {
    elementwise.less: operator.lt, elementwise.less_equal: operator.le,
    elementwise.greater: operator.gt, elementwise.greater_equal: operator.ge,
    elementwise.equal: operator.eq, elementwise.not_equal: operator.ne,
}  # fmt: skip
FALSE, TRUE = (own(np.asarray(truth)) for truth in (False, True))


def recorded(value: Any, op: Operation, left: Any, right: Any, carries: bool) -> Data:
    """Return `value` as what `op` made of one or two inputs, of which one may be a float."""
    data = new_data()
    data._value = value if type(value) is float else own(value)
    data._op = op
    data._left = left
    data._right = right
    data._carries = carries
    data._time = next(clock)
    return data


def of_one(op: Operation) -> Callable[[Data], Data]:
    """Return the function of one data, the method ``op x``."""
    scalar, forward = op.scalar or op.forward, op.forward

    def method(self: Data) -> Data:
        x = self._value
        try:
            value = scalar(x) if type(x) is float else forward(x)
        except FAILED:
            return record(op, (self,))  # NumPy's answer, or what is wrong
        return recorded(value, op, self, None, self._carries)

    return method


def of_two(op: Operation) -> Callable[[Data, Any], Data]:
    """Return the function of data and anything, the method ``x op other``."""
    compute = values_of(op)

    def method(self: Data, other: Any) -> Data:
        if type(other) is float:
            b = other
            carries = self._carries
        elif type(other) is Data:
            b = other._value
            carries = self._carries or other._carries
        else:
            return method(self, operand(other))
        try:
            value = compute(self._value, b)
        except FAILED:
            return record(op, (self, other))
        data = new_data()  # as `recorded` does, whose call would cost a fifth of all this
        data._value = value if type(value) is float else own(value)
        data._op = op
        data._left = self
        data._right = other
        data._carries = carries
        data._time = next(clock)
        return data

    return of_integers(op, method) if op.whole else method


def reflected(op: Operation) -> Callable[[Data, Any], Data]:
    """Return the method ``other op x``."""
    compute = values_of(op)

    def method(self: Data, other: Any) -> Data:
        other = operand(other)
        if type(other) is float:
            try:
                return recorded(compute(other, self._value), op, other, self, self._carries)
            except FAILED:
                pass
        return record(op, (other, self))

    return of_integers(op, method) if op.whole else method


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
    if op in DIRECT:
        return DIRECT[op]
    scalar, forward = op.scalar, op.forward
    if (compare := COMPARED.get(op)) is not None:
        scalar = lambda a, b: TRUE if compare(a, b) else FALSE

    def compute(a: Any, b: Any) -> Any:
        if scalar is not None and type(a) is type(b) is float:
            return scalar(a, b)
        return forward(a, b)

    return compute


def public(op: Operation) -> Callable[..., Data]:
    """Return the function that users call: NumPy's arguments in, Data out."""
    count = 1 if op.variadic else len(op.rules)
    simple = not (op.variadic or op.fixed or op.barrier)
    quick = of_one(op) if simple and count == 1 else of_two(op) if simple and count == 2 else None

    def function(*args: Any, **keywords: Any) -> Data:
        if quick and len(args) == count and not keywords and type(args[0]) is Data:
            return quick(*args)
        if len(args) < count:
            raise UsageError(
                f"{op.name}: needs {count} array arguments by position, got {len(args)}"
            )
        fixed = bind(op, args[count:], keywords) if keywords or len(args) > count else NO_FIXED
        arrays = args[0] if op.variadic else args[:count]
        inputs = tuple([operand(x) for x in arrays])
        if op.whole:
            refuse_floats(op, [inputs[i] for i in op.whole])
        return record(op, inputs, fixed)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op.__doc__
    function.numpy = op.numpy  # type: ignore[attr-defined]
    return function


def bind(op: Operation, extra: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fixed arguments, from what came after the arrays and the keywords."""
    fixed = dict(zip(op.fixed, extra, strict=False))
    if len(extra) > len(op.fixed) and any(x is not None for x in extra[len(op.fixed) :]):
        raise UsageError(
            f"{op.name}: {len(extra) - len(op.fixed)} arguments too many; "
            "minigraph writes into no array (out=) and makes a new one"
        )
    for key, given in keywords.items():
        if key in op.fixed:
            fixed[key] = given
        else:
            refuse_keyword(op.name, key, given, op.fixed)
    for key, given in fixed.items():
        if type(given) is Data or holds_data(given):
            raise UsageError(
                f"{op.name}: {key} is Data, and it is fixed when the graph is built; pass numbers "
                "(x.value, int(x)), or choose elements with mg.take or mg.where"
            )
        try:  # a list of yours may change afterwards
            fixed[key] = axes_of(given) if key == "axis" else copy.deepcopy(given)
        except TypeError as error:
            raise UsageError(f"{op.name}: {error}") from error
    return fixed


def refuse_keyword(name: str, key: str, given: Any, known: Sequence[str] = ()) -> None:
    """Raise for a keyword that has no meaning here, unless it says what is done anyway."""
    harmless = IGNORED.get(key, IGNORED)
    if given is not harmless and not (isinstance(given, str) and given == harmless):
        advice = ADVICE.get(key) or f"its keywords are: {', '.join(known) or 'none'}"
        raise UsageError(f"{name}: no argument {key}={given!r} here; {advice}")


IGNORED: Mapping[str, Any] = {  # NumPy's keywords that say nothing when left at their default
    "out": None, "where": True, "dtype": None, "casting": "same_kind", "order": "K", "subok": True,
    "copy": None, "like": None, "initial": None,
}  # fmt: skip
ADVICE: Mapping[str, str] = {
    "out": "Data are never written into; use what the call returns",
    "where": "choose elements with mg.where(mask, result, other)",
    "dtype": "convert with mg.astype(x, dtype) before or after",
}
