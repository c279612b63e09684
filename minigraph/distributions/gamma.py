"""The gamma law, and the laws made of it: chi-squared, inverse gamma."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops import tails
from ..ops.boxes import stop
from ..ops.elementwise import divide, exp, log, maximum, reciprocal, square, where
from ..ops.series import gamma_drift
from ..ops.special import digamma, gammaln, xlogy
from .base import Distribution
from .constraints import nonnegative, positive
from .implicit import followed, slope_of
from .many import Line
from .noise import of_quantiles
from .parameters import from_zero, unless_heavy

gamma_slope = slope_of(
    "gamma sample slope",
    lambda x, a: -tails.gamma_rate(a, x) * exp(-tails.log_gamma_density(a, x)),
    Line(np.log, np.exp, lambda x: x, lambda a: 1.5 * min(1.0, a**-0.5)),
    gamma_drift,
)
gamma_sample = followed("gamma sample", [gamma_slope])


class StandardGamma(Distribution):
    """The law of a gamma number of rate 1: the noise of its family."""

    constraints = {"concentration": positive}
    support = nonnegative
    quadrature = of_quantiles

    def __init__(self, concentration: Any) -> None:
        super().__init__(concentration=concentration)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        a = np.asarray(self.concentration)
        if a.ndim == 1 and len(a) == shape[-1] < math.prod(shape[:-1]):
            # Number by number is faster than NumPy's broadcast, and so are sums of long rows.
            drawn = np.moveaxis(np.empty((len(a), *shape[:-1])), 0, -1)
            for k, one in enumerate(a):
                rng.standard_gamma(one, out=drawn[..., k])
        else:
            drawn = np.asarray(rng.standard_gamma(a, shape))
        drawn = drawn.astype(self.dtype, copy=False)
        # The chance of a number below tiny is about tiny^a.
        never = np.min(a, initial=np.inf) * -math.log(np.finfo(self.dtype).tiny) > 100.0
        return drawn if never else self.kept(drawn)

    def kept(self, drawn: Any) -> Any:
        """Return numbers off 0, to which tiny ones are rounded."""
        return np.clip(drawn, np.finfo(self.dtype).tiny, np.inf)

    def formula(self, x: Any) -> Any:
        return tails.log_gamma_density(self.concentration, x)

    def place(self, points: Any) -> Any:
        """Return the numbers at these quantiles."""
        return self.kept(tails.gammaincinv(self.concentration, points))


class Gamma(Distribution):
    """The gamma law with density rate^a x^(a-1) exp(-rate x) / Γ(a), a = concentration.

    Its samples are differentiated implicitly, along their quantiles. Needs the extra ``scipy`` for
    that and for the cdf. A sample that rounding would take to 0 stays next to it. Below a = 0.01
    (0.08 in single precision) such samples are many enough to bias their scores.

    Parameters
    ----------
    concentration : array_like
        The shape a, positive.
    rate : array_like
        The rate, positive: SciPy's ``scale`` is ``1 / rate``.

    Raises
    ------
    InputError
        If a parameter is not positive, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data(2.0, name="a")
    >>> y = mg.reparameterize(mg.sample(mg.Gamma(a, 4.0), name="X", rng=0))
    >>> mg.exact(y, a)
    Estimate(value 0.5; ∂/∂a 0.25; exact, 200 points)
    """

    constraints = {"concentration": positive, "rate": positive}
    support = nonnegative
    standard = StandardGamma
    cancels = True

    def __init__(self, concentration: Any, rate: Any) -> None:
        super().__init__(concentration=concentration, rate=rate)

    def transform(self, noise: Any) -> Any:
        return divide(gamma_sample(noise, self.concentration), self.rate)

    def formula(self, x: Any) -> Any:
        a, rate = self.concentration, self.rate
        return xlogy(a - 1.0, rate * x) + log(rate) - rate * x - gammaln(a)

    def cumulative(self, x: Any) -> Any:
        outside = stop(np.less(x, 0.0))  # where a root of 0 has an infinite slope
        below = tails.gammainc(self.concentration, self.rate * where(outside, 1.0, x))
        return where(outside, 0.0, below)

    def quantile(self, p: Any) -> Any:
        return divide(tails.gammaincinv(self.concentration, p), self.rate)

    @property
    def mean(self) -> Any:
        """The mean, concentration / rate."""
        return divide(self.concentration, self.rate)

    @property
    def variance(self) -> Any:
        """The variance, concentration / rate²."""
        return divide(self.concentration, square(self.rate))

    @property
    def mode(self) -> Any:
        """Where the density is highest: 0 up to concentration 1."""
        return divide(maximum(self.concentration - 1.0, 0.0), self.rate)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        a, rate = self.concentration, self.rate
        scaled = tails.in_double(lambda a: a + gammaln(a) + (1.0 - a) * digamma(a))(a)
        return scaled - log(rate)


class Chi2(Gamma):
    """The chi-squared law: of the sum of `df` squared standard normal numbers.

    Parameters
    ----------
    df : array_like
        The degrees of freedom, positive; they need not be whole.

    Raises
    ------
    InputError
        If `df` is not positive.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.Chi2(3.0).mean.value
    3.0
    """

    constraints = {"df": positive}

    def __init__(self, df: Any) -> None:
        Distribution.__init__(self, df=df)

    @property
    def concentration(self) -> Any:
        """Half of `df`."""
        return 0.5 * self.df

    @property
    def rate(self) -> Any:
        """One half."""
        return 0.5


class InverseGamma(Distribution):
    """The law of 1 / G with G ~ Gamma(concentration, rate).

    Parameters
    ----------
    concentration : array_like
        The shape, positive.
    rate : array_like
        The rate of G, positive: SciPy's ``scale`` is ``rate``.

    Raises
    ------
    InputError
        If a parameter is not positive, or the two do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.InverseGamma(3.0, 2.0).mean.value
    1.0
    """

    constraints = {"concentration": positive, "rate": positive}
    support = positive
    standard = StandardGamma
    cancels = True

    def __init__(self, concentration: Any, rate: Any) -> None:
        super().__init__(concentration=concentration, rate=rate)

    def transform(self, noise: Any) -> Any:
        return divide(self.rate, gamma_sample(noise, self.concentration))

    def formula(self, x: Any) -> Any:
        a, inverse = self.concentration, divide(self.rate, x)
        return a * log(inverse) - log(x) - inverse - gammaln(a)

    def cumulative(self, x: Any) -> Any:
        a, rate = self.concentration, self.rate
        return from_zero(x, np.inf, 1.0, lambda x: tails.gammaincc(a, divide(rate, x)))

    def quantile(self, p: Any) -> Any:
        return divide(self.rate, tails.gammainccinv(self.concentration, p))

    @property
    def mean(self) -> Any:
        """The mean; infinite unless concentration > 1."""
        return unless_heavy(self.concentration, 1.0, lambda a: divide(self.rate, a - 1.0))

    @property
    def variance(self) -> Any:
        """The variance; infinite unless concentration > 2."""
        finite = lambda a: divide(square(divide(self.rate, a - 1.0)), a - 2.0)
        return unless_heavy(self.concentration, 2.0, finite)

    @property
    def mode(self) -> Any:
        """Where the density is highest."""
        return self.rate * reciprocal(self.concentration + 1.0)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        a, rate = self.concentration, self.rate
        scaled = tails.in_double(lambda a: a + gammaln(a) - (1.0 + a) * digamma(a))(a)
        return scaled + log(rate)
