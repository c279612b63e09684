"""Probabilities of exactly 0 or 1: what has none never shows in a sample, and may have a slope.

In a logit the right slope there is 0, and these functions keep it finite. In a parameter that moves
p away from 0 it is another, and no sample knows it: refused, also when the parameter gets there
after the rewrite. Where p stays at 0 however the parameters move, as that of X₂ ~ Bernoulli(θ X₁)
does where X₁ is 0, any finite slope in p is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.bernoulli import Coin
from ..ops.boxes import function, inside, moves, stop
from ..ops.elementwise import exp, maximum, minimum, sigmoid
from ..paths import is_parameter
from ..walk import label
from .choose import Refusal, call_for
from .impossible import inwards, slope_at_edge
from .kinks import kinked, once
from .marginalize import moving, why_not_marginal

FAR = 1e30  # a logit, whose probability is 0 or 1 in any precision


def is_coin(law: Any) -> bool:
    """Return whether a law draws 0 or 1 and knows their log-odds, one number for a coin.

    Binomial(n, p) is no coin if n is drawn, or may be assigned: it is 1 in this sample alone.
    """
    outcomes = None if moving(law) else law.outcomes()
    two = outcomes is not None and np.array_equal(outcomes, [0, 1]) and not law.event_axes
    return two and hasattr(type(law), "logits") and hasattr(type(law), "probs")


def off_edges(p: Any, dtype: Any) -> Any:
    """Return probabilities kept off 0 and 1, by less than matters; there the slope is 0."""
    return minimum(maximum(p, _least(dtype)), 1.0 - np.finfo(dtype).epsneg)


def _least(dtype: Any) -> Any:
    return np.sqrt(np.finfo(dtype).tiny)


def finite_logits(law: Any) -> Any:
    """Return the logits of a law, finite also where a probability is 0 or 1."""
    if "logits" in law.parameters:
        return law.full(minimum(maximum(law.logits, -FAR), FAR))
    p = law.probs  # weights need not add up to 1
    p = off_edges(p, law.dtype) if isinstance(law, Coin) else maximum(p, np.finfo(law.dtype).tiny)
    inputs = [p if name == "probs" else x for name, x in law.parameters.items()]
    return law.full(law.with_inputs(inputs).logits)


def why_not_edge(x: Data) -> Refusal | None:
    """Return why no sample of the draw `x` knows the slope in its probabilities, or None."""
    law = x._node.distribution
    for name, top in edged(law):
        p = law.parameters[name]
        off = np.asarray(inwards(p._value, top))
        slope = slope_at_edge(p, top) if np.any(off) else None
        if slope is not None and moves(p._value, slope._value):
            where = f" at {[int(i) for i in np.argwhere(off)[0]]}" if p.shape else ""
            call = "unblock" if why_not_marginal(x) else "marginalize"
            logits = ", or give logits" if name.endswith("probs") else ""
            return Refusal(_problem(x, law, name, where), call_for(x, call) + logits)
    return None


def log_prob(law: Any, x: Data) -> Data:
    """Return the log-probability of a draw, of which the score never misses an outcome."""
    if not (kinked(law) or any(True for _ in edged(law))):
        return law.log_prob_drawn(x)
    box = function(
        lambda x, *_: once(unmissed(law, x)).log_prob_drawn(x),
        name=f"{type(law).__name__}.log_prob",
    )
    return box(x, *law.inputs)


def unmissed(law: Any, x: Data) -> Any:
    """Return the law of a draw, which refuses to be looked at where an outcome would be missed."""
    inputs = dict(law.parameters)
    for name, top in edged(law):
        p, kept = law.parameters[name], inputs[name]
        if of_component(name):
            kept = off_edges(p, p.dtype) if top else maximum(p, _least(p.dtype))
        inputs[name] = _checked(kept, p, top, _problem(x, law, name))
    return law.with_inputs(list(inputs.values()))


def unless_missed(value: Data, law: Any, x: Data) -> Data:
    """Return a value that is refused where an outcome would be missed."""
    for name, top in edged(law):
        value = _checked(value, law.parameters[name], top, _problem(x, law, name))
    return value


def _checked(value: Data, p: Data, top: bool, problem: str) -> Data:
    def check(value: Data, p: Data) -> Data:
        slope = slope_at_edge(p, top)
        return value if slope is None else inside(value, stop(slope), problem=problem)

    return function(check, name="inside")(value, p)


def _problem(x: Data, law: Any, name: str, where: str = "") -> str:
    what = "rate of exactly 0" if name.endswith("rate") else "probability of exactly 0 or 1"
    return (
        f"{label(x)} ~ {type(law).__name__} has a {what}{where} that moves, and no sample shows "
        "the other outcome"
    )


def edged(law: Any, within: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the names of parameters that may move from an edge, and if 1 is one, as 0 is."""
    for name in ("probs", "rate"):
        p, top = law.parameters.get(name), isinstance(law, Coin)
        flat = (sigmoid,) if top else (sigmoid, exp)  # they get to an edge without a slope
        if p is None or (name == "rate" and not law.constraints[name].holds(0.0)):
            continue
        if may_carry(p) and (p._op not in flat or of_component(within)):
            yield within + name, top
    for part, inner in getattr(law, "parts", {}).items():
        yield from edged(inner, f"{within}{part}.")


def of_component(name: str) -> bool:
    """Return whether a component of a mixture has it: others may show what that one cannot."""
    return "component." in name


def may_carry(parameter: Data) -> bool:
    """Return whether a gradient may flow on from a parameter of a law."""
    return parameter._op is not None or is_parameter(parameter)
