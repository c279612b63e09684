"""A softmax, its logsumexp and draws by it in a replay: one exponential for all of them."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops.elementwise import exp
from minigraph.replay.program import Draw


def replayed(outputs, noise):
    """Return the outputs for these samples of the one draw, and the tape."""
    tape = mg.Tape(outputs)
    return tape.run(tape.start(), lambda draw, law: noise.copy(), tape.memory(len(noise))), tape


def exponentials(tape):
    """Return how many steps of a tape are exponentials."""
    return sum(step.call.op is exp for step in (*tape.steps, *tape.once) if hasattr(step, "call"))


@pytest.mark.parametrize("axis", [0, 1, -1, None, (0, 1), (1, 2)])
@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logsumexp_and_its_slope_are_those_of_the_graph(axis, keepdims, dtype):
    shift = np.linspace(-2.0, 2.0, 24).reshape(2, 3, 4).astype(dtype)
    x = mg.astype(mg.sample(mg.Normal(np.zeros((2, 3, 4)), 1.0), name="X", rng=0), dtype) * shift
    y = mg.sum(mg.logsumexp(x, axis=axis, keepdims=keepdims) ** 2)
    noise = np.random.default_rng(0).normal(size=(50, 2, 3, 4))
    (value, slope), tape = replayed([y, mg.gradient(mg.reparameterize(y), x)], noise)
    assert exponentials(tape) == 1
    assert value.dtype == slope.dtype == dtype
    rtol = 1e-12 if dtype == np.float64 else 1e-4
    for i in range(50):
        given = mg.Data(noise[i].astype(dtype) * shift)
        exact = mg.sum(mg.logsumexp(given, axis=axis, keepdims=keepdims) ** 2)
        np.testing.assert_allclose(value[i], exact.value, rtol=rtol)
        np.testing.assert_allclose(
            slope[i], mg.gradient(exact, given).value, rtol=rtol, atol=1e-6 * rtol**0.5
        )


@pytest.mark.parametrize(
    "row", [[0.0, 1.0, -np.inf], [-np.inf] * 3, [np.inf, 0.0, 1.0], [np.nan, 0.0, 1.0],
            [1e308, -1e308, 0.0]],
)  # fmt: skip
def test_infinite_elements_have_the_chances_that_they_have_in_the_graph(row):
    x = mg.sample(mg.Normal(np.zeros(3), 1.0), name="X", rng=0)
    total = mg.logsumexp(x)
    with np.errstate(all="ignore"):
        outputs = [total, mg.gradient(mg.reparameterize(total), x)]
        (total, slope), tape = replayed(outputs, np.array([row, row]))
        (chances,), other = replayed([mg.softmax(x)], np.array([row, row]))
        assert exponentials(tape) == exponentials(other) == 1
        given = mg.Data(np.array(row))
        exact = mg.logsumexp(given)
        np.testing.assert_allclose(total[1], exact.value)
        np.testing.assert_allclose(slope[1], mg.gradient(exact, given).value)
        known = mg.softmax(given).value
        np.testing.assert_allclose(chances[1], known if np.isfinite(known).all() else np.nan)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e16])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_elements_that_are_large_and_near_each_other_keep_their_digits(scale, dtype):
    x = mg.astype(mg.sample(mg.Normal(np.zeros((2, 3)), 1.0), name="X", rng=0), dtype)
    rows = (scale + np.linspace(0.0, 2.0, 6).reshape(2, 3)).astype(dtype)
    score = mg.log_softmax(x, axis=1)
    slope = mg.gradient(score[0, 1], x)
    outputs = [mg.softmax(x, axis=1), mg.exp(score), score, slope]
    found, tape = replayed(outputs, rows[None])
    assert exponentials(tape) == 1
    given = mg.Data(rows)
    alone = mg.softmax(given, axis=1).value, mg.log_softmax(given, axis=1).value
    each = np.exp(rows.astype(float) - rows.max(axis=1, keepdims=True))
    exact = each / each.sum(axis=1, keepdims=True)
    first = np.vstack([np.array([0.0, 1.0, 0.0]) - exact[0], np.zeros(3)])
    own = mg.gradient(mg.log_softmax(given, axis=1)[0, 1], given).value
    rtol = 4.0 * np.finfo(dtype).eps
    for got, right in [
        (alone[0], exact), (alone[1], np.log(exact)), (found[0][0], exact), (found[1][0], exact),
        (found[2][0], np.log(exact)), (found[3][0], first), (own, first),
    ]:  # fmt: skip
        assert got.dtype == dtype
        np.testing.assert_allclose(got, right, rtol=rtol, atol=rtol)


def test_large_tables_that_no_sample_changes_share_them_too_and_small_ones_do_not():
    for n, found in ((1000, 1), (10, 2)):
        table = mg.Data(np.linspace(-1.0, 1.0, n), name="w")
        y = mg.logsumexp(table) + mg.softmax(table)[3] * mg.sample(mg.Normal(0.0, 1.0))
        tape = mg.Tape([y])
        assert exponentials(tape) <= found
        values = [tape.run(tape.start(), lambda d, law: np.ones(2), tape.memory(2))[0][1]
                  for _ in range(3)]  # fmt: skip
        exact = mg.logsumexp(table).value + mg.softmax(table).value[3]
        np.testing.assert_allclose(values, exact, rtol=1e-14)


def outcome(rewrite):
    """Return the graph of an outcome by logits that differ from sample to sample, and its input."""
    w = mg.Data(np.array([0.5, -1.0, 0.2, 0.0]), name="w")
    z = mg.sample(mg.Normal(0.0, 1.0), name="Z", rng=0)
    k = mg.sample(mg.Categorical(logits=w * z), name="K", rng=1)
    return rewrite((k - z) ** 2, "K"), w


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.marginalize])
def test_a_draw_takes_its_weights_from_the_softmax(rewrite):
    y, w = outcome(rewrite)
    tape = mg.Tape([y, mg.gradient(y, w)])
    assert exponentials(tape) == 1
    (draw,) = [s for s in tape.steps if isinstance(s, Draw) and s.title == "K"]
    assert [*draw.law.parameters] == ["logits", "weights"]
    found = mg.expectation(y, 200_000, wrt=w, rng=2)
    exact = mg.exact(y, w)
    # Five standard errors: one in 1.7 million seeds is further off.
    assert abs(found.value - exact.value) < 5.0 * found.stderr < 0.06
    assert np.all(np.abs(found.grad[w] - exact.grad[w]) < 5.0 * found.grad_stderr[w])
    assert np.all(found.grad_stderr[w] < 0.02)


def test_samples_are_those_of_the_logits():
    logits = np.random.default_rng(0).normal(size=(1000, 5))
    law = mg.Categorical(logits=logits)
    other = law.by_weights(logits, 7.0 * np.exp(logits))
    one, two = (each.generate(np.random.default_rng(1), (1000,)) for each in (law, other))
    assert np.array_equal(one, two)


def test_bad_logits_are_refused_by_their_own_name():
    y, w = outcome(mg.reinforce)
    mg.expectation(y, 100, wrt=w, rng=0)
    for bad in (np.nan, np.inf):
        w.value = np.array([0.5, bad, 0.2, 0.0])
        with pytest.raises(mg.InputError, match="Categorical: logits must be real or -inf"):
            mg.expectation(y, 100, wrt=w, rng=0)


def test_a_draw_keeps_the_name_of_its_node():
    w, z = mg.Data([0.5, -1.0, 0.2]), mg.sample(mg.Normal(0.0, 1.0), rng=0)
    k = mg.sample(mg.Categorical(logits=w * z), rng=1)
    k.node.name = "choice"
    y = mg.reinforce((k - z) ** 2)
    assert "choice" in [draw.title for draw in mg.Tape([y, mg.gradient(y, w)]).draws]
