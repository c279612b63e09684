"""Monte Carlo averages: what they depend on, how accurate they are, what they refuse."""

import copy
import gc
import itertools
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest

import minigraph as mg
from minigraph.averages import workers as who
from minigraph.averages.expectation import tape_of, uninterrupted
from minigraph.averages.jobs import Replay
from minigraph.distributions.box_muller import PIECE
from minigraph.distributions.constraints import positive
from minigraph.replay import memory


def problem(rewrite=mg.reparameterize):
    """Return E[(X - 3)² + cos X], X ~ N(μ, σ²), and its parameters."""
    mu, sigma = mg.Data(0.5, name="μ"), mg.Data(0.8, name="σ")
    x = mg.sample(mg.Normal(mu, sigma), name="X", rng=0)
    y = (x - 3.0) ** 2 + mg.cos(x)
    y.name = "Y"
    return rewrite(y), [mu, sigma]


def numbers(estimate):
    parts = [estimate.value, estimate.stderr, estimate.variance]
    for by_data in (estimate.grad, estimate.grad_stderr, estimate.grad_variance):
        parts += list(by_data.values())
    return np.concatenate([np.ravel(part) for part in parts])


def same(a, b):
    return numbers(a).tobytes() == numbers(b).tobytes()


# What the result depends on ---------------------------------------------------------------------
@pytest.mark.parametrize("rewrite", [mg.reparameterize, mg.reinforce])
@pytest.mark.parametrize("workers", [2, 4])
def test_workers_change_no_bit(rewrite, workers):
    y, wrt = problem(rewrite)
    options = {"wrt": wrt, "rng": 3, "block_size": 500}
    assert same(
        mg.expectation(y, 20_300, **options), mg.expectation(y, 20_300, workers=workers, **options)
    )


class Backwards:
    """A map that works from the end."""

    def map(self, function, items):
        items = list(items)
        return [function(item) for item in items[::-1]][::-1]


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(2),
    "pool of threads": lambda: ThreadPool(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
}


def test_plain_object_with_a_map_is_an_executor():
    y, wrt = problem()
    alone = mg.expectation(y, 5_000, wrt=wrt, rng=1, block_size=300)
    other = mg.expectation(y, 5_000, wrt=wrt, rng=1, block_size=300, executor=Backwards())
    assert same(alone, other)


@pytest.mark.parametrize(("amiss", "text"), [
    (lambda results: results[:-1], r"length 8 and returned one of length 7; make it return the"),
    (lambda results: results[1:], r"blocks range\(1, 2\) in place of range\(0, 1\) as result 1;"),
    (lambda results: [r for r in results for _ in "12"], r"range\(0, 1\) in place .* result 2;"),
    (lambda results: results * 2, "length 8 and returned more than that;"),
    (lambda results: results[::-1], r"range\(7, 8\) in place of range\(0, 1\)"),
    (lambda results: None, "length 8 and returned NoneType;"),
    (lambda results: [None] * 8, "returned NoneType as result 1;"),
], ids=["last", "first", "each twice", "all twice", "backwards", "nothing", "none"])  # fmt: skip
def test_an_executor_that_loses_a_result_is_refused(amiss, text):
    class Executor:
        def map(self, function, items):
            return amiss([function(item) for item in items])

    y, _ = problem()
    with pytest.raises(mg.UsageError, match=f"map of executor Executor was given .*{text}"):
        mg.expectation(y, 1000, rng=0, block_size=100, executor=Executor())


@pytest.mark.parametrize("name", EXECUTORS)
def test_executors_change_no_bit(name):
    y, wrt = problem(lambda y: mg.reinforce(y, baseline="leave-one-out"))
    options = {"wrt": wrt, "rng": 1, "block_size": 200}
    with EXECUTORS[name]() as executor:
        other = mg.expectation(y, 20_100, executor=executor, **options)
    assert same(mg.expectation(y, 20_100, **options), other)


def test_same_seed_gives_the_same_numbers_and_another_seed_others():
    y, wrt = problem()
    a, b, c = (mg.expectation(y, 1000, wrt=wrt, rng=seed) for seed in (1, 1, 2))
    assert same(a, b)
    assert not same(a, c)


