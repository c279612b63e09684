"""What other libraries get wrong at the edges of laws, and a law of one's own in the same tests."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys

import laws
import numpy as np
import pytest
import test_distributions
from laws import LAWS, Law, positive_ones
from scipy import stats

import minigraph as mg
from minigraph.distributions.constraints import positive
from minigraph.distributions.noise import StandardExponential
from minigraph.distributions.transforms import Transform
from minigraph.ops.elementwise import divide, log, sqrt, square

A = mg.Data(2.0, name="a")
NEVER = [  # laws, and what cannot happen under them
    (mg.Bernoulli(0.0), 1), (mg.Bernoulli(1.0), 0), (mg.Bernoulli(logits=-np.inf), 1),
    (mg.Binomial(5, 0.0), 2), (mg.Binomial(5, 1.0), 4), (mg.Binomial(5, 0.5), 6),
    (mg.Categorical([1.0, 0.0]), 1), (mg.Categorical(logits=[0.0, -np.inf]), 1),
    (mg.OneHotCategorical([1.0, 0.0]), [0, 1]), (mg.Multinomial(2, [1.0, 0.0]), [1, 1]),
    (mg.Multinomial(2, logits=[0.0, -np.inf]), [1, 1]), (mg.Multinomial(2, [0.5, 0.5]), [1, 2]),
    (mg.Geometric(1.0), 3), (mg.Geometric(0.5), 0.5), (mg.NegativeBinomial(2.0, 0.0), 1),
    (mg.Poisson(0.0), 1), (mg.Poisson(2.0), -1), (mg.DiscreteUniform(1, 6), 7),
]  # fmt: skip
ALWAYS = [
    (mg.Bernoulli(0.0), 0), (mg.Bernoulli(1.0), 1), (mg.Bernoulli(logits=np.inf), 1),
    (mg.Binomial(5, 0.0), 0), (mg.Binomial(5, 1.0), 5), (mg.Categorical([1.0, 0.0]), 0),
    (mg.OneHotCategorical([1.0, 0.0]), [1, 0]), (mg.Multinomial(2, [1.0, 0.0]), [2, 0]),
    (mg.Geometric(1.0), 0), (mg.NegativeBinomial(2.0, 0.0), 0), (mg.Poisson(0.0), 0),
    (mg.Geometric(logits=1000.0), 0), (mg.Bernoulli(logits=1000.0), 1),
    (mg.Binomial(3, logits=-1000.0), 0), (mg.NegativeBinomial(2.0, logits=-1000.0), 0),
]  # fmt: skip


@pytest.mark.parametrize(("law", "x"), NEVER, ids=repr)
def test_impossible_event_has_a_log_prob_of_minus_infinity(law, x):
    """PyTorch says -36 in double precision, and -16 in single: a clamped probability."""
    assert law.log_prob(x).value == -np.inf


@pytest.mark.parametrize(("law", "x"), ALWAYS, ids=repr)
def test_certain_event_has_a_log_prob_of_zero(law, x):
    assert law.log_prob(x).value == 0.0
    assert np.array_equal(law.sample(0), x)


@pytest.mark.parametrize("x", [1, True, [1, 0], np.array([1, 0], np.int8)], ids=repr)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_outcome_that_is_written_down_is_no_step_of_the_graph(x, dtype):
    p = mg.Data(np.array(0.25, dtype), name="p")
    y = mg.Bernoulli(p).log_prob(x)
    assert str(mg.Graph(y)).count("[]") == 1
    assert y.dtype == dtype
    np.testing.assert_allclose(y.value, np.log(np.where(x, 0.25, 0.75)), rtol=1e-6)


@pytest.mark.parametrize("logits", [-1000.0, 1000.0])
def test_log_prob_at_huge_logits_is_the_logit(logits):
    """NumPyro says -708 at most: the logarithm of the smallest probability."""
    rare = 1 if logits < 0 else 0
    assert mg.Bernoulli(logits=logits).log_prob(rare).value == -1000.0
    table = mg.Categorical(logits=[0.0, -1000.0])
    assert table.log_prob(1).value == -1000.0
    assert mg.Geometric(logits=1000.0).log_prob(2).value == -2000.0
    theta = mg.Data(logits, name="logits")
    slope = mg.gradient(mg.Bernoulli(logits=theta).log_prob(rare), theta).value
    assert slope == np.sign(-logits)


EACH = pytest.mark.parametrize("name", [*LAWS, *laws.VECTORS])


def law_of(name):
    entry = {**LAWS, **laws.VECTORS}[name]
    return entry.law(**entry.grid[0])


@EACH
def test_log_prob_of_nan_alone_is_nan(name):
    """PyTorch says -inf for a NaN under Uniform: unknown is not impossible."""
    law = law_of(name)
    x = np.full(law.shape, np.nan)
    assert np.all(np.isnan(law.log_prob(x).value))


def test_bounds_in_the_wrong_order_are_refused():
    """PyTorch without validation, and NumPyro, make such a law."""
    for law in (mg.Uniform, mg.DiscreteUniform):
        with pytest.raises(mg.InputError, match="low must be"):
            law(2.0, 1.0)


@pytest.mark.parametrize("law", [mg.Categorical, mg.OneHotCategorical])
def test_the_slope_of_an_entropy_in_what_is_impossible_stays_there(law):
    p, logits = mg.Data([0.4, 0.0], name="p"), mg.Data([0.4, -np.inf], name="logits")
    np.testing.assert_array_equal(mg.gradient(law(p).entropy(), p).value, [0.0, np.inf])
    zero = mg.gradient(law(logits=logits).entropy(), logits).value
    np.testing.assert_array_equal(zero, [0.0, 0.0])


SHOWN = {  # what is wrong with the parameters, and the law of them
    "probs must be .*; got -0.5 in an": lambda: mg.OneHotCategorical([0.5, -0.5]),
    r"probs must be .*; got -3.0 in an array of shape \(2, 2\)": lambda: mg.Categorical(
        [[1.0, 2.0], [1.0, -3.0]]
    ),
    "probs must be .*; got nan": lambda: mg.Multinomial(3, [0.5, np.nan]),
    "probs must be .*; got 0.0": lambda: mg.Categorical([[0.5, 0.5], [0.0, 0.0]]),
    "logits must be .*; got nan": lambda: mg.Categorical(logits=[-np.inf, np.nan]),
    "logits must be .*; got -inf": lambda: mg.Categorical(logits=[-np.inf, -np.inf]),
    "scale_tril must be .*; got -1.0": lambda: mg.MultivariateNormal(
        [0.0, 0.0], scale_tril=[[1.0, 0.0], [0.0, -1.0]]
    ),
    "scale_tril must be .*; got 0.5": lambda: mg.MultivariateNormal(
        [0.0, 0.0], scale_tril=[[1.0, 0.5], [0.0, 1.0]]
    ),
    r"covariance_matrix must be .*; got \[\[1.0, 2.0\], \[2.0, 1.0\]\]$": lambda: (
        mg.MultivariateNormal([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]])
    ),
    r"; got \[\[-1.0, .*\] in an array of shape \(2, 2, 2\)$": lambda: mg.MultivariateNormal(
        np.zeros(2), np.stack([np.eye(2), -np.eye(2)])
    ),
    "low=3.0, high=2.0 in arrays": lambda: mg.Uniform([0.0, 3.0], [1.0, 2.0]),
    "peak=2.0, high=1.0 in arrays": lambda: mg.Triangular(0.0, 1.0, [0.5, 2.0]),
    "low=5.0, high=4.0 in arrays": lambda: mg.DiscreteUniform([1, 5], [3, 4]),
    "total_count must be .*; got '3'": lambda: mg.Multinomial("3", [0.5, 0.5]),
    "total_count must be .*; got None": lambda: mg.Multinomial(None, [0.5, 0.5]),
    "total_count must be .*; got nan": lambda: mg.Multinomial(np.nan, [0.5, 0.5]),
    "loc has length 2, and the matrix is 1 by 1": lambda: mg.MultivariateNormal([0, 0], [[2]]),
    "logits must be real or inf; got -inf": lambda: mg.Geometric(logits=-np.inf),
    "logits must be real or -inf; got inf": lambda: mg.NegativeBinomial(2.0, logits=np.inf),
    r"probs must have at least one entry.*\(2, 0\)": lambda: mg.Categorical(np.ones((2, 0))),
    r"weights of shape \(3,\) and components of shape \(2,\)": lambda: mg.MixtureSameFamily(
        mg.Categorical(np.ones((3, 2))), mg.Normal(np.zeros((2, 2)), 1.0)
    ),
    r"one draw of .* has shape \(1,\), and .* part of \(3,\)": lambda: mg.TransformedDistribution(
        mg.MultivariateNormal([0.0], [[1.0]]), mg.AffineTransform(np.zeros(3))
    ),
    r"base of shape \(3,\) and transforms\[0\] of": lambda: mg.TransformedDistribution(
        mg.Normal(np.zeros(3), 1.0), mg.AffineTransform([1.0, 2.0])
    ),
    "generate of Poisson.rate=1e.19.: lam": lambda: mg.Poisson(1e19).sample(0),
    r"generate of Multinomial.total_count=10{19}, .*: Python int": lambda: mg.Multinomial(
        10**19, [0.5, 0.5]
    ).sample(0),
    "sample of Normal: shape=-1;": lambda: mg.Normal(0.0, 1.0).sample(0, -1),
    "sample of Normal: shape=2.5;": lambda: mg.Normal(0.0, 1.0).sample(0, 2.5),
    "got 0.1 in an array of shape": lambda: mg.Binomial(np.full(2, 0.1, np.float32), 0.5),
}


@pytest.mark.parametrize("problem", SHOWN)
def test_the_value_that_a_refusal_shows_is_the_bad_one(problem):
    with pytest.raises(mg.InputError, match=problem):
        SHOWN[problem]()


WHOLE = {  # laws of whole numbers, and what they say at 1
    "Exponential": (mg.Exponential, (2,)), "Weibull": (mg.Weibull, (2, 3)),
    "Pareto": (mg.Pareto, (1, 3)), "Kumaraswamy": (mg.Kumaraswamy, (2, 3)),
    "Gamma": (mg.Gamma, (2, 3)), "InverseGamma": (mg.InverseGamma, (3, 2)),
    "Dirichlet": (mg.Dirichlet, ([1, 2],)), "Normal": (mg.Normal, (100, 1)),
    "Uniform": (mg.Uniform, (-100, 100)), "DiscreteUniform": (mg.DiscreteUniform, (-100, 100)),
    "Geometric": (lambda logits: mg.Geometric(logits=logits), (-100,)),
    "Categorical": (mg.Categorical, ([100, 100],)), "Binomial": (mg.Binomial, (100, 1)),
    "MultivariateNormal": (mg.MultivariateNormal, ([1, 2], [[100, 0], [0, 100]])),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.int64, np.int8])
@pytest.mark.parametrize("name", WHOLE)
def test_parameters_that_are_integers_compute_as_floats(name, dtype):
    """NumPy's reciprocal of the integer 2 is 0, and its logarithm of one byte is half precise."""
    kind, given = WHOLE[name]
    law, right = (kind(*[np.array(x, d) for x in given]) for d in (dtype, float))
    assert np.array_equal(law.sample(0, 3), right.sample(0, 3))
    x = right.sample(1)
    for found, expected in [
        (law.log_prob(x), right.log_prob(x)),
        (law.log_prob(np.ones(law.shape, dtype)), right.log_prob(np.ones(law.shape))),
        (law.mean, right.mean), (law.variance, right.variance), (law.entropy(), right.entropy()),
    ]:  # fmt: skip
        np.testing.assert_array_equal(found.value, expected.value)


