"""REINFORCE: the cost times a factor of value 1 whose derivative is the score."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Sequence, Set
from typing import Any

from ..branching import settle
from ..data import Data
from ..errors import BlockedGradientError
from ..graph import rewrite, same_draw
from ..nodes import result
from ..ops.boxes import stop_gradient
from ..ops.elementwise import add, multiply
from ..paths import moved_edges
from .baselines import LEAVE_ONE_OUT, Baseline, baselines, leave_one_out
from .branches import is_slope, like
from .choose import Handle, Refusal, call_for, choose
from .costs import Costs
from .edges import log_prob, may_carry, why_not_edge
from .elements import Places
from .scores import factor, joint, seen

Weights = tuple[Data, ...]  # the probabilities of branches that lie within each other


def reinforce(y: Data, nodes: Handle = None, baseline: Baseline = None) -> Data:
    """Return `y` with the score function estimator in its graph.

    Each chosen stochastic node gets a log-probability rectangle, and the costs downstream of it
    are multiplied by a factor of value 1 whose derivative is the score ∇ log P_θ(X) (DiCE), so that
    derivatives of any order are right: ∇ E[F(X)] = E[F(X) ∇ log P_θ(X) + ∇ F(X)]. The draw itself
    sees its parameters through stop_gradient. F may be a black box. A sum is split, so that only
    the terms that depend on a draw carry its score. Where element b of a cost depends only on
    element b of a draw (a batch of independent samples), it carries the score of that one alone.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws; by default all that block a gradient. If Python looked at one of them, in an
        ``if`` say, all of `y` carries its score: the branch may have decided what `y` is made of.
        In a function that `expectation` traces, these count also where `y` does not hold them.
    baseline : None, number, "leave-one-out", Data, `RunningAverage`, or a mapping to these
        What to subtract from the cost before it is multiplied by the score; it changes the
        variance, not the expectation. "leave-one-out" is, for each sample of a replay, the mean
        cost of the other samples of its block (0 in a block of one). That ties the samples of a
        block together, which standard errors count in; those of one block of two are NaN. Data
        are one number, or one for each element of the draw, made from what lies upstream of it.
        Keys of a mapping are draws: names, nodes or samples.

    Raises
    ------
    BlockedGradientError
        If the support of a law moves with parameters that carry a gradient (Uniform): the score
        then misses what flows over the edge. If a probability of exactly 0 or 1 moves (also when a
        replay finds it there): no sample shows the other outcome. If a baseline descends from a
        draw whose score it multiplies: that is biased.

    References
    ----------
    Williams 1992, *Simple statistical gradient-following algorithms*; Schulman et al. 2015,
    https://arxiv.org/abs/1506.05254 (downstream costs); Foerster et al. 2018,
    https://arxiv.org/abs/1802.05098 (DiCE).

    Examples
    --------
    >>> import minigraph as mg
    >>> p = mg.Data(0.25, name="p")
    >>> y = 2.0 * mg.sample(mg.Bernoulli(p), name="X", rng=0)
    >>> z = mg.reinforce(y)
    >>> z.value == y.value, mg.exact(z, p).grad[p]
    (True, 2.0)
    """
    chosen = choose("reinforce", y, nodes)
    for x in chosen:
        if problem := why_not_score(x):
            raise BlockedGradientError(f"reinforce: {problem}")
    baseline_of = baselines(y, chosen, baseline)
    if not chosen:
        return y
    given = [b for b in baseline_of.values() if isinstance(b, Data)]
    looked = [x for x in chosen if x._node.branched]
    (z, *moved), new_of, log_probs = scored_draws([y, *given, *looked], {*chosen})
    now = dict(zip(given, moved, strict=False))
    settle(looked)
    scored = {new_of[x]: log_probs[x] for x in new_of}
    baseline_now = {new_of[x]: now.get(b, b) for x, b in baseline_of.items()}
    return with_factors(z, scored, baseline_now, {new_of[x] for x in looked})


def scored_draws(
    outputs: Iterable[Data], chosen: Collection[Data]
) -> tuple[list[Data], dict[Data, Data], dict[Data, Data]]:
    """Return `outputs` with the chosen draws detached; by draw, the new one, its log_prob."""
    new_of: dict[Data, Data] = {}
    log_probs: dict[Data, Data] = {}

    def score(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data not in chosen:
            return None
        new_of[data] = new = detached(data, inputs)
        log_probs[data] = log_prob(data._node.distribution.with_inputs(inputs), new)
        return new

    return rewrite(outputs, score), new_of, log_probs


def detached(data: Data, inputs: tuple[Data, ...]) -> Data:
    """Return the same draw from parameters that no gradient reaches."""
    node = data._node
    still = [stop_gradient(x) if may_carry(x) else x for x in inputs]
    new = result(node.value, same_draw(node, node.distribution.with_inputs(still)))
    new.name = data.name
    return new


def with_factors(
    z: Data, scored: dict[Data, Data], baseline_of: dict[Data, Any], looked: Set[Data]
) -> Data:
    """Return `z` with every cost multiplied by the factors of the draws upstream of it.

    `scored` holds the log-probabilities of the draws, `baseline_of` their baselines. Draws that
    Python `looked` at may have decided which costs there are: all of `z` is downstream of them.
    """
    costs = Costs(z, scored)
    given = {x: b for x, b in baseline_of.items() if b is not None and b is not LEAVE_ONE_OUT}
    sums: dict[Any, Data] = {}  # of scores, by what was added to what: costs share how they begin
    factors: dict[Data, Data] = {}
    met: dict[Data, tuple[Weights, Places]] = {}  # draws in costs: what weighs them all, and where

    def factor_of(cost: Data, draws: Collection[Data]) -> Data:
        total: Any = None
        for x in [x for x in scored if x in draws]:
            before, places = total, () if x in looked else costs.places(cost, x)
            if (total := sums.get((before, x, places))) is None:
                score = seen(scored[x], places)
                total = sums[before, x, places] = score if before is None else add(before, score)
        if total not in factors:
            factors[total] = factor(total)
        return like(cost, factors[total])

    def change(cost: Data, draws: Collection[Data]) -> Data:
        if not draws:
            return cost
        compared = {x for x in draws if baseline_of[x] is LEAVE_ONE_OUT}
        out = cost * factor_of(cost, draws)
        if compared:
            out = out - like(out, leave_one_out(cost) * (factor_of(cost, compared) - 1.0))
        weights = costs.weights.get(cost, ())
        for x in [x for x in given if x in draws and not is_slope(cost)]:
            before, places = met.get(x, (weights, costs.places(cost, x)))
            met[x] = tuple(p for p in before if p in weights), places
        return out

    out = change(costs.rebuild(lambda cost, draws: change(cost, draws - looked)), looked)
    together: dict[tuple[Any, Weights], dict[object, tuple[Data, Places]]] = {}
    for x, (weights, places) in met.items():
        together.setdefault((given[x], weights), {})[x._node.draw] = scored[x], places
    for (baseline, weights), parts in together.items():
        out = subtracted(out, baseline, weights, list(parts.values()))
    out.name = z.name
    if out is not z and z not in scored:  # two data of one name could not be told apart
        z.name = "cost" if out.name != "cost" else None
    return out


def subtracted(
    out: Data, baseline: float | Data, weights: Weights, parts: Sequence[tuple[Data, Places]]
) -> Data:
    """Return `out` with a term of value 0 whose derivative is minus the baseline times the score.

    It is weighted as the branch is that the draws stand in. `parts` are their log-probabilities,
    and where the elements of these are in the costs. What is subtracted is +0.0, which leaves every
    value as it is, also -0.0.
    """
    b = stop_gradient(baseline) if isinstance(baseline, Data) else baseline
    if weights or (isinstance(baseline, Data) and baseline.shape):  # one for each element of a draw
        scores = [seen(b * (factor(x) - 1.0), places if weights else ()) for x, places in parts]
        terms = [joint([functools.reduce(multiply, weights, score)]) for score in scores]
    else:
        terms = [b * (factor(joint([x for x, _ in parts])) - 1.0)]
    return functools.reduce(lambda out, term: out - like(out, 0.0 + term), terms, out)


def why_not_score(x: Data) -> Refusal | None:
    """Return why the score function is illegal for the draw `x`, or None if it is legal."""
    law = x._node.distribution
    names = moved_edges(law)
    if not names:
        return why_not_edge(x)
    drawn = f"{x.name or 'the draw'} ~ {type(law).__name__}"
    what = f"the support of {drawn} moves with {' and '.join(names)}"
    if x.dtype.kind != "f":
        return Refusal(f"{what}, where a whole number has no slope; give mg.astype(…, int)")
    return Refusal(
        f"{what}, so the score function is biased: it misses the edges",
        call_for(x, "reparameterize", "unblock"),
    )
