"""Probabilities of exactly 0 or 1: a slope of 0 in the logits, a refusal in the probabilities."""

import numpy as np
import pytest

import minigraph as mg

PAIRED = {
    "arm": lambda y, **k: mg.arm(y, rng=1, **k),
    "disarm": lambda y, **k: mg.disarm(y, rng=1, **k),
    "rebar": lambda y, **k: mg.rebar(y, rng=1, **k),
    "relax": lambda y, **k: mg.relax(y, surrogate=lambda z: mg.sum(mg.sigmoid(z)), rng=1, **k),
}
LISTED = {
    "sum_and_sample": lambda y: mg.sum_and_sample(y, rng=1),
    "unordered_set": lambda y: mg.unordered_set(y, rng=1),
    "unordered_set_baseline": lambda y: mg.unordered_set(y, baseline=True, rng=1),
}
OTHERS = {"reinforce": mg.reinforce, "marginalize": mg.marginalize,
          "measure_valued": lambda y: mg.measure_valued(y, rng=1)}  # fmt: skip
SATURATED = [40.0, -40.0, 800.0, -800.0, np.inf, -np.inf]


def coin(**parameter):
    ((name, value),) = parameter.items()
    a = mg.Data(value, name=name)
    return (mg.sample(mg.Bernoulli(**{name: a}), name="X", rng=0) - 3.0) ** 2, a


@pytest.mark.parametrize("logit", SATURATED)
@pytest.mark.parametrize("name", [*PAIRED, *LISTED, *OTHERS])
def test_coin_that_always_falls_alike_has_no_slope_in_its_logit(name, logit):
    y, a = coin(logits=logit)
    z = {**PAIRED, **LISTED, **OTHERS}[name](y)
    assert z.value == y.value
    for slope in (mg.gradient(z, a).value, mg.exact(z, a).grad[a],
                  mg.expectation(z, 50, wrt=a, rng=0).grad[a]):  # fmt: skip
        assert slope == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize("rewrite", PAIRED.values(), ids=PAIRED)
def test_saturated_coins_do_not_spoil_the_slopes_of_others(rewrite):
    a = mg.Data([0.3, 800.0, -np.inf], name="a")
    y = mg.sum(mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) * np.array([1.0, 2.0, 4.0])) ** 2
    estimate, truth = mg.expectation(rewrite(y), 20_000, wrt=a, rng=1), mg.exact(y, a).grad[a]
    assert truth[1:] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert np.all(np.abs(estimate.grad[a] - truth) <= 5 * estimate.grad_stderr[a] + 1e-9)
    assert np.all(estimate.grad_stderr[a] < 0.1)


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("rewrite", PAIRED.values(), ids=PAIRED)
def test_probability_at_its_edge_is_refused_by_name(rewrite, p):
    y, _ = coin(probs=p)
    with pytest.raises(mg.BlockedGradientError, match=r"'X' ~ Bernoulli has a probability of exac"):
        rewrite(y)


def test_refusal_names_the_element_and_the_call():
    p = mg.Data([0.3, 1.0], name="p")
    y = mg.sum(mg.sample(mg.Bernoulli(p), name="X", rng=0)) * 1.0
    with pytest.raises(mg.BlockedGradientError, match=r"at \[1\].*mg\.marginalize\(y, \"X\"\)"):
        mg.disarm(y)


def test_constant_probability_at_its_edge_is_fine():
    p = mg.Data(0.4, name="p")
    sure = mg.sample(mg.Bernoulli(1.0), name="sure", rng=0)
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) + sure) ** 2
    assert mg.exact(mg.disarm(y, ["X", "sure"]), p).grad[p] == pytest.approx(3.0, rel=1e-9)


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("name", ["sum_and_sample", "unordered_set", "marginalize",
                                  "measure_valued"])  # fmt: skip
def test_estimators_that_look_at_the_other_outcome_are_right_at_the_edge(name, p):
    y, p = coin(probs=p)
    z = {**LISTED, **OTHERS}[name](y)
    assert mg.exact(z, p).grad[p] == pytest.approx(-5.0, rel=1e-9)
    assert mg.expectation(z, 50, wrt=p, rng=0).grad[p] == pytest.approx(-5.0, rel=1e-9)


