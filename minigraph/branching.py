"""What Python's own control flow looked at: an ``if`` on a sample is in no graph.

A draw that was looked at is marked. While a function is traced anew for each sample, the graph of
its result may not even hold that draw, so the trace keeps a list; see `averages/traces.py`.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterable, Iterator

from .data import Data
from .walk import drawn_above


class Looks:
    """What was looked at in one call of a function.

    Attributes
    ----------
    conditions : list of Data
        What an ``if``, a ``while`` or an index asked for, in order.
    settled : set
        The draws that a rewrite has made room for: it knew that they decide more than a graph says.
    """

    def __init__(self) -> None:
        self.conditions: list[Data] = []
        self.settled: set[object] = set()


_looks: contextvars.ContextVar[Looks | None] = contextvars.ContextVar("looks", default=None)


@contextlib.contextmanager
def traced() -> Iterator[Looks]:
    """Keep what is looked at within this block, in this thread or task."""
    looks = Looks()
    token = _looks.set(looks)
    try:
        yield looks
    finally:
        _looks.reset(token)


def tracing() -> bool:
    """Return whether a function is being traced, in this thread or task."""
    return _looks.get() is not None


def remember(condition: Data) -> None:
    """Note that Python looked at a single number."""
    for x in drawn_above([condition]):
        x._node.branched = True
    looks = _looks.get()
    if looks is not None:
        looks.conditions.append(condition)


def looked_at() -> list[Data]:
    """Return the draws that the function being traced looked at, in the order they ran."""
    looks = _looks.get()
    return drawn_above(looks.conditions) if looks is not None else []


def settle(draws: Iterable[Data]) -> None:
    """Note that a rewrite has made room for draws that were looked at."""
    looks = _looks.get()
    if looks is not None:
        looks.settled.update(x._node.draw for x in draws)