def test_seeds_of_every_kind_are_taken():
    y, _ = problem()
    sequence = np.random.SeedSequence(5)
    assert same(mg.expectation(y, 100, rng=sequence), mg.expectation(y, 100, rng=5))
    assert same(mg.expectation(y, 100, rng=sequence), mg.expectation(y, 100, rng=np.int64(5)))
    a, b = (mg.expectation(y, 100, rng=np.random.default_rng(5)) for _ in range(2))
    assert same(a, b)
    moving = np.random.default_rng(5)
    a, b = (mg.expectation(y, 100, rng=moving) for _ in range(2))
    assert not same(a, b)
    assert not same(mg.expectation(y, 100), mg.expectation(y, 100))


def test_sample_that_built_the_graph_does_not_matter():
    results = []
    for seed in (1, 2):
        mu = mg.Data(0.5, name="μ")
        y = mg.sample(mg.Normal(mu, 1.0), rng=seed) ** 2
        results.append(mg.expectation(mg.reinforce(y), 500, wrt=mu, rng=0))
    assert same(*results)


# Accuracy ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("block_size", [1, 7, 1000, 9_999, 10_000, 12_345])
def test_blocks_of_any_size_add_up_also_a_last_block_of_one(block_size):
    y, wrt = problem()
    samples = 600 if block_size == 1 else 10_000
    estimate = mg.expectation(y, samples, wrt=wrt, rng=1, block_size=block_size)
    truth = mg.exact(y, wrt)
    assert estimate.samples == samples
    assert abs(estimate.value - truth.value) < 5 * estimate.stderr
    for x in wrt:
        assert abs(estimate.grad[x] - truth.grad[x]) < 5 * estimate.grad_stderr[x]
        assert estimate.grad_variance[x] == pytest.approx(truth.grad_variance[x], rel=0.3)


def test_variance_is_right_when_the_mean_is_much_larger_than_the_spread():
    y = mg.sample(mg.Normal(mg.Data(1e8, name="μ"), 1.0), name="X")
    estimate = mg.expectation(y, 50_000, rng=0, block_size=1000)
    assert estimate.variance == pytest.approx(1.0, rel=0.03)
    assert abs(estimate.value - 1e8) < 5 / np.sqrt(50_000)


def test_every_entry_of_a_gradient_has_its_own_standard_error():
    scale = mg.Data(np.array([0.1, 1.0, 10.0]), name="s")
    y = mg.sum(mg.sample(mg.Normal(np.zeros(3), scale), name="X") ** 2)
    estimate = mg.expectation(mg.reparameterize(y), 40_000, wrt=scale, rng=0)
    expected = 2 * scale.value * np.sqrt(2 / 40_000)  # 2 s ε², of variance 8 s²
    np.testing.assert_allclose(estimate.grad_stderr[scale], expected, rtol=0.05)
    assert np.all(np.abs(estimate.grad[scale] - 2 * scale.value) < 5 * expected)


def test_spread_of_many_runs_is_the_stated_standard_error():
    y, (mu, _) = problem(mg.reinforce)
    runs = [mg.expectation(y, 400, wrt=mu, rng=seed, block_size=64) for seed in range(200)]
    stated = np.mean([run.grad_stderr[mu] for run in runs])
    assert np.std([run.grad[mu] for run in runs]) == pytest.approx(stated, rel=0.2)


def test_array_value_is_averaged_element_by_element():
    x = mg.sample(mg.Normal(np.array([[1.0, 2.0], [3.0, 4.0]]), 0.5), name="X")
    estimate = mg.expectation(x, 20_000, rng=0)
    assert np.all(np.abs(estimate.value - [[1, 2], [3, 4]]) < 5 * estimate.stderr)
    np.testing.assert_allclose(estimate.stderr, 0.5 / np.sqrt(20_000), rtol=0.05)


@pytest.mark.parametrize("samples", [1, 3])
def test_output_without_randomness_is_itself(samples):
    theta = mg.Data(2.0, name="θ")
    estimate = mg.expectation(theta**2, samples, wrt=theta)
    assert (estimate.value, estimate.grad[theta]) == (4.0, 4.0)
    if samples > 1:
        assert (estimate.stderr, estimate.grad_stderr[theta]) == (0.0, 0.0)


