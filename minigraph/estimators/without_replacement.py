"""Estimators for one draw of many outcomes that look at some of them, and never twice at one."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.categorical import Categorical
from ..distributions.sampling import sample
from ..distributions.streams import Rng, generator
from ..errors import InputError
from ..ops.boxes import function
from ..ops.elementwise import add
from ..ops.joins import stack
from ..ops.reductions import sum_
from ..values import whole
from .choose import Handle
from .edges import unless_missed
from .elements import Places
from .impossible import possible_index
from .outcomes import (
    branch_at,
    index_of,
    legal,
    pick,
    positive,
    probabilities,
    weighted_slope,
    without,
)
from .slopes import Rule, with_slopes

MOST = 4  # a set of k has 2^k parts


def sum_and_sample(y: Data, nodes: Handle = None, size: int = 1, *, rng: Rng = None) -> Data:
    """Return `y` with the likeliest outcomes of a draw summed over, and one of the others sampled.

    Rao-Blackwell: ∇ E[F(X)] = Σ_{x in C} F(x) ∇ P(x) + P(not C) E[F(X') ∇ log P(X')], with the
    `size` likeliest outcomes C, and X' one of the others. Worth it where a few outcomes have most
    of the mass.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, each a single one of finitely many outcomes; by default all that block.
    size : int
        How many outcomes are summed over, less than there are.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the other outcome comes from.

    Raises
    ------
    BlockedGradientError
        If a draw has no finite outcomes, or is made of several; also when the gradient is
        differentiated again.
    InputError
        If there are no more than `size` outcomes: then `marginalize` is exact.

    References
    ----------
    Liu, Regier, Tripuraneni, Jordan and McAuliffe 2019, *Rao-Blackwellized Stochastic Gradients for
    Discrete Distributions*, https://arxiv.org/abs/1810.04777

    Examples
    --------
    >>> import minigraph as mg
    >>> logits = mg.Data([2.0, 0.0, 0.5], name="logits")
    >>> k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    >>> y = mg.Data([3.0, 5.0, 1.0], constant=True)[k]
    >>> z = mg.sum_and_sample(y, rng=1)
    >>> bool(abs(mg.exact(z, logits).grad[logits] - mg.exact(y, logits).grad[logits]).max() < 1e-12)
    True
    """
    rng, size = generator(rng), whole("size", size, call="sum_and_sample")

    def prepare(x: Data, law: Any) -> Rule:
        p = probabilities(law)
        fixed = positive(p)
        order = function(lambda p: np.argsort(-p)[:size], name="likeliest")(fixed)
        likely = [order[i] for i in range(size)]
        left = without(fixed, likely)
        other = sample(Categorical(left), name=f"other {x.name or 'outcome'}", rng=rng)

        def weights(left: Data, other: Data) -> Any:
            return np.append(np.ones(size), sum_(left) / pick(left, other))

        weight = function(weights, name="1 and 1/P")(left, other)
        return _rule(x, law, p, [*likely, other], weight, rng)

    chosen = legal("sum_and_sample", y, nodes, size, 1)
    return with_slopes(y, chosen, "sum and sample", prepare)


def unordered_set(
    y: Data, nodes: Handle = None, size: int = 2, *, baseline: bool = False, rng: Rng = None
) -> Data:
    """Return `y` with a draw compared with others drawn without replacement.

    A set S of `size` different outcomes, the first of them the sample itself, is looked at as a
    set: ∇ E[F(X)] = E[Σ_{x in S} R(S, x) F(x) ∇ P(x)] with R(S, x) = P(S | x comes first) / P(S).
    This is the score function estimator, averaged over the order in which S was drawn.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, each a single one of finitely many outcomes; by default all that block.
    size : int
        How many outcomes are drawn, at most 4 (the cost grows as 2 to its power).
    baseline : bool
        Compare the cost of each outcome with an estimate of E[F(X)] from the whole set, in which
        the others stand for all that is not this outcome: p(x) F(x) + Σ p(x') R(S - x, x') F(x').
        It does not depend on which of the set came first, and so it does not bias.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the other outcomes come from.

    Raises
    ------
    BlockedGradientError
        If a draw has no finite outcomes, or is made of several; also when the gradient is
        differentiated again.
    InputError
        If `size` is larger than 4 or than the number of outcomes; or 1, with a baseline.

    References
    ----------
    Kool, van Hoof and Welling 2020, *Estimating Gradients for Discrete Random Variables by Sampling
    without Replacement*, equations 14 and 17 (baseline), https://arxiv.org/abs/2002.06043

    Examples
    --------
    >>> import minigraph as mg
    >>> logits = mg.Data([2.0, 0.0, 0.5], name="logits")
    >>> k = mg.sample(mg.Categorical(logits=logits), name="k", rng=0)
    >>> y = mg.Data([3.0, 5.0, 1.0], constant=True)[k]
    >>> variances = [mg.exact(mg.unordered_set(y, size=n), logits).grad_variance for n in (1, 2, 3)]
    >>> [bool(v[logits].max() < bound) for v, bound in zip(variances, (4.0, 1.0, 1e-12))]
    [True, True, True]
    """
    rng, size = generator(rng), whole("size", size, call="unordered_set")

    def prepare(x: Data, law: Any) -> Rule:
        p = probabilities(law)
        fixed = positive(p)
        drawn = [index_of(x, law.outcomes())]
        while len(drawn) < size:
            law_of_next = Categorical(without(fixed, drawn))
            name = f"{x.name or 'outcome'} no. {len(drawn) + 1}"
            drawn.append(sample(law_of_next, name=name, rng=rng))
        weight = function(_compared if baseline else _ratios, name="R(S, ·)")(fixed, *drawn)
        return _rule(x, law, p, drawn, weight, rng, own=1)

    chosen = legal("unordered_set", y, nodes, size, 0)
    if chosen and size > MOST:
        raise InputError(f"unordered_set: size={size} is too many; at most {MOST}")
    if chosen and baseline and size < 2:
        raise InputError("unordered_set: size=1 has no others for a baseline; at least 2")
    return with_slopes(y, chosen, "unordered set", prepare)


def _rule(
    x: Data, law: Any, p: Data, indices: Sequence[Data], weight: Data, rng: np.random.Generator,
    own: int = 0,
) -> Rule:  # fmt: skip
    """Return the rule from a cost to its slope by some outcomes, the first `own` of them `x`."""
    if len(indices) < p.size:
        weight = unless_missed(weight, law, x)
    table = law.outcomes()
    there = [branch_at(x, table, possible_index(p, k), rng) for k in indices[own:]]

    def rule(cost: Data, places: Places) -> list[Data]:
        costs = [cost] * own + [branch.of(cost) for branch in there]
        return [weighted_slope(p, indices, weight, costs)]

    return rule


def _chances(p: Data, drawn: Sequence[Data]) -> tuple[list[Data], dict[Any, Any]]:
    """Return p of what was drawn, and P(the others come after these), by sets of positions."""
    of, members = [pick(p, k) for k in drawn], frozenset(range(len(drawn)))
    after: dict[Any, Any] = {members: 1.0}
    for size in reversed(range(len(drawn))):
        for first in map(frozenset, itertools.combinations(members, size)):
            left = sum_(without(p, [drawn[i] for i in first]))  # of all that may come next
            terms = [of[k] / left * after[first | {k}] for k in members - first]
            after[first] = functools.reduce(add, terms)
    return of, after


def _ratios(p: Data, *drawn: Data) -> Data:
    """Return R(S, x) for each member x of the set that was drawn."""
    _, after = _chances(p, drawn)
    return stack([after[frozenset([i])] / after[frozenset()] for i in range(len(drawn))])


def _compared(p: Data, *drawn: Data) -> Data:
    """Return R(S, x) times (F(x) minus the baseline of x), as a matrix that meets the costs."""
    of, after = _chances(p, drawn)
    rows = []
    for i in range(len(drawn)):
        share = [
            of[k] * (1.0 if k == i else after[frozenset([i, k])] / after[frozenset([i])])
            for k in range(len(drawn))
        ]
        ratio = after[frozenset([i])] / after[frozenset()]
        rows.append(ratio * (np.eye(len(drawn))[i] - stack(share)))
    return stack(rows)
