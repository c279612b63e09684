"""Exact averages: enumeration, quadrature, mixtures of both, and where they stop being exact."""

import math

import numpy as np
import pytest
from scipy import special

import minigraph as mg

# Quadrature -------------------------------------------------------------------------------------
NORMAL = {  # E[f(X)], X ~ N(0.3, 0.8²)
    "cos 2x": (lambda x: mg.cos(2.0 * x), math.exp(-2 * 0.64) * math.cos(0.6)),
    "exp(-x²)": (lambda x: mg.exp(-(x**2)), math.exp(-0.09 / 2.28) / math.sqrt(2.28)),
    "x⁶": (lambda x: x**6, 0.3**6 + 15 * 0.3**4 * 0.64 + 45 * 0.09 * 0.64**2 + 15 * 0.64**3),
    "exp x": (mg.exp, math.exp(0.3 + 0.32)),
    "sigmoid": (lambda x: mg.sigmoid(x) + mg.sigmoid(0.6 - x), None),
}
UNIFORM = {  # E[f(U)], U ~ U(-1, 3)
    "cos 2x": (lambda x: mg.cos(2.0 * x), (math.sin(6) + math.sin(2)) / 8),
    "exp(-x²)": (
        lambda x: mg.exp(-(x**2)),
        math.sqrt(math.pi) / 8 * (math.erf(3) + math.erf(1)),
    ),
    "x⁶": (lambda x: x**6, (3**7 + 1) / 28),
    "exp x": (mg.exp, (math.exp(3) - math.exp(-1)) / 4),
}
EXPONENTIAL = {  # E[f(X)], X ~ Exponential(2)
    "cos 2x": (lambda x: mg.cos(2.0 * x), 0.5),
    "exp(-x²)": (lambda x: mg.exp(-(x**2)), math.sqrt(math.pi) * math.e * math.erfc(1.0)),
    "x⁶": (lambda x: x**6, 720 / 64),
    "exp x": (mg.exp, 2.0),
}
TABLE = [
    pytest.param(law, f, truth, id=f"{name} {f_name}")
    for name, law, cases in [
        ("normal", lambda: mg.Normal(0.3, 0.8), NORMAL),
        ("uniform", lambda: mg.Uniform(-1.0, 3.0), UNIFORM),
        ("exponential", lambda: mg.Exponential(2.0), EXPONENTIAL),
    ]
    for f_name, (f, truth) in cases.items()
    if truth is not None
]


@pytest.mark.parametrize(("law", "f", "truth"), TABLE)
def test_quadrature_of_smooth_functions_is_exact_to_nine_digits(law, f, truth):
    estimate = mg.exact(f(mg.sample(law(), name="X")))
    assert estimate.value == pytest.approx(truth, rel=1e-9, abs=1e-12)
    assert estimate.error < 1e-8
    assert "exact" in repr(estimate)
    assert estimate.stderr == 0.0


RELU = math.exp(-0.005) / math.sqrt(2 * math.pi) - 0.05 * math.erfc(0.1 / math.sqrt(2))
KINKS = {  # and the averages under N(0, 1) and U(-1, 2)
    "kink": (lambda x: mg.relu(x - 0.1), (RELU, 1.9**2 / 6)),
    "jump": (lambda x: (x > 0.37) * 1.0, (0.5 * math.erfc(0.37 / math.sqrt(2)), 1.63 / 3)),
    "kink at zero": (mg.absolute, (math.sqrt(2 / math.pi), 5 / 6)),
    "stairs": (lambda x: mg.floor(2.0 * x) * 1.0, (-0.5, 0.5)),
}
LAWS = [lambda: mg.Normal(0.0, 1.0), lambda: mg.Uniform(-1.0, 2.0)]


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("which", [0, 1], ids=["normal", "uniform"])
def test_panels_close_in_on_a_kink_or_jump(name, which):
    f, truths = KINKS[name]
    estimate = mg.exact(f(mg.sample(LAWS[which](), name="X")))
    assert estimate.value == pytest.approx(truths[which], rel=1e-9, abs=1e-9)
    assert estimate.error < 1e-10
    assert "exact" in repr(estimate)


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("which", [0, 1], ids=["normal", "uniform"])
def test_kink_or_jump_between_chosen_points_is_not_called_exact(name, which):
    f, truths = KINKS[name]
    estimate = mg.exact(f(mg.sample(LAWS[which](), name="X")), points=200)
    assert estimate.error > 1e-7
    assert abs(estimate.value - truths[which]) < 50 * estimate.error
    assert "relative error about" in repr(estimate)


def test_kinks_of_two_numbers_are_found():
    x, y = (mg.sample(mg.Normal(0.0, 1.0), name=name) for name in "XY")
    half = 1 / math.sqrt(2 * math.pi)
    straight = mg.exact(mg.relu(x) * mg.absolute(y))
    assert straight.value == pytest.approx(2 * half**2, rel=1e-10)
    assert straight.error < 1e-9


def phi(t):
    return math.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)


def ndtr(t):
    return math.erfc(-t / math.sqrt(2)) / 2.0


