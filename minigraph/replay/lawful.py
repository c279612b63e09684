"""Laws that were opened into noise and a transform: their parameters are looked at all the same.

A draw refuses bad parameters in every replay. Noise has none, and a transform computes on: samples
of an exponential law would be negative where its rate is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..data import Data
from ..nodes import StochasticNode
from .program import law_now, pads_of
from .writing import Writer


class Opened(NamedTuple):
    """A law that was opened, on plain values, and the slots of its parameters."""

    title: str  # of its noise
    law: Any
    slots: tuple[int, ...]
    pads: Sequence[int | None]
    varying: frozenset[int]  # the slots of those that are no literals

    @property
    def sampled(self) -> list[int]:
        """The slots of the parameters that have a sample axis."""
        pairs = zip(self.slots, self.pads, strict=True)
        return [slot for slot, axes in pairs if axes is not None]

    def look(self, values: Sequence[Any] | Mapping[int, Any]) -> None:
        """Raise if the parameters of now are no parameters of the law."""
        law_now(self.title, self.law, self.slots, self.pads, values)


class Lawful:
    """The laws that a tape looks at: once for a run, or in every block if samples differ.

    Attributes
    ----------
    slots : set of int
        Where their parameters are.
    sampled : list of int
        Where those with a sample axis are: a block returns them after its outputs.
    """

    def __init__(self, laws: Sequence[Opened]) -> None:
        self.once = [law for law in laws if not law.sampled]
        self.in_blocks = [law for law in laws if law.sampled]
        self.slots = {slot for law in laws for slot in law.slots}
        self.sampled = sorted({slot for law in laws for slot in law.sampled})

    def look(self, values: Sequence[Any]) -> None:
        """Raise if a law has bad parameters that are the same for all samples."""
        for law in self.once:
            law.look(values)

    def checked(self, found: list[Any], values: Sequence[Any], grid: bool = False) -> list[Any]:
        """Return the outputs that a block returned; raise if a law has bad parameters there.

        The points of a grid are no samples: one may lie at an end that no sample gets to.
        """
        if not self.sampled:
            return found
        count = len(found) - len(self.sampled)
        if not grid:
            arrays = zip(self.sampled, found[count:], strict=True)
            known = {**dict(enumerate(values)), **dict(arrays)}
            for law in self.in_blocks:
                law.look(known)
        return found[:count]


def opened_laws(made: Iterable[Data], writer: Writer) -> list[Opened]:
    """Return the laws to look at, among those whose parameters were all written."""
    found = []
    for data in made:
        law = data._op.noise_of if isinstance(data._op, StochasticNode) else None
        varying = [] if law is None else [x for x in law.inputs if not x._literal]
        if law is not None and writer.slots.keys() >= {*varying}:
            slots = tuple(writer.slot(x) for x in law.inputs)
            pads = pads_of(law, [slot in writer.sampled for slot in slots])
            free = frozenset(map(writer.slot, varying))
            found.append(Opened(data.name or data._op.name, law.plain(), slots, pads, free))
    return found
