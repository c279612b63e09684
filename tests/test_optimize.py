"""Optimizers: what a step does, and what it refuses."""

import copy

import numpy as np
import pytest

import minigraph as mg
from minigraph.optimize import SGD, Adam


def test_sgd_step_goes_down_by_rate_times_gradient():
    x = mg.Data([1.0, 2.0])
    SGD(x, rate=0.1).step({x: np.array([10.0, -10.0])})
    assert x.value.tolist() == [0.0, 3.0]


def test_momentum_adds_what_is_left_of_the_last_step():
    x = mg.Data(0.0)
    optimizer = SGD(x, rate=1.0, momentum=0.5)
    positions = []
    for g in (1.0, 1.0, 0.0):
        optimizer.step({x: g})
        positions.append(x.value)
    assert positions == [-1.0, -2.5, -3.25]


def test_adam_follows_algorithm_1_of_kingma_and_ba():
    x = mg.Data(np.array([0.5, -1.0]))
    optimizer = Adam(x, rate=0.1, decays=(0.8, 0.9), epsilon=1e-3)
    expected, m, v = np.array([0.5, -1.0]), np.zeros(2), np.zeros(2)
    for t in range(1, 6):
        g = np.array([np.sin(t), 10.0 * t])
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
        step = (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)
        expected = expected - 0.1 * step
        optimizer.step({x: g})
        np.testing.assert_allclose(x.value, expected, rtol=1e-12)


def test_first_step_of_adam_has_the_length_of_the_rate_whatever_the_gradient():
    x = mg.Data([0.0, 0.0])
    Adam(x, rate=0.25).step({x: np.array([1e-3, -1e6])})
    np.testing.assert_allclose(x.value, [-0.25, 0.25], rtol=1e-4)


def test_maximize_goes_up():
    x = mg.Data(0.0)
    SGD(x, rate=1.0, maximize=True).step({x: 2.0})
    assert x.value == 2.0


def test_schedule_is_asked_with_the_number_of_steps_taken():
    x, asked = mg.Data(0.0), []
    optimizer = SGD(x, rate=lambda step: asked.append(step) or 0.1)
    for _ in range(3):
        optimizer.step({x: 1.0})
    assert asked == [0, 1, 2]
    assert optimizer.steps == 3


def test_step_without_gradients_takes_what_backward_has_left():
    x = mg.Data(3.0)
    (x * x).backward()
    SGD(x, rate=0.5).step()
    assert x.value == 0.0


def test_step_takes_gradients_that_are_data():
    x = mg.Data(3.0)
    SGD(x, rate=0.5).step({x: mg.gradient(x * x, x)})
    assert x.value == 0.0


def test_float32_parameter_stays_float32():
    x = mg.Data(np.ones(3, dtype=np.float32))
    Adam(x, rate=0.1).step({x: np.ones(3, dtype=np.float32)})
    assert x.dtype == np.float32


def test_half_precision_parameter_takes_a_step_of_a_small_gradient():
    x = mg.Data(np.float16(1.0), name="x")
    mg.Adam(x, rate=0.125).step({x: 1e-4})
    assert x.dtype == np.float16
    assert x.value == 0.875


def test_trained_graph_is_replayed_not_rebuilt():
    theta = mg.Data(0.0, name="θ")
    y = mg.reparameterize((mg.sample(mg.Normal(theta, 1.0), rng=0) - 3.0) ** 2)
    optimizer = SGD(theta, rate=0.25)
    for step in range(30):
        optimizer.step(mg.expectation(y, 1000, wrt=theta, rng=step).grad)
    assert theta.value == pytest.approx(3.0, abs=0.1)


def test_step_takes_gradients_by_name():
    a, b = mg.Data(1.0, name="a"), mg.Data(2.0, name="b")
    SGD([a, b], rate=1.0).step({"a": 0.5, b: 0.25})
    assert (a.value, b.value) == (0.5, 1.75)


def test_a_name_that_two_parameters_have_is_no_key():
    a, b = mg.Data(1.0, name="a"), mg.Data(2.0, name="a")
    with pytest.raises(mg.InputError, match="its name is not its own: make it the key"):
        SGD([a, b], rate=1.0).step({"a": 0.5})
    assert (a.value, b.value) == (1.0, 2.0)


def test_gradients_in_a_list_are_refused():
    with pytest.raises(mg.UsageError, match=r"step of Adam: got list, .* a mapping"):
        Adam(mg.Data(1.0)).step([1.0])


def test_an_optimizer_is_told_by_its_parameters_its_rate_and_its_steps():
    adam = Adam([mg.Data(1.0, name="a"), mg.Data(2.0, name="b")], rate=0.1)
    adam.step({"a": 1.0, "b": 1.0})
    assert repr(adam) == "Adam('a', 'b'; rate=0.1, steps=1)"
    assert repr(SGD(mg.Data(1.0, name="a"), rate=np.sin)) == "SGD('a'; rate=sin, steps=0)"


@pytest.mark.parametrize(
    ("gradients", "says"),
    [
        ([], "gradient of 'b' is missing"),
        ([np.nan], "gradient of 'b' is not finite"),
        ([np.ones(3)], r"gradient of 'b' has shape \(3,\), its value \(\)"),
        ([None], "gradient of 'b' is missing"),
        (["1"], "gradient of 'b' has dtype <U1; pass real numbers"),
        ([1j], "gradient of 'b' has dtype complex128"),
    ],
)
def test_bad_gradient_is_refused_by_name_and_moves_nothing(gradients, says):
    a, b = mg.Data(1.0, name="a"), mg.Data(2.0, name="b")
    optimizer = SGD([a, b], rate=0.1)
    with pytest.raises(mg.InputError, match=says):
        optimizer.step({a: 1.0, **dict(zip([b], gradients, strict=False))})
    assert (a.value, b.value, optimizer.steps) == (1.0, 2.0, 0)


