"""A law sent through invertible transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import UsageError
from ..ops.boxes import stop
from ..ops.elementwise import clip, less, logical_or, where
from ..ops.reductions import sum_
from .composite import Composite, needs_law
from .constraints import Constraint, real
from .transforms import Transform


class TransformedDistribution(Composite):
    """The law of f(X) where X has a law of its own and f is a chain of invertible transforms.

    It can be sampled, scored and reparameterized as the law of X can.

    Parameters
    ----------
    base_distribution : Distribution
        The law of X.
    transforms : Transform, or a sequence of these
        Applied one after another.

    Raises
    ------
    UsageError
        If the first is no law, or one of the others no transform.

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.TransformedDistribution(mg.Normal(0.0, 1.0), mg.ExpTransform())
    >>> law.log_prob([2.0, -1.0]).value.round(6)
    array([-1.852312,      -inf])
    """

    def __init__(self, base_distribution: Any, transforms: Transform | Sequence[Transform]) -> None:
        needs_law("TransformedDistribution", base_distribution=base_distribution)
        chain = [transforms] if isinstance(transforms, Transform) else list(transforms)
        for f in chain:
            if not isinstance(f, Transform):
                raise UsageError(
                    f"TransformedDistribution: a transform is a {type(f).__name__}; pass one like "
                    "mg.AffineTransform(loc, scale) or mg.ExpTransform()"
                )
        base = base_distribution
        shape = np.broadcast_shapes(base.shape, *[f.shape for f in chain])
        parts = {f"transforms[{i}]": f for i, f in enumerate(chain)}
        super().__init__(shape, base.event_ndim, {}, base=base, **parts)
        self.support_moves = tuple(self._moving())

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

    def _back(self, y: Any) -> tuple[Any, Any, Any]:
        """Return x, the sum of the logarithms of the slopes, and whether y is outside the image."""
        outside, total = np.not_equal(0.0, 0.0), 0.0
        for f in reversed(self.chain):
            bad = np.equal(y, y) & ~f.image.holds(y)
            outside = logical_or(outside, bad)
            y = where(bad, f.image.member, y)
            x = f.inverse(y)
            total = total + f.log_slope(x, y)
            y = x
        return y, total, outside

    @property
    def support(self) -> Any:  # type: ignore[override]
        """The image of the support of X."""

        def holds(y: Any) -> Any:
            x, _, outside = self._back(y)
            return self.base.support.holds(x) & ~outside

        return Constraint(f"the image of {self.base.support}", holds, event_ndim=self.event_ndim)

    def log_density(self, x: Any) -> Any:
        before, total, outside = self._back(x)
        axes = tuple(range(-self.event_ndim, 0))
        if axes:
            total, outside = sum_(0.0 * x + total, axis=axes), np.any(outside, axis=axes)
        return where(outside, -np.inf, self.base.log_density(before) - total)

    def noise(self) -> Any:
        noise = self.base.noise()
        if noise is not None:
            noise.shape = self.shape
        return noise

    def transform(self, noise: Any) -> Any:
        return self._through(self.base.transform(noise))

    def _through(self, x: Any) -> Any:
        for f in self.chain:
            x = f(x)
        return x

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return self._through(self.base.generated(rng, shape))

    def _falls(self) -> Any:
        direction: Any = 1.0
        for f in self.chain:
            direction = direction * f.direction
        return less(direction, 0.0)

    def cumulative(self, x: Any) -> Any:
        before, _, outside = self._back(x)
        ends = stop(self._turned(self.base.cumulative(self._end(x))))
        return where(stop(outside), ends, self._turned(self.base.cumulative(before)))

    def _turned(self, below: Any) -> Any:
        """Return P(f(X) <= f(x)) from P(X <= x)."""
        return where(self._falls(), 1.0 - below, below)

    def _end(self, y: Any) -> Any:
        """Return the x of `y`, that of the end of an image if it lies beyond it."""
        for f in reversed(self.chain):
            low, high = f.image.bounds or (-np.inf, np.inf)
            y = f.inverse(clip(y, low, high) + 0.0)  # one over -0.0 is at the other end
        return y

    def quantile(self, p: Any) -> Any:
        return self._through(self.base.quantile(where(self._falls(), 1.0 - p, p)))
