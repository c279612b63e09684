"""The true posterior of the flights, on a grid, in plain NumPy: what the fits are measured by."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..ops.elementwise import sigmoid
from .posterior import (
    DISTRESS,
    INTERVAL,
    LAUNCH,
    MEAN,
    PRIOR_SCALE,
    SCALE,
    TEMPERATURE,
    Summary,
)

POINTS = 201
INTERCEPTS, SLOPES = (-7.0, 5.0), (-10.0, 4.0)  # beyond these the posterior has mass below 1e-6


class Grid(NamedTuple):
    """The posterior probability of every pair of weights."""

    intercept: Any  # (POINTS, 1)
    slope: Any  # (1, POINTS), for a standardised temperature
    weights: Any  # (POINTS, POINTS), of sum 1
    log_evidence: float  # in nats

    def mean(self, x: Any) -> float:
        """Return the posterior mean of a function on the grid."""
        return float(np.sum(self.weights * x))

    def interval(self, x: Any) -> tuple[float, float]:
        """Return the central interval that a function on the grid lies in with 90 %."""
        order = np.argsort(x, axis=None)
        total = np.cumsum(self.weights.ravel()[order])
        low, high = np.searchsorted(total, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
        return float(x.ravel()[order[low]]), float(x.ravel()[order[high]])

    def probability(self, temperature: float) -> Any:
        """Return the probability of distress at a temperature in °F, for each pair of weights."""
        return sigmoid(self.intercept + self.slope * (temperature - MEAN) / SCALE)

    def summary(self) -> Summary:
        """Return what the true posterior says."""
        slope = self.slope / SCALE
        mean = self.mean(slope)
        p = self.probability(LAUNCH)
        scale = self.mean((slope - mean) ** 2) ** 0.5
        return Summary(self.log_evidence, mean, scale, self.mean(p), self.interval(p))


def true_posterior() -> Grid:
    """Return the posterior by the midpoint rule, which is exact to many digits where it decays."""
    intercept = np.linspace(*INTERCEPTS, POINTS)[:, None]
    slope = np.linspace(*SLOPES, POINTS)[None, :]
    log_joint = -(intercept**2 + slope**2) / (2 * PRIOR_SCALE**2)
    log_joint = log_joint - np.log(2 * np.pi * PRIOR_SCALE**2)
    for t, distress in zip(TEMPERATURE, DISTRESS, strict=True):
        logit = intercept + slope * (t - MEAN) / SCALE
        log_joint = log_joint + distress * logit - np.logaddexp(0, logit)
    cell = np.ptp(INTERCEPTS) * np.ptp(SLOPES) / (POINTS - 1) ** 2
    joint = np.exp(log_joint) * cell
    return Grid(intercept, slope, joint / joint.sum(), float(np.log(joint.sum())))
