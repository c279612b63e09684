"""The public contract, sentence by sentence, as somebody who has never seen the source reads it."""

from __future__ import annotations

import concurrent.futures
import gc
import math
import multiprocessing
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import minigraph as mg


@mg.function
def F(x):
    return (x - 3) ** 2


def question(loc=0.5, scale=1.0, seed=0):
    """Return θ, X and Y of the seed's question: X ~ Normal(θ, 1), Y = F(X)."""
    theta = mg.Data(loc, name="θ")
    x = mg.sample(mg.Normal(theta, scale), name="X", rng=seed)
    y = F(x)
    y.name = "Y"
    return theta, x, y


def same(a, b):
    """Return whether two values have the same type, shape, dtype and bits."""
    return type(a) is type(b) and np.asarray(a).tobytes() == np.asarray(b).tobytes()


# The graph --------------------------------------------------------------------------------------
def test_building_runs_once_for_one_sample():
    _, x, y = question()
    assert isinstance(y.value, float)
    assert y.value == (x.value - 3) ** 2


def test_data_of_a_number_has_the_attributes_of_a_number():
    x = mg.Data(0.5, name="θ")
    assert type(x.value) is float
    assert (x.value, x.grad, x.node, x.name) == (0.5, None, None, "θ")
    assert (x.shape, x.ndim, x.size, x.dtype, x.item()) == ((), 0, 1, np.float64, 0.5)


def test_data_of_an_array_has_the_attributes_of_an_array():
    x = mg.Data(np.arange(6.0).reshape(2, 3))
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float64, 2)
    assert x.T.shape == (3, 2)
    assert x[1, 2].value == 5.0
    assert [row.shape for row in x] == [(3,), (3,)]


def test_the_value_is_a_read_only_copy():
    mine = np.ones(3)
    x = mg.Data(mine)
    mine[0] = 7.0
    assert x.value.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        x.value[0] = 7.0


def test_the_value_of_a_result_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        (mg.Data(np.ones(3)) + 1).value[0] = 7.0


def test_a_name_can_be_assigned():
    x = mg.Data(1.0)
    assert x.name is None
    x.name = "loss"
    assert mg.Graph(x * 2)["loss"] is x


def test_a_constant_is_declared_by_keyword():
    c, x = mg.Data(2.0, name="c", constant=True), mg.Data(3.0)
    (c * x).backward()
    assert (c.grad, x.grad) == (None, 2.0)
    assert mg.Graph(c * x).inputs == (x,)


def test_constant_cannot_be_passed_by_position():
    with pytest.raises(TypeError):
        mg.Data(1.0, "c", True)


def test_an_input_is_trained_by_assigning_its_value():
    w = mg.Data(0.0, name="w")
    for _ in range(60):
        w.grad = None
        ((w - 3) ** 2).backward()
        w.value = w.value - 0.3 * w.grad
    assert w.value == pytest.approx(3.0)


def test_a_batch_is_swapped_by_assigning_its_value():
    batch = mg.Data(np.zeros(3), name="batch", constant=True)
    y = mg.sum(batch * mg.sample(mg.Normal(1.0, 1e-9)))
    batch.value = np.array([1.0, 2.0, 3.0])
    assert mg.expectation(y, 10, rng=0).value == pytest.approx(6.0)


def test_an_assigned_value_keeps_the_shape():
    with pytest.raises(mg.MinigraphError, match=r"w.*\(2,\).*\(3,\)"):
        mg.Data(np.ones(3), name="w").value = np.ones(2)


def test_the_value_of_a_result_cannot_be_assigned():
    _, _, y = question()
    with pytest.raises(mg.MinigraphError, match="Y"):
        y.value = 1.0


@pytest.mark.parametrize("bare", [2, 2.0, np.float64(2.0), [1, 2], np.ones(2)])
def test_a_bare_number_or_array_becomes_a_constant(bare):
    node = (mg.Data(np.ones(2)) * bare).node
    assert all(isinstance(x, mg.Data) for x in node.inputs)
    assert node.inputs[1].grad is None
    assert len(mg.Graph(node.output).inputs) == 1


@pytest.mark.parametrize("value", [3, [1, 2], [[1], [2]], (1, 2)])
def test_python_ints_become_float64(value):
    assert mg.Data(value).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float32, np.bool_])
def test_arrays_keep_their_dtype(dtype):
    assert mg.Data(np.ones(3, dtype)).dtype == dtype


def test_float32_stays_float32():
    x = mg.Data(np.ones(3, np.float32))
    y = mg.sum(mg.exp(x * 2.0 + 1) / 3)
    y.backward()
    assert (y.dtype, x.grad.dtype, mg.gradient(y, x).dtype) == (np.float32,) * 3


