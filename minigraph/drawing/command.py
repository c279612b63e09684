"""``python -m minigraph draw FILE.py:NAME -o picture.svg``: a graph of a file, drawn."""

from __future__ import annotations

import argparse
import inspect
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..data import Data
from ..errors import InputError, UnknownNameError, UsageError
from ..graph import Graph
from .picture import DIRECTIONS, Picture
from .render import render


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    add = parser.add_argument
    # fmt: off
    add("target", metavar="FILE.py:NAME", help="a Data, a Graph, or a function that returns one")
    add("-o", "--out", default="picture.svg", metavar="PATH",
        help="the file to write; its suffix is the format (default: %(default)s)")
    add("--no-gradients", dest="gradients", action="store_false", help="no dashed arrows")
    add("--values", action="store_true", help="write the values")
    add("--shapes", action="store_true", help="write the shapes of arrays")
    add("--dtypes", action="store_true", help="write the dtypes")
    add("--statistics", action="store_true", help="write what the numbers of arrays are like")
    add("--slopes", action="store_true", help="write the slope of the output in everything")
    add("--expand", action="store_true", help="open the boxes of mg.function")
    add("--wrt", action="append", metavar="NAME", help="gradients towards this only (repeatable)")
    add("--direction", choices=DIRECTIONS, default="TB", help="which way the data flows")
    add("--limit", type=int, default=80, metavar="N", help="how many functions and inputs to draw")
    add("--plates", nargs="?", const=True, default=False, metavar="N",
        help="frames around what has one array shape; with a count or a letter, of the samples")
    # fmt: on
    return parser.parse_args(arguments)


def draw(options: argparse.Namespace) -> Path:
    """Draw what the options say and return the file; a finished picture takes none but `out`."""
    usual = vars(parsed(argparse.ArgumentParser(), [options.target, "-o", options.out]))
    looks = {name: x for name, x in vars(options).items() if x != usual[name]}
    return render(found(options.target), options.out, **looks)


def found(target: str) -> Any:
    """Return the graph that ``FILE.py:NAME`` names, running the file (not as ``__main__``)."""
    file, _, name = target.rpartition(":")
    path = Path(file)
    if Path(target).is_file():
        raise InputError(f"draw {target!r}: which name in it is missing; write {target}:NAME")
    if not path.is_file():
        raise InputError(f"draw {target!r}: there is no file {file!r}; write FILE.py:NAME")
    sys.path.insert(0, str(path.parent.resolve()))  # as if Python ran it: it may import neighbours
    try:
        names = runpy.run_path(str(path), run_name=RUN)
        if name not in names:
            there = ", ".join(n for n, x in names.items() if drawable(x)) or "nothing"
            raise UnknownNameError(
                f"draw {target!r}: {file} has no {name!r}; what it has to be drawn is: {there}"
            )
        thing = names[name]
        if callable(thing) and not isinstance(thing, KINDS):
            refuse_needy(target, thing)
            thing = thing()
    finally:
        sys.path.pop(0)
    if callable(thing) or not drawable(thing):
        raise UsageError(
            f"draw {target!r}: {name}: got {type(thing).__name__}; "
            "name a Data, a Graph, or a function that returns one"
        )
    return thing


def drawable(thing: Any) -> bool:
    """Return whether something of a file is a graph, a list of Data, or its own function."""
    if inspect.isfunction(thing):
        return thing.__module__ == RUN and not inspect.signature(thing).parameters
    parts = thing if isinstance(thing, (list, tuple)) else [thing]
    return bool(parts) and all(isinstance(part, KINDS) for part in parts)


def refuse_needy(target: str, function: Callable[..., Any]) -> None:
    """Raise if a function cannot be called without arguments."""
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise UsageError(
            f"draw {target!r}: {error}; name a function that needs no argument"
        ) from None


KINDS = (Data, Graph, Picture)
RUN = "<run_path>"  # what a file that is run so calls itself
