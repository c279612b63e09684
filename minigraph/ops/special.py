"""Special functions, from SciPy (the optional extra ``scipy``), with their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from .base import Operation
from .elementwise import divide, exp, ufunc


def from_scipy(name: str) -> Callable[..., Any]:
    """Return SciPy's special function of that name, imported when it is first called."""

    def forward(*arrays: Any) -> Any:
        try:
            import scipy.special
        except ImportError:
            raise MissingExtraError(
                f'{name}: needs SciPy; install it with pip install "minigraph[scipy]"'
            ) from None
        return getattr(scipy.special, name)(*arrays)

    return forward


def special(name: str, *rules: Any, forward: Any = None, fast: Any = None) -> Operation:
    """Declare a special function."""
    return ufunc(name, forward or from_scipy(name), *rules, fast=fast, numpy=())


def _gammaln(x: Any) -> Any:
    """Return log|Γ(x)|, from SciPy where it is there, else number by number."""
    try:
        return from_scipy("gammaln")(x)
    except MissingExtraError:
        one = np.frompyfunc(lambda v: math.lgamma(v) if v > 0 or v % 1 else math.inf, 1, 1)
        return np.asarray(one(np.asarray(x, dtype=float)), dtype=float)


def _lgamma(x: float) -> float:
    return math.lgamma(x) if x > 0.0 else math.nan if x != x else float(_gammaln(x))


gammaln = special("gammaln", lambda g, y, x: g * digamma(x), forward=_gammaln, fast=_lgamma)
digamma = special("digamma", lambda g, y, x: g * polygamma(1.0, x))
polygamma = special("polygamma", None, lambda g, y, n, x: g * polygamma(n + 1.0, x))
ndtr = special("ndtr", lambda g, y, x: g * _normal_density(x))
ndtri = special("ndtri", lambda g, y, p: divide(g, _normal_density(y)))
erf = special("erf", lambda g, y, x: g * (2.0 / math.sqrt(math.pi)) * exp(-(x * x)))


def _normal_density(x: Any) -> Any:
    return exp(-0.5 * (x * x)) * (1.0 / math.sqrt(2.0 * math.pi))
