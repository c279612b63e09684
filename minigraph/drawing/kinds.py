"""What each thing is drawn as: its kind, and the lines of its label."""

from __future__ import annotations

from typing import Any

from ..graph import Data, StochasticNode
from ..paths import is_parameter
from .labels import brief, call, is_literal, says_something, shown
from .units import Unit


def unit_kind(unit: Unit) -> str:
    """Return the kind of a function."""
    node: Any = unit.node
    if unit.group is not None:
        return "deterministic"
    if isinstance(node, StochasticNode):
        return "noise" if all(x.constant for x in node.inputs) else "stochastic"
    return {"stop": "stop", "black box": "black box"}.get(
        str(node.barrier), "surrogate" if node.op.name == "score_factor" else "deterministic"
    )


def unit_lines(unit: Unit) -> list[str]:
    """Return the label of a function: its name, then the law or the call where that says more."""
    if unit.group is not None:
        return [shown(str(unit.group.name))]
    node: Any = unit.node
    lines = [shown(str(node.name))]
    if isinstance(node, StochasticNode):
        return [*lines, call(node, short, keywords=False).removesuffix("()")]
    if node.op.name == "score_factor":
        return [*lines, "= 1, its slope is the score"]
    if any(map(is_literal, node.inputs)) or any(map(says_something, node.fixed.values())):
        said = call(node, short)
        return [said] if node.name == node.op.name else [*lines, said]
    return lines


def short(x: Data) -> str:
    """Return what a call inside a label names its input."""
    return shown(x.name, 12) if x.name else "·"


def data_kind(data: Data, is_output: bool) -> str:
    """Return the kind of a data."""
    if data._node is None:
        return "parameter" if is_parameter(data) else "constant"
    return "output" if is_output else "data"


def data_lines(data: Data, values: Any, shapes: Any) -> list[str]:
    """Return the label of a data: its name, and what was asked for."""
    lines = [shown(data.name)] if data.name else []
    if values or not (lines or data._node or is_parameter(data)):
        lines.append(brief(data.value))
    if shapes and data.shape:
        lines.append(f"shape {data.shape}")
    if values and data.grad is not None:
        lines.append(f"grad {brief(data.grad)}")
    return lines
