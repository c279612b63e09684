"""The Kumaraswamy law: like a Beta law, with a cdf in closed form."""

from __future__ import annotations

from typing import Any

from ..ops.boxes import stop
from ..ops.elementwise import (
    divide,
    equal,
    exp,
    expm1,
    log,
    log1p,
    power,
    reciprocal,
    where,
)
from ..ops.special import betaln, digamma, polygamma, xlogy
from ..ops.tails import in_double
from .base import Distribution
from .constraints import positive, unit_interval
from .noise import StandardExponential
from .parameters import from_zero, inside_unit
from .special import PSI, log_one_less, log_second
from .standards import EULER


class Kumaraswamy(Distribution):
    """The Kumaraswamy law on [0, 1] with cdf 1 - (1 - x^a)^b.

    A sample that rounding would take to 1 stays next to it. For small b such samples are many, and
    their scores are biased: take the pathwise gradient.

    Parameters
    ----------
    concentration1 : array_like
        a, positive.
    concentration0 : array_like
        b, positive.

    Raises
    ------
    InputError
        If a parameter is not positive, or the two do not broadcast.

    References
    ----------
    Kumaraswamy 1980, *A generalized probability density function for double-bounded random
    processes*, https://doi.org/10.1016/0022-1694(80)90036-0

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Kumaraswamy(1.0, 2.0).cdf(0.5).value
    0.75
    """

    constraints = {"concentration1": positive, "concentration0": positive}
    support = unit_interval
    standard = StandardExponential

    def __init__(self, concentration1: Any, concentration0: Any) -> None:
        super().__init__(concentration1=concentration1, concentration0=concentration0)

    def _below(self, tail: Any) -> Any:
        """Return where P(X > x) = exp(-tail)."""
        rest = -expm1(-divide(tail, self.concentration0))
        return power(rest, reciprocal(self.concentration1))

    def transform(self, noise: Any) -> Any:
        return inside_unit(self._below(noise), self.dtype)

    def formula(self, x: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        flat = stop(equal(b, 1.0) & equal(x, 1.0))  # 0 · log 0 is 0 there: nothing jumps
        rest = (b - 1.0) * where(flat, 0.0, log_one_less(where(flat, 0.5, x), a))
        return log(a) + log(b) + xlogy(a - 1.0, x) + rest

    def cumulative(self, x: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        return from_zero(x, 1.0, 0.5, lambda x: -expm1(b * log_one_less(x, a)))

    def quantile(self, p: Any) -> Any:
        return self._below(-log1p(-p))

    @property
    def mean(self) -> Any:
        """The mean."""
        a, b = self.concentration1, self.concentration0
        return b * exp(betaln(1.0 + reciprocal(a), b))

    @property
    def variance(self) -> Any:
        """The variance."""

        def variance(a: Any, b: Any) -> Any:
            slopes = [psi - polygamma(n + 1.0, 1.0 + b) for n, psi in enumerate(PSI)]
            log_moment = lambda k: log(b) + betaln(1.0 + k, b)
            k = reciprocal(a)
            return -exp(log_moment(2.0 * k)) * expm1(-log_second(log_moment, k, slopes))

        return in_double(variance)(self.concentration1, self.concentration0)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        a, b = self.concentration1, self.concentration0
        harmonic = digamma(b + 1.0) + EULER
        return (1.0 - reciprocal(b)) + (1.0 - reciprocal(a)) * harmonic - log(a) - log(b)
