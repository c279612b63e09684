"""Baselines of the score function estimator, and scores element by element."""

import numpy as np
import pytest
from cases import CASES, case

import minigraph as mg


def chain():
    """Return a cost of two draws, the second of which depends on the first."""
    mu = mg.Data(0.4, name="μ")
    a = mg.sample(mg.Normal(mu, 1.0), name="A", rng=0)
    b = mg.sample(mg.Normal(a + mu, 0.5), name="B", rng=1)
    return (a + b) ** 2, a, b, mu


def test_baseline_of_nodes_upstream_is_unbiased_and_lowers_the_variance():
    y, a, _, mu = chain()
    mean = (2.0 * a + mu) ** 2 + 0.25  # E[Y | A]
    plain = mg.reinforce(mg.reparameterize(y, "A"), "B")
    a = mg.Graph(plain)["A"]
    mean = (2.0 * a + mu) ** 2 + 0.25
    helped = mg.reinforce(mg.reparameterize(y, "A"), "B", baseline=mean)
    truth = mg.exact(y, mu).grad[mu]
    variances = []
    for z in (plain, helped):
        estimate = mg.exact(z, mu)
        assert z.value == y.value
        assert estimate.grad[mu] == pytest.approx(truth, rel=1e-9)
        variances.append(estimate.grad_variance[mu])
    assert variances[1] < 0.6 * variances[0]


def test_each_draw_can_have_its_own_baseline_and_one_may_depend_on_the_other_draw():
    y, a, _, mu = chain()
    z = mg.reinforce(y, baseline={"B": mg.square(2.0 * a + mu) + 0.25, "A": 2.0})
    plain, helped = mg.exact(mg.reinforce(y), mu), mg.exact(z, mu)
    assert helped.grad[mu] == pytest.approx(mg.exact(y, mu).grad[mu], rel=1e-9)
    assert helped.grad_variance[mu] < 0.5 * plain.grad_variance[mu]


def test_second_derivative_is_right_with_a_baseline_of_nodes_upstream():
    y, a, _, mu = chain()
    z = mg.reinforce(y, baseline={"B": mg.square(2.0 * a + mu)})
    second = mg.exact(mg.gradient(mg.gradient(z, mu), mu)).value
    assert second == pytest.approx(18.0, rel=1e-9)  # E[Y] = (3 μ)² + 4 + 1/4


def test_baseline_that_descends_from_its_own_sample_is_refused_by_name():
    y, a, b, _ = chain()
    with pytest.raises(mg.BlockedGradientError, match="descends from 'B'"):
        mg.reinforce(y, baseline={"B": a + 0.1 * b})
    with pytest.raises(mg.BlockedGradientError, match="descends from 'A'"):
        mg.reinforce(y, baseline=a)


def test_baseline_made_of_the_noise_of_its_own_sample_is_refused():
    y, a, _, _ = chain()
    noise = mg.Graph(mg.reparameterize(a))["ε_A"]
    with pytest.raises(mg.BlockedGradientError, match="descends from 'A'"):
        mg.reinforce(y, baseline=noise)


@pytest.mark.parametrize("value", [-0.0, 0.0, -2.5])
def test_baselines_that_are_data_leave_every_bit_of_the_value(value):
    p = mg.Data(0.3, name="p")
    y = 0.0 * mg.sample(mg.Bernoulli(p), name="X", rng=0) + value
    z = mg.reinforce(y, baseline=mg.Data(-1.5, constant=True))
    assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()


def test_no_gradient_flows_into_a_baseline():
    y, (p,) = case("DiCE, θ=0.3").graph()
    b = mg.Data(0.7, name="b")
    assert mg.gradient(mg.reinforce(y, baseline=b), [p, b])[1].value == 0.0


