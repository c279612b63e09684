"""The question and its answers, in numbers: L(θ) = E_{X ~ P_θ}[F(X)], and what is ∇L(θ)?"""

from __future__ import annotations

import math

from ..averages.estimate import Estimate
from ..averages.exact import exact
from ..averages.expectation import expectation
from ..data import Data
from ..distributions import Normal, sample
from ..errors import BlockedGradientError
from ..estimators.reinforce import reinforce
from ..estimators.reparameterize import reparameterize
from ..gradient import gradient
from ..graph import Graph
from ..ops.boxes import function
from .text import heading, quote, table

TARGET = 3.0
ACCURACY = 0.01


@function(name="F")
def squared_distance(x: Data) -> Data:
    """Return (x − 3)²."""
    return (x - TARGET) ** 2


def ask(seed: int) -> tuple[Data, Data]:
    """Return θ, and the graph θ → P → X → F → Y that makes one sample Y."""
    theta = Data(0.5, name="θ")
    y = squared_distance(sample(Normal(theta, 1.0), name="X", rng=seed))
    y.name = "Y"
    return theta, y


def answers(y: Data) -> dict[str, Data]:
    """Return the rewrites of `y` through which its gradient can flow."""
    return {
        "REINFORCE": reinforce(y),
        "REINFORCE, leave-one-out": reinforce(y, baseline="leave-one-out"),
        "reparameterization": reparameterize(y),
    }


def refusal(theta: Data, y: Data) -> str:
    """Return what minigraph says when asked for the gradient that is not there."""
    try:
        gradient(y, theta)
    except BlockedGradientError as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("the gradient crossed a draw")


def tell(samples: int, seed: int, progress: bool) -> tuple[Data, Data]:
    """Print the question and its answers; return θ and the graph they were asked about."""
    theta, y = ask(seed)
    heading("1. The question: L(θ) = E[Y] with X ~ P = Normal(θ, 1), Y = F(X) = (X − 3)²")
    x = Graph(y)["X"]
    print(f"One sample, at θ = {theta.value}: X = {x.value:.4f}, Y = {y.value:.4f}.\n")
    drawn = expectation(y, samples, rng=seed, progress=progress)
    table([
        ["L(θ) = (θ − 3)² + 1, by hand", f"{(theta.value - TARGET) ** 2 + 1:.6f}"],
        ["mg.exact(Y), by quadrature", f"{exact(y).value:.6f}"],
        [f"mg.expectation(Y), {samples:,} samples", f"{drawn.value:.6f} ± {drawn.stderr:.6f}"],
    ])  # fmt: skip
    print("\nAnd ∇L(θ)? The gradient would have to cross the draw, so mg.gradient(Y, θ) refuses:")
    quote(refusal(theta, y))
    print("\nTwo rewrites of the graph open it, and keep every value. By hand, ∇L(θ) = 2(θ − 3) = "
          f"{2 * (theta.value - TARGET):g}.")  # fmt: skip
    rows = [["", "mean, exact", "Monte Carlo", "variance of one", f"samples for ± {ACCURACY}"]]
    for name, rewritten in answers(y).items():
        truth = exact(rewritten, theta)
        drawn = expectation(rewritten, samples, wrt=theta, rng=seed, progress=progress)
        rows.append(row(name, theta, truth, drawn))
    table(rows)
    return theta, y


def row(name: str, theta: Data, truth: Estimate, drawn: Estimate) -> list[str]:
    """Return the line of an estimator: its exact mean, a run, its variance and its price."""
    variance = truth.grad_variance[theta]
    return [
        name,
        f"{truth.grad[theta]:.6f}",
        f"{drawn.grad[theta]:.5f} ± {drawn.grad_stderr[theta]:.5f}",
        f"{variance:.4f}",
        f"{math.ceil(variance / ACCURACY**2):,}",
    ]
