"""06. The variance of both estimators: the curves of Mohamed et al. 2020, figure 2.

X ~ Normal(μ, σ²) at μ = σ = 1, and the variance of one sample of the gradient to μ, as the cost
changes with k. No estimator is the best everywhere: the pathwise one is as good as the cost is
smooth, the score function does not care. https://arxiv.org/abs/1906.10652
"""

import argparse
import math
from pathlib import Path

import numpy as np

import minigraph as mg

COSTS = {
    "square": (lambda x, k: (x - k) ** 2, np.linspace(-3, 3, 13)),
    "exp": (lambda x, k: mg.exp(-k * x**2), np.geomspace(0.1, 10, 13)),
    "cos": (lambda x, k: mg.cos(k * x), np.geomspace(0.1, 10, 13)),
}


def by_hand(cost: str, k: float) -> tuple[float, float]:
    """Return the variances of the score function and of the pathwise estimator, at μ = σ = 1."""
    if cost == "square":
        d = 1 - k
        return d**4 + 14 * d**2 + 15, 4.0
    if cost == "cos":
        e = math.exp(-0.5 * k**2)
        slope, twice = -k * e * math.sin(k), e**4 * math.cos(2 * k)
        return (1 + (1 - 4 * k**2) * twice) / 2 - slope**2, k**2 / 2 * (1 - twice) - slope**2
    # exp(-a x²) times a Gaussian is a Gaussian: of mass E, mean m and variance v.
    (once, m, _), (mass, mean, v) = [
        (math.exp(-a / (1 + 2 * a)) / math.sqrt(1 + 2 * a), 1 / (1 + 2 * a), 1 / (1 + 2 * a))
        for a in (k, 2 * k)
    ]
    slope = -2 * k * once * m
    return mass * ((mean - 1) ** 2 + v) - slope**2, 4 * k**2 * mass * (mean**2 + v) - slope**2


def variances(cost: str, k: float) -> tuple[float, float]:
    """Return the same by minigraph: exact, from the graph of the gradient."""
    mu = mg.Data(1.0, name="μ")
    y = COSTS[cost][0](mg.sample(mg.Normal(mu, 1.0), name="X", rng=0), float(k))
    score, pathwise = [
        mg.exact(z, mu).grad_variance[mu] for z in (mg.reinforce(y), mg.reparameterize(y))
    ]
    return score, pathwise


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--out", type=Path, default=Path("figures"), help="where the plot goes")
out = parser.parse_args().out
curves = {cost: np.array([variances(cost, k) for k in ks]) for cost, (_, ks) in COSTS.items()}
for cost, (_, ks) in COSTS.items():
    np.testing.assert_allclose(curves[cost], [by_hand(cost, k) for k in ks], rtol=1e-6)
    score, pathwise = curves[cost].T
    print(f"{cost:>6}: score function {score.min():.4g} … {score.max():.4g}, "
          f"pathwise {pathwise.min():.4g} … {pathwise.max():.4g}, "
          f"the score function is better at {np.sum(score < pathwise)} of {len(ks)} k")  # fmt: skip

try:
    from matplotlib.figure import Figure
except ImportError:
    raise SystemExit('no plot: pip install "minigraph[plot]"') from None
figure = Figure(figsize=(11, 4), layout="constrained")
for axes, (cost, (_, ks)) in zip(figure.subplots(1, 3), COSTS.items(), strict=True):
    exact = np.array([by_hand(cost, k) for k in ks])
    for i, (name, colour) in enumerate(
        {"score function": "#b2431e", "pathwise": "#1f5fa8"}.items()
    ):
        axes.semilogy(ks, exact[:, i], color=colour, label=f"{name}, closed form")
        axes.semilogy(ks, curves[cost][:, i], "o", color=colour, ms=4, label=f"{name}, mg.exact")
    axes.set(title=cost, xlabel="k", xscale="linear" if cost == "square" else "log")
figure.axes[0].set_ylabel("variance of one sample of ∂/∂μ")
figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
out.mkdir(parents=True, exist_ok=True)
figure.savefig(out / "variance.png", dpi=120)
print("plot:", out / "variance.png")
