"""Laws made of laws: the parent of the combinators, and the simplest of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, UsageError
from ..ops.reductions import prod, sum_
from ..values import whole
from .base import Distribution
from .constraints import Constraint
from .definition import LISTED


class Composite(Distribution):
    """A law made of parts that have parameters, which are its own, under the name of the part.

    Parameters
    ----------
    shape : tuple of int
        The shape of one sample.
    event_ndim : int
        How many of its last axes are one draw.
    dtype : numpy.dtype
        Of what kind of float a sample is.
    beside : mapping, optional
        How many more axes a draw from a part has than one from this law.
    **parts
        Laws and other things with `parameters`, `with_inputs` and `shape`.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        event_ndim: int,
        dtype: np.dtype[Any],
        beside: Mapping[str, int] = {},
        **parts: Any,
    ) -> None:
        self.shape, self.event_ndim, self.dtype = shape, event_ndim, dtype
        self._take(parts)
        self.event_axes = {
            f"{part}.{name}": beside.get(part, 0) + p.event_axes.get(name, 0)
            for part, p in parts.items()
            for name in p.parameters
        }
        self.transform_jumps = any(getattr(p, "transform_jumps", False) for p in parts.values())

    def _take(self, parts: Mapping[str, Any]) -> None:
        self.parts = dict(parts)
        self.parameters = {
            f"{part}.{name}": x for part, p in parts.items() for name, x in p.parameters.items()
        }

    def with_inputs(self, inputs: Sequence[Any]) -> Any:
        law = object.__new__(type(self))
        law.__dict__.update(self.__dict__)
        left = iter(inputs)
        law._take({
            name: p.with_inputs(list(itertools.islice(left, len(p.parameters))))
            for name, p in self.parts.items()
        })  # fmt: skip
        return law

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        for part, p in self.parts.items():
            p.refuse_bad({name: values[f"{part}.{name}"] for name in p.parameters})

    def describe(self) -> str:
        return ", ".join(f"{name}={part!r}" for name, part in self.parts.items())


def needs_law(call: str, **laws: Any) -> None:
    """Raise for an argument that is no law."""
    for name, law in laws.items():
        if not isinstance(law, Distribution):
            raise UsageError(f"{call}: {name}: got {type(law).__name__}; it must be a distribution")


class Independent(Composite):
    """A law whose last batch axes are made one draw: its log-probabilities are added up.

    Parameters
    ----------
    base_distribution : Distribution
        A law with a batch shape.
    reinterpreted_batch_ndims : int
        How many of its last batch axes become event axes.

    Raises
    ------
    InputError
        If the law has fewer batch axes.

    Examples
    --------
    >>> import minigraph as mg
    >>> law = mg.Independent(mg.Bernoulli([0.5, 0.25]), 1)
    >>> law.log_prob([1, 1]).value
    -2.0794415416798357
    """

    def __init__(self, base_distribution: Any, reinterpreted_batch_ndims: int = 1) -> None:
        needs_law("Independent", base_distribution=base_distribution)
        base, n = base_distribution, reinterpreted_batch_ndims
        n = whole("reinterpreted_batch_ndims", n, 0, "Independent")
        if n > len(base.batch_shape):
            raise InputError(
                f"Independent: reinterpreted_batch_ndims={n}, and {base!r} has "
                f"the batch shape {base.batch_shape}"
            )
        self.folded = tuple(range(-n, 0))
        super().__init__(base.shape, base.event_ndim + n, base.dtype, base=base)
        self.support_moves = tuple(f"base.{name}" for name in base.support_moves)
        self.kinks = tuple(f"base.{name}" for name in base.kinks)

    @property
    def base(self) -> Any:
        """The law of the parts."""
        return self.parts["base"]

    @property
    def support(self) -> Any:
        """All parts within their support."""
        inner = self.base.support
        return Constraint(
            f"{inner.name}, each",
            lambda x: np.all(inner.holds(x), axis=self.folded) if self.folded else inner.holds(x),
            inner.member, inner.discrete, self.event_ndim, inner.bounds,
        )  # fmt: skip

    def _fold(self, value: Any) -> Any:
        return sum_(value, axis=self.folded) if self.folded else value

    def log_density(self, x: Any) -> Any:
        return self._fold(self.base.log_density(x))

    def probability(self, x: Any) -> Any:
        value = self.base.probability(x)
        return prod(value, axis=self.folded) if self.folded else value

    def noise(self) -> Any:
        return self.base.noise()

    def transform(self, noise: Any) -> Any:
        return self.base.transform(noise)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return self.base.generated(rng, shape)

    def outcomes(self, spread: int = 1) -> Any:
        """Return all combinations of the outcomes of the parts, unless there are too many."""
        each = self.base.outcomes(spread)
        axes = self.base.batch_shape[len(self.batch_shape) :]
        parts = int(np.prod(axes))
        if each is None or len(each) ** parts > LISTED:
            return None
        index = np.indices((len(each),) * parts).reshape(parts, -1).T
        return each[index].reshape(len(index), *self.event_shape)

    @property
    def mean(self) -> Any:
        """The mean of each part."""
        return self.base.mean

    @property
    def variance(self) -> Any:
        """The variance of each part."""
        return self.base.variance

    @property
    def mode(self) -> Any:
        """The mode of each part."""
        return self.base.mode

    def entropy(self) -> Any:
        """Return the entropy in nats, that of the parts added up."""
        return self._fold(self.base.entropy())
