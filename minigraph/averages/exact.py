"""Exact averages: every outcome of the finite draws, a quadrature rule for the continuous ones.

It is the Monte Carlo replay with other samples: the points of a grid, each with a weight.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from ..data import Data
from ..errors import BlockedGradientError, InputError, UsageError
from ..estimators.branches import slope_of
from ..estimators.choose import copies_of
from ..estimators.reinforce import detached, reinforce
from ..estimators.reparameterize import reparameterize, why_not_pathwise
from ..estimators.smooth import Smooth
from ..graph import rewrite
from ..nodes import StochasticNode
from ..ops.elementwise import absolute, add, multiply, not_equal, where
from ..ops.reductions import prod, sum_
from ..paths import Flow
from ..replay.tape import Tape
from ..values import how_left, whole
from ..walk import ancestors, drawn_above, label
from .beyond import Tails
from .estimate import ByData, Estimate
from .expectation import targets, with_gradients
from .grid import SPREADS, Grid
from .moments import Moments, apart, unshared
from .panels import ENOUGH
from .refining import refined
from .summing import summed

UNKNOWN = 1e-3  # the share of a mean square that is missed, from which on a variance is nan
SMOOTH = 1e-10  # the relative error from which on a kink is looked for


def exact(
    y: Data, wrt: Any = None, *, points: int | None = None, limit: int = 2_000_000
) -> Estimate:
    """Return the average of `y`, and of its gradient, without sampling error.

    Finite discrete draws are enumerated, infinite ones up to a tail of less than 1e-15, continuous
    ones integrated by a quadrature rule over their noise, exact to about 1e-12 for smooth `y`.
    Where `y`, or the transform of a law, has kinks or jumps at values of single numbers, panels
    close in on them, to about 1e-11; across a kink along a diagonal of two numbers, or three, lines
    are laid, to about 1e-8. `error` says how far it came.

    For a `y` whose gradient is not blocked (a rewritten one, say) this is the exact expectation of
    the gradient *estimator*, and ``grad_variance`` its exact one-sample variance. For a blocked
    one it is the true gradient of the expectation.

    Parameters
    ----------
    y : Data
        A number or an array.
    wrt : Data, name, or list of these, optional
        Inputs to differentiate for.
    points : int, optional
        Points of the quadrature for each continuous number, at least 6; 200 or, where there are
        many numbers, as many as the limit allows.
    limit : int
        The largest grid that is still computed.

    Returns
    -------
    Estimate
        With zero standard errors; ``samples`` is the number of points.

    Raises
    ------
    InputError
        If the product of the numbers of outcomes is larger than `limit`; the message counts it.
    BlockedGradientError
        If the outcomes of a blocked draw are others when a `wrt` changes: the count of a
        `Binomial`, the bounds of a `DiscreteUniform`, the rows of an `Empirical`.

    Examples
    --------
    >>> import minigraph as mg
    >>> p = mg.Data(0.25, name="p")
    >>> x = mg.sample(mg.Bernoulli(p), name="X")
    >>> mg.exact(3.0 * x, p)
    Estimate(value 0.75; ∂/∂p 3; exact, 2 points)
    """
    if not isinstance(y, Data):
        raise UsageError(f"exact: got {type(y).__name__}; pass the Data to average{how_left(y)}")
    points, limit = grid_options("exact", points, limit)
    keys = targets(y, wrt)
    if not keys or not Flow([y], keys).blocked:
        (value, *grads), grid, error = integrate(with_gradients(y, keys), points, limit)
        variances = [m.variance(0.0) for m in grads]
    else:
        refuse_partly(y, keys)
        (value,), grid, error = integrate([y], points, limit)
        opened, probability, weighted = differentiable(y, keys)
        slopes = with_gradients(opened, keys)[1:]
        grads, _, also = integrate(slopes, points, limit, weighted, grid)
        if probability is not None and not all(np.isfinite(m.mean).all() for m in grads):
            slopes = where_possible(slopes, probability, keys)
            grads, _, also = integrate(slopes, points, limit, weighted, grid)
        error = max(error, also)
        # The gradient of a sum over outcomes is no average of a sample's gradient.
        variances = [np.full_like(m.mean, np.nan) for m in grads]
    return Estimate(
        value=unshared(value.mean),
        stderr=unshared(np.zeros_like(value.mean)),
        samples=grid.size,
        variance=unshared(value.variance(0.0)),
        grad=ByData(keys, [unshared(m.mean) for m in grads]),
        grad_stderr=ByData(keys, [unshared(np.zeros_like(m.mean)) for m in grads]),
        grad_variance=ByData(keys, [unshared(v) for v in variances]),
        exact=True,
        error=error,
    )


def grid_options(call: str, points: Any, limit: Any) -> tuple[int | None, int]:
    """Return the two options of a grid, checked."""
    points = None if points is None else whole("points", points, 6, call)
    return points, whole("limit", limit, 1, call)


def refuse_partly(y: Data, wrt: Sequence[Data]) -> None:
    """Raise if a rewrite gave `y` other slopes than those of its value, and left draws blocked.

    A draw that stands there twice, rewritten or below one that was, would count twice.
    """
    made, blocked = ancestors([y]), Flow([y], wrt).blocked
    draws = {x._node.draw for x in blocked if x._op.barrier == "draw"}
    twice = len(draws) < sum(x._op.barrier == "draw" and x._node.draw in draws for x in made)
    others = [data for data in made if data._op.barrier != "draw"]
    if twice or any(data._op is slope_of or data._op.stands_for for data in others):
        names = ", ".join(dict.fromkeys(map(label, blocked)))
        raise BlockedGradientError(
            f"exact: {label(y)} was rewritten, and is still blocked at {names}; its slopes are "
            "those of estimates, so that its true gradient is not known here; rewrite all draws, "
            "or pass the y from before the rewrites"
        )


def where_possible(slopes: Sequence[Data], probability: Data, wrt: Sequence[Data]) -> list[Data]:
    """Return slopes that are 0 where a probability is 0 and does not move: 0 times ∞ is nan."""
    changes = [sum_(absolute(x)) for x in with_gradients(probability, wrt)]
    possible = not_equal(functools.reduce(add, changes), 0.0)
    return [where(possible, x, 0.0) for x in slopes]


def differentiable(y: Data, wrt: Sequence[Data]) -> tuple[Data, Data | None, set[object]]:
    """Return `y` such that its gradient, summed over the grid, is the true one.

    A draw with countable outcomes gets its probability as a factor; the grid must not weight it
    again, so these draws are returned as well, and the product of the factors, if there are any. A
    continuous one is reparameterized, or scored where that is not legal.
    """
    blocking = [x for x in Flow([y], wrt).blocked if isinstance(x._node, StochasticNode)]
    counted = [x for x in blocking if x._node.distribution.outcomes() is not None]
    factors: list[Data] = []
    moved: list[Data] = []  # what may jump when a sample moves; a probability in itself does not

    def weigh(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data not in counted:
            return None
        law = data._node.distribution.with_inputs(inputs)
        for name, a in law.parameters.items():
            if name in law.support_moves and a in Flow([a], wrt).carries:
                raise BlockedGradientError(
                    f"exact: the outcomes of {label(data)} ~ {type(law).__name__} are others when "
                    f"{name} changes, which no slope of their probabilities says; leave it out of "
                    "wrt"
                )
        new = detached(data, inputs)
        p = law.probability(new)
        factors.append(prod(p) if p.shape else p)
        moved.extend(law.inputs)
        return new

    moved += rewrite([y], weigh)
    # Of the graph as it was: in z below, the rewriting of one draw copies those that depend on it.
    smooth = [Smooth(data) for data in moved]
    followed = {
        x for x in blocking
        if all(why_not_pathwise(below, now) is None
               for below in smooth for now in copies_of(x._node.draw, below.draws))
    }  # fmt: skip

    def opened(z: Data) -> Data:
        for x in blocking:
            for now in copies_of(x._node.draw, drawn_above([z])) if x not in counted else []:
                z = reparameterize(z, now, continuous=True) if x in followed else reinforce(z, now)
        return z

    z = opened(functools.reduce(multiply, factors, moved[-1]))
    probability = opened(functools.reduce(multiply, factors)) if factors else None
    return z, probability, {x._node.draw for x in counted}


def integrate(
    outputs: Sequence[Data], points: int | None, limit: int, weighted: Set[object] = frozenset(),
    like: Grid | None = None,
) -> tuple[list[Moments], Grid, float]:  # fmt: skip
    """Return the moments of `outputs` over all draws above them, the grid, and a doubt.

    The doubt is how far the means are from those of a coarser quadrature, relative to their size:
    a kink or a jump shows there. Draws that are `weighted` carry their probability already, so that
    nothing tells how far the grid must reach: as far as `like`.
    """
    tape = Tape(outputs)
    if like is None:
        grid, total, tails = converged(tape, points, limit)
    else:
        grid = Grid(tape, points, limit, like.spread, like.known)
        total, tails = _to_the_ends(grid, weighted)
    if not grid.smooth:
        return _known(total, tails), grid, tails.beyond()
    error, missed = doubt(grid, total, tails, limit, weighted), tails.beyond()
    finer = None
    if missed < SMOOTH <= error and points is None and not tape.crosses:
        finer = refined(grid, total, weighted, limit, tails.sizes)
    if finer is not None and finer[2] < error:
        total, grid, error = finer
    elif finer is not None:
        error = max(error, *map(apart, total, finer[0], tails.sizes))
    return _known(total, tails), grid, max(error, missed)


def doubt(
    grid: Grid, total: Sequence[Moments], tails: Tails, limit: int,
    weighted: Set[object] = frozenset(),
) -> float:  # fmt: skip
    """Return how far the means over a grid are from those over a coarser one, relative to sizes."""
    rough = summed(Grid(grid.tape, grid.coarser, limit, grid.spread, grid.known), weighted)
    return max(map(apart, total, rough, tails.sizes))


def _known(total: Sequence[Moments], tails: Tails) -> list[Moments]:
    """Return moments without the squares of which too much lies beyond the grid."""
    doubts = [np.where(x > UNKNOWN, np.nan, 0.0) for x in tails.missed(squares=True)]
    return [
        m._replace(squares=m.squares + np.reshape(x, np.shape(m.mean)))
        for m, x in zip(total, doubts, strict=True)
    ]


def _to_the_ends(grid: Grid, weighted: Set[object] = frozenset()) -> tuple[list[Moments], Tails]:
    """Return the moments over a grid, and what lies at its ends."""
    tails = Tails(grid)
    return summed(grid, weighted, tails), tails


def converged(tape: Tape, points: int | None, limit: int) -> tuple[Grid, list[Moments], Tails]:
    """Return a grid that reaches far enough, the moments over it, and what lies at its ends."""
    best: tuple[Grid, list[Moments], Tails] | None = None
    for spread in SPREADS:
        if best is not None and (spread is None or best[0].smooth):
            return best
        try:
            grid = Grid(tape, points, limit, spread)
        except InputError:
            if best is None:
                raise
            return best
        total, tails = _to_the_ends(grid)
        if best is not None and not all(np.isfinite(m.mean).all() for m in total):
            return best
        mass = total[0].weight
        if grid.holds_all(mass):
            best = grid, total, tails
            if tails.beyond() < ENOUGH:
                return best
    raise InputError(
        f"exact: the probabilities of the {grid.size:,} outcomes looked at add up to 1 "
        f"{'+' if mass > 1.0 else '-'} {abs(mass - 1.0):.1e}; use mg.expectation"
    )
