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


SMALL = """
gradient(u); gradient(x, 0.3, axis=1); gradient(x, u, axis=1); gradient(x, [3, 5], axis=0); vander(u, 5); poly(u)
vander(v, 2, increasing=True); polyder(u, 2); polyval(u, v); polyint(u); interp(v, u, w); interp(w, u, v, period=7)
average(x, axis=1, weights=v); average(x, weights=x, returned=True); cov(x, aweights=u); cov(x, fweights=v)
vecdot(x, u); linalg.vecdot(x, x); matmul(x, u); diff(u); diff(u, 2); ediff1d(x); convolve(u, v); correlate(u, v)
cross(u, v); cumsum(x); cumprod(u); sum(x); prod(x, axis=0); trace(x); mean(x); var(x, axis=0); std(u); dot(x, u)
outer(u, v); einsum('ij,j->i', x, u); kron(u, v); polymul(u, v); polyadd(u, v); trapezoid(u); ptp(x, axis=1); square(u)
insert(u, 0, 7); insert(x, 1, v[:2], axis=1); pad(u, 3, 'linear_ramp'); pad(x, 2, 'linear_ramp', end_values=7)
ediff1d(x, u[:2], v); pad(x, (2, 1), 'mean'); median(x); quantile(u, 0.3); nansum(x); nanvar(u); unwrap(u); linalg.norm(x); cumulative_sum(u); tensordot(x, x)
"""  # noqa: E501
FEW_BITS = {
    "u": [3, 5, 90], "v": [100, 2, 7], "w": [120, 1, 60], "x": [[100, 90, 0], [7, 120, 3]],
}  # fmt: skip
SMALL_CALLS = [call.strip() for call in re.split(r"[;\n]", SMALL) if call.strip()]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.uint64])
@pytest.mark.parametrize("call", SMALL_CALLS)
def test_integers_of_few_bits_are_widened_where_numpy_widens_them(call, dtype):
    values = {name: np.array(rows, dtype) for name, rows in FEW_BITS.items()}
    expected = flat(run(call, np, values))
    found = plain(run(call, mg, {name: mg.Data(x) for name, x in values.items()}))
    for one, other in zip(found, expected, strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


EDGES = {
    "s": np.array(2.0), "f": np.array([1.0, 2.0]), "g": np.array([[1.0], [4.0]]),
    "e": np.zeros(0), "d": np.zeros((0, 3)), "i": np.array([1, 2, 3], np.int8),
    "t": np.array([True, False]), "h": np.array([1.0, 2.0], np.float32),
    "c": np.arange(24.0).reshape(2, 3, 4),
}  # fmt: skip
EDGE_CALLS = """
geomspace(f, 8.0, 3); geomspace(8.0, f, 3); geomspace(f, g, 4); geomspace(f, g, 4, axis=1); geomspace(-f, -8.0, 3)
geomspace(f, 8.0, 3, axis=-1); geomspace(8.0, f, 3, axis=1); geomspace(f, 8.0, 1); geomspace(f, s, 0)
geomspace(f, 8.0, 3, endpoint=False); geomspace(i, 100, 3); linspace(f, g, 3, axis=-1); linspace(s, f, 0)
linspace(t, i[:2], 3); logspace(1.0, 3.0, 3, base=f); logspace(f, 3.0, 3, base=g); logspace(f, 3.0, 3, base=g, axis=1)
logspace(1.0, 3.0, 4, base=f, axis=-1); logspace(f, g, 3, base=2.0, axis=1); max(e, initial=1.0); min(e, initial=1.0)
max(d, axis=0, initial=1.0); max(d, axis=1, initial=1.0); max(d, axis=1); max(d, axis=0, keepdims=True, initial=2.0)
max(d, axis=(0, 1), initial=2.0); max(e, initial=1.0, where=np.zeros(0, bool)); amin(d, initial=-1.0, keepdims=True)
max(i, initial=1); max(i, initial=100); min(i, initial=2, where=[True, False, True]); max(i, initial=0.9)
max(t, initial=0); max(h, initial=5.0); sum(i, initial=1); sum(i, initial=1.7); sum(i, where=[True, False, True])
prod(i, where=[True, False, True], initial=2); sum(t, where=t); mean(i, where=[True, False, True]); sum(e, initial=3.0)
var(i, where=[True, False, True]); max(i[0], initial=np.array(5)); nanmax(e, initial=1.0); nanmin(f * np.nan, initial=1.0)
interp(f, [0.0, 2.0, 2.0], [3.0, 4.0, 6.0]); interp(s, f[[0, 1, 1]], i); interp(g, [1.0], [7.0]); gradient([1.0, np.nan, 5.0] * s)
interp(np.arange(9.0) * s, np.arange(1.0, 17.0, 3.0), [5.0, 2.5, np.inf, np.inf, 1.0, -np.inf] * s)
geomspace(h, 3 * h, 4); geomspace(1e-200 * s, 1e200, 3); polyval(e, f); polyval([], s); linalg.norm(e, np.inf)
linalg.norm(d, np.inf, axis=0); linalg.norm(d, 2); linalg.norm(d.T, 1, keepdims=True); linalg.cond([[1.0, np.inf], [0.0, 1.0]] * s, 1)
average(c, axis=(0, 1), weights=c[:, :, 1] + 1.0); average(c, axis=(-1, 0), weights=c[:, 2].T + 1.0, keepdims=True)
linspace(f * np.nan, g, 3); linspace(f, g * np.nan, 3); logspace(f * np.nan, 2.0, 3); linspace(f, g * np.nan, 1)
geomspace(f, g * np.nan, 4); average(c, axis=[1], weights=[1.0, 2.0, 4.0]); average(c, axis=(2, 0, 1), weights=c.transpose(2, 0, 1))
"""  # noqa: E501


@pytest.mark.parametrize("call", re.split(r"[;\n] *", EDGE_CALLS.strip()))
def test_array_ends_empty_arrays_and_starts_are_those_of_numpy(call):
    nothing = call.startswith(("linalg.norm(e", "linalg.norm(d"))  # what NumPy 2.2 has no norm of
    if nothing and np.lib.NumpyVersion(np.__version__) < "2.3.0":
        pytest.skip("NumPy 2.3 is needed")
    expected = run(call, np, EDGES)
    found = run(call, mg, {name: mg.Data(x) for name, x in EDGES.items()})
    assert (found.shape, found.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)


@pytest.mark.parametrize("call", [
    "geomspace(-f, 3.0, 4)", "geomspace(f, -g, 4, axis=1)", "geomspace(-f, 3.0, 1)",
    "geomspace(-f, g, 3, endpoint=False)",
])  # fmt: skip
def test_numbers_from_one_sign_to_the_other_have_the_ends_of_numpy(call):
    with np.errstate(invalid="ignore"):
        expected = run(call, np, EDGES)
    found = run(call, mg, {name: mg.Data(x) for name, x in EDGES.items()}).value
    np.testing.assert_allclose(found, expected, rtol=1e-12)


REFUSED = {
    "max(e)": "max: zero-size array", "max(d, axis=0)": "max: zero-size array",
    "max(i, initial=300)": "max: .* 300.0 does not fit int8",
    "min(i, initial=np.inf)": "min: .* inf does not fit int8",
    "linspace(f, 2.0, -1)": "linspace: -1", "var(s, axis=0)": "var: axis 0 is none of",
    "linalg.norm(e, -np.inf)": "min: zero-size array",
    "sum(f, where=np.ones((3, 2), bool))": r"sum: where= has shape \(3, 2\), and .* has \(2,\)",
    "nansum(s, where=np.ones(2, bool))": "sum: where= has shape",
    "max(g, initial=0.0, where=np.ones((2, 2), bool))": "max: where= has shape",
    "average(f, weights=np.array([1.0, -1.0]))": r"average: weights of shape \(2,\) add up to 0",
    "average(c, axis=(0, 1), weights=f)": r"average: weights of shape \(2,\) do not fit",
    "average(c, axis=(0, 1), weights=c[0])": r"average: weights of shape \(3, 4\) do not fit",
    "bincount(np.array([0, 1]), weights=f[:1])": "bincount: weights",
    "interp(f, f, [1.0, 2.0, 3.0], period=3.0)": "interp: xp .* and fp .* are not two rows",
    "interp(f, f, [1.0], period=3.0)": "interp: xp .* and fp .* are not two rows",
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_what_numpy_refuses_of_these_is_refused_by_name(call):
    with pytest.raises((ValueError, ArithmeticError)):
        run(call, np, EDGES)
    with pytest.raises(mg.InputError, match=REFUSED[call]):
        run(call, mg, {name: mg.Data(x) for name, x in EDGES.items()})


@pytest.mark.parametrize("call", [
    "geomspace(f, 8.0, 3)", "geomspace(f, g, 4, axis=1)", "logspace(f, 3.0, 3, base=g, axis=1)",
    "max(f, initial=1.5)", "max(e, initial=s)", "geomspace(f, -8.0, 3)[::2]", "geomspace(-f, g, 2)",
])  # fmt: skip
def test_ends_and_starts_have_their_slopes(call):
    names = [n for n in "sfge" if re.search(rf"\b{n}\b", call) and EDGES[n].size]
    mg.check_grads(lambda *x: run(call, mg, {**EDGES, **dict(zip(names, x, strict=True))}),
                   *[EDGES[n] for n in names])  # fmt: skip


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8, bool])
def test_integers_and_truths_have_a_logsumexp(dtype):
    n = np.array([[1, 0], [0, 1], [1, 1]], dtype)
    expected = np.log(np.sum(np.exp(n.astype(float)), axis=1))
    for f in (mg.logsumexp, lambda n, **axis: mg.logsumexp(n, b=np.ones(2), **axis)):
        np.testing.assert_allclose(f(n, axis=1).value, expected, rtol=1e-14)
    np.testing.assert_allclose(mg.sum(mg.softmax(n, axis=1), axis=1).value, np.ones(3))
    np.testing.assert_allclose(mg.exp(mg.log_softmax(n, axis=1)).value, mg.softmax(n, axis=1).value)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64, bool])
