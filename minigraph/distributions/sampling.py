"""How a draw from a law comes into the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Never

import numpy as np

from ..branching import tracing
from ..data import Data
from ..errors import UsageError, refuse_unknown_keywords
from ..nodes import StochasticNode, result
from .base import Distribution
from .streams import Rng, generator

ARRAYS = (
    "for an array of draws give the law parameters of that shape, as "
    "mg.Normal(θ * mg.ones(100), 1.0)"
)
OF_X = "; the law of a draw x is x.node.distribution"
ELSEWHERE: Mapping[str, str] = {  # what other libraries call an argument
    "seed": "write rng=", "shape": ARRAYS, "size": ARRAYS, "sample_shape": ARRAYS,
    "obs": "what was observed is no draw: add law.log_prob(x) to Y",
}  # fmt: skip


def sample(dist: Distribution, name: str | None = None, rng: Rng = None, **unknown: Never) -> Data:
    """Draw from a law and return the sample, an output of a new `StochasticNode`.

    Parameters
    ----------
    dist : Distribution
        The law; its parameters are the inputs of the node.
    name : str, optional
        The name of the sample.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the randomness of *this* sample comes from. A replay draws new ones. In a function
        that is called anew for each sample, a seed is refused: it would draw the same each time.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.sample(mg.Normal(0.5, 1.0), name="X", rng=0)
    >>> x.node, x.node.distribution
    (StochasticNode('P'), Normal(loc=0.5, scale=1.0))
    """
    if unknown:
        refuse_unknown_keywords("sample", sample, unknown, ELSEWHERE)
    if not isinstance(dist, Distribution):
        hint = OF_X if isinstance(dist, Data) else ", as mg.Normal(0.0, 1.0)"
        if isinstance(dist, type):
            hint = f": write mg.sample({dist.__name__}(…))"
        raise UsageError(f"sample: got {type(dist).__name__}, needs a distribution{hint}")
    if name is not None and not isinstance(name, str):
        raise UsageError(
            f"sample: the name is {name!r}, and it must be a string; {ARRAYS}, and a generator as "
            "rng="
        )
    if tracing() and isinstance(rng, (int, np.integer, np.random.SeedSequence)):
        raise UsageError(
            f"sample: rng={rng!r} for {name or 'a draw'} in a function that is called anew for "
            "each sample, which would be the same number each time; leave rng away there, or pass "
            "the Generator that the function may take"
        )
    value, noise = dist.plain().draw(generator(rng), dist.shape)
    node = StochasticNode(dist, value, noise, object())
    data = result(node.value, node)
    data.name = name
    return data
