"""Monte Carlo averages: the one-sample graph replayed in blocks of samples.

Block i of a run always draws from stream i of the seed, and blocks are merged in order. So the
numbers depend on the seed and the block size alone, never on who computes a block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Never

import numpy as np

from ..data import Data
from ..distributions.streams import Rng, generator, surrounded
from ..errors import InputError, UsageError, refuse_unknown_keywords
from ..gradient import gradients, seed_of
from ..graph import Graph, data_of
from ..paths import is_parameter
from ..replay.merging import merged
from ..replay.spread import Scheme, scheme_of
from ..replay.tape import Tape
from ..values import how_left, whole
from ..walk import label
from .averaging import average
from .checkpoint import Checkpoint, read
from .estimate import Estimate
from .jobs import Job, Replay, Root, Trace
from .ties import ties
from .workers import Mapper

ELSEWHERE: Mapping[str, str] = {  # what other libraries call an argument
    "seed": "write rng=", "n": "write samples=", "num_samples": "write samples=",
}  # fmt: skip
CHUNKS = 8  # in a block, at most
WORK = 2**22  # elements that a block computes at most, if it is more than a chunk
TRACED = 1000  # samples in a block of a function, which has no arrays


def expectation(
    y: Data | Callable[..., Data],
    samples: int = 10_000,
    *,
    wrt: Data | str | Sequence[Data | str] | None = None,
    rng: Rng = None,
    noise: str = "independent",
    block_size: int | None = None,
    workers: int = 1,
    executor: Any = None,
    progress: bool = False,
    callback: Callable[[Estimate], Any] | None = None,
    stderr: float | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    **unknown: Never,
) -> Estimate:
    """Return the average of `y` over its randomness, and of its gradient, by Monte Carlo.

    Parameters
    ----------
    y : Data, or a function that builds and returns one
        The graph of a Data is replayed on many samples at once. A function is called anew for
        each sample, so its control flow may look at samples; it may take one argument, the
        Generator to draw from.
    samples : int
        How many samples; memory does not grow with it.
    wrt : Data, name, or list of these, optional
        Inputs to average the gradient for. `y` must be a single number then.
    rng : None, int, SeedSequence or Generator
        The seed; None in a function that is averaged is a seed from its own random numbers.
    noise : {"independent", "antithetic", "stratified", "sobol"}
        How samples hang together: not at all; in pairs, of which one is made from u and the other
        from 1 - u; spread evenly over each number drawn, or over all of them together. Averages
        stay unbiased, and standard errors honest: they are those of independent pairs or blocks
        (32 of these by default). ``variance`` is then that of independent samples which would
        give the same standard error. "sobol" needs the extra ``scipy``.
    block_size : int, optional
        Samples in a block, rounded up to whole pairs; chosen from the size of the graph by default.
    workers : int
        Threads that work on blocks.
    executor : object with an ordered ``map(function, iterable)``, optional
        Who works on blocks instead.
    progress : bool
        Show a progress bar. Needs the extra ``progress``.
    callback : callable, optional
        Called with the `Estimate` so far after every block.
    stderr : float, optional
        Stop after the first block at which no standard error, of the value or of a gradient, is
        larger than this; `samples` is then the most that are drawn.
    checkpoint : path, optional
        A file to keep the run in, written about once a second and at the end. If it is there, the
        run goes on from it, to the same bits as in one go, or to more samples. A seed and a block
        size that are not given are those in the file. A file of other work is refused; of a
        function, what it imports when it is called does not tell it from others.

    Returns
    -------
    Estimate
        Ctrl-C ends a run early: the estimate is that of the blocks so far, and says that it was
        ``interrupted``. A run of a single block, as in most training loops, just stops.

    Raises
    ------
    BlockedGradientError
        If a gradient would have to cross a draw: rewrite `y` first.
    InputError
        For a graph that was built through an ``if`` on a sample, a bad option, or a checkpoint of
        another run (another graph or function, input, seed or block size), or of a function that
        holds what cannot be compared, as a lock.
    UsageError
        For what is no Data and no function, or an executor whose map does not return the result of
        every item once, in the order of the items.

    References
    ----------
    Mohamed, Rosca, Figurnov and Mnih 2020, *Monte Carlo Gradient Estimation in Machine Learning*,
    https://arxiv.org/abs/1906.10652

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.5, name="θ")
    >>> y = mg.sample(mg.Normal(theta, 1.0), name="X") ** 2
    >>> estimate = mg.expectation(mg.reparameterize(y), 10_000, wrt=theta, rng=0)
    >>> estimate
    Estimate(value 1.25257 ± 0.017; ∂/∂θ 0.976666 ± 0.02; 10000 samples)
    """
    if unknown:
        refuse_unknown_keywords("expectation", expectation, unknown, ELSEWHERE)
    samples, workers = whole("samples", samples), whole("workers", workers)
    size = None if block_size is None else whole("block_size", block_size)
    if checkpoint is not None and not isinstance(checkpoint, (str, os.PathLike)):
        raise UsageError(f"expectation: checkpoint={checkpoint!r}; pass the path of a file")
    mapper, scheme = Mapper(workers, executor), scheme_of(noise)
    stored = None if checkpoint is None else read(checkpoint)
    if stored is not None:
        rng, size = stored.seed if rng is None else rng, size or stored.block_size
    seed = Root(rng) if type(rng) is int and rng >= 0 else seed_sequence(rng)
    with np.errstate(all="ignore"):  # an overflow is in the estimate
        keys, job = _plan(y, wrt, seed, samples, size, scheme, mapper.threaded)
        file = None if checkpoint is None else Checkpoint(checkpoint, stored, job)
        return average(job, keys, mapper, progress, callback, stderr, file)


def uninterrupted(y: Data, samples: int, **options: Any) -> Estimate:
    """Return the average of `y` for a computation that has no use for a part of one."""
    estimate = expectation(y, samples, **options)
    if estimate.interrupted:
        raise KeyboardInterrupt
    return estimate


def targets(y: Data, wrt: Any) -> list[Data]:
    """Return `wrt` as a list of Data; names are looked up in the graph of `y`."""
    return [] if wrt is None else data_of(y, wrt, f"gradient of {label(y)}: wrt")


def parameters(y: Data, wrt: Any) -> list[Data]:
    """Return what to differentiate for: `wrt`, or every input that can receive a gradient."""
    found = targets(y, wrt) or [x for x in Graph(y).inputs if is_parameter(x)]
    if not found:
        raise InputError(
            f"gradient of {label(y)}: there is no parameter in its graph; make one of floats that "
            'is not constant, mg.Data(0.5, name="θ"), and build it from that'
        )
    return found


def with_gradients(y: Data, wrt: Sequence[Data]) -> list[Data]:
    """Return `y` and its gradients, what a tape computes for an average."""
    if not wrt:
        return [y]
    y, wrt = merged(y, wrt)
    return [y, *gradients(y, wrt, seed_of(y, None), stale_ok=True)]


def tape_of(y: Data, wrt: Sequence[Data]) -> Tape:
    """Return the tape for averages of `y` and its gradients, written once and kept with `y`.

    What `y` keeps must not hold `y`, or the graph would not be freed when it is dropped.
    """
    if y._op is None:
        return _written(y, wrt)
    if y._replays is None:
        y._replays = {}
    key = tuple(map(id, wrt))
    if key not in y._replays:
        alive = [x for x in wrt if x is not y]  # so that no other data gets its id
        y._replays[key] = _written(y, wrt), alive
    return y._replays[key][0]


def _written(y: Data, wrt: Sequence[Data]) -> Tape:
    tape = Tape(with_gradients(y, wrt), averaged=True)
    tape.ties = ties(tape, y, wrt) if tape.crosses else []
    return tape


def _plan(
    y: Any, wrt: Any, seed: Any, samples: int, size: int | None, scheme: Scheme, threads: int
) -> tuple[list[Data], Job]:
    """Return the data to differentiate for, and the work to do on each block."""
    if isinstance(y, Data):
        keys = targets(y, wrt)
        tape = tape_of(y, keys)
        size = size or scheme.good_size(good_size(tape), samples)
        return keys, Replay(tape, seed, samples, size, scheme, threads=threads)
    if not callable(y):
        raise UsageError(
            f"expectation: got {type(y).__name__}; pass a Data, or a function of one{how_left(y)}"
        )
    if scheme.unit != 1:
        raise UsageError(
            "expectation of a function: it is called anew for each sample, so its samples are "
            'independent; pass a Data, or noise="independent"'
        )
    keys = [] if wrt is None else list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    for key in keys:
        if not isinstance(key, Data):
            raise UsageError(
                f"expectation of a function: wrt holds {key!r}; pass the Data that the function "
                "uses (names are known only once a graph is built)"
            )
    return keys, Trace(y, keys, seed, samples, size or TRACED)


def good_size(tape: Tape) -> int:
    """Return how many samples make a good block."""
    chunk = tape.memory.chunk
    work = chunk * tape.memory.largest * max(1, len(tape.steps))
    return chunk * (1 if tape.crosses else max(1, min(CHUNKS, WORK // work)))


def seed_sequence(rng: Rng) -> np.random.SeedSequence:
    """Return what the streams of a run are spawned from; a Generator moves on."""
    if isinstance(rng, np.random.SeedSequence):
        return rng
    if rng is None and not surrounded():
        return np.random.SeedSequence()
    if isinstance(rng, (int, np.integer)) and rng >= 0:
        return np.random.SeedSequence(int(rng))
    stream = generator(rng)
    return np.random.SeedSequence([int(x) for x in stream.integers(2**32, size=4)])
