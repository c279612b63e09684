"""The nodes: the functions between data, and the boxes that are drawn around some of them.

Building runs: every `Data` has its value at once. What ran can be run again, because a node keeps
its operation (or its law), its fixed arguments and its inputs.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from typing import Any

from .data import NO_FIXED, Data, literal_data, made, tick
from .values import Value, own


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
    plain = of_numbers = None
    default_name = "P"

    def __init__(self, distribution: Any, value: Value, noise: Value | None, draw: object) -> None:
        super().__init__(tuple(distribution.inputs), tick())
        self.distribution = distribution
        self.value = own(value)
        self.noise = None if noise is None else own(noise)
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
