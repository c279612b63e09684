"""Refusals by the structure of a graph, each by the name of what it is about."""

import re
import warnings

import numpy as np
import pytest
from cases import nested

import minigraph as mg

REWRITES = [mg.reparameterize, mg.reinforce]


def noisy(cost):
    """Return a cost of a number X, and its parameter."""
    theta = mg.Data(0.5, name="θ")
    return cost(mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)), theta


def three_laws():
    """Return a cost of draws a, b, of one outcome of three each, and of a number r."""
    logits, mu = mg.Data([0.3, -0.2, 0.1], name="W"), mg.Data(0.3, name="μ")
    a, b = (mg.sample(mg.Categorical(logits=logits), name=name, rng=0) for name in "ab")
    return a * b * mg.sample(mg.Normal(mu, 1.0), name="r", rng=0)


@pytest.mark.parametrize(("rewrite", "handle"), [
    (mg.sum_and_sample, '["a", "b"]'), (mg.unordered_set, '["a", "b"]'),
    (mg.marginalize, '["a", "b"]'), (mg.straight_through, '["a", "b"]'),
    (mg.reparameterize, '"r"'),
])  # fmt: skip
def test_a_draw_that_a_rewrite_cannot_take_does_not_hide_those_it_can(rewrite, handle):
    y, name = three_laws(), rewrite.__name__
    call = re.escape(f"; for other draws alone, mg.{name}(y, {handle})")
    with pytest.raises(mg.BlockedGradientError, match=f"^{name}: .* ~ .*{call}$"):
        rewrite(y)
    assert rewrite(y, ["a", "b"] if "a" in handle else "r").value == y.value
    with pytest.raises(mg.BlockedGradientError) as raised:
        rewrite(y, "r" if "a" in handle else "a")  # which was asked for by name
    assert "other draws" not in str(raised.value)


def test_a_method_that_not_all_draws_can_take_says_for_which_to_ask():
    y = three_laws()
    call = re.escape('mg.unblock(y, {"a": "sum_and_sample", "b": "sum_and_sample"})')
    with pytest.raises(mg.BlockedGradientError, match=f"other draws alone, {call}$"):
        mg.unblock(y, "sum_and_sample")
    with pytest.raises(
        mg.BlockedGradientError, match=r"no finite outcomes; call mg\.unblock\(y\)$"
    ):
        mg.unblock(y, {"r": "sum_and_sample"})


@pytest.mark.parametrize("method", ["sum_and_sample", "unordered_set", "unordered_set_baseline"])
def test_a_method_that_was_refused_for_a_draw_is_not_recommended_for_it(method):
    k = mg.sample(mg.Categorical(mg.Data([1.0, 0.0, 2.0], name="w")), name="k", rng=0)
    with pytest.raises(mg.BlockedGradientError, match=r"at \[1\] that moves") as raised:
        mg.unblock(mg.Data([1.0, 4.0, 2.0], constant=True)[k], method)
    assert "other draws" not in str(raised.value)


@pytest.mark.parametrize(("call", "text"), [
    (lambda y: mg.marginalize(y, "a", limit="a"), "limit must be a whole number .* got 'a'"),
    (lambda y: mg.measure_valued(y, "r", limit=0), "limit must be a whole number .* got 0"),
    (lambda y: mg.unordered_set(y, "a", size="2"), "size must be a whole number .* got '2'"),
    (lambda y: mg.sum_and_sample(y, "a", size=1.5), "size must be a whole number .* got 1.5"),
    (lambda y: mg.reinforce(y, "a", baseline={"r": 9.0}), "given for 'r', which is not scored"),
])  # fmt: skip
def test_option_that_cannot_be_meant_is_refused_by_name(call, text):
    with pytest.raises(mg.InputError, match=text):
        call(three_laws())


def test_a_draw_without_a_name_is_called_so():
    mu = mg.Data(0.3, name="μ")
    y = mg.sample(mg.Normal(mu, 1.0), rng=0) ** 2
    with pytest.raises(mg.BlockedGradientError, match="through an unnamed draw ~ Normal "):
        mg.gradient(y, mu)


def test_a_draw_that_needs_no_quantiles_says_so():
    y, _ = noisy(lambda x: x**2)
    problem = r"X ~ Normal is reparameterized directly.* not needed; call mg\.reparameterize\(y, "
    with pytest.raises(mg.BlockedGradientError, match=problem):
        mg.unblock(y, "implicit")


