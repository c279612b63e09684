"""Every estimator against every closed form: value, exact expectation, exact variance, sampling."""

import numpy as np
import pytest
from cases import AVERAGE, CASES, FIGURE_2, PATHWISE, SCORE, case

import minigraph as mg

REWRITES = {
    SCORE: mg.reinforce,
    AVERAGE: lambda y: mg.reinforce(y, baseline="leave-one-out"),
    "score, baseline 0.7": lambda y: mg.reinforce(y, baseline=0.7),
    PATHWISE: mg.reparameterize,
}
LEGAL = [
    pytest.param(c, name, id=f"{c.name} | {name}")
    for c in CASES
    for name in REWRITES
    if (c.pathwise if name == PATHWISE else c.score)
]
KNOWN = [p for p in LEGAL if any(v is not None for v in p.values[0].variances.get(p.values[1], ()))]
BEST = [
    pytest.param(c, parameter, id=f"{c.name} | {parameter}") for c in CASES for parameter in c.best
]


def biased_by(y, wrt, truth):
    """Return how far the exact expectation of an estimator is from the truth, at most."""
    estimate = mg.exact(y, wrt)
    return max(
        np.max(np.abs(estimate.grad[x] - g)) / max(1.0, np.max(np.abs(g)))
        for x, g in zip(wrt, truth, strict=True)
    )


@pytest.mark.parametrize("c", CASES, ids=lambda c: c.name)
def test_exact_gives_the_true_value_and_gradient_of_a_blocked_graph(c):
    y, wrt = c.graph()
    estimate = mg.exact(y, wrt)
    assert estimate.value == pytest.approx(c.value, rel=1e-9)
    assert biased_by(y, wrt, c.gradient) < 1e-9


@pytest.mark.parametrize(("c", "name"), LEGAL)
def test_rewrite_leaves_the_value_bit_for_bit(c, name):
    y, _ = c.graph()
    assert np.float64(REWRITES[name](y).value).tobytes() == np.float64(y.value).tobytes()


@pytest.mark.parametrize(("c", "name"), LEGAL)
def test_exact_expectation_of_the_estimator_is_the_truth(c, name):
    y, wrt = c.graph()
    z = REWRITES[name](y)
    assert mg.exact(z).value == pytest.approx(c.value, rel=1e-9)
    assert biased_by(z, wrt, c.gradient) < 1e-9


@pytest.mark.parametrize(("c", "name"), KNOWN)
def test_exact_variance_of_one_sample_is_the_known_one(c, name):
    y, wrt = c.graph()
    estimate = mg.exact(REWRITES[name](y), wrt)
    for x, variance in zip(wrt, c.variances[name], strict=True):
        if variance is not None:
            np.testing.assert_allclose(estimate.grad_variance[x], variance, rtol=1e-6)


@pytest.mark.parametrize(("c", "parameter"), BEST)
def test_best_constant_baseline_reaches_the_known_variance(c, parameter):
    y, wrt = c.graph()
    baseline, variance = c.best[parameter]
    estimate = mg.exact(mg.reinforce(y, baseline=baseline), wrt)
    assert estimate.grad_variance[parameter] == pytest.approx(variance, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("name", "score", "best", "pathwise"), FIGURE_2)
def test_variances_of_figure_2_of_mohamed_et_al(name, score, best, pathwise):
    y, (mu, _) = case(name).graph()
    assert mg.exact(mg.reinforce(y), mu).grad_variance[mu] == pytest.approx(score, rel=1e-4)
    assert mg.exact(mg.reparameterize(y), mu).grad_variance[mu] == pytest.approx(pathwise, rel=1e-4)
    variances = [mg.exact(mg.reinforce(y, baseline=b), mu).grad_variance[mu] for b in (0, 1, 2)]
    bend, slope = (variances[0] - 2 * variances[1] + variances[2]) / 2, variances[1] - variances[0]
    lowest = variances[0] - (slope - bend) ** 2 / (4 * bend)  # a parabola in the baseline
    assert lowest == pytest.approx(best, rel=1e-4)


