"""The table of laws of one number: SciPy's law of the same parameters, and a grid of these.

A new law is a line here; every test of `test_distributions.py` then applies to it. The first entry
of a grid is a tame one, where averages of sin X are easy to integrate; the others go to extremes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import integrate, special, stats

import minigraph as mg


class Law(NamedTuple):
    """A law, SciPy's law as a function of the same parameters, and a grid of parameters."""

    law: type[mg.Distribution]
    oracle: Callable[..., Any]
    grid: Sequence[dict[str, Any]]
    bad: Sequence[tuple[dict[str, Any], str]]  # parameters to refuse, and the name to blame
    sine: float | None = 1e-8  # accuracy of mg.exact of a gradient of E[sin X]; None: no rule
    mean_sine: Callable[..., float] | None = None  # E[sin X], where the tail is too long to sum
    heavy: bool = False  # samples of a pathwise derivative have no variance
    circular: bool = False  # an angle: its mean and its cdf are not those of a number


LOC_SCALE = [
    {"loc": 0.3, "scale": 0.7},
    {"loc": -1.0, "scale": 1e-6},
    {"loc": 1e6, "scale": 1e3},
    {"loc": 0.0, "scale": 1e6},
]
BAD_LOC_SCALE = [
    ({"loc": 0.0, "scale": 0.0}, "scale"),
    ({"loc": 0.0, "scale": -1.0}, "scale"),
    ({"loc": np.nan, "scale": 1.0}, "loc"),
    ({"loc": 0.0, "scale": np.inf}, "scale"),
]
COIN = [{"probs": 0.3}, {"probs": 1e-9}, {"probs": 1.0 - 1e-9}, {"probs": 0.0}, {"probs": 1.0}]
BAD_COIN = [({"probs": -0.1}, "probs"), ({"probs": 1.1}, "probs"), ({"probs": np.nan}, "probs")]


def p_of(logits: float) -> Any:
    return special.expit(logits)


def softmax(logits: Any) -> Any:
    weights = np.exp(np.asarray(logits) - np.max(logits))
    return weights / weights.sum()


def only(value: float) -> Any:
    """Return the law of one value, whose moments are NaN in SciPy as an edge of other laws."""
    return stats.rv_discrete(values=([int(value)], [1.0]))


def index_law(probs: Any) -> Any:
    probs = np.asarray(probs) / np.sum(probs)
    return stats.rv_discrete(values=(np.arange(len(probs)), probs))


def positive_ones(*names: str) -> list[tuple[dict[str, Any], str]]:
    """Return bad parameters for a law whose parameters are all positive."""
    fine = dict.fromkeys(names, 1.0)
    return [({**fine, name: bad}, name) for name in names for bad in (0.0, -1.0, np.nan, np.inf)]


def shapes(a: float, b: float) -> dict[str, float]:
    return {"concentration1": a, "concentration0": b}


class Kumaraswamy(stats.rv_continuous):
    """SciPy has none: the density and the cdf, as published."""

    def _logpdf(self, x: Any, a: Any, b: Any) -> Any:
        rest = special.xlog1py(b - 1, -(x**a))
        return np.log(a) + np.log(b) + special.xlogy(a - 1, x) + rest

    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return np.exp(self._logpdf(x, a, b))

    def _cdf(self, x: Any, a: Any, b: Any) -> Any:
        return -np.expm1(b * np.log1p(-(x**a)))

    def _ppf(self, p: Any, a: Any, b: Any) -> Any:
        return (-np.expm1(np.log1p(-p) / b)) ** (1 / a)

    def _munp(self, n: Any, a: Any, b: Any) -> Any:
        return b * special.beta(1 + n / a, b)

    def _entropy(self, a: Any, b: Any) -> Any:
        # Over the probability p above x: 1 - x^a = p^(1/b), and the ends are only logarithmic.
        def nats(p: float) -> Any:
            rest = (1 - 1 / a) * np.log1p(-(p ** (1 / b))) + (1 - 1 / b) * np.log(p)
            return -np.log(a) - np.log(b) - rest

        return integrate.quad(nats, 0.0, 1.0, epsabs=1e-12, epsrel=1e-12, limit=500)[0]