def test_one_sample_has_a_value_and_no_standard_error():
    y, _ = problem()
    estimate = mg.expectation(y, 1, rng=0)
    assert np.isfinite(estimate.value)
    assert np.isnan(estimate.stderr)


@pytest.mark.parametrize("law", [lambda: mg.Poisson(3.0), lambda: mg.Bernoulli(0.3)])
def test_integer_output_has_a_float_average(law):
    x = mg.sample(law(), name="N")
    estimate = mg.expectation(x, 20_000, rng=0)
    assert isinstance(estimate.value, float)
    assert abs(estimate.value - x.node.distribution.plain().mean) < 5 * estimate.stderr


def test_truths_have_an_average():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X")
    assert mg.expectation(x > 0, 10_000, rng=0).value == pytest.approx(0.5, abs=0.03)


def test_float32_graph_is_averaged_in_float64():
    mu = mg.Data(np.full(3, 0.5, np.float32), name="μ")
    y = mg.mean(mg.sample(mg.Normal(mu, np.ones(3, np.float32)), name="X", rng=0))
    estimate = mg.expectation(mg.reparameterize(y), 10_000, wrt=mu, rng=0)
    assert estimate.grad[mu] == pytest.approx(np.full(3, 1 / 3), rel=1e-6)


def test_overflow_shows_in_the_estimate_without_a_warning():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X", rng=0)  # one that does not overflow by itself
    estimate = mg.expectation(mg.exp(800.0 * x), 1000, rng=0, block_size=10)
    assert estimate.value == np.inf
    assert np.isnan(estimate.stderr)


# What it is asked for ---------------------------------------------------------------------------
def test_wrt_is_a_data_a_name_or_a_list_and_results_are_found_by_either():
    y, (mu, sigma) = problem()
    for wrt in (mu, "μ", [mu, "σ"], (mu, sigma)):
        estimate = mg.expectation(y, 100, wrt=wrt, rng=0)
        assert estimate.grad[mu] == estimate.grad["μ"]
        assert estimate.grad_stderr[mu] > 0
    with pytest.raises(mg.UnknownNameError, match="not among the parameters; there is 'μ'"):
        mg.expectation(y, 100, wrt=mu).grad["σ"]
    with pytest.raises(mg.UnknownNameError, match="pass wrt=θ"):
        mg.expectation(y, 100).grad["σ"]
    with pytest.raises(AttributeError, match="no attribute 'mean'; it has value, stderr"):
        estimate.mean  # noqa: B018
    for key in (mu, "μ"):
        with pytest.raises(mg.UsageError, match=r"no items; write estimate.grad\['μ'\]"):
            estimate[key]
    assert not np.iterable(estimate)
    assert repr(mg.exact(mg.Data(3.0))) == "Estimate(value 3; exact, 1 point)"
    assert copy.copy(estimate) == estimate


def test_interior_data_can_be_wrt():
    y, _ = problem()
    x = mg.Graph(y)["X"]
    estimate = mg.expectation(y, 50_000, wrt=x, rng=0)
    truth = mg.exact(mg.gradient(y, x)).value
    assert abs(estimate.grad["X"] - truth) < 5 * estimate.grad_stderr["X"]


def test_inputs_may_be_assigned_between_calls():
    y, (mu, sigma) = problem()
    for mu.value in (0.5, -1.0):
        estimate = mg.expectation(y, 20_000, wrt=mu, rng=0)
        assert abs(estimate.value - mg.exact(y).value) < 5 * estimate.stderr
    sigma.value = 1e-9
    assert mg.expectation(y, 10, rng=0).value == pytest.approx(16 + np.cos(1.0))


def test_batches_may_be_swapped_between_calls():
    batch = mg.Data(np.array([1.0, 2.0]), name="batch", constant=True)
    theta = mg.Data(0.0, name="θ")
    y = mg.reparameterize(mg.mean((batch - mg.sample(mg.Normal(theta, 1.0), name="X")) ** 2))
    for batch.value in ([1.0, 2.0], [10.0, 20.0]):
        gradient = mg.expectation(y, 40_000, wrt=theta, rng=0)
        truth = -2 * np.mean(batch.value)
        assert abs(gradient.grad[theta] - truth) < 5 * gradient.grad_stderr[theta]


