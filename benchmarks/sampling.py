"""Sampling speed: every law beside NumPy's own method and torch.distributions, in one run.

    python benchmarks/sampling.py [--samples 1000000] [--repeat 5]

Nanoseconds a sample on one thread, and ratios: below 1 minigraph is the faster one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import minigraph as mg

K = [0.2, 0.3, 0.5]
SIGMA = [[1.0, 0.3], [0.3, 0.5]]
Numpy = Callable[[Any, int], Any] | None
LAWS: dict[str, tuple[Any, Numpy, tuple[str, tuple[Any, ...]] | None]] = {
    "Normal": (mg.Normal(0.5, 2.0), lambda r, n: r.normal(0.5, 2.0, n), ("Normal", (0.5, 2.0))),
    "Uniform": (mg.Uniform(0.5, 2.0), lambda r, n: r.uniform(0.5, 2.0, n), ("Uniform", (0.5, 2.0))),
    "Exponential": (mg.Exponential(2.0), lambda r, n: r.exponential(0.5, n),
                    ("Exponential", (2.0,))),
    "Laplace": (mg.Laplace(0.5, 2.0), lambda r, n: r.laplace(0.5, 2.0, n), ("Laplace", (0.5, 2.0))),
    "Logistic": (mg.Logistic(0.5, 2.0), lambda r, n: r.logistic(0.5, 2.0, n), None),
    "Gumbel": (mg.Gumbel(0.5, 2.0), lambda r, n: r.gumbel(0.5, 2.0, n), ("Gumbel", (0.5, 2.0))),
    "Cauchy": (mg.Cauchy(0.5, 2.0), lambda r, n: 0.5 + 2.0 * r.standard_cauchy(n),
               ("Cauchy", (0.5, 2.0))),
    "HalfNormal": (mg.HalfNormal(2.0), lambda r, n: np.abs(r.normal(0.0, 2.0, n)),
                   ("HalfNormal", (2.0,))),
    "HalfCauchy": (mg.HalfCauchy(2.0), lambda r, n: np.abs(2.0 * r.standard_cauchy(n)),
                   ("HalfCauchy", (2.0,))),
    "LogNormal": (mg.LogNormal(0.5, 0.5), lambda r, n: r.lognormal(0.5, 0.5, n),
                  ("LogNormal", (0.5, 0.5))),
    "Weibull": (mg.Weibull(2.0, 1.5), lambda r, n: 2.0 * r.weibull(1.5, n),
                ("Weibull", (2.0, 1.5))),
    "Pareto": (mg.Pareto(2.0, 3.0), lambda r, n: 2.0 * (1.0 + r.pareto(3.0, n)),
               ("Pareto", (2.0, 3.0))),
    "Kumaraswamy": (mg.Kumaraswamy(2.0, 3.0), None, ("Kumaraswamy", (2.0, 3.0))),
    "Triangular": (mg.Triangular(0.0, 2.0, 0.5), lambda r, n: r.triangular(0.0, 0.5, 2.0, n), None),
    "TruncatedNormal": (mg.TruncatedNormal(0.0, 1.0, -1.0, 2.0), None, None),
    "Gamma": (mg.Gamma(2.5, 2.0), lambda r, n: r.gamma(2.5, 0.5, n), ("Gamma", (2.5, 2.0))),
    "Chi2": (mg.Chi2(3.0), lambda r, n: r.chisquare(3.0, n), ("Chi2", (3.0,))),
    "InverseGamma": (mg.InverseGamma(2.5, 2.0), lambda r, n: 2.0 / r.standard_gamma(2.5, n),
                     ("InverseGamma", (2.5, 2.0))),
    "Beta": (mg.Beta(2.0, 3.0), lambda r, n: r.beta(2.0, 3.0, n), ("Beta", (2.0, 3.0))),
    "StudentT": (mg.StudentT(5.0, 0.5, 2.0), lambda r, n: 0.5 + 2.0 * r.standard_t(5.0, n),
                 ("StudentT", (5.0, 0.5, 2.0))),
    "VonMises": (mg.VonMises(0.5, 2.0), lambda r, n: r.vonmises(0.5, 2.0, n),
                 ("VonMises", (0.5, 2.0))),
    "Bernoulli": (mg.Bernoulli(0.3), lambda r, n: r.binomial(1, 0.3, n), ("Bernoulli", (0.3,))),
    "Binomial": (mg.Binomial(10, 0.3), lambda r, n: r.binomial(10, 0.3, n),
                 ("Binomial", (10, 0.3))),
    "Geometric": (mg.Geometric(0.3), lambda r, n: r.geometric(0.3, n), ("Geometric", (0.3,))),
    "NegativeBinomial": (mg.NegativeBinomial(5.0, 0.3), lambda r, n: r.negative_binomial(5, 0.7, n),
                         ("NegativeBinomial", (5.0, 0.3))),
    "Poisson": (mg.Poisson(3.0), lambda r, n: r.poisson(3.0, n), ("Poisson", (3.0,))),
    "DiscreteUniform": (mg.DiscreteUniform(1, 6), lambda r, n: r.integers(1, 7, n), None),
    "Categorical": (mg.Categorical(K), lambda r, n: r.choice(3, n, p=K), ("Categorical", (K,))),
    "OneHotCategorical": (mg.OneHotCategorical(K), lambda r, n: r.multinomial(1, K, n),
                          ("OneHotCategorical", (K,))),
    "Multinomial": (mg.Multinomial(5, K), lambda r, n: r.multinomial(5, K, n),
                    ("Multinomial", (5, K))),
    "Dirichlet": (mg.Dirichlet([1.5, 2.0, 3.0]), lambda r, n: r.dirichlet([1.5, 2.0, 3.0], n),
                  ("Dirichlet", ([1.5, 2.0, 3.0],))),
    "RelaxedBernoulli": (mg.RelaxedBernoulli(0.5, 0.3), None, ("RelaxedBernoulli", (0.5, 0.3))),
    "RelaxedOneHotCategorical": (mg.RelaxedOneHotCategorical(0.5, K), None,
                                 ("RelaxedOneHotCategorical", (0.5, K))),
    "MultivariateNormal": (
        mg.MultivariateNormal([0.0, 1.0], SIGMA),
        lambda r, n: r.multivariate_normal([0.0, 1.0], SIGMA, n, method="cholesky"),
        ("MultivariateNormal", ([0.0, 1.0], SIGMA)),
    ),
}  # fmt: skip


def torch_law(name: str, parameters: tuple[Any, ...]) -> Callable[[int], Any] | None:
    """Return torch's sampler of the same law in the same precision, or None without torch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    given = [p if isinstance(p, int) else torch.tensor(p, dtype=torch.float64) for p in parameters]
    law = getattr(torch.distributions, name)(*given)
    return lambda n: law.sample((n,))


def best(runs: list[Callable[[], Any]], samples: int, repeat: int) -> list[float]:
    """Return the best time of each in nanoseconds a sample, the runs taken in turns."""
    times = [float("inf")] * len(runs)
    for _ in range(repeat):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            run()
            times[i] = min(times[i], time.perf_counter() - start)
    return [1e9 * t / samples for t in times]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    n = options.samples
    rng = np.random.default_rng(0)
    print(
        f"{'law':20}{'minigraph':>10}{'NumPy':>8}{'ratio':>7}{'torch':>8}{'ratio':>7}   ns a sample"
    )
    for name, (law, numpy, torch) in LAWS.items():
        other = torch_law(*torch) if torch else None
        runs = [lambda law=law: law.sample(rng, n)]
        runs += [lambda f=numpy: f(rng, n)] if numpy else []
        runs += [lambda f=other: f(n)] if other else []
        ours, *others = best(runs, n, options.repeat)
        cells = []
        for exists in (numpy, other):
            t = others.pop(0) if exists else None
            cells.append(f"{t:8.1f}{ours / t:7.2f}" if t else f"{'-':>8}{'-':>7}")
        print(f"{name:20}{ours:10.1f}{''.join(cells)}")


if __name__ == "__main__":
    main()
