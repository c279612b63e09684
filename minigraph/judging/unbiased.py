"""A check that a gradient estimator is unbiased: exact where it can be, else a z-test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from ..averages.estimate import ByData
from ..averages.expectation import (
    parameters,
    seed_sequence,
    tape_of,
    uninterrupted,
    with_gradients,
)
from ..data import Data
from ..distributions.streams import Rng
from ..errors import GradientError, UsageError
from ..replay.tape import Tape
from ..values import counted, real, whole
from ..walk import label
from .assess import attempted, changed_value, refuse_unaveraged, truth
from .pairs import over_pairs
from .tables import number

CALL = "check_unbiased"
# Of fewer samples, a mean is beyond a normal quantile of 1e-4 too often: of 30 five times.
LEAST = 100
PILOT = 4096  # samples that say how many are needed
SLOW = 20_000  # samples in blocks of two
FAINT = 0.1  # of a standard deviation: smaller gradients are not asked for to two percent


@dataclass(frozen=True)
class Verdict:
    """What `check_unbiased` found, if it found no bias.

    Attributes
    ----------
    exact : bool
        Whether the expectation was computed; else a test was passed.
    samples : int
        Samples of the test; points, or pairs of points, of an exact sum.
    false_alarm, power : float
        Of the test: the chance that it raises without cause, and the chance with which it finds a
        bias of the size of `detectable`.
    detectable : mapping
        For each parameter, that bias; if exact, the tolerance.
    """

    exact: bool
    samples: int
    false_alarm: float
    power: float
    detectable: ByData

    def __repr__(self) -> str:
        sizes = ", ".join(f"{label(x)}: {number(v, 2)}" for x, v in self.detectable.items())
        if self.exact:
            return f"unbiased (exact, {counted(self.samples, 'point')}, to within {sizes})"
        return (
            f"no bias found (z-test, {self.samples} samples, false alarm {self.false_alarm:g}; "
            f"power {self.power:g} for a bias of {sizes})"
        )


def check_unbiased(
    rewritten: Data, wrt: Any = None, *, of: Data | None = None, rtol: float = 1e-6,
    atol: float = 1e-8, false_alarm: float = 1e-4, power: float = 0.99, detect: float = 0.02,
    samples: int = 2_000_000, rng: Rng = 0, limit: int = 2_000_000,
) -> Verdict:  # fmt: skip
    """Check that the expected gradient of a rewritten graph is the gradient of the expectation.

    Where the grid of `exact` is small enough both are computed, and a bias cannot hide behind
    noise. An estimator that looks at several samples at once (a baseline from the other samples of
    a block) is averaged over all pairs of points: with two samples its bias is largest. Else a
    two-sided z-test on as many samples as the power needs decides.

    Parameters
    ----------
    rewritten : Data
        What an estimator returned: a single number whose gradient is not blocked.
    wrt : Data, name, or list of these, optional
        The parameters; by default all inputs that are not constants.
    of : Data, optional
        What was rewritten, of which the truth is taken; see `assess`. Its value must be the same.
    rtol, atol : float
        How far exact numbers may differ, by ``atol + rtol * size``.
    false_alarm : float
        The chance that the z-test raises although nothing is wrong, over all parameters together.
    power, detect : float
        The z-test finds, with probability `power`, a bias of `detect` times the gradient of a
        parameter (or times a tenth of its standard deviation, if that is more).
    samples : int
        The most samples of the z-test (20,000 of an estimator that looks at several at once), at
        least 100, of which a mean is nearly normal. If it needs more, the verdict says what it
        could detect.
    rng : None, int, SeedSequence or Generator
        For the z-test.
    limit : int
        The largest grid that is still computed.

    Returns
    -------
    Verdict

    Raises
    ------
    GradientError
        Names the parameter, the element and both numbers; or the value, if that was changed.

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.3, name="θ")
    >>> y = (mg.sample(mg.Bernoulli(theta), name="X", rng=0) - theta) ** 2
    >>> mg.check_unbiased(mg.reinforce(y))
    unbiased (exact, 2 points, to within 'θ': 4.1e-07)
    >>> mg.check_unbiased(mg.reinforce(y) + (theta - mg.stop_gradient(theta)))
    Traceback (most recent call last):
    minigraph.errors.GradientError: check_unbiased: expected gradient of 'θ' is 1.4, but ...
    """
    if not isinstance(rewritten, Data) or not (of is None or isinstance(of, Data)):
        wrong = of if isinstance(rewritten, Data) else rewritten
        raise UsageError(
            f"check_unbiased: got {type(wrong).__name__}; pass the Data that a rewrite made: "
            "check_unbiased(mg.reinforce(y), θ, of=y)"
        )
    if of is not None and (changed := changed_value(rewritten, of)):
        raise GradientError(f"check_unbiased: {changed}")
    for name, chance in (("false_alarm", false_alarm), ("power", power)):
        real(name, chance, lambda x: 0 < x < 1, "a probability between 0 and 1", CALL)
    for name, size in (("rtol", rtol), ("atol", atol)):
        real(name, size, lambda x: 0 <= x < np.inf, "at least 0 and finite", CALL)
    real("detect", detect, lambda x: 0 < x < np.inf, "positive and finite", CALL)
    most = whole("samples", samples, LEAST, CALL)
    limit = whole("limit", limit, 1, CALL)
    keys = parameters(rewritten if of is None else of, wrt)
    refuse_unaveraged(rewritten, keys)
    pair = Pair(rewritten, of, keys, {"limit": limit})
    bound = lambda size: atol + rtol * size
    return by_sums(pair, bound) or by_test(pair, (false_alarm, power, detect), most, rng)


class Pair(NamedTuple):
    """An estimator, and what it was made from if that is known."""

    rewritten: Data
    of: Data | None
    keys: list[Data]
    settings: Mapping[str, Any]  # of exact averages

    def truth(self, samples: int, rng: Rng) -> tuple[list[Any], list[Any]]:
        """Return the true gradients, and their standard errors."""
        return truth(self.rewritten, self.of, self.keys, samples, rng, self.settings)


def by_sums(pair: Pair, bound: Callable[[Any], Any]) -> Verdict | None:
    """Return the verdict of exact sums, or None if they are out of reach."""
    found = expected(pair)
    if found is None:
        return None
    means, doubts, count = found
    true, errors = pair.truth(1, 0)
    if any(np.any(e) for e in errors):
        return None
    bounds = [bound(np.abs(g)) + d for g, d in zip(true, doubts, strict=True)]
    refuse_bias(pair.keys, means, true, bounds, "by exact sums")
    sizes = [float(np.max(b, initial=0.0)) for b in bounds]
    return Verdict(True, count, 0.0, 1.0, ByData(pair.keys, sizes))


def by_test(pair: Pair, asked: tuple[float, float, float], most: int, rng: Rng) -> Verdict:
    """Return the verdict of a z-test; a pilot says how many samples it needs."""
    false_alarm, power, detect = asked
    elements = sum(x.size for x in pair.keys)
    rejected = NormalDist().inv_cdf(1.0 - false_alarm / (2 * elements))  # Bonferroni
    reach = rejected + NormalDist().inv_cdf(power)
    first, second = seed_sequence(rng).spawn(2)
    count = min(PILOT, most)
    _, true, errors = sampled(pair, count, first)
    needed = 1.0
    for g, e in zip(true, errors, strict=True):
        scale = np.maximum(np.max(np.abs(g), initial=0.0), FAINT * e * np.sqrt(count))
        ratio = reach * e / np.where(scale > 0, detect * scale, 1.0)
        needed = max(needed, float(np.max(ratio, initial=0.0)) ** 2)
    if tape_of(pair.rewritten, pair.keys).crosses:  # blocks of two samples are slow
        most = min(most, SLOW)
    count = int(min(most, max(count, 1.2 * count * needed)))
    means, true, errors = sampled(pair, count, second)
    bounds = [rejected * e + 1e-12 * (1.0 + np.abs(g)) for g, e in zip(true, errors, strict=True)]
    refuse_bias(pair.keys, means, true, bounds, f"by a z-test on {count} samples")
    sizes = [float(np.max(reach * e, initial=0.0)) for e in errors]
    return Verdict(False, count, false_alarm, power, ByData(pair.keys, sizes))


def sampled(pair: Pair, count: int, rng: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Return average gradients, true ones, and the standard errors of the difference."""
    own, others = rng.spawn(2)
    y, keys = pair.rewritten, pair.keys
    block = 2 if tape_of(y, keys).crosses else None  # where a bias of 1/N is largest
    found = uninterrupted(y, count, wrt=keys, rng=own, block_size=block)
    true, errors = pair.truth(count, others)
    both = [np.hypot(found.grad_stderr[x], e) for x, e in zip(keys, errors, strict=True)]
    return [found.grad[x] for x in keys], true, both


