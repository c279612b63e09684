"""Style hooks: attributes for each kind of thing in a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError, UsageError
from .picture import GONE, KINDS, NEW

STYLED = (*KINDS, "arrow", "gradient", "blocked", "box", GONE, NEW)
CSS: Mapping[str, str] = {
    "fillcolor": "fill", "color": "stroke", "fontcolor": "color", "penwidth": "stroke-width",
}  # fmt: skip

TIKZ: Mapping[str, str] = {"fillcolor": "fill", "color": "draw", "fontcolor": "text"}
XCOLOR = (
    "black", "blue", "brown", "cyan", "darkgray", "gray", "green", "lightgray", "lime", "magenta",
    "olive", "orange", "pink", "purple", "red", "teal", "violet", "white", "yellow",
)  # fmt: skip


def styles_of(wanted: Any) -> Mapping[str, Mapping[str, str]]:
    """Return the attributes for each kind, checked."""
    if wanted is None:
        return {}
    if not isinstance(wanted, Mapping) or not all(isinstance(x, Mapping) for x in wanted.values()):
        raise UsageError(
            f"picture: styles is {wanted!r}; pass a dict of dicts, "
            '{"stochastic": {"fillcolor": "gold"}}'
        )
    for kind, look in wanted.items():
        if kind not in STYLED:
            raise InputError(f"picture: styles of {kind!r}; the kinds are {', '.join(STYLED)}")
        for name in look:
            if not re.fullmatch(r"[A-Za-z]+", str(name)):
                raise InputError(
                    f"picture: styles of {kind!r}: {name!r} is no name of an attribute; "
                    "see https://graphviz.org/doc/info/attrs.html"
                )
    return {kind: {str(name): str(x) for name, x in look.items()} for kind, look in wanted.items()}


def restyled(look: Mapping[str, str], hook: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of Graphviz with others over them; what has a colour is filled."""
    new = {**look, **hook}
    if "fillcolor" in hook and "style" not in hook and "filled" not in new.get("style", ""):
        new["style"] = ",".join(filter(None, [look.get("style"), "filled"]))
    return new


def css(hook: Mapping[str, str]) -> str:
    """Return the attributes that Mermaid knows, as it writes them."""
    return ",".join(
        f"{CSS[name]}:{value}" + ("px" if name == "penwidth" else "")
        for name, value in hook.items()
        if name in CSS and re.fullmatch(r"[\w#.%]+", value)
    )


def latex(kind: str, hook: Mapping[str, str]) -> str:
    """Return the attributes that TikZ knows, as it writes them.

    LaTeX knows a few colours by name, and mistakes any other for an error in the document.
    """
    said = []
    for name, value in hook.items():
        hexadecimal = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", value)
        if name == "penwidth" and re.fullmatch(r"[\d.]+", value):
            said.append(f"line width={value}pt")
        elif name in TIKZ:
            if hexadecimal:
                red, green, blue = (int(part, 16) for part in hexadecimal.groups())
                value = f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"
            elif value not in XCOLOR:
                raise InputError(
                    f"to_tikz: {name} of {kind!r} is {value!r}; LaTeX knows '#ffd700' and "
                    f"{', '.join(XCOLOR)}"
                )
            said.append(f"{TIKZ[name]}={value}")
    return ", ".join(said)
