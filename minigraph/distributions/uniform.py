"""The uniform law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..ops.elementwise import clip, divide, greater, less, log, logical_or, square, where
from .base import Distribution
from .constraints import Constraint, interval, real
from .noise import StandardUniform


class Uniform(Distribution):
    """The uniform law on the interval from `low` to `high`.

    Its support moves with its parameters, so the score function misses what flows over the edges:
    `mg.reinforce` refuses a Uniform whose bounds carry a gradient; `mg.reparameterize` is right.

    Parameters
    ----------
    low, high : array_like
        The bounds, ``low < high``.

    Raises
    ------
    InputError
        If a bound is not finite, ``low >= high``, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Uniform(0.0, 4.0).log_prob([1.0, 5.0]).value
    array([-1.38629436,        -inf])
    """

    constraints = {"low": real, "high": real}
    support_moves = True

    def __init__(self, low: Any = 0.0, high: Any = 1.0) -> None:
        super().__init__(low=low, high=high)

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        super().refuse_bad(values)
        low, high = values["low"], values["high"]
        try:
            wrong = np.greater_equal(low, high)
        except ValueError:
            return  # the shapes do not broadcast, and the base class says so
        if np.any(wrong):
            raise InputError(f"Uniform: low must be less than high; got low={low}, high={high}")

    @property
    def support(self) -> Constraint:  # type: ignore[override]
        """The closed interval from low to high, by the values they have now."""
        law = self.plain()
        return interval(law.low, law.high)

    def log_density(self, x: Any) -> Any:
        outside = logical_or(less(x, self.low), greater(x, self.high))
        return where(outside, -np.inf, 0.0 * x - log(self.high - self.low))

    def noise(self) -> StandardUniform:
        return StandardUniform(self.shape, self.dtype)

    def transform(self, noise: Any) -> Any:
        return self.low + (self.high - self.low) * noise

    @property
    def mean(self) -> Any:
        return 0.5 * (self.low + self.high)

    @property
    def variance(self) -> Any:
        return square(self.high - self.low) * (1.0 / 12.0)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return log(self.high - self.low)

    def cdf(self, x: Any) -> Any:
        """Return P(X <= x)."""
        return clip(divide(x - self.low, self.high - self.low), 0.0, 1.0)

    def icdf(self, p: Any) -> Any:
        """Return the quantile at probability `p`."""
        return self.low + (self.high - self.low) * p
