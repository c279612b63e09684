"""The normal law, kept within bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..ops.boxes import stop
from ..ops.elementwise import clip, divide, exp, greater, isinf, log, logaddexp, square, where
from ..ops.special import log_ndtr
from .base import Distribution
from .constraints import Constraint, interval, positive, real
from .noise import OpenUniform
from .parameters import refuse_order
from .special import ndtri_exp

bound = Constraint("real or infinite", lambda x: ~np.isnan(x))


class TruncatedNormal(Distribution):
    """The law of Z ~ N(loc, scale²), given that low <= Z <= high.

    Its support moves with `low` and `high`, so the score function is refused for these where they
    carry a gradient. Right also far out in a tail, where the bounds have next to no mass of Z.
    Needs the extra ``scipy``.

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

    def __init__(self, loc: Any, scale: Any, low: Any = -math.inf, high: Any = math.inf) -> None:
        super().__init__(loc=loc, scale=scale, low=low, high=high)

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        super().refuse_bad(values)
        refuse_order(self, values, "low", "high")

    @property
    def support(self) -> Any:  # type: ignore[override]
        """The closed interval from low to high."""
        low, high = (where(isinf(b), 0.0, b) for b in (self.low, self.high))
        inner = interval(self.low, self.high)
        half = where(isinf(self.low), high - self.scale, low + self.scale)
        both = where(isinf(self.low) | isinf(self.high), half, 0.5 * low + 0.5 * high)
        return inner._replace(member=where(isinf(self.low) & isinf(self.high), self.loc, both))

    def _standard(self, x: Any) -> Any:
        """Return a bound on the scale of the standard normal; 0 for an infinite one."""
        return divide(where(isinf(x), self.loc, x) - self.loc, self.scale)

    def _tails(self) -> tuple[Any, Any, Any]:
        """Return on which side the bounds lie, and log P below each, seen from that side.

        To the right of the mean both probabilities are next to 1, and their difference is lost;
        so there the law is looked at in a mirror.
        """
        low, high = self._standard(self.low), self._standard(self.high)
        mirrored = greater(low, 0.0) & ~isinf(self.low)
        sign = where(mirrored, -1.0, 1.0)
        below, above = where(mirrored, -self.high, self.low), where(mirrored, -self.low, self.high)
        left = log_ndtr(where(mirrored, -high, low))
        right = log_ndtr(where(mirrored, -low, high))
        left = where(isinf(below), -np.inf, left)
        right = where(isinf(above), 0.0, right)
        return sign, left, right

    def _log_mass(self) -> Any:
        _, left, right = self._tails()
        return right + log(-np.expm1(left - right))

    def noise(self) -> OpenUniform:
        return OpenUniform(self.shape, self.dtype)

    def transform(self, noise: Any) -> Any:
        return self.quantile(noise)

    def quantile(self, p: Any) -> Any:
        sign, left, right = self._tails()
        mirrored = np.less(sign, 0.0)
        p, rest = where(mirrored, 1.0 - p, p), where(mirrored, p, 1.0 - p)
        z = ndtri_exp(logaddexp(left + log(rest), right + log(p)))
        return clip(self.loc + self.scale * (sign * z), self.low, self.high)

    def formula(self, x: Any) -> Any:
        z = divide(x - self.loc, self.scale)
        half = 0.5 * math.log(2.0 * math.pi)
        return -0.5 * square(z) - log(self.scale) - half - self._log_mass()

    def cumulative(self, x: Any) -> Any:
        inside = clip(x, self.low, self.high)
        far = stop(isinf(inside))
        z = divide(where(far, self.loc, inside) - self.loc, self.scale)
        sign, left, right = self._tails()
        above = stop(greater(sign * inside, 0.0))
        here = where(far, where(above, 0.0, -np.inf), log_ndtr(sign * z))
        top, bottom = where(np.less(sign, 0.0), right, here), where(np.less(sign, 0.0), here, left)
        share = exp(top - right) * -np.expm1(where(stop(isinf(bottom)), -np.inf, bottom - top))
        return share * divide(1.0, -np.expm1(left - right))

    def _edges(self) -> tuple[Any, Any, Any, Any]:
        """Return the bounds, and the density there of the truncated standard normal."""
        mass = self._log_mass() + 0.5 * math.log(2.0 * math.pi)
        low, high = self._standard(self.low), self._standard(self.high)
        at_low = where(isinf(self.low), 0.0, exp(-0.5 * square(low) - mass))
        at_high = where(isinf(self.high), 0.0, exp(-0.5 * square(high) - mass))
        return low, high, at_low, at_high

    @property
    def mean(self) -> Any:
        """The mean."""
        _, _, at_low, at_high = self._edges()
        return self.loc + self.scale * (at_low - at_high)

    @property
    def variance(self) -> Any:
        """The variance."""
        low, high, at_low, at_high = self._edges()
        off = at_low - at_high
        return square(self.scale) * (1.0 + low * at_low - high * at_high - square(off))

    @property
    def mode(self) -> Any:
        """Where the density is highest: `loc`, or the bound next to it."""
        return self.full(clip(self.loc, self.low, self.high))

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        low, high, at_low, at_high = self._edges()
        edge = 0.5 * (low * at_low - high * at_high)
        return 0.5 * math.log(2.0 * math.pi * math.e) + log(self.scale) + self._log_mass() + edge
