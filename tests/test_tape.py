"""The tape: a replay equals single runs, in little memory, and holds no graph."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import minigraph as mg
from minigraph import DeterministicNode, StochasticNode
from minigraph.estimators.branches import slope_of
from minigraph.ops.wide import WIDE
from minigraph.replay.memory import Memory
from minigraph.replay.starting import Start


def build(x, w):
    """Return a graph with elementwise, broadcast, view and matrix operations on samples."""
    a = mg.exp(-0.5 * x**2) + mg.sin(x) * mg.cos(x) * w
    b = mg.reshape(a, (2, 3)).T @ mg.reshape(w * x, (2, 3))
    c = mg.broadcast_to(mg.sum(b, axis=0), (4, 3)) * mg.mean(a)
    return [a, b, c, mg.sum(c), mg.sum(a[1:4] * x[::2])]


def replayed(outputs, samples, seed=0):
    """Return the outputs for many samples, and the samples of every draw."""
    tape = mg.Tape(outputs)
    rng, drawn = np.random.default_rng(seed), []

    def source(draw, law):
        drawn.append(law.generate(rng, (samples, *draw.shape)))
        return drawn[-1].copy()

    found = tape.run(tape.start(), source, tape.memory(samples))
    return [np.array(y) for y in found], drawn, tape


@pytest.mark.parametrize("samples", [1, 2, 3, 4, 6, 7])
def test_replay_equals_single_runs_also_with_as_many_samples_as_elements(samples):
    w = mg.Data(np.linspace(0.5, 1.5, 6), name="w")
    x = mg.sample(mg.Normal(np.zeros(6), 1.0), name="X", rng=0)
    found, (noise,), _ = replayed(build(x, w), samples)
    for i in range(samples):
        single = build(mg.Data(0.0 + 1.0 * noise[i]), w)
        for one, many in zip(single, found, strict=True):
            np.testing.assert_allclose(many[i], one.value, rtol=1e-12, atol=1e-14)


def test_replay_of_gradients_equals_gradients_of_single_runs():
    w = mg.Data(np.linspace(0.5, 1.5, 6), name="w")
    x = mg.sample(mg.Normal(np.zeros(6), 1.0), name="X", rng=0)
    y = mg.sum(build(x, w)[3] * build(x, w)[4])
    (found,), (noise,), _ = replayed([mg.gradient(y, w)], 5)
    for i in range(5):
        parts = build(mg.Data(1.0 * noise[i]), w)
        one = mg.gradient(mg.sum(parts[3] * parts[4]), w)
        np.testing.assert_allclose(found[i], one.value, rtol=1e-10)


def test_a_tape_is_told_by_its_counts():
    x = mg.sample(mg.Normal(mg.Data(0.5), 1.0), name="X")
    tape = mg.Tape([mg.exp(x) * mg.sin(mg.Data(0.5)), x])
    assert repr(tape) == "Tape(steps=4, once=1, draws=1, outputs=2)"


def test_same_work_is_done_once_and_draws_are_never_merged():
    mu = mg.Data(0.5)
    law = mg.Normal(mu, 1.0)
    x, z = mg.sample(law), mg.sample(law)
    tape = mg.Tape([mg.exp(x) + mg.exp(x) + mg.exp(z)])
    titles = [step.title for step in tape.steps]
    assert titles.count("exp") == 2
    assert len(tape.draws) == 2


def test_what_no_output_needs_is_left_out():
    theta = mg.Data(0.5)
    y = mg.sample(mg.Normal(theta, 1.0)) ** 2
    # No gradient is asked for, so no score is computed.
    assert len(mg.Tape([mg.reinforce(y)]).steps) == len(mg.Tape([y]).steps)


def test_factors_of_one_and_stops_cost_nothing():
    x = mg.sample(mg.Normal(mg.Data(0.5), 1.0))
    plain = mg.Tape([mg.exp(x)])
    assert len(mg.Tape([mg.exp(mg.stop_gradient(x * 1.0)) * 1.0]).steps) == len(plain.steps)


def test_black_boxes_are_called_for_each_use():
    noisy = mg.primitive(lambda x: x + 0.0, name="noisy")
    x = mg.sample(mg.Normal(0.0, 1.0))
    titles = [step.title for step in mg.Tape([noisy(x) + noisy(x)]).steps]
    assert titles.count("noisy") == 2


def test_zero_and_minus_zero_are_two_numbers():
    x = mg.sample(mg.Normal(0.0, 1.0), rng=0)
    y = mg.stack([mg.copysign(mg.exp(x), 0.0), mg.copysign(mg.exp(x), -0.0)])
    (found,), _, _ = replayed([y], 3)
    assert np.all(found[:, 0] > 0)
    assert np.all(found[:, 1] < 0)


def test_long_chain_runs_in_a_few_buffers():
    x = mg.sample(mg.Normal(mg.Data(0.1), 1.0))
    y = x
    for i in range(500):
        y = mg.tanh(y * 1.1 + x) + float(i)
    assert len(mg.Tape([y]).memory.buffers) <= 3


def test_buffer_under_a_view_is_not_used_again():
    x = mg.sample(mg.Normal(np.zeros((2, 2)), 1.0), rng=0)
    a = mg.exp(x)
    view = mg.transpose(a)
    y = [view, *[mg.exp(x + float(i)) for i in range(4)], mg.sin(view) + a]
    found, (noise,), _ = replayed(y, 3)
    truth = np.exp(noise)
    np.testing.assert_allclose(found[0], truth.transpose(0, 2, 1))
    np.testing.assert_allclose(found[-1], np.sin(truth.transpose(0, 2, 1)) + truth, rtol=1e-12)


def test_what_matters_to_slopes_only_is_not_computed_for_the_value():
    law = mg.MixtureSameFamily(mg.Categorical([0.3, 0.7]), mg.Normal([0.0, 2.0], [1.0, 1.0]))
    y = mg.reparameterize(mg.sample(law, name="X", rng=0))
    assert len(mg.Tape([y]).steps) == 1  # the draw, without its cdf and its density
    k = mg.sample(mg.Bernoulli(mg.Data(0.3)), name="K", rng=0)
    y = mg.exp(-k)
    assert len(mg.Tape([mg.marginalize(y)]).steps) == len(mg.Tape([y]).steps)
    whole = mg.sample(mg.Poisson(2.0), name="N", rng=0)
    assert mg.Tape([mg.stop_gradient(whole)]).steps


def test_slopes_of_a_choice_are_one_choice():
    a = mg.Data(np.array([-2.0, 0.3, 1.0, np.inf, -np.inf]), name="a")
    x = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0)
    y = mg.reinforce(mg.tanh(mg.sum(x * np.arange(5.0))))
    tape = mg.Tape([y, mg.gradient(y, a)])
    assert tape.source.count("np.where(") == 1
    (value, slopes), (coins,), _ = replayed([y, mg.gradient(y, a)], 50)
    p = 1.0 / (1.0 + np.exp(-a.value))
    np.testing.assert_allclose(slopes, value[:, None] * (coins - p), rtol=1e-12, atol=1e-12)
    b = mg.Data(np.array([0.5, -1.0]), name="b")
    z = mg.sample(mg.Normal(np.zeros(2), 1.0), name="Z", rng=0)
    y = mg.sum(mg.where(z > 0.0, mg.exp(b * z), mg.sin(b * z)))
    (_, slopes), (z,), _ = replayed([y, mg.gradient(y, b)], 50)
    exact = z * np.where(z > 0.0, np.exp(b.value * z), np.cos(b.value * z))
    np.testing.assert_allclose(slopes, exact, rtol=1e-12)


def test_samples_that_share_a_matrix_are_solved_for_together():
    rng = np.random.default_rng(0)
    good = rng.normal(size=(4, 4)) + 4.0 * np.eye(4)
    bad = 1.0 / (1.0 + np.add.outer(np.arange(7), np.arange(7)))  # condition 5e8
    for a, shape in ((good, (4,)), (good, (4, 3)), (bad, (7,)), (bad, (7, 2))):
        x = mg.sample(mg.Normal(np.zeros(shape), 1.0), name="X", rng=0)
        (b, found), _, _ = replayed([x, mg.linalg.solve(a, x)], 200)
        columns = b if b.ndim == 3 else b[..., None]
        truth = np.linalg.solve(a, columns).reshape(found.shape)
        np.testing.assert_allclose(found, truth, rtol=1e-14 * np.linalg.cond(a), atol=1e-12)
        again = (a @ found.reshape(columns.shape)).reshape(b.shape)
        np.testing.assert_allclose(again, b, atol=1e-16 * np.linalg.cond(a))
    a = mg.Data(good, name="A")
    y = mg.sum(mg.linalg.solve(a, mg.sample(mg.Normal(np.zeros(4), 1.0), name="X", rng=0)))
    a.value = np.ones((4, 4))
    with pytest.raises((mg.MinigraphError, np.linalg.LinAlgError), match="ingular"):
        mg.expectation(y, 200, rng=0)


def test_logaddexp_of_infinities_and_of_nothing():
    values = np.array([np.inf, -np.inf, 0.0, 1.0, -800.0, 800.0, np.nan, 1e-300])
    zero = 0.0 * mg.sample(mg.Normal(np.zeros((8, 8)), 1.0), name="X", rng=0)
    with np.errstate(invalid="ignore"):
        y = mg.logaddexp(values[:, None] + zero, values + zero)
        found, _, _ = replayed([y], 2)
        truth = np.logaddexp(values[:, None], values)
    np.testing.assert_allclose(found[0], np.stack([truth, truth]), rtol=1e-15)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e8])
def test_sines_and_cosines_are_right_to_a_few_units_in_the_last_place(scale):
    x = mg.sample(mg.Normal(0.0, 1.0)) * scale
    (angle, sine, cosine), _, _ = replayed([x, mg.sin(x), mg.cos(x)], 20_000)
    assert np.max(np.abs(sine - np.sin(angle))) < 1e-15
    assert np.max(np.abs(cosine - np.cos(angle))) < 1e-15


def test_sine_is_right_where_half_turns_end():
    x = np.pi * mg.astype(mg.sample(mg.Poisson(20.0)), float)
    (angle, sine, cosine), _, _ = replayed([x, mg.sin(x), mg.cos(x)], 1000)
    np.testing.assert_allclose(sine, np.sin(angle), rtol=1e-12, atol=1e-16 if WIDE else 5e-16)
    np.testing.assert_allclose(cosine, np.cos(angle), rtol=1e-15)


def test_float32_graph_is_replayed_in_float32():
    mu = mg.Data(np.zeros(2, np.float32))
    y = mg.exp(mg.sample(mg.Normal(mu, np.ones(2, np.float32)))) * 2.0
    (found,), _, _ = replayed([y], 3)
    assert found.dtype == y.dtype == np.float32


def test_inputs_are_read_anew_by_every_run():
    theta = mg.Data(1.0, name="θ")
    y = theta**2 * mg.sample(mg.Normal(theta, 1e-9), name="X")
    tape = mg.Tape([y])
    for theta.value in (1.0, 2.0):
        (found,) = tape.run(
            tape.start(), lambda draw, law: law.generate(np.random.default_rng(0), (3,)),
            tape.memory(3),
        )  # fmt: skip
        np.testing.assert_allclose(found, theta.value**3, rtol=1e-6)


def test_parameters_that_have_become_bad_are_refused_when_run():
    p = mg.Data(0.5, name="p")
    tape = mg.Tape([mg.sample(mg.Bernoulli(p)) * 1.0])
    p.value = 1.5
    with pytest.raises(mg.InputError, match=r"Bernoulli: probs must be .* got 1\.5"):
        tape.run(tape.start(), None, tape.memory(1))


def test_error_in_a_replay_names_the_step_and_the_shapes():
    def fragile(x):
        if x > 0:
            raise ValueError("no root")
        return x

    x = mg.sample(mg.Normal(-50.0, 1.0), name="X", rng=0)
    y = mg.primitive(fragile, name="solver")(x + 50.0 if x.value > 0 else x)
    tape = mg.Tape([y])
    with pytest.raises(mg.InputError, match=r"replay of solver: no root .*\(2,\)"):
        tape.run(tape.start(), lambda draw, law: np.full(2, 100.0), tape.memory(2))


def test_sample_that_an_if_looked_at_is_refused_with_advice():
    x = mg.sample(mg.Bernoulli(0.5), name="B", rng=0)
    y = x * 2 if x else x * 5
    for refused in (lambda: mg.Tape([y]), lambda: mg.expectation(y), lambda: mg.exact(y)):
        with pytest.raises(mg.InputError, match=r"'B'.*mg\.expectation\(f, …\).*mg\.where"):
            refused()


def test_noise_of_a_sample_that_an_if_looked_at_is_refused():
    theta = mg.Data(0.5)
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = x * 2 if x > 0 else x * 5
    with pytest.raises(mg.BlockedGradientError, match="looked at 'X'"):
        mg.reparameterize(y)
    with pytest.raises(mg.InputError, match="'ε_X'"):
        mg.expectation(mg.reparameterize(y, continuous=True))


def test_graph_that_keeps_a_tape_is_freed_at_once():
    def watched():
        theta = mg.Data(0.5, name="θ")
        x = mg.sample(mg.Normal(theta, 1.0), name="X")
        y = mg.reparameterize(mg.sum(x**2 + mg.sin(x)))
        for wrt in (theta, mg.Graph(y)["X"], y):
            mg.expectation(y, 10, wrt=wrt, rng=0)
        mg.expectation(theta, 10)
        return [weakref.ref(a) for a in (y, theta, *mg.Graph(y).nodes)]

    gc.collect()
    gc.disable()
    try:
        left = [ref() for ref in watched() if ref() is not None]
    finally:
        gc.enable()
    assert left == []


def test_tape_is_written_once_for_each_wrt():
    theta = mg.Data(0.5, name="θ")
    y = mg.reparameterize(mg.sample(mg.Normal(theta, 1.0)) ** 2)
    mg.expectation(y, 10, wrt=theta)
    before = dict(y._replays)
    theta.value = 0.7
    mg.expectation(y, 10, wrt=[theta])
    mg.expectation(y, 10, wrt=theta)
    assert {key: value[0] for key, value in y._replays.items()} == {
        key: value[0] for key, value in before.items()
    }


def test_tape_can_be_sent_to_another_process():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta * np.ones(3), 1.0), name="X")
    k = mg.sample(mg.Bernoulli(mg.sigmoid(x[0])), name="K")
    tape = mg.Tape([mg.sum(mg.where(x > 0, x, 0.0) ** 2) * k])
    copy = pickle.loads(pickle.dumps(tape))
    values = tape.start()
    runs = []
    for one in (tape, copy):
        rng = np.random.default_rng(0)
        runs.append(
            one.run(values, lambda draw, law, rng=rng: law.generate(rng, (9, *draw.shape)),
                    one.memory(9))[0].copy()
        )  # fmt: skip
    np.testing.assert_array_equal(*runs)


def test_threads_may_start_a_tape_while_another_compiles_it(monkeypatch):
    theta = mg.Data([1.0, 2.0], name="θ")
    tape = mg.Tape([mg.exp(theta * theta) + theta])
    fresh = Start._fresh

    def interrupted(start, *given):
        values = fresh(start, *given)
        monkeypatch.setattr(Start, "_fresh", fresh)
        for _ in range(3):
            start()
        return values

    monkeypatch.setattr(Start, "_fresh", interrupted)
    (slot, _), *_ = tape.outputs
    np.testing.assert_array_equal(tape.start()[slot], np.exp([1.0, 4.0]) + np.array([1.0, 2.0]))
    assert tape.same.code is not None


def test_memory_for_some_samples_is_no_memory_for_others(monkeypatch):
    memory = mg.Tape([mg.sample(mg.Normal(0.0, 1.0))]).memory
    kept = iter([(4, []), (8, ["written by another thread"])])
    monkeypatch.setattr(Memory, "kept", property(lambda self: next(kept)), raising=False)
    assert memory.idle(4) == []


def test_deep_copy_with_other_parameters_is_another_draw():
    p = mg.Data(0.5, name="p")
    y = 1.0 * mg.sample(mg.Bernoulli(p), name="B")
    other = copy.deepcopy(y)
    mg.Graph(other)["p"].value = 1.0
    assert mg.expectation(y - other, 2000, rng=0).value == pytest.approx(-0.5, abs=0.06)


def test_nodes_of_the_tape_are_those_of_the_graph():
    y = mg.sample(mg.Normal(mg.Data(0.5), 1.0), name="X") ** 2
    mg.Tape([y])
    assert [type(node) for node in mg.Graph(y).nodes] == [StochasticNode, DeterministicNode]


def test_tasks_of_a_run_receive_one_tape():
    """So what a worker process has compiled for a task serves the next one."""
    x = mg.sample(mg.Normal(mg.Data(1.0), 1.0), name="X")
    one, two = mg.Tape([x * x]), mg.Tape([x + x])
    assert pickle.loads(pickle.dumps(one)) is pickle.loads(pickle.dumps(one))
    assert pickle.loads(pickle.dumps(two)) is not pickle.loads(pickle.dumps(one))


@pytest.mark.parametrize("f", [
    mg.linalg.inv, mg.linalg.det, mg.cholesky, mg.pinv, mg.svdvals, mg.eigvalsh, mg.matrix_rank,
    lambda a: mg.linalg.slogdet(a)[1], lambda a: mg.linalg.qr(a)[1],
    lambda a: mg.MultivariateNormal(np.zeros(1), a).log_prob(np.ones(1)),
])  # fmt: skip
def test_a_number_is_no_matrix_to_functions_of_matrices(f):
    x = mg.Data(2.0, name="x")
    for a in (mg.reshape(x, (1, 1)), mg.broadcast_to(mg.reshape(x, (1,)), (1, 1))):
        y = mg.sum(f(a))
        np.testing.assert_allclose(mg.expectation(y, 3).value, y.value, rtol=1e-15)


def test_zeros_of_two_shapes_are_two():
    x = mg.sample(mg.Bernoulli(mg.Data(0.3) * np.ones(2)), name="X", rng=0)
    total = mg.sum(x * 1.0)
    none, some = (slope_of(of) for of in (total, x * 1.0))  # 0 always, and one slot for both
    (apart, together), _, _ = replayed([total * some, total * none], 5)
    assert apart.shape == (5, 2)
    assert together.shape == (5,)


@pytest.mark.parametrize("build", [
    lambda k: (k + 1) & 1, lambda k: mg.gcd(k, k + 2), lambda k: mg.lcm(k - 1, 2) << 1,
    lambda k: mg.ldexp(1.0, k + 1), lambda k: 3 ^ k**2,
    lambda k: mg.where(k > 2, k, 0) | mg.sum(k + 1),
    lambda k: mg.clip(k, 1, 5) << mg.max([k, 1 + k]),
], ids=["and", "gcd", "shift", "ldexp", "power", "where", "clip"])  # fmt: skip
@pytest.mark.parametrize("shape", [(), (3,)], ids=str)
def test_a_float_that_is_whole_is_an_integer_to_functions_of_integers(build, shape):
    k = mg.sample(mg.Poisson(np.full(shape, 3.0)), name="k", rng=0)
    y = build(k)
    (found,), (drawn,), _ = replayed([y], 5)
    assert found.shape == (5, *shape)
    for one, many in zip(drawn, found, strict=True):
        single = build(mg.Data(np.asarray(one)))
        np.testing.assert_array_equal(many, single.value)
        assert many.dtype == single.dtype == y.dtype


def test_a_sample_that_is_not_whole_is_refused_by_a_function_of_integers():
    k = mg.sample(mg.Poisson(3.0), name="k", rng=0)
    assert k.value % 2 == 0
    for half in (k * 0.5, k / 2, (k + 1) ** -1, k * mg.Data(1.0)):
        with pytest.raises(mg.UsageError, match=r"bitwise_and: the unnamed output of .* integers"):
            half & 1


def test_a_tape_of_one_data_has_one_output():
    assert len(mg.Tape(mg.Data([1.0, 2.0])).outputs) == len(mg.Tape(mg.Data(1.0)).outputs) == 1
