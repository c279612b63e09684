"""Every operation is continuous, or says that it jumps, or is refused on a pathwise gradient."""

import re

import numpy as np
import pytest
from ops_cases import OPERATIONS, Case, cases

import minigraph as mg
from minigraph.data import Data
from minigraph.estimators.ends import is_positive
from minigraph.estimators.smooth import JUMPING, PACKED
from minigraph.estimators.trials import Trials
from minigraph.ops import elementwise
from minigraph.ops.elementwise import astype

# Continuous in every input that has a slope, wherever it is a number.
CONTINUOUS = re.findall(
    r"\w+",
    """
    stack sum_to squeeze concatenate gather scatter roll rot90 repeat tile resize delete diagonal
    add subtract multiply negative positive square sqrt cbrt absolute fabs copysign ldexp heaviside
    conjugate real real_if_close where maximum minimum fmax fmin clip nan_to_num exp exp2 expm1
    logaddexp logaddexp2 log_ratio sigmoid softplus relu sin cos arcsin arccos arctan hypot deg2rad
    radians rad2deg degrees sinh cosh tanh arcsinh arccosh sinc broadcast_to flip transpose sum mean
    prod max min logsumexp softmax log_softmax cumsum cumprod rgamma ndtr log_ndtr erf erfc erfcx
    erfcx_slope expit
    log_expit xlogy entr rel_entr j0 j1 i0 i1 i0e i1e gammainc gammaincc gammaincinv betaincinv
    reshape outer einsum matmul expand_dims det cholesky getitem add_at index_update take_along_axis
    put_along
    inside within
""",
)
# Continuous where they are finite; infinite somewhere, or not known at the edge of their domain.
POLES = re.findall(
    r"\w+",
    """
    divide power float_power reciprocal log log2 log10 log1p xlog1py tan arctanh logit ndtri erfinv
    erfcinv gammaln digamma psi polygamma gamma beta betaln kl_div y0 y1 yv yn jv jn iv ive
    gammainccinv betainc inv solve pinv logdet ratio
    truncated_pinv
""",
)
JUMPS = {op.name for op in (*JUMPING, *PACKED)}
STEPS = {op.name for op in OPERATIONS.values() if op.barrier != "stop" and op.rules
         and not any(op.rules[i] for i in range(1 if op.variadic else len(op.rules)))}  # fmt: skip


def test_every_operation_says_whether_it_jumps():
    rooms = [*CONTINUOUS, *POLES, *JUMPS, *STEPS, "astype", "stop_gradient"]
    assert len(rooms) == len(set(rooms))
    assert {op.name for op in OPERATIONS.values()} == set(rooms)


def largest_step(op, case, moves, points):
    """Return the largest change from one point of a line to the next, through all that moves."""
    t = np.linspace(-1.0, 1.0, points + 1)
    line = []
    for at in t:
        inputs = [x * at + 0.017 * (1 - abs(at)) if m else x
                  for x, m in zip(case.inputs, moves, strict=True)]  # fmt: skip
        try:
            line.append(np.ravel(op.forward(*inputs, **case.fixed)) * 1.0)
        except np.linalg.LinAlgError:  # no number there
            line.append(np.full_like(line[-1], np.nan) if line else np.array([np.nan]))
    width = max(map(np.size, line))
    line = [x if np.size(x) == width else np.full(width, np.nan) for x in line]
    steps = np.abs(np.diff(line, axis=0))
    return np.max(steps, initial=0.0, where=np.isfinite(steps))


def jumps(op, case):
    """Return whether the steps along a line stay as large when they are made 64 times as fine."""
    rules = [op.rules[i] for i in range(len(case.inputs))]
    moves = [np.asarray(x).dtype.kind == "f" and rule is not None
             for x, rule in zip(case.inputs, rules, strict=True)]  # fmt: skip
    with np.errstate(all="ignore"):
        coarse, fine = (largest_step(op, case, moves, n) for n in (33, 33 * 64))
    return fine > max(0.3 * coarse, 1e-9)


@pytest.mark.parametrize("key", [k for k, op in OPERATIONS.items() if op.name in CONTINUOUS])
def test_what_is_called_continuous_makes_no_jump_along_a_line(key):
    op = OPERATIONS[key]
    assert not any(jumps(op, case) for case in cases(op)[:3])