def test_a_draw_of_integers_is_a_parameter_like_any_other():
    k = mg.sample(mg.DiscreteUniform(1, 4), name="K", rng=0)
    x = mg.sample(mg.Exponential(k), name="X", rng=1)
    assert x.node.inputs == (k,)
    np.testing.assert_allclose(mg.exact(1.0 * x).value, np.mean(1.0 / np.arange(1.0, 5.0)))
    assert mg.sample(mg.Empirical(np.arange(3)), rng=0).dtype == np.int64
    assert mg.sample(mg.Gamma(k, 1.0), rng=0).value > 0.0


@EACH
def test_single_precision_stays_single_from_noise_to_density(name):
    entry = {**LAWS, **laws.VECTORS}[name]
    fixed = entry.law is mg.Multinomial
    law = entry.law(**{n: v if fixed and n == "total_count" else np.asarray(v, np.float32)
                       for n, v in entry.grid[0].items()})  # fmt: skip
    x = law.sample(0, 70_000)
    assert x.dtype == (np.int64 if law.support.discrete else np.float32)
    assert np.all(np.isfinite(law.log_prob(x[:1000]).value))
    if law.noise() is not None:
        draw = mg.sample(law, rng=0)
        assert draw.dtype == mg.reparameterize(draw, continuous=True).dtype == np.float32
    assert all(one.sample(0, 3).dtype == x.dtype for one in singles(name))


