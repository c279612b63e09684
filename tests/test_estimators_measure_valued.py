"""Measure-valued derivatives of every law that has them, of jumps, and of several elements."""

import math

import numpy as np
import pytest
from cases import case

import minigraph as mg
from minigraph.distributions.weak_derivatives import TABLE, weak_derivatives
from minigraph.estimators import turns

LAWS = [
    ("Bernoulli", mg.Bernoulli, {"probs": 0.3}),
    ("Bernoulli", mg.Bernoulli, {"logits": 0.3}),
    ("Binomial", lambda **p: mg.Binomial(3, **p), {"probs": 0.3}),
    ("Binomial", lambda **p: mg.Binomial(3, **p), {"logits": 0.3}),
    ("Categorical", mg.Categorical, {"probs": [0.3, 0.4, 0.9]}),
    ("Categorical", mg.Categorical, {"logits": [0.3, 0.4, -0.9]}),
    ("Exponential", mg.Exponential, {"rate": 1.7}),
    ("Gamma", lambda rate: mg.Gamma(2.5, rate), {"rate": 1.3}),
    ("Geometric", mg.Geometric, {"probs": 0.4}),
    ("Geometric", mg.Geometric, {"logits": 0.4}),
    ("Normal", lambda loc: mg.Normal(loc, 0.7), {"loc": 0.4}),
    ("Normal", lambda scale: mg.Normal(0.4, scale), {"scale": 0.7}),
    ("Poisson", mg.Poisson, {"rate": 1.7}),
    ("Uniform", mg.Uniform, {"low": -0.4, "high": 1.1}),
    ("Weibull", lambda scale: mg.Weibull(scale, 1.6), {"scale": 0.8}),
    ("Gumbel", lambda loc: mg.Gumbel(loc, 0.4), {"loc": 0.4}),
    ("HalfNormal", mg.HalfNormal, {"scale": 0.7}),
    ("InverseGamma", lambda rate: mg.InverseGamma(9.0, rate), {"rate": 4.0}),
    (
        "Kumaraswamy",
        lambda concentration0: mg.Kumaraswamy(1.5, concentration0),
        {"concentration0": 2.5},
    ),
    ("Laplace", lambda loc: mg.Laplace(loc, 0.7), {"loc": 0.4}),
    ("Laplace", lambda scale: mg.Laplace(0.4, scale), {"scale": 0.7}),
    ("LogNormal", lambda loc: mg.LogNormal(loc, 0.3), {"loc": 0.4}),
    ("Logistic", lambda loc: mg.Logistic(loc, 0.4), {"loc": 0.4}),
    ("NegativeBinomial", lambda **p: mg.NegativeBinomial(2.5, **p), {"probs": 0.3}),
    ("NegativeBinomial", lambda **p: mg.NegativeBinomial(2.5, **p), {"logits": -0.3}),
    ("Pareto", mg.Pareto, {"scale": 0.8, "alpha": 9.0}),
    ("VonMises", lambda loc: mg.VonMises(loc, 20.0), {"loc": 0.4}),
]
HEAVY = [  # whose noise has tails too long for a square
    ("Cauchy", lambda loc: mg.Cauchy(loc, 0.7), {"loc": 0.4}),
    ("Cauchy", lambda scale: mg.Cauchy(0.4, scale), {"scale": 0.7}),
    ("HalfCauchy", mg.HalfCauchy, {"scale": 0.7}),
    ("LogNormal", lambda scale: mg.LogNormal(0.4, scale), {"scale": 0.3}),
    ("StudentT", lambda loc: mg.StudentT(3.0, loc, 0.7), {"loc": 0.4}),
    ("StudentT", lambda scale: mg.StudentT(3.0, 0.4, scale), {"scale": 0.7}),
]  # fmt: skip


def test_every_law_of_the_table_is_tested():
    assert {law.__name__ for law in TABLE} == {name for name, _, _ in LAWS + HEAVY}


