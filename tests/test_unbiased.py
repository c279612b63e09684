"""check_unbiased: passes what is unbiased, and catches the biased estimators that people wrote."""

import numpy as np
import pytest
from cases import SCORED, case

import minigraph as mg
from minigraph.ops.base import Operation


def half_open():
    loc, scale = mg.Data(0.5, name="μ"), mg.Data(1.2, name="σ")
    return loc, (mg.sample(mg.Normal(loc, scale), name="X", rng=0) - 3.0) ** 2 * scale


def many_coins(n=24):
    """Return Y and p: too many outcomes to enumerate."""
    p = mg.Data(0.4, name="p")
    coins = mg.sample(mg.Bernoulli(p * np.ones(n)), name="coins", rng=0)
    return mg.sum(coins) ** 2 / n, p


def across(name, run):
    """Return an operation that looks at the costs of all samples of a block, as a baseline."""
    run.across_samples = True
    return Operation(
        name, lambda cost: 0.0 * cost, None, along=lambda call: run, numpy=(), barrier="stop"
    )


mean_of_all = across(  # the 1/N mistake: its own cost is one of the N
    "mean of all", lambda costs, weights=None: np.broadcast_to(costs.mean(axis=0), costs.shape)
)


def with_baseline(y, baseline_of, name="X"):
    """Return `y` with the score function, and a baseline that may know what it must not."""
    z = mg.reinforce(y)
    graph = mg.Graph(z)
    law = graph[name].node.distribution
    inputs = [x.node.inputs[0] if x.node else x for x in law.inputs]  # behind stop_gradient
    score = law.with_inputs(inputs).log_prob(graph[name])
    score = mg.sum(score) if score.shape else score
    return z - mg.stop_gradient(baseline_of(y)) * (score - mg.stop_gradient(score))


# Unbiased -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("c", SCORED, ids=lambda c: c.name)
@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.unblock])
def test_unbiased_estimators_pass_exactly(c, rewrite):
    y, wrt = c.graph()
    assert mg.check_unbiased(rewrite(y), wrt, of=y).exact


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.reparameterize, mg.unblock])
def test_what_was_rewritten_need_not_be_known(rewrite):
    loc, y = half_open()
    z = rewrite(y)
    assert mg.check_unbiased(z).exact
    z.backward()  # and the graph is left as it was
    assert loc.value == 0.5


def test_leave_one_out_passes_with_as_few_as_two_samples():
    y, wrt = case("gaussian square, d=1.0, σ=1.0").graph()
    verdict = mg.check_unbiased(mg.reinforce(y, baseline="leave-one-out"), wrt, of=y)
    assert verdict.exact
    assert 50**2 < verdict.samples < 64**2  # pairs of points


@pytest.mark.parametrize("cost", [lambda x: abs(x - 0.3), lambda x: mg.where(x > 0.5, 1.0, 0.0)])
def test_leave_one_out_of_a_cost_too_rough_for_the_pairs_is_left_to_the_z_test(cost):
    loc = mg.Data(0.7, name="μ")
    y = cost(mg.sample(mg.Normal(loc, 1.0), name="X", rng=0))
    z = mg.reinforce(y, baseline="leave-one-out")
    assert not mg.check_unbiased(z, loc, of=y, samples=1000).exact


def test_beyond_enumeration_a_z_test_states_its_rates():
    y, p = many_coins()
    verdict = mg.check_unbiased(mg.reinforce(y), p, of=y, detect=0.1)
    assert not verdict.exact
    assert verdict.samples > 4096
    slope = 1 + 2 * 23 * 0.4  # of E[S²]/24 = p (1 - p) + 24 p²
    assert verdict.detectable[p] < 1.05 * 0.1 * slope
    assert "false alarm 0.0001; power 0.99" in repr(verdict)


def test_false_alarms_come_at_the_stated_rate():
    y, p = many_coins()
    z, alarms = mg.reinforce(y), 0
    for seed in range(200):
        try:
            mg.check_unbiased(z, p, of=y, samples=200, false_alarm=0.2, rng=seed)
        except mg.GradientError:
            alarms += 1
    assert 23 < alarms < 57  # 40 expected, within three standard errors of a count


def test_power_is_at_least_as_stated():
    y, p = many_coins()
    settings = {"of": y, "samples": 400, "false_alarm": 0.01, "power": 0.9}
    size = float(mg.check_unbiased(mg.reinforce(y), p, **settings).detectable[p])
    shifted = mg.reinforce(y) + 1.1 * size * (p - mg.stop_gradient(p))
    caught = 0
    for seed in range(60):
        try:
            mg.check_unbiased(shifted, p, rng=seed, **settings)
        except mg.GradientError:
            caught += 1
    assert caught > 46  # 54 expected, at most three standard errors of a count below


# Biased -------------------------------------------------------------------------------------------
def test_running_average_that_contains_the_present_cost_is_caught():
    y, wrt = case("gaussian square, d=1.0, σ=1.0").graph()
    past = 1.7
    honest = with_baseline(y, lambda cost: 0.95 * past + 0.0 * cost)
    assert mg.check_unbiased(honest, wrt, of=y).exact
    with pytest.raises(mg.GradientError, match=r"'μ' is 1\.9, .* slope 2 "):
        mg.check_unbiased(with_baseline(y, lambda cost: 0.95 * past + 0.05 * cost), wrt, of=y)


