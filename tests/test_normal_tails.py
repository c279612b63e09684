"""The normal law far out: what is left when terms that cancel do not meet; values by mpmath."""

from __future__ import annotations

import numpy as np
import pytest

import minigraph as mg

pytest.importorskip("scipy")

ERFCX = [  # x, and the first two derivatives there
    (-3.0, -97237.06150316462, 615834.3467269868),
    (0.5, -0.5126888229025867, 0.718691865483265),
    (2.4, -0.07958524131775262, 0.054988310748854095),
    (2.6, -0.06959028084062464, 0.045357034342170297),
    (10.0, -0.0055593122190608565, 0.0010957411064280369),
    (1e3, -5.641887372654967e-07, 1.1283757819707055e-09),
    (1e8, -5.641895835477562e-17, 1.1283791670955122e-24),
]


def compare(slope, x, first, second, rtol, single):
    """Compare a slope and its own slope, and the first of these in single precision."""
    np.testing.assert_allclose([slope(x), mg.grad(slope)(x)], [first, second], rtol=rtol)
    np.testing.assert_allclose(slope(np.float32(x)), np.float32(first), rtol=single)


@pytest.mark.parametrize(("x", "first", "second"), ERFCX)
def test_slopes_of_erfcx_are_right_far_out(x, first, second):
    compare(mg.grad(mg.erfcx), x, first, second, rtol=1e-13, single=1e-6)


def test_slope_of_erfcx_ends():
    found = [mg.grad(mg.erfcx)(x) for x in (-np.inf, np.inf, np.nan)]
    np.testing.assert_array_equal(found, [-np.inf, 0.0, np.nan])
    assert mg.grad(mg.erfcx)(np.float32(3.0)).dtype == np.float32


HAZARD = [  # x, and the first two derivatives of log Φ there
    (-1e8, 100000000.00000001, -0.9999999999999999),
    (-1e3, 1000.000999998, -0.999999000006),
    (-30.0, 30.033259667433676, -0.9988962284881099),
    (-0.5, 1.1410777703680646, -0.731519592844121),
    (2.0, 0.055247862678989956, -0.11354805168857644),
    (30.0, 1.4736461348785476e-196, -4.420938404635642e-195),
]


@pytest.mark.parametrize(("x", "first", "second"), HAZARD)
def test_slopes_of_log_ndtr_are_right_far_out(x, first, second):
    compare(mg.grad(mg.log_ndtr), x, first, second, rtol=1e-12, single=1e-5)


def test_slope_of_log_ndtr_ends():
    np.testing.assert_array_equal(mg.grad(mg.log_ndtr)(np.inf), 0.0)
    np.testing.assert_array_equal(mg.grad(mg.grad(mg.log_ndtr))(50.0), 0.0)


# Truncated normal laws: from loc to low, from low to high, mean less low, variance, entropy.
PARTS = [
    (30.0, np.inf, 0.03325966743367704, 0.001103771511890091, -2.4034104116333688),
    (1e3, np.inf, 0.00099999800001, 9.999940000499995e-07, -5.907757278974637),
    (1e5, np.inf, 9.999999998e-06, 9.999999994e-11, -10.512925465170229),
    (1e8, np.inf, 9.999999999999999e-09, 9.999999999999994e-17, -17.420680743952367),
    (1e5, 1e-5, 4.180232931269723e-06, 7.932640579158197e-12, -11.553577317230339),
    (3.0, 1e-3, 0.0004997499583791868, 8.333329304307152e-08, -6.907755654107039),
    (20.0, 0.2, 0.046142340353677716, 0.0017307059034665387, -2.091376090016049),
    (0.0, 1.0, 0.4598622292864265, 0.07965182484851131, -0.010361246271002034),
    (-2.0, 5.0, 2.050782989674879, 0.8731486399754057, 1.3324071216576476),
    (-0.5, np.inf, 1.0091604338370335, 0.4861754356963671, 0.922702009456758),
]


@pytest.mark.parametrize(("off", "width", "mean", "variance", "entropy"), PARTS)
def test_moments_of_a_truncated_normal_are_right_far_out(off, width, mean, variance, entropy):
    law, mirrored = mg.TruncatedNormal(-off, 1.0, 0.0, width), mg.TruncatedNormal(off, 1, -width, 0)
    for one, sign in ((law, 1.0), (mirrored, -1.0)):
        found = one.mean.value * sign, one.variance.value, one.entropy().value
        np.testing.assert_allclose(found, (mean, variance, entropy), rtol=1e-13)


