"""How gamma, beta and t numbers move with their shapes: values of 300 digits, and closed forms."""

import functools

import numpy as np
import pytest

import minigraph as mg
from minigraph.distributions.beta import beta_slope_0, beta_slope_1
from minigraph.distributions.gamma import gamma_slope
from minigraph.distributions.student_t import t_slope
from minigraph.distributions.tails import t_rate
from minigraph.ops.series import BLOCK, FEW, beta_drift, gamma_drift, t_drift
from minigraph.ops.tails import beta_rate_a, beta_rate_b, gamma_rate

stats = pytest.importorskip("scipy.stats")

# -(∂P/∂θ) / p by mpmath, P differentiated at steps of 1e-40 with 300 digits: x, θ, dx/dθ
GAMMA = [
    (1e-30, 0.01, 6.85166673319527e-27), (0.2, 0.1, 3.2289614547690415),
    (0.5, 2.0, 0.4980267179922236), (2.0, 0.5, 2.511889376362068),
    (3.0, 3.0, 1.0570269656882845), (25.0, 2.0, 2.949475737314319),
    (90.0, 100.0, 0.9498259498011414), (130.0, 100.0, 1.1388044458372277),
]  # fmt: skip
T = [
    (0.001, 3.0, -2.648054418091091e-05), (0.5, 1.0, -0.13048984073540418),
    (-2.0, 0.5, 4.477977279074543), (2.0, 5.0, -0.08752277141765552),
    (30.0, 2.0, -41.31232061540426), (1.0, 40.0, -0.00031243465986220155),
    (10000.0, 0.3, -327344.60613407375), (1e200, 0.01, -4.630046154188874e204),
]  # fmt: skip
BETA = [
    (1e-40, 0.02, 0.3, 4.7415178383050815e-37, -1.1539093270206848e-39),
    (0.3, 2.0, 3.0, 0.13950891595619247, -0.07343824317736501),
    (0.7, 0.5, 0.5, 0.6748321778963237, -0.9254290858842759),
    (0.999, 20.0, 0.5, 5.0599377352316225e-05, -0.008014771305269968),
    (0.45, 50.0, 60.0, 0.0050066554028276936, -0.004131876527447834),
    (0.2, 0.1, 40.0, 0.23264585049942862, -0.004511504972481083),
]
CASES = {
    "gamma": (gamma_drift, gamma_slope, GAMMA),
    "t": (t_drift, t_slope, T),
    "beta 1": (functools.partial(beta_drift, i=0), beta_slope_1, [(*r[:3], r[3]) for r in BETA]),
    "beta 0": (functools.partial(beta_drift, i=1), beta_slope_0, [(*r[:3], r[4]) for r in BETA]),
}
SPREAD = [(0.01, 0.5), (0.3, 5.0), (5.0, 50.0), (0.01, 300.0)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("times", [1, FEW])
def test_slopes_are_right_to_ten_digits(name, times):
    drift, slope, rows = CASES[name]
    *args, exact = np.repeat(np.array(rows), times, axis=0).T
    np.testing.assert_allclose(slope.forward(*args), exact, rtol=1e-10)
    found = drift(*args)
    known = ~np.isnan(found)
    assert known.mean() > 0.8  # where the sums do not cancel
    np.testing.assert_allclose(found[known], exact[known], rtol=1e-11)


def drawn(name, low, high, n):
    """Return random shapes and numbers of these."""
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(np.log(low), np.log(high), (2, n)))
    if name == "gamma":
        return rng.standard_gamma(a), a
    if name == "t":
        return np.clip(rng.standard_t(a), -1e288, 1e288), a
    return np.clip(rng.beta(a, b), 1e-300, 1.0 - 1e-16), a, b


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("low", "high"), SPREAD)
def test_many_together_are_what_each_is_alone(name, low, high):
    """One number has the terms that it needs, a block those of its worst."""
    drift, slope, _ = CASES[name]
    args = drawn(name, low, high, 2 * BLOCK + 3)
    many = drift(*args)
    alone = np.concatenate([drift(*[v[i : i + 1] for v in args]) for i in range(0, 4000, 20)])
    there = ~np.isnan(many[:4000:20])
    assert there.mean() > 0.7
    np.testing.assert_allclose(many[:4000:20][there], alone[there], rtol=1e-10)
    whole = slope.forward(*args)
    # the far tails of a t with many degrees of freedom come from a difference
    assert not np.any(np.isnan(whole))
    np.testing.assert_allclose(whole[~np.isnan(many)], many[~np.isnan(many)], rtol=1e-14)


