"""What a law of randomness is, and what it can do by what it says of itself.

The formulas of a law are written once and used three ways: on Data they record a graph, on arrays
with a leading sample axis they run a replay, on floats they are quick. Where a law makes its
samples by a transform of noise, that transform *is* its sampler; the rewrite `reparameterize` only
opens the box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Never

import numpy as np

from ..data import Data
from ..errors import (
    InputError,
    MinigraphError,
    MissingAttributeError,
    MissingExtraError,
    UsageError,
    refuse_unknown_keywords,
)  # fmt: skip
from ..ops.base import as_data
from ..ops.boxes import function, stop
from ..ops.elementwise import astype, exp, greater, where
from ..ops.shaping import broadcast_to, expand_dims, shape_of
from ..ops.special import needing
from ..values import own, plain, show
from .blocks import counts, drawn, of_shape
from .constraints import real, whole
from .definition import ELSEWHERE, Definition
from .parameters import (
    as_parameter,
    common_shape,
    one_form,
    refuse_arguments,
    refuse_bad,
    refuse_shape,
    refuse_unknown,
)  # fmt: skip
from .ranges import within_support
from .streams import Rng, generator

OF_SAMPLE: Mapping[str, str] = {  # what other libraries call an argument
    "size": "write shape=", "sample_shape": "write shape=", "n": "write shape=",
    "seed": "write rng=",
}  # fmt: skip


class Distribution(Definition):
    """A law of randomness, the parent of every other.

    A subclass says what its parameters are (`constraints`, `support`), writes its log-density
    inside the support (`formula`), and says how to sample: either `noise` and `transform`
    (X = g_θ(ε), so that it can be reparameterized) or `generate`. The rest is optional. What it
    defines is what can be done with it: see `ways`, and `Definition` for all it can say.

    Attributes
    ----------
    shape : tuple of int
        The shape of one sample: the batch shape, then the event shape.

    Examples
    --------
    >>> import minigraph as mg
    >>> from minigraph.distributions.constraints import positive
    >>> class Rayleigh(mg.Distribution):
    ...     constraints = {"scale": positive}
    ...     support = positive
    ...     def __init__(self, scale):
    ...         super().__init__(scale=scale)
    ...     def formula(self, x):
    ...         return mg.log(x) - 2 * mg.log(self.scale) - 0.5 * (x / self.scale) ** 2
    ...     def generate(self, rng, shape):
    ...         return rng.rayleigh(self.scale, shape)
    >>> scale = mg.Data(2.0, name="scale")
    >>> y = mg.reinforce(mg.sample(Rayleigh(scale), name="X", rng=0) ** 2)
    >>> mg.expectation(y, 10_000, wrt=scale, rng=0).grad[scale] > 7  # 4 · scale
    True
    """

    parameters: dict[str, Any]

    def __new__(cls, *given: Any, **named: Any) -> Any:
        if given or named or cls.__new__ is Distribution.__new__:  # another passes what it likes
            refuse_arguments(cls, given, named)
        return super().__new__(cls)

    def __reduce__(self) -> Any:  # a copy is made without arguments
        return object.__new__, (type(self),), self.__getstate__()

    def __init__(self, **parameters: Any) -> None:
        refuse_unknown(self, parameters)
        made = self.__dict__  # faster than assignments, at which __setattr__ looks
        given = one_form(self, parameters).items()
        made["parameters"] = {name: as_parameter(self, name, x) for name, x in given}
        values = {name: data._value for name, data in self.parameters.items()}
        self.refuse_bad(values)
        made["shape"] = common_shape(self, values)
        found = np.result_type(*values.values()) if values else np.dtype(float)
        made["dtype"] = found if found.kind == "f" else np.dtype(float)

    def refuse_bad(self, values: Mapping[str, Any]) -> None:
        """Raise for the first parameter that breaks its constraint, by name and value."""
        refuse_bad(self, values)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The parameters in order: the inputs of a stochastic node."""
        return tuple(self.parameters.values())

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of many laws side by side: that of `log_prob` of one sample."""
        return self.shape[: len(self.shape) - self.event_ndim]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one draw from one law."""
        return self.shape[len(self.shape) - self.event_ndim :]

    def with_inputs(self, inputs: Sequence[Any]) -> Any:
        """Return the same law with other parameters: Data, or plain values for a replay."""
        law = object.__new__(type(self))
        law.__dict__.update(self.__dict__)
        law.__dict__.pop("known", None)
        law.__dict__["parameters"] = dict(zip(self.parameters, inputs, strict=True))
        return law

    def parameter(self, name: str) -> Any:
        """Return a parameter to compute with: whole numbers as floats, unless it is a count.

        Integers divide and overflow as integers, and those of one byte have half logarithms.
        """
        x = self.parameters[name]
        value = plain(x)
        if type(value) is float or value.dtype.kind == "f":
            return x
        counted = self.constraints.get(name, whole).discrete
        return x if counted else astype(x, dtype=self.dtype)

    def once(self, name: str) -> Any:
        """Return an attribute that is worked out from the parameters, once for this law."""
        known = self.__dict__.setdefault("known", {})
        if name not in known:
            known[name] = getattr(self, name)
        return known[name]

    def __getattr__(self, name: str) -> Any:
        parameters = self.__dict__.get("parameters", {})
        if name in ("parameters", "shape", "dtype"):
            raise UsageError(
                f"{type(self).__name__}: it has no {name} yet; call super().__init__ in its "
                "__init__, with the parameters by name"
            )
        if name in parameters:
            return self.parameter(name)
        if name in OPTIONAL:
            raise MissingAttributeError(f"{type(self).__name__} has no {name} in closed form")
        law = type(self).__name__
        advice = ELSEWHERE.get(name, "")
        advice = f"write {advice}" if advice else f"mg.sample({law}(…)) draws a Data"
        raise MissingAttributeError(f"{law} has no attribute {name!r}; {advice}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("parameters", ()):
            raise UsageError(
                f"{type(self).__name__}: {name} = {value!r} was assigned, and parameters of a law "
                "stay; make another law, or assign the value of a Data that it was made with"
            )
        object.__setattr__(self, name, value)

    def _forgotten(self, *_: Any) -> Any:
        raise UsageError(
            f"{self!r} is a law, not a number; draw from it first: "
            f'mg.sample({type(self).__name__}(…), name="X")'
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __pow__ = _forgotten
    __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __array_ufunc__ = _forgotten
    __neg__ = __float__ = __lt__ = __le__ = __gt__ = __ge__ = _forgotten

    def log_density(self, x: Any) -> Any:
        """Return the log-density of `x` in nats, -inf outside the support, NaN for NaN."""
        if self.support is real:
            return self._formula(x)
        support = self.support
        known = np.equal(x, x)
        if support.event_ndim:  # a vector is outside as a whole, unless a part of it is unknown
            known = np.all(known, axis=-1)
        outside = within_support(known & ~support.holds(x), x, self)
        apart = expand_dims(outside, axis=-1) if support.event_ndim else outside
        return where(outside, -np.inf, self._formula(where(apart, support.member, x)))

    def _formula(self, x: Any) -> Any:
        """Return `formula`; of single precision in double, if large terms of it cancel."""
        inputs = (x, *self.inputs)
        if not self.cancels or all(getattr(v, "dtype", None) != np.float32 for v in inputs):
            return self.formula(x)
        found = self.doubled().formula(astype(x, dtype=float))
        return astype(found, dtype=np.result_type(*map(plain, inputs)))

    def doubled(self) -> Any:
        """Return the same law in double precision."""
        law = self.with_inputs([astype(v, dtype=float) for v in self.inputs])
        law.dtype = np.dtype(float)
        return law

    def probability(self, x: Any) -> Any:
        """Return the density or probability of `x`."""
        return exp(self.log_density(x))

    def log_prob(self, x: Any) -> Data:
        """Return the log-density (or log-probability) of `x` in nats, of the batch shape.

        One rectangle in pictures, differentiable in `x` and in the parameters.
        """
        if self.event_ndim:
            x = self._number(x)
            if x.shape[-self.event_ndim :] != self.event_shape:
                raise InputError(
                    f"{type(self).__name__}.log_prob: one draw has shape {self.event_shape}, and "
                    f"shape {x.shape} arrived; pass one draw, or several along the first axes"
                )
        return self._boxed("log_prob", self.log_density, x)

    def log_prob_drawn(self, x: Any) -> Data:
        """Return `log_prob` of a sample of this law.

        A count that was drawn is in the support, so nobody looks; of other samples, rounding may
        have put one on the edge.
        """
        plain = self.support.discrete and type(self).log_density is Distribution.log_density
        return self._boxed("log_prob", self._formula if plain else self.log_density, x)

    def cdf(self, x: Any) -> Data:
        """Return P(X <= x), differentiable where the law knows how."""

        def guarded(x: Any) -> Any:  # at infinity nothing moves it; a scale would see 0 · inf
            end = stop(np.isinf(x))
            inside = self.cumulative(where(end, self.support.member, x))
            return where(end, self.typed(where(stop(greater(x, 0.0)), 1.0, 0.0)), inside)

        x = self._number(x)
        is_known = x.dtype.kind != "f" or (x._literal and np.all(np.isfinite(x._value)))
        return self._boxed("cdf", self.cumulative if is_known else guarded, x)

    def icdf(self, p: Any) -> Data:
        """Return the quantile at probability `p`; NaN unless 0 <= p <= 1."""

        def guarded(p: Any) -> Any:
            legal = stop(np.greater_equal(p, 0.0) & np.less_equal(p, 1.0))
            return where(legal, self.quantile(where(legal, p, 0.5)), np.nan)

        return self._boxed("icdf", guarded, p)

    def _boxed(self, name: str, formula: Callable[[Any], Any], x: Any) -> Data:
        box = function(lambda x, *_: formula(x), name=f"{type(self).__name__}.{name}")
        x = self._number(x)
        try:
            with np.errstate(all="ignore"):  # log(0) = -inf is an answer here
                return as_data(box(x, *self.inputs))
        except MissingExtraError as error:
            raise needing(f"{type(self).__name__}.{name}", error) from None
        except InputError:
            refuse_shape(self, name, x.shape)
            raise

    def _number(self, x: Any) -> Data:
        """Return `x` as Data; what is written down, and counts, take the dtype of the law.

        But for those of 64 bits under a law of 64 bits: they compute alike, and can index.
        """
        data = as_data(x)
        written = data._literal and not isinstance(x, (Data, float, np.ndarray, np.generic))
        narrow = data.dtype.kind in "iub" and {data.dtype.itemsize, self.dtype.itemsize} != {8}
        if not (written or narrow):
            return data
        if data._literal:  # and stays one: no step of the graph
            return as_data(np.asarray(data._value, self.dtype))
        return as_data(astype(data, dtype=self.dtype))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return samples of the full `shape`, and the noise they were made from or None."""
        try:
            noise_law = self.noise()
            if noise_law is None:
                return self.generated(rng, shape), None
            noise = noise_law.generated(rng, shape)
            return of_shape(self, "transform", self.transform(noise), shape), noise
        except MissingExtraError as error:
            raise needing(f"sample of {type(self).__name__}", error) from None

    def generated(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Return what `generate` does, refused if it is not of `shape`: one number is no sample."""
        try:
            return of_shape(self, "generate", self.generate(rng, shape), shape)
        except (ValueError, OverflowError) as error:
            if isinstance(error, MinigraphError):
                raise
            raise InputError(f"generate of {self!r}: {error}; use other parameters") from error

    def plain(self) -> Any:
        """Return the same law on plain values."""
        return self.with_inputs([plain(x) for x in self.inputs])

    def sample(
        self, rng: Rng = None, shape: int | tuple[int, ...] = (), **unknown: Never
    ) -> Any:  # fmt: skip
        """Return samples as a plain array of shape ``shape + self.shape`` (or one number).

        Parameters
        ----------
        rng : None, int, SeedSequence, BitGenerator or Generator
            Where the randomness comes from (SPEC 7).
        shape : int or tuple of int
            How many independent samples.
        """
        if unknown:
            call = f"sample of {type(self).__name__}"
            refuse_unknown_keywords(call, Distribution.sample, unknown, OF_SAMPLE)
        if isinstance(rng, tuple):
            raise UsageError(
                f"sample of {self!r}: {rng!r} arrived as the rng; write sample(shape={rng!r})"
            )
        with np.errstate(all="ignore"):
            return drawn(self.plain(), generator(rng), counts(self, shape))

    def full(self, value: Any) -> Any:
        """Return a moment in the shape of a sample, and its dtype: a parameter may broadcast."""
        value = self.typed(value)
        return value if shape_of(value) == self.shape else broadcast_to(value, shape=self.shape)

    def typed(self, value: Any) -> Any:
        """Return floats in the dtype of the law, which one parameter of several may decide."""
        dtype = np.dtype(float) if type(value) is float else getattr(value, "dtype", self.dtype)
        stays = dtype == self.dtype or dtype.kind != "f"
        return value if stays else astype(value, dtype=self.dtype)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"

    def describe(self) -> str:
        """Return what is stated and the parameters in words, ``loc=θ, scale=1.0``."""
        given = [f"{name}={getattr(self, name)}" for name in self.stated] + [
            f"{name}={getattr(x, 'name', None) or show(own(np.array(plain(x))))}"
            for name, x in self.parameters.items()
        ]
        return ", ".join(given)


OPTIONAL = ("mean", "variance", "mode", "entropy")
