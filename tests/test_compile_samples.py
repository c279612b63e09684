"""Compiled averages with NumPy: a chunk at a time, in constant memory, to the same numbers."""

import tracemalloc

import numpy as np
import pytest

import minigraph as mg


def one(dtype):
    """Return a number, an input for each way that a gradient ends, and how often it is drawn."""
    a, b, c = (mg.Data(np.asarray(v, dtype), name=n) for n, v in {"a": 0.5, "b": 2, "c": 3}.items())
    x = mg.sample(mg.Normal(a, b), name="X", rng=0)
    return mg.reparameterize(mg.sin(x) * b + c * c), [a, b, c], 17_000


def layers(dtype):
    """Return a small network of a draw."""
    w, v = (mg.Data(np.linspace(-1.0, 1.0, 30).reshape(shape).astype(dtype), name=n)
            for shape, n in (((3, 10), "w"), ((10, 3), "v")))  # fmt: skip
    m = mg.Data(np.asarray([0.1, -0.2, 0.3], dtype), name="m")
    z = mg.sample(mg.Normal(m, np.ones(3, dtype)), name="Z", rng=0)
    y = mg.sum(mg.tanh(z @ w) @ v) + mg.sum(m * m)
    return mg.reparameterize(y), [w, v, m], 6_000


def outcome(dtype):
    """Return a cost of outcomes that differ in law from sample to sample."""
    w = mg.Data(np.asarray([0.5, -1.0, 0.2], dtype), name="w")
    z = mg.sample(mg.Normal(np.asarray(0.0, dtype), np.asarray(1.0, dtype)), name="Z", rng=0)
    k = mg.sample(mg.Categorical(logits=w * z), name="K", rng=1)
    return mg.reinforce((k - 1.0) ** 2, "K"), [w], 7_000


@pytest.mark.parametrize("graph", [one, layers, outcome])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_averages_are_those_of_the_samples_one_by_one(graph, dtype):
    y, wrt, n = graph(dtype)
    f, single = mg.compile(y, wrt, samples=n), mg.compile(y, wrt)
    rng = np.random.default_rng(0)
    laws = {"X": rng.normal, "Z": rng.normal, "K": lambda size: rng.integers(3, size=size)}
    noise = [
        laws[name[-1]](size=(n, *np.shape(wrt[-1].value)) if graph is layers else n)
        for name in f.draws
    ]
    value, slopes = f(noise=noise)
    each = [single(noise=[x[i] for x in noise]) for i in range(n)]
    rtol = 1e-11 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(value, np.mean([v for v, _ in each], axis=0), rtol=rtol)
    for i, slope in enumerate(slopes):
        exact = np.mean([np.asarray(s[i], float) for _, s in each], axis=0)
        np.testing.assert_allclose(slope, exact, rtol=rtol, atol=rtol * np.max(np.abs(exact)))
        assert slope.dtype == dtype
        assert slope.shape == wrt[i].shape


def test_memory_does_not_grow_with_samples():
    y, wrt, _ = layers(np.float64)
    peaks = []
    for n in (20_000, 200_000):
        f = mg.compile(y, wrt, samples=n)
        f(rng=0)
        tracemalloc.start()
        f(rng=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 1e6


def test_draws_go_on_from_chunk_to_chunk():
    x = mg.sample(mg.Uniform(0.0, 1.0), name="U", rng=0)
    found = mg.compile(x**2, samples=100_000)(rng=3)
    drawn = np.random.default_rng(3).random(100_000)
    np.testing.assert_allclose(found, np.mean(drawn**2), rtol=1e-12)


def test_results_are_nobody_elses():
    y, wrt, n = layers(np.float64)
    f = mg.compile(y, wrt, samples=n)
    _, first = f(rng=0)
    kept = [s.copy() for s in first]
    f(rng=1)
    assert all(np.array_equal(a, b) for a, b in zip(kept, first, strict=True))