def half_cauchy_sine(scale: float) -> float:
    """Return E[sin X], from the sine and cosine integrals."""
    up, down = np.exp(scale) * special.expi(-scale), np.exp(-scale) * special.expi(scale)
    return float((down - up) / np.pi)


def triangular_sine(a: float, b: float, c: float) -> Any:
    """Return E[sin X] on [a, b] with the peak at c, the imaginary part of E[exp iX]."""
    parts = (b - c) * np.sin(a) - (b - a) * np.sin(c) + (c - a) * np.sin(b)
    return -2.0 * parts / ((b - a) * (c - a) * (b - c))


def transformed(oracle: Any, f: Any, inverse: Any, slope: Any, ends: tuple[float, float]) -> Any:
    """Return the law of f(X), f rising, with the methods of SciPy's laws that the tests use."""

    class Through(stats.rv_continuous):
        def _logpdf(self, y: Any) -> Any:
            return oracle.logpdf(inverse(y)) + np.log(slope(y))

        def _pdf(self, y: Any) -> Any:
            return np.exp(self._logpdf(y))

        def _cdf(self, y: Any) -> Any:
            return oracle.cdf(inverse(y))

        def _ppf(self, p: Any) -> Any:
            return f(oracle.ppf(p))

        def _stats(self) -> Any:
            return np.nan, np.nan, None, None

    return Through(a=ends[0], b=ends[1])()


def relaxed_sine(temperature: float, probs: float) -> float:
    """Return E[sin X] of a relaxed coin, by the trapezoidal rule over its logistic number."""
    z = np.linspace(-40.0, 40.0, 4001)
    x = special.expit((special.logit(probs) + z) / temperature)
    return float(np.sum(np.sin(x) * stats.logistic.pdf(z)) * (z[1] - z[0]))


kumaraswamy = Kumaraswamy(a=0.0, b=1.0, name="kumaraswamy")