@pytest.mark.parametrize(("name", "law", "parameters"), LAWS,
                         ids=[f"{n} {' '.join(p)}" for n, _, p in LAWS])  # fmt: skip
def test_weak_derivative_of_every_law_and_parameter(name, law, parameters):
    inputs = {n: mg.Data(v, name=n) for n, v in parameters.items()}
    x = mg.sample(law(**inputs), name="X", rng=0)
    y = mg.exp(-0.4 * x) + 0.3 * x * x
    z = mg.measure_valued(y, rng=1)
    points = 36 if "scale" in inputs and name == "Normal" else None
    truth = mg.exact(y, list(inputs))
    estimate = mg.exact(z, list(inputs), points=points)
    for n in inputs:
        np.testing.assert_allclose(estimate.grad[n], truth.grad[n], rtol=1e-8)


def test_no_sample_of_a_binomial_law_is_looked_at_that_cannot_be():
    p = mg.Data(0.3, name="p")
    y = mg.Data([1.0, 5.0, 2.0])[mg.sample(mg.Binomial(2, p), name="X", rng=0)]
    found = mg.exact(mg.measure_valued(y, rng=0), p).grad[p]
    assert found == pytest.approx(mg.exact(y, p).grad[p], rel=1e-12)
    z = mg.log(1.0 + mg.sample(mg.Binomial([2, 0], p), name="X", rng=0))  # of -1 it is -inf
    with np.errstate(all="raise"):
        assert mg.exact(mg.measure_valued(mg.sum(z), rng=0), p).grad[p] > 0


@pytest.mark.parametrize(("name", "law", "parameters"), HEAVY,
                         ids=[f"{n} {' '.join(p)}" for n, _, p in HEAVY])  # fmt: skip
def test_weak_derivative_of_laws_with_long_tails(name, law, parameters):
    inputs = {n: mg.Data(v, name=n) for n, v in parameters.items()}
    y = mg.exp(-0.5 * mg.sample(law(**inputs), name="X", rng=0) ** 2)
    truth = mg.exact(y, list(inputs))
    estimate = mg.expectation(mg.measure_valued(y, rng=1), 40_000, wrt=list(inputs), rng=2)
    for n in inputs:
        assert abs(estimate.grad[n] - truth.grad[n]) < 5 * estimate.grad_stderr[n]
        assert estimate.grad_stderr[n] < 0.01


@pytest.mark.parametrize("law", [mg.VonMises, lambda loc, df: mg.StudentT(df, loc, 1e-8)])
def test_weak_derivative_of_a_law_that_is_all_but_normal(law):
    loc = mg.Data(0.3, name="loc")
    y = 1.0 * mg.sample(law(loc, 1e16), name="X", rng=0)
    assert mg.exact(mg.measure_valued(y, rng=1), loc).grad[loc] == pytest.approx(1.0, rel=1e-6)


def test_cost_that_jumps_is_right():
    mu = mg.Data(0.3, name="μ")
    y = mg.where(mg.sample(mg.Normal(mu, 1.0), name="X", rng=0) > 0, 1.0, 0.0)
    estimate = mg.expectation(mg.measure_valued(y, rng=1), 40_000, wrt=mu, rng=2)
    truth = math.exp(-(0.3**2) / 2) / math.sqrt(2 * math.pi)
    assert abs(estimate.grad[mu] - truth) < 5 * estimate.grad_stderr[mu] < 0.01


@pytest.mark.parametrize("rewrite", [lambda y: y, mg.measure_valued])
@pytest.mark.parametrize(
    ("at", "slope"), [(30.0, 9.3576229688384233e-14), (40.0, 4.2483542552915890e-18)]
)
def test_the_slope_in_large_logits_keeps_its_digits(rewrite, at, slope):
    logits = mg.Data(at)
    for law, expected in (mg.Bernoulli, slope), (mg.Geometric, -math.exp(-at)):
        y = rewrite(1.0 * mg.sample(law(logits=logits), name="X", rng=0))
        np.testing.assert_allclose(mg.exact(y, logits).grad[logits], expected, rtol=1e-11)


