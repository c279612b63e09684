"""Many normal numbers at once: their law, their independence, and when they are used."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.distributions.box_muller import MANY, PIECE, normals, turned
from minigraph.distributions.noise import StandardNormal

stats = pytest.importorskip("scipy.stats")


def test_pairs_are_those_of_the_formula():
    u = np.random.default_rng(0).random((3, 2, 500))
    radius, angle = np.sqrt(-2.0 * np.log1p(-u[:, 0])), 2.0 * np.pi * u[:, 1]
    drawn = u.copy()
    turned(drawn)
    np.testing.assert_allclose(drawn[:, 0], radius * np.cos(angle), atol=1e-13)
    np.testing.assert_allclose(drawn[:, 1], radius * np.sin(angle), atol=1e-13)


@pytest.mark.parametrize(
    "edge", [0.0, 0.25, 0.5, np.float32(0.5), 1.0 - 2.0**-53, np.float32(1.0 - 2.0**-24)]
)
def test_numbers_at_the_edges_are_finite(edge):
    drawn = np.full((1, 2, 4), edge, np.asarray(edge).dtype)
    turned(drawn)
    assert np.all(np.isfinite(drawn))
    assert np.all(np.abs(drawn) < 8.6)


@pytest.mark.parametrize("rest", [0, 10, 11, MANY, MANY + 1])
def test_pieces_get_the_same_numbers_one_by_one_and_together(rest):
    together = normals(np.random.default_rng(5), np.empty(3 * PIECE + rest))
    rng, apart = np.random.default_rng(5), np.empty(3 * PIECE + rest)
    for start in range(0, len(apart), PIECE):
        normals(rng, apart[start : start + PIECE])
    assert np.array_equal(together, apart)


@pytest.mark.parametrize(
    "shape", [(MANY,), (MANY + 1,), (PIECE + MANY + 1,), (3, 5, 401), (1,), (2,)]
)
def test_every_element_is_written(shape):
    drawn = normals(np.random.default_rng(1), np.full(shape, np.nan))
    assert np.all(np.isfinite(drawn))
    assert len(np.unique(drawn)) == drawn.size


# One p-value below 1e-6 comes in a million seeds; these are fixed.
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_law_is_normal_and_halves_are_independent(dtype):
    drawn = normals(np.random.default_rng(2), np.empty(1_000_000, dtype))
    assert stats.kstest(drawn, "norm").pvalue > 1e-6
    a, b = drawn[:500_000], drawn[500_000:]
    for x, y in ((a, b), (a**2, b**2), (np.abs(a), b), (a[1:], a[:-1])):
        assert abs(stats.pearsonr(x, y).statistic) < 5.0 / np.sqrt(len(x))
    beyond = np.sum(np.abs(drawn) > 4.0)
    assert stats.binomtest(int(beyond), drawn.size, 2.0 * stats.norm.sf(4.0)).pvalue > 1e-6


@pytest.mark.parametrize(
    ("size", "dtype", "same"),
    [(MANY - 1, float, True), (MANY, float, False), (MANY - 1, np.float32, True),
     (MANY, np.float32, False)],
)  # fmt: skip
def test_small_arrays_are_filled_one_after_the_other(size, dtype, same):
    law, out = StandardNormal((), dtype), np.empty(size, dtype)
    law.fill_block(np.random.default_rng(3), out)
    one_by_one = law.fill(np.random.default_rng(3), np.empty(size, dtype))
    assert np.array_equal(out, one_by_one) is same


def test_samples_of_a_law_are_those_of_numpy():
    drawn = mg.Normal(0.0, 1.0).sample(rng=4, shape=(2 * MANY,))
    assert np.array_equal(drawn, np.random.default_rng(4).standard_normal(2 * MANY))