@pytest.mark.parametrize(("off", "width", "mean", "variance", "entropy"), PARTS)
def test_slopes_of_a_truncated_normal_are_right_far_out(off, width, mean, variance, entropy):
    x = 0.3 * mean
    score = mg.grad(lambda loc: mg.TruncatedNormal(loc, 1.0, 0.0, width).log_prob(x))
    np.testing.assert_allclose(score(-off), x - mean, rtol=1e-13)
    np.testing.assert_allclose(mg.grad(score)(-off), -variance, rtol=1e-13)
    average = mg.grad(lambda loc: mg.TruncatedNormal(loc, 1.0, 0.0, width).mean)
    np.testing.assert_allclose(average(-off), variance, rtol=1e-13)


def test_distribution_function_of_a_truncated_normal_is_right_far_out():
    x = np.array([0.0, 1e-9, 1e-8, 1e-7])  # next to exponential, of rate 1e8
    law, mirrored = mg.TruncatedNormal(-1e8, 1.0, 0.0), mg.TruncatedNormal(1e8, 1.0, high=0.0)
    np.testing.assert_allclose(law.cdf(x).value, -np.expm1(-1e8 * x), rtol=1e-13)
    np.testing.assert_allclose(mirrored.cdf(-x).value, np.exp(-1e8 * x), rtol=1e-13)


def test_truncated_normal_in_a_tail_keeps_float32():
    law = mg.TruncatedNormal(np.float32(0.0), np.float32(1.0), np.float32(30.0))
    found = law.variance.value
    assert found.dtype == law.mean.dtype == law.entropy().dtype == np.float32
    np.testing.assert_allclose(found, PARTS[0][3], rtol=1e-6)


def test_a_sample_far_out_moves_with_the_bound():
    slope = mg.grad(lambda low: mg.TruncatedNormal(0.0, 1.0, low).icdf(0.5))(1e5)
    np.testing.assert_allclose(slope, 1.0 - np.log(2.0) * 1e-10, rtol=1e-14)


NARROW = [  # loc, scale and bounds, the quantile at 0.3, and its slopes in loc and scale
    ((0.0, 1e16, -1.0, 1.0), -0.4, 4.2e-33, -1.12e-49),
    ((0.0, 1e8, -1.0, 1.0), -0.4, 4.2e-17, -1.12e-25),
    ((0.0, 1.0, 0.0, 1e-10), 3e-11, 1.05e-21, 9.1e-32),
    ((0.3, 2.0, 0.5, 0.5001), 0.50002999994748866, 2.62499649886e-10, 5.25113049546e-11),
]


@pytest.mark.parametrize(("given", "quantile", "by_loc", "by_scale"), NARROW)
def test_quantiles_of_a_window_that_is_narrow_against_its_scale(given, quantile, by_loc, by_scale):
    loc, scale = (mg.Data(v) for v in given[:2])
    x = mg.TruncatedNormal(loc, scale, *given[2:]).icdf(0.3)
    np.testing.assert_allclose(x.value, quantile, rtol=1e-15)
    slopes = [g.value for g in mg.gradient(x, [loc, scale])]
    np.testing.assert_allclose(slopes, [by_loc, by_scale], rtol=1e-9)


def test_samples_of_narrow_and_wide_windows_beside_each_other():
    scale = np.array([1.0, 1e16, 1e3])
    law = mg.TruncatedNormal(0.0, scale, -1.0, [1.0, 1.0, np.inf])
    x = mg.sample(law, name="X", rng=0)
    assert mg.reparameterize(x).value.tobytes() == x.value.tobytes()
    u = 0.5 * law.sample(1, 20_000)[:, 1] + 0.5
    moments = np.mean(u), np.mean(u**2)
    np.testing.assert_allclose(moments, [1 / 2, 1 / 3], atol=0.01)  # 5 standard errors


def test_a_truncated_normal_around_a_draw_can_be_reparameterized():
    m = mg.Data(0.3, name="m")
    x = mg.sample(mg.Normal(m, 0.1), name="X", rng=0)
    law = mg.TruncatedNormal(x, 1.0, 0.2, 2.0)
    for y in (law.log_prob(0.5), law.mean, law.cdf(0.5), mg.sample(law, name="Y", rng=1)):
        z = mg.reparameterize(y)
        assert np.isfinite(mg.gradient(z, m).value)
