"""Who works on the blocks: this thread, others beside it, or any executor with an ordered map."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingExtraError, UsageError
from .threads import abreast

TASK = 16  # blocks that are sent together: a job is pickled once for them
WINDOW = 8  # tasks that are sent together; two lots are under way, whatever the number of tasks


class Mapper:
    """An ordered map over blocks; as a context it ends the threads that it has started."""

    def __init__(self, workers: int, executor: Any) -> None:
        if executor is not None and not hasattr(executor, "map"):
            raise UsageError(
                f"expectation: executor: got {type(executor).__name__}, which has no "
                "map(function, items); pass a concurrent.futures executor, or a pool"
            )
        if hasattr(executor, "get_executor"):  # its own map returns futures
            raise UsageError(
                f"expectation: executor: got {type(executor).__name__}, which has no ordered "
                "map(function, items) of results; pass executor=client.get_executor()"
            )
        self.workers, self.executor = workers, executor
        self.running: Generator[Any] | None = None

    @property
    def threaded(self) -> int:
        """How many threads it uses."""
        return self.workers if self.executor is None else 1

    def __enter__(self) -> Mapper:
        return self

    def __exit__(self, *error: object) -> None:
        if self.running is not None:
            self.running.close()

    def map(self, job: Callable[[int], Any], blocks: int, first: int = 0) -> Iterator[Any]:
        """Yield the results of blocks `first`, … up to `blocks`, in order."""
        if self.executor is not None:
            try:
                yield from self._mapped(job, blocks, first)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                if "pickle" not in str(error):
                    raise
                raise UsageError(
                    f"expectation: the executor cannot send the work to another process ({error}); "
                    "define functions with def at the top of a module, use an executor that sends "
                    "others as well (loky), or workers= (threads)"
                ) from error
        elif (threads := min(self.workers, blocks - first)) > 1:
            self.running = abreast(job, range(first, blocks), threads)
            yield from self.running
        else:
            yield from map(job, range(first, blocks))

    def _mapped(self, job: Callable[[int], Any], blocks: int, first: int) -> Iterator[Any]:
        size = max(1, min(TASK, (blocks - first) // (4 * WINDOW)))
        tasks = Tasks(job)
        ranges = (range(i, min(i + size, blocks)) for i in range(first, blocks, size))
        lot: Iterable[Any] = ()
        while window := list(itertools.islice(ranges, WINDOW)):
            following = self.executor.map(tasks, window)  # while the lot before it is being used
            yield from lot
            lot = self._checked(following, window)
        yield from lot

    def _checked(self, found: Any, tasks: list[range]) -> Iterator[Any]:
        """Yield the results of `tasks`: a lost one, or one that is there twice, is an error."""
        call = (
            f"expectation: map of executor {type(self.executor).__name__} was given a list of "
            f"length {len(tasks)} and returned"
        )
        advice = "make it return the result of every item once, in the order of the items"
        if not isinstance(found, Iterable):
            raise UsageError(f"{call} {type(found).__name__}; {advice}")
        count = 0
        for count, done in enumerate(found, start=1):
            if count > len(tasks):
                raise UsageError(f"{call} more than that; {advice}")
            if not isinstance(done, Done):
                raise UsageError(f"{call} {type(done).__name__} as result {count}; {advice}")
            if done.blocks != tasks[count - 1]:
                wrong = f"blocks {done.blocks} in place of {tasks[count - 1]}"
                raise UsageError(f"{call} {wrong} as result {count}; {advice}")
            yield from done.results
        if count < len(tasks):
            raise UsageError(f"{call} one of length {count}; {advice}")


class Done(NamedTuple):
    """The results of several blocks, and which blocks these are."""

    blocks: range
    results: list[Any]


class Tasks:
    """Several blocks, one after the other."""

    def __init__(self, job: Callable[[int], Any]) -> None:
        self.job = job

    def __call__(self, blocks: range) -> Done:
        with np.errstate(all="ignore"):  # each thread has its own; an overflow is in the estimate
            return Done(blocks, [self.job(block) for block in blocks])


def with_progress(results: Iterable[Any], blocks: int, first: int) -> Iterable[Any]:
    """Show a bar that counts blocks."""
    try:
        import tqdm
    except ImportError:
        raise MissingExtraError(
            'progress=True: needs tqdm; install it with pip install "minigraph[progress]"'
        ) from None
    return tqdm.tqdm(results, initial=first, total=blocks, unit="block", leave=False)
