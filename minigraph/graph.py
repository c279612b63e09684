"""The graph above some outputs, and how it is rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .data import Data
from .errors import UnknownNameError, UsageError
from .nodes import DeterministicNode, Group, Node, StochasticNode, result
from .walk import ancestors


class Graph:
    """The graph above some outputs: everything they were made from, in the order it ran.

    Parameters
    ----------
    *outputs : Data
        One or more results (or inputs).

    Examples
    --------
    >>> graph = Graph(Data(0.5, name="θ"))
    >>> graph["θ"].value
    0.5
    """

    def __init__(self, *outputs: Data) -> None:
        if len(outputs) == 1 and isinstance(outputs[0], Graph):
            outputs = outputs[0].outputs
        if len(outputs) == 1 and isinstance(outputs[0], (list, tuple)):
            outputs = tuple(outputs[0])
        if not outputs:
            raise UsageError("Graph: no output arrived; write Graph(y) or Graph(y, z)")
        for output in outputs:
            if not isinstance(output, Data):
                arrived = type(output).__name__
                raise UsageError(f"Graph: got {arrived}; pass the Data to look above")
        self.outputs: tuple[Data, ...] = outputs
        results = ancestors(outputs)
        everything: dict[Data, None] = {}
        for data in results:
            everything.update(dict.fromkeys(data._node.inputs))
            everything[data] = None
        everything.update(dict.fromkeys(outputs))
        self.data: tuple[Data, ...] = tuple(everything)
        self.nodes: tuple[Node, ...] = tuple(data.node for data in results)

    @property
    def stochastic(self) -> tuple[StochasticNode, ...]:
        """The draws, in the order they ran."""
        return tuple(node for node in self.nodes if isinstance(node, StochasticNode))

    @property
    def deterministic(self) -> tuple[DeterministicNode, ...]:
        """The deterministic functions, in the order they ran."""
        return tuple(node for node in self.nodes if isinstance(node, DeterministicNode))

    @property
    def inputs(self) -> tuple[Data, ...]:
        """The input data that are not constants."""
        return tuple(x for x in self.data if x._node is None and not x.constant)

    def __getitem__(self, name: str) -> Data:
        if not isinstance(name, str):
            raise UsageError(
                f"graph[{name!r}]: data are looked up by their names; graph.data, graph.nodes, "
                "graph.inputs and graph.outputs are what it consists of, in the order it ran"
            )
        found = [data for data in self.data if data.name == name]
        # A rewrite keeps the name of a draw whose cost is the draw itself: the result comes first.
        found = [data for data in found if data in self.outputs] or found
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownNameError(
                f"graph[{name!r}]: {len(found)} data have that name; give each a name of its own, "
                "or pass the Data itself"
            )
        names = list(dict.fromkeys(data.name for data in self.data if data.name))
        there_are = f"the names are {', '.join(map(repr, names))}" if names else "nothing is named"
        raise UnknownNameError(f"graph[{name!r}]: no data has that name; {there_are}")

    def __contains__(self, thing: object) -> bool:
        if isinstance(thing, str):
            return any(data.name == thing for data in self.data)
        return any(thing is member for member in (*self.data, *self.nodes))

    def __repr__(self) -> str:
        return (
            f"Graph(inputs={len(self.inputs)}, stochastic={len(self.stochastic)}, "
            f"deterministic={len(self.deterministic)}, outputs={len(self.outputs)})"
        )

    if TYPE_CHECKING:

        def blocked(self, wrt: Any = None) -> dict[Node, Any]: ...


def data_of(y: Any, handles: Any, what: str) -> list[Data]:
    """Return Data, names in the graph of `y`, or a list of these, as a list of Data.

    An error for something else says `what` it is.
    """
    many = handles if isinstance(handles, (list, tuple)) else [handles]
    for x in many:
        if not isinstance(x, (str, Data)):
            raise UsageError(
                f"{what}: got {type(x).__name__}; "
                "pass Data of its graph, their names, or a list of these"
            )
    graph: Any = Graph(y) if any(isinstance(x, str) for x in many) else None
    return [graph[x] if isinstance(x, str) else x for x in many]


Rule = Callable[[Data, tuple[Data, ...]], "Data | None"]


def rewrite(outputs: Iterable[Data], rule: Rule) -> list[Data]:
    """Return `outputs` in a graph where `rule` has replaced what it wants to.

    `rule(data, inputs)` sees every data that a node made, in the order they ran, and the node's
    inputs as they are by now; it returns a replacement of the same value, or None to leave it.
    Only what lies downstream of a replacement is rebuilt; values, names and groups are kept.
    """
    outputs = list(outputs)
    new: dict[Data, Data] = {}
    groups: dict[Group, Group] = {}
    for data in ancestors(outputs):
        node = data._node
        inputs = tuple(new.get(x, x) for x in node.inputs)
        replacement = rule(data, inputs)
        if replacement is None and inputs != node.inputs:
            replacement = result(data._value, copy_node(node, inputs, groups))
        if replacement is not None:
            if replacement.name is None:
                replacement.name = data.name
            new[data] = replacement
    return [new.get(data, data) for data in outputs]


def copy_node(node: Node, inputs: tuple[Data, ...], groups: dict[Group, Group]) -> Node:
    """Return the same function of other inputs; `groups` maps the old boxes to their copies."""
    copy: Node
    if isinstance(node, StochasticNode):
        copy = same_draw(node, node.distribution.with_inputs(inputs))
    else:
        assert isinstance(node, DeterministicNode)
        copy = DeterministicNode(node.op, inputs, node.fixed)
        copy._name = node._name
    if node._group is not None:
        copy._group = node._group.copied(groups)
    return copy


def same_draw(node: StochasticNode, law: Any) -> StochasticNode:
    """Return the same draw, with the same value, as one from another law."""
    copy = StochasticNode(law, node.value, node.noise, node.draw)
    copy.branched = node.branched
    copy._name = node._name
    return copy
