"""Pictures as files: text formats always, the others where a renderer is found."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import graphviz

from ..errors import InputError, UsageError
from . import dot, mermaid, svg
from .page import to_html
from .picture import Picture
from .renderers import by_dot, by_pygraphviz, layout, missing
from .sketch import picture
from .tikz import to_tikz

DPI, DPI_CROWDED = 144, 72


def to_graphviz(y: Any, **options: Any) -> graphviz.Digraph:
    """Return the picture of the graph above `y` as an object of the ``graphviz`` package.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    **options
        Those of `Options`: gradients, values, shapes, plates, styles, ….

    Examples
    --------
    >>> import minigraph as mg
    >>> y = mg.exp(mg.Data(3.0, name="x"))
    >>> to_graphviz(y).source == mg.to_dot(y)
    True
    """
    return graphviz.Digraph(body=dot.body(picture(y, **options)))


def render(y: Any, path: str | os.PathLike[str], **options: Any) -> Path:
    """Write the picture of the graph above `y` to a file, in the format of its suffix.

    SVG, PNG and PDF are drawn by Graphviz's ``dot`` if it is installed, else by the package
    pygraphviz; SVG, and what is made from it (HTML, TikZ), also by the optional extra
    ``minigraph[svg]``. The file is written whole or not at all.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    path : path
        Taken literally. It ends in .svg, .png, .pdf, .dot, .gv, .mmd, .html or .tex.
    **options
        Those of `Options`: gradients, values, shapes, plates, styles, ….

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the suffix is none of these.
    MissingExtraError
        If there is nothing to draw this format with; the message says what to install.

    Examples
    --------
    >>> import tempfile
    >>> import minigraph as mg
    >>> y = mg.exp(mg.Data(3.0, name="x"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     render(y, folder + "/picture.dot").name
    'picture.dot'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(f'render: the path is {path!r}; write a name as "picture.svg"')
    file = Path(path)
    write = WRITERS.get(file.suffix.lower())
    if write is None:
        raise InputError(
            f"render: {str(file)!r} has suffix {file.suffix!r}, which is no format of a picture; "
            f"write a name and one of {', '.join(WRITERS)}"
        )
    drawn = write(y, **options)
    write_whole(file, drawn.encode() if isinstance(drawn, str) else drawn)
    return file


def to_svg(drawn: Picture) -> str:
    """Return a description drawn as SVG, by the first renderer there is."""
    return svg.finished(layout(drawn), drawn)


def by_graphviz(drawn: Picture, form: str) -> bytes:
    """Return a description drawn in a format that needs a whole Graphviz."""
    source = dot.source(drawn, placing=True)
    dpi = DPI if dot.work_of(drawn) <= dot.CROWDED else DPI_CROWDED
    flags = [f"-Gdpi={dpi}"] * (form == "png")
    drawing = by_dot(source, form, *flags) or by_pygraphviz(source, form, *flags)
    if drawing is None:
        raise missing(form.upper(), "or choose .svg, with pip install 'minigraph[svg]'")
    return drawing


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is there whole or, if anything fails, as it was before; its mode stays."""
    target = Path(os.path.realpath(file))  # a link stays a link
    unfinished = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        unfinished.write_bytes(content)
        if target.exists():
            shutil.copymode(target, unfinished)
        os.replace(unfinished, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None
    finally:
        unfinished.unlink(missing_ok=True)


WRITERS: Mapping[str, Callable[..., str | bytes]] = {
    ".svg": lambda y, **options: to_svg(picture(y, **options)),
    ".png": lambda y, **options: by_graphviz(picture(y, **options), "png"),
    ".pdf": lambda y, **options: by_graphviz(picture(y, **options), "pdf"),
    ".dot": dot.to_dot,
    ".gv": dot.to_dot,
    ".mmd": mermaid.to_mermaid,
    ".html": to_html,
    ".tex": to_tikz,
}
