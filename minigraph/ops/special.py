"""Special functions, from SciPy (the optional extra ``scipy``), with their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, MissingExtraError
from . import reductions
from .axes import axes_of
from .base import Operation, as_data
from .boxes import stop
from .composing import composed, floats, refuse
from .elementwise import (
    as_floats,
    divide,
    each,
    equal,
    exp,
    isfinite,
    less,
    log,
    log1p,
    logical_and,
    sigmoid,
    softplus,
    where,
)
from .folds import kept
from .trigonometry import cos, sin


def from_scipy(name: str) -> Callable[..., Any]:
    """Return SciPy's special function of that name, imported when it is first called."""

    def forward(*arrays: Any) -> Any:
        try:
            import scipy.special
        except ImportError:
            raise MissingExtraError(
                f'{name}: needs SciPy; install it with pip install "minigraph[scipy]"'
            ) from None
        return in_single(getattr(scipy.special, name)(*arrays), arrays)

    return forward


def needing(call: str, error: MissingExtraError) -> MissingExtraError:
    """Return the error that a function is missing, in the name of what the user called."""
    return MissingExtraError(f"{call}: {str(error).replace(':', '', 1)}")


def in_single(found: Any, arrays: Sequence[Any]) -> Any:
    """Return a result in single precision where NumPy gives that: beside Python's floats, too.

    To some functions of SciPy a float is of double precision: gammainc(x, 0.5) of float32 x.
    """
    if getattr(found, "dtype", None) == np.float64:
        for x in arrays:  # asking NumPy for the type of a result takes as long as the result
            if getattr(x, "dtype", None) == np.float32 and np.result_type(*arrays) == np.float32:
                return found.astype(np.float32)
    return found


def special(name: str, *rules: Any, forward: Any = None, fast: Any = None) -> Operation:
    """Declare a special function."""
    return each(name, forward or from_scipy(name), *rules, fast=fast)


# Gamma -----------------------------------------------------------------------------------------
def _gammaln(x: Any) -> Any:
    """Return log|Γ(x)|, from SciPy where it is there, else number by number."""
    try:
        return from_scipy("gammaln")(x)
    except MissingExtraError:
        one = np.frompyfunc(lambda v: math.lgamma(v) if v > 0 or v % 1 else math.inf, 1, 1)
        return np.asarray(one(np.asarray(x, dtype=float)), dtype=float)


def _rgamma_slope(y: Any, x: Any) -> Any:
    """Return -y ψ(x); on the left, where ψ has poles, the slope of Γ(1 - x) sin(πx) / π."""
    left = less(x, 0.5)
    x, away = where(left, x, 0.0), where(left, 1.0, x)
    turn = cos(math.pi * x) - sin(math.pi * x) * digamma(1.0 - x) * (1.0 / math.pi)
    return where(left, gamma(1.0 - x) * turn, -y * digamma(away))


gammaln = special(
    "gammaln", lambda g, y, x: g * digamma(x), forward=_gammaln,
    fast=lambda x: math.lgamma(x) if x > 0.0 else math.nan if x != x else float(_gammaln(x)),
)  # fmt: skip
digamma = special("digamma", lambda g, y, x: g * polygamma(1.0, x))
psi = special("psi", lambda g, y, x: g * polygamma(1.0, x))
polygamma = special("polygamma", None, lambda g, y, n, x: g * polygamma(n + 1.0, x))
gamma = special("gamma", lambda g, y, x: g * (y * digamma(x)))
rgamma = special("rgamma", lambda g, y, x: g * _rgamma_slope(y, x))
gammasgn = special("gammasgn", None)
beta = special(
    "beta",
    lambda g, y, a, b: g * y * (digamma(a) - digamma(a + b)),
    lambda g, y, a, b: g * y * (digamma(b) - digamma(a + b)),
)  # fmt: skip
betaln = special(
    "betaln",
    lambda g, y, a, b: g * (digamma(a) - digamma(a + b)),
    lambda g, y, a, b: g * (digamma(b) - digamma(a + b)),
)  # fmt: skip

# Normal ----------------------------------------------------------------------------------------
ndtr = special("ndtr", lambda g, y, x: g * _normal_density(x))
ndtri = special("ndtri", lambda g, y, p: divide(g, _normal_density(y)))
log_ndtr = special("log_ndtr", lambda g, y, x: g * normal_hazard(y, x))
erf = special("erf", lambda g, y, x: g * TWO_BY_ROOT_PI * exp(-(x * x)))
erfc = special("erfc", lambda g, y, x: -g * TWO_BY_ROOT_PI * exp(-(x * x)))
erfcx = special("erfcx", lambda g, y, x: g * erfcx_slope(x))
erfinv = special("erfinv", lambda g, y, x: g * exp(y * y) * (1.0 / TWO_BY_ROOT_PI))
erfcinv = special("erfcinv", lambda g, y, x: -g * exp(y * y) * (1.0 / TWO_BY_ROOT_PI))
TWO_BY_ROOT_PI = 2.0 / math.sqrt(math.pi)
LOG_ROOT_2_PI = 0.5 * math.log(2.0 * math.pi)


def _normal_density(x: Any) -> Any:
    return exp(-0.5 * (x * x)) * (1.0 / math.sqrt(2.0 * math.pi))


