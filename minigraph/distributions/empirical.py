"""Data as a law: a draw is one of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..ops import along
from ..ops.base import Operation
from ..ops.boxes import stop
from ..ops.elementwise import equal, log, square, where
from ..ops.reductions import mean, sum_
from ..ops.shaping import expand_dims, shape_of
from .base import Distribution
from .constraints import Constraint


class Empirical(Distribution):
    """The law of a row drawn from data, all rows alike: for minibatches.

    The average of F over it is the average over the data, and the average over a sample of shape
    (batch,) is that of a minibatch. (L1 of the three objectives: nothing is blocked, because the
    law has no parameters to learn.)

    Parameters
    ----------
    samples : array_like, shape (n, ...)
        The rows. Give a Data to swap them later.

    Raises
    ------
    InputError
        If there is no row, or a number is not finite.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.sample(mg.Empirical([1.0, 2.0, 6.0]), name="X", rng=0)
    >>> mg.exact(x**2).value.__round__(6)
    13.666667
    """

    constraints = {"samples": Constraint("finite", np.isfinite)}

    def __init__(self, samples: Any) -> None:
        super().__init__(samples=samples)
        rows = self.shape
        if not rows or not rows[0]:
            raise InputError(f"Empirical: samples must have rows; got shape {rows}")
        self.shape, self.event_ndim = rows[1:], len(rows) - 1
        self.event_axes = {"samples": 1}
        self.support_moves = ("samples",)

    @property
    def samples(self) -> Any:
        """The rows, integers as they are: they may index."""
        return self.parameters["samples"]

    @property
    def support(self) -> Any:
        """The rows."""
        return Constraint(
            "a row of the data",
            lambda x: np.greater(self._hits(x), 0),
            discrete=True,
            event_ndim=self.event_ndim,
        )

    def _hits(self, x: Any) -> Any:
        """Return how many rows `x` is equal to."""
        x = x if hasattr(x, "shape") else np.asarray(x)
        axes = tuple(range(-self.event_ndim, 0))
        same = equal(expand_dims(x, axis=-1 - self.event_ndim), self.samples)
        return sum_(np.all(same, axis=axes) * 1.0 if axes else same * 1.0, axis=-1)

    def log_density(self, x: Any) -> Any:
        known = np.all(np.equal(x, x), axis=tuple(range(-self.event_ndim, 0)))
        rows = float(shape_of(self.samples)[-1 - self.event_ndim])
        return where(stop(known), log(self._hits(x)) - np.log(rows), np.nan)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        axis = self.samples.ndim - 1 - self.event_ndim
        leading = shape[: len(shape) - self.event_ndim]
        k = rng.integers(self.samples.shape[axis], size=leading)
        if axis == 0:
            return self.samples[k]
        return self.samples[(np.arange(leading[0]), k)]

    def outcomes(self, spread: int = 1) -> Any:
        """Return the rows, each once."""
        rows = self.plain().samples
        return np.unique(rows, axis=0) if rows.ndim == 1 + self.event_ndim else None

    @property
    def mean(self) -> Any:
        """The mean row."""
        return mean(self.samples, axis=-1 - self.event_ndim)

    @property
    def variance(self) -> Any:
        """The variance over the rows."""
        axis = -1 - self.event_ndim
        return mean(square(self.samples - expand_dims(self.mean, axis=axis)), axis=axis)

    def entropy(self) -> Any:
        """Return the entropy in nats; rows that are alike count as one outcome."""
        return self.typed(entropy_of_rows(self.samples))


def _entropy_of_rows(rows: Any) -> Any:
    _, times = np.unique(rows, axis=0, return_counts=True)
    share = times / len(rows)
    return -np.sum(share * np.log(share)) + 0.0


entropy_of_rows = Operation(
    "entropy of Empirical", _entropy_of_rows, None, along=along.looped, numpy=()
)
