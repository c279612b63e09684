"""Relaxations, which are biased and say so; REBAR and RELAX, which make them unbiased."""

import numpy as np
import pytest

import minigraph as mg


def toy(theta=0.5, t=0.45):
    """Return the toy of REBAR, and its parameter."""
    a = mg.Data(np.log(theta / (1 - theta)), name="a")
    y = (mg.sample(mg.Bernoulli(logits=a), name="b", rng=0) - t) ** 2
    y.name = "Y"
    return y, a


def one_hot():
    """Return a cost of one of three outcomes, not linear, and its parameter."""
    logits = mg.Data([0.1, -0.7, 0.4], name="logits")
    k = mg.sample(mg.OneHotCategorical(logits=logits), name="K", rng=0)
    return mg.sum(k * np.array([1.0, 4.0, -2.0])) ** 2, logits


BIASED = {
    "gumbel_softmax": lambda y: mg.gumbel_softmax(y, rng=1),
    "straight_through": mg.straight_through,
    "gumbel_straight_through": lambda y: mg.gumbel_straight_through(y, rng=1),
}
UNBIASED = {
    "rebar": lambda y: mg.rebar(y, rng=1),
    "rebar, cold and scaled": lambda y: mg.rebar(y, temperature=0.9, scale=0.4, rng=1),
    "relax": lambda y: mg.relax(y, surrogate=lambda z: mg.sum(mg.tanh(z) * 0.1), rng=1),
}


# Biased -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", BIASED)
@pytest.mark.parametrize("build", [toy, one_hot])
def test_relaxations_leave_the_value_and_say_in_a_box_that_they_are_biased(build, name):
    y, _ = build()
    z = BIASED[name](y)
    assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()
    boxes = [node for node in mg.Graph(z).nodes if "(biased)" in node.name]
    assert len(boxes) == 1
    assert "biased" in repr(boxes[0])
    assert "(biased)" in mg.to_dot(z)
    assert "(biased)" in repr(mg.Graph(z)) + str(mg.to_mermaid(z))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_expected_gradient_of_a_relaxation_is_that_of_the_relaxed_cost(temperature):
    y, a = toy(0.3)
    noise = mg.sample(mg.Logistic(0.0, 1.0), name="noise")
    soft = (mg.sigmoid((a + noise) / temperature) - 0.45) ** 2
    relaxed = mg.exact(mg.gumbel_softmax(y, temperature=temperature, rng=1), a)
    assert relaxed.grad[a] == pytest.approx(mg.exact(soft, a).grad[a], rel=1e-6)
    assert relaxed.value == pytest.approx(mg.exact(y).value, rel=1e-12)
    assert abs(relaxed.grad[a] - mg.exact(y, a).grad[a]) > 0.001  # biased


def test_bias_of_a_relaxation_falls_with_its_temperature():
    a = mg.Data(-0.8, name="a")
    y = mg.exp(2.0 * mg.sample(mg.Bernoulli(logits=a), name="b", rng=0))
    truth = mg.exact(y, a).grad[a]
    biases = [
        abs(mg.exact(mg.gumbel_softmax(y, temperature=t, rng=1), a).grad[a] - truth)
        for t in (3.0, 0.3)
    ]
    assert biases[1] < 0.3 * biases[0], biases


def test_straight_through_has_the_slope_of_the_cost_times_that_of_the_mean():
    y, a = toy(0.3)
    estimate = mg.exact(mg.straight_through(y), a)
    known = 0.3 * 0.7 * (0.3 * 2 * 0.55 + 0.7 * 2 * -0.45)  # E[F'(X)] dp/da
    assert estimate.grad[a] == pytest.approx(known, rel=1e-9)
    assert abs(known - mg.exact(y, a).grad[a]) > 0.01  # biased


