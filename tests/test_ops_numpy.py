"""NumPy's functions on Data: the same values, and derivatives that match differences."""

from __future__ import annotations

import builtins
import re

import numpy as np
import pytest
from ops_calls import EACH, PLAIN, VALUES
from ops_checks import check_direction, is_float, weights

import minigraph as mg
from minigraph.ops import along
from minigraph.ops.namespace import BY_NUMPY, PUBLIC

BARE = re.compile(r"^[a-z_][a-z_0-9.]*\(")
OURS = {"gradient": "slopes"}  # mg.gradient is the derivative


def run(call, module, values):
    """Return what a call gives: `module`'s function, or the expression as it stands."""
    names = {**PLAIN, **values, "np": np}
    first = call.split("(")[0].split(".")[0]
    if BARE.match(call) and first not in names:
        if module is mg and first in OURS:
            call = call.replace(first, OURS[first], 1)
        return eval(f"m.{call}", {"m": module, **names})
    return eval(call, {"abs": builtins.abs, "divmod": builtins.divmod, **names})


def used(call):
    return [name for name in VALUES if re.search(rf"(?<![\w.'\"]){name}(?![\w'\"(=])", call)]


def flat(found):
    if isinstance(found, (tuple, list)):
        return [leaf for part in found for leaf in flat(part)]
    return [found]


def plain(found):
    return [x.value if isinstance(x, mg.Data) else x for x in flat(found)]


def only_numpy(call):
    return call.startswith(("add.", "multiply.", "maximum.", "minimum.", "logaddexp."))


@pytest.mark.filterwarnings("ignore:numpy.* is deprecated")  # NumPy's own name, while it is there
@pytest.mark.parametrize("call", EACH)
def test_value_is_that_of_numpy(call):
    expected = flat(run(call, np, VALUES))
    ways = (
        [np] if only_numpy(call) or not hasattr(np, call.split("(")[0].split(".")[0]) else [np, mg]
    )
    for module in ways:
        names = used(call)
        created = module is np and (not names or call.startswith(("array", "full(")))
        if created:
            continue  # NumPy sees no Data there: this is what mg.full and mg.array are for
        found = plain(run(call, module, {n: mg.Data(v) for n, v in VALUES.items()}))
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert np.shape(one) == np.shape(other)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def total(call, values):
    """Return one number made of all float outputs of a call on Data."""
    parts = [
        mg.sum(y * weights(y.shape, 3 + k))
        for k, y in enumerate(flat(run(call, mg, values)))
        if isinstance(y, mg.Data) and is_float(y.value)
    ]
    return mg.sum(mg.array(parts)) if parts else mg.Data(0.0)


ON_DATA = [c for c in EACH if used(c) and not only_numpy(c)]


def first_order(call, values):
    names = used(call)
    data = {n: mg.Data(v) for n, v in VALUES.items()} | {n: mg.Data(values[n]) for n in names}
    return names, data, mg.gradient(total(call, data), [data[n] for n in names])


@pytest.mark.parametrize("call", ON_DATA)
def test_first_derivative_of_a_call_is_the_central_difference(call):
    names, _, found = first_order(call, VALUES)

    def value(inputs):
        given = {n: mg.Data(v) for n, v in VALUES.items()}
        return total(
            call, given | {n: mg.Data(v) for n, v in zip(names, inputs, strict=True)}
        ).value

    inputs = tuple(VALUES[n] for n in names)
    check_direction(value, inputs, found, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("call", ON_DATA)
def test_second_derivative_of_a_call_is_the_central_difference(call):
    names = used(call)

    def scalar(values):
        _, data, found = first_order(call, dict(zip(names, values, strict=True)))
        parts = [mg.sum(g * weights(g.shape, 5 + k)) for k, g in enumerate(found)]
        return data, mg.sum(mg.array(parts))

    inputs = tuple(VALUES[n] for n in names)
    data, whole = scalar(inputs)
    found = mg.gradient(whole, [data[n] for n in names])
    check_direction(lambda z: scalar(z)[1].value, inputs, found, rtol=1e-5, atol=1e-5)


def test_every_name_that_numpy_has_too_is_called_here():
    called = {call.split("(")[0] for call in EACH} | {"eig", "eigvals"}  # these two are refused
    called |= {"put_along_axis", "result_type"}
    ours = {f.__name__ for f in BY_NUMPY.values()} | {n for n in PUBLIC if hasattr(np, n)}
    here = {n for n in ours if hasattr(np, n) or hasattr(np.linalg, n)} - {"linalg"}
    missing = {n for n in here if n not in called and f"linalg.{n}" not in called}
    assert not missing


def replayed(output, inputs, samples):
    """Return the values of a graph run again over samples of some inputs, node by node."""
    known = dict(inputs)
    for data in mg.Graph(output).data:
        if data.node is None:
            continue
        given = data.node.inputs
        flags = tuple(x in known for x in given)
        if any(flags):
            shapes = tuple(x.shape for x in given)
            call = along.Call(data.node.op, data.node.fixed, shapes, flags, data.shape)
            arrays = [known.get(x, x.value) for x in given]
            known[data] = data.node.op.along(call)(*arrays)
            assert known[data].shape == (samples, *data.shape)
    return known.get(output)


UNEVEN = ("argwhere", "nonzero", "flatnonzero", "where(x > 0)", "extract", "x.nonzero")
STEADY = [c for c in ON_DATA if not c.startswith(UNEVEN) or c.startswith("where(x > 0, ")]


@pytest.mark.parametrize("call", STEADY)
def test_replay_of_a_call_is_a_loop_over_its_samples(call):
    samples, names = 3, used(call)
    generator = np.random.default_rng(5)
    many = {n: VALUES[n] * generator.uniform(0.9, 1.1, (samples, 1, 1, 1)[: 1 + np.ndim(VALUES[n])])
            for n in names}  # fmt: skip
    data = {n: mg.Data(v) for n, v in VALUES.items()}
    outputs = [y for y in flat(run(call, mg, data)) if isinstance(y, mg.Data)]
    rows = [
        flat(run(call, mg, data | {n: mg.Data(many[n][s]) for n in names})) for s in range(samples)
    ]
    for k, y in enumerate(outputs):
        found = replayed(y, {data[n]: many[n] for n in names}, samples)
        for s in range(samples):
            one = y.value if found is None else found[s]
            np.testing.assert_allclose(one, rows[s][k].value, rtol=1e-9, atol=1e-12)
