"""Samples that hang together: averages stay unbiased, standard errors honest, runs reproducible."""

import importlib.util
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from laws import LAWS, VECTORS

import minigraph as mg

needs_scipy = pytest.mark.skipif(importlib.util.find_spec("scipy") is None, reason="needs scipy")
SCHEMES = ["antithetic", "stratified", pytest.param("sobol", marks=needs_scipy)]
pytestmark = needs_scipy  # the normal quantile


class Rolled(mg.Distribution):
    """A law that can only be drawn from: it has no quantile and no outcomes."""

    constraints = {"loc": mg.distributions.constraints.real}

    def __init__(self, loc):
        super().__init__(loc=loc)

    def formula(self, x):
        return -0.5 * (x - self.loc) ** 2 - 0.5 * np.log(2 * np.pi)

    def generate(self, rng, shape):
        return self.loc + rng.standard_normal(shape)


def normal_square():
    mu = mg.Data(1.0, name="θ")
    return mg.sample(mg.Normal(mu, 0.7), name="X", rng=0) ** 2, mu


def exponential():
    rate = mg.Data(1.7, name="θ")
    return mg.sample(mg.Exponential(rate), name="X", rng=0) ** 2, rate


def categorical():
    p = mg.Data([0.2, 0.3, 0.5], name="θ")
    return mg.Data([1.0, 4.0, -2.0])[mg.sample(mg.Categorical(p), name="X", rng=0)], p


def poisson():
    rate = mg.Data(3.0, name="θ")
    return 1.0 * mg.sample(mg.Poisson(rate), name="X", rng=0), rate


def gamma():
    a = mg.Data(2.5, name="θ")
    return mg.sample(mg.Gamma(a, 1.5), name="X", rng=0), a


def chain():
    p = mg.Data(0.3, name="θ")
    b = mg.sample(mg.Bernoulli(p), name="B", rng=0)
    x = mg.sample(mg.Normal(b * np.array([1.0, 2.0]), 0.5), name="X", rng=0)
    n = mg.sample(mg.Poisson(1.0 + b), name="N", rng=0)
    return mg.sum(x) * n + b, p


def rolled():
    loc = mg.Data(0.4, name="θ")
    return mg.sample(Rolled(loc), name="X", rng=0) + mg.sample(mg.Normal(loc, 1.0), name="Z"), loc


