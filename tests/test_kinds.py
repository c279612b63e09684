"""Numbers of all kinds mixed: a replay computes what a plain run does, True and True are not 2."""

import numpy as np
import pytest

import minigraph as mg

KINDS = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
POINTS = 5
FACTORS = [2.0, 3.0, -0.5, 1.0]


def expression(seed):
    """Return a random function of numbers of all kinds, the same for plain ones and samples."""
    rng = np.random.default_rng(seed)
    plan = [(int(rng.integers(7)), rng.random(2), float(rng.choice(FACTORS))) for _ in range(12)]

    def f(leaves):
        made = list(leaves)
        for step, (kind, places, factor) in enumerate(plan):
            among = made if step % 2 else leaves
            a, b = (among[int(p * len(among))] for p in places)
            if kind < 3:
                made.append(factor * a + factor * b if kind else factor * a - factor * b)
            elif kind < 5:
                made.append((factor * a) * (2.0 * b) if kind == 3 else a * b)
            else:
                made.append(mg.where(a > b, factor * a, 0.0) * b if kind == 5 else a > b)
        return sum((1.0 * mg.tanh(1e-3 * x) for x in made), 0.0)

    return f


def tables(seed):
    """Return for each kind of number a table of as many as there are points."""
    rng = np.random.default_rng([seed, 1])
    return [
        rng.integers(0, 2, POINTS).astype(kind)
        if kind == "bool"
        else (rng.integers(0, 120, POINTS) * (2 if kind == "uint8" else 1)).astype(kind)
        for kind in KINDS
    ]


@pytest.mark.parametrize("seed", range(150))
def test_replay_of_mixed_kinds(seed):
    f, rows = expression(seed), tables(seed)
    place = mg.sample(mg.Categorical(np.full(POINTS, 1.0 / POINTS)), name="place", rng=0)
    with np.errstate(all="ignore"):
        one_by_one = [f([mg.Data(row[i]) for row in rows]).value for i in range(POINTS)]
        y = f([mg.Data(row)[place] for row in rows])
        found = mg.exact(y).value
        inputs = [mg.Data(row[0]) for row in rows]
        call = mg.compile(f(inputs), [], inputs=inputs)
    np.testing.assert_allclose(found, np.mean(one_by_one), rtol=1e-5)
    for i, expected in enumerate(one_by_one):
        for _ in range(3 if i == 0 else 1):  # the third run is compiled
            np.testing.assert_allclose(call(*[row[i] for row in rows])[0], expected, rtol=1e-5)


def test_sums_of_indicators():
    theta = mg.Data(3.0, name="θ")
    k, m = (mg.sample(mg.Bernoulli(0.5), name=name, rng=0) for name in "KM")
    y = theta * (k > 0) + theta * (m > 0)
    estimate = mg.exact(y, theta)
    np.testing.assert_allclose([estimate.value, estimate.grad[theta]], [3.0, 1.0], rtol=1e-12)
    assert abs(mg.exact(2.0 * (k > 0) - 2.0 * (m > 0)).value) < 1e-12


def test_compiled_average_of_whole_numbers_and_of_events():
    coins = mg.sample(mg.Bernoulli(np.full(2, 0.5)), name="K", rng=0)
    both = mg.reshape(coins > 0, (2, 1)) @ mg.reshape(coins > 0, (1, 2))
    pairs = [[0.5, 0.25], [0.25, 0.5]]
    for y, expected in ((coins, [0.5, 0.5]), (coins > 0, [0.5, 0.5]), (both, pairs)):
        mean = mg.compile(y, [], samples=10_000)(rng=1)[0]
        assert mean.dtype == np.float64
        np.testing.assert_allclose(mean, expected, atol=0.03)  # six standard errors


def test_numbers_of_single_precision_that_print_alike_are_two():
    x = mg.sample(mg.Normal([1.0, 1.0], 1e-9), name="X", rng=0)
    y = mg.sum(x * np.float32(0.501) - x * np.float32(0.499))
    with np.printoptions(precision=2):
        found = mg.expectation(y, 10, rng=0).value
    np.testing.assert_allclose(found, y.value, rtol=1e-6)


W, S = mg.Data([1.0, 2.0], name="w"), mg.Data(2.0, name="s")
K = mg.Data(np.array([1, 2]), name="k")
OF_FLOATS = {
    "left_shift: 'w'": lambda: W << 1, "right_shift: 'w'": lambda: 8 >> W,
    "bitwise_and: 'w'": lambda: K & W, "bitwise_or: 's'": lambda: S | 1,
    "bitwise_xor: 'w'": lambda: [1, 2] ^ W, "gcd: 'w'": lambda: mg.gcd(4, W),
    "lcm: 's'": lambda: np.lcm(S, K), "ldexp: 's'": lambda: mg.ldexp(W, S),
    "bitwise_and: the unnamed constant 1.5": lambda: K & 1.5,
    "left_shift: the unnamed constant": lambda: np.array([0.5, 1.0]) << K,
    "gcd: the unnamed output of sqrt": lambda: mg.gcd(mg.sqrt(W), 2),
}  # fmt: skip


@pytest.mark.parametrize("message", OF_FLOATS)
def test_floats_are_no_integers_whatever_their_values(message):
    with pytest.raises(mg.UsageError, match=f"{message}.* takes integers; .*mg.astype"):
        OF_FLOATS[message]()


def test_a_whole_number_that_was_written_is_an_integer():
    for y, expected in (
        (K << 1, [2, 4]), (2 << K, [4, 8]), (K & [1.0, 3.0], [1, 2]),
        (np.array([3, 3]) ^ K, [2, 1]),
        (mg.gcd(K, 4), [1, 2]), (mg.array([1, 2]) << 1, [2, 4]), ((K > 1) & True, [False, True]),
    ):  # fmt: skip
        assert y.value.tolist() == expected
        assert y.dtype == (bool if y.dtype == bool else int)
    assert mg.ldexp(W, 2).value.tolist() == mg.ldexp(W, [2, 2]).value.tolist() == [4.0, 8.0]


def test_a_function_of_integers_computes_with_those_assigned_later():
    k = mg.Data(np.array([1, 2]), name="k")
    y = (k << 1) * 1.0
    assert mg.compile(y, inputs=[k])([3, 4]).tolist() == [6.0, 8.0]
    k.value = [5, 6]
    assert mg.expectation(y, 1).value.tolist() == [10.0, 12.0]


@pytest.mark.parametrize("f", [
    lambda k: (k + 1)[0], lambda k: mg.flip(k + 1), lambda k: mg.cumsum(k + 1), mg.square,
    lambda k: mg.sign(k + 1), lambda k: (k + 1) @ (k + 1), lambda k: mg.floor(k * 1.5),
    lambda k: mg.repeat(k + 1, 2), lambda k: mg.outer(k, k + 1), lambda k: mg.expand_dims(k + 1, 0),
])  # fmt: skip
def test_floats_that_are_whole_by_construction_are_integers(f):
    k = mg.Data(np.array([3, 4, 6]), name="k")
    np.testing.assert_array_equal((f(k) & 3).value, np.asarray(f(k).value, int) & 3)
