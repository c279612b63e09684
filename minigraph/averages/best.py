"""The best constant baseline, estimated on samples of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import Rng
from ..errors import InputError
from ..estimators.choose import Handle, choose
from ..estimators.reinforce import detached, joint
from ..gradient import gradient
from ..graph import Graph, rewrite
from ..ops.base import as_data
from ..paths import is_parameter
from .exact import exact
from .expectation import expectation


def best_baseline(
    y: Data, nodes: Handle = None, wrt: Any = None, samples: int | None = 10_000, *, rng: Rng = None
) -> float:
    """Return the constant that, as a baseline of `reinforce`, makes the variance least.

    With the score S it is E[F S²] / E[S²], where S² is summed over all parameters. The samples are
    drawn here and used for nothing else, so the baseline does not depend on those whose score it
    will meet, and does not bias.

    Parameters
    ----------
    y : Data
        A single number.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws will be scored; by default all that block a gradient.
    wrt : Data or list of Data, optional
        The parameters whose variances are added up; by default all inputs that are not constants.
    samples : int or None
        How many samples; None computes the exact one.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where they come from.

    Raises
    ------
    InputError
        If the draws have no score in any of the parameters.

    References
    ----------
    Weaver and Tao 2001, *The Optimal Reward Baseline for Gradient-Based Reinforcement Learning*,
    https://arxiv.org/abs/1301.2315

    Examples
    --------
    >>> import minigraph as mg
    >>> mu = mg.Data(1.0, name="μ")
    >>> y = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0) ** 2
    >>> round(mg.best_baseline(y, samples=None), 9)  # μ² + 3σ²
    4.0
    """
    chosen = choose("best_baseline", y, nodes)
    log_probs: list[Data] = []

    def score(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data not in chosen:
            return None
        new = detached(data, inputs)
        log_probs.append(data._node.distribution.with_inputs(inputs).log_prob(new))
        return new

    (z,) = rewrite([y], score)
    if not log_probs:
        raise InputError("best_baseline: no draw blocks a gradient, so there is nothing to score")
    total = joint(log_probs)
    given = [wrt] if isinstance(wrt, Data) else wrt
    parameters = given or [x for x in Graph(total).inputs if is_parameter(x)]
    slopes = gradient(total, list(parameters))
    square = sum((np.sum(s * s) for s in slopes), start=0.0)
    both = as_data([z * square, square])
    found = exact(both) if samples is None else expectation(both, samples, rng=rng)
    cost, size = found.value
    if not size > 0.0:
        raise InputError("best_baseline: the draws have no score in these parameters")
    return float(cost / size)