def test_learned_baseline_is_fitted_alongside_and_reaches_the_conditional_mean():
    mu, w = mg.Data(0.4, name="μ"), mg.Data(np.zeros(3), name="w")
    a = mg.sample(mg.Normal(0.0, 1.0), name="A", rng=0)
    b = mg.sample(mg.Normal(a + mu, 0.5), name="B", rng=1)
    y = (a + b) ** 2
    learned = w[0] + w[1] * a + w[2] * a**2
    loss = (mg.stop_gradient(y) - learned) ** 2
    optimizer = mg.Adam(w, rate=0.1)
    for step in range(300):
        optimizer.step(mg.expectation(loss, 400, wrt=w, rng=step).grad)
    np.testing.assert_allclose(w.value, [0.16 + 0.25, 1.6, 4.0], atol=0.1)
    plain, helped = (mg.reinforce(y, baseline=x) for x in (None, learned))
    variances = [mg.exact(z, mu).grad_variance[mu] for z in (plain, helped)]
    assert variances[1] < 0.4 * variances[0]


def test_running_average_has_seen_only_the_past():
    average = mg.RunningAverage(decay=0.95)
    theta = mg.Data(0.3, name="θ")
    costs = []
    for seed in range(5):
        y = mg.sample(mg.Bernoulli(theta), name="X", rng=seed) * 2.0 + 1.0
        z = mg.reinforce(y, baseline=average)
        assert mg.exact(z, theta).grad[theta] == pytest.approx(2.0, rel=1e-12)
        before = mg.gradient(z, theta).value
        average.update(y)
        assert mg.gradient(z, theta).value == before  # the present cost cannot meet its own score
        costs.append(y.value)
    expected = costs[0]
    for cost in costs[1:]:
        expected = 0.95 * expected + 0.05 * cost
    assert average.baseline.value == pytest.approx(expected, rel=1e-12)


def test_replay_reads_the_running_average_of_now():
    average, theta = mg.RunningAverage(), mg.Data(0.3, name="θ")
    y = mg.sample(mg.Bernoulli(theta), name="X", rng=0) * 2.0 + 1.0
    z = mg.reinforce(y, baseline=average)
    average.update(mg.best_baseline(y, samples=None))
    assert mg.exact(z, theta).grad_variance[theta] == pytest.approx(0.0, abs=1e-12)


def test_running_average_with_an_impossible_decay_or_cost_is_refused():
    with pytest.raises(mg.InputError, match="it is in"):
        mg.RunningAverage(decay=1.0)
    with pytest.raises(mg.UsageError, match=r"got Estimate\(.*; minigraph computes with real"):
        mg.RunningAverage().update(mg.exact(mg.Data(1.0)))
    average = mg.RunningAverage()
    for cost in (np.nan, np.inf, [1.0, np.nan]):
        with pytest.raises(mg.InputError, match=r"the cost is (nan|inf)"):
            average.update(cost)
    assert average.update(2.0) == 2.0


# Element by element ---------------------------------------------------------------------------
def batch(reduce=mg.sum, size=4):
    """Return a cost of a batch of independent coins."""
    p = mg.Data(np.linspace(0.2, 0.7, size), name="p")
    x = mg.sample(mg.Bernoulli(p), name="X", rng=0)
    return reduce((x - 0.3) ** 2 * np.arange(1.0, size + 1)), p


def variance_of_one(p, weight):
    """Return the variance of cost times score for one coin."""
    cost = np.array([0.09, 0.49]) * weight
    score = np.array([-1 / (1 - p), 1 / p])
    chance = np.array([1 - p, p])
    return chance @ (cost * score) ** 2 - (chance @ (cost * score)) ** 2


@pytest.mark.parametrize(("reduce", "scale"), [(mg.sum, 1.0), (mg.mean, 0.25)])
def test_each_element_of_a_batch_carries_its_own_score_alone(reduce, scale):
    y, p = batch(reduce)
    estimate = mg.exact(mg.reinforce(y), p)
    np.testing.assert_allclose(estimate.grad[p], 0.4 * np.arange(1.0, 5.0) * scale, rtol=1e-9)
    known = [variance_of_one(*pair) * scale**2 for pair in zip(p.value, range(1, 5), strict=True)]
    np.testing.assert_allclose(estimate.grad_variance[p], known, rtol=1e-9)


