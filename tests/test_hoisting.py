"""Averages from less work: factors and terms done to the average, matrices never formed."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.averages.averaging import average
from minigraph.averages.expectation import tape_of, with_gradients
from minigraph.averages.jobs import Replay
from minigraph.averages.workers import Mapper
from minigraph.replay.spread import scheme_of
from minigraph.replay.tape import Tape


def penalised():
    a, b = mg.Data(2.0, name="a"), mg.Data([1.0, -3.0], name="b")
    x = mg.sample(mg.Normal(a, 1.5), name="X", rng=0)
    return mg.sum(b * mg.sin(x) - b) / 7.0 - a, [a, b]


def scored():
    y, wrt = penalised()
    return mg.reinforce(y, "X"), wrt


def reparameterized():
    y, wrt = penalised()
    return mg.reparameterize(y, "X"), wrt


def layers(dtype=float, bias=0.0):
    rng = np.random.default_rng(0)
    first = mg.Data(rng.normal(size=(6, 4)).astype(dtype), name="W")
    second = mg.Data(rng.normal(size=(4, 3)).astype(dtype), name="V")
    x = mg.sample(mg.Normal(np.full(6, bias, dtype), np.ones(6, dtype)), name="X", rng=0)
    return mg.sum(mg.tanh(x @ first) @ second) ** 2, [first, second]


def layers32():
    return layers(np.float32)


def columns():
    w = mg.Data(np.arange(12.0).reshape(4, 3) / 10, name="W")
    x = mg.sample(mg.Normal(np.zeros(3), 1.0), name="X", rng=0)
    return mg.sum(mg.exp(-((w @ x) ** 2))), [w]


def constant_gradient():
    w = mg.Data(np.ones((2, 3)), name="W")
    x = mg.sample(mg.Uniform(0.0, 1.0), name="X", rng=0)
    return mg.sum(mg.stack([x / x, x / x]) @ w), [w]


def second():
    """A single number with more axes than the samples that it is spread over."""
    a = mg.Data([[2.0]], name="a")
    x = mg.sample(mg.Normal(np.zeros(2), 1.0), name="X", rng=0)
    return mg.sum(mg.broadcast_to(mg.reshape(mg.exp(a), (1,)), (2,)) * x**2), [a]


def squared_length():
    """A product of samples that is no column times a row."""
    a = mg.Data([1.0, 2.0, 3.0], name="a")
    x = mg.sample(mg.Normal(a, 1.0), name="X", rng=0)
    return mg.reparameterize(x @ x), [a]


def triangle():
    """Gradients that are transposed, reshaped and cut to a triangle."""
    scale = mg.Data(np.tril(np.arange(1.0, 10.0).reshape(3, 3)) / 5.0, name="L")
    loc = mg.Data(np.arange(3.0).reshape(1, 3), name="loc")
    law = mg.MultivariateNormal(mg.reshape(loc, (3,)), scale_tril=mg.tril(scale))
    return mg.reparameterize(mg.sum(mg.sin(mg.sample(law, name="X", rng=0)))), [scale, loc]


GRAPHS = [
    squared_length,
    triangle,
    second,
    scored,
    reparameterized,
    layers,
    layers32,
    columns,
    constant_gradient,
]


def plainly(y, wrt, **options):
    """Return the average of every sample's own value and gradient."""
    tape = Tape(with_gradients(y, wrt))
    scheme = scheme_of(options.pop("noise", "independent"))
    size = scheme.good_size(256, 1000)
    job = Replay(tape, np.random.SeedSequence(3), 1000, size, scheme)
    return average(job, wrt, Mapper(1, None)), size


