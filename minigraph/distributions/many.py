"""A slow and smooth function at many numbers: polynomials between a few of them.

How a sample moves with a parameter of its law takes a dozen incomplete gamma functions to compute.
As long as the parameter is one number for all samples, it is a smooth function of the sample alone.
On a line along which it varies evenly, ten Chebyshev points in each of a few dozen panels leave an
error of about 1e-10, and a sample costs as much as ten multiplications.

Source: Trefethen 2019, *Approximation Theory and Approximation Practice*, chapters 8 and 13,
https://doi.org/10.1137/1.9781611975949
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

MANY = 2**9  # numbers, from which on polynomials may be faster
CHECKED = 8  # of them are compared with the function itself
POINTS = np.cos(math.pi * (np.arange(12) + 0.5) / 12)  # of a panel, on [-1, 1]
COEFFICIENTS = np.linalg.inv(np.vander(POINTS, increasing=True))  # from values at these

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
        found = [_column(slope, line, *one) for one in zip(laid, *each, strict=True)]
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


def _column(slope: Slope, line: Line, x: Any, *theta: float) -> Any:
    """Return the slope at many x, for one value of each parameter."""
    t = line.place(x)
    low, high = float(np.min(t)), float(np.max(t))
    panels = max(1.0, (high - low) / float(line.width(*theta)))
    if not panels < len(x) / (4 * len(POINTS)):  # few x, or far apart, or one at the end
        return slope(x, *theta)
    edges = np.linspace(low, high, math.ceil(panels) + 1)
    points = edges[:-1, None] + 0.5 * (edges[1] - low) * (1.0 + POINTS)
    nodes, some = line.point(points.ravel()), x[:: len(x) // CHECKED]
    right = slope(np.concatenate([nodes, some]), *theta)
    values = (right[: nodes.size] / line.speed(nodes)).reshape(points.shape)
    found = _between(values, edges, t) * line.speed(x)
    off = np.abs(found[:: len(x) // CHECKED] - right[nodes.size :])
    close = off <= 1e-8 * np.abs(right[nodes.size :]) + 1e-9 * np.max(np.abs(found))
    return found if np.all(close) else slope(x, *theta)


def _between(values: Any, edges: Any, t: Any) -> Any:
    """Return at `t` the polynomial of each panel between `edges` that has these `values`."""
    first, *others = np.ascontiguousarray(COEFFICIENTS @ values.T)[::-1]
    place = (t - edges[0]) * (1.0 / (edges[1] - edges[0] or 1.0))
    panel = np.minimum(place.astype(np.int64), len(edges) - 2)
    place = 2.0 * (place - panel) - 1.0
    total = first[panel]
    for row in others:
        total *= place
        total += row[panel]
    return total
