"""The uniform law."""

from __future__ import annotations

from typing import Any

from .base import Distribution
from .constraints import interval, real
from .location_scale import LocationScale
from .noise import StandardUniform


class Uniform(LocationScale):
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
    ordered = ("low", "high")
    standard = StandardUniform

    def __init__(self, low: Any = 0.0, high: Any = 1.0) -> None:
        Distribution.__init__(self, low=low, high=high)

    @property
    def support(self) -> Any:  # type: ignore[override]
        """The closed interval from low to high."""
        return interval(self.low, self.high)

    @property
    def origin(self) -> Any:
        """The lower bound."""
        return self.low

    @property
    def unit(self) -> Any:
        """The width."""
        return self.high - self.low
