"""How far one law is from another: the Kullback-Leibler divergence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..ops.base import as_data
from ..ops.boxes import function
from ..ops.elementwise import astype
from ..ops.shaping import broadcast_to, shape_of
from .base import Distribution
from .composite import Independent
from .cross import cross, kind
from .families import CLOSED, equal_values
from .parameters import broadcast
from .sampling import OF_X, sample
from .streams import Rng
from .transformed import TransformedDistribution


def _transformed(p: Any, q: Any) -> Any:
    """Return the divergence of the laws before the transforms, if these are the same."""
    one, other = ([x for f in law.chain for x in f.inputs] for law in (p, q))
    kinds = [[type(f) for f in law.chain] for law in (p, q)]
    if kinds[0] != kinds[1] or not all(map(_same, one, other)):
        raise UsageError(
            f"kl_divergence: {p!r} and {q!r} have different transforms; pass sampled=True to "
            "average over samples"
        )
    return _closed(p.base, q.base)(p.base, q.base)


def _same(a: Any, b: Any) -> bool:
    """Return whether two parameters are and stay the same."""
    fixed = all(x.constant for x in (a, b) if isinstance(x, Data))
    return a is b or (fixed and equal_values(a, b))


def _independent(p: Any, q: Any) -> Any:
    if p.folded != q.folded:
        raise UsageError(f"kl_divergence: {p!r} and {q!r} have different event axes")
    return p._fold(_closed(p.base, q.base)(p.base, q.base))


BOTH: Mapping[type, Callable[[Any, Any], Any]] = {
    Independent: _independent, TransformedDistribution: _transformed,
}  # fmt: skip


def _closed(p: Distribution, q: Distribution) -> Callable[[Any, Any], Any]:
    sizes = [getattr(law, "size", law.event_shape) for law in (p, q)]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"kl_divergence: {p!r} and {q!r} have draws of sizes {sizes[0]} and {sizes[1]}; they "
            "must be laws of the same numbers"
        )
    same = kind(p) if kind(p) is kind(q) else Distribution
    found = BOTH.get(same) or CLOSED.get(same) or cross(p, q)
    if found is None:
        raise UsageError(
            f"kl_divergence: no closed form for {type(p).__name__} and {type(q).__name__}; pass "
            "sampled=True to average over samples"
        )
    single = np.float32 in (p.dtype, q.dtype)  # computed in double, as large terms cancel
    dtype = np.result_type(p.dtype, q.dtype)
    batch = np.broadcast_shapes(p.batch_shape, q.batch_shape)

    def full(p: Any, q: Any) -> Any:
        value = astype(found(p.doubled(), q.doubled()), dtype=dtype) if single else found(p, q)
        return value if shape_of(value) == batch else broadcast_to(value, shape=batch)

    return full


def kl_divergence(
    p: Distribution, q: Distribution, *, sampled: bool = False, rng: Rng = None
) -> Data:
    """Return KL(p ‖ q) = E[log p(X) - log q(X)], X ~ p, in nats, of the batch shape.

    One rectangle in pictures, differentiable in the parameters of both laws.

    Parameters
    ----------
    p, q : Distribution
        Two laws.
    sampled : bool
        Return log p(X) - log q(X) of one sample instead of a closed form. X is a draw of the graph
        like any other: `mg.expectation` averages over it, and a gradient for parameters of p needs
        a rewrite, `mg.unblock`.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where the randomness of this sample comes from.

    Raises
    ------
    UsageError
        If one of them is no law, or the pair has no closed form and `sampled` is not asked for.
    InputError
        If draws from the two have different shapes.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.kl_divergence(mg.Normal(1.0, 1.0), mg.Normal(0.0, 1.0)).value
    0.5
    """
    for law in (p, q):
        if not isinstance(law, Distribution):
            raise UsageError(
                f"kl_divergence: got {type(law).__name__}, needs two distributions{OF_X}"
            )
    batches = {"p": p.batch_shape, "q": q.batch_shape}
    broadcast("kl_divergence", batches.values(), batches)
    if sampled:
        x = sample(p, rng=rng)
        return p.log_prob(x) - q.log_prob(x)
    formula = _closed(p, q)
    n = len(p.inputs)

    def kl(*inputs: Any) -> Any:
        return formula(p.with_inputs(inputs[:n]), q.with_inputs(inputs[n:]))

    with np.errstate(all="ignore"):
        return as_data(function(kl, name="KL")(*p.inputs, *q.inputs))