MASK = np.array([True, False, True, False, False])
PICKED = {
    "mask": lambda x, m: mg.sum(x[m] ** 2),
    "variance": lambda x, m: mg.var(x[m]),
    "positions": lambda x, m: mg.sum(x[mg.flatnonzero(m)] ** 2),
    "black box": lambda x, m: mg.sum(mg.primitive(lambda x, m: x[m], name="box")(x, m)),
}


@pytest.mark.parametrize("truths", [[0, 0, 1, 0, 0], [1, 1, 1, 0, 0], [0] * 5])
@pytest.mark.parametrize("pick", PICKED.values(), ids=PICKED)
def test_a_swapped_mask_with_another_number_of_truths_is_refused(pick, truths):
    w, m = mg.Data(np.arange(1.0, 6.0), name="w"), mg.Data(MASK, name="m", constant=True)
    x = mg.sample(mg.Normal(w, 1.0), name="X", rng=0)
    once, sampled = pick(w, m), pick(x, m)
    f = mg.compile(once, inputs=[w, m])
    runs = [
        lambda: mg.expectation(once, 2), lambda: mg.expectation(sampled, 50, rng=0),
        lambda: f(w.value, m.value),
    ]  # fmt: skip
    for _ in range(4):  # the first runs are step by step, the others are compiled
        m.value = np.array(truths, bool)
        for run in runs:
            with pytest.raises(mg.InputError, match=r"shape \(.*, the recorded one gave \(2"):
                run()
        m.value = MASK[::-1]
        assert mg.expectation(once, 2).value == pick(w, m).value == f(w.value, m.value)


@pytest.mark.parametrize("truths", [[0, 0, 1, 0, 0], [1, 1, 1, 0, 0]])
def test_a_gradient_is_refused_where_a_mask_was_swapped_before_it_was_built(truths):
    w, m = mg.Data(np.arange(1.0, 6.0), name="w"), mg.Data(MASK, name="m", constant=True)
    y = mg.sum(w[m] ** 2)
    m.value = np.array(truths, bool)
    with pytest.raises(mg.InputError, match=r"it now picks shape .* and picked \(2,\)"):
        mg.expectation(y, 2, wrt=w)


def test_an_index_swapped_to_one_outside_is_refused_by_name():
    w, i = mg.Data(np.arange(5.0), name="w"), mg.Data(np.array([0, 1]), name="i", constant=True)
    y = mg.sum(w[i] ** 2)
    for _ in range(4):
        i.value = np.array([1, 2])
        assert mg.expectation(y, 1).value == 5.0
        i.value = np.array([9, 0])
        with pytest.raises(mg.InputError, match="replay of getitem: index 9 is out of bounds"):
            mg.expectation(y, 1)


def test_a_callback_that_is_no_function_is_refused_before_anything_runs():
    ran = []
    watch = mg.primitive(lambda x: ran.append(x) or np.asarray(x), name="watch")
    y = watch(mg.sample(mg.Normal(0.0, 1.0), rng=0))
    ran.clear()
    with pytest.raises(mg.UsageError, match="callback: got int; pass a function"):
        mg.expectation(y, 100, callback=3)
    assert not ran


def test_callback_sees_the_estimate_grow():
    y, _ = problem()
    seen = []
    final = mg.expectation(y, 1050, rng=0, block_size=100, callback=seen.append)
    assert [e.samples for e in seen] == [*range(100, 1001, 100), 1050]
    assert same(seen[-1], final)


def test_progress_shows_a_bar(capsys):
    pytest.importorskip("tqdm")
    y, _ = problem()
    quiet = mg.expectation(y, 1000, rng=0, block_size=100)
    assert same(quiet, mg.expectation(y, 1000, rng=0, block_size=100, progress=True))
    assert "block" in capsys.readouterr().err


def test_progress_without_tqdm_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm", None)
    with pytest.raises(mg.MissingExtraError, match=r'pip install "minigraph\[progress\]"'):
        mg.expectation(problem()[0], 10, progress=True)


