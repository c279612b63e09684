"""The normal law of a vector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..ops.elementwise import log, square, where
from ..ops.factorizations import cholesky_, solve_
from ..ops.linear import matmul
from ..ops.reductions import sum_
from ..ops.shaping import broadcast_to, expand_dims, shape_of, squeeze, swap_last
from .base import Distribution
from .constraints import lower_cholesky, positive_definite, real, real_vector
from .noise import StandardNormal


class MultivariateNormal(Distribution):
    """The normal law of a vector of d numbers, N(loc, Σ) with Σ = L Lᵀ.

    Parameters
    ----------
    loc : array_like, shape (..., d)
        The mean.
    covariance_matrix : array_like, shape (..., d, d), optional
        Σ, symmetric and positive definite.
    scale_tril : array_like, shape (..., d, d), optional
        L, lower triangular with a positive diagonal. Give one of the two.

    Raises
    ------
    UsageError
        If none or both of covariance_matrix and scale_tril are given.
    InputError
        If a matrix is not what it must be, or the shapes do not fit.

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.MultivariateNormal([0.0, 0.0], [[2.0, 1.0], [1.0, 2.0]])
    >>> law.log_prob([1.0, 1.0]).value
    -2.7205165440767334
    """

    constraints = {
        "loc": real,
        "covariance_matrix": positive_definite,
        "scale_tril": lower_cholesky,
    }
    either = ("covariance_matrix", "scale_tril")
    event_ndim = 1
    event_axes = {"covariance_matrix": 1, "scale_tril": 1}
    support = real_vector
    standard = StandardNormal

    def __init__(self, loc: Any, covariance_matrix: Any = None, scale_tril: Any = None) -> None:
        super().__init__(loc=loc, covariance_matrix=covariance_matrix, scale_tril=scale_tril)
        size = shape_of(self.inputs[-1])[-1]
        if size != self.shape[-1]:
            raise InputError(
                f"MultivariateNormal: loc has length {self.shape[-1]}, and the matrix is "
                f"{size} by {size}; they must be as many"
            )

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        for name in self.event_axes:
            shape = np.shape(values.get(name, np.eye(1)))
            if len(shape) < 2 or shape[-1] != shape[-2]:
                raise InputError(
                    f"MultivariateNormal: {name} must be square in its last two axes; "
                    f"got shape {shape}"
                )
        super().refuse_bad(values)

    @property
    def scale_tril(self) -> Any:
        """L, the Cholesky factor of the covariance."""
        if "scale_tril" in self.parameters:
            tril = self.parameter("scale_tril")  # what is above the diagonal stays 0: no slope
            return where(np.tri(shape_of(tril)[-1], dtype=bool), tril, 0.0)
        return cholesky_(self.parameter("covariance_matrix"))

    @property
    def covariance_matrix(self) -> Any:
        """Σ."""
        if "covariance_matrix" in self.parameters:
            return self.parameter("covariance_matrix")
        return matmul(self.scale_tril, swap_last(self.scale_tril))

    def transform(self, noise: Any) -> Any:
        tril = self.scale_tril
        if len(shape_of(tril)) == 2:  # one matrix for all: one product of matrices
            return self.loc + matmul(noise, swap_last(tril))
        return self.loc + squeeze(matmul(tril, expand_dims(noise, axis=-1)), axis=-1)

    def overwrite(self, noise: Any) -> Any:
        tril = self.scale_tril
        if len(np.shape(tril)) > 2:
            return self.transform(noise)
        made = np.matmul(noise, tril.T)
        made += self.loc
        return made

    def _log_det(self) -> Any:
        """Return log det L, from its diagonal."""
        tril = self.scale_tril
        on_diagonal = np.eye(shape_of(tril)[-1], dtype=bool)
        return sum_(log(where(on_diagonal, tril, 1.0)), axis=(-2, -1))

    def formula(self, x: Any) -> Any:
        z = solve_(self.scale_tril, expand_dims(x - self.loc, axis=-1))
        constant = 0.5 * self.shape[-1] * math.log(2.0 * math.pi)
        return -0.5 * sum_(square(z), axis=(-2, -1)) - self._log_det() - constant

    @property
    def mean(self) -> Any:
        """The mean vector."""
        return self.full(self.loc)

    @property
    def variance(self) -> Any:
        """The variance of each number: the diagonal of Σ."""
        return self.full(sum_(square(self.scale_tril), axis=-1))

    @property
    def mode(self) -> Any:
        """Where the density is highest: `loc`."""
        return self.full(self.loc)

    def entropy(self) -> Any:
        """Return the differential entropy in nats."""
        constant = 0.5 * self.shape[-1] * math.log(2.0 * math.pi * math.e)
        return broadcast_to(self._log_det() + constant, shape=self.batch_shape)
