"""How operations treat shapes, dtypes, memory, keywords and mistakes."""

from __future__ import annotations

import copy
import functools
import gc
import pickle
import sys
import weakref

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import floats, signs

import minigraph as mg
from minigraph.ops import special

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)
PAIRS = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)


# Shapes ----------------------------------------------------------------------------------------
@QUICK
@given(PAIRS)
def test_broadcasting_is_undone_for_all_shapes(pair):
    a, b = (mg.Data(signs(*shape, seed=k)) for k, shape in enumerate(pair.input_shapes))
    weight = np.ones(pair.result_shape)
    slopes = mg.gradient(mg.sum(a * b), [a, b])
    for x, other, slope in ((a, b, slopes[0]), (b, a, slopes[1])):
        full = weight * other.value
        expected = full.sum(axis=tuple(range(full.ndim - x.ndim)))
        ones = tuple(i for i, n in enumerate(x.shape) if n == 1)
        assert slope.shape == x.shape
        np.testing.assert_allclose(slope.value, expected.sum(axis=ones, keepdims=True), atol=1e-14)


@QUICK
@given(st.data())
def test_any_index_picks_what_numpy_picks_and_sends_the_gradient_back(data):
    x = signs(3, 2, 4)
    index = data.draw(
        hnp.basic_indices(x.shape, allow_newaxis=True)
        | hnp.integer_array_indices(x.shape)
        | st.tuples(hnp.arrays(bool, (3,)), st.integers(-2, 1))
    )
    given_x = mg.Data(x)
    y = given_x[index]
    expected = np.zeros(x.shape)
    np.add.at(expected, index, 2.0)
    np.testing.assert_array_equal(y.value, x[index])
    np.testing.assert_array_equal(mg.gradient(2.0 * mg.sum(y), given_x).value, expected)


@QUICK
@given(hnp.array_shapes(max_dims=4, max_side=3), st.data())
def test_folds_over_any_axes_are_those_of_numpy(shape, data):
    axes = data.draw(hnp.valid_tuple_axes(len(shape)))
    keepdims = data.draw(st.booleans())
    x = signs(*shape)
    for name in ("sum", "mean", "max", "prod", "var"):
        expected = getattr(np, name)(x, axis=axes, keepdims=keepdims)
        found = getattr(mg, name)(mg.Data(x), axis=axes, keepdims=keepdims)
        assert found.shape == np.shape(expected)
        np.testing.assert_allclose(found.value, expected, atol=1e-14)


def test_margins_by_axis_are_those_of_pairs():
    """NumPy knows them from 2.3 on."""
    x = mg.Data(signs(2, 3))
    for widths, pairs in (({-1: (1, 2)}, ((0, 0), (1, 2))), ({0: 1, 1: (2, 0)}, ((1, 1), (2, 0)))):
        for mode in ("constant", "edge", "mean"):
            assert np.array_equal(mg.pad(x, widths, mode), np.pad(x.value, pairs, mode))
    with pytest.raises(mg.InputError, match="pad: axis 5 is none of"):
        np.pad(x, {5: 1})