def test_repr_is_readable():
    y, wrt = problem()
    text = repr(mg.expectation(y, 1000, wrt=wrt, rng=0))
    assert text.startswith("Estimate(value ")
    assert "; ∂/∂μ -" in text
    assert "±" in text
    assert text.endswith("1000 samples)")


# Enough -----------------------------------------------------------------------------------------
def test_run_stops_at_the_wanted_standard_error():
    y, wrt = problem(mg.reinforce)
    options = {"wrt": wrt, "rng": 0, "block_size": 1000}
    found = mg.expectation(y, 10**9, stderr=0.05, **options)
    errors = [found.stderr, *found.grad_stderr.values()]
    assert max(errors) <= 0.05
    before = mg.expectation(y, found.samples - 1000, **options)
    assert max(before.stderr, *before.grad_stderr.values()) > 0.05
    assert same(found, mg.expectation(y, 10**9, stderr=0.05, workers=3, **options))
    assert not found.interrupted


def test_run_ends_at_its_samples_where_the_standard_error_is_out_of_reach():
    found = mg.expectation(problem()[0], 5000, rng=0, stderr=1e-9, block_size=1000)
    assert found.samples == 5000


def test_rare_event_that_was_not_seen_yet_does_not_stop_a_run():
    x = mg.sample(mg.Bernoulli(1e-4), name="X")
    found = mg.expectation(1.0 * x, 10**8, rng=0, block_size=100, stderr=1e-4)
    assert found.value > 0


# Functions --------------------------------------------------------------------------------------
def branching(theta):
    def f():
        x = mg.sample(mg.Bernoulli(theta), name="X")
        return 5.0 * theta if x else mg.sample(mg.Normal(1.0, 0.1))

    return f


def test_function_is_traced_anew_for_each_sample_so_it_may_branch():
    estimate = mg.expectation(branching(mg.Data(0.3)), 3000, rng=0, block_size=500)
    assert abs(estimate.value - (0.3 * 1.5 + 0.7)) < 5 * estimate.stderr
    assert estimate.stderr < 0.01


def test_function_gives_the_same_numbers_for_a_seed_whoever_works():
    f = branching(mg.Data(0.3))
    a = mg.expectation(f, 600, rng=1, block_size=50)
    assert same(a, mg.expectation(f, 600, rng=1, block_size=50, workers=3))
    assert not same(a, mg.expectation(f, 600, rng=2, block_size=50))


def test_function_may_take_the_random_numbers():
    def f(rng, scale=2.0):
        return mg.Data(scale * rng.standard_normal())

    estimate = mg.expectation(f, 2000, rng=0)
    assert same(estimate, mg.expectation(f, 2000, rng=0))
    assert estimate.variance == pytest.approx(4.0, rel=0.15)


def test_function_may_rewrite_what_it_builds():
    theta = mg.Data(0.7, name="θ")

    def f():
        x = mg.sample(mg.Normal(theta, 1.0), name="X")
        y = x**2 if x > 0 else 0.5 * x
        return mg.reinforce(y, baseline="leave-one-out")

    estimate = mg.expectation(f, 4000, wrt=theta, rng=0)
    x = np.linspace(-8, 9, 20001)
    density = np.exp(-0.5 * (x - 0.7) ** 2) / np.sqrt(2 * np.pi)
    truth = np.trapezoid(np.where(x > 0, x**2, 0.5 * x) * (x - 0.7) * density, x)
    assert abs(estimate.grad[theta] - truth) < 5 * estimate.grad_stderr[theta]
    assert estimate.grad_stderr[theta] < 0.12


def test_function_that_does_not_rewrite_is_refused_a_gradient():
    theta = mg.Data(0.7, name="θ")
    with pytest.raises(mg.BlockedGradientError, match="X"):
        mg.expectation(lambda: mg.sample(mg.Normal(theta, 1.0), name="X") ** 2, 10, wrt=theta)


def test_average_within_a_function_draws_from_its_random_numbers():
    y = mg.sample(mg.Normal(0.0, 1.0), name="Y")

    def f():
        return mg.Data(mg.expectation(y, 3).value)

    assert same(mg.expectation(f, 5, rng=0), mg.expectation(f, 5, rng=0))


