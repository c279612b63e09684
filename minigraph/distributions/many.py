"""A slow and smooth function at many numbers: polynomials between a few of them.

How a sample moves with a parameter of its law takes a dozen incomplete gamma functions to compute.
As long as the parameter is one number for all samples, it is a smooth function of the sample alone.
On a line along which it varies evenly, twelve Chebyshev points in each of a few panels leave an
error of about 1e-10, and a sample costs as much as a dozen multiplications.

Source: Trefethen 2019, *Approximation Theory and Approximation Practice*, chapters 8 and 13,
https://doi.org/10.1137/1.9781611975949
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

MANY = 2**9  # numbers, from which on polynomials may be faster
KEPT = 64  # values of the parameters, of which the polynomials are kept
POINTS = np.cos(math.pi * (np.arange(12) + 0.5) / 12)  # of a panel, on [-1, 1]
COEFFICIENTS = np.linalg.inv(np.vander(POINTS, increasing=True))  # from values at these
CHECKED = 0.9  # where a polynomial is compared with the function

Slope = Callable[..., Any]  # of x and the parameters


class Line(NamedTuple):
    """Where a function of x and of parameters varies evenly.

    ``place(x)`` is where x lies on the line, ``point(t)`` is the x that lies at t, and ``speed(x)``
    is dx/dt, which the function is divided by. ``width(*θ)`` is that of a panel.
    """

    place: Callable[[Any], Any]
    point: Callable[[Any], Any]
    speed: Callable[[Any], Any]
    width: Callable[..., Any]


def at_many(slope: Slope, line: Line) -> Slope:
    """Return the same function of arrays, faster where many x have the same parameters."""

    @np.errstate(all="ignore")  # what is infinite is told from the result
    def fast(x: Any, *theta: Any) -> Any:
        dtype = np.result_type(x, *theta)
        x, theta = np.asarray(x, float), tuple(np.asarray(p, float) for p in theta)
        ahead = shared_axes(x.shape, [p.shape for p in theta])
        rest = x.shape[ahead:]
        if math.prod(x.shape[:ahead]) < MANY:
            return np.asarray(slope(x, *theta), dtype=dtype)
        laid = x.reshape(-1, math.prod(rest)).T
        each = [np.broadcast_to(p.reshape(p.shape[-len(rest) :] if rest else ()), rest).ravel()
                for p in theta]  # fmt: skip
        panels = [panels_of(slope, line, tuple(map(float, one))) for one in zip(*each, strict=True)]
        found = [one(column) for one, column in zip(panels, laid, strict=True)]
        return np.stack(found, axis=-1).reshape(x.shape).astype(dtype)

    return fast


def shared_axes(shape: Sequence[int], others: Sequence[Sequence[int]]) -> int:
    """Return along how many of the first axes of `shape` none of the `others` varies."""
    if any(len(other) > len(shape) for other in others):
        return 0
    for axis in range(len(shape)):
        left = len(shape) - axis
        if any(len(other) >= left and other[-left] != 1 for other in others):
            return axis
    return len(shape)


class Panels:
    """A function of one variable as a polynomial in each panel of a line, made when it is needed.

    Panel k reaches from k to k + 1 widths.
    """

    def __init__(self, slope: Slope, line: Line, theta: tuple[float, ...]) -> None:
        self.slope, self.line, self.theta = slope, line, theta
        self.width = float(line.width(*theta))
        self.made: dict[int, Any] = {}  # by panel: the coefficients, NaN where they are no good

    def __call__(self, x: Any) -> Any:
        """Return the function at an array of numbers."""
        place = self.line.place(x) * (1.0 / self.width)
        low, high = np.min(place), np.max(place)
        if not high - low < len(x) / len(POINTS):  # far apart, or one of them at the end
            return self.slope(x, *self.theta)
        panels = range(math.floor(low), math.floor(high) + 1)
        missing = [k for k in panels if k not in self.made]
        if len(missing) > len(x) / (4 * len(POINTS)):
            return self.slope(x, *self.theta)
        if missing:
            self.make(missing)
        found = polynomial([self.made[k] for k in panels], place - panels[0])
        found *= self.line.speed(x)
        rest = np.isnan(found)
        if rest.any():
            found[rest] = self.slope(x[rest], *self.theta)
        return found

    def make(self, panels: Sequence[int]) -> None:
        """Make the polynomials of some panels, and look at one more point of each."""
        at = 0.5 * (1.0 + np.append(POINTS, CHECKED)) + np.array(panels)[:, None]
        x = self.line.point(at * self.width)
        values = self.slope(x.ravel(), *self.theta).reshape(x.shape) / self.line.speed(x)
        made = values[:, :-1] @ COEFFICIENTS.T
        right, size = values[:, -1], np.max(np.abs(values), axis=1)
        off = np.abs(polynomial(made, np.arange(len(panels)) + 0.5 * (1.0 + CHECKED)) - right)
        made[~(off <= 1e-8 * np.abs(right) + 1e-9 * size)] = np.nan
        self.made.update(zip(panels, made, strict=True))


panels_of = functools.lru_cache(maxsize=KEPT)(Panels)  # the same ones for all that ask


def polynomial(made: Sequence[Any], place: Any) -> Any:
    """Return the polynomials of consecutive panels at places counted from the first of them."""
    first, *others = np.array(made).T[::-1].copy()
    panel = place.astype(np.int64)
    place = 2.0 * (place - panel) - 1.0
    total = first[panel]
    for row in others:
        total *= place
        total += row[panel]
    return total
