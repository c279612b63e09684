"""Relaxations: the slope of something smooth in place of a finite draw. They are biased.

Values stay those of the samples; only slopes are taken elsewhere. The boxes say that this is biased
wherever they are named, printed or drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import Rng, generator
from ..errors import BlockedGradientError, MinigraphError
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import each
from ..walk import label
from .branches import Branch, kept, like, with_expected
from .choose import Handle, Refusal, call_for, choose_each, choose_legal, one_each
from .latents import given, heat_of, latent_of, why_not_latent, with_held_noise
from .smooth import Smooth

# A value, with the slope of something else.
relaxed = each(
    "relaxation (biased)", lambda y, s: y * 1.0, None, lambda g, y, _, s: g,
    numpy=(), stands_for=True,
)  # fmt: skip
straight = each(
    "straight-through (biased)", lambda x, s: x * 1.0, None, lambda g, y, _, s: g, numpy=()
)


def gumbel_softmax(
    y: Data, nodes: Handle = None, temperature: Any = 0.5, *, continuous: bool = False,
    rng: Rng = None,
) -> Data:  # fmt: skip
    """Return `y` with the slope of its relaxation (Gumbel-softmax, binary concrete). Biased.

    Below a copy of each chosen draw lies a relaxed sample: a softmax (for coins, a sigmoid) of
    logits plus noise, divided by the temperature. The noise agrees with the sample that is there.
    The expected gradient is that of E[F(relaxed sample)], and not of E[F(X)]; it tends to the
    latter as the temperature falls, where the variance grows.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws, of coins or one-hot vectors; by default all that block a gradient.
    temperature : number or Data
        Positive. One that is Data gets no gradient.
    continuous : bool
        Say that steps on the path (a comparison, a floor) do not make `y` jump.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the noise comes from.

    Raises
    ------
    BlockedGradientError
        If a draw has no relaxation, or is fed to what needs integers, a step or a black box.

    References
    ----------
    Jang, Gu and Poole 2017, https://arxiv.org/abs/1611.01144; Maddison, Mnih and Teh 2017,
    https://arxiv.org/abs/1611.00712

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data(0.3, name="a")
    >>> y = (mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) - 0.45) ** 2
    >>> z = mg.gumbel_softmax(y, temperature=0.5, rng=1)
    >>> z.value == y.value, z.node
    (True, DeterministicNode('relaxation (biased)'))
    """
    chosen = _legal("gumbel_softmax", y, nodes, continuous, why_not_latent)
    rng = generator(rng)
    if not chosen:
        return y
    soft = dict.fromkeys(chosen, _soft(chosen[0], temperature, rng))
    return with_expected(y, fed("gumbel_softmax", y, Branch(soft, rng)), relaxed)


def straight_through(y: Data, nodes: Handle = None, *, continuous: bool = False) -> Data:
    """Return `y` with samples that pass their gradient straight to their mean. Biased.

    The slope of X in its parameters is taken to be that of E[X], the identity in the probability
    of a coin. Right where F is linear in X; else biased.

    Parameters
    ----------
    y, nodes, continuous
        As in `gumbel_softmax`; any discrete law that knows its mean will do.

    Raises
    ------
    BlockedGradientError
        As in `gumbel_softmax`.

    References
    ----------
    Bengio, Léonard and Courville 2013, *Estimating or Propagating Gradients Through Stochastic
    Neurons*, https://arxiv.org/abs/1308.3432

    Examples
    --------
    >>> import minigraph as mg
    >>> p = mg.Data(0.3, name="p")
    >>> y = mg.sample(mg.Bernoulli(p), name="X", rng=0) * 2.0
    >>> mg.exact(mg.straight_through(y), p).grad[p]
    2.0
    """
    chosen = _legal("straight_through", y, nodes, continuous, why_not_mean)

    def mean(x: Data) -> Data:
        law = x._node.distribution
        return as_data(function(lambda *_: law.full(law.mean), name="mean")(*law.inputs))

    return _straight("straight_through", y, chosen, mean, generator(None))


def gumbel_straight_through(
    y: Data, nodes: Handle = None, temperature: Any = 0.5, *, continuous: bool = False,
    rng: Rng = None,
) -> Data:  # fmt: skip
    """Return `y` with hard samples that pass their gradient to relaxed ones. Biased.

    F sees the samples as they are; their slope is that of the relaxed samples of `gumbel_softmax`.

    Parameters
    ----------
    y, nodes, temperature, continuous, rng
        As in `gumbel_softmax`.

    Raises
    ------
    BlockedGradientError
        As in `gumbel_softmax`.

    References
    ----------
    Jang, Gu and Poole 2017, section 2.2, https://arxiv.org/abs/1611.01144

    Examples
    --------
    >>> import minigraph as mg
    >>> a = mg.Data(0.3, name="a")
    >>> y = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0) ** 2
    >>> mg.gumbel_straight_through(y, rng=1).value == y.value
    True
    """
    chosen = _legal("gumbel_straight_through", y, nodes, continuous, why_not_latent)
    rng = generator(rng)
    if not chosen:
        return y
    soft = _soft(chosen[0], temperature, rng)
    return _straight("gumbel_straight_through", y, chosen, soft, rng)


def _soft(first: Data, temperature: Any, rng: np.random.Generator) -> Callable[[Data], Data]:
    """Return the function from samples to relaxed samples that agree with them."""
    heat = stop_gradient(heat_of(first, temperature))

    def soft(x: Data) -> Data:
        law: Any = x._node.distribution
        latent: Any = latent_of(law)
        z = given(law, stop_gradient(x), rng)
        box = function(lambda z, *_: latent.soft(with_held_noise(law, z), heat), name="relaxed X")
        return as_data(box(z, *law.inputs))

    return soft


def _straight(
    call: str, y: Data, chosen: list[Data], smooth: Callable[[Data], Data], rng: np.random.Generator
) -> Data:
    """Return `y` with samples whose slope is that of something smooth."""

    def through(x: Data) -> Data:
        hard = kept(x, x._node.inputs)  # a copy: the name itself goes to what F sees
        return as_data(straight(stop_gradient(hard), smooth(hard)))

    def close(out: Data) -> bool:
        return np.allclose(out._value, y._value, 1e-5, equal_nan=True)

    def fed_with(draws: Iterable[Data]) -> Data:
        return fed(call, y, Branch(dict.fromkeys(draws, through), rng, redraw=False))

    out = like(y, fed_with(chosen))  # a float, as samples are now, widens no float32
    if not np.array_equal(out._value, y._value, equal_nan=True):
        if not close(out):
            x = next((x for x in chosen if not close(fed_with([x]))), chosen[0])
            raise BlockedGradientError(_needs_integers(call, x, "its value changes"))
        out = with_expected(y, out, relaxed)  # 1.0 - float32 rounds, 1 - float32 not
    out.name = y.name
    return out


def fed(call: str, y: Data, there: Branch) -> Data:
    """Return `y` of relaxed samples, or say that something needs integers."""
    try:
        return there.of(y)
    except (MinigraphError, TypeError, ValueError) as error:
        x, *others = there.changed
        for one in [x, *others] if others else []:
            fed(call, y, there.only(one))  # says which
        raise BlockedGradientError(_needs_integers(call, x, str(error))) from error


def _needs_integers(call: str, x: Data, why: str) -> str:
    return (
        f"{call}: relaxed {label(x)} is fed to something that needs whole numbers ({why}); "
        f"{call_for(x, 'reinforce', 'marginalize')}"
    )


def _legal(
    call: str, y: Data, nodes: Handle, continuous: bool, why_not: Callable[[Data], Refusal | None]
) -> list[Data]:
    """Return the chosen draws, or raise for one that cannot be relaxed."""
    smooth = Smooth(y, continuous)
    chosen = choose_legal(call, y, nodes, lambda x: why_not(x) or smooth.why_not(x))
    return [x for copies in choose_each(call, y, one_each(chosen)) for x in copies]


def why_not_mean(x: Data) -> Refusal | None:
    """Return why the draw `x` has no mean to pass a gradient to, or None if it has one."""
    law = x._node.distribution
    if law.outcomes() is not None and hasattr(law, "mean"):
        return None
    return Refusal(
        f"{label(x)} ~ {type(law).__name__} is not discrete, or does not know its mean",
        call_for(x, "unblock"),
    )