@pytest.mark.parametrize("laws", [1, 2])
def test_a_million_outcomes_of_single_precision_add_up(laws):
    probs = np.tile(np.append(0.5, np.full(10**6, 5e-7)).astype(np.float32), (laws, 1))
    law = mg.Categorical(probs if laws > 1 else probs[0]).plain()
    u = np.repeat([[0.499], [0.501]], laws, axis=1)
    rng = type("Given", (), {"random": staticmethod(lambda shape: u)})
    np.testing.assert_allclose(
        law.generate(rng, u.shape), np.repeat([[0], [2000]], laws, 1), atol=1
    )


def test_a_temperature_that_is_a_number_leaves_outcomes_single():
    law = mg.RelaxedOneHotCategorical(0.5, np.array([0.3, 0.7], np.float32))
    x = law.sample(0)
    assert x.dtype == law.log_prob(x).dtype == np.float32


def singles(name):
    """Return laws of which all parameters are of single precision, or one is, beside numbers."""
    entry = {**LAWS, **laws.VECTORS}[name]
    grid = {n: v for n, v in entry.grid[0].items()
            if not (entry.law is mg.Multinomial and n == "total_count")}  # fmt: skip
    yield entry.law(**{**entry.grid[0], **{n: np.asarray(v, np.float32) for n, v in grid.items()}})
    yield entry.law(**{**entry.grid[0], **{n: np.float32([v, v, v]) for n, v in grid.items()}})
    for n, v in grid.items():
        if not any(np.ndim(other) for key, other in grid.items() if key != n):
            yield entry.law(**{**entry.grid[0], n: np.float32([v, v, v])})


