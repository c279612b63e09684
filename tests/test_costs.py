"""Costs: only those downstream of a draw carry its score, seen in the exact variance."""

import numpy as np
import pytest

import minigraph as mg


def two_costs(combine):
    """Return X1, X2 ~ Bernoulli(p), costs (X1 - 2)² and (3 X2 + 1)², combined; and p."""
    p = mg.Data(0.3, name="p")
    x1 = mg.sample(mg.Bernoulli(p), name="X1", rng=0)
    x2 = mg.sample(mg.Bernoulli(mg.stop_gradient(p)), name="X2", rng=0)
    return combine((x1 - 2.0) ** 2, (3.0 * x2 + 1.0) ** 2), p


def score_variance(costs, p, scale=1.0):
    """Return the variance of cost · score for one Bernoulli(p) with these two costs."""
    terms = scale * np.array(costs) * [-1 / (1 - p), 1 / p]
    weights = np.array([1 - p, p])
    return weights @ terms**2 - (weights @ terms) ** 2


COMBINED = {
    "sum": (lambda a, b: a + b, 1.0),
    "sum with a constant": (lambda a, b: a + b + 100.0, 1.0),
    "difference": (lambda a, b: b - a, -1.0),
    "scaled": (lambda a, b: (a + b * 2.0 + 7.0) * 0.5 / 2.0, 0.25),
    "scaled by data": (lambda a, b: mg.Data(3.0, constant=True) * (a + b), 3.0),
    "mean of a stack": (lambda a, b: mg.mean(mg.stack([a, b, 100.0])), 1 / 3),
    "sum of an array": (lambda a, b: mg.sum(mg.stack([a, b]) * np.array([2.0, 5.0]) + 1.0), 2.0),
    "picked from an array": (lambda a, b: mg.stack([a, b, a - b])[2], 1.0),
    "reshaped": (lambda a, b: mg.sum(mg.reshape(mg.stack([[a, b], [b, b]]), (4,))), 1.0),
}


@pytest.mark.parametrize("name", COMBINED)
def test_costs_that_are_not_downstream_carry_no_score(name):
    combine, scale = COMBINED[name]
    y, p = two_costs(combine)
    estimate = mg.exact(mg.reinforce(y, "X1"), p)
    assert estimate.grad[p] == pytest.approx(scale * (1.0 - 4.0))
    assert estimate.grad_variance[p] == pytest.approx(score_variance([4.0, 1.0], 0.3, scale))


def test_score_of_an_early_draw_multiplies_what_its_descendants_cost():
    p = mg.Data(0.4, name="p")
    x1 = mg.sample(mg.Bernoulli(p), name="X1", rng=0)
    x2 = mg.sample(mg.Bernoulli(0.5 * x1 + 0.25), name="X2", rng=0)
    y = x1 * 1.0 + 10.0 * x2
    estimate = mg.exact(mg.reinforce(y), p)
    assert estimate.grad[p] == pytest.approx(1.0 + 10.0 * 0.5)


def test_costs_inside_a_function_box_are_told_apart():
    @mg.function(name="total")
    def total(a, b):
        return a + b

    y, p = two_costs(total)
    estimate = mg.exact(mg.reinforce(y, "X1"), p)
    assert estimate.grad_variance[p] == pytest.approx(score_variance([4.0, 1.0], 0.3))


def test_long_sum_of_costs_stays_linear():
    p = mg.Data(0.5, name="p")
    y = mg.Data(0.0, constant=True)
    for i in range(300):
        y = y + mg.sample(mg.Bernoulli(p), name=f"X{i}", rng=i)
    z = mg.reinforce(y)
    assert z.value == y.value
    estimate = mg.expectation(z, 2000, wrt=p, rng=0)
    # Each draw carries the score of its own cost alone: variance 300 · Var(x · score) = 300.
    assert estimate.grad_variance[p] == pytest.approx(300, rel=0.15)
    assert abs(estimate.grad[p] - 300) < 5 * estimate.grad_stderr[p]


def test_leave_one_out_uses_only_the_costs_downstream_of_the_draw():
    y, p = two_costs(lambda a, b: a + 1000.0 * b)
    z = mg.reinforce(y, "X1", baseline="leave-one-out")
    mean_cost = 0.7 * 4.0 + 0.3 * 1.0
    expected = score_variance([4.0 - mean_cost, 1.0 - mean_cost], 0.3)
    assert mg.exact(z, p).grad_variance[p] == pytest.approx(expected)


def bytes_at(x, *numbers, dtype=np.int8):
    return mg.Data(np.array(numbers, dtype), constant=True)[x]


WRAPPING = {
    "a sum of truths is one": lambda a, b: (a > 0) + (b > 0),
    "a sum of bytes": lambda a, b: bytes_at(a, 100, 3) + bytes_at(b, 100, -100),
    "a difference without a sign": lambda a, b: (
        bytes_at(a, 1, 3, dtype=np.uint64) - bytes_at(b, 0, 2, dtype=np.uint64)
    ),
    "a negative without a sign": lambda a, b: -bytes_at(a + b, 1, 2, 3, dtype=np.uint8),
    "a multiple": lambda a, b: bytes_at(a + b, 1, 2, 3) * np.array(100, np.int8),
    "rounded to single precision": lambda a, b: bytes_at(a, 1, 3) + mg.astype(b, np.float32) / 3,
}


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.unblock, mg.marginalize, mg.disarm])
@pytest.mark.parametrize("cost", WRAPPING)
def test_whole_numbers_that_wrap_are_not_taken_apart(cost, rewrite):
    p = mg.Data(0.3, name="p")
    a, b = (mg.sample(mg.Bernoulli(logits=p), name=name, rng=1) for name in "AB")
    y = WRAPPING[cost](a, b)
    z, floats = rewrite(y), mg.where(mg.equal(y, 0), 0.0, y)
    assert z.value == y.value
    found, truth = mg.exact(z, p), mg.exact(floats, p)
    np.testing.assert_allclose(found.value, truth.value, rtol=1e-7)
    np.testing.assert_allclose(found.grad[p], truth.grad[p], rtol=1e-6)


def test_whole_numbers_of_eight_bytes_are_taken_apart():
    p = mg.Data(0.3, name="p")
    n = mg.sample(mg.Binomial(3, p * np.ones(4)), name="N", rng=0)
    variances = [mg.exact(mg.reinforce(mg.sum(x)), p).grad_variance[p] for x in (n, n * 1.0)]
    assert variances[0] == pytest.approx(variances[1], rel=1e-12)


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.measure_valued, mg.disarm, mg.unblock])
@pytest.mark.parametrize("combine", [
    lambda x, t: x + t, lambda x, t: mg.sin(t) - x, lambda x, t: x * x - mg.sin(t),
])  # fmt: skip
def test_whole_number_and_single_precision_add_up_to_the_same_bits(combine, rewrite):
    t, p = mg.Data(np.float32(0.1), name="t"), mg.Data(np.float32(0.3), name="p")
    y = combine(mg.sample(mg.Bernoulli(p), name="X", rng=3), t)
    assert y.dtype == np.float64
    assert rewrite(y).value == y.value


def test_whole_number_that_single_precision_does_not_hold_stays_beside_a_baseline():
    p = mg.Data(np.float32(0.3), name="p")
    x = mg.sample(mg.Bernoulli(p), name="X", rng=3)
    y = x * (x + np.array(2**24))
    assert y.value == 2**24 + 1
    z = mg.reinforce(y, baseline="leave-one-out")
    assert z.dtype == np.float64
    assert z.value == y.value
