"""Moments that do not depend on the length of chunks, nor on the number of threads."""

import numpy as np
import pytest
from cases import wave

import minigraph as mg
from minigraph.averages.moments import Moments, merged
from minigraph.averages.parts import PART, Parts
from minigraph.distributions.box_muller import PIECE


@pytest.mark.parametrize("count", [1, 5, PART, PART + 1, 5 * PART + 17])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_joined_parts_are_the_moments_of_everything(count, offset):
    noise = np.random.default_rng(count).normal(size=count)
    weight, mean, squares = Parts.of(noise + offset).joined()
    assert weight == count
    assert mean == pytest.approx(noise.mean() + offset, rel=1e-14, abs=1e-15)
    assert squares == pytest.approx(np.sum((noise - noise.mean()) ** 2), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("chunk", [PART, 2 * PART, 7 * PART])
def test_chunks_of_any_length_give_the_same_bits(chunk):
    numbers = np.random.default_rng(0).normal(3.0, size=7 * PART + 100)
    total = []
    for start in range(0, len(numbers), chunk):
        total = merged(total, [Parts.of(numbers[start : start + chunk])])
    assert total[0].joined() == Parts.of(numbers).joined()
    assert Moments.of(numbers) == Parts.of(numbers).joined()


def test_infinite_and_missing_numbers_show():
    with np.errstate(invalid="ignore"):  # as in a run
        assert Parts.of(np.array([1.0, np.inf])).joined()[1] == np.inf
        assert np.isnan(Parts.of(np.array([1.0, np.nan])).joined()[1])


def waves():
    """Return a number that three draws make, and the input that it depends on."""
    y, wrt = mg.Data(0.0), mg.Data(0.3)
    for i in range(3):
        y = 0.9 * mg.tanh(y) + mg.sample(mg.Normal(wrt, 1.0), name=f"X{i}", rng=i)
    return mg.reparameterize(y * y), wrt


@pytest.mark.parametrize("graph", [wave, waves])
@pytest.mark.parametrize("samples", [PIECE + 1, 20_000, 8 * PIECE + 1, 150_001])
@pytest.mark.parametrize("block_size", [None, 10_001, 40_000])
def test_threads_compute_longer_chunks_to_the_same_bits(graph, samples, block_size):
    y, wrt = graph()
    found = [
        mg.expectation(y, samples, wrt=wrt, rng=5, workers=workers, block_size=block_size)
        for workers in (1, 2)
    ]
    one, two = ([e.value, e.stderr, *e.grad.values(), *e.grad_stderr.values()] for e in found)
    assert one == two


@pytest.mark.parametrize("samples", [PIECE + 1, 40_000])
@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
def test_threads_give_the_same_bits_for_outputs_of_any_dtype(samples, dtype):
    x = mg.sample(mg.Normal(mg.Data(1.0), 1.0), name="X", rng=0)
    y = {bool: x > 0.5, np.int64: mg.astype(3.0 * x, int), np.float32: mg.astype(x, np.float32)}
    one, two = (mg.expectation(y[dtype], samples, rng=5, workers=workers) for workers in (1, 2))
    assert (one.value, one.stderr) == (two.value, two.stderr)
