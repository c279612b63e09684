"""Operations element by element, a table of derivatives: forward, then one rule per input.

In a rule, ``g`` is the cotangent of the output ``y``. Rules use ``*``, ``+``, ``-`` and the
operations of this table, never ``/`` or ``**`` (on Python floats these raise where NumPy returns
inf).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import along
from .base import Operation, literal

RAISED = (ValueError, OverflowError, ZeroDivisionError)


def guarded(fast: Any, forward: Callable[..., Any], count: int) -> Callable[..., float]:
    """Return `fast`, with NumPy's answer (inf, nan and its warning) where Python would raise."""

    def of_one(x: float) -> float:
        try:
            return fast(x)
        except RAISED:
            return float(forward(x))

    def of_two(a: float, b: float) -> float:
        try:
            return fast(a, b)
        except RAISED:
            return float(forward(a, b))

    return of_one if count == 1 else of_two


def each(name: str, forward: Any, *rules: Any, fast: Any = None, **more: Any) -> Operation:
    """Declare an operation element by element; `fast` may raise where `scalar` never does."""
    if fast is not None:
        more["scalar"] = guarded(fast, forward, len(rules))
    return Operation(name, forward, *rules, along=along.elementwise, **more)


def ufunc(forward: Any, *rules: Any, **more: Any) -> Operation:
    """Declare a function of NumPy that goes element by element, under its name there."""
    return each(forward.__name__, forward, *rules, **more)


LONG = np.dtype(np.int64)


def integers(x: Any) -> Any:
    """Return `x`, floats that are whole as integers: a number written as 1 is 1.0, k + 1 a float.

    Floats that are not are returned as they are, and NumPy refuses them.
    """
    if type(x) is float:
        return int(x) if x.is_integer() and abs(x) < 2.0**63 else x
    if getattr(x, "dtype", LONG).kind != "f":
        return x
    fit = np.equal(x, np.rint(x)) & (np.abs(x) < 2.0**63)
    return np.asarray(x, LONG) if fit.all() else x


def of_integers(name: str) -> Operation:
    """Declare an operation on integers, which takes whole floats for them."""
    forward = getattr(np, name)
    return each(name, lambda a, b: forward(integers(a), integers(b)), None, None, whole=(0, 1))


# Arithmetic ------------------------------------------------------------------------------------
add = ufunc(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g, scalar=operator.add)
subtract = ufunc(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g, scalar=operator.sub)
multiply = ufunc(
    np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a,
    scalar=operator.mul,
)  # fmt: skip
divide = ufunc(
    np.divide,
    lambda g, y, a, b: divide(g, b),
    lambda g, y, a, b: -divide(g * y, b),
    fast=lambda a, b: a / b,
)  # fmt: skip
negative = ufunc(np.negative, lambda g, y, x: -g, scalar=operator.neg)
positive = ufunc(np.positive, lambda g, y, x: g, scalar=operator.pos)


def _power(x: float, p: float) -> float:
    value = x**p
    if type(value) is complex:
        raise ValueError  # NumPy's answer is nan, with its warning
    return value


def _power_slope(g: Any, y: Any, x: Any, p: Any) -> Any:
    number = literal(p)
    if number is None:  # x**0 is constant, also at x = 0
        flat = logical_and(equal(p, 0.0), equal(x, 0.0))
        return g * (p * power(x, where(flat, 1.0, p - 1.0)))
    if number == 0.0:
        return g * 0.0
    if number == 1.0:
        return g
    return g * (number * (x if number == 2.0 else power(x, number - 1.0)))


def _exponent_slope(g: Any, y: Any, x: Any, p: Any) -> Any:
    return g * y * log(where(equal(x, 0.0), 1.0, x))  # 0**p has slope 0 in p


