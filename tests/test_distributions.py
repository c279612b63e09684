"""Every law of one number against SciPy's, over the table in `laws.py`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from laws import LAWS, shapes
from scipy import special, stats

import minigraph as mg

CASES = [
    pytest.param(entry, given, id=f"{name} {given}")
    for name, entry in LAWS.items()
    for given in entry.grid
]
TAME = [pytest.param(entry, entry.grid[0], id=name) for name, entry in LAWS.items()]
ALL = pytest.mark.parametrize(("entry", "given"), CASES)
EACH = pytest.mark.parametrize(("entry", "given"), TAME)
LEVELS = np.array([1e-9, 1e-4, 0.02, 0.1, 0.3, 0.5, 0.6, 0.8, 0.95, 0.999, 1 - 1e-7])


def discrete(entry):
    return entry.law(**entry.grid[0]).support.discrete


def points(entry, given):
    """Return where to look: quantiles, all different."""
    return np.unique(entry.oracle(**given).ppf(LEVELS)).astype(float)


def log_density(oracle, x):
    with np.errstate(all="ignore"):
        return (
            oracle.logpmf(x)
            if hasattr(oracle, "pmf") and _is_discrete(oracle)
            else oracle.logpdf(x)
        )


def _is_discrete(oracle):
    return isinstance(getattr(oracle, "dist", oracle), stats.rv_discrete)


def parameters(entry, given):
    """Return the law on named Data, and those of them that vary smoothly."""
    data = {name: mg.Data(value, name=name) for name, value in given.items()}
    law = entry.law(**data)
    return law, [d for name, d in data.items() if not law.constraints[name].discrete]


@ALL
def test_log_prob_is_that_of_scipy(entry, given):
    x = points(entry, given)
    expected = log_density(entry.oracle(**given), x)
    found = entry.law(**given).log_prob(x).value
    # Near 0 what counts is the absolute error: the log-density is a sum of larger terms.
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@ALL
def test_log_prob_is_minus_infinity_outside_the_support(entry, given):
    law, oracle = entry.law(**given), entry.oracle(**given)
    low, high = oracle.support()
    outside = [-np.inf, np.inf]
    if np.isfinite(low):
        outside += [low - 1e-3 * max(1.0, abs(low)), low - 1e9 * max(1.0, abs(low))]
    if np.isfinite(high):
        outside += [high + 1e-3 * max(1.0, abs(high)), high + 1e9 * max(1.0, abs(high))]
    if discrete(entry):
        outside += [points(entry, given)[0] + 0.5]
    assert np.all(np.equal(law.log_prob(np.array(outside)).value, -np.inf))


@ALL
def test_log_prob_of_nan_is_nan(entry, given):
    found = entry.law(**given).log_prob(np.array([np.nan, points(entry, given)[0]])).value
    assert np.isnan(found[0])
    assert not np.isnan(found[1])


@ALL
def test_mean_and_variance_are_those_of_scipy(entry, given):
    if entry.circular or not hasattr(entry.law(**given), "mean"):
        pytest.skip("of an angle, or none in closed form")
    law, oracle = entry.law(**given), entry.oracle(**given)
    mean = oracle.mean()
    if entry.law is mg.StudentT and np.isinf(mean):
        mean = np.nan  # SciPy says inf, but neither tail outweighs the other
    for found, expected in ((law.mean, mean), (law.variance, oracle.var())):
        if np.isfinite(expected):
            np.testing.assert_allclose(value(found), expected, rtol=1e-9, atol=1e-12)
        else:
            np.testing.assert_equal(value(found), expected)


def value(x):
    return x.value if isinstance(x, mg.Data) else x


def entropy_of(oracle):
    """Return SciPy's entropy, of counts by adding up its own probabilities, which it cuts off."""
    if not _is_discrete(oracle):
        return oracle.entropy()
    low, high = oracle.ppf([1e-300, 1.0 - 1e-16])
    further = 50.0 + 10.0 * np.sqrt(oracle.var())
    return np.sum(special.entr(oracle.pmf(np.arange(low, high + further))))


@ALL
def test_entropy_is_that_of_scipy(entry, given):
    law = entry.law(**given)
    if not hasattr(law, "entropy"):
        pytest.skip("no closed form")
    with np.errstate(all="ignore"):
        expected = entropy_of(entry.oracle(**given))
    if np.isnan(expected):
        pytest.skip("SciPy has none either")
    np.testing.assert_allclose(value(law.entropy()), expected, rtol=1e-9, atol=1e-9)


