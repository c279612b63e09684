"""Baselines: what is subtracted from a cost before the score multiplies it.

A baseline changes the variance of the score function estimator and not its expectation, as long as
it does not depend on the sample whose score it meets: E[b ∇ log P_θ(X)] = b ∇ Σ_x P_θ(x) = 0. It
may depend on anything else, on draws upstream too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import BlockedGradientError, InputError
from ..graph import rewrite
from ..ops.base import Operation, as_data
from ..walk import drawn_above, label
from .choose import choose_once, copies_of

LEAVE_ONE_OUT = "leave-one-out"
Baseline = Any  # None, a number, LEAVE_ONE_OUT, a Data, a RunningAverage; or a mapping to these


def _leave_one_out(costs: Any, weights: Any = None) -> Any:
    """Return, for each sample, the mean cost of the other samples."""
    costs = costs * 1.0
    if weights is not None:  # an exact average: the limit of infinitely many other samples
        some = weights > 0  # a cost that cannot be may be infinite
        mean = np.tensordot(weights[some], costs[some], 1) / weights.sum()
        return np.broadcast_to(mean, costs.shape)
    others = len(costs) - 1
    return (costs.sum(axis=0) - costs) / others if others else np.zeros_like(costs)


_leave_one_out.across_samples = True  # type: ignore[attr-defined]
leave_one_out = Operation(
    "leave_one_out", lambda cost: np.zeros_like(cost) * 1.0, None,
    along=lambda call: _leave_one_out, numpy=(), barrier="stop",
)  # fmt: skip


class RunningAverage:
    """A baseline that averages past costs with weights that decay.

    The sample that is there keeps the average of when the graph was built; a replay, as that of
    `expectation`, reads the one of now. So a cost that is taken in afterwards, with `update`,
    cannot meet its own score; one that is taken in before would bias the gradient.

    Parameters
    ----------
    decay : float
        The weight of the past at each update, in [0, 1).

    Attributes
    ----------
    baseline : Data
        The average so far, a constant; 0 before the first cost.

    Examples
    --------
    >>> import minigraph as mg
    >>> average = mg.RunningAverage(decay=0.5)
    >>> average.update(4.0), average.update(2.0)
    (4.0, 3.0)
    """

    def __init__(self, decay: float = 0.9) -> None:
        try:
            self.decay = float(decay)
        except (TypeError, ValueError):
            self.decay = np.nan
        if not 0.0 <= self.decay < 1.0:
            raise InputError(f"RunningAverage: decay={decay!r}; it is in [0, 1)")
        self.baseline = Data(0.0, name="running average", constant=True)
        self.count = 0

    def update(self, cost: Any) -> float:
        """Take in a cost, and return the new average.

        The cost is a number, as an estimate's ``value``, or a Data, whose value is that of the
        sample it was built with. One that is not finite would stay in the average: it is refused.
        """
        cost = float(np.mean(as_data(cost).value))
        if not np.isfinite(cost):
            raise InputError(f"RunningAverage: the cost is {cost}; leave it out, or look for why")
        decay = self.decay if self.count else 0.0
        self.baseline.value = decay * self.baseline.value + (1.0 - decay) * cost
        self.count += 1
        return float(self.baseline.value)

    def __repr__(self) -> str:
        return (
            f"RunningAverage({self.baseline.value:.6g} of {self.count} costs, decay={self.decay})"
        )


def baselines(y: Data, draws: Iterable[Data], baseline: Baseline) -> dict[Data, Any]:
    """Return the baseline of each draw, checked; a `RunningAverage` as the data it holds.

    One that was made before earlier rewrites is made of the draws as they are in `y` now.
    """
    draws, there = list(draws), drawn_above([y])
    if not isinstance(baseline, Mapping):
        of_draw = dict.fromkeys(draws, baseline)
    else:
        of_draw = {}
        each = choose_once("reinforce", y, baseline)
        for value, meant in zip(baseline.values(), each, strict=True):
            if not set(draws).intersection(meant):
                raise InputError(
                    f"reinforce: a baseline is given for {label(meant[0])}, which is not scored; "
                    "choose that draw, too, or leave its baseline out"
                )
            of_draw.update(dict.fromkeys(meant, value))
    given = {x: b for x, b in of_draw.items() if isinstance(b, Data)}
    now = rewrite(given.values(), functools.partial(_copy_among, there))
    of_draw.update(zip(given, now, strict=True))
    return {x: _checked(x, of_draw.get(x)) for x in draws}


def _copy_among(there: Sequence[Data], data: Data, _: Any) -> Data | None:
    """Return the copy of a draw that is among some; None for what is no draw, or there itself."""
    if data._op.barrier != "draw" or data in there:
        return None
    found = copies_of(data._node.draw, there)
    return found[0] if len(found) == 1 else None


def _checked(x: Data, baseline: Any) -> Any:
    """Return a baseline of the draw `x`, or raise for one that is unknown or depends on `x`."""
    if baseline is None:
        return None
    if isinstance(baseline, str) and baseline.replace("_", "-") == LEAVE_ONE_OUT:
        return LEAVE_ONE_OUT
    if isinstance(baseline, RunningAverage):
        return baseline.baseline
    if isinstance(baseline, Data):
        _refuse_own(x, baseline)
        shapes = ((), x._node.distribution.batch_shape)
        if baseline.shape not in shapes:
            raise InputError(
                f"reinforce: baseline {label(baseline)} of shape {baseline.shape} for {label(x)}: "
                f"it is one number, or one for each element, of shape {shapes[1]}"
            )
        return baseline
    number = isinstance(baseline, (int, float, np.integer, np.floating))
    if not number or isinstance(baseline, bool) or not np.isfinite(baseline):
        raise InputError(
            f"reinforce: baseline {baseline!r} is not known; pass None, a finite number, "
            '"leave-one-out", a Data made from what lies upstream, or a mg.RunningAverage'
        )
    return float(baseline)


def _refuse_own(x: Data, baseline: Data) -> None:
    """Raise if a baseline descends from the sample whose score it meets, or from its noise."""
    own = x._node.draw
    for data in drawn_above([baseline]):
        if data._node.draw in (own, (own,)):
            raise BlockedGradientError(
                f"reinforce: baseline {label(baseline)} descends from {label(x)}, whose score it "
                "would multiply, and biases the gradient; build it from what lies upstream of "
                f'{label(x)}, or pass "leave-one-out"'
            )
