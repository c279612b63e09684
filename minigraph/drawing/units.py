"""Which nodes are drawn as one: the calls of a `function` that can be closed.

A closed box must not hide what the picture is about: a draw or a black box inside keeps it open,
and so does a data to which gradients are asked for.
Nor may it lie: if a path leaves the box and comes back, closing it would draw a circle.

Of a large graph the middle is one unit too. It is one stretch of the order in which things ran, so
no path leaves it and comes back.
"""

from __future__ import annotations

import graphlib
from collections.abc import Container, Iterable
from typing import Any

from ..data import Data
from ..graph import Graph
from ..nodes import Group, Node


class Unit:
    """A function of the picture: one node, all nodes of a closed box, or all that is left out.

    Attributes
    ----------
    parts : list of Unit
        The units it stands for, if it is the middle of a large graph.
    group : Group or None
        The closed box, if it is one.
    box : Group or None
        The innermost open box around it.
    made : list of Data
        The outputs of its nodes, in the order they ran.
    outputs : list of Data
        Those that somebody outside sees.
    inputs : list of (Data, list of (Data, int))
        What it reads from outside, literals left out, and the places that read it: which node (by
        its output), which position. A node that is passed the same data twice reads it twice; a
        closed box reads it once.
    """

    __slots__ = ("box", "group", "inputs", "made", "outputs", "parts")
    outputs: list[Data]
    inputs: list[tuple[Data, list[tuple[Data, int]]]]

    def __init__(self, group: Group | None, box: Group | None) -> None:
        self.group = group
        self.box = box
        self.parts: list[Unit] = []
        self.made: list[Data] = []

    def find_ends(self, seen: set[Data]) -> None:
        """Fill in `outputs` and `inputs`; `seen` is what somebody outside a unit reads."""
        self.outputs = [data for data in self.made if data in seen]
        single = self.group is None and not self.parts
        inside = set(self.made)
        merged: dict[Any, tuple[Data, list[tuple[Data, int]]]] = {}
        for data in self.made:
            for i, x in enumerate(data._node.inputs):
                if x not in inside and not x._literal:
                    key = (x, i) if single else x
                    merged.setdefault(key, (x, []))[1].append((data, i))
        self.inputs = list(merged.values())

    @property
    def node(self) -> Node:
        """Its last node; the only one if it is not a box."""
        return self.made[-1].node


def chain(group: Group | None) -> list[Group]:
    """Return the boxes around something, the outermost first."""
    return [] if group is None else group.chain


def units(
    graph: Graph, expand: bool, limit: int, wrt: Iterable[Data] = (), calls: Container[Any] = ()
) -> list[Unit]:
    """Return the functions to draw, at most about `limit`, in the order they ran.

    With `wrt`, those that depend on it; all of them if none does. The boxes of `calls` are open.
    """
    made = [data for data in graph.data if data._node is not None]
    chains = chains_of(made)
    ends = set(wrt)
    opened: set[Group] = set()
    for data, boxes in chains.items():
        if expand or data in ends or data._node.barrier in ("draw", "black box"):
            opened.update(boxes)
        opened.update(box for box in boxes if box.origin in calls)
    while True:
        unit_of = assign(made, chains, opened)
        circle = find_circle(unit_of) if chains else []
        if not circle:
            break
        opened.update(unit.group for unit in circle if unit.group is not None)
    drawn = without_middle(unit_of, downstream(unit_of, ends), limit)
    seen = set(graph.outputs)
    for data, unit in unit_of.items():
        seen.update(x for x in data._node.inputs if unit_of.get(x) is not unit)
    for unit in drawn:
        unit.find_ends(seen)
    return drawn


def open_calls(drawn: Iterable[Unit]) -> set[Any]:
    """Return the calls whose boxes are open."""
    every = [part for unit in drawn for part in unit.parts or [unit]]
    return {box.origin for unit in every for box in chain(unit.box)}


