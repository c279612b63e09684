"""The graph: data, the functions between them, and the order in which they ran.

Two kinds of thing alternate. `Data` holds a value; a `Node` is the function that made it. An arrow
only ever points from a result to what it was made from: a `Data` knows its node, a node knows its
inputs, and no input knows who uses it. So there are no reference cycles, a dropped graph is freed
at once, and any number of threads can build graphs side by side.

Building runs: every `Data` has its value at once. What ran can be run again, because a node keeps
its operation (or its law), its fixed arguments and its inputs.
"""

from __future__ import annotations

import itertools
import operator
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, UnknownNameError, UsageError
from .values import Value, from_user, show

NO_FIXED: Mapping[str, Any] = {}
RAN = operator.attrgetter("_node.serial")  # when the node of a data ran
tick = itertools.count(1).__next__  # a clock: it only orders what ran, across all graphs and threads


class Data:
    """Data: an input, or the output of a function. Drawn as a diamond.

    Parameters
    ----------
    value : float or array_like
        Python ints and lists of ints become float64; integer and float32 arrays keep their dtype.
    name : str, optional
        What pictures, listings and errors call it.
    constant : bool
        A constant never receives a gradient.

    Raises
    ------
    InputError, UsageError
        For a value that is complex, not numeric, or ragged.

    Examples
    --------
    >>> theta = Data(0.5, name="θ")
    >>> theta.value, theta.shape, theta.node
    (0.5, (), None)
    """

    __slots__ = ("_changed", "_constant", "_name", "_node", "_replays", "_value", "_grad",
                 "__weakref__")  # fmt: skip
    __array_priority__ = 1000.0
    __hash__ = object.__hash__

    def __init__(self, value: Any, name: str | None = None, *, constant: bool = False) -> None:
        self._value = from_user(value)
        self._node = None
        self._constant = constant
        self._changed = 0
        if name is not None:
            self.name = name

    def __getattr__(self, slot: str) -> Any:
        # Results set two slots only (a million of them are made); the others read as their default.
        if slot in DATA_DEFAULTS:
            return DATA_DEFAULTS[slot]
        raise AttributeError(f"Data has no attribute {slot!r}")

    @property
    def value(self) -> Any:
        """The value: a Python float, or a read-only array. Assignable on an input, shape kept."""
        return self._value

    @value.setter
    def value(self, new: Any) -> None:
        if self._node is not None:
            raise UsageError(
                f"value of {label(self)} was computed by {self._node.name}; "
                "only an input can be assigned: assign the inputs above it and build it again"
            )
        if self._constant == "literal":
            raise UsageError(
                f"value of {label(self)}: it was written as a bare number or array and stays; "
                "write mg.Data(…, constant=True) in its place to swap it later"
            )
        value = from_user(new)
        if np.shape(value) != self.shape:
            raise InputError(
                f"value of {label(self)}: shape {np.shape(value)} does not replace shape "
                f"{self.shape}; make a new Data for another shape"
            )
        self._value = from_user(np.asarray(value, dtype=self.dtype))
        self._changed = tick()

    @property
    def grad(self) -> Any:
        """The gradient accumulated by `backward`, a float or an array; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        self._grad = new

    @property
    def node(self) -> Any:
        """The function that made this data: a `Node`, or None for an input."""
        if self._node is not None:
            self._node.link(self)
        return self._node

    @property
    def name(self) -> str | None:
        """The name, or None. Assignable; two data may have the same one."""
        return self._name

    @name.setter
    def name(self, new: str | None) -> None:
        if new is not None and not isinstance(new, str):
            raise UsageError(f"name of Data: got {type(new).__name__}; a name is a string or None")
        self._name = new

    @property
    def constant(self) -> bool:
        """True for an input that never receives a gradient."""
        return bool(self._constant)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, ``()`` for a single number."""
        return () if type(self._value) is float else self._value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return 1 if type(self._value) is float else int(self._value.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype; a Python float is float64."""
        return np.dtype(np.float64) if type(self._value) is float else self._value.dtype

    def item(self) -> Any:
        """Return the one element as a Python number."""
        return self._value if type(self._value) is float else self._value.item()

    def __len__(self) -> int:
        if not self.shape:
            raise UsageError(f"len of {label(self)}: a single number has no length")
        return self.shape[0]

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self._decide())

    def __index__(self) -> int:
        return operator.index(self._decide())

    def __bool__(self) -> bool:
        return bool(self._decide())

    def _decide(self) -> Any:
        """Return the value for Python's own control flow, and remember which draws it looked at."""
        for data in ancestors([self]):
            if isinstance(data._node, StochasticNode):
                data._node.branched = True
        return self._value

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (int, float, np.ndarray, np.generic)):
            raise UsageError(
                f"== on {label(self)}: Data are compared by identity (they are keys of mappings); "
                "write mg.equal(x, y) to compare values, or compare x.value"
            )
        return NotImplemented

    def __setitem__(self, index: Any, value: Any) -> None:
        raise UsageError(
            f"item assignment on {label(self)}: Data are never changed in place; build the new "
            "array with mg.where(mask, new, x) or mg.index_update(x, index, new)"
        )

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Data({show(self._value)}{name}{', constant=True' if self.constant else ''})"

    if TYPE_CHECKING:  # given by the chapters that can say what they do: operations, gradients

        T: Data

        def backward(self, seed: Any = None) -> None: ...
        def __getitem__(self, index: Any) -> Data: ...
        def __iter__(self) -> Iterator[Data]: ...
        def __array_ufunc__(self, *args: Any, **keywords: Any) -> Any: ...
        def __neg__(self) -> Data: ...
        def __pos__(self) -> Data: ...
        def __abs__(self) -> Data: ...
        def __invert__(self) -> Data: ...
        def __add__(self, other: Any) -> Data: ...
        def __radd__(self, other: Any) -> Data: ...
        def __sub__(self, other: Any) -> Data: ...
        def __rsub__(self, other: Any) -> Data: ...
        def __mul__(self, other: Any) -> Data: ...
        def __rmul__(self, other: Any) -> Data: ...
        def __truediv__(self, other: Any) -> Data: ...
        def __rtruediv__(self, other: Any) -> Data: ...
        def __floordiv__(self, other: Any) -> Data: ...
        def __rfloordiv__(self, other: Any) -> Data: ...
        def __mod__(self, other: Any) -> Data: ...
        def __rmod__(self, other: Any) -> Data: ...
        def __pow__(self, other: Any) -> Data: ...
        def __rpow__(self, other: Any) -> Data: ...
        def __matmul__(self, other: Any) -> Data: ...
        def __rmatmul__(self, other: Any) -> Data: ...
        def __lt__(self, other: Any) -> Data: ...
        def __le__(self, other: Any) -> Data: ...
        def __gt__(self, other: Any) -> Data: ...
        def __ge__(self, other: Any) -> Data: ...
        def __and__(self, other: Any) -> Data: ...
        def __or__(self, other: Any) -> Data: ...
        def __xor__(self, other: Any) -> Data: ...