power = ufunc(
    np.power, _power_slope, _exponent_slope,
    fast=lambda x, p: math.sqrt(x) if p == 0.5 else _power(x, p),  # at -inf NumPy's root is nan
)  # fmt: skip
float_power = ufunc(np.float_power, _power_slope, _exponent_slope, fast=_power)
square = ufunc(np.square, lambda g, y, x: g * (2.0 * x), fast=lambda x: x * x)
sqrt = ufunc(np.sqrt, lambda g, y, x: divide(g, 2.0 * y), fast=math.sqrt)
cbrt = ufunc(np.cbrt, lambda g, y, x: divide(g, 3.0 * y * y))
reciprocal = ufunc(np.reciprocal, lambda g, y, x: -g * y * y, fast=lambda x: 1.0 / x)
absolute = ufunc(np.absolute, lambda g, y, x: g * sign(x), fast=abs)
fabs = ufunc(np.fabs, lambda g, y, x: g * sign(x), fast=abs)
remainder = ufunc(np.remainder, lambda g, y, a, b: g, lambda g, y, a, b: -g * floor_divide(a, b))
fmod = ufunc(np.fmod, lambda g, y, a, b: g, lambda g, y, a, b: -g * trunc(divide(a, b)))
copysign = ufunc(np.copysign, lambda g, y, a, b: g * sign(a) * copysign(1.0, b), None)
ldexp = each(
    "ldexp", lambda x, i: np.ldexp(x, integers(i)),
    lambda g, y, x, i: ldexp(g, i), None,
    whole=(1,),
)  # fmt: skip
conjugate = ufunc(np.conjugate, lambda g, y, x: g)
real = each("real", lambda x: x, lambda g, y, x: g, numpy=[np.real])
real_if_close = each("real_if_close", lambda x: x, lambda g, y, x: g)
imag = each("imag", lambda x: np.zeros_like(x), None, numpy=[np.imag])

# Steps: flat wherever they are smooth, so no gradient passes ------------------------------------
sign = ufunc(np.sign, None)
floor = ufunc(np.floor, None)
ceil = ufunc(np.ceil, None)
trunc = ufunc(np.trunc, None)
rint = ufunc(np.rint, None)
fix = each("fix", np.trunc, None)
floor_divide = ufunc(np.floor_divide, None, None)
signbit = ufunc(np.signbit, None)
heaviside = ufunc(np.heaviside, None, lambda g, y, x, h: where(equal(x, 0.0), g, 0.0))
greater = ufunc(np.greater, None, None)
greater_equal = ufunc(np.greater_equal, None, None)
less = ufunc(np.less, None, None)
less_equal = ufunc(np.less_equal, None, None)
equal = ufunc(np.equal, None, None)
not_equal = ufunc(np.not_equal, None, None)
logical_and = ufunc(np.logical_and, None, None)
logical_or = ufunc(np.logical_or, None, None)
logical_xor = ufunc(np.logical_xor, None, None)
logical_not = ufunc(np.logical_not, None)
bitwise_and, bitwise_or = of_integers("bitwise_and"), of_integers("bitwise_or")
bitwise_xor = of_integers("bitwise_xor")
left_shift, right_shift = of_integers("left_shift"), of_integers("right_shift")
gcd, lcm = of_integers("gcd"), of_integers("lcm")
invert = ufunc(np.invert, None)
isnan = ufunc(np.isnan, None)
isinf = ufunc(np.isinf, None)
isfinite = ufunc(np.isfinite, None)

# Choices ---------------------------------------------------------------------------------------
where = ufunc(
    np.where,
    None,
    lambda g, y, c, a, b: where(c, g, 0.0),
    lambda g, y, c, a, b: where(c, 0.0, g),
)  # fmt: skip


HALF = np.asarray(0.5)


@along.fills
def _share(a: Any, b: Any, out: Any = None) -> Any:
    """Return 1 where a > b, 1/2 where they tie, else 0: counted in bytes, which takes no time."""
    count = np.asarray(np.greater(a, b)).view(np.int8)
    np.add(count, np.asarray(np.greater_equal(a, b)).view(np.int8), out=count)
    if out is None:
        out = np.empty(count.shape, np.result_type(a, b, np.float16))
    out[...] = count
    return np.multiply(out, HALF, out=out)


share = each(
    "share", _share, None, None,
    fast=lambda a, b: 1.0 if a > b else 0.5 if a == b else 0.0, numpy=(),
)  # fmt: skip


def _unless_nan(b: Any, shared: Any) -> Any:
    """Return what is shared with `b`, all of it where `b` is nan, which loses to any number."""
    return where(isnan(b), 1.0, shared)


maximum = ufunc(
    np.maximum,
    lambda g, y, a, b: g * share(a, b),
    lambda g, y, a, b: g * share(b, a),
    fast=lambda a, b: a if a >= b or a != a else b,
)  # fmt: skip
minimum = ufunc(
    np.minimum,
    lambda g, y, a, b: g * share(b, a),
    lambda g, y, a, b: g * share(a, b),
    fast=lambda a, b: a if a <= b or a != a else b,
)  # fmt: skip
fmax = ufunc(
    np.fmax,
    lambda g, y, a, b: g * _unless_nan(b, share(a, b)),
    lambda g, y, a, b: g * _unless_nan(a, share(b, a)),
)  # fmt: skip
fmin = ufunc(
    np.fmin,
    lambda g, y, a, b: g * _unless_nan(b, share(b, a)),
    lambda g, y, a, b: g * _unless_nan(a, share(a, b)),
)  # fmt: skip


