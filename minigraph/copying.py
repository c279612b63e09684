"""Copies of graphs: `copy.deepcopy` and `pickle`, in the order of the run, without recursion.

A pickled result is its whole graph, written as a list. Inputs stay shared among the results that
are pickled together; to keep what is computed shared too, pickle their `Graph`. A deep copy shares
what the original shared.
"""

from __future__ import annotations

import copyreg
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from .data import Data, literal_data, made, tick
from .errors import UsageError
from .graph import Graph, copy_node
from .nodes import DeterministicNode, Group, Node, StochasticNode, linked_node, result
from .ops.base import Operation
from .values import own
from .walk import ancestors


class Entry(NamedTuple):
    """A result, with its inputs as positions in a list: first the inputs, then the results."""

    function: Any  # the operation, or the law with its parameters as plain constants
    inputs: tuple[int, ...]
    fixed: Any
    value: Any
    name: str | None
    node_name: str | None
    group: Group | None
    draw: tuple[Any, Any, bool] | None


def parts(outputs: Sequence[Data]) -> tuple[list[Data], list[Data], list[Data]]:
    """Return the inputs, bare numbers too, the stale ones among them, and the results."""
    results = ancestors(outputs)
    edges = [(x, data._time) for data in results for x in data._node.inputs]
    inputs = [x for x, _ in edges if x._op is None] + [x for x in outputs if x._op is None]
    stale = [x for x, time in edges if x._op is None and x._time > time]
    return list(dict.fromkeys(inputs)), stale, results


def flat(outputs: Sequence[Data]) -> tuple[list[Data], list[Data], list[Entry], list[int]]:
    """Return the graph above `outputs` as lists: inputs, stale inputs, results, outputs."""
    inputs, stale, results = parts(outputs)
    at = {data: i for i, data in enumerate([*inputs, *results])}
    entries = []
    for data in results:
        node = data._node
        function, draw = data._op, None
        if isinstance(node, StochasticNode):
            plain = tuple(literal_data(x._value) for x in node.inputs)  # without the graph above
            function = node.distribution.with_inputs(plain)
            draw = (node.noise, node.draw, node.branched)
        places = tuple(at[x] for x in node.inputs)
        names = data.name, node._name, node._group
        entries.append(Entry(function, places, data._fixed, data._value, *names, draw))
    return inputs, stale, entries, [at[data] for data in outputs]


def rebuilt(
    inputs: list[Data], stale: list[Data], entries: list[Entry], outputs: list[int]
) -> list[Data]:
    """Return the outputs that `flat` wrote down."""
    everything = list(inputs)
    for entry in entries:
        above = tuple(everything[i] for i in entry.inputs)
        if entry.draw is None:
            data = made(own(entry.value), entry.function, above, entry.fixed)
        else:
            noise, draw, branched = entry.draw
            law = entry.function.with_inputs(above)
            node = StochasticNode(law, entry.value, noise, draw)
            node.branched = branched
            data = result(node.value, node)
        data.name = entry.name
        if entry.node_name or entry.group:
            data._node._name, data._node._group = entry.node_name, entry.group
        everything.append(data)
    for x in stale:  # assigned after it was used: gradients stay refused
        x._time = tick()
    return [everything[i] for i in outputs]


def input_again(value: Any, name: str | None, constant: Any, grad: Any) -> Data:
    """Return an input as it was."""
    data = Data(value, name, constant=constant)
    data.grad = grad
    return data


def data_again(*parts: Any) -> Data:
    """Return the one output that `flat` wrote down."""
    return rebuilt(*parts)[0]


def graph_again(*parts: Any) -> Graph:
    """Return the graph that `flat` wrote down."""
    return Graph(*rebuilt(*parts))


def data_reduced(data: Data) -> tuple[Any, ...]:
    """Return how to pickle `data`: an input as itself, a result as its graph."""
    if data._op is None:
        return input_again, (data._value, data.name, data._constant, data._grad)
    return data_again, flat([data])


def node_reduced(node: Node) -> tuple[Any, ...]:
    """Return how to pickle `node`: as the function that made its output."""
    return linked_node, (node.output,)


def data_copied(data: Data, memo: dict[Any, Any]) -> Data:
    """Return a deep copy of `data` and of all above it that `memo` has no copy of yet."""
    inputs, stale, results = parts([data])
    boxes = memo.setdefault("boxes of minigraph", {})
    for old in [*inputs, *results]:
        if id(old) in memo:
            continue
        if old._op is None:
            new = input_again(old._value, old.name, old._constant, old._grad)
        else:
            above = tuple([memo[id(x)] for x in old._node.inputs])
            new = result(old._value, copy_node(old._node, above, boxes))
            new.name = old.name
        memo[id(old)] = new
    for x in stale:
        memo[id(x)]._time = tick()
    return memo[id(data)]


def reference(op: Operation) -> tuple[str, str]:
    """Return the module and the name under which an operation can be found again.

    Raises
    ------
    UsageError
        For an operation that is no global variable of a module.
    """
    for module, space in list(sys.modules.items()):
        if module.startswith(PACKAGE):
            for name, thing in vars(space).items():
                if thing is op:
                    return module, name
        elif getattr(vars(space).get(op.name), "op", None) is op:  # a primitive of the user
            return module, op.name
    raise UsageError(
        f"pickle of a graph: operation {op.name!r} is not a global variable of a module, where it "
        "could be found again; define it there, under its own name"
    )


def found(module: str, name: str) -> Operation:
    """Return the operation that `reference` wrote down.

    Raises
    ------
    UsageError
        If it is not there, as in a process that was sent the functions of a script, not the script.
    """
    thing = vars(importlib.import_module(module)).get(name)
    if thing is None:
        raise UsageError(
            f"unpickle of a graph: operation {name!r} is not in the module {module!r} of this "
            "process; define it in a module of its own that every process can import"
        )
    return thing if isinstance(thing, Operation) else thing.op


PACKAGE = __name__.rpartition(".")[0] + "."
Data.__deepcopy__ = data_copied  # type: ignore[attr-defined]
Operation.__deepcopy__ = lambda op, memo: op  # type: ignore[attr-defined]
copyreg.pickle(Data, data_reduced)
copyreg.pickle(Graph, lambda graph: (graph_again, flat(graph.outputs)))
copyreg.pickle(DeterministicNode, node_reduced)
copyreg.pickle(StochasticNode, node_reduced)
copyreg.pickle(Operation, lambda op: (found, reference(op)))
