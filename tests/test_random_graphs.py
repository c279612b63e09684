"""What is rewritten, reordered and compiled computes what a plain run does, on any graph."""

import numpy as np
import pytest
from random_graphs import random_graph

import minigraph as mg
from minigraph.averages.averaging import average
from minigraph.averages.expectation import tape_of, with_gradients
from minigraph.averages.jobs import Replay
from minigraph.averages.ties import ties
from minigraph.averages.workers import Mapper
from minigraph.replay.starting import WAIT, Start
from minigraph.replay.tape import Tape

RUNS = 4  # the first ones are read step by step, the others are compiled


def compare(found, expected, dtype):
    """Compare lists of numbers and arrays."""
    close = {"rtol": 2e-3, "atol": 2e-4} if dtype == np.float32 else {"rtol": 1e-7, "atol": 1e-9}
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, **close)


@pytest.mark.parametrize("seed", range(150))
def test_function_of_inputs(seed):
    y, wrt, dtype = random_graph(seed, random=False)
    f, rng = mg.compile(y, wrt, inputs=wrt), np.random.default_rng(seed)
    expected = [y.value, *(g.value for g in mg.gradient(y, wrt))]
    for _ in range(RUNS):
        estimate = mg.expectation(y, 1, wrt=wrt, rng=0)
        compare([estimate.value, *(estimate.grad[w] for w in wrt)], expected, dtype)
        value, slopes = f(*[w.value for w in wrt])
        compare([value, *slopes], expected, dtype)
        for w in wrt:
            w.value = w.value + rng.normal(size=w.shape).astype(dtype) * dtype.type(0.1)
        expected = one_by_one(y, wrt)


def one_by_one(y, wrt):
    """Return the value and the gradient at the inputs of now, each step by itself."""
    tape = Tape(with_gradients(y, wrt))
    values = tape.same._fresh(False)
    for slot, data in tape.same.inputs:
        values[slot] = data.value
    for step in tape.same.steps:
        values[step.out] = step.once(values)
    return [values[slot] for slot, _ in tape.outputs]


@pytest.mark.parametrize("rewrite", ["reparameterize", "reinforce", "unblock"])
@pytest.mark.parametrize("seed", range(60))
def test_average_over_draws(seed, rewrite):
    y, wrt, dtype = random_graph(seed, random=True)
    try:
        z = getattr(mg, rewrite)(y)
    except mg.MinigraphError:  # it would be biased
        z = mg.reinforce(y)
    for samples in (1, 23):
        expected = step_by_step(z, wrt, samples)
        for _ in range(RUNS):
            found = mg.expectation(z, samples, wrt=wrt, rng=3, block_size=samples)
            compare([found.value, *(found.grad[w] for w in wrt)], expected[:4], dtype)
            compare([found.grad_stderr[w] for w in wrt], expected[4:], dtype)


def step_by_step(z, wrt, samples):
    """Return the average, its gradient and standard errors with neither hoisting nor compiling."""
    seed = np.random.SeedSequence(3)
    job = Replay(Tape(with_gradients(z, wrt)), seed, samples, samples)
    job.chunk = Replay(tape_of(z, wrt), seed, samples, samples).chunk  # as many draws at a time
    job.tape.runs = -samples  # it is compiled after some runs
    job.tape.ties = ties(job.tape, z, wrt) if job.tape.crosses else []
    estimate = average(job, wrt, Mapper(1, None))
    slopes = [mapping[w] for mapping in (estimate.grad, estimate.grad_stderr) for w in wrt]
    return [estimate.value, *slopes]


@pytest.mark.parametrize("seed", range(40))
def test_another_library_computes_the_same(seed):
    pytest.importorskip("torch")
    y, wrt, dtype = random_graph(seed, random=True)
    try:
        z = mg.reparameterize(y) if seed % 2 else mg.reinforce(y)
    except mg.MinigraphError:  # it would be biased
        z = mg.reinforce(y)
    rng, draws = np.random.default_rng(seed), Tape(with_gradients(z, wrt)).draws
    noise = [draw.law.generate(rng, (1, *draw.shape))[0] for draw in draws]
    value, slopes = mg.compile(z, wrt)(noise=noise)
    there, others = mg.compile(z, wrt, backend="torch")(noise=noise)
    compare([there, *others], [value, *slopes], dtype)


@pytest.mark.parametrize("seed", [3, 50, 169, 170, 211])
def test_every_run_has_the_same_bits(seed):
    y, wrt, _ = random_graph(seed, random=True)
    z = mg.unblock(y)
    runs = [mg.expectation(z, 40_000, wrt=wrt, rng=seed, workers=w) for w in (1, 2, 1, 1, 3)]
    for run in runs[1:]:
        assert (run.value, run.stderr) == (runs[0].value, runs[0].stderr)
        for x in wrt:
            np.testing.assert_array_equal(run.grad[x], runs[0].grad[x])
    f = mg.compile(z, wrt)
    values = [f(rng=0) for _ in range(4)]
    for value, slopes in values[1:]:
        assert np.array_equal(value, values[0][0], equal_nan=True)
        for a, b in zip(slopes, values[0][1], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", [7, 1109, 1309, 1434, 1465])
def test_straight_line_code_computes_what_its_steps_do(seed):
    y, wrt, _ = random_graph(seed, random=True)
    tape = tape_of(mg.measure_valued(y), wrt)
    by_step, by_code = (
        Start(tape.size, tape.constants, tape.inputs, tape.once, tape.wanted) for _ in range(2)
    )
    by_step.runs, by_code.runs = -1, WAIT
    for _ in range(2):
        expected, found = by_step(), by_code()
        for slot in {step.out for step in tape.once} & tape.wanted:
            np.testing.assert_allclose(found[slot], expected[slot], rtol=1e-9, atol=1e-12)
        by_code.finish(found)
