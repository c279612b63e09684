"""REINFORCE: the cost times a factor of value 1 whose derivative is the score."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..errors import BlockedGradientError, InputError, UsageError
from ..graph import Data, StochasticNode, label, result, rewrite
from ..ops import along
from ..ops.base import Operation
from ..ops.boxes import stop_gradient
from ..ops.elementwise import add
from ..ops.reductions import sum_
from ..paths import is_parameter
from .choose import Handle, call_for, choose
from .costs import Costs

factor = Operation(
    "score_factor", np.ones_like, lambda g, y, log_prob: g * y, along=along.elementwise, numpy=()
)
factor.always = 1.0  # type: ignore[attr-defined]  # a replay need not compute it


def _leave_one_out(costs: Any, weights: Any = None) -> Any:
    """Return, for each sample, the mean cost of the other samples."""
    costs = costs * 1.0
    if weights is not None:  # an exact average: the limit of infinitely many other samples
        return np.broadcast_to(np.tensordot(weights, costs, 1) / weights.sum(), costs.shape)
    others = len(costs) - 1
    return (costs.sum(axis=0) - costs) / others if others else np.zeros_like(costs)


_leave_one_out.across_samples = True  # type: ignore[attr-defined]
leave_one_out = Operation(
    "leave_one_out", lambda cost: np.zeros_like(cost) * 1.0, None,
    along=lambda call: _leave_one_out, numpy=(), barrier="stop",
)  # fmt: skip


def reinforce(y: Data, nodes: Handle = None, baseline: float | str | None = None) -> Data:
    """Return `y` with the score function estimator in its graph.

    Each chosen stochastic node gets a log-probability rectangle, and the costs downstream of it
    are multiplied by a factor of value 1 whose derivative is the score ∇ log P_θ(X) (DiCE), so that
    derivatives of any order are right: ∇ E[F(X)] = E[F(X) ∇ log P_θ(X) + ∇ F(X)]. The draw itself
    sees its parameters through stop_gradient. F may be a black box. A sum is split, so that only
    the terms that depend on a draw carry its score.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws; by default all that block a gradient.
    baseline : None, number, or "leave-one-out"
        What to subtract from the cost before it is multiplied by the score; it changes the
        variance, not the expectation. "leave-one-out" is, for each sample of a replay, the mean
        cost of the other samples of its block.

    Raises
    ------
    BlockedGradientError
        If the support of a law moves with parameters that carry a gradient (Uniform): the score
        then misses what flows over the edge.

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
    check_baseline(baseline)
    chosen = choose("reinforce", y, nodes)
    for x in chosen:
        problem = why_not_score(x)
        if problem:
            raise BlockedGradientError(f"reinforce: {problem}")
    if not chosen:
        return y
    scored: dict[Data, Data] = {}

    def score(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data not in chosen:
            return None
        new = detached(data, inputs)
        new.name = data.name
        log_prob = data._node.distribution.with_inputs(inputs).log_prob(new)
        scored[new] = sum_(log_prob) if log_prob.shape else log_prob
        return new

    (z,) = rewrite([y], score)
    return with_factors(z, scored, baseline)


def detached(data: Data, inputs: tuple[Data, ...]) -> Data:
    """Return the same draw from parameters that no gradient reaches."""
    node = data._node
    still = [stop_gradient(x) if x._node or is_parameter(x) else x for x in inputs]
    copy = StochasticNode(node.distribution.with_inputs(still), node.value, node.noise, node.draw)
    copy._name, copy.branched = node._name, node.branched
    return result(node.value, copy)


def with_factors(z: Data, scored: dict[Data, Data], baseline: float | str | None) -> Data:
    """Return `z` with every cost multiplied by the factors of the draws upstream of it."""
    costs = Costs(z, scored)
    factors: dict[frozenset[Data], Data] = {}

    def factor_of(draws: frozenset[Data]) -> Data:
        if draws not in factors:
            log_probs = [scored[draw] for draw in scored if draw in draws]
            factors[draws] = factor(functools.reduce(add, log_probs))
        return factors[draws]

    out = costs.rebuild(lambda cost, draws: cost * factor_of(draws) if draws else cost)
    if baseline is not None:
        for draws, downstream in costs.by_draws():
            out = subtracted(out, baseline, downstream, factor_of(draws))
    out.name = z.name
    if out is not z and z not in scored:  # two data of one name could not be told apart
        z.name = "cost"
    return out


def subtracted(out: Data, baseline: float | str, cost: Data, factor: Data) -> Data:
    """Return `out` with a term of value 0 whose derivative is minus the baseline times the score.

    What is subtracted is +0.0, which leaves every value as it is, also -0.0.
    """
    if isinstance(baseline, str):
        return out - leave_one_out(cost) * (factor - 1.0)
    if baseline < 0:
        return out - (-baseline) * (1.0 - factor)
    return out - baseline * (factor - 1.0)


def why_not_score(x: Data) -> str | None:
    """Return why the score function is illegal for the draw `x`, or None if it is legal."""
    node = x._node
    moving = [
        name
        for name, a in zip(node.distribution.parameters, node.inputs, strict=True)
        if name in node.distribution.support_moves and (a._made is not None or is_parameter(a))
    ]
    if not moving:
        return None
    law = type(node.distribution).__name__
    return (
        f"the support of {x.name or 'the draw'} ~ {law} moves with {' and '.join(moving)}, so the "
        f"score function is biased: it misses the edges; call {call_for('reparameterize', x)}"
    )


def check_baseline(baseline: Any) -> None:
    """Raise for a baseline that is none of those known."""
    if baseline is None or (isinstance(baseline, str) and baseline == "leave-one-out"):
        return
    if isinstance(baseline, Data):
        raise UsageError(
            f"reinforce: baseline is the Data {label(baseline)}, which may depend on the sample: "
            'pass a number or "leave-one-out"'
        )
    number = isinstance(baseline, (int, float, np.integer, np.floating))
    if not number or isinstance(baseline, bool) or not np.isfinite(baseline):
        raise InputError(
            f"reinforce: baseline {baseline!r} is not known; pass None, a finite number or "
            '"leave-one-out"'
        )
