"""Closed forms: expectations with their gradients, and the variances of their estimators.

`CASES` is the table; every estimator is held against all of it. Sources: Mohamed et al. 2020,
*Monte Carlo Gradient Estimation in Machine Learning*, section 3 (Gaussian cases); Tucker et al.
2017, *REBAR*, and Grathwohl et al. 2018, *Backpropagation through the Void* (the toy with t = 0.45,
0.49, 0.499); Yin and Zhou 2019, *ARM*, section 4.1 (the same with 0.501, 0.51); Kool et al. 2020,
*Estimating Gradients … by Sampling without Replacement*, section 5.1 (the toy with many coins);
Schulman et al. 2015, *Gradient Estimation Using Stochastic Computation Graphs*, figure 1 (its five
graphs, with laws and costs chosen here); Foerster et al. 2018, *DiCE*, section 3.3; the others are
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
SCORE, AVERAGE, PATHWISE, WEAK = "reinforce", "leave_one_out", "reparameterize", "measure_valued"


@dataclass(frozen=True)
class Case:
    """An expectation E[Y] with what is known about it.

    ``build(*parameters)`` makes Y; `gradient` and the values of `variances` (by estimator) are in
    the order of the parameters, None where nothing is known. `best` maps a parameter to the best
    constant baseline and the variance with it. `points` are enough for an exact average.
    """

    name: str
    build: Graph
    parameters: Mapping[str, Any]
    value: float
    gradient: tuple[Any, ...]
    variances: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    best: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    points: int | None = None

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
            WEAK: (4 * d**2 * (4 / math.pi - 1), 4 * d**2 + 4 * sigma**2),
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
    """The coins differ from their twins where u < low or u > high; there |u - ½| is uniform."""
    slope = theta * (1 - theta) * (1 - 2 * t)
    second = theta * (1 - theta) ** 2 * (1 - t) ** 4 + (1 - theta) * theta**2 * t**4
    low, high = min(theta, 1 - theta), max(theta, 1 - theta)
    cube = 2 * (0.5**3 - (high - 0.5) ** 3) / 3
    return Case(
        f"REBAR toy, t={t}, θ={theta}",
        lambda a: (mg.sample(mg.Bernoulli(mg.sigmoid(a)), name="b", rng=1) - t) ** 2,
        {"α": math.log(theta / (1 - theta))},
        t**2 + theta * (1 - 2 * t),
        (slope,),
        {
            SCORE: (second - slope**2,),
            "arm": ((1 - 2 * t) ** 2 * cube - slope**2,),
            "disarm": (2 * low * ((1 - 2 * t) * high / 2) ** 2 - slope**2,),
            **dict.fromkeys([WEAK, "marginalize", "sum_and_sample", "unordered_set"], (0.0,)),
        },
        {"α": ((1 - theta) * (1 - t) ** 2 + theta * t**2, 0.0)},
    )


def _coins(theta: tuple[float, ...], t: float) -> Case:
    """The mean of (b - t)² over coins: each the toy above, over their number."""
    p, n = np.array(theta), len(theta)
    low, high = np.minimum(p, 1 - p), np.maximum(p, 1 - p)
    slope = p * (1 - p) * (1 - 2 * t)
    return Case(
        f"toy of {n} coins, t={t}",
        lambda a: mg.mean((mg.sample(mg.Bernoulli(logits=a), name="b", rng=1) - t) ** 2),
        {"α": np.log(p / (1 - p))},
        float(t**2 + np.mean(p) * (1 - 2 * t)),
        (slope / n,),
        {
            "disarm": ((2 * low * ((1 - 2 * t) * high / 2) ** 2 - slope**2) / n**2,),
            **dict.fromkeys([WEAK, "marginalize"], (np.zeros(n),)),
        },
    )


def _dice(theta: float) -> Case:
    """The 1 of 1 - x carries no score: x = 1 gives (1-θ)/θ - (1+θ)/θ - 1 = -3, x = 0 gives 1."""

    def build(p: mg.Data) -> mg.Data:
        x = mg.sample(mg.Bernoulli(p), name="X", rng=1)
        return x * (1 - p) + (1 - x) * (1 + p)

    return Case(
        f"DiCE, θ={theta}",
        build,
        {"θ": theta},
        1 + theta - 2 * theta**2,
        (1 - 4 * theta,),
        {SCORE: (9 * theta + (1 - theta) - (1 - 4 * theta) ** 2,)},
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
        {
            SCORE: (4 * (loc**4 + 14 * loc**2 + 15),),
            PATHWISE: (16.0,),
            WEAK: (16 * loc**2 * (4 / math.pi - 1),),
        },
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
        {PATHWISE: (sigma**2, mu**2 + 2 * sigma**2)},  # of x = μ + σε, and of xε - 1/σ
    )


def _binomial_of_binomial(p: float, n: int = 2) -> Case:
    """m ~ Bin(n', p) with n' ~ Bin(n, p), as sums of coins: E[m] = n p²."""

    def build(p: mg.Data) -> mg.Data:
        first = mg.sample(mg.Bernoulli(p * np.ones(n)), name="first", rng=1)
        second = mg.sample(mg.Bernoulli(p * first), name="second", rng=2)
        return mg.sum(second * 1.0)

    return Case("binomial of binomial", build, {"p": p}, n * p**2, (2 * n * p,))


def _uniform(low: float, high: float) -> Case:
    """x = low + wu: ∂ = 2x(1 - u), 2xu; and the edges' (F(edge) - F(x))/w, whichever edge."""
    w, slopes = high - low, ((2 * low + high) / 3, (low + 2 * high) / 3)
    square = (low**2 + low * high + high**2) / 3
    spread = ((high**5 - low**5) / (5 * w) - square**2) / w**2
    return Case(
        "uniform square",
        lambda a, b: mg.sample(mg.Uniform(a, b), name="X", rng=1) ** 2,
        {"low": low, "high": high},
        square,
        slopes,
        {
            PATHWISE: (
                4 * (high**2 / 3 - high * w / 2 + w**2 / 5) - slopes[0] ** 2,
                4 * (low**2 / 3 + low * w / 2 + w**2 / 5) - slopes[1] ** 2,
            ),
            WEAK: (spread, spread),
        },
    )


def _exponential(rate: float) -> Case:
    """E[x²] = 2/λ²; E[x⁴ (1/λ - x)²] = (24/λ⁴)(1 - 2·5 + 30)/λ²; x = e/λ, so ∂ = -2e²/λ³.

    The weak derivative is -(2xe + e²)/λ, with e of the same law: E[4x²e² + 4xe³ + e⁴] = 64/λ⁴.
    """
    return Case(
        "exponential square",
        lambda r: mg.sample(mg.Exponential(r), name="X", rng=1) ** 2,
        {"λ": rate},
        2 / rate**2,
        (-4 / rate**3,),
        {
            SCORE: (24 * 21 / rate**6 - 16 / rate**6,),
            PATHWISE: (4 * 24 / rate**6 - 16 / rate**6,),
            WEAK: (48 / rate**6,),
        },
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
        {SCORE: (m[4] / rate**2 - 2 * m[3] / rate + m[2] - 1.0,), WEAK: (0.0,)},
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
            "marginalize": (0.0 * p,),
        },
    )


