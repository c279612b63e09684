"""Values and slopes of laws where digits are easily lost: line by line, beside the truth.

The truth is from formulas, or from mpmath with fifty digits.
"""

from __future__ import annotations

import numpy as np
import pytest

import minigraph as mg

pytest.importorskip("scipy")

# What is looked at, at which x, how often it is differentiated there, and what comes out.
DIGITS = [
    # far out
    ("mg.Cauchy(0.0, x).log_prob(1e160)", 1.0, 1, 1.0),
    ("mg.HalfCauchy(x).log_prob(1e160)", 1.0, 1, 1.0),
    ("mg.StudentT(3.0, 0.0, x).log_prob(1e200)", 1.0, 1, 3.0),
    ("mg.StudentT(3.0).log_prob(x)", np.inf, 1, 0.0),
    ("mg.Cauchy(0.0, 1.0).log_prob(x)", 0.0, 2, -2.0),
    ("mg.Cauchy(0.0, 1.0).log_prob(x)", 1e100, 2, 2e-200),
    ("mg.Pareto(0.5, 0.01).log_prob(x)", 1.7e308, 0, -721.4362069199542),
    ("mg.kl_divergence(mg.Normal(x, 1.0), mg.Gumbel(x, 0.5))", -1000.0, 0, 5.27697038516603),
    (
        "mg.kl_divergence(mg.Uniform(x, x + 2.0), mg.Gumbel(x + 1.0, 1.0))",
        1e3,
        0,
        0.482054013083856,
    ),
    ("mg.StudentT(3.0).icdf(x)", 1e-250, 0, -2.225769823822442e83),
    ("mg.StudentT(10.0).icdf(x)", 1e-300, 0, -2.564525718948198e30),
    ("mg.StudentT(0.1).icdf(x)", 1e-16, 0, -1.6044257056665e156),
    ("mg.StudentT(0.1).icdf(1.0 - x)", 2**-53, 0, 5.639197609e155),
    ("mg.StudentT(x).cdf(-1e250)", 0.01, 0, 0.0015345372478456922),
    ("mg.StudentT(x).cdf(-1e250)", 0.01, 1, -0.887167957861433),
    ("mg.StudentT(0.01).cdf(x)", 1e160, 0, 0.9878107373680007),
    ("mg.Beta(2.5, 3.0).icdf(x)", 1e-300, 0, 4.38025884252607e-121),
    ("mg.HalfNormal(1.0).icdf(x)", 1e-300, 0, 1.2533141373155e-300),
    ("mg.LogNormal(x, 27.0).variance", -1000.0, 0, 4.096291067421963e-236),
    ("turned(mg.Normal(0.0, x)).cdf(-10.0)", 1.0, 0, 7.61985302416052e-24),
    ("turned(mg.StudentT(3.0, x)).cdf(-1e8)", 0.0, 0, 1.1026577908435842e-24),
    # where large numbers cancel
    ("mg.Categorical(mg.array([0.0] * 998 + [x, 1.0])).variance", 1e-10, 0, 9.999999998e-11),
    ("mg.Multinomial(10**5, mg.array([x, 1.0 - x])).entropy()", 0.2, 0, 6.25910866),
    ("mg.Poisson(x).entropy()", 1e9, 0, 11.7805714515945),
    ("mg.VonMises(0.0, x).entropy()", 1e6, 1, -5.00000250000375e-7),
    ("mg.Categorical(logits=mg.array([x, x + 1, x + 2])).entropy()", 1e6, 0, 0.8323955818399389),
    ("mg.Categorical(logits=mg.array([1e12, x + 1e12])).entropy()", 1.0, 1, -0.19661193324148188),
    ("mg.Categorical(logits=mg.array([1e12, x + 1e12])).logits[0]", 1.0, 0, -1.3132616875182228),
    ("mg.VonMises(0.0, x).entropy()", 1e14, 0, -14.6991571177536),
    ("mg.VonMises(0.0, x).log_prob(0.0)", 1e16, 0, 17.5017422107477),
    ("mg.VonMises(0.0, x).variance", 1e14, 0, 5e-15),
    ("mg.kl_divergence(mg.VonMises(x, 1e10), mg.VonMises(0.0, 3e10))", 1e-5, 0, 1.95069385559511),
    ("mg.Weibull(2.0, x).variance", 1e8, 0, 6.579736095269821e-16),
    ("mg.Weibull(2.0, x).variance", 1e6, 1, -1.3159420898e-17),
    ("mg.Kumaraswamy(x, 2.0).variance", 1e8, 0, 1.24999994e-16),
    ("mg.Kumaraswamy(x, 2.0).variance", 1e6, 1, -2.49998200007e-18),
    # along quantiles
    ("mg.StudentT(x).icdf(0.9)", 1e4, 1, -8.4669895300426e-9),
    ("mg.StudentT(100.0 * x).cdf(-1.0)", 1.0, 1, -0.00120378928557),
    # smooth, though made of pieces
    ("mg.Logistic(x, 1.0).log_prob(0.0)", 0.0, 2, -0.5),
    ("mg.Laplace(0.0, 1.0).icdf(x)", 0.5, 1, 2.0),
    ("mg.kl_divergence(mg.Laplace(x, 1.0), mg.Laplace(0.0, 1.0))", 0.0, 2, 1.0),
]


