"""Tail probability and quantile of Student's t, smooth in all their arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import divide, exp, log, sqrt
from ..ops.series import t_drift
from ..ops.special import from_scipy, in_single, special
from ..ops.tails import rate_of
from .special import gamma_step, log1p_square


def log_t_density(df: Any, x: Any) -> Any:
    """Return the log-density of Student's t, in nats."""
    tail = 0.5 * (df + 1.0) * (log1p_square(divide(x, sqrt(df))))
    return gamma_step(0.5 * df) - 0.5 * log(math.pi * df) - tail


# With z = df / x² and a = df / 2, P(|X| > |x|) is z^a / (a B(a, 1/2)), but for a factor 1 + O(z).
@np.errstate(all="ignore")
def _below(df: Any, x: Any) -> Any:
    """Return the cdf, far out from the power of the tail: there SciPy squares x, and has 0 or 1."""
    a, log_z = 0.5 * np.asarray(df, float), np.log(df) - 2.0 * np.log(np.abs(x))
    tail = 0.5 * np.exp(a * log_z - from_scipy("betaln")(a, 0.5)) / a
    far = np.where(np.less(x, 0.0), tail, 1.0 - tail)
    return in_single(np.where(log_z < -40.0, far, from_scipy("stdtr")(df, x)), (df, x))


@np.errstate(all="ignore")
def _quantile(df: Any, p: Any) -> Any:
    """Return the quantile, far out from the power of the tail: there SciPy has inf, or 2e153."""
    a, tail = 0.5 * np.asarray(df, float), 2.0 * np.minimum(p, 1.0 - p)
    log_z = (np.log(a * tail) + from_scipy("betaln")(a, 0.5)) / a
    far = np.copysign(np.sqrt(df) * np.exp(-0.5 * log_z), p - 0.5)
    return in_single(np.where(log_z < -40.0, far, from_scipy("stdtrit")(df, p)), (df, p))


t_rate = rate_of(
    "t tail slope",
    _below, lambda df, x: _below(df, -x),
    0, lambda df: 0.02 * df, lambda df, x: -t_drift(x, df) * np.exp(log_t_density(df, x)),
)  # fmt: skip
stdtr = special(
    "stdtr",
    lambda g, y, df, x: g * t_rate(df, x),
    lambda g, y, df, x: g * exp(log_t_density(df, x)),
    forward=_below,
)
stdtrit = special(
    "stdtrit",
    lambda g, y, df, p: -g * t_rate(df, y) * exp(-log_t_density(df, y)),
    lambda g, y, df, p: g * exp(-log_t_density(df, y)),
    forward=_quantile,
)
