"""The reparameterization trick: a draw becomes noise and a deterministic transform."""

from __future__ import annotations

import numpy as np

from ..branching import settle
from ..data import Data
from ..distributions.ranges import surely_lawful
from ..graph import rewrite
from ..nodes import StochasticNode, result
from ..ops.boxes import function
from ..walk import label
from .choose import Handle, Refusal, call_for, choose_legal
from .smooth import Smooth


def reparameterize(y: Data, nodes: Handle = None, *, continuous: bool = False) -> Data:
    """Return `y` with draws written as a transform of noise, X = g_θ(ε).

    Each chosen stochastic node becomes a noise node without parameters and a deterministic
    transform, so that gradients reach the parameters along deterministic functions only:
    ∇ E[F(X)] = E[∇ F(g_θ(ε))]. The noise is the one that the sample was made from; values stay.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws; by default all that block a gradient.
    continuous : bool
        Say that `y` is a continuous function of the noise, although a comparison, a rounding (also
        to an integer), a remainder or the condition of a `where` lies on the path (as in
        ``where(x > 0, x, 0)``), an angle (`arctan2`, or the sample itself) jumps from π to -π,
        where its sine is the same, or vectors (of `eigh`, `svd`, `qr`) to their negatives.

    Raises
    ------
    BlockedGradientError
        If a law has no transform, or one that jumps, or the path from the sample to `y`, or to the
        next draw, meets a black box, or a step at which `y` may jump: there the pathwise gradient
        is biased.

    References
    ----------
    Kingma and Welling 2013, *Auto-Encoding Variational Bayes*, https://arxiv.org/abs/1312.6114

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.5, name="θ")
    >>> y = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) * 3.0
    >>> z = mg.reparameterize(y)
    >>> z.value == y.value, mg.gradient(z, theta).value
    (True, 3.0)
    """
    smooth = Smooth(y, continuous)
    chosen = {*choose_legal("reparameterize", y, nodes, lambda x: why_not_pathwise(smooth, x))}
    settle(chosen)

    def rule(data: Data, inputs: tuple[Data, ...]) -> Data | None:
        return opened(data, inputs) if data in chosen else None

    return rewrite([y], rule)[0]


def opened(data: Data, inputs: tuple[Data, ...]) -> Data:
    """Return a sample as a transform of a noise node, on other inputs of the same values."""
    node = data._node
    law = node.distribution.with_inputs(inputs)
    noise_node = StochasticNode(law.noise(), node.noise, None, (node.draw,))
    noise_node.name = "p"
    noise_node.branched = node.branched
    noise_node.noise_of = None if surely_lawful(node.distribution) else law
    noise = result(node.noise, noise_node)
    noise.name = f"ε_{data.name}" if data.name else "ε"
    transform = function(lambda noise, *_: law.transform(noise), name="g")
    with np.errstate(all="ignore"):  # a parameter may have another value by now
        out: Data = transform(noise, *inputs)
    out._value = data._value  # the same bits as before
    return out


def why_not_pathwise(smooth: Smooth, x: Data) -> Refusal | None:
    """Return why the draw `x` above some `y` cannot be reparameterized, or None if it can."""
    law = x._node.distribution
    drawn = f"{x.name or 'the draw'} ~ {type(law).__name__}"
    if law.noise() is None:
        return Refusal(
            f"{drawn} has no transform of noise that is differentiable in its parameters",
            call_for(x, "reinforce"),
        )
    if x._node.branched and not smooth.continuous:
        return Refusal(
            f"Python looked at {label(x)} in an if, a while, an index or a length, and what "
            "comes of that may jump where the branch changes",
            f"{call_for(x, 'reinforce')}, or pass continuous=True if it does not",
        )
    if law.transform_jumps and not smooth.continuous:
        return Refusal(
            f"the transform of {drawn} jumps from one end of the support to another: the pathwise "
            "gradient misses the jumps and is biased",
            f"{call_for(x, 'reinforce')}, or pass continuous=True if y is the same at both ends, "
            "as the sine of an angle is",
        )
    return smooth.why_not(x)


def implicit(y: Data, nodes: Handle = None) -> Data:
    """Return `y` with draws followed along their quantiles; others are refused."""
    smooth = Smooth(y)
    choose_legal("implicit", y, nodes, lambda x: why_not_implicit(smooth, x))
    return reparameterize(y, nodes)


def why_not_implicit(smooth: Smooth, x: Data) -> Refusal | None:
    """Return why the draw `x` is not followed along its quantiles, or None if it is."""
    noise = x._node.distribution.noise()
    if noise is None or noise.inputs:  # noise that knows the parameters is a quantile of the law
        return why_not_pathwise(smooth, x)
    return Refusal(
        f"{x.name or 'the draw'} ~ {type(x._node.distribution).__name__} is reparameterized "
        "directly, and its quantiles are not needed",
        call_for(x, "reparameterize"),
    )
