"""Mermaid, the language of diagrams that GitHub and many notebooks draw by themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .picture import GONE, KINDS, LIMIT, NEW, Arrow, Box, Cluster, Picture, nested
from .sketch import picture
from .styles import css

MOST = 500  # arrows
SHAPES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("data", "parameter", "constant", "cost", "output"), ("{", "}")),
    **dict.fromkeys(("stochastic", "noise"), ("(", ")")),
    **dict.fromkeys(("deterministic", "log-probability", "black box", "more"), ("[", "]")),
    "surrogate": ("[[", "]]"), "biased": ("[/", "/]"), "stop": ("{{", "}}"),
}  # fmt: skip
LIGHT = "fill:#ffffff,color:#202020,stroke:#808080"  # said in full: the theme may be dark
LOOKS: Mapping[str, str] = {
    "parameter": f"{LIGHT},stroke-width:3px",
    "constant": f"{LIGHT},stroke-width:2px,stroke-dasharray:3 3",
    "cost": f"{LIGHT},stroke-width:5px",
    "output": f"{LIGHT},stroke-width:5px",
    "log-probability": f"{LIGHT},stroke-width:3px",
    "stochastic": "fill:#e8e8e8,color:#202020,stroke:#808080",
    "noise": f"{LIGHT},stroke-width:2px,stroke-dasharray:3 3",
    "black box": "fill:#202020,color:#ffffff,stroke:#808080",
}
MARKS: Mapping[str, str] = {
    GONE: "stroke:#d0443b,stroke-width:4px", NEW: "stroke:#2c9c4a,stroke-width:4px",
}  # fmt: skip
ARROWS: Mapping[str, str] = {
    "arrow": "", "gradient": "stroke:#3b82c4", "blocked": "stroke:#d0443b",
}  # fmt: skip


def to_mermaid(y: Any, **options: Any) -> str:
    """Return the picture of the graph above `y` in Mermaid.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    **options
        Those of `Options`: gradients, values, shapes, plates, styles, …. Without `limit`, more of
        the middle of a graph is left out until Mermaid draws all arrows.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(3.0, name="x")
    >>> print(to_mermaid(mg.exp(x)))  # doctest: +ELLIPSIS
    graph TB
        n0{"x"}
        n1["exp"]
        n2{" "}
        n0 --> n1
        n1 --> n2
        n2 -.-> n1
        n1 -.-> n0
    ...
    """
    return source(drawable(y, options))


def drawable(y: Any, options: Mapping[str, Any]) -> Picture:
    """Return the description of `y`, of which so much is left out as Mermaid needs.

    It draws no picture of more arrows, which GitHub lets no text change; 12 inputs that are read 30
    times and their gradients have 966.
    """
    drawn, limit = picture(y, **options), LIMIT
    fixed = isinstance(y, Picture) or "limit" in options
    while len(drawn.arrows) > MOST and limit > 2 and not fixed:
        limit = max(2, limit * MOST // len(drawn.arrows))
        drawn = picture(y, **options, limit=limit)
    return drawn


def source(drawn: Picture) -> str:
    """Return a description as Mermaid.

    Mermaid breaks circles where it meets them, walking from the first box on: parameters come
    first, or a dashed arrow would pull them below the function that reads them. And it puts the
    last of several frames to the left.
    """
    inputs_first = tuple(sorted(drawn.boxes, key=lambda box: box.kind != "parameter"))
    ordered = replace(drawn, boxes=inputs_first, clusters=drawn.clusters[::-1])
    lines = [
        f"graph {drawn.direction}",
        *nested(ordered, box_text, lambda c: cluster_text(c, drawn.direction), TAB),
        *[TAB + arrow_text(arrow) for arrow in drawn.arrows],
        *[TAB + line for line in styles(drawn)],
    ]
    return "\n".join([*lines, ""])


TAB = "    "


def box_text(box: Box) -> str:
    """Return the line of one box."""
    opening, closing = SHAPES[box.kind]
    return f'{box.id}{opening}"{"<br/>".join(map(escaped, box.lines)) or " "}"{closing}'


def arrow_text(arrow: Arrow) -> str:
    """Return the line of one arrow; a blocked one ends in a cross and says so."""
    words = arrow.words
    said = f'"{escaped(" ".join(words))}"'
    if not arrow.gradient:
        line = f"-- {said} -->" if words else "-->"
    elif arrow.blocked:
        line = f"-. {said} .-x"
    else:
        line = f"-. {said} .->" if words else "-.->"
    return f"{arrow.tail} {line} {arrow.head}"


def cluster_text(cluster: Cluster, direction: str) -> tuple[str, str]:
    """Return the first lines and the last line of an open box.

    Without a direction of its own, one that is connected to nothing outside would be turned.
    """
    tab = TAB * 2
    return f'subgraph {cluster.id}["{escaped(cluster.name)}"]\n{tab}direction {direction}', "end"


def styles(drawn: Picture) -> list[str]:
    """Return the lines that say how each kind looks, for the kinds there are."""
    hooks = {kind: css(look) for kind, look in drawn.styles.items()}
    lines = [f"classDef default {LIGHT}"]
    for kind in (*KINDS, *MARKS):
        look = ",".join(filter(None, [{**LOOKS, **MARKS}.get(kind), hooks.get(kind)]))
        members = [box.id for box in drawn.boxes if kind in (box.kind, box.mark)]
        if members and look:
            name = kind.replace(" ", "_").replace("-", "_")
            lines += [f"classDef {name} {look}", f"class {','.join(members)} {name}"]
    for cluster in drawn.clusters:
        look = ",".join(filter(None, ["fill:none,stroke:#808080", hooks.get("box")]))
        lines.append(f"style {cluster.id} {look}")
    for kind, start in ARROWS.items():
        look = ",".join(filter(None, [start, hooks.get(kind)]))
        numbers = [str(i) for i, arrow in enumerate(drawn.arrows) if arrow.kind == kind]
        if numbers and look:
            lines.append(f"linkStyle {','.join(numbers)} {look}")
    return lines


def escaped(text: str) -> str:
    """Return text that shows as it is within a quoted label.

    Mermaid reads quotes, markup, entities, Markdown and directives in a label. What is neither a
    letter, a digit, within a word nor known to be harmless is written as its number.
    """
    return UNSAFE.sub(lambda found: f"#{ord(found[0])};", text)


LETTER = r"[^\W_]"
UNSAFE = re.compile(rf"[^\w ·…×(),=→.-]|(?<!{LETTER})[._-]|[._-](?!{LETTER})")