@EACH
def test_entropy_is_differentiable(entry, given):
    law, smooth = parameters(entry, given)
    if not hasattr(law, "entropy") or not smooth:
        pytest.skip("no closed form, or whole parameters")
    for data in smooth:
        found = np.asarray(mg.gradient(law.entropy(), data).value)
        for place in np.ndindex(data.shape):

            def shifted(v, data=data, place=place):
                array = np.array(data.value, dtype=float)
                array[place] = v
                return entropy_of(entry.oracle(**{**given, data.name: array}))

            at = float(np.asarray(data.value)[place])
            expected = slope(shifted, at, 1e-2 * max(abs(at), 0.05))
            np.testing.assert_allclose(found[place], expected, rtol=1e-5, atol=1e-5)


@ALL
def test_mode_has_the_highest_density(entry, given):
    law = entry.law(**given)
    if not hasattr(law, "mode"):
        pytest.skip("not declared")
    mode = np.asarray(value(law.mode), dtype=float)
    others = law.log_prob(points(entry, given)).value
    others = others[np.isfinite(others)]
    assert np.all(law.log_prob(mode).value >= others - 1e-9 * np.abs(others) - 1e-14)


@ALL
def test_cdf_is_that_of_scipy(entry, given):
    law, oracle = entry.law(**given), entry.oracle(**given)
    x = points(entry, given)
    far = max(1.0, float(np.max(np.abs(x))))
    x = np.concatenate([x, [x[0] - 1e4 * far, x[-1] + 1e6 * far]])
    if discrete(entry):
        x = np.concatenate([x, x + 0.5])
    if type(law).cumulative is mg.Distribution.cumulative:
        pytest.skip("no closed form")
    with np.errstate(all="ignore"):
        expected = oracle.cdf(x)
    if entry.law is mg.StudentT:  # SciPy squares x, and says 0 or 1 from 1e154 on
        far = np.abs(x) > 1e150
        tail = oracle.cdf(-1e-20 * np.abs(x[far])) * 1e20 ** -given["df"]  # the tail is a power
        expected[far] = np.where(x[far] < 0.0, tail, 1.0 - tail)
    np.testing.assert_allclose(law.cdf(x).value, expected, rtol=1e-9, atol=1e-13)


@ALL
def test_cdf_at_and_beyond_the_ends_is_that_of_scipy(entry, given):
    law, oracle = entry.law(**given), entry.oracle(**given)
    if type(law).cumulative is mg.Distribution.cumulative:
        pytest.skip("no closed form")
    ends = np.array(oracle.support(), dtype=float)
    inner = np.nextafter(ends, ends[::-1])
    x = [*ends, *inner, *np.add(ends, [-1.0, 1.0]), -0.0, 0.0, -np.inf, np.inf, np.nan]
    with np.errstate(all="ignore"):
        expected = oracle.cdf(x)
    np.testing.assert_allclose(law.cdf(x).value, expected, rtol=1e-9, atol=1e-13)
    alone = [float(law.cdf(float(v)).value) for v in x]
    np.testing.assert_allclose(alone, expected, rtol=1e-9, atol=1e-13)


@ALL
def test_a_cdf_is_flat_beyond_the_ends(entry, given):
    law = entry.law(**{name: mg.Data(np.asarray(v, float)) for name, v in given.items()})
    if type(law).cumulative is mg.Distribution.cumulative:
        pytest.skip("no closed form")
    if given == {"probs": 1.0}:
        pytest.skip("a law of one value, whose other values are no ends")
    for end, off in zip(entry.oracle(**given).support(), (-1.5, 1.5), strict=True):
        if np.isfinite(end):
            x = mg.Data(float(end) + off)
            for slope in mg.gradient(law.cdf(x), [x, *law.inputs]):
                np.testing.assert_allclose(slope.value, 0.0, atol=1e-12)


