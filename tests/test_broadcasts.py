"""Shapes and dtypes mixed: what a replay leaves out was there to broadcast, or to be more exact."""

import operator

import numpy as np
import pytest

import minigraph as mg

SHAPES = [(), (2,), (3, 2), (3, 1), (1, 2)]
STEPS = [
    operator.add, operator.sub, operator.mul, operator.truediv,
    lambda a, b: (a + b) - a, lambda a, b: (a + b) - b, lambda a, b: (a * b) / a,
    lambda a, b: (a * b) / b, lambda a, b: a * b + a * b, lambda a, b: -a * b - b,
    lambda a, b: 2.0 * a - b * 2.0,
]  # fmt: skip


def built(seed, x, leaves):
    """Return a random number made of Data of all shapes, by steps of which many undo others."""
    rng, made = np.random.default_rng(seed), [x, *leaves]
    for step in rng.integers(len(STEPS), size=6):
        made.append(STEPS[step](*(made[i] for i in rng.integers(len(made), size=2))))
    y = made[-1]
    return mg.sum(mg.sum(y, axis=0) ** 2) if y.shape else y * y


@pytest.mark.parametrize("seed", range(150))
def test_samples_of_all_shapes(seed):
    rng = np.random.default_rng([seed, 1])
    shapes = [SHAPES[i] for i in rng.integers(len(SHAPES), size=3)]
    dtypes = rng.choice(["float32", "float64", "float64"], size=2)
    noise, *values = [rng.uniform(0.5, 2.0, shape) for shape in shapes]
    loc = mg.Data(np.zeros(shapes[0]), name="loc")
    leaves = [mg.Data(np.asarray(v, d)) for v, d in zip(values, dtypes, strict=True)]
    x = mg.Data(noise)
    with np.errstate(all="ignore"):
        x0 = mg.sample(mg.Normal(loc, 1.0), rng=0)
        y = mg.reparameterize(built(seed, x0, leaves), continuous=True)  # there are poles
        once = built(seed, x, leaves)
        wrt = [a for a in leaves if a in mg.Graph(once).inputs]
        slopes = mg.gradient(once, [x, *wrt])
        call = mg.compile(y, [loc, *wrt])
        if not np.isfinite(once.value) or x not in mg.Graph(once).inputs:
            return
        for _ in range(3):  # the third run is compiled
            value, found = call(noise=[noise])
            rough = {"rtol": 1e-3} if "float32" in dtypes else {"rtol": 1e-8}
            np.testing.assert_allclose(value, once.value, **rough)
            for a, slope, w in zip(found, slopes, [x, *wrt], strict=True):
                least = rough["rtol"] * max(1.0, np.max(np.abs(slope.value)))
                np.testing.assert_allclose(a, slope.value, atol=least, **rough)
                assert np.shape(a) == w.shape
                assert np.asarray(a).dtype == w.dtype


def test_likelihood_of_what_all_rows_share():
    means, u = mg.Data(np.arange(3.0)), mg.sample(mg.Normal(mg.Data(0.0), 1.0), name="u", rng=0)
    y = mg.sum(mg.Normal(means, 1.0).log_prob(means + u))
    expected = -1.5 * np.log(2.0 * np.pi) - 1.5
    for block_size in (3, 100):
        found = mg.expectation(y, 10_000, rng=0, block_size=block_size)
        assert abs(found.value - expected) < 5.0 * found.stderr  # fails once in a million
        assert found.stderr < 0.03


def test_slope_of_a_float64_parameter_has_all_its_digits_beside_float32():
    p, s = mg.Data(np.ones(2), name="p"), mg.Data(np.float32(3.0), name="s")
    y = mg.sum(p / s)
    for found in (mg.compile(y, p)()[1], mg.expectation(y, 1, wrt=p).grad[p]):
        np.testing.assert_allclose(found, 1.0 / 3.0, rtol=1e-15)


@pytest.mark.parametrize("total", [mg.sum, mg.mean])
def test_two_layers_of_float32_are_trained_by_scores(total):
    w, v = (mg.Data(np.ones(s, np.float32), name=n) for n, s in (("w", (3, 2)), ("v", (4, 3))))
    loc = mg.Data(np.zeros(2, np.float32), name="loc")
    x = mg.sample(mg.Normal(loc, np.float32(1.0)), name="X", rng=0)
    z = mg.reinforce(total(v @ mg.tanh(w @ x)))
    both = mg.compile(z, [w, v])
    for _ in range(3):
        noise = [np.array([0.5, -1.0], np.float32)]
        assert [g.dtype for g in both(noise=noise)[1]] == [np.float32] * 2
        estimate = mg.expectation(z, 100, wrt=w, rng=0)
    assert np.all(estimate.grad_stderr[w] > 0.0)
