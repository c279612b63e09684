"""A compiled function in a JAX program: traced, mapped, and differentiated once more."""

from __future__ import annotations

import numpy as np
import pytest
from compile_cases import (
    both_paths,
    code_of,
    coin,
    network,
    noise_of,
    pathwise,
    quickly,
    scored,
)

import minigraph as mg


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield jax


def test_a_gradient_that_jax_would_take_across_a_draw_is_refused(jax):
    p, k = mg.Data(0.3, name="p"), mg.Data(2.0, name="k")
    y = mg.sample(mg.Bernoulli(p), name="B", rng=0) * k + p
    f = mg.compile(y, backend="jax", inputs=[p, k])
    assert jax.grad(f, 1)(0.3, 2.0, noise=[1]) == 1.0
    for g in (jax.grad(f), jax.jit(jax.grad(f)), jax.grad(jax.jit(f))):
        with pytest.raises(mg.BlockedGradientError, match="'p': it would have to cross random B"):
            g(0.3, 2.0, noise=[1])
    assert f(jax.lax.stop_gradient(0.4), 2.0, noise=[1]) == 2.4


def test_a_gradient_that_jax_would_take_along_a_draw_that_was_not_rewritten_is_refused(jax):
    x = mg.sample(mg.Normal(mg.Data(0.5, name="μ"), 1.0), name="X", rng=0)
    f = mg.compile(mg.where(x > 0, x + 1.0, x), backend="jax")  # which jumps
    with pytest.raises(mg.BlockedGradientError, match="'μ': it would have to cross random X"):
        jax.grad(f)(0.5, noise=[1.0])


@pytest.mark.parametrize("graph", [pathwise, scored, both_paths, coin, network])
def test_jax_differentiates_once_more_as_the_graph_does(graph, jax):
    y, (x, *_) = graph()
    slope = mg.sum(mg.gradient(y, x) * 1.0)
    noise = noise_of([y])
    known = float(mg.compile(slope, backend="numpy")(noise=noise))
    again = mg.compile(slope, x, backend="numpy")(noise=noise)[1]
    f = mg.compile(y, backend="jax", inputs=[x])
    g = mg.compile(slope, backend="jax", inputs=[x])

    def derivatives(z):
        def total(z):
            return jax.grad(f)(z, noise=noise).sum()

        return total(z), jax.grad(g)(z, noise=noise), jax.grad(total)(z)

    first, second, twice = quickly(derivatives)(x.value)
    np.testing.assert_allclose(first, known, rtol=1e-10)
    np.testing.assert_allclose(second, again, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(twice, again, rtol=1e-9, atol=1e-12)


def test_jax_maps_and_compiles_the_function(jax):
    y, wrt = pathwise()
    f = jax.jit(mg.compile(y, wrt[0], backend="jax"))
    keys = jax.random.split(jax.random.key(0), 5)
    values, slopes = jax.vmap(lambda t, key: f(t, rng=key), in_axes=(None, 0))(1.0, keys)
    one = f(1.0, rng=keys[3])
    assert values.shape == slopes.shape == (5,)
    np.testing.assert_allclose([values[3], slopes[3]], one, rtol=1e-14)


def test_jax_without_double_precision_says_so():
    jax = pytest.importorskip("jax")
    y, wrt = pathwise()
    with jax.enable_x64(False):
        with pytest.warns(UserWarning, match="JAX computes in float32 as it is set up"):
            f = mg.compile(y, wrt, backend="jax")
        value, _ = f(noise=[0.25])
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, (0.75 - 3) ** 2, rtol=1e-6)


def test_jax_needs_a_key(jax):
    y, wrt = pathwise()
    with pytest.raises(mg.UsageError, match="no seed arrived; pass a key"):
        mg.compile(y, wrt, backend="jax")(0.5)


def test_jax_takes_seeds_that_are_traced_and_keys_of_both_kinds(jax):
    f = mg.compile(pathwise()[0], backend="jax")
    for seed in (jax.random.key(3), jax.random.PRNGKey(3), np.array(3), np.uint8(3)):
        assert f(rng=seed) == f(rng=3)
    np.testing.assert_allclose(jax.jit(lambda seed: f(rng=seed))(3), f(rng=3), rtol=1e-14)


def test_the_page_about_it_runs(jax):
    scope: dict = {}
    for block in code_of("compile.md"):
        exec(block, scope)
    assert jax.grad(lambda t: scope["f"](t, noise=[0.3])[1])(2.0) == 2.0


def test_jax_differentiates_x_log_y_in_x_also_at_0(jax):
    a, b = mg.Data(0.0, name="a"), mg.Data(2.0, name="b")
    f = mg.compile(mg.xlogy(a, b) + mg.xlog1py(a, b), backend="jax", inputs=[a, b])
    assert jax.grad(f)(0.0, 2.0) == pytest.approx(np.log(6.0))
    assert f(0.0, np.inf) == f(0.0, 0.0) == 0.0
