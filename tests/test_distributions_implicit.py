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
    with pytest.raises(mg.BlockedGradientError, match="gamma tail slope"):
        mg.gradient(mg.gradient(x * x, a), a)


def test_rewrite_of_a_rewrite_leaves_the_noise_alone():
    a = mg.Data(2.0, name="a")
    x = mg.reparameterize(mg.sample(mg.Gamma(a, 1.0), name="X", rng=0))
    assert mg.reparameterize(x) is x
    assert mg.Graph(x).blocked() == {}