def test_failures_may_be_rarer_than_one_minus_a_float_can_be():
    x = mg.sample(mg.NegativeBinomial(3.0, logits=mg.Data(38.0)), name="X", rng=0)
    (weak,) = weak_derivatives(x.node.distribution, x)["logits"]
    assert weak.constant.value == 3.0
    assert np.isfinite(mg.measure_valued(1.0 * x).value)


def test_black_box_is_crossed():
    rate = mg.Data(2.0, name="rate")
    cost = mg.primitive(lambda n: np.sqrt(n), name="simulator")
    y = cost(mg.sample(mg.Poisson(rate), name="N", rng=0))
    estimate = mg.exact(mg.measure_valued(y), rate)
    assert estimate.grad[rate] == pytest.approx(mg.exact(y, rate).grad[rate], rel=1e-9)


@pytest.mark.parametrize("reduce", [lambda c: mg.mean(c), lambda c: mg.prod(1.0 + c)])
def test_draws_of_several_elements_with_a_parameter_they_share(reduce):
    p, scale = mg.Data(0.3, name="p"), mg.Data([0.5, 1.0, 2.0], name="scale")
    x = mg.sample(mg.Binomial(2, p * scale), name="X", rng=0)
    y = reduce(mg.exp(-0.3 * x) * scale)
    estimate = mg.exact(mg.measure_valued(y, rng=1), [p, scale])
    truth = mg.exact(y, [p, scale])
    for parameter in (p, scale):
        np.testing.assert_allclose(estimate.grad[parameter], truth.grad[parameter], rtol=1e-9)


def test_elements_that_stay_apart_share_their_copies():
    rate = mg.Data(np.full(50, 1.3), name="rate")
    y = mg.sum(mg.exp(-0.3 * mg.sample(mg.Poisson(rate), name="X", rng=0)))
    names = [node.name for node in mg.Graph(mg.measure_valued(y, rng=1)).nodes]
    assert names.count("exp") == 2


def test_other_draws_are_rewritten_in_any_order():
    p, t = mg.Data(0.25, name="p"), mg.Data(0.7, name="t")
    a = mg.sample(mg.Bernoulli(p), name="A", rng=0)
    b = mg.sample(mg.Poisson(mg.exp(t * a)), name="B", rng=1)
    c = mg.sample(mg.Bernoulli(mg.sigmoid(b - 1 + t)), name="C", rng=2)
    y = (c + 0.5 * a) * (1 + a) * t + mg.exp(-b)
    truth = mg.exact(y, [p, t])
    others = {"A": mg.reinforce, "C": mg.marginalize}
    for order in (["A", "B", "C"], ["C", "B", "A"], ["B", "A", "C"], ["B", "C", "A"]):
        z = y
        for name in order:
            z = others.get(name, lambda y, x: mg.measure_valued(y, x, rng=3))(z, name)
        estimate = mg.exact(z, [p, t])
        assert z.value == y.value
        for x in (p, t):
            assert estimate.grad[x] == pytest.approx(truth.grad[x], rel=1e-9)


def test_second_derivative_is_refused_and_not_wrong():
    y, (mu, sigma) = case("gaussian square, d=1.0, σ=1.0").graph()
    slope = mg.gradient(mg.measure_valued(y, rng=1), mu)
    for x in (mu, sigma):
        with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
            mg.gradient(slope, x)


def test_parameter_without_a_weak_derivative_is_refused_by_name():
    a = mg.Data(2.0, name="a")
    y = mg.sample(mg.Gamma(a, 1.0), name="X", rng=0) ** 2
    with pytest.raises(mg.BlockedGradientError, match="'X' ~ Gamma has no weak derivative in con"):
        mg.measure_valued(y)


