"""How Data answer to Python's operators and to NumPy's own functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import UsageError
from ..graph import Data, DeterministicNode, result
from . import elementwise, linear, selection, shaping
from .base import Operation, as_data, record
from .namespace import BY_NUMPY

OPERATORS = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "pow": elementwise.power,
    "matmul": linear.matmul,
    "and": elementwise.bitwise_and,
    "or": elementwise.bitwise_or,
    "xor": elementwise.bitwise_xor,
}
ONE_SIDED = {
    "lt": elementwise.less,
    "le": elementwise.less_equal,
    "gt": elementwise.greater,
    "ge": elementwise.greater_equal,
}
UNARY = {
    "neg": elementwise.negative,
    "pos": elementwise.positive,
    "abs": elementwise.absolute,
    "invert": elementwise.invert,
}


def binary(op: Operation) -> Callable[[Data, Any], Data]:
    """Return the method ``x op other``; numbers take the short way."""
    scalar = op.scalar

    def method(self: Data, other: Any) -> Data:
        if type(other) is not Data:
            other = as_data(other)
        a, b = self._value, other._value
        if scalar is not None and type(a) is float and type(b) is float:
            return result(scalar(a, b), DeterministicNode(op, (self, other)))
        return record(op, (self, other))

    return method


def reflected(op: Operation) -> Callable[[Data, Any], Data]:
    """Return the method ``other op x``."""

    def method(self: Data, other: Any) -> Data:
        return record(op, (as_data(other), self))

    return method


def unary(op: Operation) -> Callable[[Data], Data]:
    """Return the method ``op x``."""
    return lambda self: record(op, (self,))


def iterate(self: Data) -> Iterator[Data]:
    """Iterate over the first axis."""
    return (self[i] for i in range(len(self)))


def from_ufunc(self: Data, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
    """Run a NumPy ufunc on Data as minigraph's operation of the same meaning."""
    if method != "__call__":
        raise UsageError(f"np.{ufunc.__name__}.{method}: not defined on Data; use a reduction")
    return _found(ufunc)(*inputs, **keywords)


def from_function(self: Data, func: Any, types: Any, args: Any, keywords: Any) -> Any:
    """Run a NumPy function on Data as minigraph's function of the same meaning."""
    return _found(func)(*args, **keywords)


def _found(func: Any) -> Callable[..., Any]:
    if func not in BY_NUMPY:
        raise UsageError(
            f"np.{func.__name__}: not defined on Data; compose it of operations in mg, or wrap "
            "it with mg.primitive (give it a vjp, or use it as a black box)"
        )
    return BY_NUMPY[func]


for key, op in OPERATORS.items():
    setattr(Data, f"__{key}__", binary(op))
    setattr(Data, f"__r{key}__", reflected(op))
for key, op in ONE_SIDED.items():
    setattr(Data, f"__{key}__", binary(op))
for key, op in UNARY.items():
    setattr(Data, f"__{key}__", unary(op))
for key, method in {
    "__getitem__": selection.select,
    "__iter__": iterate,
    "__array_ufunc__": from_ufunc,
    "__array_function__": from_function,
    "T": property(lambda self: shaping.transpose(self)),
}.items():
    setattr(Data, key, method)
