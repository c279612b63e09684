"""What the two autoencoders share: digits, weights, a training loop with progress, and its plot."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg

from .plots import bar, figure, save

try:
    from sklearn.datasets import load_digits
except ImportError:
    raise SystemExit('no digits: pip install "minigraph[examples]"') from None

PIXELS, SHOWN = 64, {0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}  # steps that are reported


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return digits to learn from, and others to judge by; a pixel is 1 where it is dark."""
    digits = (load_digits().data > 7.5).astype(float)
    order = np.random.default_rng(0).permutation(len(digits))
    return digits[order[:1500]], digits[order[1500:]]


def weights(shapes: Mapping[str, tuple[int, int]], seed: int) -> dict[str, mg.Data]:
    """Return matrices of these shapes, and a bias for each."""
    rng, made = np.random.default_rng(seed), {}
    for name, (rows, columns) in shapes.items():
        made[name] = mg.Data(rng.normal(size=(rows, columns)) / np.sqrt(rows), name=name)
        made[f"{name}_bias"] = mg.Data(np.zeros(columns), name=f"{name}_bias")
    return made


def layer(w: dict[str, mg.Data], name: str, x: mg.Data) -> mg.Data:
    """Return a linear function of the last axis."""
    return x @ w[name] + w[f"{name}_bias"]


def train(
    steps: int, digits: mg.Data, many: np.ndarray, optimizer: Any, seed: int,
    estimate: Callable[[Any], Mapping], report: Callable[[int], tuple[str, tuple]],
) -> list[tuple]:  # fmt: skip
    """Return what is reported, after training on batches of `many` digits.

    ``estimate(rng)`` returns the gradients of the batch that is in `digits`; ``report(step)`` a
    line to print, and a point of the curve.
    """
    rng, curve = np.random.default_rng(seed), []
    progress = bar(range(steps + 1))
    say = getattr(progress, "write", print)
    for step in progress:
        if step in SHOWN or step == steps:
            line, point = report(step)
            say(f"step {step:5}: {line}")
            curve.append((step, *point))
        digits.value = many[rng.integers(len(many), size=len(digits))]
        optimizer.step(estimate(rng))
    return curve


def plot(
    curves: Mapping[str, tuple[list, list]], noises: Mapping[str, tuple[list, list]],
    seen: np.ndarray, back: np.ndarray, path: Path,
) -> None:  # fmt: skip
    """Plot ELBOs and variances by step, and ten digits with what came back."""
    drawn, axes = figure(3)
    if drawn is None:
        return
    for ax, lines, what, scale in (
        (axes[0], curves, "ELBO on unseen digits (nats)", "linear"),
        (axes[1], noises, "variance of the encoder's gradient", "log"),
    ):
        for (name, line), style in zip(
            lines.items(), ("o-", "s--", "^:", "x-.", "d-"), strict=False
        ):
            ax.plot(*line, style, ms=3, label=name)
        ax.set(xlabel="step", ylabel=what, xscale="symlog", yscale=scale)
        if lines is curves or lines.keys() != curves.keys():
            ax.legend()
    rows = [np.hstack(list(x[:10].reshape(-1, 8, 8))) for x in (seen, back)]
    axes[2].imshow(np.vstack(rows), cmap="Greys")
    axes[2].set(title="unseen digits, and what came back", xticks=[], yticks=[])
    save(drawn, path)
