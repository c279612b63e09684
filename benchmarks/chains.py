"""A chain of a thousand operations: recorded and differentiated anew, or once and run again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Run, Workload

OPERATIONS = 1000


def chain(x: Any) -> Any:
    """Return a chain of `OPERATIONS` operations on `x`, of all kinds of operand."""
    y = x
    for _ in range(OPERATIONS // 4):
        y = y * 1.01
        y = y + x
        y = y * x
        y = y + 0.1
    return y


def start(size: int) -> Any:
    """Return the number or the array that a chain starts from."""
    return np.linspace(0.2, 0.5, size) if size else 0.5


def by_hand(size: int) -> Run:
    x = start(size)

    def run(seed: int) -> tuple[float, float]:
        y, kept = x, []
        for _ in range(OPERATIONS // 4):
            y = y * 1.01
            y = y + x
            kept.append(y)
            y = y * x
            y = y + 0.1
        g, slope = 1.0, 0.0
        for factor in reversed(kept):
            slope = slope + g * factor
            g = g * x
            slope = slope + g
            g = g * 1.01
        slope = slope + g
        return (y.sum(), slope.sum()) if size else (y, slope)

    return run


def minigraph(size: int) -> Run:
    import minigraph as mg

    def run(seed: int) -> tuple[float, float]:
        x = mg.Data(start(size))
        y = mg.sum(chain(x)) if size else chain(x)
        y.backward()
        return y.value, x.grad.sum() if size else x.grad

    return run


def recorded(size: int) -> tuple[Any, Any]:
    """Return the start and the end of a chain of minigraph's."""
    import minigraph as mg

    x = mg.Data(start(size), name="x")
    return x, mg.sum(chain(x)) if size else chain(x)


def minigraph_again(size: int) -> Run:
    """Return the average of one sample, what a training loop calls."""
    import minigraph as mg

    x, y = recorded(size)

    def run(seed: int) -> tuple[float, float]:
        estimate = mg.expectation(y, 1, wrt=x, rng=0)
        return estimate.value, estimate.grad[x].sum() if size else estimate.grad[x]

    return run


def minigraph_compiled(size: int) -> Run:
    import minigraph as mg

    x, y = recorded(size)
    both = mg.compile(y, x)

    def run(seed: int) -> tuple[float, float]:
        value, slope = both(x.value)
        return value, slope.sum() if size else slope

    return run


def minigraph_text(size: int) -> Run:
    """Return the text of a tape, run as a reader would paste it."""
    import minigraph as mg

    x, y = recorded(size)
    known: dict[str, Any] = {}
    exec(mg.Tape([y, mg.gradient(y, x)]).source, known)

    def run(seed: int) -> tuple[float, float]:
        value, slope = known["run"](None, 1, x.value)
        return value, slope.sum() if size else slope

    return run


def micrograd(size: int) -> Run:
    from micrograd.engine import Value

    sys.setrecursionlimit(20_000)  # its backward pass recurses

    def run(seed: int) -> tuple[float, float]:
        x = Value(start(size))
        y = chain(x)
        y.backward()
        return y.data, x.grad

    return run


def torch(size: int) -> Run:
    import torch

    def run(seed: int) -> tuple[float, float]:
        x = torch.tensor(start(size), dtype=torch.float64, requires_grad=True)
        y = chain(x).sum()
        y.backward()
        return y.item(), x.grad.sum().item()

    return run


def mygrad(size: int) -> Run:
    import mygrad

    def run(seed: int) -> tuple[float, float]:
        x = mygrad.tensor(start(size))
        y = chain(x).sum()
        y.backward()
        return y.item(), x.grad.sum()

    return run


def autograd(size: int) -> Run:
    import autograd.numpy as anp
    from autograd import value_and_grad

    both = value_and_grad(lambda x: anp.sum(chain(x)) if size else chain(x))

    def run(seed: int) -> tuple[float, float]:
        value, slope = both(start(size))
        return value, slope.sum() if size else slope

    return run


def jax(size: int) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(lambda x: chain(x).sum() if size else chain(x)))

    def run(seed: int) -> tuple[float, float]:
        value, slope = both(start(size))
        return float(value), float(np.sum(slope))

    return run


def with_size(size: int, peers: dict[str, Callable[[int], Run]]) -> dict[str, Callable[[], Run]]:
    """Return the peers for a size."""
    return {name: lambda make=make: make(size) for name, make in peers.items()}


EAGER = {"NumPy": by_hand, "minigraph": minigraph, "PyTorch": torch, "MyGrad": mygrad,
         "autograd": autograd}  # fmt: skip
AGAIN = {"NumPy": by_hand, "minigraph": minigraph_again, "minigraph, compiled": minigraph_compiled,
         "minigraph, text": minigraph_text, "JAX": jax}  # fmt: skip
WORKLOADS = [
    Workload(
        "eager, scalars", with_size(0, {**EAGER, "micrograd": micrograd}), {"minigraph": 15.0},
        {"micrograd": 3.0, "PyTorch": 6.0},
    ),
    *(
        Workload(
            f"eager, size {size}", with_size(size, EAGER), {"minigraph": 3.0}, {"PyTorch": 1.0}
        )
        for size in (10, 1000)
    ),
    *(
        Workload(f"replayed, {what}", with_size(size, AGAIN), {"minigraph": goal})
        for what, size, goal in (
            ("scalars", 0, 1.0), ("size 10", 10, 0.7), ("size 1000", 1000, 0.8),
            ("size 1e5", 10**5, 0.6),
        )
    ),
]  # fmt: skip