SAYS = {
    "log_prob": lambda law: law.log_prob(np.asarray(law.sample(0), np.float32)),
    "log_prob of samples": lambda law: law.log_prob(law.sample(0)),
    "cdf": lambda law: law.cdf(np.asarray(law.sample(0), np.float32)),
    "icdf": lambda law: law.icdf(0.3),
    "mean": lambda law: law.mean,
    "variance": lambda law: law.variance,
    "mode": lambda law: law.mode,
    "entropy": lambda law: law.entropy(),
    "divergence": lambda law: mg.kl_divergence(law, law),
}


@EACH
def test_all_that_a_law_of_single_precision_says_is_single(name):
    for law in singles(name):
        for what, say in SAYS.items():
            try:
                found = say(law)
            except (AttributeError, mg.UsageError):  # not in closed form
                continue
            whole = what in ("mode", "icdf") and law.support.discrete
            assert found.dtype == np.float32 or (whole and found.dtype.kind == "i"), what


@EACH
def test_blocks_of_samples_are_independent_and_repeatable(name):
    law = law_of(name)
    x = law.sample(5, 70_000)
    assert np.array_equal(x, law.sample(5, 70_000))
    first, second = x[:4000], x[65_536:69_536]
    assert not np.array_equal(first, second)
    assert abs(np.corrcoef(*(part.reshape(4000, -1)[:, 0] for part in (first, second)))[0, 1]) < 0.1


