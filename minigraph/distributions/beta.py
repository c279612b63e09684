"""The beta law."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..ops.base import Operation
from ..ops.elementwise import clip, divide, exp, sigmoid
from ..ops.series import beta_drift
from ..ops.special import betaln, digamma
from ..ops.tails import beta_rate_a, beta_rate_b, betainc, betaincinv, in_double, log_beta_density
from .base import Distribution
from .constraints import positive, unit_interval
from .implicit import followed, slope_of
from .many import Line
from .noise import of_quantiles
from .parameters import inside_unit


def _slope(name: str, rate: Operation, i: int) -> Operation:
    return slope_of(
        name,
        lambda x, a, b: -rate(a, b, x) * exp(-log_beta_density(a, b, x)),
        Line(
            lambda x: np.log(x) - np.log1p(-x), sigmoid.forward, lambda x: x * (1.0 - x),
            lambda a, b: 1.5 * min(1.0, (1.0 / a + 1.0 / b) ** 0.5),
        ),
        functools.partial(beta_drift, i=i),
    )  # fmt: skip


beta_slope_1 = _slope("beta sample slope 1", beta_rate_a, 0)
beta_slope_0 = _slope("beta sample slope 0", beta_rate_b, 1)
beta_sample = followed("beta sample", [beta_slope_1, beta_slope_0])


class StandardBeta(Distribution):
    """The law of a beta number, as noise."""

    constraints = {"concentration1": positive, "concentration0": positive}
    support = unit_interval
    quadrature = of_quantiles

    def __init__(self, concentration1: Any, concentration0: Any) -> None:
        super().__init__(concentration1=concentration1, concentration0=concentration0)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        drawn = np.asarray(rng.beta(self.concentration1, self.concentration0, shape))
        return np.asarray(inside_unit(drawn, self.dtype), dtype=self.dtype)

    def formula(self, x: Any) -> Any:
        return log_beta_density(self.concentration1, self.concentration0, x)

    def place(self, points: Any) -> Any:
        """Return the numbers at these quantiles."""
        a, b = self.concentration1, self.concentration0
        return inside_unit(betaincinv(a, b, points), self.dtype)


class Beta(StandardBeta):
    """The beta law on [0, 1] with density x^(a-1) (1-x)^(b-1) / B(a, b).

    Its samples are differentiated implicitly, along their quantiles. Needs the extra ``scipy``.
    A sample that rounding would take to 1 stays next to it. For b below 0.2 such samples are many
    enough to bias their scores: ``1.0 - mg.sample(mg.Beta(b, a))`` has the same law and keeps them.

    Parameters
    ----------
    concentration1 : array_like
        a, positive.
    concentration0 : array_like
        b, positive.

    Raises
    ------
    InputError
        If a parameter is not positive, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Beta(2.0, 3.0).mean.value
    0.4
    """

    standard = StandardBeta

    def transform(self, noise: Any) -> Any:
        return beta_sample(noise, self.concentration1, self.concentration0)

    def cumulative(self, x: Any) -> Any:
        return betainc(self.concentration1, self.concentration0, clip(x, 0.0, 1.0))

    def quantile(self, p: Any) -> Any:
        return betaincinv(self.concentration1, self.concentration0, p)

    @property
    def mean(self) -> Any:
        """The mean, a / (a + b)."""
        return divide(self.concentration1, self.concentration1 + self.concentration0)

    @property
    def variance(self) -> Any:
        """The variance."""
        a, b = self.concentration1, self.concentration0
        total = a + b
        return divide(divide(a, total) * divide(b, total), total + 1.0)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""

        def entropy(a: Any, b: Any) -> Any:
            away = (a - 1.0) * digamma(a) + (b - 1.0) * digamma(b)
            return betaln(a, b) - away + (a + b - 2.0) * digamma(a + b)

        return in_double(entropy)(self.concentration1, self.concentration0)
