"""Plates: frames around what is there many times, as many samples or as elements of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data import Data
from ..errors import UsageError
from ..graph import Graph
from ..nodes import Group
from ..walk import below_draws
from .labels import shown
from .picture import is_whole
from .units import Unit, chain

Plate = tuple[bool, tuple[int, ...]]  # whether it is repeated for each sample; the shape


class Plates:
    """Which frames are around a thing, the outermost first: plates, then open boxes.

    An open box is in the plate of the samples if anything inside is; the plates of arrays are
    drawn around single boxes only.
    """

    def __init__(self, graph: Graph, wanted: Any) -> None:
        self.wanted = wanted
        self.sampled: set[Data] = set()
        self.boxes: set[object] = set()  # which calls: a rewrite copies a part of their boxes
        named = isinstance(wanted, Mapping)
        self.names: Mapping[Any, Any] = wanted if named else {}
        self.samples = wanted.get("samples") if named else wanted
        self.refuse_bad()
        if self.samples is None or isinstance(self.samples, bool):
            return
        self.sampled = below_draws(data for data in graph.data if data._op)
        groups = [data._node._group for data in self.sampled]
        self.boxes = {group.outermost.origin for group in groups if group is not None}

    def refuse_bad(self) -> None:
        """Raise for what names no frame."""
        said = self.samples is None or isinstance(self.samples, str) or is_whole(self.samples, 0)
        if not said or not all(key == "samples" or is_whole(key, 0) for key in self.names):
            raise UsageError(
                f"picture: plates is {self.wanted!r}; pass True, a count, a letter, or a dict of "
                'names, {100: "flights", "samples": "n"}'
            )

    def around(self, thing: Unit | Data, home: Group | None) -> list[Plate | Group]:
        """Return the frames around a thing whose innermost open box is `home`."""
        groups: list[Plate | Group] = [*chain(home)]
        if not self.wanted:
            return groups
        datas = [thing] if isinstance(thing, Data) else thing.made
        repeated = any(x in self.sampled for x in datas)
        if home is not None:
            repeated = home.outermost.origin in self.boxes
        plates: list[Plate | Group] = [(True, ())] if repeated else []
        if home is None and datas[-1].shape:
            plates.append((repeated, datas[-1].shape))
        return plates + groups

    def title(self, frame: Plate | Group) -> str:
        """Return what is written at a frame."""
        if isinstance(frame, Group):
            return shown(str(frame.name))
        if not frame[1]:
            return f"× {shown(str(self.samples))} sample{'s' * (self.samples != 1)}"
        return " ".join(self.times(n) for n in frame[1])

    def times(self, length: int) -> str:
        """Return ``× 100``, or ``× 100 flights`` where a length has a name."""
        return f"× {length} {shown(str(self.names.get(length, '')))}".rstrip()