def test_straight_through_is_right_for_linear_costs_of_any_discrete_law():
    rate = mg.Data(2.0, name="rate")
    y = 3.0 * mg.sample(mg.Poisson(rate), name="N", rng=0)
    assert mg.exact(mg.straight_through(y), rate).grad[rate] == pytest.approx(3.0, rel=1e-9)


def test_straight_through_leaves_the_dtype_of_a_coin_times_a_single_float():
    p = mg.Data(np.float32(0.3), name="p")
    y = mg.sample(mg.Bernoulli(p), name="B", rng=0) * np.float32(2.0)
    z = mg.straight_through(y)
    assert z.dtype == y.dtype == np.float64
    assert mg.gradient(z, p).value == 2.0


def test_gumbel_straight_through_has_the_slope_of_the_hard_cost_at_the_soft_sample():
    y, a = toy(0.3)
    z = mg.gumbel_straight_through(y, temperature=0.7, rng=1)
    noise = mg.sample(mg.Logistic(0.0, 1.0), name="noise")
    soft = mg.sigmoid((a + noise) / 0.7)
    hard = mg.stop_gradient(mg.where(a + noise > 0, 1.0, 0.0))
    known = mg.expectation(2 * (hard - 0.45) * soft, 200_000, wrt=a, rng=2)
    assert abs(mg.exact(z, a).grad[a] - known.grad[a]) < 5 * known.grad_stderr[a] < 0.01


@pytest.mark.parametrize("name", [*BIASED, "rebar"])
def test_sample_that_is_an_index_is_refused(name):
    p = mg.Data(0.3, name="p")
    y = mg.Data([1.0, 4.0], constant=True)[mg.sample(mg.Bernoulli(p), name="X", rng=0)]
    with pytest.raises(mg.BlockedGradientError, match=r"'X' is fed to .* needs whole numbers"):
        {**BIASED, **UNBIASED}[name](y)


@pytest.mark.parametrize("name", [*BIASED, "rebar"])
def test_sample_that_is_compared_is_refused(name):
    p = mg.Data(0.3, name="p")
    y = mg.where(mg.sample(mg.Bernoulli(p), name="X", rng=0) > 0, 2.0, 3.0)
    with pytest.raises(mg.BlockedGradientError, match="runs through"):
        {**BIASED, **UNBIASED}[name](y)


@pytest.mark.parametrize("name", ["gumbel_softmax", "rebar"])
def test_sample_without_latent_numbers_is_refused(name):
    y = mg.sample(mg.Poisson(mg.Data(2.0, name="rate")), name="N", rng=0) * 1.0
    with pytest.raises(mg.BlockedGradientError, match="'N' ~ Poisson is neither made of coins"):
        {**BIASED, **UNBIASED}[name](y)


@pytest.mark.parametrize("rewrite", [mg.gumbel_softmax, mg.gumbel_straight_through, mg.rebar])
@pytest.mark.parametrize("temperature", [0, -1.0, np.nan, np.inf])
def test_temperature_that_is_not_positive_is_refused_when_made_and_when_replayed(
    rewrite, temperature
):
    y, a = toy()
    with pytest.raises(mg.InputError, match="'b': the temperature must be positive and finite"):
        rewrite(y, temperature=temperature)
    heat = mg.Data(0.5, name="τ")
    z = rewrite(y, temperature=heat, rng=1)
    heat.value = temperature
    with pytest.raises(mg.InputError, match="'b': the temperature must be positive and finite"):
        mg.expectation(z, 4, wrt=a, rng=0)


def test_relaxation_of_one_layer_leaves_the_next_layer_blocking():
    a = mg.Data(0.3, name="a")
    first = mg.sample(mg.Bernoulli(logits=a), name="A", rng=0)
    y = mg.sample(mg.Bernoulli(logits=a + first), name="B", rng=1) * 1.0
    with pytest.raises(mg.BlockedGradientError, match="B ~ Bernoulli"):
        mg.gradient(mg.gumbel_softmax(y, "A", rng=2), a)