@pytest.mark.parametrize("f", [mg.sigmoid, mg.softplus, mg.log_expit, mg.logit])
def test_integers_of_few_bits_and_truths_are_logits(f, dtype):
    n = np.array([3, -128, 1, 0]).astype(dtype)
    expected = f(n.astype(float)).value
    np.testing.assert_allclose(f(mg.Data(n)).value, expected, rtol=1e-14)


def test_logits_may_be_integers():
    law = mg.Categorical(logits=np.array([0, 1]))
    k = mg.sample(law, name="k", rng=0)
    assert mg.exact(k * 1.0).value == pytest.approx(np.e / (1.0 + np.e), rel=1e-12)
    assert abs(mg.expectation(k * 1.0, 1000, rng=0).value - np.e / (1.0 + np.e)) < 0.08


@pytest.mark.parametrize("zeros", [0, 1, 3])
def test_a_product_of_polynomials_leaves_out_leading_zeros_that_stay(zeros):
    a, b = np.array([0.0] * zeros + [2.0, 0.0, 1.0][zeros % 3 :]), np.array([0.0, 3.0, 4.0])
    np.testing.assert_array_equal(mg.polymul(a, b).value, np.polymul(a, b), strict=True)
    nothing = np.zeros(2, int)
    np.testing.assert_array_equal(mg.polymul(nothing, b).value, np.polymul(nothing, b), strict=True)
    x = mg.Data(a, name="x")  # they may be trained
    np.testing.assert_array_equal(mg.polymul(x, b).value, np.convolve(a, b[1:]))
    assert mg.gradient(mg.sum(mg.polymul(x, b)), x).value.tolist() == [7.0] * len(a)


def test_a_power_of_two_with_an_exponent_of_few_bits_has_its_slope():
    x, i = mg.Data(1.5), np.array([20, 100], np.int8)
    y = mg.sum(mg.ldexp(x, i))
    assert mg.gradient(y, x).value == 2.0**20 + 2.0**100


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
