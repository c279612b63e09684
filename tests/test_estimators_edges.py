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


def test_outcome_of_weight_0_of_a_one_hot_draw_has_no_slope_in_its_logit():
    logits = mg.Data([0.2, -np.inf, -800.0, 0.5], name="logits")
    x = mg.sample(mg.OneHotCategorical(logits=logits), name="K", rng=0)
    y = mg.sum(x * np.array([1.0, 2.0, 3.0, 5.0])) ** 2
    estimate = mg.expectation(mg.rebar(y, rng=1), 20_000, wrt=logits, rng=2)
    truth = mg.exact(y, logits).grad[logits]
    assert np.all(np.abs(estimate.grad[logits] - truth) <= 5 * estimate.grad_stderr[logits] + 1e-12)
    assert np.all(estimate.grad_stderr[logits] < 0.1)
    np.testing.assert_allclose(estimate.grad[logits][1:3], 0.0, atol=1e-12)
