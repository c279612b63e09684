"""What each thing is drawn as: its kind, and the lines of its label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..data import Data
from ..graph import Graph
from ..nodes import DeterministicNode, StochasticNode
from ..ops.elementwise import astype
from ..paths import is_parameter
from ..walk import varies
from .backflow import Backflow
from .labels import brief, call, says_something, shown
from .picture import Options
from .units import Unit, count_of, made_by


def unit_kind(unit: Unit) -> str:
    """Return the kind of a function."""
    node: Any = unit.node
    if unit.group is not None:
        scores = str(unit.group.name).endswith(".log_prob")
        return "log-probability" if scores else "deterministic"
    if isinstance(node, StochasticNode):
        return "stochastic" if any(map(varies, node.inputs)) else "noise"
    if node.barrier is not None:
        return str(node.barrier)
    if node.op.name.endswith("(biased)"):
        return "biased"
    return "surrogate" if has_fixed_value(node) or node.op.stands_for else "deterministic"


def has_fixed_value(node: Any) -> bool:
    """Return whether a node is there for its slope alone: it is a factor of 1, or a term of 0."""
    return isinstance(node, DeterministicNode) and node.op.always is not None


def costs_of(graph: Graph) -> set[Data]:
    """Return what estimators gave a slope to: it is read beside something that has only a slope."""
    found: set[Data] = set()
    for node in graph.deterministic:
        if node.op.stands_for:
            first = node.inputs[0]
            found.update(first._node.inputs if first._node else [first])
        elif any(has_fixed_value(uncast(x)._node) for x in node.inputs):
            found.update(x for x in node.inputs if not has_fixed_value(uncast(x)._node))
    return {x for x in found if x._node is not None}


def uncast(x: Data) -> Data:
    """Return what `x` was before it got another dtype."""
    return x._node.inputs[0] if x._op is astype else x


def unit_lines(unit: Unit) -> list[str]:
    """Return the label of a function: its name, then the law or the call where that says more."""
    if unit.group is not None:
        return [shown(str(unit.group.name))]
    node: Any = unit.node
    lines = [shown(str(node.name))]
    if isinstance(node, StochasticNode):
        return [*lines, call(node, short, keywords=False).removesuffix("()")]
    if has_fixed_value(node):
        slope = "the score" if node.op.always else "an estimate"
        return [*lines, f"= {node.op.always:g}, its slope is {slope}"]
    if any(x._literal for x in node.inputs) or any(map(says_something, node.fixed.values())):
        said = call(node, short)
        if node.name == node.op.name:
            return [said]
        return [*lines, said.replace(f"{lines[0]}(", f"{shown(node.op.name)}(", 1)]
    return lines


def more_lines(left_out: list[Unit | Data], back: Backflow | None) -> list[str]:
    """Return what stands for what is left out: how much that is, and where it stops a gradient."""
    stops = back.stops(made_by(left_out)) if back else []
    lines = [f"… {count_of(left_out):,} more …"]
    return [*lines, f"gradient blocked at {names(stops)}"] if stops else lines


def names(made: Iterable[Data]) -> str:
    """Return what the functions that made data are called, and how many there are beyond four.

    Several of one name are called by what they made, the draws P by their samples.
    """
    made = list(made)
    calls = Counter(data._node.name for data in made)
    said = [data.name if calls[name := data._node.name] > 1 and data.name else name
            for data in made[:4]]  # fmt: skip
    rest = f" and {len(made) - 4:,} more" if len(made) > 4 else ""
    return ", ".join([shown(str(x)) for x in said]) + rest


def short(x: Data) -> str:
    """Return what a call inside a label names its input."""
    return shown(x.name, 12) if x.name else "·"


def data_kind(data: Data, is_output: bool, is_cost: bool) -> str:
    """Return the kind of a data."""
    if data._node is None:
        return "parameter" if is_parameter(data) else "constant"
    return "output" if is_output else "cost" if is_cost else "data"


def data_lines(data: Data, kind: str, asked: Options, slope: Any) -> list[str]:
    """Return the label of a data: its name, and what was asked for."""
    values = asked.get("values", False)
    lines = [shown(data.name)] if data.name else []
    if kind == "cost" and data.name != "cost":
        lines.append("cost")
    if values or not (lines or data._node or is_parameter(data)):
        lines.append(brief(data.value))
    if asked.get("shapes") and data.shape:
        lines.append(f"shape {data.shape}")
    if asked.get("dtypes"):
        lines.append(str(data.dtype))
    if asked.get("statistics") and data.size > 1:
        lines += statistics(data.value)
    if values and data.grad is not None:
        lines.append(f"grad {brief(data.grad)}")
    if slope is not None:
        lines.append(f"slope {brief(slope)}")
    return lines


def statistics(value: Any) -> list[str]:
    """Return what many numbers are like, in two lines."""
    numbers = np.asarray(value, dtype=np.float64)
    with np.errstate(all="ignore"):
        low, high, mean, median = (f(numbers) for f in (np.min, np.max, np.mean, np.median))
    return [f"{low:.4g} to {high:.4g}", f"mean {mean:.4g}, median {median:.4g}"]
