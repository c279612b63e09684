"""The draws of a tape: noise and a transform where a law has them; none that Python looked at."""

from __future__ import annotations

from ..data import Data
from ..errors import InputError
from ..estimators.reparameterize import opened
from ..nodes import StochasticNode
from ..walk import label


def with_noise(data: Data, inputs: tuple[Data, ...]) -> Data | None:
    """Replace a draw by noise and a transform, if its law has one."""
    node = data._node
    if not isinstance(node, StochasticNode):
        return None
    refuse_branched(data)
    return None if node.noise is None else opened(data, inputs)


def refuse_branched(data: Data) -> None:
    """Raise if Python's control flow looked at this sample."""
    if data._node.branched:
        raise InputError(
            f"replay of {label(data)}: Python looked at this sample in an if, a while, an index or "
            "a length when the graph was built, so the graph holds only the branch that was taken; "
            "pass a function that builds and returns Y, mg.expectation(f, …), which is traced anew "
            "for every sample, or write the choice as mg.where; if nothing came of the look, draw "
            "anew and look at x.value"
        )
