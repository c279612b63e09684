"""A progress bar and figures, where tqdm and matplotlib are installed."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def bar(steps: range) -> Iterable[int]:
    """Return the steps with a progress bar."""
    try:
        from tqdm import tqdm
    except ImportError:
        return steps
    return tqdm(steps, unit="step", leave=False)


def figure(columns: int, width: float = 4.0) -> tuple[Any, Sequence[Any]]:
    """Return an empty figure and its axes; None, and a word on what to install, without it."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print('no plot: pip install "minigraph[plot]"')
        return None, [None] * columns
    drawn = Figure(figsize=(width * columns, 3.8), layout="constrained")
    return drawn, drawn.subplots(1, columns, squeeze=False)[0]


def save(drawn: Any, path: Path) -> None:
    """Write a figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn.savefig(path, dpi=120)
    print("plot:", path)
