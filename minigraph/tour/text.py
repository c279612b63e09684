"""How the tour writes: headings, tables, quoted errors, a progress bar."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import MissingExtraError

WIDTH = 100


def heading(title: str) -> None:
    """Print the title of a chapter."""
    print(f"\n{title}\n{'-' * len(title)}")


def table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns: the first one to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [x.rjust(width) for x, width in zip(others, widths[1:], strict=True)]
        print("   " + "   ".join([first.ljust(widths[0]), *cells]).rstrip())


def quote(text: str) -> None:
    """Print a long text as a quotation."""
    bar = "   | "
    print(textwrap.fill(text, WIDTH, initial_indent=bar, subsequent_indent=bar))


def bar(things: Iterable[Any], title: str, progress: bool) -> Iterable[Any]:
    """Return `things`, with a progress bar if asked for."""
    return progress_bars().tqdm(things, desc=title, leave=False) if progress else things


def progress_bars() -> Any:
    """Return the module that draws progress bars."""
    try:
        import tqdm
    except ImportError:
        raise MissingExtraError(
            '--progress needs tqdm; install it with pip install "minigraph[progress]"'
        ) from None
    return tqdm