def test_integer_arrays_index():
    x, i = mg.Data(np.array([1.0, 2.0, 3.0])), mg.Data(np.array([2, 0]))
    mg.sum(x[i]).backward()
    assert (x[i].value.tolist(), x.grad.tolist(), i.grad) == ([3.0, 1.0], [1.0, 0.0, 1.0], None)


def test_integers_are_sampled_and_index():
    k = mg.sample(mg.Categorical(np.array([0.2, 0.8])), rng=0)
    assert k.dtype.kind == "i"
    assert mg.Data(np.array([5.0, 6.0]))[k].value in (5.0, 6.0)


def test_inputs_of_a_node_are_ordered_and_keep_repeats():
    a, b = mg.Data(1.0), mg.Data(2.0)
    assert (a - b).node.inputs == (a, b)
    assert (b - a).node.inputs == (b, a)
    assert (a * a).node.inputs == (a, a)


def test_a_deterministic_node_has_an_op_and_an_output():
    y = mg.exp(mg.Data(1.0))
    assert isinstance(y.node, mg.DeterministicNode)
    assert isinstance(y.node, mg.Node)
    assert y.node.op is not None
    assert y.node.output is y
    assert y.node.name == "exp"


def test_a_stochastic_node_has_a_distribution():
    theta, x, _ = question()
    assert isinstance(x.node, mg.StochasticNode)
    assert isinstance(x.node, mg.Node)
    assert isinstance(x.node.distribution, mg.Normal)
    assert x.node.inputs[0] is theta
    assert x.node.output is x
    assert x.node.name == "P"


def test_data_and_nodes_are_compared_and_hashed_by_identity():
    a, b = mg.Data(1.0), mg.Data(1.0)
    assert a == a
    assert a != b
    assert len({a, b}) == 2
    assert {a: 1}[a] == 1
    assert mg.exp(a).node != mg.exp(a).node


def test_a_graph_lists_everything_in_the_order_it_ran():
    theta, x, y = question()
    graph = mg.Graph(y)
    order = [graph.data.index(d) for d in (theta, x, y)]
    assert order == sorted(order)
    assert graph.nodes[0] is x.node
    assert graph.nodes[-1] is y.node
    assert tuple(graph.stochastic) == (x.node,)
    assert tuple(graph.deterministic) == tuple(graph.nodes[1:])
    assert (tuple(graph.inputs), tuple(graph.outputs)) == ((theta,), (y,))


def test_a_graph_of_several_outputs():
    a = mg.Data(1.0)
    y, z = a + 1, a * 2
    assert mg.Graph(y, z).outputs == (y, z)


def test_a_graph_finds_data_by_name():
    theta, x, y = question()
    graph = mg.Graph(y)
    assert (graph["θ"], graph["X"], graph["Y"]) == (theta, x, y)


def test_a_graph_contains_data_nodes_and_names():
    _, x, y = question()
    graph = mg.Graph(y)
    assert all(thing in graph for thing in (x, x.node, "X"))
    assert not any(thing in graph for thing in (mg.Data(1.0), "Z"))


def test_an_unknown_name_lists_the_names_there_are():
    with pytest.raises(mg.MinigraphError, match=r"θ.*X.*Y"):
        mg.Graph(question()[2])["Z"]


def test_blocked_gives_the_nodes_with_their_paths():
    _, x, y = question()
    blocked = mg.Graph(y).blocked()
    assert list(blocked) == [x.node]
    assert str(blocked[x.node]).startswith("θ → P → X → ")
    assert str(blocked[x.node]).endswith("→ Y")


@pytest.mark.parametrize("choose", [lambda t: t, lambda t: [t], lambda t: "θ"])
def test_blocked_takes_the_data_to_differentiate_for(choose):
    theta, x, y = question()
    assert list(mg.Graph(y).blocked(wrt=choose(theta))) == [x.node]
    other = mg.Data(1.0, name="w")
    assert not mg.Graph(y * other).blocked(wrt=other)


def test_a_printed_graph_names_what_is_in_it():
    listing = str(mg.Graph(question()[2]))
    assert all(word in listing for word in ("θ", "X", "Y", "Normal"))
    assert len(listing.splitlines()) >= 3


