"""Which elements depend on which: independent samples side by side stay apart.

A cost of a batch whose element b sees only sample b needs the score of sample b alone. This is read
off the graph, axis by axis: elementwise functions, folds along other axes, a product with a matrix
from the right, a look-up in a table and a draw for each element keep an axis; what is not known to
keep it loses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

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


def places(x: Data, made: Iterable[Data]) -> dict[Data, Places]:
    """Return where the batch axes of the draw `x` are in everything that depends on it.

    Parameters
    ----------
    x : Data
        A draw.
    made : iterable of Data
        What to look at, in the order it ran.
    """
    shape, events = x.shape, x._node.distribution.event_ndim
    batch = len(shape) - events
    found: dict[Data, Places] = {x: tuple(range(-len(shape), -events))}
    lost: Places = (None,) * batch
    for data in made:
        node = data._node
        if data is x or found.keys().isdisjoint(node.inputs):
            continue
        moved = _moved(node, data, found)
        good = moved is not None and all(
            p is None or (-data.ndim <= p < 0 and data.shape[p] == shape[axis])
            for axis, p in enumerate(moved)
        )
        found[data] = moved if good and moved is not None else lost
    return found


def _moved(node: Any, data: Data, found: Mapping[Data, Places]) -> Places | None:
    """Return the places in the output of `node`, None if they are lost."""
    seen = [(i, x, found[x]) for i, x in enumerate(node.inputs) if x in found]
    if isinstance(node, StochasticNode):
        law = node.distribution
        extra = [law.event_axes.get(name, 0) for name in law.parameters]
        moved = [_shifted(p, extra[i], -law.event_ndim) for i, _, p in seen]
    elif node.op in ELEMENTWISE:
        moved = [p for _, _, p in seen]
    else:
        moved = [_through(node, data, i, x, p) for i, x, p in seen]
    first = moved[0]
    for other in moved[1:]:
        first = tuple(a if a == b else None for a, b in zip(first, other, strict=True))
    return first


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
