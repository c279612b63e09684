"""What is refused says what failed, on which named thing, what arrived, and what to do."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import minigraph as mg

M = mg.Data([[2.0, 1.0], [1.0, 3.0]], name="M")
V = mg.Data([1.0, 2.0, 4.0], name="v")
W = mg.Data([1.0, 2.0], name="w")
X = mg.Data(2.0, name="x")
K = mg.Data(np.array([1, 2]), name="k")

NUMPY_TOO = {  # what NumPy refuses, a call of either
    "vecdot: vectors of length 3 and 1 along axis -1": lambda m: m.vecdot(V.value, [5.0]),
    "vecdot: vectors of length 2 and 3 along axis 0": (
        lambda m: m.vecdot(M.value, V.value, axis=0)
    ),
    "vecdot: axis -1 is none of": lambda m: m.vecdot(np.array(2.0), np.array(2.0)),
    "partition: kth(=7) out of bounds": lambda m: m.partition(V.value, 7),
    "argpartition: kth(=2) out of bounds": lambda m: m.argpartition(M.value, 2, axis=0),
    "digitize: the unnamed constant array([3., 1., 2.]) must ascend or descend": (
        lambda m: m.digitize(M.value, [3.0, 1.0, 2.0])
    ),
    "digitize: the unnamed constant": lambda m: m.digitize(V.value, M.value),
    "geomspace: the unnamed constant 0.0 has a 0": lambda m: m.geomspace(W.value, 0, 3),
    "polyfit: degree -7": lambda m: m.polyfit(np.arange(3.0), V.value, -7),
    "polyder: order -1": lambda m: m.polyder(V.value, -1),
    "cov: ddof=1.5; it is a whole number": lambda m: m.cov(M.value, ddof=1.5),
    "cov: fweights and aweights are 0 or more; got -1.0": (
        lambda m: m.cov(M.value, aweights=[1.0, -1.0])
    ),
    "cov: fweights are counts, whole numbers": lambda m: m.cov(M.value, fweights=[1.0, 1.5]),
    "bincount: minlength=-1": lambda m: m.bincount(K.value, minlength=-1),
    "pad: axis 1 of the unnamed constant array([], shape=(2, 0), dtype=float64) has no elements": (
        lambda m: m.pad(np.ones((2, 0)), 1, "linear_ramp")
    ),
    "argsort: axis 1 is none of": lambda m: m.argsort(3.0, axis=1),
    "meshgrid: indexing='yx'": lambda m: m.meshgrid(V.value, V.value, indexing="yx"),
    "einsum: 'ij...,j...->i' loses the axes of '...'": (
        lambda m: m.einsum("ij...,j...->i", M.value, M.value)
    ),
    "einsum: int arrived where subscripts stand": lambda m: m.einsum(5, M.value),
    "eigh: UPLO=3; it is 'L' or 'U'": lambda m: m.linalg.eigh(M.value, UPLO=3),
    "select: conditions: 1, choices: 2": (
        lambda m: m.select([V.value > 0.0], [V.value, V.value])
    ),
    "svd: the unnamed constant 2.0 of shape () is no matrix": lambda m: m.linalg.svd(2.0),
    "qr: the unnamed constant": lambda m: m.linalg.qr(V.value),
    "broadcast_to: the unnamed constant 1.0 of shape () does not broadcast to (-1,)": (
        lambda m: m.broadcast_to(1.0, (-1,))
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", NUMPY_TOO)
def test_what_numpy_refuses_is_refused_by_name(message):
    with pytest.raises((ValueError, TypeError, IndexError, AttributeError)):
        NUMPY_TOO[message](np)
    with pytest.raises(mg.MinigraphError, match=re.escape(message)):
        NUMPY_TOO[message](mg)


ADVICE = {
    "concatenate: an array arrived as the axis; pass a list: mg.concatenate([a, b])": (
        lambda: mg.concatenate(V, V)
    ),
    "stack: an array arrived as the axis; pass a list: mg.stack([a, b])": lambda: np.stack(V, V),
    "pass a list: mg.stack([a, b])": lambda: mg.stack(X, X),
    "vstack: takes 1 positional argument but 2 were given; its arguments: tup": (
        lambda: mg.vstack(V, V)
    ),
    "sum: got an unexpected keyword argument 'dim'; its arguments: a, axis, dtype, out, keepdims": (
        lambda: mg.sum(V, dim=0)
    ),
    "ones: got an unexpected keyword argument 'requires_grad'; see numpy.ones": (
        lambda: mg.ones(3, requires_grad=True)
    ),
    "stack: the number 'x' arrived in place of a list of arrays; write [a, b]": (
        lambda: mg.stack(X)
    ),
    "einsum: Data arrived where subscripts stand": lambda: mg.einsum(X),
    "take: index 7 is out of bounds for axis 0 with size 4 of 'M' in one row; pass indices": (
        lambda: mg.take(M, [7])
    ),
    "take: index 6 is out of bounds for axis 1 with size 2 of 'M'; pass indices": (
        lambda: mg.take(M, K + 5, axis=1)
    ),
    "item of 'M' of shape (2, 2): index 7 is out of bounds": lambda: M.item(7),
    "type Fraction and dtype object; minigraph computes with real numbers, integers and booleans; "
    "convert it with float(…) first": lambda: X + Fraction(1, 2),
    "convert it with np.array(…, float) first": lambda: mg.Data([Decimal("0.5")]),
    "icdf of Poisson: it has no closed form here; np.quantile(law.sample(": (
        lambda: mg.Poisson(2.0).icdf(0.5)
    ),
    "cdf of Dirichlet: it has no closed form here; average over law.sample(": (
        lambda: mg.Dirichlet(V).cdf(0.5)
    ),
    "exp: needs 1 array by position, got 0": lambda: mg.exp(),
    "Data: got 'one' of type str and dtype <U3;": lambda: V + "one",
    "matmul: a single number arrived where an array is needed; write * to": lambda: V @ 3.0,
    "gradient: wrt: got str; pass Data, or a list of Data (by name: mg.Graph(y)['v'])": (
        lambda: mg.gradient(mg.sum(V), "v")
    ),
    "Data: got 'a' of type str": lambda: mg.check_grads(mg.exp, "a"),
    "median: got an unexpected keyword argument 'keepdim'": lambda: mg.median(V, keepdim=True),
    "corrcoef: got an unexpected keyword argument 'ddof'": lambda: mg.corrcoef(M, ddof=1),
    "int of 'v': it has shape (3,), and only a single element has one; x.value has all": (
        lambda: int(V)
    ),
    "broadcast_to: 'v' of shape (3,) does not broadcast to (2, 2)": (
        lambda: mg.broadcast_to(V, (2, 2))
    ),
    "'M' of shape (2, 2) does not broadcast to (2,)": lambda: mg.full((2,), M),
    "np.savetxt: not defined on Data; it takes plain numbers: x.value": (
        lambda: np.savetxt("v", V)
    ),
    "np.array2string: not defined on Data; it takes plain numbers": lambda: np.array2string(V),
    "diag: k is Data, and it is fixed when the graph is built; pass numbers": (
        lambda: mg.diag(M, mg.Data(np.array(1)))
    ),
    "diagonal: offset is Data": lambda: np.linalg.diagonal(M, offset=mg.Data(np.array(1))),
    "trace: offset is Data": lambda: mg.trace(M, mg.Data(np.array(1))),
    "tril: k is Data": lambda: mg.tril(M, mg.Data(np.array(1))),
    "triu: k is Data": lambda: mg.triu(M, mg.Data(np.array(1))),
    "diff: n is Data": lambda: mg.diff(V, n=mg.Data(np.array(1))),
    "write x[rng.permutation(len(x))]": lambda: np.random.default_rng(0).permutation(V),
    "Data: an array with a mask arrived": (
        lambda: mg.Data(np.ma.array([1.0, 100.0], mask=[False, True]))
    ),
    "array.filled(…)": lambda: W * np.ma.array([1.0, 100.0], mask=[False, True]),
    "sample of Normal(loc=0.0, scale=1.0): (5,) arrived as the rng; write sample(shape=(5,))": (
        lambda: mg.Normal(0.0, 1.0).sample((5,))
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", ADVICE)
def test_a_call_that_means_nothing_here_is_told_what_to_write(message):
    with pytest.raises(mg.MinigraphError, match=re.escape(message)):
        ADVICE[message]()


def test_an_array_whose_mask_hides_nothing_is_an_array():
    assert mg.Data(np.ma.array([1.0, 2.0])).value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_products_of_vectors_along_an_axis_are_those_of_numpy(axis):
    a, b = np.arange(9.0).reshape(3, 3), np.arange(3.0)
    np.testing.assert_array_equal(mg.vecdot(a, a + 1, axis).value, np.vecdot(a, a + 1, axis=axis))
    if axis in (0, -1):  # of the second array too, which has no other
        np.testing.assert_array_equal(mg.vecdot(a, b, axis).value, np.vecdot(a, b, axis=axis))
        mg.check_grads(lambda a, b: mg.vecdot(a, b, axis), a, b, order=2)


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("bins", [[3.0, 2.0, 2.0, 0.5], [2.0, 2.0], [1.0], [], [0.0, 1.0, 4.0]])
def test_bins_ascend_or_descend(bins, right):
    x = np.array([[0.0, 0.5, 1.0], [2.0, 3.0, 4.0]])
    found = mg.digitize(x, mg.Data(bins), right)
    np.testing.assert_array_equal(found.value, np.digitize(x, bins, right), strict=True)


def test_bins_that_a_replay_turns_round_are_refused_there():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    edges = mg.stack([3.0 + 0.01 * x, 2.0, 1.0 + 0.01 * x])
    many = mg.expectation(mg.digitize(x, edges) * 1.0, 1000, rng=0)
    expected = 3.0 - sum(math.erfc(n / math.sqrt(2.0)) / 2.0 for n in (1, 2, 3))
    assert many.value == pytest.approx(expected, abs=0.06)
    with pytest.raises(mg.InputError, match=r"digitize: .* must ascend or descend.*; got 1"):
        mg.expectation(mg.digitize(x, mg.stack([3.0, 2.0, 1.0 + x])) * 1.0, 1000, rng=0)


@pytest.mark.parametrize("rcond", [1.5, 1.0, 0.5, 0.0, -1.0, -3.0, 1e-16, None])
def test_least_squares_leave_out_what_lapack_leaves_out(rcond):
    a, b = np.array([[2.0, 1.0], [1.0, 3.0], [0.0, 1.0]]), np.array([1.0, 2.0, 4.0])
    for one, other in zip(mg.linalg.lstsq(a, b, rcond), np.linalg.lstsq(a, b, rcond), strict=True):
        np.testing.assert_allclose(one.value, other, rtol=1e-12)


def test_functions_of_networks_are_methods_too():
    for x in (X, V, -V):
        for name in ("relu", "sigmoid", "softplus"):
            found = getattr(x, name)()
            np.testing.assert_array_equal(found.value, getattr(mg, name)(x).value)
            assert found.node.name == name


@pytest.mark.parametrize(("name", "instead"), [
    ("abs", "abs(x)"), ("pow", "x ** n"), ("clamp", "x.clip(low, high)"), ("numel", "x.size"),
    ("unsqueeze", "mg.expand_dims(x, axis)"), ("softmax", "mg.softmax(x, axis)"),
    ("cpu", "x"), ("clone", "x.copy()"), ("matmul", "x @ y"), ("norm", "mg.linalg.norm(x)"),
])  # fmt: skip
def test_a_method_of_other_frameworks_says_what_to_write(name, instead):
    message = f"Data has no attribute {name!r}; write {instead}"
    with pytest.raises(AttributeError, match=f"^{re.escape(message)}$"):
        getattr(V, name)
    assert not hasattr(V, name)
