"""How data and graphs show themselves in a notebook."""

from __future__ import annotations

from typing import Any

from ..data import Data
from ..errors import MinigraphError
from ..graph import Graph
from . import mermaid
from .picture import Picture
from .render import to_svg
from .sketch import picture

MERMAID = "text/vnd.mermaid"


def mimebundle(
    y: Data | Graph | Picture, include: Any = None, exclude: Any = None
) -> dict[str, str]:
    """Return `y` as text and as a picture: SVG if it can be drawn here, else Mermaid.

    This is what Jupyter, VS Code and marimo ask for; they choose what they can show, and of a Data
    that would be a picture without its value.
    """
    shown = {"values": True} if isinstance(y, Data) else {}
    text = {"text/plain": str(y) if isinstance(y, Graph) else repr(y)}
    if isinstance(y, Picture):
        text = {"text/plain": f"{y.title}. {y.description}"}
    try:
        return {"image/svg+xml": to_svg(picture(y, **shown)), **text}
    except MinigraphError:
        return {MERMAID: mermaid.to_mermaid(y, **shown), **text}


setattr(Picture, "_repr_mimebundle_", mimebundle)