def _inside(x: Any, low: Any, high: Any) -> Any:
    return logical_and(greater_equal(x, low), less_equal(x, high))


clip = ufunc(
    np.clip,
    lambda g, y, x, low, high: where(_inside(x, low, high), g, 0.0),
    lambda g, y, x, low, high: where(logical_and(less(x, low), less_equal(low, high)), g, 0.0),
    lambda g, y, x, low, high: where(logical_or(greater(x, high), greater(low, high)), g, 0.0),
)  # fmt: skip
nan_to_num = ufunc(
    np.nan_to_num,
    lambda g, y, x, **fixed: where(isfinite(x), g, 0.0),
    fixed=["copy", "nan", "posinf", "neginf"],
)  # fmt: skip
round_ = ufunc(np.round, None, fixed=["decimals"], numpy=[np.round, np.around])
isclose = ufunc(np.isclose, None, None, fixed=["rtol", "atol", "equal_nan"])


def _astype_rule(g: Any, y: Any, x: Any, dtype: Any) -> Any:
    if np.dtype(dtype).kind != "f":
        return None  # integers and truths carry no gradient
    return astype(g, dtype=np.float64 if type(x) is float else x.dtype)


astype = each("astype", lambda x, dtype: np.asarray(x).astype(dtype), _astype_rule, fixed=["dtype"])

# Exponentials ----------------------------------------------------------------------------------
exp = ufunc(np.exp, lambda g, y, x: g * y, fast=math.exp)
exp2 = ufunc(np.exp2, lambda g, y, x: g * (y * math.log(2.0)))
expm1 = ufunc(np.expm1, lambda g, y, x: g * (y + 1.0), fast=math.expm1)
log = ufunc(np.log, lambda g, y, x: divide(g, x), fast=math.log)
log2 = ufunc(np.log2, lambda g, y, x: divide(g, x * math.log(2.0)), fast=math.log2)
log10 = ufunc(np.log10, lambda g, y, x: divide(g, x * math.log(10.0)), fast=math.log10)
log1p = ufunc(np.log1p, lambda g, y, x: divide(g, x + 1.0), fast=math.log1p)
logaddexp = ufunc(
    np.logaddexp,
    lambda g, y, a, b: g * exp(log_ratio(a, y)),
    lambda g, y, a, b: g * exp(log_ratio(b, y)),
)  # fmt: skip
logaddexp2 = ufunc(
    np.logaddexp2,
    lambda g, y, a, b: g * exp2(log_ratio(a, y)),
    lambda g, y, a, b: g * exp2(log_ratio(b, y)),
)  # fmt: skip


@along.fills
def _log_ratio(part: Any, total: Any, out: Any = None) -> Any:
    """Return part - total: -inf where both are -inf, 0 where both are inf."""
    if np.isfinite(total).all():
        return np.subtract(part, total, out=out)
    alike = np.where(np.equal(part, -np.inf), part, 0.0)
    found = np.where(np.equal(part, total), alike, np.subtract(part, total))
    return np.positive(found, out=out)


log_ratio = each("log_ratio", _log_ratio, lambda g, y, a, b: g, lambda g, y, a, b: -g, numpy=())


# For networks ----------------------------------------------------------------------------------
def as_floats(x: Any) -> Any:
    """Return numbers as floats: integers have no infinity, and many of few bits no -x."""
    return x if type(x) is float or x.dtype.kind == "f" else x.astype(float)


def _sigmoid(x: Any) -> Any:
    x = as_floats(x)
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))  # neither overflows


def _sigmoid_scalar(x: float) -> float:
    small = math.exp(-abs(x))
    return (small if x < 0.0 else 1.0) / (1.0 + small)


def _softplus(x: Any) -> Any:
    x = as_floats(x)
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))  # a third of logaddexp's time


sigmoid = each("sigmoid", _sigmoid, lambda g, y, x: g * (y * (1.0 - y)), fast=_sigmoid_scalar)
softplus = each(
    "softplus", _softplus, lambda g, y, x: g * sigmoid(x),
    fast=lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x,
)  # fmt: skip


def _relu_slope(g: Any, y: Any, x: Any) -> Any:
    if type(x) is float and type(g) is float:
        return g if x > 0.0 else 0.0
    return where(greater(x, 0.0), g, 0.0)


relu = each(
    "relu", lambda x: np.maximum(x, 0), _relu_slope,
    fast=lambda x: x if x > 0.0 or x != x else 0.0,
)  # fmt: skip