DIAGONALS = {  # of X, Y ~ N(m, 1) at m = 0.5; the average, and its slope in m
    "kink": (lambda x, y: mg.relu(x + y),
             lambda s, t: (ndtr(t / s) * t + s * phi(t / s), 2.0 * ndtr(t / s))),
    "jump": (lambda x, y: (x + y > 0.0) * 1.0, lambda s, t: (ndtr(t / s), 2.0 / s * phi(t / s))),
    "pole of a sign": (lambda x, y: (x + y) / abs(x + y),
                       lambda s, t: (2.0 * ndtr(t / s) - 1.0, 4.0 / s * phi(t / s))),
    "and another number": (lambda x, y: (x + y > 0.0) * mg.sample(mg.Exponential(2.0), name="Z"),
                           lambda s, t: (0.5 * ndtr(t / s), 1.0 / s * phi(t / s))),
    "and a coin": (lambda x, y: (x + y > 0.0) * mg.sample(mg.Bernoulli(0.25), name="C"),
                   lambda s, t: (0.25 * ndtr(t / s), 0.5 / s * phi(t / s))),
}  # fmt: skip


@pytest.mark.parametrize("name", DIAGONALS)
@pytest.mark.parametrize("together", [False, True], ids=["two draws", "one draw of two"])
def test_kink_or_jump_along_a_diagonal_is_found_on_lines_across_it(name, together):
    f, truths = DIAGONALS[name]
    m = mg.Data(0.5, name="m")
    if together:
        x, y = mg.sample(mg.Normal(m * np.ones(2), 1.0), name="X", rng=0)
    else:
        x, y = (mg.sample(mg.Normal(m, 1.0), name=name, rng=0) for name in "XY")
    found = mg.exact(f(x, y), m)
    value, slope = truths(math.sqrt(2.0), 1.0)
    assert found.value == pytest.approx(value, rel=1e-8)
    assert found.grad[m] == pytest.approx(slope, rel=1e-8)
    assert found.error < 1e-8
    assert "exact" in repr(found)


def test_jump_along_a_chain_of_draws_is_found():
    m = mg.Data(0.5, name="m")
    z = mg.sample(mg.Normal(m, 1.0), name="Z", rng=0)
    found = mg.exact(mg.sample(mg.Normal(mg.sin(z), 0.5), name="A", rng=1) > 0.2, m)
    x, w = np.polynomial.hermite_e.hermegauss(120)
    mean = np.sin(0.5 + x)
    density = np.exp(-2.0 * (mean - 0.2) ** 2) * 2.0 / math.sqrt(2.0 * math.pi)
    truth = np.sum(w * density * np.cos(0.5 + x)) / w.sum()
    assert found.grad[m] == pytest.approx(truth, rel=1e-8)


def test_variance_of_what_jumps_along_a_diagonal_is_exact():
    m = mg.Data(0.5, name="m")
    x, y = (mg.sample(mg.Normal(m, 1.0), name=name, rng=0) for name in "XY")
    found = mg.exact(mg.reinforce((x + y > 0.0) * 1.0), m)
    p, t = ndtr(1.0 / math.sqrt(2.0)), 1.0 / math.sqrt(2.0)
    assert found.variance == pytest.approx(p * (1.0 - p), rel=1e-8)
    square = 2.0 * (p - t * phi(t))  # of the score, (X + Y - 2 m)² there
    assert found.grad_variance[m] == pytest.approx(square - 2.0 * phi(t) ** 2, rel=1e-8)


def test_what_no_line_is_smooth_for_says_so():
    x, y = (mg.sample(mg.Normal(0.0, 1.0), name=name) for name in "XY")
    ring = mg.exact((x * x + y * y < 1.0) * 1.0)  # as the square root is at 1
    truth = 1.0 - math.exp(-0.5)
    assert abs(ring.value - truth) < 10.0 * ring.error


def test_jumps_of_several_numbers_leave_a_grid_of_few_points():
    """A trail of panels towards each of two jumps would have had three million points."""
    m = mg.Data(0.5, name="m")
    x, y, z = (mg.sample(mg.Normal(m, 1.0), name=name, rng=0) for name in "XYZ")
    two = mg.exact((x > 0.3) * (y > 0.1) * mg.absolute(x), m)
    e = lambda t: math.erfc(-t / math.sqrt(2)) / 2.0
    d = lambda t: math.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)
    above = d(0.2) + 0.5 * e(0.2)  # E[X; X > 0.3]
    assert two.value == pytest.approx(above * e(0.4), rel=1e-10)
    assert two.grad[m] == pytest.approx((e(0.2) + 0.3 * d(0.2)) * e(0.4) + above * d(0.4), rel=1e-9)
    assert two.error < 1e-8
    three = mg.exact((x > 0.3) * (y > 0.1) * (z < 0.9))
    assert three.value == pytest.approx(e(0.2) * e(0.4) * e(0.4), rel=1e-8)


def test_many_kinks_are_refined_as_far_as_the_limit_allows():
    x = mg.sample(mg.Normal(0.0, 1.0), name="X")
    estimate = mg.exact(mg.floor(1000.0 * x) * 1.0, limit=20_000)
    assert estimate.error > 1e-8
    assert estimate.value == pytest.approx(-0.5, abs=2000 * estimate.error)


def test_spike_within_a_panel_is_found():
    x = mg.sample(mg.Uniform(0.0, 1.0), name="X")
    estimate = mg.exact(mg.exp(-(((x - 0.3737) * 300.0) ** 2)))
    assert estimate.value == pytest.approx(math.sqrt(math.pi) / 300.0, rel=1e-8)