@EACH
def test_writing_over_the_noise_is_the_transform(name):
    law = law_of(name).plain()
    noise = law.noise()
    if noise is None:
        pytest.skip("no transform")
    e = noise.generate(np.random.default_rng(0), (50, *law.shape))
    expected = law.transform(e.copy())
    np.testing.assert_array_equal(law.overwrite(e.copy()), expected)


# A law of one's own ----------------------------------------------------------------------------
class Rayleigh(mg.Distribution):
    """The length of a vector of two normal numbers."""

    constraints = {"scale": positive}
    support = positive

    def __init__(self, scale):
        super().__init__(scale=scale)

    def formula(self, x):
        return log(x) - 2.0 * log(self.scale) - 0.5 * square(divide(x, self.scale))

    def noise(self):
        return StandardExponential(self.shape, self.dtype)

    def transform(self, noise):
        return self.scale * sqrt(2.0 * noise)

    @property
    def mean(self):
        return self.scale * np.sqrt(np.pi / 2)

    @property
    def variance(self):
        return square(self.scale) * (2.0 - np.pi / 2)


OWN = Law(
    Rayleigh, lambda scale: stats.rayleigh(scale=scale), [{"scale": 0.7}], positive_ones("scale")
)
OF_THE_TABLE = [
    f for name, f in vars(test_distributions).items()
    if name.startswith("test_") and {"entry", "given"} <= set(f.__code__.co_varnames[:2])
]  # fmt: skip


@pytest.mark.parametrize("test", OF_THE_TABLE, ids=lambda f: f.__name__)
def test_law_of_ones_own_passes_every_test_of_the_table(test):
    test(OWN, OWN.grid[0])


def test_there_are_tests_of_the_table():
    assert len(OF_THE_TABLE) > 20


class Forgetful(Rayleigh):
    """It draws one number, however many are asked for."""

    def noise(self):
        return None

    def generate(self, rng, shape):
        return rng.rayleigh(self.scale)


class Listed(Forgetful):
    """It draws a list."""

    def generate(self, rng, shape):
        return (self.scale * rng.rayleigh(size=shape)).tolist()


@pytest.mark.parametrize("scale", [0.7, [0.5, 2.0]])
def test_a_law_may_draw_a_list(scale):
    x = mg.sample(Listed(scale), name="X", rng=0)
    y = mg.sum(x)
    e = mg.expectation(y, 1000, rng=0)
    assert abs(e.value - np.sum(scale) * np.sqrt(np.pi / 2)) < 4 * e.stderr < 0.3
    assert float(mg.compile(y)(rng=0)) > 0.0
    assert Listed(scale).sample(0, 3).shape == (3, *np.shape(scale))


class Flat(Rayleigh):
    """It makes one number of all its noise."""

    def transform(self, noise):
        return np.sqrt(np.mean(noise)) * np.max(self.scale)


DRAWN = {
    "an average": lambda x, law: mg.expectation(x, 100, rng=0),
    "an average of pairs": lambda x, law: mg.expectation(x, 100, rng=0, noise="antithetic"),
    "a compiled function": lambda x, law: mg.compile(x, backend="numpy")(rng=0),
    "many samples": lambda x, law: law.sample(0, 10),
    "independent parts": lambda x, law: mg.Independent(Forgetful([1.0, 2.0]), 1).sample(0, 3),
    "a transformed law": lambda x, law: mg.TransformedDistribution(
        law, mg.AffineTransform(0.0, 1.0)
    ).sample(0, 3),
}


