"""Elements picked by data in other array libraries: those that NumPy picks."""

from __future__ import annotations

import numpy as np
import pytest
from compile_cases import quickly

import minigraph as mg

ALL, BACK = slice(None), slice(None, None, -1)
TRUTHS = np.array([[True, False, False], [False, False, True]])


def data(*places, dtype=int):
    return mg.Data(np.array(places, dtype), name="k")


INDICES = [  # of an array of shape (2, 3, 2, 3)
    (0, ALL, data(0, 1)), (ALL, 0, data(0, 1)), (data(0, 1), 1), (1, data(-1, 0, 2)),
    (data(0, 1), ALL, 1), (0, None, data(1)), (data(1, 0), None, 2, ..., 0), (..., 0, data(0, 2)),
    (-1, ..., data(0, 2)), (data(0, 1), ..., data(2, 0)), (ALL, data(0, 1), ..., 1, data(2, 2)),
    (data([0], [1]), ALL, data(0, 1, 1), 1), (np.array([1, 0]), 2, ALL, data([[0]], [[2]])),
    (1, slice(1, None), data(0, 1), BACK), (BACK, data(2, 0)), (ALL, slice(None, 0, -2), data(1)),
    (TRUTHS, data(1, 0)), (ALL, data(0, 2), ALL, np.array([True, False, True])),
    (ALL, mg.Data(TRUTHS.T, constant=True), data(2, 0)), (np.array(True), 0, ALL, data(1, 1)),
    (0, data(1, 1, 0, dtype=np.uint8)), (0, ALL, mg.Data(np.array(1), name="k")),
    (mg.Data(np.array(1), name="k"), slice(1, None), 0, data(2, 2)),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=range(len(INDICES)))
def test_torch_picks_and_writes_where_numpy_does(index):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x = mg.Data(rng.normal(size=(2, 3, 2, 3)), name="x")
    new = mg.Data(rng.normal(size=x[index].shape), name="new")
    places = [i for i in index if isinstance(i, mg.Data) and not i.constant]
    for y in (x[index], mg.index_update(x, index, new)):
        cost = mg.sum(y * y * rng.normal(size=y.shape))
        here = [d for d in (x, new) if d in mg.Graph(y).inputs]
        f = mg.compile(y, backend="torch", inputs=[*here, *places])
        arrays = [torch.as_tensor(np.array(d.value)) for d in (*here, *places)]
        np.testing.assert_array_equal(f(*arrays), y.value)
        many = torch.func.vmap(f)(*[torch.stack([a, a]) for a in arrays])
        np.testing.assert_array_equal(many[1], y.value)
        _, slopes = mg.compile(cost, here, backend="torch", inputs=[*here, *places])(*arrays)
        for found, known in zip(slopes, mg.gradient(cost, here), strict=True):
            np.testing.assert_allclose(found, known.value, rtol=1e-14)


def test_torch_takes_integers_of_any_size_along_an_axis():
    pytest.importorskip("torch")
    x = mg.Data(np.arange(6.0).reshape(2, 3), name="x")
    y = mg.take_along_axis(x, mg.Data(np.array([[-1], [0]], np.int8), name="k"), 1)
    np.testing.assert_array_equal(mg.compile(y, backend="torch")(), [[2.0], [3.0]])


def drawn(shape=()):
    return mg.sample(mg.Categorical(np.full((*shape, 3), 1 / 3)), name="K", rng=0)


def element():
    x = mg.Data([1.0, 2.0, 3.0], name="x")
    return x[drawn()], x


def row_of_a_table():
    x = mg.Data(2.0, name="x")
    return mg.Data(np.array([1.0, 5.0, 7.0]))[drawn()] * x, x


def between_points():
    t = mg.Data([1.0, 2.0, 5.0], name="t")
    x = mg.sample(mg.Uniform([0.0, 0.0], 2.0), name="K", rng=0)
    return mg.sum(mg.interp(x, [0.0, 1.0, 2.0], t)), t


def written_row():
    x = mg.Data([2.0, 1.0], name="x")
    table = mg.index_update(mg.Data(np.ones((3, 2))), drawn(), x)
    return mg.sum(table * np.arange(6.0).reshape(3, 2)), x


def written_beside_a_slice():
    x = mg.Data([[2.0, 1.0], [0.5, 3.0]], name="x")
    table = mg.index_update(mg.Data(np.ones((2, 2, 3))), (0, slice(None), drawn((2,))), x)
    return mg.sum(table**2 * np.arange(12.0).reshape(2, 2, 3)), x


def sums_of_a_kind():
    w = mg.Data([1.0, 2.0, 4.0], name="w")
    return mg.sum(mg.bincount(drawn((3,)), weights=w, minlength=3) ** 2), w


def scaled_columns():
    x = mg.Data([1.0, 2.0, 3.0], name="x")
    return mg.sum(mg.outer(2.0, x)[:, drawn()] ** 2), x


GRAPHS = [element, row_of_a_table, between_points, written_row, written_beside_a_slice,
          sums_of_a_kind, scaled_columns]  # fmt: skip


def compiled(backend, graph, samples):
    """Return a compiled function, samples of its draw, and what NumPy makes of them."""
    y, wrt = graph()
    shape = mg.Graph(y)["K"].shape
    noise = np.random.default_rng(0).integers(3, size=shape if samples is None else (4, *shape))
    noise = noise / 2.0 if graph is between_points else noise
    known = mg.compile(y, wrt, samples=samples)(noise=[noise])
    return mg.compile(y, wrt, backend=backend, samples=samples), noise, known


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("samples", [None, 4])
def test_torch_picks_and_writes_at_drawn_places(graph, samples):
    pytest.importorskip("torch")
    f, noise, known = compiled("torch", graph, samples)
    for a, b in zip(f(noise=[noise]), known, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_jax_picks_and_writes_at_drawn_places():
    with pytest.importorskip("jax").enable_x64(True):
        cases = [compiled("jax", graph, samples) for graph in GRAPHS for samples in (None, 4)]
        noises = [noise for _, noise, _ in cases]
        found = quickly(
            lambda noises: [f(noise=[x]) for (f, *_), x in zip(cases, noises, strict=True)]
        )(noises)
        found.append(cases[0][0](noise=[noises[0]]))  # as well if nothing is traced
        for one, (_, _, known) in zip(found, [*cases, cases[0]], strict=True):
            for a, b in zip(one, known, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-14)