# Laws with a rule of their own ------------------------------------------------------------------
def test_triangular_law_is_integrated_up_to_its_kink():
    low, high, peak = (mg.Data(v, name=n) for v, n in ((-0.5, "a"), (1.0, "b"), (0.2, "c")))
    x = mg.sample(mg.Triangular(low, high, peak), name="X")
    estimate = mg.exact(mg.exp(x), [low, high, peak])

    def truth(a, b, c):
        parts = (b - c) * math.exp(a) - (b - a) * math.exp(c) + (c - a) * math.exp(b)
        return 2 * parts / ((b - a) * (c - a) * (b - c))

    assert estimate.value == pytest.approx(truth(-0.5, 1.0, 0.2), rel=1e-10)
    h = 1e-5
    slope = (truth(-0.5, 1.0, 0.2 + h) - truth(-0.5, 1.0, 0.2 - h)) / (2 * h)
    assert estimate.grad[peak] == pytest.approx(slope, rel=1e-6)
    assert estimate.error < 1e-9


@pytest.mark.parametrize("k", [0.01, 1.5, 19.9, 20.1, 700.0, 1e6, 1e10])
def test_angle_is_integrated_all_around(k):
    loc = mg.Data(0.7, name="loc")
    estimate = mg.exact(mg.sin(mg.sample(mg.VonMises(loc, k), name="X")), loc)
    ratio = special.i1e(k) / special.i0e(k)
    assert estimate.value == pytest.approx(math.sin(0.7) * ratio, rel=1e-10)
    assert estimate.grad[loc] == pytest.approx(math.cos(0.7) * ratio, rel=1e-10)
    assert estimate.error < 1e-10


MIX, LOCS, SCALES = np.array([0.2, 0.5, 0.3]), np.array([-1.0, 0.4, 1.5]), np.array([0.3, 0.5, 0.4])


def test_mixture_is_integrated_component_by_component():
    probs, loc = mg.Data(MIX, name="p"), mg.Data(LOCS, name="loc")
    law = mg.MixtureSameFamily(mg.Categorical(probs), mg.Normal(loc, SCALES))
    estimate = mg.exact(mg.sin(mg.sample(law, name="X")), [probs, loc])
    sines = np.exp(-(SCALES**2) / 2) * np.sin(LOCS)
    assert estimate.value == pytest.approx(MIX @ sines, rel=1e-12)
    np.testing.assert_allclose(estimate.grad[probs], sines - MIX @ sines, rtol=1e-10)
    slopes = MIX * np.exp(-(SCALES**2) / 2) * np.cos(LOCS)
    np.testing.assert_allclose(estimate.grad[loc], slopes, rtol=1e-10)


@pytest.mark.parametrize(
    ("parts", "mean"),
    [(mg.Gamma([2.0, 3.0], [1.0, 2.0]), 1.7), (mg.Uniform([0.0, 2.0], [1.0, 3.0]), 1.7),
     (mg.VonMises([0.0, 1.0], [5.0, 50.0]), None), (mg.StudentT([9.0, 7.0], [0.5, 1.0]), 0.8)],
)  # fmt: skip
def test_mixture_of_any_laws_is_integrated(parts, mean):
    x = mg.sample(mg.MixtureSameFamily(mg.Categorical([0.4, 0.6]), parts), name="X")
    y = mg.sin(x) if mean is None else 1.0 * x
    if mean is None:
        k = np.array([5.0, 50.0])
        mean = 0.6 * math.sin(1.0) * (special.i1e(k) / special.i0e(k))[1]
    assert mg.exact(y).value == pytest.approx(mean, rel=1e-8)


def test_mixture_of_vectors_is_integrated():
    parts = mg.Independent(mg.Normal([[0.0, 0.0], [3.0, -3.0]], 1.0), 1)
    x = mg.sample(mg.MixtureSameFamily(mg.Categorical([0.25, 0.75]), parts), name="X")
    np.testing.assert_allclose(mg.exact(x).value, [2.25, -2.25], rtol=1e-9)
    assert mg.exact(x[0] * x[1]).value == pytest.approx(-6.75, rel=1e-9)


def test_entropy_without_closed_form_is_an_exact_average():
    law = mg.MixtureSameFamily(mg.Categorical([0.5, 0.5]), mg.Normal([-50.0, 50.0], 1.0))
    x = mg.sample(law, name="X")
    expected = math.log(2) + 0.5 * math.log(2 * math.pi * math.e)
    assert mg.exact(-law.log_prob(x)).value == pytest.approx(expected, rel=1e-12)


def test_points_can_be_chosen():
    y = mg.exp(mg.sample(mg.Normal(0.0, 1.0), name="X"))
    few, many = mg.exact(y, points=8), mg.exact(y, points=60)
    assert (few.samples, many.samples) == (8, 60)
    assert few.error > many.error
    assert many.value == pytest.approx(math.exp(0.5), rel=1e-9)


# Enumeration ------------------------------------------------------------------------------------
def test_vector_of_coins_is_enumerated():
    p = mg.Data(np.array([0.2, 0.5, 0.9]), name="p")
    y = mg.sum(mg.sample(mg.Bernoulli(p), name="X")) ** 2
    estimate = mg.exact(y, p)
    q = p.value
    assert estimate.samples == 8
    assert estimate.value == pytest.approx(q.sum() ** 2 + (q * (1 - q)).sum())
    np.testing.assert_allclose(estimate.grad[p], 2 * q.sum() + 1 - 2 * q)


