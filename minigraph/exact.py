"""Exact averages: every outcome of the finite draws, a quadrature rule for the continuous ones.

It is the Monte Carlo replay with other samples: the points of a grid, each with a weight.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from .errors import InputError, UsageError
from .estimate import ByData, Estimate
from .estimators.choose import choose
from .estimators.reinforce import detached, reinforce
from .estimators.reparameterize import reparameterize, why_not_pathwise
from .expectation import plain, targets, with_gradients
from .graph import Data, StochasticNode, ancestors, rewrite
from .moments import Moments
from .ops.elementwise import multiply
from .ops.reductions import prod
from .paths import Flow
from .tape import Tape

POINTS = 200  # for one continuous number; fewer where there are many
FEWEST = 16  # with fewer points a quadrature is no longer called exact
BLOCK = 2**15


def exact(
    y: Data, wrt: Any = None, *, points: int | None = None, limit: int = 2_000_000
) -> Estimate:
    """Return the average of `y`, and of its gradient, without sampling error.

    Finite discrete draws are enumerated, infinite ones up to a tail of less than 1e-15, continuous
    ones integrated by a quadrature rule over their noise (exact to about 1e-12 for smooth `y`,
    far less where `y` has a kink or a jump).

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
        Points of the quadrature for each continuous number.
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

    Examples
    --------
    >>> import minigraph as mg
    >>> p = mg.Data(0.25, name="p")
    >>> x = mg.sample(mg.Bernoulli(p), name="X")
    >>> mg.exact(3.0 * x, p)
    Estimate(value 0.75; ∂/∂p 3; exact, 2 points)
    """
    if not isinstance(y, Data):
        raise UsageError(f"exact: got {type(y).__name__}; pass the Data to average")
    keys = targets(y, wrt)
    if not keys or not Flow([y], keys).blocked:
        (value, *grads), count = integrate(with_gradients(y, keys), points, limit)
        variances = [m.variance(0.0) for m in grads]
    else:
        (value,), count = integrate([y], points, limit)
        opened, weighted = differentiable(y, keys)
        grads, _ = integrate(with_gradients(opened, keys)[1:], points, limit, weighted)
        # The gradient of a sum over outcomes is no average of a sample's gradient.
        variances = [np.full_like(m.mean, np.nan) for m in grads]
    return Estimate(
        value=plain(value.mean),
        stderr=plain(np.zeros_like(value.mean)),
        samples=count,
        variance=plain(value.variance(0.0)),
        grad=ByData(keys, [plain(m.mean) for m in grads]),
        grad_stderr=ByData(keys, [plain(np.zeros_like(m.mean)) for m in grads]),
        grad_variance=ByData(keys, [plain(v) for v in variances]),
        exact=True,
    )


def differentiable(y: Data, wrt: Sequence[Data]) -> tuple[Data, set[object]]:
    """Return `y` such that its gradient, summed over the grid, is the true one.

    A draw with countable outcomes gets its probability as a factor; the grid must not weight it
    again, so these draws are returned as well. A continuous one is reparameterized, or scored
    where that is not legal.
    """
    blocking = [x for x in Flow([y], wrt).blocked if isinstance(x._node, StochasticNode)]
    counted = [x for x in blocking if x._node.distribution.outcomes() is not None]
    factors: list[Data] = []

    def weigh(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data not in counted:
            return None
        new = detached(data, inputs)
        new.name = data.name
        p = data._node.distribution.with_inputs(inputs).probability(new)
        factors.append(prod(p) if p.shape else p)
        return new

    (z,) = rewrite([y], weigh)
    z = functools.reduce(multiply, factors, z)
    for x in blocking:
        if x not in counted:
            (now,) = choose("exact", z, x)
            z = reparameterize(z, now) if why_not_pathwise(z, now) is None else reinforce(z, now)
    return z, {x._node.draw for x in counted}


def integrate(
    outputs: Sequence[Data], points: int | None, limit: int, weighted: Set[object] = frozenset()
) -> tuple[list[Moments], int]:
    """Return the moments of `outputs` over the grid of all draws above them, and its size.

    Draws that are `weighted` carry their probability in the outputs already.
    """
    tape = Tape(outputs)
    for spread in (1, 8, 64):  # how far to go out into the tail of an infinite support
        grid = Grid(outputs, points, limit, spread)
        total = functools.reduce(
            lambda a, b: [m.merge(n) for m, n in zip(a, b, strict=True)],
            (
                _block(tape, grid, start, weighted)
                for start in range(0, grid.size, grid.block(tape))
            ),
        )
        mass = total[0].weight if not weighted else 1.0
        if abs(mass - 1.0) < 1e-10:
            break
    else:
        raise InputError(
            f"exact: the outcomes looked at have mass {mass:.6g}, not 1; use expectation"
        )
    if weighted:  # unit weights: the sum, not the mean
        total = [m._replace(mean=m.mean * m.weight) for m in total]
    return total, grid.size


def _block(tape: Tape, grid: Grid, start: int, weighted: Set[object]) -> list[Moments]:
    """Return the moments of the outputs of a tape over one block of the grid."""
    rows = np.arange(start, min(start + grid.block(tape), grid.size))
    weights = np.ones(len(rows))

    def source(draw: object, law: Any, shape: tuple[int, ...]) -> Any:
        points, rule = grid.at(draw, rows, shape)
        if rule is not None:
            weights[:] *= rule
            noise = law.noise()
            return points if noise is None else law.transform(points)
        if draw not in weighted:
            p = np.broadcast_to(law.probability(points), points.shape)
            weights[:] *= p.reshape(len(rows), -1).prod(axis=1)
        return points

    with np.errstate(all="ignore"):
        outputs = tape.run(tape.start(), source, lambda: weights)
        return [
            Moments.weighted(array, weights) if sampled else Moments.constant(array, weights.sum())
            for array, (_, sampled) in zip(outputs, tape.outputs, strict=True)
        ]


class Grid:
    """All combinations of the points of every element of every draw above some outputs."""

    def __init__(
        self, outputs: Sequence[Data], points: int | None, limit: int, spread: int
    ) -> None:
        draws = [x for x in ancestors(outputs) if isinstance(x._node, StochasticNode)]
        values = {x: x._node.distribution.outcomes(spread) for x in draws}
        counted = math.prod(len(v) ** x.size for x, v in values.items() if v is not None)
        smooth = sum(x.size for x, v in values.items() if v is None)
        n = points or POINTS
        if smooth and points is None:
            n = min(POINTS, int((limit / counted) ** (1 / smooth) + 1e-9))
        self.size = counted * n**smooth
        if self.size > limit or (smooth and n < FEWEST):
            need = counted * max(n, FEWEST) ** smooth
            names = ", ".join(f"{x.name or x._node.name} of {x.size}" for x in draws)
            raise InputError(
                f"exact: the grid of all outcomes has {need:,} points, more than limit={limit:,} "
                f"(numbers drawn: {names}); use mg.expectation, or raise limit"
            )
        self.axes: dict[object, tuple[int, int, Any, Any]] = {}
        stride = 1
        for x, v in values.items():
            rule = None
            if v is None:
                v, rule = _quadrature(x, n)
            self.axes[x._node.draw] = (stride, x.size, v, rule)
            stride *= len(v) ** x.size

    def block(self, tape: Tape) -> int:
        """Return how many points to look at together: all, if the tape looks across samples."""
        return self.size if tape.crosses else max(1, BLOCK // tape.largest)

    def at(self, draw: object, rows: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return the points of a draw at rows of the grid, and their weights if it has any."""
        stride, elements, values, rule = self.axes[draw]
        n = len(values)
        index = rows[:, None] // (stride * n ** np.arange(elements)) % n
        weights = None if rule is None else rule[index].prod(axis=1)
        return values[index].reshape(len(rows), *shape), weights


def _quadrature(x: Data, n: int) -> tuple[Any, Any]:
    """Return points and weights for one element of the noise of a draw."""
    law = x._node.distribution
    noise = law if hasattr(law, "quadrature") else law.noise()
    if noise is None:
        raise InputError(
            f"exact: {x.name or 'a draw'} ~ {type(law).__name__} has neither countable outcomes "
            "nor noise to integrate over; use mg.expectation"
        )
    return noise.quadrature(n)
