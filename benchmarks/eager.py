"""Recording and backward on scalars: a chain of 1,000 operations, beside its peers.

Run: python benchmarks/eager.py [REPEATS]. Of micrograd, torch and autograd those that are installed
take part. Each repeat times every library once, in turn, so that a drift of the machine's speed
hits all of them; medians and ratios are printed. One thread.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable

OPERATIONS = 1000


def chain(x):
    """Return a chain of `OPERATIONS` scalar operations on `x`, of all kinds of operand."""
    y = x
    for _ in range(OPERATIONS // 4):
        y = y * 1.01
        y = y + x
        y = y * x
        y = y + 0.1
    return y


def minigraph() -> Callable[[], float]:
    import minigraph as mg

    def run() -> float:
        x = mg.Data(0.5)
        chain(x).backward()
        return x.grad

    return run


def micrograd() -> Callable[[], float]:
    engine = importlib.import_module("micrograd.engine")
    sys.setrecursionlimit(20_000)  # its backward pass recurses

    def run() -> float:
        x = engine.Value(0.5)
        chain(x).backward()
        return x.grad

    return run


def torch() -> Callable[[], float]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)

    def run() -> float:
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        chain(x).backward()
        return float(x.grad)

    return run


def autograd() -> Callable[[], float]:
    autograd = importlib.import_module("autograd")
    gradient = autograd.grad(chain)
    return lambda: float(gradient(0.5))


def main(repeats: int = 30) -> None:
    runs = {}
    for make in (minigraph, micrograd, torch, autograd):
        try:
            runs[make.__name__] = make()
        except ImportError:
            print(f"{make.__name__}: not installed")
    answers = {name: run() for name, run in runs.items()}
    for name, answer in answers.items():
        assert abs(answer - answers["minigraph"]) < 1e-9 * abs(answer), (name, answer)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    ours = times["minigraph"]
    print(f"{'':12} {'µs per op':>10} {'ratio to minigraph':>20}")
    for name, theirs in times.items():
        per_op = statistics.median(theirs) / OPERATIONS * 1e6
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        print(f"{name:12} {per_op:10.2f} {ratio:20.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