LAWS = {
    "Normal": Law(
        mg.Normal, lambda loc, scale: stats.norm(loc, scale), LOC_SCALE, BAD_LOC_SCALE
    ),
    "Uniform": Law(
        mg.Uniform,
        lambda low, high: stats.uniform(low, high - low),
        [{"low": -0.5, "high": 1.0}, {"low": 1e6, "high": 1e6 + 1.0}, {"low": -1e9, "high": 1e9}],
        [({"low": 1.0, "high": 1.0}, "low"), ({"low": 2.0, "high": 1.0}, "low"),
         ({"low": -np.inf, "high": 1.0}, "low")],
    ),
    "Exponential": Law(
        mg.Exponential,
        lambda rate: stats.expon(scale=1.0 / rate),
        [{"rate": 1.7}, {"rate": 1e6}, {"rate": 1e-6}],
        [({"rate": 0.0}, "rate"), ({"rate": -1.0}, "rate"), ({"rate": np.nan}, "rate")],
    ),
    "Bernoulli": Law(mg.Bernoulli, lambda probs: stats.bernoulli(probs), COIN, BAD_COIN),
    "Bernoulli by logits": Law(
        mg.Bernoulli,
        lambda logits: stats.bernoulli(p_of(logits)),
        [{"logits": -0.6}, {"logits": 12.0}, {"logits": -20.0}, {"logits": 1000.0},
         {"logits": -1000.0}],
        [({"logits": np.nan}, "logits")],
    ),
    "Categorical": Law(
        mg.Categorical,
        lambda probs: index_law(probs),
        [{"probs": [0.2, 0.5, 0.3]}, {"probs": [1.0, 0.0, 3.0]}, {"probs": [1e-12, 1.0]}],
        [({"probs": [0.0, 0.0]}, "probs"), ({"probs": [-0.1, 1.1]}, "probs"),
         ({"probs": 0.5}, "probs")],
    ),
    "Categorical by logits": Law(
        mg.Categorical,
        lambda logits: index_law(softmax(logits)),
        [{"logits": [0.2, -1.0, 0.7]}, {"logits": [1000.0, 1001.0, 999.0]},
         {"logits": [1000.0, -1000.0, 0.0]}],
        [({"logits": [-np.inf, -np.inf]}, "logits"), ({"logits": [np.nan, 0.0]}, "logits")],
    ),
    "Poisson": Law(
        mg.Poisson,
        lambda rate: stats.poisson(rate),
        [{"rate": 2.5}, {"rate": 0.0}, {"rate": 1e-8}, {"rate": 400.0}, {"rate": 1e6}],
        [({"rate": -1.0}, "rate"), ({"rate": np.inf}, "rate")],
    ),
    "Laplace": Law(
        mg.Laplace, lambda loc, scale: stats.laplace(loc, scale), LOC_SCALE, BAD_LOC_SCALE,
    ),
    "Logistic": Law(
        mg.Logistic, lambda loc, scale: stats.logistic(loc, scale), LOC_SCALE, BAD_LOC_SCALE,
    ),
    "Gumbel": Law(
        mg.Gumbel, lambda loc, scale: stats.gumbel_r(loc, scale), LOC_SCALE, BAD_LOC_SCALE,
    ),
    "Cauchy": Law(
        mg.Cauchy, lambda loc, scale: stats.cauchy(loc, scale), LOC_SCALE, BAD_LOC_SCALE,
        sine=None, heavy=True, mean_sine=lambda loc, scale: np.exp(-scale) * np.sin(loc),
    ),
    "HalfCauchy": Law(
        mg.HalfCauchy, lambda scale: stats.halfcauchy(scale=scale),
        [{"scale": 0.7}, {"scale": 1e-6}, {"scale": 1e6}], positive_ones("scale"),
        sine=None, heavy=True, mean_sine=lambda scale: half_cauchy_sine(scale),
    ),
    "LogNormal": Law(
        mg.LogNormal, lambda loc, scale: stats.lognorm(scale, scale=np.exp(loc)),
        [{"loc": 0.1, "scale": 0.3}, {"loc": -20.0, "scale": 1.0}, {"loc": 5.0, "scale": 0.01}],
        BAD_LOC_SCALE,
    ),
    "HalfNormal": Law(
        mg.HalfNormal, lambda scale: stats.halfnorm(scale=scale),
        [{"scale": 0.7}, {"scale": 1e-6}, {"scale": 1e6}], positive_ones("scale"),
    ),
    "Weibull": Law(
        mg.Weibull,
        lambda scale, concentration: stats.weibull_min(concentration, scale=scale),
        [{"scale": 0.8, "concentration": 1.6}, {"scale": 1.0, "concentration": 1.0},
         {"scale": 1e6, "concentration": 0.3},
         {"scale": 1.0, "concentration": 0.05},
         {"scale": 2.0, "concentration": 200.0}],
        positive_ones("scale", "concentration"), sine=1e-6,
    ),
    "Pareto": Law(
        mg.Pareto, lambda scale, alpha: stats.pareto(alpha, scale=scale),
        [{"scale": 0.8, "alpha": 12.0}, {"scale": 1e6, "alpha": 0.5},
         {"scale": 1e-3, "alpha": 1e3}, {"scale": 1.0, "alpha": 0.1}, {"scale": 1.0, "alpha": 1e6}],
        positive_ones("scale", "alpha"), sine=1e-6,
    ),
    "Kumaraswamy": Law(
        mg.Kumaraswamy,
        lambda concentration1, concentration0: kumaraswamy(concentration1, concentration0),
        [shapes(1.5, 2.5), shapes(1.0, 1.0), shapes(0.4, 3.0), shapes(30.0, 0.6),
         shapes(1e3, 1e3)],
        positive_ones("concentration1", "concentration0"), sine=1e-6,
    ),
    "Triangular": Law(
        mg.Triangular,
        lambda low, high, peak: stats.triang((peak - low) / (high - low), low, high - low),
        [{"low": -0.5, "high": 1.0, "peak": 0.2}, {"low": 0.0, "high": 2.0, "peak": 0.0},
         {"low": -1e6, "high": 1e6, "peak": 1e6}],
        [({"low": 1.0, "high": 1.0, "peak": 1.0}, "low"),
         ({"low": 0.0, "high": 1.0, "peak": 1.5}, "peak"),
         ({"low": 0.5, "high": 1.0, "peak": 0.0}, "low")],
        mean_sine=lambda low, high, peak: triangular_sine(low, high, peak),
    ),
    "TruncatedNormal": Law(
        mg.TruncatedNormal,
        lambda loc, scale, low, high: stats.truncnorm(
            (low - loc) / scale, (high - loc) / scale, loc, scale
        ),
        [{"loc": 0.3, "scale": 0.7, "low": -0.5, "high": 1.5},
         {"loc": 0.0, "scale": 1.0, "low": -np.inf, "high": np.inf},
         {"loc": 0.0, "scale": 1.0, "low": 8.0, "high": np.inf},
         {"loc": 0.0, "scale": 1.0, "low": -np.inf, "high": -8.0},
         {"loc": 5.0, "scale": 0.5, "low": 0.0, "high": 1.0}],
        [({"loc": 0.0, "scale": 0.0, "low": -1.0, "high": 1.0}, "scale"),
         ({"loc": 0.0, "scale": 1.0, "low": 1.0, "high": 1.0}, "low"),
         ({"loc": 0.0, "scale": 1.0, "low": np.nan, "high": 1.0}, "low")],
        sine=1e-6,
    ),
    "Gamma": Law(
        mg.Gamma, lambda concentration, rate: stats.gamma(concentration, scale=1.0 / rate),
        [{"concentration": 2.3, "rate": 1.7}, {"concentration": 1.0, "rate": 1.0},
         {"concentration": 0.01, "rate": 1.0}, {"concentration": 1e6, "rate": 1e3},
         {"concentration": 2.0, "rate": 1e6}],
        positive_ones("concentration", "rate"), sine=1e-6,
    ),
    "Chi2": Law(
        mg.Chi2, lambda df: stats.chi2(df), [{"df": 3.0}, {"df": 0.1}, {"df": 0.02}, {"df": 1e6}],
        positive_ones("df"), sine=1e-6,
    ),
    "InverseGamma": Law(
        mg.InverseGamma, lambda concentration, rate: stats.invgamma(concentration, scale=rate),
        [{"concentration": 9.0, "rate": 4.0}, {"concentration": 0.5, "rate": 1e-3},
         {"concentration": 0.05, "rate": 1.0},
         {"concentration": 1e4, "rate": 1e6}],
        positive_ones("concentration", "rate"), sine=1e-6,
    ),
    "Beta": Law(
        mg.Beta,
        lambda concentration1, concentration0: stats.beta(concentration1, concentration0),
        [shapes(1.5, 2.5), shapes(1.0, 1.0), shapes(0.1, 0.2), shapes(1e6, 3e5),
         shapes(0.01, 1e6)],
        positive_ones("concentration1", "concentration0"), sine=1e-6,
    ),
    "StudentT": Law(
        mg.StudentT, lambda df, loc, scale: stats.t(df, loc, scale),
        [{"df": 12.0, "loc": 0.3, "scale": 0.4}, {"df": 1.0, "loc": 0.0, "scale": 1.0},
         {"df": 0.3, "loc": 1.0, "scale": 1e3}, {"df": 1e6, "loc": 0.0, "scale": 1.0},
         {"df": 2.5, "loc": 0.0, "scale": 1.0}, {"df": 0.05, "loc": 0.0, "scale": 1.0}],
        [({"df": 0.0, "loc": 0.0, "scale": 1.0}, "df"),
         ({"df": 1.0, "loc": 0.0, "scale": 0.0}, "scale")],
        sine=1e-6,
    ),
    "VonMises": Law(
        mg.VonMises, lambda loc, concentration: stats.vonmises(concentration, loc),
        [{"loc": 0.7, "concentration": 1.5}, {"loc": -2.0, "concentration": 0.01},
         {"loc": 3.0, "concentration": 300.0}, {"loc": 0.0, "concentration": 700.0},
         {"loc": 0.3, "concentration": 1e6}],
        [({"loc": 0.0, "concentration": 0.0}, "concentration"),
         ({"loc": np.nan, "concentration": 1.0}, "loc")],
        circular=True,
        mean_sine=lambda loc, concentration: (
            np.sin(loc) * special.i1e(concentration) / special.i0e(concentration)
        ),
    ),
    "Binomial": Law(
        mg.Binomial, lambda total_count, probs: stats.binom(total_count, probs),
        [{"total_count": 7.0, "probs": 0.3}, {"total_count": 5.0, "probs": 0.0},
         {"total_count": 5.0, "probs": 1.0}, {"total_count": 0.0, "probs": 0.5},
         {"total_count": 1e6, "probs": 1e-5}, {"total_count": 1e6, "probs": 0.5}],
        [({"total_count": 1.5, "probs": 0.5}, "total_count"),
         ({"total_count": -1.0, "probs": 0.5}, "total_count"),
         ({"total_count": 3.0, "probs": 1.5}, "probs")],
    ),
    "Binomial by logits": Law(
        mg.Binomial, lambda total_count, logits: stats.binom(total_count, p_of(logits)),
        [{"total_count": 7.0, "logits": -0.4}, {"total_count": 3.0, "logits": -30.0},
         {"total_count": 3.0, "logits": 1000.0}, {"total_count": 3.0, "logits": -1000.0}],
        [({"total_count": 3.0, "logits": np.nan}, "logits")],
    ),
    "Geometric": Law(
        mg.Geometric, lambda probs: only(0) if probs == 1.0 else stats.geom(probs, -1),
        [{"probs": 0.3}, {"probs": 1.0 - 1e-9}, {"probs": 1e-4}, {"probs": 1.0}],
        [({"probs": 0.0}, "probs"), ({"probs": 1.1}, "probs")],
    ),
    "Geometric by logits": Law(
        mg.Geometric,
        lambda logits: stats.geom(p_of(logits), -1),
        [{"logits": -0.4}, {"logits": 10.0}, {"logits": -10.0}], [({"logits": np.nan}, "logits")],
    ),
    "NegativeBinomial": Law(
        mg.NegativeBinomial, lambda total_count, probs: stats.nbinom(total_count, 1.0 - probs),
        [{"total_count": 2.5, "probs": 0.3}, {"total_count": 2.0, "probs": 0.0},
         {"total_count": 0.1, "probs": 0.9}, {"total_count": 1e4, "probs": 0.5}],
        [({"total_count": 0.0, "probs": 0.5}, "total_count"),
         ({"total_count": 1.0, "probs": 1.0}, "probs")],
    ),
    "NegativeBinomial by logits": Law(
        mg.NegativeBinomial,
        lambda total_count, logits: stats.nbinom(total_count, p_of(-logits)),
        [{"total_count": 2.5, "logits": -0.4}, {"total_count": 0.01, "logits": 3.0},
         {"total_count": 2.0, "logits": -1000.0}],
        [({"total_count": 1.0, "logits": np.nan}, "logits")],
    ),
    "DiscreteUniform": Law(
        mg.DiscreteUniform,
        lambda low, high: only(low) if low == high else stats.randint(low, high + 1),
        [{"low": -1.0, "high": 4.0}, {"low": 3.0, "high": 4.0}, {"low": 2.0, "high": 2.0},
         {"low": 0.0, "high": 1e5}],
        [({"low": 0.5, "high": 2.0}, "low"), ({"low": 3.0, "high": 2.0}, "low")],
    ),
    "RelaxedBernoulli": Law(
        mg.RelaxedBernoulli,
        lambda temperature, probs: transformed(
            stats.logistic(np.log(probs / (1 - probs)) / temperature, 1 / temperature),
            special.expit, special.logit, lambda y: 1 / (y * (1 - y)), (0.0, 1.0),
        ),
        mean_sine=lambda temperature, probs: relaxed_sine(temperature, probs),
        grid=[{"temperature": 0.7, "probs": 0.3}, {"temperature": 2.0, "probs": 0.9}],
        bad=[({"temperature": 0.0, "probs": 0.5}, "temperature"),
         ({"temperature": 1.0, "probs": 1.0}, "probs")],
        sine=1e-6,
    ),
}  # fmt: skip

