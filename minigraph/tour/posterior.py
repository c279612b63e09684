"""Bayesian logistic regression of O-ring distress on launch temperature, as a graph to be trained.

The temperature t is standardised, z = (t − mean)/scale, so that both weights are of size one.
The posterior is a Gaussian with a full covariance, one draw after the other: the slope, then the
intercept around a line in the slope. That is the Cholesky factor of the covariance as a graph.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..averages.exact import exact
from ..averages.expectation import expectation
from ..challenger import flights
from ..data import Data
from ..distributions import Bernoulli, Normal, sample
from ..gradient import gradient
from ..ops.boxes import function
from ..ops.elementwise import exp, sigmoid
from ..ops.reductions import sum_
from ..optimize import Adam
from .text import bar

PRIOR_SCALE = 2.5  # of both weights: mild, on a standardised temperature
LAUNCH = 31.0  # °F, the morning of Challenger
INTERVAL = 0.9
STEPS, SAMPLES, RATE = 1000, 32, 0.05

TEMPERATURE, DISTRESS = flights()
MEAN, SCALE = float(TEMPERATURE.mean()), float(TEMPERATURE.std())


class Summary(NamedTuple):
    """What a posterior says: slope per °F, and the probability of distress at 31 °F."""

    evidence: float  # the ELBO, or for the true posterior the log evidence, in nats
    slope: float
    slope_scale: float
    probability: float
    interval: tuple[float, float]


class Fit(NamedTuple):
    """A run of training: the ELBO as every step estimated it, and the parameters after it."""

    elbos: list[float]
    parameters: list[list[float]]


@function
def log_likelihood(intercept: Data, slope: Data) -> Data:
    """Return log P(distress | weights), summed over the flights, in nats."""
    logits = intercept + slope * ((TEMPERATURE - MEAN) / SCALE)
    return sum_(Bernoulli(logits=logits).log_prob(DISTRESS))


@function
def log_prior(intercept: Data, slope: Data) -> Data:
    """Return the log-density of the weights before any flight, in nats."""
    prior = Normal(0.0, PRIOR_SCALE)
    return prior.log_prob(intercept) + prior.log_prob(slope)


@function
def entropy(*scales: Data) -> Data:
    """Return the entropy of independent Gaussian noises, in nats."""
    first, second = [Normal(0.0, scale).entropy() for scale in scales]
    return first + second


@function
def line(slope: Data, loc_slope: Data, tilt: Data, loc_intercept: Data) -> Data:
    """Return the mean of the intercept, given the slope."""
    return loc_intercept + tilt * (slope - loc_slope)


class Posterior:
    """The graph of one sample of the ELBO, built once and then only replayed.

    Its entropy depends on the parameters directly, the rest through draws: a gradient that
    followed the open path alone would be wrong (the objective L3).
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        names = "loc_slope", "log_scale_slope", "loc_intercept", "log_scale_intercept", "tilt"
        self.parameters = [Data(0.0, name=name) for name in names]
        loc_slope, log_scale_slope, loc_intercept, log_scale_intercept, tilt = self.parameters
        scales = [exp(log_scale_slope), exp(log_scale_intercept)]
        for scale, name in zip(scales, ("scale_slope", "scale_intercept"), strict=True):
            scale.name = name
        self.slope = sample(Normal(loc_slope, scales[0]), name="slope", rng=rng)
        center = line(self.slope, loc_slope, tilt, loc_intercept)
        self.intercept = sample(Normal(center, scales[1]), name="intercept", rng=rng)
        weights = self.intercept, self.slope
        self.elbo = log_likelihood(*weights) + log_prior(*weights) + entropy(*scales)
        self.elbo.name = "ELBO"
        self.logit = self.intercept + self.slope * ((LAUNCH - MEAN) / SCALE)

    def assign(self, values: list[float]) -> None:
        """Assign all parameters."""
        for x, value in zip(self.parameters, values, strict=True):
            x.value = value

    def fit(self, elbo: Data, steps: int, rng: np.random.Generator, progress: bool) -> Fit:
        """Train from the start by gradient ascent of `elbo`, a rewrite of the ELBO."""
        self.assign([0.0] * len(self.parameters))
        slowing = lambda step: RATE * math.cos(math.pi / 2 * step / steps)
        adam = Adam(self.parameters, slowing, maximize=True)
        fit = Fit([], [])
        for _ in bar(range(steps), "fit", progress):
            estimate = expectation(elbo, SAMPLES, wrt=self.parameters, rng=rng)
            adam.step(estimate.grad)
            fit.elbos.append(estimate.value)
            fit.parameters.append([x.value for x in self.parameters])
        return fit

    def summary(self) -> Summary:
        """Return what the posterior says at its parameters of now, by quadrature."""
        slope, logit = exact(self.slope), exact(self.logit)
        law = NormalDist(logit.value, math.sqrt(logit.variance))  # a sum of Gaussians is one
        low, high = [float(sigmoid(law.inv_cdf((1 + s * INTERVAL) / 2))) for s in (-1, 1)]
        return Summary(
            exact(self.elbo).value,
            slope.value / SCALE,
            math.sqrt(slope.variance) / SCALE,
            exact(sigmoid(self.logit)).value,
            (low, high),
        )


def maximum_likelihood() -> tuple[float, float, float]:
    """Return intercept and slope per °F of the most likely weights, and their deviance.

    Newton's method: the gradient is a graph, and is differentiated once more.
    """
    weights = np.zeros(2)
    for _ in range(10):
        w = Data(weights)
        y = log_likelihood(w[0], w[1])
        slopes = gradient(y, w)
        hessian = np.array([gradient(slopes[i], w).value for i in range(2)])
        weights = weights - np.linalg.solve(hessian, slopes.value)
    intercept, slope = weights
    return intercept - slope * MEAN / SCALE, slope / SCALE, -2 * y.value
