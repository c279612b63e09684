"""One step of Bayesian logistic regression: the gradient of the ELBO for a mean-field posterior.

Wisconsin breast cancer data (scikit-learn), standardised, with a bias: 31 weights, batches of 32.
S samples of the posterior, pathwise gradients of 62 parameters, KL in closed form. By hand-written
NumPy, by PyTorch (eager, one thread), and by minigraph in two orders: the gradient of the average
(`mg.expectation` of one sample, which also gives standard errors), and the sample axis written into
the graph (one gradient of all samples: matrix products).

    python benchmarks/regression.py [--repeats 30]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - the threads must be known before
from sklearn.datasets import load_breast_cancer  # noqa: E402

import minigraph as mg  # noqa: E402

BATCH = 32
SAMPLES = (1, 50, 1000)
Gradients = tuple[Any, Any]
Step = Callable[[int], Gradients]  # of a seed: the gradients in loc and log-scale


def data() -> tuple[Any, Any, int]:
    """Return one batch of features and labels, and the size of the whole data."""
    features, labels = load_breast_cancer(return_X_y=True)
    features = (features - features.mean(0)) / features.std(0)
    features = np.column_stack([features, np.ones(len(features))])
    return features[:BATCH], labels[:BATCH].astype(float), len(labels)


X, LABELS, TOTAL = data()
LOC, LOG_SCALE = np.full(X.shape[1], 0.1), np.full(X.shape[1], -1.0)


def numpy_step(samples: int) -> Step:
    """Return the step as one writes it by hand."""

    def step(seed: int) -> Gradients:
        scale = np.exp(LOG_SCALE)
        noise = np.random.default_rng(seed).standard_normal((samples, len(LOC)))
        logits = (LOC + scale * noise) @ X.T
        slope = (LABELS - 1.0 / (1.0 + np.exp(-logits))) @ X * (TOTAL / BATCH)
        return slope.mean(0) - LOC, (slope * noise).mean(0) * scale - scale**2 + 1.0

    return step


def likelihood(w: Any, total: Callable[..., Any], axis: int | None) -> Any:
    """Return the log-likelihood of the batch, scaled to all data."""
    logits = w @ X.T
    return total(LABELS * logits - mg.softplus(logits), axis=axis) * (TOTAL / BATCH)


def kl(loc: mg.Data, log_scale: mg.Data) -> mg.Data:
    """Return the KL divergence of the posterior to N(0, I)."""
    return 0.5 * mg.sum(loc**2 + mg.exp(2.0 * log_scale) - 1.0 - 2.0 * log_scale)


def minigraph_average(samples: int) -> Step:
    """Return the step as the average of the gradient of one sample."""
    loc, log_scale = mg.Data(LOC, name="loc"), mg.Data(LOG_SCALE, name="log-scale")
    w = mg.sample(mg.Normal(loc, mg.exp(log_scale)), name="w", rng=0)
    y = mg.reparameterize(likelihood(w, mg.sum, None) - kl(loc, log_scale))

    def step(seed: int) -> Gradients:
        grad = mg.expectation(y, samples, wrt=[loc, log_scale], rng=seed).grad
        return grad[loc], grad[log_scale]

    return step


def minigraph_axis(samples: int) -> Step:
    """Return the step with a draw of all samples in the graph, replayed as one sample."""
    loc, log_scale = mg.Data(LOC, name="loc"), mg.Data(LOG_SCALE, name="log-scale")
    scales = mg.broadcast_to(mg.exp(log_scale), (samples, len(LOC)))
    w = mg.sample(mg.Normal(loc, scales), name="w", rng=0)
    y = mg.reparameterize(mg.mean(likelihood(w, mg.sum, 1)) - kl(loc, log_scale))

    def step(seed: int) -> Gradients:
        grad = mg.expectation(y, 1, wrt=[loc, log_scale], rng=seed).grad
        return grad[loc], grad[log_scale]

    return step


def torch_step(samples: int) -> Step | None:
    """Return PyTorch's step, None if it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    x, labels = torch.tensor(X), torch.tensor(LABELS)

    def step(seed: int) -> Gradients:
        torch.manual_seed(seed)
        loc, log_scale = (torch.tensor(a, requires_grad=True) for a in (LOC, LOG_SCALE))
        w = torch.distributions.Normal(loc, log_scale.exp()).rsample((samples,))
        logits = w @ x.T
        fit = (labels * logits - torch.nn.functional.softplus(logits)).sum(1).mean()
        divergence = 0.5 * (loc**2 + (2 * log_scale).exp() - 1 - 2 * log_scale).sum()
        (fit * (TOTAL / BATCH) - divergence).backward()
        return loc.grad.numpy(), log_scale.grad.numpy()

    return step


def check(step: Step, truth: Step, samples: int) -> None:
    """Raise unless the averages of many steps agree, within five standard errors of both."""
    count = 20_000 // samples + 20
    ours, theirs = (np.array([np.concatenate(s(i)) for i in range(count)]) for s in (step, truth))
    error = np.sqrt((ours.var(0) + theirs.var(0)) / count)
    off = np.abs(ours.mean(0) - theirs.mean(0))
    assert np.all(off < 5 * error + 1e-9), f"gradients are off by {np.max(off / error):.1f} errors"


def measure(steps: Mapping[str, Step], repeats: int, inner: int) -> dict[str, float]:
    """Return the median time of a step of each, in seconds; the repeats are interleaved."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for repeat in range(repeats + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            for i in range(inner):
                step(repeat * inner + i)
            if repeat:  # the first round warms up
                times[name].append((time.perf_counter() - start) / inner)
    return {name: statistics.median(t) for name, t in times.items()}


def main(arguments: Any = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args(arguments)
    print("| logistic regression, a step | µs | ratio to NumPy |\n|---|---|---|")
    for samples in SAMPLES:
        makers = {
            "NumPy": numpy_step,
            "minigraph, average of gradients": minigraph_average,
            "minigraph, gradient of the average": minigraph_axis,
            "PyTorch": torch_step,
        }
        steps = {name: step for name, make in makers.items() if (step := make(samples))}
        for name, step in steps.items():
            if name != "NumPy":
                check(step, steps["NumPy"], samples)
        times = measure(steps, options.repeats, max(1, 200 // samples))
        for name, seconds in times.items():
            ratio = seconds / times["NumPy"]
            print(f"| S = {samples}, {name} | {1e6 * seconds:.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