def _gamma(shape: float, rate: float) -> Case:
    """E[x²] = α(α + 1)/β²; with the rate alone x = z/β, so ∂β = -2x²/β."""
    second = shape * (shape + 1) / rate**2
    fourth = second * (shape + 2) * (shape + 3) / rate**2
    return Case(
        "gamma square",
        lambda a, b: mg.sample(mg.Gamma(a, b), name="X", rng=1) ** 2,
        {"α": shape, "β": rate},
        second,
        ((2 * shape + 1) / rate**2, -2 * second / rate),
        {PATHWISE: (None, 4 * (fourth - second**2) / rate**2)},
    )


def _law_of_function(theta: float) -> Case:
    """Schulman et al. 2015, figure 1, (2): θ → θ² → x ~ N(θ², 1) → x²."""
    return Case(
        "parameter of a function",
        lambda t: mg.sample(mg.Normal(t**2, 1.0), name="x", rng=1) ** 2,
        {"θ": theta},
        theta**4 + 1,
        (4 * theta**3,),
        {PATHWISE: (16 * theta**2,)},  # of 4θx
    )


def _both_ways(theta: float) -> Case:
    """Figure 1, (3): x ~ N(θ, 1) and y = θ meet in θ x²: ∂ = x² + 2θx, of mean 3θ² + 1."""
    return Case(
        "parameter in both",
        lambda t: t * mg.sample(mg.Normal(t, 1.0), name="x", rng=1) ** 2,
        {"θ": theta},
        theta**3 + theta,
        (3 * theta**2 + 1,),
        {PATHWISE: (2 + 16 * theta**2,)},  # of x² + 2θx with x = θ + ε: ε² + 4θε + …
    )


