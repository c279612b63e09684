"""Moments of a part of the normal law, counted from the point of the part next to its middle.

∫₀ʷ tᵏ exp(-a t - t²/2) dt with a >= 0 is what lies within w of there on one side, where the middle
is a away on the other. All its terms are positive: nothing cancels, however far out or thin it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import each, exp, minimum, power

FAR = 40.0  # standard deviations, beyond which there is nothing
END = 56.0  # minus the logarithm of what is left out, for a wide part
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
PANELS = np.array([0.0, 0.15, 0.4, 1.0])  # thin ones where most of it is
WIDTHS = np.diff(PANELS)[:, None]
NODES = np.ravel(PANELS[:-1, None] + 0.5 * WIDTHS * (NODES + 1.0))
WEIGHTS = np.ravel(0.5 * WIDTHS * WEIGHTS)


def _normal_part(a: Any, w: Any, order: int = 0) -> Any:
    dtype = np.result_type(a, w)
    a, w = (np.asarray(x, dtype=float) for x in (a, w))
    w = np.minimum(w, 2.0 * END / (a + np.hypot(a, np.sqrt(2.0 * END))))
    t = w[..., None] * NODES
    heights = WEIGHTS * NODES**order * np.exp(-t * (a[..., None] + 0.5 * t))
    return (w ** (order + 1) * heights.sum(axis=-1)).astype(dtype)


def _edge(g: Any, y: Any, a: Any, w: Any, order: int = 0) -> Any:
    w = minimum(w, FAR)
    height = exp(-w * (a + 0.5 * w))
    return g * (power(w, float(order)) * height if order else height)


normal_part = each(
    "normal_part", _normal_part,
    lambda g, y, a, w, order=0: -g * normal_part(a, w, order=order + 1),
    _edge, fixed=["order"], numpy=(),
)  # fmt: skip
