"""REBAR and RELAX: a control variate made of latent numbers, unbiased at any temperature.

X = H(z) for latent numbers z ~ q_θ, and z' ~ q_θ(· | X) are some that give the same X. For any
continuous function c, E[c(z)] = E[c(z')], so it can be taken from the cost by the score function,
at z', and given back by the reparameterization trick:

    ∇ E[F(X)] = E[(F(X) - c(z')) ∇ log P_θ(X) + ∇ c(z) - ∇ c(z')]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.normal import Normal
from ..distributions.sampling import sample
from ..distributions.streams import Rng, generator
from ..errors import BlockedGradientError, InputError, UsageError
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.reductions import sum_
from ..walk import ancestors, label
from .branches import Branch, why_not_branch
from .choose import Handle, choose, choose_legal
from .costs import Costs
from .edges import log_prob
from .elements import Places
from .latents import given, heat_of, latent_of, why_not_latent, with_held_noise
from .relaxations import fed
from .scores import factor, seen
from .slopes import Rule, with_slopes
from .smooth import Smooth
from .turns import in_turn

Surrogate = Callable[[Data], Any]  # from latent numbers to an estimate of the cost


def rebar(
    y: Data, nodes: Handle = None, temperature: Any = 0.5, scale: Any = 1.0, *,
    continuous: bool = False, rng: Rng = None,
) -> Data:  # fmt: skip
    """Return `y` with the REBAR estimator: its own relaxation is the control variate.

    Biased where `y` holds a sample behind `stop_gradient`: the relaxed cost has no slope there.
    `relax` is unbiased there, too.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, of coins or one-hot vectors; by default all that block a gradient.
    temperature, scale : number or Data
        Of the relaxed sample, positive; what the control variate is multiplied by. Unbiased with
        any: both may be Data that are fitted to make the squared gradient small.
    continuous : bool
        Say that steps on the path (a comparison, a floor) do not make `y` jump.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the latent numbers come from.

    Raises
    ------
    BlockedGradientError
        If a draw has no latent numbers, or its sample is fed to a step or a black box; if a draw
        that depends on it still blocks a gradient; also when the gradient is differentiated again
        in what `y` depends on.
    InputError
        If draws that depend on each other make more than 300,000 operations: each triples those
        of the draws below it.

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
        latent: Any = latent_of(law)
        heat, tied = heat_of(x, temperature), given(law, x, rng)
        two = with_held_noise(law, tied), tied  # equal; coupled so, their slopes nearly cancel
        relaxed = [Branch({x: as_data(latent.soft(z, heat))}, rng) for z in two]
        score = log_prob(law, x)

        def rule(cost: Data, places: Places) -> list[Data]:
            surrogates = [scale * fed("rebar", cost, there) for there in relaxed]
            return [_controlled(cost, seen(score, places), *surrogates)]

        return rule

    smooth = Smooth(y, continuous)
    chosen = choose_legal("rebar", y, nodes, lambda x: why_not_latent(x) or smooth.why_not(x))
    refuse_blocked_below(y, chosen)
    change = lambda y, draws: with_slopes(y, draws, "REBAR", prepare, of_slopes=True)
    return in_turn("rebar", y, chosen, change)