@ALL
def test_icdf_inverts_the_cdf(entry, given):
    law, oracle = entry.law(**given), entry.oracle(**given)
    if type(law).quantile is mg.Distribution.quantile:
        pytest.skip("no closed form")
    p = np.concatenate([[0.0], LEVELS, [1.0]])
    found, known = law.icdf(p).value, oracle.ppf(p)
    stuck = (np.abs(known) > 1e153) & np.isfinite(known)  # SciPy's Student t ends at such a number
    known[stuck] = found[stuck]
    spread = float(np.nan_to_num(oracle.std(), nan=1.0, posinf=1.0))
    np.testing.assert_allclose(found, known, rtol=1e-9, atol=1e-9 * min(1.0, spread))
    assert np.all(np.isnan(law.icdf(np.array([-0.1, 1.1, np.nan])).value))


def slope(f, x, h):
    """Return f'(x), a five-point difference."""
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def slope_and_doubt(f, x, h):
    """Return f'(x), and what two step sizes and the rounding of x and f leave open."""
    try:
        with np.errstate(all="ignore"):
            near, far = slope(f, x, h), slope(f, x, 2 * h)
            rounding = 1e-15 * np.abs(f(x)) / h + 1e-15 * np.abs(near * x) / h
            return near, np.abs(near - far) + rounding
    except ValueError:  # SciPy refuses negative weights
        return np.nan, np.nan


@ALL
def test_log_prob_is_differentiable_in_the_parameters(entry, given):
    law, smooth = parameters(entry, given)
    x = points(entry, given) if discrete(entry) else points(entry, given)[2:-2]
    for data in smooth:
        jacobian = np.array([mg.gradient(law.log_prob(v), data).value for v in x])
        for place in np.ndindex(data.shape):

            def shifted(v, data=data, place=place):
                array = np.array(data.value, dtype=float)
                array[place] = v
                return log_density(entry.oracle(**{**given, data.name: array}), x)

            at = float(np.asarray(data.value)[place])
            size = given["scale"] if data.name == "loc" and "scale" in given else abs(at)
            expected, doubt = slope_and_doubt(shifted, at, 1e-4 * (size or 1.0))
            known = np.isfinite(expected)  # not at the edge of what is legal
            assert given is not entry.grid[0] or (np.all(known) and np.max(doubt) < 1e-6)
            gap = np.abs(jacobian[(..., *place)] - expected)
            assert np.all((gap <= 1e-7 * np.abs(expected) + 1e-8 + 10 * doubt) | ~known)


@EACH
def test_log_prob_is_differentiable_in_the_value(entry, given):
    if discrete(entry):
        pytest.skip("a count cannot vary smoothly")
    oracle, law = entry.oracle(**given), entry.law(**given)
    x = points(entry, given)[2:-2]
    data = mg.Data(x)
    found = mg.gradient(mg.sum(law.log_prob(data)), data).value
    h = 1e-4 * np.min(np.diff(x))
    np.testing.assert_allclose(
        found, slope(lambda v: log_density(oracle, v), x, h), rtol=1e-6, atol=1e-7
    )


@ALL
def test_samples_fit_the_law(entry, given):
    law, oracle = entry.law(**given), entry.oracle(**given)
    x = np.asarray(law.sample(12345, 20_000))
    assert x.shape == (20_000,)
    assert np.all(law.support.holds(x))
    assert np.all(np.isfinite(law.log_prob(x).value))
    if entry.circular:  # SciPy's angles lie around loc, ours around 0
        turned = x - given["loc"]
        x = given["loc"] + turned - 2 * np.pi * np.rint(turned / (2 * np.pi))
    if not discrete(entry):
        assert stats.kstest(x, oracle.cdf).pvalue > 2e-5
        return
    assert x.dtype == np.int64
    edges = np.unique(oracle.ppf(np.linspace(0.0, 1.0, 21)[1:-1]))
    cells = np.diff(np.concatenate([[0.0], oracle.cdf(edges), [1.0]]))
    counts = np.bincount(np.searchsorted(edges, x), minlength=len(cells))
    assert np.all(counts[cells <= 0] == 0)
    counts, cells = counts[cells > 1e-7], cells[cells > 1e-7]
    if len(cells) > 1:
        assert stats.chisquare(counts, 20_000 * cells / cells.sum()).pvalue > 2e-5