def test_too_many_elements_that_are_mixed_are_refused_with_their_count():
    x = mg.sample(mg.Poisson(mg.Data(np.ones(300), name="rate")), name="X", rng=0)
    with pytest.raises(mg.InputError, match="300 elements, more than limit=256"):
        mg.measure_valued(mg.sum(x) ** 2)


def test_law_of_the_user_says_its_own_weak_derivative():
    class Twice(mg.Poisson):
        def weak_derivatives(self, x):
            from minigraph.distributions.weak_derivatives import Weak

            return {"rate": Weak(1.0, lambda: x + 1.0, None)}

    rate = mg.Data(1.5, name="rate")
    y = mg.sample(Twice(rate), name="X", rng=0) ** 2
    assert mg.exact(mg.measure_valued(y), rate).grad[rate] == pytest.approx(4.0, rel=1e-9)


def test_draws_of_draws_are_copied_no_more_than_needed():
    a = mg.Data(0.4, name="a")
    x = mg.sample(mg.Categorical(logits=mg.stack([0.0 * a, a, 0.5 * a])), name="X", rng=0) * 0.7
    z = mg.sample(mg.Bernoulli(logits=x - 0.5 * a), name="Z", rng=1) * 1.0
    k = mg.sample(mg.Categorical(logits=mg.stack([0.0 * z, z, 0.5 * x])), name="K", rng=2) * 0.7
    y = mg.tanh(k + x) + mg.exp(-((k - z) ** 2)) + z * mg.cos(k)
    found = mg.measure_valued(y)
    assert len(mg.Graph(found).nodes) < 2_000  # it was 130,000 with the first draw first
    summed = mg.exact(mg.marginalize(y), a).grad[a]
    assert mg.exact(found, a).grad[a] == pytest.approx(summed, rel=1e-10)


def chain(length):
    """Return a cost of coins of which each depends on the one before, and the first chance."""
    p = x = mg.Data(0.3, name="p")
    for i in range(length):
        x = mg.sample(mg.Bernoulli(mg.sigmoid(x)), name=f"X{i}", rng=i)
    return (x * 1.0 - p) ** 2, p


@pytest.mark.parametrize("rewrite", [mg.measure_valued, mg.marginalize, mg.reinforce])
def test_a_draw_in_several_branches_is_rewritten_once_in_each(rewrite):
    y, p = chain(3)
    exact = mg.exact(mg.marginalize(y), p).grad[p]
    y = rewrite(mg.marginalize(mg.measure_valued(y, "X0"), "X1"), "X2")
    assert len(mg.Graph(y).nodes) < 1_000
    np.testing.assert_allclose(mg.exact(y, p).grad[p], exact, rtol=1e-12)


def test_a_graph_that_would_grow_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(turns, "MOST", 100)
    y, _ = chain(3)
    y = mg.marginalize(mg.measure_valued(y, "X0"), "X1")
    with pytest.raises(mg.InputError, match=r"from \d+ to \d+ op.* 'X2' .* in 9 branches"):
        mg.marginalize(y, "X2")
    y, _ = chain(3)
    mg.measure_valued(mg.marginalize(mg.measure_valued(y, "X2"), "X1"), "X0")  # the last one first


@pytest.mark.parametrize("law", [
    lambda x: mg.Normal(x, 1.0), lambda x: mg.Poisson(x), lambda x: mg.Geometric(x),
    lambda x: mg.NegativeBinomial(2.0, x), lambda x: mg.DiscreteUniform(np.zeros((0, 2)), 3),
])  # fmt: skip
def test_a_draw_of_no_elements_is_rewritten_and_averaged(law):
    x = mg.Data(np.zeros((0, 2)), name="x")
    y = mg.sum(mg.sample(law(x), name="X", rng=0)) ** 2 + 3.0
    for rewrite in (mg.measure_valued, mg.unblock) if mg.Graph(y).blocked(x) else ():
        estimate = mg.expectation(rewrite(y), 3, wrt=x, rng=0)
        assert (estimate.value, estimate.grad[x].shape) == (3.0, (0, 2))
    assert mg.exact(y).value == 3.0
