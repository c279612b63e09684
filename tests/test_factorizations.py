"""Slopes of factorizations where a cotangent is 0, and where eigenvalues tie."""

from __future__ import annotations

import numpy as np
import pytest

import minigraph as mg

RNG = np.random.default_rng(3)
A, WAY = RNG.normal(size=(2, 4, 3))
B = RNG.normal(size=4)
FUNCTIONS = {
    "eigh": lambda a: mg.linalg.eigh(a.T @ a)[1][0, 0] ** 2,
    "eigvalsh": lambda a: mg.linalg.eigvalsh(a @ a.T)[3],
    "svd u": lambda a: mg.linalg.svd(a)[0][0, 0] ** 2,
    "svd v": lambda a: mg.linalg.svd(a)[2][0, 0] ** 2,
    "wide svd": lambda a: mg.linalg.svd(a.T)[2][0, 1] ** 2,
    "svdvals": lambda a: mg.linalg.svdvals(a)[1],
    "nuclear norm": lambda a: mg.norm(a, "nuc"),
    "cond": mg.linalg.cond,
    "qr": lambda a: mg.linalg.qr(a)[0][0, 0],
    "lstsq": lambda a: mg.linalg.lstsq(a, B)[0][0],
    "residuals": lambda a: mg.linalg.lstsq(a, B)[1][0],
    "pinv": lambda a: mg.linalg.pinv(a)[0, 0],
    "pinv of less rank": lambda a: mg.linalg.pinv(a, 0.5)[0, 0],
    "polyfit": lambda a: mg.polyfit(a[:, 0], a[:, 1], 2)[1],
    "det": lambda a: mg.linalg.det(a.T @ a),
    "slogdet": lambda a: mg.linalg.slogdet(a.T @ a)[1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_change_along_a_direction_is_the_gradient_times_it(name):
    f = FUNCTIONS[name]
    np.testing.assert_allclose(mg.jvp(f, (A,), (WAY,))[1], np.sum(mg.grad(f)(A) * WAY), rtol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_squared_distance_of_0_has_a_hessian(name):
    f = FUNCTIONS[name]
    slope, there = mg.grad(f)(A), mg.Data(A)
    found = mg.hessian(lambda a: (f(a) - f(there).value) ** 2)(A)
    expected = 2.0 * np.multiply.outer(slope, slope)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * np.max(expected))
    mg.check_grads(f, A, order=2)


def test_vector_has_a_hessian_where_its_slope_is_0():
    def f(x):
        return mg.linalg.eigh(mg.array([[1.0, x], [x, 2.0]]))[1][0, 0] ** 2

    np.testing.assert_allclose(mg.hessian(f)(0.0), -2.0, rtol=1e-14)


def test_a_tie_of_others_is_in_no_way_of_a_hessian():
    x, h = np.diag([3.0, 1.0, 1.0]), mg.hessian(lambda a: mg.norm(a, 2))
    moved = mg.hessian(lambda a: mg.norm(a, 2))(x + np.diag([0.0, 1e-6, 0.0]))
    np.testing.assert_allclose(h(x), moved, atol=1e-5)
    np.testing.assert_allclose(h(x)[0, 1, 0, 1], 3.0 / 8.0, rtol=1e-14)


def test_change_of_tied_vectors_is_not_a_number_and_that_of_their_values_is():
    way = np.array([[1.0, 2.0], [2.0, 5.0]])
    with np.errstate(all="ignore"):
        vectors = mg.jvp(lambda a: mg.linalg.eigh(a)[1], (np.eye(2),), (way,))[1]
        values = mg.jvp(lambda a: mg.sum(mg.linalg.eigvalsh(a) ** 2), (np.eye(2),), (way,))[1]
    assert np.isnan(vectors).any()
    assert values == 12.0


def test_what_is_made_of_tied_singular_vectors_is_not_said_to_be_flat():
    def f(a):  # its slope is `way`, which the vectors alone do not tell
        u, s, vh = mg.linalg.svd(a)
        return mg.sum(((u * s) @ vh) * way)

    way = np.array([[0.0, 1.0], [1.0, 0.0]])
    with np.errstate(all="ignore"):
        assert np.isnan(mg.grad(f)(np.eye(2))).any()


@pytest.mark.parametrize(("f", "x"), [
    (lambda a: mg.linalg.lstsq(a, [1.0, 3.0])[0][0], np.eye(2)),
    (lambda a: mg.sum(mg.linalg.lstsq(a, [1.0, 3.0, 2.0])[0] ** 2), np.eye(3, 2)),
    (lambda a: mg.linalg.pinv(a, 1e-3)[0, 1] + mg.linalg.pinv(a, 1e-3)[1, 0], np.eye(2)),
    (lambda x: mg.polyfit(x, [1.0, 3.0, 2.0], 1)[0], np.array([-1.0, 0.0, 1.0])),
], ids=["lstsq", "tall lstsq", "pinv", "polyfit"])  # fmt: skip
def test_least_squares_have_slopes_where_singular_values_tie(f, x):
    mg.check_grads(f, x, order=2)


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (3, 3)])
def test_least_squares_of_less_rank_have_the_slope_that_keeps_it(shape):
    def solved(x, y):  # the matrix is of rank 1
        a = mg.outer(x, y)
        return mg.sum(mg.linalg.lstsq(a, np.arange(1.0, shape[0] + 1.0))[0] ** 2)

    mg.check_grads(solved, RNG.normal(size=shape[0]), RNG.normal(size=shape[1]), order=2)


def test_a_cut_is_for_each_matrix():
    a = RNG.normal(size=(2, 3, 3))
    found = mg.linalg.pinv(a, [0.1, 0.4]).value
    np.testing.assert_allclose(found, np.linalg.pinv(a, np.array([0.1, 0.4])), rtol=1e-12)
