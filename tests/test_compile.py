"""A graph as a function of NumPy, JAX or PyTorch: the same numbers, or a refusal by name."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from compile_cases import GRAPHS, code_of, network, noise_of, pathwise, quickly, seed

import minigraph as mg

BACKENDS = ["numpy", "jax", "torch"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Return the name of a library that is installed; JAX in double precision for this test."""
    if request.param != "numpy":
        pytest.importorskip(request.param)
    if request.param != "jax":
        yield request.param
        return
    with pytest.importorskip("jax").enable_x64(True):
        yield request.param


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def arrays(found):
    """Return a value and its gradients as NumPy's arrays."""
    value, slopes = found
    return [np.asarray(value), *[np.asarray(g) for g in slopes]]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("samples", [None, 1, 3])
def test_value_and_gradients_are_those_of_a_replay(graph, backend, samples):
    y, wrt = graph()
    outputs = [y, *mg.gradient(y, wrt)]
    noise = noise_of(outputs, samples)
    tape = mg.Tape(outputs)
    many = iter([x if samples else x[None] for x in noise])
    run = tape.run(tape.start(), lambda draw, law: next(many), tape.memory(samples or 1))
    known = [x.mean(axis=0) if has else x for x, (_, has) in zip(run, tape.outputs, strict=True)]
    f = mg.compile(y, wrt, backend=backend, samples=samples)
    found = arrays((quickly(f) if backend == "jax" else f)(noise=noise))
    for a, b in zip(found, known, strict=True):
        assert a.dtype == float
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def test_inputs_come_by_position_or_by_name_and_else_stay(backend):
    a, b = mg.Data(2.0, name="a"), mg.Data(3.0, name="b")
    f = mg.compile(a * b**2 + mg.Data(1.0), b, backend=backend)
    assert f.inputs == ("b", "a")
    assert [float(x) for x in f()] == [19.0, 12.0]
    assert [float(x) for x in f(1.0, 5.0)] == [6.0, 10.0]
    assert [float(x) for x in f(a=5.0)] == [46.0, 30.0]
    a.value = 100.0  # the function holds no graph
    assert float(f()[0]) == 19.0


def test_a_value_alone_has_any_shape(backend):
    x = mg.Data(np.arange(3.0), name="x")
    f = mg.compile(x * 2, backend=backend)
    np.testing.assert_array_equal(f([1.0, 1.0, 2.0]), [2.0, 2.0, 4.0])


def test_inputs_can_be_chosen_and_ordered(backend):
    a, b = mg.Data(2.0, name="a"), mg.Data(3.0, name="b")
    for inputs in (["b"], "b", b):
        f = mg.compile(a - b, backend=backend, inputs=inputs)
        assert f.inputs == ("b",)
        assert float(f(10.0)) == -8.0
    with pytest.raises(mg.InputError, match="not an input of the graph"):
        mg.compile(a - b, backend=backend, inputs=[mg.Data(1.0, name="c")])
    with pytest.raises(mg.UsageError, match="an input: got int; pass Data of its graph"):
        mg.compile(a - b, backend=backend, inputs=3)


@pytest.mark.parametrize(("name", "randomness"), [("rng", 0), ("noise", [])])
def test_an_input_with_the_name_of_the_randomness_comes_by_position(backend, name, randomness):
    f = mg.compile(mg.Data(2.0, name=name) * mg.Data(3.0, name="b"), backend=backend)
    with pytest.raises(mg.UsageError, match=f"{name}= is its randomness.*'{name}'.* by position"):
        f(**{name: 5.0})
    assert [float(f()), float(f(5.0))] == [6.0, 15.0]
    assert float(f(5.0, **{name: randomness})) == 15.0


def test_a_call_that_does_not_fit_is_refused_by_name(backend):
    x = mg.Data(np.ones(3), name="x")
    k = mg.Data(np.array([0, 1]), name="k")
    f = mg.compile(x[k], backend=backend)
    with pytest.raises(mg.InputError, match=r"input 'x' has shape \(3,\), shape \(2,\) arrived"):
        f(np.ones(2))
    with pytest.raises(mg.InputError, match="input 'k' has dtype int64, floats arrived"):
        f(k=[0.0, 1.0])
    with pytest.raises(mg.UsageError, match="'z' is given by name, and no input has that name"):
        f(z=1.0)
    with pytest.raises(mg.UsageError, match="arrays by position: 3, inputs: 2 "):
        f(1.0, 2.0, 3.0)
    with pytest.raises(mg.UsageError, match="it has come by position"):
        f(np.ones(3), x=np.ones(3))
    with pytest.raises(mg.UsageError, match="2 inputs have that name"):
        mg.compile(x[0] * mg.Data(1.0, name="x"), backend=backend)(x=np.ones(3))
    for bad in ([1, 2, 3j], [1, 2, None], ["1", "2", "3"]):
        with pytest.raises(mg.UsageError, match=r"'x' has dtype float64, .* pass real numbers"):
            f(np.array(bad))


