"""TikZ, the language of pictures in LaTeX, with boxes and arrows where Graphviz puts them."""

from __future__ import annotations

import math
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..errors import InputError
from .picture import Arrow, Box, Cluster, Picture
from .renderers import layout
from .sketch import picture
from .styles import latex

Point = tuple[float, float]
LONGEST = 16_000  # bp, about the largest dimension of TeX
SVG = "{http://www.w3.org/2000/svg}"

LIBRARIES = "shapes.geometric, shapes.symbols, arrows.meta"
STYLES: Mapping[str, str] = {
    "data": "draw, diamond",
    "parameter": "draw, diamond, very thick",
    "constant": "draw, diamond, dotted",
    "cost": "draw, diamond, double, double distance=1.5pt",
    "output": "draw, diamond, double, double distance=1.5pt",
    "stochastic": "draw, rounded corners=4pt, fill=black!10",
    "noise": "draw, rounded corners=4pt, dotted",
    "deterministic": "draw",
    "log-probability": "draw, very thick",
    "surrogate": "draw, double, double distance=1.5pt",
    "biased": "draw, trapezium, trapezium left angle=70, trapezium right angle=110",
    "stop": "draw, signal, signal to=east and west",
    "black box": "draw, fill=black, text=white",
    "more": "",
    "arrow": "-{Latex}",
    "gradient": "-{Latex}, dashed, blue!60!black",
    "blocked": "-{Bar}, dashed, red!70!black",
    "box": "draw=gray, rounded corners=6pt",
    "gone": "ultra thick, draw=red!70!black",
    "new": "ultra thick, draw=green!50!black",
}


def to_tikz(y: Any, **options: Any) -> str:
    r"""Return the picture of the graph above `y` as a ``tikzpicture`` to ``\input`` in LaTeX.

    It says in its first line what to load. Kinds are styles, ``mg parameter``, ``mg gradient``, …,
    so that ``\tikzset`` can restyle them. Greek letters become mathematics; other scripts need
    LuaLaTeX or XeLaTeX.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    **options
        Those of `Options`: gradients, values, shapes, plates, styles, ….

    Raises
    ------
    InputError
        If the picture is too long for LaTeX, or in a colour that it does not know.
    MissingExtraError
        If there is no Graphviz to find the positions with.

    Examples
    --------
    >>> import minigraph as mg
    >>> print(to_tikz(mg.Data(3.0, name="x")).splitlines()[0])
    % \usepackage{tikz} \usetikzlibrary{shapes.geometric, shapes.symbols, arrows.meta}
    """
    drawn = picture(y, **options)
    looks = {kind: ", ".join(filter(None, [look, latex(kind, drawn.styles.get(kind, {}))]))
             for kind, look in STYLES.items()}  # fmt: skip
    return "\n".join(
        [
            f"% \\usepackage{{tikz}} \\usetikzlibrary{{{LIBRARIES}}}",
            r"\begin{tikzpicture}[x=1bp, y=1bp, every node/.style={align=center, inner sep=0pt,",
            r"    font=\sffamily\footnotesize},",
            *[f"  mg {kind}/.prefix style={{{look}}}," for kind, look in looks.items()],
            "]",
            *parts(drawn),
            r"\end{tikzpicture}",
            "",
        ]
    )


def parts(drawn: Picture) -> Iterator[str]:
    """Yield a line for every frame, box and arrow, where Graphviz puts it in its usual shape."""
    root = ElementTree.fromstring(layout(replace(drawn, styles={})))
    longest = max(map(float, root.get("viewBox", "").split()))
    if longest > LONGEST:
        raise InputError(
            f"to_tikz: the picture is {longest:,.0f} bp long, and LaTeX counts to {LONGEST:,}; "
            "pass a smaller limit, or render it as .pdf"
        )
    # A frame is known by its title, the others by their ids.
    placed = {g.findtext("{*}title"): g for g in root.iter(f"{SVG}g")}
    placed |= {g.get("id"): g for g in root.iter(f"{SVG}g")}
    for cluster in drawn.clusters:
        yield frame(cluster, placed[f"cluster_{cluster.id}"])
    for box in drawn.boxes:
        yield node(box, placed[box.id])
    for number, arrow in enumerate(drawn.arrows):
        yield curve(arrow, placed[f"e{number}"])


