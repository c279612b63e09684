"""Mixtures: first which law, then a draw from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..ops.boxes import stop
from ..ops.elementwise import equal, exp, log, minimum, square, where
from ..ops.reductions import logsumexp, max_, sum_
from ..ops.shaping import expand_dims, shape_of
from ..ops.trigonometry import arctan2, cos, hypot, sin
from .base import Distribution
from .categorical import Categorical
from .charts import Chart, chart_of, midpoints
from .composite import Composite, needs_law
from .definition import still
from .implicit import by_cdf
from .parameters import broadcast
from .von_mises import angle


class MixtureSameFamily(Composite):
    """A mixture of K laws of one family: first which one, then a draw from it.

    A continuous mixture of numbers with a cdf is differentiated implicitly, along its quantiles;
    if the supports of the components may lie apart, only with ``continuous=True``.

    Parameters
    ----------
    mixture_distribution : Categorical
        The probabilities of the K components.
    component_distribution : Distribution
        The components, along the last axis of its batch shape.

    Raises
    ------
    InputError
        If the last batch axis of the components is not of size K.

    Examples
    --------
    >>> import minigraph as mg
    >>> weights = mg.Categorical([0.25, 0.75])
    >>> law = mg.MixtureSameFamily(weights, mg.Normal([-1.0, 1.0], 0.5))
    >>> law.mean.value, law.variance.value
    (0.5, 1.0)
    """

    def __init__(self, mixture_distribution: Any, component_distribution: Any) -> None:
        needs_law(
            "MixtureSameFamily",
            mixture_distribution=mixture_distribution,
            component_distribution=component_distribution,
        )
        weights, parts = mixture_distribution, component_distribution
        if not isinstance(weights, Categorical):
            raise UsageError(
                f"MixtureSameFamily: mixture_distribution is {weights!r}; it must be a "
                "mg.Categorical, the law of which component"
            )
        sizes = parts.batch_shape[-1:]
        if sizes != (weights.size,):
            raise InputError(
                f"MixtureSameFamily: {weights.size} weights, and the components "
                f"have batch shape {parts.batch_shape}, whose last axis must be that long"
            )
        batches = {"weights": weights.batch_shape, "components": parts.batch_shape[:-1]}
        batch = broadcast("MixtureSameFamily", batches.values(), batches)
        super().__init__(
            batch + parts.event_shape,
            parts.event_ndim,
            parts.dtype,
            {"mixture": -parts.event_ndim, "component": 1},
            mixture=weights,
            component=parts,
        )
        self.support_moves = tuple(f"component.{name}" for name in parts.support_moves)
        self.kinks = tuple(f"component.{name}" for name in parts.kinks)
        # Quantiles jump over a gap between the supports of two components.
        self.transform_jumps = bool(parts.support_moves)
        self.held = False

    @property
    def component(self) -> Any:
        """The law of the components."""
        return self.parts["component"]

    @property
    def support(self) -> Any:
        """That of the components; where each has its own, all of these."""
        inner = self.component.support
        if self.event_ndim or not self.component.support_moves:
            return inner
        member = inner.member[..., 0] if shape_of(inner.member) else inner.member
        return inner._replace(
            holds=lambda x: np.any(inner.holds(self._each(x)), axis=-1), member=member
        )

    def _each(self, x: Any) -> Any:
        """Return `x` with an axis for the components."""
        x = x if hasattr(x, "shape") else np.asarray(x)
        return expand_dims(x, axis=-1 - self.event_ndim)

    def _mixed(self, value: Any, event_ndim: int = 0) -> Any:
        """Return the average over the components of what each of them has."""
        probs = self.parts["mixture"].probs
        for _ in range(event_ndim):
            probs = expand_dims(probs, axis=-1)
        unused = equal(probs, 0.0) & ~np.isfinite(value)
        return sum_(probs * where(unused, 0.0, value), axis=-1 - event_ndim)

    def log_density(self, x: Any) -> Any:
        each = self.component.log_density(self._each(x))
        if "logits" in self.parts["mixture"].parameters:
            return logsumexp(self.parts["mixture"].logits + each, axis=-1)
        # A weight of 0 has a slope, and its logarithm has none.
        probs, largest = self.parts["mixture"].probs, math.log(np.finfo(self.dtype).max) - 1.0
        most = stop(max_(where(equal(probs, 0.0), -np.inf, each), axis=-1, keepdims=True))
        most = where(np.isfinite(most), most, 0.0)
        total = sum_(probs * exp(minimum(each - most, largest)), axis=-1)
        never = stop(equal(total, 0.0))
        return where(never, -np.inf, log(where(never, 1.0, total)) + most[..., 0])

    def probability(self, x: Any) -> Any:
        return self._mixed(self.component.probability(self._each(x)))

    def cumulative(self, x: Any) -> Any:
        return self._mixed(self.component.cumulative(self._each(x)))

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        axis = len(shape) - self.event_ndim
        k = self.parts["mixture"].index(rng, shape[:axis])
        size = self.component.batch_shape[-1]
        each, _ = self.component.draw(rng, (*shape[:axis], size, *shape[axis:]))
        place = k.reshape(*shape[:axis], 1, *(1,) * self.event_ndim)
        return np.take_along_axis(np.asarray(each), place, axis=axis).squeeze(axis)

    def noise(self) -> Any:
        has_cdf = type(self.component).cumulative is not Distribution.cumulative
        if self.held or self.event_ndim or self.component.support.discrete or not has_cdf:
            return None
        noise = self.with_inputs([still(x) for x in self.inputs])
        noise.held = True
        return noise

    def transform(self, noise: Any) -> Any:
        if not isinstance(noise, Data):
            return noise
        return by_cdf(noise, self.cumulative(noise), exp(self.log_density(noise)))

    def reach(self, spread: int = 1) -> float | None:
        return self.component.reach(spread)

    def outcomes(self, spread: int = 1) -> Any:
        return self.component.outcomes(spread)

    def chart(self) -> Any:
        """Return the chart of the noise of the components, one after another."""
        noise, k = self.component.noise(), self.component.batch_shape[-1]
        inner = None if noise is None else chart_of(noise)
        if inner is None:
            return None
        weight = inner.weight
        return Chart(lambda s: s, lambda s: weight(k * s % 1.0), k * inner.parts)

    def quadrature(self, n: int) -> tuple[Any, Any]:
        """The rule of each component."""
        return midpoints(self.chart(), n)

    def _placed(self, points: Any) -> tuple[Any, Any, Any]:
        """Return which components the points are of, and noise of all of them there."""
        noise, k = self.component.noise(), self.component.batch_shape[-1]
        axis = -1 - self.event_ndim
        each = np.repeat(np.expand_dims(k * points % 1.0, axis), k, axis=axis)
        return np.floor(k * points).astype(int), noise, chart_of(noise).point(each)

    def _picked(self, each: Any, k: Any) -> Any:
        """Return, of what each of the components has, that of number k."""
        axis = -1 - self.event_ndim
        return np.take_along_axis(each, np.expand_dims(k, axis), axis=axis).squeeze(axis)

    def place(self, points: Any) -> Any:
        k, noise, inner = self._placed(points)
        return self._picked(self.component.transform(noise.place(inner)), k)

    def tilt(self, points: Any) -> Any:
        """Return the probability of the component, 0 where parts of a vector are of several."""
        k, noise, inner = self._placed(points)
        events, size = tuple(range(-self.event_ndim, 0)), self.component.batch_shape[-1]
        own = self._picked(np.broadcast_to(noise.tilt(inner), inner.shape), k)
        same = np.equal(k, np.min(k, axis=events, keepdims=True)) if events else True
        probs = np.broadcast_to(self.parts["mixture"].probs, (*self._first(k).shape, size))
        weight = np.take_along_axis(probs, self._first(k)[..., None], -1)[..., 0]
        return weight * np.prod(size * own * same, axis=events)

    def _first(self, k: Any) -> Any:
        return k[(..., *(0,) * self.event_ndim)]

    def _direction(self) -> tuple[Any, Any]:
        """Return the sine and the cosine of angles, averaged over all of the mixture."""
        length, at = 1.0 - self.component.variance, self.component.mean
        sine, cosine = (self._mixed(length * f(at), self.event_ndim) for f in (sin, cos))
        return sine, cosine

    @property
    def mean(self) -> Any:
        """The mean; of angles, the mean direction."""
        if self.support.name.startswith(angle.name):
            return self.full(arctan2(*self._direction()))
        return self.full(self._mixed(self.component.mean, self.event_ndim))

    @property
    def variance(self) -> Any:
        """The variance: that within the components, and between their means; circular of angles."""
        if self.support.name.startswith(angle.name):
            return self.full(1.0 - hypot(*self._direction()))
        off = self.component.mean - self._each(self.mean)
        return self.full(self._mixed(self.component.variance + square(off), self.event_ndim))
