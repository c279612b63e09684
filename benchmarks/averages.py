"""Gradients of averages over other laws: a gamma, counts, outcomes, vectors, a walk of many draws.

Pathwise or score function, as the name says, in float64 and with sampling. By hand the slopes are
written out: of a gamma sample as a difference of SciPy's incomplete gamma function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from harness import Run, Workload, told

RNG = np.random.default_rng(0)
LOGITS, TABLE, EVENTS, WEIGHTS = (RNG.normal(size=k) for k in (10, 10, 50, 50))
MIXING, LOC = RNG.normal(size=(20, 20)) / 4.0, RNG.normal(size=20)
TRIL = np.tril(RNG.normal(size=(5, 5))) + 3.0 * np.eye(5)
STEPS = 20


class Case(NamedTuple):
    """One average, written for each library.

    ``by_hand(rng, n, *θ)`` returns the value and the slopes; ``graph(mg, *θ)`` a rewritten graph;
    ``torch(torch, n, *θ)`` and ``jax(jax, key, n, *θ)`` a cost to differentiate, and the value.
    """

    samples: int
    parameters: tuple[Any, ...]
    by_hand: Callable[..., Any]
    graph: Callable[..., Any]
    torch: Callable[..., Any]
    jax: Callable[..., Any]


# A gamma number, pathwise ------------------------------------------------------------------------
def gamma_by_hand(rng: Any, n: int, a: float) -> Any:
    from scipy import special

    x, h = rng.standard_gamma(a, n), 1e-4
    rise = (special.gammainc(a + h, x) - special.gammainc(a - h, x)) / (2.0 * h)
    slope = -rise * np.exp(x + special.gammaln(a) - (a - 1.0) * np.log(x))
    return (np.log(x) ** 2).mean(), (2.0 * np.log(x) / x * slope).mean()


def gamma_in_torch(torch: Any, n: int, a: Any) -> Any:
    x = torch.distributions.Gamma(a, 1.0).rsample((n,))
    y = (torch.log(x) ** 2).mean()
    return y, y


def gamma_in_jax(jax: Any, key: Any, n: int, a: Any) -> Any:
    y = (jax.numpy.log(jax.random.gamma(key, a, (n,))) ** 2).mean()
    return y, y


GAMMA = Case(
    100_000, (2.5,), gamma_by_hand,
    lambda mg, a: mg.reparameterize(mg.log(mg.sample(mg.Gamma(a, 1.0), name="X", rng=0)) ** 2),
    gamma_in_torch, gamma_in_jax,
)  # fmt: skip


# A count, by its score ---------------------------------------------------------------------------
def poisson_by_hand(rng: Any, n: int, a: float) -> Any:
    x = rng.poisson(np.exp(a), n)
    y = np.sqrt(x + 1.0)
    return y.mean(), (y * (x - np.exp(a))).mean()


def poisson_in_torch(torch: Any, n: int, a: Any) -> Any:
    law = torch.distributions.Poisson(torch.exp(a))
    x = law.sample((n,))
    y = torch.sqrt(x + 1.0)
    return (y * law.log_prob(x)).mean(), y.mean()


def poisson_in_jax(jax: Any, key: Any, n: int, a: Any) -> Any:
    x = jax.random.poisson(key, jax.numpy.exp(jax.lax.stop_gradient(a)), (n,))
    y = jax.numpy.sqrt(x + 1.0)
    return (y * (x * a - jax.numpy.exp(a))).mean(), y.mean()


POISSON = Case(
    100_000, (1.2,), poisson_by_hand,
    lambda mg, a: mg.reinforce(
        mg.sqrt(mg.sample(mg.Poisson(mg.exp(a)), name="X", rng=0) + 1.0)
    ),
    poisson_in_torch, poisson_in_jax,
)  # fmt: skip


# One of ten outcomes, by its score ---------------------------------------------------------------
def categorical_by_hand(rng: Any, n: int, logits: Any) -> Any:
    p = np.exp(logits - np.logaddexp.reduce(logits))
    x = rng.choice(len(p), n, p=p)
    y = TABLE[x]
    return y.mean(), (y[:, None] * (np.eye(len(p))[x] - p)).mean(0)


def categorical_in_torch(torch: Any, n: int, logits: Any) -> Any:
    law = torch.distributions.Categorical(logits=logits)
    x = law.sample((n,))
    y = torch.tensor(TABLE)[x]
    return (y * law.log_prob(x)).mean(), y.mean()


def categorical_in_jax(jax: Any, key: Any, n: int, logits: Any) -> Any:
    x = jax.random.categorical(key, jax.lax.stop_gradient(logits), shape=(n,))
    y = jax.numpy.asarray(TABLE)[x]
    return (y * jax.nn.log_softmax(logits)[x]).mean(), y.mean()


CATEGORICAL = Case(
    100_000, (LOGITS,), categorical_by_hand,
    lambda mg, logits: mg.reinforce(
        mg.take(TABLE, mg.sample(mg.Categorical(logits=logits), name="X", rng=0))
    ),
    categorical_in_torch, categorical_in_jax,
)  # fmt: skip


# Fifty coins, by their score ---------------------------------------------------------------------
def coins_by_hand(rng: Any, n: int, logits: Any) -> Any:
    p = 1.0 / (1.0 + np.exp(-logits))
    x = rng.random((n, len(p))) < p
    y = np.tanh(x @ WEIGHTS)
    return y.mean(), (y[:, None] * (x - p)).mean(0)


def coins_in_torch(torch: Any, n: int, logits: Any) -> Any:
    law = torch.distributions.Bernoulli(logits=logits)
    x = law.sample((n,))
    y = torch.tanh(x @ torch.tensor(WEIGHTS))
    return (y * law.log_prob(x).sum(1)).mean(), y.mean()


def coins_in_jax(jax: Any, key: Any, n: int, logits: Any) -> Any:
    p = jax.nn.sigmoid(jax.lax.stop_gradient(logits))
    x = jax.random.bernoulli(key, p, (n, len(p))).astype(float)
    y = jax.numpy.tanh(x @ WEIGHTS)
    score = x * jax.nn.log_sigmoid(logits) + (1.0 - x) * jax.nn.log_sigmoid(-logits)
    return (y * score.sum(1)).mean(), y.mean()


COINS = Case(
    10_000, (EVENTS,), coins_by_hand,
    lambda mg, logits: mg.reinforce(
        mg.tanh(mg.sum(mg.sample(mg.Bernoulli(logits=logits), name="X", rng=0) * WEIGHTS))
    ),
    coins_in_torch, coins_in_jax,
)  # fmt: skip


# Five numbers that hang together, pathwise -------------------------------------------------------
def vector_by_hand(rng: Any, n: int, loc: Any, tril: Any) -> Any:
    noise = rng.standard_normal((n, len(loc)))
    x = loc + noise @ tril.T
    slope = np.sin(x) + x * np.cos(x)
    return (np.sin(x) * x).sum(1).mean(), slope.mean(0), np.tril(slope.T @ noise) / n


def vector_in_torch(torch: Any, n: int, loc: Any, tril: Any) -> Any:
    x = loc + torch.randn(n, len(loc)) @ torch.tril(tril).T
    y = (torch.sin(x) * x).sum(1).mean()
    return y, y


def vector_in_jax(jax: Any, key: Any, n: int, loc: Any, tril: Any) -> Any:
    x = loc + jax.random.normal(key, (n, len(loc))) @ jax.numpy.tril(tril).T
    y = (jax.numpy.sin(x) * x).sum(1).mean()
    return y, y


def vector_graph(mg: Any, loc: Any, tril: Any) -> Any:
    law = mg.MultivariateNormal(loc, scale_tril=mg.tril(tril))
    x = mg.sample(law, name="X", rng=0)
    return mg.reparameterize(mg.sum(mg.sin(x) * x))


VECTOR = Case(
    100_000, (LOC[:5], TRIL), vector_by_hand, vector_graph, vector_in_torch, vector_in_jax
)


# The largest of twenty, softly, pathwise ---------------------------------------------------------
def largest_by_hand(rng: Any, n: int, loc: Any, log_scale: Any) -> Any:
    noise = rng.standard_normal((n, len(loc)))
    z = (loc + np.exp(log_scale) * noise) @ MIXING.T
    y = np.logaddexp.reduce(z, axis=1)
    slope = np.exp(z - y[:, None]) @ MIXING
    return y.mean(), slope.mean(0), (slope * noise).mean(0) * np.exp(log_scale)


def largest_in_torch(torch: Any, n: int, loc: Any, log_scale: Any) -> Any:
    x = loc + torch.exp(log_scale) * torch.randn(n, len(loc))
    y = torch.logsumexp(x @ torch.tensor(MIXING).T, 1).mean()
    return y, y


def largest_in_jax(jax: Any, key: Any, n: int, loc: Any, log_scale: Any) -> Any:
    x = loc + jax.numpy.exp(log_scale) * jax.random.normal(key, (n, len(loc)))
    y = jax.scipy.special.logsumexp(x @ MIXING.T, axis=1).mean()
    return y, y


LARGEST = Case(
    10_000, (LOC, np.full(20, -0.3)), largest_by_hand,
    lambda mg, loc, log_scale: mg.reparameterize(
        mg.logsumexp(MIXING @ mg.sample(mg.Normal(loc, mg.exp(log_scale)), name="X", rng=0))
    ),
    largest_in_torch, largest_in_jax,
)  # fmt: skip


# A walk of twenty draws, pathwise ----------------------------------------------------------------
def walk_by_hand(rng: Any, n: int, drift: float, scale: float) -> Any:
    x, in_drift, in_scale = np.zeros(n), np.zeros(n), np.zeros(n)
    for _ in range(STEPS):
        noise = rng.standard_normal(n)
        kept = 1.0 - drift * np.sin(x)
        in_drift = in_drift * kept + np.cos(x)
        in_scale = in_scale * kept + noise
        x = x + drift * np.cos(x) + scale * noise
    return (x**2).mean(), (2.0 * x * in_drift).mean(), (2.0 * x * in_scale).mean()


def walk_in_torch(torch: Any, n: int, drift: Any, scale: Any) -> Any:
    x = torch.zeros(n)
    for _ in range(STEPS):
        x = x + drift * torch.cos(x) + scale * torch.randn(n)
    y = (x**2).mean()
    return y, y


def walk_in_jax(jax: Any, key: Any, n: int, drift: Any, scale: Any) -> Any:
    x, noise = jax.numpy.zeros(n), jax.random.normal(key, (STEPS, n))
    for i in range(STEPS):
        x = x + drift * jax.numpy.cos(x) + scale * noise[i]
    y = (x**2).mean()
    return y, y


def walk_graph(mg: Any, drift: Any, scale: Any) -> Any:
    x = mg.Data(0.0, constant=True)
    for i in range(STEPS):
        x = mg.sample(mg.Normal(x + drift * mg.cos(x), scale), name=f"X{i}", rng=i)
    return mg.reparameterize(x**2)


WALK = Case(10_000, (0.1, 0.3), walk_by_hand, walk_graph, walk_in_torch, walk_in_jax)


# Peers -------------------------------------------------------------------------------------------
def by_hand(case: Case) -> Run:
    def run(seed: int) -> list[float]:
        value, *slopes = case.by_hand(np.random.default_rng(seed), case.samples, *case.parameters)
        return told(value, slopes)

    return run


def minigraph(case: Case) -> Run:
    import minigraph as mg

    theta = [mg.Data(value, name=f"p{i}") for i, value in enumerate(case.parameters)]
    z = case.graph(mg, *theta)

    def run(seed: int) -> list[float]:
        estimate = mg.expectation(z, case.samples, wrt=theta, rng=seed)
        return told(estimate.value, [estimate.grad[x] for x in theta])

    return run


def torch(case: Case) -> Run:
    import torch

    torch.set_default_dtype(torch.float64)
    theta = [torch.tensor(value, requires_grad=True) for value in case.parameters]

    def run(seed: int) -> list[float]:
        torch.manual_seed(seed)
        for x in theta:
            x.grad = None
        cost, value = case.torch(torch, case.samples, *theta)
        cost.backward()
        return told(value.detach(), [x.grad for x in theta])

    return run


def jax(case: Case) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)

    def cost(theta: Any, key: Any) -> Any:
        return case.jax(jax, key, case.samples, *theta)

    both = jax.jit(jax.value_and_grad(cost, has_aux=True))

    def run(seed: int) -> list[float]:
        (_, value), slopes = both(case.parameters, jax.random.key(seed))
        return told(value, slopes)

    return run


PEERS = {"NumPy": by_hand, "minigraph": minigraph, "PyTorch": torch, "JAX": jax}
CASES = {
    "gamma, pathwise": GAMMA,
    "Poisson, score": POISSON,
    "categorical of 10, score": CATEGORICAL,
    "50 coins, score": COINS,
    "normal vector of 5, pathwise": VECTOR,
    "logsumexp of 20, pathwise": LARGEST,
    f"walk of {STEPS} draws, pathwise": WALK,
}


def workloads(cases: Mapping[str, Case]) -> list[Workload]:
    """Return cases, by their names, for all peers."""
    return [
        Workload(
            f"{name}, n = {case.samples:.0e}",
            {who: lambda make=make, case=case: make(case) for who, make in PEERS.items()},
            trials=40,
        )
        for name, case in cases.items()
    ]


WORKLOADS = workloads(CASES)
