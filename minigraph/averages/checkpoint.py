"""A run on disk: the moments of the blocks so far, to go on from after an interruption.

The file is NumPy's .npz and holds numbers and text only. A new one is written beside it and then
takes its place, so there is always a whole one. As block i always draws from stream i of the seed
and blocks are merged in order, a run that goes on gives the bits of one that was never interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError
from ..replay.identity import Fingerprints
from .jobs import Job
from .moments import Moments, unshared

SECONDS = 1.0  # between two writes
FORMAT = "minigraph run 4"  # a new number where seeds give other samples, or work is told else


class Stored(NamedTuple):
    """What is in a file."""

    run: dict[str, str]  # what tells it from other runs
    seed: np.random.SeedSequence
    block_size: int
    moments: list[Moments]
    blocks: int


class Checkpoint:
    """The file of a run.

    Parameters
    ----------
    path : str or os.PathLike
        Where it is, or will be.
    found : Stored, optional
        What `read` found there.
    job : Job
        The run; its number of samples may differ from that of the run that wrote the file.
    """

    def __init__(self, path: str | os.PathLike[str], found: Stored | None, job: Job) -> None:
        self.path, self.found, self.job = os.fspath(path), found, job
        self.run = {
            "format": FORMAT,
            "seed": seed_text(job.seed),
            "block_size": str(job.size),
            "graph": Fingerprints().of(job.fingerprint()),
        }
        self.written = -SECONDS
        self.last: tuple[Sequence[Moments], int] | None = None
        self.saved: int | None = None

    def load(self) -> tuple[Sequence[Moments], int]:
        """Return the moments in the file, and of how many blocks; none if there is no file."""
        if (found := self.found) is None:
            return (), 0
        for key, mine in self.run.items():
            if found.run[key] != mine:
                what = "graph, function or value of an input" if key == "graph" else key
                raise InputError(
                    f"checkpoint {self.path!r}: it belongs to a run with another {what} "
                    f"({_short(found.run[key])}, here {_short(mine)}); give another path, or "
                    "delete it to start anew"
                )
        done = found.blocks
        if done * self.job.size > self.job.samples:
            raise InputError(
                f"checkpoint {self.path!r}: it holds {done * self.job.size} samples already, more "
                f"than samples={self.job.samples}; ask for at least as many, or give another path"
            )
        self.last, self.saved = (found.moments, done), done
        return self.last

    def offer(self, total: Sequence[Moments], done: int) -> None:
        """Take note of the moments of whole blocks, and write them now and then."""
        if done * self.job.size <= self.job.samples:  # so that the run can be made longer
            self.last = (total, done)
            if time.monotonic() - self.written >= SECONDS:
                self.save()
        self.last = self.last or ((), 0)

    def save(self) -> None:
        """Write the file, unless it is up to date."""
        if self.last is None or self.last[1] == self.saved:
            return
        total, done = self.last
        arrays: dict[str, Any] = {**self.run, "blocks": done, "outputs": len(total)}
        for i, moments in enumerate(total):
            arrays.update({f"{name}_{i}": x for name, x in moments._asdict().items()})
        write(self.path, arrays)
        self.saved, self.written = done, time.monotonic()


def write(path: str, arrays: dict[str, Any]) -> None:
    """Write a file of arrays, whole or not at all."""
    folder, name = os.path.split(os.path.abspath(path))
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{name}.", delete=False) as file:
            try:
                np.savez(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
                file.close()
                os.replace(file.name, path)
            except BaseException:
                with contextlib.suppress(OSError):  # of a full disk, also for what is left to write
                    file.close()
                os.unlink(file.name)
                raise
    except OSError as error:
        raise InputError(
            f"checkpoint {path!r}: it cannot be written ({error}); give a path in a folder that "
            "exists and may be written to"
        ) from error


def read(path: str | os.PathLike[str]) -> Stored | None:
    """Return what is in a file, None if there is none."""
    path = os.fspath(path)
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        run = {name: str(found[name]) for name in ("format", "seed", "block_size", "graph")}
        if run["format"] != FORMAT:
            raise KeyError(FORMAT)
        moments = [
            Moments(*[unshared(found[f"{name}_{i}"]) for name in Moments._fields])
            for i in range(int(found["outputs"]))
        ]
        seed = np.random.SeedSequence(**json.loads(run["seed"]))
        return Stored(run, seed, int(run["block_size"]), moments, int(found["blocks"]))
    except FileNotFoundError:
        return None
    except Exception as error:  # a file of somebody else may fail in any way
        raise InputError(
            f"checkpoint {path!r}: it is not the file of a run ({type(error).__name__}: {error}); "
            "give another path, or delete it to start anew"
        ) from error


def seed_text(seed: Any) -> str:
    """Return a seed in words."""
    entropy: Any = seed.entropy
    entropy = int(entropy) if np.ndim(entropy) == 0 else [int(x) for x in entropy]
    key = [int(x) for x in seed.spawn_key]
    return json.dumps({"entropy": entropy, "spawn_key": key, "pool_size": seed.pool_size})


def _short(text: Any) -> str:
    return text if len(text := str(text)) <= 60 else f"{text[:24]}…"