def test_several_draws_are_enumerated_together():
    a = mg.sample(mg.Bernoulli(mg.Data(0.3)), name="A")
    k = mg.sample(mg.Categorical([0.2, 0.3, 0.5]), name="K")
    estimate = mg.exact((a + 1.0) * k)
    assert estimate.samples == 6
    assert estimate.value == pytest.approx(1.3 * 1.3)


def test_laws_that_depend_on_draws_are_enumerated():
    p = mg.Data(0.3, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X")
    y = mg.sample(mg.Bernoulli(0.2 + 0.5 * x), name="Y") * 1.0
    estimate = mg.exact(y, p)
    assert estimate.value == pytest.approx(0.2 + 0.5 * 0.3)
    assert estimate.grad[p] == pytest.approx(0.5)


@pytest.mark.parametrize("count", [3, [1, 2]])
def test_what_is_left_of_tries_is_tried_again(count):
    left, p = mg.Data(np.array(count)), mg.Data(0.3, name="p")
    for name in "abc":
        law = mg.Binomial(left, p)
        x = mg.sample(mg.Independent(law, 1) if left.shape else law, name=name, rng=0)
        left = left - x
    for y in (mg.sum(1.0 * x), mg.reinforce(mg.sum(1.0 * x))):
        estimate = mg.exact(y, p)
        assert estimate.value == pytest.approx(3 * 0.7**2 * 0.3)
        assert estimate.grad[p] == pytest.approx(3 * 0.7 * (0.7 - 2 * 0.3))


def test_an_urn_is_drawn_from_until_a_colour_is_used_up():
    red, black, found = mg.Data(np.array(3)), mg.Data(np.array(2)), 0.0
    for i in range(4):
        x = mg.sample(mg.Bernoulli(red / (red + black)), name=f"X{i}", rng=i)
        red, black, found = red - x, black - (1 - x), found + x
    assert mg.exact(found).value == pytest.approx(4 * 0.6)
    assert mg.exact(found**2).value == pytest.approx(5.76 + 0.24)  # the hypergeometric law


def test_outcomes_between_drawn_ends_are_enumerated():
    p = mg.Data(0.3, name="p")
    low = mg.sample(mg.Binomial(2, p), name="low", rng=0)
    high = mg.sample(mg.DiscreteUniform(low, 2), name="high", rng=0)
    x = mg.sample(mg.DiscreteUniform(0, high - low), name="X", rng=0)
    estimate = mg.exact(mg.reinforce(1.0 * x), p)
    assert estimate.value == pytest.approx(0.49 * 0.5 + 0.42 * 0.25)
    assert estimate.grad[p] == pytest.approx(-2 * 0.7 * 0.5 + 2 * (1.0 - 2 * 0.3) * 0.25)


def test_counts_are_summed_far_into_the_tail():
    rate = mg.Data(40.0, name="λ")
    n = mg.sample(mg.Poisson(rate), name="N")
    estimate = mg.exact(n**3, rate)
    assert estimate.value == pytest.approx(40 + 3 * 40**2 + 40**3, rel=1e-12)
    assert estimate.grad[rate] == pytest.approx(1 + 6 * 40 + 3 * 40**2, rel=1e-9)


def test_tail_follows_a_rate_that_was_assigned_later():
    rate = mg.Data(1.0, name="λ")
    n = mg.sample(mg.Poisson(mg.exp(rate)), name="N")
    y = n * 1.0
    rate.value = 6.0
    assert mg.exact(y).value == pytest.approx(math.exp(6.0), rel=1e-10)


def test_tail_reaches_as_far_as_the_largest_rate_of_a_mixture():
    k = mg.sample(mg.Bernoulli(0.5), name="K", rng=0)
    n = mg.sample(mg.Poisson(1.0 + 300.0 * k), name="N", rng=0)
    assert mg.exact(n * 1.0).value == pytest.approx(151.0, rel=1e-9)


@pytest.mark.parametrize(
    ("law", "mean", "variance"),
    [(mg.Binomial(10**6, 0.5), 5e5, 2.5e5), (mg.Poisson(3e5), 3e5, 3e5),
     (mg.NegativeBinomial(1e5, 0.5), 1e5, 2e5)],
)  # fmt: skip
def test_probabilities_of_many_outcomes_are_rounded(law, mean, variance):
    estimate = mg.exact(mg.sample(law, name="N", rng=0) * 1.0)
    assert estimate.value == pytest.approx(mean, rel=1e-11)
    assert estimate.variance == pytest.approx(variance, rel=1e-9)


def test_probabilities_of_single_precision_are_rounded():
    estimate = mg.exact(mg.sample(mg.Binomial(20, np.float32(0.3)), name="N", rng=0) * 1.0)
    assert estimate.value == pytest.approx(6.0, rel=1e-6)


def test_probabilities_that_do_not_add_up_are_refused_with_what_is_missing():
    class Lossy(mg.Bernoulli):
        def probability(self, x):
            return super().probability(x) * (1.0 - 1e-7)

    with pytest.raises(mg.InputError, match=r"the 2 outcomes looked at add up to 1 - 1\.0e-07"):
        mg.exact(mg.sample(Lossy(0.5), name="X") * 1.0)


@pytest.mark.parametrize("rewrite", [lambda y: y, mg.marginalize, mg.reinforce])
def test_law_of_ones_own_whose_formula_is_in_functions_of_data_is_enumerated(rewrite):
    class Tries(mg.Geometric):
        def formula(self, x):
            return mg.log(self.probs) + x * mg.log1p(-self.probs)

        def probability(self, x):
            return mg.exp(self.log_density(x))

        def reach(self, spread=1):
            return 40.0

    p = mg.Data([0.7, 0.8], name="p")
    x = mg.sample(Tries(p), name="X", rng=0)
    found = mg.exact(rewrite(mg.sum(1.0 * x)), p)
    np.testing.assert_allclose(found.grad[p], -1.0 / p.value**2)
    mixed = mg.MixtureSameFamily(mg.Categorical([0.5, 0.5]), Tries(p))
    mean = mg.exact(1.0 * mg.sample(mixed, name="X", rng=0)).value
    np.testing.assert_allclose(mean, np.mean(1.0 / p.value - 1.0))


def test_outcomes_between_computed_bounds_are_enumerated():
    h = mg.sample(mg.Bernoulli(0.5), name="H", rng=0)
    k = mg.sample(mg.DiscreteUniform(h - 1.0, h), name="K", rng=1)
    assert mg.exact(k * 2.0).value == 0.0


def test_finite_infinite_and_continuous_draws_mix():
    p, rate, mu = (mg.Data(v, name=n) for v, n in ((0.3, "p"), (2.0, "λ"), (0.5, "μ")))
    k = mg.sample(mg.Bernoulli(p), name="K")
    n = mg.sample(mg.Poisson(rate), name="N")
    x = mg.sample(mg.Normal(mu + k, 1.0), name="X")
    estimate = mg.exact(n * x**2, [p, rate, mu])
    second = 0.7 * (0.25 + 1) + 0.3 * (2.25 + 1)
    assert estimate.value == pytest.approx(2.0 * second, rel=1e-9)
    assert estimate.grad[p] == pytest.approx(2.0 * 2.0, rel=1e-9)
    assert estimate.grad[rate] == pytest.approx(second, rel=1e-9)
    assert estimate.grad[mu] == pytest.approx(2.0 * 2 * (0.5 + 0.3), rel=1e-9)


@pytest.mark.parametrize("probs", [[0.0, 1.0], [1.0, 0.0]])
def test_impossible_outcomes_do_not_count_even_if_infinite(probs):
    k = mg.sample(mg.Categorical(probs), name="K")
    table = mg.Data(np.where(np.array(probs) > 0, 2.0, np.inf), constant=True)
    assert mg.exact(table[k]).value == 2.0


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_variance_of_the_value_is_exact(p):
    x = mg.sample(mg.Bernoulli(p), name="X")
    assert mg.exact(3.0 * x).variance == pytest.approx(9 * p * (1 - p))


# What may be averaged ---------------------------------------------------------------------------
def test_array_value_is_averaged_element_by_element():
    x = mg.sample(mg.Normal(np.array([1.0, 2.0]), 0.5), name="X")
    np.testing.assert_allclose(mg.exact(x**2).value, [1.25, 4.25], rtol=1e-9)


def test_output_without_draws_is_itself():
    theta = mg.Data(2.0, name="θ")
    estimate = mg.exact(theta**2, theta)
    assert (estimate.value, estimate.grad[theta], estimate.samples) == (4.0, 4.0, 1)


def test_gradient_graph_can_be_averaged():
    theta = mg.Data(0.5, name="θ")
    z = mg.reparameterize(mg.sample(mg.Normal(theta, 1.0), name="X") ** 2)
    assert mg.exact(mg.gradient(z, theta) ** 2).value == pytest.approx(4 * 1.25, rel=1e-9)


def test_black_box_is_averaged():
    box = mg.primitive(lambda x: float(x) ** 3, name="cube")
    assert mg.exact(box(mg.sample(mg.Normal(1.0, 1.0)))).value == pytest.approx(4.0, rel=1e-9)


def test_leave_one_out_becomes_its_limit_the_mean_cost():
    mu = mg.Data(0.7, name="μ")
    y = (mg.sample(mg.Normal(mu, 1.3), name="X") - 2.0) ** 2
    mean = mg.exact(y).value
    limit, constant = (
        mg.exact(mg.reinforce(y, baseline=b), mu) for b in ("leave-one-out", float(mean))
    )
    assert limit.grad_variance[mu] == pytest.approx(constant.grad_variance[mu], rel=1e-9)


def test_many_points_in_blocks_are_as_good_as_together():
    x = mg.sample(mg.Normal(np.zeros(3), 1.0), name="X")
    estimate = mg.exact(mg.exp(mg.sum(x)), points=70)
    assert estimate.samples == 343_000
    assert estimate.value == pytest.approx(math.exp(1.5), rel=1e-9)


def test_true_gradient_of_a_blocked_graph_has_no_variance_of_a_sample():
    p = mg.Data(0.3, name="p")
    estimate = mg.exact(mg.sample(mg.Bernoulli(p)) * 2.0, p)
    assert math.isnan(estimate.grad_variance[p])


def test_jump_under_a_normal_has_the_right_gradient_through_the_score():
    mu = mg.Data(0.2, name="μ")
    y = mg.floor(mg.sample(mg.Normal(mu, 2.0), name="X")) * 1.0
    estimate = mg.exact(y, mu)
    assert estimate.grad[mu] == pytest.approx(1.0, rel=1e-9)
    assert estimate.error < 1e-10


def test_jump_below_a_draw_from_another_is_scored_in_both():
    """The first is scored, which copies the second: its jump has to be known by then."""
    mu, sigma = mg.Data(0.5, name="μ"), mg.Data(1.3, name="σ")
    x = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0)
    y = mg.where(mg.sample(mg.Normal(x, sigma), name="Z", rng=1) > 0.3, 1.0, 0.0)
    found, scored = mg.exact(y, [mu, sigma]), mg.exact(mg.reinforce(y), [mu, sigma])
    assert found.grad[sigma] == pytest.approx(scored.grad[sigma], rel=1e-9)
    assert abs(found.grad[sigma]) > 0.01


