"""A draw in several branches, which a rewrite of an earlier draw has made, is one draw still."""

import itertools

import numpy as np
import pytest

import minigraph as mg

LATER = {
    "rebar": lambda y, x: mg.rebar(y, x, rng=0),
    "relax": lambda y, x: mg.relax(y, x, surrogate=mg.sigmoid, rng=0),
    "gumbel_softmax": lambda y, x: mg.gumbel_softmax(y, x, temperature=0.7, rng=0),
    "straight_through": mg.straight_through,
    "gumbel_straight_through": lambda y, x: mg.gumbel_straight_through(y, x, rng=0),
    "marginalize": mg.marginalize,
    "measure_valued": mg.measure_valued,
    "reinforce": mg.reinforce,
}


def coins():
    """Return a cost of a coin and of another that it changes, and the input of both."""
    p = mg.Data(0.3, name="p")
    a = mg.sample(mg.Bernoulli(mg.sigmoid(p)), name="A", rng=0)
    b = mg.sample(mg.Bernoulli(logits=a * 0.7 - 0.2 * p), name="B", rng=1)
    return (b * 1.0 - 0.3 * a) ** 2 + b * p, p


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("earlier", ["marginalize", "measure_valued"])
def test_the_order_of_rewrites_does_not_change_the_expected_gradient(earlier, later):
    first, second = getattr(mg, earlier), LATER[later]
    points = 12 if "gumbel_straight" in later or earlier == "measure_valued" else 60
    found = []
    for in_order in (True, False):
        y, p = coins()
        z = second(first(y, "A"), "B") if in_order else first(second(y, "B"), "A")
        assert z.value == y.value
        assert len(mg.Graph(z).nodes) < 300
        found.append(mg.exact(z, p, points=points).grad[p])
    np.testing.assert_allclose(*found, rtol=1e-9 if points == 60 else 1e-4)


@pytest.mark.parametrize("upper", [name for name in LATER if name != "rebar"])
@pytest.mark.parametrize("lower", ["marginalize", "reinforce"])
def test_so_it_is_for_a_draw_that_others_depend_on(upper, lower):
    first, second = LATER[upper], getattr(mg, lower)
    found = []
    for in_order in (True, False):
        y, p = coins()
        z = second(first(y, "A"), "B") if in_order else first(second(y, "B"), "A")
        found.append(mg.exact(z, p, points=40).grad[p])
    np.testing.assert_allclose(*found, rtol=1e-9)


def test_rebar_is_unbiased_where_one_draw_depends_on_another():
    y, p = coins()
    exact = mg.exact(mg.marginalize(y), p).grad[p]
    for lower in (mg.marginalize, mg.reinforce):
        z = mg.rebar(lower(y, "B"), "A", rng=0)
        np.testing.assert_allclose(mg.exact(z, p, points=60).grad[p], exact, rtol=1e-8)
    both = mg.exact(mg.rebar(y, rng=0), p, points=12).grad[p]  # a coarse grid of four numbers
    np.testing.assert_allclose(both, exact, rtol=1e-3)


def test_rebar_of_a_draw_is_refused_while_others_that_depend_on_it_block():
    y, _ = coins()
    with pytest.raises(mg.BlockedGradientError, match="'B' depends on 'A' and still blocks"):
        mg.rebar(y, "A")
    mg.rebar(mg.rebar(y, "B"), "A")


def test_a_surrogate_of_relax_must_not_block_its_own_gradient():
    y, _ = coins()
    coin = lambda z: mg.sample(mg.Bernoulli(mg.sigmoid(z)), name="S", rng=2) * 1.0
    with pytest.raises(mg.BlockedGradientError, match="the surrogate makes a draw, 'S', that bl"):
        mg.relax(y, "B", surrogate=coin)
    free = lambda s: mg.reparameterize(s, s)
    noisy = lambda z: free(mg.sample(mg.Normal(z, 1.0), rng=2))
    z = mg.marginalize(mg.relax(y, "B", surrogate=noisy, rng=0), "A")
    p = next(x for x in mg.Graph(z).inputs if x.name == "p")
    exact = mg.exact(mg.marginalize(y), p).grad[p]
    np.testing.assert_allclose(mg.exact(z, p, points=12).grad[p], exact, rtol=1e-2)


ESTIMATORS = {
    **{name: lambda y, name=name: mg.unblock(y, name, rng=1) for name in (
        "auto", "marginalize", "measure_valued", "reinforce", "leave_one_out", "disarm", "arm",
        "sum_and_sample", "unordered_set", "unordered_set_baseline",
    )},
    "rebar": lambda y: mg.rebar(y, continuous=True, rng=1),
    "relax": lambda y: mg.relax(y, surrogate=mg.sigmoid, rng=1),
    "vimco": lambda y: mg.vimco(mg.replicate(y, 2, rng=1)[0]),
}  # fmt: skip
WHOLE = {
    "the draw": lambda x: x,
    "an event": lambda x: mg.equal(x, 0),
    "bytes": lambda x: mg.Data(np.array([3, 255], np.uint8), constant=True)[x],
    "bytes with a sign": lambda x: mg.Data(np.array([-100, 100], np.int8), constant=True)[x],
    "long": lambda x: mg.Data(np.array([3, 1], np.uint64), constant=True)[x],
    "a sum of events": lambda x: mg.sum(mg.greater(x * np.ones(3, int), 0)),
    "a mean of bytes": lambda x: mg.mean(mg.Data(np.array([3, 1], np.uint8), constant=True)[x]),
}  # fmt: skip


