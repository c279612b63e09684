"""Circular and hyperbolic functions, a table of derivatives."""

# A rule names the operations of its table, itself among them, before they have a type:
# mypy: disable-error-code="has-type"
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .elementwise import divide, equal, sqrt, ufunc, where

DEGREE = math.pi / 180.0

# Circular --------------------------------------------------------------------------------------
sin = ufunc("sin", np.sin, lambda g, y, x: g * cos(x), fast=math.sin)
cos = ufunc("cos", np.cos, lambda g, y, x: -g * sin(x), fast=math.cos)
tan = ufunc("tan", np.tan, lambda g, y, x: g * (1.0 + y * y), fast=math.tan)
arcsin = ufunc("arcsin", np.arcsin, lambda g, y, x: divide(g, sqrt(1.0 - x * x)), fast=math.asin)
arccos = ufunc("arccos", np.arccos, lambda g, y, x: -divide(g, sqrt(1.0 - x * x)), fast=math.acos)
arctan = ufunc("arctan", np.arctan, lambda g, y, x: divide(g, 1.0 + x * x), fast=math.atan)


def _turn(side: Any, radius: Any) -> Any:
    """Return side / radius², where the square may be too large or too small for a float."""
    return divide(divide(side, radius), radius)


arctan2 = ufunc(
    "arctan2", np.arctan2,
    lambda g, y, a, b: g * _turn(b, hypot(a, b)),
    lambda g, y, a, b: -g * _turn(a, hypot(a, b)),
    fast=math.atan2,
)  # fmt: skip
hypot = ufunc(
    "hypot", np.hypot,
    lambda g, y, a, b: g * divide(a, where(equal(y, 0.0), 1.0, y)),  # slope 0 at the origin
    lambda g, y, a, b: g * divide(b, where(equal(y, 0.0), 1.0, y)),
)  # fmt: skip
deg2rad = ufunc("deg2rad", np.deg2rad, lambda g, y, x: g * DEGREE)
radians = ufunc("radians", np.radians, lambda g, y, x: g * DEGREE)
rad2deg = ufunc("rad2deg", np.rad2deg, lambda g, y, x: g * (1.0 / DEGREE))
degrees = ufunc("degrees", np.degrees, lambda g, y, x: g * (1.0 / DEGREE))

# Hyperbolic ------------------------------------------------------------------------------------
sinh = ufunc("sinh", np.sinh, lambda g, y, x: g * cosh(x), fast=math.sinh)
cosh = ufunc("cosh", np.cosh, lambda g, y, x: g * sinh(x), fast=math.cosh)
tanh = ufunc("tanh", np.tanh, lambda g, y, x: g * (1.0 - y * y), fast=math.tanh)
arcsinh = ufunc("arcsinh", np.arcsinh, lambda g, y, x: divide(g, hypot(x, 1.0)), fast=math.asinh)
arccosh = ufunc(
    "arccosh", np.arccosh,
    lambda g, y, x: divide(g, sqrt(x - 1.0) * sqrt(x + 1.0)),
    fast=math.acosh,
)  # fmt: skip
arctanh = ufunc(
    "arctanh", np.arctanh, lambda g, y, x: divide(g, (1.0 - x) * (1.0 + x)), fast=math.atanh
)


# Sinc: one operation for all its derivatives, because each has a gap at 0 -----------------------
def sinc_slope(x: Any, order: int, xp: Any) -> Any:
    """Return derivative number `order` of sin(πx)/(πx), by an array library.

    From (x sinc x)⁽ⁿ⁾ = x sinc⁽ⁿ⁾ + n sinc⁽ⁿ⁻¹⁾, which loses digits near 0; there from the series
    sinc x = Σₘ (-1)ᵐ (πx)²ᵐ / (2m+1)!.
    """
    if order == 0:
        return xp.sinc(x)
    near = abs(x) < 0.5 + 0.1 * order
    small, away = xp.where(near, x, 0.0), xp.where(near, 1.0, x)
    series, value = 0.0 * small, xp.sinc(away)
    for m in range(math.ceil(order / 2), order + 20):
        term = (-1) ** m * math.pi ** (2 * m) / math.factorial(2 * m + 1)
        series = series + term * math.perm(2 * m, order) * small ** (2 * m - order)
    for n in range(1, order + 1):
        wave = math.pi ** (n - 1) * xp.sin(math.pi * away + n * math.pi / 2)
        value = (wave - n * value) / away
    return xp.where(near, series, value)


def _sinc(x: Any, order: int = 0) -> Any:
    x = np.asarray(x)
    found = sinc_slope(x, order, np)
    return found.astype(x.dtype) if order else found


sinc = ufunc("sinc", _sinc, lambda g, y, x, order=0: g * sinc(x, order=order + 1), fixed=["order"])
