"""REBAR and RELAX: a control variate made of latent numbers, unbiased at any temperature.

X = H(z) for latent numbers z ~ q_θ, and z' ~ q_θ(· | X) are some that give the same X. For any
function c, E[c(z)] = E[c(z')], so it can be taken from the cost by the score function, at z', and
given back by the reparameterization trick:

    ∇ E[F(X)] = E[(F(X) - c(z')) ∇ log P_θ(X) + ∇ c(z) - ∇ c(z')]
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..distributions.base import Rng, generator
from ..errors import BlockedGradientError, InputError
from ..graph import Data
from ..ops.base import as_data
from ..ops.boxes import stop_gradient
from .branches import branch
from .choose import Handle, choose
from .elements import Places
from .latents import given, latent_of, why_not_latent, with_held_noise
from .reinforce import factor, joint, seen
from .reparameterize import why_not_smooth
from .slopes import Rule, with_slopes

Surrogate = Callable[[Data], Any]  # from latent numbers to an estimate of the cost


def rebar(
    y: Data, nodes: Handle = None, temperature: Any = 0.5, scale: Any = 1.0, *,
    continuous: bool = False, rng: Rng = None,
) -> Data:  # fmt: skip
    """Return `y` with the REBAR estimator: its own relaxation is the control variate.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, of coins or one-hot vectors; by default all that block a gradient.
    temperature, scale : number or Data
        Of the relaxed sample; what the control variate is multiplied by. Unbiased with any: both
        may be Data that are fitted to make the squared gradient small.
    continuous : bool
        Say that steps on the path (a comparison, a floor) do not make `y` jump.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the latent numbers come from.

    Raises
    ------
    BlockedGradientError
        If a draw has no latent numbers, or its sample is fed to a step or a black box; also when
        the gradient is differentiated again in what `y` depends on.

    References
    ----------
    Tucker, Mnih, Maddison, Lawson and Sohl-Dickstein 2017, *REBAR: Low-variance, unbiased gradient
    estimates for discrete latent variable models*, https://arxiv.org/abs/1703.07370

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data(0.0, name="a")
    >>> y = (mg.sample(mg.Bernoulli(logits=a), name="b", rng=0) - 3.0) ** 2
    >>> z = mg.rebar(y, temperature=1.0, rng=1)
    >>> variances = [mg.exact(w, a, points=60).grad_variance[a] for w in (mg.reinforce(y), z)]
    >>> z.value == y.value, variances[1] < 0.1 * variances[0]
    (True, True)
    """
    rng = generator(rng)

    def prepare(x: Data, law: Any) -> Rule:
        latent, two = latent_of(law), _latents(law, x, rng)
        assert latent is not None

        def rule(cost: Data, places: Places) -> list[Data]:
            def surrogate(z: Data) -> Data:
                return scale * branch(cost, {x: as_data(latent.soft(z, temperature))}, rng)

            log_prob = seen(law.log_prob(x), places) if places else joint([law.log_prob(x)])
            return [_controlled(cost, log_prob, surrogate, *two)]

        return rule

    for x in _legal("rebar", y, nodes, continuous):
        for now in choose("rebar", y, x):
            y = with_slopes(y, now, "REBAR", prepare)
    return y


def relax(y: Data, nodes: Handle = None, *, surrogate: Surrogate, rng: Rng = None) -> Data:
    """Return `y` with the RELAX estimator: any function of the latent numbers controls it.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was. It may cross a black box.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, of coins or one-hot vectors; by default all that block a gradient.
    surrogate : callable
        Takes latent numbers, of the shape of the sample, and returns a number: differentiable, and
        the closer to the cost of the sample they give, the better. Its parameters get no gradient
        from `y`; but the gradient of `y`, squared, can be differentiated in them to fit them.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the latent numbers come from.

    Raises
    ------
    BlockedGradientError
        If a draw has no latent numbers; also when the gradient is differentiated again in what `y`
        depends on.
    InputError
        If the surrogate is not of the shape of `y`.

    References
    ----------
    Grathwohl, Choi, Wu, Roeder and Duvenaud 2018, *Backpropagation through the Void*,
    https://arxiv.org/abs/1711.00123

    Examples
    --------
    >>> import minigraph as mg
    >>> a, w = mg.Data(0.3, name="a"), mg.Data(0.2, name="w")
    >>> y = (mg.sample(mg.Bernoulli(logits=a), name="b", rng=0) - 0.45) ** 2
    >>> z = mg.relax(y, surrogate=lambda z: w * mg.sigmoid(z), rng=1)
    >>> slope = mg.gradient(z, a)
    >>> bool(mg.exact(slope**2, w, points=60).grad[w] < 0)  # a larger w lowers the variance
    True
    """
    rng = generator(rng)
    for x in _legal("relax", y, nodes, None):
        for now in choose("relax", y, x):
            y = with_slopes(
                y, now, "RELAX", functools.partial(_free, y, surrogate, rng), whole=True
            )
    return y


def _free(y: Data, surrogate: Surrogate, rng: np.random.Generator, x: Data, law: Any) -> Rule:
    """Return the rule that controls a cost with a function of the latent numbers."""
    two = _latents(law, x, rng)

    def checked(z: Data) -> Data:
        c = as_data(surrogate(z))
        if c.shape != y.shape:
            raise InputError(
                f"relax: the surrogate has shape {c.shape}, the cost {y.shape}; sum or reshape it"
            )
        return c

    return lambda cost, _: [_controlled(cost, joint([law.log_prob(x)]), checked, *two)]


def _latents(law: Any, x: Data, rng: np.random.Generator) -> tuple[Data, Data]:
    """Return latent numbers as logits plus noise that is held, and as a function of the sample `x`.

    The two are equal, and differ in how they move: coupled in this way their slopes nearly cancel.
    """
    tied = given(law, x, rng)
    return with_held_noise(law, tied), tied


def _controlled(cost: Data, log_prob: Data, surrogate: Surrogate, free: Data, tied: Data) -> Data:
    """Return the slope of a cost, controlled. The slope in what only the surrogate sees is 0."""
    held, free_held = surrogate(stop_gradient(tied)), surrogate(stop_gradient(free))
    scored = (stop_gradient(cost) - held) * (factor(log_prob) - 1.0)
    return scored + (surrogate(free) - free_held) - (surrogate(tied) - held)


def _legal(call: str, y: Data, nodes: Handle, continuous: bool | None) -> list[Data]:
    """Return the chosen draws, or raise for one that cannot be controlled."""
    chosen = choose(call, y, nodes)
    for x in chosen:
        problem = why_not_latent(x)
        if problem is None and continuous is not None:
            problem = why_not_smooth(y, x, continuous)
        if problem:
            raise BlockedGradientError(f"{call}: {problem}")
    return chosen
