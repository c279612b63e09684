"""Outcomes without probability, which no sample shows: a slope there is refused, not left out."""

import numpy as np
import pytest

import minigraph as mg

EDGES = {  # a law of its parameter, and where a probability that moves is 0
    "Bernoulli": (mg.Bernoulli, 0.0),
    "Bernoulli at 1": (mg.Bernoulli, 1.0),
    "Binomial": (lambda p: mg.Binomial(3, p), 1.0),
    "Geometric": (mg.Geometric, 1.0),
    "NegativeBinomial": (lambda p: mg.NegativeBinomial(2.0, p), 0.0),
    "Poisson": (mg.Poisson, 0.0),
    "Categorical": (mg.Categorical, [0.0, 0.5, 0.5]),
    "OneHotCategorical": (mg.OneHotCategorical, [0.5, 0.0, 0.5]),
    "Multinomial": (lambda p: mg.Multinomial(2, p), [0.5, 0.5, 0.0]),
    "Independent": (lambda p: mg.Independent(mg.Bernoulli(p), 1), [0.0, 0.5, 0.5]),
    "MixtureSameFamily": (
        lambda p: mg.MixtureSameFamily(mg.Categorical(p), mg.Normal([0.0, 1.0, 2.0], 1.0)),
        [0.0, 0.5, 0.5],
    ),
}  # fmt: skip
SCORES = {
    "reinforce": mg.reinforce,
    "leave_one_out": lambda y: mg.reinforce(y, baseline="leave-one-out"),
    "vimco": lambda y: mg.vimco(mg.mean(mg.replicate(y, 2, rng=1))),
    "arm": lambda y: mg.arm(y, rng=1),
    "disarm": lambda y: mg.disarm(y, rng=1),
    "rebar": lambda y: mg.rebar(y, rng=1),
    "relax": lambda y: mg.relax(y, surrogate=lambda z: mg.sum(mg.sigmoid(z)), rng=1),
    "unordered_set": lambda y: mg.unordered_set(y, size=1, rng=1),
}


def cost_of(law, value):
    p = mg.Data(value, name="p")
    x = mg.sample(law(p), name="X", rng=0)
    return mg.sum(x * np.array([1.0, 2.0, 5.0]) if x.shape else x - 3.0) ** 2, p


def coin(value):
    return cost_of(mg.Bernoulli, value)


@pytest.mark.parametrize(("law", "value"), EDGES.values(), ids=EDGES)
def test_score_refuses_an_outcome_that_no_sample_shows(law, value):
    y, _ = cost_of(law, value)
    with pytest.raises(mg.BlockedGradientError, match=r"'X' ~ .* of exactly 0.* that moves.*mg"):
        mg.reinforce(y)


@pytest.mark.parametrize(("law", "value"), EDGES.values(), ids=EDGES)
def test_score_refuses_a_parameter_that_moves_to_its_edge_after_the_rewrite(law, value):
    y, p = cost_of(law, np.full(3, 1 / 3) if np.ndim(value) else 0.4)
    z = mg.reinforce(y)
    p.value = value
    with pytest.raises(mg.BlockedGradientError, match=r"'X' ~ .* of exactly 0.* that moves"):
        mg.expectation(z, 50, wrt=p, rng=0)


@pytest.mark.parametrize("name", SCORES)
def test_every_estimator_with_a_score_refuses_the_edge_in_a_replay_and_averages_values_there(name):
    y, p = coin(0.4)
    z = SCORES[name](y)
    p.value = 0.0
    with pytest.raises(mg.BlockedGradientError, match="'X' ~ Bernoulli has a probability of exact"):
        mg.expectation(z, 50, wrt=p, rng=0)
    assert mg.expectation(z, 50, rng=0).value == 9.0


@pytest.mark.parametrize(("law", "value"), [EDGES["Geometric"], EDGES["NegativeBinomial"],
                                        EDGES["Poisson"], EDGES["Categorical"]])  # fmt: skip
def test_what_the_refusal_recommends_has_the_slope_of_one_side(law, value):
    y, p = cost_of(law, value)
    step = np.eye(3)[0] * 1e-6 if np.ndim(value) else 1e-6 if value == 0.0 else -1e-6
    size = np.sum(step)
    near = mg.exact(cost_of(law, value + step)[0]).value - mg.exact(y).value
    found = np.ravel(mg.exact(mg.unblock(y, rng=1), p).grad[p])[0]
    assert found == pytest.approx(near / size, rel=1e-4)


SETS = {
    "sum_and_sample": lambda y, size: mg.sum_and_sample(y, size=size - 1, rng=1),
    "unordered_set": lambda y, size: mg.unordered_set(y, size=size, rng=1),
}