@pytest.mark.parametrize("name", ["arm", "disarm", "rebar", "relax"])
def test_probability_that_another_draw_puts_at_its_edge_is_right(name):
    """X₂ ~ Bernoulli(p X₁) is 0 for sure where X₁ is: E[(X₁ + 2 X₂)²] = p + 8 p²."""
    p = mg.Data(0.4, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=1)
    y = (first + 2.0 * mg.sample(mg.Bernoulli(p * first), name="X2", rng=2)) ** 2
    z = PAIRED[name](mg.reinforce(y, "X1"))
    truth = 1 + 16 * 0.4
    estimate = mg.expectation(z, 40_000, wrt=p, rng=3)
    assert abs(estimate.grad[p] - truth) < 5 * estimate.grad_stderr[p] < 0.5
    if name in ("arm", "disarm"):
        assert mg.exact(z, p).grad[p] == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("law", [mg.Bernoulli, mg.Poisson])
@pytest.mark.parametrize("weights", ["probs", "logits"])
@pytest.mark.parametrize("low", [0.0, 1.0])
def test_component_that_another_draw_puts_at_its_edge_has_a_finite_score(law, weights, low):
    """X₂ ~ ½ Bernoulli(p X₁) + ½ Bernoulli(0.3) may be 1 where the first component is 0 for sure.

    So it is with 1 - p X₁ at 1.
    """
    p = mg.Data(0.4, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=1)
    each = mg.stack([mg.absolute(low - p * first), 0.3])
    law = mg.MixtureSameFamily(mg.Categorical(**{weights: [0.5, 0.5]}), law(each))
    z = mg.reinforce(first + 1.0 * mg.sample(law, name="X2", rng=2))
    sign = 1.0 - 2.0 * low
    assert mg.exact(z, p).grad[p] == pytest.approx(1.0 + sign * 0.4, rel=1e-12)
    assert mg.exact(mg.gradient(z, p), p).grad[p] == pytest.approx(sign, rel=1e-12)
    assert np.isfinite(mg.expectation(z, 50, wrt=p, rng=0).grad[p])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_component_whose_probability_rounds_to_0_has_a_finite_score(dtype):
    a = mg.Data(dtype([-800.0, 0.0]), name="a")
    law = mg.MixtureSameFamily(mg.Categorical(dtype([0.5, 0.5])), mg.Bernoulli(mg.sigmoid(a)))
    z = mg.reinforce(dtype(1.0) * mg.sample(law, name="X", rng=2))
    np.testing.assert_allclose(mg.exact(z, a).grad[a], [0.0, 0.125], rtol=1e-6)


def test_outcome_of_weight_0_of_a_one_hot_draw_has_no_slope_in_its_logit():
    logits = mg.Data([0.2, -np.inf, -800.0, 0.5], name="logits")
    x = mg.sample(mg.OneHotCategorical(logits=logits), name="K", rng=0)
    y = mg.sum(x * np.array([1.0, 2.0, 3.0, 5.0])) ** 2
    estimate = mg.expectation(mg.rebar(y, rng=1), 20_000, wrt=logits, rng=2)
    truth = mg.exact(y, logits).grad[logits]
    assert np.all(np.abs(estimate.grad[logits] - truth) <= 5 * estimate.grad_stderr[logits] + 1e-12)
    assert np.all(estimate.grad_stderr[logits] < 0.1)
    np.testing.assert_allclose(estimate.grad[logits][1:3], 0.0, atol=1e-12)


# What cannot be, whatever it would cost ---------------------------------------------------------
ALL = {**LISTED, **OTHERS, "true": lambda y: y, "unblock": mg.unblock}


