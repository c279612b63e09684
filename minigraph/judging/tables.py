"""Tables in plain text, and in HTML for a notebook."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..values import show

Rows = Sequence[Sequence[str]]


def number(x: Any, digits: int = 5) -> str:
    """Return a number in a few digits, or an array in short."""
    if np.ndim(x):
        return show(np.asarray(x)) if np.size(x) > 4 else np.array2string(x, precision=digits - 1)
    return f"{float(x):.{digits}g}"


def with_error(x: Any, error: Any, digits: int = 5) -> str:
    """Return a number, and its standard error if it has one."""
    return f"{number(x, digits)} ± {number(error, 2)}" if np.any(error) else number(x, digits)


def text_table(rows: Rows) -> str:
    """Return rows, of which the first is the head, in aligned columns."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: an accent takes none of its own."""
    return sum(not unicodedata.combining(c) for c in text)


def html_table(rows: Rows, caption: str) -> str:
    """Return the same as an HTML table."""
    head, *body = [[html.escape(cell) for cell in row] for row in rows]
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body]
    first = "<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"
    return f"<table><caption>{html.escape(caption)}</caption>{first}{''.join(lines)}</table>"
