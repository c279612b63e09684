"""Samples that know of each other: how far off the average of leave-one-out gradients is."""

import itertools

import numpy as np
import pytest

import minigraph as mg
from minigraph.averages.expectation import tape_of
from minigraph.averages.moments import Moments
from minigraph.averages.ties import Tie, untied

LOO = "leave-one-out"
BLOCKS = [(3, 3), (3, 2), (4, 2), (8, 3), (10, 2), (10, 3), (10, 4), (10, 10)]


def coin(p, name="K"):
    return 1.0 * mg.sample(mg.Bernoulli(p), name=name, rng=0)


def gradients(costs, scores, size):
    """Return the leave-one-out gradients of rows of samples, in blocks of a size."""
    found = np.zeros(costs.shape)
    for start in range(0, costs.shape[1], size):
        part = np.s_[:, start : start + size]
        c, others = costs[part], max(costs[part].shape[1] - 1, 1)
        found[part] = scores[part] * (
            c - (c.sum(1, keepdims=True) - c) / others * (c.size > len(c))
        )
    return found


@pytest.mark.parametrize("p", [0.5, 0.2])
@pytest.mark.parametrize(("samples", "size"), BLOCKS)
def test_the_squared_standard_error_is_that_of_all_outcomes_on_average(p, samples, size):
    coins = np.array(list(itertools.product([0.0, 1.0], repeat=samples)))
    weights = np.prod(np.where(coins, p, 1 - p), axis=1)
    g = gradients(coins, (coins - p) / (p * (1 - p)), size)
    mean = weights @ g.mean(1)
    found = [untied(Moments.of(row), size, Tie(1, True)).stderr() ** 2 for row in g]
    assert mean == pytest.approx(1.0)
    if samples % size != 1:  # a block of one has no baseline
        assert weights @ found == pytest.approx(weights @ (g.mean(1) - mean) ** 2, rel=1e-10)
    else:
        assert weights @ found == pytest.approx(weights @ (g.mean(1) - mean) ** 2, rel=0.1)


PROBLEMS = {
    "coin": (lambda p: coin(p), Tie(1, True)),
    "normal": (lambda p: (1.0 + mg.sample(mg.Normal(p, 1.0), name="X", rng=0)) ** 2, Tie(1, True)),
    "product": (lambda p: coin(p, "A") * coin(p, "B"), Tie(1, True)),
    "batch": (lambda p: mg.sum(coin(p * np.ones(20))), Tie(20, False)),
    "apart": (lambda p: coin(p, "A") + 2.0 * coin(p, "B"), Tie(2, False)),
}


@pytest.mark.parametrize(("samples", "size"), [(10, 2), (10, 10), (12, 3)])
@pytest.mark.parametrize(("build", "tie"), PROBLEMS.values(), ids=PROBLEMS)
def test_standard_errors_are_the_spread_of_many_runs(build, tie, samples, size):
    p = mg.Data(0.3, name="p")
    z = mg.reinforce(build(p), baseline=LOO)
    assert tape_of(z, [p]).ties == [None, tie]
    runs = [mg.expectation(z, samples, wrt=p, rng=i, block_size=size) for i in range(2000)]
    spread = np.std([run.grad[p] for run in runs])
    found = np.sqrt(np.mean([run.grad_stderr[p] ** 2 for run in runs]))
    assert found == pytest.approx(
        spread, rel=0.1
    )  # 3 standard errors of the spread; 0.86 without ties
    assert runs[0].grad_variance[p] == pytest.approx(samples * runs[0].grad_stderr[p] ** 2)


def test_one_block_of_two_samples_has_no_standard_error():
    p = mg.Data(0.5, name="p")
    z = mg.reinforce(coin(p), baseline=LOO)
    assert np.isnan(mg.expectation(z, 2, wrt=p, rng=0).grad_stderr[p])
    stopped = mg.expectation(z, 100, wrt=p, rng=0, block_size=2, stderr=100.0)
    assert 2 < stopped.samples < 100
    assert stopped.grad_stderr[p] > 0.0


def test_what_meets_no_baseline_keeps_its_standard_error():
    p, a = mg.Data(0.5, name="p"), mg.Data(3.0, name="a")
    y = coin(p) + 5.0 * a * mg.reparameterize(mg.sample(mg.Normal(a, 1.0), name="X", rng=0))
    plain, less = (
        mg.expectation(mg.reinforce(y, "K", baseline=b), 10, wrt=[p, a], rng=0)
        for b in (None, LOO)
    )  # fmt: skip
    assert (less.stderr, less.grad_stderr[a]) == (plain.stderr, plain.grad_stderr[a])
    assert less.grad_stderr[p] != plain.grad_stderr[p]


def test_a_large_term_beside_the_score_does_not_blow_up_the_standard_error():
    p = mg.Data(0.5, name="p")
    z = mg.reinforce(coin(p), baseline=LOO)
    alone, beside = (mg.expectation(y, 10, wrt=p, rng=0) for y in (z, z + 100.0 * p))
    assert tape_of(z + 100.0 * p, [p]).ties == [None, Tie(1, False)]
    assert alone.grad_stderr[p] < 0.5
    assert beside.grad_stderr[p] < 1.5 * alone.grad_stderr[p]


def test_a_gradient_that_is_averaged_as_a_value_has_the_same_ties():
    p = mg.Data(0.5, name="p")
    slope = mg.gradient(mg.reinforce(coin(p), baseline=LOO), p)
    runs = [mg.expectation(slope, 10, rng=i, block_size=2) for i in range(600)]
    found = np.sqrt(np.mean([run.stderr**2 for run in runs]))
    assert found == pytest.approx(np.std([run.value for run in runs]), rel=0.2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_single_precision_ties_samples_no_more_than_double(dtype):
    w = mg.Data(np.array([0.5, -0.3, 0.9], dtype), name="w")
    x = mg.sample(mg.Bernoulli(logits=w), name="X", rng=0)
    y = mg.sum(x * np.array([1.0, 2.0, 3.0])) ** 2
    for samples, block_size in ((2, None), (7, 3), (1000, 10)):
        plain, tied = (
            mg.expectation(mg.reinforce(y, baseline=b), samples, rng=1, block_size=block_size)
            for b in (None, "leave-one-out")
        )
        assert (tied.value, tied.stderr) == (plain.value, plain.stderr)
