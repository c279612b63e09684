"""ARM and DisARM: a coin is compared with its antithetic twin, made from the same uniform number.

X = [u < p] and its twin [1 - u < p]. One more copy of the graph serves all coins of a draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.bernoulli import Bernoulli
from ..distributions.noise import StandardUniform
from ..distributions.sampling import sample
from ..distributions.streams import Rng, generator
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import absolute, divide, equal, greater, less, maximum, minimum, where
from ..walk import label
from .branches import Branch
from .choose import Handle, Refusal, call_for, choose_legal
from .edges import finite_logits, is_coin, unmissed, why_not_edge
from .elements import Places
from .slopes import Rule, slope_in, with_slopes

Weight = Callable[[Data, Data, Data, np.random.Generator], Data]  # x, its twin, p: the slope


def disarm(y: Data, nodes: Handle = None, *, rng: Rng = None) -> Data:
    """Return `y` with the DisARM estimator (also called U2G) for draws of coins.

    With X and its antithetic twin X', the slope in the logit of a coin is
    ½ (F(X) - F(X')) (X - X') max(p, 1 - p): zero for the coins that fall alike.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws; by default all that block a gradient.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the twins come from.

    Raises
    ------
    BlockedGradientError
        If a draw is not made of coins; also when the gradient is differentiated again.

    References
    ----------
    Dong, Mnih and Tucker 2020, *DisARM: An Antithetic Gradient Estimator for Binary Latent
    Variables*, equation 8, https://arxiv.org/abs/2006.10680; Yin, Ho, Yan, Qian and Zhou 2020,
    *Probabilistic Best Subset Selection via Gradient-Based Optimization* (U2G),
    https://arxiv.org/abs/2006.06448

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data([0.3, -1.0], name="a")
    >>> y = mg.sum(mg.sample(mg.Bernoulli(logits=a), name="X", rng=0)) ** 2
    >>> z = mg.disarm(y, rng=1)
    >>> z.value == y.value, bool(abs(mg.exact(z, a).grad[a] - mg.exact(y, a).grad[a]).max() < 1e-12)
    (True, True)
    """
    return _with_twins("disarm", "DisARM", y, nodes, rng, _half)


def arm(y: Data, nodes: Handle = None, *, rng: Rng = None) -> Data:
    """Return `y` with the ARM estimator for draws of coins: (F(X') - F(X)) (u - ½) in the logit.

    `disarm` is this, averaged over what u is when both coins are known, and has less variance.

    Parameters
    ----------
    y, nodes, rng
        As in `disarm`.

    Raises
    ------
    BlockedGradientError
        As in `disarm`.

    References
    ----------
    Yin and Zhou 2019, *ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks*,
    https://arxiv.org/abs/1807.11143

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data(0.3, name="a")
    >>> y = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) * 2.0
    >>> z = mg.arm(y, rng=1)
    >>> mg.exact(z, a).grad_variance[a] > mg.exact(mg.disarm(y), a).grad_variance[a]
    True
    """
    return _with_twins("arm", "ARM", y, nodes, rng, _by_uniform)


def _half(x: Data, twin: Data, p: Data, rng: np.random.Generator) -> Data:
    box = function(lambda x, twin, p: 0.5 * (x - twin) * maximum(p, 1.0 - p), name="weight")
    return as_data(box(x, twin, p))


def _by_uniform(x: Data, twin: Data, p: Data, rng: np.random.Generator) -> Data:
    """Return ½ - u with a u of which `x` and its twin are made: uniform in an interval."""

    def weight(x: Data, twin: Data, p: Data, v: Data) -> Data:
        one, other, least = greater(x, 0.0), greater(twin, 0.0), minimum(p, 1.0 - p)
        low = where(one, where(other, 1.0 - p, 0.0), where(other, 1.0 - least, p))
        width = where(equal(one, other), absolute(2.0 * p - 1.0), least)
        return 0.5 - (low + v * width)

    v = sample(StandardUniform(x.shape), f"noise given {x.name}" if x.name else "noise", rng=rng)
    return as_data(function(weight, name="weight")(x, twin, p, v))


def _with_twins(call: str, title: str, y: Data, nodes: Handle, rng: Rng, weigh: Weight) -> Data:
    """Return `y` with slopes that compare draws of coins with their twins."""
    chosen = choose_legal(call, y, nodes, why_not_coins)
    rng = generator(rng)

    def prepare(x: Data, law: Any) -> Rule:
        p = stop_gradient(as_data(law.full(law.probs)))
        box = function(lambda *_: finite_logits(unmissed(law, x)), name="logits")
        logits: Data = box(*law.inputs)
        twin = twin_of(x, p, rng)
        weight, there = weigh(x, twin, p, rng), Branch({x: twin}, rng)

        def rule(cost: Data, places: Places) -> list[Data]:
            return [slope_in(logits, weight, cost, there.of(cost), places)]

        return rule

    return with_slopes(y, chosen, title, prepare)


def twin_of(x: Data, p: Data, rng: np.random.Generator) -> Data:
    """Return the coins [1 - u < p], where `x` is [u < p]: drawn given `x`."""

    def chance(x: Data, p: Data) -> Data:
        # 0 where `x` is impossible, and so are both
        if_one = divide(maximum(2.0 * p - 1.0, 0.0), where(greater(p, 0.0), p, 1.0))
        if_none = divide(minimum(p, 1.0 - p), where(less(p, 1.0), 1.0 - p, 1.0))
        return where(greater(x, 0.0), minimum(if_one, 1.0), minimum(if_none, 1.0))

    name = f"twin of {x.name}" if x.name else "twin"
    return sample(Bernoulli(function(chance, name="P(twin given X)")(x, p)), name, rng=rng)


def why_not_coins(x: Data) -> Refusal | None:
    """Return why the draw `x` has no antithetic twin, or None if it has one."""
    law = x._node.distribution
    if is_coin(law):
        return why_not_edge(x)
    return Refusal(
        f"{label(x)} ~ {type(law).__name__} is not made of coins, always 0 or 1",
        call_for(x, "reinforce", "unblock"),
    )
