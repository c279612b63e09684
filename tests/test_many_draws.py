"""Many draws: what a rewrite does for each of them does not grow with their number.

Calls are counted, not seconds.
"""

import sys

import pytest

import minigraph as mg
from minigraph.estimators.smooth import Smooth


def calls(f):
    """Return how many functions are called while `f` runs."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        f()
    finally:
        sys.setprofile(before)
    return count


def chain(steps, f=lambda x: x):
    x = mg.Data(0.5, name="X0")
    for t in range(1, steps + 1):
        x = mg.sample(mg.Normal(0.99 * f(x), 1.0), name=f"X{t}", rng=t)
    return x * 1.0


def from_one(steps):
    theta = mg.Data(0.5, name="θ")
    return sum(mg.sample(mg.Normal(theta, 1.0), name=f"X{t}", rng=t) for t in range(steps))


def doubled(steps):
    x = mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X", rng=0)
    for _ in range(steps):
        x = x + x
    return 1.0 / x


MANY = {
    "chain": chain, "draws from one parameter": from_one, "doubled again and again": doubled,
    "pole at each step": lambda n: chain(n, lambda x: 1.0 / x),
    "no pole at each step": lambda n: chain(n, lambda x: x / (1.0 + x * x)),
}  # fmt: skip


@pytest.mark.parametrize("build", MANY.values(), ids=MANY)
def test_obstacles_of_many_draws_take_no_more_calls_each_than_of_few(build):
    few, many = (calls(lambda n=n: Smooth(build(n)).first) for n in (30, 90))
    assert many < 3.3 * few


def with_costs(steps):
    y, x = 0.0, mg.Data(0.5, name="X0")
    for t in range(1, steps + 1):
        x = mg.sample(mg.Normal(0.99 * x, 1.0), name=f"X{t}", rng=t)
        y = y + x**2
    return y


def of_two_laws(steps):
    x = mg.Data(0.5, name="X0")
    for t in range(1, steps + 1):
        law = mg.Normal(x, 1.0) if t % 2 else mg.Gamma(mg.exp(mg.tanh(x)), 1.0)
        x = mg.sample(law, name=f"X{t}", rng=t)
    return x * 1.0


BUILDS = {
    "chain of two laws": of_two_laws,
    "chain": chain, "draws from one parameter": from_one, "costs along a chain": with_costs,
}  # fmt: skip
LEAN = {
    "reparameterize": mg.reparameterize, "unblock": mg.unblock,
    "unblock, explained": lambda y: mg.unblock(y, explain=True),
}  # fmt: skip


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
@pytest.mark.parametrize("rewrite", LEAN.values(), ids=LEAN)
def test_rewrite_of_many_draws_takes_no_more_calls_each_than_of_few(rewrite, build):
    few, many = (calls(lambda n=n: rewrite(build(n))) for n in (30, 90))
    assert many < 3.3 * few


def test_vimco_of_many_replicates_takes_no_more_calls_each_than_of_few():
    x = mg.sample(mg.Bernoulli(mg.Data(0.3, name="p")), name="X", rng=0)
    few, many = (mg.importance_bound(mg.exp(0.5 * x), n, rng=1) for n in (30, 90))
    assert calls(lambda: mg.vimco(many)) < 3.3 * calls(lambda: mg.vimco(few))


@pytest.mark.parametrize("baseline", [None, 1.0, "leave-one-out"])
def test_costs_along_a_chain_share_the_sums_of_their_scores(baseline):
    several = [mg.reinforce(with_costs(n), baseline=baseline) for n in (10, 20, 30)]
    few, more, many = (len(mg.Graph(y).nodes) for y in several)
    assert many - more == more - few


def test_comparing_the_costs_along_a_chain_looks_at_each_pair_of_cost_and_draw_once():
    rewrite = lambda y: mg.reinforce(y, baseline="leave-one-out")
    few, many = (calls(lambda n=n: rewrite(with_costs(n))) for n in (30, 90))
    assert many < 9.0 * few


def test_draws_in_costs_of_their_own_are_summed_over_at_once():
    p = mg.Data(0.3, name="p")
    draws = [mg.sample(mg.Bernoulli(p), name=f"X{t}", rng=t) for t in range(30)]
    several = [mg.marginalize(sum((x - 3.0) ** 2 for x in draws[:n])) for n in (10, 20, 30)]
    few, more, many = (len(mg.Graph(z).nodes) for z in several)
    assert many - more == more - few
    assert mg.gradient(several[-1], p).value == pytest.approx(-150.0)


def test_batches_along_a_chain_are_followed_together():
    def rewrite(steps):
        x = mg.Data([0.5, 0.2, 0.1], name="X0")
        for t in range(1, steps + 1):
            x = mg.sample(mg.Normal(0.99 * x, 1.0), name=f"X{t}", rng=t)
        return mg.reinforce(mg.sum(x))

    few, many = (calls(lambda n=n: rewrite(n)) for n in (30, 90))
    assert many < 3.3 * few