# Second derivatives -------------------------------------------------------------------------------
FIRST_ONLY = {
    "disarm": mg.disarm, "arm": mg.arm, "measure_valued": mg.measure_valued, "rebar": mg.rebar,
    "unordered_set": mg.unordered_set, "sum_and_sample": mg.sum_and_sample,
    "relax": lambda y: mg.relax(y, surrogate=mg.sigmoid),
    "vimco": lambda y: mg.vimco(mg.mean(mg.replicate(y, 2, rng=1))),
}  # fmt: skip


@pytest.mark.parametrize("again", ["a", "c", "M", "N"])
@pytest.mark.parametrize("once", ["a", "c", "M"])
@pytest.mark.parametrize("name", FIRST_ONLY)
def test_second_derivative_is_refused_in_inputs_constants_and_what_is_in_between(name, once, again):
    a, c = mg.Data(0.3, name="a"), mg.Data(0.7, name="c", constant=True)
    logits, level = c * a, a * c * 2.0
    logits.name, level.name = "M", "N"
    x = mg.sample(mg.Bernoulli(logits=logits), name="X", rng=0)
    z = mg.Graph(FIRST_ONLY[name]((x - logits) ** 2 + x * level))
    slope = mg.gradient(z.outputs[0], z[once])
    text = "made by a rewrite that has a first derivative only.* rewrite with mg.reinforce, mg.marg"
    with pytest.raises(mg.BlockedGradientError, match=text):
        mg.gradient(slope, z[again])


@pytest.mark.parametrize("name", ["disarm", "measure_valued"])
def test_second_derivative_is_refused_in_what_moves_another_draw(name):
    a, b = mg.Data(0.3, name="a"), mg.Data(-0.2, name="b")
    other = 2.0 * b
    other.name = "M"
    first = mg.sample(mg.Bernoulli(logits=other), name="X1", rng=0)
    y = (first + 2.0 * mg.sample(mg.Bernoulli(logits=a), name="X2", rng=1)) ** 2
    z = mg.Graph(FIRST_ONLY[name](y))
    with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
        mg.gradient(mg.gradient(z.outputs[0], a), z["M"])


@pytest.mark.parametrize("name", FIRST_ONLY)
def test_slope_at_samples_is_not_differentiated_in_what_moves_them(name):
    a, b, c = mg.Data(0.3, name="a"), mg.Data(2.0, name="b"), mg.Data(0.7, name="c")
    x = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0)
    z = FIRST_ONLY[name](b * b * x + c * mg.sigmoid(a))
    slope = mg.gradient(z, b)  # 2 b X
    with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
        mg.gradient(slope, a)
    with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
        mg.exact(slope, a)
    if name not in ("rebar", "relax", "vimco"):  # which are about the cost as a whole
        assert mg.exact(mg.gradient(slope, b)).value == pytest.approx(2.0 * mg.sigmoid(a).value)
        assert mg.gradient(mg.gradient(z, c), a).value == pytest.approx(mg.grad(mg.sigmoid)(0.3))


# Coins ------------------------------------------------------------------------------------------
COINS = {
    "disarm": mg.disarm, "arm": mg.arm, "rebar": mg.rebar, "gumbel_softmax": mg.gumbel_softmax,
    "relax": lambda y, x: mg.relax(y, x, surrogate=mg.sigmoid),
    "gumbel_straight_through": mg.gumbel_straight_through,
}  # fmt: skip


@pytest.mark.parametrize("count", ["drawn", "an input", "a constant that can be assigned"])
@pytest.mark.parametrize("name", COINS)
def test_count_of_coins_that_is_one_in_this_sample_alone_makes_no_coin(name, count):
    one = mg.sample(mg.Binomial(3, 0.5), name="n", rng=2)
    n = {"drawn": one, "an input": mg.Data(1.0)}.get(count, mg.Data(1.0, constant=True))
    assert n.value == 1
    m = mg.sample(mg.Binomial(n, mg.Data(0.4, name="p")), name="M", rng=0)
    with pytest.raises(mg.BlockedGradientError, match=r"'M' ~ Binomial is n\w+ made of coins"):
        COINS[name]((m - 1.0) ** 2, "M")