# Refusals ---------------------------------------------------------------------------------------
def test_too_many_outcomes_are_refused_with_a_count():
    x = mg.sample(mg.Bernoulli(np.full(30, 0.5)), name="X")
    with pytest.raises(mg.InputError, match=r"1,073,741,824 points.*X of 30.*mg\.expectation"):
        mg.exact(mg.sum(x))
    x = mg.sample(mg.Normal(np.zeros(6), 0.5), name="Z")
    with pytest.raises(mg.InputError, match=r"16,777,216 points, more than limit=2,000,000"):
        mg.exact(mg.sum(x))


def test_a_count_of_many_digits_is_a_power_of_ten():
    x = mg.sample(mg.Normal(np.zeros(50), 1.0), name="X", rng=0)
    with pytest.raises(mg.InputError, match=r"outcomes has about 10\^60 points, more than limit=2"):
        mg.exact(mg.sum(x))
    coins = mg.sample(mg.Bernoulli(np.full(20_000, 0.5)), name="X", rng=0)  # Python prints 4300
    with pytest.raises(mg.InputError, match=r"about 10\^6021 points"):
        mg.exact(mg.sum(coins))


def test_an_integrand_that_is_infinite_at_a_point_is_silent():
    loc = mg.Data(0.5, name="loc")
    x = mg.sample(mg.Normal(loc, 1.0), name="X", rng=0)
    assert mg.exact(1.0 / x, loc).error > 1e-3
    assert not np.isfinite(mg.exact(mg.exp(mg.exp(x * x)), loc).grad[loc])


