"""Gradients of averages over draws whose laws depend on another draw, differently in each sample.

Z ~ N(μ, 1), and then a gamma or beta number of shape exp Z, one of ten outcomes with logits Z w,
sampled or summed over; and the bound of fifty importance weights. By hand the slopes are written
out: of gamma and beta samples as differences of SciPy's incomplete functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from averages import Case, workloads

OUTCOMES, TILTS = np.arange(10.0), np.linspace(-1.0, 1.0, 10)
WEIGHTS, SEEN = 50, 1.3


def latent(mg: Any, mu: Any) -> Any:
    """Return Z."""
    return mg.sample(mg.Normal(mu, 1.0), name="Z", rng=0)


# A gamma number, pathwise ------------------------------------------------------------------------
def gamma_by_hand(rng: Any, n: int, mu: float) -> Any:
    from scipy import special

    z, h = mu + rng.standard_normal(n), 1e-4
    a = np.exp(z)
    x = rng.standard_gamma(a)
    rise = (special.gammainc(a * (1.0 + h), x) - special.gammainc(a * (1.0 - h), x)) / (2.0 * h)
    moved = -rise * np.exp(x + special.gammaln(a) - (a - 1.0) * np.log(x))
    return (np.log(x) * z).mean(), (np.log(x) + z / x * moved).mean()


def gamma_in_torch(torch: Any, n: int, mu: Any) -> Any:
    z = mu + torch.randn(n)
    y = (torch.log(torch.distributions.Gamma(torch.exp(z), 1.0).rsample()) * z).mean()
    return y, y


def gamma_in_jax(jax: Any, key: Any, n: int, mu: Any) -> Any:
    one, two = jax.random.split(key)
    z = mu + jax.random.normal(one, (n,))
    y = (jax.numpy.log(jax.random.gamma(two, jax.numpy.exp(z))) * z).mean()
    return y, y


def gamma_graph(mg: Any, mu: Any) -> Any:
    z = latent(mg, mu)
    x = mg.sample(mg.Gamma(mg.exp(z), 1.0), name="X", rng=1)
    return mg.reparameterize(mg.log(x) * z)


GAMMA = Case(20_000, (0.3,), gamma_by_hand, gamma_graph, gamma_in_torch, gamma_in_jax)


# A beta number, pathwise -------------------------------------------------------------------------
def beta_by_hand(rng: Any, n: int, mu: float) -> Any:
    from scipy import special

    z, h = mu + rng.standard_normal(n), 1e-4
    a = np.exp(z)
    x = rng.beta(a, 2.0)
    low, high = (special.betainc(a * (1.0 + s), 2.0, x) for s in (-h, h))
    density = np.exp((a - 1.0) * np.log(x) + np.log1p(-x) - special.betaln(a, 2.0))
    return (x * z).mean(), (x - z * (high - low) / (2.0 * h) / density).mean()


def beta_in_torch(torch: Any, n: int, mu: Any) -> Any:
    z = mu + torch.randn(n)
    y = (torch.distributions.Beta(torch.exp(z), 2.0).rsample() * z).mean()
    return y, y


def beta_in_jax(jax: Any, key: Any, n: int, mu: Any) -> Any:
    one, two = jax.random.split(key)
    z = mu + jax.random.normal(one, (n,))
    y = (jax.random.beta(two, jax.numpy.exp(z), 2.0) * z).mean()
    return y, y


def beta_graph(mg: Any, mu: Any) -> Any:
    z = latent(mg, mu)
    return mg.reparameterize(mg.sample(mg.Beta(mg.exp(z), 2.0), name="X", rng=1) * z)


BETA = Case(20_000, (0.3,), beta_by_hand, beta_graph, beta_in_torch, beta_in_jax)


# One of ten outcomes, by its score ---------------------------------------------------------------
def chances_by_hand(z: Any) -> Any:
    p = np.exp(z[:, None] * TILTS)
    return p / p.sum(1, keepdims=True)


def outcome_by_hand(rng: Any, n: int, mu: float) -> Any:
    z = mu + rng.standard_normal(n)
    p = chances_by_hand(z)
    k = (rng.random(n)[:, None] > np.cumsum(p, axis=1)).sum(1)
    y = (k - z) ** 2
    return y.mean(), (y * (TILTS[k] - p @ TILTS) - 2.0 * (k - z)).mean()


def outcome_in_torch(torch: Any, n: int, mu: Any) -> Any:
    z = mu + torch.randn(n)
    law = torch.distributions.Categorical(logits=z[:, None] * torch.tensor(TILTS))
    k = law.sample()
    y = (k - z) ** 2
    return (y + y.detach() * law.log_prob(k)).mean(), y.mean()


def outcome_in_jax(jax: Any, key: Any, n: int, mu: Any) -> Any:
    one, two = jax.random.split(key)
    z = mu + jax.random.normal(one, (n,))
    logits = z[:, None] * TILTS
    k = jax.random.categorical(two, jax.lax.stop_gradient(logits))
    y = (k - z) ** 2
    log_p = jax.nn.log_softmax(logits)[jax.numpy.arange(n), k]
    return (y + jax.lax.stop_gradient(y) * log_p).mean(), y.mean()


def outcome_graph(mg: Any, mu: Any, rewrite: str = "reinforce") -> Any:
    z = latent(mg, mu)
    k = mg.sample(mg.Categorical(logits=z * TILTS), name="K", rng=1)
    return mg.reparameterize(getattr(mg, rewrite)((k - z) ** 2, "K"))


OUTCOME = Case(20_000, (0.3,), outcome_by_hand, outcome_graph, outcome_in_torch, outcome_in_jax)


# The same, summed over the outcomes --------------------------------------------------------------
def summed_by_hand(rng: Any, n: int, mu: float) -> Any:
    z = mu + rng.standard_normal(n)
    p, off = chances_by_hand(z), OUTCOMES - z[:, None]
    cost = off * off
    y = (p * cost).sum(1)
    slope = (p * TILTS * cost).sum(1) - (p @ TILTS) * y - 2.0 * (p * off).sum(1)
    return y.mean(), slope.mean()


def summed_in_torch(torch: Any, n: int, mu: Any) -> Any:
    z = (mu + torch.randn(n))[:, None]
    p = torch.softmax(z * torch.tensor(TILTS), 1)
    y = (p * (torch.tensor(OUTCOMES) - z) ** 2).sum(1).mean()
    return y, y


def summed_in_jax(jax: Any, key: Any, n: int, mu: Any) -> Any:
    z = (mu + jax.random.normal(key, (n,)))[:, None]
    y = (jax.nn.softmax(z * TILTS) * (OUTCOMES - z) ** 2).sum(1).mean()
    return y, y


SUMMED = Case(
    20_000, (0.3,), summed_by_hand, lambda mg, mu: outcome_graph(mg, mu, "marginalize"),
    summed_in_torch, summed_in_jax,
)  # fmt: skip


# A bound of fifty importance weights, pathwise ---------------------------------------------------
def bound_by_hand(rng: Any, n: int, mu: float, log_scale: float) -> Any:
    noise, scale = rng.standard_normal((n, WEIGHTS)), np.exp(log_scale)
    z = mu + scale * noise
    off = (SEEN - z) / 0.5
    log_w = -0.5 * (z * z + off * off - noise * noise) + log_scale
    log_w -= 0.5 * np.log(2.0 * np.pi) + np.log(0.5)
    y = np.logaddexp.reduce(log_w, axis=1)
    slope = np.exp(log_w - y[:, None]) * (off / 0.5 - z)
    return y.mean(), slope.sum(1).mean(), 1.0 + (slope * noise).sum(1).mean() * scale


def bound_in_torch(torch: Any, n: int, mu: Any, log_scale: Any) -> Any:
    normal = torch.distributions.Normal
    law = normal(mu, log_scale.exp())
    z = law.rsample((n, WEIGHTS))
    log_w = normal(0.0, 1.0).log_prob(z) + normal(z, 0.5).log_prob(torch.tensor(SEEN))
    y = torch.logsumexp(log_w - law.log_prob(z), 1).mean()
    return y, y


def bound_in_jax(jax: Any, key: Any, n: int, mu: Any, log_scale: Any) -> Any:
    log_prob, scale = jax.scipy.stats.norm.logpdf, jax.numpy.exp(log_scale)
    z = mu + scale * jax.random.normal(key, (n, WEIGHTS))
    log_w = log_prob(z) + log_prob(SEEN, z, 0.5) - log_prob(z, mu, scale)
    y = jax.scipy.special.logsumexp(log_w, axis=1).mean()
    return y, y


def bound_graph(mg: Any, mu: Any, log_scale: Any) -> Any:
    law = mg.Normal(mu + np.zeros(WEIGHTS), mg.exp(log_scale))
    z = mg.sample(law, name="Z", rng=0)
    log_w = mg.Normal(0.0, 1.0).log_prob(z) + mg.Normal(z, 0.5).log_prob(SEEN) - law.log_prob(z)
    return mg.reparameterize(mg.logsumexp(log_w))


BOUND = Case(2_000, (0.1, -0.2), bound_by_hand, bound_graph, bound_in_torch, bound_in_jax)

CASES = {
    "gamma of shape exp Z, pathwise": GAMMA,
    "beta of shape exp Z, pathwise": BETA,
    "one of 10 by logits Z w, score": OUTCOME,
    "the same, summed over": SUMMED,
    f"bound of {WEIGHTS} weights, pathwise": BOUND,
}
WORKLOADS = workloads(CASES)
