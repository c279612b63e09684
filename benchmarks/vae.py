"""A step of a variational autoencoder of scikit-learn's digits: 64-200-2x10-200-64, batches of 128.

The ELBO of a batch, with the KL divergence in closed form and one sample of the latent numbers, and
its gradient in all ten parameters. Every step has another batch and other noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Run, Workload, told
from sklearn.datasets import load_digits

BATCH, HIDDEN, LATENT, PIXELS = 128, 200, 10, 64
DIGITS = (load_digits().data > 7.5).astype(float)
SHAPES = ((PIXELS, HIDDEN), (HIDDEN, LATENT), (HIDDEN, LATENT), (LATENT, HIDDEN), (HIDDEN, PIXELS))


def parameters(dtype: str) -> list[Any]:
    """Return weights and biases in turn: encoder, loc, log-scale, decoder, pixels."""
    rng = np.random.default_rng(0)
    return [
        a.astype(dtype)
        for shape in SHAPES
        for a in (rng.normal(size=shape) / np.sqrt(shape[0]), rng.normal(size=shape[1]) / 10)
    ]


def batches(dtype: str) -> list[Any]:
    """Return a few batches."""
    count = 4
    return list(DIGITS[: count * BATCH].astype(dtype).reshape(count, BATCH, PIXELS))


def by_hand(dtype: str) -> Run:
    p, data = parameters(dtype), batches(dtype)
    w1, b1, wl, bl, ws, bs, w2, b2, w3, b3 = p

    def run(seed: int) -> list[float]:
        x = data[seed % len(data)]
        h = np.tanh(x @ w1 + b1)
        loc, log_scale = h @ wl + bl, h @ ws + bs
        scale = np.exp(log_scale)
        noise = np.random.default_rng(seed).standard_normal(loc.shape, dtype=dtype)
        z = loc + scale * noise
        d = np.tanh(z @ w2 + b2)
        logits = d @ w3 + b3
        fit = (x * logits - np.logaddexp(0.0, logits)).sum()
        kl = (0.5 * (loc**2 + scale**2 - 1.0) - log_scale).sum()
        g = (x - 1.0 / (1.0 + np.exp(-logits))) / BATCH
        gd = (g @ w3.T) * (1.0 - d**2)
        gz = gd @ w2.T
        gl = gz - loc / BATCH
        gs = gz * scale * noise - (scale**2 - 1.0) / BATCH
        gh = (gl @ wl.T + gs @ ws.T) * (1.0 - h**2)
        slopes = [x.T @ gh, gh.sum(0), h.T @ gl, gl.sum(0), h.T @ gs, gs.sum(0), z.T @ gd,
                  gd.sum(0), d.T @ g, g.sum(0)]  # fmt: skip
        return told((fit - kl) / BATCH, slopes)

    return run


def elbo_of(p: Any, x: Any, latent: Callable[[Any, Any], Any], np_: Any, softplus: Any) -> Any:
    """Return the ELBO per digit, in the words of whatever library `np_` is."""
    h = np_.tanh(x @ p[0] + p[1])
    loc, log_scale = h @ p[2] + p[3], h @ p[4] + p[5]
    logits = np_.tanh(latent(loc, np_.exp(log_scale)) @ p[6] + p[7]) @ p[8] + p[9]
    kl = np_.sum(0.5 * (loc**2 + np_.exp(2.0 * log_scale) - 1.0) - log_scale)
    return (np_.sum(x * logits - softplus(logits)) - kl) / BATCH


def minigraph(dtype: str) -> Run:
    import minigraph as mg

    data = batches(dtype)
    p = [mg.Data(a, name=f"p{i}") for i, a in enumerate(parameters(dtype))]
    x = mg.Data(data[0], name="digits", constant=True)
    latent = lambda loc, scale: mg.sample(mg.Normal(loc, scale), name="Z", rng=0)
    elbo = mg.reparameterize(elbo_of(p, x, latent, mg, mg.softplus))

    def run(seed: int) -> list[float]:
        x.value = data[seed % len(data)]
        estimate = mg.expectation(elbo, 1, wrt=p, rng=seed)
        return told(estimate.value, [estimate.grad[w] for w in p])

    return run


def minigraph_compiled(dtype: str) -> Run:
    """Return the step as a plain function of arrays, which has no standard errors to compute."""
    import minigraph as mg

    data, values = batches(dtype), parameters(dtype)
    p = [mg.Data(a, name=f"p{i}") for i, a in enumerate(values)]
    x = mg.Data(data[0], name="digits", constant=True)
    latent = lambda loc, scale: mg.sample(mg.Normal(loc, scale), name="Z", rng=0)
    elbo = mg.reparameterize(elbo_of(p, x, latent, mg, mg.softplus))
    both = mg.compile(elbo, p, inputs=[*p, x])
    return lambda seed: told(*both(*values, data[seed % len(data)], rng=seed))


def torch(dtype: str) -> Run:
    import torch

    data = [torch.tensor(x) for x in batches(dtype)]
    p = [torch.tensor(a, requires_grad=True) for a in parameters(dtype)]
    latent = lambda loc, scale: torch.distributions.Normal(loc, scale).rsample()

    def run(seed: int) -> list[float]:
        torch.manual_seed(seed)
        for w in p:
            w.grad = None
        elbo = elbo_of(p, data[seed % len(data)], latent, torch, torch.nn.functional.softplus)
        elbo.backward()
        return told(elbo.detach(), [w.grad for w in p])

    return run


def jax(dtype: str) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    data, p = batches(dtype), parameters(dtype)

    def elbo(p: Any, x: Any, key: Any) -> Any:
        latent = lambda loc, scale: loc + scale * jax.random.normal(key, loc.shape, loc.dtype)
        return elbo_of(p, x, latent, jax.numpy, jax.nn.softplus)

    both = jax.jit(jax.value_and_grad(elbo))
    return lambda seed: told(*both(p, data[seed % len(data)], jax.random.key(seed)))


def autograd(dtype: str) -> Run:
    import autograd.numpy as anp
    from autograd import value_and_grad

    data, p = batches(dtype), parameters(dtype)

    def elbo(p: Any, x: Any, seed: int) -> Any:
        noise = np.random.default_rng(seed).standard_normal((BATCH, LATENT), dtype=dtype)
        return elbo_of(p, x, lambda a, b: a + b * noise, anp, lambda a: anp.logaddexp(0.0, a))

    both = value_and_grad(elbo)
    return lambda seed: told(*both(p, data[seed % len(data)], seed))


PEERS = {"NumPy": by_hand, "minigraph": minigraph, "minigraph, compiled": minigraph_compiled,
         "PyTorch": torch, "JAX": jax, "autograd": autograd}  # fmt: skip
WORKLOADS = [
    Workload(
        f"autoencoder, a step, {dtype}",
        {name: lambda make=make, dtype=dtype: make(dtype) for name, make in PEERS.items()},
        {"minigraph": 0.9},
        {"JAX": 1.0},
        trials=40,  # ten times each batch
        rtol=1e-3 if dtype == "float32" else 1e-9,
    )
    for dtype in ("float64", "float32")
]
