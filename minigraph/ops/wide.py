"""What this processor has no wide instructions for, and sines and cosines without them.

Where it has them (AVX-512), NumPy computes the tangent, log1p and tanh of eight numbers at a time.
Elsewhere it computes them one by one, in the time of thirty multiplications.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .along import elementwise
from .base import Operation

KERNELS = np.lib.introspect.opt_func_info(func_name="^tan$", signature="float64").get("tan", {})
WIDE = any("baseline" not in kernel["current"] for kernel in KERNELS.values())


def quarter_chord(x: Any, out: Any = None, z: Any = None) -> Any:
    """Return 2 sin(x/4) for angles from -π to π: the polynomial that is nearest to it.

    It is 5e-18 off in exact arithmetic, in float32 1e-8 with its last five terms.
    """
    z = np.multiply(x, x, out=z)
    terms = (
        4.737000659659191e-18, -1.1945112692881938e-14, 2.102456159698496e-11,
        -2.4220300083801636e-08, 1.6276041666641333e-05, -0.005208333333333317,
    )[0 if z.dtype.itemsize > 4 else 2 :]  # fmt: skip
    p = np.multiply(z, terms[0])
    for term in terms[1:]:
        np.add(p, term, out=p)
        np.multiply(p, z, out=p)
    np.add(p, 0.5, out=p)
    return np.multiply(p, x, out=out)


def chord(x: Any, out: Any = None) -> Any:
    """Return 2 sin(x/4) of angles less their whole turns, which leaves -π to π.

    It is the chord of half the angle. That of the whole angle is w = c √(4 - c²), and with both
    sin x = w (1 - c²/2), cos x = 1 - w²/2.
    """
    turns = np.rint(np.multiply(x, 0.15915494309189535))
    if np.abs(turns).max(initial=0.0) < 2**20:  # the first product below is exact
        angle = np.subtract(x, np.multiply(turns, 6.283185303211212))
        angle = np.subtract(angle, np.multiply(turns, 3.968374318722162e-09), out=angle)
    else:
        angle = np.arctan2(np.sin(x), np.cos(x))
    if angle.size < 2**11:  # the calls take longer than one sine after the other
        return np.multiply(np.sin(0.25 * angle), 2.0, out=out)
    return quarter_chord(angle, out, turns)


chord_of_half = Operation("chord", chord, None, along=elementwise, numpy=())
