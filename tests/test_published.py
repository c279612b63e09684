"""More closed forms: second derivatives of every kind of graph, and published estimators.

Sources: Foerster et al. 2018, *DiCE* (derivatives of any order); Glasserman 2003, *Monte Carlo
Methods in Financial Engineering*, chapter 7 (an option's delta, vega and gamma by both estimators);
the others are derived in a line, or by a quadrature of their own.
"""

import functools
import itertools
import math

import numpy as np
import pytest

import minigraph as mg

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(150)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
LOO = functools.partial(mg.reinforce, baseline="leave-one-out")
CONSTANT = functools.partial(mg.reinforce, baseline=0.6)
BOTH = [mg.reinforce, LOO, CONSTANT, mg.reparameterize]
SCORES = [mg.reinforce, LOO, CONSTANT]


def derivative(y, *wrt):
    """Return the exact expectation of the derivative estimator of `y`, once for each of `wrt`."""
    for x in wrt:
        y = mg.gradient(y, x)
    return mg.exact(y).value


def sampled(y, *wrt, samples=200_000):
    """Return the same by Monte Carlo, with its standard error."""
    for x in wrt:
        y = mg.gradient(y, x)
    found = mg.expectation(y, samples, rng=3)
    return found.value, found.stderr


# Normal ---------------------------------------------------------------------------------------
def normal(f, mu=0.7, sigma=0.8):
    mu, sigma = mg.Data(mu, name="μ"), mg.Data(sigma, name="σ")
    law = mg.Normal(mu, sigma)
    return f(mg.sample(law, name="X", rng=1), law), mu, sigma


@pytest.mark.parametrize("rewrite", BOTH)
def test_all_derivatives_of_the_third_moment(rewrite):
    """E x³ = μ³ + 3 μ σ²."""
    y, mu, sigma = normal(lambda x, law: x**3)
    z = rewrite(y)
    assert derivative(z, mu) == pytest.approx(3 * 0.49 + 3 * 0.64, rel=1e-9)
    assert derivative(z, mu, mu) == pytest.approx(6 * 0.7, rel=1e-9)
    assert derivative(z, sigma, sigma) == pytest.approx(6 * 0.7, rel=1e-9)
    assert derivative(z, mu, sigma) == pytest.approx(6 * 0.8, rel=1e-9)
    assert derivative(z, sigma, mu) == pytest.approx(6 * 0.8, rel=1e-9)


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.reparameterize])
def test_third_derivative_of_the_third_moment_is_6(rewrite):
    y, mu, _ = normal(lambda x, law: x**3)
    assert derivative(rewrite(y), mu, mu, mu) == pytest.approx(6.0, rel=1e-9)


@pytest.mark.parametrize("rewrite", BOTH)
def test_entropy_of_a_normal_moves_with_its_scale_alone(rewrite):
    """H = log σ + ½ log 2πe: the cost has the parameters in it, and so has the law."""
    y, mu, sigma = normal(lambda x, law: -law.log_prob(x))
    z = rewrite(y)
    assert derivative(z, sigma) == pytest.approx(1 / 0.8, rel=1e-9)
    assert derivative(z, sigma, sigma) == pytest.approx(-1 / 0.64, rel=1e-9)
    assert derivative(z, mu) == pytest.approx(0.0, abs=1e-9)
    assert derivative(z, mu, mu) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("rewrite", BOTH)
def test_mean_of_a_lognormal(rewrite):
    """E = exp(μ + σ²/2) = e: ∂μμ = e, ∂μσ = σ e, ∂σσ = (1 + σ²) e."""
    mu, sigma = mg.Data(0.2, name="μ"), mg.Data(0.5, name="σ")
    z = rewrite(mg.sample(mg.LogNormal(mu, sigma), name="X", rng=1) * 1.0)
    e = math.exp(0.2 + 0.125)
    assert derivative(z, mu, mu) == pytest.approx(e, rel=1e-8)
    assert derivative(z, mu, sigma) == pytest.approx(0.5 * e, rel=1e-8)
    assert derivative(z, sigma, sigma) == pytest.approx(1.25 * e, rel=1e-8)