def relax(
    y: Data, nodes: Handle = None, *, surrogate: Surrogate, continuous: bool = False,
    rng: Rng = None,
) -> Data:  # fmt: skip
    """Return `y` with the RELAX estimator: a function of the latent numbers controls it.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was. It may cross a black box.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, of coins or one-hot vectors; by default all that block a gradient.
    surrogate : callable
        Takes latent numbers, of the shape of the sample, and returns a number: differentiable, and
        the closer to the cost of the sample they give, the better. Of a batch it may return an
        array of what each element adds to `y`: then each meets the score of its own alone. Its
        parameters get no gradient from `y`; but the gradient of `y`, squared, can be differentiated
        in them to fit them.
    continuous : bool
        Say that steps in the surrogate (a comparison, a floor) do not make it jump.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the latent numbers come from.

    Raises
    ------
    BlockedGradientError
        If a draw has no latent numbers; if the surrogate jumps in them, or makes draws that block
        its gradient; also when the gradient is differentiated again in what `y` depends on.
    InputError
        If `y` is an array, and the surrogate is not of its shape.

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
    if not callable(surrogate):
        raise UsageError(
            f"relax: surrogate: got {type(surrogate).__name__}; pass a function of the latent "
            "numbers, as lambda z: w * mg.sigmoid(z)"
        )
    rng = generator(rng)

    def score(x: Data, law: Any) -> Rule:
        score = log_prob(law, x)
        return lambda cost, places: [seen(score, places) * stop_gradient(cost)]

    def control(x: Data, law: Any) -> Data:
        tied = given(law, x, rng)
        c = as_data(surrogate(stop_gradient(tied)))
        if y.shape not in ((), c.shape):
            raise InputError(
                f"relax: the surrogate has shape {c.shape}, the cost {y.shape}; reshape it"
            )
        score = seen(log_prob(law, x), Costs(c, [x]).places(c, x))
        free = with_held_noise(law, tied)
        slope = _controlled(as_data(0.0), score, as_data(surrogate(free)), as_data(surrogate(tied)))
        for drawn in set(choose("relax", slope, None)).difference(ancestors([free, tied, y])):
            raise BlockedGradientError(
                f"relax: the surrogate makes a draw, {label(drawn)}, that blocks its gradient; "
                "return mg.reparameterize(c, draw), or a function without draws"
            )
        return slope if y.shape else sum_(slope)

    chosen = choose_legal("relax", y, nodes, why_not_latent)
    out = with_slopes(y, chosen, "RELAX", score, control)
    for x in chosen:
        refuse_jumps(surrogate, x, continuous, rng)
    return out


def refuse_jumps(surrogate: Surrogate, x: Data, continuous: bool, rng: Rng) -> None:
    """Raise if a surrogate jumps in latent numbers of `x`: its slope would not be that of E[c]."""
    z = sample(Normal(np.zeros(x.shape), 1.0), "z", rng)
    c = as_data(surrogate(z))
    problem = why_not_branch(z, z) or Smooth(c, continuous).why_not(z)
    if problem:
        raise BlockedGradientError(
            f"relax: the surrogate of the latent numbers z: {problem.reason}; take a "
            "smooth one, as lambda z: w * mg.sigmoid(z), or pass continuous=True if that does not "
            "jump"
        )


def _controlled(cost: Data, log_prob: Data, c_free: Data, c_tied: Data) -> Data:
    """Return the slope of a cost, controlled; the surrogates are equal, and move differently.

    What only the surrogate sees moves both alike, and so it has slope 0.
    """

    def slope(cost: Data, log_prob: Data, c_free: Data, c_tied: Data) -> Data:
        scored = (stop_gradient(cost) - c_tied) * (factor(log_prob) - 1.0)
        return scored + c_free - c_tied

    return as_data(function(slope, name="slope")(cost, log_prob, c_free, c_tied))


def refuse_blocked_below(y: Data, chosen: Sequence[Data]) -> None:
    """Raise if a draw that depends on one of these still blocks a gradient, and is none of them.

    The relaxed cost is differentiated through the draws below: what is added for them later, to
    the cost as a whole, would not reach the slope that is taken here.
    """
    taken = {x._node.draw for x in chosen}
    for other in choose("rebar", y, None):
        if other._node.draw in taken:
            continue
        for x in set(ancestors([other])).intersection(chosen):
            raise BlockedGradientError(
                f"rebar: {label(other)} depends on {label(x)} and still blocks a gradient, which "
                "the relaxed cost has to cross; rewrite it first, or both in one call"
            )