@pytest.mark.parametrize("law", [mg.Uniform(0.0, 1.0), mg.Normal(0.0, 1.0), mg.Gamma(2.0, 1.0)])
def test_outcomes_that_leave_no_point_for_a_continuous_number_are_refused_with_a_count(law):
    x = mg.sample(mg.Bernoulli(np.full(25, 0.3)), name="X", rng=0)
    with pytest.raises(mg.InputError, match=r"536,870,912 points, more than limit=2,000,000"):
        mg.exact(mg.sum(x) * mg.sample(law, name="Z", rng=1))


def test_limit_can_be_lowered_and_raised():
    x = mg.sample(mg.Bernoulli(np.full(5, 0.5)), name="X")
    assert mg.exact(mg.sum(x), limit=32).value == pytest.approx(2.5)
    with pytest.raises(mg.InputError, match="32 points"):
        mg.exact(mg.sum(x), limit=31)


@pytest.mark.parametrize("bad", [0, -3, 2.5, "many", True, 1])
def test_bad_number_of_points_is_refused(bad):
    with pytest.raises(mg.InputError, match="points"):
        mg.exact(mg.sample(mg.Normal(0.0, 1.0)), points=bad)


@pytest.mark.parametrize("bad", [3.0, None, "Y", lambda: mg.Data(1.0)])
def test_what_is_no_data_is_refused(bad):
    with pytest.raises(mg.UsageError, match="pass the Data"):
        mg.exact(bad)


def test_law_that_cannot_be_enumerated_or_integrated_is_refused_by_name():
    class Odd(mg.Distribution):
        def generate(self, rng, shape):
            return rng.random(shape)

    with pytest.raises(mg.InputError, match="X ~ Odd has neither"):
        mg.exact(mg.sample(Odd(), name="X") * 1.0)


@pytest.mark.parametrize(
    ("law", "count"),
    [(mg.NegativeBinomial(1.0, 1.0 - 1e-9), "5e\\+10"), (mg.Geometric(1e-9), "4e\\+10"),
     (mg.Poisson(1e9), "1e\\+09"), (mg.DiscreteUniform(0, 10**12), "1e\\+12"),
     (mg.Binomial(1e9, 0.5), "1e\\+09")],
)  # fmt: skip
def test_too_many_counts_are_refused_with_their_number(law, count):
    x = mg.sample(law, name="N", rng=0)
    assert "outcomes" not in law.ways
    with pytest.raises(mg.InputError, match=rf"N ~ \w+ has about {count} outcomes.*mg\.expect"):
        mg.exact(1.0 * x)


