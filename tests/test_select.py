"""np.where without branches: the same bits, for every dtype and shape."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.replay.select import FEW, select

RNG = np.random.default_rng(0)
BIG = 2 * FEW
ODD = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.5])


def same_bits(found, expected):
    return found.dtype == expected.dtype and found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("size", [6, BIG])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int8", "bool"])
def test_select_gives_the_bits_of_where(size, dtype):
    condition = RNG.random(size) < 0.5
    with np.errstate(invalid="ignore"):
        a, b = (np.resize(x, size).astype(dtype) for x in (ODD, ODD[::-1]))
    for x, other in ((a, b), (a, 0.0), (0.0, b), (a[:1], b), (0.0, 1.0), (a, a[:1])):
        expected = np.where(condition, np.asarray(x, dtype), np.asarray(other, dtype))
        assert same_bits(select(condition, x, other, np.empty(size, dtype)), expected)


@pytest.mark.parametrize("name", ["x", "other"])
def test_select_may_write_where_it_reads(name):
    condition = RNG.random(BIG) < 0.5
    x, other = RNG.normal(size=(2, BIG))
    expected = np.where(condition, x, other)
    assert same_bits(select(condition, x, other, {"x": x, "other": other}[name]), expected)


def test_select_may_write_where_it_reads_both():
    condition, x = RNG.random(BIG) < 0.5, RNG.normal(size=BIG)
    expected = x.copy()
    assert same_bits(select(condition, x, x, x), expected)
    for a, b in ((x, 0.0), (0.0, x), (x, x[:1]), (x[:1], x)):
        out = x.copy()
        view = lambda v, out=out: out if v is x else v
        expected = np.where(condition, a, b)
        assert same_bits(select(condition, view(a), view(b), out), expected)


def test_select_keeps_negative_zero_and_broadcasts():
    condition = RNG.random((BIG // 8, 8)) < 0.5
    row, column = RNG.normal(size=8), RNG.normal(size=(BIG // 8, 1))
    for x, other in ((row, column), (column, -0.0), (-0.0, row)):
        expected = np.where(condition, x, other)
        assert same_bits(select(condition, x, other, np.empty(condition.shape)), expected)
    expected = np.where(condition[:, :1] > 0, row, 0.0)
    assert same_bits(select(condition[:, :1], row, 0.0, np.empty((BIG // 8, 8))), expected)


def test_select_takes_numbers_for_truths_and_wide_floats():
    condition = np.arange(BIG) % 3
    for dtype in ("float64", np.longdouble):
        a, b = np.arange(BIG, dtype=dtype), -np.arange(BIG, dtype=dtype)
        found = select(condition, a, b, np.empty(BIG, dtype))
        assert np.array_equal(found, np.where(condition, a, b))


def test_a_replay_chooses_as_a_run_does_and_a_reader_sees_where():
    x = mg.sample(mg.Normal(mg.Data(0.1, name="μ"), 1.0), name="X", rng=0)
    y = mg.where(x > 0.0, mg.exp(x), x * x)
    source = mg.Tape([y]).source
    assert "np.where(" in source
    assert "import operation" not in source
    noise = np.random.default_rng(1).standard_normal(BIG)
    namespace: dict = {}
    exec(source, namespace)
    (pasted,) = namespace["run"](lambda i, *_: noise, BIG, 0.1)
    tape = mg.Tape([y])
    for _ in range(3):
        (found,) = tape.run(tape.start(), lambda draw, law: noise, tape.memory(BIG))
        assert same_bits(found, pasted)
    z = noise + 0.1
    assert np.allclose(found, np.where(z > 0.0, np.exp(z), z * z), rtol=1e-14)
