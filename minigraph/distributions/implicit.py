"""The derivative of a sample in its parameters, where the sampler is no smooth transform.

A sample stays at its own quantile when a parameter moves: F(x; θ) = u for ever. So
dx/dθ = -(∂F/∂θ) / p(x; θ), whatever the sampler did. ∂F/∂θ is taken from the logarithm of the
smaller tail, which is nearly straight in θ, by a central difference of order eight.

Source: Figurnov, Mohamed and Mnih 2018, *Implicit Reparameterization Gradients*, equation 8,
https://arxiv.org/abs/1805.08498
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Data
from ..ops import along
from ..ops.base import Operation
from ..ops.boxes import stop
from .base import Distribution

DIFFERENCE = ((1, 4.0 / 5.0), (2, -1.0 / 5.0), (3, 4.0 / 105.0), (4, -1.0 / 280.0))
Tail = Callable[..., Any]


def held(kind: type[Distribution], law: Distribution, **parameters: Any) -> Any:
    """Return a law of noise whose parameters let no gradient through."""
    noise = object.__new__(kind)
    noise.parameters = {n: stop(x) if type(x) is Data else x for n, x in parameters.items()}
    noise.shape, noise.dtype = law.shape, law.dtype
    return noise


def followed(name: str, slopes: Sequence[Callable[..., Any]]) -> Operation:
    """Return the operation (x, *θ) → x whose derivative in θ follows the quantile of x."""
    blank = [None] * (len(slopes) + 1)
    rates = [
        Operation(
            f"{name} slope", rate, *blank, along=along.elementwise, numpy=(), barrier="black box"
        )
        for rate in slopes
    ]

    def rule(rate: Operation) -> Callable[..., Any]:
        return lambda g, y, x, *theta: g * rate(x, *theta)

    return Operation(
        name, lambda x, *theta: x, lambda g, y, *_: g, *map(rule, rates),
        along=along.elementwise, numpy=(),
    )  # fmt: skip


def by_tails(
    below: Tail, above: Tail, log_density: Tail, i: int, step: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return the slope dx/dθᵢ of a law with tails P(X <= x) and P(X > x)."""

    def slope(x: Any, *theta: Any) -> Any:
        dtype = np.result_type(x, *theta)
        x, *values = np.broadcast_arrays(*[np.asarray(v, dtype=float) for v in (x, *theta)])
        lower = below(x, *values) <= 0.5
        out = np.empty(x.shape)
        for tail, here, sign in ((below, lower, -1.0), (above, ~lower, 1.0)):
            args = [v[here] for v in values]
            h, at = step(args[i]), x[here]

            def log_tail(shift: float, tail: Tail = tail, h: Any = h, at: Any = at,
                         args: list[Any] = args) -> Any:  # fmt: skip
                moved = [*args[:i], args[i] + shift * h, *args[i + 1 :]]
                return np.log(tail(at, *moved))

            rise = sum(c * (log_tail(k) - log_tail(-k)) for k, c in DIFFERENCE) / h
            weight = np.exp(np.log(tail(at, *args)) - log_density(at, *args))
            out[here] = sign * rise * weight
        return out.astype(dtype)

    return slope
