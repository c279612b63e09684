"""Student's t law."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.elementwise import divide, exp, less_equal, log, square, where
from ..ops.series import t_drift
from ..ops.special import betaln
from .base import Distribution
from .constraints import positive, real
from .implicit import followed, slope_of
from .location_scale import LocationScale
from .many import Line
from .noise import of_quantiles
from .special import gamma_step_slope
from .tails import log_t_density, stdtr, stdtrit, t_rate

t_slope = slope_of(
    "t sample slope",
    lambda x, df: -t_rate(df, x) * exp(-log_t_density(df, x)),
    Line(np.arcsinh, np.sinh, lambda x: np.hypot(1.0, x), lambda df: min(1.0, df**0.5)),
    t_drift,
)
t_sample = followed("t sample", [t_slope])


class StandardT(Distribution):
    """The law of Student's t around 0 with scale 1: the noise of its family."""

    constraints = {"df": positive}
    support = real
    quadrature = of_quantiles

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        # The tail of a small df leaves the floats; a scale must not carry it further.
        most = 1e-20 * float(np.finfo(self.dtype).max)
        drawn = np.asarray(rng.standard_t(self.df, shape))
        if np.min(self.df) * math.log(most) < 100.0:
            drawn = np.clip(drawn, -most, most)
        return drawn.astype(self.dtype, copy=False)

    def formula(self, x: Any) -> Any:
        return log_t_density(self.df, x)

    def place(self, points: Any) -> Any:
        """Return the numbers at these quantiles."""
        return stdtrit(self.df, points)


class StudentT(LocationScale):
    """Student's t law with density ∝ (1 + z²/df)^(-(df+1)/2), z = (x - loc) / scale.

    Its samples are differentiated implicitly, along their quantiles. Needs the extra ``scipy``.
    Samples end at 1e-20 of the largest float. In single precision this cuts off a share of 2e-6 of
    a law with df 0.3, and a tenth of one with df 0.05: draw from such tails in double precision.

    Parameters
    ----------
    df : array_like
        The degrees of freedom, positive; they need not be whole.
    loc : array_like
        The median.
    scale : array_like
        The scale, positive (not the standard deviation, which is larger).

    Raises
    ------
    InputError
        If `df` or `scale` is not positive, or the parameters do not broadcast.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.StudentT(4.0, scale=3.0).variance.value
    18.0
    """

    constraints = {"df": positive, "loc": real, "scale": positive}
    standard = StandardT
    symmetric = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> None:
        Distribution.__init__(self, df=df, loc=loc, scale=scale)

    def transform(self, noise: Any) -> Any:
        return super().transform(t_sample(noise, self.df))

    def formula(self, x: Any) -> Any:
        return log_t_density(self.df, self._inverse(x)) - log(self.scale)

    def _below(self, noise: Any) -> Any:
        return stdtr(self.df, noise)

    def quantile(self, p: Any) -> Any:
        return super().transform(stdtrit(self.df, p))

    @property
    def mean(self) -> Any:
        """The mean; NaN unless df > 1."""
        return self.full(where(less_equal(self.df, 1.0), np.nan, self.loc))

    @property
    def variance(self) -> Any:
        """The variance; infinite unless df > 2, NaN unless df > 1."""
        heavy = less_equal(self.df, 2.0)
        df = where(heavy, 3.0, self.df)
        wide = where(less_equal(self.df, 1.0), np.nan, np.inf)
        return self.full(square(self.scale) * where(heavy, wide, divide(df, df - 2.0)))

    @property
    def mode(self) -> Any:
        """Where the density is highest: `loc`."""
        return self.full(self.loc)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        half = 0.5 * self.df
        spread = (half + 0.5) * gamma_step_slope(half)
        return self.full(spread + 0.5 * log(self.df) + betaln(half, 0.5) + log(self.scale))
