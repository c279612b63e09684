"""A law sent through invertible transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..ops.boxes import stop
from ..ops.elementwise import clip, less, logical_or, where
from ..ops.reductions import sum_
from .composite import Composite, needs_law
from .constraints import Constraint, real, simplex
from .parameters import broadcast, inside
from .transforms import Transform


class TransformedDistribution(Composite):
    """The law of f(X) where X has a law of its own and f is a chain of invertible transforms.

    It can be sampled, scored and reparameterized as the law of X can. A sample that rounding would
    take to an end of the image, as that of tanh(20), stays next to it. If such samples are many,
    their scores are not those of the numbers they came from: transform a draw instead, as
    ``mg.tanh(mg.sample(mg.Normal(θ, 10.0)))``, whose score is right.

    Parameters
    ----------
    base_distribution : Distribution
        The law of X, a continuous one, and not on a simplex.
    transforms : Transform, or a sequence of these
        Applied one after another.

    Raises
    ------
    UsageError
        If the first is no law, a discrete one or one on a simplex, or another is no transform.
    InputError
        If X has mass where a transform is not defined.

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.TransformedDistribution(mg.Normal(0.0, 1.0), mg.ExpTransform())
    >>> law.log_prob([2.0, -1.0]).value.round(6)
    array([-1.852312,      -inf])
    """

    def __init__(self, base_distribution: Any, transforms: Transform | Sequence[Transform]) -> None:
        needs_law("TransformedDistribution", base_distribution=base_distribution)
        chain = list(transforms) if np.iterable(transforms) else [transforms]
        for f in chain:
            if not isinstance(f, Transform):
                raise UsageError(
                    f"TransformedDistribution: got {type(f).__name__} as a transform; pass one "
                    "like mg.AffineTransform(loc, scale) or mg.ExpTransform()"
                )
        base = base_distribution
        if base.support.discrete:
            raise UsageError(
                f"TransformedDistribution: {base!r} is discrete, and rounding on the way back "
                "would lose its values; transform a draw instead, as mg.exp(mg.sample(…))"
            )
        if base.support.name.startswith(simplex.name):
            raise UsageError(
                f"TransformedDistribution: {base!r} has all its mass on a simplex, where K slopes "
                "are one too many for a density; transform a draw instead, as 2.0 * mg.sample(…)"
            )
        parts: dict[str, Any] = {f"transforms[{i}]": f for i, f in enumerate(chain)}
        shapes = {name: part.shape for name, part in [("base", base), *parts.items()]}
        shape = broadcast("TransformedDistribution", shapes.values(), shapes)
        if shape[len(shape) - base.event_ndim :] != base.event_shape:
            raise InputError(
                f"TransformedDistribution: one draw of {base!r} has shape {base.event_shape}, and "
                f"transforms of other shapes make it part of {shape}; give the base that many "
                "numbers, or the transforms fewer"
            )
        dtype = np.result_type(base.dtype, *[x._value for f in chain for x in f.inputs])
        super().__init__(shape, base.event_ndim, dtype, base=base, **parts)
        self.support_moves = tuple(self._moving())
        if base.kinks:
            applied = [f"{key}.{name}" for key, f in parts.items() for name in f.parameters]
            self.kinks = (*(f"base.{name}" for name in base.kinks), *applied)
        self._refuse_outside()

    def _refuse_outside(self) -> None:
        """Raise for a transform that is not defined for all numbers which arrive there."""
        if all(f.domain is real for f in self.chain):
            return
        law = self.plain()
        ends = law.base.support.bounds
        for f in law.chain if ends else ():
            low, high = f.domain.bounds or (-np.inf, np.inf)
            ends = np.broadcast_arrays(*ends)
            if np.any(np.less(ends, low) | np.greater(ends, high)):
                raise InputError(
                    f"TransformedDistribution: {f!r} takes {f.domain} numbers, and those that "
                    f"arrive lie between {np.min(ends)} and {np.max(ends)}; use a base whose "
                    "support is narrower, or a transform before it whose image is"
                )
            with np.errstate(all="ignore"):
                ends = [f(end) for end in ends]

    def _moving(self) -> list[str]:
        """Return the parameters that move the edge of the support: those applied to an edge."""
        moving = [f"base.{name}" for name in self.base.support_moves]
        edge = self.base.support is not real
        for key, f in zip(list(self.parts)[1:], self.chain, strict=True):
            moving += [f"{key}.{name}" for name in f.parameters] if edge else []
            edge = edge or f.image is not real
        return moving

    @property
    def base(self) -> Any:
        """The law of X."""
        return self.parts["base"]

    @property
    def chain(self) -> list[Any]:
        """The transforms, in the order they are applied."""
        return list(self.parts.values())[1:]

    def _back(self, y: Any, drawn: bool = False) -> tuple[Any, Any, Any]:
        """Return x, the sum of the logarithms of the slopes, and whether y is outside the image.

        What was drawn is inside, and at most rounding says otherwise.
        """
        outside, total = np.not_equal(0.0, 0.0), 0.0
        for f in reversed(self.chain):
            y = self._inside(y, f) if drawn else y
            bad = np.equal(y, y) & ~f.image.holds(y)
            outside = logical_or(outside, bad)
            y = where(bad, f.image.member, y)
            x = f.inverse(y)
            total = total + f.log_slope(x, y)
            y = x
        return y, total, outside

    @property
    def support(self) -> Any:
        """The image of the support of X."""

        def holds(y: Any) -> Any:
            x, _, outside = self._back(y)
            return self.base.support.holds(x) & ~outside

        return Constraint(f"the image of {self.base.support}", holds, event_ndim=self.event_ndim)

    def log_density(self, x: Any, drawn: bool = False) -> Any:
        before, total, outside = self._back(x, drawn)
        axes = tuple(range(-self.event_ndim, 0))
        if axes:
            total, outside = sum_(0.0 * x + total, axis=axes), np.any(outside, axis=axes)
        return where(outside, -np.inf, self.base.log_density(before) - total)

    def log_prob_drawn(self, x: Any) -> Data:
        return self._boxed("log_prob", lambda x: self.log_density(x, drawn=True), x)

    def noise(self) -> Any:
        noise = self.base.noise()
        if noise is not None:
            noise.shape, noise.dtype = self.shape, self.dtype
        return noise

    def transform(self, noise: Any) -> Any:
        return self._through(self.base.transform(noise))

    def _through(self, x: Any) -> Any:
        """Return f(x), next to the end of an image where rounding would take it there."""
        for f in self.chain:
            x = self._inside(f(x), f)
        return x

    def _inside(self, y: Any, f: Any) -> Any:
        low, high = f.image.bounds or (-np.inf, np.inf)
        return y if f.image is real else inside(y, low, high, self.dtype)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return self._through(self.base.generated(rng, shape))

    def _falls(self) -> Any:
        direction: Any = 1.0
        for f in self.chain:
            direction = direction * f.direction
        return less(direction, 0.0)

    def cumulative(self, x: Any) -> Any:
        before, _, outside = self._back(x)
        ends = stop(self._turned(self._end(x)))
        return where(stop(outside), ends, self._turned(before))

    def _turned(self, x: Any) -> Any:
        """Return P(f(X) <= f(x))."""
        below = self.base.cumulative(x)
        return where(self._falls(), self.base.above(x, below), below)

    def _end(self, y: Any) -> Any:
        """Return the x of `y`, that of the end of an image if it lies beyond it."""
        for f in reversed(self.chain):
            low, high = f.image.bounds or (-np.inf, np.inf)
            y = f.inverse(clip(y, low, high) + 0.0)  # one over -0.0 is at the other end
        return y

    def quantile(self, p: Any) -> Any:
        x = self.base.quantile(where(self._falls(), 1.0 - p, p))
        for f in self.chain:
            x = f(x)
        return x