def test_leave_one_out_of_a_batch_compares_each_element_with_itself():
    y, p = batch()
    estimate = mg.exact(mg.reinforce(y, baseline="leave-one-out"), p)
    np.testing.assert_allclose(estimate.grad[p], 0.4 * np.arange(1.0, 5.0), rtol=1e-9)
    assert np.all(estimate.grad_variance[p] < 0.6 * mg.exact(mg.reinforce(y), p).grad_variance[p])


def test_baseline_with_one_number_for_each_element():
    y, p = batch()
    mean = ((1 - p) * 0.49 + p * 0.09) * np.arange(1.0, 5.0)  # the one with no variance left
    estimate = mg.exact(mg.reinforce(y, baseline=mean), p)
    np.testing.assert_allclose(estimate.grad_variance[p], 0.0, atol=1e-12)
    np.testing.assert_allclose(estimate.grad[p], 0.4 * np.arange(1.0, 5.0), rtol=1e-9)
    again = [mg.expectation(mg.reinforce(y, baseline=mean), 10, wrt=p, rng=0) for _ in range(4)]
    z = mg.reinforce(y, baseline=mean)  # what no draw enters is compiled after two runs
    again += [mg.expectation(z, 10, wrt=p, rng=0) for _ in range(4)]
    assert len({e.value for e in again}) == 1


def test_rows_of_a_batch_stay_apart_through_a_layer_and_a_second_draw():
    w = mg.Data(np.array([[0.3, -0.4], [0.2, 0.5]]), name="w")
    x = mg.sample(mg.Bernoulli(mg.sigmoid(mg.Data([[1.0, 0.2], [-0.5, 0.8]]) @ w)), name="X", rng=0)
    h = mg.sample(mg.Bernoulli(mg.sigmoid(x @ w)), name="H", rng=1)
    y = mg.mean(mg.sum(h * np.array([1.0, 3.0]), axis=1) ** 2)
    z = mg.reinforce(y)
    factors = [d for d in mg.Graph(z).data if d.node and d.node.name == "score_factor"]
    assert [d.shape for d in factors] == [(2,)]
    np.testing.assert_allclose(mg.exact(z, w).grad[w], mg.exact(y, w).grad[w], rtol=1e-9)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (2,), (2, 3)], ids=str)
@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.marginalize, mg.disarm])
def test_product_with_many_matrices_meets_the_scores_of_its_own_rows(rewrite, shape):
    logits = mg.Data([[1.0, -1.0], [0.5, 0.0]], name="logits")
    x = mg.sample(mg.Bernoulli(logits=logits), name="X", rng=0)
    y = mg.sum((x @ np.arange(float(np.prod(shape))).reshape(shape)) ** 2)
    found, truth = (mg.exact(z, logits).grad[logits] for z in (rewrite(y), y))
    np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-12)


def test_categorical_look_up_of_a_batch_stays_apart():
    logits = mg.Data(np.array([[0.1, -0.2], [0.5, 0.3], [0.0, 1.0]]), name="logits")
    k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    y = mg.sum(mg.Data([1.0, 4.0], constant=True)[k])
    z = mg.reinforce(y)
    factors = [d for d in mg.Graph(z).data if d.node and d.node.name == "score_factor"]
    assert [d.shape for d in factors] == [(3,)]
    np.testing.assert_allclose(mg.exact(z, logits).grad[logits], mg.exact(y, logits).grad[logits])


@pytest.mark.parametrize("mix", [
    lambda x: mg.sum(mg.cumsum(x * 1.0)), lambda x: mg.sum(x[::-1] * x), lambda x: mg.sum(x) ** 2,
    lambda x: mg.sum(x * mg.mean(x)), lambda x: mg.sum(mg.reshape(x * 1.0, (2, 2)) @ np.eye(2)),
    lambda x: mg.sum((x * 1.0)[:, None] * x), lambda x: mg.sum(mg.sort(x * 1.0)),
    lambda x: mg.max(x * 2.0), lambda x: mg.sum(mg.outer(x * 1.0, x * 1.0) @ np.ones(4)),
])  # fmt: skip
def test_costs_that_mix_elements_keep_the_whole_score(mix):
    p = mg.Data(np.array([0.2, 0.4, 0.5, 0.7]), name="p")
    y = mix(mg.sample(mg.Bernoulli(p), name="X", rng=0))
    for z in (mg.reinforce(y), mg.marginalize(y)):
        np.testing.assert_allclose(mg.exact(z, p).grad[p], mg.exact(y, p).grad[p], rtol=1e-9)


