"""The ways to open a law: what it defines is what can be done with its draws."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .base import Distribution
from .charts import chart_of
from .weak_derivatives import weak_derivatives


def ways_of(law: Any) -> Mapping[str, str]:
    """What a rewrite or an average can do with a draw from this law, and how.

    Keys are "transform", "implicit", "score", "weak derivative", "outcomes", "quadrature".

    Examples
    --------
    >>> import minigraph as mg
    >>> for way, how in mg.Normal(0.0, 1.0).ways.items():
    ...     print(f"{way}: {how}")
    transform: of StandardNormal
    score: for loc, scale
    weak derivative: in loc, scale
    quadrature: over StandardNormal
    """
    noise, found = law.noise(), {}
    if noise is not None:
        # Noise with parameters of its own was made by a sampler that nothing looks into.
        way = "implicit" if noise.parameters else "transform"
        how = "along the quantiles of" if noise.parameters else "of"
        word = ", and jumps" if law.transform_jumps else ""
        found[way] = f"{how} {type(noise).__name__}{word}"
    scored = [name for name in law.parameters if name not in law.support_moves]
    if scored:
        found["score"] = f"for {', '.join(scored)}"
    weak = weak_derivatives(law.plain(), np.zeros(law.shape, law.dtype))
    if weak:
        found["weak derivative"] = f"in {', '.join(weak)}"
    if (outcomes := law.outcomes()) is not None:
        found["outcomes"] = f"{len(outcomes)} of them, or as many as matter"
    ruled = law if noise is None else noise
    if chart_of(ruled) is not None:
        found["quadrature"] = f"over {type(ruled).__name__}"
    return MappingProxyType(found)


Distribution.ways = property(ways_of)  # type: ignore[attr-defined]