# Unbiased ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", UNBIASED)
def test_controlled_gradient_of_one_hot_draws_is_right_within_its_errors(name):
    y, logits = one_hot()
    truth = mg.exact(y, logits).grad[logits]
    estimate = mg.expectation(UNBIASED[name](y), 100_000, wrt=logits, rng=3)
    assert np.all(np.abs(estimate.grad[logits] - truth) < 5 * estimate.grad_stderr[logits])
    assert np.all(estimate.grad_stderr[logits] < 0.05)


def test_parameters_in_the_cost_too_and_elements_that_stay_apart():
    p = mg.Data([0.3, 0.6], name="p")
    y = mg.mean((mg.sample(mg.Bernoulli(p), name="X", rng=0) * p - 0.2) ** 2)
    estimate = mg.expectation(mg.rebar(y, rng=1), 200_000, wrt=p, rng=2)
    assert np.all(np.abs(estimate.grad[p] - mg.exact(y, p).grad[p]) < 5 * estimate.grad_stderr[p])
    whole = mg.expectation(mg.relax(y, surrogate=lambda z: mg.mean(z), rng=1), 1000, wrt=p, rng=2)
    assert np.all(estimate.grad_stderr[p] * np.sqrt(200) < whole.grad_stderr[p])


def test_behind_a_stop_rebar_is_biased_and_relax_is_not():
    a = mg.Data(0.3, name="a")
    x = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0)
    y = mg.stop_gradient(x) * x
    with pytest.raises(mg.GradientError, match="expected gradient of 'a'"):
        mg.check_unbiased(mg.rebar(y, rng=1), a, of=y)
    mg.check_unbiased(mg.relax(y, surrogate=mg.sigmoid, rng=1), a, of=y)


def test_rebar_has_less_variance_than_the_score_and_scale_0_is_the_score():
    y, a = toy(t=3.0)
    score = mg.exact(mg.reinforce(y), a).grad_variance[a]
    assert mg.exact(mg.rebar(y, temperature=1.0, rng=1), a).grad_variance[a] < 0.06 * score
    y, a = toy()
    score = mg.exact(mg.reinforce(y), a).grad_variance[a]
    alone = mg.exact(mg.rebar(y, scale=0.0, rng=1), a).grad_variance[a]
    assert alone == pytest.approx(score, rel=1e-9) == pytest.approx(0.0159391, rel=1e-4)


def test_relax_crosses_a_black_box():
    a = mg.Data(0.3, name="a")
    cost = mg.primitive(lambda b: np.array([2.0, 7.0])[int(b)], name="simulator")
    y = cost(mg.sample(mg.Bernoulli(logits=a), name="b", rng=0))
    z = mg.relax(y, surrogate=lambda z: 5.0 * mg.sigmoid(2.0 * z) + 2.0, rng=1)
    estimate = mg.exact(z, a, points=40)
    assert estimate.grad[a] == pytest.approx(mg.exact(y, a).grad[a], abs=1e-9)
    assert estimate.grad_variance[a] < 0.5 * mg.exact(mg.reinforce(y), a).grad_variance[a]


@pytest.mark.parametrize("surrogate", [
    lambda z: mg.where(z > 0.0, 1.0, 0.0), lambda z: mg.floor(3.0 * mg.sigmoid(z)),
    lambda z: 1.0 / z, lambda z: mg.sigmoid(z) if z > 0.0 else 0.0 * z,
])  # fmt: skip
def test_surrogate_that_jumps_is_refused(surrogate):
    p = mg.Data(0.3, name="p")
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) - 3.0) ** 2
    with pytest.raises(mg.BlockedGradientError, match=r"^relax: the surrogate .*; take a smooth"):
        mg.relax(y, surrogate=surrogate)


