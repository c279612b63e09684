"""Every law of a vector against SciPy's, over the table `VECTORS` in `laws.py`."""

from __future__ import annotations

import numpy as np
import pytest
from laws import VECTORS

import minigraph as mg

CASES = [
    pytest.param(entry, given, id=f"{name} {i}")
    for name, entry in VECTORS.items()
    for i, given in enumerate(entry.grid)
]
ALL = pytest.mark.parametrize(("entry", "given"), CASES)
EACH = pytest.mark.parametrize(
    ("entry", "given"), [pytest.param(e, e.grid[0], id=name) for name, e in VECTORS.items()]
)


def log_density(oracle, x):
    with np.errstate(all="ignore"):
        return np.array([getattr(oracle, "logpmf", None)(v) if hasattr(oracle, "logpmf")
                         else oracle.logpdf(v) for v in x])  # fmt: skip


def smooth(given):
    return {n: mg.Data(v, name=n) for n, v in given.items() if n != "total_count"}


@ALL
def test_log_prob_is_that_of_scipy(entry, given):
    law = entry.law(**given)
    x = law.sample(3, 20)
    np.testing.assert_allclose(
        law.log_prob(x).value, log_density(entry.oracle(**given), x), rtol=1e-9, atol=1e-9
    )


@ALL
def test_log_prob_has_one_number_for_a_vector(entry, given):
    law = entry.law(**given)
    assert law.batch_shape == ()
    assert law.log_prob(law.sample(0)).shape == ()
    assert law.log_prob(law.sample(0, (4, 2))).shape == (4, 2)


@EACH
def test_log_prob_of_another_event_shape_is_refused(entry, given):
    law = entry.law(**given)
    for x in (1, law.sample(0)[:1]):
        with pytest.raises(mg.InputError, match=r"log_prob: one draw has shape \("):
            law.log_prob(x)


@ALL
def test_log_prob_is_minus_infinity_outside_the_support(entry, given):
    law = entry.law(**given)
    x = np.array(law.sample(0, 2), dtype=float)
    x[0, 0] = np.inf
    found = law.log_prob(x).value
    assert found[0] == -np.inf
    assert np.isfinite(found[1])
    if entry.law is not mg.MultivariateNormal:
        x[0, 0] = x[1, 0] - 0.5
        assert law.log_prob(x).value[0] == -np.inf


@ALL
def test_log_prob_of_nan_is_nan(entry, given):
    law = entry.law(**given)
    x = np.array(law.sample(0, 2), dtype=float)
    x[0, 1] = np.nan
    found = law.log_prob(x).value
    assert np.isnan(found[0])
    assert not np.isnan(found[1])


@EACH
def test_log_prob_is_differentiable_in_the_parameters(entry, given):
    data = smooth(given)
    if "covariance_matrix" in data:
        pytest.skip("moved one entry at a time it is not symmetric; its factor is tested")
    law = entry.law(**{**given, **data})
    x = law.sample(5, 3)
    for name, parameter in data.items():
        jacobian = np.array([mg.gradient(law.log_prob(v), parameter).value for v in x])
        for place in np.ndindex(parameter.shape):
            if name == "scale_tril" and place[0] < place[1]:
                assert not np.any(jacobian[(..., *place)])
                continue
            h = 1e-5

            def at(shift, name=name, place=place):
                moved = np.array(given[name], dtype=float)
                moved[place] += shift
                if name == "probs":
                    moved = moved / moved.sum()
                return log_density(entry.oracle(**{**given, name: moved}), x)

            expected = (at(h) - at(-h)) / (2 * h)
            np.testing.assert_allclose(jacobian[(..., *place)], expected, rtol=1e-5, atol=1e-6)


@ALL
def test_mean_and_variance_are_those_of_the_samples(entry, given):
    law = entry.law(**given)
    x = law.sample(11, 40_000)
    n = len(x)
    spread = np.sqrt(law.variance.value)
    assert np.all(np.abs(x.mean(axis=0) - law.mean.value) <= 5 * spread / np.sqrt(n) + 1e-12)
    fourth = np.sqrt(np.mean((x - x.mean(axis=0)) ** 4, axis=0) / n)
    assert np.all(np.abs(x.var(axis=0) - law.variance.value) <= 6 * fourth + 1e-12)
    if hasattr(entry.oracle(**given), "cov"):
        cov = entry.oracle(**given).cov
        expected = cov() if callable(cov) else cov
        np.testing.assert_allclose(law.variance.value, np.diag(expected), rtol=1e-9)


@ALL
def test_entropy_is_that_of_scipy(entry, given):
    law = entry.law(**given)
    if not hasattr(law, "entropy"):
        pytest.skip("no closed form")
    np.testing.assert_allclose(
        law.entropy().value, entry.oracle(**given).entropy(), rtol=1e-9, atol=1e-14
    )


