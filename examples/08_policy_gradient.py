"""08. Policy gradient: swim up a small river against the current, with the known optimum as judge.

Three states in a row, four moves. To drift down is certain and pays a little at the lower end; to
swim up often fails and pays at the upper end (the RiverSwim of Strehl and Littman 2008, in small).
A move cannot change the rewards before it: mg.reinforce splits the sum of rewards and gives each
move the score of what is downstream of it alone (Schulman et al. 2015). What that is worth is
computed, not guessed: mg.assess enumerates all 6⁴ courses of events.
"""

import argparse
from pathlib import Path

import numpy as np
from common.plots import bar, figure, save

import minigraph as mg

HORIZON, STATES, ACTIONS = 4, 3, 2
DRIFT = [[1, 0, 0], [1, 0, 0], [0, 1, 0]]  # where each state goes, and with what probability
SWIM = [[0.4, 0.6, 0], [0.05, 0.35, 0.6], [0, 0.1, 0.9]]
MOVES = np.stack([DRIFT, SWIM], axis=1).astype(float)  # (state, action, next state)
REWARDS = np.array([[0.05, 0.0], [0.0, 0.0], [0.0, 1.0]])  # (state, action)


def optimum() -> float:
    """Return the best expected sum of rewards from state 0, by backward induction."""
    value = np.zeros(STATES)
    for _ in range(HORIZON):
        value = np.max(REWARDS + MOVES @ value, axis=1)
    return float(value[0])


def episode(logits: mg.Data) -> mg.Data:
    """Return the sum of rewards of one course of events under softmax policies, one per move."""
    rewards = mg.Data(REWARDS, name="rewards", constant=True)
    moves = mg.Data(MOVES, name="moves", constant=True)
    total, here = mg.Data(0.0, constant=True), mg.Data(np.array(0), constant=True)
    for t in range(HORIZON):
        action = mg.sample(mg.Categorical(logits=logits[t][here]), name=f"A{t}", rng=t)
        total = total + rewards[here, action]
        here = mg.sample(mg.Categorical(moves[here, action]), name=f"S{t + 1}", rng=t)
    total.name = "return"
    return total


def whole_return(y: mg.Data) -> mg.Data:
    """Return the estimator that gives every move the score of the whole return."""
    one_cost = mg.maximum(y, -1e9)  # the same number, and no sum any more that could be split
    return mg.reinforce(one_cost)


def train(rewrite, steps: int, seed: int, samples: int) -> list[float]:
    """Return the exact expected return after every tenth step of gradient ascent, and the last."""
    logits = mg.Data(np.zeros((HORIZON, STATES, ACTIONS)), name="logits")
    y = episode(logits)
    z, rng = rewrite(y), np.random.default_rng(seed)
    optimizer = mg.optimize.Adam([logits], 0.1, maximize=True)
    curve = []
    for step in bar(range(steps + 1)):
        if step % 10 == 0 or step == steps:
            curve.append(mg.exact(y).value)
        optimizer.step(mg.expectation(z, samples, wrt=logits, rng=rng).grad)
    return curve


def plot(curves: dict, last: int, best: float, out: Path) -> None:
    """Plot the expected return by step, all seeds of each estimator."""
    drawn, (axes,) = figure(1, width=6.5)
    if drawn is None:
        return
    for (name, runs), style in zip(curves.items(), ("--", ":", "-"), strict=False):
        mean, spread = np.mean(runs, axis=0), np.std(runs, axis=0)
        steps = np.minimum(10 * np.arange(len(mean)), last)
        (line,) = axes.plot(steps, mean, style, label=name)
        axes.fill_between(steps, mean - spread, mean + spread, color=line.get_color(), alpha=0.2)
    axes.axhline(best, color="k", lw=0.8, label="optimum")
    axes.set(xlabel="step", ylabel="expected return (exact)")
    axes.legend(loc="lower right")
    save(drawn, out / "policy_gradient.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=200)
    add("--seeds", type=int, default=3, help="runs of each estimator")
    add("--samples", type=int, default=20, help="courses of events for one step")
    add("--out", type=Path, default=Path("figures"), help="where the plot goes")
    options = parser.parse_args()

    logits = mg.Data(np.zeros((HORIZON, STATES, ACTIONS)), name="logits")
    y = episode(logits)
    methods = {
        "whole return": whole_return,
        "downstream": mg.reinforce,
        "downstream, leave-one-out": lambda y: mg.reinforce(y, baseline="leave-one-out"),
    }
    judged = {name: mg.assess(f(y), logits, of=y, nodes=False) for name, f in methods.items()}
    for name, found in judged.items():
        variance = np.sum(found.variance[logits])
        bias = np.abs(found.bias[logits]).max()
        print(f"{name:>26}: variance {variance:.4f}, "
              f"signal/noise {found.signal_to_noise[logits]:.3f}, bias {bias:.0e}")  # fmt: skip
        assert bias < 1e-9
    variances = [np.sum(found.variance[logits]) for found in judged.values()]
    assert variances[0] > variances[1] > variances[2], "knowing more must not hurt here"

    best, start = optimum(), mg.exact(y).value
    curves = {
        name: [train(f, options.steps, seed, options.samples) for seed in range(options.seeds)]
        for name, f in methods.items()
    }
    for name, runs in curves.items():
        ends = [run[-1] for run in runs]
        print(f"{name:>26}: expected return {start:.4f} → {np.mean(ends):.4f} of {best:.4f}")
        assert max(max(run) for run in runs) <= best + 1e-9, "nothing beats the optimum"
        assert min(ends) > 0.9 * best or options.steps < 200, "it did not learn"
    plot(curves, options.steps, best, options.out)