@pytest.mark.parametrize("noise", ["independent", "antithetic", "stratified"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_averages_are_those_of_every_sample(graph, noise):
    y, wrt = graph()
    want, size = plainly(y, wrt, noise=noise)
    found = mg.expectation(y, 1000, wrt=wrt, rng=3, noise=noise, block_size=size)
    close = {"rtol": 1e-5, "atol": 1e-6} if graph is layers32 else {"rtol": 1e-9, "atol": 1e-11}
    np.testing.assert_allclose(found.value, want.value, **close)
    np.testing.assert_allclose(found.stderr, want.stderr, **close)
    for x in wrt:
        np.testing.assert_allclose(found.grad[x], want.grad[x], **close)
        np.testing.assert_allclose(found.grad_stderr[x], want.grad_stderr[x], **close)
        np.testing.assert_allclose(found.grad_variance[x], want.grad_variance[x], **close)
        assert found.grad_stderr[x].shape == x.shape if x.shape else True


def test_gradient_of_a_weight_matrix_has_no_matrix_for_each_sample():
    y, wrt = layers()
    tape = tape_of(y, wrt)
    assert tape.parts == [1, 2, 2]
    assert tape.memory.largest == 6


def test_a_triangle_is_cut_from_the_average():
    y, wrt = triangle()
    tape = tape_of(y, wrt)
    assert tape.parts == [1, 2, 1]
    assert tape.memory.largest == 3
    grad = mg.expectation(y, 100, wrt=wrt, rng=3).grad[wrt[0]]
    assert np.array_equal(grad == 0.0, np.triu(np.ones((3, 3)), 1) == 1.0)


def test_what_is_the_same_for_all_samples_is_done_to_the_average():
    y, wrt = reparameterized()
    fewer, all_ = tape_of(y, wrt), Tape(with_gradients(y, wrt))
    assert len(fewer.steps) < len(all_.steps)
    assert any(fewer.after)


def test_moments_far_from_zero_keep_their_digits():
    y, wrt = layers(bias=1e6)
    found = mg.expectation(y, 2000, wrt=wrt, rng=3)
    want, _ = plainly(y, wrt)
    for x in wrt:
        assert np.all(np.isfinite(found.grad_stderr[x]))
    np.testing.assert_allclose(found.grad[wrt[1]], want.grad[wrt[1]], rtol=0.3)


def test_inputs_may_change_between_runs_that_write_into_the_same_arrays():
    a = mg.Data(np.array([1.0, 2.0]), name="a")
    x = mg.sample(mg.Normal(mg.exp(a), 1e-9), name="X", rng=0)
    y = mg.reparameterize(mg.sum(x * mg.sin(a)), "X")
    kept = []
    for i in range(5):
        a.value = np.array([0.1 * i, 1.0])
        kept.append((mg.expectation(y, 10, wrt=a, rng=0), a.value))
    for found, value in kept:
        np.testing.assert_allclose(found.value, np.sum(np.exp(value) * np.sin(value)), rtol=1e-6)
        slope = np.exp(value) * (np.sin(value) + np.cos(value))
        np.testing.assert_allclose(found.grad[a], slope, rtol=1e-6)


UNARY = [mg.sin, mg.cos, mg.tanh, mg.exp, mg.sigmoid, mg.softplus, lambda x: x * x, lambda x: -x,
         lambda x: x / 2.5, lambda x: 1.0 - x, lambda x: 3.0 * x, lambda x: x**3]  # fmt: skip
BINARY = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, mg.maximum,
          lambda a, b: a / (b * b + 1.0)]  # fmt: skip


def random_graph(seed):
    """Return a graph of a draw, of numbers and vectors, and its inputs."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 4))
    wrt = [mg.Data(rng.normal(size=size if rng.random() < 0.6 else None)) for _ in range(3)]
    x = mg.sample(mg.Normal(wrt[0], mg.exp(0.3 * wrt[1])), name="X", rng=seed)
    made = [*wrt, x]
    for _ in range(rng.integers(4, 14)):
        a, b = (made[rng.integers(len(made))] for _ in range(2))
        few = UNARY if rng.random() < 0.5 else BINARY
        y = few[rng.integers(len(few))](*([a] if few is UNARY else [a, b]))
        made.append(mg.tanh(y) if rng.random() < 0.5 else y)
    rewrite = mg.reparameterize if rng.random() < 0.5 else mg.reinforce
    return rewrite(mg.sum(mg.tanh(made[-1])) + mg.mean(x * made[-1] / (1.0 + made[-1] ** 2))), wrt


@pytest.mark.parametrize("seed", range(40))
def test_average_of_a_random_graph_is_that_of_every_sample_and_repeats_itself(seed):
    y, wrt = random_graph(seed)
    want, size = plainly(y, wrt)
    runs = [mg.expectation(y, 1000, wrt=wrt, rng=3, block_size=size) for _ in range(4)]
    for x in wrt:
        scale = 1.0 + np.max(np.abs(want.grad[x]))
        for found in runs:
            np.testing.assert_allclose(found.grad[x], want.grad[x], atol=1e-9 * scale)
            np.testing.assert_allclose(found.grad_stderr[x], want.grad_stderr[x], atol=1e-7 * scale)
            np.testing.assert_array_equal(found.grad[x], runs[0].grad[x])
