"""10. A discrete variational autoencoder: 24 coins describe a digit, and no coin has a slope.

1797 digits of 8 x 8 pixels, black or white. The encoder gives each digit the odds of 24 coins, the
decoder paints it from how they fell. Five ways round the coins train the same network from the same
start: REINFORCE with a leave-one-out baseline, DisARM, REBAR, RELAX, whose control variate is
fitted alongside, and the straight-through estimator, which is biased and says so. Each digit's
coins are scored with that digit's cost alone.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common.training import PIXELS, layer, load, plot, train, weights

import minigraph as mg

BATCH, HIDDEN, COINS, SAMPLES = 50, 64, 24, 2
SHAPES = {"encoder": (PIXELS, HIDDEN), "coins": (HIDDEN, COINS),
          "decoder": (COINS, HIDDEN), "pixels": (HIDDEN, PIXELS)}  # fmt: skip


class Model:
    """The graph of one sample of the ELBO, per digit, on some digits."""

    def __init__(self, w: dict[str, mg.Data], digits: np.ndarray) -> None:
        self.w, self.digits = w, mg.Data(digits, name="digits", constant=True)
        logits = layer(w, "coins", mg.tanh(layer(w, "encoder", self.digits)))
        q = mg.Bernoulli(logits=logits)
        coins = 1.0 * mg.sample(q, name="B", rng=0)
        kl = COINS * np.log(2.0) - mg.sum(q.entropy(), axis=1)  # to fair coins
        self.probs = mg.sigmoid(self.painted(coins))
        self.elbo = mg.sum(self.fit(coins) - kl) / len(digits)

    def painted(self, coins: mg.Data) -> mg.Data:
        """Return the log-odds of the pixels; the coins may be soft."""
        return layer(self.w, "pixels", mg.tanh(layer(self.w, "decoder", 2.0 * coins - 1.0)))

    def fit(self, coins: mg.Data) -> mg.Data:
        """Return the log-likelihood of each digit."""
        return mg.sum(mg.Bernoulli(logits=self.painted(coins)).log_prob(self.digits), axis=1)


class Control:
    """The control variate of RELAX: a scaled relaxation, of which all numbers are fitted."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.heat = mg.Data(np.full(COINS, np.log(0.5)), name="log_temperature")
        self.scale = mg.Data(1.0, name="scale")
        self.parameters = [self.heat, self.scale]

    def __call__(self, latent: mg.Data) -> mg.Data:
        soft = mg.sigmoid(latent * mg.exp(-self.heat))
        return self.scale * self.model.fit(soft) / BATCH


def relaxed(model: Model) -> tuple[mg.Data, Callable]:
    """Return the RELAX estimator, and a step that fits its control variate."""
    control = Control(model)
    elbo = mg.relax(model.elbo, surrogate=control, rng=0)
    noise = mg.sum(
        mg.gradient(elbo, model.w["coins_bias"]) ** 2
    )  # its mean is fixed, but for noise
    optimizer = mg.optimize.Adam(control.parameters, 1e-2)

    def fit(rng: np.random.Generator) -> None:
        optimizer.step(mg.expectation(noise, 1, wrt=control.parameters, rng=rng).grad)

    return elbo, fit


ESTIMATORS = {
    "leave-one-out": lambda y: mg.reinforce(y, baseline="leave-one-out"),
    "DisARM": lambda y: mg.disarm(y, rng=0),
    "REBAR": lambda y: mg.rebar(y, rng=0),
    "RELAX": None,
    "straight-through": mg.straight_through,
}


def curve_of(name: str, options: argparse.Namespace) -> tuple[list, Model]:
    """Return the points (step, ELBO on unseen digits, gradient variance), and the judge."""
    digits, others = load()
    w = weights(SHAPES, options.seed)
    parameters, encoder = list(w.values()), [w["encoder"], w["coins"]]
    model, judge = Model(w, digits[:BATCH]), Model(w, others)
    fit = None
    if name == "RELAX":
        elbo, fit = relaxed(model)
    else:
        elbo = ESTIMATORS[name](model.elbo)

    def estimate(rng: np.random.Generator) -> dict:
        if fit is not None:
            fit(rng)
        return mg.expectation(elbo, SAMPLES, wrt=parameters, rng=rng).grad

    def report(step: int) -> tuple[str, tuple]:
        found = mg.expectation(judge.elbo, 20, rng=step)
        noise = mg.expectation(elbo, 50, wrt=encoder, rng=step).grad_variance
        total = sum(float(np.sum(noise[x])) for x in encoder)
        line = (f"{name:>16}: ELBO {found.value:8.3f} ± {found.stderr:.3f} nats per digit, "
                f"variance of the encoder's gradient {total:.3g}")  # fmt: skip
        return line, (found.value, total)

    optimizer = mg.optimize.Adam(parameters, 3e-3, maximize=True)
    return train(
        options.steps, model.digits, digits, optimizer, options.seed, estimate, report
    ), judge


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=500)
    add("--seed", type=int, default=0)
    add("--estimators", nargs="+", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    add("--out", type=Path, default=Path("figures"), help="where the plot goes")
    options = parser.parse_args()
    curves = {}
    for name in options.estimators:
        curves[name], judge = curve_of(name, options)
    steps, elbos, noises = (
        {name: [point[i] for point in curve] for name, curve in curves.items()} for i in range(3)
    )
    lines, spread = ({name: (steps[name], y[name]) for name in curves} for y in (elbos, noises))
    back = mg.expectation(judge.probs, 50, rng=0).value
    plot(lines, spread, judge.digits.value, back, options.out / "discrete_vae.png")
    gains = {name: elbo[-1] - elbo[0] for name, elbo in elbos.items()}
    assert min(gains.values()) > 12 or options.steps < 200, f"it did not learn: {gains}"
    order = [np.mean(noises[n]) for n in ("leave-one-out", "DisARM", "RELAX") if n in noises]
    assert order == sorted(order, reverse=True), "a twin helps, and a control variate more"