def chains_of(made: list[Data]) -> dict[Data, list[Group]]:
    """Return the boxes around what was made within one.

    A rewrite that rebuilds a part of a box puts that part into a copy; where the copy reads from
    the rest they are one box again.
    """
    chains: dict[Data, list[Group]] = {}
    first: dict[Group, Group] = {}  # a copy → the box it is a part of
    for data in made:
        group = data._node._group
        if group is None:
            continue
        boxes = chain(group)
        for x in data._node.inputs:
            for box, other in zip(boxes, chains.get(x, ()), strict=False):
                if box.origin is not other.origin:
                    break
                if box is not other:
                    first.setdefault(box, other)
        chains[data] = boxes
    if not first:
        return chains
    return {data: [original(box, first) for box in boxes] for data, boxes in chains.items()}


def original(box: Group, first: dict[Group, Group]) -> Group:
    """Return the box that a copy of a copy is a part of."""
    while box in first:
        box = first[box]
    return box


def downstream(unit_of: dict[Data, Unit], wrt: set[Data]) -> set[Unit]:
    """Return the units that depend on `wrt`; all of them if none does."""
    depends, found = set(wrt), set()
    for data, unit in unit_of.items():
        if not depends.isdisjoint(data._node.inputs):
            depends.add(data)
            found.add(unit)
    return found or set(unit_of.values())


def without_middle(unit_of: dict[Data, Unit], wanted: set[Unit], limit: int) -> list[Unit]:
    """Return units in the order in which they were finished; one stands for a long middle."""
    last = {unit: position for position, unit in enumerate(unit_of.values()) if unit in wanted}
    drawn = sorted(last, key=last.__getitem__)
    middle = drawn[limit // 2 : len(drawn) - limit // 2]
    if len(middle) < 2:
        return drawn
    rest = Unit(None, None)
    rest.parts = middle
    rest.made = [data for unit in middle for data in unit.made]
    unit_of.update(dict.fromkeys(rest.made, rest))
    return [*drawn[: limit // 2], rest, *drawn[len(drawn) - limit // 2 :]]


def in_order(graph: Graph, drawn: list[Unit]) -> list[Unit | Data]:
    """Return the functions and, before the first that reads it, each input; no literals.

    What a function that is not drawn has made is an input, too.
    """
    found: dict[Unit | Data, None] = {}
    made = {data for unit in drawn for data in unit.outputs}
    for unit in drawn:
        found.update((x, None) for x, _ in unit.inputs if x not in made)
        found[unit] = None
    found.update((x, None) for x in graph.outputs if x._node is None)
    return list(found)


def parted(
    things: list[Unit | Data], limit: int
) -> tuple[list[Unit | Data], list[Unit | Data], list[Unit | Data]]:
    """Return the beginning, the middle to leave out (or nothing), and the end."""
    first, last = limit // 2, len(things) - limit // 2
    folded = any(isinstance(thing, Unit) and thing.parts for thing in things)
    if last - first < 2 and not folded:
        return things, [], []
    return things[:first], things[first:last], things[last:]


def outputs_of(thing: Unit | Data) -> list[Data]:
    """Return what others see of a function, or an input itself."""
    return thing.outputs if isinstance(thing, Unit) else [thing]


def made_by(things: Iterable[Unit | Data]) -> list[Data]:
    """Return what these functions made, also what nobody else sees."""
    return [data for thing in things if isinstance(thing, Unit) for data in thing.made]


def count_of(things: list[Unit | Data]) -> int:
    """Return how many functions and inputs these stand for."""
    return sum(len(thing.parts) or 1 if isinstance(thing, Unit) else 1 for thing in things)


def assign(
    made: list[Data], chains: dict[Data, list[Group]], opened: set[Group]
) -> dict[Data, Unit]:
    """Return the unit of every data that a node made: its outermost box that is not open."""
    closed: dict[Group, Unit] = {}
    unit_of: dict[Data, Unit] = {}
    for data in made:
        box = None
        for group in chains.get(data, ()):
            if group not in opened:
                unit = closed.setdefault(group, Unit(group, box))
                break
            box = group
        else:
            unit = Unit(None, box)
        unit.made.append(data)
        unit_of[data] = unit
    return unit_of


def find_circle(unit_of: dict[Data, Unit]) -> list[Unit]:
    """Return units that need each other, or nothing if they can be put in an order."""
    sorter: graphlib.TopologicalSorter[Unit] = graphlib.TopologicalSorter()
    for data, unit in unit_of.items():
        others = [unit_of[x] for x in data._node.inputs if x in unit_of]
        sorter.add(unit, *[other for other in others if other is not unit])
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []
