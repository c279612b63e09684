"""The derivative of a sample in its parameters, where the sampler is no smooth transform.

A sample stays at its own quantile when a parameter moves: F(x; θ) = u for ever. So
dx/dθ = -(∂F/∂θ) / p(x; θ), whatever the sampler did.

Source: Figurnov, Mohamed and Mnih 2018, *Implicit Reparameterization Gradients*, equation 8,
https://arxiv.org/abs/1805.08498
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ops.base import Operation
from ..ops.elementwise import each
from ..ops.series import steady
from .many import Line, Slope, at_many


def slope_of(name: str, slope: Slope, line: Line, series: Slope | None = None) -> Operation:
    """Return the operation (x, *θ) → ∂x/∂θᵢ, which varies evenly along `line`.

    If there is a `series`, it is asked first; where it is NaN, `slope` is. Like what it is computed
    by, the operation is not differentiable again.
    """
    blank = [None] * slope.__code__.co_argcount
    forward = at_many(slope if series is None else steady(series, slope), line)
    return each(name, forward, *blank, numpy=(), barrier="black box")


def followed(name: str, slopes: Sequence[Operation]) -> Operation:
    """Return the operation (x, *θ) → x whose derivatives in θ are slopes(x, *θ)."""

    def rule(slope: Operation) -> Slope:
        return lambda g, y, x, *theta: g * slope(x, *theta)

    passed = lambda x, *theta: x
    return each(name, passed, lambda g, y, *_: g, *map(rule, slopes), numpy=(), passes=True)


# The general case: the operation (x, F(x; θ), p(x; θ)) → x, where F is differentiable in θ. How the
# density in the denominator moves is not looked at, so a second derivative is refused.
per_density = each(
    "per density", lambda p: -1.0 / np.asarray(p), None, numpy=(), barrier="black box"
)
by_cdf = each(
    "sample at its quantile", lambda x, f, p: x,
    lambda g, y, x, f, p: g, lambda g, y, x, f, p: g * per_density(p), None,
    numpy=(), passes=True,
)  # fmt: skip
