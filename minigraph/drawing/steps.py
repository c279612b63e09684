"""What happens in a picture, one step at a time: values flow forward, then gradients back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..data import Data
from ..nodes import StochasticNode
from .kinds import names, unit_lines
from .labels import brief, shown
from .playback import Values, cotangents, is_narrow
from .sketch import Sketch
from .units import Unit, made_by

FORWARD, BACKWARD, STOPPED = "forward", "backward", "stopped"
VALUE, GRADIENT = "value", "gradient"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    phase : str
        "forward", "backward" or "stopped".
    boxes : tuple of str
        Those that it is about.
    arrows : tuple of tuple of int
        Along which arrows something flows; one group after the other.
    words : str
        What happens, in a sentence.
    texts : tuple of (str, str, str)
        What appears: the box, "value" or "gradient", the text.
    """

    phase: str
    boxes: tuple[str, ...]
    arrows: tuple[tuple[int, ...], ...]
    words: str
    texts: tuple[tuple[str, str, str], ...] = ()


class Story:
    """The steps of a graph, for one sample."""

    def __init__(self, sketch: Sketch, values: Values) -> None:
        self.sketch = sketch
        self.values = values
        self.numbers: dict[tuple[str, str, bool], list[int]] = {}
        for number, arrow in enumerate(sketch.drawn.arrows):
            key = arrow.tail, arrow.head, arrow.gradient
            self.numbers.setdefault(key, []).append(number)
        self.total: dict[Data, Any] = {}
        self.sums: dict[Data, Any] = {}
        self.stops: list[str] = []

    def steps(self) -> list[Step]:
        """Return all steps."""
        blocks = [
            (box, list(units))
            for box, units in itertools.groupby(self.sketch.units, self.sketch.ids.__getitem__)
        ]
        found = [self.inputs(), *[self.run(box, units) for box, units in blocks]]
        if self.sketch.back is not None and is_narrow(self.sketch.graph):
            back = self.sketch.back
            self.total, sent, self.sums = cotangents(self.sketch.graph, back, self.values)
            found.append(self.start())
            for box, units in reversed(blocks):
                found += self.send(box, units, sent)
            found.append(self.end())
        return found

    def text(self, data: Data, what: str) -> list[tuple[str, str, str]]:
        """Return what appears in the box of a data, if it has one of its own."""
        box = self.sketch.ids.get(data)
        labelled = what == VALUE and data.constant and not data.name  # the value is its label
        if box is None or box == self.sketch.more or labelled:
            return []
        said = brief(self.values[data]) if what == VALUE else f"grad {brief(self.total[data])}"
        return [(box, what, said)]

    def arrows(self, end: int, box: str, gradient: bool) -> tuple[int, ...]:
        """Return the arrows that leave (`end` 0) or enter (1) a box."""
        keys = [key for key in self.numbers if key[end] == box and key[2] is gradient]
        return tuple(number for key in keys for number in self.numbers[key])

    def inputs(self) -> Step:
        """Return the first step: the values of the inputs are there."""
        texts = [
            text
            for data in self.sketch.graph.data
            if data._node is None
            for text in self.text(data, VALUE)
        ]
        boxes = tuple(box for box, _, _ in texts)
        return Step(FORWARD, boxes, (), "Forward: the inputs have their values.", tuple(texts))

    def run(self, box: str, units: list[Unit]) -> Step:
        """Return the step in which a function runs."""
        made = [data for unit in units for data in unit.outputs]
        texts = [text for data in made for text in self.text(data, VALUE)]
        results = ", ".join(self.named(data, self.values[data]) for data in made)
        does = "draws" if isinstance(units[-1].node, StochasticNode) else "computes"
        words = f"{said(units)} {does} {results}."
        if box == self.sketch.more:
            words = "What is left out of the picture runs."
        lit = box, *(shows for shows, _, _ in texts)
        flow = self.arrows(1, box, False), self.arrows(0, box, False)
        return Step(FORWARD, lit, flow, words, tuple(texts))

    def named(self, data: Data, value: Any) -> str:
        """Return ``Y = 5.6``, or the value alone."""
        return f"{shown(data.name)} = {brief(value)}" if data.name else brief(value)

    def start(self) -> Step:
        """Return the step in which the gradient of the outputs starts."""
        texts = [text for data in self.total for text in self.text(data, GRADIENT)]
        names = ", ".join(shown(data.name) for data in self.total if data.name) or "the result"
        words = f"Backward: the slope of {names} with respect to itself is 1."
        if not self.total:
            words = "Backward: a result that is no float has no gradient."
        return Step(BACKWARD, tuple(box for box, _, _ in texts), (), words, tuple(texts))

    def send(self, box: str, units: list[Unit], sent: dict[Any, Any]) -> Iterator[Step]:
        """Yield the steps in which a function sends gradients back to its inputs, or refuses to."""
        back: Any = self.sketch.back
        stops = back.stops(made_by(units))
        if stops:
            yield self.refuse(box, stops)
        into = self.arrows(1, box, True)
        hidden = 0
        for unit in units:
            who = "What is left out" if box == self.sketch.more else said([unit])
            for x, arrows, places in self.ways(box, unit):
                parts = [sent[place] for place in places if place in sent]
                if parts and self.sketch.ids[x] != box:
                    step = self.add(box, who, x, sum(parts[1:], parts[0]), (into, arrows))
                    hidden += self.sketch.ids[x] == self.sketch.more
                    if self.sketch.ids[x] != self.sketch.more or hidden == 1:
                        yield step

    def ways(
        self, box: str, unit: Unit
    ) -> Iterator[tuple[Data, tuple[int, ...], list[tuple[Data, int]]]]:
        """Yield each way back: the data, the arrows to it, and the places that read it.

        An argument that is passed twice has two arrows, and the gradient comes back twice. One
        that is passed many times has one arrow, and comes back as a sum.
        """
        places_of: dict[Data, list[list[tuple[Data, int]]]] = {}
        for x, places in unit.inputs:
            places_of.setdefault(x, []).append(places)
        for x, several in places_of.items():
            numbers = self.numbers.get((box, self.sketch.ids[x], True), [])
            if len(numbers) == len(several):
                for number, places in zip(numbers, several, strict=True):
                    yield x, (number,), places
            elif numbers:
                yield x, tuple(numbers), [place for places in several for place in places]

    def add(self, box: str, who: str, x: Data, c: Any, flow: tuple[tuple[int, ...], ...]) -> Step:
        """Return the step in which the gradient `c` is added to what `x` has already."""
        before = self.total.get(x)
        self.total[x] = total = c if before is None else before + c
        words = f"{who} sends {brief(c)} back to {shown(x.name or 'its input')}"
        if self.sketch.ids[x] == self.sketch.more:
            words = f"{who} sends gradients back to what is left out of the picture"
        elif before is not None:
            words += f", where gradients add up: {brief(before)} + {brief(c)} = {brief(total)}"
        lit = (box, self.sketch.ids[x])
        return Step(BACKWARD, lit, flow, f"{words}.", tuple(self.text(x, GRADIENT)))

    def refuse(self, box: str, stops: list[Data]) -> Step:
        """Return the step in which a gradient is blocked."""
        at = names(stops)
        self.stops.append(at)
        random = isinstance(stops[-1]._node, StochasticNode)
        why = "is random: no gradient crosses a draw" if random else "is a black box: it has none"
        words = f"Blocked: {at} {why}."
        if box == self.sketch.more:
            words = f"Blocked at {at}, which is left out of the picture."
        out = self.arrows(0, box, True)
        blocked = tuple(number for number in out if self.sketch.drawn.arrows[number].blocked)
        return Step(STOPPED, (box,), (self.arrows(1, box, True), blocked), words)

    def end(self) -> Step:
        """Return the last step: what the inputs have got."""
        back: Any = self.sketch.back
        ends = [x for x in back.ends if x in self.sums and x in self.sketch.ids]
        found = [f"of {shown(x.name or 'an input')} is {brief(self.sums[x])}" for x in ends]
        words = f"The gradient {', '.join(found)}." if found else "No input gets a gradient."
        if self.stops:
            words += f" It is blocked at {', '.join(self.stops)}"
            words += ": this is not all of it." if found else "."
        lit = tuple(self.sketch.ids[x] for x in ends)
        return Step(STOPPED if self.stops else BACKWARD, lit, (), words)


def said(units: list[Unit]) -> str:
    """Return what a sentence calls a function."""
    return unit_lines(units[-1])[0]
