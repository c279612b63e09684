"""Derivatives of functions, and the check of gradients."""

from __future__ import annotations

import re
from collections import namedtuple

import numpy as np
import pytest

import minigraph as mg


def cube(x):
    return x**3


def rosenbrock(x):
    return mg.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


# Plain in, plain out; Data in, Data out ---------------------------------------------------------
def test_plain_arguments_give_plain_results():
    assert type(mg.grad(cube)(2.0)) is float
    g = mg.grad(rosenbrock)(np.array([1.0, 2.0]))
    assert type(g) is np.ndarray
    assert g.flags.writeable
    assert mg.grad(cube)(2) == 12.0


def test_data_arguments_give_data():
    x = mg.Data(2.0)
    g = mg.grad(cube)(x)
    assert type(g) is mg.Data
    assert mg.gradient(g, x).value == 12.0
    value, g = mg.value_and_grad(cube)(x)
    assert (value.value, g.value) == (8.0, 12.0)


def test_a_function_that_reads_data_gives_data():
    w = mg.Data(3.0)
    g = mg.grad(lambda x: w * x * x)(2.0)
    assert mg.gradient(g, w).value == 4.0
    c = mg.Data(3.0, constant=True)
    assert mg.grad(lambda x: c * x)(2.0) == 3.0


def test_float32_stays_float32():
    x = np.ones(3, np.float32)
    assert mg.grad(lambda x: mg.sum(x * 2.0))(x).dtype == np.float32
    assert mg.jacobian(mg.sin)(x).dtype == np.float32
    assert mg.hvp(lambda x: mg.sum(x**3), x, vector=x).dtype == np.float32


def test_the_callers_arguments_are_left_alone():
    x = np.array([1.0, 2.0])
    argument = {"w": [x]}
    g = mg.grad(lambda p: mg.sum(p["w"][0] ** 2))(argument)
    assert argument["w"][0] is x
    g["w"][0][:] = 7.0
    assert x.tolist() == [1, 2]
    theta = mg.Data(1.0, name="θ")
    mg.grad(cube)(theta)
    assert (theta.name, theta.grad) == ("θ", None)


# Nesting ----------------------------------------------------------------------------------------
def test_transforms_nest_to_any_depth():
    f = cube
    for expected in (12.0, 12.0, 6.0, 0.0):
        f = mg.grad(f)
        assert f(2.0) == expected