def test_a_chain_of_a_million_operations_builds_and_differentiates():
    code = (
        "import minigraph as mg; x = mg.Data(1.0); y = x\n"
        "for _ in range(500_000): y = y * 1.0 + 1e-6\n"
        "y.backward(); assert x.grad == 1.0, x.grad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_threads_build_graphs_side_by_side():
    slopes = {}

    def work(i):
        x = mg.Data(float(i))
        y = mg.Data(0.0)
        for _ in range(200):
            y = y + x * x
        y.backward()
        slopes[i] = x.grad

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert slopes == {i: 400.0 * i for i in range(8)}


def test_a_dropped_graph_is_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        y = mg.Data(1.0)
        for _ in range(1000):
            y = mg.exp(y * 0.0)
        del y
        assert len(gc.get_objects()) - before < 100
    finally:
        gc.enable()


# Deterministic functions ------------------------------------------------------------------------
ARRAY = np.array([[0.5, 1.5], [2.5, 0.25]])


@pytest.mark.parametrize(
    "call",
    [
        lambda lib, x: lib.exp(x),
        lambda lib, x: lib.sum(x, axis=0),
        lambda lib, x: lib.matmul(x, x),
        lambda lib, x: lib.where(x.value > 1 if hasattr(x, "value") else x > 1, x, 0.0),
        lambda lib, x: lib.einsum("ij,kj->ik", x, x),
        lambda lib, x: lib.concatenate([x, x], axis=1),
        lambda lib, x: lib.linalg.inv(x) if lib is np else lib.inv(x),
        lambda lib, x: lib.mean(x, axis=1, keepdims=True),
        lambda lib, x: lib.transpose(x),
        lambda lib, x: lib.maximum(x, 1.0),
    ],
)
def test_numpy_and_mg_do_the_same_on_data(call):
    x = mg.Data(ARRAY)
    expected = call(np, ARRAY)
    for lib in (mg, np):
        y = call(lib, x)
        assert isinstance(y, mg.Data)
        np.testing.assert_allclose(y.value, expected, rtol=1e-15)
        assert mg.gradient(mg.sum(y), x).shape == ARRAY.shape


def test_an_array_on_the_left_gives_data():
    x = mg.Data(np.ones(3))
    for y in (
        np.ones(3) + x,
        np.ones(3) * x,
        np.float64(2.0) - x,
        np.ones((2, 3)) @ x,
        (1, 2, 3) * x,
    ):
        assert isinstance(y, mg.Data)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
        lambda a, b: a // b, lambda a, b: a % b, lambda a, b: a**b, lambda a, b: a < b,
        lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b, lambda a, b: -a,
        lambda a, b: +a, lambda a, b: abs(a), lambda a, b: divmod(a, b)[1],
    ],
)  # fmt: skip
def test_every_operator_follows_numpy(f):
    a, b = np.array([1.5, 2.0, 7.0]), np.array([2.0, 2.0, 3.0])
    y = f(mg.Data(a), mg.Data(b))
    assert isinstance(y, mg.Data)
    np.testing.assert_array_equal(y.value, f(a, b))
    assert y.dtype == f(a, b).dtype


def test_a_function_is_one_rectangle_and_can_be_opened():
    y = F(mg.Data(1.0, name="x"))
    closed, opened = mg.to_dot(y), mg.to_dot(y, expand=True)
    assert "power" not in closed
    assert "subtract" in opened


def test_a_function_can_be_named():
    @mg.function(name="energy")
    def f(x):
        return x * x

    assert "energy" in mg.to_mermaid(f(mg.Data(1.0)))


def test_gradients_see_through_a_function():
    x = mg.Data(1.0)
    assert mg.gradient(F(x), x).value == -4.0


def test_a_primitive_has_the_derivative_it_was_given():
    cube = mg.primitive(lambda x: x**3, lambda g, y, x: 3 * g * x**2, name="cube")
    x = mg.Data(2.0)
    y = cube(x)
    y.backward()
    assert (y.value, x.grad, y.node.name) == (8.0, 12.0, "cube")


def test_a_black_box_refuses_a_gradient_by_name():
    box = mg.primitive(lambda x: np.floor(x), name="simulator")
    x = mg.Data(2.5, name="x")
    with pytest.raises(mg.BlockedGradientError, match="simulator"):
        mg.gradient(box(x), x)


def test_a_black_box_is_sampled_through_and_scored():
    p = mg.Data(0.3, name="p")
    box = mg.primitive(lambda x: 5.0 * x + 1.0, name="simulator")
    y = mg.reinforce(box(mg.sample(mg.Bernoulli(p), name="B", rng=0)))
    assert mg.exact(y, p).grad[p] == pytest.approx(5.0)
    assert abs(mg.expectation(y, 4000, wrt=p, rng=0).grad[p] - 5.0) < 1.0


def test_stop_gradient_lets_data_through_and_no_gradient():
    x = mg.Data(3.0)
    y = x * mg.stop_gradient(x)
    y.backward()
    assert (y.value, x.grad) == (9.0, 3.0)
    assert "stop_gradient" in mg.to_dot(y)


