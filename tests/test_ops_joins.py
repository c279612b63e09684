"""Many inputs at once: what all of them need is worked out once."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest

import minigraph as mg


def test_vjp_of_a_primitive_is_called_once_for_all_inputs():
    calls = []

    def vjp(g, y, *parts):
        calls.append(g)
        return [g] * len(parts)

    total = mg.primitive(lambda *parts: np.sum(parts), vjp, name="total")
    parts = [mg.Data(float(i)) for i in range(5)]
    total(*parts).backward()
    assert [x.grad for x in parts] == [1.0] * 5
    assert len(calls) == 1


@pytest.mark.parametrize(("join", "shape"), [(mg.stack, ()), (mg.concatenate, (1,))])
def test_ten_times_the_parts_take_far_less_than_a_hundred_times_as_long(join, shape):
    def seconds(count):
        parts = [mg.Data(np.full(shape, float(i))) for i in range(count)]
        gc.collect()  # so that it is not the garbage of other tests that takes its time
        start = time.process_time()
        y = mg.sum(join(parts) ** 2)
        y.backward()
        slopes = mg.gradient(y, parts)
        found = time.process_time() - start
        assert slopes[-1].value == parts[-1].grad == 2.0 * (count - 1)
        return found

    gc.disable()
    try:
        assert seconds(20_000) < 40.0 * min(seconds(2_000) for _ in range(3))
    finally:
        gc.enable()
