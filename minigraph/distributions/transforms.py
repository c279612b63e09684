"""Transforms: invertible functions of a number, with the logarithm of their slope."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..ops.elementwise import (
    absolute,
    divide,
    exp,
    expm1,
    log,
    log1p,
    power,
    sigmoid,
    sign,
    softplus,
)
from ..ops.trigonometry import arctanh, tanh
from .base import Distribution
from .constraints import Constraint, open_unit_interval, positive, real
from .definition import missing


class Transform(Distribution):
    """A function y = f(x) of numbers. Like a law it has parameters, which may be Data.

    A subclass writes `__call__`, `inverse` and `log_slope`, in operations, and says in `domain`
    which numbers go in, and in `image` which values come out.
    """

    domain: ClassVar[Constraint] = real
    image: ClassVar[Constraint] = real

    def __call__(self, x: Any) -> Any:
        """Return f(x)."""
        raise missing(self, "__call__(self, x)", "f(x)")

    def inverse(self, y: Any) -> Any:
        """Return the x with f(x) = y."""
        raise missing(self, "inverse(self, y)", "the x with f(x) = y")

    def log_slope(self, x: Any, y: Any) -> Any:
        """Return log |f'(x)|, where y = f(x)."""
        raise missing(self, "log_slope(self, x, y)", "log |f'(x)|, where y = f(x)")

    @property
    def direction(self) -> Any:
        """1 if the function rises, -1 if it falls."""
        return 1.0


class AffineTransform(Transform):
    """y = loc + scale · x, with scale not 0.

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.TransformedDistribution(mg.Normal(0.0, 1.0), mg.AffineTransform(1.0, -2.0))
    >>> law.log_prob(1.0).value == mg.Normal(1.0, 2.0).log_prob(1.0).value
    True
    """

    constraints = {
        "loc": real,
        "scale": Constraint("real and not 0", lambda x: np.isfinite(x) & np.not_equal(x, 0), 1.0),
    }

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0) -> None:
        super().__init__(loc=loc, scale=scale)

    def __call__(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def inverse(self, y: Any) -> Any:
        return divide(y - self.loc, self.scale)

    def log_slope(self, x: Any, y: Any) -> Any:
        return 0.0 * x + log(absolute(self.scale))

    @property
    def direction(self) -> Any:
        return sign(self.scale)


class ExpTransform(Transform):
    """y = exp(x)."""

    image = positive

    def __call__(self, x: Any) -> Any:
        return exp(x)

    def inverse(self, y: Any) -> Any:
        return log(y)

    def log_slope(self, x: Any, y: Any) -> Any:
        return x


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x))."""

    image = open_unit_interval

    def __call__(self, x: Any) -> Any:
        return sigmoid(x)

    def inverse(self, y: Any) -> Any:
        return log(y) - log1p(-y)

    def log_slope(self, x: Any, y: Any) -> Any:
        return -softplus(x) - softplus(-x)


class TanhTransform(Transform):
    """y = tanh(x)."""

    image = Constraint(
        "in (-1, 1)", lambda y: np.greater(y, -1) & np.less(y, 1), bounds=(-1.0, 1.0)
    )

    def __call__(self, x: Any) -> Any:
        return tanh(x)

    def inverse(self, y: Any) -> Any:
        return arctanh(y)

    def log_slope(self, x: Any, y: Any) -> Any:
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class SoftplusTransform(Transform):
    """y = log(1 + exp(x))."""

    image = positive

    def __call__(self, x: Any) -> Any:
        return softplus(x)

    def inverse(self, y: Any) -> Any:
        return y + log(-expm1(-y))

    def log_slope(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


class PowerTransform(Transform):
    """y = x ** exponent, for positive x and an exponent that is not 0."""

    constraints = {"exponent": AffineTransform.constraints["scale"]}
    domain = image = positive

    def __init__(self, exponent: Any) -> None:
        super().__init__(exponent=exponent)

    def __call__(self, x: Any) -> Any:
        return power(x, self.exponent)

    def inverse(self, y: Any) -> Any:
        return power(y, divide(1.0, self.exponent))

    def log_slope(self, x: Any, y: Any) -> Any:
        return log(absolute(self.exponent)) + (self.exponent - 1.0) * log(x)

    @property
    def direction(self) -> Any:
        return sign(self.exponent)
