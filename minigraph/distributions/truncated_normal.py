"""The normal law, kept within bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..data import Data
from ..ops.boxes import stop
from ..ops.elementwise import (
    absolute,
    clip,
    divide,
    exp,
    greater,
    isinf,
    less,
    log,
    logaddexp,
    maximum,
    square,
    where,
)
from ..ops.special import log_ndtr
from .base import Distribution
from .constraints import Constraint, interval, positive, real
from .noise import OpenUniform
from .normal_parts import FAR, normal_part
from .special import ndtri_exp

bound = Constraint("real or infinite", lambda x: ~np.isnan(x))


class TruncatedNormal(Distribution):
    """The law of Z ~ N(loc, scale²), given that low <= Z <= high.

    Its support moves with `low` and `high`, so the score function is refused for these where they
    carry a gradient. Right also far out in a tail, where the bounds have next to no mass of Z; but
    samples and quantiles are rounded as `loc` is: with ``loc=-1e8``, ``scale=1.0`` and ``low=0.0``,
    where they are about 1e-8, to multiples of 1.5e-8. Needs the extra ``scipy``.

    Parameters
    ----------
    loc : array_like
        The mean of Z.
    scale : array_like
        The standard deviation of Z, positive.
    low, high : array_like
        The bounds, ``low < high``; infinite ones are legal.

    Raises
    ------
    InputError
        If `scale` is not positive, the order is wrong, or the parameters do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.TruncatedNormal(0.0, 1.0, low=0.0).log_prob([1.0, -1.0]).value
    array([-0.72579135,        -inf])
    """

    constraints = {"loc": real, "scale": positive, "low": bound, "high": bound}
    support_moves = ("low", "high")
    ordered = ("low", "high")
    standard = OpenUniform

    def __init__(self, loc: Any, scale: Any, low: Any = -math.inf, high: Any = math.inf) -> None:
        super().__init__(loc=loc, scale=scale, low=low, high=high)

    @property
    def support(self) -> Any:
        """The closed interval from low to high."""
        low, high = (where(isinf(b), 0.0, b) for b in (self.low, self.high))
        inner = interval(self.low, self.high)
        half = where(isinf(self.low), high - self.scale, low + self.scale)
        both = where(isinf(self.low) | isinf(self.high), half, 0.5 * low + 0.5 * high)
        member = where(isinf(self.low) & isinf(self.high), self.loc, both)
        return inner._replace(member=self.typed(member))

    def _way(self, low: Any, high: Any) -> Any:
        """Return the way from low to high in scales; it is FAR to a bound that is infinite."""
        endless = stop(isinf(low) | isinf(high))
        way = self.typed(where(endless, 0.0, high) - where(endless, 0.0, low))
        return where(endless, FAR, divide(way, self.scale))

    def _mode(self) -> tuple[Any, Any]:
        """Return the mode, and how far it is from loc in scales."""
        mode = self.typed(clip(self.loc, self.low, self.high))
        return mode, divide(mode - self.loc, self.scale)

    def _moment(self, order: int, high: Any = None) -> Any:
        """Return ∫ tᵏ exp(-d t - t²/2) dt from low to high, t away from the mode, d that from loc.

        The density is as that exponential, which is 1 at the mode.
        """
        mode, d = self._mode()
        below = normal_part(maximum(-d, 0.0), self._way(self.low, mode), order=order)
        above = self._way(mode, self.high if high is None else high)
        above = normal_part(maximum(d, 0.0), above, order=order)
        return above - below if order % 2 else above + below

    def _averages(self) -> tuple[Any, Any]:
        """Return the means of t and of t²."""
        mass = self._moment(0)
        return divide(self._moment(1), mass), divide(self._moment(2), mass)

    def transform(self, noise: Any) -> Any:
        return self.quantile(noise)

    def quantile(self, p: Any) -> Any:
        share = p
        # To the right of loc, P below either bound is next to 1: there, look in a mirror.
        mirrored = stop(greater(self.low, self.loc))
        sign = where(mirrored, -1.0, 1.0)
        left, right = (self._log_below(b, sign) for b in (self.low, self.high))
        left, right = where(mirrored, right, left), where(mirrored, left, right)
        p, rest = where(mirrored, 1.0 - p, p), where(mirrored, p, 1.0 - p)
        z = ndtri_exp(logaddexp(left + log(rest), right + log(p)))
        x = self.loc + self.scale * (sign * z)
        wide = stop(less(1e-4 * self.scale, self.high - self.low))
        if type(wide) is Data or not np.all(wide):  # numbers that are not recorded skip this
            x = self._unless_narrow(x, share, wide)
        return self.typed(clip(x, self.low, self.high))

    def _unless_narrow(self, x: Any, p: Any, wide: Any) -> Any:
        """Return quantiles `x`; in a narrow window, where P is alike at both bounds, better ones.

        With s in (-½, ½) the share of the window, the density is as exp(-tilt s - way² s²/2). This
        is the quantile up to second order in both; less than 1e-11 of the window is left out.
        """
        low, high = (where(wide, self.loc, b) for b in (self.low, self.high))
        width = high - low
        way = divide(width, self.scale)
        tilt = way * divide(0.5 * low + 0.5 * high - self.loc, self.scale)
        narrow = stop(less(absolute(tilt), where(wide, 0.0, 1e-3)))
        first, second = width * tilt * 0.5, width * (2.0 * square(tilt) + square(way)) * (1.0 / 6.0)
        bend = p * (1.0 - p)
        near = low + width * p - (bend * first + bend * (p - 0.5) * second)
        return where(narrow, near, x)

    def _log_below(self, bound: Any, sign: Any) -> Any:
        """Return log P(sign · Z <= sign · bound)."""
        endless = stop(isinf(bound))
        z = divide(where(endless, self.loc, bound) - self.loc, self.scale)
        end = where(stop(greater(sign * bound, 0.0)), 0.0, -np.inf)
        return where(endless, end, log_ndtr(sign * z))

    def formula(self, x: Any) -> Any:
        mode, d = self._mode()
        t = divide(x - mode, self.scale)
        return -t * (d + 0.5 * t) - log(self._moment(0)) - log(self.scale)

    def cumulative(self, x: Any) -> Any:
        x = clip(x, self.low, self.high)
        mode, d = self._mode()
        low = stop(less(x, mode))
        t = where(low, -self._way(x, mode), 0.0)
        tail = exp(-t * (d + 0.5 * t)) * normal_part(maximum(-d - t, 0.0), self._way(self.low, x))
        share = where(low, tail, self._moment(0, where(low, mode, x)))
        return divide(share, self._moment(0))

    @property
    def mean(self) -> Any:
        """The mean."""
        return self._mode()[0] + self.scale * self._averages()[0]

    @property
    def variance(self) -> Any:
        """The variance."""
        first, second = self._averages()
        return square(self.scale) * (second - square(first))

    @property
    def mode(self) -> Any:
        """Where the density is highest: `loc`, or the bound next to it."""
        return self.full(self._mode()[0])

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        first, second = self._averages()
        return self._mode()[1] * first + 0.5 * second + log(self._moment(0)) + log(self.scale)