def test_perturbations_are_not_confused():
    # d/dx [x · d/dy (x + y)] at 1 is 1, and not 2 (Siskind and Pearlmutter 2005).
    assert mg.grad(lambda x: x * mg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert mg.grad(lambda x: x * mg.grad(lambda y: x * y)(x))(3.0) == 6.0
    x = mg.Data(3.0)
    assert mg.grad(lambda y: x * y)(x).value == 3.0
    assert mg.grad(lambda a: mg.grad(lambda b: a * b)(2.0))(mg.Data(3.0, constant=True)).value == 1


def test_different_transforms_nest():
    x = np.array([0.5, 1.5])
    hessian = mg.hessian(rosenbrock)(x)
    np.testing.assert_allclose(mg.jacobian(mg.grad(rosenbrock))(x), hessian)
    np.testing.assert_allclose(mg.jvp(mg.grad(rosenbrock), x, x)[1], hessian @ x)
    along = mg.grad(lambda x: mg.jvp(rosenbrock, x, np.array([1.0, 0.0]))[1])(x)
    np.testing.assert_allclose(along, hessian[0])
    pulled = mg.grad(lambda x: mg.sum(mg.vjp(mg.sin, x)[1](np.ones(2))[0]))(x)
    np.testing.assert_allclose(pulled, -np.sin(x))


def test_an_error_leaves_nothing_behind():
    def fails(x):
        raise RuntimeError("inside")

    for _ in range(3):
        with pytest.raises(RuntimeError):
            mg.grad(lambda x: mg.grad(fails)(x))(1.0)
    assert mg.grad(mg.grad(cube))(2.0) == 12.0


# Arguments --------------------------------------------------------------------------------------
def test_containers_give_containers():
    Pair = namedtuple("Pair", "a b")

    def f(p, c):
        return p["w"][0] * p["w"][1] + mg.sum(p["b"] ** 2) * c.a

    p = {"w": (2.0, 3.0), "b": np.array([1.0, 2.0])}
    g, h = mg.grad(f, argnums=(0, 1))(p, Pair(4.0, 5.0))
    assert g["w"] == (3.0, 2.0)
    assert g["b"].tolist() == [8, 16]
    assert h == Pair(5.0, 0.0)
    assert isinstance(h, Pair)


def test_other_arguments_may_be_anything():
    def f(x, how, *, power=1):
        assert how == "so"
        return x**power

    assert mg.grad(f)(3.0, "so", power=2) == 6.0


def test_argnums_count_from_either_end():
    def f(x, y, z):
        return x * y * y * z

    assert mg.grad(f, argnums=1)(2.0, 3.0, 1.0) == 12.0
    assert mg.grad(f, argnums=-1)(2.0, 3.0, 1.0) == 18.0
    assert mg.grad(f, argnums=(2, 0))(2.0, 3.0, 1.0) == (18.0, 9.0)
    assert mg.grad(f, argnums=(1,))(2.0, 3.0, 1.0) == (12.0,)


def test_argnums_may_be_integers_of_numpy():
    def f(x, y):
        return x * y * y

    for transform in (mg.grad, mg.jacobian, mg.hessian, mg.value_and_grad):
        for ours, theirs in ((1, np.int64(1)), ((0, 1), np.arange(2)), ((0,), (np.int8(0),))):
            assert transform(f, theirs)(2.0, 3.0) == transform(f, ours)(2.0, 3.0)
    mg.check_grads(cube, 1.0, order=np.int64(2))


@pytest.mark.parametrize("argnums", [1.0, np.float64(1.0), "a", [0.5], np.bool_(True)])
def test_argnums_that_are_no_whole_numbers_are_refused_by_name(argnums):
    with pytest.raises(mg.InputError, match="grad of cube: argnums="):
        mg.grad(cube, argnums)(1.0, 2.0)


def test_argnums_out_of_range_are_refused_by_name():
    for argnums, shown in ((1, "1"), (-2, "-2"), ((0, 3), "3"), (True, "True")):
        with pytest.raises(mg.InputError, match=rf"grad of cube: argnums=.*argument {shown},.* 1 "):
            mg.grad(cube, argnums=argnums)(1.0)


def test_arguments_without_slope_are_refused_by_name():
    with pytest.raises(mg.UsageError, match=r"argument 0 has dtype int64.*needs floats"):
        mg.grad(cube)(np.array(3))
    with pytest.raises(mg.UsageError, match=r"^hessian of cube: argument 0 has dtype int64"):
        mg.hessian(cube)(np.array(3))
    with pytest.raises(mg.UsageError, match=r"argument 0\['a'\]\[1\]"):
        mg.grad(lambda p: p["a"][0])({"a": [1.0, "text"]})


def test_a_result_that_is_no_single_number_is_refused_with_advice():
    with pytest.raises(mg.InputError, match=r"shape \(2,\).*mg.jacobian"):
        mg.grad(lambda x: x * 2.0)(np.ones(2))
    with pytest.raises(mg.InputError, match=r"^hessian of cube: .* shape .*mg.jacobian"):
        mg.hessian(cube)(np.ones(2))
    with pytest.raises(mg.InputError, match="returned tuple, and"):
        mg.grad(lambda x: (x, x))(1.0)
    with pytest.raises(mg.UsageError, match="returned NoneType"):
        mg.grad(lambda x: None)(1.0)


@pytest.mark.parametrize("wrong", [3.0, mg.Data(1.0), None])
@pytest.mark.parametrize(("name", "call"), {
    "grad": mg.grad,
    "value_and_grad": mg.value_and_grad,
    "jacobian": mg.jacobian,
    "hessian": mg.hessian,
    "vjp": lambda f: mg.vjp(f, 1.0),
    "jvp": lambda f: mg.jvp(f, 1.0, 1.0),
    "hvp": lambda f: mg.hvp(f, 1.0, vector=1.0),
    "check_grads": lambda f: mg.check_grads(f, 1.0),
}.items())  # fmt: skip
def test_what_is_no_function_is_refused_at_the_door_with_advice(name, call, wrong):
    with pytest.raises(mg.UsageError, match=rf"^{name}: a function is needed.*mg\.gradient"):
        call(wrong)


@pytest.mark.parametrize(
    "f", [lambda x: x @ x, lambda x: mg.sum(x * x), lambda x: x.sum(), lambda x: 0.5 * x]
)
def test_an_error_of_a_function_that_takes_a_vector_says_that_a_list_arrived(f):
    with pytest.raises((TypeError, AttributeError)) as raised:
        mg.grad(f)([1.0, 2.0])
    assert "argument 0 is a list, and arrives as a list of Data" in raised.value.__notes__[0]
    assert "np.array(…)" in raised.value.__notes__[0]
    with pytest.raises(TypeError) as raised:
        mg.grad(lambda x: x[0] * len(3))([1.0, 2.0])
    assert not hasattr(raised.value, "__notes__")


def test_a_constant_or_untouched_argument_has_gradient_zero():
    assert mg.grad(lambda x: 3.0)(1.0) == 0.0
    assert mg.grad(lambda x, y: y * 2.0)(1.0, 2.0) == 0.0
    assert mg.grad(lambda x: x)(1.0) == 1.0
    assert mg.grad(lambda x: mg.stop_gradient(x) * x)(3.0) == 3.0
    assert mg.jacobian(lambda x: np.ones(2))(np.ones(3)).tolist() == np.zeros((2, 3)).tolist()


def test_a_blocked_function_is_refused():
    def f(theta):
        return mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) ** 2

    with pytest.raises(mg.BlockedGradientError, match=r"argument 0 → P → X → power"):
        mg.grad(f)(0.5)
    g = mg.grad(lambda theta: mg.reparameterize(f(theta)))(0.5)
    assert g == 2 * np.sqrt(f(0.5).value) * np.sign(g)