@pytest.mark.parametrize("rewrite", SETS.values(), ids=SETS)
def test_set_that_leaves_an_outcome_out_is_refused_at_the_edge(rewrite):
    y, p = cost_of(mg.Categorical, [0.0, 0.5, 0.5])
    with pytest.raises(mg.BlockedGradientError, match=r"probability of exactly 0 or 1 at \[0\]"):
        rewrite(y, 2)
    y, p = cost_of(mg.Categorical, [0.2, 0.3, 0.5])
    z = rewrite(y, 2)
    p.value = [0.0, 0.5, 0.5]
    with pytest.raises(mg.BlockedGradientError, match="probability of exactly 0 or 1 that moves"):
        mg.expectation(z, 50, wrt=p, rng=0)


@pytest.mark.parametrize("rewrite", SETS.values(), ids=SETS)
def test_set_of_all_outcomes_is_right_at_the_edge(rewrite):
    y, p = cost_of(mg.Categorical, [0.0, 0.5, 0.5])
    estimate = mg.expectation(rewrite(y, 3), 50, wrt=p, rng=0)
    np.testing.assert_allclose(estimate.grad[p], mg.exact(y, p).grad[p], rtol=1e-12)


def test_constant_at_its_edge_is_scored_as_ever():
    p = mg.Data(0.4, name="p")
    sure = mg.sample(mg.Bernoulli(1.0), name="sure", rng=0)
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) + sure) ** 2
    z = mg.reinforce(y, ["X", "sure"])
    assert mg.exact(z, p).grad[p] == pytest.approx(3.0, rel=1e-9)


@pytest.mark.parametrize("logit", [40.0, -500.0])
@pytest.mark.parametrize("probs", [
    mg.sigmoid, lambda a: mg.exp(-mg.exp(-a)), lambda a: 1.0 * mg.sigmoid(a),
], ids=["sigmoid", "gumbel", "scaled"])  # fmt: skip
def test_probability_that_saturates_has_slope_0(probs, logit):
    a = mg.Data(logit, name="a")
    y = (mg.sample(mg.Bernoulli(probs(a)), name="X", rng=0) - 3.0) ** 2
    estimate = mg.expectation(mg.reinforce(y), 50, wrt=a, rng=0)
    assert estimate.grad[a] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("rewrite", [
    mg.reinforce,
    lambda y: mg.reinforce(mg.reinforce(y, "X2"), "X1"),
    lambda y: mg.marginalize(mg.reinforce(y, "X2"), "X1"),
], ids=["together", "last first", "only the last"])  # fmt: skip
def test_probability_that_another_draw_puts_at_its_edge_is_scored(rewrite):
    """X₂ ~ Bernoulli(p X₁) is 0 for sure where X₁ is: E[(X₁ + 2 X₂)²] = p + 8 p²."""
    p = mg.Data(0.4, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=1)
    y = (first + 2.0 * mg.sample(mg.Bernoulli(p * first), name="X2", rng=2)) ** 2
    z = rewrite(y)
    assert mg.exact(z, p).grad[p] == pytest.approx(7.4, rel=1e-9)
    p.value = 0.0
    with pytest.raises(mg.BlockedGradientError, match=r"'X[12]' ~ Bernoulli has a probability"):
        mg.exact(z, p)


def test_edge_of_one_parameter_leaves_the_gradients_of_others_alone():
    p, a = mg.Data(0.4, name="p"), mg.Data(2.0, name="a")
    z = mg.reinforce(a * mg.sample(mg.Bernoulli(p), name="X", rng=0))
    p.value = 1.0
    assert mg.expectation(z, 50, wrt=a, rng=0).grad[a] == 1.0


def test_weights_need_not_add_up_to_one():
    w = mg.Data([1.0, 2.0, 3.0], name="w")
    x = mg.sample(mg.OneHotCategorical(w), name="X", rng=0)
    y = mg.sum(x * np.array([1.0, 2.0, 5.0])) ** 2
    estimate, truth = mg.expectation(mg.rebar(y, rng=1), 20_000, wrt=w, rng=0), mg.exact(y, w)
    assert np.all(np.abs(estimate.grad[w] - truth.grad[w]) < 5 * estimate.grad_stderr[w])
    assert np.all(estimate.grad_stderr[w] < 0.05)


def test_compiled_gradient_at_the_edge_is_not_a_number():
    pytest.importorskip("torch")
    y, p = coin(0.4)
    f = mg.compile(mg.reinforce(y), p, backend="torch")
    assert np.isnan(float(f(0.0, noise={"X": 0})[1]))