@pytest.mark.parametrize(("estimator", "cost"), [
    (estimator, cost) for estimator, cost in itertools.product(ESTIMATORS, WHOLE)
    if estimator != "rebar" or "event" in cost or "draw" in cost  # a relaxed sample is no index
])  # fmt: skip
def test_costs_that_are_whole_numbers_or_truths_are_compared_as_floats(estimator, cost):
    logit = mg.Data(0.4, name="logit")
    x = mg.sample(mg.Bernoulli(logits=logit), name="X", rng=0)
    y = WHOLE[cost](x)
    z = ESTIMATORS[estimator](y)
    assert z.value == y.value
    assert z.dtype == np.float64
    truth = mg.exact(mg.where(y, mg.astype(y, float), 0.0), logit)
    found = mg.exact(z, logit, points=30 if estimator in ("arm", "rebar", "relax") else None)
    np.testing.assert_allclose(found.grad[logit], truth.grad[logit], rtol=1e-8)
    np.testing.assert_allclose(found.value, truth.value, rtol=1e-12)
    sampled = mg.expectation(z, 2000, wrt=logit, rng=0)
    assert abs(sampled.grad[logit] - truth.grad[logit]) <= 5 * sampled.grad_stderr[logit] + 1e-12


def test_probability_of_an_event_of_numbers_has_its_slope():
    w = mg.Data(0.3, name="w")
    x = mg.sample(mg.Normal(w, 1.0), name="X", rng=0)
    density = np.exp(-0.5 * 0.3**2) / np.sqrt(2 * np.pi)
    assert mg.exact(mg.unblock(x > 0, rng=0), w).grad[w] == pytest.approx(density, rel=2e-4)
    v = mg.sample(mg.Normal(w * np.ones(3), 1.0), name="V", rng=0)
    for y, slope in (
        (mg.mean(v > 0), density),
        (mg.sum(v > 0), 3 * density),
        (mg.sum(v > 0) / 3, density),
        (mg.sum((v > 0) * 2.0), 6 * density),
    ):
        z = mg.unblock(y, rng=0)
        assert z.value == y.value
        found = mg.expectation(z, 2000, wrt=w, rng=0)
        assert abs(found.grad[w] - slope) < 5 * found.grad_stderr[w]
        assert found.grad_stderr[w] < 0.02 * slope


COMPARING = {
    "disarm": mg.disarm, "arm": mg.arm, "measure_valued": mg.measure_valued,
    "sum_and_sample": mg.sum_and_sample, "unordered_set": mg.unordered_set,
    "marginalize": mg.marginalize,
}  # fmt: skip


@pytest.mark.parametrize("name", COMPARING)
def test_cost_that_is_a_draw_keeps_its_name_and_is_found_by_it_in_every_branch(name):
    p = mg.Data(0.3, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X0", rng=0)
    second = mg.sample(mg.Bernoulli(0.2 + 0.5 * first * p), name="X1", rng=1)
    y = p * p + second
    z = COMPARING[name](y, "X0", rng=1)
    copies = {node.output.name for node in mg.Graph(z).stochastic if node.draw is second.node.draw}
    assert copies == {"X1"}
    both = mg.reinforce(z, "X1")
    assert mg.Graph(both).blocked() == {}
    assert mg.exact(both, p).grad[p] == pytest.approx(mg.exact(y, p).grad[p], rel=1e-9)


@pytest.mark.parametrize("name", COMPARING)
def test_draw_that_is_the_output_keeps_its_name_below_an_output_of_that_name(name):
    p = mg.Data(0.3, name="p")
    y = mg.sample(mg.Bernoulli(p), name="X", rng=0)
    z = COMPARING[name](y, rng=1)
    assert "X" in [node.output.name for node in mg.Graph(z).stochastic]
    assert mg.exact(z, p).grad[p] == pytest.approx(1.0, rel=1e-9)


def test_draw_is_chosen_by_a_name_that_only_one_of_its_copies_has():
    y, p = coins()
    z = mg.marginalize(y, "A")
    for node in mg.Graph(z).stochastic[2:]:
        node.output.name = "renamed"
    both = mg.reinforce(z, "B")
    assert mg.Graph(both).blocked() == {}
    assert mg.exact(both, p).grad[p] == pytest.approx(mg.exact(y, p).grad[p], rel=1e-9)