LINES = {  # along which they jump
    "remainder": Case((3.0, np.array(1.0))),
    "fmod": Case((3.0, np.array(1.0))),
    "arctan2": Case((0.9, np.array(-1))),
    "qr": Case((np.array([[1.0, 2.0], [3.0, 1.0]]),)),
    "orthogonal": Case((np.array([[1.0], [2.0]]),), {"by": "svd"}),
    "eigh": Case((np.array([[0.0, 1.0], [1.0, 0.0]]),)),
    "svd": Case((np.array([[1.0, 2.0], [3.0, 1.0]]),)),
}


@pytest.mark.parametrize("name", sorted(JUMPS))
def test_what_is_said_to_jump_does(name):
    (op,) = [op for op in OPERATIONS.values() if op.name == name]
    assert jumps(op, LINES[name])


def rewritten(f, **options):
    m = mg.Data([0.3, 0.9, 0.5], name="m")
    x = mg.sample(mg.Normal(m, 0.1), name="X", rng=0)
    return mg.reparameterize(f(x), **options)


def matrix(x):
    return mg.outer(x, x) + np.diag([1.0, 2.0, 3.0])


@pytest.mark.parametrize("f", [
    lambda x: mg.arctan2(x[0], x[1]),
    lambda x: mg.linalg.qr(matrix(x))[1][0, 0],
    lambda x: mg.linalg.eigh(matrix(x))[1][0, 0],
    lambda x: mg.linalg.svd(matrix(x))[0][0, 0],
    lambda x: mg.linalg.svd(matrix(x))[2][0, 0],
    lambda x: mg.astype(x, int)[0] * 1.0,
    lambda x: mg.unwrap(3.0 * x)[2],
    lambda x: mg.take_along_axis(2.0 * x, mg.argsort(x), 0)[0],
    lambda x: mg.sum(mg.argsort(x) * mg.sort(x)),
    lambda x: mg.quantile(np.arange(9.0), mg.sigmoid(x[0]), method="nearest"),
    lambda x: mg.interp(0.5, mg.cumsum(mg.exp(x)), np.array([0.0, 5.0, 1.0])),
    lambda x: mg.interp(x[0], [0.0, 1.0, 1.0], [0.0, 5.0, 1.0]),
    lambda x: mg.interp(x[0], [0.0, 1.0, 2.0], [0.0, 5.0, 1.0], left=3.0),
    lambda x: mg.linalg.norm(x, 0),
    lambda x: mg.nansum(x),
], ids=["arctan2", "qr", "eigh", "svd u", "svd v", "astype", "unwrap", "order of others",
        "ranks", "quantile", "interp", "interp of a step", "interp from a number", "norm 0",
        "nansum"])  # fmt: skip
def test_what_may_jump_is_refused_unless_it_is_said_to_be_continuous(f):
    with pytest.raises(mg.BlockedGradientError, match="which jumps"):
        rewritten(f)
    assert isinstance(rewritten(f, continuous=True), Data)


@pytest.mark.parametrize("f", [
    lambda x: mg.linalg.eigvalsh(matrix(x))[0],
    lambda x: mg.linalg.eigh(matrix(x))[0][0],
    lambda x: mg.linalg.svd(matrix(x))[1][0],
    lambda x: mg.linalg.norm(matrix(x), 2),
    lambda x: mg.linalg.cond(matrix(x)),
    lambda x: mg.astype(x, np.float32)[0],
    lambda x: mg.sort(x)[0],
    lambda x: mg.std(x) + mg.linalg.norm(x) + mg.linalg.norm(x, 3) + mg.linalg.norm(x, -1),
    lambda x: mg.median(x) + mg.quantile(x, 0.3) + mg.percentile(x, 20),
    lambda x: mg.interp(x[0], [0.0, 1.0, 2.0], [0.0, 5.0, 1.0]),
    lambda x: mg.arctan2(x[0], 1.0),
], ids=["eigvalsh", "eigh", "svd", "norm", "cond", "astype", "sort", "roots", "quantiles",
        "interp", "arctan2"])  # fmt: skip
def test_values_next_to_what_jumps_are_followed(f):
    assert isinstance(rewritten(f), Data)


