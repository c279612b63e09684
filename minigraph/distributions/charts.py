"""Charts: noise on an interval, where panels of Gauss points can be laid closer to a kink.

A chart goes from 0 < s < 1 to values of noise, by a double-exponential map, so that the weight of s
falls off fast at both ends whatever the noise does there.

Source: Takahasi and Mori 1974, *Double exponential formulas for numerical integration*,
https://doi.org/10.2977/prims/1195192451
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .constraints import nonnegative, real
from .noise import Noise, StandardUniform

Curve = Callable[[Any], Any]


class Chart(NamedTuple):
    """The value of noise at s, the weight of s, and how many equal parts are apart."""

    point: Curve
    weight: Curve
    parts: int = 1


def _size(t: Any) -> Any:
    return np.exp(t - np.exp(-t))


def _share(t: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-math.pi * np.sinh(t)))


# From where to where t goes, the value at t, and its slope.
REAL: tuple[float, float, Curve, Curve] = -38.0, 38.0, np.sinh, np.cosh
SIZE = -4.2, 38.0, _size, lambda t: _size(t) * (1.0 + np.exp(-t))
SHARE = -3.0, 3.0, _share, lambda t: math.pi * np.cosh(t) * _share(t) * _share(-t)


def chart_of(law: Any) -> Any:
    """Return the chart of a law that `exact` integrates over; None if there is no rule for it.

    Examples
    --------
    >>> import minigraph as mg
    >>> chart = chart_of(mg.StandardExponential())
    >>> s = (np.arange(200) + 0.5) / 200
    >>> float(np.mean(chart.weight(s) * np.sqrt(chart.point(s))) ** 2).__round__(12)  # π/4
    0.785398163397
    """
    if hasattr(law, "chart"):
        return law.chart()
    if isinstance(law, Noise):
        return _of_noise(law)
    return _of_noise(StandardUniform()) if hasattr(law, "quadrature") else None


def midpoints(chart: Chart, n: int) -> tuple[Any, Any]:
    """Return about `n` points and weights, as many in every part of a chart."""
    n = chart.parts * max(n // chart.parts, 30 if chart.parts > 1 else 1)
    s = (np.arange(n) + 0.5) / n
    weights = chart.weight(s)
    return chart.point(s), weights / weights.sum()


def _of_noise(noise: Noise) -> Chart:
    """Return a chart of noise, cut off where nothing is left of the weight."""
    low, high, point, speed = {real: REAL, nonnegative: SIZE}.get(noise.support, SHARE)

    def weight(t: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.exp(noise.log_density(point(t))) * speed(t)

    t = np.linspace(low, high, 4001)
    kept = t[weight(t) > 1e-22]
    start, width = kept[0], kept[-1] - kept[0]
    return Chart(lambda s: point(start + width * s), lambda s: width * weight(start + width * s))
