"""Boxes: functions made one rectangle, new operations from NumPy, and the end of a gradient."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from ..data import Data, tick
from ..errors import BlockedGradientError, InputError, UsageError
from ..nodes import Group, enclose
from . import along
from .base import Operation, as_data
from .calls import public
from .elementwise import each
from .shaping import shape_of

stop = each("stop_gradient", lambda x: x, None, barrier="stop", passes=True)
ROUNDING = 64  # units in the last place that a slope may be off


def moves(value: Any, slope: Any) -> bool:
    """Return whether a slope is more than the rounding of a value, by which 1 - exp(-40) is 1."""
    return not np.all(slope <= ROUNDING * np.finfo(getattr(value, "dtype", float)).eps)


def _inside(value: Any, slope: Any, problem: str) -> Any:
    if moves(value, slope):
        raise BlockedGradientError(f"{problem}; call mg.unblock(y) there")
    return np.broadcast_arrays(value, slope)[0] if np.ndim(slope) else value


# A value, refused where the edge of its range has a slope. Only a gradient computes it.
inside = each(
    "inside", _inside, lambda g, y, value, slope, problem: g, None, fixed=["problem"], numpy=()
)


def _within(x: Any, number: Any, low: float, high: float, problem: str) -> Any:
    good = np.greater_equal(number, low) & np.less_equal(number, high)
    if not np.all(good):
        raise InputError(f"{problem}; got {np.asarray(number)[~good].flat[0]}")
    shape = np.broadcast_shapes(np.shape(x), np.shape(number))
    return x if np.shape(x) == shape else np.broadcast_to(x, shape)


# A value, refused where a number that goes with it is illegal: in a replay as in a single run.
within = each(
    "within", _within, lambda g, y, x, number, **fixed: g, None,
    fixed=["low", "high", "problem"], numpy=(),
)  # fmt: skip


def stop_gradient(x: Any) -> Data:
    """Return `x`, through a visible box that lets data through and no gradient.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(3.0)
    >>> mg.gradient(x * mg.stop_gradient(x), x).value
    3.0
    """
    return public(stop)(x)


@overload
def function(f: Callable[..., Any], *, name: str | None = None) -> Callable[..., Any]: ...
@overload
def function(f: None = None, *, name: str | None = None) -> Callable[..., Any]: ...
def function(f: Any = None, *, name: str | None = None) -> Any:
    """Make a Python function of Data one rectangle in pictures; gradients see through it.

    The picture can be expanded to show what is inside. Nested functions nest.

    Parameters
    ----------
    f : callable
        Takes Data and returns Data, or a tuple of them.
    name : str, optional
        The name of the rectangle; the function's own by default.

    Examples
    --------
    >>> import minigraph as mg
    >>> @mg.function
    ... def F(x):
    ...     return (x - 3) ** 2
    >>> F(mg.Data(1.0)).value
    4.0
    """
    if f is None:
        return functools.partial(function, name=name)
    refuse_uncallable("function", f)
    title = str(name or getattr(f, "__name__", "function"))

    @functools.wraps(f)
    def boxed(*args: Any, **keywords: Any) -> Any:
        start = tick()
        out = f(*args, **keywords)
        enclose(made_since(start, out), Group(title))
        return out

    boxed.__name__ = title  # which errors say
    return boxed


def refuse_uncallable(what: str, f: Any) -> None:
    """Raise unless `f` is a function."""
    if not callable(f):
        raise UsageError(f"{what}: got {f!r} of type {type(f).__name__}; pass a function")


def numbers(what: str, raw: Any) -> Any:
    """Return a copy of what a function of the user returned, as an array."""
    if isinstance(raw, tuple) or (array := np.array(raw)).dtype.kind not in "fiub":
        raise UsageError(
            f"{what}: it returned {type(raw).__name__}; return a number or an array: np.stack "
            "makes one of several"
        )
    return array


def made_since(start: int, out: Any) -> list[Data]:
    """Return what was made since `start`, above and including `out`, the last ones first."""
    todo: list[Any] = list(out) if isinstance(out, (tuple, list)) else [out]
    found: dict[Data, None] = {}
    while todo:
        data = todo.pop()
        if type(data) is Data and data._op and data._time >= start and data not in found:
            found[data] = None
            todo.extend(data._inputs)
    return list(found)


def primitive(
    forward: Callable[..., Any], vjp: Callable[..., Any] | None = None, *, name: str | None = None
) -> Callable[..., Data]:
    """Make a new operation from plain NumPy.

    Parameters
    ----------
    forward : callable
        ``forward(*arrays) -> array``. It may be anything that runs: a simulator, a solver.
    vjp : callable, optional
        ``vjp(g, y, *arrays)`` (or ``vjp(g, *arrays)``) returns the cotangent of each input, a
        tuple if there are several, each of its input's shape. Which of the two it is, its
        positional parameters say; those with a default keep that. Written in NumPy functions or
        in other primitives it is differentiable itself. Without it the operation is a black box:
        it can be sampled through and scored with REINFORCE, and a gradient that needs to cross
        it is refused.
    name : str, optional
        The name of the rectangle; the forward function's own by default.

    Raises
    ------
    InputError
        If the cotangents have other shapes than the inputs; both are named.
    UsageError
        If `vjp` takes neither the inputs nor these and the output.

    Examples
    --------
    >>> import minigraph as mg
    >>> import numpy as np
    >>> cube = mg.primitive(lambda x: x**3, lambda g, y, x: 3 * g * x**2, name="cube")
    >>> x = mg.Data(2.0)
    >>> mg.gradient(cube(x), x).value
    12.0

    A solver of somebody else: Kepler's equation E - e·sin(E) = M is solved for E, and its solution
    differentiated by the implicit function theorem. The rule holds in second order, too.

    >>> from scipy.optimize import brentq
    >>> def solve(M, e):
    ...     return brentq(lambda E: E - e * np.sin(E) - M, -10.0, 10.0, xtol=1e-14)
    >>> def vjp(g, E, M, e):
    ...     dM = g / (1.0 - e * np.cos(E))
    ...     return dM, dM * np.sin(E)
    >>> kepler = mg.primitive(solve, vjp, name="kepler")
    >>> mg.check_grads(kepler, 1.0, 0.3, order=2)
    """
    refuse_uncallable("primitive", forward)
    title = str(name or getattr(forward, "__name__", "primitive"))
    rule = None
    if vjp is not None:
        refuse_uncallable(f"vjp of {title}", vjp)
        rule = functools.partial(_vjp_rule, title, vjp, _takes_output(title, vjp))
    op = Operation(
        title, lambda *arrays: numbers(f"forward of {title}", forward(*arrays)), together=rule,
        variadic=True, numpy=(), along=along.looped, barrier=None if vjp else "black box",
    )  # fmt: skip

    @functools.wraps(forward)
    def call(*arrays: Any) -> Data:
        out = op(*[as_data(x) for x in arrays])
        return out if type(out) is Data else as_data(out)

    call.__name__, call.op = title, op  # type: ignore[attr-defined]
    return call


def _takes_output(title: str, vjp: Any) -> Callable[[int], bool]:
    """Return the function that says whether a rule for so many arrays takes the output, too."""
    try:
        parameters = inspect.signature(vjp).parameters.values()
    except (TypeError, ValueError):  # it is not written in Python, and does not say
        return lambda arrays: True
    placed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least, most = sum(p.default is p.empty for p in placed), len(placed)
    any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)

    def takes_output(arrays: int) -> bool:
        if any_number:
            return least != 1  # vjp(g, *arrays) is one of the two forms
        if least == arrays + 1 or least <= arrays + 1 == most:
            return False
        if least <= arrays + 2 <= most:
            return True
        raise UsageError(
            f"vjp of {title}: arguments that it takes by position: {least}, inputs: {arrays}; "
            "write vjp(g, y, *arrays) or vjp(g, *arrays)"
        )

    return takes_output


def _vjp_rule(
    title: str, vjp: Any, takes_output: Callable[[int], bool], g: Any, y: Any, *arrays: Any
) -> Callable[[int], Any]:
    """Return the cotangents of a primitive by position, each checked when it is asked for."""
    all_of_them = vjp(g, y, *arrays) if takes_output(len(arrays)) else vjp(g, *arrays)
    if all_of_them is None:
        raise InputError(f"vjp of {title}: returned None; return the cotangent of every input")
    cotangents = all_of_them if isinstance(all_of_them, (tuple, list)) else (all_of_them,)
    if len(cotangents) != len(arrays):
        raise InputError(
            f"vjp of {title}: cotangents that it returned: {len(cotangents)}, inputs: "
            f"{len(arrays)}; return one for each"
        )

    def checked(i: int) -> Any:
        c = cotangents[i]
        if c is None:
            return None
        if not isinstance(c, Data):
            c = numbers(f"vjp of {title}", c)
        if c.shape != shape_of(arrays[i]):
            raise InputError(
                f"vjp of {title}: the cotangent of input {i} has shape {c.shape}, "
                f"the input has shape {shape_of(arrays[i])}"
            )
        return c

    return checked
