"""Scores: a factor of value 1 whose derivative is the score of draws, ∇ log P_θ(X)."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np

from ..data import Data
from ..ops.elementwise import add, astype, each, subtract
from ..ops.reductions import sum_
from ..ops.shaping import reshape

factor = each("score_factor", np.ones_like, lambda g, y, log_prob: g * y, numpy=(), always=1.0)


def seen(log_prob: Data, places: Sequence[int | None]) -> Data:
    """Return the log-probabilities that each element of a cost sees, lined up with its axes."""
    kept = [p for p in places if p is not None]
    if not kept or kept != sorted(kept):
        return sum_(log_prob) if log_prob.shape else log_prob
    lost = tuple(axis for axis, p in enumerate(places) if p is None)
    log_prob = sum_(log_prob, axis=lost) if lost else log_prob
    shape = [1] * -kept[0]
    for place, length in zip(kept, log_prob.shape, strict=True):
        shape[place] = length
    return log_prob if tuple(shape) == log_prob.shape else reshape(log_prob, shape=tuple(shape))


def joint(log_probs: Sequence[Data]) -> Data:
    """Return the log-probability of several draws together."""
    return functools.reduce(add, [sum_(x) if x.shape else x for x in log_probs])


def log_probs_of(factors: Data) -> Iterator[Data]:
    """Return the log-probabilities, each a box of its own, that were added up for a factor."""
    todo, box = [factors], factors._node._group
    while todo:
        data = todo.pop()
        if data._op in (add, subtract, astype, factor) and data._node._group is box:
            todo += [x for x in data._inputs if type(x) is Data and not x._literal]
        else:
            yield data
