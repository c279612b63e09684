"""Gradients of functions with branches: what an ``if`` hides is scored, or refused by name."""

import math

import numpy as np
import pytest

import minigraph as mg

THETA = mg.Data(0.3, name="θ")


def grad_of(f, samples=4000):
    """Return the slope in θ of a traced function, and its standard error."""
    estimate = mg.expectation(f, samples, wrt=THETA, rng=0)
    return estimate.grad[THETA], estimate.grad_stderr[THETA]


def drawn():
    return mg.sample(mg.Normal(THETA, 1.0), name="X")


def density(x):
    return math.exp(-0.5 * (x - THETA.value) ** 2) / math.sqrt(2 * math.pi)


def shifted(rewrite):
    """Return x where x > 0 and x + 5 elsewhere: its average is θ + 5·P(X < 0)."""

    def f():
        x = drawn()
        return rewrite(x if x > 0 else x + 5.0)

    return f


def coin(rewrite):
    """Return a cost that holds no draw at all: only the branch knows it."""

    def f():
        k = mg.sample(mg.Bernoulli(THETA), name="K")
        return rewrite(mg.Data(1.0) if k else mg.Data(5.0))

    return f


def waiting(rewrite):
    """Return how often a coin fails before it shows 1: the average is 1/θ - 1."""

    def f():
        n = 0
        while not mg.sample(mg.Bernoulli(THETA), name="K"):
            n += 1
        return rewrite(mg.Data(float(n)))

    return f


def two(rewrite):
    """Return θx or x², as a coin says whose probability depends on x."""

    def f():
        x = drawn()
        k = mg.sample(mg.Bernoulli(mg.sigmoid(x)), name="K")
        return rewrite(THETA * x if k else x * x)

    return f


def slope_of_two():
    x = np.linspace(-9.0, 9.0, 20_001)
    p, weight = 1.0 / (1.0 + np.exp(-x)), np.array([density(t) for t in x])
    cost = p * THETA.value * x + (1.0 - p) * x * x
    return np.trapezoid((cost * (x - THETA.value) + p * x) * weight, x)


def lengths(rewrite):
    """Return X₁ + X₂, times how many of them are positive."""

    def f():
        x = mg.sample(mg.Normal(THETA + np.zeros(2), 1.0), name="X")
        return rewrite(mg.sum(x) * len(x[x > 0]))

    return f


def slope_of_lengths():
    """Return the slope of 2 E[(X₁ + X₂)·[X₁ > 0]] = 4 θ Φ(θ) + 2 φ(θ)."""
    below = 0.5 + 0.5 * math.erf(THETA.value / math.sqrt(2.0))
    return 4.0 * below + 2.0 * THETA.value * density(0.0)


CASES = {
    "a sum": (shifted, 1.0 - 5.0 * density(0.0)),
    "no draw in the cost": (coin, -4.0),
    "a stopping time": (waiting, -1.0 / 0.09),
    "two draws": (two, slope_of_two()),
    "a length": (lengths, slope_of_lengths()),
}


@pytest.mark.parametrize("rewrite", [
    mg.reinforce, mg.unblock, lambda y: mg.reinforce(y, baseline=2.0),
], ids=["reinforce", "unblock", "baseline"])  # fmt: skip
@pytest.mark.parametrize("name", CASES)
def test_branches_are_scored(name, rewrite):
    function, truth = CASES[name]
    found, error = grad_of(function(rewrite), 3000 if function is waiting else 1000)
    assert abs(found - truth) < 5 * error  # fails once in a million
    assert error < 0.1 * max(1.0, abs(truth))


@pytest.mark.parametrize("name", CASES)
def test_branches_that_nobody_scored_are_refused(name):
    with pytest.raises(mg.BlockedGradientError, match=r"looked at '[XK]'.*mg\.reinforce"):
        grad_of(CASES[name][0](lambda y: y), 200)


@pytest.mark.parametrize("length", [
    len, np.size, lambda x: np.shape(x * 2.0)[0], lambda x: sum(1.0 for _ in x),
    lambda x: len(mg.unique(x)), lambda x: len(np.flatnonzero(x)),
])  # fmt: skip
def test_graph_of_a_length_that_hangs_on_samples_is_not_replayed(length):
    x = mg.sample(mg.Normal(THETA + np.zeros(4), 1.0), name="X", rng=0)
    with pytest.raises(mg.InputError, match="looked at this sample"):
        mg.expectation(mg.sum(x) * length(x[x > 0.0]), 10)


def test_lengths_that_hang_on_no_sample_are_free():
    x = mg.sample(mg.Normal(THETA + np.zeros(4), 1.0), name="X", rng=0)
    few = np.array([True, False, True, False])
    y = sum(v * len(x) for v in x[:2]) + mg.sum(x[few]) * len(x[few]) + len(mg.unique(few))
    estimate = mg.expectation(mg.reparameterize(y), 10, wrt=THETA, rng=0)
    assert estimate.grad[THETA] == 8.0 + 4.0


def test_lengths_of_what_a_masked_sum_went_into_are_free():
    x = mg.sample(mg.Normal(THETA + np.zeros(4), 1.0), name="X", rng=0)
    three = np.ones(3) * mg.sum(x[mg.isfinite(x)])
    first, *_ = three
    found = mg.expectation(first + sum(three) / len(mg.exp(three)), 50, rng=0)
    assert found.value == pytest.approx(2.0 * mg.expectation(mg.sum(x), 50, rng=0).value)


def test_score_taken_before_the_branch_does_not_count():
    def f():
        x = drawn()
        z = mg.reinforce(x * x)
        return z if x > 0 else z + 1.0

    with pytest.raises(mg.BlockedGradientError, match="called after the branch"):
        grad_of(f, 10)


def test_reparameterized_draw_that_decides_a_branch_is_refused():
    with pytest.raises(mg.BlockedGradientError, match=r"'X' in an if.*may jump"):
        grad_of(shifted(mg.reparameterize), 10)

    def f():
        x = mg.reparameterize(drawn())
        return mg.Data(1.0) if x > 0 else mg.Data(0.0)

    with pytest.raises(mg.BlockedGradientError, match="along an open path"):
        grad_of(f, 10)


def test_branch_that_moves_with_a_threshold_is_refused():
    def f():
        return mg.Data(1.0) if mg.sample(mg.Normal(0.0, 1.0)) > THETA else mg.Data(0.0)

    with pytest.raises(mg.BlockedGradientError, match="along an open path"):
        grad_of(f, 10)


def test_branches_that_do_not_move_are_free():
    def continuous():
        x = drawn()
        return mg.reparameterize(x * x if x > 0 else 0.0 * x, continuous=True)

    def other():
        k = mg.sample(mg.Bernoulli(0.5), name="K")
        return 2.0 * THETA if k and THETA > 0 else THETA * 1.0

    x = np.linspace(0.0, 9.0, 20_001)
    truth = np.trapezoid(2.0 * x * [density(t) for t in x], x)
    for f, expected in ((continuous, truth), (other, 1.5)):
        found, error = grad_of(f)
        assert abs(found - expected) < 5 * error < 0.2