@pytest.mark.parametrize("k", np.random.default_rng(0).normal(size=80))
def test_a_kink_anywhere_is_found(k):
    """Also one in a panel between its last point and its edge, where no rule sees it."""
    loc = mg.Data(0.25, name="loc")
    y = mg.maximum(mg.sample(mg.Normal(loc, 1.0), name="X", rng=0) - k, 0.0)
    estimate = mg.exact(y, loc)
    slope = 0.5 * math.erfc((k - 0.25) / math.sqrt(2.0))
    assert estimate.error < 1e-10
    assert estimate.grad[loc] == pytest.approx(slope, abs=1e-10)


# Where a grid ends ------------------------------------------------------------------------------
def drawn(law):
    return mg.sample(law, name="X", rng=0)


@pytest.mark.parametrize(("y", "truth"), [
    (lambda: drawn(mg.HalfCauchy(1.0)), np.inf),
    (lambda: drawn(mg.Cauchy(0.0, 1.0)) ** 2, np.inf),
    (lambda: 1 / drawn(mg.Exponential(1.0)), np.inf),
    (lambda: 1 / drawn(mg.Uniform(0.0, 1.0)), np.inf),
    (lambda: drawn(mg.Pareto(1.0, 1.0)), np.inf),
    (lambda: 1 / drawn(mg.Gamma(1.05, 1.0)), 20.0),
    (lambda: drawn(mg.InverseGamma(1.1, 1.0)), 10.0),
    (lambda: drawn(mg.Pareto(1.0, 1.05)), 21.0),
    (lambda: drawn(mg.StudentT(2.1, 0.0, 1.0)) ** 2, 21.0),
    (lambda: 2.0 ** drawn(mg.Geometric(0.51)), 25.5),
    (lambda: mg.exp(0.9 * drawn(mg.Laplace(0.0, 1.0))), 1 / 0.19),
    (lambda: mg.exp(0.49 * drawn(mg.Normal(0.0, 1.0)) ** 2), 0.02**-0.5),
])  # fmt: skip
def test_what_lies_beyond_the_grid_is_in_the_error(y, truth):
    estimate = mg.exact(y())
    assert "exact" not in repr(estimate)
    assert estimate.error > 1e-6
    if np.isfinite(truth):
        assert abs(estimate.value - truth) < 5 * estimate.error * truth


def test_slope_of_a_singular_cost_is_refined_as_its_value_is():
    s = mg.Data(1.0, name="s")
    y = mg.abs(drawn(mg.Normal(0.0, s))) ** -0.4
    estimate = mg.exact(y, s)
    assert estimate.value == pytest.approx(1.469325740718242, rel=1e-8)
    assert estimate.grad[s] == pytest.approx(-0.4 * estimate.value, rel=1e-8)


@pytest.mark.parametrize("rewrite", [mg.marginalize, mg.disarm, mg.measure_valued])
def test_true_gradient_of_what_is_rewritten_in_part_is_refused(rewrite):
    p = mg.Data(0.3, name="p")
    first = mg.sample(mg.Bernoulli(p), name="X1", rng=0)
    second = mg.sample(mg.Bernoulli(0.2 + 0.5 * p * first), name="X2", rng=1)
    y = rewrite((first + 2 * second - p) ** 2, "X1")
    with pytest.raises(mg.BlockedGradientError, match=r"still blocked at 'X2'.*rewrite all draws"):
        mg.exact(y, p)


@pytest.mark.parametrize("law", [
    lambda w: mg.Bernoulli(mg.sigmoid(w)), lambda w: mg.Normal(w, 1.0),
])  # fmt: skip
def test_true_gradient_of_a_draw_that_is_scored_in_one_term_and_not_in_another_is_refused(law):
    w = mg.Data(0.3, name="w")
    x = mg.sample(law(w), name="X", rng=0)
    with pytest.raises(mg.BlockedGradientError, match="still blocked at 'X'"):
        mg.exact(mg.reinforce(2.0 * x) + 5.0 * x, w)


def test_true_gradient_of_a_draw_below_both_a_rewritten_one_and_itself_is_refused():
    w = mg.Data(0.3, name="w")
    x = mg.sample(mg.Normal(w, 1.0), name="X1", rng=0)
    y = mg.sample(mg.Bernoulli(mg.sigmoid(x)), name="X2", rng=1)
    with pytest.raises(mg.BlockedGradientError, match="still blocked at 'X1', 'X2'"):
        mg.exact(mg.reparameterize(2.0 * y, "X1") + 5.0 * y, w)


@pytest.mark.parametrize("law", [
    lambda x: mg.Poisson(mg.exp(x)), lambda x: mg.Binomial(3, mg.sigmoid(x)),
    lambda x: mg.NegativeBinomial(2.0, mg.sigmoid(x)),
])  # fmt: skip
def test_guard_inside_a_probability_is_no_jump(law):
    t = mg.Data(0.4, name="t")
    x = mg.sample(mg.Uniform(t, t + 1.0), name="X", rng=0)  # which has no score
    y = mg.sample(law(x), name="Z", rng=1) * 1.0
    truth = mg.exact(law(t + 1.0).mean).value - mg.exact(law(t).mean).value
    assert mg.exact(y, t).grad[t] == pytest.approx(truth)
    mg.check_unbiased(mg.unblock(y), t, of=y)


