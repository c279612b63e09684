"""ARM and DisARM: coins and their antithetic twins."""

import numpy as np
import pytest
from cases import CASES

import minigraph as mg

COINS = [c for c in CASES if c.name.startswith(("REBAR", "DiCE", "binomial"))]
REWRITES = {"arm": mg.arm, "disarm": mg.disarm}


@pytest.mark.parametrize("name", REWRITES)
@pytest.mark.parametrize("c", [c for c in COINS if c.score], ids=lambda c: c.name)
def test_expectation_of_the_gradient_is_the_truth_and_the_value_stays(c, name):
    y, wrt = c.graph()
    z = REWRITES[name](y, rng=1)
    assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()
    estimate = mg.exact(z, wrt)
    for x, g in zip(wrt, c.gradient, strict=True):
        np.testing.assert_allclose(estimate.grad[x], g, rtol=1e-9)


@pytest.mark.parametrize(("t", "theta"), [(0.45, 0.5), (0.499, 0.5), (0.3, 0.2)])
def test_variances_of_one_coin_are_the_closed_forms(t, theta):
    a = mg.Data(np.log(theta / (1 - theta)), name="a")
    y = (mg.sample(mg.Bernoulli(logits=a), name="b", rng=1) - t) ** 2
    gap, low, high = 1 - 2 * t, min(theta, 1 - theta), max(theta, 1 - theta)
    mean = theta * (1 - theta) * gap
    # The coins differ where u < low or u > high; there |u - 1/2| is uniform on (high - 1/2, 1/2).
    square = 2 * low * (0.5**3 - (high - 0.5) ** 3) / 3 / low
    known = {"arm": gap**2 * square - mean**2, "disarm": 2 * low * (gap * high / 2) ** 2 - mean**2}
    for name, variance in known.items():
        found = mg.exact(REWRITES[name](y, rng=1), a).grad_variance[a]
        assert found == pytest.approx(variance, rel=1e-6, abs=1e-15)


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


def test_second_derivative_is_refused_and_not_wrong():
    a = mg.Data(0.3, name="a")
    y = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) * 2.0
    with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
        mg.gradient(mg.gradient(mg.disarm(y), a), a)