def test_pathwise_gradient_of_an_angle_would_have_been_biased():
    """The angle of (-1, X) jumps by 2π where X is 0: d/dμ E = 2π φ(μ) - E[1 / (1 + X²)]."""
    m = mg.Data(0.0, name="m")
    y = mg.arctan2(mg.sample(mg.Normal(m, 1.0), name="X", rng=0), -1.0)
    truth = mg.exact(mg.reinforce(y), m, points=400).grad[m]
    followed = mg.exact(mg.reparameterize(y, continuous=True), m, points=400).grad[m]
    assert truth - followed == pytest.approx(np.sqrt(2 * np.pi), abs=1e-3)


@pytest.mark.parametrize("f", [
    lambda x: mg.arctan(1.0 / x), lambda x: x / abs(x), lambda x: mg.tanh(mg.reciprocal(x - 0.2)),
    lambda x: mg.arctan(x**-3), lambda x: mg.arctan(mg.tan(2.0 * x)), lambda x: x / mg.sqrt(x * x),
    lambda x: mg.sigmoid(mg.exp(x) / (1.0 - x)), lambda x: mg.arctan(1.0 / +x),
    lambda x: mg.arctan(mg.float_power(x, -1.0)), lambda x: mg.arctan(x ** mg.Data(-1.0)),
    lambda x: mg.arctan(1.0 / x**3), lambda x: mg.arctan(1.0 / mg.erf(x)), lambda x: x / mg.fabs(x),
    lambda x: mg.tanh(mg.gamma(x)), lambda x: mg.tanh(mg.digamma(x)),
    lambda x: mg.tanh(mg.polygamma(2.0, x)), lambda x: mg.tanh(mg.beta(0.7, x)),
    lambda x: mg.arctan((x - 2.0) / (x**2 - 1.0)), lambda x: mg.arctan(1.0 / (1.0 - x * x)),
    lambda x: mg.arctan(x / (abs(x) - 0.8)), lambda x: mg.arctan(1.0 / mg.expm1(x)),
    lambda x: mg.arctan(1.0 / (mg.sigmoid(x) - 0.4)), lambda x: mg.arctan(1.0 / (x**4 - 0.5)),
    lambda x: mg.arctan((x**2 - 0.5) ** -1.0),
    lambda x: x / mg.float_power(mg.float_power(x, 2.0), 0.5), lambda x: x / (2.0 * abs(x)),
    lambda x: mg.tanh(x) / -mg.sqrt(x * x / 3.0),
], ids=["quotient", "sign", "reciprocal", "power", "tangent", "root", "numerator", "positive",
        "float power", "power of an input", "cube", "erf", "fabs", "gamma", "digamma", "polygamma",
        "beta", "parabola", "product", "absolute", "expm1", "sigmoid",
        "fourth", "of less", "root of floats", "half a sign", "less than a sign"])  # fmt: skip
def test_poles_are_refused_and_exact_goes_round_them(f):
    m = mg.Data(0.37, name="m")
    y = f(mg.sample(mg.Normal(m, 1.0), name="X", rng=0))
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        mg.reparameterize(y)
    biased = mg.exact(mg.reparameterize(y, continuous=True), m, points=400).grad[m]
    found, scored = mg.exact(y, m), mg.exact(mg.reinforce(y), m)
    x = np.linspace(-11.9, 11.9, 400_000)  # no point at a pole; what jumps there is bounded
    with np.errstate(all="ignore"):
        weight = np.exp(-0.5 * (x - 0.37) ** 2) / np.sqrt(2.0 * np.pi)
        truth = np.trapezoid(f(mg.Data(x)).value * (x - 0.37) * weight, x)
    assert found.grad[m] == pytest.approx(scored.grad[m], abs=1e-8)
    assert found.grad[m] == pytest.approx(truth, abs=1e-3)
    assert abs(biased - truth) > 0.05
    assert mg.unblock(y, explain=True)[1][0].method != "reparameterize"