# Gradients --------------------------------------------------------------------------------------
def test_backward_accumulates_plain_arrays():
    x, c = mg.Data(np.array([1.0, 2.0])), mg.Data(2.0)
    y = mg.sum(c * x**2)
    y.backward()
    y.backward()
    assert type(x.grad) is np.ndarray
    assert type(c.grad) is float
    assert (x.grad.tolist(), c.grad) == ([8.0, 16.0], 10.0)


@pytest.mark.parametrize("seed", [np.array([1.0, 10.0]), [1.0, 10.0]])
def test_backward_takes_a_seed(seed):
    x = mg.Data(np.array([1.0, 2.0]))
    (x**2).backward(seed)
    assert x.grad.tolist() == [2.0, 40.0]


def test_backward_on_an_array_without_a_seed_is_refused():
    with pytest.raises(mg.MinigraphError, match=r"sum"):
        (mg.Data(np.ones(2)) * 2).backward()


def test_the_gradient_is_data_of_its_own_graph():
    x = mg.Data(2.0, name="x")
    slope = mg.gradient(x**3, x)
    assert isinstance(slope, mg.Data)
    assert mg.gradient(slope, x).value == 12.0
    assert mg.to_dot(slope)
    assert x.grad is None


@pytest.mark.parametrize("container", [list, tuple])
def test_the_gradient_for_a_list_is_a_list(container):
    a, b = mg.Data(2.0), mg.Data(3.0)
    da, db = mg.gradient(a * b, container([a, b]))
    assert (da.value, db.value) == (3.0, 2.0)


def test_the_gradient_of_an_interior_data():
    _, x, y = question()
    assert mg.gradient(y, x).value == 2 * (x.value - 3)


def test_grad_of_a_function():
    assert mg.grad(lambda x: x**3)(2.0) == 12.0
    assert mg.grad(lambda x, y: x * y, argnums=1)(2.0, 3.0) == 2.0
    assert mg.grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0) == (3.0, 2.0)


def test_value_and_grad_of_a_function():
    value, slope = mg.value_and_grad(lambda x: mg.sum(x**2))(np.array([1.0, 2.0]))
    assert value == 5.0
    assert slope.tolist() == [2.0, 4.0]


def test_jacobian_of_a_function():
    found = mg.jacobian(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(found, [[3, 0, 1], [0, 3, 2]])


def test_hessian_of_a_function():
    found = mg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    np.testing.assert_allclose(found, [[4, 2], [2, 0]])


def test_vjp_gives_the_value_and_a_pull():
    value, pull = mg.vjp(lambda x, y: x * y, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert value.tolist() == [3.0, 8.0]
    a, b = pull(np.array([1.0, 10.0]))
    assert (a.tolist(), b.tolist()) == ([3.0, 40.0], [1.0, 20.0])


def test_jvp_gives_the_value_and_the_change():
    value, change = mg.jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 0.5]),))
    assert (value.tolist(), change.tolist()) == ([1.0, 4.0], [2.0, 2.0])


def test_hvp_is_the_hessian_times_a_vector():
    x, v = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    assert mg.hvp(lambda x: x[0] ** 2 * x[1], x, vector=v).tolist() == [6.0, 2.0]


def test_check_grads_passes_and_catches():
    mg.check_grads(lambda x: mg.sin(x) * x, np.array([0.5, 1.0]), order=2)
    wrong = mg.primitive(np.sin, lambda g, y, x: 1.01 * g * np.cos(x), name="wrong")
    with pytest.raises(mg.MinigraphError):
        mg.check_grads(wrong, 0.5, order=1)


def refusals(theta, y):
    yield lambda: mg.gradient(y, theta)
    yield lambda: mg.gradient(y, [theta])
    yield y.backward
    yield lambda: mg.expectation(y, 10, wrt=theta, rng=0)


def test_a_blocked_gradient_names_the_node_the_path_and_the_calls():
    theta, _, y = question()
    for call in refusals(theta, y):
        with pytest.raises(mg.BlockedGradientError) as caught:
            call()
        message = str(caught.value)
        for part in ("θ → P → X → F → Y", "Normal", "mg.reparameterize", "mg.reinforce"):
            assert part in message


def test_a_blocked_path_refuses_also_beside_an_open_one():
    theta, _, y = question()
    for call in refusals(theta, y * theta):
        with pytest.raises(mg.BlockedGradientError):
            call()


def test_noise_that_does_not_depend_on_wrt_never_blocks():
    w = mg.Data(2.0)
    x = mg.sample(mg.Normal(0.0, 1.0), rng=0)
    y = (w * x) ** 2
    y.backward()
    assert w.grad == pytest.approx(4 * x.value**2)
    assert mg.expectation(y, 20_000, wrt=w, rng=0).grad[w] == pytest.approx(4.0, abs=0.2)


