"""What an average returns: the value, its gradient, and how good both are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Never

import numpy as np

from ..data import Data
from ..errors import MissingAttributeError, UnknownNameError, UsageError
from ..values import counted, show
from ..walk import label

DOUBTFUL = 1e-8  # the relative error from which on a quadrature is not called exact


class ByData(Mapping[Data, Any]):
    """Results by Data, or by the name of one.

    `values` may be a function that returns them, which is called when they are looked at.
    """

    def __init__(
        self, keys: Sequence[Data] = (), values: Sequence[Any] | Callable[[], Sequence[Any]] = ()
    ) -> None:
        self._keys, self._values = tuple(keys), values

    def _all(self) -> Sequence[Any]:
        if callable(self._values):
            self._values = self._values()
        return self._values

    def __reduce__(self) -> Any:
        return ByData, (self._keys, self._all())

    def __getitem__(self, key: Data | str) -> Any:
        values = self._all()
        for x, value in zip(self._keys, values, strict=True):
            if x is key:
                return value
        found = [v for x, v in zip(self._keys, values, strict=True) if x.name == key]
        if len(found) == 1 and isinstance(key, str):
            return found[0]
        many = f"{len(found)} parameters have that name: ask with the Data itself"
        known = ", ".join(label(x) for x in self._keys) or "nothing: pass wrt=θ to get gradients"
        why = many if found else f"not among the parameters; there is {known}"
        raise UnknownNameError(f"estimate[{key!r}]: {why}")

    def __iter__(self) -> Iterator[Data]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{label(x)}: {_number(v)}" for x, v in self.items()) + "}"


@dataclass(frozen=True)
class Estimate:
    """An average, exact or by Monte Carlo.

    Attributes
    ----------
    value, stderr : float or ndarray
        The average of Y and its standard error (0 if exact).
    samples : int
        How many samples, or points of an exact sum.
    variance : float or ndarray
        The variance of Y for one sample; of `exact` nan where it is infinite, or its grid ends too
        early for three digits. So for gradients.
    grad, grad_stderr, grad_variance : mapping
        For each `wrt` (keys: the Data or its name) the average gradient, its standard error, and
        the variance of the gradient of one sample.
    exact : bool
        Whether it is the result of `exact`.
    error : float
        For `exact`: how far a coarser quadrature is from this one, or what lies beyond the last
        point, relative to the average of the absolute value; 0 if every outcome was looked at. It
        is about 1e-15 for smooth functions that do not grow as fast as their density falls, larger
        where there is a kink or a jump, and 1 where there is perhaps no average. A jump between
        two points of the grid and back is not seen.
    interrupted : bool
        Whether Ctrl-C ended the run; `samples` says how far it had come.
    """

    value: Any
    stderr: Any
    samples: int
    variance: Any
    grad: ByData = field(default_factory=ByData)
    grad_stderr: ByData = field(default_factory=ByData)
    grad_variance: ByData = field(default_factory=ByData)
    exact: bool = False
    error: float = 0.0
    interrupted: bool = False

    __iter__: ClassVar[None] = None  # Python would try numbers as items

    def __getitem__(self, key: Any) -> Never:
        of = label(key) if isinstance(key, Data) else repr(key)
        raise UsageError(
            f"estimate[{of}]: an estimate has no items; write estimate.grad[{of}], or grad_stderr "
            "for its standard error"
        )

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(each.name for each in fields(self))
        problem = f"Estimate has no attribute {name!r}; it has {known}"
        raise MissingAttributeError(problem, name=name, obj=None)  # obj: Python would guess, too

    def __repr__(self) -> str:
        lines = [f"value {_with_error(self.value, self.stderr, self.exact)}"]
        for x, g in self.grad.items():
            lines.append(f"∂/∂{x.name or '?'} {_with_error(g, self.grad_stderr[x], self.exact)}")
        n = self.samples
        how = f"exact, {counted(n, 'point')}" if self.exact else counted(n, "sample")
        if self.interrupted:
            how += ", interrupted"
        if self.error > DOUBTFUL:
            how = f"quadrature, {counted(n, 'point')}, relative error about {self.error:.0e}"
        return f"Estimate({'; '.join(lines)}; {how})"


def _number(value: Any, digits: int = 10) -> str:
    return show(np.asarray(value)) if np.ndim(value) else f"{value:.{digits}g}"


def _with_error(value: Any, stderr: Any, exact: bool) -> str:
    return _number(value) if exact else f"{_number(value, 6)} ± {_number(stderr, 2)}"
