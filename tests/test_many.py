"""Slopes of many samples by polynomials: as accurate as the slopes themselves, or not used."""

import pickle

import numpy as np
import pytest

import minigraph as mg
from minigraph.distributions import many
from minigraph.distributions.beta import beta_sample
from minigraph.distributions.gamma import gamma_sample
from minigraph.distributions.many import MANY, POINTS, Line, at_many, shared_axes
from minigraph.distributions.student_t import t_sample
from minigraph.distributions.von_mises import angle_sample

pytest.importorskip("scipy")
EVEN = Line(np.positive, np.positive, np.ones_like, lambda *theta: 1.0)
SAMPLES = {
    gamma_sample: [(a,) for a in (0.01, 0.1, 1.0, 2.5, 1e3, 1e6)],
    beta_sample: [(0.1, 0.1), (0.5, 40.0), (2.0, 3.0), (1e4, 1e4)],
    t_sample: [(df,) for df in (0.3, 1.0, 5.0, 1e3)],
    angle_sample: [(k,) for k in (1e-3, 0.1, 1.0, 30.0, 1e4)],
}
NOISE = {gamma_sample: "gamma", beta_sample: "beta", t_sample: "standard_t"}


@pytest.mark.parametrize(("op", "theta"), [(op, t) for op in SAMPLES for t in SAMPLES[op]])
def test_slopes_of_many_samples_are_those_of_each(op, theta, monkeypatch):
    rng = np.random.default_rng(0)
    centre = (0.0,) if op is angle_sample else ()
    x = getattr(rng, NOISE.get(op, "vonmises"))(*centre, *theta, size=4 * MANY)
    x = np.clip(x, 1e-300, 1.0 - 1e-16) if op is beta_sample else x
    for rule in op.rules[1:]:
        fast = rule(1.0, x, x, *theta)
        with monkeypatch.context() as patch:
            patch.setattr(many, "MANY", len(x) + 1)
            slow = rule(1.0, x, x, *theta)
        np.testing.assert_allclose(fast, slow, rtol=2e-8, atol=2e-9 * np.max(np.abs(slow)))


def test_a_function_is_not_called_for_each_of_many():
    seen = []

    def f(x, a):
        seen.append(np.size(x))
        return np.sin(a * x)

    x = np.random.default_rng(0).uniform(-2.0, 2.0, (3, 2000))
    a = np.array([0.5, 1.0, 1.5])[:, None]
    assert np.array_equal(at_many(f, EVEN)(x, a), f(x, a))  # rows have no axis in common
    seen.clear()
    np.testing.assert_allclose(
        at_many(f, EVEN)(x.T, a[:, 0]), f(x.T, a[:, 0]), rtol=1e-9, atol=1e-9
    )
    assert len(seen) == 4
    assert max(seen[:3]) < 100


def test_polynomials_are_made_once_and_do_not_depend_on_the_samples():
    seen = []

    def f(x, a):
        seen.append(np.size(x))
        return np.sin(a * x)

    x = np.random.default_rng(0).uniform(-3.0, 3.0, 2000)
    first = at_many(f, EVEN)(x[:1000], 0.75)
    count = sum(seen)
    both = at_many(f, EVEN)(np.append(x, 4.5), 0.75)
    assert np.array_equal(both[:1000], first)
    assert sum(seen) - count <= 2 * (len(POINTS) + 1)  # of the panels up to 4.5


def test_graphs_with_such_slopes_can_be_sent():
    b = mg.Data(2.0, name="b")
    y = mg.reparameterize(mg.sample(mg.Beta(b, mg.exp(b)), name="X", rng=0))
    sent = pickle.loads(pickle.dumps(mg.gradient(y, b)))
    assert sent.value == mg.gradient(y, b).value


def test_what_is_not_smooth_is_computed_for_each():
    jump = lambda x, a: np.where(x > 0.3333, a, -a)
    x = np.random.default_rng(0).uniform(-2.0, 2.0, 5000)
    np.testing.assert_allclose(at_many(jump, EVEN)(x, 2.0), jump(x, 2.0), rtol=1e-12)
    wild = lambda x, a: np.sin(500.0 * x * a)
    assert np.array_equal(at_many(wild, EVEN)(x, 2.0), wild(x, 2.0))
    gap = lambda x, a: np.where(np.abs(x) > 1.9, np.nan, a * x)
    np.testing.assert_allclose(at_many(gap, EVEN)(x, 2.0), gap(x, 2.0), rtol=1e-9)


def test_samples_at_an_end_alike_or_few_are_computed_one_by_one():
    line = Line(np.log, np.exp, lambda x: x, lambda a: 1.0)
    for x in (np.append(np.ones(5000), 0.0), np.full(5000, 2.0), np.ones(3), np.ones(()), 1.0):
        found = at_many(np.power, line)(x, 3.0)
        np.testing.assert_allclose(found, np.power(x, 3.0), rtol=1e-12)
        assert np.shape(found) == np.shape(x)


def test_single_precision_stays_single():
    x = np.random.default_rng(0).uniform(0.0, 1.0, 5000).astype(np.float32)
    assert at_many(np.power, EVEN)(x, np.float32(2.0)).dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "others", "axes"),
    [((5, 4), [()], 2), ((5, 4), [(4,)], 1), ((5, 4), [(1, 4), ()], 1), ((5, 4), [(5, 1)], 0),
     ((4,), [(5, 4)], 0), ((), [()], 0), ((5, 4, 3), [(1, 1, 1)], 3), ((5, 4, 3), [(4, 1)], 1)],
)  # fmt: skip
def test_shared_axes(shape, others, axes):
    assert shared_axes(shape, others) == axes


def test_a_dirichlet_moves_with_each_of_its_parameters():
    a = mg.Data(np.array([0.7, 1.5, 4.0]), name="a")
    x = mg.reparameterize(mg.sample(mg.Dirichlet(a), name="X", rng=0))
    estimate = mg.expectation(mg.sum(x * np.array([1.0, 2.0, 4.0])), 40_000, wrt=a, rng=0)
    weights, total = np.array([1.0, 2.0, 4.0]), a.value.sum()
    exact = weights / total - (weights @ a.value) / total**2
    assert np.all(np.abs(estimate.grad[a] - exact) < 5.0 * estimate.grad_stderr[a])
    assert np.all(estimate.grad_stderr[a] < 0.01)