@pytest.mark.parametrize(("c", "name"), LEGAL)
def test_monte_carlo_is_within_five_standard_errors_which_are_right_to_5_percent(c, name):
    y, wrt = c.graph()
    z = REWRITES[name](y)
    truth, estimate = mg.exact(z, wrt), mg.expectation(z, 100_000, wrt=wrt, rng=5)
    assert abs(estimate.value - c.value) < 5 * estimate.stderr + 1e-12
    for x, gradient in zip(wrt, c.gradient, strict=True):
        error, variance = estimate.grad_stderr[x], truth.grad_variance[x]
        assert np.all(np.abs(estimate.grad[x] - gradient) < 5 * error + 1e-12)
        np.testing.assert_allclose(error, np.sqrt(variance / 100_000), rtol=0.05, atol=1e-6)


@pytest.mark.parametrize(("c", "name"), LEGAL)
def test_gradient_of_the_gradient_is_the_true_second_derivative(c, name):
    y, wrt = c.graph()
    z, step = REWRITES[name](y), 1e-4
    first = mg.gradient(mg.sum(mg.gradient(z, wrt[0])), wrt[0])
    second = mg.exact(first).value

    def slope(shift):
        moved = {**c.parameters, wrt[0].name: wrt[0].value + shift}
        inputs = [mg.Data(v, name=n) for n, v in moved.items()]
        return np.sum(mg.exact(c.build(*inputs), inputs).grad[inputs[0]])

    if np.ndim(second):
        directions = np.eye(len(second)) * step
        numeric = [(slope(d) - slope(-d)) / (2 * step) for d in directions]
    else:
        numeric = (slope(step) - slope(-step)) / (2 * step)
    np.testing.assert_allclose(second, numeric, rtol=1e-5, atol=1e-6)


def test_second_derivative_of_the_dice_case_is_minus_4():
    y, (theta,) = case("DiCE, θ=0.3").graph()
    slope = mg.gradient(mg.reinforce(y), theta)
    assert mg.exact(slope, theta).grad[theta] == pytest.approx(-4.0, rel=1e-12)


def test_plain_surrogate_loss_differentiated_twice_gives_minus_2_and_is_caught():
    theta = mg.Data(0.3, name="θ")
    x = mg.sample(mg.Bernoulli(mg.stop_gradient(theta)), name="X", rng=1)
    f = x * (1 - theta) + (1 - x) * (1 + theta)
    log_prob = mg.Bernoulli(theta).log_prob(x)

    def surrogate(cost):
        return cost + log_prob * mg.stop_gradient(cost)

    first = mg.gradient(surrogate(f), theta)
    assert mg.exact(first).value == pytest.approx(1 - 4 * 0.3, rel=1e-12)
    second = mg.gradient(surrogate(first), theta)  # ∇f · score is counted once, not twice
    assert mg.exact(second).value == pytest.approx(-2.0, rel=1e-12)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_exact_gradient_is_right_at_the_edges_of_bernoulli(p):
    p = mg.Data(p, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X")
    assert mg.exact((x + 2.0) ** 2, p).grad[p] == pytest.approx(5.0, rel=1e-12)


def test_detached_sample_is_caught():
    y, wrt = case("gaussian square, d=-2.0, σ=0.7").graph()
    mu, sigma = wrt
    x = mg.stop_gradient(mg.reparameterize(mg.Graph(y)["X"]))
    assert biased_by((x - 3.0) ** 2 + 0.0 * mu, wrt, (-4.0, 1.4)) > 0.5
    assert biased_by(mg.reparameterize(y), [mu, sigma], (-4.0, 1.4)) < 1e-9


def test_baseline_that_contains_its_own_cost_is_caught():
    y, wrt = case("gaussian square, d=1.0, σ=1.0").graph()
    z = mg.reinforce(y)
    own = mg.stop_gradient(0.05 * z)  # a moving average that has taken this cost in
    score = mg.Normal(*wrt).log_prob(mg.Graph(z)["X"])
    biased = z - own * (score - mg.stop_gradient(score))
    assert biased_by(biased, wrt, (2.0, 2.0)) > 0.01
    estimate = mg.expectation(biased, 200_000, wrt=wrt, rng=0)
    assert abs(estimate.grad["μ"] - 2.0) > 5 * estimate.grad_stderr["μ"]


def test_half_open_path_closed_by_hand_is_caught():
    theta = mg.Data(0.8, name="θ")
    x = mg.sample(mg.Normal(mg.stop_gradient(theta), 1.0), name="X", rng=1)
    assert biased_by(theta * x**2, [theta], [3 * 0.8**2 + 1]) > 0.1
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=1)
    assert biased_by(mg.reinforce(theta * x**2), [theta], [3 * 0.8**2 + 1]) < 1e-9