# Dtypes ----------------------------------------------------------------------------------------
F32 = [
    mg.mean, mg.var, mg.std, mg.norm, mg.median, mg.cumsum, mg.cumprod, mg.softmax, mg.sort,
    mg.diff, mg.logsumexp, mg.prod, mg.max, mg.diag, mg.tril, mg.trapezoid, mg.ptp,
    mg.linalg.svdvals,
    lambda x: mg.pad(x, 1), lambda x: mg.outer(x, x), lambda x: mg.einsum("i,i->", x, x),
    lambda x: mg.convolve(x, x), lambda x: mg.clip(x, 1.5, 2.5), lambda x: mg.where(x > 1, x, 0.0),
    lambda x: mg.linspace(x, x + 1, 3), lambda x: mg.quantile(x, 0.3), lambda x: 2 * x**2 / 3 - 1,
    lambda x: mg.interp(x, *np.float32([[0.0, 4.0], [0.0, 1.0]])),
    lambda x: mg.index_update(x, 0, 1.0), mg.nanmedian, lambda x: mg.percentile(x, [10.0, 40.0]),
    lambda x: mg.pad(x, 2, "mean"), lambda x: mg.pad(x, 2, "linear_ramp"), mg.polyint,
    lambda x: mg.polyfit(x, x * x, 1), lambda x: mg.slopes(x, edge_order=2), mg.linalg.norm,
    lambda x: mg.linalg.norm(x, 3), lambda x: mg.linalg.lstsq(mg.vander(x, 2), x)[0],
    lambda x: mg.linalg.svd(x[None]).Vh, lambda x: mg.cov(x, aweights=x), mg.nanmean,
    lambda x: mg.linalg.pinv(mg.outer(x, x), 0.1), lambda x: mg.bincount([0, 2, 2], x),
    mg.average, mg.nanstd, mg.corrcoef, lambda x: mg.insert(x, 1, 7.0),
    lambda x: mg.insert(x, [0, 2], np.array([7.0, 8.0])), lambda x: mg.ediff1d(x, to_end=7.0),
    lambda x: mg.ediff1d(x, to_begin=[1.0, 2.0]), mg.poly,
    lambda x: mg.polyval(mg.poly(x), x + 1),
    lambda x: mg.insert(x, 1, 0.5),
    lambda x: mg.piecewise(x, [x < 2.0], [lambda z: z * z]), lambda x: mg.linalg.norm(x, 0),
    lambda x: mg.slopes(x, [0.0, 1.0, 3.0]), lambda x: mg.ediff1d(x, 0.5, [1.5, 2.5]),
]  # fmt: skip


@pytest.mark.parametrize("f", F32)
def test_float32_stays_float32_through_a_composed_function(f):
    x = mg.Data(np.array([1.0, 2.0, 3.0], np.float32))
    if f in (mg.linalg.svdvals,):
        x = x[None]
    y = f(x)
    assert y.dtype == np.float32
    assert mg.gradient(mg.sum(y), x).dtype == np.float32


def test_integer_arrays_keep_their_dtype_and_python_ints_do_not():
    n = mg.Data(np.array([1, 2]))
    assert (n * n).dtype == np.int64
    assert mg.sum(n).dtype == np.int64
    assert mg.mean(n).dtype == np.float64
    assert mg.Data([1, 2]).dtype == np.float64


def test_an_index_may_be_computed_from_integers_and_whole_numbers():
    table, k = mg.Data([1.0, 2.0, 4.0, 8.0]), mg.Data(np.array([0, 1]))
    y = table[k + 1] * table[2 * k - 1] + table[-k % 2]
    assert y.value.tolist() == [2 * 8 + 1, 4 * 2 + 2]
    assert mg.gradient(mg.sum(y), table).value.tolist() == [1, 13, 2, 2]
    for index in (k + 0.5, k / 2, mg.Data(1.0) + k, mg.Data(2.0)):
        with pytest.raises(mg.UsageError, match="index: a Data of dtype float64"):
            table[index]


def test_what_is_put_beside_integers_keeps_its_slope_or_is_refused():
    n, x = np.array([1, 2]), mg.Data(0.5, name="x")
    assert mg.gradient(mg.sum(mg.insert(n, 0, x)), x).value == 1.0
    with pytest.raises(mg.UsageError, match="ediff1d: 'x' does not fit differences of int64"):
        mg.ediff1d(n, x)


def test_truths_have_a_copy():
    mask = mg.Data([1.0, -1.0]) > 0.0
    assert mask.copy().value.tolist() == [True, False]


def test_sum_of_truths_counts_them():
    assert mg.sum(mg.Data([1.0, -1.0, 2.0]) > 0).item() == 2


def test_astype_passes_gradients_between_floats_and_none_to_integers():
    x = mg.Data([1.5, 2.5])
    assert mg.gradient(mg.sum(x.astype(np.float32)), x).dtype == np.float64
    assert mg.gradient(mg.sum(x * x.astype(int)), x).value.tolist() == [1.0, 2.0]