@pytest.mark.parametrize("f", [
    lambda x: mg.arctan(1.0 / mg.sum(x)), lambda x: mg.arctan(1.0 / (x[0] - x[1])),
    lambda x: mg.arctan(1.0 / mg.mean(x)), lambda x: mg.tanh(1.0 / (np.array([1.0, 2.0, 3.0]) @ x)),
    lambda x: mg.sum(x) / abs(mg.sum(x)), lambda x: x[0] / mg.sqrt(mg.square(x[0])),
    lambda x: mg.arctan(1.0 / mg.tanh(x[2] - 1.0)), lambda x: mg.arctan(1.0 / mg.cumsum(x)),
    lambda x: mg.arctan(1.0 / mg.array([x[0], 1.0])), lambda x: mg.arctan(1.0 / mg.sort(x)),
    lambda x: mg.arctan(1.0 / mg.concatenate([x, x])), lambda x: mg.arctan(1.0 / mg.roll(x, 1)),
    lambda x: mg.arctan(1.0 / mg.where(np.array([True, False, True]), x, 1.0)),
    lambda x: mg.arctan(1.0 / mg.einsum("i,i->", x, np.ones(3))),
    lambda x: mg.arctan(1.0 / mg.astype(x, np.float32)), lambda x: mg.tan(mg.diag(x)),
    lambda x: mg.arctan(mg.linalg.inv(mg.outer(x, np.ones(3)) + np.diag([1.0, 2.0, 3.0]))),
    lambda x: mg.arctan(mg.linalg.solve(mg.outer(x, np.ones(3)) + np.eye(3), np.ones(3))),
], ids=["sum", "difference", "mean", "product", "sign", "root", "tanh", "cumsum", "stack", "sort",
        "concatenate", "roll", "where", "einsum", "float32", "diag", "inv", "solve"])  # fmt: skip
def test_poles_of_several_numbers_are_refused(f):
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        rewritten(f)
    assert isinstance(rewritten(f, continuous=True), Data)


@pytest.mark.parametrize("f", [
    lambda x: x[0] / mg.sum(mg.exp(x)), lambda x: x[0] / (1.0 + mg.sum(x * x)),
    lambda x: x[0] / mg.sum(abs(x)), lambda x: mg.sum(x / mg.norm(x)),
    lambda x: mg.sum((x - mg.mean(x)) / mg.std(x)), lambda x: x[0] / (1.0 + mg.logsumexp(x) ** 2),
])  # fmt: skip
def test_norms_of_several_numbers_are_followed(f):
    assert isinstance(rewritten(f), Data)


@pytest.mark.parametrize("f", [
    lambda x: 1.0 / (1.0 + x * x), lambda x: x / (1.0 + abs(x)), lambda x: mg.arctan(1.0 / abs(x)),
    lambda x: 1.0 / mg.exp(x), lambda x: mg.arctan(x**-2), lambda x: mg.tan(mg.tanh(x)),
    lambda x: x / 2.0, lambda x: mg.gamma(x * x), lambda x: mg.polygamma(1.0, x),
    lambda x: 1.0 / mg.array([mg.exp(x), 1.0]), lambda x: 1.0 / mg.sum(mg.array([abs(x), 2.0])),
    lambda x: 1.0 / (1.0 - mg.tanh(x) ** 2), lambda x: x / (1.0 - mg.sigmoid(x)),
    lambda x: 1.0 / (mg.softplus(x) + 0.1), lambda x: 1.0 / (2.0 - mg.tanh(x)),
    lambda x: x / (2.0 * mg.sqrt(x * x + 1.0)),
    lambda x: mg.digamma(mg.exp(x)), lambda x: 1.0 / (mg.exp(x) ** 0.5 + 1.0 / (1.0 + x**2)),
])  # fmt: skip
def test_denominators_that_do_not_change_sign_are_followed(f):
    x = mg.sample(mg.Normal(mg.Data(0.37), 1.0), name="X", rng=0)
    assert isinstance(mg.reparameterize(f(x)), Data)


@pytest.mark.parametrize("f", [
    lambda x: mg.arctan(1.0 / (x * x - x)), lambda x: mg.arctan(1.0 / (mg.exp(x) - 2.0 - x)),
    lambda x: mg.arctan(1.0 / mg.maximum(x, -0.4)), lambda x: mg.tanh(1.0 / mg.clip(x, -1.0, 1.0)),
    lambda x: mg.arctan(mg.reciprocal(mg.cos(x))), lambda x: (x - x**3) / abs(x - x**3),
    lambda x: mg.arctan(mg.tan(2.0 * mg.tanh(x))), lambda x: mg.tanh(mg.gamma(mg.tanh(x) - 1.5)),
    lambda x: mg.arctan(mg.tan(x * mg.exp(x))), lambda x: mg.tanh(mg.digamma(x * x - x)),
    lambda x: mg.arctan(1.0 / (mg.index_update(mg.array([0.0, x]), 0, x) @ np.array([1.0, -0.3]))),
], ids=["parabola", "exponential", "maximum", "clip", "cosine", "sign", "tangent", "gamma",
        "tangent of a product", "digamma", "update"])  # fmt: skip
