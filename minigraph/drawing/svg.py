"""SVG that can be read aloud, and put beside others on one page."""

from __future__ import annotations

import hashlib
import html
import re

from .picture import Picture


def finished(svg: str, drawn: Picture) -> str:
    """Return what Graphviz wrote, with a title and a description, and ids of this picture alone.

    Graphviz calls the first box of every picture node1; two pictures on one page would share it.
    """
    svg = svg[svg.index("<svg") :]
    prefix = prefix_of(drawn)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="(\w+)"', rf'<g id="{prefix}-\1"', svg)
    spoken = {box.id: " ".join([box.kind, *box.lines]) for box in drawn.boxes}
    spoken |= {f"cluster_{cluster.id}": cluster.name for cluster in drawn.clusters}

    def title(found: re.Match[str]) -> str:
        ends = [spoken.get(end, "") for end in html.unescape(found[1]).split("->")]
        return f"<title>{html.escape(' → '.join(ends))}</title>"

    svg = re.sub(r"<title>(.*?)</title>", title, svg, flags=re.DOTALL)
    svg = svg.replace(
        "<svg ", f'<svg role="img" aria-labelledby="{prefix}-title {prefix}-desc" ', 1
    )
    inside = svg.index(">") + 1
    words = (
        f'\n<title id="{prefix}-title">{html.escape(drawn.title)}</title>'
        f'\n<desc id="{prefix}-desc">{html.escape(drawn.description)}</desc>'
    )
    return svg[:inside] + words + svg[inside:]


def turned_back(svg: str, drawn: Picture) -> str:
    """Return what Graphviz wrote, with arrows that `dot.source` turned going from tail to head."""

    def part(found: re.Match[str]) -> str:
        arrow = drawn.arrows[int(found[1])]
        if not drawn.turns(arrow):
            return found[0]
        title = f"<title>{arrow.tail}&#45;&gt;{arrow.head}</title>"
        return re.sub(' d="([^"]*)"', path, re.sub("<title>.*?</title>", title, found[0]))

    def path(found: re.Match[str]) -> str:
        last, *others = reversed(re.findall(r"[-\d.]+,[-\d.]+", found[1]))
        return f' d="M{last}C{" ".join(others)}"'

    return re.sub(r'<g id="e(\d+)".*?</g>', part, svg, flags=re.DOTALL)


def prefix_of(drawn: Picture) -> str:
    """Return what the ids of this picture begin with."""
    return "mg" + hashlib.sha256(repr(drawn).encode()).hexdigest()[:8]
