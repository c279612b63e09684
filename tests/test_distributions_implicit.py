"""Implicit gradients: the derivative of a sample along its quantile, against that of SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import minigraph as mg

U = np.array([1e-6, 1e-3, 0.05, 0.3, 0.5, 0.7, 0.95, 0.999, 1 - 1e-6])
WEIGHTS = [(1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280)]


def gamma(concentration, rate):
    return stats.gamma(concentration, scale=1 / rate)


def beta(concentration1, concentration0):
    return stats.beta(concentration1, concentration0)


def student(df):
    return stats.t(df)


def von_mises(concentration):
    return stats.vonmises(concentration)


CASES = [
    (mg.Gamma, gamma, {"concentration": a, "rate": 2.0}) for a in (0.05, 0.5, 1.0, 3.0, 50.0, 1e4)
] + [
    (mg.Beta, beta, {"concentration1": a, "concentration0": b})
    for a, b in [(0.3, 0.4), (1.0, 1.0), (2.0, 5.0), (300.0, 20.0), (0.5, 40.0)]
] + [
    (mg.StudentT, student, {"df": df}) for df in (0.5, 1.0, 3.0, 40.0, 1e3)
] + [
    (mg.VonMises, von_mises, {"concentration": k}) for k in (0.05, 1.0, 8.0, 40.0)
]  # fmt: skip


def quantile_slope(oracle, given, name, u):
    """Return ∂x/∂θ at the quantiles u, a difference of order eight of SciPy's quantile."""
    at = given[name]
    h = 0.02 * min(at, np.sqrt(at)) if oracle is not student else 0.03 * at
    x = {k: oracle(**{**given, name: at + k * h}).ppf(u) for k in range(-4, 5) if k}
    with np.errstate(divide="ignore", invalid="ignore"):  # a quantile at 0 has no logarithm
        rise = {k: np.log(np.abs(x[k])) for k in x}
        straight = oracle(**given).ppf(u) * sum(c * (rise[k] - rise[-k]) for k, c in WEIGHTS) / h
    plain = sum(c * (x[k] - x[-k]) for k, c in WEIGHTS) / h
    return np.where(np.abs(plain) > 1e-12, straight, plain)


@pytest.mark.parametrize(("law", "oracle", "given"), CASES)
def test_slope_of_a_sample_is_that_of_its_quantile(law, oracle, given):
    u = U if oracle is not von_mises else U[2:-2]
    for name in given:
        if name == "rate":
            continue
        theta = {n: mg.Data(v, name=n) for n, v in given.items()}
        if law is mg.VonMises:
            theta["loc"] = mg.Data(0.0)
        made = law(**theta)
        x = oracle(**given).ppf(u)
        noise = x * given.get("rate", 1.0)
        found = np.array([mg.gradient(made.transform(float(e)), theta[name]).value for e in noise])
        expected = quantile_slope(oracle, given, name, u)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8 * np.max(np.abs(expected)))


def test_slopes_in_far_tails_are_finite():
    a = mg.Data(0.01, name="a")
    x = mg.reparameterize(mg.sample(mg.Gamma(a, 1.0), name="X", rng=0))
    estimate = mg.expectation(x, 20_000, wrt=a, rng=0)
    assert abs(estimate.grad[a] - 1.0) < 5 * estimate.grad_stderr[a]


def test_second_derivative_is_refused_by_name():
    a = mg.Data(2.0, name="a")
    x = mg.reparameterize(mg.sample(mg.Gamma(a, 1.0), name="X", rng=0))
    with pytest.raises(mg.BlockedGradientError, match="gamma sample slope"):
        mg.gradient(mg.gradient(x * x, a), a)


def test_rewrite_of_a_rewrite_leaves_the_noise_alone():
    a = mg.Data(2.0, name="a")
    x = mg.reparameterize(mg.sample(mg.Gamma(a, 1.0), name="X", rng=0))
    assert mg.reparameterize(x) is x
    assert mg.Graph(x).blocked() == {}


# Samples that jump -------------------------------------------------------------------------------
def angle_at(loc):
    return mg.sample(mg.VonMises(loc, 2.0), name="X", rng=0)


@pytest.mark.parametrize(
    "through",
    [lambda x: x, lambda x: mg.Independent(x, 0),
     lambda x: mg.TransformedDistribution(x, mg.AffineTransform(1.0, 2.0))],
)  # fmt: skip
def test_angle_that_wraps_is_not_reparameterized(through):
    law = through(mg.VonMises(mg.Data(2.0, name="loc"), 2.0))
    y = mg.sample(law, name="X", rng=0) * 1.0
    with pytest.raises(mg.BlockedGradientError, match=r"X ~ \w+ jumps.*continuous=True"):
        mg.reparameterize(y)


def test_unblock_scores_an_angle_and_is_unbiased():
    loc = mg.Data(2.5, name="loc")
    y, choices = mg.unblock(1.0 * angle_at(loc), explain=True)
    assert "reparameterize" not in [choice.method for choice in choices]
    x = np.linspace(-np.pi, np.pi, 20_001)
    density = stats.vonmises(2.0, 2.5).pdf(x)
    truth = np.trapezoid(x * 2.0 * np.sin(x - 2.5) * density, x)
    found = mg.expectation(y, 40_000, wrt=loc, rng=1)
    assert abs(found.grad[loc] - truth) < 5 * found.grad_stderr[loc]
    assert found.grad_stderr[loc] < 0.1
    # What the refusal keeps from happening: the rewrite by itself would say 1.
    biased = mg.reparameterize(1.0 * angle_at(loc), continuous=True)
    assert abs(mg.expectation(biased, 40_000, wrt=loc, rng=1).grad[loc] - truth) > 2.0


def test_function_of_the_angle_is_reparameterized_on_request():
    loc = mg.Data(2.5, name="loc")
    y = mg.reparameterize(mg.sin(angle_at(loc)), continuous=True)
    found = mg.expectation(y, 40_000, wrt=loc, rng=1)
    truth = np.cos(2.5) * stats.vonmises(2.0).expect(np.cos, lb=-np.pi, ub=np.pi)
    assert abs(found.grad[loc] - truth) < 5 * found.grad_stderr[loc]


def test_mixture_whose_parts_may_lie_apart_is_not_reparameterized():
    probs = mg.Data([0.5, 0.5], name="p")
    apart = mg.Uniform([0.0, 2.0], [1.0, 3.0])
    x = mg.sample(mg.MixtureSameFamily(mg.Categorical(probs), apart), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="jumps"):
        mg.reparameterize(x)
    np.testing.assert_allclose(
        mg.expectation(mg.reinforce(x), 40_000, wrt=probs, rng=1).grad[probs], [-1.0, 1.0], atol=0.1
    )
