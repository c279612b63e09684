"""Blocks on several threads, of which the calling one is one.

It works like the others instead of waiting for them: on most machines a thread that waits is slow
to wake up, and is in the way of one that works when it does.

Ctrl-C reaches the calling thread between any two lines, of Python's own library too. So it waits
with locks and queues that are written in C, as a `threading.Semaphore` is not: one that is
interrupted while it holds its lock never opens again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

AHEAD = 8  # blocks for each thread that wait to be looked at, at most

Outcome = tuple[Any, BaseException | None]


def abreast(job: Callable[[int], Any], blocks: range, threads: int) -> Generator[Any]:
    """Yield the results of a job on `blocks`, in order, computed by as many threads."""
    following = iter(blocks)
    taking = threading.Lock()
    room: SimpleQueue[None] = SimpleQueue()  # an entry for each block that may be taken
    done: SimpleQueue[tuple[int, Outcome]] = SimpleQueue()
    stopped = False

    def take(wait: bool) -> int | None:
        """Return the next block to work on, if there is one and those ahead are not too many."""
        try:
            room.get(wait)
        except Empty:
            return None
        with taking:
            return None if stopped else next(following, None)

    def work() -> None:
        with np.errstate(all="ignore"):  # each thread has its own; an overflow is in the estimate
            while (block := take(wait=True)) is not None:
                done.put((block, outcome(job, block)))

    helpers = [threading.Thread(target=work, daemon=True) for _ in range(threads - 1)]
    found: dict[int, Outcome] = {}
    try:
        for _ in range(AHEAD * threads):
            room.put(None)
        for helper in helpers:
            helper.start()
        for block in blocks:
            while block not in found:
                mine = take(wait=False)
                if mine is not None:
                    found[mine] = outcome(job, mine)
                while mine is None or not done.empty():
                    mine, theirs = done.get()
                    found[mine] = theirs
            result, error = found.pop(block)
            room.put(None)
            if error is not None:
                raise error
            yield result
    finally:
        stopped = True
        for _ in helpers:
            room.put(None)
        for helper in helpers:
            if helper.is_alive():
                helper.join()


def outcome(job: Callable[[int], Any], block: int) -> Outcome:
    """Return the result of a job on a block, or what it raised, to raise in its turn."""
    try:
        return job(block), None
    except BaseException as error:
        return None, error
