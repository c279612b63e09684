"""The Dirichlet law: shares that add up to one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import InputError
from ..ops.elementwise import divide
from ..ops.reductions import sum_
from ..ops.shaping import shape_of
from ..ops.special import digamma, gammaln, xlogy
from ..ops.tails import in_double
from .base import Distribution
from .constraints import positive, simplex
from .gamma import StandardGamma, gamma_sample

LEAST = math.log(1e-6) / math.log(np.finfo(float).tiny)  # P(G < x) is about x^a


def log_norm(a: Any) -> Any:
    """Return log ∏ Γ(aᵢ) - log Γ(Σ aᵢ)."""
    return sum_(gammaln(a), axis=-1) - gammaln(sum_(a, axis=-1))


class SharedGammas(StandardGamma):
    """The law of gamma numbers of which, but for one sample in a million, one is a float."""

    def kept(self, drawn: Any) -> Any:
        """Return numbers off 0, unless they may all be there, and would make equal shares."""
        total = np.min(np.sum(self.concentration, axis=-1), initial=np.inf)
        if total < LEAST:
            raise InputError(
                f"sample of Dirichlet: concentration adds up to {total:.3g}, where all gamma "
                f"numbers of a sample may be less than any float; let it be {LEAST:.3g} at least, "
                "or draw from mg.OneHotCategorical(concentration), which is nearly the same law"
            )
        return super().kept(drawn)


class Dirichlet(Distribution):
    """The law of K shares with density ∝ ∏ xᵢ^(aᵢ-1), a = concentration.

    Its samples are gamma numbers over their sum, and are differentiated through these. Needs the
    extra ``scipy`` for that. No sample is drawn where the concentrations add up to less than 0.0195
    and all of these numbers may be less than the smallest float. In single precision this happens
    to one sample in a million of a sum of 0.158, and to a sixth of 0.02, which then are equal
    shares: draw from such laws in double precision.

    Parameters
    ----------
    concentration : array_like, shape (..., K)
        Positive.

    Raises
    ------
    InputError
        If an entry is not positive, or, from a sample, if all of them are next to 0.

    References
    ----------
    Figurnov, Mohamed and Mnih 2018, *Implicit Reparameterization Gradients*,
    https://arxiv.org/abs/1805.08498

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.Dirichlet([1.0, 2.0, 1.0])
    >>> law.mean.value
    array([0.25, 0.5 , 0.25])
    """

    constraints = {"concentration": positive}
    standard = SharedGammas
    event_ndim = 1
    cancels = True

    def __init__(self, concentration: Any) -> None:
        super().__init__(concentration=concentration)

    @property
    def support(self) -> Any:
        """The simplex."""
        return simplex._replace(member=1.0 / self.shape[-1])

    def transform(self, noise: Any) -> Any:
        gammas = gamma_sample(noise, self.concentration)
        return divide(gammas, sum_(gammas, axis=-1, keepdims=True))

    def overwrite(self, noise: Any) -> Any:
        noise /= np.sum(noise, axis=-1, keepdims=True)
        return noise

    def formula(self, x: Any) -> Any:
        return sum_(xlogy(self.concentration - 1.0, x), axis=-1) - log_norm(self.concentration)

    @property
    def mean(self) -> Any:
        """The mean shares."""
        a = self.concentration
        return divide(a, sum_(a, axis=-1, keepdims=True))

    @property
    def variance(self) -> Any:
        """The variance of each share."""
        total = sum_(self.concentration, axis=-1, keepdims=True)
        mean = self.mean
        return divide(mean * (1.0 - mean), total + 1.0)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""

        def entropy(a: Any) -> Any:
            total = sum_(a, axis=-1)
            spread = (total - float(shape_of(a)[-1])) * digamma(total)
            return log_norm(a) + spread - sum_((a - 1.0) * digamma(a), axis=-1)

        return in_double(entropy)(self.concentration)
