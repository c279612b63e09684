"""KL divergences in closed form against averages over samples, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from laws import LAWS, VECTORS

import minigraph as mg

PAIRS = [
    (mg.Normal(0.3, 0.7), mg.Normal(-0.2, 1.1)),
    (mg.LogNormal(0.3, 0.7), mg.LogNormal(-0.2, 1.1)),
    (mg.Laplace(0.3, 0.7), mg.Laplace(-0.2, 1.1)),
    (mg.Exponential(1.3), mg.Exponential(0.7)),
    (mg.Uniform(0.2, 0.7), mg.Uniform(0.0, 1.0)),
    (mg.Gamma(2.3, 1.7), mg.Gamma(1.4, 0.9)),
    (mg.Beta(2.3, 1.7), mg.Beta(1.4, 2.9)),
    (mg.Dirichlet([2.3, 1.7, 0.9]), mg.Dirichlet([1.4, 0.9, 2.0])),
    (mg.Bernoulli(0.3), mg.Bernoulli(logits=0.4)),
    (mg.Geometric(0.3), mg.Geometric(0.5)),
    (mg.Binomial(5, 0.3), mg.Binomial(5, 0.6)),
    (mg.Categorical([0.2, 0.3, 0.5]), mg.Categorical(logits=[0.1, 0.5, -0.4])),
    (mg.OneHotCategorical([0.2, 0.3, 0.5]), mg.OneHotCategorical([0.4, 0.4, 0.2])),
    (mg.Poisson(2.3), mg.Poisson(1.7)),
    (
        mg.MultivariateNormal([0.1, 0.2], [[1.0, 0.3], [0.3, 0.5]]),
        mg.MultivariateNormal([0.0, -0.3], scale_tril=[[1.2, 0.0], [-0.4, 0.9]]),
    ),
    (mg.Independent(mg.Normal([0.1, 0.2], 1.0), 1), mg.Independent(mg.Normal(0.0, [0.7, 2.0]), 1)),
    (mg.Cauchy(0.3, 0.7), mg.Cauchy(-0.2, 1.1)),
    (mg.HalfCauchy(0.7), mg.HalfCauchy(1.1)),
    (mg.HalfNormal(0.7), mg.HalfNormal(1.1)),
    (mg.Gumbel(0.3, 0.7), mg.Gumbel(-0.2, 1.1)),
    (mg.Pareto(1.0, 3.0), mg.Pareto(0.8, 2.0)),
    (mg.Weibull(0.7, 1.6), mg.Weibull(0.9, 1.3)),
    (mg.VonMises(0.3, 2.0), mg.VonMises(-0.4, 3.0)),
    (mg.Chi2(3.0), mg.Chi2(4.0)),
    (mg.InverseGamma(3.0, 2.0), mg.InverseGamma(4.0, 2.5)),
    (mg.NegativeBinomial(2.5, 0.3), mg.NegativeBinomial(2.5, logits=0.1)),
    (mg.Multinomial(4, [0.2, 0.3, 0.5]), mg.Multinomial(4, [0.3, 0.3, 0.4])),
    (mg.DiscreteUniform(1, 4), mg.DiscreteUniform(0, 6)),
    (
        mg.TransformedDistribution(mg.Normal(0.3, 0.7), mg.SigmoidTransform()),
        mg.TransformedDistribution(mg.Normal(0.0, 1.0), mg.SigmoidTransform()),
    ),
]
POSITIVE = mg.Gamma(2.0, 1.0)
ACROSS = [
    (mg.Gamma(2.3, 1.7), mg.Normal(1.0, 0.9)),
    (mg.Laplace(0.3, 0.7), mg.Normal(0.0, 1.0)),
    (mg.Logistic(0.3, 0.7), mg.Normal(0.0, 1.5)),
    (mg.Triangular(0.0, 2.0, 0.5), mg.Normal(1.0, 0.9)),
    (mg.TruncatedNormal(0.0, 1.0, 0.0, 2.0), mg.Exponential(1.5)),
    (mg.HalfNormal(0.7), mg.Gamma(1.5, 1.3)),
    (mg.LogNormal(0.1, 0.5), mg.Gamma(2.0, 1.3)),
    (mg.Weibull(0.7, 1.6), mg.Chi2(2.5)),
    (mg.InverseGamma(5.0, 4.0), mg.Exponential(0.8)),
    (mg.Pareto(1.0, 5.0), mg.Gamma(3.0, 2.0)),
    (mg.Uniform(0.2, 0.9), mg.Beta(2.0, 3.0)),
    (mg.Beta(2.0, 3.0), mg.Uniform(-1.0, 2.0)),
    (mg.Uniform(1.5, 2.5), mg.Pareto(1.0, 2.0)),
    (mg.Normal(0.3, 0.7), mg.Laplace(0.0, 1.0)),
    (mg.Normal(0.3, 0.7), mg.Gumbel(0.0, 1.5)),
    (mg.Exponential(1.3), mg.Gumbel(0.5, 1.0)),
    (mg.Gamma(2.0, 1.7), mg.Gumbel(0.5, 1.0)),
    (mg.Uniform(0.2, 0.9), mg.Gumbel(0.5, 1.0)),
    (mg.Bernoulli(0.3), mg.Poisson(0.5)),
]
EACH = pytest.mark.parametrize(("p", "q"), [pytest.param(*x, id=repr(x[0])) for x in PAIRS])
ALL = pytest.mark.parametrize(
    ("p", "q"), [pytest.param(*x, id=f"{x[0]!r} {x[1]!r}") for x in PAIRS + ACROSS]
)


@ALL
def test_closed_form_is_the_average_over_samples(p, q):
    expected = mg.kl_divergence(p, q)
    assert expected.shape == ()
    found = mg.expectation(mg.kl_divergence(p, q, sampled=True, rng=0), 20_000, rng=1)
    assert abs(found.value - expected.value) < 5 * found.stderr + 1e-12
    assert found.stderr < 0.03


@pytest.mark.parametrize(("p", "q"), [pytest.param(*x, id=repr(x[0])) for x in ACROSS])
def test_closed_form_is_the_integral(p, q):
    expected = mg.exact(mg.kl_divergence(p, q, sampled=True, rng=0))
    np.testing.assert_allclose(mg.kl_divergence(p, q).value, expected.value, rtol=1e-7)


@EACH
def test_divergence_from_itself_is_zero(p, q):
    np.testing.assert_allclose(mg.kl_divergence(p, p).value, 0.0, atol=1e-12)
    assert mg.kl_divergence(q, p).value > 0


@pytest.mark.parametrize("pair", [
    lambda x: (mg.Gamma(x(1e6), x(1.0)), mg.Gamma(x(1.001e6), x(1.0))),
    lambda x: (mg.Beta(x(1e6), x(1e6)), mg.Beta(x(1.001e6), x(1e6))),
    lambda x: (mg.Poisson(x(1e7)), mg.Poisson(x(1.001e7))),
    lambda x: (mg.LogNormal(x(5.0), x(0.03)), mg.Gamma(x(1000.0), x(6.7))),
    lambda x: [mg.Independent(mg.Gamma(x([a, a]), x(1.0)), 1) for a in (1e6, 1.001e6)],
])  # fmt: skip
def test_divergence_in_single_precision_is_that_of_double(pair):
    """As log_prob and entropy: terms of 1e7 left 0.0 of 0.4998."""
    single = mg.kl_divergence(*pair(np.float32))
    assert single.dtype == np.float32
    exact = mg.kl_divergence(*pair(lambda x: np.float64(np.float32(x)))).value
    np.testing.assert_allclose(single.value, exact, rtol=1e-6)


def test_divergence_is_differentiable_in_both_laws():
    loc, scale = mg.Data(0.3, name="loc"), mg.Data(0.7, name="scale")
    kl = mg.kl_divergence(mg.Normal(loc, scale), mg.Normal(0.0, 1.0))
    np.testing.assert_allclose(kl.value, 0.5 * (0.09 + 0.49 - 1) - np.log(0.7))
    grads = [g.value for g in mg.gradient(kl, [loc, scale])]
    np.testing.assert_allclose(grads, [0.3, 0.7 - 1 / 0.7])
    sampled = mg.kl_divergence(mg.Normal(loc, scale), mg.Normal(0.0, 1.0), sampled=True, rng=0)
    found = mg.exact(mg.reparameterize(sampled), [loc, scale])
    np.testing.assert_allclose([found.grad[loc], found.grad[scale]], grads, rtol=1e-9)


def test_impossible_events_cost_infinity_or_nothing():
    never, always, fair = mg.Bernoulli(0.0), mg.Bernoulli(1.0), mg.Bernoulli(0.5)
    assert mg.kl_divergence(never, fair).value == pytest.approx(np.log(2))
    assert mg.kl_divergence(fair, never).value == np.inf
    assert mg.kl_divergence(never, never).value == 0.0
    assert mg.kl_divergence(always, never).value == np.inf
    assert mg.kl_divergence(mg.Uniform(0.0, 2.0), mg.Uniform(0.0, 1.0)).value == np.inf
    assert mg.kl_divergence(mg.DiscreteUniform(0, 6), mg.DiscreteUniform(1, 6)).value == np.inf
    assert mg.kl_divergence(mg.Pareto(1.0, 2.0), mg.Pareto(1.5, 2.0)).value == np.inf
    for p, q in [(mg.Normal(0.0, 1.0), mg.Exponential(1.0)), (mg.Laplace(0.0, 1.0), POSITIVE),
                 (mg.Gamma(2.0, 1.0), mg.Beta(1.0, 1.0)), (mg.Gumbel(0.0, 1.0), POSITIVE),
                 (mg.Uniform(-1.0, 1.0), POSITIVE), (mg.Cauchy(0.0, 1.0), mg.Normal(0.0, 1.0)),
                 (mg.Exponential(1.0), mg.Uniform(0.0, 1e9))]:  # fmt: skip
        assert mg.kl_divergence(p, q).value == np.inf
    side = mg.kl_divergence(mg.Uniform([0.0, -1.0], 1.0), mg.Exponential(1.0)).value
    np.testing.assert_allclose(side, [0.5, np.inf])


@pytest.mark.parametrize("law", [
    lambda x: mg.Categorical(logits=mg.array([x, 0.0, -np.inf])),
    lambda x: mg.OneHotCategorical(logits=mg.array([0.0, x, -np.inf])),
    lambda x: mg.Bernoulli(logits=x),
])  # fmt: skip
def test_what_is_nearly_impossible_costs_its_logit(law):
    x = mg.Data(-800.0)
    kl = mg.kl_divergence(law(-x), law(x))
    np.testing.assert_allclose([kl.value, mg.gradient(kl, x).value], [800.0, -1.0])


def test_divergence_of_transformed_laws_needs_the_same_transforms():
    base, scale = mg.Normal(0.0, 1.0), mg.Data(2.0, name="s")
    p, q, r = (mg.TransformedDistribution(base, mg.AffineTransform(0.0, s))
               for s in (scale, scale, mg.Data(2.0)))  # fmt: skip
    assert mg.kl_divergence(p, q).value == 0.0
    with pytest.raises(mg.UsageError, match=r"different transforms.*sampled=True"):
        mg.kl_divergence(p, r)  # equal now, but a gradient would move one of them


def test_divergence_of_transformed_laws_is_that_of_their_bases():
    f = mg.AffineTransform(0.0, mg.exp(mg.Data(0.7)))
    p, q = (mg.TransformedDistribution(mg.Normal(x, 1.0), f) for x in (0.0, [0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(mg.kl_divergence(p, q).value, [0.0, 0.5, 2.0])


def test_pair_without_closed_form_is_refused_with_advice():
    with pytest.raises(mg.UsageError, match=r"Laplace and Logistic.*sampled=True"):
        mg.kl_divergence(mg.Laplace(0.0, 1.0), mg.Logistic(0.0, 1.0))
    with pytest.raises(mg.UsageError, match="different numbers of tries"):
        mg.kl_divergence(mg.Binomial(3, 0.5), mg.Binomial([3, 4], 0.5))


@pytest.mark.parametrize(("p", "q"), [
    (mg.Laplace(0.0, 1.0), mg.Gamma(np.ones((2, 1)), np.ones(3))),
    (mg.Weibull([1.0, 2.0, 3.0], 1.0), mg.Beta(np.ones((2, 1)), 1.0)),
    (mg.Binomial(4, 0.5), mg.Binomial(np.full((2, 3), 4.0), 0.25)),
    (mg.NegativeBinomial(np.full((2, 1), 4.0), 0.5), mg.NegativeBinomial(np.full(3, 4.0), 0.25)),
])  # fmt: skip
def test_divergence_has_the_batch_shape_of_both_laws(p, q):
    assert mg.kl_divergence(p, q).shape == (2, 3)


def test_counts_that_broadcast_are_the_same():
    found = mg.kl_divergence(mg.Binomial(3, 0.2), mg.Binomial([3, 3], 0.2)).value
    np.testing.assert_array_equal(found, [0.0, 0.0])


UNLIKE = {
    "Categorical": (mg.Categorical([1.0]), mg.Categorical([0.5, 0.5])),
    "Dirichlet": (mg.Dirichlet([1.0]), mg.Dirichlet([1.0, 2.0])),
    "Independent": [mg.Independent(mg.Normal(np.zeros(n), 1.0)) for n in (1, 3)],
    "the parts": [mg.Independent(mg.Categorical(np.ones((2, n)))) for n in (2, 3)],
    "the batch": (mg.Normal(np.zeros(2), 1.0), mg.Normal(np.zeros(3), 1.0)),
}


@pytest.mark.parametrize("pair", UNLIKE)
def test_divergence_of_laws_of_other_shapes_is_refused(pair):
    with pytest.raises(mg.InputError, match=r"kl_divergence: (.|\n)* (of sizes|do not)"):
        mg.kl_divergence(*UNLIKE[pair])


def test_ways_are_what_a_law_defines():
    weak = "weak derivative"
    assert list(mg.Normal(0.0, 1.0).ways) == ["transform", "score", weak, "quadrature"]
    assert list(mg.Gamma(1.0, 1.0).ways) == ["implicit", "score", weak, "quadrature"]
    assert list(mg.Bernoulli(0.5).ways) == ["score", weak, "outcomes"]
    assert list(mg.Uniform(0.0, 1.0).ways) == ["transform", weak, "quadrature"]
    assert list(mg.VonMises(0.0, 1.0).ways) == ["implicit", "score", weak, "quadrature"]
    assert mg.VonMises(0.0, 1.0).ways["implicit"].endswith("and jumps")
    assert mg.Gamma(1.0, 1.0).ways[weak] == "in rate"
    assert mg.Categorical(logits=[0.0, 1.0]).ways[weak] == "in logits"
    assert mg.Pareto(1.0, 2.0).ways["score"] == "for alpha"


@pytest.mark.parametrize(("entry", "given"), [
    pytest.param(e, g, id=f"{name} {g}") for name, e in {**LAWS, **VECTORS}.items() for g in e.grid
])  # fmt: skip
def test_ways_name_what_the_rewrites_do(entry, given):
    """Every way of every law is one that a rewrite takes, and the other way round."""
    law = entry.law(
        **{n: v if n == "total_count" else mg.Data(v, name=n) for n, v in given.items()}
    )
    x = mg.sample(law, name="X", rng=0)
    assert bool({"transform", "implicit"} & set(law.ways)) == (law.noise() is not None)
    assert ("outcomes" in law.ways) == (law.outcomes() is not None)
    free = set(law.parameters) - set(law.support_moves)
    assert ("score" in law.ways) == bool(free)
    smooth = [n for n in law.parameters if isinstance(given.get(n), (float, list))]
    named = law.ways.get("weak derivative", "in ").removeprefix("in ").split(", ")
    if smooth and set(smooth) <= set(named):
        assert mg.measure_valued(mg.sum(x * 1.0), rng=0).value == np.sum(x.value)


def test_code_of_the_page_about_laws_computes_what_it_says():
    page = (Path(__file__).parent.parent / "docs" / "distributions.md").read_text(encoding="utf-8")
    scope: dict = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, scope)
    assert scope["refusal"] == "Normal: scale must be positive; got -1.0"
    assert scope["ways"]["implicit"] == "along the quantiles of StandardGamma"
    scale = scope["scale"]
    assert abs(scope["score"].grad[scale] - 8.0) < 5 * scope["score"].grad_stderr[scale]
    assert scope["pathwise"].grad[scale] == pytest.approx(8.0, rel=1e-9)
    assert scope["kl"].value == 0.5
    expected = np.log(2) + 0.5 * np.log(2 * np.pi * np.e)
    assert scope["entropy"].value == pytest.approx(expected, rel=1e-12)