def test_every_error_class_derives_from_one():
    errors = [e for e in vars(mg).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert mg.BlockedGradientError in errors
    assert all(issubclass(e, mg.MinigraphError) for e in errors)


# Rewrites ---------------------------------------------------------------------------------------
REWRITES = [mg.reparameterize, mg.reinforce, mg.unblock]


@pytest.mark.parametrize("rewrite", REWRITES)
@pytest.mark.parametrize("loc", [0.5, np.array([0.1, 0.2, 0.7]), np.float32(0.3), np.ones(2, "f4")])
def test_a_rewrite_keeps_the_value_bit_for_bit(rewrite, loc):
    theta = mg.Data(loc, name="θ")
    x = mg.sample(mg.Normal(theta, 0.7), name="X", rng=3)
    y = mg.sum(mg.exp(x) * theta) / 3
    assert same(rewrite(y).value, y.value)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_rewrite_leaves_the_old_graph_and_shares_its_inputs(rewrite):
    theta, _, y = question()
    before = mg.to_dot(y)
    z = rewrite(y)
    assert mg.to_dot(y) == before
    assert mg.Graph(z)["θ"] is theta
    assert z.name == "Y"
    assert mg.Graph(z)["X"].value == mg.Graph(y)["X"].value
    with pytest.raises(mg.BlockedGradientError):
        mg.gradient(y, theta)


@pytest.mark.parametrize("rewrite", [mg.reparameterize, mg.reinforce])
@pytest.mark.parametrize(
    "nodes",
    [None, "X", ["X"], lambda x: x, lambda x: x.node, lambda x: [x], lambda x: [x.node]],
)
def test_nodes_are_a_name_a_node_a_data_or_a_list(rewrite, nodes):
    theta, x, y = question()
    z = rewrite(y, nodes=nodes(x) if callable(nodes) else nodes)
    assert mg.exact(z, theta).grad[theta] == pytest.approx(-5.0)
    assert not mg.Graph(z).blocked(theta)


def test_only_the_chosen_node_is_rewritten():
    theta = mg.Data(0.5, name="θ")
    a = mg.sample(mg.Normal(theta, 1.0), name="A", rng=0)
    b = mg.sample(mg.Normal(theta, 1.0), name="B", rng=1)
    with pytest.raises(mg.BlockedGradientError, match="B"):
        mg.gradient(mg.reparameterize(a * b, "A"), theta)
    assert mg.gradient(mg.reparameterize(a * b, ["A", "B"]), theta).value == a.value + b.value


def test_reparameterize_makes_a_noise_node_without_parameters():
    _, x, y = question()
    (noise,) = mg.Graph(mg.reparameterize(y)).stochastic
    assert not [d for d in noise.inputs if not d.constant]
    assert noise.output.value == pytest.approx(x.value - 0.5)


def test_reparameterize_refuses_by_name_a_law_without_transform():
    y = mg.sample(mg.Bernoulli(mg.Data(0.3)), name="B", rng=0) * 2.0
    with pytest.raises(mg.MinigraphError, match=r"B.*Bernoulli"):
        mg.reparameterize(y)


def test_reparameterize_refuses_a_path_through_a_black_box():
    _, x, _ = question()
    with pytest.raises(mg.MinigraphError, match="simulator"):
        mg.reparameterize(mg.primitive(np.floor, name="simulator")(x))


def test_reinforce_has_a_log_prob_rectangle():
    assert "log_prob" in mg.to_dot(mg.reinforce(question()[2]))


def test_reinforce_gives_derivatives_of_any_order():
    p = mg.Data(0.3, name="p")
    x = mg.sample(mg.Bernoulli(p), name="B", rng=0)
    y = mg.reinforce(x * (1 - p) + (1 - x) * (1 + p))
    slope = mg.gradient(y, p)
    assert mg.exact(slope).value == pytest.approx(1 - 4 * 0.3)
    assert mg.exact(mg.gradient(slope, p)).value == pytest.approx(-4.0)


def test_only_downstream_costs_carry_the_score():
    theta, _, y = question()
    upstream = theta * 100.0
    z = mg.reinforce(y + upstream)
    alone = mg.reinforce(y)
    assert mg.exact(z, theta).grad[theta] == pytest.approx(95.0)
    assert mg.exact(z, theta).grad_variance[theta] == pytest.approx(
        mg.exact(alone, theta).grad_variance[theta]
    )


def test_a_baseline_changes_the_variance_alone():
    theta, _, y = question()
    plain, less = mg.reinforce(y), mg.reinforce(y, baseline=7.25)
    assert same(less.value, y.value)
    a, b = mg.exact(plain, theta), mg.exact(less, theta)
    assert b.grad[theta] == pytest.approx(a.grad[theta])
    assert b.grad_variance[theta] < a.grad_variance[theta]


def test_unblock_says_what_it_chose_on_request(capsys):
    theta, _, y = question()
    z = mg.unblock(y, method="auto")
    assert mg.exact(z, theta).grad[theta] == pytest.approx(-5.0)
    assert capsys.readouterr().out == ""


# Averaging --------------------------------------------------------------------------------------
def test_an_estimate_has_its_attributes():
    theta, _, y = question()
    e = mg.expectation(mg.reparameterize(y), samples=5000, wrt=theta, rng=0)
    assert (type(e.value), type(e.stderr), e.samples) == (float, float, 5000)
    assert abs(e.value - 7.25) < 5 * e.stderr < 0.6
    assert abs(e.grad[theta] + 5) < 5 * e.grad_stderr[theta] < 0.3
    assert (e.grad["θ"], e.grad_stderr["θ"]) == (e.grad[theta], e.grad_stderr[theta])
    assert "5000" in repr(e)


def test_ten_thousand_samples_by_default():
    assert mg.expectation(question()[2], rng=0).samples == 10_000


@pytest.mark.parametrize("choose", [lambda t: t, lambda t: [t], lambda t: (t,), lambda t: "θ"])
def test_wrt_is_data_a_list_or_a_name(choose):
    theta, _, y = question()
    z = mg.reparameterize(y)
    assert mg.expectation(z, 100, wrt=choose(theta), rng=0).grad[theta] < 0
    assert mg.exact(z, wrt=choose(theta)).grad["θ"] == pytest.approx(-5.0)


def test_the_gradient_of_an_array_has_its_shape():
    theta = mg.Data(np.array([0.1, 0.2]), name="θ")
    y = mg.sum(mg.sample(mg.Normal(theta, 1.0), name="X") ** 2)
    e = mg.expectation(mg.reparameterize(y), 500, wrt=theta, rng=0)
    assert (e.grad[theta].shape, e.grad_stderr[theta].shape) == ((2,), (2,))


def test_the_result_depends_on_the_seed_and_the_block_size_alone():
    y = question()[2]

    def value(**options):
        return mg.expectation(y, 3000, rng=7, block_size=500, **options).value

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = {value(), value(workers=2), value(executor=pool)}
    assert len(found) == 1
    assert mg.expectation(y, 3000, rng=8, block_size=500).value not in found


def test_a_pool_of_processes_gives_the_same_numbers():
    theta, _, y = question()
    z = mg.reparameterize(y)
    options = {"samples": 400, "wrt": theta, "rng": 7, "block_size": 200}
    spawned = multiprocessing.get_context("spawn")  # a fork after JAX was imported warns
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawned) as pool:
        there = mg.expectation(z, executor=pool, **options)
    here = mg.expectation(z, **options)
    assert (there.value, there.grad[theta]) == (here.value, here.grad[theta])


