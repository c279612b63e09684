"""Replicates: several samples of one graph side by side, bounds made of them, and VIMCO."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterable

import numpy as np

from ..data import Data
from ..distributions.streams import Rng, generator
from ..errors import BlockedGradientError, InputError, MinigraphError
from ..nodes import DeterministicNode, Group, StochasticNode, result
from ..ops.base import record, stack
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import astype
from ..ops.picks import index_update
from ..ops.reductions import logsumexp, sum_
from ..values import whole
from ..walk import ancestors, drawn_above, label
from .branches import Branch, again, in_floats, refuse_looked_at, with_slope
from .choose import Handle, choose, needs_data
from .reinforce import scored_draws, why_not_score
from .scores import joint

REPLICATES = "replicates"


def replicate(y: Data, k: int, nodes: Handle = None, *, rng: Rng = None) -> Data:
    """Return `k` independent samples of `y` side by side; the first is `y`.

    Parameters
    ----------
    y : Data
        A sample. What lies above the replicated draws is shared.
    k : int
        How many.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws are made anew in each replicate, and with them all draws downstream; by default
        all draws in the graph of `y`. The copies of a draw X are called X[1], X[2], …
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where they come from.

    Returns
    -------
    Data
        Of shape (k, *y.shape).

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X", rng=0)
    >>> several = mg.replicate(x**2, 3, rng=1)
    >>> several.shape, [draw.output.name for draw in mg.Graph(several).stochastic]
    ((3,), ['X', 'X[1]', 'X[2]'])
    """
    needs_data("replicate", y)
    k = whole("k", k, 1, f"replicate of {label(y)}")
    draws = drawn_above([y])
    chosen = draws if nodes is None else choose("replicate", y, nodes)
    rng = generator(rng)
    copies = [y, *[_fresh(y, chosen, i, rng) for i in range(1, k)]]
    out = record(stack, tuple(copies), {"axis": 0})
    out._node.name = REPLICATES
    return out


def _fresh(y: Data, draws: Iterable[Data], i: int, rng: np.random.Generator) -> Data:
    """Return `y` with its draws, and all draws downstream of these, made anew."""
    new: dict[Data, Data] = {}
    boxes: dict[Group, Group] = {}
    chosen = set(draws)
    for data in ancestors([y]):
        node = data._node
        inputs = tuple([new.get(x, x) for x in node.inputs])
        if data not in chosen and inputs == node.inputs:
            continue
        if isinstance(node, StochasticNode):
            refuse_looked_at([data])
            law = node.distribution.with_inputs(inputs)
            value, noise = law.plain().draw(rng, law.shape)
            copy = StochasticNode(law, value, noise, object())
            copy._name = node._name
            new[data] = result(copy.value, copy)
            new[data].name = f"{data.name}[{i}]" if data.name else None
        else:
            new[data] = again(node, inputs, boxes)
    return new.get(y, y)


def importance_bound(log_weight: Data, k: int, *, rng: Rng = None) -> Data:
    """Return the importance-weighted bound log (1/k) Σ w of `k` replicates of a log-weight.

    With log_weight = log p(x, h) - log q(h), h ~ q, its expectation is a lower bound of log p(x),
    the evidence bound for k = 1, that rises with k. It blocks as its draws do: rewrite it with
    `reparameterize`, or with `vimco`.

    Parameters
    ----------
    log_weight : Data
        In nats.
    k : int
        How many replicates.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where they come from.

    References
    ----------
    Burda, Grosse and Salakhutdinov 2016, *Importance Weighted Autoencoders*,
    https://arxiv.org/abs/1509.00519

    Examples
    --------
    >>> import minigraph as mg
    >>> q = mg.Data(0.4, name="q")
    >>> h = mg.sample(mg.Bernoulli(q), name="h", rng=0)
    >>> log_weight = mg.Bernoulli(0.7).log_prob(h) - mg.Bernoulli(q).log_prob(h)  # p(x) = 1
    >>> [round(mg.exact(mg.importance_bound(log_weight, k)).value, 3) for k in (1, 2, 8)]
    [-0.192, -0.103, -0.025]
    """
    several = replicate(log_weight, k, rng=rng)
    return logsumexp(several, axis=0) - math.log(k)


def vimco(y: Data, *, rng: Rng = None) -> Data:
    """Return `y`, a function of replicates, with the VIMCO estimator for their draws.

    The score of replicate j is multiplied by what it adds: by `y` minus what `y` would be, had
    replicate j been the mean of the others. Of a mean of costs this is leave-one-out; of a bound
    it is the geometric mean of the other weights. Where `y` depends on a draw of replicate j also
    beside the replicates, nothing says what it would be without: that score meets all of `y`.

    Parameters
    ----------
    y : Data
        Made from `replicate` or `importance_bound`. It stays as it was.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where draws downstream of the replicates come from, when they are made again.

    Raises
    ------
    InputError
        If there are no replicates above `y`, or several sets of them.
    BlockedGradientError
        If the score function is illegal for a draw; also when the gradient is differentiated again.

    References
    ----------
    Mnih and Rezende 2016, *Variational Inference for Monte Carlo Objectives*,
    https://arxiv.org/abs/1602.06725; Kool, van Hoof and Welling 2019, *Buy 4 REINFORCE Samples, Get
    a Baseline for Free!*

    Examples
    --------
    >>> import minigraph as mg
    >>> q = mg.Data(0.4, name="q")
    >>> h = mg.sample(mg.Bernoulli(q), name="h", rng=0)
    >>> log_weight = mg.Bernoulli(0.7).log_prob(h) - mg.Bernoulli(q).log_prob(h)
    >>> y = mg.importance_bound(log_weight, 3, rng=1)
    >>> bool(abs(mg.exact(mg.vimco(y), q).grad[q] - mg.exact(y, q).grad[q]) < 1e-12)
    True
    """
    needs_data("vimco", y)
    side_by_side = _replicates_above(y)
    groups = _own_draws(y, side_by_side)
    rng, several = generator(rng), side_by_side._node.inputs
    chosen = [x for group in groups for x in group]
    for x in chosen:
        if problem := why_not_score(x):
            raise BlockedGradientError(f"vimco: {problem}")
    (z, side), new_of, log_probs = scored_draws([y, side_by_side], {*chosen})
    out = z = in_floats(z)
    beside = set(ancestors([z], seen={side}))
    for j, group in enumerate(groups):
        if group:
            others = function(functools.partial(_without, j), name=f"without number {j + 1}")(side)
            # If z depends on these draws on a way around the replicates, what it would be without
            # number j does so, too: with 3 h added to a bound, the difference would hold no 3 h.
            alone = len(several) == 1 or any(new_of[x] in beside for x in group)
            cost = z if alone else z - _had(z, side, others, rng)
            scored = lambda gain, *log_probs: joint(log_probs) * stop_gradient(gain)
            slope = function(scored, name="slope")(cost, *[log_probs[x] for x in group])
            out = with_slope(out, slope, "VIMCO")
    out.name = y.name
    return out


def _without(j: int, side: Data) -> Data:
    """Return replicates of which number `j` is the mean of the others."""
    side = in_floats(side)
    others = np.delete(np.arange(len(side)), j)  # (a + b) - a is not b, and ∞ - ∞ is nan
    mean = sum_(side[others], axis=0) / max(len(others), 1)
    return index_update(side, j, mean)


def _had(z: Data, side: Data, others: Data, rng: np.random.Generator) -> Data:
    """Return what `z` would be of other replicates: a mean rounded where it is, say, an index."""
    try:
        return Branch({side: others}, rng).of(z)
    except MinigraphError:
        return Branch({side: astype(others, dtype=side.dtype)}, rng).of(z)


def _replicates_above(y: Data) -> Data:
    """Return the replicates from which `y` was made."""
    found = [
        data for data in ancestors([y])
        if isinstance(data._node, DeterministicNode)
        and data._node.op is stack and data._node._name == REPLICATES
    ]  # fmt: skip
    if len(found) != 1:
        way = "make y from mg.replicate(log_weight, k), or call mg.importance_bound"
        if found:
            way = (
                "add up mg.vimco of each, or call mg.vimco before rewrites that copy them, as "
                "mg.marginalize does"
            )
        raise InputError(
            f"vimco of {label(y)}: {len(found)} sets of replicates lie above it, and it needs one; "
            f"{way}"
        )
    return found[0]


def _own_draws(y: Data, side_by_side: Data) -> list[list[Data]]:
    """Return, for each replicate, the draws that block `y` and belong to it alone.

    Draws that the replicates share stay as they are, and block.
    """
    blocking = set(choose("vimco", y, None))
    above = [[x for x in ancestors([each]) if x in blocking] for each in side_by_side._node.inputs]
    count = Counter(itertools.chain(*above))
    return [[x for x in each if count[x] == 1] for each in above]