def points(element: ElementTree.Element, *tags: str) -> list[Point]:
    """Return the points of what is drawn, y upwards."""
    found = []
    for part in element:
        if part.tag.removeprefix(SVG) in tags:
            numbers = re.findall(r"-?\d+(?:\.\d+)?", part.get("points") or part.get("d") or "")
            found += [(float(x), -float(y)) for x, y in zip(*[iter(numbers)] * 2, strict=True)]
    return found


def texts(element: ElementTree.Element) -> list[Point]:
    """Return where the texts stand."""
    return [(float(t.get("x", 0)), 4 - float(t.get("y", 0))) for t in element.findall(f"{SVG}text")]


def frame(cluster: Cluster, element: ElementTree.Element) -> str:
    """Return an open box."""
    (left, right), (low, high) = map(extent, zip(*points(element, "path", "polygon"), strict=True))
    return (
        rf"\draw[mg box] ({left:g},{low:g}) rectangle ({right:g},{high:g});"
        rf" \node[anchor=north west] at ({left + 6:g},{high - 5:g}) {{{escaped(cluster.name)}}};"
    )


def node(box: Box, element: ElementTree.Element) -> str:
    """Return a box."""
    corners = points(element, "path", "polygon", "polyline") or texts(element)
    (left, right), (low, high) = map(extent, zip(*corners, strict=True))
    size = f"minimum width={right - left:g}bp, minimum height={high - low:g}bp"
    label = r"\\".join(f"{{{escaped(line)}}}" for line in box.lines)
    place = at(((left + right) / 2, (low + high) / 2))
    return rf"\node[{styled(box.kind, box.mark)}, {size}] ({box.id}) at ({place}) {{{label}}};"


def curve(arrow: Arrow, element: ElementTree.Element) -> str:
    """Return an arrow; Graphviz's curve ends where the head begins, TikZ's at its tip."""
    start, *rest = points(element, "path")
    head = points(element, "polygon") or rest[-1:]
    tip = max(head, key=lambda point: math.dist(point, rest[-1]))
    if arrow.blocked:  # a bar has no tip
        tip = rest[-1]
    way = f"({at(start)})"
    for one, two, end in zip(*[iter(rest)] * 3, strict=True):
        way += f" .. controls ({at(one)}) and ({at(two)}) .. ({at(end)})"
    way += f" -- ({at(tip)})" if tip != rest[-1] else ""
    for place in texts(element)[:1]:
        way += rf" node[anchor=center] at ({at(place)}) {{{escaped(' '.join(arrow.words))}}}"
    return rf"\draw[{styled(arrow.kind, arrow.mark)}] {way};"


def styled(kind: str, mark: str) -> str:
    """Return the styles of a kind of thing, and of what is gone or new."""
    return f"mg {kind}, mg {mark}" if mark else f"mg {kind}"


def extent(numbers: tuple[float, ...]) -> tuple[float, float]:
    """Return the least and the greatest."""
    return min(numbers), max(numbers)


def at(point: Point) -> str:
    """Return coordinates."""
    return f"{point[0]:g},{point[1]:g}"


def escaped(text: str) -> str:
    """Return text that LaTeX shows as it is."""
    return "".join(SIGNS.get(c, c) for c in text)


def greek(letter: str) -> str:
    """Return the name of a letter in LaTeX, as Unicode tells it."""
    *_, size, _, name = unicodedata.name(letter).replace("LAMDA", "LAMBDA").split()
    return name.lower() if size == "SMALL" else name.capitalize()


GREEK = "αβγδζηθικλμνξπρστυχψωΓΔΘΛΞΠΣΦΨΩ"
MATHS: Mapping[str, str] = {
    "ε": "varepsilon", "ϵ": "epsilon", "φ": "varphi", "ϕ": "phi", "ϑ": "vartheta", "ς": "varsigma",
    "∂": "partial", "∞": "infty", "×": "times", "·": "cdot", "→": "to",
}  # fmt: skip
SIGNS: Mapping[str, str] = {
    **{sign: rf"\{sign}" for sign in "{}$&#_%"},
    **{sign: rf"\ensuremath{{{sign}}}" for sign in "<>|"},
    **{sign: rf"\char{ord(sign)}{{}}" for sign in "\"'`-"},  # no ligatures, no shorthands
    **{letter: rf"\ensuremath{{\{greek(letter)}}}" for letter in GREEK},
    **{sign: rf"\ensuremath{{\{word}}}" for sign, word in MATHS.items()},
    **{sign: rf"\textsubscript{{{n}}}" for n, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{sign: rf"\textsuperscript{{{n}}}" for n, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "…": r"\ldots{}", " ": r"\ ", "−": r"\ensuremath{-}",
}  # fmt: skip
