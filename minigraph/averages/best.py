"""The best constant baseline, estimated on samples of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import Rng
from ..errors import InputError
from ..estimators.choose import Handle, choose
from ..estimators.reinforce import reinforce
from ..gradient import gradient
from ..ops.base import as_data
from ..walk import label
from .exact import exact
from .expectation import expectation, parameters


def best_baseline(
    y: Data, nodes: Handle = None, wrt: Any = None, samples: int | None = 10_000, *, rng: Rng = None
) -> float:
    """Return the constant that, as a baseline of `reinforce`, makes the variance least.

    With the gradient G of ``reinforce(y, nodes)`` and the score S it is E[G S] / E[S²], where both
    products are summed over all parameters: E[F S²] / E[S²] if one cost F meets the whole score,
    and holds no parameter. Other draws that block are scored without a baseline. The samples are
    drawn here and used for nothing else, so the baseline does not depend on those whose score it
    will meet, and does not bias.

    Parameters
    ----------
    y : Data
        A single number.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws will be scored; by default all that block a gradient.
    wrt : Data, name, or list of these, optional
        The parameters whose variances are added up; by default all inputs that are not constants.
    samples : int or None
        How many samples; None computes the exact one.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where they come from.

    Raises
    ------
    InputError
        If `y` is an array, if the draws have no score in any of the parameters, or if a cost is
        not finite.
    BlockedGradientError
        If the score function is illegal for a draw.

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
    if not chosen:
        raise InputError("best_baseline: no draw blocks a gradient, so there is nothing to score")
    others = [x for x in choose("best_baseline", y, None) if x not in chosen]
    y = reinforce(y, others) if others else y
    keys = parameters(y, wrt)
    slopes = gradient(reinforce(y, chosen), keys)
    scores = gradient(reinforce(0.0 * y, chosen, baseline=-1.0), keys)
    pairs = list(zip(slopes, scores, strict=True))
    both = as_data([sum((np.sum(a * s) for a, s in pairs), start=0.0),
                    sum((np.sum(s * s) for _, s in pairs), start=0.0)])  # fmt: skip
    found = exact(both) if samples is None else expectation(both, samples, rng=rng)
    product, size = found.value
    if not np.all(np.isfinite(found.value)):
        raise InputError(
            f"best_baseline: E[G S] is {product} and E[S²] is {size}; a cost of {label(y)}, or a "
            "score, is not finite: look for the samples where"
        )
    if size == 0.0:
        raise InputError("best_baseline: the draws have no score in these parameters")
    return float(product / size)
