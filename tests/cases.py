"""Closed forms: expectations with their gradients, and the variances of their estimators.

`CASES` is the table; every estimator is held against all of it. Sources: Mohamed et al. 2020,
*Monte Carlo Gradient Estimation in Machine Learning*, section 3 (Gaussian cases); Tucker et al.
2017, *REBAR* (the Bernoulli toy); Foerster et al. 2018, *DiCE*, section 3.3; the others are
derived in a line. All variances are of one sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import minigraph as mg

Graph = Callable[..., mg.Data]
SCORE, AVERAGE, PATHWISE = "score", "score, baseline E[F]", "pathwise"


@dataclass(frozen=True)
class Case:
    """An expectation E[Y] with what is known about it.

    ``build(*parameters)`` makes Y; `gradient` and the values of `variances` (by estimator) are in
    the order of the parameters, None where nothing is known. `best` maps a parameter to the best
    constant baseline and the variance with it.
    """

    name: str
    build: Graph
    parameters: Mapping[str, Any]
    value: float
    gradient: tuple[Any, ...]
    variances: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    best: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    pathwise: bool = True
    score: bool = True

    def graph(self) -> tuple[mg.Data, list[mg.Data]]:
        """Return a new Y and its parameters."""
        inputs = [mg.Data(value, name=name) for name, value in self.parameters.items()]
        y = self.build(*inputs)
        y.name = "Y"
        return y, inputs


def _normal(f: Callable[[Any], Any]) -> Graph:
    return lambda mu, sigma: f(mg.sample(mg.Normal(mu, sigma), name="X", rng=1))


def _square(mu: float, sigma: float, k: float) -> Case:
    d = mu - k
    return Case(
        f"gaussian square, d={d}, σ={sigma}",
        _normal(lambda x: (x - k) ** 2),
        {"μ": mu, "σ": sigma},
        d**2 + sigma**2,
        (2 * d, 2 * sigma),
        {
            SCORE: (
                d**4 / sigma**2 + 14 * d**2 + 15 * sigma**2,
                2 * d**4 / sigma**2 + 60 * d**2 + 74 * sigma**2,
            ),
            AVERAGE: (8 * d**2 + 10 * sigma**2, None),
            PATHWISE: (4 * sigma**2, 4 * d**2 + 8 * sigma**2),
        },
        {
            "μ": (d**2 + 3 * sigma**2, 8 * d**2 + 6 * sigma**2),
            "σ": (d**2 + 5 * sigma**2, 40 * d**2 + 24 * sigma**2),
        },
    )


def _exp(mu: float, sigma: float, k: float) -> Case:
    D = 1 + 2 * k * sigma**2
    value = math.exp(-k * mu**2 / D) / math.sqrt(D)
    return Case(
        f"gaussian exp(-{k}x²)",
        _normal(lambda x: mg.exp(-k * x**2)),
        {"μ": mu, "σ": sigma},
        value,
        (
            -2 * k * mu * value / D,
            value * (-2 * k * sigma / D + 4 * k**2 * mu**2 * sigma / D**2),
        ),
    )


def _cos(mu: float, sigma: float, k: float) -> Case:
    e = math.exp(-(k**2) * sigma**2 / 2)
    slope = -k * e * math.sin(k * mu)
    ripple = e**4 * math.cos(2 * k * mu)
    return Case(
        f"gaussian cos({k}x)",
        _normal(lambda x: mg.cos(k * x)),
        {"μ": mu, "σ": sigma},
        e * math.cos(k * mu),
        (slope, -(k**2) * sigma * e * math.cos(k * mu)),
        {
            PATHWISE: (k**2 / 2 * (1 - ripple) - slope**2, None),
            SCORE: (
                (1 + (1 - 4 * k**2 * sigma**2) * ripple) / (2 * sigma**2) - slope**2,
                None,
            ),
        },
    )


def _rebar(t: float, theta: float) -> Case:
    alpha = math.log(theta / (1 - theta))
    slope = theta * (1 - theta) * (1 - 2 * t)
    second = theta * (1 - theta) ** 2 * (1 - t) ** 4 + (1 - theta) * theta**2 * t**4
    return Case(
        f"REBAR toy, t={t}, θ={theta}",
        lambda a: (mg.sample(mg.Bernoulli(mg.sigmoid(a)), name="b", rng=1) - t) ** 2,
        {"α": alpha},
        t**2 + theta * (1 - 2 * t),
        (slope,),
        {SCORE: (second - slope**2,)},
        {"α": ((1 - theta) * (1 - t) ** 2 + theta * t**2, 0.0)},
        pathwise=False,
    )


def _dice(theta: float) -> Case:
    def build(p: mg.Data) -> mg.Data:
        x = mg.sample(mg.Bernoulli(p), name="X", rng=1)
        return x * (1 - p) + (1 - x) * (1 + p)

    return Case(
        f"DiCE, θ={theta}",
        build,
        {"θ": theta},
        1 + theta - 2 * theta**2,
        (1 - 4 * theta,),
        pathwise=False,
    )


def _storchastic() -> Case:
    """d · e², d = 2, e ~ N(-2.77, 1): the square of the table above, times 2."""
    loc = -2.77
    return Case(
        "Storchastic's tutorial",
        lambda m: 2.0 * mg.sample(mg.Normal(m, 1.0), name="e", rng=1) ** 2,
        {"loc": loc},
        2 * (loc**2 + 1),
        (4 * loc,),
        {SCORE: (4 * (loc**4 + 14 * loc**2 + 15),), PATHWISE: (16.0,)},
    )


def _kl(mu: float, sigma: float) -> Case:
    def build(m: mg.Data, s: mg.Data) -> mg.Data:
        q = mg.Normal(m, s)
        x = mg.sample(q, name="X", rng=1)
        return q.log_prob(x) - mg.Normal(0.0, 1.0).log_prob(x)

    return Case(
        "KL(N(μ, σ²) ‖ N(0, 1))",
        build,
        {"μ": mu, "σ": sigma},
        0.5 * (mu**2 + sigma**2 - 1 - math.log(sigma**2)),
        (mu, sigma - 1 / sigma),
    )


def _binomial_of_binomial(p: float, n: int = 3) -> Case:
    """m ~ Bin(n', p) with n' ~ Bin(n, p), as sums of coins: E[m] = n p²."""

    def build(p: mg.Data) -> mg.Data:
        first = mg.sample(mg.Bernoulli(p * np.ones(n)), name="first", rng=1)
        second = mg.sample(mg.Bernoulli(p * first), name="second", rng=2)
        return mg.sum(second * 1.0)

    return Case(
        "binomial of binomial", build, {"p": p}, n * p**2, (2 * n * p,), pathwise=False, score=False
    )


def _uniform(low: float, high: float) -> Case:
    return Case(
        "uniform square",
        lambda a, b: mg.sample(mg.Uniform(a, b), name="X", rng=1) ** 2,
        {"low": low, "high": high},
        (low**2 + low * high + high**2) / 3,
        ((2 * low + high) / 3, (low + 2 * high) / 3),
        score=False,
    )


def _exponential(rate: float) -> Case:
    """E[x²] = 2/λ²; E[x⁴ (1/λ - x)²] = (24/λ⁴)(1 - 2·5 + 30)/λ²; x = e/λ, so ∂ = -2e²/λ³."""
    return Case(
        "exponential square",
        lambda r: mg.sample(mg.Exponential(r), name="X", rng=1) ** 2,
        {"λ": rate},
        2 / rate**2,
        (-4 / rate**3,),
        {SCORE: (24 * 21 / rate**6 - 16 / rate**6,), PATHWISE: (4 * 24 / rate**6 - 16 / rate**6,)},
    )


def _poisson(rate: float) -> Case:
    """F = n, score n/λ - 1: E[n² (n/λ - 1)²] = λ + 5 + 1/λ - … from the moments of n."""
    m = [1.0, rate, rate + rate**2, rate + 3 * rate**2 + rate**3]
    m.append(rate + 7 * rate**2 + 6 * rate**3 + rate**4)
    return Case(
        "poisson mean",
        lambda r: 1.0 * mg.sample(mg.Poisson(r), name="N", rng=1),
        {"λ": rate},
        rate,
        (1.0,),
        {SCORE: (m[4] / rate**2 - 2 * m[3] / rate + m[2] - 1.0,)},
        pathwise=False,
    )


def _categorical(logits: tuple[float, ...], costs: tuple[float, ...]) -> Case:
    """With probabilities p: ∂/∂logit_k E[f] = p_k (f_k - E[f]); the score is onehot - p."""
    p = np.exp(logits) / np.exp(logits).sum()
    f = np.array(costs)
    slope = p * (f - p @ f)
    samples = f[:, None] * (np.eye(len(p)) - p)
    centred = (f - p @ f)[:, None] * (np.eye(len(p)) - p)
    return Case(
        "categorical table",
        lambda z: mg.Data(f, constant=True)[mg.sample(mg.Categorical(logits=z), name="k", rng=1)],
        {"logits": np.array(logits)},
        float(p @ f),
        (slope,),
        {
            SCORE: (p @ samples**2 - slope**2,),
            AVERAGE: (p @ centred**2 - slope**2,),
        },
        pathwise=False,
    )


CASES = [
    _square(1.0, 1.0, 0.0), _square(1.0, 0.7, 3.0), _square(-2.0, 1.5, 0.5),
    _exp(1.0, 1.0, 0.1), _exp(1.0, 1.0, 1.0), _exp(0.3, 0.6, 2.0),
    _cos(1.0, 1.0, 0.5), _cos(1.0, 1.0, 2.0), _cos(0.4, 0.8, 1.3),
    _rebar(0.45, 0.5), _rebar(0.499, 0.5), _rebar(0.3, 0.2),
    _dice(0.3), _storchastic(), _kl(0.8, 0.6), _binomial_of_binomial(0.4),
    _uniform(-0.5, 2.0), _exponential(1.7), _poisson(3.0),
    _categorical((0.1, -0.7, 0.4), (1.0, 4.0, -2.0)),
]  # fmt: skip

# Variance of the μ-gradient at μ = σ = 1: score, score with the best constant, pathwise.
FIGURE_2 = [
    ("gaussian exp(-0.1x²)", 0.56353, 0.040468, 0.01629),
    ("gaussian exp(-1.0x²)", 0.17575, 0.072222, 0.21172),
    ("gaussian cos(0.5x)", 0.45525, 0.11786, 0.039285),
    ("gaussian cos(2.0x)", 0.44107, 0.41252, 1.9399),
]


def case(name: str) -> Case:
    """Return a case by its name."""
    (found,) = [c for c in CASES if c.name == name]
    return found
