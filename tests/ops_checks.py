"""The checks that run over the table of operations."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from ops_cases import Case, signs

import minigraph as mg
from minigraph.ops import along
from minigraph.ops.base import Operation

NO_CLOSED_FORM = {  # inputs whose derivative is refused by name
    "jv": (0,), "jn": (0,), "yv": (0,), "yn": (0,), "iv": (0,), "ive": (0,),
}  # fmt: skip
NOT_AGAIN = {  # inputs with a first derivative only: a second one is refused by name
    "gammainc": (0,), "gammaincc": (0,), "gammaincinv": (0,), "gammainccinv": (0,),
    "betainc": (0, 1), "betaincinv": (0, 1),
}  # fmt: skip


def is_float(x: Any) -> bool:
    return type(x) is float or np.asarray(x).dtype.kind == "f"


def weights(shape: tuple[int, ...], seed: int = 7) -> Any:
    return signs(*shape, seed=seed) + 1.5


def total(op: Operation, case: Case, inputs: tuple[Any, ...]) -> float:
    """Return a weighted sum of the output, in plain numbers."""
    y = op.evaluate(inputs, case.fixed)
    return float(np.sum(weights(np.shape(y)) * y))


def slopes(op: Operation, case: Case, inputs: tuple[Any, ...], wrt: list[int]) -> list[Any]:
    """Return the gradient of `total`, by the rules on Data."""
    data = [mg.Data(x) if i in wrt else x for i, x in enumerate(inputs)]
    y = op(*data, **case.fixed)
    return mg.gradient(mg.sum(y * weights(y.shape)), [data[i] for i in wrt])


def central(f: Any, inputs: tuple[Any, ...], i: int, step: float = 1e-5) -> Any:
    """Return the central difference of a number f(inputs) in each element of input `i`."""
    x = np.array(inputs[i], dtype=float)
    found = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ends = []
        for sign in (1.0, -1.0):
            moved = x.copy()
            moved[index] += sign * step
            value = float(moved) if type(inputs[i]) is float else moved
            ends.append(f((*inputs[:i], value, *inputs[i + 1 :])))
        found[index] = (ends[0] - ends[1]) / (2.0 * step)
    return found


def check_direction(f: Any, inputs: tuple[Any, ...], found: list[Any], **tolerance: float) -> None:
    """Compare gradients of a number f(inputs) with its central difference in one direction."""
    step = 1e-5
    for i, (x, slope) in enumerate(zip(inputs, found, strict=True)):
        way = weights(np.shape(x), 11 + i)
        ends = []
        for sign in (1.0, -1.0):
            moved = np.asarray(x) + sign * step * way
            value = float(moved) if type(x) is float else moved
            ends.append(f((*inputs[:i], value, *inputs[i + 1 :])))
        expected = (ends[0] - ends[1]) / (2.0 * step)
        np.testing.assert_allclose(np.sum(slope.value * way), expected, err_msg=str(i), **tolerance)


def differentiable(op: Operation, case: Case) -> list[int]:
    """Return the inputs that have a derivative which can be checked."""
    y = op.evaluate(case.inputs, case.fixed)
    unknown = NO_CLOSED_FORM.get(op.name, ())
    return [
        i
        for i, x in enumerate(case.inputs)
        if is_float(x) and is_float(y) and op.rules[i] is not None and i not in unknown
    ]


def check_first(op: Operation, case: Case, wrt: list[int]) -> None:
    """Compare the rules with central differences, on Data and on plain numbers."""
    found = slopes(op, case, case.inputs, wrt)
    plain = [mg.Data(x, constant=i not in wrt) for i, x in enumerate(case.inputs)]
    y = op(*plain, **case.fixed)
    y.backward(weights(y.shape))
    for i, slope in zip(wrt, found, strict=True):
        expected = central(lambda z: total(op, case, z), case.inputs, i)
        np.testing.assert_allclose(slope.value, expected, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(plain[i].grad, slope.value, rtol=1e-12, atol=1e-14)


def check_second(op: Operation, case: Case, wrt: list[int]) -> None:
    """Compare the derivatives of the rules with central differences of the rules."""
    wrt = [i for i in wrt if i not in NOT_AGAIN.get(op.name, ())]

    def scalar(inputs: tuple[Any, ...]) -> float:
        found = slopes(op, case, inputs, wrt)
        return float(sum(np.sum(weights(s.shape, 3 + k) * s.value) for k, s in enumerate(found)))

    data = [mg.Data(x) if i in wrt else x for i, x in enumerate(case.inputs)]
    y = op(*data, **case.fixed)
    first = mg.gradient(mg.sum(y * weights(y.shape)), [data[i] for i in wrt])
    whole = mg.sum(mg.array([mg.sum(s * weights(s.shape, 3 + k)) for k, s in enumerate(first)]))
    found = mg.gradient(whole, [data[i] for i in wrt])

    def along_wrt(moved: tuple[Any, ...]) -> float:
        places = dict(zip(wrt, moved, strict=True))
        return scalar(tuple(places.get(i, x) for i, x in enumerate(case.inputs)))

    check_direction(along_wrt, tuple(case.inputs[i] for i in wrt), found, rtol=1e-5, atol=1e-6)


def check_replay(op: Operation, case: Case, samples: int) -> None:
    """Compare the sample-axis rule with a loop, for every choice of the inputs that are sampled."""
    shape = np.shape(op.evaluate(case.inputs, case.fixed))
    arity = len(case.inputs)
    for flags in itertools.product([True, False], repeat=arity):
        if not any(flags):
            continue
        many = [
            varied(x, samples) if has else np.asarray(x)
            for x, has in zip(case.inputs, flags, strict=True)
        ]
        many = [float(x) if not has and x.ndim == 0 and x.dtype == float else x
                for x, has in zip(many, flags, strict=True)]  # fmt: skip
        call = along.Call(op, case.fixed, tuple(np.shape(x) for x in case.inputs), flags, shape)
        found = op.along(call)(*many)
        assert np.shape(found) == (samples, *shape), flags
        for s in range(samples):
            one = op.evaluate(
                [along.row(x, s, has) for x, has in zip(many, flags, strict=True)], case.fixed
            )
            np.testing.assert_allclose(found[s], one, rtol=1e-12, atol=1e-14, err_msg=str(flags))


def varied(x: Any, samples: int) -> Any:
    """Return samples of an input that differ a little; the first is the input itself."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return np.stack([np.roll(x, s) if x.ndim else x for s in range(samples)])
    whole = np.all(x == np.round(x))  # the order of a Bessel function stays one
    scale = np.ones(samples) if whole else 1.0 + 0.01 * np.arange(samples)
    return x * scale.reshape(-1, *(1,) * x.ndim)
