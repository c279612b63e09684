"""What cannot be: a probability of exactly 0 that stays there, however the parameters move.

Such an outcome adds nothing to an expectation, whatever it would cost. But 0 times an infinite cost
is nan, and so are its slopes. So an outcome whose cost is infinite is looked at with its
probability, and if it cannot be, another one stands for it. A probability of 0 that moves counts.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..cotangents import pull
from ..data import Data
from ..gradient import seed_of
from ..ops.base import as_data
from ..ops.boxes import ROUNDING, function, moves, stop_gradient
from ..ops.elementwise import (
    absolute,
    add,
    equal,
    less_equal,
    logical_and,
    not_equal,
    where,
)
from ..ops.reductions import any_, argmax, sum_
from ..ops.shaping import reshape
from ..paths import Flow


def inwards(p: Any, top: bool) -> Any:
    """Return the direction away from 0, or at the `top` from 1, and 0 elsewhere."""
    low = where(equal(p, 0.0), 1.0, 0.0)
    return where(equal(p, 1.0), -1.0, low) if top else low


def slope_at_edge(p: Data, top: bool) -> Data | None:
    """Return how much `p` moves where it is at an edge; None if it never moves."""
    direction = inwards(p, top)
    if p._op is None:
        return sum_(absolute(direction))
    total = sum_(p * stop_gradient(direction))  # of slopes that cannot cancel
    flow = Flow([total])
    for x in flow.blocked:
        del flow.carries[x]  # how a draw moves is for its own estimator
    with np.errstate(all="ignore"):
        found = pull(flow, total, seed_of(total, None))
    slopes = [sum_(absolute(found[x])) for x in flow.ends if x in found]
    return functools.reduce(add, slopes) if slopes else None


def stuck(p: Data, top: bool = False) -> Data | None:
    """Return where probabilities are at an edge and stay there; None if that is nowhere now.

    A replay looks again. Where one of several moves from an edge, none is said to stay.
    """
    off = not_equal(inwards(stop_gradient(p), top), 0.0)
    if not np.any(off._value):
        return None
    slope = slope_at_edge(p, top)
    if slope is None:
        return off
    if moves(p._value, slope._value):
        return None
    still = less_equal(stop_gradient(slope), ROUNDING * np.finfo(p.dtype).eps)
    return logical_and(off, still)


def possible_index(p: Data, k: Data) -> Data:
    """Return the outcome number `k`, or the likeliest one if that cannot be."""
    stays = stuck(p)
    if stays is None:
        return k
    lost = any_(logical_and(stays, equal(np.arange(p.size), k)))
    return where(lost, argmax(stop_gradient(p)), k)


def possible_outcome(x: Data, outcome: Data, p: Data) -> Data | None:
    """Return an outcome of the draw `x` with the likeliest one where it cannot be; None if it can.

    `p` is its probability: of all elements together, or of each.
    """
    stays = stuck(p)
    if stays is None:
        return None
    law = x._node.distribution
    table = Data(np.asarray(law.outcomes(), dtype=x.dtype), constant=True)

    def possible(stays: Data, outcome: Data, *_: Data) -> Data:
        chances = [law.probability(np.broadcast_to(one, x.shape)) for one in table._value]
        batch = law.batch_shape if p.shape else ()
        lost = reshape(stays, shape=batch + (1,) * law.event_ndim)
        likeliest = table[np.argmax(np.stack(chances), axis=0)]
        return stop_gradient(where(lost, likeliest, outcome))

    return as_data(function(possible, name="possible outcome")(stays, outcome, *law.inputs))