def test_an_executor_is_anything_with_an_ordered_map():
    class Mine:
        def map(self, function, iterable):
            return [function(item) for item in list(iterable)]

    y = question()[2]
    found = [
        mg.expectation(y, 300, rng=1, block_size=100, executor=e).value for e in (Mine(), None)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "make", [lambda: 3, lambda: np.random.SeedSequence(3), lambda: np.random.default_rng(3)]
)
def test_rng_follows_spec_seven(make):
    y = question()[2]
    assert mg.expectation(y, 100, rng=make()).value == mg.expectation(y, 100, rng=make()).value
    one, two = (mg.sample(mg.Normal(0.0, 1.0), rng=make()).value for _ in range(2))
    assert one == two


def test_no_rng_is_fresh_randomness():
    assert mg.sample(mg.Normal(0.0, 1.0)).value != mg.sample(mg.Normal(0.0, 1.0)).value


def test_a_generator_moves_on():
    rng, y = np.random.default_rng(0), question()[2]
    assert mg.expectation(y, 100, rng=rng).value != mg.expectation(y, 100, rng=rng).value


def test_a_callback_sees_every_block():
    seen = []
    mg.expectation(question()[2], 300, rng=0, block_size=100, callback=seen.append)
    assert [e.samples for e in seen] == [100, 200, 300]


def test_options_of_an_expectation_are_keywords():
    theta, _, y = question()
    with pytest.raises(TypeError):
        mg.expectation(mg.reparameterize(y), 100, theta)


