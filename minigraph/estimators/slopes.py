"""Slopes added to costs: the frame of every estimator that compares outcomes of one draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..graph import rewrite
from ..nodes import StochasticNode
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import multiply
from .branches import in_floats, inner, is_slope, with_slope
from .costs import Costs, Draws
from .elements import Places
from .reinforce import detached
from .scores import seen

Rule = Callable[[Data, Places], Iterable[Data]]  # from a cost to slopes of its expectation


def with_slopes(
    y: Data, draws: Sequence[Data], title: str, prepare: Callable[[Data, Any], Rule],
    control: Callable[[Data, Any], Data] | None = None, of_slopes: bool = False,
) -> Data:  # fmt: skip
    """Return `y` with slopes added to each cost that depends on some draws.

    Parameters
    ----------
    y : Data
        The output.
    draws : sequence of Data
        The draws; in the new graph they see their parameters through stop_gradient.
    title : str
        What pictures call the boxes through which the slopes come in.
    prepare : callable
        ``prepare(new, law)`` is given a draw in the new graph and its law, through which
        gradients do reach the parameters. It returns ``rule(cost, places)``, and that what each
        cost gets; ``places`` is where the elements of the draw stay apart in it.
    control : callable, optional
        ``control(new, law)`` is what is added to the slopes of `y` as a whole, of expectation 0.
    of_slopes : bool
        Whether slopes that were added before are costs, too: their value is 0, whatever is drawn,
        but what is differentiated through the draw needs them.
    """
    moved: dict[Data, tuple[Data, Any]] = {}
    chosen = {*draws}

    def still(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data not in chosen:
            return None
        moved[data] = detached(data, inputs), data._node.distribution.with_inputs(inputs)
        return moved[data][0]

    (z,) = rewrite([y], still)
    new = [moved[x] for x in reversed(draws)]  # the last takes its noise first
    rules = {now: prepare(now, law) for now, law in new}
    rank = {now: k for k, now in enumerate(rules)}
    costs, met = Costs(z, rules), set[Data]()

    def change(cost: Data, above: Draws) -> Data:
        if not above or (not of_slopes and is_slope(cost)):
            return cost
        met.update(above)
        random = isinstance(cost._node, StochasticNode)  # a draw is known by its name
        plain = inner(cost)
        if not random:
            plain.name = None  # two data of one name could not be told apart
        out = floats = in_floats(plain)
        with np.errstate(all="ignore"):  # of what has no value here; a replay is silent too
            for x in sorted(above, key=rank.__getitem__):
                for slope in rules[x](floats, costs.places(cost, x)):
                    out = with_slope(out, slope, title)
        if not random:
            plain.name, out.name = cost.name and "cost", cost.name
        return out

    out = costs.rebuild(change)
    out.name = y.name
    for now, law in new:
        if control and now in met:
            out = with_slope(out, control(now, law), title)
    return out


def slope_in(parameter: Data, weight: Data, cost: Data, other: Data, places: Places) -> Data:
    """Return what has slope ``weight * (cost - other)`` in each element of `parameter`.

    `parameter` and `weight` have the batch shape of the draw; as far as the elements of the draw
    stay apart in the costs, each meets its own.
    """

    def slope(parameter: Data, weight: Data, cost: Data, other: Data) -> Data:
        difference = cost - other
        if None not in places:  # one number, or elements that all stay apart
            spread = stop_gradient(seen(weight, places) * difference)
            return multiply(seen(parameter, places), spread)
        return multiply(seen(parameter * stop_gradient(weight), places), stop_gradient(difference))

    return as_data(function(slope, name="slope")(parameter, weight, cost, other))