DATA_DEFAULTS: Mapping[str, Any] = {
    "_name": None, "_constant": False, "_grad": None, "_changed": 0, "_replays": None,
}  # fmt: skip


def result(value: Value, node: Node) -> Data:
    """Return the output of `node`; the fast way to make a Data."""
    data = Data.__new__(Data)
    data._value = value
    data._node = node
    return data


class Node:
    """A function between data; `DeterministicNode` and `StochasticNode` are the two kinds."""

    __slots__ = ("inputs", "serial", "_group", "_name", "_output", "__weakref__")
    default_name = "?"
    inputs: tuple[Data, ...]
    serial: int

    def __getattr__(self, slot: str) -> Any:
        if slot in NODE_DEFAULTS:
            return NODE_DEFAULTS[slot]
        raise AttributeError(f"{type(self).__name__} has no attribute {slot!r}")

    def link(self, output: Data) -> None:
        """Remember which Data is the output, without keeping it alive (that would be a cycle)."""
        if self._output is None:
            self._output = weakref.ref(output)

    @property
    def output(self) -> Data:
        """The data that this node made."""
        data = None if self._output is None else self._output()
        if data is None:  # nobody held it, so nobody can tell a new one from it
            data = self.again()
            self._output = weakref.ref(data)
        return data

    def again(self) -> Data:
        """Return a new Data with this node's result."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name; by default that of the operation, or P for a draw. Assignable."""
        return self._name or self.default_name

    @name.setter
    def name(self, new: str) -> None:
        self._name = new

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


NODE_DEFAULTS: Mapping[str, Any] = {
    "_name": None, "_group": None, "_output": None, "branched": False,
    "noise": None, "output_name": None,
}  # fmt: skip


