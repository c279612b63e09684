"""Measure-valued derivatives: the cost at two coupled samples, with no derivative of the cost."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.sampling import sample
from ..distributions.streams import Rng, generator
from ..distributions.weak_derivatives import Weak, weak_derivatives
from ..ops.base import as_data
from ..ops.boxes import function, stop_gradient
from ..ops.elementwise import add, astype, where
from ..ops.picks import index_update
from ..ops.reductions import sum_
from ..ops.shaping import broadcast_to
from ..values import whole
from ..walk import label
from .branches import Branch
from .choose import Handle, Refusal, call_for, choose_legal, refuse_many
from .edges import edged, may_carry
from .elements import Places
from .impossible import stuck
from .marginalize import LIMIT
from .slopes import Rule, slope_in, with_slopes

CostsAt = Callable[..., Data]  # from a cost, and an element or None, to a cost


def measure_valued(y: Data, nodes: Handle = None, *, limit: int = LIMIT, rng: Rng = None) -> Data:
    """Return `y` with measure-valued derivatives of draws: ∂ E[F(X)] = c E[F(X⁺) - F(X⁻)].

    The derivative of the law of a draw, in each of its parameters, is a constant times the
    difference of two laws. The graph below the draw is run again at a sample of either, coupled
    where the law says how, and the difference is the slope in the parameter. F needs no derivative
    and may jump. It takes up to two copies of the graph for every element of every parameter, or
    for all elements together where element b of a cost depends only on element b of the draw.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws; by default all that block a gradient.
    limit : int
        How many elements of a draw are still looked at one by one.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the samples in the copies come from.

    Raises
    ------
    BlockedGradientError
        If a parameter that carries a gradient has no weak derivative written down for its law. Also
        when the gradient is differentiated again: its own derivative is not in the graph.
    InputError
        If a draw has more elements than `limit`.

    References
    ----------
    Mohamed, Rosca, Figurnov and Mnih 2020, *Monte Carlo Gradient Estimation in Machine Learning*,
    section 6, https://arxiv.org/abs/1906.10652

    Examples
    --------
    >>> import minigraph as mg
    >>> rate = mg.Data(3.0, name="rate")
    >>> y = mg.sample(mg.Poisson(rate), name="X", rng=0) ** 2
    >>> z = mg.measure_valued(y)
    >>> z.value == y.value, round(mg.exact(z, rate).grad[rate], 9)  # E[(X + 1)² - X²]
    (True, 7.0)
    """
    chosen = choose_legal("measure_valued", y, nodes, why_not_measure_valued)
    rng, limit = generator(rng), whole("limit", limit, call="measure_valued")
    prepare = lambda x, law: _differences(x, law, limit, rng)
    return with_slopes(y, chosen, "measure-valued", prepare)


def _differences(x: Data, law: Any, limit: int, rng: np.random.Generator) -> Rule:
    """Return the rule from a cost to its slopes in the parameters of the draw `x`."""
    known, tops = weak_derivatives(x._node.distribution, stop_gradient(x)), dict(edged(law))
    still = {name: stuck(law.parameters[name], top) for name, top in tops.items() if name in known}
    samples = [
        (_entry(law, name, p, k), weak.constant, *[_costs_at(x, side, rng) for side in pair])
        for name, p in law.parameters.items()
        if may_carry(p)
        for stays in [still.get(name)]
        for k, weak in enumerate(known[name])
        for pair in [_pair(weak, x, rng, _entry(law, name, stays, k))]
    ]

    def rule(cost: Data, places: Places) -> Iterator[Data]:
        for entry, constant, up, down in samples:
            yield _slope(cost, places, x, limit, entry, constant, up, down)

    return rule


def _entry(law: Any, name: str, p: Data | None, k: int) -> Any:
    """Return entry `k` of what goes with a parameter, if that is a vector."""
    return p[..., k] if p is not None and law.event_axes.get(name) else p


def _pair(
    weak: Weak, x: Data, rng: np.random.Generator, stays: Data | None
) -> tuple[Data | None, Data | None]:
    """Return a sample of the positive and one of the negative law; None is `x` itself.

    So are both where the parameter `stays` at an edge: they do not count, whatever they cost.
    """
    name = f"noise of {x.name}±" if x.name else "noise"
    noise = [sample(law, name=name, rng=rng) for law in weak.noise]

    def made(sampler: Any, name: str) -> Data | None:
        return None if sampler is None else function(lambda *_: like_x(sampler), name=name)()

    def like_x(sampler: Any) -> Data:
        data = as_data(sampler(*noise))
        data = data if data.dtype == x.dtype else astype(data, dtype=x.dtype)
        data = data if stays is None else where(stays, stop_gradient(x), data)
        return data if data.shape == x.shape else broadcast_to(data, shape=x.shape)

    return made(weak.positive, "X⁺"), made(weak.negative, "X⁻")


def _costs_at(x: Data, other: Data | None, rng: np.random.Generator) -> CostsAt:
    """Return the function from a cost to what it is at another sample, or one with element `i`."""
    if other is None:
        return lambda cost, i=None: cost

    @functools.cache
    def there(i: tuple[int, ...] | None) -> Branch:
        return Branch({x: other if i is None else index_update(x, i, other[i])}, rng)

    return lambda cost, i=None: there(i).of(cost)


def _slope(
    cost: Data, places: Places, x: Data, limit: int,
    entry: Data, constant: Any, up: CostsAt, down: CostsAt,
) -> Data:  # fmt: skip
    """Return what has the slope of the expected cost in one parameter, or in one entry of it."""
    shape = x._node.distribution.batch_shape
    entry, constant = (
        data if data.shape == shape else broadcast_to(data, shape=shape)
        for data in (entry, as_data(constant))
    )
    if None not in places:  # one number, or elements that stay apart
        return slope_in(entry, constant, up(cost), down(cost), places)
    refuse_many("measure_valued", x, (math.prod(shape), "elements"), limit, "pairs of copies")
    terms = [
        entry[i] * stop_gradient(constant[i] * (up(cost, i) - down(cost, i)))
        for i in np.ndindex(shape)
    ]
    return functools.reduce(add, terms) if terms else sum_(entry)


def why_not_measure_valued(x: Data) -> Refusal | None:
    """Return why the draw `x` cannot get measure-valued derivatives, or None if it can."""
    law = x._node.distribution
    known = weak_derivatives(law, x)
    missing = [n for n, p in law.parameters.items() if may_carry(p) and n not in known]
    if not missing:
        return None
    return Refusal(
        f"{label(x)} ~ {type(law).__name__} has no weak derivative in {' and '.join(missing)} "
        "written down",
        call_for(x, "reinforce", "unblock"),
    )
