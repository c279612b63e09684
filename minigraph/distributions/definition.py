"""What a law says of itself: its parameters, its density, and how its samples are made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..data import Data
from ..errors import UsageError
from ..ops.boxes import stop
from .constraints import Constraint, real

ENUMERATED = 1e7  # a law with more outcomes is sampled, not added up
LISTED = 100_000  # outcomes of several numbers that are still listed

ELSEWHERE: Mapping[str, str] = {  # what other libraries call it
    "logpdf": "law.log_prob(x)", "logpmf": "law.log_prob(x)", "pdf": "mg.exp(law.log_prob(x))",
    "pmf": "mg.exp(law.log_prob(x))", "prob": "mg.exp(law.log_prob(x))", "ppf": "law.icdf(p)",
    "median": "law.icdf(0.5)", "std": "mg.sqrt(law.variance)", "stddev": "mg.sqrt(law.variance)",
    "sigma": "mg.sqrt(law.variance)", "var": "law.variance", "mu": "law.mean",
    "rvs": "law.sample(rng, shape)", "sample_n": "law.sample(rng, n)",
    "rsample": "mg.sample(law), and mg.reparameterize(y) for what is made of it",
}  # fmt: skip


def missing(law: Any, method: str, what: str) -> UsageError:
    """Return what to raise where a class lacks a method."""
    name = f"{method.partition('(')[0]} of {type(law).__name__}"
    return UsageError(f"{name}: the class has none; define {method}, which returns {what}")


def unknown(law: Any, method: str, estimate: str) -> UsageError:
    """Return what to raise where there is no closed form."""
    advice = (
        "average over law.sample(shape=100_000)" if law.event_ndim else f"{estimate} estimates it"
    )
    return UsageError(f"{method} of {type(law).__name__}: it has no closed form here; {advice}")


def held(kind: type[Any], law: Any) -> Any:
    """Return noise with those parameters of a law that it has, which let no gradient through."""
    noise = object.__new__(kind)
    noise.parameters = {name: still(getattr(law, name)) for name in kind.constraints}
    noise.shape, noise.dtype = law.shape, law.dtype
    return noise


def still(x: Any) -> Any:
    """Return a parameter, let through by a stop_gradient if it is Data."""
    return stop(x) if type(x) is Data else x


class Definition:
    """What the classes of laws write; `Distribution` makes the rest of it.

    Attributes
    ----------
    constraints : mapping
        The name of every parameter, in order, and what its values must satisfy. Where that is no
        whole number, integers compute as floats.
    either : sequence of str
        The names of which exactly one is given: forms of one parameter.
    support : Constraint
        Where the law puts its mass; outside, the log-density is -inf.
    event_ndim : int
        How many last axes belong to one draw: 0 for a number, 1 for a vector.
    event_axes : mapping
        For a parameter with more axes than one draw has: how many more (1 for the probabilities
        of an index, or for the matrix of a vector; -1 for a number that goes with a vector).
    stated : sequence of str
        Attributes that are no parameters, and without which nobody knows which law it is.
    ordered : sequence of str
        The parameters that must be in this order, the first less than the last.
    standard : class of law
        The noise that samples are made from; its parameters, if any, are those of the law. For
        other noise see `noise`.
    support_moves : collection of str
        The parameters on which the support depends. The score function misses what flows over the
        edge, and is refused for them.
    kinks : collection of str
        The parameters that move a kink of the density, which a second derivative would miss.
    cancels : bool
        Whether large terms of the log-density cancel, of which single precision leaves few digits.
    transform_jumps : bool
        Whether a sample can jump when a parameter moves a little and the noise stays. Then it is
        reparameterized only on the user's word that what follows is continuous all the same.
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {}
    either: ClassVar[Sequence[str]] = ()
    event_ndim: int = 0
    event_axes: Mapping[str, int] = {}
    stated: Sequence[str] = ()
    ordered: Sequence[str] = ()
    standard: ClassVar[Any] = None
    support_moves: Collection[str] = ()
    kinks: Collection[str] = ()
    cancels: bool = False
    transform_jumps: bool = False
    support: Any = real
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def formula(self, x: Any) -> Any:
        """Return the log-density at `x` inside the support; a law on the whole line gets any x."""
        raise missing(self, "formula(self, x)", "the log-density at x inside the support")

    def noise(self) -> Any:
        """Return the law of the noise that samples are made from; None if there is none."""
        kind = self.standard
        if kind is None:
            return None
        return held(kind, self) if kind.constraints else kind(self.shape, self.dtype)

    def transform(self, noise: Any) -> Any:
        """Return the sample made from `noise`, differentiable in the parameters."""
        raise missing(self, "transform(self, noise)", "the samples made from the noise")

    def overwrite(self, noise: Any) -> Any:
        """Return the sample made from an array of noise that may be written over."""
        return self.transform(noise)

    def generate(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Return an array of samples of `shape`; the parameters are plain values."""
        raise missing(self, "generate(self, rng, shape)", "an array of samples of that shape")

    def cumulative(self, x: Any) -> Any:
        """Return P(X <= x); see `cdf`."""
        raise unknown(self, "cdf", "np.mean(law.sample(shape=100_000) <= x, axis=0)")

    def above(self, x: Any, below: Any) -> Any:
        """Return P(X > x) of a continuous law, where `below` is P(X <= x)."""
        return 1.0 - below

    def quantile(self, p: Any) -> Any:
        """Return the quantile at probabilities 0 <= p <= 1; see `icdf`."""
        call = 'np.quantile(law.sample(shape=100_000), p, axis=0, method="inverted_cdf")'
        raise unknown(self, "icdf", call)

    def place(self, points: Any) -> Any:
        """Return the samples at points of a law's `quadrature`: these, unless it has quantiles."""
        return points

    def tilt(self, points: Any) -> Any:
        """Return what the weights of its `quadrature` are multiplied by at these points."""
        return 1.0

    def reach(self, spread: int = 1) -> float | None:
        """Return the last of the outcomes 0, 1, … that matters; `spread` widens a cut-off tail."""
        return None

    def outcomes(self, spread: int = 1) -> Any:
        """Return the possible values of one draw; None if they are not countable, or too many."""
        last = self.reach(spread)
        return None if last is None or not last < ENUMERATED else np.arange(int(last) + 1)
