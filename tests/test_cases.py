"""Every estimator against every closed form: value, exact expectation, exact variance, sampling."""

import functools

import numpy as np
import pytest
from cases import CASES, FIGURE_2, case

import minigraph as mg
from minigraph.estimators.unblock import METHODS

REWRITES = {name: functools.partial(mg.unblock, method=name, rng=1) for name in METHODS}
REWRITES["reinforce, baseline 0.7"] = lambda y: mg.reinforce(y, baseline=0.7)
REWRITES["relax"] = lambda y: mg.relax(y, surrogate=lambda z: 0.1 * mg.sum(mg.tanh(z)), rng=1)
BIASED = {name for name, method in METHODS.items() if method.biased}
ANY_ORDER = {"marginalize", "reparameterize", "implicit", "reinforce", "leave_one_out",
             "reinforce, baseline 0.7"}  # fmt: skip
OUT_OF_REACH = {  # of exact averages: a number for each of four coins
    (name, "binomial of binomial") for name in ("arm", "rebar", "relax", "gumbel_softmax",
                                                "gumbel_straight_through")
}  # fmt: skip
SAMPLES = 30_000


def is_legal(c, name):
    """Return whether the structure of a case lets an estimator rewrite it."""
    try:
        REWRITES[name](c.graph()[0])
    except mg.BlockedGradientError:
        return False
    return True


def named(c, name):
    return pytest.param(c, name, id=f"{c.name} | {name}")


EVERY = [(c, name) for c in CASES for name in REWRITES]
LEGAL = [(c, name) for c, name in EVERY if is_legal(c, name)]
UNBIASED = [(c, name) for c, name in LEGAL if name not in BIASED]
EXACT = [(c, name) for c, name in UNBIASED if (name, c.name) not in OUT_OF_REACH]
KNOWN = [(c, name) for c, name in EXACT if any(v is not None for v in c.variances.get(name, ()))]
BEST = [
    pytest.param(c, parameter, id=f"{c.name} | {parameter}") for c in CASES for parameter in c.best
]


def each(pairs):
    return pytest.mark.parametrize(("c", "name"), [named(*pair) for pair in pairs])


def exact(z, c, name, x):
    """Return the exact average of an estimator, on a grid that is as small as it can be."""
    points = c.points
    if name == "measure_valued" and x.name == "σ":
        points = 36  # three numbers are drawn for a scale, with two sides
    elif name == "arm":
        points = 6  # it is linear in them
    elif c.name.startswith("toy of 2") and name not in ("reinforce", "leave_one_out"):
        points = 40
    return mg.exact(z, x, points=points)


def biased_by(y, wrt, truth):
    """Return how far the exact expectation of an estimator is from the truth, at most."""
    estimate = mg.exact(y, wrt)
    return max(
        np.max(np.abs(estimate.grad[x] - g)) / max(1.0, np.max(np.abs(g)))
        for x, g in zip(wrt, truth, strict=True)
    )


def test_no_estimator_is_left_out_and_each_is_legal_somewhere():
    legal = {name: sum(other == name for _, other in LEGAL) for name in REWRITES}
    assert min(legal.values()) > 0
    assert legal["reinforce"] == len(CASES) - 1  # but for the uniform law
    assert legal["reparameterize"] > 15
    assert legal["disarm"] == legal["relax"] == 9


@each([pair for pair in EVERY if pair not in LEGAL])
def test_what_is_not_legal_is_refused_by_name(c, name):
    y, _ = c.graph()
    names = "|".join(node.output.name for node in mg.Graph(y).stochastic)
    with pytest.raises(mg.BlockedGradientError, match=names):
        REWRITES[name](y)


@pytest.mark.parametrize("c", CASES, ids=lambda c: c.name)
def test_exact_gives_the_true_value_and_gradient_of_a_blocked_graph(c):
    y, wrt = c.graph()
    estimate = mg.exact(y, wrt, points=c.points)
    assert estimate.value == pytest.approx(c.value, rel=1e-9)
    for x, gradient in zip(wrt, c.gradient, strict=True):
        np.testing.assert_allclose(estimate.grad[x], gradient, rtol=1e-9, atol=1e-9)


@each(LEGAL)
def test_rewrite_leaves_the_value_bit_for_bit_and_says_whether_it_is_biased(c, name):
    y, _ = c.graph()
    z = REWRITES[name](y)
    assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()
    boxes = [node.name for node in mg.Graph(z).nodes if "(biased)" in node.name]
    assert bool(boxes) == (name in BIASED)