def turned(law):
    return mg.TransformedDistribution(law, mg.AffineTransform(0.0, -1.0))


@pytest.mark.parametrize(("text", "at", "order", "truth"), DIGITS, ids=str)
def test_digits_are_kept(text, at, order, truth):
    x = mg.Data(at)
    y = eval(text, {"mg": mg, "np": np, "x": x, "turned": turned})
    for _ in range(order):
        y = mg.gradient(y, x)
    np.testing.assert_allclose(y.value, truth, rtol=1e-8)


@pytest.mark.parametrize(
    ("law", "x", "given"),
    [
        (mg.Poisson, 1000300, [1e6]),
        (lambda n, p: mg.Binomial(n, p), 1000300, [2e6, 0.5]),
        (lambda n, p: mg.NegativeBinomial(n, logits=p), 1000300, [1e6, 0.01]),
        (lambda p: mg.Multinomial(2000000, mg.stack([p, 1.0 - p])), [1000300, 999700], [0.5]),
        (mg.Gamma, np.float32(1.0003), [1e6, 1e6]),
        (mg.Chi2, 1000300, [1e6]),
        (mg.InverseGamma, np.float32(1.0003), [1e6, 1e6]),
        (mg.Beta, np.float32(0.5001), [1e6, 1e6]),
        (lambda a: mg.Dirichlet(mg.stack([a, a])), np.float32([0.5, 0.5]), [1e6]),
    ],
)
def test_single_precision_has_its_digits_where_large_terms_cancel(law, x, given):
    """Its own terms of 1e7 have but two digits of what is left of them."""
    single, double = ([mg.Data(np.float32(v).astype(t)) for v in given] for t in "fd")
    y, truth = law(*single).log_prob(x), law(*double).log_prob(np.asarray(x, dtype=float))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.value, truth.value, rtol=1e-6)
    for slope, true in zip(mg.gradient(y, single), mg.gradient(truth, double), strict=True):
        np.testing.assert_allclose(slope.value, true.value, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: mg.Gamma(a, 1.0).entropy(),
        lambda a: mg.InverseGamma(a, 1.0).entropy(),
        lambda a: mg.Beta(a, a).entropy(),
        lambda a: mg.Dirichlet(mg.stack([a, a])).entropy(),
        lambda a: mg.Weibull(1.0, a).variance,
        lambda a: mg.Kumaraswamy(a, 2.0).variance,
        lambda a: mg.Gamma(a, 1.0).cdf(np.float32(1000500)),
        lambda a: mg.Gamma(a, 1.0).icdf(0.3),
        lambda a: mg.Beta(a, 1e6).cdf(np.float32(0.5002)),
    ],
)
def test_single_precision_has_entropies_variances_and_slopes_of_quantiles(f):
    single, double = mg.Data(np.float32(1e6)), mg.Data(1e6)
    y, truth = f(single), f(double)
    np.testing.assert_allclose(y.value, truth.value, rtol=1e-6)
    slopes = mg.gradient(y, single).value, mg.gradient(truth, double).value
    assert y.dtype == slopes[0].dtype == np.float32
    np.testing.assert_allclose(*slopes, rtol=1e-4)
