"""One peer in a process of its own: it does what it is told, a line at a time.

python benchmarks/peer.py PEER     (started by harness.py)
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONG = 30.0  # seconds; a first run that takes longer is not repeated
SETTLED = 10  # runs, after which all that is to be compiled is


def status(key: str) -> float:
    """Return a line of this process's status in MiB, NaN where there is none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 2**10
    return math.nan


def peak_of(call: Callable[[], Any]) -> float:
    """Return the peak memory of this process during a call, in MiB (on Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    call()
    return status("VmHWM")


def answer(run: Callable[[int], Any], trials: int) -> dict[str, Any]:
    """Return the mean of the answers with its standard error, time and memory."""

    def once(seed: int) -> float:
        start = time.perf_counter()
        answers.append([float(x) for x in run(seed)])
        return time.perf_counter() - start

    answers: list[list[float]] = []
    took: list[float] = []
    peak = peak_of(lambda: took.append(once(0)))  # the first run may compile
    if took[0] < LONG:
        peak = peak_of(lambda: took.append(once(1)))
    while took[-1] < 1.0 and len(took) < max(trials, SETTLED):
        took.append(once(len(took)))
    seconds = min(took)
    for seed in range(len(took), trials):
        once(seed)
    answers = answers[:trials]
    columns = list(zip(*answers, strict=True))
    spread = [statistics.stdev(c) if trials > 1 else 0.0 for c in columns]
    return {
        "mean": [math.fsum(c) / trials for c in columns],
        "error": [s / math.sqrt(trials) for s in spread],
        "seconds": max(seconds, 1e-9),
        "peak": peak,
    }


def batch(run: Callable[[int], Any], inner: int, seed: int) -> dict[str, float]:
    """Return the seconds of one run out of some."""
    start = time.perf_counter()
    for i in range(seed, seed + inner):
        run(i)
    return {"seconds": (time.perf_counter() - start) / inner}


def main(name: str) -> None:
    """Do what comes in, and write out what came of it."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not a reply
    run: Any = None
    imported: dict[str, float] = {}  # by family, the memory before its first run
    family = ""
    for seed, line in enumerate(sys.stdin):
        task = json.loads(line)
        reply: dict[str, Any] = {}
        try:
            if task["do"] == "make":
                family = task["family"]
                works = {work.name: work for work in importlib.import_module(family).WORKLOADS}
                run = works[task["work"]].peers[name]()
                imported.setdefault(family, status("VmRSS"))
            elif task["do"] == "answer":
                reply = answer(run, task["trials"])
                reply["mib"] = max(0.0, reply["peak"] - imported[family])
            else:
                reply = batch(run, task["inner"], 1000 * seed)
        except ImportError:
            reply = {"said": "not installed"}
        except (RecursionError, MemoryError) as error:
            reply = {"said": type(error).__name__}
        except Exception as error:
            reply = {"said": f"{type(error).__name__}: {error}"[:200]}
        out.write(json.dumps(reply) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