def normal_hazard(y: Any, x: Any) -> Any:
    """Return φ(x) / Φ(x), where y = log Φ(x); on the left, φ and Φ are small alike."""
    left = less(x, 0.0)
    near, far = where(left, 0.0, x), where(left, x, 0.0)
    body = exp(-0.5 * near * near - where(left, 0.0, y) - LOG_ROOT_2_PI)
    return where(left, divide(math.sqrt(2.0 / math.pi), erfcx(far * -math.sqrt(0.5))), body)


def _erfcx_slope(x: Any, order: int = 1) -> Any:
    """Return derivative number `order` of erfcx.

    From y' = 2xy - 2/√π and y⁽ⁿ⁺¹⁾ = 2x y⁽ⁿ⁾ + 2n y⁽ⁿ⁻¹⁾, whose terms cancel for large x; there
    from the continued fraction of y⁽ⁿ⁾ / y⁽ⁿ⁻¹⁾ = -2n rₙ, which is rₙ = 1 / (2x + 2(n+1) rₙ₊₁).
    """
    dtype, x = np.asarray(x).dtype, np.asarray(x, dtype=float)
    y = np.array(from_scipy("erfcx")(x))
    far = x > 2.5
    away, tail, ratio = x[far], y[far], 0.0
    for n in range(order + 50, 0, -1):
        ratio = 1.0 / (2.0 * away + 2.0 * (n + 1) * ratio)
        if n <= order:
            tail = -2.0 * n * ratio * tail
    x = np.where(far, 0.0, x)
    before, y = y, 2.0 * x * y - TWO_BY_ROOT_PI
    for n in range(1, order):
        before, y = y, 2.0 * x * y + 2.0 * n * before
    y = np.array(y)
    y[far] = tail
    return y.astype(dtype)


erfcx_slope = each(
    "erfcx_slope", _erfcx_slope, lambda g, y, x, order=1: g * erfcx_slope(x, order=order + 1),
    fixed=["order"], numpy=(),
)  # fmt: skip


# Logistic, and x log x: these need no SciPy ----------------------------------------------------
def _quiet(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` without the warnings of branches that are thrown away."""

    def forward(*arrays: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return in_single(f(*arrays), arrays)

    return forward


expit = special("expit", lambda g, y, x: g * (y * (1.0 - y)), forward=sigmoid.forward)
log_expit = special(
    "log_expit", lambda g, y, x: g * sigmoid(-x), forward=lambda x: -softplus.forward(-as_floats(x))
)
logit = special(
    "logit", lambda g, y, p: divide(g, p * (1.0 - p)),
    forward=_quiet(lambda p: np.log(p) - np.log1p(-as_floats(p))),
)  # fmt: skip


def _over(g: Any, a: Any, b: Any) -> Any:
    """Return g a / b, 0 where a and b are 0; elsewhere its slope in a is 1 / b, also at a = 0."""
    return divide(g * a, where(logical_and(equal(a, 0.0), equal(b, 0.0)), 1.0, b))


# 0 where a = 0, whatever b is: what never happens costs nothing.
xlogy = special(
    "xlogy",
    lambda g, y, a, b: g * log(b),
    lambda g, y, a, b: _over(g, a, b),
    forward=_quiet(lambda a, b: a * np.log(np.where(np.equal(a, 0.0) & ~np.isnan(b), 1.0, b))),
)  # fmt: skip
xlog1py = special(
    "xlog1py",
    lambda g, y, a, b: g * log1p(b),
    lambda g, y, a, b: _over(g, a, b + 1.0),
    forward=_quiet(lambda a, b: a * np.log1p(np.where(np.equal(a, 0.0) & ~np.isnan(b), 0.0, b))),
)  # fmt: skip
entr = special("entr", lambda g, y, x: -g * (log(x) + 1.0))
rel_entr = special(
    "rel_entr",
    lambda g, y, a, b: g * (log(divide(a, b)) + 1.0),
    lambda g, y, a, b: -g * divide(a, b),
)  # fmt: skip
kl_div = special(
    "kl_div",
    lambda g, y, a, b: g * log(divide(a, b)),
    lambda g, y, a, b: g * (1.0 - divide(a, b)),
)  # fmt: skip


# Sums of exponentials --------------------------------------------------------------------------
@composed()
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Data:
    """Return log(sum(b * exp(a))) without overflow; `b`, weights, is 1 by default."""
    refuse("logsumexp", return_sign=return_sign or None)
    a, axis = floats(a), axes_of(axis)
    if b is None:
        return reductions.logsumexp(a, axis=axis, keepdims=bool(keepdims))
    top = stop(reductions.max_(a, axis=axis, keepdims=True))
    top = where(isfinite(top), top, 0.0)
    total = log(reductions.sum_(as_data(b) * exp(a - top), axis=axis, keepdims=True)) + top
    return kept(total, axis, keepdims)


@composed()
def log_softmax(x: Any, axis: Any = None) -> Data:
    """Return the logarithm of softmax, in nats."""
    return reductions.log_softmax(floats(x), axis=axes_of(axis))


@composed()
def softmax(x: Any, axis: Any = None) -> Data:
    """Return exponentials that sum to 1 over axes."""
    return reductions.softmax(floats(x), axis=axes_of(axis))


@composed()
def multigammaln(a: Any, d: int) -> Data:
    """Return the logarithm of the multivariate gamma function of dimension `d`."""
    if d < 1 or d % 1:
        raise InputError(f"multigammaln: dimension {d}; it is a positive integer")
    found = as_data(a) * 0.0 + d * (d - 1) * 0.25 * math.log(math.pi)
    for j in range(int(d)):
        found = found + gammaln(a - j * 0.5)
    return found
