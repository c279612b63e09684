"""Rewrites of graphs: what they keep, what they open, and what they refuse."""

import numpy as np
import pytest
from cases import nested

import minigraph as mg

REWRITES = [mg.reparameterize, mg.reinforce]


# E[a + a (a² (a² + 1) + exp(0.6 a))] differentiated
def nested_slope(a):
    return 1 + 5 * a**4 + 3 * a**2 + np.exp(0.6 * a) * (1 + 0.6 * a)


def same_bits(a, b):
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()


# What a rewrite keeps ---------------------------------------------------------------------------
@pytest.mark.parametrize("rewrite", REWRITES)
def test_old_graph_stays_as_it_was(rewrite):
    y, _ = nested()
    before = repr(mg.Graph(y)), mg.to_dot(y)
    rewrite(y)
    assert (repr(mg.Graph(y)), mg.to_dot(y)) == before


@pytest.mark.parametrize("rewrite", REWRITES)
def test_inputs_are_shared_and_names_kept(rewrite):
    y, a = nested()
    z = rewrite(y)
    graph = mg.Graph(z)
    assert graph["a"] is a
    assert z.name == "Y"
    assert graph["X1"].value == mg.Graph(y)["X1"].value
    assert graph["X2"].value == mg.Graph(y)["X2"].value


@pytest.mark.parametrize("value", [0.0, -0.0, np.inf, np.nan, -3.0])
@pytest.mark.parametrize("baseline", [None, 2.5, -2.5, 0.0, "leave-one-out"])
def test_baseline_leaves_every_bit_of_the_value(value, baseline):
    theta = mg.Data(0.5)
    x = mg.sample(mg.Bernoulli(theta), rng=1)
    y = mg.where(x > 5.0, 1.0, value)
    assert same_bits(mg.reinforce(y, baseline=baseline).value, y.value)


@pytest.mark.parametrize("rewrite", REWRITES)
@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 1, 2)])
def test_draws_of_any_shape_keep_their_value_and_get_the_right_gradient(rewrite, shape):
    mu = mg.Data(np.linspace(-1.0, 1.0, int(np.prod(shape))).reshape(shape), name="μ")
    x = mg.sample(mg.Normal(mu, 0.5), name="X", rng=0)
    y = mg.sum(x**2)
    z = rewrite(y)
    assert same_bits(z.value, y.value)
    estimate = mg.expectation(z, 20_000, wrt=mu, rng=1)
    assert estimate.grad[mu].shape == shape
    assert np.all(np.abs(estimate.grad[mu] - 2 * mu.value) < 5 * estimate.grad_stderr[mu])
    assert np.all(estimate.grad_stderr[mu] < 0.25)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_parameters_that_broadcast_get_gradients_of_their_own_shape(rewrite):
    mu, sigma = mg.Data(0.3, name="μ"), mg.Data(np.array([0.5, 1.0]), name="σ")
    y = mg.sum(mg.sample(mg.Normal(mu, sigma), name="X", rng=0) ** 2)
    estimate = mg.exact(rewrite(y), [mu, sigma])
    np.testing.assert_allclose(estimate.grad[mu], 4 * 0.3, rtol=1e-9)
    np.testing.assert_allclose(estimate.grad[sigma], 2 * sigma.value, rtol=1e-9)


def test_array_valued_output_keeps_its_shape_and_bits():
    mu = mg.Data(0.5, name="μ")
    y = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0) * np.arange(3.0)
    for rewrite in REWRITES:
        assert same_bits(rewrite(y).value, y.value)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_names_of_boxes_are_kept(rewrite):
    theta = mg.Data(0.3, name="θ")
    x, e = (mg.sample(mg.Normal(theta, 1.0), name=n, rng=0) for n in "XE")
    y = x * 2.0 + e
    y.node.name = "total"
    assert "total" in {node.name for node in mg.Graph(rewrite(y, "X")).deterministic}


