"""Equal functions are differentiated once: what is one, what is not, and that numbers stay."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.replay.merging import merged


def nodes(y):
    return len(mg.Graph(y).nodes)


def test_equal_functions_become_one_and_so_does_what_they_are_inputs_of():
    x = mg.Data(0.5, name="x")
    y = mg.sin(mg.exp(x)) * mg.sin(mg.exp(x)) + mg.exp(x)
    z, (same,) = merged(y, [x])
    assert nodes(y) == 7
    assert nodes(z) == 4
    assert same is x
    assert z.value == y.value
    assert mg.gradient(z, x).value == pytest.approx(mg.gradient(y, x).value, rel=1e-15)
    assert nodes(y) == 7  # it stays as it was


def test_a_graph_without_twins_is_left_alone():
    x = mg.Data(0.5, name="x")
    y = mg.exp(x) * mg.log(x)
    assert merged(y, [x])[0] is y


def test_what_a_gradient_is_taken_for_stays_apart_from_its_twins():
    x = mg.Data(0.5, name="x")
    a, b = mg.exp(x), mg.exp(x)
    y = a * 3.0 + b * 5.0
    for one, slope in ((a, 3.0), (b, 5.0)):
        z, (found,) = merged(y, [one])
        assert mg.gradient(z, found).value == slope
        assert mg.expectation(y, 1, wrt=one, rng=0).grad[one] == slope
    assert mg.expectation(y, 1, wrt=[a, b, x], rng=0).grad[x] == pytest.approx(8.0 * a.value)


def test_what_it_is_taken_for_may_lie_below_what_has_become_one():
    x = mg.Data(0.5, name="x")
    a, b = mg.exp(x), mg.exp(x)
    c = b * 2.0
    y = a * c
    estimate = mg.expectation(y, 1, wrt=[c, x], rng=0)
    assert estimate.grad[c] == a.value
    assert estimate.grad[x] == pytest.approx(4.0 * a.value * b.value)


def test_two_draws_are_two_and_copies_of_one_are_one():
    m = mg.Data(0.3, name="m")
    law = lambda: mg.Normal(mg.exp(m), 1.0)
    a, b = (mg.sample(law(), name=n, rng=0) for n in "AB")
    z, _ = merged(mg.reparameterize(a * b), [m])
    assert len(mg.Graph(z).stochastic) == 2
    found = mg.expectation(mg.reparameterize(a * b), 50_000, wrt=m, rng=0)
    exact = 2.0 * np.exp(0.6)
    assert abs(found.grad[m] - exact) < 5.0 * found.grad_stderr[m]  # once in 1.7 million seeds
    assert found.grad_stderr[m] < 0.02


def test_black_boxes_and_other_arguments_are_not_the_same():
    calls = mg.primitive(lambda x: x + 1.0, name="counts")
    x = mg.Data(np.array([[1.0, 2.0], [3.0, 4.0]]), name="x")
    y = mg.sum(mg.sum(x, axis=0) * mg.sum(x, axis=1)) + mg.sum(calls(x)) + mg.sum(calls(x))
    z, _ = merged(y, [x])
    assert nodes(z) == nodes(y)


def test_outcomes_share_the_softmax_of_their_law():
    logits = mg.Data(np.array([0.1, -0.4, 0.7]), name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="K", rng=0)
    y = mg.marginalize((k - 2.0) ** 2)
    z, _ = merged(y, [logits])
    names = [node.name for node in mg.Graph(z).nodes]
    assert names.count("logsumexp") == 1
    np.testing.assert_allclose(
        mg.gradient(z, logits).value, mg.gradient(y, logits).value, rtol=1e-12
    )
    f = mg.compile(y, logits)
    np.testing.assert_allclose(f()[1], mg.gradient(y, logits).value, rtol=1e-12)


@pytest.mark.parametrize("f", [
    lambda x: (x * 1e8) * 1e31, lambda x: x / 1e-39, lambda x: (x * 1e-30) * 1e-20,
    lambda x: -(x * 1e8) * 1e31,
])  # fmt: skip
def test_merged_factors_overflow_in_no_precision(f):
    x = mg.Data(np.array([0.0, 1e-20, 1.0], np.float32), name="x")
    with np.errstate(all="ignore"):
        expected = f(x).value
        for _ in range(3):
            np.testing.assert_allclose(mg.compile(f(x))(), expected, rtol=1e-5)