def test_noise_that_does_not_fit_is_refused_by_name(backend):
    y, wrt = pathwise()
    f = mg.compile(y, wrt, backend=backend, samples=4)
    with pytest.raises(mg.InputError, match=r"noise 'ε_X' has shape \(4,\), shape \(3,\) arrived"):
        f(noise={"ε_X": np.zeros(3)})
    with pytest.raises(mg.InputError, match="noise holds 'X', and 0 draws have that name"):
        f(noise={"X": np.zeros(4)})
    with pytest.raises(mg.InputError, match="noise has length 2, the list of draws 1 "):
        f(noise=[1.0, 2.0])
    for bad in (3, "X", np.array(3.0)):
        with pytest.raises(mg.UsageError, match="pass one array for each draw"):
            f(noise=bad)


def test_a_data_in_place_of_an_array_is_refused_by_name(backend):
    x = mg.Data([1.0, 2.0], name="x")
    f = mg.compile(mg.sum(x), backend=backend)
    with pytest.raises(mg.UsageError, match=r"input 'x': 'x', a Data, arrived.*pass its \.value"):
        f(x)


def test_a_tensor_with_a_gradient_is_refused_by_numpy():
    torch = pytest.importorskip("torch")
    f = mg.compile(2.0 * mg.Data(1.0, name="x"))
    with pytest.raises(mg.UsageError, match=r'requires grad.*backend="torch"'):
        f(torch.tensor(1.0, dtype=torch.float64, requires_grad=True))


def test_a_function_of_numpy_is_not_sent_to_another_process():
    cloudpickle = pytest.importorskip("cloudpickle")
    with pytest.raises(mg.UsageError, match="cannot be pickled; pickle the graph"):
        cloudpickle.dumps(mg.compile(*pathwise()))


def test_a_seed_of_another_library_and_one_that_is_too_large_are_refused(backend):
    f = mg.compile(*pathwise(), backend=backend)
    others = {"numpy": "seed", "jax": np.random.default_rng(0), "torch": np.random.default_rng(0)}
    with pytest.raises(mg.UsageError, match="rng"):
        f(rng=others[backend])
    if backend != "numpy":  # whose seeds have any size
        with pytest.raises(mg.UsageError, match=f"rng is {2**70}; pass"):
            f(rng=2**70)


LAWS = [
    mg.Normal(1.0, 2.0), mg.Uniform(1.0, 3.0), mg.Exponential(2.0), mg.Laplace(0.5, 1.0),
    mg.Logistic(0.5, 1.0), mg.Gumbel(0.5, 1.0), mg.HalfNormal(2.0), mg.Bernoulli(0.3),
    mg.Bernoulli(logits=1.0), mg.Geometric(0.4), mg.Categorical([0.1, 0.2, 0.7]),
    mg.Categorical(logits=[0.1, 0.2, 0.7]),
]  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_draws_from_a_seed_have_the_law(law, backend):
    x = mg.sample(law, name="X", rng=0)
    seed = 1
    f = mg.compile(x * 1.0, backend=backend, samples=20_000)
    mean = float(f(rng=seed))
    assert float(f(rng=seed)) == mean
    assert float(f(rng=2)) != mean
    atoms = law.outcomes() if hasattr(law, "outcomes") else None
    if type(law) is mg.Categorical:
        p = np.exp([law.log_prob(k).value for k in atoms])
        expected, spread = p @ atoms, np.sqrt(p @ atoms**2 - (p @ atoms) ** 2)
    else:
        expected, spread = law.mean.value, np.sqrt(law.variance.value)
    assert abs(mean - expected) < 5 * spread / np.sqrt(20_000)


