"""Exact averages: enumeration, quadrature, mixtures of both, and where they stop being exact."""

import math

import numpy as np
import pytest

import minigraph as mg

# Quadrature -------------------------------------------------------------------------------------
NORMAL = {  # E[f(X)], X ~ N(0.3, 0.8²)
    "cos 2x": (lambda x: mg.cos(2.0 * x), math.exp(-2 * 0.64) * math.cos(0.6)),
    "exp(-x²)": (lambda x: mg.exp(-(x**2)), math.exp(-0.09 / 2.28) / math.sqrt(2.28)),
    "x⁶": (lambda x: x**6, 0.3**6 + 15 * 0.3**4 * 0.64 + 45 * 0.09 * 0.64**2 + 15 * 0.64**3),
    "exp x": (mg.exp, math.exp(0.3 + 0.32)),
    "sigmoid": (lambda x: mg.sigmoid(x) + mg.sigmoid(0.6 - x), None),
}
UNIFORM = {  # E[f(U)], U ~ U(-1, 3)
    "cos 2x": (lambda x: mg.cos(2.0 * x), (math.sin(6) + math.sin(2)) / 8),
    "exp(-x²)": (
        lambda x: mg.exp(-(x**2)),
        math.sqrt(math.pi) / 8 * (math.erf(3) + math.erf(1)),
    ),
    "x⁶": (lambda x: x**6, (3**7 + 1) / 28),
    "exp x": (mg.exp, (math.exp(3) - math.exp(-1)) / 4),
}
EXPONENTIAL = {  # E[f(X)], X ~ Exponential(2)
    "cos 2x": (lambda x: mg.cos(2.0 * x), 0.5),
    "exp(-x²)": (lambda x: mg.exp(-(x**2)), math.sqrt(math.pi) * math.e * math.erfc(1.0)),
    "x⁶": (lambda x: x**6, 720 / 64),
    "exp x": (mg.exp, 2.0),
}
TABLE = [
    pytest.param(law, f, truth, id=f"{name} {f_name}")
    for name, law, cases in [
        ("normal", lambda: mg.Normal(0.3, 0.8), NORMAL),
        ("uniform", lambda: mg.Uniform(-1.0, 3.0), UNIFORM),
        ("exponential", lambda: mg.Exponential(2.0), EXPONENTIAL),
    ]
    for f_name, (f, truth) in cases.items()
    if truth is not None
]


@pytest.mark.parametrize(("law", "f", "truth"), TABLE)
def test_quadrature_of_smooth_functions_is_exact_to_nine_digits(law, f, truth):
    estimate = mg.exact(f(mg.sample(law(), name="X")))
    assert estimate.value == pytest.approx(truth, rel=1e-9, abs=1e-12)
    assert estimate.error < 1e-8
    assert "exact" in repr(estimate)
    assert estimate.stderr == 0.0


