"""Cotangents: how they flow back along the dashed arrows.

Two loops over the same derivative rules. `pull` runs them on Data, so that the gradient is a graph
of its own, and knows beforehand where gradients may go. `sweep` runs them on plain numbers, as fast
as Python can, and finds out on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .data import Data
from .errors import InputError
from .ops.shaping import broadcast_to, shape_of, sum_to
from .paths import Flow


def pull(flow: Flow, y: Data, seed: Data) -> dict[Data, Any]:
    """Return the cotangent, as Data, of every data in ``flow.ends`` that `y` reaches."""
    ends = {x for x in flow.ends if x._op is not None}
    found: dict[Data, Any] = {}
    cotangents: dict[Data, Any] = {y: seed}
    for data in reversed(flow.made):
        g = cotangents.pop(data, None)
        if g is None:
            continue
        if ends and data in ends:
            found[data] = g  # and on, to the ends above it
            if data._op.barrier:
                continue
        inputs, rules = data._inputs, data._op.rules
        cotangent = data._op.pulls(g, data, inputs, data._fixed)
        for i, x in enumerate(inputs):
            if type(x) is Data and x in flow.carries and rules[i] is not None:
                c = cotangent(i)
                if c is not None:  # an index, an integer
                    c = fitted(c, x, data, i)
                    cotangents[x] = cotangents[x] + c if x in cotangents else c
    found.update(cotangents)
    return found


def sweep(y: Data, seed: Any) -> tuple[dict[Data, Any], bool]:
    """Return the plain cotangent of every parameter that `y` reaches, and whether these are all.

    One walk from what ran last to what ran first. If these may not be all (see `is_whole`), it is
    for a `Flow` to say where gradients end, and whether they are allowed.
    """
    cotangents: dict[Data, Any] = {}
    waiting: list[tuple[int, Data]] = []  # a heap: the one that ran last comes next
    sums: set[Data] = set()
    aside: list[Data] = []  # where no cotangent goes
    data, g = y, seed
    while data._op is not None:
        after = None  # the next, with its `total`, unless one that waits ran later: chains are fast
        if data._op.pair is None:
            for x, c in shared_out(data, g, aside):
                if x in cotangents:
                    cotangents[x] = added(cotangents[x], c, x, sums)
                else:
                    cotangents[x] = c
                    if x._op is not None:
                        heappush(waiting, (-x._time, x))
        else:  # the same, unrolled: most operations are of two inputs
            left, right = data._op.pair
            a, b, out = data._left, data._right, data._value
            a_value = a if type(a) is float else a._value
            b_value = b if type(b) is float else b._value
            fits = type(out) is float  # then nothing was broadcast
            if a is not a_value:
                if a._carries:
                    c = left(g, out, a_value, b_value)
                    if not fits:
                        c = fitted(c, a_value, data, 0)
                    if a in cotangents:
                        total = cotangents[a]
                        cotangents[a] = total + c if fits else added(total, c, a, sums)
                    elif a._op is None:
                        cotangents[a] = c
                    else:
                        after, total = a, c
                else:
                    aside.append(a)
            if b is not b_value:
                if b._carries:
                    c = right(g, out, a_value, b_value)
                    if not fits:
                        c = fitted(c, b_value, data, 1)
                    if b is after:
                        total = total + c
                    elif b in cotangents:
                        before = cotangents[b]
                        cotangents[b] = before + c if fits else added(before, c, b, sums)
                    elif b._op is None:
                        cotangents[b] = c
                    elif after is None:
                        after, total = b, c
                    else:
                        cotangents[b] = c
                        heappush(waiting, (-b._time, b))
                else:
                    aside.append(b)
        if waiting:
            if after is not None:
                cotangents[after] = total
                heappush(waiting, (-after._time, after))
            data = heappop(waiting)[1]
            g = cotangents.pop(data)
        elif after is not None:
            data, g = after, total
        else:
            return cotangents, is_whole(cotangents, aside, data._time)
    return ({y: seed} if y._carries else {}), True


def shared_out(data: Data, g: Any, aside: list[Data]) -> list[tuple[Data, Any]]:
    """Return the cotangents of the inputs of `data` from its own, `g`; `aside` gets the rest."""
    op, fixed = data._op, data._fixed
    found: list[tuple[Data, Any]] = []
    if op.barrier is not None:
        aside.append(data)
        return found
    inputs = data._inputs
    values = [x if type(x) is float else x._value for x in inputs]
    together = op.together and op.together(g, data._value, *values, **fixed)
    for i, x in enumerate(inputs):
        if type(x) is Data:
            rule = op.rules[i] if x._carries else None
            c = rule and (together(i) if together else rule(g, data._value, *values, **fixed))
            if c is None:  # an index, an integer
                aside.append(x)
            else:
                found.append((x, fitted(c, values[i], data, i)))
    return found


def is_whole(parameters: Iterable[Data], aside: Iterable[Data], start: int) -> bool:
    """Return whether gradients end at these parameters alone, and nothing forbids them.

    What was left aside may end at others (through inputs without a derivative), cross a draw, or
    be an input that was assigned after `start`.
    """
    return not any(x._changed > start for x in parameters) and not any(
        x._carries or x._op is not None or x._changed > start for x in aside
    )


def added(total: Any, c: Any, x: Data, sums: set[Data]) -> Any:
    """Return ``total + c``, in place where `total` is a sum made here, which nobody else holds."""
    if x in sums:
        return np.add(total, c, total)
    total = total + c
    if type(total) is np.ndarray:
        sums.add(x)
    return total


def fitted(c: Any, x: Any, output: Data, i: int) -> Any:
    """Return a cotangent in the shape of its input `x`: summed over what a broadcast repeated."""
    if type(c) is np.ndarray and type(x) is np.ndarray and c.shape == x.shape:
        return c  # nearly always
    arrived, shape = shape_of(c), shape_of(x)
    if arrived == shape:
        return c
    try:
        common = np.broadcast_shapes(arrived, shape)
    except ValueError:
        raise InputError(
            f"derivative of {output.node.name}: the rule of input {i} gave shape {arrived}, "
            f"the input has shape {shape}"
        ) from None
    full = c if arrived == common else broadcast_to(c, shape=common)
    return full if shape == common else sum_to(full, shape=shape)
