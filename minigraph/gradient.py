"""Reverse mode: cotangents flow back along the dashed arrows.

One loop serves both ways to ask. `backward` runs it on plain numbers; `gradient` runs it on Data,
so that the gradient is a graph of its own: it can be drawn, sampled and differentiated again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .data import Data, ancestors, label
from .errors import InputError, UsageError
from .ops.base import as_data
from .ops.elementwise import astype
from .ops.shaping import broadcast_to, shape_of, sum_to
from .paths import Flow, refuse_blocked, refuse_stale
from .values import own

ADDING = threading.Lock()  # two threads may share an input, and adding to its .grad is one step


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
        inputs, fixed, rules = data._inputs, data._fixed, data._op.rules
        for i, x in enumerate(inputs):
            if type(x) is Data and x in flow.carries and rules[i] is not None:
                c = rules[i](g, data, *inputs, **fixed)
                if c is not None:  # an index, an integer
                    c = fitted(c, x, data, i)
                    cotangents[x] = cotangents[x] + c if x in cotangents else c
    found.update(cotangents)
    return found


def sweep(y: Data, seed: Any) -> tuple[dict[Data, Any], list[Data], Data]:
    """Return the cotangents of all parameters that `y` reaches, on plain numbers.

    One walk, what ran last first. Also returned: what it left `aside`, because no cotangent goes
    there (constants, draws, inputs without a derivative), and the data that ran first.
    """
    cotangents: dict[Data, Any] = {}
    waiting: list[tuple[int, Data]] = []  # a heap; a chain never needs it
    aside: list[Data] = []
    sums: set[Data] = set()
    data, g = y, seed
    while data._op is not None:
        op, out = data._op, data._value
        after = None  # the next one, with its cotangent, unless something that waits ran later
        if op.pair is not None:  # the loop below, unrolled: most operations are binary
            left, right = op.pair
            a, b = data._left, data._right
            fits = type(out) is float  # then nothing was broadcast
            a_value = a if type(a) is float else a._value
            b_value = b if type(b) is float else b._value
            if a is not a_value:
                if left is None or not a._carries:
                    aside.append(a)
                else:
                    c = left(g, out, a_value, b_value)
                    if not fits:
                        c = fitted(c, a_value, data, 0)
                    if a in cotangents:
                        before = cotangents[a]
                        cotangents[a] = before + c if fits else added(before, c, a, sums)
                    elif a._op is None:
                        cotangents[a] = c
                    else:
                        after, total = a, c
            if b is not b_value:
                if right is None or not b._carries:
                    aside.append(b)
                else:
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
        elif op.barrier is None:
            inputs, rules, fixed = data._inputs, op.rules, data._fixed
            values = [x if type(x) is float else x._value for x in inputs]
            for i, x in enumerate(inputs):
                if type(x) is float:
                    continue
                c = rule = rules[i] if x._carries else None
                if rule is not None:
                    c = rule(g, out, *values, **fixed) if fixed else rule(g, out, *values)
                if c is None:  # an index, an integer
                    aside.append(x)
                    continue
                c = fitted(c, values[i], data, i)
                if x is after:
                    total = total + c
                elif x in cotangents:
                    cotangents[x] = added(cotangents[x], c, x, sums)
                elif x._op is None:
                    cotangents[x] = c
                elif after is None:
                    after, total = x, c
                else:
                    cotangents[x] = c
                    heappush(waiting, (-x._time, x))
        else:
            aside.append(data)
        if waiting:
            if after is not None:
                cotangents[after] = total
                heappush(waiting, (-after._time, after))
            data = heappop(waiting)[1]
            g = cotangents.pop(data)
        elif after is not None:
            data, g = after, total
        else:
            return cotangents, aside, data
    return {y: seed}, aside, data


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


def backward(y: Data, seed: Any = None) -> None:
    """Add the gradient of `y` to ``.grad`` of every input that is not a constant.

    Parameters
    ----------
    seed : array_like, optional
        The cotangent of `y`, of its shape; needed when `y` is not a single number.

    Raises
    ------
    BlockedGradientError
        If any path from such an input to `y` runs through a stochastic node or a black box.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(3.0)
    >>> (x * x).backward()
    >>> x.grad
    6.0
    """
    refuse_steps(y)
    seed = seed_of(y, seed)
    with np.errstate(all="ignore"):  # an infinite slope is an answer; the forward run has warned
        found, aside, first = sweep(y, seed._value)
    ends = list(found)
    if any(x._carries or x._op is not None or x._changed for x in aside) or any(
        x._changed and x._changed > first._time for x in ends
    ):
        ends = checked_flow(y).ends
    with ADDING:
        for x in ends:
            g = fresh(found.get(x), x)
            x._grad = g if x._grad is None else fresh(x._grad + g, x)


def fresh(g: Any, x: Data) -> Any:
    """Return a gradient of `x` as an array that shares memory with nothing, of the dtype of `x`."""
    if type(x._value) is float:
        return 0.0 if g is None else float(g)
    return np.zeros(x.shape, x.dtype) if g is None else np.array(g, dtype=x.dtype)


def seed_of(y: Data, seed: Any) -> Data:
    """Return the cotangent to start from, as a constant."""
    if seed is None:
        if y.shape:
            raise InputError(
                f"gradient of {label(y)}: it has shape {y.shape}, not a single number; sum or "
                "average it first, pass a seed of that shape, or use mg.jacobian"
            )
        seed = 1.0 if y.dtype.kind != "f" or y.dtype == np.float64 else y.dtype.type(1)
    given = as_data(seed)
    if given.shape != y.shape:
        raise InputError(
            f"seed of the gradient of {label(y)}: shape {given.shape}, needed {y.shape}"
        )
    return given


def gradient(y: Data, wrt: Any, seed: Any = None) -> Any:
    """Return the gradient of `y` as Data: a graph that can be drawn, sampled, differentiated again.

    Parameters
    ----------
    y : Data
        A single number, or any shape with a `seed`.
    wrt : Data, or a list of Data
        With respect to what; any data of the graph, not only inputs.
    seed : array_like, optional
        The cotangent of `y`.

    Returns
    -------
    Data, or a list of Data
        Of the shapes of `wrt`; zeros for an input that `y` does not depend on.

    Raises
    ------
    BlockedGradientError
        If any path from `wrt` to `y` runs through a stochastic node or a black box.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(2.0)
    >>> slope = mg.gradient(x**3, x)
    >>> slope.value, mg.gradient(slope, x).value
    (12.0, 12.0)
    """
    if not isinstance(y, Data):
        raise UsageError(
            f"gradient: y is a {type(y).__name__}; pass Data, and mg.grad(f) for a function "
            "(float(), math.exp and .value leave the graph: write mg.exp)"
        )
    many = isinstance(wrt, (list, tuple))
    targets = list(wrt) if many else [wrt]
    found = gradients(y, targets, seed_of(y, seed))
    return found if many else found[0]


def gradients(y: Data, targets: Sequence[Data], seed: Data, stale_ok: bool = False) -> list[Data]:
    """Return the gradient with respect to each of `targets`, as Data."""
    for x in targets:
        if not isinstance(x, Data):
            raise UsageError(f"gradient: wrt is a {type(x).__name__}; pass Data, or a list of Data")
        if x.dtype.kind != "f":
            raise UsageError(
                f"gradient with respect to {label(x)}: its dtype is {x.dtype}, and integers carry "
                "no gradient; make it an array of floats"
            )
    refuse_foreign(targets, y)
    return pulled(checked_flow(y, targets, stale_ok), y, seed)


def checked_flow(y: Data, targets: Sequence[Data] | None = None, stale_ok: bool = False) -> Flow:
    """Return the flow from `y` to `targets`, or raise if a gradient along it would be wrong."""
    refuse_steps(y)
    flow = Flow([y], targets)
    refuse_blocked(flow)
    if not stale_ok:
        refuse_stale(flow)
    return flow


def pulled(flow: Flow, y: Data, seed: Data, plain: bool = False) -> list[Any]:
    """Return the cotangents of ``flow.ends``: Data, or plain arrays that share no memory."""
    with np.errstate(all="ignore"):
        found = sweep(y, seed._value)[0] if plain else pull(flow, y, seed)
    convert = fresh if plain else as_gradient
    return [convert(found.get(x), x) for x in flow.ends]


def refuse_steps(y: Data) -> None:
    """Raise for integers and truths, which do not vary smoothly."""
    if y.dtype.kind != "f":
        raise UsageError(
            f"gradient of {label(y)}: its dtype is {y.dtype}, and steps have no slope; "
            "compute it from floats with smooth functions"
        )


def refuse_foreign(targets: Sequence[Data], y: Data) -> None:
    """Raise for a target that something made and that the graph of `y` does not contain."""
    inside = None
    for x in targets:
        if x._op is not None and x is not y:
            inside = set(ancestors([y])) if inside is None else inside
            if x not in inside:
                raise InputError(
                    f"gradient with respect to {label(x)}: it is not part of this graph of "
                    f"{label(y)} (a rewrite rebuilds what lies downstream of it); "
                    "look it up there: mg.Graph(y)[name]"
                )


def as_gradient(g: Any, x: Data) -> Data:
    """Return a cotangent of `x`, or None for zero, as Data of the dtype of `x`."""
    if g is None:
        return as_data(own(np.zeros(x.shape, x.dtype)))
    g = as_data(g)
    return g if g.dtype == x.dtype else astype(g, dtype=x.dtype)


Data.backward = backward  # type: ignore[method-assign, assignment]
