"""Traps that autodiff frameworks fall into; each one stays right here, or is clearly refused."""

from __future__ import annotations

import math
import threading
import tracemalloc

import numpy as np
import pytest

import minigraph as mg


def slope(f, x):
    """Return df/dx by `gradient`, after checking that `backward` says the same."""
    x = mg.Data(x)
    y = mg.sum(f(x))
    y.backward()
    g = mg.gradient(y, x).value
    np.testing.assert_array_equal(x.grad, g)
    return g


# Broadcasting -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + mg.Data(np.ones((4, 3))),
        lambda x: mg.Data(np.ones((4, 3))) - x,
        lambda x: x * mg.Data(2.0),
        lambda x: mg.where(np.ones((4, 3)) > 0, x, 0.0),
        lambda x: mg.maximum(x, np.zeros((2, 1, 3))),
        lambda x: mg.power(x, np.ones((4, 1))),
        lambda x: mg.broadcast_to(x, (5, 4, 3)),
    ],
)
def test_a_broadcast_gradient_has_the_shape_of_its_input(f):
    for shape in ((3,), (1, 3), (4, 3)[1:], (1,)):
        x = np.full(shape, 2.0)
        g = slope(f, x)
        assert g.shape == shape
        step = np.zeros(shape)
        step.flat[0] = 1e-6
        ends = [float(mg.sum(f(mg.Data(x + s))).value) for s in (step, -step)]
        assert g.flat[0] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def test_shapes_that_do_not_broadcast_are_named():
    a, b = mg.Data(np.ones(3), name="a"), mg.Data(np.ones(4), name="b")
    with pytest.raises(ValueError, match=r"multiply: shapes \(3,\) and \(4,\) do not broadcast"):
        a * b


def test_a_column_against_a_row_is_no_silent_sum():
    y, target = mg.Data(np.ones((3, 1))), np.ones(3)
    assert mg.gradient(mg.sum(y - target), y).value.tolist() == [[3.0], [3.0], [3.0]]


def test_a_batch_of_matrices_times_one_matrix_sums_over_the_batch():
    w = np.arange(6.0).reshape(2, 3)
    x = np.ones((5, 4, 2))
    np.testing.assert_array_equal(slope(lambda w: mg.Data(x) @ w, w), np.full((2, 3), 20.0))


# Aliases ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "f", [lambda x: x.T, lambda x: x[:2], lambda x: mg.reshape(x, (-1,)), lambda x: +x]
)
def test_a_view_is_never_written_through(f):
    raw = np.arange(6.0).reshape(3, 2)
    x = mg.Data(raw)
    y = f(x)
    kept = y.value.copy()
    raw[...] = -1.0
    x.value = np.zeros((3, 2))
    np.testing.assert_array_equal(y.value, kept)


def test_a_changed_index_or_mask_does_not_change_the_gradient():
    index, mask = np.array([0, 2]), np.array([True, False, True])
    x = mg.Data([1.0, 2.0, 3.0])
    y, z = mg.sum(x[index] * 2.0), mg.sum(mg.where(mask, x, 0.0))
    index[:] = 1
    mask[:] = False
    assert mg.gradient(y, x).value.tolist() == [2, 0, 2]
    assert mg.gradient(z, x).value.tolist() == [1, 0, 1]


def test_an_index_that_repeats_adds_up():
    assert slope(lambda x: x[[0, 0, 2]], np.ones(3)).tolist() == [2, 0, 1]


def test_a_primitive_that_writes_into_its_argument_is_stopped():
    def careless(x):
        x += 1.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        mg.primitive(careless, lambda g, y, x: g)(mg.Data([1.0, 2.0]))


def test_a_primitive_that_returns_its_argument_or_one_buffer_makes_no_alias():
    buffer = np.zeros(2)

    def reuse(x):
        buffer[:] = 2 * x
        return buffer

    f = mg.primitive(reuse, lambda g, y, x: 2 * g)
    first, second = f(mg.Data([1.0, 1.0])), f(mg.Data([5.0, 5.0]))
    assert (first.value.tolist(), second.value.tolist()) == ([2, 2], [10, 10])
    assert buffer.flags.writeable


