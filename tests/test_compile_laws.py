"""Laws in other array libraries: drawn from a seed, and differentiated along their quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from compile_cases import program, quickly

import minigraph as mg
from minigraph.distributions.beta import beta_slope_0, beta_slope_1
from minigraph.distributions.gamma import gamma_slope
from minigraph.distributions.normal_parts import normal_part
from minigraph.distributions.special import bessel_gap, gamma_step, gamma_step_slope, ndtri_exp
from minigraph.distributions.student_t import t_slope
from minigraph.ops import special

pytest.importorskip("scipy")
N = 20_000


@pytest.fixture(params=["jax", "torch"])
def backend(request):
    """Return the name of a library; JAX computes in double precision."""
    library = pytest.importorskip(request.param)
    if request.param == "torch":
        yield "torch"
        return
    with library.enable_x64(True):
        yield "jax"


def library(backend):
    from minigraph.backends.in_jax import Jax
    from minigraph.backends.in_torch import Torch

    return Jax() if backend == "jax" else Torch()


def close(found, exact, spread, n=N):
    """Compare averages over `n` samples; one in 1.7 million is further off."""
    assert np.all(np.abs(np.asarray(found) - exact) < 5.0 * np.asarray(spread) / np.sqrt(n))


LAWS = [
    mg.Poisson(3.0), mg.Binomial(10, 0.3), mg.Binomial(4, logits=0.4), mg.DiscreteUniform(2, 6),
    mg.NegativeBinomial(2.5, 0.4), mg.NegativeBinomial(3.0, logits=-0.5), mg.Gamma(0.05, 2.0),
    mg.Gamma(7.0, 0.5), mg.Chi2(3.0), mg.InverseGamma(5.0, 2.0), mg.Beta(0.05, 0.2),
    mg.Beta(3.0, 2.0), mg.StudentT(6.0, 1.0, 2.0), mg.TruncatedNormal(0.3, 1.0, 0.0, 1.0),
    mg.Multinomial(5, [0.2, 0.5, 0.3]), mg.Multinomial(5, logits=[0.1, 0.2, -1.0]),
    mg.OneHotCategorical([0.2, 0.0, 0.8]), mg.Dirichlet([0.3, 1.0, 4.0]),
    mg.Empirical([1.0, 4.0, 9.0]), mg.Empirical([[1.0, 2.0], [5.0, 3.0], [0.0, 1.0]]),
    mg.Independent(mg.Poisson([3.0, 4.0]), 1), mg.Independent(mg.Bernoulli([0.3, 0.4]), 1),
]  # fmt: skip


def test_draws_from_a_seed_have_the_law(backend):
    def compiled(law):
        x = mg.sample(law, name="X", rng=0)
        both = mg.concatenate([mg.ravel(x * 1.0), mg.ravel(x * x * 1.0)])
        return mg.compile(both, backend=backend, samples=N)

    functions = [compiled(law) for law in LAWS]
    run = lambda seed: [f(rng=seed) for f in functions]
    one, two = 1, 2
    if backend == "jax":  # in one program, which is compiled once
        one, two = map(pytest.importorskip("jax").random.key, (1, 2))
        run = program(run, one)
    for law, found, again, other in zip(LAWS, run(one), run(one), run(two), strict=True):
        assert np.array_equal(again, found), law
        assert not np.array_equal(other, found), law
        drawn = np.asarray(law.sample(rng=0, shape=N), dtype=float).reshape(N, -1)
        both = np.concatenate([drawn, drawn**2], axis=1)
        close(found, both.mean(0), np.sqrt(2.0) * both.std(0) + 1e-12)  # two of them are random


def test_samples_are_of_their_own_kind(backend):
    for law, kind in (
        (mg.Poisson(3.0), "i"),
        (mg.Gamma(2.0, 1.0), "f"),
        (mg.Binomial(3, 0.5), "i"),
    ):
        x = mg.sample(law, name="X", rng=0)
        assert np.asarray(mg.compile(x, backend=backend)(rng=0)).dtype.kind == kind
    share = mg.compile(x > 1, backend=backend, samples=3)(rng=0)
    assert np.asarray(share).dtype == np.float64


def test_parameters_may_differ_from_sample_to_sample(backend):
    m = mg.Data(0.2, name="m")
    z = mg.sample(mg.Normal(m, 0.5), name="Z", rng=0)
    a = mg.exp(z)
    laws = [mg.Poisson(a), mg.Gamma(a, 1.0), mg.Binomial(3, mg.sigmoid(z)), mg.Beta(a, a)]
    y = sum(mg.sample(law, name=f"X{i}", rng=i) * 1.0 for i, law in enumerate(laws))
    value, slope = mg.compile(mg.unblock(y), m, backend=backend, samples=N)(rng=0)
    truth = mg.expectation(mg.unblock(y), 200_000, wrt=m, rng=0)
    assert abs(float(value) - truth.value) < 5.0 * np.sqrt(truth.variance * (1 / N + 1 / 200_000))
    spread = np.sqrt(truth.grad_variance[m] * (1 / N + 1 / 200_000))
    assert abs(float(slope) - truth.grad[m]) < 5.0 * spread


def test_slopes_along_quantiles_are_those_here(backend):
    rng, words = np.random.default_rng(0), library(backend)
    a, b = np.exp(rng.uniform(-2.5, 4.0, (2, 400)))
    cases = [
        (gamma_slope, (np.maximum(rng.standard_gamma(a), 1e-300), a)),
        (t_slope, (rng.standard_t(a), a)),
        *((op, (np.clip(rng.beta(a, b), 1e-300, 1.0 - 1e-16), a, b))
          for op in (beta_slope_1, beta_slope_0)),
    ]  # fmt: skip
    for op, args in cases:
        found = np.asarray(words.word(op)(*map(words.array, args)))
        np.testing.assert_allclose(found, op.forward(*args), rtol=1e-7)


def test_slopes_that_take_too_many_terms_are_not_numbers(backend):
    words = library(backend)
    x, a = words.array(np.array([0.5, 0.5])), words.array(np.array([2.0, 1e4]))
    found = np.asarray(words.word(beta_slope_1)(x, a, a))
    assert np.array_equal(np.isnan(found), [False, True])


@pytest.mark.parametrize(
    ("law", "noise"),
    [(lambda a: mg.Gamma(a, 2.0), [1.2]), (lambda a: mg.Beta(a, 2.0), [0.3]),
     (lambda a: mg.StudentT(a), [0.7]), (lambda a: mg.Dirichlet(mg.stack([a, a * 2.0])), None),
     (lambda a: mg.TruncatedNormal(a, a, 0.0, 2.0), [0.4]),
     (lambda a: mg.Laplace(a, 2.0), [0.4])],
)  # fmt: skip
def test_gradients_on_the_same_noise_are_those_here(law, noise, backend):
    a = mg.Data(1.5, name="a")
    x = mg.sample(law(a), name="X", rng=0)
    noise = [np.array([0.4, 1.1])] if noise is None else noise
    for y in (mg.reparameterize(mg.sum(mg.sin(x))), mg.reinforce(mg.sum(mg.sin(x)))):
        here = mg.compile(y, a)(noise=noise)
        f = mg.compile(y, a, backend=backend)
        found = (quickly(f) if backend == "jax" else f)(noise=noise)
        np.testing.assert_allclose(np.array([*map(float, found)]), here, rtol=1e-10)


def test_special_functions_of_the_laws(backend):
    words = library(backend)
    x = np.concatenate([np.geomspace(1e-3, 1e6, 200), [99.0, 101.0]])
    y = -np.concatenate([np.geomspace(1e-12, 700.0, 300), [0.0, np.inf, 5.0, np.log(2.0)]])
    for op, at in ((gamma_step, x), (gamma_step_slope, x), (bessel_gap, x), (ndtri_exp, y)):
        found = np.asarray(words.word(op)(words.array(at)))
        np.testing.assert_allclose(found, op.forward(at), rtol=1e-9, atol=1e-9)
    for order in (0, 2):
        found = np.asarray(words.word(normal_part)(words.array(x), words.array(1.0 / x), order))
        np.testing.assert_allclose(found, normal_part.forward(x, 1.0 / x, order), rtol=1e-12)


def test_beta_functions_keep_their_digits(backend):
    words = library(backend)
    a = np.geomspace(1e-3, 1e8, 45)
    for n in (1, 2, 5, 12):  # where log B(a, n) is known
        exact = math.lgamma(n) - np.sum(np.log(a[:, None] + np.arange(n)), axis=1)
        for args in ((a, n + 0.0 * a), (n + 0.0 * a, a)):
            args = tuple(map(words.array, args))
            found = np.asarray(words.word(special.betaln)(*args))
            np.testing.assert_allclose(found, exact, rtol=4e-15, atol=4e-15)
            found = np.asarray(words.word(special.beta)(*args))
            np.testing.assert_allclose(found, np.exp(exact), rtol=1e-12)
    entropy = mg.Beta(mg.Data(20.0, name="a"), 0.5).entropy()
    np.testing.assert_allclose(mg.compile(entropy, backend=backend)(), entropy.value, rtol=1e-14)


def test_tails_of_the_normal_law_keep_their_digits(backend):
    words = library(backend)
    x = -np.geomspace(10.0, 1e4, 45)
    found = np.asarray(words.word(special.log_ndtr)(words.array(x)))
    np.testing.assert_allclose(found, special.log_ndtr.forward(x), rtol=1e-15)
    mean = mg.TruncatedNormal(mg.Data(0.3, name="loc"), 1.0, 20.0).mean
    loc = mg.Graph(mean)["loc"]
    value, slope = mg.compile(mean, loc, backend=backend)()
    np.testing.assert_allclose(value, mean.value, rtol=1e-12)
    np.testing.assert_allclose(slope, mg.gradient(mean, loc).value, rtol=1e-7)  # it cancels