@pytest.mark.parametrize(("law", "name"), [
    *[(mg.Categorical, name) for name in ALL],
    *[(mg.OneHotCategorical, name) for name in ALL if name != "measure_valued"],
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_outcome_that_cannot_be_has_no_slope_where_its_cost_is_infinite(name, law):
    p = mg.Data(0.4, name="p")
    law = law(probs=mg.stack([p, 1.0 - p, 0.0]))
    x = mg.sample(law, name="X", rng=0)
    which = mg.sum(x * np.arange(3.0)) if law.event_ndim else x
    for y, slope in (law.log_prob(x), np.log(0.4 / 0.6)), (1.0 / (2.0 - which), -0.5):
        assert mg.exact(ALL[name](y), p).grad[p] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("name", ["reinforce", "marginalize", "measure_valued", "true"])
@pytest.mark.parametrize("combine", [mg.sum, mg.prod])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_elements_that_cannot_fall_otherwise_have_no_slope(name, combine):
    p = mg.Data(0.4, name="p")
    x = mg.sample(mg.Bernoulli(mg.stack([p, 0.0 * p, 0.0 * p + 1.0])), name="X", rng=0)
    y = combine(mg.log(mg.array([3.0, 1.0, 2.0]) + x * np.array([1.0, -1.0, -1.0]) + p))
    costs = [np.log([3.4, 4.4]), np.log(1.4), np.log(1.4)]
    slopes = [0.6 / 3.4 + 0.4 / 4.4, 1 / 1.4, 1 / 1.4]
    means = [0.6 * costs[0][0] + 0.4 * costs[0][1], costs[1], costs[2]]
    slopes[0] += costs[0][1] - costs[0][0]
    truth = {mg.sum: sum(slopes), mg.prod: sum(
        slopes[i] * np.prod(means[:i] + means[i + 1 :]) for i in range(3)
    )}[combine]  # fmt: skip
    assert mg.exact(ALL[name](y), p).grad[p] == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("name", [*LISTED, *OTHERS, "true"])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_outcome_that_could_not_be_counts_in_a_replay_in_which_it_can(name):
    """E[1 / (2 - K + r)] for weights p, 1 - p, r² of K = 0, 1, 2: without the last where r is 0."""
    p, r = mg.Data(0.4, name="p"), mg.Data(0.0, name="r")
    k = mg.sample(mg.Categorical(probs=mg.stack([p, 1.0 - p, r * r])), name="K", rng=0)
    z = ALL[name](1.0 / (2.0 - k + r))
    assert mg.exact(z, p).grad[p] == pytest.approx(0.5 - 1.0, rel=1e-12)
    r.value = 0.5
    estimate = mg.exact(z, [p, r])
    total = 0.4 / 2.5 + 0.6 / 1.5 + 0.25 / 0.5
    slope = -0.4 / 2.5**2 - 0.6 / 1.5**2 - 0.25 / 0.5**2 + 1.0 / 0.5
    assert estimate.value == pytest.approx(total / 1.25, rel=1e-12)
    assert estimate.grad[p] == pytest.approx((1 / 2.5 - 1 / 1.5) / 1.25, rel=1e-12)
    assert estimate.grad[r] == pytest.approx(slope / 1.25 - total / 1.25**2, rel=1e-12)


@pytest.mark.parametrize("name", ["reinforce", "marginalize", "measure_valued", "true"])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_entropy_of_a_draw_that_another_one_decides_is_right(name):
    """X₂ ~ Bernoulli(p X₁) has the entropy -p log p - (1 - p) log (1 - p) where X₁ is 1, else 0."""
    p = mg.Data(0.4, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=1)
    law = mg.Bernoulli(p * first)
    second = mg.sample(law, name="X2", rng=2)
    assert first.value == second.value == 0
    y = law.log_prob(second)
    inside = 0.4 * np.log(0.4) + 0.6 * np.log(0.6)
    truth = inside + 0.4 * np.log(0.4 / 0.6)
    assert mg.exact(ALL[name](y), p).grad[p] == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("rewrite", [mg.marginalize, mg.unblock])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_sum_over_draws_of_which_one_decides_what_the_other_cannot_be_is_right(rewrite, seed):
    p = mg.Data(0.4, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=seed)
    law = mg.Categorical(probs=mg.stack([p * first, 1.0 - p, p * (1.0 - first)]))
    y = law.log_prob(mg.sample(law, name="X2", rng=seed))
    z = rewrite(y)
    assert z.value == y.value
    estimate = mg.exact(z, p)
    assert estimate.value == pytest.approx(0.4 * np.log(0.4) + 0.6 * np.log(0.6), rel=1e-12)
    assert estimate.grad[p] == pytest.approx(np.log(0.4 / 0.6), rel=1e-12)
    assert estimate.grad_variance[p] < 1e-20
