"""How everything here is measured: each peer in a process of its own, and all of them in turn.

A family of workloads is a file with a list WORKLOADS. A workload says for each peer how to make its
`run`, a function of a seed that returns numbers: the answer. The answers must agree with those of
the first peer, hand-written NumPy, before anything is timed. Then every round times each peer once,
so that a drift of the machine hits all of them; a ratio is the median over the rounds.
"""

from __future__ import annotations

import json
import math
import os
import select
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
           "NPROC", "PJRT_NPROC")  # fmt: skip
PATIENCE = 120.0  # seconds to wait for an answer

Run = Callable[[int], Sequence[float]]  # of a seed


@dataclass(frozen=True)
class Workload:
    """The same work by several peers.

    Attributes
    ----------
    name : str
    peers : mapping from names to functions
        Each imports what it needs and returns its `run`; the first is the reference. The name of
        a peer that may use two cores says so.
    goals : mapping from names to numbers
        The largest ratio to the reference that is wanted.
    ahead : mapping from names to numbers
        How many times as fast as other peers minigraph is wanted to be.
    trials : int
        Over how many runs answers are averaged before they are compared.
    error : float
        The standard error of one run, relative to the largest number of the answer. With
        ``trials`` of 30 or more it is measured.
    rtol : float
        How far the answers of exact work may differ, relative to the largest number in them.
    only : str
        "quick" or "full", if it is part of one kind of run only.
    """

    name: str
    peers: Mapping[str, Callable[[], Run]]
    goals: Mapping[str, float] = field(default_factory=dict)
    ahead: Mapping[str, float] = field(default_factory=dict)
    trials: int = 1
    error: float = 0.0
    rtol: float = 1e-9
    only: str = ""


@dataclass
class Result:
    """What one peer took: seconds, the ratio to the reference, MiB above the start; or why not."""

    seconds: float = math.nan
    ratio: float = math.nan
    mib: float = math.nan
    said: str = ""


def told(value: Any, slopes: Iterable[Any]) -> list[float]:
    """Return the answer of a run: the value, and each gradient summed up."""
    return [float(value), *(float(np.sum(np.asarray(g))) for g in slopes)]


Measured = tuple[Workload, dict[str, Result]]


class Peer:
    """A process that runs the workloads of a family as one peer."""

    def __init__(self, name: str) -> None:
        count = "2" if "2 threads" in name else "1"
        env = {**os.environ, **dict.fromkeys(THREADS, count), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, str(HERE / "peer.py"), name]
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=env, text=True,
        )  # fmt: skip

    def tell(self, **message: Any) -> None:
        """Send a task, if somebody is there."""
        if self.process.poll() is None:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def hear(self, patience: float = PATIENCE) -> dict[str, Any]:
        """Return the reply; a process that does not answer is ended."""
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        if not ready:
            self.close()
            return {"said": f"more than {patience:.0f} s"}
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"said": f"crashed ({self.process.wait()})"}

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def measure(
    family: str, works: Sequence[Workload], quick: bool, peers: dict[str, Peer]
) -> Iterator[Measured]:
    """Yield what each peer took for each workload of a family; `peers` are those at work."""
    for work in works:
        for name in work.peers:
            if name not in peers or peers[name].process.poll() is not None:
                peers[name] = Peer(name)
        yield work, compare(family, work, {name: peers[name] for name in work.peers}, quick)


def compare(
    family: str, work: Workload, peers: Mapping[str, Peer], quick: bool
) -> dict[str, Result]:
    """Return what each peer took, after a look at the answers."""
    patience = PATIENCE / 3 if quick else PATIENCE
    for peer in peers.values():
        peer.tell(do="make", family=family, work=work.name)
    replies = {name: peer.hear() for name, peer in peers.items()}  # they import side by side
    for name, peer in peers.items():
        if "said" not in replies[name]:
            peer.tell(do="answer", trials=work.trials)
            replies[name] = peer.hear(patience)
    first = next(iter(replies.values()))
    for name, reply in replies.items():
        if "said" in reply and (reply is first or name.startswith("minigraph")):
            raise RuntimeError(f"{work.name}: {name} failed: {reply['said']}")
    results = {name: Result(said=r.get("said", ""), mib=r.get("mib", math.nan))
               for name, r in replies.items()}  # fmt: skip
    able = {name: reply for name, reply in replies.items() if "said" not in reply}
    for name, reply in able.items():
        check(work, name, reply, first)
    for name, found in timed(peers, able, quick).items():
        results[name].seconds, results[name].ratio = found
    return results


def check(work: Workload, name: str, reply: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    """Raise if an answer is not that of the reference, six standard errors apart or more."""
    largest = max(map(abs, first["mean"]))
    for a, b, sa, sb in zip(
        reply["mean"], first["mean"], reply["error"], first["error"], strict=True
    ):
        error = math.hypot(sa, sb) if work.trials >= 30 else work.error * largest
        error *= 1.0 if work.trials >= 30 else math.sqrt(2.0 / work.trials)
        if not abs(a - b) <= 6.0 * error + work.rtol * largest:
            raise AssertionError(f"{work.name}, {name}: {reply['mean']} is not {first['mean']}")


def timed(
    peers: Mapping[str, Peer], able: Mapping[str, Any], quick: bool
) -> dict[str, tuple[float, float]]:
    """Return the median time of each peer, and the median of its ratios to the reference."""
    target, budget = (0.01, 0.5) if quick else (0.04, 8.0)
    reference = next(iter(able.values()))["seconds"]
    names = [name for name, r in able.items() if r["seconds"] <= max(budget, 3 * reference)]
    inner = {name: max(1, math.ceil(target / able[name]["seconds"])) for name in names}
    turn = sum(inner[name] * able[name]["seconds"] for name in names)
    rounds = min(60, max(3, int(budget / turn)))
    times: dict[str, list[float]] = {name: [r["seconds"]] for name, r in able.items()}
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            peers[name].tell(do="time", inner=inner[name])
            reply = peers[name].hear()
            if "said" in reply:
                raise RuntimeError(f"{name} answered once and then failed: {reply['said']}")
            times[name].append(reply["seconds"])
    first = next(iter(times.values()))
    found = {}
    for name, t in times.items():
        several = t[1:] or t  # a slow peer has the time of its answer only
        others = first[1:] if t[1:] else [statistics.median(first)]
        pairs = zip(several, others, strict=True)
        found[name] = statistics.median(several), statistics.median(a / b for a, b in pairs)
    return found
