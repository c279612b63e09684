"""Pathwise and score-function gradients of E[(x-3)² + cos(x)·exp(-x²/10)], x ~ N(μ, exp(s)).

The same work by hand-written whole-array NumPy, by PyTorch (eager, one thread) and by minigraph,
sampling included. Answers are checked before anything is timed; repeats are interleaved; times are
medians, and ratios are to NumPy in the same run.

    python benchmarks/montecarlo.py [--samples 1e6] [--repeats 15] [--memory]
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - the threads must be known before

import minigraph as mg  # noqa: E402

MU, LOG_SCALE = 1.0, -0.3
Answer = tuple[float, float, float]  # the value, its slope in μ and in s
Work = Callable[[int, int], Answer]  # of the number of samples and a seed


def numpy_pathwise(samples: int, seed: int) -> Answer:
    """Return the pathwise estimate as one writes it first, with what is shared computed once."""
    noise = np.random.default_rng(seed).standard_normal(samples)
    scale = np.exp(LOG_SCALE)
    x = MU + scale * noise
    cosine, bell = np.cos(x), np.exp(-(x**2) / 10)
    y = (x - 3) ** 2 + cosine * bell
    slope = 2 * (x - 3) - np.sin(x) * bell - cosine * bell * x / 5
    return y.mean(), slope.mean(), (slope * noise).mean() * scale


def numpy_score(samples: int, seed: int) -> Answer:
    """Return the score-function estimate."""
    scale = np.exp(LOG_SCALE)
    x = MU + scale * np.random.default_rng(seed).standard_normal(samples)
    y = (x - 3) ** 2 + np.cos(x) * np.exp(-(x**2) / 10)
    z = (x - MU) / scale
    return y.mean(), (y * z).mean() / scale, (y * (z**2 - 1)).mean()


def graph() -> tuple[mg.Data, list[mg.Data]]:
    """Return Y and its parameters."""
    mu, log_scale = mg.Data(MU, name="μ"), mg.Data(LOG_SCALE, name="s")
    x = mg.sample(mg.Normal(mu, mg.exp(log_scale)), name="X", rng=0)
    return (x - 3) ** 2 + mg.cos(x) * mg.exp(-(x**2) / 10), [mu, log_scale]


def minigraph(rewrite: Callable[[mg.Data], mg.Data], workers: int) -> Work:
    """Return the estimate by a rewrite of the graph, built once."""
    y, wrt = graph()
    z = rewrite(y)

    def run(samples: int, seed: int) -> Answer:
        estimate = mg.expectation(z, samples, wrt=wrt, rng=seed, workers=workers)
        return estimate.value, *estimate.grad.values()

    return run


def torch_works() -> Mapping[str, Work]:
    """Return PyTorch's estimates, none if it is not installed."""
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)

    def run(pathwise: bool, samples: int, seed: int) -> Answer:
        torch.manual_seed(seed)
        mu, log_scale = (
            torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (MU, LOG_SCALE)
        )
        law = torch.distributions.Normal(mu, log_scale.exp())
        x = law.rsample((samples,)) if pathwise else law.sample((samples,))
        y = (x - 3) ** 2 + x.cos() * (-(x**2) / 10).exp()
        loss = y.mean() if pathwise else (y.detach() * law.log_prob(x)).mean()
        loss.backward()
        return y.detach().mean().item(), mu.grad.item(), log_scale.grad.item()

    return {
        "pathwise": functools.partial(run, True),
        "score": functools.partial(run, False),
    }


def works(method: str) -> dict[str, Work]:
    """Return everybody's way to do one of the two jobs."""
    rewrite = mg.reparameterize if method == "pathwise" else mg.reinforce
    found = {
        "NumPy": numpy_pathwise if method == "pathwise" else numpy_score,
        "minigraph": minigraph(rewrite, 1),
        "minigraph, 2 workers": minigraph(rewrite, 2),
    }
    if method in (peer := torch_works()):
        found["PyTorch"] = peer[method]
    return found


def check(name: str, work: Work, truth: Answer) -> None:
    """Raise if an answer is wrong: all are within 0.05 of the exact ones at 10^6 samples."""
    answer = work(10**6, 0)
    assert np.allclose(answer, truth, atol=0.07), f"{name}: {answer}, exact {truth}"


def measure(found: Mapping[str, Work], samples: int, repeats: int) -> dict[str, float]:
    """Return the median time of each, in seconds; the repeats are interleaved."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for repeat in range(repeats + 1):
        for name, work in found.items():
            start = time.perf_counter()
            work(samples, repeat)
            if repeat:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(t) for name, t in times.items()}


def peak(samples: int) -> float:
    """Return by how many MiB a run in a process of its own raises its peak memory."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import montecarlo as m; "
        "w = m.minigraph(m.mg.reinforce, 1); w(1000, 0); b = m.rss(); "
        "w(int(sys.argv[2]), 0); print(m.rss() - b)"
    )
    here = os.path.dirname(os.path.abspath(__file__))
    command = [sys.executable, "-c", code, here, str(samples)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rss() -> float:
    """Return the peak memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux the other number is at least that of the parent process
        (line,) = [x for x in status.read_text().splitlines() if x.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def main(arguments: Any = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=float, default=1e6)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--memory", action="store_true", help="also runs of 10^6 and 10^8 samples")
    options = parser.parse_args(arguments)
    y, wrt = graph()
    exact = mg.exact(y, wrt)
    truth = exact.value, *exact.grad.values()
    print(f"| {options.samples:.0e} samples | ms | ratio to NumPy |\n|---|---|---|")
    for method in ("pathwise", "score"):
        found = works(method)
        for name, work in found.items():
            check(name, work, truth)
        times = measure(found, int(options.samples), options.repeats)
        for name, seconds in times.items():
            print(f"| {method}, {name} | {1e3 * seconds:.1f} | {seconds / times['NumPy']:.2f} |")
    if options.memory:
        print("\n| samples | peak memory above start, MiB |\n|---|---|")
        for samples in (10**6, 10**8):
            print(f"| {samples:.0e} | {peak(samples):.1f} |")


if __name__ == "__main__":
    main()
