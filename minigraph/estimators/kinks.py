"""Kinks of a density that move with a parameter: what its score misses, and when.

The score is right. But where the slope of log P jumps at a sample, as that of -|X - θ| does at θ,
its second derivative has a spike there, which no sample shows: for X ~ Laplace(θ, 1) the second
derivative of E[X²] would be E[X² score²] = θ² + 2 instead of 2. So it is refused by name.
"""

from __future__ import annotations

from typing import Any

from ..data import Data
from ..ops.elementwise import each
from .branches import first_only


def _once(g: Any, y: Any, x: Any) -> Any:
    return g + first_only(x * 0.0, x) if type(x) is Data else g


kink = each("kink", lambda x: x * 1.0, _once, numpy=(), passes=True)


def kinked(law: Any) -> list[str]:
    """Return the parameters that move a kink of the density and may receive a gradient."""
    return [name for name in law.kinks if law.parameters[name]._carries]


def once(law: Any) -> Any:
    """Return a law whose density is differentiated once in the parameters that move a kink."""
    names = kinked(law)
    inputs = [kink(x) if name in names else x for name, x in law.parameters.items()]
    return law.with_inputs(inputs) if names else law
