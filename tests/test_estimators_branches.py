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