# The best constant --------------------------------------------------------------------------------
BEST = [(c, parameter) for c in CASES for parameter in c.best]


@pytest.mark.parametrize(("c", "parameter"), BEST, ids=[f"{c.name} {p}" for c, p in BEST])
def test_best_constant_baseline_is_the_known_one_exactly_and_estimated(c, parameter):
    y, wrt = c.graph()
    (x,) = [x for x in wrt if x.name == parameter]
    known, variance = c.best[parameter]
    for which in (x, parameter):  # the data, or its name
        found = mg.best_baseline(y, wrt=which, samples=None)
        assert found == pytest.approx(known, rel=1e-9)
    estimated = mg.best_baseline(y, wrt=x, samples=100_000, rng=3)
    assert estimated == pytest.approx(known, rel=0.05)
    z = mg.reinforce(y, baseline=estimated)
    found = mg.exact(z, x)
    assert found.grad_variance[x] == pytest.approx(variance, rel=0.02, abs=1e-3)
    assert found.grad[x] == pytest.approx(c.gradient[wrt.index(x)], rel=1e-9)


def coins_apart(p):
    return mg.sum((mg.sample(mg.Bernoulli(logits=p), rng=0) - 3.0) ** 2)


def coins_that_share(p):
    return sum((mg.sample(mg.Bernoulli(p), rng=seed) - 3.0) ** 2 for seed in (0, 1))


def mean_also_in_the_cost(mu):
    x = mg.sample(mg.Normal(mu, 1.0), rng=0)
    return (x - mu) ** 2 + 3.0 * mu * x


@pytest.mark.parametrize(("cost", "at", "best", "variance"), [
    (coins_apart, [0.3, -0.2, 0.5, 1.0], 6.933475, 0.226),
    (coins_that_share, 0.3, 5.5, 0.0),
    (mean_also_in_the_cost, 1.0, 7.0, 24.0),
])  # fmt: skip
def test_best_baseline_of_several_costs_is_that_of_least_variance(cost, at, best, variance):
    theta = mg.Data(at, name="θ")
    y = cost(theta)
    found = mg.best_baseline(y, samples=None)
    assert found == pytest.approx(best, rel=1e-6)
    reached = mg.exact(mg.reinforce(y, baseline=found), theta).grad_variance[theta]
    assert np.sum(reached) == pytest.approx(variance, abs=1e-3)


def test_best_baseline_is_refused_where_the_score_function_is():
    low = mg.Data(0.0, name="low")
    with pytest.raises(mg.BlockedGradientError, match="misses the edges"):
        mg.best_baseline(mg.sample(mg.Uniform(low, 2.0), name="U", rng=0))
    with pytest.raises(mg.InputError, match="not a single number"):
        mg.best_baseline(coins_apart(low + np.ones(2)) * np.ones(2))


def test_best_baseline_of_what_is_not_blocked_is_refused():
    x = mg.Data(1.0, name="x")
    with pytest.raises(mg.InputError, match="no draw blocks"):
        mg.best_baseline(x * 2.0)


@pytest.mark.parametrize("samples", [None, 1000])
def test_best_baseline_of_costs_that_are_not_finite_says_so(samples):
    mu = mg.Data(1.0, name="μ")
    y = mg.log(mg.sample(mg.Normal(mu, 1.0), rng=0))
    y.name = "Y"
    with pytest.raises(mg.InputError, match=r"E\[S²\] is nan; a cost of 'Y', or .* not finite"):
        mg.best_baseline(y, samples=samples, rng=0)
    with pytest.raises(mg.InputError, match="no score in these parameters"):
        mg.best_baseline(0.0 * y + 1.0, wrt=mg.Data(1.0), samples=samples)