def expected(pair: Pair) -> tuple[list[Any], list[Any], int] | None:
    """Return the exact expected gradients, what their quadrature may be off, and the points."""
    y, keys = pair.rewritten, pair.keys
    if tape_of(y, keys).crosses:
        return over_pairs(Tape(with_gradients(y, keys)), len(keys))
    found, _ = attempted(y, keys, pair.settings)
    if found is None:
        return None
    sizes = [np.abs(found.grad[x]) + np.sqrt(np.nan_to_num(found.grad_variance[x])) for x in keys]
    return [found.grad[x] for x in keys], [10 * found.error * s for s in sizes], found.samples


def refuse_bias(
    keys: Sequence[Data], means: Sequence[Any], true: Sequence[Any], bounds: Sequence[Any], how: str
) -> None:
    """Raise for the first element that is further from the truth than it may be."""
    for x, mean, g, bound in zip(keys, means, true, bounds, strict=True):
        wrong = ~(np.abs(np.asarray(mean) - g) <= bound)
        for at in map(tuple, np.argwhere(wrong)[:1]):
            where = f", element {[int(i) for i in at]}," if at else ""
            raise GradientError(
                f"check_unbiased: expected gradient of {label(x)}{where} is "
                f"{np.asarray(mean)[at]:.9g}, but the average of y has slope "
                f"{np.asarray(g)[at]:.9g} ({how}); look for a path that no score or transform "
                "covers, or for a baseline that knows its own sample"
            )