def test_pole_where_a_draw_stands_twice_or_is_cut_off_is_refused(f):
    m = mg.Data(0.37, name="m")
    y = f(mg.sample(mg.Normal(m, 1.0), name="X", rng=0))
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        mg.reparameterize(y)
    biased = mg.exact(mg.reparameterize(y, continuous=True), m, points=400).grad[m]
    assert abs(biased - mg.exact(y, m, points=400).grad[m]) > 0.01


def test_pole_of_a_quantity_that_two_draws_move_is_refused_for_both():
    """Each moves where the other passes it; a draw that only scales the quantity does not."""
    m = mg.Data(0.37, name="m")
    a, b = (mg.sample(mg.Normal(m, 1.0), name=name, rng=0) for name in "AB")
    for x in (a, b):
        with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
            mg.reparameterize(mg.arctan(1.0 / (a + mg.exp(b))), x)
    scaled = mg.arctan(1.0 / (a * a - a) / mg.exp(b))
    assert isinstance(mg.reparameterize(mg.arctan(1.0 / ((a * a - a) * mg.exp(b))), b), Data)
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        mg.reparameterize(scaled, a)


def q(x):
    return mg.outer(x, x) - np.diag([1.0, 2.0, 3.0])


@pytest.mark.parametrize("f", [
    lambda x: mg.arctan(1.0 / (x[0] * x[1])), lambda x: mg.arctan(1.0 / mg.max(x)),
    lambda x: mg.arctan(1.0 / (mg.sum(x * x) - mg.sum(x))), lambda x: mg.arctan(1.0 / mg.det(q(x))),
    lambda x: mg.arctan(mg.linalg.inv(q(x))), lambda x: mg.arctan(1.0 / mg.median(x)),
    lambda x: x[0] / mg.logsumexp(x),
], ids=["product", "maximum", "parabola", "determinant", "inverse", "median",
        "logsumexp"])  # fmt: skip
def test_pole_of_several_elements_together_is_refused(f):
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        rewritten(f)


@pytest.mark.parametrize("f", [
    lambda x: x[0] / (1.0 + x[0] * x[0] + x[1] * x[1]), lambda x: mg.var(x) / (mg.var(x) + 0.1),
    lambda x: x[0] / (mg.max(x) - mg.min(x) + 1.0), lambda x: mg.sum(mg.softmax(x) / mg.softmax(x)),
    lambda x: 1.0 / (x @ x - 2.0 * x @ np.ones(3) + 3.0), lambda x: mg.inv(matrix(x))[0, 0],
    lambda x: mg.solve(np.eye(3) + mg.diag(x * x), x)[0], lambda x: mg.linalg.cond(matrix(x)),
    lambda x: x[0] / mg.hypot(x[0], x[1]), lambda x: 1.0 / (mg.exp(x[0]) + mg.exp(-x[0]) - 1.0),
], ids=["squares", "variance", "range", "softmax", "distance", "definite", "solve", "cond", "hypot",
        "cosh"])  # fmt: skip
def test_denominators_of_several_elements_that_stay_positive_are_followed(f):
    assert isinstance(rewritten(f), Data)


@pytest.mark.parametrize("law", [
    lambda m: mg.Exponential(mg.exp(m)), lambda m: mg.Uniform(m, m + 1.0),
    lambda m: mg.Beta(m, 2.0),
])  # fmt: skip
def test_poles_between_the_ends_of_a_law_are_refused_and_others_followed(law):
    m = mg.Data(0.37, name="m")
    x = mg.sample(law(m), name="X", rng=0)
    y = mg.arctan(1.0 / (1.6 - 2.0 * x))
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        mg.unblock(y, "implicit" if isinstance(x.node.distribution, mg.Beta) else "reparameterize")
    assert mg.unblock(1.0 / (0.1 + 2.0 * x), rng=1).value == 1.0 / (0.1 + 2.0 * x.value)
    assert not mg.Graph(mg.unblock(1.0 / (0.1 + 2.0 * x), rng=1)).blocked(m)