# Data in lists, indices and arrays of objects -----------------------------------------------------
def test_a_list_of_data_is_one_array():
    a, b = mg.Data(1.0), mg.Data(2.0)
    y = mg.sum(np.array([3.0, 4.0]) * mg.array([a, b]))
    assert [g.value for g in mg.gradient(y, [a, b])] == [3.0, 4.0]


def test_numpy_array_of_data_is_detached_from_nothing():
    a = mg.Data(2.0)
    y = mg.sum(np.array([a, a * a]))
    assert mg.gradient(y, a).value == 5.0


def test_numpy_array_of_a_constant_is_plain():
    assert np.array(mg.Data([1.0, 2.0], constant=True)).dtype == np.float64


def test_conversion_to_floats_is_refused_where_it_would_detach():
    with pytest.raises(mg.UsageError, match=r"'θ' to a plain array .* cut off"):
        np.array(mg.Data([1.0], name="θ"), dtype=float)


def test_a_draw_is_not_plain_even_without_parameters():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    assert np.asarray(x).dtype == object


def test_an_index_that_is_data_follows_it():
    table, k = mg.Data([1.0, 2.0, 4.0]), mg.Data(np.array([0, 2, 2]))
    assert mg.gradient(mg.sum(table[k]), table).value.tolist() == [1.0, 0.0, 2.0]


@pytest.mark.parametrize("bound", [mg.Data, np.array, lambda n: mg.Data(np.array(n)) + 0])
def test_a_slice_keeps_the_bounds_that_it_was_built_with(bound):
    x, n = mg.Data([1.0, -1.0, 2.0, 5.0]), np.array(1)
    first = mg.Data(n) if bound is mg.Data else n
    picked = x[first : bound(np.array(3))]
    filled = mg.index_update(x, slice(None, None, first), 0.0)
    y = mg.sum(picked**2) + mg.sum(filled)
    if bound is mg.Data:
        first.value = np.array(0)
    else:
        n[...] = 0
    y.backward()
    assert x.grad.tolist() == [0.0, -2.0, 4.0, 0.0]
    assert mg.expectation(y, samples=2).value == 5.0
    assert "set it" not in mg.compile(y).source
    assert copy.deepcopy(y).value == 5.0


def test_a_bound_of_a_slice_is_an_integer():
    with pytest.raises(mg.UsageError, match=r"index: slice\(1.5, None, None\).*int\(…\)"):
        mg.Data([1.0, 2.0])[1.5:]
    with pytest.raises(mg.UsageError, match=r"count from 'n': 1.0 is of dtype float64"):
        mg.Data([1.0, 2.0])[: mg.Data(1.0, name="n")]


@pytest.mark.parametrize("index", [
    lambda: mg.Data(np.array([0, 2]), name="K"),
    lambda: mg.sample(mg.Categorical(np.full((2, 3), 1 / 3)), name="K", rng=0),
    lambda: mg.equal(mg.Data(np.arange(3)), 1.0),
])  # fmt: skip
def test_an_index_of_a_plain_array_that_would_be_cut_off_is_refused_with_advice(index):
    k = index()
    for use in (lambda: np.arange(3)[k], lambda: np.eye(3)[k, 1], lambda: np.asarray(k)):
        with pytest.raises(mg.UsageError, match=r"(K|equal).*cut off.*mg\.take\(table, x\)"):
            use()
    assert mg.Data(np.arange(3))[k].value.tolist() == np.arange(3)[k.value].tolist()


def test_a_constant_is_the_index_of_a_plain_array():
    k = mg.Data(np.array([0, 2]), constant=True)
    assert np.arange(3.0)[k].tolist() == [0.0, 2.0]


def test_data_of_integers_are_no_value_of_data():
    k = mg.Data(np.array([0, 2]))
    for raw in (k, [k, k]):
        with pytest.raises(mg.UsageError, match="Data arrived; they are used as they are"):
            mg.Data(raw)


def test_truths_that_were_drawn_are_positions_of_take_in_a_replay():
    x = mg.sample(mg.Normal(np.zeros(2), 1.0), rng=0)
    assert mg.exact(mg.sum(mg.take([3.0, 4.0], x > 0.0))).value == pytest.approx(7.0)


