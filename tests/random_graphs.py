"""Graphs that nobody would write: random operations on numbers, vectors and matrices."""

from __future__ import annotations

import numpy as np

import minigraph as mg

SHAPES = [(), (3,), (4, 3), (1, 3), (40, 30), (30,), (300, 300)]
LARGEST = 100_000  # elements
UNARY = [
    mg.sin, mg.cos, mg.tanh, mg.sigmoid, mg.softplus, mg.relu, mg.abs, lambda x: mg.exp(-(x * x)),
    lambda x: mg.sqrt(1.0 + x * x), lambda x: x**2, lambda x: x**3, lambda x: -x,
    lambda x: x / 3.0, lambda x: 1.0 - x, lambda x: 2.0 * x, lambda x: mg.maximum(x, 0.1),
    lambda x: mg.minimum(x, 0.2), lambda x: mg.where(x > 0.1, x, 0.0),
    lambda x: mg.where(x > 0.3, 0.0, x * x), lambda x: mg.log1p(x * x),
    lambda x: mg.stop_gradient(x) * x, lambda x: mg.tanh(x) - mg.tanh(x) * mg.tanh(x),
]  # fmt: skip
BINARY = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (1.0 + b * b),
    mg.maximum, mg.minimum, mg.logaddexp, mg.hypot, lambda a, b: mg.where(a > b, a, b * 0.5),
    lambda a, b: mg.where(a > b, b, a) * a,
]  # fmt: skip
FOLDS = [mg.sum, mg.mean, mg.max, mg.logsumexp]


def fit(a, b):
    """Return whether two arrays broadcast to one that is not too large."""
    try:
        return np.prod(np.broadcast_shapes(a.shape, b.shape)) <= LARGEST
    except ValueError:
        return False


def reshaped(x, rng):
    """Return `x` in another shape, or a fold of it."""
    if not x.shape:
        return mg.broadcast_to(x, (int(rng.integers(1, 5)),))
    axis, keep = int(rng.integers(x.ndim)), bool(rng.integers(2))
    kinds = [
        mg.transpose, lambda x: mg.reshape(x, (-1,)), lambda x: mg.flip(x, axis=0),
        lambda x: mg.cumsum(x, axis=0), lambda x: x[: max(1, len(x) // 2)],
        *(lambda x, fold=fold: fold(x, axis=axis, keepdims=keep) for fold in FOLDS),
    ]  # fmt: skip
    return kinds[rng.integers(len(kinds))](x)


def product(x, made, rng):
    """Return `x` times one of `made`, scaled to numbers of size one."""
    others = [b for b in made if x.ndim == 2 and b.ndim in (1, 2) and x.shape[1] == b.shape[0]]
    return x @ others[rng.integers(len(others))] * x.dtype.type(len(x) ** -0.5) if others else x


def draws(wrt, rng, seed):
    """Return one or two draws whose laws depend on the inputs."""
    loc, spread = wrt[0], wrt[1]
    scale = mg.exp(spread * 0.2) if fit(loc, spread) else np.asarray(0.7, loc.dtype)[()]
    found = [mg.sample(mg.Normal(loc, scale), name="X", rng=seed)]
    if rng.random() < 0.3:
        found.append(1.0 * mg.sample(mg.Bernoulli(logits=wrt[2]), name="B", rng=seed))
    return found


def random_graph(seed, random):
    """Return a single number, the inputs to differentiate it for, and the dtype of these."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(rng.choice([np.float64, np.float64, np.float64, np.float32]))
    shapes = SHAPES[: rng.integers(2, len(SHAPES) + (not random))]
    wrt = []
    for i in range(3):
        value = rng.normal(size=shapes[rng.integers(len(shapes))]).astype(dtype)
        number = float(value) if not value.ndim and dtype == np.float64 else value
        wrt.append(mg.Data(number, name=f"w{i}"))
    made = [*wrt, *(draws(wrt, rng, seed) if random else [])]
    for _ in range(rng.integers(4, 18)):
        kind, a = rng.random(), made[-1 if rng.random() < 0.5 else rng.integers(len(made))]
        b = made[rng.integers(len(made))]
        if kind < 0.4:
            y = UNARY[rng.integers(len(UNARY))](a)
        elif kind < 0.75:
            y = BINARY[rng.integers(len(BINARY))](a, b) if fit(a, b) else a
        else:
            y = reshaped(a, rng) if kind < 0.9 else product(a, made, rng)
        made.append(mg.tanh(y) if rng.random() < 0.3 else y)
    parts = [mg.tanh(made[-1]), 0.5 * mg.tanh(made[len(made) // 2]), *(0.01 * w * w for w in wrt)]
    y = mg.mean(parts[0])
    for part in parts[1:]:
        y = y + mg.mean(part)
    return y, wrt, dtype
