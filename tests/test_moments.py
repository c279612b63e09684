"""Streaming moments: merged in blocks, weighted, and far from zero."""

import numpy as np
import pytest

from minigraph.averages.moments import Moments, total, total_of_squares


def merged(samples, sizes, weights=None):
    total, start = None, 0
    for size in sizes:
        part = slice(start, start + size)
        block = (
            Moments.of(samples[part])
            if weights is None
            else Moments.weighted(samples[part], weights[part])
        )
        total = block if total is None else total.merge(block)
        start += size
    return total


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
@pytest.mark.parametrize("sizes", [[100], [50, 50], [1, 98, 1], [33, 33, 34]])
def test_merged_blocks_are_the_moments_of_everything(shape, sizes):
    samples = np.random.default_rng(0).normal(size=(100, *shape))
    total = merged(samples, sizes)
    np.testing.assert_allclose(total.mean, samples.mean(axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(total.variance(), samples.var(axis=0, ddof=1), rtol=1e-12)
    assert total.weight == 100


@pytest.mark.parametrize("sizes", [[100_000], [4096] * 24 + [1696], [7] * 14_285 + [5]])
def test_variance_stays_accurate_when_the_mean_is_much_larger(sizes):
    noise = np.random.default_rng(1).normal(size=100_000)
    total = merged(noise + 1e8, sizes)
    assert total.mean - 1e8 == pytest.approx(noise.mean(), abs=1e-6)
    assert total.variance() == pytest.approx(noise.var(ddof=1), rel=1e-6)


def test_float32_samples_are_added_up_in_float64():
    samples = np.full(100_000, 0.1, np.float32)
    total = Moments.of(samples)
    assert total.mean == pytest.approx(float(np.float32(0.1)), rel=1e-14)
    assert total.variance() < 1e-25


@pytest.mark.parametrize("sizes", [[40], [10, 30]])
def test_weighted_moments_are_those_of_the_distribution(sizes):
    rng = np.random.default_rng(2)
    samples, weights = rng.normal(size=(40, 2)), rng.random(40)
    total = merged(samples, sizes, weights)
    mean = np.average(samples, axis=0, weights=weights)
    np.testing.assert_allclose(total.mean, mean, rtol=1e-12)
    variance = np.average((samples - mean) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(total.squares / total.weight, variance, rtol=1e-12)


def test_samples_of_weight_zero_do_not_count_even_if_nan():
    total = Moments.weighted(np.array([1.0, np.nan, 3.0]), np.array([0.5, 0.0, 0.5]))
    assert (total.weight, total.mean, total.squares) == (1.0, 2.0, 1.0)


def test_blocks_without_weight_merge_to_nothing():
    nothing = Moments.weighted(np.array([np.nan]), np.array([0.0]))
    something = Moments.of(np.array([1.0, 3.0]))
    assert nothing.merge(something).mean == 2.0
    assert something.merge(nothing).variance() == 2.0
    assert nothing.merge(nothing).weight == 0.0


def test_infinite_means_are_merged_in_silence():
    blocks = [Moments.constant(np.float64(x), 3.0) for x in (np.inf, np.inf, -np.inf)]
    both = blocks[0].merge(blocks[1])
    assert both.mean == np.inf
    assert np.isnan(both.merge(blocks[2]).mean)


def test_one_sample_has_no_variance():
    assert np.isnan(Moments.of(np.array([2.0])).variance())


@pytest.mark.parametrize("shape", [(), (1,), (2,), (31,), (3, 7), (5000,), (0,)])
@pytest.mark.parametrize("count", [1, 4095, 8192, 8193, 50_001])
def test_sums_over_any_number_of_rows(count, shape):
    count = min(count, 100) if shape == (5000,) else count
    rows = np.random.default_rng(3).normal(size=(count, *shape))
    np.testing.assert_allclose(total(rows), rows.sum(axis=0), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(total_of_squares(rows), (rows**2).sum(axis=0), rtol=1e-10)


def test_a_nan_or_an_infinity_stays_in_its_column():
    rows = np.ones((100, 4))
    rows[3, 1], rows[5, 2] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        found = Moments.of(rows)
    np.testing.assert_array_equal(found.mean, [1.0, np.nan, np.inf, 1.0])
    assert found.squares[0] == found.squares[3] == 0.0
