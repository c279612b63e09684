"""10. A discrete variational autoencoder: 24 coins describe a digit, and no coin has a slope.

1797 digits of 8 x 8 pixels, black or white. The encoder gives each digit the odds of 24 coins, the
decoder paints it from how they fell. Four ways round the coins train the same network from the same
start: REINFORCE with a leave-one-out baseline, DisARM, REBAR, and the straight-through estimator,
which is biased and says so. Each digit's coins are scored with that digit's cost alone.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import minigraph as mg

BATCH, HIDDEN, COINS, PIXELS, SAMPLES = 50, 64, 24, 64, 2
ESTIMATORS = {
    "leave-one-out": lambda y: mg.reinforce(y, baseline="leave-one-out"),
    "DisARM": lambda y: mg.disarm(y, rng=0),
    "REBAR": lambda y: mg.rebar(y, rng=0),
    "straight-through": mg.straight_through,
}


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return digits to learn from, and others to judge by; a pixel is 1 where it is dark."""
    digits = (load_digits().data > 7.5).astype(float)
    order = np.random.default_rng(0).permutation(len(digits))
    return digits[order[:1500]], digits[order[1500:]]


def weights(seed: int) -> dict[str, mg.Data]:
    """Return the parameters of both networks."""
    rng = np.random.default_rng(seed)
    shapes = {
        "encoder": (PIXELS, HIDDEN), "coins": (HIDDEN, COINS),
        "decoder": (COINS, HIDDEN), "pixels": (HIDDEN, PIXELS),
    }  # fmt: skip
    made = {}
    for name, (rows, columns) in shapes.items():
        made[name] = mg.Data(rng.normal(size=(rows, columns)) / np.sqrt(rows), name=name)
        made[f"{name}_bias"] = mg.Data(np.zeros(columns), name=f"{name}_bias")
    return made


class Model:
    """The graph of one sample of the ELBO, per digit, on some digits."""

    def __init__(self, w: dict[str, mg.Data], digits: np.ndarray) -> None:
        self.digits = mg.Data(digits, name="digits", constant=True)
        hidden = mg.tanh(self.digits @ w["encoder"] + w["encoder_bias"])
        q = mg.Bernoulli(logits=hidden @ w["coins"] + w["coins_bias"])
        coins = 1.0 * mg.sample(q, name="B", rng=0)
        hidden = mg.tanh((2.0 * coins - 1.0) @ w["decoder"] + w["decoder_bias"])
        seen = mg.Bernoulli(logits=hidden @ w["pixels"] + w["pixels_bias"])
        self.probs = mg.sigmoid(seen.logits)
        fit = mg.sum(seen.log_prob(self.digits), axis=1)
        kl = COINS * np.log(2.0) - mg.sum(q.entropy(), axis=1)  # to fair coins
        self.elbo = mg.sum(fit - kl) / len(digits)


def bar(steps: range):
    """Return the steps with a progress bar, where tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return steps
    return tqdm(steps, unit="step", leave=False)


def train(name: str, options: argparse.Namespace) -> tuple[list, Model]:
    """Return the curve of (step, ELBO on unseen digits, gradient variance), and the judge."""
    digits, others = load()
    w = weights(options.seed)
    parameters, encoder = list(w.values()), [w["encoder"], w["coins"]]
    model, judge = Model(w, digits[:BATCH]), Model(w, others)
    elbo = ESTIMATORS[name](model.elbo)
    optimizer = mg.optimize.Adam(parameters, 3e-3, maximize=True)
    rng, curve = np.random.default_rng(options.seed), []
    steps = bar(range(options.steps + 1))
    say = getattr(steps, "write", print)
    for step in steps:
        if step == 0 or str(step).rstrip("0") in ("1", "5") or step == options.steps:
            found = mg.expectation(judge.elbo, 20, rng=step)
            noise = mg.expectation(elbo, 50, wrt=encoder, rng=step).grad_variance
            curve.append((step, found.value, sum(float(np.sum(noise[x])) for x in encoder)))
            say(f"{name:>16}, step {step:5}: ELBO {found.value:8.3f} ± {found.stderr:.3f} nats per "
                f"digit, variance of the encoder's gradient {curve[-1][2]:.3g}")  # fmt: skip
        model.digits.value = digits[rng.integers(len(digits), size=BATCH)]
        optimizer.step(mg.expectation(elbo, SAMPLES, wrt=parameters, rng=rng).grad)
    return curve, judge


def plot(curves: dict, judge: Model, out: Path) -> None:
    """Plot the ELBO and the variance by step, and digits with what came back."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print('no plot: pip install "minigraph[plot]"')
        return
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for (name, curve), style in zip(curves.items(), ("o-", "s--", "^:", "x-."), strict=False):
        steps, elbos, variances = zip(*curve, strict=True)
        left.plot(steps, elbos, style, ms=3, label=name)
        middle.plot(steps, variances, style, ms=3, label=name)
    left.set(xlabel="step", ylabel="ELBO on unseen digits (nats)", xscale="symlog")
    middle.set(xlabel="step", ylabel="variance of the encoder's gradient", xscale="symlog",
               yscale="log")  # fmt: skip
    left.legend()
    back = mg.expectation(judge.probs, 50, rng=0).value
    rows = [np.hstack(list(x[:10].reshape(-1, 8, 8))) for x in (judge.digits.value, back)]
    right.imshow(np.vstack(rows), cmap="Greys")
    right.set(title="unseen digits, and what came back", xticks=[], yticks=[])
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "discrete_vae.png", dpi=120)
    print("plot:", out / "discrete_vae.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=1000)
    add("--seed", type=int, default=0)
    add("--estimators", nargs="+", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    add("--out", type=Path, default=Path("figures"), help="where the plot goes")
    options = parser.parse_args()
    curves = {}
    for name in options.estimators:
        curves[name], judge = train(name, options)
    plot(curves, judge, options.out)
    gains = {name: curve[-1][1] - curve[0][1] for name, curve in curves.items()}
    assert min(gains.values()) > 12 or options.steps < 200, f"it did not learn: {gains}"
    noise = {name: curve[0][2] for name, curve in curves.items()}
    if {"leave-one-out", "DisARM"} <= noise.keys():
        assert noise["DisARM"] < noise["leave-one-out"], "antithetic twins vary less at the start"
