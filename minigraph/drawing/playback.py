"""A graph run again, forward on a fresh sample and backward along the dashed arrows, on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..cotangents import fitted
from ..data import Data
from ..graph import Graph
from ..nodes import StochasticNode
from ..paths import Flow, refuse_stale
from ..values import own
from .backflow import OPEN, Backflow

Values = Mapping[Data, Any]
WIDE = 20_000


def values_now(graph: Graph) -> Values:
    """Return the values that are there; refused if an input was given another since."""
    refuse_stale(Flow(graph.outputs))
    return {data: data._value for data in graph.data}


def fresh_values(graph: Graph, rng: np.random.Generator) -> Values:
    """Return the values of the whole graph for a new sample."""
    values: dict[Data, Any] = {}
    drawn: dict[Any, Any] = {}
    with np.errstate(all="ignore"):  # the run that built the graph has warned
        for data in graph.data:
            node: Any = data._node
            if node is None:
                values[data] = data._value
                continue
            inputs = [values[x] for x in node.inputs]
            if isinstance(node, StochasticNode):
                values[data] = fresh_sample(node, inputs, rng, drawn)
            else:
                values[data] = node.op.evaluate(inputs, node.fixed)
    return values


def fresh_sample(
    node: StochasticNode, inputs: list[Any], rng: np.random.Generator, drawn: dict[Any, Any]
) -> Any:
    """Return a sample; the copies that rewrites made of one draw, or of its noise, share it."""
    if node.draw not in drawn:
        law = node.distribution.with_inputs(inputs).plain()
        law.refuse_bad(law.parameters)
        if (node.draw,) in drawn:
            sample = law.transform(drawn[node.draw,])
        else:
            sample, noise = law.draw(rng, law.shape)
            if noise is not None:
                drawn[node.draw,] = own(noise)
        drawn[node.draw] = own(sample)
    return drawn[node.draw]


def is_narrow(graph: Graph) -> bool:
    """Return whether no function has so many inputs that the way back through it takes minutes."""
    return all(len(node.inputs) <= WIDE for node in graph.nodes)


def cotangents(
    graph: Graph, back: Backflow, values: Values
) -> tuple[dict[Data, Any], dict[tuple[Data, int], Any], dict[Data, Any]]:
    """Return what flows back: the seeds of the outputs, what goes along each dashed arrow, sums.

    An arrow is named as in `Backflow.into_data`: by the data whose node sends something back, and
    the position of the input to which it is sent. The sums are what arrives at each data. Of an
    output that is an array, the gradient of its sum flows back.
    """
    seeds = {y: own(np.ones_like(values[y])) for y in graph.outputs if y.dtype.kind == "f"}
    total: dict[Data, Any] = dict(seeds)
    sent: dict[tuple[Data, int], Any] = {}
    with np.errstate(all="ignore"):
        for data, mark in back.into_node.items():  # the last ones first
            if mark != OPEN or data not in total:
                continue
            node: Any = data._node
            inputs = [values[x] for x in node.inputs]
            cotangent = node.op.pulls(total[data], values[data], inputs, node.fixed)
            for i, x in enumerate(node.inputs):
                if (data, i) in back.into_data:
                    c = cotangent(i)
                    if c is not None:
                        sent[data, i] = c = own(fitted(c, values[x], data, i))
                        total[x] = own(total[x] + c) if x in total else c
    return seeds, sent, total
