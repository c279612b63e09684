"""Bessel functions, from SciPy (the optional extra ``scipy``), with their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UsageError
from .base import Operation, Rule
from .elementwise import divide, greater, sign, where
from .special import special


def of_order(name: str, rule: Rule) -> Operation:
    """Declare a function of an order n and x; its derivative in n has no closed form."""

    def refused(*args: Any) -> Any:
        raise UsageError(
            f"{name}: its derivative in n is not defined here; keep n constant, "
            "or wrap your own with mg.primitive"
        )

    return special(name, refused, rule)


jv = of_order("jv", lambda g, y, n, x: g * (0.5 * (jv(n - 1.0, x) - jv(n + 1.0, x))))
yv = of_order("yv", lambda g, y, n, x: g * (0.5 * (yv(n - 1.0, x) - yv(n + 1.0, x))))
jn, yn = of_order("jn", jv.rules[1]), of_order("yn", yv.rules[1])
iv = of_order("iv", lambda g, y, n, x: g * (0.5 * (iv(n - 1.0, x) + iv(n + 1.0, x))))
ive = of_order(
    "ive", lambda g, y, n, x: g * (0.5 * (ive(n - 1.0, x) + ive(n + 1.0, x)) - sign(x) * y)
)
j0 = special("j0", lambda g, y, x: -g * j1(x))
j1 = special("j1", lambda g, y, x: g * (0.5 * (j0(x) - jv(2.0, x))))
y0 = special("y0", lambda g, y, x: -g * y1(x))
y1 = special("y1", lambda g, y, x: g * (0.5 * (y0(x) - yv(2.0, x))))
i0 = special("i0", lambda g, y, x: g * i1(x))
i1 = special("i1", lambda g, y, x: g * (0.5 * (i0(x) + iv(2.0, x))))
i0e = special("i0e", lambda g, y, x: g * _or_far(lambda x: i1e(x) - sign(x) * y, y, x, 0.25))
i1e = special(
    "i1e", lambda g, y, x: g * _or_far(
        lambda x: 0.5 * (i0e(x) + ive(2.0, x)) - sign(x) * y, y, x, -0.75
    ),
)  # fmt: skip


def _or_far(slope: Callable[[Any], Any], y: Any, x: Any, share: float) -> Any:
    """Return slope(x), and far out, where its terms cancel, -y/2x (1 + share/|x| + share/x²).

    This is from the logarithm of https://dlmf.nist.gov/10.40.1. SciPy's ive is nan from 1e9 on.
    """
    far = greater(x * sign(x), 1e4)
    u = divide(1.0, where(far, x, 1.0))
    size = u * sign(u)
    return where(
        far, -0.5 * y * u * (1.0 + share * (size + size * size)), slope(where(far, 1.0, x))
    )
