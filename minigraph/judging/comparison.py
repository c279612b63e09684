"""Estimators side by side: the table, and its plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..averages.estimate import ByData
from ..data import Data
from ..errors import InputError, MissingExtraError, UsageError
from ..walk import label
from .assessment import Assessment
from .tables import html_table, number, text_table, with_error

ADDED = "added draws"


class Row(NamedTuple):
    """One estimator in a comparison.

    ``seconds`` and ``operations`` are the cost of one sample of the value and the gradients, as
    measured in a replay, and counted: numbers computed. ``remark`` says if the value was changed.
    """

    method: str
    assessment: Assessment
    seconds: float
    operations: float
    remark: str = ""


def sources(rows: Sequence[Row]) -> list[str]:
    """Return the draws that variances come from, at the end all those that estimators add."""
    found = [row.assessment for row in rows]
    names = dict.fromkeys(name for a in found for name in a.nodes if name not in a.added)
    return [*names, *([ADDED] if any(a.added for a in found) else [])]


def part(row: Row, name: str, x: Data) -> float | None:
    """Return the variance that comes from a draw, None if the estimator does not have it."""
    found = row.assessment
    names = found.added if name == ADDED else found.nodes.keys() & {name}
    return float(sum(np.sum(found.nodes[n][x]) for n in names)) if names else None


class Comparison:
    """A table of estimators of one gradient, the best first. Shown as text, as HTML, as a plot.

    Attributes
    ----------
    rows : list of Row
        The estimators that are legal.
    refused : dict of str to str
        The others, with the reasons.
    wrt : list of Data
        The parameters.
    """

    def __init__(self, rows: Sequence[Row], refused: Mapping[str, str], wrt: Sequence[Data]):
        self.rows, self.refused, self.wrt = list(rows), dict(refused), list(wrt)

    def __getitem__(self, method: str) -> Row:
        for row in self.rows:
            if row.method == method:
                return row
        if method in self.refused:
            raise UsageError(f"comparison[{method!r}]: it was refused: {self.refused[method]}")
        known = ", ".join(repr(row.method) for row in self.rows)
        raise UsageError(f"comparison[{method!r}]: no such estimator; there are {known}")

    def __len__(self) -> int:
        return len(self.rows)

    def variance_times_cost(self, method: str, cost: str = "seconds") -> ByData:
        """Return the variance of an average that a unit of cost buys, for each parameter.

        ``cost`` is ``"seconds"`` or ``"operations"`` per sample; arrays are added up.
        """
        row = self[method]
        if cost not in ("seconds", "operations"):
            raise InputError(
                f'variance_times_cost: got cost={cost!r}; pass "seconds" or "operations"'
            )
        price = getattr(row, cost)
        totals = [float(np.sum(row.assessment.variance[x])) * price for x in self.wrt]
        return ByData(self.wrt, totals)

    def cells(self) -> list[list[str]]:
        """Return the table as text, its head first: a line for each estimator and parameter."""
        nodes = sources(self.rows)
        head = ["method", "parameter", "bias", "variance", "signal/noise", "µs", "operations",
                "variance·µs", *[f"from {name}" for name in nodes]]  # fmt: skip
        lines = [line for row in self.rows for line in self._lines(row, nodes)]
        refused = [[name, "refused", *[""] * (len(head) - 2)] for name in self.refused]
        return [head, *lines, *refused]

    def _lines(self, row: Row, nodes: Sequence[str]) -> list[list[str]]:
        found = row.assessment
        lines = []
        for x in self.wrt:
            parts = [part(row, name, x) for name in nodes]
            lines.append([
                row.method,
                label(x).strip("'"),
                with_error(_largest(found.shown_bias(x)), _largest(found.bias_stderr[x]), 3),
                with_error(
                    np.sum(found.variance[x]), float(np.linalg.norm(found.variance_stderr[x])), 4
                ),
                number(found.signal_to_noise[x], 3),
                number(row.seconds * 1e6, 2),
                number(row.operations, 4),
                number(self.variance_times_cost(row.method)[x] * 1e6, 2),
                *["" if p is None else number(p, 3) for p in parts],
            ])  # fmt: skip
        return lines

    def __repr__(self) -> str:
        notes = [self._legend()] if self._legend() else []
        notes += [f"{name}: {reason}" for name, reason in self.refused.items()]
        notes += [f"{row.method}: {row.assessment.how}" for row in self.rows
                  if not row.assessment.exact]  # fmt: skip
        notes += [f"{row.method}: {row.remark}" for row in self.rows if row.remark]
        return "\n".join([text_table(self.cells()), *notes])

    def _repr_html_(self) -> str:
        legend = self._legend() and f"; {self._legend()}"
        return html_table(self.cells(), f"Estimators of a gradient{legend}")

    def _legend(self) -> str:
        """Return which draws the last column is about, one of those of a name."""
        names = {n for row in self.rows for n in row.assessment.added if not n.endswith(")")}
        return f"{ADDED}: those that estimators make ({', '.join(sorted(names))})" if names else ""

    def plot(self, path: Any = None) -> Any:
        """Return a matplotlib figure, and write it to `path` if there is one.

        For each parameter: the variance of one sample, split among the draws that it comes from,
        and the size of the bias where there is one. Needs the extra ``plot``.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise MissingExtraError(
                'plot: needs matplotlib; install it with pip install "minigraph[plot]"'
            ) from None
        figure = Figure(figsize=(5 * len(self.wrt), 1.6 + 0.4 * len(self.rows)),
                        layout="constrained")  # fmt: skip
        rows = self.rows[::-1]
        panels = figure.subplots(1, len(self.wrt), sharey=True, squeeze=False)[0]
        for axes, x in zip(panels, self.wrt, strict=True):
            _bars(axes, rows, x)
        panels[0].set_yticks(range(len(rows)), [row.method for row in rows])
        pairs = [zip(*axes.get_legend_handles_labels(), strict=True) for axes in panels]
        marks = {name: handle for panel in pairs for handle, name in panel}
        figure.legend(marks.values(), marks.keys(), loc="outside lower center", ncols=4)
        if path is not None:
            try:
                figure.savefig(path, dpi=120)
            except (ValueError, OSError) as error:  # of a suffix, or a folder that is not there
                raise InputError(f"plot to {str(path)!r}: {error}") from None
        return figure


def _bars(axes: Any, rows: Sequence[Row], x: Data) -> None:
    """Draw a bar of variance for each estimator, split among the draws; a cross for a bias."""
    left = np.zeros(len(rows))
    for i, name in enumerate(sources(rows)):
        parts = [part(row, name, x) or 0.0 for row in rows]
        axes.barh(range(len(rows)), parts, left=left, label=f"from {name}",
                  color=f"C{i % 10}", edgecolor="white",
                  hatch=("", "//", "..", "xx")[i % 4])  # fmt: skip
        left += parts
    found = [row.assessment for row in rows]
    biased = [i for i, a in enumerate(found)
              if np.any(np.abs(a.shown_bias(x)) > 4 * a.bias_stderr[x])]  # fmt: skip
    squares = [float(np.sum(np.square(found[i].bias[x]))) for i in biased]
    if biased:
        axes.plot(squares, biased, "kx", label="bias²", clip_on=False)
    axes.set(xlabel="variance of one sample", title=f"∂/∂{x.name or '?'}")


def _largest(x: Any) -> float:
    return float(np.ravel(x)[np.argmax(np.abs(np.ravel(x)))]) if np.size(x) else 0.0
