"""The dashed arrows: along which data arrows a gradient comes back, and where it is blocked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..data import Data
from ..graph import Graph, data_of
from ..paths import Flow

OPEN, BLOCKED = "open", "blocked"


class Backflow:
    """Where gradients flow back from the outputs of a graph to `wrt`.

    Attributes
    ----------
    into_node : dict
        Data → "open" or "blocked": the arrow from a data back into the node that made it.
    into_data : dict
        (Data, position) → the arrow from the node of that data back into one of its inputs.
    ends : list of Data
        Where gradients end: `wrt`.
    partial : set of Data
        What a blocked function depends on: what arrives there along open arrows is not all of it.
    """

    def __init__(self, graph: Graph, wrt: Any = None) -> None:
        flow = Flow(graph.outputs, None if wrt is None else data_of(graph, wrt, "picture: wrt"))
        blocked = set(flow.blocked)
        self.ends = flow.ends
        self.partial: set[Data] = set()
        self.into_node: dict[Data, str] = {}
        self.into_data: dict[tuple[Data, int], str] = {}
        reached = {y for y in graph.outputs if y.dtype.kind == "f"}
        for data in reversed(flow.made):
            node: Any = data._node
            if node.barrier == "stop":
                continue
            carrying = [(i, x) for i, x in enumerate(node.inputs) if x in flow.carries]
            if data in blocked or data in self.partial:
                self.partial.update(x for _, x in carrying)
            if not carrying or not (data in reached or data in blocked):
                continue
            mark = BLOCKED if data in blocked else OPEN
            self.into_node[data] = mark
            for i, x in carrying:
                if mark == BLOCKED or (node.op.rules[i] is not None and x.dtype.kind == "f"):
                    self.into_data[data, i] = mark
                    reached.add(x)

    def stops(self, made: Iterable[Data]) -> list[Data]:
        """Return those of `made` behind which a gradient is blocked."""
        return [data for data in made if self.into_node.get(data) == BLOCKED]