def test_surrogate_that_is_said_not_to_jump_is_taken():
    p = mg.Data(0.3, name="p")
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) - 3.0) ** 2
    leaky = lambda z: mg.where(z > 0.0, z, 0.1 * z)
    z = mg.relax(y, surrogate=leaky, continuous=True, rng=1)
    assert mg.exact(z, p).grad[p] == pytest.approx(-5.0, rel=1e-8)


def test_surrogate_controls_in_a_function_that_is_called_for_each_sample():
    p = mg.Data(0.3, name="p")

    def f():
        y = (mg.sample(mg.Bernoulli(p), name="X") - 3.0) ** 2
        return mg.relax(y, surrogate=lambda z: 9.0 - 5.0 * mg.sigmoid(z))

    found = mg.expectation(f, 500, wrt=p, rng=0)
    assert abs(found.grad[p] + 5.0) < 4 * found.grad_stderr[p] < 2.0


def test_surrogate_is_fitted_by_the_slope_of_the_squared_gradient():
    y, a = toy()
    w = mg.Data([0.0, 1.0], name="w")
    z = mg.relax(y, surrogate=lambda z: w[0] * mg.sigmoid(w[1] * z), rng=1)
    slope = mg.gradient(z, a)
    before = mg.exact(z, a, points=24).grad_variance[a]
    assert mg.exact(z, w, points=24).grad[w] == pytest.approx([0.0, 0.0], abs=1e-15)
    step = 1e-4
    square = mg.exact(slope**2, w, points=24)
    w.value = [step, 1.0]
    numeric = (mg.exact(slope**2, points=24).value - square.value) / step
    w.value = [0.0, 1.0]
    assert square.grad[w][0] == pytest.approx(numeric, rel=1e-2)
    optimizer = mg.Adam(w, rate=0.03)
    for _ in range(60):
        optimizer.step(mg.exact(slope**2, w, points=24).grad)
    after = mg.exact(z, a, points=60)
    assert after.grad_variance[a] < 0.1 * before
    assert after.grad[a] == pytest.approx(0.025, abs=1e-9)


def test_surrogate_of_another_shape_than_an_array_of_costs_is_refused():
    y, _ = toy()
    with pytest.raises(mg.InputError, match=r"surrogate has shape \(\), the cost \(2,\)"):
        mg.relax(y * np.array([1.0, 2.0]), surrogate=lambda z: z)


def test_surrogate_with_a_number_for_each_element_of_a_batch_varies_less():
    a = mg.Data([0.3, -1.0, 0.8], name="a")
    y = mg.mean((mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) - 3.0) ** 2)
    apart = mg.relax(y, surrogate=lambda z: (mg.sigmoid(z) - 3.0) ** 2 / 3, rng=1)
    whole = mg.relax(y, surrogate=lambda z: mg.mean((mg.sigmoid(z) - 3.0) ** 2), rng=1)
    rebar = mg.rebar(y, temperature=1.0, rng=1)
    truth = mg.exact(y, a).grad[a]
    variances = []
    for z in (whole, apart, rebar):
        estimate = mg.expectation(z, 40_000, wrt=a, rng=2)
        assert np.all(np.abs(estimate.grad[a] - truth) < 5 * estimate.grad_stderr[a])
        variances.append(estimate.grad_variance[a])
    assert np.all(variances[1] < 0.2 * variances[0])
    np.testing.assert_allclose(variances[1], variances[2], rtol=0.1)


def test_surrogate_controls_draws_in_the_branches_of_another_rewrite():
    p = mg.Data(0.4, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=1)
    y = (first + 2.0 * mg.sample(mg.Bernoulli(0.2 + 0.5 * p * first), name="X2", rng=2)) ** 2
    z = mg.relax(mg.marginalize(y, "X1"), surrogate=lambda z: mg.sigmoid(z), rng=1)
    estimate = mg.expectation(z, 100_000, wrt=p, rng=3)
    assert abs(estimate.grad[p] - 5.0) < 5 * estimate.grad_stderr[p] < 0.2