@pytest.mark.parametrize("call", [
    lambda x: mg.polyadd(x, np.ones(3)), lambda x: mg.polysub(np.ones((1, 2)), x),
    lambda x: mg.polymul(x, x), lambda x: mg.polyder(x), lambda x: mg.polyint(x),
])  # fmt: skip
def test_polynomials_of_a_matrix_that_numpy_refuses_are_refused(call):
    with pytest.raises(mg.InputError, match=r"^poly.*the coefficients of a polynomial are a row"):
        call(np.ones((2, 2)))


def test_an_index_of_floats_is_refused():
    with pytest.raises(mg.UsageError, match="integers or truths"):
        mg.Data([1.0, 2.0])[mg.Data(1.0)]


def test_a_quantile_follows_its_fraction():
    x, q, half = mg.Data([1.0, 2.0, 4.0, 8.0]), mg.Data(0.5), mg.Data(0.5, constant=True)
    assert mg.gradient(mg.quantile(x, q), q).value == 6.0
    found = mg.gradient(mg.sum(mg.percentile(x, [100.0 * q, 10.0])), q).value
    np.testing.assert_allclose(found, 6.0)
    y = mg.quantile(x, half)
    half.value = 0.0
    assert mg.expectation(y, samples=2).value == 1.0


def test_index_update_gives_the_gradient_to_the_last_of_two_writers():
    x, new = mg.Data([1.0, 2.0]), mg.Data([3.0, 4.0])
    y = mg.sum(mg.index_update(x, [0, 0], new) * np.array([5.0, 7.0]))
    assert [g.value.tolist() for g in mg.gradient(y, [x, new])] == [[0.0, 7.0], [0.0, 5.0]]


# Memory ----------------------------------------------------------------------------------------
def test_changing_an_array_after_recording_changes_no_gradient():
    x = mg.Data([1.0, 2.0, 3.0])
    factor, index, shifts = np.array([1.0, 2.0, 3.0]), np.array([0, 1]), [1, 2, 3]
    offset = np.array(1)
    y = mg.sum(x * factor) + mg.sum(x[index]) + mg.sum(mg.repeat(x, shifts))
    y = y + mg.trace(mg.outer(x, x), offset)
    before = mg.gradient(y, x).value.copy()
    factor[:], index[:], shifts[:], offset[...] = 0.0, 2, [0, 0, 0], 0
    np.testing.assert_array_equal(mg.gradient(y, x).value, before)


def test_gradients_share_no_memory():
    a, b = mg.Data([1.0, 2.0]), mg.Data([3.0, 4.0])
    mg.sum(a + b).backward()
    a.grad[0] = 9.0
    assert b.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", ["quantile", "percentile", "nanquantile", "nanpercentile"])
def test_the_fractions_of_a_quantile_may_be_written_afterwards(name):
    q = np.array([0.5])
    y = getattr(mg, name)(mg.Data([1.0, 2.0]), q)
    q[0] = 1.0
    assert mg.expectation(mg.sum(y), samples=2).value == y.value[0]


def test_results_cannot_be_written():
    y = mg.reshape(mg.Data([1.0, 2.0]), (2, 1))
    with pytest.raises(ValueError, match="read-only"):
        y.value[0] = 3.0


def test_augmented_assignment_makes_a_new_data():
    x = y = mg.Data([1.0])
    y += 1.0
    assert y is not x
    assert x.value.tolist() == [1.0]


def test_a_dropped_graph_is_freed_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        y = mg.var(mg.Data([1.0, 2.0]) * 2.0)
        watch = weakref.ref(y)
        del y
        assert watch() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_a_copy_of_a_graph_has_the_same_gradient(again):
    a = mg.Data([1.0, 2.0], name="a")
    y = mg.norm(mg.exp(a) * np.array([1.0, 2.0])) + a[0]
    twin = again(y)
    inner = mg.Graph(twin)["a"]
    assert inner is not a
    np.testing.assert_array_equal(mg.gradient(twin, inner).value, mg.gradient(y, a).value)


