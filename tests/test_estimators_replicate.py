"""Replicates, importance-weighted bounds and VIMCO."""

import math

import numpy as np
import pytest

import minigraph as mg


def model():
    """Return the log-weight of two coins under another law of coins, and the parameters."""
    phi, theta = mg.Data([0.2, -0.5], name="φ"), mg.Data(0.6, name="θ")
    q = mg.Bernoulli(logits=phi)
    h = mg.sample(q, name="h", rng=0)
    p = mg.Bernoulli(logits=theta * np.array([1.0, -1.0]))
    likelihood = mg.Normal(mg.sum(h * np.array([1.0, 2.0])) * theta, 1.0).log_prob(1.3)
    return mg.sum(p.log_prob(h)) + likelihood - mg.sum(q.log_prob(h)), phi, theta


def evidence(theta):
    """Return log p(x), summed over the coins."""
    total = 0.0
    for a in (0, 1):
        for b in (0, 1):
            p = 1 / (1 + np.exp(-theta * np.array([1.0, -1.0])))
            chance = np.prod(np.where([a, b], p, 1 - p))
            total += chance * np.exp(-0.5 * (1.3 - (a + 2 * b) * theta) ** 2) / np.sqrt(2 * np.pi)
    return math.log(total)


def test_replicates_are_independent_and_the_first_is_the_sample_itself():
    x = mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X", rng=0)
    several = mg.replicate(x**2, 4, rng=1)
    assert several.shape == (4,)
    assert several.value[0] == (x**2).value
    estimate = mg.expectation(several[:, None] * several, 50_000, rng=2)
    known = np.full((4, 4), 1.25**2) + np.eye(4) * (4 * 0.25 + 2)
    assert np.all(np.abs(estimate.value - known) < 5 * estimate.stderr)


def test_draws_above_the_replicated_ones_are_shared():
    top = mg.sample(mg.Normal(0.0, 1.0), name="top", rng=0)
    low = mg.sample(mg.Normal(top, 1.0), name="low", rng=1)
    several = mg.replicate(low, 2, "low", rng=2)
    names = [node.output.name for node in mg.Graph(several).stochastic]
    assert names == ["top", "low", "low[1]"]
    assert mg.exact(several[0] * several[1], points=40).value == pytest.approx(1.0, rel=1e-9)


def test_bound_rises_with_the_replicates_and_stays_below_the_evidence():
    log_weight, _, theta = model()
    bounds = [mg.exact(mg.importance_bound(log_weight, k, rng=1)).value for k in (1, 2, 4, 7)]
    assert bounds == sorted(bounds)
    assert bounds[-1] < evidence(theta.value) < bounds[-1] + 0.05


@pytest.mark.parametrize("k", [1, 2, 4])
def test_vimco_is_unbiased_and_leaves_the_value(k):
    log_weight, phi, theta = model()
    y = mg.importance_bound(log_weight, k, rng=1)
    z = mg.vimco(y)
    assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()
    truth, estimate = mg.exact(y, [phi, theta]), mg.exact(z, [phi, theta])
    for x in (phi, theta):
        np.testing.assert_allclose(estimate.grad[x], truth.grad[x], rtol=1e-9)


def test_monte_carlo_agrees_with_the_exact_bias_and_variance_of_vimco():
    """Five standard errors: one false alarm in 1.7 million numbers."""
    log_weight, phi, theta = model()
    z, n = mg.vimco(mg.importance_bound(log_weight, 3, rng=1)), 50_000
    exact, sampled = mg.exact(z, [phi, theta]), mg.expectation(z, n, wrt=[phi, theta], rng=4)
    for x in (phi, theta):
        error = sampled.grad_stderr[x]
        assert np.all(np.abs(sampled.grad[x] - exact.grad[x]) < 5 * error)
        np.testing.assert_allclose(error, np.sqrt(exact.grad_variance[x] / n), rtol=0.05)


def test_vimco_has_less_variance_than_the_score_of_the_bound():
    log_weight, phi, _ = model()
    y = mg.importance_bound(log_weight, 3, rng=1)
    plain, helped = mg.exact(mg.reinforce(y), phi), mg.exact(mg.vimco(y), phi)
    assert np.all(helped.grad_variance[phi] < 0.4 * plain.grad_variance[phi])


