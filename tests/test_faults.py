"""Traps that autodiff frameworks fall into; each one stays right here, or is clearly refused."""

from __future__ import annotations

import math

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


ONE = np.arange(1.0, 4.0)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x * np.ones((2, 3)), 2.0, 6.0),
        (lambda x: np.ones((2, 3)) @ (x * ONE), 2.0, 12.0),
        (lambda x: mg.where(x > 0, x, ONE), 2.0, 3.0),
        (lambda x: x / ONE, np.array([[6.0], [12.0]]), [[11 / 6], [11 / 6]]),
        (lambda x: ONE**x, np.zeros(1), [math.log(6.0)]),
        (lambda x: mg.hypot(x, np.zeros((2, 3))), ONE, [2, 2, 2]),
        (lambda x: x - mg.mean(x, keepdims=True), ONE, [0, 0, 0]),
        (lambda x: x * np.ones((0, 3)), ONE, [0, 0, 0]),
        (lambda x: mg.einsum("...i,...i->...", x, np.ones((4, 3))), ONE, [4, 4, 4]),
        (lambda x: x @ np.ones((5, 3, 2)), ONE, [10, 10, 10]),
        (lambda x: mg.maximum(x, mg.broadcast_to(x, (4, 3))), ONE, [4, 4, 4]),
        (lambda x: mg.clip(0.5, x, 2.0), np.array([0.0, 1.0]), [0, 1]),
    ],
)
def test_a_broadcast_is_summed_away(f, x, expected):
    g = slope(f, x)
    assert np.shape(g) == np.shape(x)
    np.testing.assert_allclose(g, expected, rtol=1e-14, atol=1e-15)


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


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: x + x, [2, 2]),
        (lambda x: x * x, [2, 4]),
        (lambda x: x - x, [0, 0]),
        (lambda x: x @ x, [2, 4]),
        (lambda x: mg.concatenate([x, x, x]), [3, 3]),
        (lambda x: mg.where(np.array([True, False]), x, x), [1, 1]),
        (lambda x: mg.outer(x, x), [6, 6]),
        (lambda x: mg.einsum("i,i,i->", x, x, x), [3, 12]),
        (lambda x: mg.index_update(x, 0, x[1]), [0, 2]),
        (lambda x: x[::-1] * x, [4, 2]),
    ],
)
def test_an_input_that_is_used_twice_gets_both_gradients(f, expected):
    assert slope(f, np.array([1.0, 2.0])).tolist() == expected


def test_a_seed_and_a_gradient_share_no_memory():
    x, seed = mg.Data([1.0, 2.0]), np.array([3.0, 4.0])
    (+x).backward(seed)
    seed[:] = 0.0
    assert x.grad.tolist() == [3, 4]
    x.grad[:] = 0.0
    assert seed.tolist() == [0, 0]


def test_a_second_backward_adds_to_inputs_alone():
    x = mg.Data(3.0)
    y = mg.exp(x * 0.0) * x
    y.backward()
    y.backward()
    assert x.grad == 2.0


def test_a_value_that_was_assigned_is_a_copy():
    x, raw = mg.Data([1.0, 2.0]), np.array([3.0, 4.0])
    x.value = raw
    raw[:] = 0.0
    assert mg.gradient(mg.sum(x * x), x).value.tolist() == [6, 8]


def test_an_input_that_changed_after_the_run_is_noticed():
    x = mg.Data(2.0, name="x")
    y = x * x
    x.value = 5.0
    with pytest.raises(mg.MinigraphError, match="'x'"):
        y.backward()


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.__setitem__((slice(None), 0), 1.0),
        lambda x: x.__setitem__(0, [1.0, 2.0]),
        lambda x: x.sort(),
        lambda x: x.fill(0.0),
        lambda x: np.multiply(x, 2.0, out=np.zeros((1, 2))),
        lambda x: np.zeros((1, 2)).__iadd__(x),
        lambda x: np.copyto(np.zeros((1, 2)), x),
    ],
)
def test_nothing_is_written_in_place(write):
    x = mg.Data([[2.0, 1.0]], name="x")
    with pytest.raises(mg.UsageError):
        write(x)
    assert x.value.tolist() == [[2.0, 1.0]]


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


def test_each_gradient_has_the_precision_of_its_input():
    a, b = mg.Data(np.ones(2, np.float32)), mg.Data(np.ones(2))
    y = mg.sum(a * b + mg.exp(a) @ b)
    assert y.dtype == np.float64
    assert [g.dtype for g in mg.gradient(y, [a, b])] == [np.float32, np.float64]


def test_half_precision_stays_half():
    x = mg.Data(np.array([0.5, 1.5], np.float16))
    y = mg.sum(mg.exp(x) * 2 - x / 3)
    assert (y.dtype, mg.gradient(y, x).dtype) == (np.float16, np.float16)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool])
def test_an_array_of_steps_has_no_gradient_and_says_so(dtype):
    n = mg.Data(np.array([1, 0, 1], dtype), name="n")
    with pytest.raises(mg.UsageError, match=r"'n': its dtype is .* carry no gradient"):
        mg.gradient(mg.sum(n), n)


@pytest.mark.parametrize(
    "f", [lambda x: np.fft.fft(x), lambda x: x * 1j, lambda x: x.astype(complex)]
)
def test_complex_numbers_are_refused_and_named(f):
    with pytest.raises(mg.UsageError, match=r"fft|complex"):
        f(mg.Data([1.0, 2.0]))


def test_unsigned_integers_do_not_wrap_in_a_difference_with_floats():
    n = mg.Data(np.array([0, 1], np.uint8))
    assert (n - 1.0).value.tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x**2, [np.nan, 2.0], [np.nan, 4]),
        (lambda x: mg.sort(x), [2.0, np.nan], [1, 1]),
        (lambda x: mg.nanmean(x), [np.nan, 2.0], [0, 1]),
        (lambda x: mg.log_softmax(x)[1], [-np.inf, 0.0], [0, 0]),
        (lambda x: mg.softmax(x)[0], [800.0, -800.0], [0, 0]),
        (lambda x: mg.logsumexp(x), [-np.inf, -np.inf], [0, 0]),
        (lambda x: mg.norm(x), [0.0, 0.0], [0, 0]),
        (lambda x: mg.std(x), [5.0, 5.0], [0, 0]),
        (lambda x: mg.prod(x), [0.0, 0.0], [0, 0]),
        (lambda x: mg.where(x > 0, x, np.inf)[0], [1.0, -1.0], [1, 0]),
        (lambda x: mg.linalg.det(mg.outer(x, x)), [1.0, 2.0], [0, 0]),
        (lambda x: mg.sqrt(mg.where(x > 0, x, 1.0)), [0.0, 4.0], [0, 0.25]),
        (lambda x: mg.arctan2(x, 0.0), [0.0, 1.0], [np.nan, 0]),
    ],
)
def test_nan_and_infinity_stay_where_they_are(f, x, expected):
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(slope(f, np.array(x)), expected, rtol=1e-14, atol=1e-15)
