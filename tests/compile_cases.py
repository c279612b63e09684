"""Graphs to compile for other array libraries, and how to run them there quickly."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg

# What JAX compiles for a test runs once: it need not run fast.
QUICK = {"xla_backend_optimization_level": "0", "xla_llvm_disable_expensive_passes": True}


def code_of(page):
    """Return the Python blocks of a page in docs/."""
    text = (Path(__file__).parent.parent / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def program(f, *args, **keywords):
    """Return a function of JAX, traced and compiled as a whole for arguments like these."""
    lowered = pytest.importorskip("jax").jit(f).lower(*args, **keywords)
    return lowered.compile(compiler_options=QUICK)


def quickly(f):
    """Return a function of JAX that is traced and compiled for whatever arguments it is given."""
    return lambda *args, **keywords: program(f, *args, **keywords)(*args, **keywords)


def seed():
    theta = mg.Data(0.5, name="θ")
    return (mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) - 3) ** 2, [theta]


def pathwise():
    y, wrt = seed()
    return mg.reparameterize(y), wrt


def scored():
    y, wrt = seed()
    return mg.reinforce(y, baseline=2.0), wrt


def both_paths():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, mg.exp(theta)), name="X", rng=0)
    return mg.reinforce(mg.cos(x) * theta), [theta]


def coin():
    logit = mg.Data(0.3, name="logit")
    b = mg.sample(mg.Bernoulli(logits=logit), name="B", rng=0)
    return mg.reinforce((b - 0.45) ** 2), [logit]


def network():
    rng = np.random.default_rng(0)
    w = mg.Data(rng.normal(size=(3, 4)), name="w")
    v = mg.Data(rng.normal(size=4), name="v")
    x = mg.Data(rng.normal(size=(5, 3)), name="x", constant=True)
    t = mg.Data(np.array([0, 1, 1, 0, 1]), name="t", constant=True)
    return mg.mean(mg.softplus((1 - 2 * t) * (mg.tanh(x @ w) @ v))), [w, v]


def classifier():
    rng = np.random.default_rng(1)
    w = mg.Data(rng.normal(size=(3, 4)), name="w")
    t = mg.Data(np.array([0, 3, 1]), name="t", constant=True)
    scores = mg.log_softmax(mg.Data(rng.normal(size=(3, 3)), name="x") @ w, axis=1)
    return -mg.sum(scores[np.arange(3), t]) + mg.logsumexp(w), [w]


def choices():
    x = mg.Data(np.array([-1.0, 0.5, 2.0, 3.0]), name="x")
    y = mg.where(x > 0, x**2, mg.exp(x))
    return mg.sum(y[::-1] * x) + mg.sum(mg.sort(y)[1:3]) + y[np.array([0, 0, 2])].sum(), [x]


def gaussian():
    a = mg.Data(np.array([[2.0, 0.3], [0.3, 1.0]]), name="a")
    loc = mg.Data(np.array([0.1, -0.2]), name="loc")
    x = mg.sample(mg.MultivariateNormal(loc, covariance_matrix=a), name="X", rng=0)
    return mg.reparameterize(mg.sum(x**2) * mg.linalg.slogdet(a)[1]), [a, loc]


def vectors():
    w = mg.Data(np.linspace(0.5, 1.5, 6), name="w")
    x = mg.reshape(mg.sample(mg.Laplace(w, 1.0), name="X", rng=0), (2, 3))
    return mg.reparameterize(mg.sum(mg.einsum("ij,kj->ik", x, x)) + mg.prod(x[0])), [w]


def relaxed():
    logit = mg.Data(0.1, name="logit")
    b = mg.sample(mg.Bernoulli(logits=logit), name="B", rng=0)
    return mg.gumbel_softmax((b - 0.3) ** 2, rng=0), [logit]


def noises():
    s = mg.Data(0.7, name="s")
    laws = [mg.Exponential(s), mg.Gumbel(s, 1.0), mg.Uniform(0.0, s), mg.Logistic(s, s),
            mg.Cauchy(0.0, s), mg.HalfNormal(s)]  # fmt: skip
    return mg.reparameterize(sum(mg.tanh(mg.sample(law, rng=i)) for i, law in enumerate(laws))), [s]


GRAPHS = [pathwise, scored, both_paths, coin, network, classifier, choices, gaussian, vectors,
          relaxed, noises]  # fmt: skip


def noise_of(outputs, samples=None):
    """Return samples for each draw: numbers between 0 and 1, and for integers 0 or 1."""
    rng = np.random.default_rng(0)
    lead = () if samples is None else (samples,)
    found = []
    for draw in mg.Tape(outputs).draws:
        u = rng.uniform(0.2, 0.8, (*lead, *draw.shape))
        found.append((u > 0.5).astype(int) if draw.inputs else u)
    return found
