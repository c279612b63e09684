"""DOT, the language of Graphviz."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .picture import GONE, NEW, Arrow, Box, Cluster, Picture, nested
from .sketch import picture
from .styles import restyled

INK, PAPER, GREY = "#202020", "#ffffff", "#808080"
GRADIENT, STOPPED, ADDED = "#1f5fa8", "#b3261e", "#1b7837"
# Of `work_of`: above CROWDED, words stand at the ends of arrows and need no levels of their own;
# above PATIENCE / 16, dot straightens less.
CROWDED, PATIENCE = 100_000, 4_000_000
FONT = {"fontname": "Helvetica,Arial,DejaVu Sans,sans-serif", "fontsize": "12"}
SHAPES: Mapping[str, Mapping[str, str]] = {
    "data": {"shape": "diamond"},
    "parameter": {"shape": "diamond", "penwidth": "2.5"},
    "constant": {"shape": "diamond", "style": "dotted"},
    "cost": {"shape": "diamond", "peripheries": "2"},
    "output": {"shape": "diamond", "peripheries": "2"},
    "stochastic": {"shape": "box", "style": "rounded,filled", "fillcolor": "#e8e8e8"},
    "noise": {"shape": "box", "style": "rounded,dotted"},
    "deterministic": {"shape": "box"},
    "log-probability": {"shape": "box", "penwidth": "2.5"},
    "surrogate": {"shape": "box", "peripheries": "2"},
    "biased": {"shape": "parallelogram"},
    "stop": {"shape": "hexagon"},
    "black box": {"shape": "box", "style": "filled", "fillcolor": INK, "fontcolor": PAPER},
    "more": {"shape": "plaintext"},
}
GRADIENTS: Mapping[str, str] = {
    "style": "dashed", "color": GRADIENT, "fontcolor": GRADIENT, "constraint": "false",
}  # fmt: skip
BLOCKED: Mapping[str, str] = {
    **GRADIENTS, "color": STOPPED, "fontcolor": STOPPED, "arrowhead": "tee",
}  # fmt: skip
ARROWS: Mapping[str, Mapping[str, str]] = {
    "arrow": {}, "gradient": GRADIENTS, "blocked": BLOCKED,
}  # fmt: skip
OPPOSITE: Mapping[str, str] = {"head": "tail", "tail": "head", "forward": "back", "back": "forward"}
MARKS: Mapping[str, Mapping[str, str]] = {
    "": {}, GONE: {"color": STOPPED, "penwidth": "3"}, NEW: {"color": ADDED, "penwidth": "3"},
}  # fmt: skip


def to_dot(y: Any, **options: Any) -> str:
    r"""Return the picture of the graph above `y` in DOT, the language of Graphviz.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    **options
        Those of `Options`: gradients, values, shapes, plates, styles, ….

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(3.0, name="x")
    >>> for line in to_dot(mg.exp(x)).splitlines()[4:8]:
    ...     print(line.strip())
    n0 [label="x", shape="diamond", penwidth="2.5"]
    n1 [label="exp", shape="box"]
    n2 [label="", shape="diamond", peripheries="2", width="0.25", height="0.25", fixedsize="true"]
    n0 -> n1
    """
    return source(picture(y, **options))


def source(drawn: Picture, placing: bool = False) -> str:
    """Return a description as DOT; for `placing`, as Graphviz draws it best.

    There its parts have ids, n0, …, e0, …. And a dashed arrow that has a word or is drawn across
    frames is turned: written the way of its data, with its head where it starts. ``dot`` takes no
    account of arrows against its order of boxes when it looks for few crossings: the blocked arrows
    of many draws from one parameter would run around the picture, and across words.
    """
    return "".join(["digraph {\n", *body(drawn, placing), "}\n"])


def body(drawn: Picture, placing: bool = False) -> list[str]:
    """Return the lines between the braces."""
    work = work_of(drawn)
    patience = str(min(max(PATIENCE // (work + 1), 1), 16))  # 20 s become 1 s
    graph = {"rankdir": drawn.direction, "bgcolor": PAPER, **FONT}
    graph |= {"nslimit": patience, "nslimit1": patience}
    node = {"color": INK, "fontcolor": INK, "margin": "0.1,0.05", **FONT}
    edge = {"color": INK, **FONT, "fontsize": "10"}
    if work > CROWDED:
        edge |= {"labelangle": "-60", "labeldistance": "3.2"}
    hooks = {
        kind: {name: escaped(value) for name, value in look.items()}  # so that none ends early
        for kind, look in drawn.styles.items()
    }
    write = Dot(hooks, placing, "taillabel" if work > CROWDED else "label")
    lines = [
        f"\tgraph {attributes(graph)}",
        f"\tnode {attributes(node)}",
        f"\tedge {attributes(edge)}",
        *nested(drawn, write.box, write.cluster, "\t"),
        *[f"\t{write.arrow(arrow, i, drawn.turns(arrow))}" for i, arrow in enumerate(drawn.arrows)],
    ]
    return [f"{line}\n" for line in lines]


def work_of(drawn: Picture) -> int:
    """Return what takes ``dot`` its time: boxes × levels of boxes that all full arrows pass.

    A box is below all that it needs, an input just above the first box that needs it.
    """
    arrows = [arrow for arrow in drawn.arrows if not arrow.gradient]
    level = {box.id: 0 for box in drawn.boxes}
    for arrow in arrows:  # in the order they ran
        level[arrow.head] = max(level[arrow.head], level[arrow.tail] + 1)
    first: dict[str, int] = {}
    for arrow in arrows:
        first[arrow.tail] = min(first.get(arrow.tail, level[arrow.head]), level[arrow.head])
    inputs = first.keys() - {arrow.head for arrow in arrows}
    level |= {box: first[box] - 1 for box in inputs}
    return len(drawn.boxes) * sum(level[arrow.head] - level[arrow.tail] for arrow in arrows)


class Dot:
    """How each thing is written.

    `hooks` are the attributes that the user wants, `words` is that of the words at an arrow.
    """

    def __init__(self, hooks: Mapping[str, Mapping[str, str]], placing: bool, words: str) -> None:
        self.hooks = hooks
        self.placing = placing
        self.words = words

    def hooked(self, look: Mapping[str, str], kind: str, mark: str) -> dict[str, str]:
        """Return the attributes of a kind, those of a mark and those of the user over them."""
        look = restyled({**look, **MARKS[mark]}, self.hooks.get(kind, {}))
        return restyled(look, self.hooks.get(mark, {}))

    def box(self, box: Box) -> str:
        """Return the line of one box; a data that has nothing to say is small."""
        look = dict(SHAPES[box.kind])
        if not box.lines and look["shape"] == "diamond":
            look.update(width="0.25", height="0.25", fixedsize="true")
        # Plain lines, no markup with a small second line: not every Graphviz is built with markup.
        look = {"label": "\\n".join(map(escaped, box.lines)), **look}
        look = self.hooked(look, box.kind, box.mark)
        return f"{box.id} {attributes({**look, 'id': box.id} if self.placing else look)}"

    def arrow(self, arrow: Arrow, number: int, turns: bool) -> str:
        """Return the line of one arrow."""
        look = dict(ARROWS[arrow.kind])
        if arrow.words:
            look[self.words] = f" {' '.join(arrow.words)}".replace("blocked", "× blocked")
        look = self.hooked(look, arrow.kind, arrow.mark)
        ends = [arrow.tail, arrow.head]
        if self.placing:
            look["id"] = f"e{number}"
            if turns:
                look, ends = turned(look), ends[::-1]
        return " -> ".join(ends) + (f" {attributes(look)}" if look else "")

    def cluster(self, cluster: Cluster) -> tuple[str, str]:
        """Return the first and the last line of a frame."""
        look = {"label": escaped(cluster.name), "labeljust": "l", "style": "rounded", "color": GREY}
        look = restyled(look, self.hooks.get("box", {}))
        opening = " ".join(f'{key}="{value}";' for key, value in look.items())
        return f"subgraph cluster_{cluster.id} {{ {opening}", "}"


def turned(look: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that draw an arrow from its head to its tail as it was."""
    new = {re.sub("head|tail", lambda end: OPPOSITE[end[0]], name): x for name, x in look.items()}
    new.pop("constraint", None)
    new["weight"] = "0"  # the arrows of the data are straight
    if "label" in new:
        new["label"] += "  "  # or the next arrow touches it
    way = look.get("dir", "forward")
    return {**new, "dir": OPPOSITE.get(way, way)}


def attributes(look: Mapping[str, str]) -> str:
    """Return an attribute list. The values are ours; texts of others go through `escaped`."""
    return "[" + ", ".join(f'{key}="{value}"' for key, value in look.items()) + "]"


def escaped(text: str) -> str:
    r"""Return text that shows as it is within double quotes: no escape, no entity, no quote.

    DOT would read ``\N`` as the name of the node and ``&lt;`` as ``<``.
    """
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
