"""A step of a small network on two moons: 100 points, layers of 2-16-16-1, ReLU, hinge loss.

Loss with a penalty on the weights, and the gradient in all parameters. The points are given anew
at every step. With arrays, and as a graph of single numbers: micrograd has no others.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from harness import Run, Workload, told
from sklearn.datasets import make_moons

POINTS, LABELS = make_moons(100, noise=0.1, random_state=0)
LABELS = LABELS[:, None] * 2.0 - 1.0
PENALTY = 1e-4
RNG = np.random.default_rng(0)
PARAMETERS = [
    RNG.normal(size=shape) / np.sqrt(2.0)
    for sizes in ((2, 16), (16, 16), (16, 1))
    for shape in (sizes, sizes[1:])
]


def by_hand() -> Run:
    def run(seed: int) -> list[float]:
        x, (w1, b1, w2, b2, w3, b3) = POINTS, PARAMETERS
        h1 = np.maximum(x @ w1 + b1, 0.0)
        h2 = np.maximum(h1 @ w2 + b2, 0.0)
        margin = 1.0 - LABELS * (h2 @ w3 + b3)
        penalty = sum((p * p).sum() for p in PARAMETERS)
        loss = np.maximum(margin, 0.0).mean() + PENALTY * penalty
        g = np.where(margin > 0.0, -LABELS, 0.0) / len(x)
        g2 = (g @ w3.T) * (h2 > 0.0)
        g1 = (g2 @ w2.T) * (h1 > 0.0)
        slopes = [x.T @ g1, g1.sum(0), h1.T @ g2, g2.sum(0), h2.T @ g, g.sum(0)]
        slopes = [s + 2.0 * PENALTY * p for s, p in zip(slopes, PARAMETERS, strict=True)]
        return told(loss, slopes)

    return run


def loss_of(p: Any, x: Any, labels: Any, relu: Any, total: Any) -> Any:
    """Return the loss, in the words of whatever library `relu` and `total` come from."""
    h = relu(relu(x @ p[0] + p[1]) @ p[2] + p[3])
    hinge = relu(1.0 - labels * (h @ p[4] + p[5]))
    return total(hinge) / len(POINTS) + PENALTY * sum(total(w * w) for w in p)


def minigraph() -> Run:
    import minigraph as mg

    parameters = [mg.Data(p, name=f"p{i}") for i, p in enumerate(PARAMETERS)]
    x = mg.Data(POINTS, name="x", constant=True)
    loss = loss_of(parameters, x, LABELS, lambda a: mg.maximum(a, 0.0), mg.sum)

    def run(seed: int) -> list[float]:
        x.value = POINTS
        estimate = mg.expectation(loss, 1, wrt=parameters, rng=0)
        return told(estimate.value, [estimate.grad[p] for p in parameters])

    return run


def minigraph_compiled() -> Run:
    import minigraph as mg

    parameters = [mg.Data(p, name=f"p{i}") for i, p in enumerate(PARAMETERS)]
    x = mg.Data(POINTS, name="x", constant=True)
    loss = loss_of(parameters, x, LABELS, lambda a: mg.maximum(a, 0.0), mg.sum)
    both = mg.compile(loss, parameters, inputs=[*parameters, x])
    return lambda seed: told(*both(*PARAMETERS, POINTS))


def minigraph_eager() -> Run:
    import minigraph as mg

    def run(seed: int) -> list[float]:
        parameters = [mg.Data(p) for p in PARAMETERS]
        loss = loss_of(parameters, POINTS, LABELS, lambda a: mg.maximum(a, 0.0), mg.sum)
        loss.backward()
        return told(loss.value, [p.grad for p in parameters])

    return run


def torch() -> Run:
    import torch

    parameters = [torch.tensor(p, requires_grad=True) for p in PARAMETERS]
    labels = torch.tensor(LABELS)

    def run(seed: int) -> list[float]:
        for p in parameters:
            p.grad = None
        loss = loss_of(parameters, torch.from_numpy(POINTS), labels, torch.relu, torch.sum)
        loss.backward()
        return told(loss.detach(), [p.grad for p in parameters])

    return run


def jax() -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(
        jax.value_and_grad(
            lambda p, x: loss_of(p, x, LABELS, lambda a: jax.numpy.maximum(a, 0.0), jax.numpy.sum)
        )
    )
    return lambda seed: told(*both(PARAMETERS, POINTS))


def autograd() -> Run:
    import autograd.numpy as anp
    from autograd import value_and_grad

    both = value_and_grad(
        lambda p: loss_of(p, POINTS, LABELS, lambda a: anp.maximum(a, 0.0), anp.sum)
    )
    return lambda seed: told(*both(PARAMETERS))


def mygrad() -> Run:
    import mygrad

    def run(seed: int) -> list[float]:
        parameters = [mygrad.tensor(p) for p in PARAMETERS]
        relu = lambda a: mygrad.maximum(a, 0.0)
        loss = loss_of(parameters, POINTS, LABELS, relu, mygrad.sum)
        loss.backward()
        return told(loss.item(), [p.grad for p in parameters])

    return run


def of_numbers(number: Any, relu: Any, value: Any) -> Run:
    """Return the step in single numbers, in the words of a library that makes them by `number`."""

    def layer(h: list[Any], w: Any, b: Any) -> list[Any]:
        return [sum((a * v for a, v in zip(h, w[:, j], strict=True)), b[j]) for j in range(len(b))]

    def run(seed: int) -> list[float]:
        p = [np.vectorize(number, otypes=[object])(a) for a in PARAMETERS]
        loss: Any = 0.0
        for point, label in zip(POINTS, LABELS[:, 0], strict=True):
            h = [relu(a) for a in layer(list(map(float, point)), p[0], p[1])]
            h = [relu(a) for a in layer(h, p[2], p[3])]
            loss = loss + relu(1.0 - float(label) * layer(h, p[4], p[5])[0])
        loss = loss * (1.0 / len(POINTS)) + PENALTY * sum(w * w for a in p for w in a.ravel())
        loss.backward()
        return told(value(loss), [[w.grad for w in a.ravel()] for a in p])

    return run


def minigraph_numbers() -> Run:
    import minigraph as mg

    return of_numbers(lambda a: mg.Data(float(a)), mg.relu, lambda loss: loss.value)


def micrograd() -> Run:
    from micrograd.engine import Value

    sys.setrecursionlimit(100_000)  # its backward pass recurses
    return of_numbers(Value, lambda a: a.relu(), lambda loss: loss.data)


WORKLOADS = [
    Workload(
        "two moons, a step",
        {
            "NumPy": by_hand, "minigraph": minigraph, "minigraph, compiled": minigraph_compiled,
            "minigraph, eager": minigraph_eager, "PyTorch": torch, "JAX": jax,
            "autograd": autograd, "MyGrad": mygrad, "minigraph, numbers": minigraph_numbers,
            "micrograd": micrograd,
        },
        {"minigraph": 1.0},
    )
]  # fmt: skip
