"""Pathwise and score-function gradients of E[(x-3)² + cos(x)·exp(-x²/10)], x ~ N(μ, exp(s)).

Value and gradient in μ and s, sampling included; minigraph computes standard errors too. All in
float64. Answers are compared with those of NumPy, six standard errors apart at most.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Run, Workload

MU, LOG_SCALE = 1.0, -0.3
Answer = tuple[float, float, float]  # the value, its slope in μ and in s


def numpy_run(method: str, samples: int) -> Run:
    """Return the estimate as one writes it first, with what is shared computed once."""

    def pathwise(seed: int) -> Answer:
        noise = np.random.default_rng(seed).standard_normal(samples)
        scale = np.exp(LOG_SCALE)
        x = MU + scale * noise
        cosine, bell = np.cos(x), np.exp(-(x**2) / 10)
        y = (x - 3) ** 2 + cosine * bell
        slope = 2 * (x - 3) - np.sin(x) * bell - cosine * bell * x / 5
        return y.mean(), slope.mean(), (slope * noise).mean() * scale

    def score(seed: int) -> Answer:
        scale = np.exp(LOG_SCALE)
        x = MU + scale * np.random.default_rng(seed).standard_normal(samples)
        y = (x - 3) ** 2 + np.cos(x) * np.exp(-(x**2) / 10)
        z = (x - MU) / scale
        return y.mean(), (y * z).mean() / scale, (y * (z**2 - 1)).mean()

    return pathwise if method == "pathwise" else score


def minigraph(method: str, samples: int, **options: Any) -> Run:
    import minigraph as mg

    mu, log_scale = mg.Data(MU, name="μ"), mg.Data(LOG_SCALE, name="s")
    x = mg.sample(mg.Normal(mu, mg.exp(log_scale)), name="X", rng=0)
    y = (x - 3) ** 2 + mg.cos(x) * mg.exp(-(x**2) / 10)
    z = mg.reparameterize(y) if method == "pathwise" else mg.reinforce(y)

    def run(seed: int) -> Answer:
        estimate = mg.expectation(z, samples, wrt=[mu, log_scale], rng=seed, **options)
        return estimate.value, estimate.grad[mu], estimate.grad[log_scale]

    return run


def two_workers(method: str, samples: int) -> Run:
    return minigraph(method, samples, workers=2)


def two_processes(method: str, samples: int) -> Run:
    return minigraph(method, samples, executor=processes())


@functools.cache
def processes() -> Any:
    """Return two processes that are there before the first run, as in a program that uses them."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(2, mp_context=get_context("forkserver"))


def torch(method: str, samples: int) -> Run:
    import torch

    def run(seed: int) -> Answer:
        torch.manual_seed(seed)
        mu, log_scale = (
            torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (MU, LOG_SCALE)
        )
        law = torch.distributions.Normal(mu, log_scale.exp())
        x = law.rsample((samples,)) if method == "pathwise" else law.sample((samples,))
        y = (x - 3) ** 2 + x.cos() * (-(x**2) / 10).exp()
        loss = y.mean() if method == "pathwise" else (y * law.log_prob(x)).mean()
        loss.backward()
        return y.detach().mean().item(), mu.grad.item(), log_scale.grad.item()

    return run


def jax(method: str, samples: int) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    np_, normal = jax.numpy, jax.scipy.stats.norm

    def objective(parameters, key):
        mu, scale = parameters[0], np_.exp(parameters[1])
        x = mu + scale * jax.random.normal(key, (samples,))
        x = x if method == "pathwise" else jax.lax.stop_gradient(x)
        y = (x - 3) ** 2 + np_.cos(x) * np_.exp(-(x**2) / 10)
        loss = y if method == "pathwise" else y * normal.logpdf(x, mu, scale)
        return loss.mean(), y.mean()

    both = jax.jit(jax.value_and_grad(objective, has_aux=True))

    def run(seed: int) -> Answer:
        (_, value), slopes = both(np.array([MU, LOG_SCALE]), jax.random.key(seed))
        return float(value), *map(float, slopes)

    return run


@functools.cache
def loop(method: str, parallel: bool) -> Callable[[int], Answer]:
    """Return one compiled loop over the samples, as one writes it for numba."""
    import numba

    pathwise = method == "pathwise"

    @numba.njit(parallel=parallel)
    def run(samples):
        scale = math.exp(LOG_SCALE)
        value = in_mu = in_s = 0.0
        for _ in numba.prange(samples):
            noise = np.random.standard_normal()  # noqa: NPY002 - what numba compiles in parallel
            x = MU + scale * noise
            cosine, bell = math.cos(x), math.exp(-x * x / 10)
            y = (x - 3) ** 2 + cosine * bell
            value += y
            if pathwise:
                slope = 2 * (x - 3) - math.sin(x) * bell - cosine * bell * x / 5
                in_mu += slope
                in_s += slope * noise * scale
            else:
                in_mu += y * noise / scale
                in_s += y * (noise * noise - 1)
        return value / samples, in_mu / samples, in_s / samples

    return run


def numba_one(method: str, samples: int) -> Run:
    run = loop(method, False)
    return lambda seed: run(samples)


def numba_two(method: str, samples: int) -> Run:
    run = loop(method, True)
    return lambda seed: run(samples)


PEERS: dict[str, Callable[[str, int], Run]] = {
    "NumPy": numpy_run,
    "minigraph": minigraph,
    "minigraph, 2 workers": two_workers,
    "minigraph, 2 processes": two_processes,
    "PyTorch": torch,
    "PyTorch, 2 threads": torch,
    "JAX": jax,
    "JAX, 2 threads": jax,
    "numba": numba_one,
    "numba, 2 threads": numba_two,
}
GOALS = {
    ("pathwise", 10**4): {"minigraph": 0.5},
    ("pathwise", 10**6): {"minigraph": 0.25, "minigraph, 2 workers": 0.16},
    ("pathwise", 10**7): {"minigraph": 0.1},
    ("score", 10**6): {"minigraph": 0.3},
}
AHEAD = {
    ("pathwise", 10**6): {"PyTorch": 3.0, "JAX": 3.0},
    ("pathwise", 10**7): {"PyTorch": 6.0, "JAX": 3.0},
}
WORKLOADS = [
    Workload(
        f"{method}, n = {samples:.0e}",
        {
            name: lambda make=make, method=method, samples=samples: make(method, samples)
            for name, make in PEERS.items()
        },
        GOALS.get((method, samples), {}),
        AHEAD.get((method, samples), {}),
        trials=32 if samples < 10**6 else 3,
        error=1.5 / math.sqrt(samples),  # of y times a squared normal number, over the value
        only="full" if samples > 10**6 else "",
    )
    for samples in (10**4, 10**6, 10**7)
    for method in ("pathwise", "score")
]
