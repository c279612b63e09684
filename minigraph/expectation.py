"""Monte Carlo averages: the one-sample graph replayed in blocks of samples.

Block i of a run always draws from stream i of the seed, and blocks are merged in order. So the
numbers depend on the seed and the block size alone, never on who computes a block.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .distributions.base import Rng, drawing_from, generator
from .errors import InputError, MissingExtraError, UsageError
from .estimate import ByData, Estimate
from .gradient import gradients, seed_of
from .graph import Data, Graph, label
from .moments import Moments
from .tape import Tape
from .values import own

BLOCK_BYTES = 2**17  # one array of a block, so that a handful of them stays in the cache of a core


def expectation(
    y: Data | Callable[..., Data],
    samples: int = 10_000,
    *,
    wrt: Data | str | Sequence[Data | str] | None = None,
    rng: Rng = None,
    block_size: int | None = None,
    workers: int = 1,
    executor: Any = None,
    progress: bool = False,
    callback: Callable[[Estimate], Any] | None = None,
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
        The seed.
    block_size : int, optional
        Samples in a block; chosen from the size of the graph by default.
    workers : int
        Threads that work on blocks.
    executor : object with an ordered ``map(function, iterable)``, optional
        Who works on blocks instead.
    progress : bool
        Show a progress bar. Needs the extra ``progress``.
    callback : callable, optional
        Called with the `Estimate` so far after every block.

    Returns
    -------
    Estimate

    Raises
    ------
    BlockedGradientError
        If a gradient would have to cross a draw: rewrite `y` first.
    InputError
        For a graph that was built through an ``if`` on a sample, or a bad option.

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
    Estimate(value 1.25158 ± 0.017; ∂/∂θ 1.00193 ± 0.02; 10000 samples)
    """
    samples = whole("samples", samples)
    workers = whole("workers", workers)
    keys, job, default = _plan(y, wrt)
    size = default if block_size is None else whole("block_size", block_size)
    blocks = _blocks(samples, size, rng)
    total: list[Moments] | None = None
    done = 0
    with _mapper(workers, executor) as mapper:
        for count, block in _shown(mapper(job, blocks), samples, size, progress):
            total = (
                block if total is None else [a.merge(b) for a, b in zip(total, block, strict=True)]
            )
            done += count
            if callback is not None:
                callback(_estimate(total, keys, done))
    assert total is not None
    return _estimate(total, keys, done)


