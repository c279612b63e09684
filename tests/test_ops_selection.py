"""Picking and writing at places that are drawn: a replay over samples is single runs."""

from __future__ import annotations

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import along, selection
from minigraph.ops.indices import Slot

SHAPE = (4, 3, 5)  # what is indexed
S, TWO = Slot(0), Slot(1)
FIXED = np.array([2, 0, 2])
INDICES = [  # NumPy puts the axes of separated arrays in front
    (S,), (..., S), (slice(None), S), (slice(1, 3), S, None), (None, S, slice(None, None, -1)),
    (..., S, slice(0, 2)), (S, TWO), (S, slice(None), TWO), (slice(None), S, TWO), (1, S),
    (1, slice(None), S), (S, FIXED), (FIXED, slice(None), S), (slice(None), FIXED[:2, None], S),
    (S, None, TWO), (None, ..., S, TWO, FIXED),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("samples", [3, 4])
@pytest.mark.parametrize("event", [(), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("index", INDICES, ids=str)
def test_a_replay_of_drawn_places_is_single_runs_and_no_loop(
    index, event, samples, dtype, monkeypatch
):
    monkeypatch.delattr(along, "looped")
    rng = np.random.default_rng(0)
    count = 1 + any(i is TWO for i in index)
    for drawn in {(True,) * count, (False, True)[-count:]}:
        places = [rng.integers(-3, 3, (samples,) * has + event) for has in drawn]
        one = [along.row(p, 0, has) for p, has in zip(places, drawn, strict=True)]
        picked = np.empty(SHAPE)[selection.filled(index, one)].shape
        x, g = (rng.normal(size=(samples, *shape)).astype(dtype) for shape in (SHAPE, picked))
        for op, fixed, *arrays in [
            (selection.getitem, {"index": index}, x),
            (selection.add_at, {"index": index, "shape": SHAPE}, g),
            (selection.index_update_, {"index": index}, x, g),
            (selection.written, {"index": index, "shape": SHAPE}),
            (selection.last_write, {"index": index, "shape": SHAPE}),
        ]:
            for has in (True, False):
                flags = (has,) * len(arrays) + drawn
                many = [*(z if has else z[0] for z in arrays), *places]
                rows = [
                    [along.row(z, s, f) for z, f in zip(many, flags, strict=True)]
                    for s in range(samples)
                ]
                expected = np.array([op.evaluate(row, fixed) for row in rows])
                shapes = tuple(map(np.shape, rows[0]))
                found = op.along(along.Call(op, fixed, shapes, flags, expected.shape[1:]))(*many)
                np.testing.assert_array_equal(found, expected, strict=True)


def test_slope_of_a_drawn_row_is_how_often_it_is_drawn():
    table = mg.Data(np.zeros((3, 2), np.float32), name="table")
    k = mg.sample(mg.Categorical(probs=[0.5, 0.25, 0.25]), name="k", rng=0)
    estimate = mg.expectation(mg.sum(table[k]), 4000, wrt=table, rng=0)
    off = estimate.grad["table"] - np.array([[0.5], [0.25], [0.25]])
    assert np.all(np.abs(off) < 5.0 * estimate.grad_stderr["table"])
    assert np.all(estimate.grad_stderr["table"] < 0.01)


@pytest.mark.parametrize("build", [
    lambda t, k: mg.sum(t[mg.stack([k, k])]), lambda t, k: mg.sum(mg.index_update(t, k, 1.0)),
], ids=["getitem", "index_update"])  # fmt: skip
def test_a_drawn_place_out_of_range_is_refused_by_name(build, request):
    table, k = mg.Data(np.zeros(3)), mg.sample(mg.Poisson(0.2), name="k", rng=0)
    name = request.node.callspec.id
    with pytest.raises(mg.InputError, match=rf"replay of {name}: index \d is out of bounds"):
        mg.expectation(build(table, k), 20_000, rng=0)


def test_a_bin_of_a_single_sample_is_a_single_number():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    table, edges = mg.Data([1.0, 2.0, 3.0, 4.0]), np.array([-1.0, 0.0, 1.0])
    for y in (table[mg.digitize(x, edges)], mg.interp(x, edges, [2.0, 3.0, 7.0])):
        assert np.shape(mg.compile(y, backend="numpy")(rng=0)) == y.shape == ()
        assert np.shape(mg.expectation(y, 100, rng=0).value) == ()


REFUSED = {  # what a replay meets, and the first sample does not
    "choose: 'k' is not between 0 and 1; got [2-9]": lambda k, x: mg.choose(k, [10.0, 20.0]),
    "choose: 'k' is not between 0 and 0; got [1-9]": lambda k, x: mg.choose(k, [10.0]),
    "bincount: .* is not between 0 and 1, the last that is counted; got -1": lambda k, x: (
        mg.bincount(mg.stack([mg.astype(mg.sign(x), int)]))
    ),
    "nanargmax: there is nothing but nan in a slice of": lambda k, x: mg.nanargmax(
        [x**0.5, x**0.5]
    ),
    "nanargmin: there is nothing but nan in a slice of": lambda k, x: mg.nanargmin(
        [[x**0.5, 1.0]], axis=0, keepdims=True
    ),
    "quantile: q = 'X' is not between 0 and 1; got -": lambda k, x: mg.quantile([1.0, 2.0], x),
    "percentile: q = 'X' is not between 0 and 100; got -": lambda k, x: mg.percentile(
        [1.0, 2.0], x
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_a_single_run_refuses_a_replay_refuses_too(message):
    k = mg.sample(mg.Poisson(mg.Data(0.2)), name="k", rng=0)
    x = mg.sample(mg.Normal(mg.Data(0.5), 0.5), name="X", rng=0)
    y = REFUSED[message](k, x)
    with np.errstate(invalid="ignore"), pytest.raises(mg.InputError, match=message):
        mg.expectation(y * 1.0, 1000, rng=0)


def test_a_check_of_a_level_lets_its_gradient_through():
    q = mg.Data(0.5, name="q")
    x = mg.sample(mg.Uniform(q - 0.1, q + 0.1), name="X", rng=0)
    y = mg.reparameterize(mg.quantile([0.0, 3.0], x), "X", continuous=True)
    assert mg.expectation(y, 10, wrt=q, rng=0).grad["q"] == pytest.approx(3.0)