def test_closed_forms():
    """X = U^(1/a) ~ Beta(a, 1), and 1 - X ~ Beta(1, a)."""
    rng, one = np.random.default_rng(0), np.ones(3000)
    a, u = np.exp(rng.uniform(-3.0, 4.0, 3000)), rng.uniform(1e-9, 1.0, 3000)
    x, y = u ** (1.0 / a), np.minimum(-np.expm1(np.log(u) / a), 1.0 - 2.0**-53)
    for found, exact in (
        (beta_drift(x, a, one, 0), -x * np.log(x) / a),
        (beta_drift(y, one, a, 1), (1.0 - y) * np.log1p(-y) / a),
    ):
        known = ~np.isnan(found)
        assert known.mean() > 0.99
        np.testing.assert_allclose(found[known], exact[known], rtol=1e-10)


def test_where_a_series_is_no_good_it_says_so():
    x, a = (
        np.array([40.0, 1e4, 0.0, np.inf, np.nan, 1.0, 1.0]),
        np.array([1.0, 1e4, 2.0, 2.0, 2.0, np.nan, 0.0]),
    )
    assert np.all(np.isnan(gamma_drift(x, a)))
    assert np.isnan(t_drift(np.zeros(1), np.ones(1))).all()
    slope = gamma_slope.forward(x[:2], a[:2])
    assert np.all(np.isfinite(slope))
    assert np.isnan(gamma_slope.forward(np.nan, 2.0))


@pytest.mark.parametrize(
    ("rate", "args", "law"),
    [(gamma_rate, (2.5, 4.0), lambda x, a: stats.gamma(a).cdf(x)),
     (t_rate, (3.0, 1.5), lambda x, df: stats.t(df).cdf(x))],
)  # fmt: skip
def test_rates_of_tails(rate, args, law):
    theta, x = args
    h = 1e-4
    difference = (law(x, theta + h) - law(x, theta - h)) / (2.0 * h)
    assert rate.forward(theta, x) == pytest.approx(difference, rel=1e-7)


def test_rates_of_tails_that_are_empty_are_0_and_of_nothing_nan():
    assert gamma_rate.forward(1.0, 800.0) == 0.0
    assert gamma_rate.forward(2.0, 0.0) == 0.0
    for rate, args in ((gamma_rate, (2.0,)), (beta_rate_a, (2.0, 3.0)), (beta_rate_b, (2.0, 3.0))):
        assert np.isnan(rate.forward(*args, np.nan))


def test_a_shape_for_each_sample():
    """E[log X] of Gamma(e^Z, 1) is E[ψ(e^Z)]; its slope in E[Z] by a sum over a grid."""
    m = mg.Data(0.3, name="m")
    z = mg.sample(mg.Normal(m, 0.5), name="Z", rng=0)
    y = mg.log(mg.sample(mg.Gamma(mg.exp(z), 1.0), name="X", rng=1))
    found = mg.expectation(mg.reparameterize(y), 100_000, wrt=m, rng=0)
    e = np.linspace(-8.0, 8.0, 4001)
    weight, size = stats.norm.pdf(e), np.exp(0.3 + 0.5 * e)
    from scipy.special import polygamma

    exact = weight @ (polygamma(1, size) * size) / weight.sum()
    assert abs(found.grad[m] - exact) < 5.0 * found.grad_stderr[m]  # once in 1.7 million seeds
    assert found.grad_stderr[m] < 0.004