KINKS = {
    "kink": lambda x: mg.relu(x - 0.1),
    "jump": lambda x: (x > 0.37) * 1.0,
    "kink at zero": mg.absolute,
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("law", [lambda: mg.Normal(0.0, 1.0), lambda: mg.Uniform(-1.0, 2.0)])
def test_kink_or_jump_is_not_called_exact(name, law):
    estimate = mg.exact(KINKS[name](mg.sample(law(), name="X")))
    assert estimate.error > 1e-6
    assert "relative error about" in repr(estimate)
    assert "exact" not in repr(estimate)


def test_stated_error_is_of_the_size_of_the_error():
    truth = 1 / math.sqrt(2 * math.pi)  # E[max(X, 0)]
    estimate = mg.exact(mg.relu(mg.sample(mg.Normal(0.0, 1.0), name="X")))
    actual = abs(estimate.value - truth) / (truth + 0.6)
    assert actual / 10 < estimate.error < actual * 30


def test_points_can_be_chosen():
    y = mg.exp(mg.sample(mg.Normal(0.0, 1.0), name="X"))
    few, many = mg.exact(y, points=8), mg.exact(y, points=60)
    assert (few.samples, many.samples) == (8, 60)
    assert few.error > many.error
    assert many.value == pytest.approx(math.exp(0.5), rel=1e-9)


# Enumeration ------------------------------------------------------------------------------------
def test_vector_of_coins_is_enumerated():
    p = mg.Data(np.array([0.2, 0.5, 0.9]), name="p")
    y = mg.sum(mg.sample(mg.Bernoulli(p), name="X")) ** 2
    estimate = mg.exact(y, p)
    q = p.value
    assert estimate.samples == 8
    assert estimate.value == pytest.approx(q.sum() ** 2 + (q * (1 - q)).sum())
    np.testing.assert_allclose(estimate.grad[p], 2 * q.sum() + 1 - 2 * q)


def test_several_draws_are_enumerated_together():
    a = mg.sample(mg.Bernoulli(mg.Data(0.3)), name="A")
    k = mg.sample(mg.Categorical([0.2, 0.3, 0.5]), name="K")
    estimate = mg.exact((a + 1.0) * k)
    assert estimate.samples == 6
    assert estimate.value == pytest.approx(1.3 * 1.3)


def test_laws_that_depend_on_draws_are_enumerated():
    p = mg.Data(0.3, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X")
    y = mg.sample(mg.Bernoulli(0.2 + 0.5 * x), name="Y") * 1.0
    estimate = mg.exact(y, p)
    assert estimate.value == pytest.approx(0.2 + 0.5 * 0.3)
    assert estimate.grad[p] == pytest.approx(0.5)


def test_counts_are_summed_far_into_the_tail():
    rate = mg.Data(40.0, name="λ")
    n = mg.sample(mg.Poisson(rate), name="N")
    estimate = mg.exact(n**3, rate)
    assert estimate.value == pytest.approx(40 + 3 * 40**2 + 40**3, rel=1e-12)
    assert estimate.grad[rate] == pytest.approx(1 + 6 * 40 + 3 * 40**2, rel=1e-9)


def test_tail_follows_a_rate_that_was_assigned_later():
    rate = mg.Data(1.0, name="λ")
    n = mg.sample(mg.Poisson(mg.exp(rate)), name="N")
    y = n * 1.0
    rate.value = 6.0
    assert mg.exact(y).value == pytest.approx(math.exp(6.0), rel=1e-10)


def test_tail_reaches_as_far_as_the_largest_rate_of_a_mixture():
    k = mg.sample(mg.Bernoulli(0.5), name="K", rng=0)
    n = mg.sample(mg.Poisson(1.0 + 300.0 * k), name="N", rng=0)
    assert mg.exact(n * 1.0).value == pytest.approx(151.0, rel=1e-9)


def test_finite_infinite_and_continuous_draws_mix():
    p, rate, mu = (mg.Data(v, name=n) for v, n in ((0.3, "p"), (2.0, "λ"), (0.5, "μ")))
    k = mg.sample(mg.Bernoulli(p), name="K")
    n = mg.sample(mg.Poisson(rate), name="N")
    x = mg.sample(mg.Normal(mu + k, 1.0), name="X")
    estimate = mg.exact(n * x**2, [p, rate, mu])
    second = 0.7 * (0.25 + 1) + 0.3 * (2.25 + 1)
    assert estimate.value == pytest.approx(2.0 * second, rel=1e-9)
    assert estimate.grad[p] == pytest.approx(2.0 * 2.0, rel=1e-9)
    assert estimate.grad[rate] == pytest.approx(second, rel=1e-9)
    assert estimate.grad[mu] == pytest.approx(2.0 * 2 * (0.5 + 0.3), rel=1e-9)


@pytest.mark.parametrize("probs", [[0.0, 1.0], [1.0, 0.0]])
def test_impossible_outcomes_do_not_count_even_if_infinite(probs):
    k = mg.sample(mg.Categorical(probs), name="K")
    table = mg.Data(np.where(np.array(probs) > 0, 2.0, np.inf), constant=True)
    assert mg.exact(table[k]).value == 2.0


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_variance_of_the_value_is_exact(p):
    x = mg.sample(mg.Bernoulli(p), name="X")
    assert mg.exact(3.0 * x).variance == pytest.approx(9 * p * (1 - p))


# What may be averaged ---------------------------------------------------------------------------
def test_array_value_is_averaged_element_by_element():
    x = mg.sample(mg.Normal(np.array([1.0, 2.0]), 0.5), name="X")
    np.testing.assert_allclose(mg.exact(x**2).value, [1.25, 4.25], rtol=1e-9)


def test_output_without_draws_is_itself():
    theta = mg.Data(2.0, name="θ")
    estimate = mg.exact(theta**2, theta)
    assert (estimate.value, estimate.grad[theta], estimate.samples) == (4.0, 4.0, 1)


def test_gradient_graph_can_be_averaged():
    theta = mg.Data(0.5, name="θ")
    z = mg.reparameterize(mg.sample(mg.Normal(theta, 1.0), name="X") ** 2)
    assert mg.exact(mg.gradient(z, theta) ** 2).value == pytest.approx(4 * 1.25, rel=1e-9)


def test_black_box_is_averaged():
    box = mg.primitive(lambda x: float(x) ** 3, name="cube")
    assert mg.exact(box(mg.sample(mg.Normal(1.0, 1.0)))).value == pytest.approx(4.0, rel=1e-9)


def test_leave_one_out_becomes_its_limit_the_mean_cost():
    mu = mg.Data(0.7, name="μ")
    y = (mg.sample(mg.Normal(mu, 1.3), name="X") - 2.0) ** 2
    mean = mg.exact(y).value
    limit, constant = (
        mg.exact(mg.reinforce(y, baseline=b), mu) for b in ("leave-one-out", float(mean))
    )
    assert limit.grad_variance[mu] == pytest.approx(constant.grad_variance[mu], rel=1e-9)


def test_many_points_in_blocks_are_as_good_as_together():
    x = mg.sample(mg.Normal(np.zeros(3), 1.0), name="X")
    estimate = mg.exact(mg.exp(mg.sum(x)), points=70)
    assert estimate.samples == 343_000
    assert estimate.value == pytest.approx(math.exp(1.5), rel=1e-9)


def test_true_gradient_of_a_blocked_graph_has_no_variance_of_a_sample():
    p = mg.Data(0.3, name="p")
    estimate = mg.exact(mg.sample(mg.Bernoulli(p)) * 2.0, p)
    assert math.isnan(estimate.grad_variance[p])


def test_jump_under_a_normal_has_the_right_gradient_through_the_score():
    mu = mg.Data(0.2, name="μ")
    y = mg.floor(mg.sample(mg.Normal(mu, 2.0), name="X")) * 1.0
    estimate = mg.exact(y, mu)
    assert estimate.grad[mu] == pytest.approx(1.0, abs=1e-2)
    assert estimate.error > 1e-8


# Refusals ---------------------------------------------------------------------------------------
def test_too_many_outcomes_are_refused_with_a_count():
    x = mg.sample(mg.Bernoulli(np.full(30, 0.5)), name="X")
    with pytest.raises(mg.InputError, match=r"1,073,741,824 points.*X of 30.*mg\.expectation"):
        mg.exact(mg.sum(x))
    x = mg.sample(mg.Normal(np.zeros(6), 0.5), name="Z")
    with pytest.raises(mg.InputError, match=r"16,777,216 points, more than limit=2,000,000"):
        mg.exact(mg.sum(x))


def test_limit_can_be_lowered_and_raised():
    x = mg.sample(mg.Bernoulli(np.full(5, 0.5)), name="X")
    assert mg.exact(mg.sum(x), limit=32).value == pytest.approx(2.5)
    with pytest.raises(mg.InputError, match="32 points"):
        mg.exact(mg.sum(x), limit=31)


@pytest.mark.parametrize("bad", [0, -3, 2.5, "many", True, 1])
def test_bad_number_of_points_is_refused(bad):
    with pytest.raises(mg.InputError, match="points"):
        mg.exact(mg.sample(mg.Normal(0.0, 1.0)), points=bad)


@pytest.mark.parametrize("bad", [3.0, None, "Y", lambda: mg.Data(1.0)])
def test_what_is_no_data_is_refused(bad):
    with pytest.raises(mg.UsageError, match="pass the Data"):
        mg.exact(bad)


def test_law_that_cannot_be_enumerated_or_integrated_is_refused_by_name():
    class Odd(mg.Distribution):
        def generate(self, rng, shape):
            return rng.random(shape)

    with pytest.raises(mg.InputError, match="X ~ Odd has neither"):
        mg.exact(mg.sample(Odd(), name="X") * 1.0)
