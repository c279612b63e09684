"""Estimators side by side: bias, variance, cost, and which draw the variance comes from."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..averages.exact import grid_options
from ..averages.expectation import good_size, parameters, seed_sequence, tape_of
from ..averages.jobs import Replay
from ..data import Data
from ..distributions.streams import Rng
from ..errors import MinigraphError, UsageError
from ..estimators.unblock import METHODS, known, unblock
from ..replay.program import Draw, Step
from ..values import whole
from .assess import assess, changed_value
from .comparison import Comparison, Row
from .variances import distinct

Method = Any  # a name in the table of estimators, a mapping for unblock, or a function Data -> Data
REPEATS = 3


def compare(
    y: Data, wrt: Any = None, methods: Sequence[Method] | Mapping[str, Method] | None = None, *,
    samples: int = 100_000, rng: Rng = None, points: int | None = None, limit: int = 2_000_000,
) -> Comparison:  # fmt: skip
    """Return a table of the estimators that are legal for `y`, and of what is wrong with others.

    For each: bias and variance (as in `assess`), the cost of one sample in seconds and in numbers
    computed, variance times cost (what a unit of time buys), signal to noise, and which draw the
    variance comes from.

    Parameters
    ----------
    y : Data
        A single number whose gradient is blocked.
    wrt : Data, name, or list of these, optional
        The parameters; by default all inputs that are not constants.
    methods : list, or mapping of labels to methods, optional
        Names of estimators, mappings from draws to names as `unblock` takes them, functions from a
        Data to a Data; of several with one name the later ones are numbered. By default every name
        that `unblock` knows.
    samples, rng, points, limit
        As for `assess`.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> import minigraph as mg
    >>> mu = mg.Data(1.0, name="μ")
    >>> y = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0) ** 2
    >>> table = mg.compare(y, mu, ["reinforce", "reparameterize"])
    >>> [(row.method, round(row.assessment.variance[mu], 9)) for row in table.rows]
    [('reparameterize', 4.0), ('reinforce', 30.0)]
    """
    if not isinstance(y, Data):
        raise UsageError(f"compare: got {type(y).__name__}; pass the Data to estimate gradients of")
    if isinstance(methods, str) or not (methods is None or np.iterable(methods)):
        raise UsageError(
            f"compare: methods={methods!r}; pass a list of methods, or a mapping from labels to "
            'methods: ["reinforce", "reparameterize"]'
        )
    samples = whole("samples", samples, 1, "compare")
    points, limit = grid_options("compare", points, limit)
    keys = parameters(y, wrt)
    if isinstance(methods, Mapping):
        labels, asked = list(map(str, methods)), list(methods.values())
    else:
        asked = list(METHODS if methods is None else methods)
        labels = distinct(list(map(_label, asked)))
    seed = seed_sequence(rng)
    rows: list[Row] = []
    refused: dict[str, str] = {}
    for name, method in zip(labels, asked, strict=True):
        if not callable(method) and not isinstance(method, Mapping):
            known("compare", method)
        try:
            z = method(y) if callable(method) else unblock(y, method)
            found = assess(z, keys, of=y, samples=samples, rng=seed, points=points, limit=limit)
            rows.append(Row(name, found, *cost(z, keys), changed_value(z, y)))
        except MinigraphError as error:  # an estimator that is not legal is part of the table
            refused[name] = str(error).removeprefix(f"{name}: ")
    return Comparison(sorted(rows, key=_rank), refused, keys)


def _rank(row: Row) -> tuple[bool, float]:
    """Return where a row stands: by its mean square error, and behind all others if that is nan."""
    found = float(sum(map(row.assessment.mean_square, row.assessment.truth)))
    return math.isnan(found), found


def cost(y: Data, keys: Sequence[Data]) -> tuple[float, float]:
    """Return the seconds and the numbers computed for one sample of `y` and its gradients."""
    tape = tape_of(y, keys)
    size = good_size(tape)
    times = []
    with np.errstate(all="ignore"):
        job = Replay(tape, np.random.SeedSequence(0), size, size)
        for _ in range(REPEATS + 1):  # the first one fills the caches
            start = time.perf_counter()
            job(0)
            times.append(time.perf_counter() - start)
    return min(times[1:]) / size, float(sum(map(_numbers, tape.steps)))


def _numbers(step: Step | Draw) -> int:
    """Return how many numbers a step looks at or makes for a sample, whichever is more."""
    shapes = [*step.call.shapes, step.call.shape] if isinstance(step, Step) else [step.shape]
    return max(map(math.prod, shapes))


def _label(method: Method) -> str:
    if isinstance(method, str):
        return method
    if isinstance(method, Mapping):
        return ", ".join(f"{getattr(k, 'name', k)}: {v}" for k, v in method.items())
    keywords = getattr(method, "keywords", None) or {}  # of a functools.partial
    name = getattr(getattr(method, "func", method), "__name__", repr(method))
    return ", ".join([name, *[f"{k}={v}" for k, v in keywords.items()]])
