"""The text of a tape: it reads as NumPy, runs without its graph, and takes nothing from names."""

import ast
import subprocess
import sys

import numpy as np
import pytest
from cases import wave

import minigraph as mg
from minigraph.ops.indices import Slot
from minigraph.replay.words import written


def draws_of(tape, samples, seed=0):
    """Return the samples of the draws of a tape, as a function of their number."""
    rng = np.random.default_rng(seed)
    made = {}

    def draw(i, *parameters):
        if i not in made:
            one = tape.draws[i]
            law = one.now(dict(zip(one.inputs, parameters, strict=True)))
            made[i] = law.generate(rng, (samples, *one.shape))
        return made[i].copy()

    return draw


def run_text(tape, samples, **functions):
    """Return the outputs of the text, run by itself."""
    known = {}
    exec(tape.source, known)
    known.update(functions)
    inputs = [data.value for _, data in tape.inputs]
    return [np.array(x) for x in known["run"](draws_of(tape, samples), samples, *inputs)]


def run_tape(tape, samples):
    """Return the outputs of the tape."""
    draw = draws_of(tape, samples)
    known = {id(one): i for i, one in enumerate(tape.draws)}

    def source(one, law):
        return draw(known[id(one)], *one_parameters(one, law))

    def one_parameters(one, law):
        return [getattr(law, name) for name in list(law.parameters)[: len(one.inputs)]]

    return [np.array(x) for x in tape.run(tape.start(), source, tape.memory(samples))]


def arrays():
    w = mg.Data(np.linspace(0.5, 1.5, 6), name="w")
    x = mg.sample(mg.Normal(w, 1.0), name="X", rng=0)
    a = mg.softplus(x) * w + mg.sigmoid(x)
    b = mg.reshape(a, (2, 3)).T @ mg.reshape(w * x, (2, 3))
    y = mg.sum(mg.broadcast_to(mg.sum(b, axis=0), (4, 3))) * mg.mean(a) + mg.sum(a[1:4] * x[::2])
    return mg.reparameterize(y), [w]


def scored():
    p = mg.Data(0.3, name="p")
    b = mg.sample(mg.Bernoulli(p), name="B", rng=0)
    k = mg.sample(mg.Poisson(1.0 + b * 2.0), name="K", rng=0)
    return mg.reinforce((k - 1.0) ** 2 + b), [p]


def chosen():
    v, p = mg.Data([1.0, 2.0, 4.0], name="v"), mg.Data([0.2, 0.3, 0.5], name="p")
    k = mg.sample(mg.Categorical(p), name="K", rng=0)
    return mg.reinforce(v[k] ** 2, baseline="leave-one-out"), [v, p]


def summed_over():
    a = mg.Data([0.3, -0.2, 0.5], name="a")
    z = mg.sample(mg.Normal(a[0], 1.0), name="Z", rng=0)
    k = mg.sample(mg.Categorical(logits=a * z), name="K", rng=0)
    return mg.reparameterize(mg.marginalize((k - z) ** 2, k)), [a]


def relaxed():
    a = mg.Data([0.3, -0.2, 0.5], name="a")
    y = mg.sum(mg.sample(mg.Bernoulli(logits=a), name="B", rng=0) * a) ** 2
    return mg.straight_through(y), [a]


def cooled():
    a, heat = mg.Data(0.3, name="a"), mg.Data(0.7, name="τ")
    y = (mg.sample(mg.Bernoulli(logits=a), name="B", rng=0) - 0.45) ** 2
    return mg.gumbel_softmax(y, temperature=heat, rng=1), [a]


def implicit():
    a = mg.Data(1.5, name="a")
    x = mg.sample(mg.Gamma(a, 2.0), name="X", rng=0) + mg.sample(mg.StudentT(a), name="T", rng=1)
    return mg.reparameterize(x * mg.sample(mg.Beta(a, 2.0), name="B", rng=2)), [a]


def moved():
    a = mg.Data(0.3, name="a")
    x = a + mg.sample(mg.Normal(np.ones((3, 4)), 0.1), name="X", rng=0)
    rows, mask = np.array([0, 2]), np.tri(3, 4, dtype=bool)
    y = mg.sum(x[rows] * x[:2]) + mg.sum(x[:, rows]) + mg.sum(x[mask]) + mg.sum(mg.sort(x) ** 2)
    return mg.reparameterize(y + mg.sum(mg.astype(x, np.float32)) + mg.sum(mg.roll(x, 1) * x)), [a]


def counts():
    a, p = mg.Data(2.0, name="a"), mg.Data(0.3, name="p")
    x = a * (1.0 + 0.1 * mg.sample(mg.Uniform(0.0, 1.0), name="U", rng=0))
    return (
        mg.Poisson(x).entropy() + mg.Binomial(5, p).entropy() * mg.Binomial(5, logits=x).entropy()
        + mg.NegativeBinomial(x, p).entropy() + mg.NegativeBinomial(x, logits=p).entropy()
    ), [a, p]  # fmt: skip


CASES = [counts, wave, arrays, scored, chosen, summed_over, relaxed, cooled, implicit, moved]


