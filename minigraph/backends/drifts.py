"""How gamma, beta and t samples move with their shapes, in the words of another library.

The series of `ops.series` from a fixed number of terms, which a library runs for all numbers alike.
In a tail with a chance of q, rounding leaves a share of about 1e-16 / q of a slope unknown. Where
the terms are too few, for shapes above some hundred, the answer is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..ops.series import MOST

Word = Callable[..., Any]
Loop = Callable[[int, Callable[[Any], Any], Any], Any]  # how often, a step, where it starts


def drifts(xp: Any, special: Any, loop: Loop) -> Mapping[str, Word]:
    """Return the words for the slopes of samples in the shapes of their laws.

    `special` is a room of SciPy's names.
    """
    log_gamma, digamma = special.gammaln, special.digamma

    def gamma(x: Any, a: Any) -> Any:
        x, a = x + 0.0 * a, a + 0.0 * x

        def step(state: Any) -> Any:
            total, slope, below = state
            ratio = x / below
            part = ratio * total
            return part + 1.0, (slope + part) * ratio, below - 1.0

        one = xp.ones_like(x)
        total, slope, _ = loop(MOST, step, (one, 0.0 * one, a + float(MOST)))
        last = MOST * xp.log(x) + log_gamma(a + 1.0) - log_gamma(a + (MOST + 1.0))
        inner = (xp.log(x) - digamma(a + 1.0)) * total - slope / x
        return xp.where(xp.exp(last) < 1e-13 * total, -(x / a) * inner, xp.nan)

    def half(x: Any, a: Any, b: Any, first: Any) -> Any:
        """Return dx/da, where `first` is true, or dx/db of numbers x ~ Beta(a, b) up to 1/2."""

        def step(state: Any) -> Any:
            total, in_a, in_b, below = state
            above = below + (b - 1.0)
            part = x / below * total
            ratio = x / below * above
            return part * above + 1.0, in_a * ratio + part / below, in_b * ratio + part, below - 1.0

        one = xp.ones_like(x)
        start = one, 0.0 * one, 0.0 * one, a + float(MOST)
        total, in_a, in_b, _ = loop(MOST, step, start)
        last = MOST * xp.log(x) + log_gamma(a + b + float(MOST)) - log_gamma(a + b)
        last = last + log_gamma(a + 1.0) - log_gamma(a + (MOST + 1.0))
        whole = digamma(a + b)
        by_a = (xp.log(x) - digamma(a + 1.0) + whole) * total + in_a * (1.0 - b)
        by_b = (xp.log1p(-x) - digamma(b) + whole) * total + in_b
        found = -(x * (1.0 - x) / a) * xp.where(first, by_a, by_b)
        return xp.where(xp.exp(last) < 1e-13 * total, found, xp.nan)

    def beta(x: Any, a: Any, b: Any, first: bool) -> Any:
        zero = 0.0 * (x + a + b)
        x, a, b = x + zero, a + zero, b + zero
        high = x > 0.5
        turned = xp.where(high, 1.0 - x, x), xp.where(high, b, a), xp.where(high, a, b)
        found = half(*turned, ~high if first else high)
        return xp.where(high, -found, found)

    def t(x: Any, df: Any) -> Any:
        x, df = x + 0.0 * df, df + 0.0 * x
        centre = x == 0.0
        x = xp.where(centre, 1.0, x)
        square, middle = x * x, xp.full_like(x, 0.5)
        whole, high = df + square, square > df
        low = xp.where(high, df, square) / whole
        a, b = xp.where(high, 0.5 * df, middle), xp.where(high, middle, 0.5 * df)
        moved = half(low, a, b, high) * xp.where(high, -0.5, 0.5)
        return xp.where(centre, 0.0, 0.5 * (x / df + moved * (whole / x) * (whole / df)))

    return {
        "gamma sample slope": gamma,
        "beta sample slope 1": lambda x, a, b: beta(x, a, b, True),
        "beta sample slope 0": lambda x, a, b: beta(x, a, b, False),
        "t sample slope": t,
    }
