"""Slopes of the scaled Bessel functions, also where their terms cancel; values by mpmath."""

from __future__ import annotations

import numpy as np
import pytest

import minigraph as mg

pytest.importorskip("scipy")

SLOPES = [  # x, i0e' and i0e'', i1e' and i1e''
    (0.3, (-0.645203064542709, 0.9158142602859555), (0.2706111957432464, -0.5692120167652346)),
    (
        -2.0,
        (0.09323903330473338, 0.07884342198499793),
        (-0.014395611319735449, 0.01782829401289579),
    ),
    (
        30.0,
        (-0.0012296158835897392, 6.202074722455996e-05),
        (-0.0011675951363651794, 5.680612465277664e-05),
    ),
    (
        20000.0,
        (-7.052502032479421e-08, 5.289442646525438e-12),
        (-7.051973088214769e-08, 5.288781457929042e-12),
    ),
    (
        -1000000.0,
        (1.9947121500246404e-10, 2.992068973055139e-16),
        (-1.9947091579556673e-10, -2.9920614928808364e-16),
    ),
    (
        10000000000.0,
        (-1.994711402081965e-16, 2.9920671031977495e-26),
        (-1.9947114017827584e-16, 2.992067102449733e-26),
    ),
    (
        1e16,
        (-1.9947114020071634e-25, 2.992067103010745e-41),
        (-1.9947114020071632e-25, 2.9920671030107447e-41),
    ),
]


@pytest.mark.parametrize(("x", "even", "odd"), SLOPES)
def test_slopes_are_right_from_the_middle_to_far_out(x, even, odd):
    for f, known in ((mg.i0e, even), (mg.i1e, odd)):
        slope = mg.grad(f)
        np.testing.assert_allclose([slope(x), mg.grad(slope)(x)], known, rtol=2e-12)


def test_slopes_end():
    for f, middle in ((mg.i0e, 0.0), (mg.i1e, 0.5)):
        found = [mg.grad(f)(x) for x in (-np.inf, 0.0, np.inf, np.nan)]
        np.testing.assert_array_equal(found, [0.0, middle, 0.0, np.nan])
        assert mg.grad(f)(np.float32(1e10)).dtype == np.float32
