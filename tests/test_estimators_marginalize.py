"""The exact local expectation: finite draws are summed over, the others stay sampled."""

import numpy as np
import pytest

import minigraph as mg


def mixed():
    """Return Y of a coin, a coin that depends on it, and a number that depends on both."""
    p, t = mg.Data(0.25, name="p"), mg.Data(0.7, name="t")
    a = mg.sample(mg.Bernoulli(p), name="A", rng=0)
    b = mg.sample(mg.Bernoulli(mg.sigmoid(t * (a + 0.5))), name="B", rng=1)
    c = mg.sample(mg.Normal(t * b + a, p + 1.0), name="C", rng=2)
    y = (c - p) ** 2 * (1 + a) + b * t
    y.name = "Y"
    return y, [p, t]


WAYS = {"marginalize": mg.marginalize, "reinforce": mg.reinforce, "pathwise": mg.reparameterize}
ORDERS = [
    [("A", "marginalize"), ("B", "marginalize"), ("C", "reinforce")],
    [("B", "marginalize"), ("A", "marginalize"), ("C", "pathwise")],
    [("C", "reinforce"), ("A", "marginalize"), ("B", "marginalize")],
    [("C", "pathwise"), ("A", "reinforce"), ("B", "marginalize")],
    [("A", "marginalize"), ("B", "reinforce"), ("C", "reinforce")],
    [("B", "reinforce"), ("C", "pathwise"), ("A", "marginalize")],
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda o: ", ".join(" ".join(way) for way in o))
def test_other_draws_are_rewritten_in_any_order_and_to_any_derivative(order):
    y, wrt = mixed()
    z = y
    for name, way in order:
        z = WAYS[way](z, name)
    truth, estimate = mg.exact(y, wrt), mg.exact(z, wrt, points=30)
    assert z.value == y.value
    for x in wrt:
        assert estimate.grad[x] == pytest.approx(truth.grad[x], rel=1e-9)
    second = mg.exact(mg.gradient(mg.gradient(z, wrt[0]), wrt[1]), points=30).value
    assert second == pytest.approx(2.9600014180493, rel=1e-9)


def test_sum_over_a_draw_lowers_the_variance_of_what_stays_sampled():
    y, wrt = mixed()
    scored = mg.reinforce(mg.reparameterize(y, "C"))
    summed = mg.marginalize(mg.reinforce(mg.reparameterize(y, "C"), "A"), "B")
    for x in wrt:
        before, after = (mg.exact(z, wrt, points=30).grad_variance[x] for z in (scored, summed))
        assert after < 0.97 * before


def test_draws_in_the_copies_still_block_by_name():
    y, wrt = mixed()
    with pytest.raises(mg.BlockedGradientError, match="C ~ Normal"):
        mg.gradient(mg.marginalize(y, ["A", "B"]), wrt)


@pytest.mark.parametrize(("elementwise", "copies"), [(True, 2), (False, 8)])
def test_elements_are_summed_over_side_by_side_where_costs_keep_them_apart(elementwise, copies):
    q = mg.Data([0.2, 0.5, 0.7], name="q")
    x = mg.sample(mg.Bernoulli(q), name="X", rng=0)
    y = mg.sum(mg.exp(x * q)) if elementwise else mg.sum(x * q) ** 2
    z = mg.marginalize(y)
    names = [node.name for node in mg.Graph(z).nodes]
    assert names.count("exp" if elementwise else "power") == copies + 1
    truth, estimate = mg.exact(y, q), mg.exact(z, q)
    np.testing.assert_allclose(estimate.grad[q], truth.grad[q], rtol=1e-12)
    np.testing.assert_allclose(estimate.grad_variance[q], 0.0, atol=1e-15)


def test_too_many_outcomes_are_refused_with_their_count():
    x = mg.sample(mg.Bernoulli(mg.Data(np.full(30, 0.5), name="p")), name="X", rng=0)
    with pytest.raises(mg.InputError, match=r"'X' of shape \(30,\) has 1,073,741,824 outcomes"):
        mg.marginalize(mg.sum(x * 1.0) ** 2)


@pytest.mark.parametrize(
    "law", [mg.Poisson, lambda rate: mg.Normal(rate, 1.0),
            lambda rate: mg.Independent(mg.Poisson(rate * np.array([0.1, 0.2])))],
)  # fmt: skip
def test_outcomes_without_end_are_refused(law):
    x = mg.sample(law(mg.Data(2.0, name="rate")), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="outcomes of 'X' ~"):
        mg.marginalize(mg.sum(x * 1.0))


def test_sample_that_python_looked_at_is_refused():
    x = mg.sample(mg.Bernoulli(mg.Data(0.3, name="p")), name="X", rng=0)
    y = x * 2.0 if x else x * 3.0
    with pytest.raises(mg.UsageError, match="'X': Python looked at this sample"):
        mg.marginalize(y)


def test_black_box_is_summed_through():
    p = mg.Data(0.3, name="p")
    cost = mg.primitive(lambda x: np.array([2.0, 7.0])[int(x)], name="simulator")
    z = mg.marginalize(cost(mg.sample(mg.Bernoulli(p), name="X", rng=0)))
    assert mg.gradient(z, p).value == pytest.approx(5.0, rel=1e-12)


