"""Traps of memory, depth and threads; each one stays right here."""

from __future__ import annotations

import gc
import math
import threading
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigraph as mg


# Memory -----------------------------------------------------------------------------------------
def test_a_training_loop_does_not_grow():
    w = mg.Data(np.ones(1_000))

    def step():
        w.grad = None
        mg.sum((w * 2.0 - 1.0) ** 2).backward()
        w.value = w.value - 0.01 * w.grad

    step()
    tracemalloc.start()
    step()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(50):
        step()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000
    assert np.max(np.abs(w.value - 0.5)) < 0.1


def test_a_functional_training_loop_keeps_no_history():
    w = np.ones(3)
    step = mg.grad(lambda w: mg.sum(w * w))
    for _ in range(10):
        w = w - 0.1 * step(w)
    assert type(w) is np.ndarray
    np.testing.assert_allclose(w, 0.8**10)


def test_a_detached_value_carries_nothing():
    x = mg.Data([1.0, 2.0])
    y = mg.Data((x * x).value)
    assert y.node is None
    assert mg.gradient(mg.sum(y), x).value.tolist() == [0, 0]


# Depth, width and threads -----------------------------------------------------------------------
def test_a_wide_sum_of_many_terms_is_differentiated():
    x = mg.Data(2.0)
    y = sum((x * float(i) for i in range(2_000)), start=mg.Data(0.0, constant=True))
    y.backward()
    assert x.grad == sum(range(2_000))


def test_deep_functions_boxes_and_gradients_do_not_recurse():
    @mg.function
    def step(x):
        return mg.sin(x) * 1.1

    x = mg.Data(1.0, name="x")
    y = x
    for _ in range(3_000):
        y = step(y)
    g = mg.gradient(y, x)
    y.backward()
    assert x.grad == g.value
    assert len(repr(mg.Graph(y))) > 0
    assert mg.Graph(y).blocked() == {}


def test_a_thread_that_fails_does_not_disturb_another():
    results, errors = [], []

    def good():
        for _ in range(50):
            results.append(mg.grad(mg.grad(lambda x: x**3))(2.0))

    def bad():
        for _ in range(50):
            try:
                mg.grad(lambda x: mg.Data([1.0, 2.0]) @ mg.Data([1.0]) * x)(1.0)
            except mg.InputError as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for work in (good, bad) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [12.0] * 200
    assert len(errors) == 200


def test_eight_threads_agree_with_one():
    weights, data = np.linspace(-1.0, 1.0, 30).reshape(5, 6), mg.Data(np.linspace(0.0, 1.0, 5))

    def work(_):
        w = mg.Data(weights)
        y = mg.sum(mg.tanh(data @ w) ** 2) + mg.logsumexp(w)
        first = mg.gradient(y, w)
        mg.sum(first * first).backward()
        return first.value, w.grad, mg.hessian(lambda x: mg.sum(mg.sin(x) * x))(weights[0])

    expected = work(0)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(work, range(64)):
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: mg.sum(mg.sin(x) * x),
        lambda x: mg.gradient(mg.sum(x**3), x),
        lambda x: mg.function(lambda z: mg.std(z))(x),
        lambda x: x[mg.argsort(x)],
        lambda x: mg.linalg.svd(mg.outer(x, x)).S,
        lambda x: mg.sample(mg.Normal(x, 1.0), rng=0),
        lambda x: mg.reparameterize(mg.sample(mg.Normal(x, 1.0), rng=0) * 2.0),
    ],
)
def test_a_dropped_graph_is_freed_at_once(make):
    x = mg.Data([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        y = make(x)
        watches = [weakref.ref(data) for data in mg.Graph(y).data if data is not x]
        assert watches
        del y
        assert [watch() for watch in watches] == [None] * len(watches)
    finally:
        gc.enable()


def test_a_backward_pass_leaves_no_cycle_behind():
    gc.collect()
    gc.disable()
    try:
        x = mg.Data(np.ones(3))
        mg.sum(mg.exp(x) / (1.0 + x)).backward()
        mg.jacobian(lambda z: z * z)(np.ones(3))
        mg.hvp(lambda z: mg.sum(z**3), np.ones(3), vector=np.ones(3))
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_long_chain_is_differentiated_printed_and_dropped():
    x = mg.Data(1.0)
    y = x
    for _ in range(50_000):
        y = y * 1.00001
    y.backward()
    assert x.grad == pytest.approx(math.exp(50_000 * math.log1p(1e-5)), rel=1e-9)
    assert len(repr(y)) < 100
    assert mg.gradient(y, x).value == x.grad


def test_a_value_shared_along_many_paths_is_visited_once():
    x = mg.Data(1.0)
    y = x
    for _ in range(60):  # 2**60 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60 == mg.gradient(y, x).value


def test_a_join_of_five_thousand_parts():
    x = mg.Data(2.0)
    y = mg.sum(mg.stack([x * float(i) for i in range(5_000)]))
    assert mg.gradient(y, x).value == sum(range(5_000))


def test_the_eighth_derivative():
    f = mg.sin
    for _ in range(8):
        f = mg.grad(f)
    assert f(0.7) == pytest.approx(math.sin(0.7), rel=1e-12)


def test_deep_containers_of_arguments():
    p = q = {"x": 1.0}
    for _ in range(50):
        q = {"in": [q]}
    found = mg.grad(lambda tree: _innermost(tree) ** 2)(q)
    assert _innermost(found) == 2.0 == 2.0 * p["x"]


def _innermost(tree):
    while "in" in tree:
        tree = tree["in"][0]
    return tree["x"]
