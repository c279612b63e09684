"""Branches: what Y would have been, had a draw come out otherwise.

Estimators that compare outcomes (local expectations, measure-valued derivatives, antithetic coins,
relaxations) all ask the same of a graph: to be run again below a draw. What they find goes back
into the graph in one of two ways, neither of which changes a value: `expected` keeps the value of Y
and takes the slope of something with the same expectation; `slope_of` adds a slope and no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import Rng, generator
from ..errors import UsageError
from ..graph import copy_node
from ..nodes import DeterministicNode, Group, StochasticNode, result
from ..ops.base import Operation, record
from ..ops.boxes import stop, stop_gradient
from ..ops.elementwise import astype, each
from ..walk import ancestors, drawn_above, label, walk
from .choose import Refusal

Change = Data | Callable[[Data], Data]
# Y, with the slope of another estimate of its expectation.
expected = each(
    "local expectation", lambda y, s: y * 1.0, None, lambda g, y, _, s: g,
    numpy=(), passes=True, stands_for=True,
)  # fmt: skip
# A gradient that says nothing about the next one: how the draws themselves move is not in it. So
# it depends, through a black box, on all that may move them, and on the cost.
first_only = Operation(
    "first derivative only", lambda g, *movers: g * 1.0, None,
    variadic=True, along=lambda call: call.op.forward, numpy=(), barrier="black box", passes=True,
)  # fmt: skip


def movers_of(s: Any) -> list[Data]:
    """Return what leads to all that a slope varies with: inputs, and what is in between.

    That is what `s` holds behind stop_gradient: costs, weights, the parameters of draws. What else
    it holds has a second slope of its own, by which a surrogate is fitted. It is looked for when it
    is asked for, as later rewrites change more draws.
    """
    if type(s) is not Data:  # plain values are never differentiated again
        return []
    held = [x._inputs[0] for x in ancestors([s]) if x._op is stop]
    return [x for x in dict.fromkeys(held) if type(x) is Data]


# Minus the slope of its input.
slope_of = Operation(
    "slope", lambda s: np.zeros_like(s) * 1.0,
    lambda g, y, s: first_only(-g, *movers_of(s)),
    along=lambda call: call.op.forward, numpy=(), always=0.0,
)  # fmt: skip


def _at_samples(g: Any, y: Any, cost: Any, slope: Any) -> Any:
    """Return the cotangent of a cost to which a slope in the parameters of draws was added.

    Its other slopes are at samples, and how these move is not in them. So they depend, through a
    black box, on these parameters: on what the laws of its draws see through stop_gradient, as far
    as the slope is in it.
    """
    if type(cost) is not Data:
        return g
    made, inputs, _ = walk([slope], through_stops=False)
    live = {*made, *inputs}
    behind = [a._inputs[0] for x in drawn_above([cost]) for a in x._node.inputs if a._op is stop]
    movers = [a for a in dict.fromkeys(behind) if a in live]
    return g + first_only(stop(slope), *movers) if movers else g


# A cost, less a slope of value 0.
less_slope = each(
    "subtract", np.subtract, _at_samples, lambda g, y, cost, slope: -g, numpy=(), passes=True
)


def with_expected(y: Data, s: Data, op: Operation = expected) -> Data:
    """Return `y` with the slope of `s`, which has the same expectation; else `op` is another."""
    out: Data = op(stop_gradient(inner(y)), s)
    out.name = y.name
    return out


def with_slope(y: Data, s: Data, title: str) -> Data:
    """Return `y` with the slope of `s` added to its own; the second derivative is refused."""
    slope: Data = slope_of(s)
    slope.node.name = title
    slope = like(y, slope)
    out: Data = less_slope(inner(y), slope)  # subtracting 0.0 leaves every bit, also of -0.0
    out.name = None if isinstance(y._node, StochasticNode) else y.name
    return out


def is_slope(cost: Data) -> bool:
    """Return whether a cost is nothing but a slope, which has no value to compare."""
    return (cost._inputs[0] if cost._op is astype else cost)._op is slope_of


def like(cost: Data, other: Data) -> Data:
    """Return `other` in the dtype of a cost, whose value it must not round."""
    same = cost.dtype.kind != "f" or cost.dtype == other.dtype
    return other if same else astype(other, dtype=cost.dtype)


def in_floats(y: Data) -> Data:
    """Return a cost of which differences can be taken: 0 - 1 is 255 in uint8, and no truth."""
    return y if y.dtype.kind == "f" else astype(y, dtype=np.float64)


def inner(y: Data) -> Data:
    """Return `y` without its name, if that is not how a draw or an input is known.

    Two data of one name could not be told apart. But a draw that is looked for by its name has to
    be found wherever it stands.
    """
    if not y.name or y._node is None or isinstance(y._node, StochasticNode):
        return y
    copy = kept(y, y._node.inputs)
    copy.name = "cost"
    return copy


class Branch:
    """Data as they are when some are others, everything downstream computed again.

    A draw downstream keeps its noise, if it is made from noise; else it is drawn again. It stays
    the same draw, so that a rewrite which is told to look after it does so in every branch.

    Parameters
    ----------
    changed : mapping of Data to Data or callable
        What is replaced, and by what, or by which function of what would stand there.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where draws that are made again come from.
    redraw : bool
        Without it draws downstream keep their values: right if the new data have the old values.
    """

    def __init__(
        self, changed: Mapping[Data, Change], rng: Rng = None, redraw: bool = True
    ) -> None:
        refuse_looked_at(changed)
        self.changed = changed
        self._new = {x: other for x, other in changed.items() if isinstance(other, Data)}
        self._rng = generator(rng)
        self._redraw = redraw
        self._seen = set(self._new)
        self._boxes: dict[Group, Group] = {}

    def only(self, x: Data) -> Branch:
        """Return where only `x` is another one."""
        return Branch({x: self.changed[x]}, self._rng, self._redraw)

    def of(self, y: Data) -> Data:
        """Return what stands there for `y`; what several data descend from is computed once."""
        new = self._new
        found = ancestors([y], self._seen)
        self._seen.update(found)
        for data in found:
            inputs = tuple([new.get(x, x) for x in data._node.inputs])
            now = data if inputs == data._node.inputs else self._made(data, inputs)
            change = self.changed.get(data)
            now = change(now) if callable(change) else now
            if now is not data:
                new[data] = now
        return new.get(y, y)

    def _made(self, data: Data, inputs: tuple[Data, ...]) -> Data:
        """Return what is made of other inputs in the place of `data`."""
        node = data._node
        if isinstance(node, StochasticNode):
            return drawn_again(data, inputs, self._rng) if self._redraw else kept(data, inputs)
        if node.op.stands_for and self._redraw:  # else its value is the old one, too
            return inputs[1]
        with np.errstate(all="ignore"):  # what is infinite there is not the answer here
            return again(node, inputs, self._boxes)


def again(node: DeterministicNode, inputs: tuple[Data, ...], boxes: dict[Group, Group]) -> Data:
    """Return what the same function makes of other inputs, computed now."""
    data = record(node.op, inputs, node.fixed)
    if node._name is not None:
        data._node._name = node._name
    if node._group is not None:
        data._node._group = node._group.copied(boxes)
    return data


def kept(data: Data, inputs: tuple[Data, ...]) -> Data:
    """Return what the same function made, of other inputs of the same values."""
    copy = result(data._value, copy_node(data._node, inputs, {}))
    copy.name = data.name
    return copy


def drawn_again(data: Data, inputs: tuple[Data, ...], rng: np.random.Generator) -> Data:
    """Return the same draw from other parameters."""
    node = data._node
    refuse_looked_at([data])
    law = node.distribution.with_inputs(inputs)
    plain, noise_law = law.plain(), law.noise()
    law.refuse_bad(plain.parameters)
    if noise_law is not None and not noise_law.inputs:
        value, noise = plain.transform(node.noise), node.noise
    else:
        value, noise = plain.draw(rng, law.shape)
    copy = StochasticNode(law, value, noise, node.draw)
    copy._name = node._name
    new = result(copy.value, copy)
    new.name = data.name
    return new


def refuse_looked_at(draws: Iterable[Data]) -> None:
    """Raise for a draw that Python looked at: the graph holds only the branch it took then."""
    for x in draws:
        if isinstance(x._node, StochasticNode) and x._node.branched:
            raise UsageError(
                f"other outcomes of {why_not_other(x)}; write the choice as mg.where, or call "
                "mg.reinforce"
            )


def why_not_other(x: Data) -> str:
    """Return why nothing is known of other outcomes of a draw that Python looked at."""
    return (
        f"{label(x)}: Python looked at this sample in an if, a while, an index or a length when "
        "the graph was built, so the graph does not know what would have happened else"
    )


def why_not_branch(y: Data, x: Data) -> Refusal | None:
    """Return why the graph of `y` below the draw `x` cannot be run again, or None if it can."""
    draws = [x, *[data for data in below(y, [x]) if data._op.barrier == "draw"]]
    return next((Refusal(why_not_other(draw)) for draw in draws if draw._node.branched), None)


def below(y: Data, sources: Iterable[Data]) -> list[Data]:
    """Return what of the graph of `y` descends from some data."""
    found = dict.fromkeys(sources)
    count = len(found)
    for data in ancestors([y]):
        if not found.keys().isdisjoint(data._node.inputs):
            found[data] = None
    return [*found][count:]
