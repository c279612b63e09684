"""Every operation of the tables, each with its derivatives, dtypes and sample-axis rule."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from ops_cases import OPERATIONS, Case, cases
from ops_checks import (
    check_first,
    check_replay,
    check_second,
    differentiable,
    is_float,
    slopes,
)

import minigraph as mg
from minigraph.ops import along, elementwise

pytest.importorskip("scipy")
EVERY = [
    pytest.param(op, case, id=f"{key}-{n}")
    for key, op in OPERATIONS.items()
    for n, case in enumerate(cases(op))
]
SMOOTH = [p for p in EVERY if differentiable(*p.values)]


@pytest.mark.parametrize(("op", "case"), SMOOTH)
def test_first_derivative_is_the_central_difference(op, case):
    check_first(op, case, differentiable(op, case))


@pytest.mark.parametrize(("op", "case"), SMOOTH)
def test_second_derivative_is_the_central_difference(op, case):
    check_second(op, case, differentiable(op, case))


@pytest.mark.parametrize(("op", "case"), EVERY)
@pytest.mark.parametrize("samples", [2, 3])
def test_replay_over_samples_is_a_loop_over_samples(op, case, samples):
    check_replay(op, case, samples)


@pytest.mark.parametrize(("op", "case"), SMOOTH)
def test_a_gradient_graph_is_pickled_and_found_again(op, case):
    for slope in slopes(op, case, case.inputs, differentiable(op, case)):
        again = pickle.loads(pickle.dumps(slope))
        np.testing.assert_array_equal(again.value, slope.value)


OWN_DTYPE = ("float_power", "astype")


@pytest.mark.parametrize(("op", "case"), [p for p in SMOOTH if p.values[0].name not in OWN_DTYPE])
def test_float32_stays_float32_in_value_and_gradient(op, case):
    small = tuple(np.asarray(x, np.float32) if is_float(x) else x for x in case.inputs)
    case = Case(small, case.fixed)
    wrt = differentiable(op, case)
    assert np.asarray(op.evaluate(small, case.fixed)).dtype == np.float32
    assert {s.dtype for s in slopes(op, case, small, wrt)} == {np.dtype(np.float32)}


POINTS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, 30.0, -800.0, 800.0, 1e300, np.inf, -np.inf, np.nan]
FAST = {key: op for key, op in OPERATIONS.items() if op.scalar is not None}


@pytest.mark.parametrize("op", FAST.values(), ids=FAST)
def test_a_python_float_goes_the_way_of_an_array(op):
    rows = list(itertools.product(POINTS, repeat=len(op.rules)))
    with np.errstate(all="ignore"):  # an array beside numbers: NumPy takes the root for 0.5
        expected = [op.forward(np.array([x]), *others)[0] for x, *others in rows]
        found = [op.scalar(*row) for row in rows]
    assert {type(x) for x in found} == {float}
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0.0)


MUTANTS = [
    pytest.param(op, i, id=f"{key}-input{i}")
    for key, op in OPERATIONS.items()
    for i in sorted(
        {0 if op.variadic else i for case in cases(op) for i in differentiable(op, case)}
    )
]


@pytest.mark.parametrize(("op", "i"), MUTANTS)
def test_a_rule_that_is_wrong_by_a_thousandth_is_caught(op, i, monkeypatch):
    def wrong(rule):
        def mutant(*args, **fixed):
            c = rule(*args, **fixed)
            return None if c is None else c * 1.001

        return mutant

    if op.together:
        rule = op.together
        monkeypatch.setattr(op, "together", lambda *args, **fixed: wrong(rule(*args, **fixed)))
    else:
        mutated = [wrong(r) if j == i else r for j, r in enumerate(op.rules)]
        monkeypatch.setattr(op, "rules", type(op.rules)(mutated))
    caught = 0
    for case in cases(op):
        wrt = [j for j in differentiable(op, case) if op.variadic or j == i]
        if wrt:
            try:
                check_first(op, case, wrt)
            except AssertionError:
                caught += 1
    assert caught


def test_replay_of_an_elementwise_operation_without_padding_is_its_ufunc():
    call = along.Call(elementwise.exp, {}, ((3,),), (True,), (3,))
    assert along.elementwise(call) is np.exp


def test_a_derivative_that_is_not_known_is_refused_by_name():
    n, a = mg.Data(1.5), mg.Data(1.5)
    with pytest.raises(mg.UsageError, match="jv: its derivative in n"):
        mg.gradient(mg.jv(n, 0.7), n)
    with pytest.raises(mg.BlockedGradientError, match="gamma tail slope"):
        mg.gradient(mg.gradient(mg.gammainc(a, 0.7), a), a)