def test_choice_inside_a_probability_jumps():
    t = mg.Data(0.4, name="t")
    x = mg.sample(mg.Normal(t, 1.0), name="X", rng=0)
    y = mg.sample(mg.Bernoulli(mg.where(x > 0, 0.8, 0.3)), name="Z", rng=1) * 1.0
    density = np.exp(-0.5 * 0.4**2) / np.sqrt(2.0 * np.pi)
    assert mg.exact(y, t).grad[t] == pytest.approx(0.5 * density, rel=1e-4)


@pytest.mark.parametrize("law", [
    mg.Independent(mg.Bernoulli(np.full(20, 0.5)), 1), mg.Multinomial(50, [0.1] * 10),
], ids=["independent", "multinomial"])  # fmt: skip
def test_vectors_of_too_many_outcomes_are_refused_as_such(law):
    y = mg.sum(mg.sample(law, name="X", rng=0)) * 1.0
    with pytest.raises(mg.InputError, match="has too many outcomes to list"):
        mg.exact(y)


# Outcomes that cannot be ------------------------------------------------------------------------
def entropy_of_halves(p):
    """Return Σ P(n) P(m | n) log P(m | n) for n ~ Binomial(3, p), m ~ Binomial(n, ½)."""
    total = 0.0
    for n in range(4):
        halves = [math.comb(n, m) * 0.5**n for m in range(n + 1)]
        chance = math.comb(3, n) * p**n * (1 - p) ** (3 - n)
        total += chance * sum(h * math.log(h) for h in halves)
    return total


@pytest.mark.parametrize("rewrite", [
    lambda y: y, mg.reinforce, lambda y: mg.reinforce(y, baseline="leave-one-out"), mg.unblock,
], ids=["true", "reinforce", "leave_one_out", "unblock"])  # fmt: skip
def test_infinite_cost_of_what_cannot_be_does_not_count(rewrite):
    p = mg.Data(0.4, name="p")
    law = mg.Binomial(mg.sample(mg.Binomial(3, p), name="N", rng=0), 0.5)
    estimate = mg.exact(rewrite(law.log_prob(mg.sample(law, name="M", rng=1))), p)
    slope = (entropy_of_halves(0.4 + 1e-6) - entropy_of_halves(0.4 - 1e-6)) / 2e-6
    assert estimate.value == pytest.approx(entropy_of_halves(0.4), rel=1e-12)
    assert estimate.grad[p] == pytest.approx(slope, rel=1e-8)


def test_outcomes_that_only_other_elements_have_do_not_count():
    q = mg.Data([0.4, 0.4], name="q")
    law = mg.Binomial(np.array([1, 2]), q)
    found = mg.exact(mg.sum(law.log_prob(mg.sample(law, name="X", rng=0))), q)
    logit = math.log(0.4 / 0.6)  # the slope of -H; in a Binomial of two, 2 log 2 · q (1 - q) more
    np.testing.assert_allclose(found.grad[q], [logit, 2 * logit + 2 * math.log(2) * 0.2], 1e-12)


def test_infinite_cost_of_what_becomes_possible_has_an_infinite_slope():
    p = mg.Data(0.0, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X", rng=0)
    assert mg.exact(mg.log(1.0 - x), p).grad[p] == -np.inf


@pytest.mark.parametrize(("law", "variance"), [
    (mg.Pareto(1.0, 1.5), np.nan), (mg.Pareto(1.0, 2.05), np.nan), (mg.Pareto(1.0, 2.5), 20 / 9),
    (mg.StudentT(2.1), np.nan), (mg.StudentT(3.0), 3.0), (mg.StudentT(5.0), 5 / 3),
    (mg.LogNormal(0.0, 7.0), np.nan), (mg.LogNormal(0.0, 3.0), np.expm1(9.0) * np.exp(9.0)),
])  # fmt: skip
def test_variance_is_nan_where_too_much_of_it_lies_beyond_the_grid(law, variance):
    a = mg.Data(2.0, name="a")
    x = mg.sample(law, name="X", rng=0)
    found = mg.exact(a * x, a)
    np.testing.assert_allclose(found.variance, 4.0 * variance, rtol=1e-3)
    np.testing.assert_allclose(found.grad_variance[a], variance, rtol=1e-3)
    both = mg.exact(mg.array([x, mg.tanh(x)]))
    assert np.isnan(both.variance).tolist() == [bool(np.isnan(variance)), False]


def test_an_average_whose_variance_is_infinite_is_not_accused():
    a = mg.Data(2.0, name="a")
    y = mg.sample(mg.Pareto(a, 1.5), name="X", rng=0)
    assert mg.check_unbiased(mg.reparameterize(y), of=y).exact


def test_slope_of_a_probability_of_zero_counts_where_another_outcome_cannot_be():
    p = mg.Data(0.0, name="p")
    x = mg.sample(mg.Categorical(probs=mg.stack([1.0 - p, p, 0.0 * p])), name="X", rng=0)
    assert mg.exact(1.0 / (2.0 - x), p).grad[p] == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize(
    "law", [mg.Normal(0.3, 1.0), mg.Logistic(0.0, 0.5), mg.Gumbel(0.0, 0.4), mg.Laplace(0.1, 0.5)]
)
def test_zero_of_a_wave_at_the_last_point_is_no_doubt(law):
    x = mg.sample(law, name="X", rng=0)
    phases = np.linspace(0.0, np.pi, 60)
    waves = [mg.exact(mg.cos(1.7 * x + phase) + 0.5 * mg.sin(x)).error for phase in phases]
    assert max(waves) < 1e-10