# Discrete -------------------------------------------------------------------------------------
@pytest.mark.parametrize("rewrite", SCORES)
def test_entropy_of_a_coin(rewrite):
    """H' = log((1-θ)/θ), H'' = -1/(θ(1-θ))."""
    theta = mg.Data(0.3, name="θ")
    law = mg.Bernoulli(theta)
    z = rewrite(-law.log_prob(mg.sample(law, name="X", rng=1)))
    assert derivative(z, theta) == pytest.approx(math.log(0.7 / 0.3), rel=1e-9)
    assert derivative(z, theta, theta) == pytest.approx(-1 / 0.21, rel=1e-9)


@pytest.mark.parametrize("rewrite", SCORES)
def test_coin_that_tilts_another_coin(rewrite):
    """E = θ + 3 (θ·θ + (1-θ)·θ/2) = 5θ/2 + 3θ²/2."""
    theta = mg.Data(0.4, name="θ")
    first = mg.sample(mg.Bernoulli(theta), name="first", rng=1)
    second = mg.sample(mg.Bernoulli(theta * (1 + first) / 2), name="second", rng=2)
    z = rewrite(first + 3.0 * second)
    assert derivative(z, theta) == pytest.approx(2.5 + 3 * 0.4, rel=1e-9)
    assert derivative(z, theta, theta) == pytest.approx(3.0, rel=1e-9)
    value, error = sampled(z, theta, theta)
    assert abs(value - 3.0) < 5 * error
    assert error < 0.1


@pytest.mark.parametrize("rewrite", SCORES)
def test_second_moment_of_a_count(rewrite):
    """E n² = λ + λ²."""
    rate = mg.Data(2.5, name="λ")
    z = rewrite(1.0 * mg.sample(mg.Poisson(rate), name="N", rng=1) ** 2)
    assert derivative(z, rate) == pytest.approx(6.0, rel=1e-9)
    assert derivative(z, rate, rate) == pytest.approx(2.0, rel=1e-8)


def test_binomial_of_binomial_with_ten_tries():
    """E m = 10 p²."""
    p = mg.Data(0.3, name="p")
    n = mg.sample(mg.Binomial(10, p), name="n", rng=1)
    m = mg.sample(mg.Binomial(n, p), name="m", rng=2)
    assert mg.exact(1.0 * m, p).grad[p] == pytest.approx(20 * 0.3, rel=1e-9)
    z = mg.reinforce(1.0 * m)
    assert derivative(z, p) == pytest.approx(20 * 0.3, rel=1e-9)
    assert derivative(z, p, p) == pytest.approx(20.0, rel=1e-9)


def test_geometric_has_variance_192_and_64_with_the_best_baseline():
    p = mg.Data(0.5, name="p")
    y = 1.0 * mg.sample(mg.Geometric(p), name="N", rng=1)
    judged = [mg.assess(mg.reinforce(y, baseline=b), p, of=y, nodes=False) for b in (0, 1, 2)]
    assert judged[0].truth["p"] == pytest.approx(-4.0, rel=1e-9)
    assert all(abs(j.bias["p"]) < 1e-8 for j in judged)
    v = [j.variance["p"] for j in judged]
    assert v[0] == pytest.approx(192.0, rel=1e-6)
    bend, slope = (v[0] - 2 * v[1] + v[2]) / 2, v[1] - v[0]
    assert v[0] - (slope - bend) ** 2 / (4 * bend) == pytest.approx(64.0, rel=1e-6)


def test_categorical_hessian_is_that_of_the_sum_over_outcomes():
    """E = Σ p_k f_k with p = softmax: H = diag(q) - q pᵀ - p qᵀ where q = p (f - E)."""
    f, logits = np.array([1.0, 4.0, -2.0]), np.array([0.1, -0.7, 0.4])
    theta = mg.Data(logits, name="logits")
    k = mg.sample(mg.Categorical(logits=theta), name="k", rng=1)
    z = mg.reinforce(mg.Data(f, constant=True)[k])
    p = np.exp(logits) / np.exp(logits).sum()
    q = p * (f - p @ f)
    hessian = np.diag(q) - np.outer(q, p) - np.outer(p, q)
    g = mg.gradient(z, theta)
    found = [mg.exact(mg.gradient(g[i], theta)).value for i in range(3)]
    np.testing.assert_allclose(found, hessian, rtol=1e-9, atol=1e-12)


# Mixed ----------------------------------------------------------------------------------------
def mixed(theta=0.6):
    """Return Y = B (Z² + θ) with Z ~ N(θ, 1), B ~ Bernoulli(sigmoid(Z)): a draw upon a draw."""
    theta = mg.Data(theta, name="θ")
    z = mg.sample(mg.Normal(theta, 1.0), name="Z", rng=1)
    b = mg.sample(mg.Bernoulli(mg.sigmoid(z)), name="B", rng=2)
    return b * (z**2 + theta), theta