def tape_of(case):
    y, wrt = case()
    return mg.Tape([y, *mg.gradient(y, wrt)])


@pytest.mark.parametrize("case", CASES)
def test_text_asks_for_nothing(case):
    assert "set it before you run" not in tape_of(case).source


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("samples", [1, 3, 6])
def test_text_gives_what_the_tape_gives(case, samples):
    tape = tape_of(case)
    for a, b in zip(run_text(tape, samples), run_tape(tape, samples), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("case", CASES)
def test_compiled_replay_equals_the_steps_bit_for_bit(case):
    tape = tape_of(case)
    steps, text = run_tape(tape, 7), run_tape(tape, 7)  # it is compiled for the second run
    assert tape.compiled is not None
    assert [a.tobytes() for a in steps] == [b.tobytes() for b in text]


def test_text_of_arithmetic_needs_numpy_alone():
    source = tape_of(wave).source
    names = [n.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.alias)]
    assert names == ["numpy"]
    code = source + (
        "\nrng = np.random.default_rng(0)\n"
        "y, *g = run(lambda i: rng.standard_normal(100_000), 100_000, *inputs)\n"
        "print(abs(y.mean() - 4.9) < 0.2, len(g))"
    )
    order = ["-0.3" if data.name == "s" else "1.0" for _, data in tape_of(wave).inputs]
    code = code.replace("*inputs", ", ".join(order))
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert out.stdout == "True 2\n", out.stderr


def test_what_was_written_in_an_expression_is_written_in_the_text():
    x = mg.Data(np.array([1.0, 2.0], np.float32), name="x")
    few, many = np.array([3.0, 4.0], np.float32), np.arange(40, dtype=np.float32)
    y = mg.mean(x * few) * mg.sum(many * x[0])
    source = mg.Tape([y, mg.gradient(y, x)]).source
    known = {}
    exec(source, known)
    value, slope = known["run"](None, 1, x.value, many)
    np.testing.assert_allclose([value, *slope], [4290.0, 5460.0, 1560.0], rtol=1e-6)
    assert slope.dtype == np.float32
    assert "written in an expression" in source
    assert "values = run(draw, samples, x, t" in source


@pytest.mark.parametrize("name", ["s", "float"])
def test_numbers_of_the_text_are_as_weak_as_those_of_the_graph(name):
    w, s = mg.Data(np.ones(2, np.float32), name="w"), mg.Data(0.1, name=name)
    y = mg.sum(w * (s + 1.0)) * np.float32(2.0)
    known = {}
    exec(mg.Tape([y, mg.gradient(y, w)]).source, known)
    found = known["run"](None, 1, *[x.value for x in mg.Graph(y).inputs])
    assert [np.asarray(x).dtype for x in found] == [np.float32] * 2
    np.testing.assert_allclose(found[1], [2.2, 2.2], rtol=1e-6)


@pytest.mark.parametrize("narrow", [np.float32(0.1), 1.0])
def test_numbers_beside_narrow_floats_are_weak_whatever_these_become(narrow):
    w, s = mg.Data(np.full(2, narrow), name="w"), mg.Data(0.05, name="s")
    weak = mg.equal(w, s + 0.05)  # of float32, or of truths, whose tanh is float16
    y = mg.sum(weak if narrow < 1.0 else mg.tanh(weak) + mg.exp(s))
    known = {}
    exec(mg.Tape(y).source, known)
    (found,) = known["run"](None, 1, *[x.value for x in mg.Graph(y).inputs])
    assert found == y.value
    assert found.dtype == y.dtype


def test_a_number_of_float32_makes_float32_of_the_numbers_beside_it():
    v, c = mg.Data(np.float32([0.5, 2.0]), name="v"), mg.Data(0.3, name="c")
    y = mg.astype(v[0] * c, float)  # 1.0 of float32 times c
    slope = mg.gradient(y, v)
    tape = mg.Tape(slope)
    known = {}
    exec(tape.source, known)
    for (found,) in (known["run"](None, 1, c.value), run_tape(tape, 1), mg.compile(y, v)()[1:]):
        assert (found.dtype, found.tobytes()) == (np.float32, slope.value.tobytes())


def test_text_takes_no_literal_that_it_does_not_need():
    rate = mg.Data(np.float32(0.3), name="rate")
    y = mg.marginalize((mg.sample(mg.Bernoulli(rate), rng=0) + 1) ** 2 * rate)
    assert "def run(draw, samples, rate):" in mg.Tape([y]).source


def test_names_of_the_graph_are_names_of_variables_in_two_parts():
    source = tape_of(wave).source
    assert "def run(draw, samples, s, μ):" in source or "def run(draw, samples, μ, s):" in source
    assert "ε_X = draw(0)" in source
    assert source.index("# Forward") < source.index("X = np.add(") < source.index("# Backward")
    assert all(len(line) < 120 for line in source.splitlines())


