"""Steps that run once, as straight-line Python: the same values, in few variables."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.replay import straight as straight_module
from minigraph.replay.memory import LINE, arrays
from minigraph.replay.straight import LARGE, TILE


def texts_of(monkeypatch, y, wrt, runs=3):
    """Return the texts that replays of `y` are compiled to, after checking what they compute."""
    texts = []
    monkeypatch.setattr(
        straight_module, "compile", lambda text, *rest: texts.append(text) or compile(text, *rest),
        raising=False,
    )  # fmt: skip
    slopes = [g.value for g in mg.gradient(y, wrt)]
    for _ in range(runs):
        estimate = mg.expectation(y, 1, wrt=wrt, rng=0)
        assert estimate.value == pytest.approx(y.value, rel=1e-12)
        for x, slope in zip(wrt, slopes, strict=True):
            np.testing.assert_allclose(estimate.grad[x], slope, rtol=1e-10, atol=1e-12)
    return texts


def test_numbers_that_are_needed_no_more_leave_their_variables(monkeypatch):
    x, c = mg.Data(0.5, name="x"), mg.Data(-0.25, name="c")
    y = x
    for _ in range(300):
        y = mg.sin(y * 1.01 + x) - y * c
    (text,) = texts_of(monkeypatch, y, [x, c])
    assigned = {line.split(" = ")[0].strip() for line in text.splitlines() if " = " in line}
    assert len(assigned) < 800  # of 3,000 steps; what the backward pass needs is kept
    assert "(" in text


def test_negative_and_infinite_numbers_are_written_so_that_python_reads_them(monkeypatch):
    x = mg.Data(2.0, name="x")
    y = -x * -3.0 - (-1.5 - -x) + mg.minimum(x, np.inf) - mg.maximum(-np.inf, x)
    texts_of(monkeypatch, y, [x])


def test_products_are_added_up_in_one_call_where_nobody_else_needs_them(monkeypatch):
    a, b = mg.Data(np.arange(6.0).reshape(2, 3), name="a"), mg.Data(np.ones((2, 3)), name="b")
    product = a * b
    y = mg.sum(product) + mg.sum(mg.sin(a) * mg.cos(b)) + mg.sum(a * a)
    texts_of(monkeypatch, y, [a, b])
    texts_of(monkeypatch, y + mg.sum(product**3), [a, b])  # here it is needed twice


def test_layers_of_a_network_have_the_slopes_of_a_single_run(monkeypatch):
    rng = np.random.default_rng(0)
    w, b = mg.Data(rng.normal(size=(4, 3)), name="w"), mg.Data(rng.normal(size=3), name="b")
    v = mg.Data(rng.normal(size=(3, 1)), name="v")
    x = mg.Data(rng.normal(size=(20, 4)), name="x", constant=True)
    hidden = mg.maximum(x @ w + b, 0.0)
    y = mg.sum(mg.tanh(hidden @ v)) + 0.1 * (mg.sum(w * w) + mg.sum(v * v))
    texts_of(monkeypatch, y, [w, b, v])


@pytest.mark.parametrize("shape", [(LARGE + 7,), (3, LARGE)])
def test_large_arrays_are_computed_part_by_part(monkeypatch, shape):
    a = mg.Data(np.random.default_rng(0).normal(size=shape), name="a")
    k = mg.Data(1.5, name="k")
    middle = mg.exp(-0.1 * a * a) * k + mg.maximum(a, 0.2)
    y = mg.sum(middle * a - mg.sin(middle) / 3.0) + mg.sum(mg.tanh(middle))
    (text,) = texts_of(monkeypatch, y, [a, k])
    assert f"range(0, {a.size}, {TILE})" in text


@pytest.mark.parametrize("view", ["reversed", "turned over", "transposed"])
def test_views_of_large_arrays_that_are_written_over_keep_their_values(monkeypatch, view):
    shape = (300, 300) if view == "transposed" else (90_000,)
    a = mg.Data(np.random.default_rng(1).normal(size=shape), name="a")
    b = a * 2.0 + 1.0  # it is needed no more when its view is, which lies in the same memory
    turned = {"reversed": lambda: b[::-1], "turned over": lambda: mg.flip(b)}.get(view, lambda: b.T)
    y = mg.sum((turned() * 3.0 - 1.0) * np.arange(90_000.0).reshape(shape))
    texts_of(monkeypatch, y, [a])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_swapped_inputs_are_seen(dtype):
    w = mg.Data(np.ones((3, 2), dtype), name="w")
    x = mg.Data(np.ones((5, 3), dtype), name="x", constant=True)
    y = mg.sum(x @ w) * 2.0
    for k in (1.0, 2.0, 3.0, 4.0):
        x.value = np.full((5, 3), k, dtype)
        estimate = mg.expectation(y, 1, wrt=w)
        assert estimate.value == 60.0 * k
        np.testing.assert_array_equal(estimate.grad[w], np.full((3, 2), 10.0 * k))


def test_memory_starts_where_a_cache_line_starts():
    kinds = [((3,), np.dtype(np.float64)), ((5, 7), np.dtype(np.float32)), ((), np.dtype(bool))]
    made = arrays(kinds * 4)
    assert all(x.__array_interface__["data"][0] % LINE == 0 for x in made)
    assert [(x.shape, x.dtype) for x in made] == kinds * 4
    for i, x in enumerate(made):
        x[...] = i % 2
    assert all(np.all(x == i % 2) for i, x in enumerate(made))
    assert arrays([]) == []


def test_a_single_number_is_its_own_transpose_in_all_runs():
    x = mg.Data(0.5, name="x")
    double = mg.compile(2.0 * x.T, x)
    assert [double(i) for i in (0.0, 1.0, 2.0, 3.0)] == [(2.0 * i, 2.0) for i in range(4)]
