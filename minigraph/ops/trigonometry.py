"""Circular and hyperbolic functions, a table of derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .elementwise import divide, each, equal, sqrt, ufunc, where

DEGREE = math.pi / 180.0

# Circular --------------------------------------------------------------------------------------
sin = ufunc(np.sin, lambda g, y, x: g * cos(x), fast=math.sin)
cos = ufunc(np.cos, lambda g, y, x: -g * sin(x), fast=math.cos)
tan = ufunc(np.tan, lambda g, y, x: g * (1.0 + y * y), fast=math.tan)
arcsin = ufunc(np.arcsin, lambda g, y, x: divide(g, sqrt(1.0 - x * x)), fast=math.asin)
arccos = ufunc(np.arccos, lambda g, y, x: -divide(g, sqrt(1.0 - x * x)), fast=math.acos)
arctan = ufunc(np.arctan, lambda g, y, x: divide(g, 1.0 + x * x), fast=math.atan)


def _turn(side: Any, radius: Any) -> Any:
    """Return side / radius², where the square may be too large or too small for a float."""
    return divide(divide(side, radius), radius)


arctan2 = ufunc(
    np.arctan2,
    lambda g, y, a, b: g * _turn(b, hypot(a, b)),
    lambda g, y, a, b: -g * _turn(a, hypot(a, b)),
    fast=math.atan2,
)  # fmt: skip
hypot = ufunc(
    np.hypot,
    lambda g, y, a, b: g * divide(a, where(equal(y, 0.0), 1.0, y)),  # slope 0 at the origin
    lambda g, y, a, b: g * divide(b, where(equal(y, 0.0), 1.0, y)),
)  # fmt: skip
deg2rad = ufunc(np.deg2rad, lambda g, y, x: g * DEGREE)
radians = ufunc(np.radians, lambda g, y, x: g * DEGREE)
rad2deg = ufunc(np.rad2deg, lambda g, y, x: g * (1.0 / DEGREE))
degrees = ufunc(np.degrees, lambda g, y, x: g * (1.0 / DEGREE))

# Hyperbolic ------------------------------------------------------------------------------------
sinh = ufunc(np.sinh, lambda g, y, x: g * cosh(x), fast=math.sinh)
cosh = ufunc(np.cosh, lambda g, y, x: g * sinh(x), fast=math.cosh)
tanh = ufunc(np.tanh, lambda g, y, x: g * (1.0 - y * y), fast=math.tanh)
arcsinh = ufunc(np.arcsinh, lambda g, y, x: divide(g, hypot(x, 1.0)), fast=math.asinh)
arccosh = ufunc(
    np.arccosh,
    lambda g, y, x: divide(g, sqrt(x - 1.0) * sqrt(x + 1.0)),
    fast=math.acosh,
)  # fmt: skip
arctanh = ufunc(np.arctanh, lambda g, y, x: divide(g, (1.0 - x) * (1.0 + x)), fast=math.atanh)


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


sinc = each("sinc", _sinc, lambda g, y, x, order=0: g * sinc(x, order=order + 1), fixed=["order"])
