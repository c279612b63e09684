"""How far off an average is whose samples know of each other: those with a leave-one-out baseline.

In a block of b samples the gradient of sample i is g_i = a_i + s_i (c_i - the mean c of the others)
with a score s of mean 0 and a cost c. Of the products of two such gradients only
s_i c_j s_j c_i / (b - 1)² does not average to 0, so their covariance is T / (b - 1)² with
T = E[s c]². With r the average of 1 / (b - 1) over samples, R the variance among all n of them,
and m their mean, this gives

    n Var(m) = E[R] + r T n / (n - 1),        and E[m²] = T + Var(m) if there is nothing but s c,

which is solved for Var(m). K costs that have nothing to do with each other, and alike, have
T = E[m]² / K. If they are not alike, or something else is added to the gradient, T is not known.
But as |T| ≤ E[s²] Var(c), which R holds as well, n Var(m) is at most 2 R (n - 1) / (n - 2), and is
cut off there: such a standard error lies between that of independent samples and about √2 times it,
which no true one is above, and may be off by that much, as where the parts of m cancel.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from ..data import Data
from ..estimators.baselines import leave_one_out
from ..estimators.scores import factor
from ..ops.base import Operation
from ..ops.elementwise import astype, multiply, subtract
from ..replay.program import Draw
from ..replay.tape import Tape
from ..walk import ancestors
from .moments import Moments


class Tie(NamedTuple):
    """How many costs with a baseline an element of a gradient has, and whether that is all."""

    costs: int
    alone: bool


def ties(tape: Tape, y: Data, wrt: Sequence[Data]) -> list[Tie | None]:
    """Return what ties the samples of `y` and of its gradients; None if they are independent."""
    crossed: set[int] = set()
    for step in tape.steps:
        if _crosses(step, crossed, tape.constants):
            crossed.add(step.out)
    slots = iter(tape.outputs)
    found = [not crossed.isdisjoint([next(slots)[0] for _ in range(n)]) for n in tape.parts]
    made = ancestors([y])
    compared = [  # a baseline is multiplied by the factor less 1
        _uncast(less._inputs[0]) for data in made if data._op is multiply
        for base, less in itertools.permutations(data._inputs)
        if _is(_uncast(base), leave_one_out) and _is(less, subtract)
    ]  # fmt: skip
    costs = sum(data.size for data in made if data._op is leave_one_out)

    def tie(x: Data) -> Tie:
        carries, scores = {x}, []
        for data in made:
            if not data._op.barrier and not carries.isdisjoint(data._inputs):
                if data._op is factor:
                    scores.append(data)
                else:
                    carries.add(data)
        alone = costs == len(scores) == 1 and compared == scores and y not in carries
        return Tie(1 if x.size == costs else max(1, costs), alone)

    return [tie(x) if has else None for x, has in zip((y, *wrt), found, strict=True)]


def _crosses(step: Any, crossed: Set[int], constants: Mapping[int, Any]) -> bool:
    """Return whether a step looks across samples, or at a result that does; not 0 times that."""
    if isinstance(step, Draw) or crossed.isdisjoint(step.inputs):
        return getattr(step, "crosses", False)
    known = [constants[i] for i in step.inputs if i in constants]
    return not (step.call.op is multiply and any(np.all(x == 0.0) for x in known))


def _uncast(x: Any) -> Any:
    """Return what `x` is in another precision."""
    while _is(x, astype):
        x = x._inputs[0]
    return x


def _is(x: Any, op: Operation) -> bool:
    return type(x) is Data and x._op is op


def untied(moments: Moments, size: int, tie: Tie) -> Moments:
    """Return the moments of independent samples whose mean is as far off.

    `size` is that of a block. A single block of two samples is one number, which says nothing.
    """
    n, mean = moments.weight, moments.mean
    if n < 2 or size < 2:
        return moments
    blocks, rest = divmod(n, size)
    r = (blocks * size / (size - 1) + (rest / (rest - 1) if rest > 1 else 0.0)) / n
    within, q = moments.squares / (n - 1), r / (n - 1) / tie.costs
    one = (within + n * q * mean * mean) / (1 + q) if n > 2 else math.nan * mean
    if not tie.alone and n > 2:
        one = np.minimum(one, 2 * within * (n - 1) / (n - 2))
    return moments._replace(squares=one * (n - 1))
