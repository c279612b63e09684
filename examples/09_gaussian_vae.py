"""09. A variational autoencoder of handwritten digits, with analytic and with sampled KL.

1797 digits of 8 x 8 pixels, black or white. An encoder gives each a Gaussian of 8 latent numbers, a
decoder gives each pixel's probability back (Kingma and Welling 2013, appendix B and C). What the
encoder costs, KL(q ‖ N(0, I)), has a closed form; or it is sampled as log q - log p. Both have the
same expectation, and the gradient of one varies less: measured here, on a batch.
"""

import argparse
from pathlib import Path

import numpy as np
from common.training import PIXELS, layer, load, plot, train, weights

import minigraph as mg

BATCH, HIDDEN, LATENT = 100, 64, 8
SHAPES = {"encoder": (PIXELS, HIDDEN), "loc": (HIDDEN, LATENT), "log_scale": (HIDDEN, LATENT),
          "decoder": (LATENT, HIDDEN), "pixels": (HIDDEN, PIXELS)}  # fmt: skip


class Model:
    """The graph of one sample of the ELBO, per digit, on some digits."""

    def __init__(self, w: dict[str, mg.Data], digits: np.ndarray) -> None:
        self.digits = mg.Data(digits, name="digits", constant=True)
        hidden = mg.tanh(layer(w, "encoder", self.digits))
        loc, log_scale = layer(w, "loc", hidden), layer(w, "log_scale", hidden)
        q, prior = mg.Normal(loc, mg.exp(log_scale)), mg.Normal(0.0, 1.0)
        z = mg.sample(q, name="Z", rng=0)
        seen = mg.Bernoulli(logits=layer(w, "pixels", mg.tanh(layer(w, "decoder", z))))
        n = len(digits)
        self.probs = mg.sigmoid(seen.logits)
        fit = mg.sum(seen.log_prob(self.digits)) / n
        kl = mg.sum(0.5 * (loc**2 + mg.exp(2 * log_scale) - 1.0) - log_scale) / n
        sampled_kl = mg.sum(q.log_prob(z) - prior.log_prob(z)) / n
        self.elbo = {"analytic": mg.reparameterize(fit - kl),
                     "sampled": mg.reparameterize(fit - sampled_kl)}  # fmt: skip


def noise_of(model: Model, parameters: list[mg.Data], seed: int) -> dict[str, float]:
    """Return the total variance of the encoder's gradient with each KL; they agree on average."""
    found = {
        name: mg.expectation(elbo, 100, wrt=parameters, rng=seed)
        for name, elbo in model.elbo.items()
    }
    for x in parameters:
        a, b = found["analytic"], found["sampled"]
        error = np.hypot(a.grad_stderr[x], b.grad_stderr[x])
        assert np.all(np.abs(a.grad[x] - b.grad[x]) <= 6 * error + 1e-12), x.name
    return {
        name: float(sum(np.sum(e.grad_variance[x]) for x in parameters))
        for name, e in found.items()
    }


def curve_of(options: argparse.Namespace) -> tuple[list, Model]:
    """Return the points (step, ELBO on unseen digits, both variances), and the judge."""
    digits, others = load()
    w = weights(SHAPES, options.seed)
    parameters, encoder = list(w.values()), [w["encoder"], w["loc"], w["log_scale"]]
    model, judge = Model(w, digits[:BATCH]), Model(w, others)

    def estimate(rng: np.random.Generator) -> dict:
        return mg.expectation(model.elbo[options.kl], 1, wrt=parameters, rng=rng).grad

    def report(step: int) -> tuple[str, tuple]:
        found = mg.expectation(judge.elbo["analytic"], 20, rng=step)
        noise = noise_of(model, encoder, step)
        line = (f"ELBO {found.value:8.3f} ± {found.stderr:.3f} nats per digit; "
                f"gradient variance with analytic KL {noise['analytic']:.3g}, "
                f"with sampled KL {noise['sampled']:.3g}")  # fmt: skip
        return line, (found.value, noise["analytic"], noise["sampled"])

    optimizer = mg.optimize.Adam(parameters, 3e-3, maximize=True)
    return train(
        options.steps, model.digits, digits, optimizer, options.seed, estimate, report
    ), judge


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=2000)
    add("--seed", type=int, default=0)
    add("--kl", choices=["analytic", "sampled"], default="analytic", help="what to train with")
    add("--out", type=Path, default=Path("figures"), help="where the plot goes")
    options = parser.parse_args()
    curve, judge = curve_of(options)
    steps, elbos, analytic, sampled = map(list, zip(*curve, strict=True))
    noises = {"sampled KL": (steps, sampled), "analytic KL": (steps, analytic)}
    back = mg.expectation(judge.probs, 50, rng=0).value
    curves = {f"{options.kl} KL": (steps, elbos)}
    plot(curves, noises, judge.digits.value, back, options.out / "gaussian_vae.png")
    assert analytic[0] < sampled[0], "the analytic KL varies less at the start"
    assert elbos[-1] > elbos[0] + 15 or options.steps < 200, "it did not learn"
