"""The table of docs/corners.md, line by line, and what its last paragraphs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import elementwise

TEXT = (Path(__file__).parent.parent / "docs" / "corners.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| `")
]


def test_the_table_is_found():
    assert len(ROWS) > 50


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} at {row[1]}" for row in ROWS])
def test_corner_has_the_value_and_the_derivative_of_its_line(row):
    text, at, value, slope = row[0].strip("`"), *map(float, row[1:4])
    if "xlogy" in text or "rgamma" in text:
        pytest.importorskip("scipy")
    x = mg.Data(at)
    with np.errstate(all="ignore"):
        y = eval(text, {"mg": mg, "np": np, "x": x})
        recorded = mg.gradient(y, x).value
        y.backward()
    np.testing.assert_allclose([y.value, recorded, x.grad], [value, slope, slope], rtol=1e-15)


SMOOTH = {
    "xlogy": (lambda t: mg.xlogy(t[0], t[1]), [0.0, 2.0], [[0.0, 0.5], [0.5, 0.0]]),
    "xlog1py": (lambda t: mg.xlog1py(t[0], t[1]), [0.0, 1.0], [[0.0, 0.5], [0.5, 0.0]]),
    "rgamma": (mg.rgamma, 0.0, 2.0 * np.euler_gamma),
    "power": (lambda t: t[0] ** t[1], [2.0, 0.0], [[0.0, 0.5], [0.5, np.log(2.0) ** 2]]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_a_smooth_function_has_its_second_derivative_where_a_formula_has_a_gap(name):
    f, at, hessian = SMOOTH[name]
    if name != "power":
        pytest.importorskip("scipy")
    np.testing.assert_allclose(mg.hessian(f)(np.array(at)), hessian, rtol=1e-14)


def test_nan_stays_where_it_is():
    x = mg.Data([np.nan, 2.0])
    mg.sum(x**2).backward()
    np.testing.assert_array_equal(x.grad, [np.nan, 4.0])


@pytest.mark.parametrize("mode", ["full", "same"])
def test_an_infinite_end_of_a_kernel_stays_off_what_it_does_not_meet(mode):
    a, v = mg.Data([1.0, 2.0, 3.0, 4.0], name="a"), mg.Data([np.inf, 1.0, 2.0], name="v")
    y = mg.convolve(a, v, mode)
    np.testing.assert_array_equal(y.value, np.convolve(a.value, v.value, mode))
    assert np.all(np.isfinite(mg.gradient(y[-1], v).value))


def test_norm_at_zero_has_a_finite_second_derivative():
    x = mg.Data(np.zeros(2))
    first = mg.gradient(mg.norm(x), x)
    assert np.all(np.isfinite(mg.gradient(mg.sum(first), x).value))


def test_symmetric_functions_of_tied_eigenvalues_have_their_slope():
    a = mg.Data(np.eye(3))
    slope = mg.gradient(mg.sum(mg.linalg.eigvalsh(a) ** 2), a).value
    np.testing.assert_allclose(slope, 2.0 * np.eye(3), atol=1e-14)


def test_vectors_of_tied_eigenvalues_have_none():
    a = mg.Data(np.eye(2))
    with np.errstate(all="ignore"):
        slope = mg.gradient(mg.linalg.eigh(a).eigenvectors[0, 1] * 3.0, a).value
    assert np.isnan(slope).any()


def test_what_a_turn_of_the_free_columns_does_not_change_has_a_slope():
    def projection(a):  # onto what is orthogonal to two columns in five dimensions
        u = mg.linalg.svd(a).U[:, 2:]
        q = mg.linalg.qr(a, "complete").Q[:, 2:]
        return u @ u.T + 2.0 * (q @ q.T)

    mg.check_grads(projection, np.random.default_rng(0).normal(size=(5, 2)))


def test_singular_values_at_zero_have_a_slope():
    a = mg.Data(np.diag([2.0, 0.0]))
    slope = mg.gradient(mg.sum(mg.linalg.svdvals(a)), a).value
    assert np.all(np.isfinite(slope))


@pytest.mark.parametrize("axis", [None, 0])
def test_folds_of_nothing_are_those_of_numpy(axis):
    empty = np.zeros((0, 2))
    x = mg.Data(empty)
    np.testing.assert_array_equal(mg.sum(x, axis).value, np.sum(empty, axis))
    np.testing.assert_array_equal(mg.prod(x, axis).value, np.prod(empty, axis))
    assert mg.gradient(mg.sum(mg.prod(x, axis)), x).shape == (0, 2)
    with pytest.warns(RuntimeWarning, match="empty|invalid"):
        np.testing.assert_array_equal(mg.median(x, axis).value, np.mean(empty, axis))
    with pytest.raises(mg.InputError, match="max"):
        mg.max(x, axis)


@pytest.mark.parametrize("size", [1.0, np.float32(1e30), np.float32(1e-30), 1e200, 1e-200])
def test_slopes_are_there_where_a_square_would_be_infinite_or_vanish(size):
    a, b = mg.Data(3 * size), mg.Data(4 * size)
    found = mg.gradient(mg.arctan2(a, b), [a, b])
    np.testing.assert_allclose([x.value * size for x in found], [0.16, -0.12], rtol=1e-6)
    slope = mg.gradient(mg.arcsinh(a), a).value
    np.testing.assert_allclose(slope, 1.0 / np.hypot(1.0, float(a.value)), rtol=1e-6)


@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_fmin_beside_numbers_without_a_sign_has_its_slope(kind):
    z = mg.Data([0.5, 0.5, 1.0])
    slope = mg.gradient(mg.sum(mg.fmin(np.array([0, 1, 1], kind), z)), z)
    np.testing.assert_array_equal(slope.value, [0.0, 1.0, 0.5])


def test_a_maximum_shares_infinite_ties_gives_nan_nothing_and_keeps_float32():
    x = mg.Data(np.array([np.inf, -np.inf, np.nan, 1.0, 2.0], np.float32))
    y = np.array([np.inf, np.inf, 0.0, 1.0, np.nan], np.float32)
    slope = mg.gradient(mg.sum(mg.maximum(x, y)), x).value
    np.testing.assert_array_equal(slope, np.array([0.5, 0, 0, 0.5, 0], np.float32), strict=True)
    share = elementwise.share(x.value, y)
    np.testing.assert_array_equal(share, slope, strict=True)


FOLDS = {
    "var": ([0.0, -1.0, 1.0], mg.var),
    "std": ([0.0, -0.5, 0.5], mg.std),
    "var about 2": ([0.0, -1.0, 1.0], lambda x, where: mg.var(x, where=where, mean=2.0)),
    "mean": ([0.0, 0.5, 0.5], mg.mean),
    "sum": ([0.0, 1.0, 1.0], mg.sum),
    "prod": ([0.0, 3.0, 1.0], mg.prod),
    "max": ([0.0, 0.0, 1.0], lambda x, where: mg.max(x, where=where, initial=0.0)),
    "min": ([0.0, 1.0, 0.0], lambda x, where: mg.min(x, where=where, initial=9.0)),
}


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_a_mask_leaves_out_is_in_nobody_s_way(name, bad):
    slope, fold = FOLDS[name]
    there = np.array([False, True, True])
    found = mg.grad(lambda x: fold(x, where=there))(np.array([bad, 1.0, 3.0]))
    np.testing.assert_array_equal(found, slope)
    second = mg.hessian(lambda x: fold(x, where=there))(np.array([bad, 1.0, 3.0]))
    assert not second[0].any()
    assert np.isfinite(second).all()


def test_what_is_after_the_point_is_that_of_numpy():
    x = np.array([np.inf, -np.inf, np.nan, 2.5, -2.5, 3.0, -3.0, -0.0])
    for found, known in zip(mg.modf(x), np.modf(x), strict=True):
        np.testing.assert_array_equal(found.value, known)
        np.testing.assert_array_equal(np.signbit(found.value), np.signbit(known))
    slope = mg.grad(lambda x: mg.sum(mg.modf(x)[0]))(x)
    np.testing.assert_array_equal(slope, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, "fro"])
def test_condition_of_a_singular_matrix_is_that_of_numpy(p):
    for x in (np.zeros((2, 2)), np.diag([1.0, 0.0]), np.stack([np.eye(2), np.zeros((2, 2))])):
        np.testing.assert_array_equal(mg.linalg.cond(x, p).value, np.linalg.cond(x, p))
    for bad in (np.diag([1.0, 2.0]), np.full((2, 2), np.nan)) if p not in (None, 2, -2) else ():
        np.testing.assert_array_equal(mg.linalg.cond(bad, p).value, np.linalg.cond(bad, p))
    assert mg.linalg.cond(np.eye(2, dtype=np.float32), p).dtype == np.float32
    mg.check_grads(lambda x: mg.linalg.cond(x, p), np.array([[1.0, 0.3], [0.2, 2.0]]), order=2)


@pytest.mark.parametrize("order", [-1, -2.5])
def test_a_norm_of_negative_order_at_0_has_slope_0(order):
    def f(x):
        return mg.norm(x, order)

    for x in ([0.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0]):
        x = np.array(x)
        assert f(x).value == 0.0
        np.testing.assert_array_equal(mg.grad(f)(x), np.zeros(x.size))
        np.testing.assert_array_equal(mg.hessian(f)(x), np.zeros((x.size, x.size)))
    rows = np.array([[0.0, 3.0], [1.0, 2.0]])
    found = mg.norm(rows, order, axis=1, keepdims=True).value
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(found, np.linalg.norm(rows, order, axis=1, keepdims=True))
        assert np.isnan(f(np.array([0.0, np.nan])).value)
    mg.check_grads(f, rows[1], order=2)
