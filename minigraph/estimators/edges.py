"""Probabilities of exactly 0 or 1, where the log-odds are infinite and have no slope.

In a logit the right slope there is 0, and these functions keep it finite. In a parameter that moves
p away from 0 it is another, and no sample knows it: refused. Where p stays at 0 however the
parameters move, as that of X₂ ~ Bernoulli(θ X₁) does where X₁ is 0, any finite slope in p is right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..gradient import pulled
from ..graph import Data, label
from ..ops.base import as_data
from ..ops.elementwise import maximum, minimum
from ..ops.reductions import sum_
from ..paths import Flow
from .choose import call_for

FAR = 1e30  # a logit, whose probability is 0 or 1 in any precision


def within(p: Any, dtype: Any = np.float64) -> Any:
    """Return probabilities kept off 0 and 1, by less than matters; there the slope is 0."""
    limits = np.finfo(dtype)
    return minimum(maximum(p, np.sqrt(limits.tiny)), 1.0 - limits.epsneg)


def finite_logits(law: Any) -> Any:
    """Return the logits of a law, finite also where a probability is 0 or 1."""
    if "logits" in law.parameters:
        return law.full(minimum(maximum(law.logits, -FAR), FAR))
    p = within(law.parameters["probs"], law.dtype)
    inputs = [p if name == "probs" else x for name, x in law.parameters.items()]
    return law.full(law.with_inputs(inputs).logits)


def why_not_edge(x: Data) -> str | None:
    """Return why no sample of the draw `x` knows the slope in its probabilities, or None."""
    law = x._node.distribution
    p = law.parameters.get("probs")
    if p is None:
        return None
    inwards = (np.asarray(p._value) <= 0) * 1.0 - (np.asarray(p._value) >= 1)
    total = sum_(p * inwards)  # of slopes that cannot cancel
    flow = Flow([total])
    if flow.blocked or not any(map(np.any, pulled(flow, total, as_data(1.0), plain=True))):
        return None
    where = f" at {[int(i) for i in np.argwhere(inwards)[0]]}" if p.shape else ""
    return (
        f"{label(x)} ~ {type(law).__name__} has a probability of exactly 0 or 1{where} that moves, "
        f"and no sample shows the other outcome; call {call_for('marginalize', x)}, or give logits"
    )
