"""DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .picture import Arrow, Box, Cluster, Picture, nested
from .sketch import picture

INK, PAPER, GREY, GRADIENT, STOPPED = "#202020", "#ffffff", "#808080", "#1f5fa8", "#b3261e"
FONT = {"fontname": "Helvetica,Arial,DejaVu Sans,sans-serif", "fontsize": "12"}
SHAPES: Mapping[str, Mapping[str, str]] = {
    "data": {"shape": "diamond"},
    "parameter": {"shape": "diamond", "penwidth": "2.5"},
    "constant": {"shape": "diamond", "style": "dotted"},
    "output": {"shape": "diamond", "peripheries": "2"},
    "stochastic": {"shape": "box", "style": "rounded,filled", "fillcolor": "#e8e8e8"},
    "noise": {"shape": "box", "style": "rounded,dotted"},
    "deterministic": {"shape": "box"},
    "surrogate": {"shape": "box", "peripheries": "2"},
    "stop": {"shape": "hexagon"},
    "black box": {"shape": "box", "style": "filled", "fillcolor": INK, "fontcolor": PAPER},
    "more": {"shape": "plaintext"},
}
GRADIENTS: Mapping[str, str] = {
    "style": "dashed", "color": GRADIENT, "fontcolor": GRADIENT, "constraint": "false",
}  # fmt: skip
BLOCKED: Mapping[str, str] = {
    **GRADIENTS, "color": STOPPED, "fontcolor": STOPPED, "arrowhead": "tee", "label": " × blocked",
}  # fmt: skip


def to_dot(y: Any, **options: Any) -> str:
    r"""Return the picture of the graph above `y` in DOT, the language of Graphviz.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    **options
        gradients, values, shapes, expand, wrt, direction, limit: see `Options`.

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


def source(drawn: Picture) -> str:
    """Return a description as DOT."""
    return "".join(["digraph {\n", *body(drawn), "}\n"])


def body(drawn: Picture) -> list[str]:
    """Return the lines between the braces."""
    patience = {"nslimit": "4", "nslimit1": "4"}  # half a minute becomes half a second
    graph = {"rankdir": drawn.direction, "bgcolor": PAPER, **FONT, **patience}
    node = {"color": INK, "fontcolor": INK, "margin": "0.1,0.05", **FONT}
    edge = {"color": INK, **FONT, "fontsize": "10"}
    lines = [
        f"\tgraph {attributes(graph)}",
        f"\tnode {attributes(node)}",
        f"\tedge {attributes(edge)}",
        *nested(drawn, box_text, cluster_text, "\t"),
        *[f"\t{arrow_text(arrow)}" for arrow in drawn.arrows],
    ]
    return [f"{line}\n" for line in lines]


def box_text(box: Box) -> str:
    """Return the line of one box; a data that has nothing to say is small."""
    look = dict(SHAPES[box.kind])
    if not box.lines and look["shape"] == "diamond":
        look.update(width="0.25", height="0.25", fixedsize="true")
    # Plain lines, not markup with a small second line: not every Graphviz is built with markup.
    look = {"label": "\\n".join(map(escaped, box.lines)), **look}
    return f"{box.id} {attributes(look)}"


def arrow_text(arrow: Arrow) -> str:
    """Return the line of one arrow."""
    look = dict(BLOCKED if arrow.blocked else GRADIENTS if arrow.gradient else {})
    if arrow.repeats > 1:
        look["label"] = f"{look.get('label', '')} ×{arrow.repeats}".strip()
    return f"{arrow.tail} -> {arrow.head}" + (f" {attributes(look)}" if look else "")


def cluster_text(cluster: Cluster) -> tuple[str, str]:
    """Return the first and the last line of an open box."""
    look = {"label": escaped(cluster.name), "labeljust": "l", "style": "rounded", "color": GREY}
    opening = " ".join(f'{key}="{value}";' for key, value in look.items())
    return f"subgraph cluster_{cluster.id} {{ {opening}", "}"


def attributes(look: Mapping[str, str]) -> str:
    """Return an attribute list. The values are ours; texts of others go through `escaped`."""
    return "[" + ", ".join(f'{key}="{value}"' for key, value in look.items()) + "]"


def escaped(text: str) -> str:
    r"""Return text that shows as it is within double quotes: no escape, no entity, no quote.

    DOT would read ``\N`` as the name of the node and ``&lt;`` as ``<``.
    """
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
