"""Sum and sample, and sets drawn without replacement."""

import functools

import numpy as np
import pytest

import minigraph as mg

BASELINE = functools.partial(mg.unordered_set, baseline=True)


def table(one_hot=False):
    """Return a cost of one of five outcomes that also depends on the parameter."""
    logits = mg.Data([0.1, -0.7, 0.4, 1.2, -2.0], name="logits")
    costs = np.array([1.0, 4.0, -2.0, 0.5, 3.0])
    if one_hot:
        k = mg.sample(mg.OneHotCategorical(logits=logits), name="k", rng=0)
        return mg.sum(k * costs) ** 2 * logits[0], logits
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    return (mg.Data(costs, constant=True) * logits)[k], logits


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("rewrite", [mg.sum_and_sample, mg.unordered_set])
def test_any_size_is_unbiased_also_where_the_cost_has_parameters(rewrite, size, one_hot):
    y, logits = table(one_hot)
    estimate = mg.exact(rewrite(y, size=size, rng=1), logits)
    np.testing.assert_allclose(
        estimate.grad[logits], mg.exact(y, logits).grad[logits], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("rewrite", [mg.sum_and_sample, mg.unordered_set])
def test_looking_at_more_outcomes_lowers_the_variance(rewrite):
    logits = mg.Data([0.1, -0.7, 0.4, 1.2, -2.0], name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    y = mg.Data([1.0, 4.0, -2.0, 0.5, 3.0], constant=True)[k]
    ways = [mg.reinforce(y), *[rewrite(y, size=n, rng=1) for n in (1, 2, 3, 4)]]
    totals = [np.sum(mg.exact(z, logits).grad_variance[logits]) for z in ways]
    assert np.all(np.diff(totals) < 1e-9)
    assert totals[-1] < 0.2 * totals[0]


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_set_with_a_baseline_is_unbiased_also_where_the_cost_has_parameters(size, one_hot):
    y, logits = table(one_hot)
    found, truth = mg.exact(BASELINE(y, size=size, rng=1), logits), mg.exact(y, logits)
    np.testing.assert_allclose(found.grad[logits], truth.grad[logits], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [2, 3])
def test_set_with_a_baseline_varies_less(size):
    logits = mg.Data([2.0, 0.0, 0.5, -1.0], name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    y = mg.Data([3.0, 5.0, 1.0, 2.0], constant=True)[k]
    plain, helped = (
        np.sum(mg.exact(f(y, size=size, rng=1), logits).grad_variance[logits])
        for f in (mg.unordered_set, BASELINE)
    )
    assert helped < 0.6 * plain


def test_set_of_two_with_a_baseline_has_the_variance_of_its_formula():
    """Of {a, b} every gradient is ∇p_a R_a (f_a - b_a) + …, b_a = p_a f_a + (1 - p_a) f_b."""
    f, p = np.array([1.0, 4.0, -2.0]), np.array([0.2, 0.5, 0.3])
    logits = mg.Data(np.log(p), name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    found = mg.exact(BASELINE(mg.Data(f, constant=True)[k], rng=1), logits)
    slopes, chances = [], []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        chance = p[a] * p[b] * (1 / (1 - p[a]) + 1 / (1 - p[b]))
        gain = f[a] - f[b]
        terms = [(a, b, gain), (b, a, -gain)]
        slopes.append(sum(p[i] * (np.eye(3)[i] - p) * p[j] / (1 - p[i]) / chance * (1 - p[i]) * g
                          for i, j, g in terms))  # fmt: skip
        chances.append(chance)
    mean = np.array(chances) @ slopes
    variance = np.array(chances) @ np.square(slopes) - mean**2
    np.testing.assert_allclose(found.grad[logits], mean, rtol=1e-9)
    np.testing.assert_allclose(found.grad_variance[logits], variance, rtol=1e-9)


def test_set_of_one_has_no_baseline():
    with pytest.raises(mg.InputError, match="size=1 has no others"):
        BASELINE(table()[0], size=1)


def test_set_of_one_is_the_score_and_set_of_all_has_no_variance():
    logits = mg.Data([0.1, -0.7, 0.4], name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    y = mg.Data([1.0, 4.0, -2.0], constant=True)[k]
    score = mg.exact(mg.reinforce(y), logits).grad_variance[logits]
    one, three = (mg.exact(mg.unordered_set(y, size=n, rng=1), logits) for n in (1, 3))
    np.testing.assert_allclose(one.grad_variance[logits], score, rtol=1e-9)
    np.testing.assert_allclose(three.grad_variance[logits], 0.0, atol=1e-12)


def test_other_draws_are_rewritten_in_any_order():
    t = mg.Data(0.7, name="t")
    a = mg.sample(mg.Bernoulli(logits=t), name="A", rng=0)
    k = mg.sample(mg.Categorical(logits=t * (1 + a) * np.array([1.0, 0.0, -0.5])), name="k", rng=1)
    b = mg.sample(mg.Bernoulli(logits=t * k), name="B", rng=2)
    y = (b + 0.5 * a) * (1 + k) * t
    truth = mg.exact(y, t).grad[t]
    others = {"A": mg.reinforce, "B": mg.marginalize}
    for rewrite in (mg.sum_and_sample, mg.unordered_set):
        for order in (["A", "k", "B"], ["k", "A", "B"], ["B", "k", "A"]):
            z = y
            for name in order:
                z = others.get(name, lambda y, x, r=rewrite: r(y, x, rng=3))(z, name)
            assert mg.exact(z, t).grad[t] == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("rewrite", [mg.sum_and_sample, mg.unordered_set])
def test_draw_of_several_is_refused_by_name(rewrite):
    x = mg.sample(mg.Bernoulli(mg.Data([0.3, 0.4], name="p")), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="'X' ~ Bernoulli is made of 2 draws"):
        rewrite(mg.sum(x) * 1.0)


@pytest.mark.parametrize("rewrite", [mg.sum_and_sample, mg.unordered_set])
def test_draw_without_finite_outcomes_is_refused_by_name(rewrite):
    x = mg.sample(mg.Normal(mg.Data(0.3, name="m"), 1.0), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="'X' ~ Normal has no finite outcomes"):
        rewrite(x * 1.0)


@pytest.mark.parametrize("baseline", [False, True])
def test_outcomes_with_several_axes_are_told_apart(baseline):
    p = mg.Data([[0.2, 0.6], [0.7, 0.4]], name="p")
    y = mg.sum(1.0 * mg.sample(mg.Independent(mg.Bernoulli(p), 2), name="X", rng=0))
    found = mg.exact(mg.unordered_set(y, size=2, baseline=baseline, rng=1), p).grad[p]
    np.testing.assert_allclose(found, np.ones((2, 2)))  # the mean is the sum of p