@pytest.mark.parametrize("way", DRAWN)
def test_a_law_that_draws_one_number_for_many_is_refused_by_name(way):
    law = Forgetful(0.7)
    x = mg.sample(law, name="X", rng=0)
    match = r"generate of Forgetful: samples of shape \(\d.*\) were asked for and shape \(.*\) arr"
    with pytest.raises(mg.InputError, match=match):
        DRAWN[way](x, law)


@pytest.mark.parametrize("made", [None, 1j, "one", mg.Data(1.0)])
def test_a_law_that_draws_what_is_no_number_is_refused_by_name(made, monkeypatch):
    monkeypatch.setattr(Forgetful, "generate", lambda self, rng, shape: made)
    with pytest.raises(mg.UsageError, match="generate of Forgetful: it returned "):
        mg.sample(Forgetful(0.7), name="X", rng=0)


@pytest.mark.parametrize("count", [(), 2, 70_000])
def test_a_transform_that_makes_one_number_of_many_is_refused_by_name(count):
    with pytest.raises(mg.InputError, match="transform of Flat: samples of shape"):
        Flat([1.0, 2.0]).sample(0, count)


class Unborn(mg.Distribution):
    """It does not tell its parent what its parameters are."""

    def __init__(self, scale):
        self.scale = scale


class Empty(mg.Distribution):
    """It has one parameter, and nothing is written about it."""

    def __init__(self, scale):
        super().__init__(scale=scale)


class Misspelt(Empty):
    """It bounds a parameter that it has not."""

    constraints = {"scael": positive}


class Formless(Empty):
    """It says that a parameter has two forms, and takes one."""

    either = ("scale", "rate")


class Unbound(Empty):
    """It says in words what its parameter must be."""

    constraints = {"scale": "positive"}


class Unsupported(Empty):
    """It says where it has mass by a function."""

    support = np.isfinite


class Noisy(Empty):
    """It has noise, and makes nothing of it."""

    def noise(self):
        return StandardExponential(self.shape, self.dtype)


MISTAKES = {
    r"Unborn: it has no \w+ yet; call super\(\).__init__": lambda: mg.sample(Unborn(2.0)),
    r"Unborn: it has no parameters yet; call super": lambda: Unborn(2.0).log_prob(1.0),
    "formula of Empty: the class has none; define formula": lambda: Empty(2.0).log_prob(1.0),
    "generate of Empty: the class has none; define generate": lambda: mg.sample(Empty(2.0)),
    "transform of Noisy: the class has none; define transform": lambda: mg.sample(Noisy(2.0)),
    "Misspelt: constraints names 'scael', and the parameters are scale": lambda: Misspelt(2.0),
    "Formless: either names 'rate', and the parameters are scale": lambda: Formless(2.0),
    "Unbound: scale: got str, and it must be a constraint": lambda: Unbound(2.0),
    "Unsupported: support: got ufunc, and it must be a constraint": lambda: Unsupported(2.0),
    "inverse of Transform: the class has none; define inverse": lambda: mg.TransformedDistribution(
        mg.Normal(0.0, 1.0), Transform()
    ).log_prob(0.0),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_in_a_law_of_ones_own_is_told_by_class_and_method(message):
    with pytest.raises(mg.UsageError, match=message):
        MISTAKES[message]()


def test_a_law_that_takes_any_arguments_gets_them():
    class Any(Rayleigh):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)

    @dataclasses.dataclass(init=True, repr=False, eq=False)
    class Filled(Rayleigh):
        width: float

        def __post_init__(self):
            mg.Distribution.__init__(self, scale=self.width)

    for law in (Any(0.5), Any(scale=0.5), Filled(0.5), Filled(width=0.5)):
        assert law.parameters["scale"].value == 0.5
        assert copy.deepcopy(law).parameters["scale"].value == 0.5