# Each transform ---------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,)])
@pytest.mark.parametrize("out", [(), (2,), (0,), (2, 2)])
def test_a_jacobian_has_the_shape_of_output_then_input(shape, out):
    rng = np.random.default_rng(0)
    weights = rng.normal(size=out + shape)
    axes = tuple(range(len(out), len(out + shape)))
    found = mg.jacobian(lambda x: mg.sum(weights * x, axis=axes))(rng.normal(size=shape))
    assert np.shape(found) == out + shape
    np.testing.assert_allclose(found, weights)


def test_a_jacobian_of_containers_is_a_container_of_containers():
    found = mg.jacobian(lambda p: {"s": p[0] + p[1], "m": p[0] * p[1]})((2.0, 3.0))
    assert found == {"s": (1.0, 1.0), "m": (3.0, 2.0)}


def test_a_hessian_of_several_arguments():
    found = mg.hessian(lambda x, y: x**2 * y, argnums=(0, 1))(2.0, 3.0)
    assert found == ((6.0, 4.0), (4.0, 0.0))


def test_a_hessian_of_data_can_be_differentiated():
    x = mg.Data([1.0, 2.0])
    hessian = mg.hessian(lambda x: mg.sum(x**4))(x)
    assert mg.gradient(mg.sum(hessian), x).value.tolist() == [24, 48]


