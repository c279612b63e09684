"""What a gradient estimator is worth: its bias and its variance, computed and not guessed.

A rewritten graph *is* its estimator: one sample of its gradient is one sample of the estimate. So
its expectation and its variance are integrals over its own noise, and `exact` knows these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..averages.estimate import ByData, Estimate
from ..averages.exact import exact, grid_options
from ..averages.expectation import parameters, seed_sequence, uninterrupted
from ..averages.moments import unshared
from ..data import Data
from ..distributions.streams import Rng
from ..errors import InputError, UsageError
from ..estimators.unblock import unblock
from ..gradient import checked_flow, gradients, seed_of
from ..graph import Graph
from ..paths import Flow
from ..replay.opening import refuse_branched
from ..replay.tape import Tape
from ..values import counted, whole
from ..walk import drawn_above, label
from .assessment import Assessment
from .pairs import DOUBTFUL
from .variances import Share, shares

STENCIL = {1: (2 / 3, 3 / 4), 2: (-1 / 12, -3 / 20), 3: (0.0, 1 / 60)}  # to order 4 and to order 6
STEP, SHRINK, TRIES = 1e-3, 8.0, 4
ALIKE = 1e-6  # how far the two orders may be apart, relative to the slope
EXACT = 1e-8  # the relative error up to which a quadrature is called exact, and differences are


def assess(
    rewritten: Data, wrt: Any = None, *, of: Data | None = None, samples: int = 100_000,
    rng: Rng = None, points: int | None = None, limit: int = 2_000_000, nodes: bool = True,
) -> Assessment:  # fmt: skip
    """Return the bias and the one-sample variance of the gradient of a rewritten graph.

    Both are exact, by enumeration and quadrature, where the grid of `exact` is small enough and
    its doubt below 1e-5. Else they are averages over `samples` samples, with their standard errors.
    A leave-one-out baseline is taken at its limit of many samples where the result is exact.

    Parameters
    ----------
    rewritten : Data
        What an estimator returned: a single number whose gradient is not blocked.
    wrt : Data, name, or list of these, optional
        The parameters; by default all inputs that are not constants.
    of : Data, optional
        What was rewritten. The truth is its gradient by `exact`, or where that is out of reach the
        average of an unbiased estimator, ``unblock(of)``, on samples of its own. Without `of` the
        truth is the slope of the exact average of `rewritten` itself, from differences: right as
        long as the rewrite has not changed the value.
    samples : int
        For averages by Monte Carlo.
    rng : None, int, SeedSequence or Generator
        For these.
    points, limit : int
        As for `exact`.
    nodes : bool
        Look also which draw the variance comes from.

    Returns
    -------
    Assessment

    Raises
    ------
    BlockedGradientError
        If the gradient is blocked: rewrite first.
    InputError
        If the truth is out of reach; pass `of`.

    Examples
    --------
    >>> import minigraph as mg
    >>> mu = mg.Data(1.0, name="μ")
    >>> y = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0) ** 2
    >>> mg.assess(mg.reinforce(y), of=y)
    Assessment of y (exact, 200 points)
    parameter  truth  expected  bias  variance  signal/noise  variance from X
    μ          2      2         0     30        0.365         30
    """
    if not isinstance(rewritten, Data) or not (of is None or isinstance(of, Data)):
        wrong = of if isinstance(rewritten, Data) else rewritten
        raise UsageError(f"assess: got {type(wrong).__name__}; pass the Data that a rewrite made")
    samples = whole("samples", samples, 1, "assess")
    points, limit = grid_options("assess", points, limit)
    settings = {"points": points, "limit": limit}
    keys = parameters(rewritten if of is None else of, wrt)
    refuse_unaveraged(rewritten, keys)
    own, others, parts = seed_sequence(rng).spawn(3)
    true, true_errors = truth(rewritten, of, keys, samples, others, settings)
    found, reason = attempted(rewritten, keys, settings)
    if found is None:
        found = uninterrupted(rewritten, samples, wrt=keys, rng=own)
        errors = [variance_stderr(rewritten, x, found, own) for x in keys]
        how = f"{counted(samples, 'sample')}: {reason}"
    else:
        errors = [unshared(np.zeros(x.shape)) for x in keys]
        how = f"exact, {counted(found.samples, 'point')}" if found.error < EXACT else reason
    sources = sources_of(rewritten, of, keys, points, samples, parts) if nodes else {}
    known = [  # of an infinite variance no part is
        np.where(found.exact & np.isnan(v), np.nan, 1.0) for v in found.grad_variance.values()
    ]
    return Assessment(
        name=rewritten.name or "y",
        truth=ByData(keys, true),
        truth_stderr=ByData(keys, true_errors),
        expected=found.grad,
        expected_stderr=found.grad_stderr,
        variance=found.grad_variance,
        variance_stderr=ByData(keys, errors),
        exact=found.exact,
        how=how,
        nodes={
            n: ByData(keys, [unshared(v * k) for v, k in zip(s.variance, known, strict=True)])
            for n, s in sources.items()
        },
        nodes_stderr={n: ByData(keys, [unshared(e) for e in s.stderr]) for n, s in sources.items()},
        added=frozenset(n for n, s in sources.items() if s.added),
    )


def refuse_unaveraged(y: Data, keys: Sequence[Data]) -> None:
    """Raise if the gradient of `y` cannot be averaged, for what Python looked at, or is blocked."""
    for x in drawn_above([y]):
        refuse_branched(x)
    checked_flow(y, keys, stale_ok=True)
    seed_of(y, None)


def attempted(y: Data, keys: Sequence[Data], settings: Any) -> tuple[Estimate | None, str]:
    """Return an exact estimate, or None, and how good it is or why there is none."""
    try:
        found = exact(y, keys, **settings)
    except InputError as error:
        return None, _reason(error)
    doubt = f"quadrature, {counted(found.samples, 'point')}, relative error about {found.error:.0e}"
    return (found if found.error < DOUBTFUL else None), doubt


def changed_value(rewritten: Data, of: Data) -> str:
    """Return what is wrong with the value of a rewritten graph, empty if it is as it was."""
    if np.array_equal(rewritten.value, of.value, equal_nan=True):
        return ""
    return (
        f"the estimator gave the value {rewritten.value} for {of.value}; it may change gradients "
        "only"
    )


def _reason(error: InputError) -> str:
    """Return why there is no exact average, without the advice to do something else."""
    return str(error).removeprefix("exact: ").split("; use mg.expectation")[0]


def truth(
    y: Data, of: Data | None, keys: Sequence[Data], samples: int, rng: Rng, settings: Any
) -> tuple[list[Any], list[Any]]:
    """Return the true gradients, and their standard errors."""
    if of is None:
        slopes = [
            np.array([slope(y, x, at, settings) for at in np.ndindex(x.shape)]).reshape(x.shape)
            for x in keys
        ]
        return [unshared(s) for s in slopes], [unshared(np.zeros(x.shape)) for x in keys]
    found, _ = attempted(of, keys, settings)
    if found is None:
        open_now = of if not Flow([of], keys).blocked else unblock(of)
        found = uninterrupted(open_now, samples, wrt=keys, rng=rng)
    return [found.grad[x] for x in keys], [found.grad_stderr[x] for x in keys]


def slope(y: Data, x: Data, at: tuple[int, ...], settings: Any) -> float:
    """Return the slope of the exact average of `y` in one element of an input.

    It is a difference of two orders, with a shorter step if they disagree, or a parameter left its
    domain.
    """
    step = STEP * max(1.0, abs(float(np.asarray(x._value)[at])))
    problem = "it is computed, and only an input can be moved"
    for _ in range(TRIES if x._op is None else 0):
        try:
            averages = {k: _moved(y, x, at, k * step, settings) for i in STENCIL for k in (i, -i)}
        except InputError as error:
            problem = _reason(error)
        else:
            rough, fine = (
                sum(w[i] * (averages[k] - averages[-k]) for k, w in STENCIL.items()) / step
                for i in (0, 1)
            )
            if abs(fine - rough) <= ALIKE * abs(fine) + 1e-8 * max(map(abs, averages.values())):
                return fine
            problem = f"differences with a step of {step:.0e} do not settle"
        step /= SHRINK
    raise InputError(
        f"assess: the true gradient of {label(x)} is out of reach of exact averages of what was "
        f"rewritten: {problem}; pass what it was made from, of=y"
    ) from None  # which would say the same again


def _moved(y: Data, x: Data, at: tuple[int, ...], by: float, settings: Any) -> float:
    """Return the exact average of `y` with one element of an input moved."""
    before, changed = x._value, x._time
    moved = np.array(before, np.float64)
    moved[at] += by
    try:
        x.value = moved
        found = exact(y, **settings)
    finally:
        x._value, x._time = before, changed  # as if it had not been moved
    doubt = found.error * abs(found.value)  # which is large beside a slope if the value is
    if found.error > EXACT or doubt > 0.1 * EXACT * np.sqrt(found.variance):
        raise InputError(f"exact: the average {found.value:.6g} is known to {doubt:.0e} alone")
    return float(found.value)


def variance_stderr(y: Data, x: Data, found: Estimate, rng: Rng) -> Any:
    """Return the standard error of a one-sample variance: that of the mean of squares."""
    (g,) = gradients(y, [x], seed_of(y, None), stale_ok=True)
    off = g - found.grad[x]
    return uninterrupted(off * off, found.samples, rng=rng).stderr


def sources_of(
    y: Data, of: Data | None, keys: Sequence[Data], points: int | None, samples: int, rng: Any
) -> dict[str, Share]:
    """Return the share of each draw in the variance of the gradients."""
    tape = Tape(gradients(y, keys, seed_of(y, None), stale_ok=True))
    each = max(1000, samples // (4 * max(1, len(tape.draws))))
    order = [node.draw for node in Graph(y if of is None else of).stochastic]
    return shares(tape, points, each, np.random.default_rng(rng), order)
