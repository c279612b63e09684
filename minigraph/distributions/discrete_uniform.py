"""The uniform law of whole numbers: dice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..ops.elementwise import clip, divide, floor, log, square
from .base import Distribution
from .constraints import whole, whole_interval
from .parameters import largest, refuse_order


class DiscreteUniform(Distribution):
    """The law of a whole number from `low` to `high`, both included. Samples are integers.

    Parameters
    ----------
    low, high : array_like
        The bounds, whole numbers, ``low <= high``.

    Raises
    ------
    InputError
        If a bound is no whole number, ``low > high``, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.DiscreteUniform(1, 6).mean.value
    3.5
    """

    constraints = {"low": whole, "high": whole}
    support_moves = ("low", "high")

    def __init__(self, low: Any, high: Any) -> None:
        super().__init__(low=low, high=high)

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        super().refuse_bad(values)
        refuse_order(self, values, "low", "high", ties=True)

    @property
    def support(self) -> Any:
        """The whole numbers from low to high."""
        return whole_interval(self.low, self.high)

    def formula(self, x: Any) -> Any:
        return 0.0 * x - log(self._many())

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        low, high = (np.asarray(bound).astype(np.int64) for bound in (self.low, self.high))
        return np.asarray(rng.integers(low, high, shape, endpoint=True))

    def _many(self) -> Any:
        """Return how many numbers there are; integers of few bits might overflow."""
        return 1.0 * self.high - self.low + 1.0

    def reach(self, spread: int = 1) -> float:
        return largest(self.high) - self._least()

    def outcomes(self, spread: int = 1) -> Any:
        found = super().outcomes(spread)
        return None if found is None else int(self._least()) + found

    def _least(self) -> float:
        return -largest(-1.0 * np.asarray(self.plain().low))

    def cumulative(self, x: Any) -> Any:
        return clip(divide(floor(x) + 1.0 - self.low, self._many()), 0.0, 1.0)

    @property
    def mean(self) -> Any:
        """The mean, halfway."""
        return 0.5 * self.low + 0.5 * self.high

    @property
    def variance(self) -> Any:
        """The variance, (n² - 1) / 12 for n numbers."""
        return (square(self._many()) - 1.0) * (1.0 / 12.0)

    def entropy(self) -> Any:
        """Return the entropy in nats."""
        return log(self._many())