def test_vimco_of_a_mean_is_leave_one_out_with_its_closed_form_variance():
    p, k = mg.Data(0.3, name="p"), 3
    y = mg.mean(mg.replicate(5.0 * mg.sample(mg.Bernoulli(p), name="X", rng=0), k, rng=1))
    estimate = mg.exact(mg.vimco(y), p)
    assert estimate.grad[p] == pytest.approx(5.0, rel=1e-12)
    # g = 5 · Σ (x - p)² / ((k - 1) p q): the sample variance, over p q
    q = 0.7
    fourth = 0.3 * q * (1 - 3 * 0.3 * q)
    variance = (fourth - (k - 3) / (k - 1) * (0.3 * q) ** 2) / k
    assert estimate.grad_variance[p] == pytest.approx(25 * variance / (0.3 * q) ** 2, rel=1e-9)


def test_bound_of_a_continuous_latent_is_reparameterized():
    m = mg.Data(0.3, name="m")
    q = mg.Normal(m, 1.0)
    h = mg.sample(q, name="h", rng=0)
    log_weight = mg.Normal(0.0, 1.0).log_prob(h) + mg.Normal(h, 1.0).log_prob(0.8) - q.log_prob(h)
    y = mg.importance_bound(log_weight, 2, rng=1)
    pathwise, scored = mg.reparameterize(y), mg.vimco(y)
    step = 1e-4
    values = []
    for value in (0.3 + step, 0.3 - step):
        m.value = value
        values.append(mg.exact(pathwise).value)
    m.value = 0.3
    slope = (values[0] - values[1]) / (2 * step)
    for z in (pathwise, scored):
        assert mg.exact(z, m).grad[m] == pytest.approx(slope, rel=1e-6)


def beside(h, q):
    """Return what depends on a draw of the first replicate, and not through the replicates."""
    later = mg.sample(mg.Bernoulli(0.2 + 0.5 * h), name="later", rng=3)
    return {"added": 3.0 * h, "multiplied": 1.0 + h * q, "stopped": mg.stop_gradient(h * 2.0),
            "a draw that depends on it": later * 2.0}  # fmt: skip


@pytest.mark.parametrize("name", beside(mg.Data(1.0), mg.Data(1.0)))
@pytest.mark.parametrize("k", [1, 2, 3])
def test_vimco_is_right_where_a_draw_is_also_used_beside_the_replicates(name, k):
    q = mg.Data(0.4, name="q")
    h = mg.sample(mg.Bernoulli(q), name="h", rng=0)
    log_weight = mg.Bernoulli(0.7).log_prob(h) - mg.Bernoulli(q).log_prob(h)
    other = beside(h, q)[name]
    y = mg.importance_bound(log_weight, k, rng=1) * other + other
    z = mg.vimco(y)
    assert z.value == y.value
    assert mg.exact(z, q).grad[q] == pytest.approx(mg.exact(y, q).grad[q], rel=1e-9)


def test_vimco_without_replicates_is_refused():
    y = mg.sample(mg.Bernoulli(mg.Data(0.3, name="p")), name="X", rng=0) * 1.0
    with pytest.raises(mg.InputError, match=r"0 sets of replicates .* make y from mg\.replicate"):
        mg.vimco(y)


def test_vimco_after_a_rewrite_that_copies_the_replicates_says_to_come_first():
    q = mg.Data(0.4, name="q")
    shared = mg.sample(mg.Bernoulli(q), name="X", rng=0)
    low = mg.sample(mg.Bernoulli(q * (shared + 0.5)), name="h", rng=1)
    several = mg.replicate(low * 1.0, 2, "h", rng=2)
    with pytest.raises(mg.InputError, match=r"call mg\.vimco before rewrites that copy"):
        mg.vimco(mg.marginalize(mg.logsumexp(several), "X"))


def test_vimco_of_a_sum_of_bounds_says_to_take_each():
    log_weight, phi, _ = model()
    bounds = [mg.importance_bound(c * log_weight, 2, rng=1) for c in (1.0, 0.5)]
    with pytest.raises(mg.InputError, match=r"2 sets .* add up mg\.vimco of each"):
        mg.vimco(sum(bounds))
    found = mg.exact(mg.vimco(bounds[0]) + mg.vimco(bounds[1]), phi).grad[phi]
    np.testing.assert_allclose(found, mg.exact(sum(bounds), phi).grad[phi], rtol=1e-9)


