"""Special functions of the laws and their derivatives; most need the extra ``scipy``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops.base import Operation
from ..ops.boxes import stop
from ..ops.elementwise import divide, each, equal, expm1, less, log, log1p, power, square, where
from ..ops.special import from_scipy, normal_hazard, polygamma, special


def _log1p_square(x: Any, xp: Any = np) -> Any:
    """Return log(1 + x²), also where x² overflows, by an array library."""
    size = abs(x)
    far = size > 1e8
    near = xp.where(far, 0.0, x)
    return xp.where(far, 2.0 * xp.log(xp.where(far, size, 1.0)), xp.log1p(near * near))


def _log1p_square_slope(x: Any) -> Any:
    """Return 2x / (1 + x²), also where x² overflows."""
    with np.errstate(divide="ignore"):
        return 2.0 / (x + np.divide(1.0, x))


log1p_square = each(
    "log1p_square", _log1p_square, lambda g, y, x: g * log1p_square_slope(x), numpy=()
)
log1p_square_slope: Operation = each(
    "log1p_square_slope", _log1p_square_slope,
    lambda g, y, x: g * (divide(2.0, 1.0 + square(x)) - square(y)), numpy=(),
)  # fmt: skip


def log_one_less(x: Any, a: Any) -> Any:
    """Return log(1 - x^a) for x in [0, 1], with all of its digits and slopes at both ends."""
    raised = power(x, a)
    near = stop(less(0.5, raised))
    left = 0.0 - expm1(a * log(where(near, x, 0.5)))  # -0.0 would turn the slope at 1 around
    return where(near, log(left), log1p(-where(near, 0.5, raised)))


# The derivatives of log Γ at 1, the second and on, and (2ⁿ - 2) / n! from n = 2 on.
PSI = (math.pi**2 / 6.0, -2.404113806319189, math.pi**4 / 15.0, -24.88626612344088, 122.0811674381)
SECOND = (1.0, 1.0, 7.0 / 12.0, 1.0 / 4.0, 31.0 / 360.0)


def log_second(log_moment: Any, k: Any, slopes: Sequence[Any] = PSI) -> Any:
    """Return log E[X²] - 2 log E[X], where log E[Xⁿ] = log_moment(n k), which is 0 at 0.

    For small `k` from the series, as the difference loses digits; `slopes` are the derivatives of
    `log_moment` at 0, the second and on.
    """
    small = stop(less(k, 1e-3))
    near, far = where(small, k, 0.0), where(small, 1.0, k)
    series: Any = 0.0
    for factor, slope in zip(reversed(SECOND), reversed(slopes), strict=True):
        series = series * near + factor * slope
    return where(small, square(near) * series, log_moment(2.0 * far) - 2.0 * log_moment(far))


def _gamma_step(x: Any) -> Any:
    return np.log(from_scipy("poch")(x, 0.5))


def _gamma_step_slope(x: Any) -> Any:
    """Return ψ(x + ½) - ψ(x); for large x from its expansion, where the difference loses digits."""
    x = np.asarray(x)
    far = x > 1e3
    near = np.where(far, 1.0, x)
    psi = from_scipy("digamma")
    u = 1.0 / np.where(far, x, 1.0)
    series = u * (0.5 + u * (0.125 + u * u * (-1.0 / 64.0 + u * u / 128.0)))
    return np.where(far, series, psi(near + 0.5) - psi(near)).astype(x.dtype)


gamma_step = special("gamma_step", lambda g, y, x: g * gamma_step_slope(x), forward=_gamma_step)
gamma_step_slope: Operation = special(
    "gamma_step_slope",
    lambda g, y, x: g * (polygamma(1.0, x + 0.5) - polygamma(1.0, x)),
    forward=_gamma_step_slope,
)

log_i0e = special(  # log I₀(x) - x for x >= 0
    "log_i0e",
    lambda g, y, x: -g * bessel_gap(x),
    forward=lambda x: np.log(from_scipy("i0e")(x)),
)


def bessel_gap_far(u: Any) -> Any:
    """Return 1 - I₁(x) / I₀(x) for large x = 1/u, where the difference loses digits."""
    rest = 25.0 / 128.0 + u * (13.0 / 32.0 + u * (1073.0 / 1024.0))
    return u * (0.5 + u * (0.125 + u * (0.125 + u * rest)))


def _bessel_gap(x: Any) -> Any:
    x = np.asarray(x)
    far = x > 300.0
    ratio = from_scipy("i1e")(x) / from_scipy("i0e")(x)
    return np.where(far, bessel_gap_far(1.0 / np.where(far, x, 1.0)), 1.0 - ratio).astype(x.dtype)


def _bessel_ratio_slope(y: Any, x: Any) -> Any:
    """Return 1 - y² - y/x, ½ at 0; for large x its expansion, where the difference loses digits."""
    zero, far = equal(x, 0.0), less(300.0, x)
    u = divide(1.0, where(far, x, 1.0))
    series = u * u * (0.5 + u * (0.25 + u * (0.375 + u * (0.78125 + u * 2.03125))))
    near = 1.0 - square(y) - divide(y, where(zero, 1.0, x)) - where(zero, 0.5, 0.0)
    return where(far, series, near)


bessel_gap: Operation = special(  # 1 - I₁(x) / I₀(x) for x >= 0
    "bessel_gap", lambda g, y, x: -g * _bessel_ratio_slope(1.0 - y, x), forward=_bessel_gap
)
ndtri_exp = special(  # the standard normal quantile of a probability given by its logarithm
    "ndtri_exp", lambda g, y, x: divide(g, normal_hazard(x, y))
)
