"""The tour: ``python -m minigraph`` asks the question of minigraph, answers it and draws it."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .data import Data
from .drawing import command, render
from .errors import InputError, MinigraphError, MissingExtraError
from .estimators.reinforce import reinforce
from .estimators.reparameterize import reparameterize
from .tour import question, real_data
from .tour.plots import plot
from .tour.text import heading, progress_bars

TEXT_FORMATS = ".mmd", ".dot"


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"minigraph: {message}; see {self.prog} --help\n")


def whole(least: int, text: str) -> int:
    """Return a whole number from the command line."""
    try:
        number = float(text) if "e" in text.lower() else int(text)
    except ValueError:
        number = float("nan")
    if not least <= number < float("inf") or number != int(number):
        raise argparse.ArgumentTypeError(f"needs a whole number from {least} up, got {text!r}")
    return int(number)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = Parser(
        prog="python -m minigraph",
        allow_abbrev=False,
        description="A tour: how to differentiate an expectation, first in theory, then on the "
        "flights before Challenger. Prints what it finds and writes pictures.",
        epilog="python -m minigraph draw FILE.py:NAME -o picture.svg draws a graph of yours; "
        "see python -m minigraph draw --help",
    )
    number, count = functools.partial(whole, 0), functools.partial(whole, 2)
    add = parser.add_argument
    # fmt: off
    add("--out", default="minigraph-tour", metavar="DIR",
        help="where to write the pictures (default: %(default)s)")
    add("--samples", default=10**6, metavar="N", type=count,
        help="how many for the Monte Carlo averages (default: %(default)s)")
    add("--seed", default=0, metavar="S", type=number,
        help="the seed of all randomness (default: %(default)s)")
    add("--progress", action="store_true",
        help="show progress bars (needs the extra minigraph[progress])")
    # fmt: on
    return parser.parse_args(arguments)


def directory(name: str) -> Path:
    """Return a directory that can be written to, made if need be."""
    if not name:
        raise InputError("--out is empty; name a directory")
    out = Path(name)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            return out
    except OSError as error:
        why = "it is a file" if out.is_file() else error.strerror
        raise InputError(
            f"--out {name!r}: no pictures can be written there ({why}); choose another directory"
        ) from None


def draw(graphs: dict[str, Data], out: Path) -> None:
    """Draw every graph, in the text formats and as SVG where something can render it."""
    missing = None
    for name, y in graphs.items():
        files = [render(y, out / f"{name}{suffix}") for suffix in TEXT_FORMATS]
        try:
            files.insert(0, render(y, out / f"{name}.svg"))
        except MissingExtraError as error:
            missing = error
        print("   " + "  ".join(map(str, files)))
    if missing:
        print(f"   No .svg: {missing}")


def tour(out: Path, samples: int, seed: int, progress: bool) -> None:
    """Tell both chapters and draw them."""
    _, y = question.tell(samples, seed, progress)
    story = real_data.tell(seed, progress)
    heading("3. Pictures")
    draw(
        {
            "blocked": y,
            "reinforce": reinforce(y),
            "reparameterized": reparameterize(y),
            "flights": story.posterior.elbo,
        },
        out,
    )
    plots = plot(story, out)
    missing = 'No plots: they need matplotlib; install it with pip install "minigraph[plot]"'
    print("   " + ("  ".join(map(str, plots)) or missing))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tour, or draw a graph; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without θ shows a question mark
    words = list(sys.argv[1:] if arguments is None else arguments)
    drawing = words[:1] == ["draw"]
    parser = Parser(prog="python -m minigraph draw", description=command.__doc__)
    options = command.parsed(parser, words[1:]) if drawing else parsed(words)
    start = time.perf_counter()
    try:
        if drawing:
            print(command.draw(options))
            return 0
        if options.progress:
            progress_bars()  # refuse before the work, not after it
        tour(directory(options.out), options.samples, options.seed, options.progress)
        print(f"\nDone in {time.perf_counter() - start:.1f} seconds.", flush=True)
    except BrokenPipeError:  # whoever read us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("minigraph: interrupted", file=sys.stderr)
        return 130
    except (MinigraphError, OSError) as error:
        print(f"minigraph: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