SMALL = {  # shapes that throw samples to the ends of what a float can hold
    "Gamma": ({"concentration": 0.01, "rate": 1.0}), "Chi2": ({"df": 0.02}),
    "InverseGamma": ({"concentration": 0.01, "rate": 1.0}), "Beta": shapes(0.01, 0.01),
    "Kumaraswamy": shapes(0.01, 0.01), "Weibull": {"scale": 1.0, "concentration": 0.01},
    "Pareto": {"scale": 1.0, "alpha": 0.01}, "StudentT": {"df": 0.02, "loc": 0.0, "scale": 1.0},
    "Dirichlet": {"concentration": [0.01, 0.01]}, "VonMises": {"loc": 1.0, "concentration": 1e-9},
    "RelaxedBernoulli": {"temperature": 0.01, "probs": 0.5},
    "RelaxedOneHotCategorical": {"temperature": 0.01, "probs": [0.5, 0.5]},
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", SMALL)
def test_samples_of_extreme_shapes_have_a_finite_density(name, dtype):
    given = {n: np.asarray(v, dtype) for n, v in SMALL[name].items()}
    law = getattr(mg, name)(**given)
    x = law.sample(3, 20_000)
    assert x.dtype == dtype
    assert np.all(np.isfinite(x))
    assert np.all(np.isfinite(law.log_prob(x).value))


@EACH
def test_same_seed_same_samples(entry, given):
    law = entry.law(**given)
    assert np.array_equal(law.sample(7, (3, 2)), law.sample(np.random.default_rng(7), (3, 2)))
    assert not np.array_equal(law.sample(7, 100), law.sample(8, 100))


@EACH
def test_samples_are_arrays_to_write_into(entry, given):
    assert entry.law(**given).sample(0, 3).flags.writeable


@EACH
def test_sampler_is_the_transform_of_the_noise(entry, given):
    law, smooth = parameters(entry, given)
    if law.noise() is None:
        pytest.skip("no transform")
    x = mg.sample(law, name="X", rng=3)
    opened = pathwise(mg.sin(x))
    assert opened.value == np.sin(x.value)
    assert not mg.Graph(opened).blocked(smooth)


@EACH
def test_float32_parameters_give_float32(entry, given):
    law = entry.law(**{name: np.asarray(v, np.float32) for name, v in given.items()})
    x = law.sample(0, 5)
    assert x.dtype == (np.int64 if discrete(entry) else np.float32)
    assert law.log_prob(x).dtype == np.float32
    assert law.log_prob([1.0, 0.0]).dtype == np.float32
    assert law.log_prob(1.0).dtype == np.float32
    if hasattr(law, "mean"):
        assert value(law.mean).dtype == value(law.variance).dtype == np.float32


@EACH
def test_laws_side_by_side_are_the_laws_alone(entry, given):
    grid = [
        g
        for g in entry.grid
        if np.shape(next(iter(g.values()))) == np.shape(next(iter(given.values())))
    ]
    many = entry.law(**{name: np.array([g[name] for g in grid]) for name in given})
    assert many.shape == many.batch_shape == (len(grid),)
    x = np.array([entry.law(**g).sample(1) for g in grid])
    alone = [entry.law(**g).log_prob(v).item() for g, v in zip(grid, x, strict=True)]
    np.testing.assert_allclose(many.log_prob(x).value, alone, rtol=1e-9)
    if hasattr(many, "mean"):
        assert value(many.mean).shape == value(many.variance).shape == many.shape
    assert many.sample(0, (4, 2)).shape == (4, 2, len(grid))


@pytest.mark.parametrize(
    ("entry", "bad", "name"),
    [pytest.param(e, bad, name, id=f"{law} {bad}")
     for law, e in LAWS.items() for bad, name in e.bad],
)  # fmt: skip
def test_bad_parameters_are_refused_by_name_and_value(entry, bad, name):
    shown = str(np.ravel(bad[name])[0])[:4]
    with pytest.raises(mg.InputError, match=rf"{entry.law.__name__}: {name} must .*{shown}"):
        entry.law(**bad)


def test_parameter_that_is_no_number_is_refused_by_name():
    with pytest.raises(mg.UsageError, match=r"^Normal: scale: got None of .* lacks its return"):
        mg.Normal(0.0, None)
    with pytest.raises(mg.InputError, match=r"^Categorical: probs: .*; pass a number or a rect"):
        mg.Categorical([[0.5, 0.5], [1.0]])


# Averages --------------------------------------------------------------------------------------
def mean_sine(entry, given):
    """Return E[sin X] by integrating SciPy's law."""
    if entry.mean_sine is not None:
        return entry.mean_sine(**given)
    oracle = entry.oracle(**given)
    if _is_discrete(oracle):
        k = np.arange(oracle.ppf(1e-14), oracle.ppf(1 - 1e-14) + 5)
        return np.sum(np.sin(k) * oracle.pmf(k))
    tails = 10.0 ** np.arange(-15, -1)
    levels = np.concatenate([tails, np.linspace(0.05, 0.95, 19), 1 - tails[::-1]])
    edges = np.unique(
        np.concatenate(
            [np.clip(oracle.support(), *oracle.ppf([1e-15, 1 - 1e-15])), oracle.ppf(levels)]
        )
    )
    nodes, weights = np.polynomial.legendre.leggauss(60)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    x = middle[:, None] + half[:, None] * nodes
    return np.sum(half[:, None] * weights * np.sin(x) * oracle.pdf(x))


def slopes_of_mean_sine(entry, given, data):
    array = np.array(data.value, dtype=float)
    out = np.zeros_like(array)
    for place in np.ndindex(array.shape):

        def shifted(v, place=place):
            moved = array.copy()
            moved[place] = v
            return mean_sine(entry, {**given, data.name: moved})

        out[place] = slope(shifted, array[place], 1e-3 * max(abs(array[place]), 0.05))
    return out


@EACH
def test_exact_gradients_of_mean_sine_are_right(entry, given):
    law, smooth = parameters(entry, given)
    if entry.sine is None:
        pytest.skip("no quadrature rule")
    y = mg.sin(mg.sample(law, name="X", rng=0))
    estimate = mg.exact(y, smooth)
    np.testing.assert_allclose(estimate.value, mean_sine(entry, given), atol=entry.sine)
    for data in smooth:
        expected = slopes_of_mean_sine(entry, given, data)
        np.testing.assert_allclose(estimate.grad[data], expected, atol=max(entry.sine, 1e-7))
        if law.noise() is not None:
            found = mg.exact(pathwise(y), data).grad[data]
            np.testing.assert_allclose(found, expected, atol=max(entry.sine, 1e-7))
        if data.name not in law.support_moves:
            score = mg.exact(mg.reinforce(partly(entry, given, data)), data).grad[data]
            np.testing.assert_allclose(score, expected, atol=max(entry.sine, 1e-7))


def pathwise(y):
    """Return `y` reparameterized; the sine of an angle has no jump where the angle has one."""
    return mg.reparameterize(y, continuous=True)


def partly(entry, given, data):
    """Return sin X of the law of which only one parameter carries a gradient."""
    return mg.sin(mg.sample(entry.law(**{**given, data.name: data}), name="X", rng=0))


@EACH
def test_sampled_gradients_of_mean_sine_are_right(entry, given):
    law, smooth = parameters(entry, given)
    ways = {"reinforce": mg.reinforce}
    if law.noise() is not None and not entry.heavy:
        ways["reparameterize"] = pathwise
    for data in smooth:
        expected = slopes_of_mean_sine(entry, given, data)
        for name, rewrite in ways.items():
            if name == "reinforce" and data.name in law.support_moves:
                continue
            y = rewrite(partly(entry, given, data))
            found = mg.expectation(y, 20_000, wrt=data, rng=5)
            error = np.asarray(found.grad_stderr[data])
            assert np.all(np.abs(found.grad[data] - expected) < 5 * error + 1e-6)
            assert np.all(error < 0.05 * (1 + np.abs(expected).max()))


@EACH
def test_score_is_refused_where_the_support_moves(entry, given):
    for name in entry.law.support_moves:
        data = mg.Data(given[name], name=name)
        y = partly(entry, given, data)
        with pytest.raises(mg.BlockedGradientError, match="support"):
            mg.reinforce(y)


@EACH
def test_many_draws_replayed_are_those_of_the_law(entry, given):
    """As many samples as one sample has elements: wrong broadcasts would pass elsewhere."""
    law = entry.law(**{name: np.stack([v, v, v]) for name, v in given.items()})
    x = mg.sample(law, name="X", rng=0)
    y = mg.expectation(mg.sum(law.log_prob(x)), 3, rng=1, block_size=3)
    assert np.isfinite(y.value)
    oracle = entry.oracle(**given)
    mean = mg.expectation(x, 4000, rng=2)
    assert mean.value.shape == (3,)
    if not entry.circular and hasattr(law, "mean") and np.isfinite(oracle.var()):
        assert np.all(np.abs(mean.value - oracle.mean()) < 5 * np.asarray(mean.stderr))


@EACH
def test_probability_is_the_exponential_of_log_prob(entry, given):
    law = entry.law(**given)
    x = points(entry, given)
    with warnings.catch_warnings():
        np.testing.assert_allclose(
            law.plain().probability(x), np.exp(law.log_prob(x).value), rtol=1e-9
        )


@EACH
def test_cdf_is_differentiable_in_the_parameters(entry, given):
    law, smooth = parameters(entry, given)
    if type(law).cumulative is mg.Distribution.cumulative or discrete(entry):
        pytest.skip("no closed form, or steps")
    x = points(entry, given)[2:-2]
    x = x + 0.01 * np.min(np.diff(x))  # off the kink of a Laplace cdf, where differences are rough
    for data in smooth:
        found = np.array([mg.gradient(law.cdf(v), data).value for v in x])

        def shifted(v, name=data.name):
            return entry.oracle(**{**given, name: v}).cdf(x)

        expected = slope(shifted, given[data.name], 1e-4 * max(abs(given[data.name]), 0.05))
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


# Entropy of counts -----------------------------------------------------------------------------
def test_entropy_of_counts_looks_at_the_parameters_of_each_replay():
    """The first rate is small, the others need many more terms."""
    rate = 10.0 ** (2.0 * mg.sample(mg.Bernoulli(0.5), name="B", rng=np.random.default_rng(1)) + 1)
    found = mg.exact(mg.Poisson(rate).entropy()).value
    expected = np.mean([entropy_of(stats.poisson(r)) for r in (10.0, 1000.0)])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_entropy_of_counts_refuses_too_many_terms_and_second_derivatives():
    with pytest.raises(mg.UsageError, match=r"NegativeBinomial.*too many to add up"):
        mg.NegativeBinomial(1.0, 1.0 - 1e-9).entropy()
    with pytest.raises(mg.UsageError, match=r"entropy of Multinomial.*1000000001 counts"):
        mg.Multinomial(10**9, [0.5, 0.5]).entropy()
    rate = mg.Data(2.0, name="rate")
    with pytest.raises(mg.BlockedGradientError, match="slope of the entropy in rate"):
        mg.gradient(mg.gradient(mg.Poisson(rate).entropy(), rate), rate)


def test_support_of_whole_numbers_is_written_in_whole_numbers():
    laws = mg.Binomial(7.0, 0.5), mg.Binomial(7, 0.5), mg.DiscreteUniform(0, np.float32(7))
    assert {repr(law.support) for law in laws} == {"0, …, 7"}
    assert repr(mg.DiscreteUniform(-2.0, mg.Data(3.0, name="v2.0")).support) == "-2, …, v2.0"
    assert repr(mg.Uniform(0.0, 7.0).support) == "in [0.0, 7.0]"


def test_entropy_of_counts_keeps_the_slope_of_what_is_impossible_there():
    weights, some = mg.Data([0.0, 0.4, 0.7]), mg.Data([0.4, 0.7])
    found = mg.gradient(mg.Multinomial(3, weights).entropy(), weights).value
    expected = mg.gradient(mg.Multinomial(3, some).entropy(), some).value
    np.testing.assert_allclose(found, [np.inf, *expected], rtol=1e-12)
    certain = mg.Data([0.0, -np.inf])
    slopes = mg.gradient(mg.Multinomial(3, logits=certain).entropy(), certain).value
    np.testing.assert_allclose(slopes, 0.0)


def test_entropy_of_laws_side_by_side_is_that_of_each():
    found = mg.Binomial(np.array([3.0, 8.0]), np.array([[0.2], [0.5]])).entropy()
    expected = [[entropy_of(stats.binom(n, p)) for n in (3, 8)] for p in (0.2, 0.5)]
    np.testing.assert_allclose(found.value, expected, rtol=1e-9)
    assert mg.Poisson(np.float32(2.0)).entropy().dtype == np.float32


def test_geometric_law_that_never_fails_is_enumerated():
    probs = mg.Data(1.0, name="p")
    x = mg.sample(mg.Geometric(probs), name="X", rng=0)
    assert mg.exact(1.0 * x).value == 0.0
    assert mg.exact(1.0 * x, probs).grad[probs] == -1.0  # of the mean, 1/p - 1
