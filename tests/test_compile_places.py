"""Elements picked by data in other array libraries: those that NumPy picks."""

from __future__ import annotations

import numpy as np
import pytest

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
