"""The table of laws of one number: SciPy's law of the same parameters, and a grid of these.

A new law is a line here; every test of `test_distributions.py` then applies to it. The first entry
of a grid is a tame one, where averages of sin X are easy to integrate; the others go to extremes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

import minigraph as mg


class Law(NamedTuple):
    """A law, SciPy's law as a function of the same parameters, and a grid of parameters."""

    law: type[mg.Distribution]
    oracle: Callable[..., Any]
    grid: Sequence[dict[str, Any]]
    bad: Sequence[tuple[dict[str, Any], str]]  # parameters to refuse, and the name to blame
    sine: float | None = 1e-8  # accuracy of mg.exact of a gradient of E[sin X]; None: no rule


LOC_SCALE = [
    {"loc": 0.3, "scale": 0.7},
    {"loc": -1.0, "scale": 1e-6},
    {"loc": 1e6, "scale": 1e3},
    {"loc": 0.0, "scale": 1e6},
]
BAD_LOC_SCALE = [
    ({"loc": 0.0, "scale": 0.0}, "scale"),
    ({"loc": 0.0, "scale": -1.0}, "scale"),
    ({"loc": np.nan, "scale": 1.0}, "loc"),
    ({"loc": 0.0, "scale": np.inf}, "scale"),
]
COIN = [{"probs": 0.3}, {"probs": 1e-9}, {"probs": 1.0 - 1e-9}, {"probs": 0.0}, {"probs": 1.0}]
BAD_COIN = [({"probs": -0.1}, "probs"), ({"probs": 1.1}, "probs"), ({"probs": np.nan}, "probs")]


def p_of(logits: float) -> Any:
    return 1.0 / (1.0 + np.exp(-logits))


def softmax(logits: Any) -> Any:
    weights = np.exp(np.asarray(logits) - np.max(logits))
    return weights / weights.sum()


def index_law(probs: Any) -> Any:
    probs = np.asarray(probs) / np.sum(probs)
    return stats.rv_discrete(values=(np.arange(len(probs)), probs))


LAWS = {
    "Normal": Law(
        mg.Normal, lambda loc, scale: stats.norm(loc, scale), LOC_SCALE, BAD_LOC_SCALE
    ),
    "Uniform": Law(
        mg.Uniform,
        lambda low, high: stats.uniform(low, high - low),
        [{"low": -0.5, "high": 1.0}, {"low": 1e6, "high": 1e6 + 1.0}, {"low": -1e9, "high": 1e9}],
        [({"low": 1.0, "high": 1.0}, "low"), ({"low": 2.0, "high": 1.0}, "low"),
         ({"low": -np.inf, "high": 1.0}, "low")],
    ),
    "Exponential": Law(
        mg.Exponential,
        lambda rate: stats.expon(scale=1.0 / rate),
        [{"rate": 1.7}, {"rate": 1e6}, {"rate": 1e-6}],
        [({"rate": 0.0}, "rate"), ({"rate": -1.0}, "rate"), ({"rate": np.nan}, "rate")],
    ),
    "Bernoulli": Law(mg.Bernoulli, lambda probs: stats.bernoulli(probs), COIN, BAD_COIN),
    "Bernoulli by logits": Law(
        mg.Bernoulli,
        lambda logits: stats.bernoulli(p_of(logits)),
        [{"logits": -0.6}, {"logits": 12.0}, {"logits": -20.0}],
        [({"logits": np.nan}, "logits")],
    ),
    "Categorical": Law(
        mg.Categorical,
        lambda probs: index_law(probs),
        [{"probs": [0.2, 0.5, 0.3]}, {"probs": [1.0, 0.0, 3.0]}, {"probs": [1e-12, 1.0]}],
        [({"probs": [0.0, 0.0]}, "probs"), ({"probs": [-0.1, 1.1]}, "probs"),
         ({"probs": 0.5}, "probs")],
    ),
    "Categorical by logits": Law(
        mg.Categorical,
        lambda logits: index_law(softmax(logits)),
        [{"logits": [0.2, -1.0, 0.7]}, {"logits": [1000.0, 1001.0, 999.0]}],
        [({"logits": [-np.inf, -np.inf]}, "logits"), ({"logits": [np.nan, 0.0]}, "logits")],
    ),
    "Poisson": Law(
        mg.Poisson,
        lambda rate: stats.poisson(rate),
        [{"rate": 2.5}, {"rate": 0.0}, {"rate": 1e-8}, {"rate": 400.0}, {"rate": 1e6}],
        [({"rate": -1.0}, "rate"), ({"rate": np.inf}, "rate")],
    ),
}  # fmt: skip