def test_pickle_of_an_operation_of_ones_own_is_refused_by_name():
    f = mg.primitive(lambda x: x, lambda g, y, x: g, name="solver")
    with pytest.raises(mg.UsageError, match="operation 'solver'"):
        pickle.dumps(f(mg.Data(1.0)))


# What is refused ---------------------------------------------------------------------------------
X = mg.Data([1.0, 2.0, 3.0], name="x")
REFUSED = {
    "would make plain numbers.*mg.array": lambda: np.mean([X[0], X[1]]),
    "np.fft.fft": lambda: np.fft.fft(X),
    "index of .* single element": lambda: mg.insert(X, mg.Data(np.array([0, 1])), 0.0),
    "unique: no argument return_counts": lambda: np.unique(X, return_counts=True),
    "unique: no argument axis=0": lambda: np.unique(mg.diag(X), axis=0),
    "unique: no argument equal_nan=False": lambda: mg.unique(X, equal_nan=False),
    "flip: axis arrived by position and by name": lambda: mg.flip(X, 0, axis=0),
    "choose: .* is of dtype float64, and says which": lambda: mg.choose(0.7, [X, X]),
    "np.histogram": lambda: np.histogram(X),
    "poly: shape": lambda: mg.poly(mg.diag(X)),
    "eig: eigenvalues of a general matrix.*eigh": lambda: np.linalg.eig(mg.diag(X)),
    "eig: .*eigvalsh": lambda: mg.linalg.eigvals(mg.diag(X)),
    "np.angle": lambda: np.angle(X),
    "np.subtract.reduce": lambda: np.subtract.reduce(X),
    "np.exp: out=": lambda: np.exp(X, out=np.zeros(3)),
    "np.add: out=": lambda: np.zeros(3).__iadd__(X),
    "sum: no argument out=": lambda: np.sum(X, out=np.zeros(())),
    "exp: no argument where=": lambda: np.exp(X, where=np.array([True, False, True])),
    "exp: no argument dtype=": lambda: np.exp(X, dtype=np.float32),
    "max: where= needs": lambda: np.max(X, where=np.array([True, False, True])),
    "sum: axis 3": lambda: mg.sum(X, axis=3),
    r"add: shapes \(3,\) and \(2,\) do not broadcast": lambda: X + mg.Data([1.0, 2.0]),
    "reshape: cannot reshape": lambda: X.reshape(2, 2),
    "index 7": lambda: X[7],
    "complex": lambda: X * 1j,
    "roll: shift is Data": lambda: mg.roll(X, mg.Data(np.array(1))),
    "quantile: q = ": lambda: mg.quantile(X, mg.Data(1.5)),
    "quantile: method 'best'; it is one": lambda: mg.quantile(X, 0.5, method="best"),
    "quantile: no argument weights=.*mg.repeat": lambda: mg.quantile(X, 0.5, weights=X),
    "quantile: no elements": lambda: mg.quantile(X[:0], 0.3),
    "nanargmax: there is nothing but nan": lambda: mg.nanargmax(X * np.nan),
    "bincount: the numbers": lambda: mg.bincount(np.array([-1])),
    "np.gradient: length 1 along axis 0": lambda: np.gradient(X[:1]),
    "np.gradient: spacings: 2, axes: 1": lambda: np.gradient(X, 1.0, 2.0),
    "lstsq: shape": lambda: mg.linalg.lstsq(X, X),
    "qr: mode 'raw'": lambda: mg.linalg.qr(mg.ones((3, 2)), "raw"),
    "polyfit: x": lambda: mg.polyfit(X, X[:2], 1),
    "tensorinv: ind = 0": lambda: mg.linalg.tensorinv(mg.eye(2), 0),
    "pad: {'reflect_type': 'odd'}": lambda: mg.pad(X, 1, "reflect", reflect_type="odd"),
    "reshape: order 'A'": lambda: mg.reshape(X, (3, 1), order="A"),
    "inv: Singular": lambda: mg.inv(np.zeros((2, 2))),
    "item assignment on 'x'.*mg.index_update": lambda: X.__setitem__(0, 1.0),
    "sort of 'x': Data are never changed": lambda: X.sort(),
    "einsum: 'ij' does not fit": lambda: mg.einsum("ij", X),
    "pad: mode 'empty'": lambda: mg.pad(X, 1, "empty"),
    "truth of 'x'": lambda: bool(X),
    "zeros: takes numbers": lambda: mg.zeros(X),
    "norm: order 'fro'": lambda: mg.norm(X, "fro", axis=0),
    "index_update: new values of shape": lambda: mg.index_update(X, 0, [1.0, 2.0]),
    "cholesky: Matrix is not positive definite": lambda: mg.cholesky(-np.eye(2)),
    "exp: needs 1 array": lambda: mg.exp(),
    "exp: 1 argument too many": lambda: mg.exp(X, 3),
}  # fmt: skip


