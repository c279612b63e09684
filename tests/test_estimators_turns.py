"""Several draws in one call: no graph grows with the product of what they take."""

import numpy as np
import pytest
from test_many_draws import calls

import minigraph as mg
from minigraph.estimators import turns
from minigraph.walk import ancestors, drawn_above

COMPARE = {
    "measure_valued": mg.measure_valued,
    "disarm": mg.disarm,
    "arm": mg.arm,
    "rebar": mg.rebar,
    "relax": lambda y, nodes=None: mg.relax(y, nodes, surrogate=lambda z: 0.3 * mg.sigmoid(z)),
    "sum_and_sample": lambda y, nodes=None: mg.sum_and_sample(y, nodes, rng=1),
    "unordered_set": lambda y, nodes=None: mg.unordered_set(y, nodes, rng=1),
}


def draw(name, i, p, logit=0.0):
    if name in ("sum_and_sample", "unordered_set"):
        rows = mg.Categorical(logits=mg.stack([p + logit, 0.3, 1.0 - p]))
        return mg.sample(rows, name=f"X{i}", rng=i)
    return mg.sample(mg.Bernoulli(logits=p + logit), name=f"X{i}", rng=i)


def meeting(name, n):
    """Return a cost in which n draws meet."""
    p = mg.Data(0.4, name="p")
    return mg.sin(sum((i + 1.0) * draw(name, i, p) for i in range(n))), p


def size(y):
    return len(ancestors([y]))


@pytest.mark.parametrize("name", COMPARE)
def test_draws_that_meet_in_a_cost_add_their_slopes_side_by_side(name):
    two, four, eight = (size(COMPARE[name](meeting(name, n)[0])) for n in (2, 4, 8))
    assert eight - four < 2.5 * (four - two)


@pytest.mark.parametrize("name", [name for name in COMPARE if name != "rebar"])
def test_slopes_that_were_added_get_none_themselves(name):
    def one_by_one(n):
        y, _ = meeting(name, n)
        for i in range(n):
            y = COMPARE[name](y, f"X{i}")
        return size(y)

    two, four, eight = map(one_by_one, (2, 4, 8))
    assert eight - four < 3.5 * (four - two)


TWO = {
    "meet": lambda a, b, c: mg.sin(a + 2.0 * b) * a,
    "depend": lambda a, b, c: mg.exp(0.3 * a - 0.7 * c),
    "meet and depend": lambda a, b, c: (b - c) ** 2 + a * c,
}
POINTS = {"rebar": 16, "relax": 16, "arm": 6}  # for noise that is continuous
CASES = [
    (name, how) for name in COMPARE for how in TWO
    if name not in ("rebar", "relax") or how != "meet and depend"  # a grid of six dimensions
]  # fmt: skip


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize(("name", "how"), CASES)
def test_draws_that_meet_or_depend_on_others_are_unbiased(name, how, one_by_one):
    p = mg.Data(0.4, name="p")
    a, b = draw(name, 0, p), draw(name, 1, 2.0 * p)
    c = draw(name, 2, p, 0.5 * a)
    y = TWO[how](a, b, c)
    there = [x.name for x in drawn_above([y])]
    z = COMPARE[name](y)
    if one_by_one:
        z = y
        for x in reversed(there):
            z = COMPARE[name](z, x)
    expected = mg.exact(mg.marginalize(y), p)
    found = mg.exact(z, p, points=POINTS.get(name))
    tolerance = 2e-3 if name in ("rebar", "relax") else 1e-12
    np.testing.assert_allclose(found.grad[p], expected.grad[p], rtol=tolerance)


@pytest.mark.parametrize("name", [name for name in COMPARE if name != "rebar"])
def test_chances_of_a_later_draw_do_not_hide_that_there_is_a_first_derivative_only(name):
    p, q = mg.Data(0.4, name="p"), mg.Data(0.3, name="q")
    a = draw(name, 0, q)
    b = mg.sample(mg.Bernoulli(logits=p - 0.5 * a), name="B", rng=1)
    y = mg.marginalize(COMPARE[name](mg.sin(0.3 * a - 0.8 * b), "X0"), "B")
    for x, other in ((p, q), (q, p)):
        with pytest.raises(mg.BlockedGradientError, match="first derivative only"):
            mg.gradient(mg.gradient(y, x), other)


def along_a_chain(name, n):
    """Return a sum of n costs, of draws of which each depends on the one before."""
    p = x = mg.Data(0.4, name="p")
    y = 0.0
    for i in range(n):
        x = draw(name, i, p, 0.3 * x)
        y = y + (x - 2.0) ** 2
    return y


@pytest.mark.parametrize("name", [name for name in COMPARE if name != "rebar"])
def test_costs_along_a_chain_share_the_branches_of_a_draw(name):
    few, many = (size(COMPARE[name](along_a_chain(name, n))) for n in (6, 12))
    assert many < 4.2 * few  # each of the draws has a branch of all that comes later


MANY = ["measure_valued", "disarm", "arm", "marginalize", "gumbel_softmax", "straight_through"]


@pytest.mark.parametrize("name", MANY)
def test_many_draws_in_costs_of_their_own_take_no_more_calls_each_than_few(name):
    def build(n):
        p = mg.Data(0.4, name="p")
        return sum((draw(name, i, p) - 2.0) ** 2 for i in range(n))

    few, many = (calls(lambda n=n: getattr(mg, name)(build(n))) for n in (20, 60))
    assert many < 3.3 * few


@pytest.mark.parametrize("law", [mg.Bernoulli, mg.Geometric])
def test_unblocking_many_batches_of_draws_takes_no_more_calls_each_than_few(law):
    def build(n):
        p = mg.Data(np.full(3, 0.4), name="p")
        return sum(mg.sum((mg.sample(law(p), rng=i) - 2.0) ** 2) for i in range(n))

    few, many = (calls(lambda n=n: mg.unblock(build(n))) for n in (20, 60))
    assert many < 3.3 * few


@pytest.mark.parametrize("rewrite", [mg.gumbel_softmax, mg.straight_through])
def test_the_draw_that_cannot_be_relaxed_is_named_among_others(rewrite):
    p = mg.Data(0.4, name="p")
    draws = [mg.sample(mg.Bernoulli(p), name=name, rng=0) for name in "abc"]
    table = mg.Data([1.0, 2.0], constant=True)
    y = draws[0] + table[draws[1]] + draws[2]
    with pytest.raises(mg.BlockedGradientError, match="relaxed 'b' is fed to something"):
        rewrite(y, continuous=True)


@pytest.mark.parametrize("rewrite", [mg.marginalize, mg.rebar])
def test_copies_that_multiply_are_refused_before_memory_is_full(rewrite, monkeypatch):
    monkeypatch.setattr(turns, "MOST", 1_000)
    p = x = mg.Data(0.4, name="p")
    total = 0.0
    for i in range(30):
        x = mg.sample(mg.Bernoulli(logits=p * x), name=f"X{i}", rng=i)
        total = total + x
    with pytest.raises(mg.InputError, match=r"grown from \d+ to \d+ operations before 'X2\d'"):
        rewrite(mg.sin(total))
