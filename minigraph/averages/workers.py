"""Who works on the blocks: this thread, several threads, or any executor with an ordered map."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..errors import MissingExtraError, UsageError

TASK = 16  # blocks that are sent together: a job is pickled once for them
WINDOW = 8  # tasks that are sent together; two lots are under way, whatever the number of tasks


class Mapper:
    """An ordered map over blocks; as a context it closes the threads that it has opened."""

    def __init__(self, workers: int, executor: Any) -> None:
        if executor is not None and not hasattr(executor, "map"):
            raise UsageError(
                f"expectation: executor is a {type(executor).__name__}, which has no "
                "map(function, items); pass a concurrent.futures executor, or a pool"
            )
        self.workers, self.executor = workers, executor
        self.threads: ThreadPoolExecutor | None = None

    @property
    def threaded(self) -> int:
        """How many threads of its own it uses."""
        return self.workers if self.executor is None else 1

    def __enter__(self) -> Mapper:
        return self

    def __exit__(self, *error: object) -> None:
        if self.threads is not None:
            self.threads.shutdown(cancel_futures=True)

    def map(self, job: Callable[[int], Any], blocks: int, first: int = 0) -> Iterator[Any]:
        """Yield the results of blocks `first`, … up to `blocks`, in order."""
        if self.executor is None and min(self.workers, blocks - first) > 1:
            self.threads = ThreadPoolExecutor(self.workers)
        if self.threads is None and self.executor is None:
            yield from map(job, range(first, blocks))
            return
        shares = 8 * self.workers if self.threads else 4 * WINDOW
        size = max(1, min(TASK, (blocks - first) // shares))
        tasks, there = Tasks(job), self.threads or self.executor
        ranges = (range(i, min(i + size, blocks)) for i in range(first, blocks, size))
        lot: Iterable[Any] = ()
        while window := list(itertools.islice(ranges, WINDOW)):
            following = there.map(tasks, window)  # while the lot before it is being used
            yield from itertools.chain.from_iterable(lot)
            lot = following
        yield from itertools.chain.from_iterable(lot)


class Tasks:
    """Several blocks, one after the other."""

    def __init__(self, job: Callable[[int], Any]) -> None:
        self.job = job

    def __call__(self, blocks: Iterable[int]) -> list[Any]:
        with np.errstate(all="ignore"):  # each thread has its own; an overflow is in the estimate
            return [self.job(block) for block in blocks]


def with_progress(results: Iterable[Any], blocks: int, first: int = 0) -> Iterable[Any]:
    """Show a bar that counts blocks."""
    try:
        import tqdm
    except ImportError:
        raise MissingExtraError(
            'progress=True: needs tqdm; install it with pip install "minigraph[progress]"'
        ) from None
    return tqdm.tqdm(results, initial=first, total=blocks, unit="block", leave=False)