def test_draws_that_replicates_share_are_left_blocking():
    p = mg.Data(0.3, name="p")
    top = mg.sample(mg.Bernoulli(p), name="top", rng=0)
    low = mg.sample(mg.Bernoulli(0.2 + 0.5 * p * top), name="low", rng=1)
    y = mg.mean(mg.replicate(low * 2.0 + top, 2, "low", rng=2)) ** 2
    z = mg.vimco(y)
    with pytest.raises(mg.BlockedGradientError, match="top ~ Bernoulli"):
        mg.gradient(z, p)
    both = mg.exact(mg.reinforce(z, "top"), p)
    assert both.grad[p] == pytest.approx(mg.exact(y, p).grad[p], rel=1e-9)


def test_vimco_finds_the_replicates_also_after_another_rewrite_of_their_mean():
    p = mg.Data(0.3, name="p")
    top = mg.sample(mg.Bernoulli(p), name="top", rng=0)
    low = mg.sample(mg.Bernoulli(0.2 + 0.5 * p * top), name="low", rng=1)
    y = mg.mean(mg.replicate(low * 2.0 + top, 2, "low", rng=2))
    z = mg.reinforce(mg.vimco(mg.reinforce(y, "low")), "top")
    assert mg.exact(z, p).grad[p] == pytest.approx(mg.exact(y, p).grad[p], rel=1e-9)


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "2"])
def test_number_of_replicates_that_is_none_is_refused(k):
    with pytest.raises(mg.InputError, match=r"^replicate of .*: k must be a whole number"):
        mg.replicate(model()[0], k)


def test_whole_floats_are_numbers_of_replicates():
    assert mg.replicate(model()[0], 2.0).shape == (2,)


def test_second_derivative_is_refused_and_not_wrong():
    log_weight, phi, _ = model()
    z = mg.vimco(mg.importance_bound(log_weight, 2, rng=1))
    slope = mg.sum(mg.gradient(z, phi))
    with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
        mg.gradient(slope, phi)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_others_of_replicates_that_are_whole_numbers_have_a_mean(dtype):
    q = mg.Data(0.4, name="q")
    h = mg.sample(mg.Bernoulli(q), name="h", rng=0)
    whole, floats = (mg.replicate(mg.astype(h, kind), 3, rng=1) for kind in (dtype, float))
    found = [mg.exact(mg.vimco(mg.mean(x)), q).grad_variance[q] for x in (whole, floats)]
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_others_are_rounded_where_they_are_an_index():
    q = mg.Data(0.4, name="q")
    several = mg.replicate(mg.sample(mg.Bernoulli(q), name="h", rng=0), 3, rng=1)
    y = mg.sum(mg.Data([2.0, -1.0], constant=True)[several] * [1.0, 2.0, 3.0]) ** 2
    found, truth = mg.exact(mg.vimco(y), q).grad[q], mg.exact(y, q).grad[q]
    assert found == pytest.approx(truth, rel=1e-12)


def test_what_others_say_of_a_replicate_does_not_depend_on_it_even_by_rounding():
    q = mg.Data(0.4, name="q")
    h = mg.sample(mg.Bernoulli(q), name="h", rng=0)
    a, b = mg.replicate(mg.where(h > 0, 0.7, 0.1), 2, rng=1)
    y = mg.where(a > b, 1.0, 0.0)  # (0.7 + 0.1) - 0.7 is less than 0.1
    assert mg.exact(mg.vimco(y), q).grad[q] == pytest.approx(1.0 - 2.0 * 0.4, rel=1e-12)


def test_replicate_of_weight_zero_leaves_the_others_what_they_are():
    p = mg.Data(0.5, name="p")
    h = mg.sample(mg.Bernoulli(p), name="h", rng=0)
    y = mg.mean(mg.exp(mg.replicate(mg.where(h > 0, 0.0, -np.inf), 3, rng=1)))
    found = mg.exact(mg.vimco(y), p)
    assert found.grad[p] == pytest.approx(1.0, rel=1e-12)
    assert found.grad_variance[p] < mg.exact(mg.reinforce(y), p).grad_variance[p]