def _two_costs(theta: float) -> Case:
    """Figure 1, (4): x ~ Bernoulli(θ) costs x, and y ~ N(θx, 1) costs y²: θ + θ³ + 1."""

    def build(t: mg.Data) -> mg.Data:
        x = mg.sample(mg.Bernoulli(t), name="x", rng=1)
        return x + mg.sample(mg.Normal(t * x, 1.0), name="y", rng=2) ** 2

    return Case(
        "two costs", build, {"θ": theta}, theta + theta**3 + 1, (1 + 3 * theta**2,), points=40
    )


def _recurrent(theta: float, steps: int = 2) -> Case:
    """Figure 1, (5): x₁ ~ N(θ, 1), xₖ ~ N(θ xₖ₋₁, 1), each costs xₖ²; mₖ = 1 + θ² mₖ₋₁."""

    def build(t: mg.Data) -> mg.Data:
        x, y = mg.Data(1.0, constant=True), mg.Data(0.0, constant=True)
        for k in range(1, steps + 1):
            x = mg.sample(mg.Normal(t * x, 1.0), name=f"x{k}", rng=k)
            y = y + x**2
        return y

    m, slope, value, slopes = 1.0, 0.0, 0.0, 0.0
    for _ in range(steps):
        m, slope = 1 + theta**2 * m, 2 * theta * m + theta**2 * slope
        value, slopes = value + m, slopes + slope
    return Case("recurrent network", build, {"θ": theta}, value, (slopes,), points=36)


CASES = [
    _square(1.0, 1.0, 0.0), _square(1.0, 0.7, 3.0), _square(-2.0, 1.5, 0.5),
    _exp(1.0, 1.0, 0.1), _exp(1.0, 1.0, 1.0), _exp(0.3, 0.6, 2.0),
    _cos(1.0, 1.0, 0.5), _cos(1.0, 1.0, 2.0), _cos(0.4, 0.8, 1.3),
    _rebar(0.45, 0.5), _rebar(0.49, 0.5), _rebar(0.499, 0.5), _rebar(0.501, 0.5),
    _rebar(0.51, 0.3), _rebar(0.3, 0.2), _coins((0.3, 0.9), 0.6),
    _dice(0.3), _storchastic(), _kl(0.8, 0.6), _binomial_of_binomial(0.4),
    _uniform(-0.5, 2.0), _exponential(1.7), _poisson(3.0),
    _categorical((0.1, -0.7, 0.4), (1.0, 4.0, -2.0)), _gamma(2.5, 1.3),
    _law_of_function(0.9), _both_ways(0.6), _two_costs(0.4), _recurrent(0.7),
]  # fmt: skip

SCORED = [c for c in CASES if c.name != "uniform square"]  # whose support moves

# Variance of the μ-gradient at μ = σ = 1: score, with the best constant, pathwise, measure-valued.
FIGURE_2 = [
    ("gaussian exp(-0.1x²)", 0.56353, 0.040468, 0.01629, 0.002509),
    ("gaussian exp(-1.0x²)", 0.17575, 0.072222, 0.21172, 0.012568),
    ("gaussian cos(0.5x)", 0.45525, 0.11786, 0.039285, 0.008276),
    ("gaussian cos(2.0x)", 0.44107, 0.41252, 1.9399, 0.22408),
]


def case(name: str) -> Case:
    """Return a case by its name."""
    (found,) = [c for c in CASES if c.name == name]
    return found


def nested():
    """Return Y and the parameter; of two draws the first moves the second."""
    a = mg.Data(0.4, name="a")
    x1 = mg.sample(mg.Normal(a, 1.0), name="X1", rng=1)
    x2 = mg.sample(mg.Normal(x1 * a, mg.exp(0.3 * a)), name="X2", rng=2)
    y = x1 + x2**2 * a
    y.name = "Y"
    return y, a


def wave():
    """Return a pathwise Y and its two parameters; of one draw, in which it is smooth."""
    mu, s = mg.Data(1.0, name="μ"), mg.Data(-0.3, name="s")
    x = mg.sample(mg.Normal(mu, mg.exp(s)), name="X", rng=0)
    y = (x - 3) ** 2 + mg.cos(x) * mg.exp(-(x**2) / 10)
    return mg.reparameterize(y), [mu, s]
