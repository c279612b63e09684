"""A step of Bayesian logistic regression: the ELBO of a mean-field posterior, and its gradient.

Wisconsin breast cancer data (scikit-learn), standardised, with a bias: 31 weights, a batch of 32,
62 parameters, S samples of the posterior, KL divergence in closed form, no baseline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Run, Workload, told
from sklearn.datasets import load_breast_cancer

BATCH = 32
MEASURED, BENIGN = load_breast_cancer(return_X_y=True)
MEASURED = (MEASURED - MEASURED.mean(0)) / MEASURED.std(0)
X = np.column_stack([MEASURED, np.ones(len(MEASURED))])[:BATCH]
LABELS = BENIGN[:BATCH].astype(float)
FACTOR = len(BENIGN) / BATCH
LOC, LOG_SCALE = np.full(X.shape[1], 0.1), np.full(X.shape[1], -1.0)


def by_hand(method: str, samples: int) -> Run:
    def run(seed: int) -> list[float]:
        scale = np.exp(LOG_SCALE)
        noise = np.random.default_rng(seed).standard_normal((samples, len(LOC)))
        logits = (LOC + scale * noise) @ X.T
        fit = (LABELS * logits - np.logaddexp(0.0, logits)).sum(1) * FACTOR
        kl = 0.5 * (LOC**2 + scale**2 - 1.0 - 2.0 * LOG_SCALE).sum()
        if method == "pathwise":
            slope = (LABELS - 1.0 / (1.0 + np.exp(-logits))) @ X * FACTOR
            in_loc, in_scale = slope.mean(0), (slope * noise).mean(0) * scale
        else:
            in_loc = (fit[:, None] * noise).mean(0) / scale
            in_scale = (fit[:, None] * (noise**2 - 1.0)).mean(0)
        return told(fit.mean() - kl, [in_loc - LOC, in_scale - scale**2 + 1.0])

    return run


def graph(method: str) -> tuple[Any, list[Any]]:
    """Return the ELBO of one sample and its parameters."""
    import minigraph as mg

    loc, log_scale = mg.Data(LOC, name="loc"), mg.Data(LOG_SCALE, name="log-scale")
    w = mg.sample(mg.Normal(loc, mg.exp(log_scale)), name="w", rng=0)
    logits = X @ w
    fit = mg.sum(LABELS * logits - mg.softplus(logits)) * FACTOR
    kl = 0.5 * mg.sum(loc**2 + mg.exp(2.0 * log_scale) - 1.0 - 2.0 * log_scale)
    rewrite = mg.reparameterize if method == "pathwise" else mg.reinforce
    return rewrite(fit - kl), [loc, log_scale]


def minigraph(method: str, samples: int) -> Run:
    """Return the step with its standard errors."""
    import minigraph as mg

    elbo, wrt = graph(method)

    def run(seed: int) -> list[float]:
        estimate = mg.expectation(elbo, samples, wrt=wrt, rng=seed)
        return told(estimate.value, [estimate.grad[x] for x in wrt])

    return run


def minigraph_compiled(method: str, samples: int) -> Run:
    """Return the step without them, as the other libraries compute it."""
    import minigraph as mg

    elbo, wrt = graph(method)
    both = mg.compile(elbo, wrt, inputs=wrt, samples=samples)
    return lambda seed: told(*both(LOC, LOG_SCALE, rng=seed))


def torch(method: str, samples: int) -> Run:
    import torch

    x, labels = torch.tensor(X), torch.tensor(LABELS)
    loc, log_scale = (torch.tensor(a, requires_grad=True) for a in (LOC, LOG_SCALE))

    def run(seed: int) -> list[float]:
        torch.manual_seed(seed)
        loc.grad = log_scale.grad = None
        law = torch.distributions.Normal(loc, log_scale.exp())
        w = law.rsample((samples,)) if method == "pathwise" else law.sample((samples,))
        logits = w @ x.T
        fit = (labels * logits - torch.nn.functional.softplus(logits)).sum(1) * FACTOR
        cost = fit if method == "pathwise" else fit * law.log_prob(w).sum(1)
        kl = 0.5 * (loc**2 + (2 * log_scale).exp() - 1 - 2 * log_scale).sum()
        (cost.mean() - kl).backward()
        return told((fit.mean() - kl).detach(), [loc.grad, log_scale.grad])

    return run


def jax(method: str, samples: int) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    np_ = jax.numpy

    def elbo(loc: Any, log_scale: Any, key: Any) -> Any:
        scale = np_.exp(log_scale)
        w = loc + scale * jax.random.normal(key, (samples, len(LOC)))
        w = w if method == "pathwise" else jax.lax.stop_gradient(w)
        logits = w @ X.T
        fit = (LABELS * logits - jax.nn.softplus(logits)).sum(1) * FACTOR
        score = jax.scipy.stats.norm.logpdf(w, loc, scale).sum(1)
        kl = 0.5 * (loc**2 + scale**2 - 1.0 - 2.0 * log_scale).sum()
        return (fit if method == "pathwise" else fit * score).mean() - kl, fit.mean() - kl

    both = jax.jit(jax.value_and_grad(elbo, (0, 1), has_aux=True))

    def run(seed: int) -> list[float]:
        (_, value), slopes = both(LOC, LOG_SCALE, jax.random.key(seed))
        return told(value, slopes)

    return run


PEERS: dict[str, Callable[[str, int], Run]] = {
    "NumPy": by_hand, "minigraph": minigraph, "minigraph, compiled": minigraph_compiled,
    "PyTorch": torch, "JAX": jax,
}  # fmt: skip
WORKLOADS = [
    Workload(
        f"logistic regression, {method}, S = {samples}",
        {
            name: lambda make=make, method=method, samples=samples: make(method, samples)
            for name, make in PEERS.items()
        },
        ahead={"PyTorch": 1.0, "JAX": 1.0},
        trials=100 if samples < 1000 else 40,
    )
    for method in ("pathwise", "score")
    for samples in (1, 50, 1000)
]
