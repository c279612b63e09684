"""Sines, tanh and their kind where the processor has wide instructions, and where it has not."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.distributions.box_muller import by_chords, by_tangents
from minigraph.ops.wide import chord, quarter_chord
from minigraph.replay import cheaper

SIZES = [7, 5000]  # few angles, and many


@pytest.fixture(params=[True, False], ids=["wide", "narrow"])
def processor(request, monkeypatch):
    """Replays are written as for a processor of either kind."""
    monkeypatch.setattr(cheaper, "WIDE", request.param)


def replayed(outputs, samples):
    """Return the outputs for points from -40 to 40 in place of uniform numbers."""
    tape = mg.Tape(outputs)
    u = np.linspace(0.0, 1.0, samples)
    return tape.run(tape.start(), lambda draw, law: u.copy(), tape.memory(samples))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_polynomial_is_right_to_the_last_place(dtype):
    x = np.linspace(-np.pi, np.pi, 10_001).astype(dtype)
    found, exact = quarter_chord(x), 2.0 * np.sin(x.astype(float) / 4.0)
    assert found.dtype == dtype
    assert np.max(np.abs(found - exact)) < 2.0 * np.finfo(dtype).eps


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [1.0, 1e3, 6e6, 7e6, 1e12])
def test_whole_turns_are_left_out(scale, size):
    x = np.random.default_rng(0).uniform(-scale, scale, size)
    c, out = chord(x), np.empty(size)
    assert chord(x, out) is out
    assert np.array_equal(out, c)
    whole = c * np.sqrt(4.0 - c * c)
    assert np.max(np.abs(1.0 - 0.5 * whole * whole - np.cos(x))) < 1e-15
    assert np.max(np.abs(whole * (1.0 - 0.5 * c * c) - np.sin(x))) < 1e-15


@pytest.mark.parametrize("size", SIZES)
def test_an_angle_that_is_none_has_no_sine_and_the_others_keep_theirs(size):
    x = np.linspace(-3.0, 3.0, size)
    with np.errstate(invalid="ignore"):
        found = chord(np.concatenate([[np.nan, np.inf, -np.inf], x]))
    assert np.all(np.isnan(found[:3]))
    np.testing.assert_allclose(found[3:], 2.0 * np.sin(x / 4.0), atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_both_ways_make_the_same_normal_numbers(dtype):
    u = np.random.default_rng(1).random((2, 50_000), dtype=dtype)
    u[1, :5] = 0.0, 0.25, 0.5, 0.75, 1.0 - np.finfo(dtype).epsneg
    u[0] = np.sqrt(-2.0 * np.log1p(-u[0]))
    one, other = u.copy(), u.copy()
    by_tangents(*one)
    by_chords(*other)
    assert one.dtype == other.dtype == dtype
    assert np.max(np.abs(one - other)) < 50.0 * np.finfo(dtype).eps


@pytest.mark.parametrize("samples", SIZES)
@pytest.mark.parametrize(
    "function", [mg.sin, mg.cos, mg.tanh, mg.sigmoid, lambda x: mg.sin(x) * mg.cos(x)]
)
def test_functions_are_right_to_a_few_units_in_the_last_place(function, samples, processor):
    x = 80.0 * mg.sample(mg.Uniform(0.0, 1.0), name="U", rng=0) - 40.0
    y = function(x)
    at, found, slope = replayed([x, y, mg.gradient(mg.sum(mg.reparameterize(y)), x)], samples)
    given = mg.Data(at.copy())
    exact = function(given)
    np.testing.assert_allclose(found, exact.value, atol=1e-15)
    np.testing.assert_allclose(slope, mg.gradient(mg.sum(exact), given).value, atol=2e-15)


@pytest.mark.parametrize("samples", SIZES)
@pytest.mark.parametrize(
    "function", [mg.softplus, lambda x: mg.logaddexp(x, 0.5 * x), lambda x: mg.logaddexp(0.0, -x)]
)
def test_small_logarithms_keep_all_their_digits(function, samples, processor):
    x = 80.0 * mg.sample(mg.Uniform(0.0, 1.0), name="U", rng=0) - 40.0
    at, found = replayed([x, function(x)], samples)
    np.testing.assert_allclose(found, function(mg.Data(at.copy())).value, rtol=3e-15)


@pytest.mark.parametrize("x", [np.inf, -np.inf, np.nan, 800.0, -800.0, 0.0])
def test_far_out_they_are_what_numpy_says(x, processor):
    functions = (mg.tanh, mg.sigmoid, mg.softplus)
    given = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    tape = mg.Tape([f(given) for f in functions])
    with np.errstate(all="ignore"):
        found = tape.run(tape.start(), lambda draw, law: np.full(3, x), tape.memory(3))
        exact = [f(mg.Data(x)).value for f in functions]
    for one, other in zip(found, exact, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-300)


def test_text_has_the_chord_in_it_and_needs_numpy_alone(monkeypatch):
    monkeypatch.setattr(cheaper, "WIDE", False)
    x = mg.sample(mg.Normal(0.0, 1.0), name="chord", rng=0)
    source = mg.Tape([mg.sin(x) + mg.cos(3.0 * x)]).source
    assert "import minigraph" not in source
    assert source.count("def chord(x, out=None):") == 1
    space = {}
    exec(source, space)
    x = np.random.default_rng(0).normal(size=5000)
    (found,) = space["run"](lambda i: x.copy(), len(x))
    np.testing.assert_allclose(found, np.sin(x) + np.cos(3.0 * x), atol=2e-15)