@pytest.mark.parametrize(
    ("vjp", "message"),
    [
        (lambda g, y, x: g[:2], r"input 0 has shape \(2,\), the input has shape \(3,\)"),
        (lambda g, y, x: (g, g), "returned: 2, inputs: 1;"),
        (lambda g, y, x: 1.0, r"input 0 has shape \(\), the input has shape \(3,\)"),
    ],
)
def test_cotangents_of_another_shape_are_refused_with_both_shapes(vjp, message):
    f = mg.primitive(lambda x: 2.0 * x, vjp, name="f")
    with pytest.raises(mg.InputError, match=f"vjp of f: .*{message}"):
        mg.gradient(mg.sum(f(X)), X)
    with pytest.raises(mg.InputError, match=message):
        mg.sum(f(X)).backward()


def test_cotangent_may_be_the_integer_0_and_no_text():
    x, y = mg.Data(2.0, name="x"), mg.Data(3.0, name="y")
    kept = mg.primitive(lambda x, y: x, lambda g, x, y: (g, 0), name="kept")
    kept(x, y).backward()
    assert (x.grad, y.grad) == (1.0, 0.0)
    assert [g.value for g in mg.gradient(kept(x, y) * y, [x, y])] == [3.0, 2.0]
    said = mg.primitive(lambda x: x, lambda g, x: "one", name="said")
    with pytest.raises(mg.UsageError, match="vjp of said: it returned str"):
        mg.gradient(said(x), x)


def test_forward_that_returns_a_tuple_is_refused_with_what_to_do():
    pair = mg.primitive(lambda x: (x, x + 1.0), name="pair")
    with pytest.raises(mg.UsageError, match=r"forward of pair: it returned tuple; .*np\.stack"):
        pair(X)
    assert mg.primitive(lambda x: [x, x + 1.0])(2.0).value.tolist() == [2.0, 3.0]


class Product:
    """A rule in each of the ways in which Python writes a function."""

    def __call__(self, g, y, a, b):
        return g * b, g * a

    def of_inputs(self, g, a, b):
        return g * b, g * a

    def with_output(self, g, y, a, b):
        return g * b, g * a


@pytest.mark.parametrize("vjp", [
    lambda g, a, b: (g * b, g * a),
    lambda g, y, a, b: (g * b, g * a),
    lambda g, a, b, eps=1e-9: (g * b, g * a),
    lambda g, y, a, b, eps=1e-9: (g * b, g * a),
    lambda g, a, b=0.0: (g * b, g * a),
    lambda g, a, b, *, eps=1e-9: (g * b, g * a),
    lambda g, *arrays: (g * arrays[1], g * arrays[0]),
    lambda g, y, *arrays: (g * arrays[1], g * arrays[0]),
    lambda *everything: (everything[0] * everything[3], everything[0] * everything[2]),
    Product(), Product().of_inputs, Product().with_output,
    functools.partial(lambda eps, g, a, b: (g * b, g * a), 1e-9),
    functools.partial(lambda g, y, a, b, eps: (g * b, g * a), eps=1e-9),
])  # fmt: skip
def test_a_rule_of_ones_own_gets_the_output_if_it_has_a_place_for_it(vjp):
    product = mg.primitive(lambda a, b: a * b, vjp, name="product")
    a, b = mg.Data(2.0), mg.Data(3.0)
    assert [g.value for g in mg.gradient(product(a, b), [a, b])] == [3.0, 2.0]