def test_a_parameter_is_not_assigned_and_other_attributes_are():
    class Wide(Rayleigh):
        def __init__(self, scale):
            self.scale, self.before = scale, 1.0
            super().__init__(scale)
            self.width = 2.0 * scale

    law = Wide(0.5)
    law.before = law.width
    assert (law.scale, law.before, law.width) == (0.5, 1.0, 1.0)
    for law in (mg.Normal(0.0, 1.0), mg.Normal(0.0, 1.0).plain(), Wide(1.0)):
        with pytest.raises(mg.UsageError, match=r"scale = -1.0 was assigned.*make another law"):
            law.scale = -1.0
        assert repr(law).endswith("scale=1.0)")


def test_a_law_that_is_not_made_yet_can_be_pickled_and_asked_for_what_python_asks_for():
    law = Unborn(2.0)
    assert pickle.loads(pickle.dumps(law)).scale == copy.copy(law).scale == 2.0
    assert not hasattr(law, "__array_interface__")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mg.Normal(0.0, 1.0).cdf(0.0), "Normal.cdf: ndtr needs SciPy"),
        (lambda: mg.StudentT(3.0, 0.0, 1.0).log_prob(0.0), "StudentT.log_prob: poch needs SciPy"),
        (lambda: mg.sample(mg.TruncatedNormal(0.0, 1.0, 0.0, 1.0)), "sample of TruncatedNormal: "),
        (lambda: mg.gammaln(A).backward(), "gradient of the unnamed output of gammaln: "),
        (lambda: mg.gradient(mg.gammaln(A), A), "gradient of the unnamed output of gammaln: "),
        (
            lambda: mg.expectation(mg.sample(mg.Normal(0.0, 1.0), name="X"), 9, noise="antithetic"),
            "replay of ε_X: ndtri needs SciPy",
        ),
    ],
)  # fmt: skip
def test_what_needs_scipy_says_so_in_the_name_of_what_was_called(monkeypatch, call, said):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(mg.MissingExtraError) as caught:
        call()
    assert said in str(caught.value)
    assert 'pip install "minigraph[scipy]"' in str(caught.value)


@pytest.mark.parametrize("x", [0.0, 1.0])
@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (1.0, 3.0), (2.0, 3.0), (0.5, 3.0)])
def test_density_of_kumaraswamy_slopes_at_its_ends_as_that_of_beta(x, a, b):
    """log x slopes up without end at 0, which log (1 - x^a) does not; at 1 it falls if b > 1."""
    laws = mg.Kumaraswamy(a, b), mg.Beta(a, b)
    slopes = [mg.grad(law.log_prob)(x) for law in laws]
    assert slopes[0] == slopes[1]


@pytest.mark.parametrize(
    ("law", "given", "x", "slopes"),
    [
        (mg.Normal, [0.5, 2.0], [np.inf, -np.inf], [0.0, 0.0]),  # as of a censored number
        (mg.Exponential, [2.0], [np.inf], [0.0]),
        (mg.Poisson, [3.0], [np.inf], [0.0]),
        (lambda s: mg.Uniform(-s, s), [2.0], [np.inf, -np.inf], [0.0]),
        (mg.Gumbel, [0.0, 1.0], [-1e3], [0.0, 0.0]),
        (mg.Weibull, [2.0, 50.0], [50.0, 1e10], [0.0, 0.0]),
        (mg.Geometric, [1.0], [0.0], [1.0]),
        (mg.Geometric, [1.0], [1.0, 5.0], [0.0]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_cdf_has_a_slope_where_it_is_0_or_1(law, given, x, slopes, dtype):
    parameters = [mg.Data(dtype(v)) for v in given]
    y = law(*parameters).cdf(np.asarray(x, dtype))
    np.testing.assert_array_equal(y.value, np.asarray(np.greater_equal(x, 0.0), dtype))
    assert y.dtype == dtype
    found = [slope.value for slope in mg.gradient(mg.sum(y), parameters)]
    np.testing.assert_array_equal(found, slopes)
