"""A page that steps through a graph: one file of HTML that needs nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from ..errors import InputError, UsageError
from ..graph import Graph
from . import svg
from .picture import Picture, is_whole
from .playback import Values, fresh_values, values_now
from .renderers import layout
from .sketch import sketch
from .steps import Step, Story

LARGE = 20_000
Slots = dict[str, dict[str, list[str]]]  # box → what appears there → every text it ever shows


def to_html(y: Any, *, samples: int = 8, rng: Any = 0, **options: Any) -> str:
    """Return a page on which the graph above `y` runs, forward and backward, step by step.

    The values appear in the order they ran; then the gradients flow back along the dashed arrows
    and add up. Buttons and keys (← → space Home End) move through the steps, R shows a fresh
    sample. The page is one file that needs no network; a browser that is asked to reduce motion
    shows no moving dots.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    samples : int
        How many samples the page holds: the one that is there, and fresh ones, for which the graph
        is replayed. One, whatever this says, if nothing is random, if Python looked at a sample in
        an ``if``, or if more than 20,000 functions would have to be replayed each time.
    rng : None, int, SeedSequence or Generator
        Where the fresh samples come from; the same ones every time by default.
    **options
        Those of `Options`; values and slopes are always shown.

    Raises
    ------
    InputError
        If `samples` is no whole number from one up, or a fresh sample is not lawful.
    UsageError
        If `y` is a finished picture, such as a comparison: it has no steps. Or if an input was
        given another value after something was computed from it.
    MissingExtraError
        If there is nothing to draw SVG with.

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data(3.0, name="a")
    >>> "where gradients add up: 1.0 + 1.0 = 2.0" in to_html(a + a)
    True
    """
    if not is_whole(samples, 1):
        raise InputError(f"to_html: samples is {samples!r}; pass a whole number from 1 up")
    if isinstance(y, Picture):
        raise UsageError(
            f"to_html: {y.title!r} is a finished picture, which has no steps to play; "
            "pass its Data, or render the picture as .svg"
        )
    sketched = sketch(y, **{**options, "values": False, "slopes": False})
    stories = [Story(sketched, values).steps() for values in replays(sketched.graph, samples, rng)]
    slots = slots_of(stories)
    wide = with_room(sketched.drawn, slots)
    picture = svg.finished(layout(wide), sketched.drawn)
    text = files(__package__).joinpath("player.html").read_text(encoding="utf-8")
    return Template(text).substitute(
        title=html.escape(sketched.drawn.title),
        svg=picture,
        story=harmless(json.dumps(told(sketched.drawn, stories, slots))),
    )


def replays(graph: Graph, samples: int, rng: Any) -> list[Values]:
    """Return the values of now, and those of fresh samples."""
    draws = graph.stochastic
    alone = not draws or any(node.branched for node in draws) or len(graph.nodes) > LARGE
    # A child: with the seed of the sample that is there, the first fresh one would be the same.
    try:
        generator = np.random.default_rng(rng).spawn(1)[0]
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"to_html: rng is {rng!r}; pass None, an int seed, a SeedSequence or a numpy Generator "
            f"({error})"
        ) from error
    fresh = 0 if alone else samples - 1
    try:
        return [values_now(graph), *[fresh_values(graph, generator) for _ in range(fresh)]]
    except InputError as error:
        raise InputError(
            f"to_html: a fresh sample of the graph fails: {error}; pass samples=1 to show only "
            "the one that is there"
        ) from error


def slots_of(stories: Sequence[Sequence[Step]]) -> Slots:
    """Return every text that appears in each box."""
    slots: Slots = {}
    for story in stories:
        for step in story:
            for box, what, text in step.texts:
                slots.setdefault(box, {}).setdefault(what, []).append(text)
    return slots


def with_room(drawn: Picture, slots: Slots) -> Picture:
    """Return a picture whose boxes have room for the longest text that appears in them."""
    boxes = [
        replace(box, lines=(*box.lines, *[max(t, key=len) for t in slots.get(box.id, {}).values()]))
        for box in drawn.boxes
    ]
    return replace(drawn, boxes=tuple(boxes))


def told(drawn: Picture, stories: Sequence[Sequence[Step]], slots: Slots) -> dict[str, Any]:
    """Return what the page needs to know: the steps, and the texts of each sample."""
    return {
        "prefix": svg.prefix_of(drawn),
        "slots": {box: list(kinds) for box, kinds in slots.items()},
        "gradients": [i for i, arrow in enumerate(drawn.arrows) if arrow.gradient],
        "steps": [
            {"phase": step.phase, "boxes": step.boxes, "arrows": step.arrows} for step in stories[0]
        ],
        "samples": [
            [{"words": step.words, "texts": step.texts} for step in story] for story in stories
        ],
    }


def harmless(text: str) -> str:
    """Return JSON in which nothing can end or begin an element of HTML."""
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
