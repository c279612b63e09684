"""Densities looked at where draws are: the edge of a support is in no gradient's way."""

import numpy as np
import pytest
from laws import LAWS

import minigraph as mg

OPENED = [
    name
    for name, entry in LAWS.items()
    if entry.law(**entry.grid[0]).noise() is not None and not entry.circular
]


def draw(name):
    """Return a law of the table whose parameters are inputs, a draw from it, and these inputs."""
    entry = LAWS[name]
    parameters = {k: mg.Data(v, name=k) for k, v in entry.grid[0].items()}
    law = entry.law(**parameters)
    return law, mg.sample(law, name="X", rng=0), list(parameters.values())


@pytest.mark.parametrize("name", OPENED)
def test_slope_of_minus_its_own_log_density_is_that_of_the_entropy(name):
    law, x, wrt = draw(name)
    found = mg.exact(mg.reparameterize(-law.log_prob(x)), wrt).grad
    if hasattr(law, "entropy"):
        expected = [g.value for g in mg.gradient(law.entropy(), wrt)]
    else:
        by_score = mg.exact(mg.reinforce(-law.log_prob(x)), wrt).grad
        expected = [by_score[w] for w in wrt]
    np.testing.assert_allclose([found[w] for w in wrt], expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", OPENED)
def test_slope_of_its_own_cdf_is_0(name):
    law, x, wrt = draw(name)
    found = mg.exact(mg.reparameterize(law.cdf(x)), wrt)
    np.testing.assert_allclose(found.value, 0.5, rtol=1e-9)
    np.testing.assert_allclose([found.grad[w] for w in wrt], 0.0, atol=1e-9)


def test_positive_draw_under_another_positive_law():
    """E[log p(X)] for X ~ Gamma(a, 1) and p Exponential of rate 2 is log 2 - 2a."""
    a = mg.Data(1.5, name="a")
    x = mg.sample(mg.Gamma(a, 1.0), name="X", rng=0)
    for p, slope in (
        (mg.Exponential(2.0), -2.0),
        (mg.HalfNormal(1.0), -0.5 * (2 * a.value + 1)),  # E[X²] = a² + a
    ):
        z = mg.reparameterize(p.log_prob(x))
        np.testing.assert_allclose(mg.exact(z, a).grad[a], slope, rtol=1e-8)


def test_element_of_a_draw_and_a_positive_function_of_one():
    """E[-2·exp(X)] for X ~ N(m, 1) is -2·exp(m + ½)."""
    m = mg.Data(0.3, name="m")
    x = mg.sample(mg.Normal(m * np.ones(2), 1.0), name="X", rng=0)
    z = mg.reparameterize(mg.Exponential(2.0).log_prob(mg.exp(x)[1]))
    np.testing.assert_allclose(mg.exact(z, m).grad[m], -2.0 * np.exp(0.8), rtol=1e-9)


def test_vectors_under_their_own_law():
    a = mg.Data(0.7, name="a")
    for law in (
        mg.MultivariateNormal(np.zeros(2), mg.exp(a) * np.eye(2)),
        mg.Dirichlet(mg.exp(a) * mg.array([1.0, 2.0])),
    ):
        z = mg.reparameterize(-law.log_prob(mg.sample(law, name="X", rng=0)))
        found = mg.expectation(z, 20_000, wrt=a, rng=0)
        off = found.grad[a] - mg.gradient(law.entropy(), a).value
        assert abs(off) <= 5 * found.grad_stderr[a] + 1e-9  # fails once in a million
        assert found.grad_stderr[a] < 0.01


LOW = mg.Data([0.0, 1.0], name="low")
SLABS = mg.Uniform(LOW, LOW + 1.0)
MEAN = mg.Data(0.5, name="m")


@pytest.mark.parametrize(("law", "y"), [
    (mg.Normal(MEAN, 1.0), mg.Gamma(2.0, 1.0).log_prob),
    (mg.Normal(MEAN, 1.0), mg.Uniform(0.0, 1.0).log_prob),
    (mg.Gamma(MEAN, 1.0), mg.Beta(2.0, 2.0).log_prob),
    (SLABS, lambda x: mg.sum(SLABS.log_prob(x[::-1]))),
    (SLABS, lambda x: mg.sum(SLABS.log_prob(x[0]))),
    (mg.Uniform(0.0, MEAN), mg.MixtureSameFamily(mg.Categorical([0.5, 0.5]), SLABS).log_prob),
], ids=["not positive", "beyond both ends", "beyond one", "places changed", "one place",
        "gaps"])  # fmt: skip
def test_draw_that_may_leave_the_support_is_refused(law, y):
    x = mg.sample(law, name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="which jumps"):
        mg.reparameterize(y(x))


def test_values_outside_are_as_ever():
    x = mg.sample(mg.Gamma(2.0, 1.0), name="X", rng=0)
    assert mg.Exponential(1.0).log_prob(x - 100.0).value == -np.inf
    assert mg.Exponential(1.0).log_prob(-1.0).value == -np.inf