@pytest.mark.parametrize("rewrite", REWRITES)
def test_function_boxes_stay_intact(rewrite):
    @mg.function(name="F")
    def f(x):
        return (x - 3.0) ** 2 + mg.exp(-x)

    y = f(mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X"))
    boxes = {node._group.outermost.name for node in mg.Graph(rewrite(y)).nodes if node._group}
    assert "F" in boxes
    inside = [n for n in mg.Graph(rewrite(y)).nodes if n._group and n._group.outermost.name == "F"]
    assert len(inside) == len([n for n in mg.Graph(y).nodes if n._group])
    assert len({n._group.outermost for n in inside}) == 1


@pytest.mark.parametrize("rewrite", REWRITES)
def test_nothing_to_rewrite_returns_the_same_data(rewrite):
    noise = mg.sample(mg.Normal(0.0, 1.0), name="ε")
    y = noise * mg.Data(2.0, name="θ")
    assert rewrite(y) is y


@pytest.mark.parametrize("rewrite", REWRITES)
def test_float32_graph_stays_float32(rewrite):
    mu = mg.Data(np.full(2, 0.5, np.float32), name="μ")
    x = mg.sample(mg.Normal(mu, np.ones(2, np.float32)), name="X", rng=0)
    y = mg.sum(x * x)
    z = rewrite(y)
    assert z.dtype == y.dtype == np.float32
    assert mg.gradient(z, mu).dtype == np.float32


# Several draws ----------------------------------------------------------------------------------
HANDLES = {
    "name": lambda y, name: name,
    "node": lambda y, name: mg.Graph(y)[name].node,
    "data": lambda y, name: mg.Graph(y)[name],
    "list": lambda y, name: [mg.Graph(y)[name]],
}


@pytest.mark.parametrize("handle", HANDLES)
@pytest.mark.parametrize("first", ["X1", "X2"])
@pytest.mark.parametrize("order", [REWRITES, REWRITES[::-1]], ids=["pathwise first", "score first"])
def test_mixed_methods_in_both_orders_by_every_handle(order, first, handle):
    y, a = nested()
    second = "X2" if first == "X1" else "X1"
    one, other = (HANDLES[handle](y, name) for name in (first, second))  # both of the old graph
    z = order[1](order[0](y, one), other)
    assert same_bits(z.value, y.value)
    estimate = mg.exact(z, a)
    assert estimate.grad[a] == pytest.approx(nested_slope(0.4), rel=1e-9)


def test_mixed_second_derivative_is_right():
    y, a = nested()
    z = mg.reinforce(mg.reparameterize(y, "X1"), "X2")
    second = mg.exact(mg.gradient(mg.gradient(z, a), a)).value
    h = 1e-5
    numeric = (nested_slope(0.4 + h) - nested_slope(0.4 - h)) / (2 * h)
    assert second == pytest.approx(numeric, rel=1e-6)


def test_unblock_picks_a_legal_method_for_each_draw_and_says_why():
    p, mu = mg.Data(0.3, name="p"), mg.Data(0.5, name="μ")
    b = mg.sample(mg.Bernoulli(p), name="B", rng=0)
    x = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0)
    z, why = mg.unblock(b * x**2, explain=True)
    assert [(c.draw, c.method) for c in why] == [("B", "marginalize"), ("X", "reparameterize")]
    estimate = mg.exact(z, [p, mu])
    assert estimate.grad[p] == pytest.approx(0.5**2 + 1)
    assert estimate.grad[mu] == pytest.approx(0.3 * 2 * 0.5)


def test_unblock_takes_a_method_for_each_draw():
    y, a = nested()
    for methods in ({"X1": "reinforce", "X2": "reparameterize"}, "reinforce"):
        z = mg.unblock(y, methods)
        assert mg.exact(z, a).grad[a] == pytest.approx(nested_slope(0.4), rel=1e-9)
    with pytest.raises(mg.InputError, match="magic"):
        mg.unblock(y, {"X1": "magic"})


def test_draw_used_twice_is_one_draw():
    mu = mg.Data(0.5, name="μ")
    x = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0)
    for rewrite in REWRITES:
        z = rewrite(x * x + mg.sin(x) * x)
        slope = 2 * 0.5 + np.exp(-0.5) * (2 * np.cos(0.5) - 0.5 * np.sin(0.5)) - np.exp(-0.5) * 0
        estimate = mg.exact(z, mu)
        h = 1e-6
        value = [mg.exact(z).value for mu.value in (0.5 + h, 0.5 - h)]
        mu.value = 0.5
        assert estimate.grad[mu] == pytest.approx((value[0] - value[1]) / (2 * h), rel=1e-6)
        assert np.isfinite(slope)


