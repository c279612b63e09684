"""Plots of the second chapter, where matplotlib is installed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from ..averages.exact import exact
from ..drawing.render import write_whole
from .posterior import DISTRESS, INTERVAL, LAUNCH, MEAN, SCALE, TEMPERATURE
from .real_data import Story

COLOURS = ("#b2431e", "#1f5fa8")
STYLES = ("--", "-")


def plot(story: Story, out: Path) -> list[Path]:
    """Write posterior.png and training.png; return none if there is no matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    paths = [out / "posterior.png", out / "training.png"]
    for path, plots in zip(paths, [(plot_prediction, plot_posterior), (plot_elbo, plot_distance)],
                           strict=True):  # fmt: skip
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        for axes, draw in zip(figure.subplots(1, 2), plots, strict=True):
            draw(axes, story)
        png = io.BytesIO()
        figure.savefig(png, dpi=120)
        write_whole(path, png.getvalue())
    return paths


def plot_prediction(axes: Any, story: Story) -> None:
    """Plot the flights, and the probability of distress by temperature."""
    truth = story.truth
    temperatures = np.linspace(LAUNCH - 1, 85, 56)
    p = [truth.probability(t) for t in temperatures]
    low, high = zip(*[truth.interval(x) for x in p], strict=True)
    axes.fill_between(temperatures, low, high, color="#cfd8e3", label=f"{INTERVAL:.0%} interval")
    axes.plot(temperatures, [truth.mean(x) for x in p], "k-", label="true posterior mean")
    axes.plot(TEMPERATURE, DISTRESS, "o", color=COLOURS[0], alpha=0.6, label="23 flights")
    axes.axvline(LAUNCH, color="k", linestyle=":", label="Challenger, 31 °F")
    axes.set(xlabel="launch temperature (°F)", ylabel="P(distress)", title="Prediction")
    axes.legend(loc="lower left")


def plot_posterior(axes: Any, story: Story) -> None:
    """Plot the true posterior of the weights, and the Gaussians that were fitted to it."""
    truth = story.truth
    slopes = truth.slope.ravel() / SCALE
    levels = truth.weights.max() * np.exp(-0.5 * np.array([3, 2.5, 2, 1.5, 1, 0.5, 0]) ** 2)
    axes.contourf(slopes, truth.intercept.ravel(), truth.weights, levels=levels, cmap="Greys")
    circle = np.linspace(0, 2 * np.pi, 200)
    x, y = np.cos(circle), np.sin(circle)
    for (name, fit), colour, style in zip(story.fits.items(), COLOURS, STYLES, strict=True):
        loc_slope, log_scale_slope, loc_intercept, log_scale_intercept, tilt = fit.parameters[-1]
        for radius in (1, 2):
            step = radius * np.exp(log_scale_slope) * x
            slope = loc_slope + step
            intercept = loc_intercept + tilt * step + radius * np.exp(log_scale_intercept) * y
            axes.plot(slope / SCALE, intercept, style, color=colour,
                      label=name if radius == 1 else None)  # fmt: skip
    axes.set(xlim=(-0.7, 0.1), ylim=(-3.5, 1), xlabel="slope (per °F)",
             ylabel=f"intercept (log-odds at {MEAN:.1f} °F)",
             title="True posterior (grey), fits at 1 and 2 std")  # fmt: skip
    axes.legend(loc="lower right")


def plot_elbo(axes: Any, story: Story) -> None:
    """Plot the ELBO that every step saw."""
    for (name, fit), colour in zip(story.fits.items(), COLOURS, strict=True):
        axes.semilogx(range(1, len(fit.elbos) + 1), fit.elbos, color=colour, lw=0.8, label=name)
    axes.axhline(story.truth.log_evidence, color="k", linestyle=":", label="log evidence")
    axes.set(xlabel="step", ylabel="nats", ylim=(-25, -12), title="ELBO of the samples of a step")
    axes.legend(loc="lower right")


def plot_distance(axes: Any, story: Story) -> None:
    """Plot how far the fit was from the true posterior after some of the steps."""
    for (name, fit), colour in zip(story.fits.items(), COLOURS, strict=True):
        steps = np.unique(np.geomspace(1, len(fit.parameters), 40).astype(int))
        distances = []
        for step in steps:
            story.posterior.assign(fit.parameters[step - 1])
            elbo = exact(story.posterior.elbo, points=60).value
            distances.append(story.truth.log_evidence - elbo)
        axes.loglog(steps, distances, color=colour, label=name)
    axes.set(xlabel="step", ylabel="nats", title="KL(fit ‖ true posterior), exact")
    axes.legend(loc="upper right")
