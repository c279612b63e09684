"""The entropy of laws of counts, which has no closed form: a sum over all outcomes that matter.

How many matter depends on the parameters, so it is one operation, which looks at them each time it
runs; a sum in the graph would go on with as many terms as the first parameters needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UsageError
from ..ops.base import Operation
from ..ops.elementwise import each
from .base import Distribution
from .definition import ENUMERATED

Score = Callable[..., Any]  # the derivative of log p(x) in a parameter: (x, *parameters)


def summed_entropy(kind: type[Distribution], **scores: Score | None) -> list[Operation]:
    """Return the operation from parameters to the entropy, -Σ p log p, and those to its slopes.

    A slope is -Σ p s log p with the score s, since the scores themselves average to 0. It is not
    differentiable again. All are variables of the module of the law, where a text finds them.
    """

    def adding(score: Score | None) -> Callable[..., Any]:
        def add(*theta: Any) -> Any:
            dtype = np.result_type(*theta)
            values = np.broadcast_arrays(*[np.asarray(v, dtype=float) for v in theta])
            out = np.empty(values[0].shape)
            for place in np.ndindex(out.shape):
                given = zip(scores, [v[place] for v in values], strict=True)
                out[place] = _sum(kind, dict(given), score)
            return out.astype(dtype if dtype.kind == "f" else float)[()]

        return add

    def rule(slope: Operation | None) -> Any:
        return slope and (lambda g, y, *theta: g * slope(*theta))

    slopes = {
        name: each(
            f"slope of the entropy in {name}", adding(score), *[None] * len(scores),
            numpy=(), barrier="black box",
        )
        for name, score in scores.items() if score
    }  # fmt: skip
    rules = [rule(slopes.get(name)) for name in scores]
    entropy = each(f"entropy of {kind.__name__}", adding(None), *rules, numpy=())
    return [entropy, *slopes.values()]


def _sum(kind: type[Distribution], given: dict[str, Any], score: Score | None) -> Any:
    with np.errstate(all="ignore"):
        law = kind(**given).plain()
        far = 40.0 * (math.sqrt(law.variance) + law.variance / max(law.mean, 1e-300))
        low = max(0.0, law.mean - far)
        high = min(float(law.reach()), law.mean + far)
        if not high - low < ENUMERATED:
            raise UsageError(
                f"entropy of {kind.__name__}: about {high - low:.0e} outcomes of {law!r} matter, "
                "too many to add up; average -log_prob of its samples instead"
            )
        x = np.arange(math.floor(low), math.ceil(high) + 1.0)
        log_p = law.log_density(x)
        x, log_p = x[log_p > -745.0], log_p[log_p > -745.0]
        log_p -= np.log(np.sum(np.exp(log_p)))  # 1, but for what large terms were rounded by
        weight = 1.0 if score is None else score(x, *given.values())
        return -np.sum(weight * np.exp(log_p) * log_p) + 0.0  # 0.0, not -0.0
