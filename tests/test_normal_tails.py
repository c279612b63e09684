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


@pytest.mark.parametrize(("x", "first", "second"), ERFCX)
def test_slopes_of_erfcx_are_right_far_out(x, first, second):
    slope = mg.grad(mg.erfcx)
    np.testing.assert_allclose([slope(x), mg.grad(slope)(x)], [first, second], rtol=1e-13)
    np.testing.assert_allclose(slope(np.float32(x)), np.float32(first), rtol=1e-6)


def test_slope_of_erfcx_ends():
    found = [mg.grad(mg.erfcx)(x) for x in (-np.inf, np.inf, np.nan)]
    np.testing.assert_array_equal(found, [-np.inf, 0.0, np.nan])
    assert mg.grad(mg.erfcx)(np.float32(3.0)).dtype == np.float32