def test_count_of_coins_that_is_written_as_one_makes_a_coin():
    p = mg.Data(0.4, name="p")
    y = (mg.sample(mg.Binomial(1, p), name="M", rng=0) - 3.0) ** 2
    assert mg.exact(mg.disarm(y), p).grad[p] == pytest.approx(-5.0, rel=1e-9)


# Scores -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "handle", ["X", lambda y: mg.Graph(y)["X"], lambda y: mg.Graph(y)["X"].node]
)
def test_score_on_a_sample_that_is_differentiated_through_is_refused(handle):
    """Score and path of one draw would count its slope twice: 4μ where the truth is 2μ."""
    y, _ = noisy(lambda x: x**2)
    z = mg.reparameterize(y)
    with pytest.raises(mg.MinigraphError, match="draw"):
        mg.reinforce(z, handle if handle == "X" else handle(y))
    with pytest.raises(mg.MinigraphError, match="is no draw"):
        mg.reinforce(z, mg.Graph(z)["X"])


def test_score_on_the_noise_of_a_sample_adds_nothing():
    y, theta = noisy(lambda x: x**2)
    z = mg.reinforce(mg.reparameterize(y), "ε_X")
    assert mg.exact(z, theta).grad[theta] == pytest.approx(1.0, rel=1e-9)
    assert mg.exact(z, theta).grad_variance[theta] == pytest.approx(4.0, rel=1e-9)


def test_transform_of_a_sample_that_is_scored_opens_no_second_path():
    y, theta = noisy(lambda x: x**2)
    z = mg.reparameterize(mg.reinforce(y), "X")
    assert mg.exact(z, theta).grad[theta] == pytest.approx(1.0, rel=1e-9)


def test_baseline_that_descends_from_its_own_sample_is_refused():
    y, _ = noisy(lambda x: x**2)
    with pytest.raises(
        mg.BlockedGradientError, match="descends from 'X', whose score it would mul"
    ):
        mg.reinforce(y, baseline=0.1 * mg.Graph(y)["X"])


@pytest.mark.parametrize("rewrite", REWRITES)
def test_partial_rewrite_leaves_the_other_draw_blocking_by_name(rewrite):
    y, a = nested()
    with pytest.raises(mg.BlockedGradientError, match="X2"):
        mg.gradient(rewrite(y, "X1"), a)


def test_score_of_a_uniform_with_moving_bounds_is_refused():
    high = mg.Data(2.0, name="high")
    y = mg.sample(mg.Uniform(0.0, high), name="U") ** 2
    with pytest.raises(mg.BlockedGradientError, match="U ~ Uniform moves with high") as caught:
        mg.reinforce(y)
    assert 'mg.reparameterize(y, "U")' in str(caught.value)


def test_score_of_a_uniform_with_fixed_bounds_needs_no_gradient_and_is_fine():
    theta = mg.Data(2.0, name="θ")
    y = theta * mg.sample(mg.Uniform(0.0, 1.0), name="U") ** 2
    assert mg.exact(mg.reinforce(y, "U"), theta).grad[theta] == pytest.approx(1 / 3)


JUMPS = {
    "comparison": lambda x: (x > 0.0) * 2.0,
    "floor": lambda x: mg.floor(x) * 1.0,
    "where": lambda x: mg.where(x > 0.0, x + 1.0, x),
    "sign": lambda x: mg.sign(x) * x,
    "round": lambda x: mg.round(x) * 1.0,
    "remainder": lambda x: x % 1.0,
    "fmod": lambda x: mg.fmod(x, 2.0),
    "integer": lambda x: mg.astype(x, int) * 1.0,
    "index": lambda x: mg.Data([1.0, 4.0], constant=True)[mg.astype(x > 0.0, int)],
}


@pytest.mark.parametrize("name", JUMPS)
def test_pathwise_rewrite_across_a_jump_is_refused(name):
    x = mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match=r"θ|X") as caught:
        mg.reparameterize(JUMPS[name](x))
    assert 'mg.reinforce(y, "X")' in str(caught.value)
    assert "continuous=True" in str(caught.value)


def test_jump_is_refused_also_at_a_sample_of_zero():
    x = mg.sample(mg.Normal(mg.Data(0.0, name="θ"), 1.0), name="X", rng=0) * 0.0
    with pytest.raises(mg.BlockedGradientError, match="which jumps"):
        mg.reparameterize(mg.floor(x) * 1.0)


