"""Data, nodes and graphs: what they are, what they refuse, and how they are copied."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import weakref

import numpy as np
import pytest

import minigraph as mg
from minigraph.graph import rewrite
from minigraph.ops.base import record


# Values at the door -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "dtype", "shape"),
    [
        (1, "float64", ()),
        (2.5, "float64", ()),
        (True, "bool", ()),
        ([1, 2], "float64", (2,)),
        ([[1, 2], [3, 4.5]], "float64", (2, 2)),
        ([], "float64", (0,)),
        ((1, 2), "float64", (2,)),
        ([True, False], "bool", (2,)),
        (np.float64(3), "float64", ()),
        (np.float32(3), "float32", ()),
        (np.int64(3), "int64", ()),
        (np.array(3.0), "float64", ()),
        (np.arange(3), "int64", (3,)),
        ([np.int64(1), np.int64(2)], "int64", (2,)),
        (np.ones((2, 0), np.float32), "float32", (2, 0)),
        (float("nan"), "float64", ()),
    ],
)
def test_values_keep_or_get_their_dtype(raw, dtype, shape):
    x = mg.Data(raw)
    assert (str(x.dtype), x.shape, x.ndim, x.size) == (dtype, shape, len(shape), np.size(raw))


def test_a_float64_scalar_is_a_python_float():
    for raw in (1, 2.5, np.float64(3), np.array(4.0)):
        assert type(mg.Data(raw).value) is float


@pytest.mark.parametrize(
    "raw", [1j, np.array([1j]), "one", "1.0", None, object(), [None], {1: 2}, [[1, 2], [3]], b"x"]
)
def test_what_is_no_real_number_is_refused(raw):
    with pytest.raises(mg.MinigraphError, match="Data: "):
        mg.Data(raw)


def test_what_is_no_real_number_is_no_new_value_of_a_named_input():
    x = mg.Data(1.0, name="θ")
    for raw, problem in ((None, "got None"), (x, "Data arrived"), ("one", "got 'one'")):
        with pytest.raises(mg.UsageError, match=f"^value of 'θ': {problem}"):
            x.value = raw


def test_data_of_data_is_refused():
    x = mg.Data(1.0)
    for raw in (x, [x, x], [mg.Data([1.0, 2.0])]):
        with pytest.raises(mg.UsageError, match="Data arrived"):
            mg.Data(raw)


def test_an_integer_too_large_for_a_float_is_refused():
    with pytest.raises(mg.InputError, match="Data: "):
        mg.Data(10**400)


def test_the_callers_array_is_copied():
    raw = np.ones(3)
    x = mg.Data(raw)
    y = x * raw
    raw[:] = 7.0
    assert x.value.tolist() == [1, 1, 1]
    assert mg.gradient(mg.sum(y), x).value.tolist() == [1, 1, 1]


def test_a_value_is_read_only():
    for x in (mg.Data([1.0, 2.0]), mg.Data([1.0, 2.0]) * 2, mg.Data([[1.0, 2.0]])[0]):
        with pytest.raises(ValueError, match="read-only"):
            x.value[0] = 5.0


# Assignment -------------------------------------------------------------------------------------
def test_an_input_can_be_assigned_and_keeps_its_dtype():
    x = mg.Data(np.ones(2, np.float32))
    x.value = [3, 4]
    assert (x.dtype, x.value.tolist()) == (np.float32, [3, 4])


def test_assigning_another_shape_is_refused_by_name():
    x = mg.Data([1.0, 2.0], name="w")
    with pytest.raises(mg.InputError, match=r"'w': shape \(3,\) does not replace shape \(2,\)"):
        x.value = [1.0, 2.0, 3.0]
    with pytest.raises(mg.InputError):
        x.value = 1.0


def test_fractions_are_not_cut_to_fit_integer_data():
    k = mg.Data(np.array([1, 2]))
    k.value = [3, 4]
    assert (k.dtype, k.value.tolist()) == (np.int64, [3, 4])
    with pytest.raises(mg.InputError, match="dtype int64"):
        k.value = [0.5, 1.0]
    one = mg.Data(np.array(1), name="one")
    for large in (1e300, np.inf, np.nan):
        with pytest.raises(mg.InputError, match=r"'one': \S+ is not of dtype int64"):
            one.value = large


def test_a_result_and_a_literal_cannot_be_assigned():
    y = mg.Data(1.0) * 2.0
    with pytest.raises(mg.UsageError, match="computed by multiply"):
        y.value = 3.0
    with pytest.raises(mg.UsageError, match="bare number"):
        y.node.inputs[1].value = 3.0


def test_grad_can_be_cleared_and_set_but_not_to_another_shape():
    x = mg.Data([1.0, 2.0])
    x.grad = 0
    assert x.grad.tolist() == [0, 0]
    mg.sum(x).backward()
    assert x.grad.tolist() == [1, 1]
    x.grad = None
    assert x.grad is None
    with pytest.raises(mg.InputError, match="shape"):
        x.grad = np.ones(3)


def test_names_are_strings():
    x = mg.Data(1.0, name="a")
    x.name = "b"
    assert x.name == "b"
    with pytest.raises(mg.UsageError, match="name"):
        x.name = 3
    with pytest.raises(mg.UsageError, match="name"):
        mg.Data(1.0, name=3)


# Python's own protocols -------------------------------------------------------------------------
def test_truth_of_many_elements_is_refused_as_in_numpy():
    with pytest.raises(ValueError, match=r"mg\.any or mg\.all"):
        bool(mg.Data([1.0, 2.0]) > 0)
    with pytest.raises(ValueError, match="truth"):
        bool(mg.Data([]))
    assert bool(mg.Data([2.0]))
    assert not mg.Data(0.0)


def test_item_assignment_is_a_type_error_with_advice():
    with pytest.raises(TypeError, match=r"mg.where.*mg.index_update"):
        mg.Data([1.0, 2.0])[0] = 3.0


def test_in_place_operators_make_new_data():
    x = mg.Data([1.0, 2.0])
    y = x
    y += 1.0
    assert y is not x
    assert x.value.tolist() == [1, 2]


def test_data_are_compared_by_identity_and_numbers_are_refused():
    x, y = mg.Data(1.0), mg.Data(1.0)
    assert x == x
    assert x != y
    for other in (1.0, 1, np.float64(1), np.ones(2)):
        with pytest.raises(mg.UsageError, match="identity"):
            x == other  # noqa: B015


def test_data_and_nodes_are_hashed_by_identity():
    x, y = mg.Data(1.0), mg.Data(1.0)
    z = x + y
    assert len({x, y, z, x}) == 3
    assert {x: "x", y: "y"}[y] == "y"
    assert {z.node: 1}[z.node] == 1


def test_length_and_iteration():
    x = mg.Data([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [row.value.tolist() for row in x] == [[1, 2], [3, 4]]
    first, second = mg.Data([5.0, 6.0])
    assert (first.value, second.value) == (5.0, 6.0)
    for f in (len, list):
        with pytest.raises(TypeError):
            f(mg.Data(1.0))


def test_conversion_to_python_numbers():
    assert float(mg.Data(1.5)) == 1.5
    assert mg.Data([2.5]).item() == 2.5
    assert mg.Data([[1.0, 2.0], [3.0, 4.0]]).item(1, 0) == mg.Data([1.0, 2.0, 3.0]).item(2) == 3.0
    assert (math.trunc(mg.Data(-2.5)), mg.Data([2.5]).nbytes, mg.Data(2.5).itemsize) == (-2, 8, 8)
    assert [10, 20, 30][mg.Data(np.int64(1))] == 20
    with pytest.raises(mg.InputError):
        int(mg.Data([1.0, 2.0]))


def test_an_unknown_attribute_is_named():
    with pytest.raises(AttributeError, match="'vlaue'"):
        mg.Data(1.0).vlaue  # noqa: B018


def test_the_repr_of_a_million_elements_is_short():
    for raw in (np.zeros((1000, 1000)), np.zeros(10**6, bool), np.arange(10**6)):
        x = mg.Data(raw, name="big")
        assert len(repr(x)) < 120
        assert str(raw.shape) in repr(x)
        assert len(repr(mg.sin(x * 1.0))) < 120


def test_numpy_arrays_on_the_left_make_data():
    x = mg.Data([1.0, 2.0])
    for y in (np.ones(2) + x, np.float64(2) * x, 3 - x, np.ones((2, 2)) @ x):
        assert type(y) is mg.Data


# Nodes ------------------------------------------------------------------------------------------
def test_a_node_knows_inputs_in_order_with_repeats_and_its_output():
    x, y = mg.Data(2.0), mg.Data(3.0)
    for z, inputs in ((x - y, (x, y)), (y - x, (y, x)), (x * x, (x, x))):
        assert z.node.inputs == inputs
        assert z.node.output is z
        assert isinstance(z.node, mg.DeterministicNode)
    assert x.node is None


def test_a_node_stays_the_same_object():
    y = mg.Data(2.0) * 3.0
    assert y.node is y.node
    assert y.node.inputs[1] is y.node.inputs[1]
    assert y.node.inputs[1].constant


def test_a_node_outlives_its_output_and_gives_it_again():
    y = mg.exp(mg.Data(1.0))
    y.name = "Y"
    node, value = y.node, y.value
    del y
    assert node.output.value == value
    assert node.output.node is node
    assert node.output.name == "Y"


def test_a_node_is_called_by_its_operation_until_it_has_a_name():
    y = mg.exp(mg.Data(1.0))
    assert y.node.name == "exp"
    y.node.name = "growth"
    assert repr(y.node) == "DeterministicNode('growth')"


# Graphs -----------------------------------------------------------------------------------------
def test_a_graph_lists_everything_in_the_order_it_ran():
    x, c = mg.Data(0.5, name="x"), mg.Data(2.0, name="c", constant=True)
    a = x * c
    b = mg.exp(a)
    y = b + a
    graph = mg.Graph(y)
    assert graph.data == (x, c, a, b, y)
    assert [n.name for n in graph.nodes] == ["multiply", "exp", "add"]
    assert graph.deterministic == graph.nodes
    assert graph.stochastic == ()
    assert graph.inputs == (x,)
    assert graph.outputs == (y,)
    assert a in graph
    assert y.node in graph
    assert mg.Data(0.5) not in graph


def test_a_graph_tells_draws_from_functions():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    graph = mg.Graph(x * 2.0)
    assert [type(n) for n in graph.stochastic] == [mg.StochasticNode]
    assert graph.stochastic[0].output is x
    assert graph.stochastic[0].inputs == tuple(x.node.distribution.inputs)


def test_a_graph_finds_data_by_name_and_lists_the_names_there_are():
    theta = mg.Data(0.5, name="θ")
    graph = mg.Graph(mg.exp(theta))
    assert graph["θ"] is theta
    with pytest.raises(mg.UnknownNameError, match=r"graph\['x'\].*'θ'"):
        graph["x"]
    with pytest.raises(KeyError, match=r"2 data have that name; .* or pass the Data itself"):
        mg.Graph(mg.Data(1.0, name="a") + mg.Data(2.0, name="a"))["a"]


def test_a_graph_of_nothing_or_of_numbers_is_refused():
    for outputs in ((), (3.0,), ("x",)):
        with pytest.raises(mg.UsageError, match="Graph"):
            mg.Graph(*outputs)


def test_a_dropped_graph_is_freed_at_once_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        x = mg.Data(0.5, name="x")
        z = mg.sample(mg.Normal(x, 1.0), name="Z", rng=0)
        y = mg.exp(x * x) + mg.stop_gradient(z)
        y.backward()
        slope = mg.gradient(y, x)
        graph = mg.Graph(y, slope)
        graph.blocked(), graph.nodes, y.node.output, repr(graph), y.node.inputs
        assert (z + 0.0).node.inputs[0].node is z.node
        with pytest.raises(mg.BlockedGradientError):
            z.backward()
        watched = [weakref.ref(thing) for thing in (z, y, slope, y.node, z.node, graph)]
        del z, y, slope, graph
        assert [ref() for ref in watched] == [None] * 6
    finally:
        gc.enable()


def test_the_function_boxes_are_seen_from_every_node_inside():
    @mg.function(name="outer")
    def outer(x):
        @mg.function(name="inner")
        def inner(z):
            return mg.exp(z) * 2.0

        return inner(x) + 1.0

    y = outer(mg.Data(1.0))
    names = [(n.name, n._group.name, n._group.outermost.name) for n in mg.Graph(y).nodes]
    assert names == [
        ("exp", "inner", "outer"), ("multiply", "inner", "outer"), ("add", "outer", "outer")
    ]  # fmt: skip


def test_a_rewrite_rebuilds_only_what_lies_downstream():
    x = mg.Data(2.0, name="x")
    kept, swapped = mg.exp(x), mg.sin(x)
    y = (kept + 1.0) * (swapped + 1.0)
    y.name = "Y"

    def rule(data, inputs):
        if data is swapped:
            return record(data.node.op, inputs)
        return None

    (new,) = rewrite([y], rule)
    assert new is not y
    assert (new.value, new.name) == (y.value, "Y")
    assert kept in mg.Graph(new)
    assert swapped not in mg.Graph(new)
    assert swapped in mg.Graph(y)


def test_python_control_flow_on_a_draw_is_remembered():
    x = mg.sample(mg.Normal(0.0, 1.0), rng=0)
    assert not x.node.branched
    if x + 1.0 > 0.0:
        assert x.node.branched


# Copies -----------------------------------------------------------------------------------------
def chain(n):
    x = mg.Data(0.5, name="x")
    y = x
    for _ in range(n // 4):
        y = mg.sin((y * 1.01 + x) / 2)
    return x, y


COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda thing: pickle.loads(pickle.dumps(thing))}


@pytest.fixture(params=COPIES)
def copied(request):
    return COPIES[request.param]


def test_a_graph_of_ten_thousand_operations_is_copied(copied):
    x, y = chain(10_000)
    z = copied(y)
    y.backward()
    z.backward()
    assert z.value == y.value
    assert mg.Graph(z)["x"] is not x
    assert mg.Graph(z)["x"].grad == x.grad


def test_inputs_copied_together_with_results_stay_theirs(copied):
    x, y = chain(8)
    new_x, new_y = copied([x, y])
    assert mg.Graph(new_y)["x"] is new_x


def test_a_deep_copy_shares_what_the_original_shared():
    x, h = chain(8)
    new_h, new_y = copy.deepcopy((h, h * x))
    assert mg.gradient(new_y, new_h).value == x.value


def test_a_graph_is_copied_as_one(copied):
    x, h = chain(8)
    graph = copied(mg.Graph(h, h * x))
    h, y = graph.outputs
    assert mg.gradient(y, h).value == x.value


def test_copies_keep_names_dtypes_constants_boxes_and_gradients(copied):
    @mg.function
    def F(x):
        return mg.sum(x * x, axis=0)

    x = mg.Data(np.ones((2, 3), np.float32), name="x")
    k = mg.Data(np.arange(3), name="k", constant=True)
    y = F(x)[k]
    y.name, y.node.name = "Y", "pick"
    mg.sum(y).backward()
    z = copied(y)
    graph = mg.Graph(z)
    assert (z.name, z.node.name, z.dtype) == ("Y", "pick", np.float32)
    assert graph["k"].constant
    assert graph["x"].grad.tolist() == x.grad.tolist()
    assert graph.nodes[0]._group is graph.nodes[1]._group
    assert graph.nodes[0]._group.name == "F"
    assert not z.value.flags.writeable


def test_a_draw_is_copied_with_its_law_and_noise(copied):
    theta = mg.Data(0.5, name="θ")
    y = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) ** 2
    y.name = "Y"
    z = copied(y)
    assert z.value == y.value
    assert mg.Graph(z).blocked().popitem()[1] == "θ → P → X → power → Y"
    assert mg.reparameterize(z).value == y.value


def test_a_stale_graph_stays_stale_in_a_copy(copied):
    x, y = chain(8)
    x.value = 2.0
    with pytest.raises(mg.UsageError, match="new value after"):
        copied(y).backward()


triple = mg.primitive(lambda x: 3 * x, lambda g, y, x: 3 * g, name="triple")


def test_a_global_primitive_is_found_again_and_a_local_one_is_refused_by_name():
    x = mg.Data(2.0)
    assert pickle.loads(pickle.dumps(triple(x))).value == 6.0
    local = mg.primitive(lambda x: 4 * x, name="quadruple")
    with pytest.raises(mg.UsageError, match="'quadruple' is not a global"):
        pickle.dumps(local(x))
    assert copy.deepcopy(local(x)).value == 8.0


def test_a_node_is_copied_with_its_output(copied):
    y = mg.exp(mg.Data(0.0))
    node = copied(y.node)
    assert (node.name, node.output.value) == ("exp", 1.0)


def test_a_primitive_that_another_process_does_not_have_is_named(monkeypatch):
    sent = pickle.dumps(triple(mg.Data(2.0)))
    monkeypatch.delitem(globals(), "triple")
    with pytest.raises(mg.UsageError, match=r"'triple' is not in the module .*; define"):
        pickle.loads(sent)