def constant_function():
    return mg.Data(1.0)


def test_gradient_of_a_function_is_not_computed_in_other_processes():
    theta = mg.Data(0.7, name="θ")
    job = mg.expectation.__globals__["Trace"](
        constant_function, [theta], np.random.SeedSequence(0), 10, 10
    )
    with pytest.raises(mg.UsageError, match="another process"):
        __import__("pickle").dumps(job)


# Resources --------------------------------------------------------------------------------------
def test_memory_does_not_grow_with_the_number_of_samples():
    y, wrt = problem(mg.reinforce)
    mg.expectation(y, 200_000, wrt=wrt, rng=0)

    def peak(samples, **options):
        gc.collect()
        tracemalloc.start()
        mg.expectation(y, samples, wrt=wrt, rng=0, **options)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(1_000_000) < peak(200_000) + 100_000  # bytes; the samples alone are 8 MB
    threads = {"block_size": 500, "workers": 2}
    assert peak(1_200_000, **threads) < 1_000_000  # bytes; the samples alone are 10 MB


def test_blocks_of_a_graph_with_many_arrays_are_smaller():
    x = mg.sample(mg.Normal(mg.Data(0.0), 1.0))
    many = [mg.sin(x * float(i)) for i in range(2000)]
    tape = mg.Tape(many)
    assert 64 <= tape.memory.chunk <= mg.expectation.__globals__["good_size"](tape)
    for threads in (1, 2):
        job = Replay(tape, np.random.SeedSequence(0), 10**9, 10**6, threads=threads)
        space = job.tape.memory.take([], job.chunk)
        assert sum(array.nbytes for array in space.steps) < 2**26


def test_chunks_fit_the_cache_of_a_core_and_have_the_same_bits_however_long(monkeypatch):
    found, lengths = [], []
    for cache in (2**18, 2**20, 2**22):
        monkeypatch.setattr(memory, "cache_of_core", lambda cache=cache: cache)
        z, wrt = problem()
        job = Replay(tape_of(z, wrt), np.random.SeedSequence(0), 10**6, 10**6)
        lengths.append(job.chunk)
        assert job.chunk == PIECE or job.chunk * job.tape.memory.bytes <= cache
        found.append(numbers(mg.expectation(z, 200_000, wrt=wrt, rng=0)))
    assert lengths[0] == PIECE < lengths[2]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_the_cache_of_a_core_is_known_or_taken_to_be_small():
    assert 2**17 <= memory.cache_of_core() <= 2**28


def stop_at(samples):
    def stop(estimate):
        if estimate.samples >= samples:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("workers", [1, 3])
def test_interrupt_gives_the_estimate_so_far_and_leaves_no_thread_behind(workers):
    before = threading.active_count()
    y, wrt = problem()
    options = {"wrt": wrt, "rng": 0, "block_size": 1000}
    found = mg.expectation(y, 10**9, workers=workers, callback=stop_at(2000), **options)
    assert found.interrupted
    assert found.samples == 2000
    assert repr(found).endswith("2000 samples, interrupted)")
    assert same(found, mg.expectation(y, 2000, **options))
    assert threading.active_count() == before


