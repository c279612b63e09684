"""The walk up from data, to all that they were made from, in the order it ran."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from .values import show

Data = Any  # the next chapter


def walk(
    outputs: Iterable[Data], through_stops: bool = True, seen: Container[Data] = ()
) -> tuple[list[Data], list[Data], list[Data]]:
    """Return what was made, in the order it ran, the inputs, and the barriers, above `outputs`.

    The outputs themselves are part of it. A bare array is an input, a bare number is nothing.
    Barriers are the draws, the black boxes and the stops; without `through_stops` the walk ends
    below a stop. It ends before what was `seen`.
    """
    made: dict[int, Data] = {}  # by the time it ran
    inputs: dict[Data, None] = {}
    barriers: dict[Data, None] = {}
    todo: list[Any] = list(outputs)
    for data in todo:  # which grows meanwhile
        if type(data) is float:
            continue
        op = data._op
        if op is None:
            inputs[data] = None
        elif data._time not in made and data not in seen:
            made[data._time] = data
            if op.barrier is not None:
                barriers[data] = None
            if through_stops or op.barrier != "stop":
                todo += data._inputs
    return (
        [made[time] for time in sorted(made)],
        list(inputs),
        sorted(barriers, key=lambda data: data._time),
    )


def varies(data: Data) -> bool:
    """Return whether `data` was drawn, or made of a draw or of an input that is no constant."""
    todo: list[Any] = [data]
    seen: set[Data] = set()
    while todo:
        x = todo.pop()
        if type(x) is float or x in seen:
            continue
        seen.add(x)
        if x._op is None:
            if not x._constant:
                return True
        elif x._op.barrier == "draw":
            return True
        else:
            todo += x._inputs
    return False


def below_draws(made: Iterable[Data]) -> set[Data]:
    """Return what was drawn or descends from a draw, of data in the order they ran."""
    found: set[Data] = set()
    for data in made:
        if data._op.barrier == "draw" or not found.isdisjoint(data._node.inputs):
            found.add(data)
    return found


def ancestors(outputs: Iterable[Data], seen: Container[Data] = ()) -> list[Data]:
    """Return what was made above and including `outputs`, and not `seen`, in the order it ran."""
    return walk(outputs, seen=seen)[0]


def drawn_above(outputs: Iterable[Data]) -> list[Data]:
    """Return the draws above some data, in the order they ran."""
    return [x for x in ancestors(outputs) if x._op.barrier == "draw"]


def label(data: Data) -> str:
    """Return what an error calls `data`: its name, else what it is."""
    if data.name:
        return repr(data.name)
    if data._op is None:
        return f"the unnamed {'constant' if data.constant else 'input'} {show(data._value)}"
    box = data.node._group
    return f"the unnamed output of {data.node.name}{f' in {box.outermost.name}' if box else ''}"
