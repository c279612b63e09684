"""What is known about a gradient estimator: a record, shown as a table."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..averages.estimate import ByData
from ..averages.moments import unshared
from ..walk import label
from .tables import html_table, number, text_table, with_error


@dataclass(frozen=True)
class Assessment:
    """How good a gradient estimator is, for each parameter.

    Attributes
    ----------
    name : str
        That of what was rewritten, or "y".
    truth, truth_stderr : mapping
        The gradient of the expectation. Keys, here and below: the Data or its name.
    expected, expected_stderr : mapping
        What the estimator gives on average.
    bias, bias_stderr : mapping
        The difference.
    variance, variance_stderr : mapping
        The variance of the estimate from one sample, element by element.
    nodes : mapping of str to mapping
        By the name of each draw, the part of the variance that comes from it; the parts add up.
    nodes_stderr : mapping of str to mapping
        Their standard errors.
    added : set of str
        The names of those draws that the rewrite added to the ones of what was rewritten: a twin,
        another outcome, noise.
    exact : bool
        Whether `expected` and `variance` are free of sampling error.
    how : str
        How they were computed, and why not exactly.
    """

    name: str
    truth: ByData
    truth_stderr: ByData
    expected: ByData
    expected_stderr: ByData
    variance: ByData
    variance_stderr: ByData
    exact: bool
    how: str
    nodes: Mapping[str, ByData] = field(default_factory=dict)
    nodes_stderr: Mapping[str, ByData] = field(default_factory=dict)
    added: Set[str] = frozenset()

    @property
    def bias(self) -> ByData:
        """The expected estimate minus the truth."""
        keys = list(self.truth)
        return ByData(keys, [self.expected[x] - self.truth[x] for x in keys])

    @property
    def bias_stderr(self) -> ByData:
        """The standard error of the bias."""
        keys = list(self.truth)
        errors = [np.hypot(self.expected_stderr[x], self.truth_stderr[x]) for x in keys]
        return ByData(keys, [unshared(e) for e in errors])

    @property
    def signal_to_noise(self) -> ByData:
        """The size of the true gradient over the root mean square error of one sample.

        Without a bias this is the ratio to the standard deviation, as usual. With one, an
        estimator that is always 0 would have no noise at all.

        Source of the unbiased case: Rainforth et al. 2018, *Tighter Variational Bounds are Not
        Necessarily Better*, https://arxiv.org/abs/1802.04537
        """
        keys = list(self.truth)
        with np.errstate(divide="ignore", invalid="ignore"):
            return ByData(keys, [
                float(np.linalg.norm(self.truth[x]) / np.sqrt(self.mean_square(x))) for x in keys
            ])  # fmt: skip

    def mean_square(self, x: Any) -> Any:
        """Return the mean square error of one sample: its variance plus the square of its bias.

        A sampled bias has a square that is too large, by that of its standard error. An array is
        added up.
        """
        squares = np.square(self.shown_bias(x)) - np.square(self.bias_stderr[x])
        return np.sum(self.variance[x]) + np.maximum(np.sum(squares), 0.0)

    def shown_bias(self, x: Any) -> Any:
        """Return the bias in a parameter, 0 where it is one of rounding."""
        size = np.max(np.abs(self.truth[x]), initial=1.0)
        (dtype, *_) = [key.dtype for key in self.truth if key is x or key.name == x]
        rounding = 1e-9 if dtype == np.float64 else 1e-6
        return np.where(np.abs(self.bias[x]) < rounding * size, 0.0, self.bias[x])

    def rows(self) -> list[list[str]]:
        """Return the table as text, its head first."""
        head = ["parameter", "truth", "expected", "bias", "variance", "signal/noise",
                *[f"variance from {name}" for name in self.nodes]]  # fmt: skip
        rows = [head]
        for x in self.truth:
            rows.append([
                label(x).strip("'"),
                with_error(self.truth[x], self.truth_stderr[x]),
                with_error(self.expected[x], self.expected_stderr[x]),
                with_error(self.shown_bias(x), self.bias_stderr[x], 3),
                with_error(self.variance[x], self.variance_stderr[x]),
                number(self.signal_to_noise[x], 3),
                *[with_error(part[x], self.nodes_stderr[name][x], 4)
                  for name, part in self.nodes.items()],
            ])  # fmt: skip
        return rows

    def __repr__(self) -> str:
        return f"Assessment of {self.name} ({self.how})\n{text_table(self.rows())}"

    def _repr_html_(self) -> str:
        return html_table(self.rows(), f"Assessment of {self.name} ({self.how})")
