"""A check of derivatives against differences of the function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .containers import leaves, mapped, refilled
from .data import Data
from .errors import GradientError, InputError
from .functional import grad
from .ops.base import as_data
from .run import refuse_uncallable
from .values import from_user, plain

Function = Callable[..., Any]


def check_grads(
    f: Function, *args: Any, order: int = 2, rtol: float | None = None,
    atol: float | None = None, seed: int = 0,
) -> None:  # fmt: skip
    """Check the derivatives of `f` at `args` against central differences.

    Every element of every argument is checked. An output that is no single number is first
    contracted with random numbers; for order 2 the gradient is checked as `f` was, and so on.
    Differences are taken in float64, also around float32 arguments.

    Parameters
    ----------
    f : callable
        Deterministic: fix the seed of what it draws.
    *args
        Numbers, arrays or Data of floats, or containers of them, away from kinks.
    order : int
        The highest order of derivatives to check.
    rtol, atol : float, optional
        How far the numbers may differ: by ``atol * largest + rtol * its size``, where largest is
        the largest derivative of that order, at least 1. By default 1e-5 and 1e-7; for float32
        arguments 2e-4 and 1e-5, and 1e-2 and 1e-3 where `f` computes in float32 whatever arrives.
    seed : int
        Of the random numbers.

    Raises
    ------
    GradientError
        Names the order, the argument, the element and both numbers.

    Examples
    --------
    >>> import minigraph as mg, numpy as np
    >>> mg.check_grads(lambda x: mg.sin(x) * x, np.array([0.5, 1.0]))
    >>> wrong = mg.primitive(np.sin, lambda g, y, x: 1.001 * g * mg.cos(x), name="wrong")
    >>> mg.check_grads(wrong, 0.5)
    Traceback (most recent call last):
    minigraph.errors.GradientError: check_grads of wrong: order 1, argument 0: the gradient is ...
    """
    refuse_uncallable("check_grads", f)
    if not isinstance(order, (int, np.integer)) or order < 1:
        raise InputError(f"check_grads: order={order!r}; pass 1, 2, …")
    args = mapped(lambda path, x: from_user(plain(x)), args)
    rng = np.random.default_rng(seed)
    name = getattr(f, "__name__", "the function")
    given = [np.asarray(as_data(x).value) for x in leaves(args)]
    f = on_data(f)
    wide = leaves(f(*refilled(args, [x.astype(np.float64) for x in given])))
    step, usual_rtol, usual_atol = (
        (5e-3, 1e-2, 1e-3) if any(np.result_type(plain(y)) == np.float32 for y in wide)
        else (6e-6, 2e-4, 1e-5) if any(x.dtype == np.float32 for x in given)
        else (6e-6, 1e-5, 1e-7)
    )  # fmt: skip  # the step: the cube root of the rounding error
    rtol = usual_rtol if rtol is None else rtol
    atol = usual_atol if atol is None else atol
    for level in range(1, order + 1):
        f = contracted(f, args, rng)
        compare(f"check_grads of {name}: order {level}", f, args, (step, rtol, atol))
        f = grad(f, tuple(range(len(args))))


def on_data(f: Function) -> Function:
    """Return `f` of numbers and arrays, which it gets as Data, as it does in `grad`."""
    return lambda *args: f(*mapped(lambda path, x: x if isinstance(x, Data) else Data(x), args))


def contracted(f: Function, args: Sequence[Any], rng: np.random.Generator) -> Function:
    """Return `f` with its outputs multiplied by random numbers, and summed."""
    weights = [rng.uniform(0.5, 1.5, np.shape(plain(y))) for y in leaves(f(*args))]

    def total(*args: Any) -> Any:
        parts = zip(leaves(f(*args)), weights, strict=True)
        return sum((np.sum(y * w.astype(np.result_type(plain(y)))) for y, w in parts), start=0.0)

    return total


def compare(
    what: str, f: Function, args: Sequence[Any], bounds: tuple[float, float, float]
) -> None:
    """Raise if the gradient of `f` is not the difference quotient, for any element."""
    given = [np.asarray(x) for x in leaves(args)]
    slopes_of = grad(f, tuple(range(len(args))))
    found = [np.asarray(plain(g)) for g in leaves(slopes_of(*args))]  # Data, if f reads Data
    wide = [x.astype(np.float64) for x in given]
    step, rtol, atol = bounds
    slopes = [
        np.array([slope(f, args, wide, i, at, step) for at in np.ndindex(x.shape)]).reshape(x.shape)
        for i, x in enumerate(wide)
    ]
    largest = max([1.0, *(float(np.max(np.abs(s), initial=0.0)) for s in slopes)])
    paths: list[str] = []
    mapped(lambda path, x: paths.append(path.replace("[", "", 1).replace("]", "", 1)), args)
    for path, x, g, s in zip(paths, given, found, slopes, strict=True):
        if g.dtype != x.dtype and x.dtype.kind == "f":
            raise GradientError(
                f"{what}, argument {path}: the gradient has dtype {g.dtype}, the argument {x.dtype}"
            )
        wrong = ~(np.abs(g - s) <= atol * largest + rtol * np.abs(s))
        for at in map(tuple, np.argwhere(wrong)[:1]):
            where = f", element {[int(i) for i in at]}" if at else ""
            one, other = (plain(f(*args)) for _ in range(2))
            advice = (
                "look at the rules of the operations it is made of, or for a kink nearby"
                if np.array_equal(one, other, equal_nan=True)
                else f"two calls at this point give {one} and {other}; fix the seed of its draws"
            )
            raise GradientError(
                f"{what}, argument {path}{where}: the gradient is {g[at]}, differences say {s[at]} "
                f"({np.sum(wrong)} of {wrong.size} disagree); {advice}"
            )


def slope(
    f: Function, args: Sequence[Any], wide: Sequence[Any], i: int, at: tuple[int, ...], step: float
) -> float:
    """Return the central difference of `f` in element `at` of leaf `i`."""
    x = wide[i][at]
    step *= max(1.0, abs(x))
    ends = []
    for moved in (x + step, x - step):
        near = list(wide)
        near[i] = wide[i].copy()
        near[i][at] = moved
        ends.append(float(plain(f(*refilled(args, near)))))
    return (ends[0] - ends[1]) / ((x + step) - (x - step))
