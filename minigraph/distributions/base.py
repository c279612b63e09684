"""What a law of randomness is, and how `sample` puts a draw from it into the graph.

The formulas of a law are written once and used three ways: on Data they record a graph, on arrays
with a leading sample axis they run a replay, on floats they are quick. Where a law makes its
samples by a transform of noise, that transform *is* its sampler; the rewrite `reparameterize` only
opens the box.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError, UsageError
from ..graph import Data, StochasticNode, result
from ..ops.base import as_data
from ..ops.boxes import function
from ..ops.elementwise import exp
from ..values import own, show
from .constraints import Constraint, real

Rng = Any  # None, an int seed, a SeedSequence, a BitGenerator or a Generator


class Distribution:
    """A law. A subclass says what its parameters are and defines `log_density`; see `Normal`.

    To sample, it defines either `noise` and `transform` (X = g_θ(ε), so that it can be
    reparameterized) or `generate`.

    Attributes
    ----------
    constraints : mapping
        The name of every parameter, in order, and what its values must satisfy.
    event_axes : mapping
        For a parameter that is a vector for one draw: how many of its last axes are.
    support_moves : bool
        True if where the law has mass depends on its parameters: then the score function misses
        what flows over the edge, and is refused.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {}
    event_axes: ClassVar[Mapping[str, int]] = {}
    support_moves: ClassVar[bool] = False
    support: Any = real
    parameters: dict[str, Any]

    def __init__(self, **parameters: Any) -> None:
        self.parameters = {name: as_data(value) for name, value in parameters.items()}
        values = {name: data._value for name, data in self.parameters.items()}
        self.refuse_bad(values)
        shapes = [_batch(np.shape(v), self.event_axes.get(n, 0)) for n, v in values.items()]
        try:
            self.shape: tuple[int, ...] = np.broadcast_shapes(*shapes)
        except ValueError:
            arrived = " and ".join(f"{n} of shape {np.shape(v)}" for n, v in values.items())
            raise InputError(
                f"{type(self).__name__}: {arrived} do not broadcast; reshape one of them"
            ) from None
        self.dtype = np.result_type(*values.values()) if values else np.dtype(float)
        if self.dtype.kind != "f":
            self.dtype = np.dtype(float)

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        """Raise for the first parameter that breaks its constraint, by name and value."""
        for name, constraint in self.constraints.items():
            if name not in values:
                continue
            value = np.asarray(values[name])
            if value.ndim < self.event_axes.get(name, 0):
                raise InputError(
                    f"{type(self).__name__}: {name} must be an array with at least "
                    f"{self.event_axes[name]} axis; got {show(own(value))}"
                )
            good = constraint.holds(value)
            if not np.all(good):
                bad = value[np.broadcast_to(~np.asarray(good), value.shape)].flat[0]
                raise InputError(
                    f"{type(self).__name__}: {name} must be {constraint}; got {bad}"
                    + (f" in an array of shape {value.shape}" if value.ndim else "")
                )

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The parameters in order: the inputs of a stochastic node."""
        return tuple(self.parameters.values())

    def with_inputs(self, inputs: Sequence[Any]) -> Any:
        """Return the same law with other parameters: Data, or plain values for a replay."""
        law = object.__new__(type(self))
        law.__dict__.update(self.__dict__)
        law.parameters = dict(zip(self.parameters, inputs, strict=True))
        return law

    def __getattr__(self, name: str) -> Any:
        parameters = self.__dict__.get("parameters", {})
        if name in parameters:
            return parameters[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    # What a subclass defines ---------------------------------------------------------------

    def log_density(self, x: Any) -> Any:
        """Return the log-density of `x` in nats, -inf outside the support, NaN for NaN."""
        raise NotImplementedError

    def noise(self) -> Distribution | None:
        """Return the law of the noise that samples are made from; None if there is none."""
        return None

    def transform(self, noise: Any) -> Any:
        """Return the sample made from `noise`, differentiable in the parameters."""
        raise NotImplementedError

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Return an array of samples of `shape`; the parameters are plain values."""
        raise NotImplementedError

    def outcomes(self, spread: int = 1) -> Any:
        """Return the possible values of one element, or None; `spread` widens a cut-off tail."""
        return None

    def probability(self, x: Any) -> Any:
        """Return the density or probability of `x`."""
        return exp(self.log_density(x))

    # What everybody uses -------------------------------------------------------------------

    def log_prob(self, x: Any) -> Data:
        """Return the log-density (or log-probability) of `x`, element by element, in nats.

        One rectangle in pictures, differentiable in `x` and in the parameters.
        """
        box = function(lambda x, *_: self.log_density(x), name="log_prob")
        with np.errstate(divide="ignore", invalid="ignore"):  # log(0) = -inf is an answer here
            return as_data(box(as_data(x), *self.inputs))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return samples of the full `shape`, and the noise they were made from or None."""
        noise_law = self.noise()
        if noise_law is None:
            return self.generate(rng, shape), None
        noise = noise_law.generate(rng, shape)
        return self.transform(noise), noise

    def plain(self) -> Any:
        """Return the same law on plain values."""
        return self.with_inputs([x._value for x in self.inputs])

    def sample(self, rng: Rng = None, shape: int | tuple[int, ...] = ()) -> Any:
        """Return samples as a plain array of shape ``shape + self.shape`` (or one number).

        Parameters
        ----------
        rng : None, int, SeedSequence, BitGenerator or Generator
            Where the randomness comes from (SPEC 7).
        shape : int or tuple of int
            How many independent samples.
        """
        extra = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        value, _ = self.plain().draw(generator(rng), extra + self.shape)
        return value if np.ndim(value) else np.asarray(value)[()]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"

    def describe(self) -> str:
        """Return the parameters in words, ``loc=θ, scale=1.0``."""
        return ", ".join(
            f"{name}={(x.name or show(x._value)) if isinstance(x, Data) else show(own(x))}"
            for name, x in self.parameters.items()
        )


def _batch(shape: tuple[int, ...], event_axes: int) -> tuple[int, ...]:
    return shape[: len(shape) - event_axes]


_stream: contextvars.ContextVar[np.random.Generator | None] = contextvars.ContextVar(
    "stream", default=None
)


@contextlib.contextmanager
def drawing_from(rng: np.random.Generator) -> Iterator[None]:
    """Within this block, in this thread or task, draws without their own rng come from `rng`."""
    token = _stream.set(rng)
    try:
        yield
    finally:
        _stream.reset(token)


def generator(rng: Rng) -> np.random.Generator:
    """Return `rng` as a Generator; None means the surrounding stream, or fresh entropy."""
    if rng is None:
        rng = _stream.get()
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"rng: got {type(rng).__name__}; pass None, an int seed, a SeedSequence or a "
            f"numpy Generator ({error})"
        ) from error


def sample(dist: Distribution, name: str | None = None, rng: Rng = None) -> Data:
    """Draw from a law and return the sample, an output of a new `StochasticNode`.

    Parameters
    ----------
    dist : Distribution
        The law; its parameters are the inputs of the node.
    name : str, optional
        The name of the sample.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the randomness of *this* sample comes from. A replay draws new ones.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.sample(mg.Normal(0.5, 1.0), name="X", rng=0)
    >>> x.node, x.node.distribution
    (StochasticNode('P'), Normal(loc=0.5, scale=1.0))
    """
    if not isinstance(dist, Distribution):
        hint = f": write mg.sample({dist.__name__}(…))" if isinstance(dist, type) else ""
        raise UsageError(f"sample: got {type(dist).__name__}, needs a distribution{hint}")
    value, noise = dist.plain().draw(generator(rng), dist.shape)
    node = StochasticNode(dist, own(value), None if noise is None else own(noise), object())
    data = result(node.value, node)
    data.name = name
    return data