def test_a_draw_that_a_library_cannot_make_must_be_given(backend):
    k = mg.Data(3.0, name="k")
    y = mg.reinforce(mg.sample(mg.VonMises(0.0, k), name="A", rng=0) * 2.0)
    f = mg.compile(y, k, backend=backend)
    assert float(f(noise={"ε_A": 0.5})[0]) == 1.0
    if backend == "numpy":
        assert abs(float(f(rng=0)[0])) <= 2.0 * np.pi
        return
    with pytest.raises(mg.UsageError, match="ε_A ~ StandardVonMises cannot be drawn in"):
        f(rng=0)


def test_an_unrewritten_draw_blocks_the_gradient(backend):
    y, wrt = seed()
    with pytest.raises(mg.BlockedGradientError, match="through random X"):
        mg.compile(y, wrt, backend=backend)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # by PyTorch, of itself
def test_a_gradient_that_torch_would_take_across_a_draw_is_refused(torch):
    p, k = mg.Data(0.3, name="p"), mg.Data(2.0, name="k")
    y = mg.sample(mg.Bernoulli(p), name="B", rng=0) * k + p
    f = mg.compile(y, backend="torch", inputs=[p, k])
    tensor = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    f(0.3, tensor, noise=[1]).backward()
    assert tensor.grad == 1.0
    with pytest.raises(mg.BlockedGradientError, match="'p': it would have to cross random B"):
        f(tensor, 2.0, noise=[1])
    forward = torch.autograd.forward_ad
    with forward.dual_level(), pytest.raises(mg.BlockedGradientError, match="cross random B"):
        f(forward.make_dual(tensor.detach(), torch.ones_like(tensor)), 2.0, noise=[1])


def test_a_gradient_that_torch_would_take_across_a_kink_that_moves_is_refused(torch):
    x = mg.sample(mg.Laplace(mg.Data(0.5, name="μ"), 1.0), name="X", rng=0)
    f = mg.compile(mg.reinforce(x**2), backend="torch")  # the second one would be wrong
    with pytest.raises(mg.BlockedGradientError, match="'μ': it would have to cross kink"):
        f(torch.tensor(0.5, dtype=torch.float64, requires_grad=True), noise=[0.4])


@pytest.mark.parametrize("weights", [np.arange(3.0), np.float64(1.0)], ids=["array", "number"])
def test_results_of_torch_may_be_changed(torch, weights):
    w = mg.Data(np.ones(3), name="w")
    f = mg.compile(mg.sum(w * weights), w, backend="torch")
    f()[1].mul_(0.5)
    np.testing.assert_array_equal(f()[1], np.ones(3) * weights)


def test_torch_differentiates_once_more(torch):
    y, (w, _) = network()
    f = mg.compile(y, w, backend="torch")
    tensor = torch.tensor(np.array(w.value), requires_grad=True)
    found = torch.autograd.grad(f(tensor)[1].sum(), tensor)[0]
    known = mg.gradient(mg.sum(mg.gradient(y, w)), w).value
    np.testing.assert_allclose(found, known, rtol=1e-10, atol=1e-12)


def test_single_precision_stays_single(backend):
    x = mg.Data(np.float32([1.0, 2.0]), name="x")
    scale = mg.Data(0.5, name="scale")
    y = mg.sum(mg.exp(x * scale) * np.float32([3.0, 4.0]))
    value, slope = mg.compile(y, x, backend=backend)()
    assert np.asarray(value).dtype == np.asarray(slope).dtype == np.float32
    np.testing.assert_allclose(slope, mg.gradient(y, x).value, rtol=1e-6)


def test_a_number_beside_a_single_float_widens_nothing(backend):
    a = mg.Data(np.float32([3.0, 4.0, 5.0]), name="a")
    parts = [mg.norm(a), mg.std(a), mg.nanmax(a), mg.where(a[0] > 3, a[0], 1.0), mg.hypot(a[0], 2)]
    for y in parts:
        f = mg.compile(y, a, backend=backend)
        value, slope = (quickly(f) if backend == "jax" else f)()
        assert np.asarray(value).dtype == np.asarray(slope).dtype == np.float32
        np.testing.assert_allclose(value, y.value, rtol=1e-6)
        np.testing.assert_allclose(slope, mg.gradient(y, a).value, rtol=1e-6)