GRAPHS = [normal_square, exponential, categorical, poisson, gamma, chain, rolled]
TRUTH = {
    normal_square: (1.49, 2.0), exponential: (2 / 1.7**2, -4 / 1.7**3),
    categorical: (0.4, (0.6, 3.6, -2.4)), poisson: (3.0, 1.0), gamma: (5 / 3, 2 / 3),
    chain: (0.3 * (3 * 2 + 1), 7.0), rolled: (0.8, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("noise", SCHEMES)
@pytest.mark.parametrize("graph", GRAPHS)
def test_average_and_gradient_are_right_within_their_errors(graph, noise):
    y, theta = graph()
    value, slope = TRUTH[graph]
    found = mg.expectation(mg.reinforce(y), 40_000, wrt=theta, rng=1, noise=noise)
    assert abs(found.value - value) < 5 * found.stderr + 1e-12
    assert np.all(np.abs(found.grad[theta] - np.array(slope)) < 5 * found.grad_stderr[theta])
    plain = mg.expectation(mg.reinforce(y), 40_000, wrt=theta, rng=1)
    assert np.all(found.grad_stderr[theta] < 1.7 * plain.grad_stderr[theta])  # pairs: √2, at most


MIXTURE = mg.MixtureSameFamily(mg.Categorical([0.2, 0.8]), mg.Normal([-2.0, 1.0], [0.5, 1.0]))
TABLE = {name: entry.law(**entry.grid[0]) for name, entry in {**LAWS, **VECTORS}.items()}


@pytest.mark.parametrize("law", [*TABLE.values(), MIXTURE], ids=[*TABLE, "MixtureSameFamily"])
def test_every_sample_by_itself_has_its_law(law):
    drawn = law.sample(rng=0, shape=10_000)
    at = np.quantile(drawn, np.linspace(0.1, 0.9, 5), axis=0, method="inverted_cdf")
    below = 1.0 * (mg.sample(law, name="X", rng=0) <= at)
    shares = np.mean(drawn[:, None] <= at, axis=0)
    found = mg.expectation(below, 4096, rng=1, noise="stratified").value
    np.testing.assert_allclose(found, shares, rtol=0, atol=0.04)  # five times √(¼ / 4096)


@pytest.mark.parametrize("noise", ["independent", *SCHEMES])
@pytest.mark.parametrize("graph", [normal_square, categorical, chain])
def test_standard_errors_are_the_spread_of_repeated_runs(graph, noise):
    y, _ = graph()
    settings = {"noise": noise, "block_size": 32}
    runs = [mg.expectation(y, 256, rng=seed, **settings) for seed in range(150)]
    spread = np.std([run.value for run in runs], ddof=1)
    stated = np.sqrt(np.mean([run.stderr**2 for run in runs]))
    assert stated / spread == pytest.approx(1.0, abs=0.22)  # four times 1/√300


@pytest.mark.parametrize(("noise", "block"), [
    ("antithetic", 3), ("stratified", 33), pytest.param("sobol", 33, marks=needs_scipy)
])  # fmt: skip
def test_standard_errors_know_that_a_shorter_block_is_spread_out_less(noise, block):
    y = mg.exp(mg.sample(mg.Uniform(-0.5, 1.0), name="X", rng=0))
    settings = {"noise": noise, "block_size": block}
    runs = [mg.expectation(y, 201, rng=seed, **settings) for seed in range(250)]
    spread = np.std([run.value for run in runs], ddof=1)
    stated = np.sqrt(np.mean([run.stderr**2 for run in runs]))
    assert stated / spread == pytest.approx(1.0, abs=0.2)


def test_mirrored_pairs_cancel_what_is_odd_and_leave_what_is_even():
    eps = mg.sample(mg.Normal(2.0, 1.0), name="ε", rng=0)
    odd = mg.expectation(eps**1 * 3.0, 1000, rng=0, noise="antithetic")
    assert odd.value == pytest.approx(6.0, abs=1e-12)
    assert odd.stderr < 1e-12
    even = mg.expectation((eps - 2.0) ** 2, 20_000, rng=0, noise="antithetic")
    assert even.variance == pytest.approx(4.0, rel=0.1)  # twice that of independent samples


def test_stratified_categorical_has_its_share_in_every_block():
    p = np.array([0.2, 0.3, 0.5])
    k = mg.sample(mg.Categorical(p), name="k", rng=0)
    hits = mg.equal(k, np.arange(3)) * 1.0
    found = mg.expectation(hits, 64, rng=3, noise="stratified", block_size=64)
    assert np.all(np.abs(found.value * 64 - p * 64) < 1.0)


def test_stratified_samples_fill_every_stratum_once():
    u = mg.sample(mg.Uniform(0.0, 1.0), name="u", rng=0)
    inside = mg.equal(mg.floor(u * 16), np.arange(16.0)) * 1.0
    found = mg.expectation(inside, 16, rng=0, noise="stratified", block_size=16)
    np.testing.assert_array_equal(found.value, 1 / 16)


def test_sobol_points_beat_independent_ones_on_a_smooth_integrand():
    x = mg.sample(mg.Normal(np.zeros(4), 1.0), name="x", rng=0)
    y = mg.exp(0.3 * mg.sum(x))  # exp(0.18)
    spread, plain = [mg.expectation(y, 2**14, rng=0, noise=n) for n in ("sobol", "independent")]
    assert spread.stderr < plain.stderr / 10
    assert abs(spread.value - np.exp(0.18)) < 5 * spread.stderr


@pytest.mark.parametrize("noise", SCHEMES)
def test_result_depends_on_seed_and_blocks_not_on_who_computes(noise):
    y, theta = chain()
    z = mg.reinforce(y)
    settings = {"wrt": theta, "rng": 7, "noise": noise, "block_size": 128}
    alone = mg.expectation(z, 1000, **settings)
    threads = mg.expectation(z, 1000, workers=2, **settings)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        processes = mg.expectation(z, 1000, executor=pool, **settings)
    for other in (threads, processes):
        assert (other.value, other.stderr) == (alone.value, alone.stderr)
        assert other.grad[theta] == alone.grad[theta]


@pytest.mark.parametrize(("samples", "block"), [(7, None), (1001, None), (1000, 13), (5, 2)])
@pytest.mark.parametrize("noise", SCHEMES)
def test_any_number_of_samples_will_do(noise, samples, block):
    y, _ = chain()
    found = mg.expectation(y, samples, rng=0, noise=noise, block_size=block)
    assert found.samples == samples
    assert abs(found.value - 2.1) < 6 * max(found.stderr, np.sqrt(12.0 / samples))


def test_one_unit_alone_has_no_standard_error():
    y, _ = chain()
    assert np.isnan(mg.expectation(y, 2, rng=0, noise="antithetic").stderr)
    assert np.isnan(mg.expectation(y, 64, rng=0, noise="sobol", block_size=64).stderr)


def test_callback_sees_errors_of_the_units_so_far():
    y, _ = normal_square()
    seen = []
    mg.expectation(y, 1024, rng=0, noise="stratified", block_size=256, callback=seen.append)
    assert [e.samples for e in seen] == [256, 512, 768, 1024]
    assert np.isnan(seen[0].stderr)
    assert all(0 < e.stderr < 0.05 for e in seen[1:])


@pytest.mark.parametrize("samples", [1, 7, 100])
@pytest.mark.parametrize("noise", SCHEMES)
def test_an_array_without_elements_has_an_average_without_elements(noise, samples):
    x = mg.sample(mg.Normal(np.zeros((2, 0)), 1.0), name="x", rng=0)
    estimate = mg.expectation(x, samples, rng=0, noise=noise)
    assert estimate.value.shape == estimate.stderr.shape == (2, 0)


@pytest.mark.parametrize("noise", SCHEMES)
def test_leave_one_out_is_refused_for_samples_that_depend_on_each_other(noise):
    y, theta = chain()
    with pytest.raises(mg.InputError, match="needs independent samples"):
        mg.expectation(mg.reinforce(y, baseline="leave-one-out"), 100, wrt=theta, noise=noise)


def test_function_is_refused_and_so_is_an_unknown_noise():
    y, _ = chain()
    with pytest.raises(mg.UsageError, match="called anew"):
        mg.expectation(lambda: chain()[0], 10, noise="antithetic")
    with pytest.raises(mg.InputError, match="'antithetic', 'stratified', 'sobol'"):
        mg.expectation(y, 10, noise="halton")


def test_too_many_dimensions_for_sobol_are_counted():
    y = mg.sum(mg.sample(mg.Normal(np.zeros(30_000), 1.0), name="x", rng=0))
    with pytest.raises(mg.InputError, match="30,000 numbers"):
        mg.expectation(y, 64, noise="sobol")


# Common random numbers --------------------------------------------------------------------------
def wait(rate, name="wait"):
    return mg.sample(mg.Exponential(rate), name=name, rng=0)


def test_difference_of_two_rates_is_known_much_better_together():
    a, b = wait(1.0), wait(1.1)
    found, apart = mg.difference(a, b, rng=0), mg.expectation(a - b, rng=0)
    assert abs(found.value - (1 - 1 / 1.1)) < 5 * found.stderr
    assert found.variance == pytest.approx((1 - 1 / 1.1) ** 2, rel=0.1)  # e/1 - e/1.1, one e
    assert apart.variance == pytest.approx(1 + 1 / 1.1**2, rel=0.1)


def test_coins_of_one_name_differ_only_where_they_must():
    coin = lambda p: 1.0 * mg.sample(mg.Bernoulli(p), name="coin", rng=0)
    found = mg.difference(coin(0.52), coin(0.5), 50_000, rng=0)
    assert found.variance == pytest.approx(0.02 * 0.98, rel=0.1)
    assert abs(found.value - 0.02) < 5 * found.stderr


def test_gradients_of_a_difference_are_those_of_the_averages():
    theta = mg.Data(1.3, name="θ")
    a, b = mg.reparameterize(wait(theta)), mg.reparameterize(wait(2.0 * theta))
    found = mg.difference(a, b, wrt=theta, rng=0, noise="antithetic")
    truth = -0.5 / 1.3**2
    assert abs(found.grad[theta] - truth) < 5 * found.grad_stderr[theta]
    assert found.grad_stderr[theta] < 0.01


def test_draws_of_other_names_stay_independent():
    found = mg.difference(wait(1.0, "a"), wait(1.0, "b"), 20_000, rng=0)
    assert found.variance == pytest.approx(2.0, rel=0.1)


def test_draw_that_both_graphs_share_is_one_draw():
    x = wait(1.0)
    assert mg.difference(2.0 * x, x, 5000, rng=0).variance == pytest.approx(1.0, rel=0.2)


def test_difference_refuses_names_that_tell_nothing_apart():
    with pytest.raises(mg.InputError, match="two draws named 'wait'"):
        mg.difference(wait(1.0) + wait(2.0), wait(1.0))
    with pytest.raises(mg.InputError, match=r"shape \(\) in one graph and \(3,\)"):
        mg.difference(wait(1.0), mg.sum(wait(np.ones(3))))
    with pytest.raises(mg.InputError, match="cannot be made from"):
        mg.difference(wait(1.0), mg.sample(Rolled(0.0), name="wait"))
    with pytest.raises(mg.UsageError, match="two Data"):
        mg.difference(wait(1.0), 1.0)