def test_continuous_choice_is_let_through_when_the_user_says_so():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    z = mg.reparameterize(mg.where(x > 0.0, x, 0.0), continuous=True)
    estimate = mg.expectation(z, 50_000, wrt=theta, rng=0)
    assert abs(estimate.grad[theta] - 0.691462) < 5 * estimate.grad_stderr[theta]  # Φ(0.5)
    assert estimate.grad_stderr[theta] < 0.01


def test_pathwise_rewrite_through_a_black_box_is_refused_by_name():
    box = mg.primitive(np.sin, name="simulator")
    y = box(mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X"))
    with pytest.raises(mg.BlockedGradientError, match="black box simulator"):
        mg.reparameterize(y)


def test_pathwise_rewrite_of_a_law_without_transform_is_refused_by_name():
    y = mg.sample(mg.Poisson(mg.Data(3.0, name="λ")), name="N") * 1.0
    with pytest.raises(mg.BlockedGradientError, match="N ~ Poisson has no transform"):
        mg.reparameterize(y)


def test_unblock_without_a_legal_method_gives_both_reasons():
    low = mg.Data(2.0, name="low")
    x = mg.sample(mg.Triangular(low, 5.0, 3.0), name="U", rng=0)
    with pytest.raises(mg.BlockedGradientError, match=r"which jumps.*misses the edges"):
        mg.unblock(mg.floor(x) * 1.0)


def test_a_refusal_recommends_no_rewrite_that_the_law_refuses():
    high = mg.Data(2.0, name="high")
    x = mg.sample(mg.Uniform(0.0, high), name="U", rng=0)
    y = mg.where(x > 1.0, 1.0, 0.0)
    for rewrite in (mg.reparameterize, mg.marginalize, mg.reinforce):
        with pytest.raises(mg.BlockedGradientError, match=r"mg\.unblock\(y\)") as raised:
            rewrite(y)
        assert "mg.reinforce(" not in str(raised.value)
    assert mg.exact(mg.unblock(y), high).grad[high] == pytest.approx(0.25)


def test_unblock_without_a_legal_method_recommends_neither_itself_nor_what_it_refused():
    count = mg.sample(mg.Bernoulli(mg.Data(0.3, name="θ")), name="n", rng=0) + 2.0
    y = mg.sample(mg.Binomial(count, 0.5), name="k", rng=0) * 1.0
    with pytest.raises(mg.BlockedGradientError, match=r"give mg\.astype\(…, int\)$") as raised:
        mg.unblock(y)
    assert "call" not in str(raised.value)


def test_a_draw_of_a_count_of_integers_may_be_scored_and_refusals_say_so():
    theta = mg.Data(0.3, name="θ")
    count = mg.sample(mg.Poisson(theta), name="n", rng=0)
    y = mg.sample(mg.Binomial(count, 0.5), name="k", rng=0) * 1.0
    for refused in (lambda: mg.reparameterize(y, "k"), lambda: mg.gradient(y, theta)):
        with pytest.raises(mg.BlockedGradientError, match=r'call mg\.reinforce\(y, "k"\)'):
            refused()


BAD_HANDLES = [
    ("Z", mg.UnknownNameError, "draws: 'X1', 'X2'"),
    (3, mg.UsageError, "is no draw"),
    (mg.Data(1.0, name="other"), mg.UsageError, "'other' is no draw"),
    (mg.sample(mg.Normal(0.0, 1.0), name="W"), mg.InputError, "not in the graph"),
]


@pytest.mark.parametrize(("handle", "error", "text"), BAD_HANDLES)
@pytest.mark.parametrize("rewrite", REWRITES)
def test_handle_that_means_no_draw_is_refused(rewrite, handle, error, text):
    with pytest.raises(error, match=text):
        rewrite(nested()[0], handle)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_name_of_several_draws_is_refused_and_a_sample_of_them_is_not(rewrite):
    one, other = (mg.sample(mg.Normal(mg.Data(0.5), 1.0), name="X", rng=0) for _ in range(2))
    with pytest.raises(mg.UnknownNameError, match=r"2 draws are called 'X'.*; pass the sample"):
        rewrite(one * other, "X")
    assert rewrite(one * other, other).value == one.value * other.value


def test_draw_that_was_rewritten_already_is_refused():
    y, _ = nested()
    with pytest.raises(mg.InputError, match="rewritten already"):
        mg.reparameterize(mg.reparameterize(y, "X1"), mg.Graph(y)["X1"])


@pytest.mark.parametrize(
    "bad", ["mean", np.nan, np.inf, mg.Data([1.0, 2.0, 3.0]), [1.0, 2.0], True]
)
def test_unknown_baseline_is_refused(bad):
    y, _ = nested()
    with pytest.raises((mg.InputError, mg.UsageError), match="baseline"):
        mg.reinforce(y, baseline=bad)


@pytest.mark.parametrize("rewrite", [*REWRITES, mg.unblock])
def test_what_is_no_data_is_refused(rewrite):
    with pytest.raises(mg.UsageError, match="float"):
        rewrite(2.0)


def test_rewrites_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a = mg.Data(-np.inf, name="a")
        mg.reinforce(mg.sample(mg.Bernoulli(logits=a), name="X") * 1.0)


@pytest.mark.parametrize(("law", "calls"), [
    (mg.Bernoulli, ["reinforce"]), (lambda p: mg.Uniform(0.0, p), ["reparameterize"]),
    (lambda p: mg.Normal(p, 1.0), ["reparameterize", "reinforce"]),
])  # fmt: skip
def test_refused_gradient_names_the_rewrites_that_the_law_allows(law, calls):
    p = mg.Data(0.3, name="p")
    y = mg.sample(law(p), name="X", rng=0) * 2.0
    with pytest.raises(mg.BlockedGradientError) as caught:
        mg.gradient(y, p)
    named = [f'mg.{call}(y, "X")' for call in ("reparameterize", "reinforce")]
    assert [call for call in named if call in str(caught.value)] == [
        f'mg.{call}(y, "X")' for call in calls
    ]
    assert "mg.unblock(y)" in str(caught.value)


def test_what_a_law_lacks_is_refused_as_everything_is():
    with pytest.raises(mg.MinigraphError, match="has no mean in closed form"):
        _ = mg.RelaxedBernoulli(2.0, 0.3).mean
    assert not hasattr(mg.RelaxedBernoulli(2.0, 0.3), "mean")


KINKED = {
    "Laplace": lambda t: mg.Laplace(t, 1.0),
    "Triangular": lambda t: mg.Triangular(-1.0, 1.0, t),
    "transformed": lambda t: mg.TransformedDistribution(
        mg.Laplace(0.0, 1.0), mg.AffineTransform(t, 1.0)
    ),
    "vector": lambda t: mg.Independent(mg.Laplace(t * np.ones(2), 1.0), 1),
    "mixture": lambda t: mg.MixtureSameFamily(
        mg.Categorical([0.3, 0.7]), mg.Laplace(mg.stack([t, 2.0 * t]), 1.0)
    ),
}


@pytest.mark.parametrize("baseline", [None, "leave-one-out"])
@pytest.mark.parametrize("law", KINKED.values(), ids=KINKED)
def test_second_score_of_a_density_whose_kink_moves_is_refused(law, baseline):
    t = mg.Data(0.3, name="θ")
    y = mg.sum(mg.sample(law(t), name="X", rng=0) ** 2)
    slope = mg.gradient(mg.reinforce(y, baseline=baseline), t)
    with pytest.raises(mg.BlockedGradientError, match=r"first derivative only.*how it changes"):
        mg.gradient(slope, t)


def test_first_score_of_such_a_density_and_those_in_its_other_parameters_are_right():
    """E[X²] is θ² + 2s² for X ~ Laplace(θ, s)."""
    t, s = mg.Data(1.3, name="θ"), mg.Data(1.1, name="s")
    y = mg.sample(mg.Laplace(t, s), name="X", rng=0) ** 2
    z = mg.reinforce(y)
    assert z.value == y.value
    found = mg.exact(z, [t, s]).grad
    np.testing.assert_allclose([found[t], found[s]], [2.6, 4.4], rtol=1e-9)
    second = mg.exact(mg.gradient(z, s), [s, t]).grad
    np.testing.assert_allclose([second[s], second[t]], [4.0, 0.0], rtol=1e-9, atol=1e-9)
