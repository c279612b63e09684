"""The triangular law."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.boxes import stop
from ..ops.elementwise import clip, divide, equal, less, log, sqrt, square, where
from .base import Distribution
from .constraints import interval, real
from .noise import StandardUniform
from .parameters import floored


class Triangular(Distribution):
    """The law on [low, high] whose density rises linearly up to `peak` and falls linearly after it.

    Its support moves with `low` and `high`, so the score function is refused for these where they
    carry a gradient; `mg.reparameterize` is right for all three parameters.

    Parameters
    ----------
    low, high : array_like
        The bounds, ``low < high``.
    peak : array_like
        The mode, ``low <= peak <= high``.

    Raises
    ------
    InputError
        If a parameter is not finite, the order is wrong, or they do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Triangular(0.0, 2.0, 1.0).log_prob([1.0, 3.0]).value
    array([  0., -inf])
    """

    constraints = {"low": real, "high": real, "peak": real}
    support_moves = ("low", "high")
    kinks = ("peak",)
    ordered = ("low", "peak", "high")
    standard = StandardUniform

    def __init__(self, low: Any, high: Any, peak: Any) -> None:
        super().__init__(low=low, high=high, peak=peak)

    @property
    def support(self) -> Any:
        """The closed interval from low to high."""
        return interval(self.low, self.high)

    def _widths(self) -> tuple[Any, Any, Any]:
        """Return the width of all, and of what is left and right of the peak."""
        return self.high - self.low, self.peak - self.low, self.high - self.peak

    def _sides(self) -> tuple[Any, Any, Any, Any]:
        """Return up to which noise and from which it counts for either side, and how much."""
        width, left, right = self._widths()
        no_rise, no_fall = equal(left, 0.0), equal(right, 0.0)
        turn = divide(left, width)
        return (
            where(no_rise, 1.0, turn), _root(width * left, no_rise),
            where(no_fall, 0.0, turn), _root(width * right, no_fall),
        )  # fmt: skip

    def transform(self, noise: Any) -> Any:
        # Up the one side, down the other: a choice between them for each number is slow.
        up_to, rise, beyond, fall = self._sides()
        up = sqrt(clip(noise, 0.0, up_to)) * rise
        down = sqrt(1.0 - clip(noise, beyond, 1.0)) * fall
        return (up - down) + (self.low + self.high - self.peak)

    def overwrite(self, noise: Any) -> Any:
        up_to, rise, beyond, fall = self._sides()
        down = np.clip(noise, beyond, 1.0)
        np.sqrt(np.subtract(1.0, down, out=down), out=down)
        up = np.sqrt(np.clip(noise, 0.0, up_to, out=noise), out=noise)
        np.subtract(np.multiply(up, rise, out=up), np.multiply(down, fall, out=down), out=up)
        return np.add(up, self.low + self.high - self.peak, out=up)

    def quantile(self, p: Any) -> Any:
        width, left, right = self._widths()
        rising = stop(less(p * width, left))
        off = sqrt(where(rising, p * (width * left), (1.0 - p) * (width * right)))
        return where(rising, self.low + off, self.high - off)

    def formula(self, x: Any) -> Any:
        width, left, right = self._widths()
        rising = stop(less(x, self.peak))
        side = where(rising, left, right)
        flat = equal(side, 0.0)  # the peak is at the bound: the density there is that of the peak
        up = divide(where(rising, x - self.low, self.high - x), where(flat, 1.0, side))
        return math.log(2.0) - log(width) + log(where(flat, 1.0 + 0.0 * x, up))

    def cumulative(self, x: Any) -> Any:
        width, left, right = self._widths()
        rising = stop(less(x, self.peak))
        off = where(rising, x - self.low, self.high - x)
        area = divide(square(floored(off, 0.0)), width)
        safe = divide(
            area,
            where(rising, where(equal(left, 0.0), 1.0, left), where(equal(right, 0.0), 1.0, right)),
        )
        return where(rising, safe, 1.0 - safe)

    @property
    def mean(self) -> Any:
        """The mean, of the three parameters."""
        return (self.low + self.high + self.peak) * (1.0 / 3.0)

    @property
    def variance(self) -> Any:
        """The variance."""
        a, b = self.high - self.low, self.peak - self.low
        return (square(a) + square(b) - a * b) * (1.0 / 18.0)

    @property
    def mode(self) -> Any:
        """Where the density is highest: `peak`."""
        return self.full(self.peak)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return self.full(0.5 + log(0.5 * (self.high - self.low)))


def _root(x: Any, flat: Any) -> Any:
    """Return √x; 0 where `flat`, without a slope."""
    return where(flat, 0.0, sqrt(where(flat, 1.0, x)))
