"""07. Bayesian logistic regression: is a tumour benign? 569 patients, 30 measurements each.

The settings of Mohamed et al. 2020 (their mc_gradients): standardised data and a bias, a mean-field
Gaussian posterior, prior Normal(0, 1), batches of 32, 50 samples a step, gradient ascent of the
ELBO at the rate 1e-3 cos(πt/2T), T = 5000 steps, analytic KL. Ctrl-C saves what was reached;
--resume goes on from there, to the same numbers as if nothing had happened.
"""

import argparse
import json
import math
import os
import signal
import sys
from pathlib import Path

import numpy as np
from common import plots

import minigraph as mg

try:
    from sklearn.datasets import load_breast_cancer
except ImportError:
    raise SystemExit('no patients: pip install "minigraph[examples]"') from None

BATCH, SAMPLES, RATE, CHECKPOINT = 32, 50, 1e-3, "checkpoint.npz"


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return the standardised measurements with a column of ones, and 1 for benign."""
    measured, benign = load_breast_cancer(return_X_y=True)
    measured = (measured - measured.mean(axis=0)) / measured.std(axis=0)
    return np.column_stack([measured, np.ones(len(measured))]), benign.astype(float)


class Model:
    """The graph of one sample of the ELBO on `rows` of the data."""

    def __init__(self, loc: mg.Data, log_scale: mg.Data, features, labels, rows: int):
        self.features = mg.Data(features[:rows], name="features", constant=True)
        self.labels = mg.Data(labels[:rows], name="labels", constant=True)
        self.weights = mg.sample(mg.Normal(loc, mg.exp(log_scale)), name="weights", rng=0)
        self.logits = self.features @ self.weights
        log_prob = mg.Bernoulli(logits=self.logits).log_prob(self.labels)
        self.log_likelihood = len(labels) * mg.mean(log_prob)
        self.kl = 0.5 * mg.sum(loc**2 + mg.exp(2.0 * log_scale) - 1.0 - 2.0 * log_scale)
        self.elbo = self.log_likelihood - self.kl
        self.hit = mg.mean(mg.where(mg.equal(self.logits >= 0.0, self.labels), 1.0, 0.0))


def save(path: Path, optimizer: mg.optimize.SGD, rng: np.random.Generator, curve: list) -> None:
    """Write a checkpoint, whole or not at all."""
    unfinished = path.with_suffix(".unfinished.npz")
    values = {x.name: x.value for x in optimizer.parameters}
    np.savez(unfinished, curve=np.reshape(curve, (-1, 3)),
             rng=json.dumps(rng.bit_generator.state), **values, **optimizer.state())  # fmt: skip
    os.replace(unfinished, path)


def restore(path: Path, optimizer: mg.optimize.SGD, rng: np.random.Generator) -> list:
    """Go back to a checkpoint; return the curve so far."""
    if not path.exists():
        sys.exit(f"there is no {path} to go on from; run without --resume")
    with np.load(path) as saved:
        for x in optimizer.parameters:
            x.value = saved[x.name]
        optimizer.restore(saved)
        rng.bit_generator.state = json.loads(str(saved["rng"]))
        return saved["curve"].tolist()


def train(options: argparse.Namespace) -> list:
    """Return the curve of (step, ELBO, accuracy), both averaged over the posterior."""
    features, labels = load()
    loc, log_scale = [mg.Data(np.zeros(features.shape[1]), name=x) for x in ("loc", "log_scale")]
    model = Model(loc, log_scale, features, labels, BATCH)
    everybody = Model(loc, log_scale, features, labels, len(labels))
    coins = mg.sum(mg.Bernoulli(logits=0.0).log_prob(labels)).value  # all weights zero
    assert everybody.kl.value == 0.0
    assert math.isclose(coins, len(labels) * math.log(0.5))
    if options.estimator == "reinforce":
        elbo = mg.reinforce(model.elbo, baseline="leave-one-out")
    else:
        elbo = mg.reparameterize(model.elbo)
    rate = lambda t: RATE * math.cos(math.pi * t / (2 * options.steps))
    optimizer = mg.optimize.SGD([loc, log_scale], rate, maximize=True)
    rng = np.random.default_rng(options.seed)
    curve = restore(options.out / CHECKPOINT, optimizer, rng) if options.resume else []
    asked_to_stop = []
    signal.signal(signal.SIGINT, lambda *_: asked_to_stop.append(True))  # after a whole step
    steps = plots.bar(range(optimizer.steps, options.steps))
    say = getattr(steps, "write", print)
    for step in steps:
        if str(step).rstrip("0") in ("", "1", "2", "5"):  # 0, 1, 2, 5, 10, 20, 50, 100, …
            curve.append(report(everybody, step, say))
        rows = rng.integers(len(labels), size=BATCH)
        model.features.value, model.labels.value = features[rows], labels[rows]
        optimizer.step(mg.expectation(elbo, SAMPLES, wrt=[loc, log_scale], rng=rng).grad)
        if asked_to_stop:
            save(options.out / CHECKPOINT, optimizer, rng, curve)
            print(f"stopped after step {optimizer.steps}; go on with --resume")
            sys.exit(130)
    return [*curve, report(everybody, options.steps, print)]


def report(model: Model, step: int, say) -> tuple[int, float, float]:
    """Say and return step, ELBO and accuracy on all the data, over 1000 posterior samples."""
    elbo = mg.expectation(model.elbo, 1000, rng=step)
    accuracy = mg.expectation(model.hit, 1000, rng=step)
    say(f"step {step:5}: ELBO {elbo.value:10.3f} ± {elbo.stderr:.3f}, "
        f"accuracy {accuracy.value:.4f} ± {accuracy.stderr:.4f}")  # fmt: skip
    return step, elbo.value, accuracy.value


def plot(curve: list, out: Path) -> None:
    """Plot the ELBO and the accuracy by step."""
    drawn, both = plots.figure(2)
    if drawn is None:
        return
    steps, elbos, accuracies = zip(*curve, strict=True)
    lines = (("ELBO (nats)", "symlog", elbos), ("accuracy", "linear", accuracies))
    for axes, (name, scale, values) in zip(both, lines, strict=True):
        axes.plot(steps, values, "o-", ms=3)
        axes.set(xlabel="step", ylabel=name, xscale="symlog", yscale=scale)
    plots.save(drawn, out / "logistic_regression.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=5000)
    add("--seed", type=int, default=0)
    add("--estimator", choices=["reparameterize", "reinforce"], default="reparameterize")
    add("--resume", action="store_true", help="go on from the checkpoint in --out")
    add("--out", type=Path, default=Path("figures"), help="where files go")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    curve = train(options)
    plot(curve, options.out)
    assert curve[-1][2] > 0.96 or options.steps < 400, "it did not learn"
