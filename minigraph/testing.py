"""Checks of gradients: against differences of the function, and of the exact average."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .containers import leaves, mapped, refilled
from .data import Data, label
from .errors import GradientError, InputError
from .exact import exact
from .functional import grad
from .graph import Graph

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
    minigraph.errors.GradientError: check_grads of sin: order 1, argument 0: the gradient is ...
    """
    if not isinstance(order, int) or order < 1:
        raise InputError(f"check_grads: order={order!r}; pass 1, 2, …")
    args = mapped(lambda path, x: plain(x), args)
    rng = np.random.default_rng(seed)
    name = getattr(f, "__name__", "the function")
    given = [np.asarray(x) for x in leaves(args)]
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


def contracted(f: Function, args: Sequence[Any], rng: np.random.Generator) -> Function:
    """Return `f` with its outputs multiplied by random numbers, and summed."""
    weights = [rng.uniform(0.5, 1.5, np.shape(plain(y))) for y in leaves(f(*args))]

    def total(*args: Any) -> Any:
        parts = zip(leaves(f(*args)), weights, strict=True)
        return sum((np.sum(y * w.astype(np.result_type(plain(y)))) for y, w in parts), start=0.0)

    return total


def plain(x: Any) -> Any:
    """Return the value of `x`, if it is Data."""
    return x.value if isinstance(x, Data) else x


def compare(
    what: str, f: Function, args: Sequence[Any], bounds: tuple[float, float, float]
) -> None:
    """Raise if the gradient of `f` is not the difference quotient, for any element."""
    given = [np.asarray(x) for x in leaves(args)]
    found = [np.asarray(g) for g in leaves(grad(f, tuple(range(len(args))))(*args))]
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
            raise GradientError(
                f"{what}, argument {path}{where}: the gradient is {g[at]}, differences say {s[at]} "
                f"({np.sum(wrong)} of {wrong.size} elements disagree); look at the rules of the "
                "operations it is made of, or for a kink nearby"
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


def check_unbiased(
    estimator: Callable[[Data], Data], y: Data, wrt: Data | Sequence[Data] | None = None,
    rtol: float = 1e-5, atol: float = 1e-7,
) -> None:  # fmt: skip
    """Check that the expected gradient of an estimator is the gradient of the expectation.

    Both sides are exact, by enumeration and quadrature: the average of the gradient of
    ``estimator(y)`` on one, central differences of the average of `y` on the other. So a bias
    cannot hide behind noise.

    Parameters
    ----------
    estimator : callable
        From a Data to a Data of the same value: `reinforce`, `reparameterize`, one of your own.
    y : Data
        A single number that depends on `wrt` through draws, few enough for `exact`.
    wrt : Data or list of Data, optional
        The inputs to check; by default all that are not constants.
    rtol, atol : float
        How far the two may differ: by ``atol + rtol * size``.

    Raises
    ------
    GradientError
        Names the input, the element and both numbers; or the value, if the estimator changed it.

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.3, name="θ")
    >>> y = (mg.sample(mg.Bernoulli(theta), name="X", rng=0) - theta) ** 2
    >>> check_unbiased(mg.reinforce, y)
    >>> check_unbiased(lambda y: mg.reinforce(y) + (theta - mg.stop_gradient(theta)), y)
    Traceback (most recent call last):
    minigraph.errors.GradientError: check_unbiased: expected gradient of 'θ' is 1.4..., but ...
    """
    targets = [wrt] if isinstance(wrt, Data) else list(wrt or Graph(y).inputs)
    estimate = estimator(y)
    if not np.array_equal(estimate.value, y.value, equal_nan=True):
        raise GradientError(
            f"check_unbiased: the estimator gave the value {estimate.value} for {y.value}; "
            "it may change gradients only"
        )
    found = exact(estimate, targets).grad
    for x in targets:
        for at in np.ndindex(x.shape):
            g, s = float(np.asarray(found[x])[at]), exact_slope(y, x, at)
            if not abs(g - s) <= atol + rtol * abs(s):
                where = f", element {list(at)}," if at else ""
                raise GradientError(
                    f"check_unbiased: expected gradient of {label(x)}{where} is {g}, but the "
                    f"average of y has slope {s}; look for a path that no score or transform covers"
                )


def exact_slope(y: Data, x: Data, at: tuple[int, ...]) -> float:
    """Return the central difference of the exact average of `y` in one element of an input."""
    before, changed = x._value, x._changed
    ends = []
    try:
        for sign in (1.0, -1.0):
            moved = np.array(before, np.float64)
            step = 6e-6 * max(1.0, abs(moved[at]))
            moved[at] += sign * step
            x.value = moved
            ends.append(float(exact(y).value))
    finally:
        x._value, x._changed = before, changed  # as if it had not been moved
    return (ends[0] - ends[1]) / (2 * step)
