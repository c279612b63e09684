"""Weak derivatives of laws of counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.elementwise import divide, maximum, minimum, reciprocal
from .bernoulli import Bernoulli
from .negative_binomial import NegativeBinomial
from .weak import Weak


def poisson(law: Any, x: Any) -> dict[str, Any]:
    """One more, and the law itself."""
    return {"rate": Weak(np.ones(law.shape), lambda: x + 1.0, None)}


def by_logits(law: Any, weak: Weak) -> dict[str, Any]:
    """Return the derivative in the log-odds beside that in the probability."""
    slope = law.probs * law.others
    return {"probs": weak, "logits": weak._replace(constant=weak.constant * slope)}


def bernoulli(law: Any, x: Any) -> dict[str, Any]:
    """1 and 0."""
    return by_logits(law, Weak(np.ones(law.shape), lambda: 0 * x + 1.0, lambda: 0 * x))


def binomial(law: Any, x: Any) -> dict[str, Any]:
    """One coin, picked at random, that falls on either side; the others stay.

    Where all coins show tails it cannot show heads, and vice versa. But a grid of all outcomes
    looks also at what cannot be, with weight 0: all that is made there stays in its range.
    """
    n = law.total_count
    heads = Bernoulli(minimum(divide(x, np.maximum(n, 1.0)), 1.0))
    more, less = lambda h: minimum(x - h + 1.0, n), lambda h: maximum(x - h, 0.0)
    return by_logits(law, Weak(1.0 * n, more, less, [heads]))


def geometric(law: Any, x: Any) -> dict[str, Any]:
    """The law itself, and the failures before the second success, and one more."""
    more = Weak(reciprocal(law.probs), None, lambda again: x + again + 1.0, [law])
    return by_logits(law, more)


def negative_binomial(law: Any, x: Any) -> dict[str, Any]:
    """The successes before one more failure, and one more, and the law itself."""
    chance = {name: p for name, p in law.parameters.items() if name != "total_count"}
    again = NegativeBinomial(np.ones(law.shape), **chance)
    return by_logits(
        law, Weak(divide(law.total_count, law.others), lambda g: x + g + 1.0, None, [again])
    )


def categorical(law: Any, x: Any) -> dict[str, Any]:
    """For each outcome: that one, and the law itself."""

    def one(k: int, constant: Any) -> Weak:
        return Weak(constant, lambda: 0 * x + float(k), None)

    p = law.probs
    if "logits" in law.parameters:
        return {"logits": [one(k, p[..., k]) for k in range(law.size)]}
    total = np.sum(law.parameters["probs"], axis=-1)
    return {"probs": [one(k, reciprocal(total)) for k in range(law.size)]}
