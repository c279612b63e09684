"""From a graph to the description of its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from ..data import Data
from ..errors import InputError, UsageError
from ..graph import Graph
from ..nodes import Group
from ..values import counted
from .backflow import BLOCKED, Backflow
from .kinds import costs_of, data_kind, data_lines, more_lines, names, unit_kind, unit_lines
from .labels import shown
from .picture import DIRECTIONS, LIMIT, Arrow, Box, Cluster, Options, Picture, is_whole
from .plates import Plates
from .playback import cotangents, is_narrow, values_now
from .styles import styles_of
from .units import Unit, chain, in_order, outputs_of, parted, units


def picture(y: Any, **options: Any) -> Picture:
    """Return the description of the graph above `y`: a Data, a list of Data, or a Graph.

    The options are those of `Options`. A description is returned as it is.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(3.0, name="x")
    >>> [box.kind for box in picture(x**2).boxes]
    ['parameter', 'deterministic', 'output']
    """
    if isinstance(y, Picture):
        if options:
            raise UsageError(
                f"picture: {', '.join(options)} came too late for a finished picture; "
                "pass options where it is made"
            )
        return y
    return sketch(y, **options).drawn


def sketch(y: Any, calls: Container[Any] = (), /, **options: Any) -> Sketch:
    """Return the description of the graph above `y`, and what in the graph its parts stand for.

    The boxes of `calls` are open.
    """
    known = Options.__annotations__
    for name in options:
        if name not in known:
            raise UsageError(f"picture: no option {name!r}; the options are {', '.join(known)}")
    direction, limit = options.get("direction", "TB"), options.get("limit", LIMIT)
    if direction not in DIRECTIONS:
        raise InputError(f"picture: direction {direction!r}; it is one of {', '.join(DIRECTIONS)}")
    if not is_whole(limit, 2):
        raise InputError(f"picture: limit is {limit!r}; pass a whole number from 2 up")
    return Sketch(y if isinstance(y, Graph) else Graph(y), options, calls)


class Sketch:
    """A picture and its graph: `ids` says which box stands for a data or a unit."""

    def __init__(self, graph: Graph, options: Any, calls: Container[Any]) -> None:
        self.graph = graph
        self.options = options
        self.limit = options.get("limit", LIMIT)
        flow = Backflow(graph, options.get("wrt"))
        ends = flow.ends if options.get("wrt") is not None else ()
        self.units = units(graph, options.get("expand", False), self.limit, ends, calls)
        self.homes = dict(homes(graph, self.units))
        self.costs = costs_of(graph)
        self.back = flow if options.get("gradients", True) else None
        self.slopes: Mapping[Data, Any] = {}
        if options.get("slopes") and is_narrow(graph):
            sums = cotangents(graph, flow, values_now(graph))[2]
            self.slopes = {x: slope for x, slope in sums.items() if x not in flow.partial}
        self.ids: dict[Any, str] = {}
        self.boxes: list[Box] = []
        self.plates = Plates(graph, options.get("plates", False))
        self.clusters: dict[Any, Cluster] = {}
        self.more: str | None = None
        self.draw_boxes()
        arrows = self.data_arrows()
        if self.back is not None:
            arrows += self.gradient_arrows(self.back)
        direction = options.get("direction", "TB")
        parts = tuple(self.boxes), tuple(arrows), tuple(self.clusters.values())
        words = in_words(graph, self.back)
        self.drawn = Picture(*parts, direction, *words, styles_of(options.get("styles")))

    def draw_boxes(self) -> None:
        """Draw functions and data in the order they ran; the middle of a long list is one box."""
        before, left_out, after = parted(in_order(self.graph, self.units), self.limit)
        self.draw(before)
        if left_out:
            self.more = self.add("more", *more_lines(left_out, self.back))
            for thing in left_out:
                self.ids.update(dict.fromkeys([thing, *outputs_of(thing)], self.more))
        self.draw(after)

    def draw(self, things: list[Unit | Data]) -> None:
        """Add the boxes of functions, of what they made, and of inputs."""
        for thing in things:
            if isinstance(thing, Unit):
                frames = self.plates.around(thing, thing.box)
                self.ids[thing] = self.add(unit_kind(thing), *unit_lines(thing), frames=frames)
            for data in outputs_of(thing):
                self.add_data(data)

    def add(self, kind: str, *lines: str, frames: Iterable[Any] = ()) -> str:
        """Add a box and return its identifier."""
        box = Box(f"n{len(self.boxes)}", kind, lines, self.cluster(frames))
        self.boxes.append(box)
        return box.id

    def add_data(self, data: Data) -> None:
        """Add the box of a data."""
        kind = data_kind(data, data in self.graph.outputs, data in self.costs)
        lines = data_lines(data, kind, self.options, self.slopes.get(data))
        frames = self.plates.around(data, self.homes.get(data))
        self.ids[data] = self.add(kind, *lines, frames=frames)

    def cluster(self, frames: Iterable[Any]) -> str | None:
        """Return the identifier of the last of some frames, each within the one before it."""
        parent = None
        for frame in frames:
            if frame not in self.clusters:
                title = self.plates.title(frame)
                self.clusters[frame] = Cluster(f"g{len(self.clusters)}", title, parent)
            parent = self.clusters[frame].id
        return parent

    def data_arrows(self) -> list[Arrow]:
        """Return the full arrows."""
        found: list[tuple[Any, Any, None]] = []
        for unit in self.units:
            found += [(x, unit, None) for x, _ in unit.inputs]
            found += [(unit, data, None) for data in unit.outputs]
        return self.arrows(found)

    def gradient_arrows(self, back: Backflow) -> list[Arrow]:
        """Return the dashed arrows, in the order in which gradients run along them."""
        found: list[tuple[Any, Any, str | None]] = []
        for unit in reversed(self.units):
            found += [(data, unit, back.into_node.get(data)) for data in reversed(unit.outputs)]
            for x, places in unit.inputs:
                marks = [back.into_data[place] for place in places if place in back.into_data]
                found += [(unit, x, mark) for mark in dict.fromkeys(marks)]
        return self.arrows(ends for ends in found if ends[2] is not None)

    def arrows(self, found: Iterable[tuple[Any, Any, str | None]]) -> list[Arrow]:
        """Return arrows between boxes; what lies within the box of the rest has none."""
        count: Counter[tuple[str, str, str | None]] = Counter()
        for tail, head, mark in found:
            ends = self.ids[tail], self.ids[head]
            if ends[0] != ends[1]:
                key = (*ends, mark)
                count[key] = 1 if self.more in ends else count[key] + 1
        drawn: list[Arrow] = []
        for (tail_id, head_id, mark), n in count.items():
            arrow = Arrow(tail_id, head_id, mark is not None, mark == BLOCKED, n if n > 3 else 1)
            drawn += [arrow] * (1 if n > 3 else n)
        return drawn


def homes(graph: Graph, drawn: list[Unit]) -> Iterator[tuple[Data, Group | None]]:
    """Yield every data that a unit made, and the innermost open box around it and all its users."""
    around: dict[Data, list[Group]] = {x: [] for x in graph.outputs}
    for unit in drawn:
        boxes = chain(unit.box)
        for x, _ in unit.inputs:
            around[x] = common(around.get(x, boxes), boxes)
    for unit in drawn:
        for data in unit.outputs:
            boxes = common(around.get(data, []), chain(unit.box))
            yield data, boxes[-1] if boxes else None


def common(a: list[Group], b: list[Group]) -> list[Group]:
    """Return how two lists begin alike."""
    n = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x is not y), None)
    return a[: min(len(a), len(b)) if n is None else n]


def in_words(graph: Graph, back: Backflow | None) -> tuple[str, str]:
    """Return a title and a description for those who cannot see the picture."""
    results = ", ".join([shown(x.name) for x in graph.outputs if x.name][:4])
    at = names(back.stops(graph.data)) if back else ""
    return (
        f"Graph of {results}" if results else "Graph",
        f"{counted(len(graph.inputs), 'input')}, {len(graph.stochastic)} stochastic and "
        f"{counted(len(graph.deterministic), 'deterministic function')}."
        + (f" The gradient is blocked at {at}." if at else ""),
    )