def test_two_draws_with_equal_parameters_are_never_merged():
    mu = mg.Data(0.0, name="μ")
    law = mg.Normal(mu, 1.0)
    y = mg.sample(law, name="A") - mg.sample(law, name="B")
    for z in (y, mg.reparameterize(y), mg.reinforce(y)):
        assert mg.exact(z).variance == pytest.approx(2.0)
        assert mg.expectation(z, 20_000, rng=0).variance == pytest.approx(2.0, rel=0.05)


def test_copies_that_rewrites_make_of_a_draw_are_the_same_draw():
    y, _ = nested()
    rewritten = [mg.reparameterize(y), mg.reinforce(y), mg.reparameterize(y, "X1")]
    for z in rewritten:
        for difference in (z - y, z - rewritten[0]):
            assert mg.expectation(difference, 100, rng=0).variance == 0.0


def test_integer_draws_can_be_scored_and_indexed_with():
    logits = mg.Data(np.array([0.1, -0.2, 0.3]), name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    table = mg.Data(np.array([1.0, 5.0, -2.0]), name="table")
    y = table[k]
    p = np.exp(logits.value) / np.exp(logits.value).sum()
    estimate = mg.exact(mg.reinforce(y), [logits, table])
    np.testing.assert_allclose(estimate.grad[logits], p * (table.value - p @ table.value))
    np.testing.assert_allclose(estimate.grad[table], p)


def test_sample_itself_can_be_the_output():
    p = mg.Data(0.3, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X", rng=0)
    z = mg.reinforce(x)
    assert z.value == x.value
    assert mg.exact(z, p).grad[p] == pytest.approx(1.0)


def test_black_box_is_scored_through():
    box = mg.primitive(lambda x: np.sin(x) ** 2, name="simulator")
    mu = mg.Data(0.5, name="μ")
    y = box(mg.sample(mg.Normal(mu, 1.0), name="X", rng=0))
    z = mg.reinforce(y)
    assert same_bits(z.value, y.value)
    assert mg.exact(z, mu).grad[mu] == pytest.approx(np.exp(-2) * np.sin(1.0), rel=1e-9)
    assert mg.exact(y, mu).grad[mu] == pytest.approx(np.exp(-2) * np.sin(1.0), rel=1e-9)


# The three objectives ---------------------------------------------------------------------------
def test_first_objective_is_open():
    theta = mg.Data(0.7, name="θ")
    y = theta * mg.sample(mg.Normal(0.5, 1.0), name="X", rng=0) ** 2
    assert mg.exact(y, theta).grad[theta] == pytest.approx(1.25)
    assert mg.Graph(y).blocked(theta) == {}


@pytest.mark.parametrize("half_open", [False, True], ids=["L2", "L3"])
def test_second_and_third_objectives_are_refused_until_rewritten(half_open):
    theta = mg.Data(0.7, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = theta * x**2 if half_open else x**2
    truth = 3 * 0.7**2 + 1 if half_open else 2 * 0.7
    for refused in (
        lambda: mg.gradient(y, theta),
        y.backward,
        lambda: mg.expectation(y, wrt=theta),
        lambda: mg.expectation(y, wrt="θ"),
    ):
        with pytest.raises(mg.BlockedGradientError, match=r"mg\.reparameterize\(y, \"X\"\)"):
            refused()
    for rewrite in REWRITES:
        assert mg.exact(rewrite(y), theta).grad[theta] == pytest.approx(truth, rel=1e-9)


def test_path_that_the_user_has_stopped_is_not_refused():
    theta = mg.Data(0.7, name="θ")
    x = mg.sample(mg.Normal(mg.stop_gradient(theta), 1.0), name="X", rng=0)
    assert mg.exact(theta * x**2, theta).grad[theta] == pytest.approx(0.7**2 + 1)


def test_parameter_that_meets_only_noise_made_from_constants_is_not_refused():
    theta = mg.Data(0.7, name="θ")
    width = mg.Data(2.0, name="width", constant=True)
    noise = mg.sample(mg.Normal(0.0, mg.sqrt(width)), name="ε")
    x = theta + noise
    assert mg.exact(x**2, theta).grad[theta] == pytest.approx(1.4)
    assert mg.expectation(x**2, 1000, wrt=theta, rng=0).grad_stderr[theta] < 0.2


# Baselines --------------------------------------------------------------------------------------
@pytest.mark.parametrize("block_size", [1, 2, 3, 1000])
def test_leave_one_out_is_unbiased_in_blocks_of_any_size(block_size):
    mu = mg.Data(0.5, name="μ")
    y = (mg.sample(mg.Normal(mu, 1.0), name="X") + 3.0) ** 2
    z = mg.reinforce(y, baseline="leave-one-out")
    samples = 6000 if block_size < 10 else 60_000
    estimate = mg.expectation(z, samples, wrt=mu, rng=1, block_size=block_size)
    assert abs(estimate.value - 13.25) < 5 * estimate.stderr
    assert abs(estimate.grad[mu] - 7.0) < 5 * estimate.grad_stderr[mu]
    assert estimate.grad_stderr[mu] < 0.5


def test_leave_one_out_lowers_the_variance_to_that_of_the_mean_cost():
    mu = mg.Data(0.5, name="μ")
    y = (mg.sample(mg.Normal(mu, 1.0), name="X") + 3.0) ** 2
    plain, better = (mg.reinforce(y, baseline=b) for b in (None, "leave-one-out"))
    assert mg.exact(better, mu).grad_variance[mu] < 0.5 * mg.exact(plain, mu).grad_variance[mu]
    sampled = mg.expectation(better, 50_000, wrt=mu, rng=0).grad_variance[mu]
    assert sampled == pytest.approx(mg.exact(better, mu).grad_variance[mu], rel=0.1)


def test_leave_one_out_with_groups_of_draws_is_unbiased():
    y, a = nested()
    other = mg.sample(mg.Bernoulli(mg.sigmoid(a)), name="B", rng=0)
    z = mg.reinforce(y + 5.0 * other, baseline="leave-one-out")
    s = 1 / (1 + np.exp(-0.4))
    truth = nested_slope(0.4) + 5 * s * (1 - s)
    assert mg.exact(z, a, points=30).grad[a] == pytest.approx(truth, rel=1e-6)
    estimate = mg.expectation(z, 100_000, wrt=a, rng=3)
    assert abs(estimate.grad[a] - truth) < 5 * estimate.grad_stderr[a]
    assert estimate.grad_stderr[a] < 0.05


def test_leave_one_out_of_array_costs_keeps_their_shape():
    mu = mg.Data(0.5, name="μ")
    y = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0) * np.arange(3.0)
    z = mg.reinforce(y, baseline="leave-one-out")
    estimate = mg.expectation(mg.sum(z), 50_000, wrt=mu, rng=0)
    assert abs(estimate.grad[mu] - 3.0) < 5 * estimate.grad_stderr[mu]


def test_second_rewrite_with_a_baseline_keeps_the_first_unbiased():
    y, a = nested()
    for first, second in (("X1", "X2"), ("X2", "X1")):
        z = mg.reinforce(y, first, baseline=2.0)
        z = mg.reinforce(z, second, baseline=-1.0)
        assert mg.exact(z, a).grad[a] == pytest.approx(nested_slope(0.4), rel=1e-9)


@pytest.mark.parametrize("name", ["Y", "cost", "X"])
def test_result_of_reinforce_is_found_by_its_name(name):
    x = mg.sample(mg.Normal(mg.Data(0.3, name="θ"), 1.0), name="X", rng=0)
    y = x if name == "X" else x**2
    y.name = name
    z = mg.reinforce(y)
    assert mg.Graph(z)[name] is z
    assert mg.Graph(z)["X"].value == x.value


def test_sample_stays_when_its_parameter_has_another_value():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = x**2
    theta.value = 0.7
    z = mg.reparameterize(y)
    assert z.value == y.value
    assert mg.Graph(z)["X"].value == x.value
