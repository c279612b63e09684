"""The same work once, before it is differentiated, and then its slope is worked out once, too.

A graph that is put together from parts may have the same function of the same inputs in several
places. Each has a cotangent of its own, which is pulled back by itself; those of one function are
added up first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data import Data
from ..graph import copy_node, rewrite
from ..nodes import StochasticNode, result


def merged(y: Data, wrt: Sequence[Data]) -> tuple[Data, list[Data]]:
    """Return `y` in a graph where equal functions are one, and what stands there for `wrt`.

    What a gradient is taken for stays apart from its twins: it is not they that move.
    """
    first: dict[Any, Data] = {}
    apart = set(wrt)

    def rule(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        node = data._node
        work = data if data in apart else work_of(node, inputs)
        if work in first:
            return first[work]
        same = inputs == node.inputs
        first[work] = data if same else result(data._value, copy_node(node, inputs, {}))
        return None if same else first[work]

    y, *found = rewrite([y, *wrt], rule)
    return y, found


def work_of(node: Any, inputs: tuple[Any, ...]) -> Any:
    """Return what nodes that do the same work have in common; two draws never do."""
    if isinstance(node, StochasticNode):
        return ("draw", node.draw, inputs)
    if node.barrier == "black box":  # it may count its calls, or draw by itself
        return object()
    work = (node.op, inputs, tuple(sorted(node.fixed.items())))
    try:
        hash(work)
    except TypeError:
        return object()
    return work
