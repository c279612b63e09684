"""The graph: the functions between data, and the order in which they ran.

Building runs: every `Data` has its value at once. What ran can be run again, because a node keeps
its operation (or its law), its fixed arguments and its inputs.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .data import NO_FIXED, Data, ancestors, label, literal_data, made, tick  # noqa: F401
from .errors import UnknownNameError, UsageError
from .values import Value


class Node:
    """A function between data; `DeterministicNode` and `StochasticNode` are the two kinds."""

    __slots__ = ("_group", "_name", "_output", "_output_name", "inputs", "serial", "value",
                 "__weakref__")  # fmt: skip
    inputs: tuple[Data, ...]
    serial: int  # when it ran
    value: Value
    barrier: str | None
    _group: Group | None
    _name: str | None
    _output: weakref.ref[Data] | None
    _output_name: str | None

    def __init__(self, inputs: tuple[Data, ...], serial: int) -> None:
        self.inputs = inputs
        self.serial = serial
        self._group = self._name = self._output = self._output_name = None

    @property
    def output(self) -> Data:
        """The data that this node made."""
        data = None if self._output is None else self._output()
        if data is None:  # nobody held it, so nobody can tell a new one from it
            data = result(self.value, self)
            data.name = self._output_name
            self._output = weakref.ref(data)
        return data

    @property
    def name(self) -> str:
        """The name; by default that of the operation, or P for a draw. Assignable."""
        return self._name or self.default_name

    @name.setter
    def name(self, new: str) -> None:
        self._name = new

    @property
    def default_name(self) -> str:
        """What the node is called until it is given a name."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class DeterministicNode(Node):
    """A deterministic function of its inputs. Drawn as a rectangle.

    ``op`` is its operation, ``fixed`` the arguments that are not data (an axis, a shape).
    """

    __slots__ = ("fixed", "op")
    op: Any
    fixed: Mapping[str, Any]

    def __init__(
        self, op: Any, inputs: tuple[Data, ...], fixed: Mapping[str, Any] = NO_FIXED,
        serial: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(inputs, tick() if serial is None else serial)
        self.op = op
        self.fixed = fixed

    @property
    def default_name(self) -> str:
        return self.op.name

    @property
    def barrier(self) -> str | None:  # type: ignore[override]
        """``"stop"`` where a gradient ends on purpose, ``"black box"`` where it must not cross."""
        return self.op.barrier


class StochasticNode(Node):
    """A draw from a law whose parameters are its inputs. Drawn as a rounded box.

    ``distribution`` is the law. ``noise`` is what the sample was made from, where the law makes
    its samples by a transform of noise. ``draw`` says which draw this is: a copy that a rewrite
    makes of this node keeps it. ``branched`` records that Python looked at the sample in an ``if``.
    ``noise_of`` is the law that was opened into this noise and a transform, if replays look at it.
    """

    __slots__ = ("branched", "distribution", "draw", "noise", "noise_of")
    barrier = "draw"
    plain = None
    default_name = "P"

    def __init__(self, distribution: Any, value: Value, noise: Value | None, draw: object) -> None:
        super().__init__(tuple(distribution.inputs), tick())
        self.distribution = distribution
        self.value = value
        self.noise = noise
        self.draw = draw
        self.branched = False
        self.noise_of: Any = None


def result(value: Value, node: Node) -> Data:
    """Return the output of `node`."""
    op, fixed = (node.op, node.fixed) if isinstance(node, DeterministicNode) else (node, NO_FIXED)
    data = made(value, op, node.inputs, fixed)
    data._time = node.serial
    data._held = node
    node.value = value
    return data


def node_of(data: Data) -> Node | None:
    """Return the function that made `data`: a `Node`, or None for an input."""
    held = getattr(data, "_held", None)
    if data._op is None or isinstance(held, Node):
        return held
    inputs = tuple([literal_data(x) if type(x) is float else x for x in data._inputs])
    data._held = node = DeterministicNode(data._op, inputs, data._fixed, data._time)
    data._made_from(inputs, node.fixed)
    node.value, node._group = data._value, held
    return node


def enclose(made: Iterable[Data], group: Group) -> None:
    """Put a box around the functions that made data, and around the boxes that they are in.

    Until somebody asks for the node of a data, that holds the box in its place.
    """
    for data in made:
        held = getattr(data, "_held", None)
        inner = held._group if isinstance(held, Node) else held
        if inner is not None:
            if inner.outermost is not group:
                inner.outermost.parent = group
        elif held is None:
            data._held = group
        else:
            held._group = group


def linked_node(data: Data) -> Node | None:
    """Return the function that made this data: a `Node`, or None for an input."""
    node = node_of(data)
    if node is not None and node._output is None:
        node._output = weakref.ref(data)  # not strong: that would be a cycle
        node._output_name = data.name
    return node


Data._node = property(node_of)
Data.node = property(linked_node)


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
                raise UsageError(
                    f"Graph: an output is a {type(output).__name__}; pass the Data to look above"
                )
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
        found = [data for data in self.data if data.name == name]
        # A rewrite keeps the name of a draw whose cost is the draw itself: the result comes first.
        found = [data for data in found if data in self.outputs] or found
        if len(found) == 1:
            return found[0]
        names = list(dict.fromkeys(data.name for data in self.data if data.name))
        there_are = f"the names are {', '.join(map(repr, names))}" if names else "nothing is named"
        problem = f"{len(found)} data have that name" if found else "no data has that name"
        raise UnknownNameError(f"graph[{name!r}]: {problem}; {there_are}")

    def __contains__(self, thing: object) -> bool:
        if isinstance(thing, str):
            return any(data.name == thing for data in self.data)
        return any(thing is member for member in (*self.data, *self.nodes))

    def __repr__(self) -> str:
        return (
            f"Graph({len(self.inputs)} inputs, {len(self.stochastic)} stochastic and "
            f"{len(self.deterministic)} deterministic nodes, {len(self.outputs)} outputs)"
        )

    if TYPE_CHECKING:

        def blocked(self, wrt: Any = None) -> dict[Node, Any]: ...


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
        if replacement is None and any(
            a is not b for a, b in zip(inputs, node.inputs, strict=True)
        ):
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


class Group:
    """A box around the nodes of one call of a `function`; boxes nest through `parent`.

    `origin` says which call: the copies that rewrites make of a box keep it.
    """

    __slots__ = ("name", "origin", "parent")

    def __init__(
        self, name: str, parent: Group | None = None, origin: object | None = None
    ) -> None:
        self.name = name
        self.parent = parent
        self.origin = object() if origin is None else origin

    @property
    def outermost(self) -> Group:
        """The box that no other box contains."""
        return self.chain[0]

    @property
    def chain(self) -> list[Group]:
        """This box and those around it, the outermost first."""
        chain = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        return chain[::-1]

    def copied(self, copies: dict[Group, Group]) -> Group:
        """Return the copy of this box, making it and its parents if `copies` has none yet."""
        parent = None
        for group in self.chain:
            parent = copies.setdefault(group, Group(group.name, parent, group.origin))
        return copies[self]
