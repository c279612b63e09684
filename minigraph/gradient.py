"""Reverse mode: cotangents flow back along the dashed arrows.

One loop serves both ways to ask. `backward` runs it on plain numbers; `gradient` runs it on Data,
so that the gradient is a graph of its own: it can be drawn, sampled and differentiated again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import InputError, UsageError
from .graph import Data, Graph, Node, label
from .ops.base import as_data
from .ops.shaping import broadcast_to, shape_of, sum_to
from .paths import Flow, refuse_blocked, refuse_stale
from .values import own

VALUE = operator.attrgetter("_value")


def pull(flow: Flow, y: Data, seed: Any, read: Callable[[Data], Any]) -> dict[Data, Any]:
    """Return the cotangent of every data in ``flow.ends`` that `y` reaches.

    `read` says what the rules compute on: the values of the data, or the data themselves.
    """
    carries = flow.carries
    interior = {x for x in flow.ends if x._node is not None}
    found: dict[Data, Any] = {}
    cotangents = {y: seed}
    for data in reversed(flow.made):
        g = cotangents.pop(data, None)
        if g is None:
            continue
        if interior and data in interior:
            found[data] = g
            continue
        node = data._node
        inputs, rules, fixed = node.inputs, node.op.rules, node.fixed
        values = [read(x) for x in inputs]
        out = read(data)
        for i, x in enumerate(inputs):
            if x not in carries or rules[i] is None:
                continue
            c = rules[i](g, out, *values, **fixed) if fixed else rules[i](g, out, *values)
            if c is None:
                continue
            if type(c) is not float or type(values[i]) is not float:
                c = fitted(c, values[i], node, i)
            before = cotangents.get(x)
            cotangents[x] = c if before is None else before + c
    found.update(cotangents)
    return found


def fitted(c: Any, x: Any, node: Node, i: int) -> Any:
    """Return a cotangent in the shape of its input `x`: summed over what a broadcast repeated."""
    arrived, shape = shape_of(c), shape_of(x)
    if arrived == shape:
        return c
    try:
        common = np.broadcast_shapes(arrived, shape)
    except ValueError:
        raise InputError(
            f"derivative of {node.name}: the rule of input {i} gave shape {arrived}, "
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
    seed = seed_of(y, seed)
    flow = Flow([y])
    refuse_blocked(flow)
    refuse_stale(flow)
    with np.errstate(all="ignore"):  # an infinite slope is an answer; the forward run has warned
        found = pull(flow, y, seed._value, VALUE)
    for x in flow.ends:
        g = found.get(x)
        if g is None:
            g = np.zeros(x.shape, x.dtype) if x.shape else 0.0
        x._grad = _stored(g if x._grad is None else x._grad + g, x)


def _stored(g: Any, x: Data) -> Any:
    """Return a gradient that shares memory with nothing, in the dtype of its input."""
    if type(g) is Data:
        g = g._value
    return float(g) if not x.shape and x.dtype == np.float64 else np.array(g, dtype=x.dtype)


def seed_of(y: Data, seed: Any) -> Data:
    """Return the cotangent to start from, as a constant."""
    if seed is None:
        if y.shape:
            raise InputError(
                f"gradient of {label(y)}: it has shape {y.shape}, not a single number; sum or "
                "average it first, pass a seed of that shape, or use mg.jacobian"
            )
        seed = 1.0 if y.dtype == np.float64 else y.dtype.type(1)
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
    if y.dtype.kind != "f":
        raise UsageError(f"gradient of {label(y)}: its dtype is {y.dtype}; it cannot vary smoothly")
    flow = Flow([y], targets)
    refuse_blocked(flow)
    if not stale_ok:
        refuse_stale(flow)
    refuse_foreign(targets, y, flow)
    with np.errstate(all="ignore"):
        found = pull(flow, y, seed, lambda x: x)
    return [found[x] if x in found else zeros_like(x) for x in targets]


def refuse_foreign(targets: Sequence[Data], y: Data, flow: Flow) -> None:
    """Raise for an interior target that the graph of `y` does not contain."""
    inside = None
    for x in targets:
        if x._node is not None and x is not y:
            inside = set(Graph(y).data) if inside is None else inside
            if x not in inside:
                raise InputError(
                    f"gradient with respect to {label(x)}: it is not part of this graph of "
                    f"{label(y)} (a rewrite rebuilds what lies downstream of it); "
                    "look it up there: mg.Graph(y)[name]"
                )


def zeros_like(x: Data) -> Data:
    """Return a constant zero of the shape and dtype of `x`."""
    return as_data(own(np.zeros(x.shape, x.dtype)))


Data.backward = backward  # type: ignore[method-assign]
