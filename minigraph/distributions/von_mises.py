"""The von Mises law: the normal law of an angle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import rint
from ..ops.trigonometry import sin
from .base import Distribution
from .charts import Chart, midpoints
from .constraints import Constraint, nonnegative, positive, real
from .implicit import followed, slope_of
from .many import Line
from .special import bessel_gap, log_i0e

NODES, WEIGHTS = (tuple(x) for x in np.polynomial.legendre.leggauss(48))


def _slope(x: Any, k: Any) -> Any:
    """Return dx/dk = ∫ₓ^π exp(k (cos t - cos x)) (cos t - A(k)) dt, A = I₁/I₀.

    The integral over the whole half circle is 0; that from 0 is its opposite, and near 0 better.
    """
    dtype = np.result_type(x, k)
    x, k = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(k, dtype=float))
    size = np.abs(x)
    end = np.where(size > 0.5 * math.pi, math.pi, 0.0)
    middle, half = 0.5 * (size + end), 0.5 * (end - size)
    gap = bessel_gap.forward(k)
    total = np.zeros(x.shape)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        t = middle + half * node
        # cos t - cos x without the cancellation of two angles that are close
        above = 2.0 * np.sin(0.5 * (size + t)) * np.sin(0.5 * (size - t))
        total += weight * np.exp(k * above) * (gap - 2.0 * np.sin(0.5 * t) ** 2)
    return (np.sign(x) * half * total).astype(dtype)


angle = Constraint("real, an angle in radians", np.isfinite)
angle_slope = slope_of(
    "angle sample slope",
    _slope,
    Line(np.positive, np.positive, np.ones_like, lambda k: 0.75 * min(1.0, k**-0.5)),
)
angle_sample = followed("angle sample", [angle_slope])


def in_one_turn(x: Any) -> Any:
    """Return angles less whole turns, in [-π, π]."""
    return x - 2.0 * math.pi * rint(x * (0.5 / math.pi))


class StandardVonMises(Distribution):
    """The law of an angle around 0: the noise of its family."""

    constraints = {"concentration": nonnegative}
    support = angle

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.asarray(rng.vonmises(0.0, self.concentration, shape), dtype=self.dtype)

    def formula(self, x: Any) -> Any:
        half = sin(0.5 * x)  # cos x - 1 without cancellation
        k = self.concentration
        return -2.0 * k * (half * half) - log_i0e(k) - math.log(2.0 * math.pi)

    def _width(self) -> Any:
        """Return the angle on either side beyond which next to nothing is left."""
        return 2.0 * np.arcsin(np.sqrt(20.0 / np.maximum(self.concentration, 20.0)))

    def chart(self) -> Chart:
        """Return even points of the arc that matters; all around, they are a rule for anything."""
        return Chart(lambda s: 2.0 * s - 1.0, np.ones_like)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """Even points."""
        return midpoints(self.chart(), n)

    def place(self, points: Any) -> Any:
        return self._width() * points

    def tilt(self, points: Any) -> Any:
        return 2.0 * self._width() * np.exp(self.formula(self.place(points)))


class VonMises(Distribution):
    """The von Mises law of an angle, with density exp(k cos(x - loc)) / (2π I₀(k)).

    Samples are in [-π, π]; the density is periodic. When `loc` moves, samples leave at one end and
    come in at the other, so pathwise gradients are right for functions of period 2π only, and are
    refused without ``continuous=True``. Samples are differentiated implicitly, along their
    quantiles. Needs the extra ``scipy``.

    Parameters
    ----------
    loc : array_like
        The mean direction, in radians.
    concentration : array_like
        k, positive; for large k the law is nearly Normal(loc, 1/√k).

    Raises
    ------
    InputError
        If `concentration` is not positive, or the parameters do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.VonMises(0.5, 4.0).mean.value
    0.5
    """

    constraints = {"loc": real, "concentration": positive}
    support = angle
    standard = StandardVonMises
    transform_jumps = True

    def __init__(self, loc: Any, concentration: Any) -> None:
        super().__init__(loc=loc, concentration=concentration)

    def transform(self, noise: Any) -> Any:
        return in_one_turn(self.loc + angle_sample(noise, self.concentration))

    def formula(self, x: Any) -> Any:
        return StandardVonMises.formula(self, x - self.loc)  # type: ignore[arg-type]

    @property
    def mean(self) -> Any:
        """The mean direction."""
        return self.full(self.loc)

    @property
    def variance(self) -> Any:
        """The circular variance, 1 - I₁(k)/I₀(k)."""
        return self.full(bessel_gap(self.concentration))

    @property
    def mode(self) -> Any:
        """Where the density is highest: `loc`."""
        return self.full(self.loc)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        k = self.concentration
        return self.full(math.log(2.0 * math.pi) + log_i0e(k) + k * bessel_gap(k))
