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
