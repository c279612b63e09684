"""Laws made of laws, relaxed laws, and data as a law."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import minigraph as mg
from minigraph.estimators.branches import Branch

MIX, LOCS, SCALES = [0.2, 0.5, 0.3], [-1.0, 0.4, 1.5], [0.3, 0.5, 0.4]


def mixture(loc=None, probs=None):
    weights = mg.Categorical(MIX if probs is None else probs)
    return mg.MixtureSameFamily(weights, mg.Normal(LOCS if loc is None else loc, SCALES))


# Independent -----------------------------------------------------------------------------------
def test_independent_adds_up_log_prob_over_its_event():
    law = mg.Independent(mg.Normal(np.zeros((4, 3)), [1.0, 2.0, 3.0]), 1)
    assert (law.batch_shape, law.event_shape, law.shape) == ((4,), (3,), (4, 3))
    x = law.sample(0, 5)
    expected = stats.norm(0.0, [1.0, 2.0, 3.0]).logpdf(x).sum(-1)
    np.testing.assert_allclose(law.log_prob(x).value, expected)
    np.testing.assert_allclose(
        law.entropy().value, np.full(4, stats.norm(0, [1, 2, 3]).entropy().sum())
    )


def test_independent_draws_replay_as_laws_of_their_own():
    scale = mg.Data([0.5, 1.0, 1.5], name="s")
    x = mg.sample(mg.Independent(mg.Normal(0.0, scale), 1), name="X", rng=0)
    y = mg.sum(x * x)
    for rewritten in (mg.reparameterize(y), mg.reinforce(y)):
        found = mg.expectation(rewritten, 30_000, wrt=scale, rng=1)
        gap = np.abs(found.grad[scale] - 2 * scale.value)
        assert np.all(gap < 5 * found.grad_stderr[scale])


def test_independent_coins_are_enumerated():
    p = mg.Data([0.2, 0.7], name="p")
    x = mg.sample(mg.Independent(mg.Bernoulli(p), 1), name="X", rng=0)
    np.testing.assert_allclose(mg.exact(mg.prod(1.0 * x), p).grad[p], [0.7, 0.2])


COMPOSITES = {
    "Independent": lambda loc: mg.Independent(mg.Normal(0.5 * loc * np.ones(2), 0.5)),
    "MixtureSameFamily": lambda loc: mg.MixtureSameFamily(
        mg.Categorical([0.5, 0.5]), mg.Normal(loc + np.array([0.0, 1.0]), 1.0)
    ),
    "TransformedDistribution": lambda loc: mg.TransformedDistribution(
        mg.Normal(loc, 1.0), [mg.AffineTransform(3.0, 1.0)]
    ),
}


@pytest.mark.parametrize("law", COMPOSITES.values(), ids=COMPOSITES)
def test_laws_made_of_laws_are_drawn_again_below_another_draw(law):
    p = mg.Data(0.4, name="p")
    b = mg.sample(mg.Bernoulli(p), name="b", rng=0)
    y = mg.sum(mg.sample(law(1.0 * b), name="x", rng=1))
    z = mg.disarm(y, "b", rng=2)
    found = mg.expectation(z, 20_000, wrt=p, rng=3)
    assert abs(found.grad[p] - 1.0) < 5 * found.grad_stderr[p] < 0.2


@pytest.mark.parametrize("law", COMPOSITES.values(), ids=COMPOSITES)
def test_laws_made_of_laws_that_go_bad_below_another_draw_are_refused_by_name(law):
    x = mg.sample(mg.Normal(0.0, 1.0), name="b", rng=0)
    y = mg.sum(mg.sample(law(mg.where(x > 9.0, np.nan, x)), name="x", rng=1))
    with pytest.raises(mg.InputError, match="Normal: loc must be"):
        Branch({x: mg.Data(10.0)}, 0).of(y)


def test_independent_refuses_more_axes_than_there_are():
    with pytest.raises(mg.InputError, match=r"reinterpreted_batch_ndims=2"):
        mg.Independent(mg.Normal([0.0, 1.0], 1.0), 2)


# TransformedDistribution -----------------------------------------------------------------------
def weibull(loc, scale, shift):
    """Return shift + exp(-G) with G a Gumbel number, a Weibull law."""
    chain = [mg.AffineTransform(0.0, -1.0), mg.ExpTransform(), mg.AffineTransform(shift, 1.0)]
    return mg.TransformedDistribution(mg.Gumbel(loc, scale), chain)


X = np.array([-np.inf, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])
POSITIVE = np.where(X > 0.0, X, np.where(np.isnan(X), np.nan, 0.0))
NORMAL = mg.Normal(0.0, 1.0)
THROUGH = {  # a transform, the law of X, and P(X <= x) where f(X) <= the numbers above
    "exp": (mg.ExpTransform(), NORMAL, lambda: stats.lognorm(1.0).cdf(X)),
    "affine": (mg.AffineTransform(1.0, 2.0), NORMAL, lambda: stats.norm(1.0, 2.0).cdf(X)),
    "falling": (mg.AffineTransform(1.0, -2.0), mg.Exponential(1.0),
                lambda: stats.expon.sf(0.5 * (1.0 - X))),
    "sigmoid": (mg.SigmoidTransform(), mg.Logistic(0.0, 1.0), lambda: np.clip(X, 0.0, 1.0)),
    "tanh": (mg.TanhTransform(), mg.Logistic(0.0, 0.5), lambda: 0.5 + 0.5 * np.clip(X, -1.0, 1.0)),
    "softplus": (mg.SoftplusTransform(), mg.Logistic(0.0, 1.0), lambda: -np.expm1(-POSITIVE)),
    "power": (mg.PowerTransform(2.0), mg.Exponential(1.0), lambda: -np.expm1(-np.sqrt(POSITIVE))),
    "inverse": (mg.PowerTransform(-1.0), mg.Exponential(1.0), lambda: np.exp(-1.0 / POSITIVE)),
}  # fmt: skip


@pytest.mark.parametrize("name", THROUGH)
def test_the_cdf_of_a_transformed_law_is_0_below_its_image_and_1_above(name):
    f, base, expected = THROUGH[name]
    law = mg.TransformedDistribution(base, f)
    with np.errstate(all="ignore"):
        answer = expected()
    np.testing.assert_allclose(law.cdf(X).value, answer, rtol=1e-12, atol=1e-15)
    x = mg.Data(-3.0)
    assert (mg.gradient(law.cdf(x), x).value == 0.0) == (name not in ("affine", "falling"))


def test_transformed_law_has_the_density_of_its_image():
    law, oracle = weibull(0.2, 0.6, 0.5), stats.weibull_min(1 / 0.6, 0.5, np.exp(-0.2))
    x = oracle.ppf([0.001, 0.2, 0.5, 0.9, 0.9999])
    np.testing.assert_allclose(law.log_prob(x).value, oracle.logpdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.cdf(x).value, oracle.cdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.icdf([0.1, 0.7]).value, oracle.ppf([0.1, 0.7]), rtol=1e-9)
    outside = law.log_prob([0.4, -np.inf, np.inf, np.nan]).value
    assert np.array_equal(outside[:3], [-np.inf] * 3)
    assert np.isnan(outside[3])
    assert stats.kstest(law.sample(0, 20_000), oracle.cdf).pvalue > 2e-5


@pytest.mark.parametrize(
    ("f", "forward"),
    [
        (mg.SigmoidTransform(), lambda x: 1 / (1 + np.exp(-x))),
        (mg.TanhTransform(), np.tanh),
        (mg.SoftplusTransform(), lambda x: np.log1p(np.exp(x))),
        (mg.ExpTransform(), np.exp),
        (mg.AffineTransform(1.0, -2.0), lambda x: 1 - 2 * x),
        (mg.PowerTransform(-1.5), lambda x: x**-1.5),
    ],
)
def test_transform_knows_its_inverse_and_slope(f, forward):
    x = np.array([0.1, 0.7, 2.0])
    y = f(x)
    np.testing.assert_allclose(y, forward(x), rtol=1e-12)
    np.testing.assert_allclose(f.inverse(y), x, rtol=1e-9)
    h = 1e-5
    slope = (forward(x + h) - forward(x - h)) / (2 * h)
    np.testing.assert_allclose(f.log_slope(x, y), np.log(np.abs(slope)), rtol=1e-6, atol=1e-9)
    assert np.all(f.direction * slope > 0)


def test_transformed_draw_is_differentiable_both_ways():
    loc, scale = mg.Data(0.2, name="loc"), mg.Data(0.6, name="scale")
    y = mg.sin(mg.sample(weibull(loc, scale, 0.5), name="X", rng=0))
    pathwise = mg.exact(mg.reparameterize(y), [loc, scale])
    score = mg.exact(mg.reinforce(y), [loc, scale])
    for key in (loc, scale):
        np.testing.assert_allclose(pathwise.grad[key], score.grad[key], atol=1e-8)


def test_score_is_refused_where_a_transform_moves_an_edge():
    shift = mg.Data(0.5, name="shift")
    y = mg.sample(weibull(0.2, 0.6, shift), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="support"):
        mg.reinforce(y)
    assert mg.exact(mg.reparameterize(y), shift).grad[shift] == pytest.approx(1.0)


REFUSED = {  # what is wrong, and what was to be transformed, and by what
    "got builtin_function_or_method as a transform": (mg.Normal(0.0, 1.0), [abs]),
    "Bernoulli.* is discrete.*transform a draw": (mg.Bernoulli(0.5), mg.AffineTransform(-1.0, 2.0)),
    "Dirichlet.* on a simplex.*transform a draw": (  # the mass would be 1/2
        mg.Dirichlet([1.0, 2.0]), mg.AffineTransform(0.0, 2.0)
    ),
    "mass on a simplex": (
        mg.Independent(mg.RelaxedOneHotCategorical(0.5, np.ones((2, 3)))), mg.ExpTransform()
    ),
    "takes positive numbers.* between -inf and inf": (mg.Normal(0.0, 1.0), mg.PowerTransform(2.0)),
    "takes positive numbers.* between -3.0 and 2.0": (
        mg.Uniform(0.0, 1.0), [mg.AffineTransform(0.0, [2.0, -3.0]), mg.PowerTransform(2.0)]
    ),
}  # fmt: skip


@pytest.mark.parametrize("problem", REFUSED)
def test_what_cannot_be_transformed_is_refused(problem):
    with pytest.raises(mg.MinigraphError, match=problem):
        mg.TransformedDistribution(*REFUSED[problem])


ENDS = [mg.ExpTransform(), mg.SigmoidTransform(), mg.TanhTransform(), mg.SoftplusTransform()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", ENDS, ids=repr)
def test_samples_that_round_to_the_end_of_an_image_have_a_finite_density(f, dtype):
    law = mg.TransformedDistribution(mg.Normal(dtype(0.0), dtype(1e4)), f)
    x = law.sample(0, 100)
    assert x.dtype == dtype
    assert np.all(np.isfinite(law.log_prob(x).value))


@pytest.mark.parametrize("f", [mg.TanhTransform(), [mg.TanhTransform(), mg.AffineTransform(9, 1)]])
def test_the_score_of_a_sample_that_rounds_to_an_end_is_not_zero(f):
    loc = mg.Data(0.5, name="loc")
    law = mg.TransformedDistribution(mg.Normal(loc, 1e3), f)
    x = mg.sample(law, rng=0)
    assert abs(mg.gradient(mg.reinforce(x), loc).value) > 1e-6


def test_samples_are_single_where_no_parameter_says_otherwise():
    base = mg.Normal(np.float32(0.0), np.float32(1.0))
    for f in (mg.ExpTransform(), mg.AffineTransform(1.0, 2.0)):
        law = mg.TransformedDistribution(base, f)
        assert law.sample(0, 3).dtype == law.sample(0, 70_000).dtype == np.float32
    mixed = mg.MixtureSameFamily(
        mg.Categorical([0.5, 0.5]), mg.Normal(np.zeros(2, np.float32), 1.0)
    )
    assert mixed.sample(0, 3).dtype == mixed.sample(0, 70_000).dtype == np.float32
    wide = mg.TransformedDistribution(base, mg.AffineTransform(np.zeros(1), 2.0))
    assert wide.sample(0, 3).dtype == wide.sample(0, 70_000).dtype == np.float64


# Mixtures --------------------------------------------------------------------------------------
def test_mixture_has_the_density_of_its_parts():
    law, x = mixture(), np.array([-5.0, -1.0, 0.3, 4.0])
    parts = stats.norm(LOCS, SCALES).pdf(x[:, None])
    np.testing.assert_allclose(law.log_prob(x).value, np.log(parts @ MIX), rtol=1e-12)
    np.testing.assert_allclose(law.cdf(x).value, stats.norm(LOCS, SCALES).cdf(x[:, None]) @ MIX)
    assert law.log_prob(np.inf).value == -np.inf
    assert np.isnan(law.log_prob(np.nan).value)
    x = law.sample(0, 20_000)
    assert stats.kstest(x, lambda v: law.cdf(v).value).pvalue > 2e-5
    assert abs(x.mean() - law.mean.value) < 5 * np.sqrt(law.variance.value / 20_000)


@pytest.mark.parametrize("low", [[0.0, 1.0], [[0.0, 1.0], [-1.0, 2.0]]], ids=len)
def test_cdf_of_a_mixture_whose_parts_have_bounds_of_their_own_is_that_of_one_number(low):
    parts = mg.Uniform(low, np.add(low, 2.0))
    law, x = mg.MixtureSameFamily(mg.Categorical([0.25, 0.75]), parts), mg.Data(1.5, name="x")
    assert law.cdf(x).shape == law.shape
    np.testing.assert_array_equal(law.cdf(x).value, law.cdf(1.5).value)
    below = law.cdf([[-np.inf], [1.5], [np.inf]]).value
    np.testing.assert_array_equal(below, np.stack([0.0 * below[1], below[1], 0.0 * below[1] + 1.0]))
    possible = law.support.holds(np.full(law.shape, 1.5)).value
    np.testing.assert_array_equal(possible, np.isfinite(law.log_prob(1.5).value))
    slope = mg.gradient(mg.sum(law.cdf(x)), x).value
    np.testing.assert_allclose(slope, np.sum(np.exp(law.log_prob(1.5).value)))


def test_mixture_is_differentiated_along_its_quantiles():
    loc, logits = mg.Data(LOCS, name="loc"), mg.Data([0.1, 0.5, -0.2], name="logits")
    law = mg.MixtureSameFamily(mg.Categorical(logits=logits), mg.Normal(loc, SCALES))
    y = mg.sin(mg.sample(law, name="X", rng=0))
    opened = mg.reparameterize(y)
    assert opened.value == y.value
    probs = np.exp(logits.value) / np.exp(logits.value).sum()
    sines = np.exp(-np.square(SCALES) / 2) * np.sin(LOCS)
    expected = {
        loc: probs * np.exp(-np.square(SCALES) / 2) * np.cos(LOCS),
        logits: probs * (sines - probs @ sines),
    }
    for rewritten in (opened, mg.reinforce(y)):
        found = mg.expectation(rewritten, 40_000, wrt=[loc, logits], rng=1)
        for key in (loc, logits):
            gap = np.abs(found.grad[key] - expected[key])
            assert np.all(gap < 5 * found.grad_stderr[key])
            assert np.all(found.grad_stderr[key] < 0.02)


def test_mixture_of_counts_is_enumerated():
    rate = mg.Data([1.0, 4.0], name="rate")
    law = mg.MixtureSameFamily(mg.Categorical([0.25, 0.75]), mg.Poisson(rate))
    x = mg.sample(law, name="X", rng=0)
    np.testing.assert_allclose(mg.exact(1.0 * x, rate).grad[rate], [0.25, 0.75], rtol=1e-9)


def test_mixture_of_vectors_is_sampled_and_scored():
    loc = np.array([[0.0, 0.0], [3.0, -3.0]])
    law = mg.MixtureSameFamily(mg.Categorical([0.5, 0.5]), mg.Independent(mg.Normal(loc, 1.0), 1))
    x = law.sample(0, 4000)
    assert x.shape == (4000, 2)
    assert law.log_prob(x).shape == (4000,)
    assert np.all(np.abs(x.mean(0) - law.mean.value) < 0.2)


def test_many_mixtures_side_by_side_replay_as_each_alone():
    locs = np.array(LOCS) + np.arange(3.0)[:, None]
    x = mg.sample(mixture(loc=mg.sample(mg.Normal(locs, 1e-9), rng=1)), name="X", rng=0)
    assert x.shape == (3,)
    mean = mg.expectation(x, 3000, rng=2)
    expected = np.dot(MIX, LOCS) + np.arange(3.0)
    assert np.all(np.abs(mean.value - expected) < 5 * np.asarray(mean.stderr))


def test_mixture_with_a_weight_of_zero_is_that_of_the_others():
    one = mg.Data([1.0, 0.0], name="w")
    heavy = mg.MixtureSameFamily(mg.Categorical(one), mg.Pareto(1.0, [3.0, 0.5]))
    np.testing.assert_allclose([heavy.mean.value, heavy.variance.value], [1.5, 0.75])
    law = mg.MixtureSameFamily(mg.Categorical(one), mg.Normal([0.0, 1.0], 1.0))
    slope = mg.gradient(law.log_prob(0.7), one).value  # the other makes 0.7 likelier by e^0.2
    np.testing.assert_allclose(slope, [0.0, np.exp(0.2) - 1.0], atol=1e-15)
    a = mg.Data(0.4, name="a")
    part = mg.MixtureSameFamily(mg.Categorical(mg.array([a, 0.0])), mg.Normal([0.0, 1.0], 1.0))
    assert mg.exact(mg.reinforce(mg.sample(part, name="X", rng=0)), a).grad[a] == 0.0


def test_mixture_refuses_another_number_of_weights():
    with pytest.raises(mg.InputError, match="2 weights"):
        mg.MixtureSameFamily(mg.Categorical([0.5, 0.5]), mg.Normal(LOCS, 1.0))


ANGLES = mg.VonMises([0.0, 3.0], 2.0), mg.Independent(mg.VonMises([[0.0], [3.0]], 2.0), 1)


@pytest.mark.parametrize("angles", ANGLES, ids=repr)
def test_moments_of_mixed_angles_are_those_of_their_directions(angles):
    pytest.importorskip("scipy")
    law = mg.MixtureSameFamily(mg.Categorical([0.9, 0.1]), angles)
    length = 1.0 - angles.variance.value[0]
    direction = length * (0.9 + 0.1 * np.exp(3.0j))
    np.testing.assert_allclose(law.mean.value, np.angle(direction) + 0.0 * length)
    np.testing.assert_allclose(law.variance.value, 1.0 - abs(direction))


# Data ------------------------------------------------------------------------------------------
def test_empirical_average_is_that_of_the_rows():
    rows = mg.Data(np.array([[1.0, 2.0], [3.0, 5.0], [1.0, 2.0]]), name="rows", constant=True)
    x = mg.sample(mg.Empirical(rows), name="X", rng=0)
    np.testing.assert_allclose(mg.exact(x).value, rows.value.mean(0))
    found = mg.expectation(x, 3000, rng=0)
    assert np.all(np.abs(found.value - rows.value.mean(0)) < 5 * np.asarray(found.stderr))
    law = mg.Empirical(rows)
    np.testing.assert_allclose(
        law.log_prob([[1.0, 2.0], [1.0, 5.0]]).value, [np.log(2 / 3), -np.inf]
    )


def test_entropy_of_data_counts_rows_that_are_alike_once():
    law = mg.Empirical([1.0, 2.0, 2.0, 6.0])
    np.testing.assert_allclose(law.entropy().value, 1.5 * np.log(2.0))
    x = mg.sample(law, name="X", rng=0)
    np.testing.assert_allclose(mg.exact(-law.log_prob(x)).value, 1.5 * np.log(2.0))
    assert mg.Empirical([[1.0, 2.0], [1.0, 2.0]]).entropy().value == 0.0


def test_entropy_of_data_looks_at_the_rows_that_there_are():
    rows = mg.Data([1.0, 1.0, 2.0])
    y = 1.0 * mg.Empirical(rows).entropy()
    rows.value = [1.0, 2.0, 3.0]
    np.testing.assert_allclose(mg.exact(y).value, np.log(3.0))
    coins = mg.sample(mg.Bernoulli([0.5, 0.5]), name="X", rng=0)
    np.testing.assert_allclose(mg.exact(mg.Empirical(coins).entropy()).value, 0.5 * np.log(2.0))


def test_what_is_no_row_is_impossible_and_what_is_unknown_is_unknown():
    found = mg.Empirical([1.0, 2.0]).log_prob([1.0, np.inf, -np.inf, np.nan]).value
    np.testing.assert_array_equal(found, [np.log(0.5), -np.inf, -np.inf, np.nan])


def test_l1_has_an_open_gradient_through_data():
    theta = mg.Data(2.0, name="θ")
    x = mg.sample(mg.Empirical([1.0, 2.0, 6.0]), name="X", rng=0)
    estimate = mg.exact((theta - x) ** 2, theta)
    np.testing.assert_allclose(estimate.grad[theta], 2 * (2.0 - 3.0))


# Relaxed ---------------------------------------------------------------------------------------
def test_relaxed_outcomes_have_the_density_of_the_concrete_law():
    """Its average over the simplex is 1, and for two outcomes it is the relaxed coin."""
    two = mg.RelaxedOneHotCategorical(0.7, probs=[0.3, 0.7])
    coin = mg.RelaxedBernoulli(0.7, probs=0.3)
    x = np.array([0.01, 0.3, 0.9])
    both = np.stack([x, 1 - x], axis=-1)
    np.testing.assert_allclose(two.log_prob(both).value, coin.log_prob(x).value, rtol=1e-9)


def test_each_of_several_relaxed_laws_has_a_temperature_of_its_own():
    heats, probs = np.array([0.5, 1.0, 2.0]), np.array([[0.3, 0.7], [0.5, 0.5], [0.9, 0.1]])
    law, x = mg.RelaxedOneHotCategorical(heats, probs), np.array([0.4, 0.6])
    assert (law.batch_shape, law.event_shape) == ((3,), (2,))
    alone = [mg.RelaxedOneHotCategorical(heats[i], probs[i]).log_prob(x).value for i in range(3)]
    np.testing.assert_allclose(law.log_prob(x).value, alone, rtol=1e-13)


def test_relaxed_outcomes_are_likeliest_where_the_law_says():
    law = mg.RelaxedOneHotCategorical(np.array([0.5, 2.0, 1.0]), probs=[0.2, 0.5, 0.3])
    x = law.sample(0, 20_000)
    assert x.shape == (20_000, 3, 3)
    shares = np.eye(3)[x.argmax(-1)].mean(0)
    assert np.all(np.abs(shares - [0.2, 0.5, 0.3]) < 0.02)
    assert np.all(np.isfinite(law.log_prob(x).value))


def test_relaxed_gradients_agree_pathwise_and_by_score():
    logits = mg.Data([0.2, -0.5, 0.1], name="logits")
    x = mg.sample(mg.RelaxedOneHotCategorical(0.8, logits=logits), name="X", rng=0)
    y = mg.sum(x * np.array([1.0, -1.0, 2.0]))
    a = mg.expectation(mg.reparameterize(y), 30_000, wrt=logits, rng=1)
    b = mg.expectation(mg.reinforce(y), 30_000, wrt=logits, rng=2)
    error = np.hypot(a.grad_stderr[logits], b.grad_stderr[logits])
    assert np.all(np.abs(a.grad[logits] - b.grad[logits]) < 5 * error)