@pytest.mark.parametrize(
    "thing",
    [mg.Data(1.0, constant=True), mg.exp(mg.Data(1.0)), mg.Data(np.arange(3)), 1.0, None],
    ids=["constant", "result", "integers", "number", "nothing"],
)
def test_what_cannot_be_trained_is_refused(thing):
    for parameters in ([thing], thing):
        with pytest.raises(mg.UsageError, match="cannot be trained"):
            SGD(parameters, rate=0.1)


@pytest.mark.parametrize("parameters", [[], {}, iter(())], ids=["list", "dict", "iterator"])
def test_an_optimizer_of_nothing_is_refused(parameters):
    with pytest.raises(mg.InputError, match=r"Adam: got .*, in which there is nothing to train"):
        Adam(parameters)


def test_a_parameter_that_is_there_twice_is_refused():
    x = mg.Data(1.0, name="x")
    with pytest.raises(mg.UsageError, match="'x' is there twice"):
        SGD([x, x], rate=0.1)


@pytest.mark.parametrize("rate", [0.0, -0.1, float("nan"), float("inf"), "a", None, np.ones(2)])
def test_rate_must_be_positive(rate):
    with pytest.raises(mg.InputError, match="rate must be positive"):
        SGD(mg.Data(1.0), rate=rate)


@pytest.mark.parametrize("rate", [-0.1, float("nan"), None])
def test_bad_rate_of_a_schedule_moves_nothing(rate):
    x = mg.Data(1.0)
    optimizer = SGD(x, rate=lambda step: rate)
    with pytest.raises(mg.InputError, match="the scheduled rate of step 1 must be at least 0"):
        optimizer.step({x: 1.0})
    assert (x.value, optimizer.steps) == (1.0, 0)


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("nan")])
def test_epsilon_must_be_positive(epsilon):
    with pytest.raises(mg.InputError, match="epsilon must be positive"):
        Adam(mg.Data(1.0), epsilon=epsilon)


@pytest.mark.parametrize("make", [
    lambda: SGD(mg.Data(1.0), rate=0.1, momentum=1.0),
    lambda: Adam(mg.Data(1.0), decays=(0.9, 1.0)),
    lambda: SGD(mg.Data(1.0), rate=0.1, momentum=None),
    lambda: Adam(mg.Data(1.0), decays=(-0.1, 0.9)),
    lambda: Adam(mg.Data(1.0), decays=0.9),
])  # fmt: skip
def test_decay_outside_zero_to_one_is_refused(make):
    with pytest.raises(mg.InputError, match=r"in \[0, 1\)"):
        make()


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_restored_optimizer_goes_on_as_if_nothing_had_happened(kind):
    extra = {"momentum": 0.9} if kind is SGD else {}
    gradients = np.random.default_rng(0).normal(size=(6, 2))
    x = mg.Data([1.0, -1.0])
    optimizer = kind(x, rate=0.1, **extra)
    for g in gradients[:3]:
        optimizer.step({x: g})
    y = mg.Data(x.value)
    other = kind(y, rate=0.1, **extra)
    other.restore(optimizer.state())
    for g in gradients[3:]:
        optimizer.step({x: g})
        other.step({y: g})
    assert x.value.tolist() == y.value.tolist()
    assert other.steps == 6


def test_state_of_another_optimizer_is_refused():
    with pytest.raises(mg.InputError, match=r"'mean.0' must have shape \(\), nothing arrived"):
        Adam(mg.Data(1.0)).restore(SGD(mg.Data(1.0), rate=0.1).state())


@pytest.mark.parametrize(("change", "text"), [
    ({"steps": -3}, "steps must be a whole number of at least 0; got -3"),
    ({"steps": 1.5}, "steps must be a whole number of at least 0; got 1.5"),
    ({"steps": "two"}, "steps must be a whole number of at least 0; got 'two'"),
    ({"velocity.0": np.nan}, "'velocity.0' must hold finite numbers, of dtype float64; got nan"),
    ({"velocity.0": "fast"}, "'velocity.0' must hold finite numbers, of dtype float64; got 'fast'"),
    ({"velocity.1": np.zeros(2)}, r"'velocity.1' must have nothing, shape \(2,\) arrived"),
    (None, r"'steps' must have shape \(\), nothing arrived"),
])  # fmt: skip
def test_state_of_other_parameters_is_refused(change, text):
    optimizer = SGD(mg.Data(1.0), rate=0.1)
    with pytest.raises(mg.InputError, match=text):
        optimizer.restore(change and {**optimizer.state(), **change})


def test_an_optimizer_of_yours_takes_the_arguments_that_it_names():
    class Named(mg.SGD):
        def __init__(self, parameters, lr):
            super().__init__(parameters, lr)

    class Any(mg.SGD):
        def __init__(self, *args, **others):
            super().__init__(args[0], others["lr"])

    x = mg.Data(1.0)
    assert Named(x, lr=0.5).rate == Any(x, lr=0.5).rate == copy.copy(Named(x, 0.5)).rate == 0.5