class DeterministicNode(Node):
    """A deterministic function of its inputs. Drawn as a rectangle.

    ``op`` is its operation, ``fixed`` the arguments that are not data (an axis, a shape).
    """

    __slots__ = ("fixed", "op")
    op: Any
    fixed: Mapping[str, Any]

    def __init__(
        self, op: Any, inputs: tuple[Data, ...], fixed: Mapping[str, Any] = NO_FIXED
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.fixed = fixed
        self.serial = tick()

    @property
    def default_name(self) -> str:  # type: ignore[override]
        return self.op.name

    @property
    def barrier(self) -> str | None:
        """``"stop"`` where a gradient ends on purpose, ``"black box"`` where it must not cross."""
        return self.op.barrier

    def again(self) -> Data:
        return result(self.op.evaluate([x._value for x in self.inputs], self.fixed), self)


class StochasticNode(Node):
    """A draw from a law whose parameters are its inputs. Drawn as a rounded box.

    ``distribution`` is the law. ``noise`` is what the sample was made from, where the law makes
    its samples by a transform of noise. ``draw`` says which draw this is: a copy that a rewrite
    makes of this node keeps it. ``branched`` records that Python looked at the sample in an ``if``.
    """

    __slots__ = ("branched", "distribution", "draw", "noise", "output_name", "value")
    default_name = "P"
    barrier = "draw"

    def __init__(self, distribution: Any, value: Value, noise: Value | None, draw: object) -> None:
        self.distribution = distribution
        self.inputs = tuple(distribution.inputs)
        self.value = value
        self.noise = noise
        self.draw = draw
        self.serial = tick()

    def link(self, output: Data) -> None:
        self.output_name = output._name
        super().link(output)

    def again(self) -> Data:
        data = result(self.value, self)
        data.name = self.output_name
        return data


def above(
    outputs: Iterable[Data], *, through_stops: bool = True
) -> tuple[list[Data], list[Data]]:
    """Return what a node made, in the order it ran, and the inputs, above and including `outputs`.

    Bare numbers are left out. Without `through_stops` the walk ends below a stop_gradient.
    """
    todo = list(outputs)
    made: dict[Data, None] = {}
    inputs: dict[Data, None] = {}
    while todo:
        data = todo.pop()
        node = data._node
        if node is None:
            if data._constant != "literal":
                inputs[data] = None
        elif data not in made:
            made[data] = None
            if through_stops or node.barrier != "stop":
                todo.extend(node.inputs)
    return sorted(made, key=RAN), list(inputs)


def ancestors(outputs: Iterable[Data]) -> list[Data]:
    """Return what a node made above and including `outputs`, in the order it ran."""
    return above(outputs)[0]


def label(data: Data) -> str:
    """Return what an error calls `data`: its name, else what it is."""
    if data.name:
        return repr(data.name)
    if data._node is None:
        return f"the unnamed {'constant' if data.constant else 'input'} {show(data._value)}"
    return f"the unnamed output of {data._node.name}"


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
        made = ancestors(outputs)
        everything: dict[Data, None] = {}
        for data in made:
            everything.update(dict.fromkeys(data._node.inputs))
            everything[data] = None
        everything.update(dict.fromkeys(outputs))
        self.data: tuple[Data, ...] = tuple(everything)
        self.nodes: tuple[Node, ...] = tuple(data.node for data in made)

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
        if len(found) == 1:
            return found[0]
        names = list(dict.fromkeys(data.name for data in self.data if data.name))
        there_are = f"the names are {', '.join(map(repr, names))}" if names else "nothing is named"
        problem = f"{len(found)} data have that name" if found else "no data has that name"
        raise UnknownNameError(f"graph[{name!r}]: {problem}; {there_are}")

    def __contains__(self, thing: object) -> bool:
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
        if replacement is None and any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
            replacement = result(data._value, copy_node(node, inputs, groups))
        if replacement is not None:
            if replacement._name is None:
                replacement._name = data._name
            new[data] = replacement
    return [new.get(data, data) for data in outputs]


def copy_node(node: Node, inputs: tuple[Data, ...], groups: dict[Group, Group]) -> Node:
    """Return the same function of other inputs; `groups` maps the old boxes to their copies."""
    copy: Node
    if isinstance(node, StochasticNode):
        law = node.distribution.with_inputs(inputs)
        copy = StochasticNode(law, node.value, node.noise, node.draw)
        copy.branched = node.branched
    else:
        assert isinstance(node, DeterministicNode)
        copy = DeterministicNode(node.op, inputs, node.fixed)
    copy._name = node._name
    if node._group is not None:
        copy._group = node._group.copied(groups)
    return copy


class Group:
    """A box around the nodes of one call of a `function`; boxes nest through `parent`."""

    __slots__ = ("name", "parent")

    def __init__(self, name: str, parent: Group | None = None) -> None:
        self.name = name
        self.parent = parent

    @property
    def outermost(self) -> Group:
        """The box that no other box contains."""
        group = self
        while group.parent is not None:
            group = group.parent
        return group

    def copied(self, copies: dict[Group, Group]) -> Group:
        """Return the copy of this box, making it and its parents if `copies` has none yet."""
        chain = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        parent = None
        for group in reversed(chain):
            parent = copies.setdefault(group, Group(group.name, parent))
        return copies[self]
