"""Derivatives of every operation at random shapes, of order 1 and 2, in both precisions."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_cases import GIVEN, INTEGERS, OPERATIONS, Case, floats, ranges_of, signs
from ops_checks import check_first, check_second, differentiable, is_float, slopes

from minigraph.ops import along

pytest.importorskip("scipy")
FEW = settings(max_examples=4, deadline=None, derandomize=True, database=None)
ELEMENTWISE = {
    key: op
    for key, op in OPERATIONS.items()
    if op.along is along.elementwise and op.name not in GIVEN and op.name not in INTEGERS
}
FOLDS = {key: op for key, op in OPERATIONS.items() if op.fixed == ("axis", "keepdims")}


def check(op, case):
    wrt = differentiable(op, case)
    if not wrt:
        return
    check_first(op, case, wrt)
    check_second(op, case, wrt)
    if op.name != "float_power":
        small = [np.asarray(x, np.float32) if is_float(x) else x for x in case.inputs]
        found = slopes(op, Case(tuple(small), case.fixed), tuple(small), wrt)
        wide = slopes(op, case, case.inputs, wrt)
        for one, other in zip(found, wide, strict=True):
            assert one.dtype == np.float32
            np.testing.assert_allclose(one.value, other.value, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("op", ELEMENTWISE.values(), ids=ELEMENTWISE)
@FEW
@given(data=st.data())
def test_an_elementwise_operation_at_random_shapes(op, data):
    ranges = ranges_of(op)
    shapes = data.draw(
        hnp.mutually_broadcastable_shapes(num_shapes=len(ranges), max_dims=3, max_side=3)
    ).input_shapes
    check(op, Case(tuple(
        floats(*shape, low=low, high=high, seed=i)
        for i, (shape, (low, high)) in enumerate(zip(shapes, ranges, strict=True))
    )))  # fmt: skip


@pytest.mark.parametrize("op", FOLDS.values(), ids=FOLDS)
@FEW
@given(shape=hnp.array_shapes(max_dims=4, max_side=3), data=st.data())
def test_a_fold_at_random_shapes(op, shape, data):
    axes = data.draw(st.none() | hnp.valid_tuple_axes(len(shape), min_size=1))
    fixed = {"axis": axes, "keepdims": data.draw(st.booleans())}
    check(op, Case((signs(*shape),), fixed))