@EACH
def test_sampler_is_the_transform_of_the_noise(entry, given):
    data = smooth(given)
    x = mg.sample(entry.law(**{**given, **data}), name="X", rng=3)
    if x.node.distribution.noise() is None:
        pytest.skip("no transform")
    opened = mg.reparameterize(mg.sum(x * np.arange(x.size)))
    assert opened.value == np.sum(x.value * np.arange(x.size))
    assert not mg.Graph(opened).blocked()


@EACH
def test_both_gradients_of_a_mean_agree(entry, given):
    """Mean-sine of a projection: the score and the pathwise gradient, or the exact one."""
    data = smooth(given)
    x = mg.sample(entry.law(**{**given, **data}), name="X", rng=3)
    y = mg.sin(mg.sum(x * np.array([1.0, -0.5, 0.3][: x.size])))
    keys = list(data.values())
    score = mg.expectation(mg.reinforce(y), 40_000, wrt=keys, rng=1)
    if x.node.distribution.noise() is None:
        other = mg.exact(y, keys)
        np.testing.assert_allclose(mg.exact(mg.reinforce(y), keys).grad[keys[0]],
                                   other.grad[keys[0]], atol=1e-12)  # fmt: skip
    else:
        other = mg.expectation(mg.reparameterize(y), 40_000, wrt=keys, rng=2)
    for key in keys:
        error = np.hypot(score.grad_stderr[key], other.grad_stderr[key])
        gap = np.abs(score.grad[key] - other.grad[key])
        if key.name == "covariance_matrix":
            gap, error = np.tril(gap), np.tril(error)
        assert np.all(gap <= 5 * error + 1e-9)
        assert np.all(error < 0.1)


@EACH
def test_float32_parameters_give_float32(entry, given):
    law = entry.law(**{n: v if n == "total_count" else np.asarray(v, np.float32)
                       for n, v in given.items()})  # fmt: skip
    x = law.sample(0, 5)
    assert x.dtype in (np.int64, np.float32)
    assert law.log_prob(x).dtype == np.float32
    assert law.mean.dtype == law.variance.dtype == np.float32


@EACH
def test_laws_side_by_side_are_the_laws_alone(entry, given):
    """Three laws of three numbers, three samples: wrong broadcasts would pass elsewhere."""
    alone = entry.law(**given)
    many = entry.law(**{n: v if n == "total_count" else np.stack([v] * 3)
                        for n, v in given.items()})  # fmt: skip
    assert many.batch_shape == (3,)
    x = many.sample(0, 3)
    assert x.shape == (3, 3, *alone.event_shape)
    expected = [[alone.log_prob(v).value for v in row] for row in x]
    np.testing.assert_allclose(many.log_prob(x).value, expected, rtol=1e-12, atol=1e-12)
    draw = mg.sample(many, rng=0)
    mean = mg.expectation(draw, 3000, rng=1)
    error = 5 * np.asarray(mean.stderr) + 1e-12
    assert np.all(np.abs(mean.value - alone.mean.value) <= error)


@pytest.mark.parametrize(
    ("entry", "bad", "name"),
    [pytest.param(e, bad, name, id=f"{law} {bad}")
     for law, e in VECTORS.items() for bad, name in e.bad],
)  # fmt: skip
def test_bad_parameters_are_refused_by_name(entry, bad, name):
    with pytest.raises(mg.InputError, match=rf"{entry.law.__name__}: {name} must .*got"):
        entry.law(**bad)


def test_multinomial_lists_all_its_outcomes():
    law = mg.Multinomial(3, [0.2, 0.5, 0.3])
    assert len(law.outcomes()) == 10
    np.testing.assert_allclose(np.exp(law.log_prob(law.outcomes()).value).sum(), 1.0)


@pytest.mark.parametrize("concentration", [[1e-3, 2e-3], [[1.0, 1.0], [1e-9, 1e-3]]])
def test_shares_whose_gamma_numbers_leave_the_floats_are_refused(concentration):
    """At [1e-4, 1e-4] all but an eighth of the samples would be equal shares."""
    law, a = mg.Dirichlet(concentration), mg.Data([1.0, 1.0], name="a")
    with pytest.raises(mg.InputError, match=r"sample of Dirichlet: concentration adds up to 0\.00"):
        law.sample(0)
    assert np.all(np.isfinite(law.log_prob(law.mean).value))
    x = mg.reparameterize(mg.sample(mg.Dirichlet(a), name="X", rng=0))
    a.value = [1e-3, 2e-3]
    for average in (mg.expectation, mg.exact):
        with pytest.raises(mg.InputError, match=r"adds up to 0.003.*let it be 0.0195 at least"):
            average(x[0])


def test_probability_has_a_slope_at_an_impossible_outcome():
    probs = mg.Data([1.0, 0.0], name="p")
    x = mg.sample(mg.OneHotCategorical(probs), name="X", rng=0)
    y = mg.sum(x * np.array([2.0, 5.0]))
    np.testing.assert_allclose(mg.exact(y, probs).grad[probs], [0.0, 3.0])
