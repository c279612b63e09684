"""A draw in several branches, which a rewrite of an earlier draw has made, is one draw still."""

import numpy as np
import pytest

import minigraph as mg

LATER = {
    "rebar": lambda y, x: mg.rebar(y, x, rng=0),
    "relax": lambda y, x: mg.relax(y, x, surrogate=mg.sigmoid, rng=0),
    "gumbel_softmax": lambda y, x: mg.gumbel_softmax(y, x, temperature=0.7, rng=0),
    "straight_through": mg.straight_through,
    "gumbel_straight_through": lambda y, x: mg.gumbel_straight_through(y, x, rng=0),
    "marginalize": mg.marginalize,
    "measure_valued": mg.measure_valued,
    "reinforce": mg.reinforce,
}


def coins():
    """Return a cost of a coin and of another that it changes, and the input of both."""
    p = mg.Data(0.3, name="p")
    a = mg.sample(mg.Bernoulli(mg.sigmoid(p)), name="A", rng=0)
    b = mg.sample(mg.Bernoulli(logits=a * 0.7 - 0.2 * p), name="B", rng=1)
    return (b * 1.0 - 0.3 * a) ** 2 + b * p, p


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("earlier", ["marginalize", "measure_valued"])
def test_the_order_of_rewrites_does_not_change_the_expected_gradient(earlier, later):
    first, second = getattr(mg, earlier), LATER[later]
    points = 12 if "gumbel_straight" in later or earlier == "measure_valued" else 60
    found = []
    for in_order in (True, False):
        y, p = coins()
        z = second(first(y, "A"), "B") if in_order else first(second(y, "B"), "A")
        assert z.value == y.value
        assert len(mg.Graph(z).nodes) < 300
        found.append(mg.exact(z, p, points=points).grad[p])
    np.testing.assert_allclose(*found, rtol=1e-9 if points == 60 else 1e-4)


@pytest.mark.parametrize("upper", [name for name in LATER if name != "rebar"])
@pytest.mark.parametrize("lower", ["marginalize", "reinforce"])
def test_so_it_is_for_a_draw_that_others_depend_on(upper, lower):
    first, second = LATER[upper], getattr(mg, lower)
    found = []
    for in_order in (True, False):
        y, p = coins()
        z = second(first(y, "A"), "B") if in_order else first(second(y, "B"), "A")
        found.append(mg.exact(z, p, points=40).grad[p])
    np.testing.assert_allclose(*found, rtol=1e-9)


def test_rebar_is_unbiased_where_one_draw_depends_on_another():
    y, p = coins()
    exact = mg.exact(mg.marginalize(y), p).grad[p]
    for lower in (mg.marginalize, mg.reinforce):
        z = mg.rebar(lower(y, "B"), "A", rng=0)
        np.testing.assert_allclose(mg.exact(z, p, points=60).grad[p], exact, rtol=1e-8)
    both = mg.exact(mg.rebar(y, rng=0), p, points=12).grad[p]  # a coarse grid of four numbers
    np.testing.assert_allclose(both, exact, rtol=1e-3)


def test_rebar_of_a_draw_is_refused_while_others_that_depend_on_it_block():
    y, _ = coins()
    with pytest.raises(mg.BlockedGradientError, match="'B' depends on 'A' and still blocks"):
        mg.rebar(y, "A")
    mg.rebar(mg.rebar(y, "B"), "A")


def test_a_surrogate_of_relax_must_not_block_its_own_gradient():
    y, _ = coins()
    coin = lambda z: mg.sample(mg.Bernoulli(mg.sigmoid(z)), name="S", rng=2) * 1.0
    with pytest.raises(mg.BlockedGradientError, match="the surrogate makes a draw, 'S', that bl"):
        mg.relax(y, "B", surrogate=coin)
    free = lambda s: mg.reparameterize(s, s)
    noisy = lambda z: free(mg.sample(mg.Normal(z, 1.0), rng=2))
    z = mg.marginalize(mg.relax(y, "B", surrogate=noisy, rng=0), "A")
    p = next(x for x in mg.Graph(z).inputs if x.name == "p")
    exact = mg.exact(mg.marginalize(y), p).grad[p]
    np.testing.assert_allclose(mg.exact(z, p, points=12).grad[p], exact, rtol=1e-2)
