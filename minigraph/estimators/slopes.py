"""Slopes added to costs: the frame of every estimator that compares outcomes of one draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..data import Data
from ..graph import rewrite
from ..nodes import StochasticNode
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import multiply
from .branches import in_floats, inner, with_slope
from .costs import Costs, Draws
from .elements import Places
from .reinforce import detached
from .scores import seen

Rule = Callable[[Data, Places], Iterable[Data]]  # from a cost to slopes of its expectation


def with_slopes(
    y: Data, x: Data, title: str, prepare: Callable[[Data, Any], Rule],
    control: Callable[[Data, Any], Data] | None = None,
) -> Data:  # fmt: skip
    """Return `y` with slopes added to each cost that depends on the draw `x`.

    Parameters
    ----------
    y : Data
        The output.
    x : Data
        The draw; in the new graph it sees its parameters through stop_gradient.
    title : str
        What pictures call the boxes through which the slopes come in.
    prepare : callable
        ``prepare(new, law)`` is given the draw in the new graph and its law, through which
        gradients do reach the parameters. It returns ``rule(cost, places)``, and that what each
        cost gets; ``places`` is where the elements of the draw stay apart in it.
    control : callable, optional
        ``control(new, law)`` is what is added to the slopes of `y` as a whole, of expectation 0.
    """
    moved: list[Any] = []

    def still(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        if data is not x:
            return None
        moved[:] = [detached(data, inputs), data._node.distribution.with_inputs(inputs)]
        return moved[0]

    (z,) = rewrite([y], still)
    now, law = moved
    rule, costs = prepare(now, law), Costs(z, [now])
    met: list[Data] = []

    def change(cost: Data, draws: Draws) -> Data:
        if not draws:
            return cost
        met.extend(draws)
        random = isinstance(cost._node, StochasticNode)  # a draw is known by its name
        plain = inner(cost)
        if not random:
            plain.name = None  # two data of one name could not be told apart
        out = floats = in_floats(plain)
        with np.errstate(all="ignore"):  # of what has no value here; a replay is silent too
            for slope in rule(floats, costs.places(cost, now)):
                out = with_slope(out, slope, title)
        if not random:
            plain.name, out.name = cost.name and "cost", cost.name
        return out

    out = costs.rebuild(change)
    out.name = y.name
    return with_slope(out, control(now, law), title) if control and met else out


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
