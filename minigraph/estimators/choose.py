"""Which draws a rewrite is about: named by name, by node, by sample, or all that block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..branching import looked_at
from ..data import Data
from ..errors import BlockedGradientError, InputError, UnknownNameError, UsageError
from ..nodes import StochasticNode
from ..paths import Flow, two_rewrites
from ..values import how_left, spelled
from ..walk import drawn_above, label

Handle = Any  # a name, a StochasticNode, its sample, or a list of these; None: all that block


def needs_data(call: str, y: Any) -> None:
    """Raise for what is no Data."""
    if not isinstance(y, Data):
        raise UsageError(f"{call}: got {type(y).__name__}, needs the Data to rewrite{how_left(y)}")


def choose(call: str, y: Data, nodes: Handle) -> list[Data]:
    """Return the samples, in the graph of `y`, that the handle `nodes` means, in run order."""
    return next(choose_each(call, y, [nodes]))


def choose_each(call: str, y: Data, handles: Iterable[Handle]) -> Iterator[list[Data]]:
    """Yield what `choose` returns for each of several handles."""
    needs_data(call, y)
    beside = _beside(y) if call in ("reinforce", "unblock") else []
    there = Draws(drawn_above([y]) + beside)
    for nodes in handles:
        if nodes is None:
            blocking = [x for x in Flow([y]).blocked if isinstance(x._node, StochasticNode)]
            yield [*blocking, *[x for x in beside if x in Flow([x]).blocked]]
            continue
        several = nodes if isinstance(nodes, (list, tuple, set)) else [nodes]
        chosen = {x for handle in several for x in _meant(call, y, handle, there)}
        yield sorted(chosen, key=there.position.__getitem__)


def choose_once(call: str, y: Data, handles: Iterable[Handle]) -> Iterator[list[Data]]:
    """Yield what `choose_each` does for the keys of a mapping; raise if two mean the same draw."""
    seen: set[Data] = set()
    for draws in choose_each(call, y, handles):
        if twice := seen.intersection(draws):
            name = label(min(twice, key=draws.index))
            raise InputError(f"{call}: two keys mean the draw {name}; give it one of the two")
        seen.update(draws)
        yield draws


class Draws:
    """Draws in run order, to be looked up by their names, and by which draws they are."""

    def __init__(self, draws: Iterable[Data]) -> None:
        self.position = {x: i for i, x in enumerate(draws)}
        self.named: dict[str | None, list[Data]] = {}
        self.copies: dict[object, list[Data]] = {}  # rewrites make some, of the same draw
        for x in self.position:
            self.named.setdefault(x.name, []).append(x)
            self.copies.setdefault(x._node.draw, []).append(x)


def _beside(y: Data) -> list[Data]:
    """Return the draws that decided what `y` is made of, in an ``if``, and are not above it."""
    there = {x._node.draw for x in drawn_above([y])}
    return [x for x in looked_at() if x._node.draw not in there]


def one_each(chosen: Iterable[Data]) -> list[Data]:
    """Return one sample of each draw: rewrites copy draws, and a copy is still the same draw."""
    return [*{x._node.draw: x for x in chosen}.values()]


def _meant(call: str, y: Data, handle: Any, there: Draws) -> list[Data]:
    draws = there.position
    if isinstance(handle, str):
        found = there.named.get(handle) or [x for x in draws if x._node._name == handle]
        if len({x._node.draw for x in found}) == 1:
            return there.copies[found[0]._node.draw]  # also those that were renamed
        names = ", ".join(repr(x.name) for x in draws if x.name) or "none is named"
        problem = f"{len(found)} draws are" if found else "no draw is"
        advice = "pass the sample itself" if found else f"draws: {names}"
        raise UnknownNameError(
            f"{call}: {problem} called {handle!r} in the graph of {label(y)}; {advice}"
        )
    node = handle._node if isinstance(handle, Data) else handle
    if not isinstance(node, StochasticNode):
        what = label(handle) if isinstance(handle, Data) else repr(handle)
        raise UsageError(
            f"{call}: {what} is no draw; name a sample, its StochasticNode, or a list of these"
        )
    found = there.copies.get(node.draw, [])
    if not found:
        raise InputError(
            f"{call}: draw {handle!r} is not in the graph of {label(y)}; "
            "it may have been rewritten already, or belong to another graph"
        )
    return found


class Refusal(NamedTuple):
    """Why a rewrite cannot take a draw, and what to call instead."""

    reason: str
    advice: str = ""

    def __str__(self) -> str:
        return "; ".join(filter(None, self))


def choose_legal(
    call: str, y: Data, nodes: Handle, why_not: Callable[[Data], Refusal | None]
) -> list[Data]:
    """Return what `choose` does, or raise for the first draw that a rewrite cannot take.

    Of all that block, it names those that it can.
    """
    chosen = choose(call, y, nodes)
    for x in chosen:
        if problem := why_not(x):
            fit = [o.name for o in chosen if o.name and why_not(o) is None] if nodes is None else []
            only = f"; for other draws alone, mg.{call}(y, {quoted(fit)})" if fit else ""
            raise BlockedGradientError(f"{call}: {problem}{only}")
    return chosen


def refuse_many(call: str, x: Data, found: tuple[int, str], limit: int, copies: str) -> None:
    """Raise if more is `found` of a draw than there may be copies of the graph below it."""
    count, what = found
    if count > limit:
        raise InputError(
            f"{call}: {label(x)} of shape {x.shape} has {spelled(count)} {what}, more than "
            f"limit={limit:,} {copies} of the graph below it; raise limit, or "
            f"{call_for(x, 'reinforce')}"
        )


def quoted(names: Sequence[str]) -> str:
    """Return names as a handle for them is written."""
    several = ", ".join(f'"{name}"' for name in dict.fromkeys(names))
    return several if len(set(names)) == 1 else f"[{several}]"


def copies_of(draw: object, draws: Iterable[Data]) -> list[Data]:
    """Return where a draw stands: rewrites copy what is downstream, and it stays the same draw."""
    return [x for x in draws if x._node.draw is draw]


def call_for(x: Data, *rewrites: str) -> str:
    """Return what to call to rewrite the draw `x`, for an error to recommend.

    In place of a score that its law does not allow it is the best that is legal.
    """
    scored = "reinforce" in two_rewrites(x._node.distribution)
    handle = f', "{x.name}"' if x.name else ""
    legal = [way if scored or way != "reinforce" else "unblock" for way in rewrites]
    calls = [f"mg.{way}(y{handle if way != 'unblock' else ''})" for way in dict.fromkeys(legal)]
    return f"call {' or '.join(calls)}"
