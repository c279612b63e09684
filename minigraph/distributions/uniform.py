"""The uniform law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ops.elementwise import clip, divide, log, square
from .base import Distribution
from .constraints import interval, real
from .noise import StandardUniform
from .parameters import refuse_order


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
    support_moves = ("low", "high")

    def __init__(self, low: Any = 0.0, high: Any = 1.0) -> None:
        super().__init__(low=low, high=high)

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        super().refuse_bad(values)
        refuse_order(self, values, "low", "high")

    @property
    def support(self) -> Any:  # type: ignore[override]
        """The closed interval from low to high."""
        return interval(self.low, self.high)

    def noise(self) -> StandardUniform:
        return StandardUniform(self.shape, self.dtype)

    def transform(self, noise: Any) -> Any:
        return self.low + (self.high - self.low) * noise

    def formula(self, x: Any) -> Any:
        return 0.0 * x - log(self.high - self.low)

    def cumulative(self, x: Any) -> Any:
        return clip(divide(x - self.low, self.high - self.low), 0.0, 1.0)

    def quantile(self, p: Any) -> Any:
        return self.low + (self.high - self.low) * p

    @property
    def mean(self) -> Any:
        """The mean, halfway."""
        return 0.5 * (self.low + self.high)

    @property
    def variance(self) -> Any:
        """The variance, (high - low)² / 12."""
        return square(self.high - self.low) * (1.0 / 12.0)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return log(self.high - self.low)