def test_vjp_returns_the_value_and_a_pull_that_can_be_called_again():
    value, pull = mg.vjp(lambda x, y: (x * y, mg.sum(x)), np.array([1.0, 2.0]), 3.0)
    assert (value[0].tolist(), value[1]) == ([3, 6], 3.0)
    for scale in (1.0, 2.0):
        gx, gy = pull((np.array([1.0, 0.0]) * scale, 1.0 * scale))
        assert (gx.tolist(), gy) == ([4 * scale, 1 * scale], 1.0 * scale)


@pytest.mark.parametrize("empty", [{}, (), []])
def test_vjp_of_a_function_that_returns_nothing_is_zero(empty):
    value, pull = mg.vjp(lambda x, y: empty, 1.0, np.ones(2))
    assert value == empty
    gx, gy = pull(empty)
    assert (gx, gy.tolist()) == (0.0, [0.0, 0.0])
    assert mg.vjp(lambda x: empty, mg.Data(1.0))[1](empty)[0].value == 0.0


def test_vjp_refuses_cotangents_of_another_shape():
    _, pull = mg.vjp(mg.sin, np.ones(2))
    with pytest.raises(mg.InputError, match=r"shape \(3,\) was given for shape \(2,\)"):
        pull(np.ones(3))
    with pytest.raises(mg.InputError, match="structure"):
        pull({"y": np.ones(2)})


def test_jvp_is_the_jacobian_times_the_tangent():
    rng = np.random.default_rng(1)
    A, x, t = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3)

    def f(x, scale):
        return mg.sin(A @ x) * scale

    value, change = mg.jvp(f, (x, 2.0), (t, 0.5))
    np.testing.assert_allclose(value, 2 * np.sin(A @ x))
    np.testing.assert_allclose(change, 2 * np.cos(A @ x) * (A @ t) + 0.5 * np.sin(A @ x))
    assert mg.jvp(cube, 2.0, 1.0) == (8.0, 12.0)
    assert mg.jvp(lambda x: 1.0, 2.0, 1.0) == (1.0, 0.0)


def test_jvp_refuses_tangents_that_do_not_match():
    for tangents in ((1.0, 2.0), (np.ones(2),)):
        with pytest.raises(mg.InputError, match="jvp of cube"):
            mg.jvp(cube, (2.0,), tangents)


def test_a_single_tangent_need_not_be_wrapped():
    assert mg.jvp(cube, 2.0, 1.0) == mg.jvp(cube, (2.0,), 1.0) == (8.0, 12.0)


def test_hvp_is_the_hessian_times_the_vector():
    x, v = np.array([0.5, 1.5, -1.0]), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(mg.hvp(rosenbrock, x, vector=v), mg.hessian(rosenbrock)(x) @ v)
    assert mg.hvp(lambda x, y: x**2 * y, 2.0, 3.0, vector=(1.0, 0.5)) == (8.0, 4.0)
    assert mg.hvp(lambda p: p["a"] ** 3, {"a": 2.0}, vector={"a": 1.0}) == {"a": 12.0}
    assert mg.hvp(lambda x: 2.0 * x, 1.0, vector=1.0) == 0.0


def test_the_vector_of_hvp_may_come_last_by_position():
    x, v = np.array([0.5, 1.5, -1.0]), np.array([1.0, -2.0, 0.5])
    np.testing.assert_array_equal(mg.hvp(rosenbrock, x, v), mg.hvp(rosenbrock, x, vector=v))
    assert mg.hvp(lambda x, y: x**2 * y, 2.0, 3.0, (1.0, 0.5)) == (8.0, 4.0)


@pytest.mark.parametrize("call", [
    lambda: mg.hvp(cube), lambda: mg.hvp(cube, 1.0), lambda: mg.hvp(cube, vector=1.0)
])  # fmt: skip
def test_hvp_without_a_vector_is_refused_with_the_call_to_write(call):
    with pytest.raises(mg.UsageError, match=r"hvp of cube: .*mg\.hvp\(f, x, vector\)"):
        call()


