"""Every operation of the tables in every array library: there and equal to NumPy, or named."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from compile_cases import quickly
from ops_cases import GIVEN, OPERATIONS, cases
from ops_checks import differentiable, slopes, varied, weights

import minigraph as mg
from minigraph.ops import bessel

pytest.importorskip("scipy")
INVERSES = {"gammaincinv", "gammainccinv", "betaincinv", "gamma tail slope", "beta tail slope"}
ORDERS = {"jv", "jn", "yv", "yn", "iv", "ive"}
CHANGING = {"argwhere", "argunique"}  # their shapes depend on values
MISSING = {  # what a library does not have; everything else is there
    "numpy": set(),
    "jax": {*CHANGING, "j0", "j1", "y0", "y1", *ORDERS, *INVERSES},
    "torch": {*CHANGING, "betainc", *ORDERS, *INVERSES},
}
NO_SLOPE = {"j0", "j1", "y0", "y1", "erfcx", "gammainc", "gammaincc"}  # which PyTorch refuses
CASES = {
    f"{key}-{n}": (op, case)
    for key, op in OPERATIONS.items()
    for n, case in enumerate(cases(op) if op.name in GIVEN else cases(op)[1:2])
}


def recorded(op, case):
    """Return the output of a call on inputs that are arguments; an index by truths is none."""
    inputs = [mg.Data(x, name=f"x{i}") for i, x in enumerate(case.inputs)]
    fixed = op.name in ("getitem", "index_update")
    return op(*inputs, **case.fixed), [x for x in inputs if not (fixed and x.dtype == bool)]


def compiled(backend):
    """Return, for each case that a library has, the output, the function, and its arguments."""
    found = {}
    for key, (op, case) in CASES.items():
        y, inputs = recorded(op, case)
        if op.name not in MISSING[backend]:
            f = mg.compile(y, backend=backend, inputs=inputs)
            found[key] = y, f, [x.value for x in inputs]
    return found


def torch_parameter(x):
    """Return a tensor that PyTorch differentiates for."""
    torch = pytest.importorskip("torch")
    return torch.tensor(np.array(x), requires_grad=True)


def check(key, found, y):
    """Compare an output with NumPy's; singular vectors are unique up to their signs."""
    assert (np.asarray(found).dtype, np.shape(found)) == (y.dtype, y.shape), key
    found, known = np.asarray(found) * 1, np.asarray(y.value) * 1
    if "svd" in key or "orthogonal" in key:
        found, known = abs(found), abs(known)
    np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-13, err_msg=key)


def in_one_program(functions, arguments):
    """Return the results of functions, traced and compiled by JAX together, which is quicker."""
    return quickly(lambda inputs: {k: f(*inputs[k]) for k, f in functions.items()})(arguments)


@pytest.mark.filterwarnings("ignore:compile. the graph is of float64")
@pytest.mark.parametrize("backend", MISSING)
def test_what_a_library_lacks_is_refused_by_name(backend):
    if backend != "numpy":
        pytest.importorskip(backend)
    there, lacking = {op.name for op, _ in CASES.values()}, set()
    for op, case in CASES.values():
        y, inputs = recorded(op, case)
        try:
            mg.compile(y, backend=backend, inputs=inputs)
        except mg.UsageError as error:
            if f"operation {op.name!r} has no counterpart in {backend}" in str(error):
                lacking.add(op.name)
    assert lacking == MISSING[backend] & there  # a new operation: its word, or its name above


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_every_operation_is_equal_to_that_of_numpy(backend):
    if backend != "numpy":
        pytest.importorskip(backend)
    for key, (y, f, inputs) in compiled(backend).items():
        check(key, f(*inputs), y)


def test_every_operation_is_equal_to_that_of_numpy_when_jax_compiles_it():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        todo = compiled("jax")
        found = in_one_program({k: f for k, (_, f, _) in todo.items()},
                               {k: inputs for k, (_, _, inputs) in todo.items()})  # fmt: skip
        for key, (y, _, _) in todo.items():
            check(key, found[key], y)


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # it loops, and is right
def test_every_operation_runs_over_a_sample_axis_in_torch():
    torch = pytest.importorskip("torch")
    for key, (_, f, inputs) in compiled("torch").items():
        op, case = CASES[key]
        if len(inputs) < len(case.inputs):
            continue  # its index stays
        many = [varied(x, 3) for x in inputs]
        found = torch.func.vmap(f)(*map(torch.as_tensor, many))
        for s in range(3):
            one = op.evaluate([x[s][()] for x in many], case.fixed)
            np.testing.assert_allclose(
                abs(found[s].numpy() * 1), abs(one * 1), rtol=1e-11, atol=1e-13, err_msg=key
            )