def whole(name: str, number: Any) -> int:
    """Return an option that must be a whole number of at least 1."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, (int, np.integer)) or isinstance(number, bool) or number < 1:
        raise InputError(
            f"expectation: {name} must be a whole number of at least 1; got {number!r}"
        )
    return int(number)


def targets(y: Data, wrt: Any) -> list[Data]:
    """Return `wrt` as a list of Data; names are looked up in the graph of `y`."""
    if wrt is None:
        return []
    many = wrt if isinstance(wrt, (list, tuple)) else [wrt]
    return [Graph(y)[x] if isinstance(x, str) else x for x in many]


def with_gradients(y: Data, wrt: Sequence[Data]) -> list[Data]:
    """Return `y` and its gradients, what a tape computes for an average."""
    return [y, *gradients(y, wrt, seed_of(y, None), stale_ok=True)] if wrt else [y]


def tape_of(y: Data, wrt: Sequence[Data]) -> Tape:
    """Return the tape of `y` and its gradients, written once and kept with `y`."""
    tapes = y._replays
    if tapes is None:
        y._replays = tapes = {}
    key = tuple(map(id, wrt))
    if key not in tapes:
        tapes[key] = (Tape(with_gradients(y, wrt)), wrt)  # wrt is kept alive: ids are not reused
    return tapes[key][0]


Block = tuple[int, np.random.SeedSequence]
Job = Callable[[Block], "tuple[int, list[Moments]]"]


def _plan(y: Any, wrt: Any) -> tuple[list[Data], Job, int]:
    """Return the data to differentiate for, the work on one block, and a good block size."""
    if isinstance(y, Data):
        if y.dtype.kind not in "fiub":
            raise UsageError(f"expectation of {label(y)}: dtype {y.dtype} has no average")
        keys = targets(y, wrt)
        tape = tape_of(y, keys)
        largest = max(1, BLOCK_BYTES // 8 // max(1, tape.largest))
        return keys, functools.partial(_replay, tape), largest
    if not callable(y):
        raise UsageError(f"expectation: got {type(y).__name__}; pass a Data, or a function of one")
    keys = [wrt] if isinstance(wrt, Data) else list(wrt or ())
    for key in keys:
        if not isinstance(key, Data):
            raise UsageError(
                "expectation of a function: wrt must be Data; it has no graph of names"
            )
    return keys, functools.partial(_trace, y, keys), 1000


def _blocks(samples: int, size: int, rng: Rng) -> Iterator[Block]:
    """Yield the number of samples and the seed of every block."""
    seeds = seed_sequence(rng)
    for start in range(0, samples, size):
        yield min(size, samples - start), seeds.spawn(1)[0]


def seed_sequence(rng: Rng) -> np.random.SeedSequence:
    """Return what the streams of a run are spawned from."""
    if isinstance(rng, np.random.SeedSequence):
        return np.random.SeedSequence(rng.entropy, spawn_key=rng.spawn_key, pool_size=rng.pool_size)
    if rng is None or isinstance(rng, (int, np.integer)):
        return np.random.SeedSequence(rng)
    return np.random.SeedSequence([int(x) for x in generator(rng).integers(2**32, size=4)])


def _replay(tape: Tape, block: Block) -> tuple[int, list[Moments]]:
    """Return the moments of the outputs of a tape over one block."""
    count, seed = block
    rng = np.random.Generator(np.random.SFC64(seed))

    def source(draw: object, law: Any, shape: tuple[int, ...]) -> Any:
        return law.draw(rng, (count, *shape))[0]

    with np.errstate(all="ignore"):  # an overflow shows in the estimate
        outputs = tape.run(tape.start(), source)
        return count, [
            Moments.of(array) if sampled else Moments.constant(array, float(count))
            for array, (_, sampled) in zip(outputs, tape.outputs, strict=True)
        ]


def _trace(f: Callable[..., Data], keys: Sequence[Data], block: Block) -> tuple[int, list[Moments]]:
    """Return the moments of the Data that a function returns, built anew for each sample."""
    count, seed = block
    rng = np.random.Generator(np.random.SFC64(seed))
    rows = [_one(f, keys, rng) for _ in range(count)]
    return count, [Moments.of(np.array(column, dtype=float)) for column in zip(*rows, strict=True)]


def _one(f: Callable[..., Data], keys: Sequence[Data], rng: np.random.Generator) -> list[Any]:
    takes_rng = bool(getattr(f, "__code__", None) and f.__code__.co_argcount)
    with drawing_from(rng):
        y = f(rng) if takes_rng else f()
    if not isinstance(y, Data):
        raise UsageError(f"expectation: the function returned {type(y).__name__}, needs Data")
    grads = gradients(y, keys, seed_of(y, None)) if keys else []
    return [y._value, *[g._value for g in grads]]


class _mapper:
    """The ``map`` that works on blocks, in order; closes the threads it has opened."""

    def __init__(self, workers: int, executor: Any) -> None:
        if executor is not None and not hasattr(executor, "map"):
            raise UsageError(
                f"expectation: executor is a {type(executor).__name__} without map(function, items)"
            )
        self.threads = ThreadPoolExecutor(workers) if executor is None and workers > 1 else None
        self.executor = executor

    def __enter__(self) -> Callable[[Job, Iterable[Block]], Iterable[Any]]:
        if self.threads is not None:
            return functools.partial(_bounded, self.threads)
        return map if self.executor is None else self.executor.map

    def __exit__(self, *error: object) -> None:
        if self.threads is not None:
            self.threads.shutdown(cancel_futures=True)


def _bounded(threads: ThreadPoolExecutor, job: Job, blocks: Iterable[Block]) -> Iterator[Any]:
    """Map in order with few blocks under way, so that memory does not grow with their number."""
    pending: list[Any] = []
    for block in blocks:
        pending.append(threads.submit(job, block))
        if len(pending) > 4 * threads._max_workers:
            yield pending.pop(0).result()
    for future in pending:
        yield future.result()


def _shown(results: Iterable[Any], samples: int, size: int, progress: bool) -> Iterable[Any]:
    if not progress:
        return results
    try:
        import tqdm
    except ImportError:
        raise MissingExtraError(
            'progress=True: needs tqdm; install it with pip install "minigraph[progress]"'
        ) from None
    return tqdm.tqdm(results, total=-(-samples // size), unit="block", leave=False)


def _estimate(total: Sequence[Moments], keys: Sequence[Data], samples: int) -> Estimate:
    """Return the estimate that some moments add up to."""
    errors = [np.sqrt(m.variance() / m.weight) for m in total]
    (value, *grads), (stderr, *grad_errors) = [m.mean for m in total], errors
    return Estimate(
        value=plain(value),
        stderr=plain(stderr),
        samples=samples,
        variance=plain(total[0].variance()),
        grad=ByData(keys, [plain(g) for g in grads]),
        grad_stderr=ByData(keys, [plain(g) for g in grad_errors]),
        grad_variance=ByData(keys, [plain(m.variance()) for m in total[1:]]),
    )


def plain(x: Any) -> Any:
    """Return a result as a float or an array of its own."""
    return float(x) if np.ndim(x) == 0 else np.array(own(x))
