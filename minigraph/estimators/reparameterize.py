"""The reparameterization trick: a draw becomes noise and a deterministic transform."""

from __future__ import annotations

import numpy as np

from ..branching import settle
from ..data import Data
from ..distributions.ranges import surely_lawful
from ..graph import rewrite
from ..nodes import DeterministicNode, StochasticNode, result
from ..ops.boxes import function
from ..ops.elementwise import astype, fmod, remainder
from ..ops.factorizations import eigh_packed, orthogonal, qr_packed, svd_packed
from ..ops.reductions import argsort
from ..ops.selection import getitem, take_along_axis
from ..ops.trigonometry import arctan2
from ..paths import Flow, describe
from ..walk import label, varies
from .choose import Handle, call_for, choose_legal
from .poles import pole

# They have a slope, and jump: at the end of a period, from π to -π, from a vector to its negative.
JUMPING = (remainder, fmod, arctan2, qr_packed, orthogonal)
PACKED = (eigh_packed, svd_packed)  # so do the vectors in them, rows, but not the row of values


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
        If a law has no transform, or one that jumps, or the path from the sample to `y` meets a
        black box, or a step at which `y` may jump: there the pathwise gradient is biased.

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
    why_not = lambda x: why_not_pathwise(y, x, continuous)
    chosen = {*choose_legal("reparameterize", y, nodes, why_not)}
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


def why_not_pathwise(y: Data, x: Data, continuous: bool = False) -> str | None:
    """Return why the draw `x` cannot be reparameterized for `y`, or None if it can."""
    name, law = x.name or "the draw", x._node.distribution
    if law.noise() is None:
        return (
            f"{name} ~ {type(law).__name__} has no transform of noise that is differentiable in "
            f"its parameters; call {call_for('reinforce', x)}"
        )
    if x._node.branched and not continuous:
        return (
            f"Python looked at {label(x)} in an if, a while, an index or a length, and what "
            f"comes of that may jump where the branch changes; call {call_for('reinforce', x)}, or "
            "pass continuous=True if it does not"
        )
    if law.transform_jumps and not continuous:
        return (
            f"the transform of {name} ~ {type(law).__name__} jumps from one end of the support to "
            "another: the pathwise gradient misses the jumps and is biased; "
            f"call {call_for('reinforce', x)}, or pass continuous=True if y is the same at both "
            "ends, as the sine of an angle is"
        )
    return why_not_smooth(y, x, continuous)


def implicit(y: Data, nodes: Handle = None) -> Data:
    """Return `y` with draws followed along their quantiles; others are refused."""
    choose_legal("implicit", y, nodes, lambda x: why_not_implicit(y, x))
    return reparameterize(y, nodes)


def why_not_implicit(y: Data, x: Data) -> str | None:
    """Return why the draw `x` is not followed along its quantiles, or None if it is."""
    noise = x._node.distribution.noise()
    if noise is None or noise.inputs:  # noise that knows the parameters is a quantile of the law
        return why_not_pathwise(y, x)
    return (
        f"{x.name or 'the draw'} ~ {type(x._node.distribution).__name__} is reparameterized "
        f"directly, and its quantiles are not needed; call {call_for('reparameterize', x)}"
    )


def why_not_smooth(y: Data, x: Data, continuous: bool = False) -> str | None:
    """Return why no gradient can be followed from `y` to the sample `x`, or None if it can."""
    flow = Flow([y], [x])
    kept = [data for data in flow.made if not _sorts(data)]
    used = {part for data in kept for part in data._inputs if type(part) is Data}
    for data in kept:
        node = data._node
        if data not in flow.carries or not isinstance(node, DeterministicNode):
            continue
        if node.op is argsort and data not in used:
            continue
        if node.barrier == "black box":
            return (
                f"the path {describe(flow.path(data))} meets the black box {node.name}; "
                f"call {call_for('reinforce', x)}, which needs no derivative of it"
            )
        jump = None if continuous else _jump(node, flow)
        if jump is not None:
            return (
                f"the path {describe(flow.path(data))} runs through {node.name} of {label(jump)}, "
                "which jumps: a gradient along it misses that and is biased; "
                f"call {call_for('reinforce', x)}, or pass continuous=True if y does not jump"
            )
        passed = None if continuous else pole(node, flow.carries)
        if passed is not None:
            return (
                f"the path {describe(flow.path(data))} runs through {node.name} at a pole of "
                f"{label(passed)}, where y may jump, which a gradient along it misses; "
                f"call {call_for('reinforce', x)}, or pass continuous=True if y does not jump"
            )
    return None


def _sorts(data: Data) -> bool:
    """Return whether `data` are others in their own order: that is continuous, the order is not."""
    if data._op is not take_along_axis:
        return False
    rows, order = data._inputs
    same = order._op is argsort and order._inputs[0] is rows
    return same and order._fixed.get("axis", -1) == data._fixed.get("axis")


def _jump(node: DeterministicNode, flow: Flow) -> Data | None:
    """Return an input of `node` that carries the sample and in which it jumps."""
    op, fixed = node.op, node.fixed
    whole = op is astype and np.dtype(fixed["dtype"]).kind in "biu"
    vectors = (
        op is getitem and node.inputs[0]._op in PACKED and isinstance(fixed["index"][1], slice)
    )
    if op is arctan2 and not varies(node.inputs[1]) and np.all(node.inputs[1].value > 0):
        return None  # it does not get behind the origin
    for i, x in enumerate(node.inputs):
        step = op.rules[i] is None and not (op is getitem and i)  # whole numbers are an index
        if x in flow.carries and (whole or vectors or op in JUMPING or step):
            return x
    return None
