"""Which elements depend on which: independent samples side by side stay apart.

A cost of a batch whose element b sees only sample b needs the score of sample b alone. This is read
off the graph, axis by axis: elementwise functions, folds along other axes, a product with a matrix
from the right, a look-up in a table and a draw for each element keep an axis; what is not known to
keep it loses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..data import Data
from ..nodes import DeterministicNode, StochasticNode
from ..ops import along, base, bessel, boxes, elementwise, linear, selection, special, trigonometry
from ..ops.reductions import folded_axes

# For each batch axis of a draw: where it is, counted from the last axis (-1), or None if mixed.
Places = tuple[int | None, ...]

ELEMENTWISE = frozenset(
    op for module in (elementwise, special, bessel, trigonometry, boxes)
    for op in vars(module).values()
    if isinstance(op, base.Operation) and op.along is along.elementwise
)  # fmt: skip


class Axes(NamedTuple):
    """The batch axes of a draw: how long they are, and where they are in something."""

    sizes: tuple[int, ...]
    places: Places


Seen = tuple[tuple[int, Axes], ...]  # the inputs through which a draw is seen, and how


class Elements:
    """Where the batch axes of draws are in everything that depends on them.

    Draws whose axes are in the same places are followed together, as bits of a whole number: in a
    long chain, all those that something depends on.

    Parameters
    ----------
    draws : iterable of Data
        The draws; those that are one event have no such axes.
    made : iterable of Data
        What to look at, in the order it ran.
    """

    def __init__(self, draws: Iterable[Data], made: Iterable[Data]) -> None:
        batches = [x for x in draws if x.ndim > x._node.distribution.event_ndim]
        self._bits = {x: 1 << k for k, x in enumerate(batches)}
        self._axes: dict[Data, dict[Axes, int]] = {}
        for data in made if batches else ():
            found: dict[Axes, int] = {}
            for seen, draws_seen in self._apart(data).items():
                axes = _moved(data, seen)
                found[axes] = found.get(axes, 0) | draws_seen
            if data in self._bits:
                events = data._node.distribution.event_ndim
                own = Axes(data.shape[: data.ndim - events], tuple(range(-data.ndim, -events)))
                found[own] = found.get(own, 0) | self._bits[data]
            if found:
                self._axes[data] = found

    def places(self, data: Data, draw: Data) -> Places:
        """Return where the batch axes of `draw` are in `data`; empty if it has none there."""
        found, bit = self._axes.get(data, {}), self._bits.get(draw, 0)
        return next((axes.places for axes, draws in found.items() if draws & bit), ())

    def finer(self, term: Data, data: Data) -> bool:
        """Return whether elements of a draw stay apart in `term` and no more in `data`."""
        return any(
            draws & others and kept is not None and lost is None
            for axes, draws in self._axes.get(term, {}).items()
            for less, others in self._axes.get(data, {}).items()
            for kept, lost in zip(axes.places, less.places, strict=False)
        )

    def _apart(self, data: Data) -> dict[Seen, int]:
        """Return how `data` sees draws through its inputs, and which draws it sees so."""
        apart: dict[Seen, int] = {}
        for i, x in enumerate(data._node.inputs):
            for axes, draws in self._axes.get(x, {}).items():
                for seen, others in [*apart.items()]:
                    if both := draws & others:
                        draws ^= both
                        apart[*seen, (i, axes)] = both
                        if both == others:
                            del apart[seen]
                        else:
                            apart[seen] ^= both
                if draws:
                    apart[(i, axes),] = draws
        return apart


def _moved(data: Data, seen: Seen) -> Axes:
    """Return the axes in `data` of draws that it sees through some of its inputs."""
    node, sizes = data._node, seen[0][1].sizes
    at = [(i, node.inputs[i], axes.places) for i, axes in seen]
    if isinstance(node, StochasticNode):
        law = node.distribution
        extra = [law.event_axes.get(name, 0) for name in law.parameters]
        moved = [_shifted(p, extra[i], -law.event_ndim) for i, _, p in at]
    elif node.op in ELEMENTWISE:
        moved = [p for _, _, p in at]
    else:
        moved = [_through(node, data, i, x, p) for i, x, p in at]
    first = moved[0]
    for other in moved[1:]:
        first = tuple(a if a == b else None for a, b in zip(first, other, strict=True))
    good = all(
        p is None or (-data.ndim <= p < 0 and data.shape[p] == size)
        for p, size in zip(first, sizes, strict=True)
    )
    return Axes(sizes, first if good else (None,) * len(sizes))


def _shifted(at: Places, by: int, end: int = 0) -> Places:
    """Return places moved to the right; those that arrive at `end` or behind it are lost."""
    return tuple(None if p is None or p + by >= end else p + by for p in at)


def _through(node: DeterministicNode, data: Data, i: int, x: Data, at: Places) -> Places:
    """Return where the axes of input `i` are, behind a function that is not elementwise."""
    op, fixed = node.op, node.fixed
    if "keepdims" in op.fixed:  # a fold along axes
        gone = {axis - x.ndim for axis in folded_axes(x, fixed.get("axis"))}
        drop = 0 if fixed.get("keepdims") else 1
        return tuple(
            None if p is None or p in gone else p + drop * sum(a > p for a in gone) for p in at
        )
    if op is linear.matmul and i == 0 and x.ndim > 1:
        inside = tuple(None if p is None or p == -1 else p for p in at)
        return _shifted(inside, 1 if node.inputs[1].ndim == 1 else 0)
    if op is selection.getitem and i == 1 and len(fixed["index"]) == 1 and x.dtype.kind == "i":
        return _shifted(at, x.ndim - data.ndim)  # a look-up in a table
    return (None,) * len(at)
