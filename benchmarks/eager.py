"""Recording and backward: the chains of `chains.py`, all peers in turn in this one process.

Run: python benchmarks/eager.py [REPEATS]. Peers that are installed take part. Times
are those of the processor, so that other work on the machine disturbs less; medians are printed.
"""

from __future__ import annotations

import statistics
import sys
import time

from chains import EAGER, OPERATIONS, micrograd


def main(repeats: int = 30) -> None:
    for size in (0, 10, 1000):
        peers = EAGER if size else {**EAGER, "micrograd": micrograd}
        runs = {}
        for name, make in peers.items():
            try:
                runs[name] = make(size)
            except ImportError:
                print(f"{name}: not installed")
        answers = {name: run(0) for name, run in runs.items()}
        value, slope = answers["NumPy"]
        for name, answer in answers.items():
            assert abs(answer[0] - value) < 1e-9 * abs(value), name
            assert abs(answer[1] - slope) < 1e-9 * abs(slope), name
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(repeats):
            for name, run in runs.items():
                start = time.process_time()
                run(0)
                times[name].append(time.process_time() - start)
        ours = times["minigraph"]
        print(
            f"\n{f'size {size}' if size else 'scalars':12} {'µs per op':>10} {'to minigraph':>14}"
        )
        for name, theirs in times.items():
            per_op = statistics.median(theirs) / OPERATIONS * 1e6
            ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
            print(f"{name:12} {per_op:10.2f} {ratio:14.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
