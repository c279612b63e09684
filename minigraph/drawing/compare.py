"""A rewrite beside its original: what is gone, what is new."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..data import Data
from ..errors import UsageError
from ..nodes import StochasticNode
from .kinds import unit_kind, unit_lines
from .labels import shown
from .picture import GONE, NEW, SIGNS, Cluster, Picture
from .sketch import Sketch, sketch
from .units import Unit, open_calls


def compare_pictures(
    before: Any, after: Any, *, titles: tuple[str, str] = ("before", "after"), **options: Any
) -> Picture:
    """Return one picture of two graphs side by side; what differs is marked "− gone" and "+ new".

    It can be rendered as any picture: ``mg.render(mg.compare_pictures(y, z), "change.svg")``,
    ``mg.to_mermaid(…)``, or shown at the end of a cell. Boxes are the same in both if they stand
    for the same data, for data of the same name, or for the same function of the same inputs; a
    function that is the same and reads something else counts as kept.

    Parameters
    ----------
    before, after : Data, list of Data, or Graph
        The graph and its rewrite, or any two.
    titles : (str, str)
        What is written above each.
    **options
        Those of `Options`: gradients, values, shapes, plates, styles, ….

    Raises
    ------
    UsageError
        If the titles are not two strings.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.sample(mg.Normal(mg.Data(0.5, name="θ"), 1.0), name="X", rng=0)
    >>> change = compare_pictures(x, mg.reparameterize(x))
    >>> [box.lines[1] for box in change.boxes if box.mark == "gone"]
    ['P']
    >>> [box.lines[1] for box in change.boxes if box.mark == "new"]
    ['p', 'ε_X', 'g']
    """
    pair = isinstance(titles, (tuple, list)) and len(titles) == 2
    if not pair or not all(isinstance(title, str) for title in titles):
        raise UsageError(f"compare_pictures: titles is {titles!r}; pass two strings")
    calls = {x for y in (before, after) for x in open_calls(sketch(y, **options).units)}
    old, new = sketch(before, calls, **options), sketch(after, calls, **options)
    partner = partners(old, new)
    back = {there: here for here, there in partner.items()}
    gone, came = unpaired(old, new, partner), unpaired(new, old, back)
    left = framed(marks(old.drawn, new.drawn, partner, gone, GONE), titles[0])
    right = framed(marks(new.drawn, old.drawn, back, came, NEW), titles[1], after=left)
    return Picture(
        left.boxes + right.boxes,
        left.arrows + right.arrows,
        left.clusters + right.clusters,
        old.drawn.direction,
        f"{titles[0]}: {old.drawn.title}; {titles[1]}: {new.drawn.title}",
        f"{titles[0]}: {old.drawn.description} {titles[1]}: {new.drawn.description}",
    )


def partners(old: Sketch, new: Sketch) -> dict[str, str]:
    """Return which box of the old picture is which of the new one."""
    pairs = Pairs(old, new)
    for data in old.ids:
        pairs.add(data, data)
    for a, b in zip(old.graph.outputs, new.graph.outputs, strict=False):
        pairs.add(a, b)
    named = by_name(new)
    for name, data in by_name(old).items():
        pairs.add(data, named.get(name))
    for sure in (True, False):
        for one, other in alike(old.units, new.units):
            if not sure or pairs.agree(one, other):
                pairs.add_unit(one, other)
    return pairs.found


class Pairs:
    """The boxes known to be the same."""

    def __init__(self, old: Sketch, new: Sketch) -> None:
        self.old, self.new = old, new
        self.found: dict[str, str] = {}
        self.taken: set[str] = set()

    def add(self, a: Any, b: Any) -> bool:
        """Remember that two things are the same, if both have a box that is not paired yet."""
        here, there = self.old.ids.get(a), self.new.ids.get(b)
        if here is None or here == self.old.more or here in self.found:
            return False
        if there is None or there == self.new.more or there in self.taken:
            return False
        self.found[here] = there
        self.taken.add(there)
        return True

    def add_unit(self, a: Unit, b: Unit) -> None:
        """Remember that two functions are the same, and so what they make."""
        if self.add(a, b):
            for x, y in zip(a.outputs, b.outputs, strict=False):
                self.add(x, y)

    def agree(self, a: Unit, b: Unit) -> bool:
        """Return whether two functions read the same; so do two that read what is left out."""
        boxes = [self.old.ids[x] for x, _ in a.inputs]
        here = [self.new.more if box == self.old.more else self.found.get(box) for box in boxes]
        return here == [self.new.ids[x] for x, _ in b.inputs]


def by_name(sketched: Sketch) -> dict[str, Data]:
    """Return the data whose name no other has."""
    found: defaultdict[str, list[Data]] = defaultdict(list)
    for thing in sketched.ids:
        if isinstance(thing, Data) and thing.name:
            found[thing.name].append(thing)
    return {name: several[0] for name, several in found.items() if len(several) == 1}


def alike(old: list[Unit], new: list[Unit]) -> Iterator[tuple[Unit, Unit]]:
    """Yield functions of the same name; a draw and the copies that rewrites made of it."""
    found: defaultdict[Any, list[Unit]] = defaultdict(list)
    for unit in new:
        found[likeness(unit)].append(unit)
    for unit in old:
        for other in found[likeness(unit)]:
            yield unit, other


def likeness(unit: Unit) -> Any:
    """Return what functions that may be the same have in common."""
    if unit.group is None and isinstance(unit.node, StochasticNode):
        return unit.node.draw
    return unit_kind(unit), unit_lines(unit)[0]


def unpaired(here: Sketch, there: Sketch, partner: dict[str, str]) -> set[str]:
    """Return the boxes of one picture for which the other has none, and has left none out."""
    spare = left_out(there) - left_out(here)
    boxes = {box.id for box in here.drawn.boxes} - partner.keys() - {here.more}
    for unit in here.units:
        if here.ids[unit] in boxes and spare[likeness(unit)] > 0:
            spare[likeness(unit)] -= 1
            boxes -= {here.ids[x] for x in (unit, *unit.outputs)}
    return boxes - {here.ids[x] for x in here.ids.keys() & there.ids.keys()}


def left_out(sketched: Sketch) -> Counter[Any]:
    """Return how many functions of each likeness a picture leaves out."""
    hidden = [unit for unit in sketched.units if sketched.ids[unit] == sketched.more]
    return Counter(likeness(part) for unit in hidden for part in unit.parts or [unit])


def marks(
    drawn: Picture, other: Picture, partner: dict[str, str], lacking: set[str], word: str
) -> Picture:
    """Return a picture in which what the other lacks is marked.

    An arrow is marked if the boxes at its ends are there in both.
    """
    there = Counter((a.tail, a.head, a.gradient, a.blocked) for a in other.arrows)
    arrows = []
    for arrow in drawn.arrows:
        tail, head = partner.get(arrow.tail), partner.get(arrow.head)
        key = tail, head, arrow.gradient, arrow.blocked
        if there[key]:  # type: ignore[index]
            there[key] -= 1  # type: ignore[index]
        elif tail and head:
            arrow = replace(arrow, mark=word)
        arrows.append(arrow)
    boxes = [
        replace(box, mark=word, lines=(SIGNS[word], *box.lines)) if box.id in lacking else box
        for box in drawn.boxes
    ]
    return replace(drawn, boxes=tuple(boxes), arrows=tuple(arrows))


def framed(drawn: Picture, title: str, after: Picture | None = None) -> Picture:
    """Return a picture in a frame, with identifiers that go on after those of another."""
    boxes, clusters = (len(after.boxes), len(after.clusters)) if after else (0, 0)

    def box(old: str) -> str:
        return f"n{int(old[1:]) + boxes}"

    def cluster(old: str | None) -> str:
        return f"g{clusters if old is None else int(old[1:]) + clusters + 1}"

    frame = Cluster(cluster(None), shown(title))
    return replace(
        drawn,
        boxes=tuple(replace(b, id=box(b.id), cluster=cluster(b.cluster)) for b in drawn.boxes),
        arrows=tuple(replace(a, tail=box(a.tail), head=box(a.head)) for a in drawn.arrows),
        clusters=(frame, *[
            replace(c, id=cluster(c.id), parent=cluster(c.parent)) for c in drawn.clusters
        ]),
    )  # fmt: skip