def test_an_operation_of_ones_own_can_be_named(backend):
    cube = mg.primitive(lambda x: x**3, lambda g, y, x: 3 * g * x**2, name="cube")
    x = mg.Data(2.0, name="x")
    if backend != "numpy":
        with pytest.raises(mg.UsageError, match="operation 'cube' has no counterpart"):
            mg.compile(cube(x), x, backend=backend)
    f = mg.compile(cube(x), x, backend=backend, functions={"cube": lambda x: x**3})
    assert [float(z) for z in f(3.0)] == [27.0, 27.0]


def test_the_name_of_a_primitive_is_not_taken_for_an_operation():
    pytest.importorskip("torch")
    wrong = mg.primitive(lambda x: -x, name="exp")
    with pytest.raises(mg.UsageError, match="operation 'exp' has no counterpart"):
        mg.compile(wrong(mg.Data(1.0, name="x")), backend="torch")


def test_an_index_by_truths_that_change_is_refused_by_name():
    pytest.importorskip("torch")
    x = mg.Data(np.array([1.0, -1.0, 2.0]), name="x")
    with pytest.raises(mg.UsageError, match="indexed by truths that change"):
        mg.compile(mg.sum(x[x > 0]), backend="torch")


def test_a_baseline_that_looks_across_samples_is_numpys_alone(backend):
    y, wrt = seed()
    y = mg.reinforce(y, baseline="leave-one-out")
    noise = [np.array([0.1, -0.3, 0.7])]
    if backend == "numpy":
        assert np.isfinite(mg.compile(y, wrt, samples=3)(noise=noise)[0])
        return
    with pytest.raises(mg.UsageError, match="looks at all samples at once"):
        mg.compile(y, wrt, backend=backend, samples=3)


HOSTILE = [
    "np",
    "draw",
    "lambda",
    "x y",
    "θ'; import os",
    "memory",
    "rng",
    "noise",
    "",
    "t0",
    "a\nb",
]


def test_names_of_the_graph_never_become_code(backend):
    data = [mg.Data(float(i), name=name) for i, name in enumerate(HOSTILE)]
    total = data[0]
    for x in data[1:]:
        total = total + x * mg.sample(mg.Normal(0.0, 1.0), name=x.name, rng=0)
        total.name = x.name
    f = mg.compile(total, backend=backend, inputs=data)
    assert f.inputs == tuple(HOSTILE)
    assert float(f(*[1.0] * len(data), noise=[2.0] * (len(data) - 1))) == 1.0 + 2 * 10


def test_the_source_reads_as_numpy(backend):
    y, wrt = pathwise()
    source = mg.compile(y, wrt, backend=backend).source
    assert "ε_X = draw(0)" in source
    assert "np.add(" in source


@pytest.mark.parametrize("name", ["jax", "torch"])
def test_a_library_that_is_missing_names_the_extra(name, monkeypatch):
    real = builtins.__import__

    def missing(module, *args, **keywords):
        if module.split(".")[0] == name:
            raise ImportError(module)
        return real(module, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(mg.MissingExtraError, match=rf'pip install "minigraph\[{name}\]"'):
        mg.compile(mg.Data(1.0, name="x") * 2, backend=name)


def test_an_unknown_library_is_refused_by_name():
    with pytest.raises(mg.InputError, match="backend='cupy' is not known; known are 'numpy'"):
        mg.compile(mg.Data(1.0) * 2, backend="cupy")
    with pytest.raises(mg.UsageError, match="compile: got float"):
        mg.compile(1.0)


def test_the_page_about_it_says_what_comes_out():
    scope: dict = {}
    exec(code_of("compile.md")[0], scope)
    assert abs(scope["value"] - 2.0) < 0.1
    assert abs(scope["slope"] + 2.0) < 0.3


def test_numbers_of_single_precision_in_a_graph(backend):
    x = mg.Data(np.array([0.5, 1.0, 2.0], np.float32), name="x")
    y = mg.sum(mg.tanh(x * np.float32(0.25) + np.float32(1.0)))
    value, slope = mg.compile(y, x, backend=backend)()
    np.testing.assert_allclose(np.asarray(value), y.value, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(slope), mg.gradient(y, x).value, rtol=1e-6)
    assert np.asarray(slope).dtype == np.float32


def test_a_parameter_that_does_not_matter_is_an_argument_all_the_same():
    p, q = mg.Data(0.3, name="p"), mg.Data(1.0, name="q")
    f = mg.compile(p * 2.0, [q, p])
    assert f.inputs == ("q", "p")
    assert f(7.0, 5.0) == (10.0, [0.0, 2.0])
    assert f(p=2.0) == (4.0, [0.0, 2.0])
