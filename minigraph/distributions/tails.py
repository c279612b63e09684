"""Tail probability and quantile of Student's t, smooth in all their arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import divide, exp, log, sqrt
from ..ops.series import t_drift
from ..ops.special import from_scipy, special
from ..ops.tails import rate_of
from .special import gamma_step, log1p_square


def log_t_density(df: Any, x: Any) -> Any:
    """Return the log-density of Student's t, in nats."""
    tail = 0.5 * (df + 1.0) * (log1p_square(divide(x, sqrt(df))))
    return gamma_step(0.5 * df) - 0.5 * log(math.pi * df) - tail


def _quantile(df: Any, p: Any) -> Any:
    return np.where(np.equal(p, 0.0), -np.inf, from_scipy("stdtrit")(df, p))  # SciPy has +inf


t_rate = rate_of(
    "t tail slope",
    lambda df, x: from_scipy("stdtr")(df, x), lambda df, x: from_scipy("stdtr")(df, -x),
    0, lambda df: 0.05 * df, lambda df, x: -t_drift(x, df) * np.exp(log_t_density(df, x)),
)  # fmt: skip
stdtr = special(
    "stdtr",
    lambda g, y, df, x: g * t_rate(df, x),
    lambda g, y, df, x: g * exp(log_t_density(df, x)),
)
stdtrit = special(
    "stdtrit",
    lambda g, y, df, p: -g * t_rate(df, y) * exp(-log_t_density(df, y)),
    lambda g, y, df, p: g * exp(-log_t_density(df, y)),
    forward=_quantile,
)