def test_torch_differentiates_every_operation_as_its_rule_does():
    torch = pytest.importorskip("torch")
    for key, (y, f, inputs) in compiled("torch").items():
        op, case = CASES[key]
        wrt = differentiable(op, case)
        if not wrt or op.name in NO_SLOPE or len(inputs) < len(case.inputs):
            continue
        if op.name in ("svd", "orthogonal") or (op.name == "det" and not np.all(y.value)):
            continue  # other signs; and PyTorch says 0 where a matrix is singular
        tensors = [torch.tensor(np.array(x), requires_grad=i in wrt) for i, x in enumerate(inputs)]
        total = (f(*tensors) * torch.as_tensor(np.asarray(weights(y.shape)))).sum()
        found = torch.autograd.grad(total, [tensors[i] for i in wrt])
        for a, b in zip(found, slopes(op, case, case.inputs, wrt), strict=True):
            np.testing.assert_allclose(a, b.value, rtol=1e-9, atol=1e-11, err_msg=key)


def test_compiled_gradients_of_every_operation_are_those_of_its_rule():
    pytest.importorskip("torch")
    lacking = set()
    for key, (op, case) in CASES.items():
        y, inputs = recorded(op, case)
        wrt = [] if op.name in MISSING["torch"] else differentiable(op, case)
        wrt = [x for i, x in enumerate(inputs) if i in wrt]
        if not wrt or op.name == "orthogonal":
            continue
        cost = mg.sum(y * y * np.asarray(weights(y.shape)))  # no sign of a vector matters
        try:
            _, found = mg.compile(cost, wrt, backend="torch", inputs=inputs)()
        except mg.UsageError:
            lacking.add(op.name)
            continue
        for a, b in zip(found, mg.gradient(cost, wrt), strict=True):
            np.testing.assert_allclose(a, b.value, rtol=1e-9, atol=1e-11, err_msg=key)
    assert lacking == {"gammainc", "gammaincc", "i1", "i1e", "j1", "y1"}  # there, and no slope


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_condition_may_be_a_number(backend):
    pytest.importorskip(backend)
    c = mg.Data(np.array([0.0, -2.0, np.nan], np.float32), name="c")
    y = mg.where(c, 1.0, mg.Data(np.float32([2.0, 3.0, 4.0])))
    assert np.array_equal(mg.compile(y, backend=backend)(), [2.0, 1.0, 1.0])


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("f", [
    lambda i, k, b: i - b, lambda i, k, b: mg.dot(i, k), lambda i, k, b: i @ b,
    lambda i, k, b: mg.einsum("i,i", i, k), lambda i, k, b: b // b + b % b + b**b + mg.fmod(b, b),
], ids=["subtract", "dot", "matmul", "einsum", "of truths"])  # fmt: skip
def test_integers_and_truths_of_different_kinds_go_together(backend, f):
    pytest.importorskip(backend)
    kinds = [np.array([1, 2], "i4"), np.array([3, 4], "i2"), np.array([True, True])]
    y = f(*[mg.Data(x, name=name) for name, x in zip("ikb", kinds, strict=True)])
    found = np.asarray(mg.compile(y, backend=backend)())
    np.testing.assert_array_equal(found, y.value)
    assert found.dtype == y.dtype


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_integers_truths_and_nothing_are_what_they_are_in_numpy(backend):
    library = pytest.importorskip(backend)
    k, b = np.array([3, -2, 0, 2**53 + 1]), np.array([True, False, True, True])
    k, b, no = mg.Data(k, name="k"), mg.Data(b, name="b"), mg.Data(np.zeros((0, 3)), name="no")
    unknown = mg.Data(np.array([np.nan, -1.0, 0.0, 2.0]), name="unknown")
    with np.errstate(divide="ignore"):
        by_zero = [k // k, k % k, mg.fmod(k, k)]
    ys = [
        *by_zero, mg.relu(k), mg.reciprocal(k[:2]), mg.round(k), mg.ldexp(k, k[:1]), mg.floor(b),
        mg.ceil(b), mg.trunc(b), mg.abs(b), b @ b, mg.einsum("i,i", b, b), mg.max(b[0]),
        mg.isclose(k, b), mg.all(mg.astype(k, np.uint8)), mg.sign(unknown), mg.prod(no, axis=1),
        mg.any(no, axis=-1), mg.count_nonzero(no, axis=1), mg.rgamma(k[1:3]), mg.softmax(no),
        mg.log_softmax(no.T, axis=1), mg.logsumexp(no, axis=1),
    ]  # fmt: skip
    with library.enable_x64(True) if backend == "jax" else nullcontext():
        for y in ys:
            check(str(y.node), mg.compile(y, backend=backend)(), y)


ENDS = np.array([0.0, -0.0, 1.0, -1.0, -2.0, 0.5, -2.5, 3.0, 1e12, np.inf, np.nan])


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_poles_and_infinities_are_what_they_are_in_numpy(backend):
    library = pytest.importorskip(backend)
    x, pairs = mg.Data(ENDS, name="x"), np.array(np.meshgrid(ENDS[:-1], ENDS[:-1])).reshape(2, -1)
    a, b = (mg.Data(z, name=name) for z, name in zip(pairs, "ab", strict=True))
    k = mg.Data(np.array([200, 100], np.uint8), name="k")
    v = mg.Data(np.array([0.0, 2.0]), name="v")
    with np.errstate(all="ignore"):
        ys = [
            mg.betaln(a, b), abs(mg.beta(a, b)), mg.kl_div(a, b), mg.gammasgn(x), mg.digamma(x),
            mg.polygamma(1, x[9]), mg.polygamma(0.5, x), mg.sum(k), mg.cumsum(k),
        ]  # fmt: skip
        of_torch = [
            mg.gamma(x), mg.gammainc(x[10], x), mg.linalg.matrix_rank(v), mg.ldexp(x, 2000),
            mg.linalg.matrix_rank(0.0 * v), mg.ldexp(mg.Data(1e-300, name="t"), 1500),
        ]  # fmt: skip
        ys += of_torch if backend == "torch" else []
    with library.enable_x64(True) if backend == "jax" else nullcontext():
        run = [mg.compile(y, backend=backend) for y in ys]
        found = quickly(lambda: [f() for f in run])() if backend == "jax" else [f() for f in run]
    for one, y in zip(found, ys, strict=True):
        np.testing.assert_allclose(one, y.value, rtol=1e-12, atol=1e-14, err_msg=str(y.node))
        assert np.asarray(one).dtype == y.dtype


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_written_number_beside_integers_is_one(backend):
    library = pytest.importorskip(backend)
    with library.enable_x64(True) if backend == "jax" else nullcontext():
        for k in (np.array([1, 2, 5]), np.array(5), np.array([7, 0], np.int8)):
            x = mg.Data(k, name="k")
            ys = [x & 1, 3 | x, x ^ 2, x << 1, x >> 1, mg.left_shift(1, x), mg.gcd(x, 4),
                  mg.lcm(2, x), (x > 1) & 1, mg.ldexp(mg.Data(1.5, name="a"), 3) * x,
                  mg.ldexp(2, x)]  # fmt: skip
            for y in ys:
                check(str(y.node), mg.compile(y, backend=backend)(), y)


MATRIX = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 1.0]])
COLUMNS = {  # those that are orthogonal to the columns of a matrix
    "svd of the transpose": lambda a: mg.linalg.svd(a)[2][2:].T,
    "svd": lambda a: mg.linalg.svd(a.T)[0][:, 2:],
    "qr": lambda a: mg.linalg.qr(a.T, mode="complete")[0][:, 2:],
}


