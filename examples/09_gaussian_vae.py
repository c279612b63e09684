"""09. A variational autoencoder of handwritten digits, with analytic and with sampled KL.

1797 digits of 8 x 8 pixels, black or white. An encoder gives each a Gaussian of 8 latent numbers, a
decoder gives each pixel's probability back (Kingma and Welling 2013, appendix B and C). What the
encoder costs, KL(q ‖ N(0, I)), has a closed form; or it is sampled as log q - log p. Both have the
same expectation, and the gradient of one varies less: measured here, on a batch.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import minigraph as mg

BATCH, HIDDEN, LATENT, PIXELS = 100, 64, 8, 64


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return digits to learn from, and others to judge by; a pixel is 1 where it is dark."""
    digits = (load_digits().data > 7.5).astype(float)
    order = np.random.default_rng(0).permutation(len(digits))
    return digits[order[:1500]], digits[order[1500:]]


def weights(seed: int) -> dict[str, mg.Data]:
    """Return the parameters of both networks."""
    rng = np.random.default_rng(seed)
    shapes = {
        "encoder": (PIXELS, HIDDEN), "loc": (HIDDEN, LATENT), "log_scale": (HIDDEN, LATENT),
        "decoder": (LATENT, HIDDEN), "pixels": (HIDDEN, PIXELS),
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
        loc = hidden @ w["loc"] + w["loc_bias"]
        log_scale = hidden @ w["log_scale"] + w["log_scale_bias"]
        q, prior = mg.Normal(loc, mg.exp(log_scale)), mg.Normal(0.0, 1.0)
        z = mg.sample(q, name="Z", rng=0)
        hidden = mg.tanh(z @ w["decoder"] + w["decoder_bias"])
        seen = mg.Bernoulli(logits=hidden @ w["pixels"] + w["pixels_bias"])
        n = len(digits)
        self.probs = mg.sigmoid(seen.logits)
        self.fit = mg.sum(seen.log_prob(self.digits)) / n
        self.kl = mg.sum(0.5 * (loc**2 + mg.exp(2 * log_scale) - 1.0) - log_scale) / n
        self.sampled_kl = mg.sum(q.log_prob(z) - prior.log_prob(z)) / n
        self.analytic = mg.reparameterize(self.fit - self.kl)
        self.sampled = mg.reparameterize(self.fit - self.sampled_kl)


def noise_of(model: Model, parameters: list[mg.Data], seed: int) -> dict[str, float]:
    """Return the total variance of the encoder's gradient with each KL; they agree on average."""
    found = {
        name: mg.expectation(elbo, 100, wrt=parameters, rng=seed)
        for name, elbo in (("analytic", model.analytic), ("sampled", model.sampled))
    }
    for x in parameters:
        a, b = found["analytic"], found["sampled"]
        error = np.hypot(a.grad_stderr[x], b.grad_stderr[x])
        assert np.all(np.abs(a.grad[x] - b.grad[x]) <= 6 * error + 1e-12), x.name
    return {
        name: float(sum(np.sum(e.grad_variance[x]) for x in parameters))
        for name, e in found.items()
    }


def bar(steps: range):
    """Return the steps with a progress bar, where tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return steps
    return tqdm(steps, unit="step", leave=False)


def train(options: argparse.Namespace) -> tuple[list, Model]:
    """Return the curve of (step, ELBO on unseen digits), and the trained model of these."""
    digits, others = load()
    w = weights(options.seed)
    parameters = list(w.values())
    model, judge = Model(w, digits[:BATCH]), Model(w, others)
    elbo = model.sampled if options.kl == "sampled" else model.analytic
    optimizer = mg.optimize.Adam(parameters, 3e-3, maximize=True)
    rng, curve = np.random.default_rng(options.seed), []
    encoder = [w[name] for name in ("encoder", "loc", "log_scale")]
    steps = bar(range(options.steps + 1))
    say = getattr(steps, "write", print)
    for step in steps:
        if step == 0 or str(step).rstrip("0") in ("1", "5") or step == options.steps:
            found = mg.expectation(judge.analytic, 20, rng=step)
            noise = noise_of(model, encoder, step)
            curve.append((step, found.value, noise["analytic"], noise["sampled"]))
            say(f"step {step:5}: ELBO {found.value:8.3f} ± {found.stderr:.3f} nats per digit; "
                f"gradient variance with analytic KL {noise['analytic']:.3g}, "
                f"with sampled KL {noise['sampled']:.3g}")  # fmt: skip
        model.digits.value = digits[rng.integers(len(digits), size=BATCH)]
        optimizer.step(mg.expectation(elbo, 1, wrt=parameters, rng=rng).grad)
    return curve, judge


def plot(curve: list, judge: Model, out: Path) -> None:
    """Plot the ELBO, both variances, and digits with what came back."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print('no plot: pip install "minigraph[plot]"')
        return
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    steps, elbos, analytic, sampled = zip(*curve, strict=True)
    left.plot(steps, elbos, "o-", ms=3)
    left.set(xlabel="step", ylabel="ELBO on unseen digits (nats)", xscale="symlog")
    middle.plot(steps, sampled, "s--", ms=3, label="sampled KL")
    middle.plot(steps, analytic, "o-", ms=3, label="analytic KL")
    middle.set(xlabel="step", ylabel="variance of the encoder's gradient", xscale="symlog",
               yscale="log")  # fmt: skip
    middle.legend()
    back = mg.expectation(judge.probs, 50, rng=0).value
    rows = [np.hstack(list(x[:10].reshape(-1, 8, 8))) for x in (judge.digits.value, back)]
    right.imshow(np.vstack(rows), cmap="Greys")
    right.set(title="unseen digits, and what came back", xticks=[], yticks=[])
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "gaussian_vae.png", dpi=120)
    print("plot:", out / "gaussian_vae.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=2000)
    add("--seed", type=int, default=0)
    add("--kl", choices=["analytic", "sampled"], default="analytic", help="what to train with")
    add("--out", type=Path, default=Path("figures"), help="where the plot goes")
    options = parser.parse_args()
    curve, judge = train(options)
    plot(curve, judge, options.out)
    assert curve[0][2] < curve[0][3], "the analytic KL varies less at the start"
    assert curve[-1][1] > curve[0][1] + 15 or options.steps < 200, "it did not learn"
