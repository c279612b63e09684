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
from .ops.elementwise import add, multiply
from .ops.shaping import shape_of, stretched_to, sum_to
from .paths import Flow


def pull(flow: Flow, y: Data, seed: Data) -> dict[Data, Any]:
    """Return the cotangent, as Data, of every data in ``flow.ends`` that `y` reaches."""
    if y not in flow.carries:  # perhaps a draw, or the output of a stop: these have no rules
        return {}
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
    if not y._carries:
        return {}, y._op is None
    if y._op is None:
        return {y: seed}, True
    cotangents: dict[Data, Any] = {}
    sums: set[Data] = set()
    waiting: dict[int, Data] = {}  # what is not next, by the time when it ran
    times: list[int] = []  # and a heap of these times, negative: what ran last comes first
    aside: list[Data] = []  # where no cotangent goes
    data, g = y, seed
    while True:
        if type(g) is type(data._value) is float and not times:
            last, data, g = chained(data, g, cotangents)
            if data._op is None:
                cotangents[data] = cotangents[data] + g if data in cotangents else g
                return cotangents, is_whole(cotangents, aside, last._time)
        rules = (op := data._op).plain
        second = others = None
        if rules is None:
            others = shared_out(data, g, aside)
            x, c = others.pop() if others else (None, None)
        else:  # the same, written out: most operations are of one or two inputs, sums or products
            x = left = data._left
            right, out = data._right, data._value
            if right is None:
                c = rules[0](g, out, left._value)
            elif type(right) is float:
                c = g * right if op is multiply else rules[0](g, out, left._value, right)
            elif type(left) is float:
                x, c = right, rules[1](g, out, left, right._value)
            elif not right._carries:
                aside.append(right)
                c = rules[0](g, out, left._value, right._value)
            elif not left._carries:
                aside.append(left)
                x, c = right, rules[1](g, out, left._value, right._value)
            else:
                second = right
                if op is multiply:
                    c, d = g * right._value, g * left._value
                elif op is add:
                    c = d = g
                else:
                    c = rules[0](g, out, left._value, right._value)
                    d = rules[1](g, out, left._value, right._value)
            if type(out) is not float:  # else nothing was broadcast
                c = fitted(c, x._value, data, int(x is not left))
                if second is not None:
                    d = fitted(d, second._value, data, 1)
            if second is None and not times and x._op is not None:
                data, g = x, c
                continue
        after: Any = None  # the next, with its `total`
        total: Any = None
        while x is not None:
            if x in cotangents:
                before = cotangents[x]
                cotangents[x] = before + c if type(c) is float else added(before, c, x, sums)
            elif x._op is None:
                cotangents[x] = c
            elif after is None:
                after, total = x, c
            elif x is after:
                total = total + c
            else:
                if x._time > after._time:
                    x, c, after, total = after, total, x, c
                cotangents[x] = c
                waiting[x._time] = x
                heappush(times, -x._time)
            if second is not None:
                x, c, second = second, d, None
            elif others:
                x, c = others.pop()
            else:
                break
        if times and (after is None or -times[0] > after._time):
            if after is not None:
                cotangents[after] = total
                waiting[after._time] = after
                heappush(times, -after._time)
            data = waiting.pop(-heappop(times))
            g = cotangents.pop(data)
        elif after is None:
            return cotangents, is_whole(cotangents, aside, data._time)
        else:
            data, g = after, total


def chained(x: Data, c: float, found: dict[Data, Any]) -> tuple[Data, Data, float]:
    """Follow a chain of numbers from `x`, whose cotangent is `c`, to its end.

    A chain goes on as long as one input carries a gradient, and the other, if any, is a literal or
    a parameter, which gets its share in `found`. Return the last result that was passed, what comes
    after it, and the cotangent of that. `sweep` could do it, at a third of the speed.
    """
    times, plus = multiply, add  # what is local is found faster
    last = x
    parameter: Any = None  # the one that got a share last, with its `total`
    total = -0.0
    while (op := x._op) is not None and (rules := op.of_numbers) is not None:
        left, right = x._left, x._right
        if type(right) is float:
            if op is times:
                c = c * right
            elif op is not plus:
                c = rules[0](c, x._value, left._value, right)
            last, x = x, left
        elif right is None:
            c = rules[0](c, x._value, left._value)
            last, x = x, left
        elif type(left) is float:
            c = rules[1](c, x._value, left, right._value)
            last, x = x, right
        elif right is parameter and left._carries:
            if op is times:
                total = total + c * left._value
                c = c * right._value
            elif op is plus:
                total = total + c
            else:
                total = total + rules[1](c, x._value, left._value, right._value)
                c = rules[0](c, x._value, left._value, right._value)
            last, x = x, left
        elif left is parameter and right._carries:
            total = total + rules[0](c, x._value, left._value, right._value)
            c = rules[1](c, x._value, left._value, right._value)
            last, x = x, right
        else:
            other = right if right._op is None else left
            if other._op is not None or not (left._carries and right._carries):
                break
            if parameter is not None:
                found[parameter] = total
            parameter, total = other, found.get(other, -0.0)  # -0.0 + x is x, also for -0.0
    if parameter is not None:
        found[parameter] = total
    return last, x, c


def shared_out(data: Data, g: Any, aside: list[Data]) -> list[tuple[Data, Any]]:
    """Return the cotangents of the inputs of `data`, the last one first; `aside` gets the rest."""
    op, fixed = data._op, data._fixed
    found: list[tuple[Data, Any]] = []
    if op.barrier is not None:
        aside.append(data)
        return found
    inputs = data._inputs
    values = [x if type(x) is float else x._value for x in inputs]
    together = op.together and op.together(g, data._value, *values, **fixed)
    for i, x in reversed(list(enumerate(inputs))):
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
    return not any(x._time > start for x in parameters) and not any(
        x._carries or x._op is not None or x._time > start for x in aside
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
    full = c if arrived == common else stretched_to(c, common)
    return full if shape == common else sum_to(full, shape=shape)
