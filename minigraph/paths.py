"""Where gradients can flow: the dashed arrows, and the nodes at which they stop.

A gradient of `y` with respect to `wrt` needs every path from `wrt` to `y`. If one of them runs
through a stochastic node, what the open paths add up to is a finite, plausible, wrong number. So
the paths are looked at before anything is differentiated.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .data import Data
from .errors import BlockedGradientError, UsageError
from .graph import Graph, data_of
from .nodes import Node, StochasticNode
from .walk import drawn_above, label, walk

SHOWN = 10  # words at either end of a long path in words


class Flow:
    """The data through which gradients from `outputs` to `wrt` would flow.

    Parameters
    ----------
    outputs : sequence of Data
        Where the gradients start.
    wrt : iterable of Data, optional
        Where they end; by default every float input that is not a constant.

    Attributes
    ----------
    made : list of Data
        What a node made on any path towards the outputs, in the order it ran.
    inputs, ends : list of Data
        The inputs above the outputs (bare numbers left out); where the gradients end: `wrt`.
    """

    def __init__(self, outputs: Sequence[Data], wrt: Iterable[Data] | None = None) -> None:
        self.outputs = outputs
        self.made, inputs, self._barriers = walk(outputs, through_stops=False)
        self.inputs = [x for x in inputs if not x._literal]
        self.ends = [x for x in self.inputs if is_parameter(x)] if wrt is None else list(wrt)

    @property
    def parameters(self) -> list[Data]:
        """Every input above the outputs that can receive a gradient, also above a stop."""
        stops = [data for data in self._barriers if data._op.barrier == "stop"]
        above_stops = walk([x for data in stops for x in data._inputs])[1] if stops else []
        return [x for x in dict.fromkeys([*self.inputs, *above_stops]) if is_parameter(x)]

    @functools.cached_property
    def carries(self) -> dict[Data, Data | None]:
        """Every data that depends on `wrt`, with the input by which it does; None for `wrt`."""
        carries: dict[Data, Data | None] = dict.fromkeys(self.ends)
        for data in self.made:
            for x in data._inputs:
                if type(x) is Data and x in carries:
                    if data._op.barrier != "stop":
                        carries.setdefault(data, x)
                    break
        return carries

    @functools.cached_property
    def blocked(self) -> list[Data]:
        """The outputs of the draws and black boxes through which a path runs, in order."""
        return [
            data
            for data in self._barriers
            if data._op.barrier != "stop" and any(x in self.carries for x in data._node.inputs)
        ]

    @functools.cached_property
    def _towards(self) -> dict[Data, Data]:
        """For every data the next one on some way to an output."""
        towards: dict[Data, Data] = {}
        outputs = set(self.outputs)
        for data in reversed(self.made):
            if data._op.barrier != "stop" and (data in towards or data in outputs):
                for x in data._node.inputs:
                    towards.setdefault(x, data)
        return towards

    def path(self, through: Data) -> list[Data]:
        """Return one path from `wrt` through the draw or black box `through` to an output."""
        source = next(x for x in through._node.inputs if x in self.carries)
        path = [through]
        while source is not None:
            path.append(source)
            source = self.carries[source]
        return self.onwards(path[::-1])

    def onwards(self, path: list[Data]) -> list[Data]:
        """Return a path with some way to an output added at its end."""
        while path[-1] in self._towards:
            path.append(self._towards[path[-1]])
        return path


def describe(path: Sequence[Data]) -> str:
    """Return a path in words, ``θ → P → X → F → Y``; a box is passed through in one step."""
    words: list[str] = []
    inside = None
    for position, data in enumerate(path):
        node = data._node
        if node is not None and position:
            box = node._group.outermost if node._group else None
            if box is None or box is not inside:
                words.append(box.name if box else node.name)
            elif not data.name:
                continue
            inside = box
        elif position == 0 and not data.name:
            words.append(label(data))
        if data.name:
            words.append(data.name)
    if len(words) > 2 * SHOWN:
        words[SHOWN:-SHOWN] = [f"… ({len(words) - 2 * SHOWN} more) …"]
    return " → ".join(words)


def is_parameter(x: Data) -> bool:
    """Return whether `x` is an input that can receive a gradient."""
    return x._op is None and x._carries


def blocked(graph: Graph, wrt: Data | str | Sequence[Data | str] | None = None) -> dict[Node, str]:
    """Return the nodes at which a gradient to `wrt` stops, each with a path through it.

    Parameters
    ----------
    wrt : Data or name, or a list of them, optional
        All inputs that are not constants, by default.

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.5, name="θ")
    >>> y = mg.sample(mg.Normal(theta, 1.0), name="X") ** 2
    >>> y.name = "Y"
    >>> mg.Graph(y).blocked()
    {StochasticNode('P'): 'θ → P → X → power → Y'}
    """
    flow = Flow(graph.outputs, None if wrt is None else data_of(graph, wrt, "graph.blocked: wrt"))
    return {data.node: describe(flow.path(data)) for data in flow.blocked}


def refuse_blocked(flow: Flow) -> None:
    """Raise the error that teaches the way out, if any path of `flow` is blocked."""
    if not flow.blocked:
        return
    at = flow.blocked[-1]
    path = flow.path(at)
    y, theta = path[-1], path[0]
    others = len(flow.blocked) - 1
    more = f" ({others} more like it: see mg.Graph(y).blocked())" if others else ""
    if isinstance(at._node, StochasticNode):
        law = type(at._node.distribution).__name__
        of_name = {x._node.draw for x in drawn_above(flow.outputs) if x.name == at.name}
        handle = f', "{at.name}"' if at.name and len(of_name) == 1 else ""
        draw = f"random {at.name}" if at.name else "an unnamed draw"
        calls = " or ".join(f"mg.{way}(y{handle})" for way in two_rewrites(at._node.distribution))
        raise BlockedGradientError(
            f"{y.name or 'y'} depends on {label(theta)} through {draw} ~ {law} "
            f"(path {describe(path)}), and a gradient cannot cross a draw{more}; "
            f"call {calls}{', or ' if calls else ''}mg.unblock(y) for the best legal choice."
        )
    if at._op.passes:  # it marks a gradient that has no derivative of its own
        raise BlockedGradientError(
            f"{y.name or 'y'} is a gradient made by a rewrite that has a {at._node.name}: how it "
            f"changes with {label(theta)} is not known (path {describe(path)}); for more "
            "derivatives rewrite with mg.reinforce, mg.marginalize or mg.reparameterize."
        )
    raise BlockedGradientError(
        f"{y.name or 'y'} depends on {label(theta)} through black box {at._node.name} "
        f"(path {describe(path)}){more}; give it a derivative, mg.primitive(forward, vjp), or "
        "score the draws above it, if there are any, with mg.reinforce(y)."
    )


def two_rewrites(law: Any) -> Iterator[str]:
    """Yield which of the two a law allows."""
    if law.noise() is not None:
        yield "reparameterize"
    if not moved_edges(law):
        yield "reinforce"


def moved_edges(law: Any) -> list[str]:
    """Return the parameters whose gradients a score would miss: they move the support."""
    moving = ((name, law.parameters[name]) for name in law.support_moves)
    return [name for name, a in moving if a._carries and a.dtype.kind == "f"]


def refuse_stale(flow: Flow) -> None:
    """Raise if an input was assigned after something was computed from it."""
    start = flow.made[0]._time if flow.made else 0
    for x in flow.inputs:
        if x._time <= start:
            continue
        for data in flow.made:
            if x in data._node.inputs and x._time > data._time:
                raise UsageError(
                    f"gradient through {label(data)}: input {label(x)} was given a new value after "
                    "it was computed; build the graph again, or use mg.expectation, which replays "
                    "it with the values of now"
                )


Graph.blocked = blocked  # type: ignore[method-assign, assignment]