def test_a_function_is_traced_anew_for_each_sample():
    def game():
        x = mg.sample(mg.Bernoulli(0.25))
        return mg.Data(1.0) if x else mg.Data(0.0)

    e = mg.expectation(game, 4000, rng=0)
    assert abs(e.value - 0.25) < 5 * e.stderr < 0.04


def test_a_function_has_gradients_too():
    theta = mg.Data(0.5, name="θ")
    e = mg.expectation(
        lambda: mg.reparameterize(mg.sample(mg.Normal(theta, 1.0)) ** 2), 2000, wrt=theta, rng=0
    )
    assert abs(e.grad[theta] - 1.0) < 5 * e.grad_stderr["θ"] < 0.3


def branched():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    return x * 2 if x > 0 else -x


def test_an_if_on_a_sample_is_refused_with_advice():
    with pytest.raises(mg.MinigraphError, match=r"X.*mg\.expectation\(f"):
        mg.expectation(branched(), 10)


def test_a_python_function_with_an_if_is_averaged():
    def f():
        x = mg.sample(mg.Normal(0.0, 1.0), name="X")
        return x * 2 if x > 0 else -x

    assert mg.expectation(f, 3000, rng=0).value == pytest.approx(
        1.5 * math.sqrt(2 / math.pi), abs=0.1
    )


def test_exact_enumerates_finite_laws():
    p = mg.Data(0.3, name="p")
    y = mg.reinforce(mg.sample(mg.Binomial(4, p), name="K") ** 2)
    e = mg.exact(y, wrt=p)
    assert e.value == pytest.approx(4 * 0.3 * 0.7 + 1.2**2)
    assert (e.stderr, e.grad_stderr[p]) == (0.0, 0.0)


def test_exact_integrates_continuous_laws():
    _, _, y = question()
    e = mg.exact(y)
    assert e.value == pytest.approx(7.25, rel=1e-12)
    assert e.stderr == 0.0


def test_exact_refuses_with_a_count():
    x = mg.sample(mg.Bernoulli(np.full(60, 0.5)), name="B")
    with pytest.raises(mg.MinigraphError, match=r"1,152,921,504,606,846,976|1152921504606846976"):
        mg.exact(mg.sum(x * 1.0))


# Distributions ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "law",
    [
        lambda: mg.Normal(loc=0.0, scale=1.0), lambda: mg.Laplace(loc=0.0, scale=1.0),
        lambda: mg.Cauchy(loc=0.0, scale=1.0), lambda: mg.Gumbel(loc=0.0, scale=1.0),
        lambda: mg.LogNormal(loc=0.0, scale=1.0), lambda: mg.HalfNormal(scale=1.0),
        lambda: mg.HalfCauchy(scale=1.0), lambda: mg.Exponential(rate=2.0),
        lambda: mg.Gamma(concentration=2.0, rate=1.0), lambda: mg.Chi2(df=3.0),
        lambda: mg.Beta(concentration1=2.0, concentration0=3.0), lambda: mg.StudentT(df=5.0),
        lambda: mg.StudentT(df=5.0, loc=0.0, scale=1.0), lambda: mg.Uniform(low=0.0, high=1.0),
        lambda: mg.Weibull(scale=1.0, concentration=2.0), lambda: mg.Pareto(scale=1.0, alpha=3.0),
        lambda: mg.Kumaraswamy(concentration1=2.0, concentration0=3.0),
        lambda: mg.VonMises(loc=0.0, concentration=1.0), lambda: mg.Poisson(rate=2.0),
        lambda: mg.Bernoulli(probs=0.3), lambda: mg.Bernoulli(logits=0.3),
        lambda: mg.Geometric(probs=0.3), lambda: mg.Binomial(total_count=5, probs=0.3),
        lambda: mg.Binomial(5, 0.3), lambda: mg.NegativeBinomial(total_count=5, probs=0.3),
        lambda: mg.Categorical(probs=np.array([0.2, 0.8])),
        lambda: mg.Categorical(logits=np.zeros(3)),
        lambda: mg.Dirichlet(concentration=np.ones(3)),
        lambda: mg.Multinomial(total_count=3, probs=np.array([0.5, 0.5])),
        lambda: mg.MultivariateNormal(np.zeros(2), covariance_matrix=np.eye(2)),
        lambda: mg.MultivariateNormal(np.zeros(2), scale_tril=np.eye(2)),
    ],
)  # fmt: skip
def test_laws_have_torchs_parameters_and_the_common_methods(law):
    d = law()
    one, many = d.sample(rng=0), d.sample(0, (5,))
    assert not isinstance(one, mg.Data)
    assert np.shape(many) == (5, *np.shape(one))
    assert np.all(np.isfinite(d.log_prob(one).value))
    assert d.support is not None
    for moment in (d.mean, d.variance):
        assert np.shape(getattr(moment, "value", moment)) == np.shape(one)
    assert mg.sample(d, name="X", rng=0).name == "X"