def test_running_average_that_contains_the_present_cost_is_caught_by_sampling():
    y, p = many_coins()
    biased = with_baseline(y, lambda cost: 0.95 * 4.0 + 0.05 * cost, "coins")
    honest = with_baseline(y, lambda cost: 0.95 * 4.0 + 0.0 * cost, "coins")
    assert not mg.check_unbiased(honest, p, of=y).exact
    with pytest.raises(mg.GradientError, match="z-test on"):
        mg.check_unbiased(biased, p, of=y)


@pytest.mark.parametrize("name", ["gaussian square, d=1.0, σ=1.0", "categorical table"])
def test_baseline_that_counts_its_own_sample_among_n_is_caught(name):
    y, wrt = case(name).graph()
    draw = "X" if name.startswith("g") else "k"
    biased = with_baseline(y, mean_of_all, draw)
    with pytest.raises(mg.GradientError, match="by exact sums"):
        mg.check_unbiased(biased, wrt, of=y)


def test_baseline_that_counts_its_own_sample_is_caught_by_sampling():
    y, p = many_coins()
    with pytest.raises(mg.GradientError, match="z-test on"):
        mg.check_unbiased(with_baseline(y, mean_of_all, "coins"), p, of=y)


def test_detached_sample_is_caught():
    y, wrt = case("gaussian square, d=1.0, σ=1.0").graph()
    x = mg.stop_gradient(mg.reparameterize(mg.Graph(y)["X"]))
    detached = x**2 + 0.0 * wrt[0]
    with pytest.raises(mg.GradientError, match=r"'μ' is 0, but .* slope 2"):
        mg.check_unbiased(detached, wrt, of=y)
    with pytest.raises(mg.GradientError, match="slope 2"):
        mg.check_unbiased(detached, wrt)


def test_score_on_a_sample_that_is_also_differentiated_through_is_caught():
    mu, sigma = mg.Data(1.0, name="μ"), mg.Data(1.0, name="σ")
    y = mg.sample(mg.Normal(mu, sigma), name="X", rng=0) ** 2
    z = mg.reparameterize(y)
    log_prob = mg.Normal(mu, sigma).log_prob(mg.stop_gradient(mg.Graph(z)["X"]))
    both = z + mg.stop_gradient(z) * (log_prob - mg.stop_gradient(log_prob))
    with pytest.raises(mg.GradientError, match="'μ' is 4"):
        mg.check_unbiased(both, of=y)


def test_small_wrong_term_is_found():
    loc, y = half_open()
    with pytest.raises(mg.GradientError, match=r"'μ' is -5\.99.* slope -6 "):
        mg.check_unbiased(mg.reinforce(y) + 0.01 * (loc - mg.stop_gradient(loc)), of=y)


def test_wrong_element_is_named():
    y, wrt = case("categorical table").graph()
    z = mg.reinforce(y) + 0.1 * (wrt[0][2] - mg.stop_gradient(wrt[0][2]))
    with pytest.raises(mg.GradientError, match=r"'logits', element \[2\],"):
        mg.check_unbiased(z, wrt, of=y)


@pytest.mark.parametrize("samples", [1, 2, 99])
def test_few_samples_are_refused_before_they_accuse(samples):
    y, p = many_coins()
    with pytest.raises(mg.InputError, match=r"check_unbiased: samples .* at least 100; got"):
        mg.check_unbiased(mg.reinforce(y), p, of=y, samples=samples)
    assert mg.check_unbiased(mg.reinforce(y), p, of=y, samples=100).samples == 100


def test_changed_value_is_found():
    _, y = half_open()
    with pytest.raises(mg.GradientError, match="the estimator gave the value"):
        mg.check_unbiased(2.0 * y, of=y)


def test_function_in_the_place_of_a_graph_is_refused_with_the_call():
    with pytest.raises(mg.UsageError, match="of=y"):
        mg.check_unbiased(mg.reinforce, half_open()[1])
    with pytest.raises(mg.UsageError, match="got float"):
        mg.check_unbiased(half_open()[1], of=3.0)


@pytest.mark.parametrize("judge", [mg.check_unbiased, mg.assess])
def test_graph_that_python_looked_at_is_refused_as_such(judge):
    coin = mg.sample(mg.Bernoulli(mg.Data(0.4, name="p")), name="C", rng=0)
    with pytest.raises(mg.InputError, match="'C': Python looked at this sample"):
        judge(coin * 2.0 if coin else coin * 3.0)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("power", 1.0), ("false_alarm", "a"), ("rtol", -1.0), ("atol", np.nan), ("detect", 0.0),
     ("limit", 0)],
)  # fmt: skip
def test_options_of_a_check_are_checked_before_anything_is_accused(name, wrong):
    with pytest.raises(mg.InputError, match=rf"^check_unbiased: {name} must be .*; got {wrong!r}"):
        mg.check_unbiased(mg.reinforce(half_open()[1]), **{name: wrong})
