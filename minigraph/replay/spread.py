"""How the samples of a block hang together: independent, in mirrored pairs, or spread out evenly.

A scheme makes uniform numbers; a draw becomes the quantile at its own. So whatever the scheme, each
sample by itself has the law that it should have, and averages are unbiased. Draws that have no
quantile function here are made as ever, independently.

Samples that depend on each other make up a *unit*: a pair, or a whole block with a randomization
of its own. Units are independent, so standard errors come from the means of units.

Source: Hammersley and Morton 1956, *A new Monte Carlo technique: antithetic variates*; McKay,
Beckman and Conover 1979, https://doi.org/10.2307/1268522 (stratified in every coordinate: Latin
hypercube); Owen 1997, https://doi.org/10.1214/aos/1031594731 (scrambled nets: Sobol'); Glasserman
2003, *Monte Carlo Methods in Financial Engineering*, chapters 4 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..distributions.base import Distribution
from ..errors import InputError, MissingExtraError
from ..values import plain
from .program import Draw

REPLICATES = 32  # blocks of a run, by default, where a whole block is one unit
MANY = 2**12  # outcomes, from which on a draw is not made by inversion
TOGETHER = 2**15  # probabilities that are computed together
LARGEST = 21_201  # dimensions that scipy's table of Sobol' points has

Uniforms = Callable[[np.random.Generator, int, int], Any]


def independent(rng: np.random.Generator, count: int, elements: int) -> Any:
    """Return uniform numbers, (count, elements)."""
    return rng.random((count, elements))


def antithetic(rng: np.random.Generator, count: int, elements: int) -> Any:
    """Return pairs of rows u and 1 - u."""
    half = rng.random(((count + 1) // 2, elements))
    return np.stack([half, 1.0 - half], axis=1).reshape(-1, elements)[:count]


def stratified(rng: np.random.Generator, count: int, elements: int) -> Any:
    """Return rows of which each column has one number in each of `count` equal strata."""
    order = rng.permuted(np.tile(np.arange(float(count)), (elements, 1)), axis=1).T
    return (order + rng.random((count, elements))) / count


def sobol(rng: np.random.Generator, count: int, elements: int) -> Any:
    """Return scrambled Sobol' points, the first `count` of a power of two."""
    try:
        from scipy.stats import qmc
    except ImportError:
        raise MissingExtraError(
            'noise="sobol": needs SciPy; install it with pip install "minigraph[scipy]"'
        ) from None
    if elements > LARGEST:
        raise InputError(
            f'noise="sobol": {elements:,} numbers are drawn for a sample, and the table of Sobol\' '
            f'points ends at {LARGEST:,}; use noise="antithetic" or "stratified"'
        )
    points = qmc.Sobol(elements, scramble=True, seed=rng)
    return points.random_base2(max(0, math.ceil(math.log2(count))))[:count]


class Scheme(NamedTuple):
    """A way to make uniform numbers, and how many samples make up a unit; None: a whole block."""

    uniforms: Uniforms | None
    unit: int | None

    def good_size(self, size: int, samples: int) -> int:
        """Return a good size of a block, where `size` is one for independent samples."""
        if self.unit is not None:
            return size
        return 2 ** max(0, math.floor(math.log2(max(1, min(size, samples // REPLICATES)))))


SCHEMES: Mapping[str, Scheme] = {
    "independent": Scheme(None, 1),
    "antithetic": Scheme(antithetic, 2),
    "stratified": Scheme(stratified, None),
    "sobol": Scheme(sobol, None),
}


def scheme_of(noise: Any) -> Scheme:
    """Return the scheme of that name."""
    if not isinstance(noise, str) or noise not in SCHEMES:
        known = ", ".join(map(repr, SCHEMES))
        raise InputError(f"expectation: noise={noise!r} is not known; known are {known}")
    return SCHEMES[noise]


class Columns:
    """Which uniform numbers each draw of a tape is made from.

    Draws with the same key in `shared`, by identity, are made from the same numbers.
    """

    def __init__(self, draws: Sequence[Draw], shared: Mapping[object, object]) -> None:
        self.slices: dict[int, slice] = {}  # by the slot of the draw
        self.total = 0
        starts: dict[object, slice] = {}
        for draw in draws:
            size = elements(draw)
            if size is None:
                continue
            key = shared.get(draw.identity, draw)
            if key not in starts:
                starts[key] = slice(self.total, self.total + size)
                self.total += size
            self.slices[draw.out] = starts[key]

    def source(
        self, uniforms: Uniforms, rng: np.random.Generator, count: int
    ) -> Callable[[Draw, Any], Any]:
        """Return where a tape gets the samples of a block."""
        table = uniforms(rng, count, self.total) if self.total else np.empty((count, 0))
        np.clip(table, 2.0**-54, 1.0 - 2.0**-53, out=table)  # the quantiles there are finite

        def source(draw: Draw, law: Any) -> Any:
            if draw.out not in self.slices:
                return law.generated(rng, (count, *draw.shape))
            return by_inversion(law, table[:, self.slices[draw.out]], draw.shape)

        return source


def elements(draw: Draw) -> int | None:
    """Return how many uniform numbers make a sample of a draw; None if they cannot."""
    law = draw.law
    outcomes = law.outcomes()
    if outcomes is not None:
        return math.prod(law.batch_shape) if len(outcomes) <= MANY else None
    return math.prod(draw.shape) if quantile_of(law) is not None else None


def quantile_of(law: Any) -> Callable[[Any], Any] | None:
    """Return the quantile function of a law, element by element, if it has one."""
    if type(law).place is not Distribution.place and type(law).tilt is Distribution.tilt:
        return law.place  # where points are tilted they are not quantiles
    return law.quantile if type(law).quantile is not Distribution.quantile else None


def by_inversion(law: Any, u: Any, shape: tuple[int, ...]) -> Any:
    """Return the samples of a law at their quantiles `u`, one row for each sample."""
    outcomes = law.outcomes()
    if outcomes is None:
        quantile: Any = quantile_of(law)
        return np.asarray(quantile(u.reshape(len(u), *shape)), dtype=law.dtype)
    batch = shape[: len(shape) - law.event_ndim]
    u = u.reshape(len(u), *batch)
    points = outcomes.reshape(len(outcomes), *[1] * u.ndim, *outcomes.shape[1:])
    below, index = np.zeros(u.shape), np.zeros(u.shape, dtype=np.intp)
    few = max(1, TOGETHER // max(1, u.size))
    for start in range(0, len(points), few):
        p = plain(law.probability(points[start : start + few]))
        cumulative = below + np.cumsum(p, axis=0)
        index += np.sum(u >= cumulative, axis=0)
        below = cumulative[-1]
        if np.all(u < below):
            break
    return outcomes[np.minimum(index, len(outcomes) - 1)]
