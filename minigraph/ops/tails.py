"""Tail probabilities and quantiles of gamma and beta numbers, smooth in all their arguments.

Their derivative in a shape has no closed form. It comes from a power series; in the far tails and
for large shapes it is a central difference of order eight, of the logarithm of the smaller tail,
which is nearly straight in the shape: exact to about ten digits. It is not differentiable again,
and a second derivative is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..values import plain
from .base import Operation
from .elementwise import astype, each, exp
from .series import beta_drift, gamma_drift, steady
from .special import betaln, from_scipy, gammaln, special, xlog1py, xlogy

DIFFERENCE = ((1, 4.0 / 5.0), (2, -1.0 / 5.0), (3, 4.0 / 105.0), (4, -1.0 / 280.0))
Tail = Callable[..., Any]


def rate_of(
    name: str, below: Tail, above: Tail, i: int, step: Callable[[Any], Any], series: Tail
) -> Operation:
    """Return the operation ∂P/∂θᵢ, where P = below(*θ) = 1 - above(*θ); `series` is it, or NaN."""

    def difference(*theta: Any) -> Any:
        lower = below(*theta) <= 0.5
        out = np.empty(lower.shape)
        for tail, here, sign in ((below, lower, 1.0), (above, ~lower, -1.0)):
            out[here] = sign * _slope(tail, [v[here] for v in theta], i, step)
        return out

    exact = steady(series, difference)

    @np.errstate(all="ignore")
    def rate(*theta: Any) -> Any:
        return exact(*theta).astype(np.result_type(*theta))

    blank = [None] * below.__code__.co_argcount
    return each(name, rate, *blank, numpy=(), barrier="black box")


def _slope(tail: Tail, args: list[Any], i: int, step: Callable[[Any], Any]) -> Any:
    h = step(args[i])

    def log_tail(k: float) -> Any:
        return np.log(tail(*args[:i], args[i] + k * h, *args[i + 1 :]))

    rise = sum(c * (log_tail(k) - log_tail(-k)) for k, c in DIFFERENCE) / h
    whole = tail(*args)
    return np.where(whole == 0.0, 0.0, rise * whole)


def _step(a: Any) -> Any:
    """Return a step that is small for a gamma or beta number of this shape."""
    return 0.03 * np.minimum(a, np.sqrt(a))


def in_double(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Return a formula whose large terms cancel: of single precision it is computed in double."""

    def run(*inputs: Any) -> Any:
        if all(getattr(x, "dtype", None) != np.float32 for x in inputs):
            return formula(*inputs)
        found = formula(*[astype(x, dtype=float) for x in inputs])
        return astype(found, dtype=np.result_type(*map(plain, inputs)))

    return run


# Gamma -----------------------------------------------------------------------------------------
@in_double
def log_gamma_density(a: Any, x: Any) -> Any:
    """Return the log-density of a gamma number of shape `a` and rate 1."""
    return xlogy(a - 1.0, x) - x - gammaln(a)


gamma_rate = rate_of(
    "gamma tail slope",
    lambda a, x: from_scipy("gammainc")(a, x), lambda a, x: from_scipy("gammaincc")(a, x), 0, _step,
    lambda a, x: -gamma_drift(x, a) * np.exp(log_gamma_density(a, x)),
)  # fmt: skip
gammainc = special(
    "gammainc",
    lambda g, y, a, x: g * gamma_rate(a, x),
    lambda g, y, a, x: g * exp(log_gamma_density(a, x)),
)
gammaincc = special(
    "gammaincc",
    lambda g, y, a, x: -g * gamma_rate(a, x),
    lambda g, y, a, x: -g * exp(log_gamma_density(a, x)),
)
gammaincinv = special(
    "gammaincinv",
    lambda g, y, a, p: -g * gamma_rate(a, y) * exp(-log_gamma_density(a, y)),
    lambda g, y, a, p: g * exp(-log_gamma_density(a, y)),
)
gammainccinv = special(
    "gammainccinv",
    lambda g, y, a, p: -g * gamma_rate(a, y) * exp(-log_gamma_density(a, y)),
    lambda g, y, a, p: -g * exp(-log_gamma_density(a, y)),
)


# Beta ------------------------------------------------------------------------------------------
@in_double
def log_beta_density(a: Any, b: Any, x: Any) -> Any:
    """Return the log-density of a beta number of shapes `a` and `b`."""
    return xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b)


beta_rate_a, beta_rate_b = (
    rate_of(
        "beta tail slope",
        lambda a, b, x: from_scipy("betainc")(a, b, x),
        lambda a, b, x: from_scipy("betaincc")(a, b, x),
        i, _step,
        lambda a, b, x, i=i: -beta_drift(x, a, b, i) * np.exp(log_beta_density(a, b, x)),
    )
    for i in (0, 1)
)  # fmt: skip
betainc = special(
    "betainc",
    lambda g, y, a, b, x: g * beta_rate_a(a, b, x),
    lambda g, y, a, b, x: g * beta_rate_b(a, b, x),
    lambda g, y, a, b, x: g * exp(log_beta_density(a, b, x)),
)


def _betaincinv(a: Any, b: Any, p: Any) -> Any:
    """Return SciPy's quantile; where that is lost, next to 0, the first term of its series."""
    found = from_scipy("betaincinv")(a, b, p)
    if not np.isnan(found).any():
        return found
    with np.errstate(all="ignore"):
        first = np.exp((np.log(p) + np.log(a) + betaln.forward(a, b)) / a)  # x^a / (a B) = p
        lost = np.isnan(found) & (first * (b + 1.0) < 1e-16)
    return np.where(lost, first, found).astype(found.dtype)[()]


betaincinv = special(
    "betaincinv",
    lambda g, y, a, b, p: -g * beta_rate_a(a, b, y) * exp(-log_beta_density(a, b, y)),
    lambda g, y, a, b, p: -g * beta_rate_b(a, b, y) * exp(-log_beta_density(a, b, y)),
    lambda g, y, a, b, p: g * exp(-log_beta_density(a, b, y)),
    forward=_betaincinv,
)