def test_float32_graph_stays_float32():
    p = mg.Data(np.float32(0.3), name="p")
    z = mg.marginalize(mg.sample(mg.Bernoulli(p), name="X", rng=0) * np.float32(2.0))
    assert mg.gradient(z, p).dtype == np.float32


def test_old_graph_stays_as_it_was_and_names_are_kept():
    y, _ = mixed()
    before = [(data, data.name, data.value) for data in mg.Graph(y).data]
    z = mg.marginalize(y, "B")
    after = [(data, data.name, data.value) for data in mg.Graph(y).data]
    assert all(a[0] is b[0] and a[1:] == b[1:] for a, b in zip(before, after, strict=True))
    assert z.name == "Y"
    assert mg.Graph(z)["Y"] is z


@pytest.mark.parametrize("seed", range(3))
def test_draw_whose_outcomes_depend_on_another_draw_is_refused_and_unblocked_otherwise(seed):
    p = mg.Data(0.3, name="p")
    n = mg.sample(mg.Categorical([0.2, 0.3, 0.1, 0.4]), name="N", rng=seed)
    y = 1.0 * mg.sample(mg.Binomial(n, p), name="B", rng=seed)
    with pytest.raises(mg.BlockedGradientError, match="'B' ~ Binomial are others when total_count"):
        mg.marginalize(y, "B")
    assert mg.exact(mg.unblock(y), p).grad[p] == pytest.approx(1.7, rel=1e-9)


def test_draw_whose_outcomes_depend_on_an_input_that_can_be_assigned_is_refused():
    p, n = mg.Data(0.3, name="p"), mg.Data(np.array(3), name="n")
    y = 1.0 * mg.sample(mg.Binomial(n, p), name="B", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="are others when total_count"):
        mg.marginalize(y)
    z = mg.unblock(y)
    n.value = 5
    assert mg.exact(z, p).grad[p] == pytest.approx(5.0, rel=1e-9)


@pytest.mark.parametrize(
    ("law", "moving"),
    [
        (lambda x: mg.Binomial(mg.sum(x), 0.3), [3.0]),
        (lambda x: mg.DiscreteUniform(mg.sum(x), 6.0), [1.0]),
        (mg.Empirical, [1.0, 2.0, 4.0]),
    ],
)
def test_slope_in_what_the_outcomes_are_is_refused(law, moving):
    x = mg.Data(moving, name="moving")
    y = mg.sample(law(x), name="X", rng=0) ** 2.0
    with pytest.raises(mg.BlockedGradientError, match="are others when"):
        mg.exact(y, x)
    for rewrite in (mg.reinforce, mg.marginalize, mg.unblock):
        with pytest.raises(mg.BlockedGradientError, match=r"'?X'? ~"):
            rewrite(y)


@pytest.mark.parametrize("later", ["X", "W", "V"])
def test_sum_over_outcomes_after_a_leave_one_out_baseline_is_not_biased(later):
    theta = mg.Data(0.3, name="θ")
    z = mg.sample(mg.Bernoulli(logits=theta), name="Z", rng=0)
    x = mg.sample(mg.Bernoulli(logits=2.0 * z - theta), name="X", rng=1)  # depends on Z
    w = mg.sample(mg.Bernoulli(logits=theta), name="W", rng=1)
    v = mg.sample(mg.Bernoulli(logits=x + w), name="V", rng=1)
    y = (3.0 * z + 2.0 * x * w - 1.5 + v) ** 2
    truth = mg.exact(y, theta).grad[theta]
    for names in (["Z"], ["Z", "X"], ["X"]):
        z = mg.marginalize(mg.reinforce(y, names, baseline="leave-one-out"), later)
        assert mg.exact(mg.reinforce(z), theta).grad[theta] == pytest.approx(truth)


def test_baseline_of_a_later_draw_stays_in_every_copy():
    p = mg.Data(0.3, name="p")
    a = mg.sample(mg.Bernoulli(p), name="A", rng=0)
    b = mg.sample(mg.Bernoulli(0.2 + p * a), name="B", rng=0)
    c = mg.sample(mg.Bernoulli(0.2 + p * b), name="C", rng=0)
    y = (c + 10.0) ** 2 * (1.0 + a)
    late = mg.marginalize(mg.reinforce(y, "C", baseline="leave-one-out"), "B")
    z = mg.marginalize(late, "A")
    kept = [node for node in mg.Graph(z).nodes if node.name == "leave_one_out"]
    assert len(kept) == 1 + 2 + 4  # of C, in the branches of B, and of A and B
    assert mg.exact(z, p).grad[p] == pytest.approx(mg.exact(y, p).grad[p])


@pytest.mark.parametrize("rewrite", [mg.marginalize, mg.unblock])
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_outcome_that_cannot_be_may_have_an_infinite_slope(rewrite):
    """t·√(2t) + (1 - t)·√t, and outcome 2 of probability 0 would cost √0."""
    t = mg.Data(0.4, name="t")
    law = mg.Categorical(mg.stack([t, 1.0 - t, 0.0 * t]))
    y = mg.sqrt(t * (2.0 - mg.sample(law, name="K", rng=0)))
    root, double = np.sqrt(0.4), np.sqrt(0.8)
    slope = double + 0.4 / double - root + 0.3 / root
    np.testing.assert_allclose(mg.exact(rewrite(y), t).grad[t], slope)
