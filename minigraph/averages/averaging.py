"""A run: blocks merged in order, until they are enough, and kept on disk if asked to."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import UsageError
from ..values import real
from .checkpoint import Checkpoint
from .estimate import ByData, Estimate
from .jobs import Job, refuse_other_shapes
from .moments import Moments, merged, unshared
from .workers import Mapper, with_progress


def average(
    job: Job,
    keys: Sequence[Data],
    mapper: Mapper,
    progress: bool = False,
    callback: Callable[[Estimate], Any] | None = None,
    stderr: float | None = None,
    file: Checkpoint | None = None,
) -> Estimate:
    """Return the estimate that the blocks of a job add up to; see `expectation`."""
    if stderr is not None:
        real("stderr", stderr, lambda x: 0.0 < x < math.inf, "a positive number", "expectation")
    if callback is not None and not callable(callback):
        raise UsageError(
            f"expectation: callback: got {type(callback).__name__}; pass a function of an Estimate"
        )
    watched = progress or any(x is not None for x in (callback, stderr, file))
    if job.blocks == 1 and mapper.executor is None and not watched:  # as in most training loops
        total = job(0)
        job.finish()
        return _estimate(total, keys, job, job.samples)
    so_far: tuple[Sequence[Moments], int] = ((), 0) if file is None else file.load()

    def estimate(interrupted: bool = False, going_on: bool = False) -> Estimate:
        total, done = so_far
        if going_on:  # and the caller may change what it gets
            total = [m._replace(mean=copy.copy(m.mean)) for m in total]
        return _estimate(total, keys, job, min(job.samples, done * job.size), interrupted)

    def enough() -> bool:
        return stderr is not None and so_far[1] > 0 and precise(estimate(), stderr)

    try:
        with mapper:
            first = so_far[1]
            results = mapper.map(job, job.blocks if not enough() else first, first)
            for block in with_progress(results, job.blocks, first) if progress else results:
                before, done = so_far
                for a, b in zip(before, block, strict=False):  # there is nothing before the first
                    refuse_other_shapes((a.mean, b.mean))
                so_far = merged(before, block, job.part_of_unit(done)), done + 1
                if file is not None:
                    file.offer(*so_far)
                if callback is not None:
                    callback(estimate(going_on=True))
                if enough():
                    break
    except KeyboardInterrupt:
        if not so_far[1]:
            raise
        return estimate(interrupted=True)
    finally:
        if file is not None:
            file.save()
    if so_far[1] == job.blocks:
        job.finish()
    return estimate()


def precise(estimate: Estimate, stderr: float) -> bool:
    """Return whether all standard errors are small enough.

    If all are 0, a rare event may not have been seen yet.
    """
    errors = [estimate.stderr, *estimate.grad_stderr.values()]
    return all(np.all(e <= stderr) for e in errors) and any(np.any(e > 0.0) for e in errors)


def _estimate(
    total: Sequence[Moments],
    keys: Sequence[Data],
    job: Job,
    samples: int,
    interrupted: bool = False,
) -> Estimate:
    """Return the estimate that the moments of the first `samples` add up to."""
    freedom = samples - job.units(samples) + 1.0
    value, *grads = job.independent(total)
    return Estimate(
        value=value.mean,
        stderr=value.stderr(freedom),
        samples=samples,
        variance=unshared(value.variance(freedom)),
        grad=ByData(keys, [m.mean for m in grads]),
        grad_stderr=ByData(keys, lambda: [m.stderr(freedom) for m in grads]),
        grad_variance=ByData(keys, lambda: [unshared(m.variance(freedom)) for m in grads]),
        interrupted=interrupted,
    )