def test_baseline_of_a_draw_in_several_branches_keeps_the_second_derivative():
    """The copies share their noise, so that no copy may meet the score of another."""
    p = mg.Data(0.3, name="p")
    first = mg.sample(mg.Bernoulli(p), name="B", rng=0)
    x = mg.sample(mg.Normal(first + p, 1.0), name="X", rng=1)
    y = mg.marginalize(mg.sin(x) * (first + 1.0), "B")
    with_baseline, plain = (
        mg.exact(mg.gradient(mg.reinforce(y, baseline=b), p), p).grad[p] for b in (5.0, None)
    )
    assert with_baseline == pytest.approx(plain, abs=1e-9)


def two_coins(a):
    """Return a cost of two coins for each logit, the second of which depends on the first."""
    x = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0)
    return mg.sum((x - 3.0 + mg.sample(mg.Bernoulli(logits=a * (x + 0.5)), name="Y", rng=1)) ** 2)


@pytest.mark.parametrize("rewrite", [mg.marginalize, mg.measure_valued, mg.disarm])
@pytest.mark.parametrize("baseline", [5.0, mg.Data([5.0, 5.0], constant=True)])
def test_baseline_of_a_draw_in_several_branches_is_weighted_as_they_are(rewrite, baseline):
    a = mg.Data([0.4, 0.4], name="a")
    y = two_coins(a)
    after = mg.exact(mg.reinforce(rewrite(y, "X", rng=0), "Y", baseline=baseline), a)
    one = mg.Data(0.4, name="one")
    before = mg.exact(rewrite(mg.reinforce(two_coins(one), "Y", baseline=5.0), "X", rng=0), one)
    np.testing.assert_allclose(after.grad[a], before.grad[one], rtol=1e-9)
    np.testing.assert_allclose(after.grad_variance[a], before.grad_variance[one], rtol=1e-9)


@pytest.mark.parametrize("total", [
    lambda x, y, z: -((x - 3.0 + y) ** 2 + z), lambda x, y, z: (x - 3.0 + y) ** 2 + z + x * y,
])  # fmt: skip
def test_baseline_of_a_draw_in_several_branches_is_that_of_the_whole_and_counts_once(total):
    a = mg.Data(0.4, name="a")
    x, z = (mg.sample(mg.Bernoulli(logits=a), name=name, rng=0) for name in "XZ")
    y = total(x, mg.sample(mg.Bernoulli(logits=a * (x + 0.5)), name="Y", rng=1), z)
    after = mg.reinforce(mg.marginalize(y, "X"), baseline={"Y": 5.0})
    before = mg.marginalize(mg.reinforce(y, ["Y", "Z"], baseline={"Y": 5.0}), "X")
    variances = [mg.exact(z, a).grad_variance[a] for z in (after, before)]
    assert variances[0] == pytest.approx(variances[1], rel=1e-9)


@pytest.mark.parametrize("last", [mg.reinforce, mg.marginalize, mg.disarm])
def test_baseline_made_before_other_rewrites_is_made_of_the_draws_as_they_are_now(last):
    w = mg.Data(0.3, name="w")
    x0 = mg.sample(mg.Bernoulli(mg.sigmoid(w)), name="X0", rng=0)
    x1 = mg.sample(mg.Bernoulli(0.2 + 0.5 * x0), name="X1", rng=1)
    x2 = mg.sample(mg.Bernoulli(mg.sigmoid(2.0 * w)), name="X2", rng=2)
    y = x0 * 2.0 + x1 * 3.0 + x2 * x0
    z = mg.reinforce(mg.reinforce(y, "X0"), "X2", baseline=mg.cos(x1 * 1.3))
    z = last(z, "X1")
    p, q = 1 / (1 + np.exp(-0.3)), 1 / (1 + np.exp(-0.6))  # E[y] = 2p + 3 (0.2 + p / 2) + p q
    truth = (3.5 + q) * p * (1 - p) + 2.0 * p * q * (1 - q)
    assert mg.exact(z, w).grad[w] == pytest.approx(truth, rel=1e-12)
    assert np.isfinite(mg.gradient(z, w).value)