def test_transforms_keep_the_name_and_document_the_function():
    assert mg.grad(cube).__name__ == "cube"


@pytest.mark.parametrize("box", [mg.function, mg.primitive])
def test_a_function_is_called_in_errors_by_the_name_it_was_given(box):
    with pytest.raises(mg.MinigraphError, match=r"^grad of cubed: argument 0: "):
        mg.grad(box(lambda x: x**3, name="cubed"))("one")


# check_grads ------------------------------------------------------------------------------------
def bent(factor, order):
    """Return sin with a wrong factor in its derivative of the given order."""
    rules = {
        1: lambda g, y, x: factor * g * mg.cos(x),
        2: lambda g, y, x: g * mg.primitive(np.cos, lambda h, c, z: -factor * h * mg.sin(z))(x),
    }
    return mg.primitive(np.sin, rules[order], name="bent")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", [1, 2])
def test_check_grads_finds_a_rule_that_is_off_by_a_thousandth(order, dtype):
    x = np.array([0.5, 1.0], dtype)
    mg.check_grads(bent(1.0, order), x)
    with pytest.raises(
        mg.GradientError, match=rf"order {order}, argument 0, element \[0\]: .* say"
    ):
        mg.check_grads(bent(1.001, order), x)
    if order == 2:
        mg.check_grads(bent(1.001, order), x, order=1)


def test_check_grads_names_the_argument_and_both_numbers():
    f = mg.primitive(lambda x, y: x * y, lambda g, z, x, y: (g * y, 2 * g * x), name="f")
    with pytest.raises(AssertionError) as caught:
        mg.check_grads(lambda x, p: f(x, p["b"]), 2.0, {"b": 3.0})
    said = re.search(r"argument 1\['b'\]: the gradient is (.*), differences say (.*) \(1 of 1",
                     str(caught.value))  # fmt: skip
    assert float(said[1]) / float(said[2]) == pytest.approx(2.0)


def test_check_grads_takes_containers_data_and_several_outputs():
    p = {"a": np.array([0.5, 1.0]), "b": [mg.Data(2.0)]}
    mg.check_grads(lambda p, y: (p["a"] * y, mg.exp(p["b"][0])), p, 3.0, order=3)


def test_check_grads_finds_a_kink_and_bears_float32_inside():
    with pytest.raises(mg.GradientError, match="kink"):
        mg.check_grads(mg.abs, 0.0 + 1e-9)
    mg.check_grads(lambda x: mg.astype(x, np.float32) ** 2, np.array([0.5, 1.0]))


def test_check_grads_says_of_a_function_that_draws_that_two_calls_differ():
    rng = np.random.default_rng(0)
    noise = lambda: mg.sample(mg.Normal(0.0, 1.0), rng=rng)
    with pytest.raises(mg.GradientError, match=r"two calls at this point give .* fix the seed"):
        mg.check_grads(lambda x: x * noise(), 2.0)
    mg.check_grads(lambda x: x * mg.sample(mg.Normal(0.0, 1.0), rng=0), 2.0)


def test_check_grads_hands_over_data_as_grad_does():
    mg.check_grads(lambda a: a.exp(), 1.0)
    mg.check_grads(lambda p: p["a"].tanh().sum(), {"a": np.array([0.5, 1.0])}, order=3)


def test_check_grads_sees_a_function_that_reads_data_of_somebody_else():
    weight = mg.Data(0.5, name="weight")
    mg.check_grads(lambda x, p: mg.sum(x * x) * weight * p[0], np.array([0.5, 1.0]), [2.0])


def test_check_grads_refuses_what_is_no_number():
    with pytest.raises(mg.UsageError, match=r"Data: got '1\.0\.0' of type str"):
        mg.check_grads(cube, "1.0.0")


def test_check_grads_refuses_an_order_below_one():
    with pytest.raises(mg.InputError, match="order=0"):
        mg.check_grads(cube, 1.0, order=0)
