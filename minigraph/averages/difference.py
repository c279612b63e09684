"""Common random numbers: the difference of two averages, over samples that go together."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import Rng
from ..errors import InputError, UsageError
from ..replay.spread import elements, scheme_of
from ..replay.tape import Tape
from ..values import whole
from ..walk import drawn_above, label
from .averaging import average
from .estimate import Estimate
from .expectation import good_size, seed_sequence, tape_of, targets
from .jobs import Replay
from .workers import Mapper


def difference(
    a: Data, b: Data, samples: int = 10_000, *, wrt: Any = None, rng: Rng = None,
    noise: str = "independent", block_size: int | None = None, workers: int = 1,
    executor: Any = None,
) -> Estimate:  # fmt: skip
    """Return the average of ``a - b`` with draws of the same name made from the same numbers.

    Each draw becomes the quantile of its law at a uniform number that both graphs share, so what
    they have in common cancels: two policies, two parameters, before and after a change. Each
    average by itself stays what it is; only their difference is known better.

    Parameters
    ----------
    a, b : Data
        Outputs of two graphs. Within each, no two draws have the same name.
    samples, wrt, rng, noise, block_size, workers, executor
        As for `expectation`.

    Raises
    ------
    InputError
        If a graph has two draws of one name, if draws of one name have different shapes, or if
        such a draw has no quantile function here.

    References
    ----------
    Glasserman and Yao 1992, *Some guidelines and guarantees for common random numbers*,
    https://doi.org/10.1287/mnsc.38.6.884

    Examples
    --------
    >>> import minigraph as mg
    >>> def wait(rate):
    ...     return mg.sample(mg.Exponential(rate), name="wait", rng=0)
    >>> found = mg.difference(wait(1.0), wait(1.1), rng=0)  # the truth is 1 - 1/1.1
    >>> found.stderr < 0.1 * mg.expectation(wait(1.0) - wait(1.1), rng=0).stderr
    True
    """
    for data in (a, b):
        if not isinstance(data, Data):
            raise UsageError(f"difference: got {type(data).__name__}; pass two Data")
    y = a - b
    scheme = scheme_of(noise)
    samples, keys = whole("samples", samples), targets(y, wrt)
    tape = tape_of(y, keys)
    shared = common(a, b, tape)
    size = scheme.good_size(good_size(tape), samples)
    size = size if block_size is None else whole("block_size", block_size)
    with np.errstate(all="ignore"):
        job = Replay(tape, seed_sequence(rng), samples, size, scheme, shared)
        return average(job, keys, Mapper(whole("workers", workers), executor))


def common(a: Data, b: Data, tape: Tape) -> dict[object, str]:
    """Return the names of the draws that both graphs have, by the identity of either draw."""
    mine, yours = named_draws(a), named_draws(b)
    shared: dict[object, str] = {}
    for name in mine.keys() & yours.keys():
        x, z = mine[name], yours[name]
        if x.shape != z.shape:
            raise InputError(
                f"difference: draw {name!r} has shape {x.shape} in one graph and {z.shape} in the "
                "other; give them different names if they have nothing in common"
            )
        for data in (x, z):
            shared[data._node.draw] = shared[(data._node.draw,)] = name  # or of its noise
    sizes: dict[str, Any] = {}
    for draw in tape.draws:
        key = shared.get(draw.identity)
        if key is not None and (elements(draw) or 0) != sizes.setdefault(key, elements(draw)):
            raise InputError(
                f"difference: draw {key!r} ~ {type(draw.law).__name__} cannot be made from the "
                "numbers of its namesake in the other graph; give them different names"
            )
    return shared


def named_draws(y: Data) -> dict[str, Data]:
    """Return the draws above `y` by name; those without one have nothing in common."""
    found: dict[str, Data] = {}
    for data in drawn_above([y]):
        if data.name:
            if data.name in found and found[data.name]._node.draw is not data._node.draw:
                raise InputError(
                    f"difference: the graph of {label(y)} has two draws named {data.name!r}; "
                    "rename one, or they could not be told apart"
                )
            found[data.name] = data
    return found