def mixed_truth(theta=0.6):
    """Return its mean, slope and curvature, by Gauss-Hermite quadrature over Z - θ."""
    z = theta + NODES
    s = 1 / (1 + np.exp(-z))
    s1, s2 = s * (1 - s), s * (1 - s) * (1 - 2 * s)
    h = s * (z**2 + theta)
    h1 = s1 * (z**2 + theta) + s * (2 * z + 1)
    h2 = s2 * (z**2 + theta) + 2 * s1 * (2 * z + 1) + 2 * s
    return [WEIGHTS @ x for x in (h, h1, h2)]


MIXED = {
    "score": mg.reinforce,
    "score and pathwise": lambda y: mg.unblock(y, {"Z": "reparameterize", "B": "reinforce"}),
    "pathwise first": lambda y: mg.reinforce(mg.reparameterize(y, "Z")),
    "score first": lambda y: mg.reparameterize(mg.reinforce(y, "B"), "Z"),
    "auto": mg.unblock,
}


@pytest.mark.parametrize("name", MIXED)
def test_mixed_graph_has_the_right_slope_and_curvature(name):
    y, theta = mixed()
    z = MIXED[name](y)
    value, slope, curvature = mixed_truth()
    assert mg.exact(z).value == pytest.approx(value, rel=1e-9)
    assert derivative(z, theta) == pytest.approx(slope, rel=1e-9)
    assert derivative(z, theta, theta) == pytest.approx(curvature, rel=1e-8)
    found, error = sampled(z, theta, theta)
    assert abs(found - curvature) < 5 * error
    assert error < 0.15


def test_curvature_of_a_detached_score_is_wrong_and_seen():
    y, theta = mixed()
    z = mg.unblock(y, {"Z": "reparameterize", "B": "reinforce"})
    first = mg.gradient(z, theta)
    graph = mg.Graph(y)
    b = graph["B"]
    half = mg.gradient(mg.reparameterize(mg.stop_gradient(b) * (graph["Z"] ** 2 + theta)), theta)
    assert mg.exact(half).value != pytest.approx(mg.exact(first).value, rel=0.01)


@pytest.mark.parametrize("rewrite", BOTH)
def test_objective_with_both_paths(rewrite):
    """E[θ x²] with x ~ N(θ, 1) is θ³ + θ: the third objective, 3θ² + 1 and 6θ."""
    theta = mg.Data(0.8, name="θ")
    z = rewrite(theta * mg.sample(mg.Normal(theta, 1.0), name="X", rng=1) ** 2)
    assert derivative(z, theta) == pytest.approx(3 * 0.64 + 1, rel=1e-9)
    assert derivative(z, theta, theta) == pytest.approx(6 * 0.8, rel=1e-9)


# Laws with a shape ----------------------------------------------------------------------------
def test_gamma_mean_by_score_and_pathwise():
    """F = x: ∂α = 1/β, ∂β = -α/β²; scores and paths from the moments α(α+1)…/β^k."""
    a, b = 2.5, 1.3
    alpha, beta = mg.Data(a, name="α"), mg.Data(b, name="β")
    y = 1.0 * mg.sample(mg.Gamma(alpha, beta), name="X", rng=1)
    m = list(itertools.accumulate(range(4), lambda c, k: c * (a + k) / b, initial=1.0))
    score = m[2] * (a / b) ** 2 - 2 * m[3] * (a / b) + m[4]
    by_score = mg.assess(mg.reinforce(y), [alpha, beta], of=y, nodes=False)
    by_path = mg.assess(mg.reparameterize(y), [alpha, beta], of=y, nodes=False)
    for judged in (by_score, by_path):
        assert judged.truth["α"] == pytest.approx(1 / b, rel=1e-8)
        assert judged.truth["β"] == pytest.approx(-a / b**2, rel=1e-8)
        assert abs(judged.bias["α"]) < 1e-6
        assert abs(judged.bias["β"]) < 1e-7
    assert by_score.variance["β"] == pytest.approx(score - a**2 / b**4, rel=1e-6)
    assert by_path.variance["β"] == pytest.approx(a / b**4, rel=1e-6)