@pytest.mark.parametrize(
    ("backend", "by"), [*[("torch", by) for by in COLUMNS], ("jax", "svd of the transpose")]
)
def test_libraries_differentiate_the_other_columns_of_a_basis(backend, by):
    library = pytest.importorskip(backend)
    a = mg.Data(MATRIX, name="a")
    columns, w = COLUMNS[by](a), np.asarray(weights(MATRIX.shape))
    y = mg.sum((columns @ columns.T) * np.asarray(weights((3, 3))))
    slope = mg.gradient(y, a)
    known = slope.value, mg.gradient(mg.sum(slope * w), a).value
    if backend == "torch":
        f = mg.compile(y, backend="torch", inputs=[a])
        x = torch_parameter(MATRIX)
        first = library.autograd.grad(f(x), x, create_graph=True)[0]
        found = [first.detach(), library.autograd.grad((first * library.tensor(w)).sum(), x)[0]]
    else:
        with library.enable_x64(True):
            f = mg.compile(y, backend="jax", inputs=[a])
            first = library.grad(f)
            again = library.grad(lambda x: (first(x) * w).sum())
            found = quickly(lambda x: (first(x), again(x)))(MATRIX)
    np.testing.assert_allclose(found, known, atol=1e-12)


@pytest.mark.parametrize("name", ["j0", "j1", "y0", "y1"])
def test_a_slope_that_torch_would_leave_out_is_refused(name):
    pytest.importorskip("torch")
    x = mg.Data(0.5, name="x")
    f = mg.compile(getattr(bessel, name)(x) + x, backend="torch", inputs=[x])
    with pytest.raises(mg.BlockedGradientError, match=f"it would have to cross {name}"):
        f(torch_parameter(0.5))


def test_steps_are_flat_in_torch():
    torch = pytest.importorskip("torch")
    x = mg.Data(2.5, name="x")
    f = mg.compile(x // 2.0 + x * 3.0, backend="torch", inputs=[x])
    tensor = torch_parameter(2.5)
    assert torch.autograd.grad(f(tensor), tensor)[0] == 3.0
