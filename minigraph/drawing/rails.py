"""A small graph drawn beside its listing: a column for every data that is still needed."""

from __future__ import annotations

from ..data import Data
from ..nodes import StochasticNode
from .units import Unit, outputs_of

MOST = 6  # columns
INPUT, DRAW, FUNCTION, READ, LIVE = "<>", "()", "[]", "o ", "| "


def rails(things: list[Unit | Data]) -> list[str]:
    """Return what to draw before each line, nothing if it would be wide.

    A line shows what it makes, ``<>``, ``()`` or ``[]``, and an ``o`` in the column of each data
    that it reads. Plain ASCII: a terminal or a file of any encoding shows it.
    """
    last = {x: row for row, thing in enumerate(things) for x in read_by(thing)}
    columns: list[Data | None] = []
    drawn = []
    for row, thing in enumerate(things):
        reads = {i for i, x in enumerate(columns) if x in read_by(thing)}
        makes = [place(columns, data, min(reads, default=-1)) for data in outputs_of(thing)]
        cells = ["  " if x is None else LIVE for x in columns]
        for i in reads:
            cells[i] = READ
        for i in makes:
            cells[i] = sign(thing)
        drawn.append(joined(cells, {*reads, *makes}))
        columns = [x if x is not None and last.get(x, row) > row else None for x in columns]
    width = max(len(line) for line in drawn)
    if width > 4 * MOST:
        return [""] * len(things)
    return [line.ljust(width) for line in drawn]


def read_by(thing: Unit | Data) -> set[Data]:
    """Return what a line reads."""
    return {x for x, _ in thing.inputs} if isinstance(thing, Unit) else set()


def sign(thing: Unit | Data) -> str:
    """Return the shape of what a line makes."""
    if isinstance(thing, Data):
        return INPUT
    is_draw = thing.group is None and isinstance(thing.node, StochasticNode)
    return DRAW if is_draw else FUNCTION


def place(columns: list[Data | None], data: Data, after: int) -> int:
    """Put `data` into a free column, if it can be one to the right of `after`; return which."""
    free = [i for i, x in enumerate(columns) if x is None]
    if len(columns) < MOST:
        free = [i for i in [*free, len(columns)] if i > after]
    i = free[0] if free else len(columns)
    columns[i : i + 1] = [data]
    return i


def joined(cells: list[str], ends: set[int]) -> str:
    """Return cells in one line, with a line from the first to the last that takes part."""
    first, last = min(ends), max(ends)
    text = ""
    for i, cell in enumerate(cells):
        text += cell.replace(" ", "-") if first < i < last else cell
        text += "--" if first <= i < last else "  "
    return text.replace("o -", "o--").replace("| -", "|--")