def test_logarithm_of_a_beta():
    """X ~ Beta(a, 1) has log X = -Exponential(a): E = -1/a, ∂a = 1/a², Var SF = 13/a⁴."""
    a = mg.Data(1.7, name="a")
    y = mg.log(mg.sample(mg.Beta(a, 1.0), name="X", rng=1))
    judged = mg.assess(mg.reinforce(y), a, of=y, nodes=False)
    assert judged.expected["a"] == pytest.approx(1 / 1.7**2, rel=1e-7)
    assert judged.variance["a"] == pytest.approx(13 / 1.7**4, rel=1e-6)


# Options ----------------------------------------------------------------------------------------
SPOT, STRIKE, RATE, TIME, VOLATILITY = 100.0, 105.0, 0.03, 0.75, 0.25
D1 = (math.log(SPOT / STRIKE) + (RATE + VOLATILITY**2 / 2) * TIME) / (VOLATILITY * TIME**0.5)
D2 = D1 - VOLATILITY * TIME**0.5
FINE = {"points": 40_001}  # the pay-off has a kink


def density(x):
    return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def below(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def option(payoff):
    spot, volatility = mg.Data(SPOT, name="spot"), mg.Data(VOLATILITY, name="volatility")
    drift = mg.log(spot) + (RATE - 0.5 * volatility**2) * TIME
    end = mg.sample(mg.LogNormal(drift, volatility * TIME**0.5), name="end", rng=1)
    return math.exp(-RATE * TIME) * payoff(end), spot, volatility


def call(end):
    return mg.maximum(end - STRIKE, 0.0)


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.reparameterize])
def test_delta_and_vega_of_a_call_are_those_of_black_and_scholes(rewrite):
    y, spot, volatility = option(call)
    found = mg.exact(rewrite(y), [spot, volatility], **FINE)
    price = SPOT * below(D1) - STRIKE * math.exp(-RATE * TIME) * below(D2)
    assert found.value == pytest.approx(price, rel=1e-6)
    assert found.grad[spot] == pytest.approx(below(D1), rel=5e-4)
    assert found.grad[volatility] == pytest.approx(SPOT * density(D1) * TIME**0.5, rel=5e-4)


def test_gamma_of_a_call_by_the_score_of_the_score():
    y, spot, _ = option(call)
    second = mg.gradient(mg.gradient(mg.reinforce(y), spot), spot)
    gamma = density(D1) / (SPOT * VOLATILITY * TIME**0.5)
    assert mg.exact(second, **FINE).value == pytest.approx(gamma, rel=1e-6)
    found = mg.expectation(second, 400_000, rng=2, noise="antithetic")
    assert abs(found.value - gamma) < 5 * found.stderr
    assert found.stderr < 0.05 * gamma


def test_pathwise_delta_of_a_call_varies_far_less_than_the_score():
    y, spot, _ = option(call)
    score, path = [
        mg.exact(f(y), spot, **FINE).grad_variance[spot] for f in (mg.reinforce, mg.reparameterize)
    ]
    # Pathwise: E[(e^{-rT} S/S₀ 1{S>K})²] = e^{σ²T} N(d1 + σ√T); score: E[payoff² Z²]/(S₀²σ²T).
    squares = math.exp(VOLATILITY**2 * TIME) * below(D1 + VOLATILITY * TIME**0.5)
    assert path == pytest.approx(squares - below(D1) ** 2, rel=1e-3)
    eps = np.linspace(-12, 12, 400_001)
    weights = np.exp(-0.5 * eps**2) / math.sqrt(2 * math.pi) * (eps[1] - eps[0])
    growth = (RATE - VOLATILITY**2 / 2) * TIME + VOLATILITY * TIME**0.5 * eps
    paid = math.exp(-RATE * TIME) * np.maximum(SPOT * np.exp(growth) - STRIKE, 0.0)
    scores = paid * eps / (SPOT * VOLATILITY * TIME**0.5)
    assert score == pytest.approx(weights @ scores**2 - below(D1) ** 2, rel=1e-5)
    assert score > 4 * path


def test_digital_option_is_refused_pathwise_and_right_by_score():
    y, spot, _ = option(lambda end: mg.where(end > STRIKE, 1.0, 0.0))
    with pytest.raises(mg.BlockedGradientError, match="jumps"):
        mg.reparameterize(y)
    delta = math.exp(-RATE * TIME) * density(D2) / (SPOT * VOLATILITY * TIME**0.5)
    assert mg.exact(mg.reinforce(y), spot, **FINE).grad[spot] == pytest.approx(delta, rel=1e-3)