# NaN, infinity and kinks ------------------------------------------------------------------------
def test_the_double_where_keeps_a_gradient_finite():
    def safe_log(x):
        return mg.where(x > 0, mg.log(mg.where(x > 0, x, 1.0)), 0.0)

    assert slope(safe_log, np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 0.5]


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**1, 0.0, 1.0),
        (lambda x: x**3, -2.0, 12.0),
        (lambda x: 2.0**x, 0.0, math.log(2.0)),
        (lambda x: 0.0**x, 2.0, 0.0),
        (lambda x: mg.abs(x), 0.0, 0.0),
        (lambda x: mg.relu(x), 0.0, 0.0),
        (lambda x: mg.maximum(x, x), 1.0, 1.0),
        (lambda x: mg.sigmoid(x), 1000.0, 0.0),
        (lambda x: mg.sigmoid(x), -1000.0, 0.0),
        (lambda x: mg.softplus(x), 1000.0, 1.0),
        (lambda x: mg.softplus(x), -1000.0, 0.0),
        (lambda x: mg.tanh(x), 1000.0, 0.0),
        (lambda x: mg.sqrt(x), 0.0, math.inf),
        (lambda x: mg.prod(mg.stack([x, 0.0 * x, x])), 2.0, 0.0),
        (lambda x: mg.clip(x, 0.0, 1.0), 1.5, 0.0),
    ],
)
def test_corners_have_the_documented_slope(f, x, expected):
    assert slope(f, x) == pytest.approx(expected)


def test_ties_share_the_gradient():
    assert slope(mg.max, np.array([1.0, 3.0, 3.0])).tolist() == [0, 0.5, 0.5]


def test_division_by_zero_warns_as_numpy_does_and_does_not_raise():
    for one in (1.0, np.ones(1)):
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            y = mg.Data(one) / 0.0
        assert np.isinf(y.value).all()


# Dtypes -----------------------------------------------------------------------------------------
def test_python_numbers_do_not_widen_float32():
    x = mg.Data(np.ones(2, np.float32))
    for y in (x * 2, x + 1.5, 2.0 / x, x**2, mg.sum(x), mg.mean(x), mg.where(x > 0, x, 0.0)):
        assert y.dtype == np.float32
    y = mg.sum(mg.exp(x) * 0.5)
    y.backward()
    assert x.grad.dtype == np.float32


def test_integer_power_and_division_are_not_cut():
    x = mg.Data(3)
    assert (x / 2).value == 1.5
    assert (x**-1).value == pytest.approx(1 / 3)


def test_booleans_count_and_carry_no_gradient():
    x = mg.Data([1.0, -2.0])
    y = mg.sum((x > 0) * x)
    y.backward()
    assert x.grad.tolist() == [1, 0]


# Memory -----------------------------------------------------------------------------------------
def test_a_training_loop_does_not_grow():
    w = mg.Data(np.ones(1_000))

    def step():
        w.grad = None
        mg.sum((w * 2.0 - 1.0) ** 2).backward()
        w.value = w.value - 0.01 * w.grad

    step()
    tracemalloc.start()
    step()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(50):
        step()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000
    assert np.max(np.abs(w.value - 0.5)) < 0.1


def test_a_functional_training_loop_keeps_no_history():
    w = np.ones(3)
    step = mg.grad(lambda w: mg.sum(w * w))
    for _ in range(10):
        w = w - 0.1 * step(w)
    assert type(w) is np.ndarray
    np.testing.assert_allclose(w, 0.8**10)


def test_a_detached_value_carries_nothing():
    x = mg.Data([1.0, 2.0])
    y = mg.Data((x * x).value)
    assert y.node is None
    assert mg.gradient(mg.sum(y), x).value.tolist() == [0, 0]


# Depth, width and threads -----------------------------------------------------------------------
def test_a_wide_sum_of_many_terms_is_differentiated():
    x = mg.Data(2.0)
    y = sum((x * float(i) for i in range(2_000)), start=mg.Data(0.0, constant=True))
    y.backward()
    assert x.grad == sum(range(2_000))


def test_deep_functions_boxes_and_gradients_do_not_recurse():
    @mg.function
    def step(x):
        return mg.sin(x) * 1.1

    x = mg.Data(1.0, name="x")
    y = x
    for _ in range(3_000):
        y = step(y)
    g = mg.gradient(y, x)
    y.backward()
    assert x.grad == g.value
    assert len(repr(mg.Graph(y))) > 0
    assert mg.Graph(y).blocked() == {}


def test_a_thread_that_fails_does_not_disturb_another():
    results, errors = [], []

    def good():
        for _ in range(50):
            results.append(mg.grad(mg.grad(lambda x: x**3))(2.0))

    def bad():
        for _ in range(50):
            try:
                mg.grad(lambda x: mg.Data([1.0, 2.0]) @ mg.Data([1.0]) * x)(1.0)
            except mg.InputError as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for work in (good, bad) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [12.0] * 200
    assert len(errors) == 200