def test_signal_of_the_keyboard_gives_the_estimate_so_far():
    code = (
        "import minigraph as mg, signal, threading, os\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored\n"
        "x = mg.sample(mg.Normal(mg.Data(2.0), 1.0))\n"
        "mg.expectation(x, 10, rng=0)\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "e = mg.expectation(x, 10**11, rng=0, workers=2)\n"
        "print(e.interrupted, 10**3 < e.samples < 10**11, abs(e.value - 2.0) < 5 * e.stderr)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (out.stdout, out.stderr) == ("True True True\n", "")


def test_interrupt_of_a_run_without_a_block_is_an_interrupt():
    def now():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mg.expectation(now, 10)


def test_computation_that_needs_a_whole_average_is_interrupted():
    y, _ = problem()
    with pytest.raises(KeyboardInterrupt):
        uninterrupted(y, 9000, block_size=1000, callback=stop_at(2000))


def test_failure_in_a_block_reaches_the_caller():
    calls = []

    def moody(x):
        calls.append(1)
        if len(calls) > 50:
            raise ValueError("out of order")
        return x

    y = mg.primitive(moody, name="moody")(mg.sample(mg.Normal(0.0, 1.0), name="X"))
    for workers in (1, 2):
        calls.clear()
        with pytest.raises(mg.InputError, match="replay of moody: out of order"):
            mg.expectation(y, 1000, rng=0, block_size=10, workers=workers)


# Refusals ---------------------------------------------------------------------------------------
BAD_OPTIONS = [
    ({"samples": 0}, mg.InputError, "samples must be a whole number of at least 1; got 0"),
    ({"samples": 2.5}, mg.InputError, "samples"),
    ({"samples": "many"}, mg.InputError, "'many'"),
    ({"samples": True}, mg.InputError, "True"),
    ({"block_size": -1}, mg.InputError, "block_size"),
    ({"workers": 0}, mg.InputError, "workers"),
    ({"executor": 3}, mg.UsageError, "int, which has no map"),
    ({"stderr": 0.0}, mg.InputError, "stderr must be a positive number; got 0.0"),
    ({"stderr": "small"}, mg.InputError, "stderr"),
    ({"stderr": True}, mg.InputError, "got True"),
    ({"rng": "seed"}, mg.UsageError, "rng: got str"),
    ({"rng": -1}, mg.UsageError, "rng"),
    ({"wrt": "nobody"}, mg.UnknownNameError, "'nobody'"),
    ({"wrt": 3.0}, mg.UsageError, "float"),
    ({"checkpoint": 3}, mg.UsageError, "checkpoint=3; pass the path"),
    ({"wrt": mg.Data(np.arange(3), name="i")}, mg.UsageError, "integers carry no gradient"),
]


@pytest.mark.parametrize(("options", "error", "text"), BAD_OPTIONS)
def test_bad_option_is_refused_by_name(options, error, text):
    with pytest.raises(error, match=text):
        mg.expectation(problem()[0], **options)


def test_a_draw_is_not_differentiated_by_a_number():
    for average in (mg.expectation, mg.exact):
        with pytest.raises(mg.UsageError, match="wrt: got int"):
            average(mg.sample(mg.Normal(0.0, 1.0), rng=0), wrt=[3])


def test_whole_floats_are_numbers_of_samples():
    for samples in (1e3, np.float32(1e3)):
        found = mg.expectation(problem()[0], samples, rng=0, stderr=np.float32(1e-6))
        assert found.samples == 1000


@pytest.mark.parametrize("y", [3.0, "Y", None, [1.0]])
def test_what_is_no_data_and_no_function_is_refused(y):
    with pytest.raises(mg.UsageError, match="pass a Data, or a function"):
        mg.expectation(y)


def test_gradient_of_an_array_is_refused_with_advice():
    y, (mu, _) = problem()
    with pytest.raises(mg.InputError, match="sum or average it first"):
        mg.expectation(y * np.ones(3), wrt=mu)


@pytest.mark.parametrize("f", [lambda x: x**2, lambda x: 3.0 * x, lambda x: mg.sin(x)])
def test_an_error_of_a_function_that_takes_a_sample_says_what_it_is_called_with(f):
    with pytest.raises((TypeError, mg.UsageError)) as raised:
        mg.expectation(f, 10)
    assert "the Generator to draw from, and no sample" in raised.value.__notes__[0]
    with pytest.raises(TypeError) as raised:
        mg.expectation(lambda rng: mg.Data(1.0) + len(3), 10)
    assert not hasattr(raised.value, "__notes__")


OUTSIDE = mg.sample(mg.Normal(mg.Data(0.5), 1.0), name="X", rng=0)
BAD_FUNCTIONS = [
    (lambda: 3.0, {}, mg.UsageError, "returned float; return the Data Y"),
    (lambda a, b: a, {}, mg.UsageError, "cannot be called without a, b;"),
    (lambda *, k: k, {}, mg.UsageError, r"cannot be called without k;"),
    (max, {}, mg.UsageError, "pass a function written in Python"),
    (lambda: mg.Data(1.0), {"wrt": "θ"}, mg.UsageError, "names are known only"),
    (lambda rng: mg.Data(np.ones(rng.integers(1, 5))), {}, mg.InputError, "different shapes"),
    (lambda: OUTSIDE, {}, mg.InputError, "'X' ~ Normal was drawn outside the function"),
    (lambda: mg.reinforce(OUTSIDE), {}, mg.InputError, "'X' ~ Normal was drawn outside"),
    (lambda: mg.Data(1.0 if OUTSIDE > 0 else 0.0), {}, mg.InputError, "'X' ~ Normal was drawn"),
    (lambda: mg.sample(mg.Poisson(3.0), "N", rng=0), {}, mg.UsageError, "rng=0 for N in a func"),
]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("shapes", [((1,), (2,)), ((3,), (2,)), ((), (2,)), ((2,), ())])
def test_a_function_with_another_shape_in_another_block_is_refused(shapes, workers):
    calls = itertools.count()

    def f(rng):
        return mg.Data(np.zeros(shapes[next(calls) >= 5])) + mg.sample(mg.Normal(1.0, 1.0))

    with pytest.raises(mg.InputError, match="returned Data of different shapes"):
        mg.expectation(f, 10, block_size=5, rng=0, workers=workers)


@pytest.mark.parametrize(("f", "options", "error", "text"), BAD_FUNCTIONS)
def test_function_that_cannot_be_averaged_is_refused(f, options, error, text):
    with pytest.raises(error, match=text):
        mg.expectation(f, 100, rng=0, **options)


def test_tasks_keep_the_order_of_blocks():
    with who.Mapper(1, Backwards()) as mapper:
        assert list(mapper.map(lambda i: i * i, 1000)) == [i * i for i in range(1000)]


def test_callback_that_changes_its_estimate_does_not_change_the_run():
    a = mg.Data([1.0, 2.0], name="a")
    y = mg.reparameterize(mg.sum(mg.sample(mg.Normal(a, 1.0), name="X") ** 2))
    options = {"wrt": a, "rng": 0, "block_size": 500}

    def spoil(estimate):
        estimate.grad[a][:] = np.nan

    found = mg.expectation(y, 5000, callback=spoil, **options)
    np.testing.assert_array_equal(found.grad[a], mg.expectation(y, 5000, **options).grad[a])


@pytest.mark.parametrize("law", [mg.Bernoulli, mg.Categorical])
def test_laws_are_those_of_the_parameters_of_now(law):
    logits = mg.Data(np.zeros(2), name="logits")
    x = mg.sample(law(logits=logits), name="X", rng=0)
    for value in (np.zeros(2), np.array([-50.0, 50.0]), np.array([50.0, -50.0])):
        logits.value = value
        found = mg.expectation(mg.sum(1.0 * x), 4000, rng=1, block_size=1000).value
        p = 1.0 / (1.0 + np.exp(-value)) if law is mg.Bernoulli else np.exp(value - 50.0)
        expected = p.sum() if law is mg.Bernoulli else p[1] / p.sum()
        assert found == pytest.approx(expected, abs=0.08)


def test_laws_follow_what_is_drawn_before():
    coin = mg.sample(mg.Bernoulli(0.5), name="C", rng=0)
    x = mg.sample(mg.Bernoulli(mg.where(coin > 0, 1.0, 0.0)), name="X", rng=0)
    assert mg.expectation(mg.abs(x - coin), 5000, rng=1, block_size=500).value == 0.0


def test_numbers_of_single_precision_may_be_parameters_of_a_law_without_noise():
    class Rayleigh(mg.Distribution):
        constraints = {"scale": positive, "shift": positive}
        support = positive

        def __init__(self, scale, shift):
            super().__init__(scale=scale, shift=shift)

        def generate(self, rng, shape):
            return np.asarray(self.shift + rng.rayleigh(self.scale, shape), np.float32)

    scale = mg.Data(np.float32(2.0), name="scale")
    x = mg.sample(Rayleigh(scale, np.float32(1.0)), name="X", rng=0)
    found = mg.expectation(x * np.float32(2.0), 20_000, rng=1)
    expected = 2.0 + 4.0 * np.sqrt(np.pi / 2.0)
    assert abs(found.value - expected) < 5.0 * found.stderr < 0.1
