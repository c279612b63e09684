"""The same question on real data: what did the flights before Challenger say about 31 °F?"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..averages.exact import exact
from ..estimators.reinforce import reinforce
from ..estimators.reparameterize import reparameterize
from .grid import Grid, true_posterior
from .posterior import (
    DISTRESS,
    INTERVAL,
    LAUNCH,
    MEAN,
    PRIOR_SCALE,
    SAMPLES,
    SCALE,
    STEPS,
    TEMPERATURE,
    Fit,
    Posterior,
    Summary,
    maximum_likelihood,
)
from .text import heading, table

ACCURACY = 0.1
SCORE, PATHWISE = "REINFORCE, leave-one-out", "reparameterization"


class Story(NamedTuple):
    """What the second chapter found, for its pictures."""

    posterior: Posterior
    fits: dict[str, Fit]
    truth: Grid


def tell(seed: int, progress: bool, steps: int = STEPS) -> Story:
    """Fit the posterior of the flights with each estimator, and print what came out."""
    tell_data()
    posterior = Posterior(seed)
    rewrites = {
        "REINFORCE": reinforce(posterior.elbo),
        SCORE: reinforce(posterior.elbo, baseline="leave-one-out"),
        PATHWISE: reparameterize(posterior.elbo),
    }
    fits, summaries = {}, {}
    for name in (SCORE, PATHWISE):
        rng = np.random.default_rng(seed)
        fits[name] = posterior.fit(rewrites[name], steps, rng, progress)
        summaries[name] = posterior.summary()
    truth = true_posterior()
    summaries["true posterior (grid)"] = truth.summary()
    print(f"\nThe ELBO went up for {steps} steps of {SAMPLES} samples, once with each estimator:")
    tell_summaries(summaries)
    print("\nTheir gradients at the same point, the second of these fits:")
    found = {name: exact(z, posterior.parameters) for name, z in rewrites.items()}
    tell_prices({name: sum(one.grad_variance.values()) for name, one in found.items()})
    return Story(posterior, fits, truth)


def tell_data() -> None:
    """Print the data, what a fit without Bayes says, and the model."""
    heading("2. Real data: the 23 flights of the Space Shuttle before Challenger")
    cold, warm = TEMPERATURE.min(), TEMPERATURE.max()
    intercept, slope, deviance = maximum_likelihood()
    print(
        f"O-rings showed distress on {int(DISTRESS.sum())} of {len(DISTRESS)} flights, launched at "
        f"{cold:.0f} to {warm:.0f} °F (Dalal, Fowlkes, Hoadley 1989).\n"
        "Maximum likelihood, by Newton's method on gradients of gradients: "
        f"intercept {intercept:.3f},\nslope {slope:.4f} per °F, deviance {deviance:.3f}.\n\n"
        f"Bayes: logit P(distress at t) = intercept + slope · (t − {MEAN:.1f} °F)/{SCALE:.1f} °F, "
        f"each weight ~ Normal(0, {PRIOR_SCALE}).\n"
        "Their posterior is approximated by the Gaussian of greatest ELBO, the mean of\n"
        "log likelihood + log prior + entropy. Its gradient is blocked at both weights, and open\n"
        "through the entropy: following the open path alone would be wrong, and is refused."
    )


def tell_summaries(summaries: dict[str, Summary]) -> None:
    """Print posteriors side by side."""
    columns = summaries.values()
    interval = f"{INTERVAL:.0%} interval"
    table([
        ["", *summaries],
        ["ELBO, or log evidence (nats)", *[f"{s.evidence:.4f}" for s in columns]],
        ["slope per °F, mean ± std", *[f"{s.slope:.4f} ± {s.slope_scale:.4f}" for s in columns]],
        [f"P(distress at {LAUNCH:.0f} °F)", *[f"{s.probability:.4f}" for s in columns]],
        [interval, *["{:.3f} … {:.4f}".format(*s.interval) for s in columns]],
    ])  # fmt: skip


def tell_prices(variances: dict[str, float]) -> None:
    """Print how many samples each estimator needs for the same accuracy."""
    best = variances[PATHWISE]
    rows = [["", "variance of one sample", f"samples for ± {ACCURACY}", "ratio"]]
    for name, variance in variances.items():
        samples = math.ceil(variance / ACCURACY**2)
        rows.append([name, f"{variance:.2f}", f"{samples:,}", f"{variance / best:.1f}"])
    table(rows)
    print("   (summed over the five parameters; ± is the length of the vector of errors)")
