"""Short rows folded together: the numbers of NumPy, for every axis, dtype and odd value."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import along, reductions, rows
from minigraph.ops.rows import NARROW, SHORT

RNG = np.random.default_rng(0)
FOLDS = [reductions.sum_, reductions.mean, reductions.max_, reductions.min_, reductions.logsumexp]


def folded(op, x, **fixed):
    """Return what a replay computes of samples `x`, and what a loop over them does."""
    shape = op.forward(x[0], **fixed).shape if x.ndim > 1 else ()
    run = op.along(along.Call(op, fixed, (x.shape[1:],), (True,), shape))
    return run(x), np.stack([op.forward(one, **fixed) for one in x])


@pytest.mark.parametrize("op", FOLDS)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (1, 2), (-1, -2), 2])
def test_folds_of_samples_are_those_of_a_loop(op, axis, keepdims):
    x = RNG.normal(size=(50, 3, 4, 5))
    found, each = folded(op, x, axis=axis, keepdims=keepdims)
    assert found.shape == each.shape
    np.testing.assert_allclose(found, each, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("op", FOLDS)
@pytest.mark.parametrize("n", [1, 2, NARROW, NARROW + 1, SHORT, SHORT + 1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_folds_of_any_length_keep_the_dtype(op, n, dtype):
    x = np.random.default_rng(n).normal(size=(7, n)).astype(dtype)
    found, each = folded(op, x, axis=-1)
    assert found.dtype == each.dtype == dtype
    rtol, atol = (1e-12, 1e-13) if dtype == np.float64 else (1e-5, 1e-5)
    np.testing.assert_allclose(found, each, rtol=rtol, atol=atol)


@pytest.mark.parametrize("op", FOLDS[2:])
def test_infinite_and_unknown_elements(op):
    odd = np.array([[-np.inf, -np.inf], [np.inf, 1.0], [np.nan, 1.0], [1.0, np.nan], [-np.inf, 0.5],
                    [np.inf, -np.inf], [np.inf, np.inf], [1e308, 1e308]])  # fmt: skip
    before = odd.copy()
    with np.errstate(all="ignore"):
        found, each = folded(op, odd, axis=-1)
    np.testing.assert_array_equal(found, each)
    np.testing.assert_array_equal(odd, before)


def test_integers_are_folded_by_numpy():
    x = RNG.integers(0, 9, (20, 6))
    for op in FOLDS[:4]:
        found, each = folded(op, x, axis=0)
        assert found.dtype == each.dtype
        np.testing.assert_allclose(found, each, rtol=1e-14)


def test_tables_are_left_as_they_are():
    table = RNG.normal(size=(5, 4))
    before = table.copy()
    for fold in (rows.total, rows.average, rows.largest, rows.smallest, rows.logsumexp):
        fold(table)
        fold(np.asfortranarray(table))
        assert np.array_equal(table, before)


@pytest.mark.parametrize(
    ("part", "total", "expected"),
    [(1.0, 3.0, -2.0), (-np.inf, 3.0, -np.inf), (-np.inf, -np.inf, -np.inf), (np.inf, np.inf, 0.0),
     (2.0, np.inf, -np.inf), (np.nan, 1.0, np.nan), (1.0, np.nan, np.nan)],
)  # fmt: skip
def test_log_ratio(part, total, expected):
    log_ratio = mg.ops.elementwise.log_ratio
    out = np.array([part, 1.0])  # written where it reads
    with np.errstate(invalid="ignore"):
        np.testing.assert_equal(log_ratio(part, total), expected)
        log_ratio.forward(out, np.array([total, 2.0]), out=out)
    np.testing.assert_equal(out, [expected, -1.0])


def test_second_derivative_where_one_element_is_all_there_is():
    x = mg.Data(np.array([0.3, -np.inf]), name="x")
    slope = mg.gradient(mg.logsumexp(x), x)
    assert np.array_equal(slope.value, [1.0, 0.0])
    assert np.array_equal(mg.gradient(slope[0], x).value, [0.0, 0.0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("turned", [False, True])
def test_a_sum_of_products_with_what_all_samples_share_is_one_product(dtype, turned):
    shared = np.linspace(-1.0, 2.0, 7).astype(np.float32 if dtype == np.float32 else float)
    x = mg.sample(mg.Uniform(np.zeros(7), np.full(7, 5.0)), name="X", rng=0)
    x = mg.astype(x, dtype)
    y = mg.sum(shared * x if turned else x * shared)
    tape = mg.Tape([y])
    assert [step.title for step in tape.steps][-2:] == ["astype", "sum"]
    found = mg.expectation(y, 1000, rng=0)
    apart = mg.expectation(mg.sum(mg.cumsum(x * shared)[-1:]), 1000, rng=0)
    assert found.value == pytest.approx(apart.value, rel=1e-5 if dtype == np.float32 else 1e-13)
    assert found.stderr == pytest.approx(apart.stderr, rel=1e-4 if dtype == np.float32 else 1e-10)


def test_sums_of_products_are_those_of_numpy():
    w, m, noise = np.arange(4.0), np.arange(12.0).reshape(3, 4), np.linspace(-1.0, 2.0, 4)
    x = mg.sample(mg.Normal(np.zeros(4), 1.0), name="X", rng=0)
    for total in (
        lambda x, np: np.sum(x * w), lambda x, np: np.sum(w * x, keepdims=True)[0],
        lambda x, np: np.sum(x * x), lambda x, np: np.sum(m * x), lambda x, np: np.sum(x * 2.0),
        lambda x, np: np.sum(m * x, axis=0)[2], lambda x, np: np.sum(x * w) + (x * w)[1],
        lambda x, np: np.sum(np.sum(x * w) * w),
    ):  # fmt: skip
        f = mg.compile(total(x, mg))
        assert f(noise=[noise]) == pytest.approx(total(noise, np), rel=1e-13)


def test_integers_are_compared_as_integers_and_multiplied_as_floats():
    w = np.linspace(-1.0, 1.0, 5)
    k = mg.sample(mg.Bernoulli(logits=np.zeros(5)), name="K", rng=0)
    y = mg.sum(k * w) + mg.sum(mg.where(k < 1.0, w, 0.0)) + k @ w + mg.sum(k > 0.5)
    y = y + mg.equal(k[0], 2)
    titles = [step.title for step in mg.Tape([y]).steps]
    assert titles.count("astype") == 1
    text = mg.Tape([y]).source
    assert "np.less(K, 1," in text
    assert "np.greater(K, 0.5," in text
    for drawn in (np.zeros(5, int), np.array([1, 0, 1, 1, 0])):
        exact = 2.0 * drawn @ w + np.sum(np.where(drawn < 1, w, 0.0)) + np.sum(drawn > 0)
        assert mg.compile(y)(noise=[drawn]) == pytest.approx(exact, rel=1e-14)
