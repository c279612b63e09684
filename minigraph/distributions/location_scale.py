"""Laws that are noise, stretched and moved: X = loc + scale · ε."""

from __future__ import annotations

from typing import Any

from ..ops.elementwise import divide, log, square
from .base import Distribution
from .constraints import nonnegative, positive, real
from .standards import StandardCauchy, StandardGumbel, StandardLaplace, StandardLogistic


class LocationScale(Distribution):
    """The parent of the laws of loc + scale · ε; a child names the law of ε.

    A child with other parameters says in `origin` and `unit` what is added and multiplied.

    Parameters
    ----------
    loc : array_like
        What is added, in the units of the samples.
    scale : array_like
        What ε is multiplied by, positive.
    """

    constraints = {"loc": real, "scale": positive}
    support = real
    symmetric = False  # around `origin`

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc=loc, scale=scale)

    @property
    def origin(self) -> Any:
        """Where noise of 0 goes; None for 0."""
        return self.loc

    @property
    def unit(self) -> Any:
        """How far noise of 1 goes from there."""
        return self.scale

    def transform(self, noise: Any) -> Any:
        stretched = self.unit * noise
        return stretched if self.origin is None else self.origin + stretched

    def overwrite(self, noise: Any) -> Any:
        noise *= self.unit
        if self.origin is not None:
            noise += self.origin
        return noise

    def _inverse(self, x: Any) -> Any:
        return divide(x if self.origin is None else x - self.origin, self.unit)

    def formula(self, x: Any) -> Any:
        return self.noise().formula(self._inverse(x)) - log(self.unit)

    def cumulative(self, x: Any) -> Any:
        return self._below(self._inverse(x))

    def above(self, x: Any, below: Any) -> Any:  # 1 - below has no digits of a small tail
        return self._below(-self._inverse(x)) if self.symmetric else super().above(x, below)

    def _below(self, noise: Any) -> Any:
        """Return the probability of less noise."""
        return self.noise().cumulative(noise)

    def quantile(self, p: Any) -> Any:
        return self.transform(self.noise().quantile(p))

    def _at(self, noise: float) -> Any:
        flat = noise == 0.0 and self.origin is not None
        return self.full(self.origin if flat else self.transform(noise))

    @property
    def mean(self) -> Any:
        """The mean; NaN where there is none."""
        return self._at(self.standard.average)

    @property
    def variance(self) -> Any:
        """The variance; NaN where there is none."""
        return self.full(square(self.unit) * self.standard.spread)

    @property
    def mode(self) -> Any:
        """Where the density is highest; of a flat one, the middle."""
        return self._at(self.standard.peak)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        return self.full(log(self.unit) + self.standard.nats)


class Size(LocationScale):
    """The parent of the laws of scale · |ε|; a child names the law of |ε|."""

    constraints = {"scale": positive}
    support = nonnegative
    origin = None

    def __init__(self, scale: Any) -> None:
        Distribution.__init__(self, scale=scale)


class Laplace(LocationScale):
    """The Laplace (double exponential) law with density exp(-|x - loc| / scale) / (2 scale).

    Parameters
    ----------
    loc : array_like
        The mean.
    scale : array_like
        The mean distance from `loc`, positive; the variance is 2 scale².

    Raises
    ------
    InputError
        If `scale` is not positive, `loc` not finite, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Laplace(0.0, 0.5).log_prob(1.0).value
    -2.0
    """

    standard = StandardLaplace
    kinks = ("loc",)
    symmetric = True


class Logistic(LocationScale):
    """The logistic law with cdf sigmoid((x - loc) / scale).

    Parameters
    ----------
    loc : array_like
        The mean.
    scale : array_like
        The scale, positive; the variance is (π · scale)² / 3.

    Raises
    ------
    InputError
        If `scale` is not positive, `loc` not finite, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Logistic(1.0, 2.0).cdf(1.0).value
    0.5
    """

    standard = StandardLogistic
    symmetric = True


class Gumbel(LocationScale):
    """The Gumbel law (of the largest of many) with cdf exp(-exp(-(x - loc) / scale)).

    Parameters
    ----------
    loc : array_like
        The mode; the mean is loc + 0.5772 · scale.
    scale : array_like
        The scale, positive; the variance is (π · scale)² / 6.

    Raises
    ------
    InputError
        If `scale` is not positive, `loc` not finite, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Gumbel(0.0, 1.0).log_prob(0.0).value
    -1.0
    """

    standard = StandardGumbel


class Cauchy(LocationScale):
    """The Cauchy law with density 1 / (π scale (1 + ((x - loc) / scale)²)). It has no mean.

    Parameters
    ----------
    loc : array_like
        The median.
    scale : array_like
        Half the distance between the quartiles, positive.

    Raises
    ------
    InputError
        If `scale` is not positive, `loc` not finite, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Cauchy(0.0, 1.0).cdf(1.0).value
    0.75
    """

    standard = StandardCauchy
    symmetric = True
