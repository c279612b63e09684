"""ARM and DisARM: coins and their antithetic twins."""

import numpy as np
import pytest

import minigraph as mg

REWRITES = {"arm": mg.arm, "disarm": mg.disarm}


@pytest.mark.parametrize("name", REWRITES)
def test_many_coins_need_one_twin_of_all(name):
    a = mg.Data([0.3, -1.0, 2.0], name="a")
    y = mg.exp(-mg.sum(mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) * a)) + a[0]
    z = REWRITES[name](y, rng=1)
    assert [node.name for node in mg.Graph(z).nodes].count("exp") == 2
    points = 30 if name == "arm" else None
    truth, estimate = mg.exact(y, a), mg.exact(z, a, points=points)
    np.testing.assert_allclose(estimate.grad[a], truth.grad[a], rtol=1e-9)


def test_elements_that_stay_apart_meet_their_own_difference():
    a = mg.Data([0.3, -1.0, 2.0], name="a")
    y = mg.mean((mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) - 0.2) ** 2)
    estimate = mg.exact(mg.disarm(y, rng=1), a)
    np.testing.assert_allclose(estimate.grad[a], mg.exact(y, a).grad[a], rtol=1e-9)
    p = 1 / (1 + np.exp(-a.value))
    low, high = np.minimum(p, 1 - p), np.maximum(p, 1 - p)
    known = 2 * low * (0.6 * high / 2) ** 2 - (0.6 * p * (1 - p)) ** 2
    np.testing.assert_allclose(estimate.grad_variance[a], known / 9, rtol=1e-9)


def test_two_layers_of_coins_and_parameters_given_as_probabilities():
    p = mg.Data([0.3, 0.6], name="p")
    first = mg.sample(mg.Bernoulli(p), name="A", rng=0)
    second = mg.sample(mg.Bernoulli(0.1 + 0.4 * p * first), name="B", rng=1)
    y = mg.sum(second * np.array([1.0, 3.0])) ** 2 + mg.prod(first - p)
    estimate = mg.exact(mg.disarm(y, rng=2), p)
    np.testing.assert_allclose(estimate.grad[p], mg.exact(y, p).grad[p], rtol=1e-9)


def test_disarm_has_less_variance_than_arm_and_than_the_score():
    a = mg.Data([0.3, -1.0], name="a")
    y = mg.sum(mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) + 0.5) ** 2
    score, arm, disarm = (
        mg.exact(z, a, points=60).grad_variance[a]
        for z in (mg.reinforce(y), mg.arm(y, rng=1), mg.disarm(y, rng=1))
    )
    assert np.all(disarm < arm)
    assert np.all(arm < score)


@pytest.mark.parametrize("name", REWRITES)
def test_what_is_no_coin_is_refused_by_name(name):
    y = mg.sample(mg.Poisson(mg.Data(2.0, name="rate")), name="N", rng=0) * 1.0
    with pytest.raises(mg.BlockedGradientError, match="'N' ~ Poisson is not made of coins"):
        REWRITES[name](y)
