"""The ways to open a law: what it defines is what can be done with its draws."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def ways_of(law: Any) -> Mapping[str, str]:
    """Return the ways to treat a draw from `law`, each with how; see `Distribution.ways`."""
    noise, found = law.noise(), {}
    if noise is not None:
        # Noise with parameters of its own was made by a sampler that nothing looks into.
        way = "implicit" if noise.parameters else "transform"
        how = "along the quantiles of" if noise.parameters else "of"
        found[way] = f"{how} {type(noise).__name__}"
    scored = [name for name in law.parameters if name not in law.support_moves]
    if scored:
        found["score"] = f"for {', '.join(scored)}"
    if (outcomes := law.outcomes()) is not None:
        found["outcomes"] = f"{len(outcomes)} of them, or as many as matter"
    ruled = law if noise is None else noise
    if hasattr(ruled, "quadrature"):
        found["quadrature"] = f"over {type(ruled).__name__}"
    return MappingProxyType(found)