def test_pole_of_a_logarithm_is_refused_where_it_passes_0():
    m = mg.Data(0.37, name="m")
    for law in (mg.Exponential(m), mg.LogNormal(m, 1.0), mg.Uniform(m, m + 1.0)):
        with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
            mg.reparameterize(mg.arctan(1.0 / mg.log(mg.sample(law, name="X", rng=0))))
    x = mg.sample(mg.Uniform(0.0, m), name="X", rng=0)
    assert isinstance(mg.reparameterize(mg.arctan(1.0 / mg.log(x))), Data)
    assert isinstance(mg.reparameterize(mg.arctan(1.0 / mg.log1p(x))), Data)


def test_pole_of_a_relaxed_coin_is_refused():
    x = mg.sample(mg.Bernoulli(logits=mg.Data(0.3)), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="at a pole of"):
        mg.rebar(mg.arctan(1.0 / (x - 0.4)))
    assert isinstance(mg.rebar(1.0 / (x + 0.4), rng=0), Data)


def test_conversion_to_whole_numbers_is_a_step_and_to_floats_none():
    x = mg.sample(mg.Normal(mg.Data(0.5, name="m"), 1.0), name="X", rng=0)
    assert isinstance(mg.reparameterize(astype(x, dtype=np.dtype(np.float32))), Data)
    with pytest.raises(mg.BlockedGradientError, match="astype"):
        mg.reparameterize(elementwise.multiply(astype(x, dtype=np.dtype(bool)), 1.0))


@pytest.mark.parametrize("f", [
    lambda x: mg.std(x) + 1e-5, lambda x: mg.sum(mg.exp(x - mg.max(x))), mg.norm,
    lambda x: mg.max(abs(x)), lambda x: x[0] ** 4 + 1.0, lambda x: mg.exp(x) @ np.ones(3),
    lambda x: 1.0 + mg.prod(x * x), lambda x: mg.hypot(x[0], x[1]) / (1.0 + mg.square(x[2])),
])  # fmt: skip
def test_denominator_that_is_seen_to_be_positive_is_not_tried(f, monkeypatch):
    monkeypatch.setattr(Trials, "passing", lambda *args: pytest.fail("samples were drawn"))
    assert isinstance(rewritten(lambda x: x[0] / f(x)), Data)


@pytest.mark.parametrize("f", [
    lambda x: mg.std(x) - 1e-5, lambda x: x[0] ** 3, lambda x: mg.exp(x[0]) * x[1],
    lambda x: mg.where(np.array([True, False, True]), -1.0, mg.exp(x)),
    lambda x: mg.exp(x) + mg.Data(1.0),
    lambda x: mg.exp(x) @ np.array([1.0, -1.0, 2.0]), lambda x: mg.minimum(mg.exp(x), -1.0),
])  # fmt: skip
def test_what_may_be_negative_is_not_seen_to_be_positive(f):
    assert not is_positive(f(mg.sample(mg.Normal(mg.Data([0.3, 0.9, 0.5]), 0.1), rng=0)))


BOX = mg.primitive(np.sin, name="box")


@pytest.mark.parametrize("law", [lambda z: mg.Normal(z, 0.5), lambda z: mg.Poisson(mg.exp(z))])
@pytest.mark.parametrize("f", [
    lambda x: mg.floor(0.3 * x), lambda x: mg.arctan(1.0 / (x - 0.4)), BOX,
    lambda x: mg.where(x > 0.3, x, -x),
], ids=["jump", "pole", "box", "condition"])  # fmt: skip
def test_draw_above_one_that_jumps_is_reparameterized_before_or_after_the_score_of_that(f, law):
    m = mg.Data(0.4, name="m")
    z = mg.sample(mg.Normal(m, 1.0), name="Z", rng=0)
    y = f(mg.sample(law(mg.sin(z)), name="A", rng=1))
    truth = mg.exact(y, m)
    for way in (mg.reinforce(mg.reparameterize(y, "Z"), "A"),
                mg.reparameterize(mg.reinforce(y, "A"), "Z")):  # fmt: skip
        found = mg.exact(way, m)
        assert found.grad[m] == pytest.approx(truth.grad[m], abs=1e-7)
    assert mg.unblock(y, explain=True)[1][0].method == "reparameterize"
    with pytest.raises(mg.BlockedGradientError, match=r'alone, mg.reparameterize\(y, "Z"\)'):
        mg.reparameterize(y)