def test_log_prob_is_differentiable_in_x_and_in_the_parameters():
    x, loc, scale = mg.Data(1.0), mg.Data(0.5), mg.Data(2.0)
    y = mg.Normal(loc, scale).log_prob(x)
    y.backward()
    assert (x.grad, loc.grad) == pytest.approx((-0.125, 0.125))
    assert scale.grad == pytest.approx(0.25 / 8 - 0.5)


def test_cdf_and_icdf_are_inverse():
    d = mg.Normal(1.0, 2.0)
    assert d.cdf(d.icdf(0.3)).value == pytest.approx(0.3)
    assert float(d.entropy() if callable(d.entropy) else d.entropy) == pytest.approx(
        0.5 * math.log(2 * math.pi * math.e * 4)
    )


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (lambda: mg.Normal(0.0, -1.0), "scale.*-1"), (lambda: mg.Bernoulli(1.5), "probs.*1.5"),
        (lambda: mg.Gamma(0.0, 1.0), "concentration.*0"), (lambda: mg.Poisson(-2.0), "rate.*-2"),
        (lambda: mg.Normal(np.nan, 1.0), "loc.*nan"), (lambda: mg.Uniform(1.0, 0.0), "low.*1.*0"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_by_name_and_value(law, words):
    with pytest.raises(mg.MinigraphError, match=words):
        law()


def test_the_mean_is_data_of_the_parameters():
    theta = mg.Data(0.5, name="θ")
    assert float(mg.Normal(theta, 2.0).mean) == 0.5
    assert float(mg.Normal(theta, 2.0).variance) == 4.0


# Pictures ---------------------------------------------------------------------------------------
def test_the_seeds_picture_has_its_three_marks():
    text = mg.to_mermaid(question()[2])
    for data in ("θ", "X", "Y"):
        assert re.search(rf'{{"?{data}"?}}', text)
    assert re.search(r'\("?P\b[^\n]*\)', text)
    assert re.search(r'\["?F"?\]', text)
    assert text.count("-->") == 4
    assert len(re.findall(r"-\.", text)) == 4


def test_dot_has_diamonds_boxes_and_rounded_boxes():
    text = mg.to_dot(question()[2])
    for word in ("diamond", "box", "rounded", "dashed", "θ"):
        assert word in text


@pytest.mark.parametrize("write", [mg.to_dot, mg.to_mermaid])
@pytest.mark.parametrize(
    "options",
    [{}, {"gradients": False}, {"values": True}, {"expand": True}, {"wrt": "θ"}, {"wrt": ["θ"]}],
)
def test_pictures_take_the_common_options(write, options):
    _, _, y = question()
    text = write(y, **options)
    assert isinstance(text, str)
    if options in ({"values": True}, {"expand": True}, {"gradients": False}):
        assert text != write(y)


@pytest.mark.parametrize("write", [mg.to_dot, mg.to_mermaid])
def test_pictures_take_data_a_list_or_a_graph(write):
    theta, x, y = question()
    assert write(y) == write([y]) == write(mg.Graph(y))
    assert write([x, y])
    assert write(y, wrt=theta)


def test_blocked_arrows_are_marked_by_text():
    _, _, y = question()
    assert "blocked" in mg.to_dot(y)
    assert "blocked" not in mg.to_dot(mg.reparameterize(y))
    assert "blocked" not in mg.to_dot(y, gradients=False)


def test_to_graphviz_returns_a_digraph():
    import graphviz

    _, _, y = question()
    assert isinstance(mg.to_graphviz(y, values=True), graphviz.Digraph)


@pytest.mark.parametrize("suffix", [".dot", ".gv", ".mmd", ".svg"])
def test_render_takes_the_format_from_the_suffix(tmp_path, suffix):
    _, _, y = question()
    path = tmp_path / f"picture{suffix}"
    mg.render(y, str(path), values=True)
    text = path.read_text(encoding="utf-8")
    assert {".svg": "<svg", ".mmd": "graph"}.get(suffix, "digraph") in text


def test_names_never_become_markup():
    y = mg.Data(1.0, name='<b>"]; evil -> x [') + 1
    assert "<b>" not in mg.to_mermaid(y)
    assert "evil -> x [label" not in mg.to_dot(y)


@pytest.mark.parametrize("wrap", [lambda y: y, mg.Graph])
def test_data_and_graphs_have_a_rich_display(wrap):
    thing = wrap(question()[2])
    assert any(hasattr(thing, f"_repr_{kind}_") for kind in ("mimebundle", "svg", "html"))
