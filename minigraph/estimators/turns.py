"""Rewrites of several draws: at once where they may be, else in turn, the last first."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Sequence

from ..data import Data
from ..errors import InputError
from ..walk import ancestors, label
from .choose import choose, choose_each, one_each
from .costs import Costs

MOST = 300_000  # operations that rewriting several draws may add
MEET = (
    "since what is copied for draws that meet, or depend on each other, multiplies; rewrite fewer "
    "of them in this way, and the others by mg.reinforce or mg.unblock"
)
BRANCHES = (
    "which stands in {} branches that earlier rewrites made; rewrite draws that come later in the "
    "graph before those that they depend on, or all of them in one call"
)


def in_turn(
    call: str, y: Data, chosen: Sequence[Data], change: Callable[[Data, list[Data]], Data],
    apart: bool = False,
) -> Data:  # fmt: skip
    """Return `y` after a change for the chosen draws, in every branch that they stand in.

    Draws which others depend on are changed after these: so what a change copies for a draw holds
    no draws that are still to be changed for themselves. The others are changed in one call, but
    for those that stand in several branches, and, if `apart`, those that meet in a cost.
    """
    first = len(ancestors([y]))

    def changed(y: Data, draws: list[Data], why: str) -> Data:
        if (size := len(ancestors([y]))) > 2 * first + MOST:
            raise InputError(
                f"{call}: the graph has grown from {first} to {size} operations before "
                f"{label(draws[0])} is rewritten, {why}"
            )
        return change(y, draws)

    for draws in _turns(y, chosen, apart):
        found = dict(zip(draws, choose_each(call, y, draws), strict=True))
        if once := [branches[0] for branches in found.values() if len(branches) == 1]:
            y = changed(y, once, MEET)
        for x in [x for x, branches in found.items() if len(branches) > 1]:
            branches = choose(call, y, x)
            for now in branches:
                y = changed(y, [now], BRANCHES.format(len(branches)))
    return y


def _turns(y: Data, chosen: Sequence[Data], apart: bool) -> Iterator[list[Data]]:
    """Yield one sample of each chosen draw, in the turns in which they may be changed."""
    costs, draws = Costs(y, chosen), one_each(chosen)
    rank = {x._node.draw: i for i, x in enumerate(draws)}
    if apart:
        met = [sorted(rank[x._node.draw] for x in xs) for _, xs in costs.parts()]
        pairs = {pair for row in met for pair in itertools.pairwise(row)}
    else:
        above = [(a, x) for x in chosen for a in costs.above(x)]
        pairs = {(rank[a._node.draw], rank[x._node.draw]) for a, x in above}
    turn = [0] * len(draws)
    for i, k in sorted(pairs, key=operator.itemgetter(1), reverse=True):  # i is to wait for k
        if i != k:
            turn[i] = max(turn[i], turn[k] + 1)
    for now in range(max(turn, default=-1) + 1):
        yield [x for x, its in zip(draws, turn, strict=True) if its == now]