@pytest.mark.parametrize("vjp", [lambda g: g, lambda g, y, a, b, c: (g, g)])
def test_a_rule_with_a_place_too_many_or_too_few_is_refused_by_name(vjp):
    a = mg.Data(2.0)
    with pytest.raises(mg.UsageError, match=r"vjp of product: arguments .* inputs: 2;"):
        mg.primitive(lambda a, b: a * b, vjp, name="product")(a, a).backward()


def test_a_rule_that_is_no_function_is_refused_at_the_door():
    with pytest.raises(mg.UsageError, match="vjp of sin: got 3 of type int"):
        mg.primitive(np.sin, 3)


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_not_defined_is_refused_by_name(message):
    with pytest.raises(mg.MinigraphError, match=f"(?s){message}"):
        REFUSED[message]()


@pytest.mark.filterwarnings("ignore:Calling expm with arguments of dtype=object")  # then it fails
@pytest.mark.parametrize("name", ["cholesky", "expm"])
def test_a_function_of_scipy_that_would_make_plain_numbers_is_refused(name):
    f = getattr(pytest.importorskip("scipy.linalg"), name)
    with pytest.raises((mg.UsageError, ValueError, TypeError)):
        f(mg.diag(X))


def test_a_special_function_without_scipy_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(mg.MissingExtraError, match=r'erfinv: needs SciPy.*"minigraph\[scipy\]"'):
        special.erfinv(np.array([0.3]))


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", [
    "sum", "prod", "max", "min", "amax", "all", "any", "count_nonzero", "ptp", "logsumexp",
    "log_softmax", "nansum", "nanmax", "nanmean",
])  # fmt: skip
def test_a_single_sample_is_folded_along_an_axis_as_numpy_does(name, axis):
    theta = mg.Data(0.5, name="θ")
    x = mg.reparameterize(mg.sample(mg.Normal(theta, 1.0), name="X", rng=0))
    y, same = getattr(mg, name)(x, axis=axis), getattr(mg, name)(x)
    assert y.shape == ()
    assert y.value == same.value
    wrt = theta if y.dtype.kind == "f" else None
    found, known = (mg.expectation(z, 100, wrt=wrt, rng=0) for z in (y, same))
    assert (found.value, found.stderr) == (known.value, known.stderr)
    assert found.grad == known.grad
    assert mg.exact(y).value == mg.exact(same).value
    assert mg.compile(y, samples=10)(rng=0) == mg.compile(same, samples=10)(rng=0)


def test_a_sampled_mask_that_picks_another_number_of_elements_is_refused_in_a_replay():
    x = mg.sample(mg.Normal(np.zeros(3), 1.0), name="X", rng=0)
    with pytest.raises(mg.InputError, match="getitem: one sample gives shape"):
        mg.expectation(mg.sum(x[x > 0.0]), samples=100, rng=0)


# Boxes -----------------------------------------------------------------------------------------
def test_a_composed_function_is_one_box():
    y = mg.std(mg.Data(floats(4)))
    boxes = {node._group.outermost for node in mg.Graph(y).nodes}
    assert [box.name for box in boxes] == ["std"]


def test_a_function_of_one_operation_is_that_node_under_its_own_name():
    (node,) = mg.Graph(mg.moveaxis(mg.Data(floats(2, 3)), 0, 1)).nodes
    assert (node.name, node.op.name, node._group) == ("moveaxis", "transpose", None)


def test_logsumexp_with_weights_has_the_derivative_of_both():
    a, b = signs(2, 3), floats(2, 3)
    value = mg.logsumexp(mg.Data(a), axis=1, b=b, keepdims=True).value
    np.testing.assert_allclose(value, np.log(np.sum(b * np.exp(a), axis=1, keepdims=True)))
    mg.check_grads(lambda a, b: mg.logsumexp(a, axis=0, b=b), a, b)
