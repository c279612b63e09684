"""Parameters of laws that a replay opens into noise and a transform are looked at in every run."""

import numpy as np
import pytest

import minigraph as mg


def exponential():
    rate = mg.Data(2.0, name="rate")
    return rate, mg.sample(mg.Exponential(rate), name="X", rng=0)


RUNS = {
    "expectation": lambda y, x: mg.expectation(y, 100, rng=0),
    "gradient": lambda y, x: mg.expectation(mg.reparameterize(y), 100, wrt=x, rng=0),
    "threads": lambda y, x: mg.expectation(y, 100_000, rng=0, workers=2),
    "exact": lambda y, x: mg.exact(y),
    "compile": lambda y, x: mg.compile(mg.reparameterize(y), x)(x.value, rng=0),
    "compiled average": lambda y, x: mg.compile(y, samples=100)(x.value, rng=0),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_assigned_parameter_is_refused_as_it_is_at_the_door(run):
    rate, x = exponential()
    run(x, rate)
    rate.value = -2.0
    with pytest.raises(mg.InputError, match=r"Exponential: rate must be positive; got -2.0"):
        run(x, rate)


@pytest.mark.parametrize(
    ("law", "good", "bad", "said"),
    [
        (lambda scale: mg.Normal(0.0, scale), 1.0, -1.0, "ε_B: Normal: scale must be positive"),
        (mg.Poisson, 1.0, -1.0, "B: Poisson: rate must be nonnegative"),
        (mg.Bernoulli, 0.5, -0.1, r"B: Bernoulli: probs must be in \[0, 1\]; got -0.1"),
    ],
)
def test_refusal_says_which_draw_it_is_about(law, good, bad, said):
    theta = mg.Data(good, name="θ")
    y = mg.sample(law(good), name="A", rng=0) + mg.sample(law(theta), name="B", rng=0) ** 2
    z = mg.reinforce(y)
    theta.value = bad
    for run in (lambda: mg.expectation(z, 10, wrt=theta, rng=0), lambda: mg.exact(y)):
        with pytest.raises(mg.InputError, match=f"^replay of {said}"):
            run()


def test_compiled_function_refuses_what_it_is_given():
    rate, x = exponential()
    f = mg.compile(mg.reparameterize(x), rate)
    for _ in range(3):  # also once its text is compiled
        f(2.0, rng=0)
        with pytest.raises(mg.InputError, match=r"rate must be positive; got -3\.0"):
            f(-3.0, rng=0)


def test_rewrite_that_was_made_before_is_refused_too():
    rate, x = exponential()
    z = mg.unblock(x * x)
    rate.value = -1.0
    with pytest.raises(mg.InputError, match="rate must be positive"):
        mg.expectation(z, 10, wrt=rate, rng=0)


def test_one_bad_parameter_among_many_is_shown():
    scale = mg.Data(np.ones(3), name="σ")
    x = mg.sample(mg.Independent(mg.Normal(np.zeros(3), scale), 1), name="X", rng=0)
    y = mg.sum(x * x)
    assert mg.exact(y).value == pytest.approx(3.0)
    scale.value = [1.0, -1.0, 1.0]
    with pytest.raises(mg.InputError, match=r"scale must be positive; got -1.0 in an array"):
        mg.expectation(y, 10, rng=0)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rewrite", [lambda y: y, mg.reparameterize], ids=["draw", "rewritten"])
def test_parameter_that_was_drawn_is_looked_at_in_every_sample(rewrite, workers):
    z = mg.sample(mg.Normal(1.0, 1.0), name="Z", rng=0)
    x = mg.sample(mg.Uniform(0.0, z), name="X", rng=0)
    with pytest.raises(mg.InputError, match="low must be less than high"):
        mg.expectation(rewrite(x), 100_000, rng=0, workers=workers)


def test_same_numbers_whether_parameters_are_looked_at_or_not():
    theta = mg.Data(0.3)
    z = mg.sample(mg.Normal(theta, 0.1), rng=0)
    numbers = []
    for rate in (mg.exp(z), 1.0 / mg.exp(-z)):  # only the first is known to be positive
        x = mg.reparameterize(mg.sample(mg.Exponential(rate), name="X", rng=0))
        estimate = mg.expectation(x * x, 5_000, wrt=theta, rng=0)
        numbers.append((estimate.value, estimate.grad[theta]))
    tapes = [mg.Tape([mg.sample(mg.Exponential(rate))]) for rate in (mg.exp(z), z * z)]
    assert [len(tape.lawful.sampled) for tape in tapes] == [0, 1]
    np.testing.assert_allclose(*numbers, rtol=1e-12)


@pytest.mark.parametrize("law", [
    lambda z: mg.Normal(z, mg.exp(z)),
    lambda z: mg.Exponential(2.0 * mg.softplus(z) + 1e-3),
    lambda z: mg.Uniform(0.0, mg.exp(z)),
    lambda z: mg.Gamma(mg.reshape(mg.exp(z), (1,)), 1.0),
    lambda z: mg.Independent(mg.Normal(z * mg.ones(2), mg.exp(z)), 1),
    lambda z: mg.Exponential(mg.sample(mg.Gamma(2.0, 1.0), rng=0) / 3.0),
    lambda z: mg.Normal(z, mg.stop_gradient(mg.exp(z))),
])  # fmt: skip
def test_what_cannot_go_wrong_is_not_looked_at(law):
    z = mg.sample(mg.Normal(0.0, 1.0), rng=0)
    assert mg.Tape([mg.sum(mg.sample(law(z), rng=0))]).lawful.slots == set()


@pytest.mark.parametrize("law", [
    lambda z: mg.Normal(0.0, z),
    lambda z: mg.Exponential(mg.exp(z) - 1.0),
    lambda z: mg.Uniform(z, 1.0),
    lambda z: mg.Triangular(0.0, 1.0, z),
    lambda z: mg.TruncatedNormal(0.0, 1.0, z, 1.0),
    lambda z: mg.Independent(mg.Normal(0.0, z * mg.ones(2)), 1),
])  # fmt: skip
def test_what_can_go_wrong_is_looked_at(law):
    z = mg.sample(mg.Normal(0.5, 2.0), rng=0)  # all is well at this one
    y = mg.sum(mg.sample(law(z), rng=0))
    with pytest.raises(mg.InputError, match="must be"):
        mg.expectation(y, 100, rng=0)


def test_end_of_a_grid_is_no_sample():
    z = mg.sample(mg.Normal(0.0, 1.0), rng=0)
    x = mg.sample(mg.Normal(0.0, z * z), rng=0)  # a point of the grid is 0
    assert mg.exact(x * x).value == pytest.approx(3.0)  # E[Z⁴]


def test_text_returns_what_was_asked_for_alone():
    z = mg.sample(mg.Normal(2.0, 0.1), rng=0)
    tape = mg.Tape([mg.sample(mg.Exponential(z), name="X", rng=0)])
    assert tape.lawful.sampled
    known = {}
    exec(tape.source, known)
    rng = np.random.default_rng(0)
    (x,) = known["run"](lambda i, *_: [rng.standard_normal, rng.standard_exponential][i](7), 7)
    assert x.shape == (7,)


def test_what_bad_parameters_lead_to_is_refused_without_a_warning():
    rate, x = exponential()
    rate.value = 0.0
    for run in (RUNS["exact"], RUNS["compiled average"]):
        with pytest.raises(mg.InputError, match=r"rate must be positive; got 0\.0"):
            run(x, rate)