COVARIANCE = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])
VECTORS = {
    "MultivariateNormal": Law(
        mg.MultivariateNormal,
        lambda loc, covariance_matrix: stats.multivariate_normal(loc, covariance_matrix),
        [{"loc": [0.3, -1.0, 0.2], "covariance_matrix": COVARIANCE},
         {"loc": [1e6, 0.0], "covariance_matrix": [[1e3, 0.0], [0.0, 1e-3]]}],
        [({"loc": [0.0, 0.0], "covariance_matrix": [[1.0, 2.0], [2.0, 1.0]]}, "covariance_matrix"),
         ({"loc": [0.0, 0.0], "covariance_matrix": [[1e-13, 5e-14], [-9e-14, 1e-13]]},
          "covariance_matrix"),
         ({"loc": [np.nan, 0.0], "covariance_matrix": np.eye(2)}, "loc")],
    ),
    "MultivariateNormal by its factor": Law(
        mg.MultivariateNormal,
        lambda loc, scale_tril: stats.multivariate_normal(
            loc, np.asarray(scale_tril) @ np.transpose(scale_tril)
        ),
        [{"loc": [0.3, -1.0], "scale_tril": [[0.7, 0.0], [0.4, 0.5]]}],
        [({"loc": [0.0, 0.0], "scale_tril": [[1.0, 2.0], [2.0, 1.0]]}, "scale_tril"),
         ({"loc": [0.0, 0.0], "scale_tril": [[0.0, 0.0], [2.0, 1.0]]}, "scale_tril")],
    ),
    "Dirichlet": Law(
        mg.Dirichlet, lambda concentration: stats.dirichlet(concentration),
        [{"concentration": [1.5, 3.0, 0.8]}, {"concentration": [0.3, 0.4]},
         {"concentration": [1e4, 2e4, 3e4]}, {"concentration": [1e6, 0.5]}],
        [({"concentration": [1.0, 0.0]}, "concentration"),
         ({"concentration": 1.0}, "concentration")],
    ),
    "Multinomial": Law(
        mg.Multinomial, lambda total_count, probs: stats.multinomial(total_count, probs),
        [{"total_count": 4, "probs": [0.2, 0.5, 0.3]}, {"total_count": 3, "probs": [1.0, 0.0]},
         {"total_count": 1000, "probs": [1e-3, 0.499, 0.5]}],
        [({"total_count": 2, "probs": [-1.0, 2.0]}, "probs"),
         ({"total_count": 1.5, "probs": [1.0, 2.0]}, "total_count")],
    ),
    "Multinomial by logits": Law(
        mg.Multinomial,
        lambda total_count, logits: stats.multinomial(total_count, softmax(logits)),
        [{"total_count": 4, "logits": [0.2, -1.0, 0.3]}],
        [({"total_count": 2, "logits": [np.nan, 2.0]}, "logits")],
    ),
    "OneHotCategorical": Law(
        mg.OneHotCategorical, lambda probs: stats.multinomial(1, probs),
        [{"probs": [0.2, 0.5, 0.3]}, {"probs": [1.0, 0.0]}],
        [({"probs": [0.0, 0.0]}, "probs")],
    ),
}  # fmt: skip