HOSTILE = [
    "x\nimport os", "x; raise SystemExit", "'''", '"""', "#", "draw", "np", "lambda", "t0", "b0",
    "__import__", "\u202eevil", "a\\", "", "é" * 500, "\ud800", "1x", "x\x00", "{count}", "memory",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_never_reach_the_text_as_code(name):
    def graph(name):
        theta = mg.Data(0.5, name=name)
        x = mg.sample(mg.Normal(theta, 1.0), name=name, rng=0)
        y = mg.exp(x) * theta
        y.name = name
        return mg.Tape([mg.reparameterize(y)])

    def shape(tape):
        """The program without the names in it."""
        tree = ast.parse(tape.source.encode())
        return [type(node).__name__ for node in ast.walk(tree)]

    hostile = graph(name)
    assert shape(hostile) == shape(graph("plain"))
    (found,) = run_text(hostile, 3)
    (truth,) = run_text(graph("plain"), 3)
    np.testing.assert_array_equal(found, truth)


def test_names_that_look_alike_to_python_stay_two():
    a, b = mg.Data(1.0, name="ﬁ"), mg.Data(2.0, name="fi")
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    tape = mg.Tape([a * x - b])
    np.testing.assert_array_equal(run_text(tape, 4)[0], run_tape(tape, 4)[0])


def test_operation_of_this_package_is_imported_and_a_primitive_is_asked_for():
    solver = mg.primitive(lambda x: x + 1.0, name="my solver")
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    tape = mg.Tape([solver(mg.sigmoid(x))])
    source = tape.source
    assert "from minigraph.replay.words import operation" in source
    (line,) = [line for line in source.splitlines() if "my solver" in line and "None" in line]
    name = line.split(" = ")[0]
    (found,) = run_text(tape, 5, **{name: lambda x: x + 1.0})
    np.testing.assert_array_equal(found, run_tape(tape, 5)[0])


@pytest.mark.parametrize(
    "value",
    [1, -0.0, 1e-300, np.inf, -np.inf, np.nan, True, None, ..., "a'b", (1,), (), [1, 2.5],
     {"axis": (-1,), "x": slice(1, None, 2)}, np.arange(6).reshape(2, 3), np.array(2.5, np.float32),
     np.array([True, False]), np.array([np.nan, -np.inf]), np.zeros((0, 3)), float, np.float32,
     np.dtype("int8"), (Slot(0), slice(None), np.array([0, 2]))],
)  # fmt: skip
def test_values_that_are_written_are_read_again(value):
    found = eval(written(value), {"np": np, "Slot": Slot})
    if isinstance(value, (type, np.dtype)):
        assert found == np.dtype(value)
    elif isinstance(value, np.ndarray):
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        np.testing.assert_array_equal(found, value)
    else:
        assert written(found) == written(value)
        assert type(found) is type(value)


def test_indices_and_axes_that_numpy_computed_are_written():
    one, x = np.int64(1), mg.Data(np.arange(6.0).reshape(2, 3), name="x")
    noisy = mg.sample(mg.Normal(x, 1.0), name="X", rng=0)
    for z in (x, noisy):
        tape = mg.Tape([z[one], z[[0, 1], one], mg.roll(z, one, axis=one), mg.rot90(z, one)])
        for a, b in zip(run_text(tape, 3), run_tape(tape, 3), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "value",
    [object(), np.sin, dict, np.zeros(10_000), [object()], {"a": object()}, np.array(["a"])],
)
def test_what_cannot_be_written_is_not(value):
    assert written(value) is None


def test_unknown_operation_is_refused():
    from minigraph.replay.words import operation

    with pytest.raises(mg.UsageError, match="'frobnicate' is not known"):
        operation("frobnicate", {}, (), (), ())


def test_failure_in_the_compiled_text_names_the_step():
    calls = []

    def fragile(x):
        calls.append(1)
        if len(calls) > 4:
            raise ValueError("no root")
        return x

    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)
    tape = mg.Tape([mg.primitive(fragile, name="solver")(x * 2.0)])
    for _ in range(1):
        tape.run(tape.start(), lambda draw, law: np.ones(2), tape.memory(2))
    with pytest.raises(mg.InputError, match=r"replay of solver: no root .*\(2,\)"):
        tape.run(tape.start(), lambda draw, law: np.ones(2), tape.memory(2))


def test_score_of_a_normal_looks_at_its_noise():
    mu = mg.Data(1e8, name="μ")
    x = mg.sample(mg.Normal(mu, 2.0), name="X", rng=0)
    z = mg.reinforce(mg.exp(0.0 * x))
    tape = mg.Tape([mg.gradient(z, mu)])
    noise = np.linspace(-1.0, 1.0, 5)
    (found,) = tape.run(tape.start(), lambda draw, law: noise.copy(), tape.memory(5))
    np.testing.assert_allclose(found, noise / 2.0, rtol=1e-15)


def test_signs_and_factors_are_put_together():
    x = mg.sample(mg.Normal(mg.Data(0.0), 1.0), name="X", rng=0)
    y = -(-(mg.exp(x) * 0.5) * 4.0) + -mg.arctan(x)
    titles = [step.call.op.name for step in mg.Tape([y]).steps if hasattr(step, "call")]
    assert sorted(titles[-4:]) == ["arctan", "exp", "multiply", "subtract"]
