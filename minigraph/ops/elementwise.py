"""Operations element by element, a table of derivatives: forward, then one rule per input.

In a rule, ``g`` is the cotangent of the output ``y``. Rules use ``*``, ``+``, ``-`` and the operations
of this table, never ``/`` or ``**`` (on Python floats these raise where NumPy returns inf).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import along
from .base import Operation, literal


def guarded(fast: Callable[..., float], forward: Callable[..., Any]) -> Callable[..., float]:
    """Return `fast`, with NumPy's answer (inf, nan and its warning) where Python would raise."""

    def scalar(*values: float) -> float:
        try:
            return fast(*values)
        except (ValueError, OverflowError, ZeroDivisionError):
            return float(forward(*values))

    return scalar


def ufunc(name: str, forward: Any, *rules: Any, fast: Any = None, numpy: Any = None) -> Operation:
    """Declare an elementwise operation."""
    scalar = None if fast is None else guarded(fast, forward)
    return Operation(name, forward, *rules, scalar=scalar, along=along.elementwise, numpy=numpy)


# Arithmetic ------------------------------------------------------------------------------------
add = ufunc("add", np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
subtract = ufunc("subtract", np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g)
multiply = ufunc("multiply", np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
divide = ufunc(
    "divide", np.divide,
    lambda g, y, a, b: divide(g, b),
    lambda g, y, a, b: -divide(g * y, b),
    fast=lambda a, b: a / b,
)  # fmt: skip
negative = ufunc("negative", np.negative, lambda g, y, x: -g)
positive = ufunc("positive", np.positive, lambda g, y, x: g)
add.scalar, subtract.scalar, multiply.scalar = float.__add__, float.__sub__, float.__mul__
negative.scalar = float.__neg__  # these never raise, so they need no guard


def _power(x: float, p: float) -> float:
    value = x**p
    return math.nan if type(value) is complex else value


def _power_slope(g: Any, y: Any, x: Any, p: Any) -> Any:
    number = literal(p)
    if number is None:  # p = 0 is special: x**0 is constant, also at x = 0
        flat = equal(p, 0.0)
        return g * (p * power(x, where(flat, 1.0, p - 1.0)))
    if number == 0.0:
        return g * 0.0
    if number == 1.0:
        return g
    return g * (number * (x if number == 2.0 else power(x, number - 1.0)))


power = ufunc(
    "power", np.power,
    _power_slope,
    lambda g, y, x, p: g * y * log(where(equal(x, 0.0), 1.0, x)),  # 0**p has slope 0 in p
    fast=_power,
)  # fmt: skip
square = ufunc("square", np.square, lambda g, y, x: g * (2.0 * x), fast=lambda x: x * x)
sqrt = ufunc("sqrt", np.sqrt, lambda g, y, x: divide(g, 2.0 * y), fast=math.sqrt)
reciprocal = ufunc("reciprocal", np.reciprocal, lambda g, y, x: -g * y * y, fast=lambda x: 1.0 / x)
absolute = ufunc(
    "absolute", np.absolute, lambda g, y, x: g * sign(x), fast=abs, numpy=[np.absolute]
)

# Steps: flat wherever they are smooth, so no gradient passes ------------------------------------
sign = ufunc("sign", np.sign, None)
floor = ufunc("floor", np.floor, None)
ceil = ufunc("ceil", np.ceil, None)
greater = ufunc("greater", np.greater, None, None)
greater_equal = ufunc("greater_equal", np.greater_equal, None, None)
less = ufunc("less", np.less, None, None)
less_equal = ufunc("less_equal", np.less_equal, None, None)
equal = ufunc("equal", np.equal, None, None)
not_equal = ufunc("not_equal", np.not_equal, None, None)
logical_and = ufunc("logical_and", np.logical_and, None, None)
logical_or = ufunc("logical_or", np.logical_or, None, None)
logical_xor = ufunc("logical_xor", np.logical_xor, None, None)
logical_not = ufunc("logical_not", np.logical_not, None)
bitwise_and = ufunc("bitwise_and", np.bitwise_and, None, None)
bitwise_or = ufunc("bitwise_or", np.bitwise_or, None, None)
bitwise_xor = ufunc("bitwise_xor", np.bitwise_xor, None, None)
invert = ufunc("invert", np.invert, None)
isnan = ufunc("isnan", np.isnan, None)
isinf = ufunc("isinf", np.isinf, None)
isfinite = ufunc("isfinite", np.isfinite, None)

# Choices ---------------------------------------------------------------------------------------
where = ufunc(
    "where", np.where,
    None,
    lambda g, y, c, a, b: where(c, g, 0.0),
    lambda g, y, c, a, b: where(c, 0.0, g),
)  # fmt: skip


def _share(a: Any, b: Any) -> Any:
    """Return 1 where a > b, 1/2 where they tie, else 0."""
    return where(greater(a, b), 1.0, where(equal(a, b), 0.5, 0.0))


maximum = ufunc(
    "maximum", np.maximum,
    lambda g, y, a, b: g * _share(a, b),
    lambda g, y, a, b: g * _share(b, a),
)  # fmt: skip
minimum = ufunc(
    "minimum", np.minimum,
    lambda g, y, a, b: g * _share(b, a),
    lambda g, y, a, b: g * _share(a, b),
)  # fmt: skip
clip = ufunc(
    "clip", np.clip,
    lambda g, y, x, low, high: where(logical_and(greater_equal(x, low), less_equal(x, high)), g, 0.0),
    lambda g, y, x, low, high: where(less(x, low), g, 0.0),
    lambda g, y, x, low, high: where(greater(x, high), g, 0.0),
)  # fmt: skip

# Exponentials ----------------------------------------------------------------------------------
exp = ufunc("exp", np.exp, lambda g, y, x: g * y, fast=math.exp)
expm1 = ufunc("expm1", np.expm1, lambda g, y, x: g * (y + 1.0), fast=math.expm1)
log = ufunc("log", np.log, lambda g, y, x: divide(g, x), fast=math.log)
log1p = ufunc("log1p", np.log1p, lambda g, y, x: divide(g, x + 1.0), fast=math.log1p)
logaddexp = ufunc(
    "logaddexp", np.logaddexp,
    lambda g, y, a, b: g * _weight(a, y),
    lambda g, y, a, b: g * _weight(b, y),
)  # fmt: skip


def _weight(part: Any, total: Any) -> Any:
    """Return exp(part - total): 0 where both are -inf, 1 where both are inf."""
    return exp(where(equal(part, total), where(equal(part, -np.inf), part, 0.0), part - total))


# Trigonometry ----------------------------------------------------------------------------------
sin = ufunc("sin", np.sin, lambda g, y, x: g * cos(x), fast=math.sin)
cos = ufunc("cos", np.cos, lambda g, y, x: -g * sin(x), fast=math.cos)
tan = ufunc("tan", np.tan, lambda g, y, x: g * (1.0 + y * y), fast=math.tan)
arctan = ufunc("arctan", np.arctan, lambda g, y, x: divide(g, 1.0 + x * x), fast=math.atan)
tanh = ufunc("tanh", np.tanh, lambda g, y, x: g * (1.0 - y * y), fast=math.tanh)


# For networks ----------------------------------------------------------------------------------
def _sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(np.greater_equal(x, 0), 1.0, small) / (1.0 + small)


def _sigmoid_scalar(x: float) -> float:
    small = math.exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


def _softplus_scalar(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x


sigmoid = ufunc("sigmoid", _sigmoid, lambda g, y, x: g * (y * (1.0 - y)), fast=_sigmoid_scalar)
softplus = ufunc(
    "softplus", lambda x: np.logaddexp(x, x.dtype.type(0.0) if hasattr(x, "dtype") else 0.0),
    lambda g, y, x: g * sigmoid(x),
    fast=_softplus_scalar,
)  # fmt: skip
relu = ufunc(
    "relu", lambda x: np.maximum(x, 0), lambda g, y, x: where(greater(x, 0.0), g, 0.0),
    fast=lambda x: x if x > 0.0 or x != x else 0.0,
)  # fmt: skip
