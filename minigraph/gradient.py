"""Reverse mode, in two ways to ask: `backward` for plain numbers, `gradient` for a graph.

Both look for blocked paths before they answer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .cotangents import pull, sweep
from .data import Data
from .errors import InputError, MissingExtraError, UsageError
from .ops.base import as_data
from .ops.elementwise import astype
from .ops.special import needing
from .paths import Flow, refuse_blocked, refuse_stale
from .values import how_left, own
from .walk import ancestors, label

ADDING = threading.Lock()  # two threads may share an input, and adding to its .grad is one step


def backward(y: Data, seed: Any = None) -> None:
    """Add the gradient of `y` to ``.grad`` of every input above it that is not a constant.

    Where no gradient arrives, as above a `stop_gradient`, zeros are added.

    Parameters
    ----------
    seed : array_like, optional
        The cotangent of `y`, of its shape; needed when `y` is not a single number.

    Raises
    ------
    BlockedGradientError
        If any path from such an input to `y` runs through a stochastic node or a black box.
    UsageError
        If all inputs that are no constants are integers.

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
    try:
        with np.errstate(all="ignore"):  # an infinite slope is an answer, and the run has warned
            found, is_whole = sweep(y, seed._value)
    except MissingExtraError as error:
        raise needing(f"gradient of {label(y)}", error) from None
    ends = found if is_whole else checked_flow(y).parameters
    if not ends:
        refuse_integers(x for x in checked_flow(y).inputs if not x.constant)
    with ADDING:
        for x in ends:
            g = fresh(found.get(x), x)
            x._grad = g if x._grad is None else fresh(x._grad + g, x)


def fresh(g: Any, x: Data) -> Any:
    """Return a gradient of `x` as an array that shares memory with nothing, of the dtype of `x`."""
    if type(x._value) is float:
        return g if type(g) is float else 0.0 if g is None else float(g)
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
            f"gradient: y: got {type(y).__name__}; pass Data, and mg.grad(f) for a function"
            f"{how_left(y)}"
        )
    many = isinstance(wrt, (list, tuple))
    targets = list(wrt) if many else [wrt]
    found = gradients(y, targets, seed_of(y, seed))
    return found if many else found[0]


def gradients(y: Data, targets: Sequence[Data], seed: Data, stale_ok: bool = False) -> list[Data]:
    """Return the gradient with respect to each of `targets`, as Data."""
    for x in targets:
        if not isinstance(x, Data):
            named = f" (by name: mg.Graph(y)[{x!r}])" if isinstance(x, str) else ""
            raise UsageError(
                f"gradient: wrt: got {type(x).__name__}; pass Data, or a list of Data{named}"
            )
    refuse_integers(targets)
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
    try:
        with np.errstate(all="ignore"):
            found = sweep(y, seed._value)[0] if plain else pull(flow, y, seed)
    except MissingExtraError as error:
        raise needing(f"gradient of {label(y)}", error) from None
    convert = fresh if plain else as_gradient
    return [convert(found.get(x), x) for x in flow.ends]


def refuse_steps(y: Data) -> None:
    """Raise for integers and truths, which do not vary smoothly."""
    if y.dtype.kind != "f":
        raise UsageError(
            f"gradient of {label(y)}: its dtype is {y.dtype}, and steps have no slope; "
            "compute it from floats with smooth functions"
        )


def refuse_integers(targets: Iterable[Data]) -> None:
    """Raise for a target that cannot move by a little."""
    for x in targets:
        if x.dtype.kind != "f":
            raise UsageError(
                f"gradient with respect to {label(x)}: its dtype is {x.dtype}, and integers carry "
                "no gradient; make it an array of floats"
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
