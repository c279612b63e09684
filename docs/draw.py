"""Draw the pictures of these pages: python docs/draw.py [DIRECTORY]."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.drawing.sketch import picture


def pictures() -> dict[str, Any]:
    """Return the graphs of the pages, and finished pictures, by their names."""
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)

    @mg.function
    def F(x: mg.Data) -> mg.Data:
        return (x - 3) ** 2

    y = F(x)
    y.name = "Y"
    return {
        "kinds": most_kinds(),
        "blocked": y,
        "reinforce": mg.reinforce(y),
        "reparameterized": mg.reparameterize(y),
        "change": mg.compare_pictures(y, mg.reparameterize(y)),
        "plates": picture(regression(), plates="n"),
        **estimators(),
    }


def estimators() -> dict[str, mg.Data]:
    """Return the three questions of the page about estimators, and every answer to them."""
    y, cost, bound = coin(), table(), log_weight()
    return {
        "coin": y,
        "marginalized": mg.marginalize(y),
        "implicit": mg.unblock(waiting(), "implicit"),
        "measure_valued": mg.measure_valued(y, rng=1),
        "leave_one_out": mg.reinforce(y, baseline="leave-one-out"),
        "running_average": mg.reinforce(y, baseline=mg.RunningAverage()),
        "disarm": mg.disarm(y, rng=1),
        "arm": mg.arm(y, rng=1),
        "rebar": mg.rebar(y, rng=1),
        "relax": mg.relax(y, surrogate=mg.function(mg.sigmoid, name="c"), rng=1),
        "table": cost,
        "sum_and_sample": mg.sum_and_sample(cost, rng=1),
        "unordered_set": mg.unordered_set(cost, rng=1),
        "replicates": bound,
        "vimco": mg.vimco(bound),
        "relaxed": mg.gumbel_softmax(y, rng=1),
        "gumbel_straight_through": mg.gumbel_straight_through(y, rng=1),
        "straight_through": mg.straight_through(y),
    }


def coin() -> mg.Data:
    """Return a cost of a coin."""
    p = mg.Data(0.3, name="p")
    y = mg.function(lambda x: (x - 3) ** 2, name="F")(mg.sample(mg.Bernoulli(p), name="X", rng=0))
    y.name = "Y"
    return y


def waiting() -> mg.Data:
    """Return a cost of a number whose law has no transform of noise, but quantiles."""
    shape = mg.Data(2.0, name="α")
    y = mg.function(lambda x: x**2, name="F")(mg.sample(mg.Gamma(shape, 1.0), name="X", rng=0))
    y.name = "Y"
    return y


def table() -> mg.Data:
    """Return the entry of a table that one of four outcomes picks."""
    logits = mg.Data([2.0, 0.0, 0.5, -1.0], name="logits")
    f = mg.Data([3.0, 5.0, 1.0, 0.0], name="f", constant=True)
    y = f[mg.sample(mg.Categorical(logits=logits), name="k", rng=0)]
    y.name = "Y"
    return y


def log_weight() -> mg.Data:
    """Return the bound of two importance weights."""
    q = mg.Data(0.4, name="q")
    h = mg.sample(mg.Bernoulli(q), name="h", rng=0)
    weigh = mg.function(
        lambda h, q: mg.Bernoulli(0.7).log_prob(h) - mg.Bernoulli(q).log_prob(h), name="log w"
    )
    y = mg.function(lambda several: mg.logsumexp(several) - np.log(2.0), name="bound")(
        mg.replicate(weigh(h, q), 2, rng=1)
    )
    y.name = "Y"
    return y


def most_kinds() -> mg.Data:
    """Return a graph with most kinds of box that no estimator adds."""
    w = mg.Data([0.5, -1.0], name="w")
    features = mg.Data([1.0, 2.0], name="features", constant=True)
    noise = mg.sample(mg.Normal(0.0, 1.0), name="ε", rng=0)

    @mg.function
    def logit(w: mg.Data, features: mg.Data, noise: mg.Data) -> mg.Data:
        return mg.sum(w * features) + 0.1 * noise

    chosen = mg.sample(mg.Bernoulli(logits=logit(w, features, noise)), name="Z", rng=0)
    simulator = mg.primitive(lambda z: z * 3.0, name="simulator")
    cost = simulator(chosen) * mg.stop_gradient(w)[0]
    cost.name = "cost"
    return cost


def regression() -> mg.Data:
    """Return the cost of a regression on arrays, with noise of its own for each sample."""
    w = mg.Data([0.0, 0.0, 0.0], name="w")
    features = mg.Data([[1.0, 2.0, 3.0]] * 100, name="features", constant=True)
    noise = mg.sample(mg.Normal(0.0, 1.0), name="ε", rng=0)
    y = mg.sample(mg.Normal(features @ w + noise, 1.0), name="Y", rng=0)
    cost = mg.mean(y)
    cost.name = "cost"
    return cost


def main(directory: str | Path = Path(__file__).parent / "img") -> None:
    """Write every picture as SVG."""
    Path(directory).mkdir(parents=True, exist_ok=True)
    for name, y in pictures().items():
        mg.render(y, Path(directory) / f"{name}.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