@each(EXACT)
def test_exact_expectation_of_the_estimator_is_the_truth(c, name):
    y, wrt = c.graph()
    z = REWRITES[name](y)
    for x, gradient in zip(wrt, c.gradient, strict=True):
        estimate = exact(z, c, name, x)
        assert estimate.value == pytest.approx(c.value, rel=1e-9)
        np.testing.assert_allclose(estimate.grad[x], gradient, rtol=1e-9, atol=1e-9)


@each(KNOWN)
def test_exact_variance_of_one_sample_is_the_known_one(c, name):
    y, wrt = c.graph()
    z = REWRITES[name](y)
    for x, variance in zip(wrt, c.variances[name], strict=True):
        if variance is not None:
            found = exact(z, c, name, x).grad_variance[x]
            np.testing.assert_allclose(found, variance, rtol=1e-6, atol=1e-12)


@each(LEGAL)
def test_monte_carlo_is_within_five_standard_errors_of_the_truth_and_of_its_exact_average(c, name):
    """Five: one false alarm in 1.7 million numbers, of the thousand that are compared here."""
    y, wrt = c.graph()
    z = REWRITES[name](y)
    estimate = mg.expectation(z, SAMPLES, wrt=wrt, rng=7)
    assert abs(estimate.value - c.value) < 5 * estimate.stderr + 1e-12
    for x, gradient in zip(wrt, c.gradient, strict=True):
        error = estimate.grad_stderr[x]
        if (name, c.name) not in OUT_OF_REACH:
            average = exact(z, c, name, x)
            gradient = gradient if name not in BIASED else average.grad[x]
            stated = np.sqrt(average.grad_variance[x] / SAMPLES)
            np.testing.assert_allclose(error, stated, rtol=0.15, atol=1e-5)
        elif name in BIASED:
            continue
        assert np.all(np.abs(estimate.grad[x] - gradient) < 5 * error + 1e-9)


@pytest.mark.parametrize(("c", "parameter"), BEST)
def test_best_constant_baseline_reaches_the_known_variance(c, parameter):
    y, wrt = c.graph()
    baseline, variance = c.best[parameter]
    estimate = mg.exact(mg.reinforce(y, baseline=baseline), wrt)
    assert estimate.grad_variance[parameter] == pytest.approx(variance, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("name", "score", "best", "pathwise", "weak"), FIGURE_2)
def test_variances_of_figure_2_of_mohamed_et_al(name, score, best, pathwise, weak):
    y, (mu, _) = case(name).graph()
    for method, known in (("reinforce", score), ("reparameterize", pathwise),
                          ("measure_valued", weak)):  # fmt: skip
        found = mg.exact(REWRITES[method](y), mu).grad_variance[mu]
        assert found == pytest.approx(known, rel=2e-4)
    variances = [mg.exact(mg.reinforce(y, baseline=b), mu).grad_variance[mu] for b in (0, 1, 2)]
    bend, slope = (variances[0] - 2 * variances[1] + variances[2]) / 2, variances[1] - variances[0]
    lowest = variances[0] - (slope - bend) ** 2 / (4 * bend)  # a parabola in the baseline
    assert lowest == pytest.approx(best, rel=1e-4)


# Second derivatives -----------------------------------------------------------------------------
def has_second(c, name):
    """Return whether an estimator has second derivatives: not that of a shape, along quantiles."""
    along_quantiles = name in ("reparameterize", "implicit") and c.name.startswith("gamma")
    return name in ANY_ORDER and not along_quantiles


@each([pair for pair in UNBIASED if has_second(*pair)])
def test_gradient_of_the_gradient_is_the_true_second_derivative(c, name):
    y, wrt = c.graph()
    z, step = REWRITES[name](y), 1e-4
    first = mg.gradient(mg.sum(mg.gradient(z, wrt[0])), wrt[0])
    second = mg.exact(first, points=c.points).value

    def slope(shift):
        moved = {**c.parameters, wrt[0].name: wrt[0].value + shift}
        inputs = [mg.Data(v, name=n) for n, v in moved.items()]
        return np.sum(mg.exact(c.build(*inputs), inputs[0], points=c.points).grad[inputs[0]])

    if np.ndim(second):
        directions = np.eye(len(second)) * step
        numeric = [(slope(d) - slope(-d)) / (2 * step) for d in directions]
    else:
        numeric = (slope(step) - slope(-step)) / (2 * step)
    np.testing.assert_allclose(second, numeric, rtol=1e-5, atol=1e-6)


@each([pair for pair in UNBIASED if not has_second(*pair)])
def test_second_derivative_of_an_estimator_of_the_first_alone_is_refused_by_name(c, name):
    y, wrt = c.graph()
    slope = mg.sum(mg.gradient(REWRITES[name](y), wrt[0]))
    with pytest.raises(mg.BlockedGradientError, match=r"first derivative only|gamma sample slope"):
        mg.gradient(slope, wrt[0])


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
