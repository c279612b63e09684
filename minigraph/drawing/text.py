"""A graph as text: what ran, line by line, in the order it ran."""

from __future__ import annotations

from collections import Counter

from ..data import Data
from ..graph import Graph
from ..nodes import StochasticNode
from .backflow import Backflow
from .kinds import more_lines
from .labels import brief, call, shown
from .rails import rails
from .units import Unit, in_order, outputs_of, parted, units

LONGEST_GRAPH = 40


def listing(graph: Graph) -> str:
    """Return the graph as lines in the order they ran: what was drawn, what was computed, values.

    Before the lines of a small graph it is drawn, see `rails`: what a line makes, and which of
    the columns it reads. The boxes of `mg.function` are one call. Data without a name are %1, %2,
    …. Of a long graph the middle is left out.

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.5, name="θ")
    >>> y = 2 * theta + mg.exp(theta)
    >>> y.name = "Y"
    >>> print(listing(mg.Graph(y)))
    <>              θ                       0.5
    o---[]          %1 = multiply(2.0, θ)   1.0
    o---|---[]      %2 = exp(θ)             1.64872
        o---o---[]  Y = add(%1, %2)         2.64872
    """
    things = in_order(graph, units(graph, expand=False, limit=LONGEST_GRAPH))
    before, left_out, after = parted(things, LONGEST_GRAPH)
    names = names_of(things)
    back = Backflow(graph)
    blocked = set(back.stops(graph.data))
    drawn = rails(before) if not left_out and before else [""] * len(things)
    rows = [row(thing, names, blocked) for thing in before]
    if left_out:
        count, *note = more_lines(left_out, back)
        rows.append((count, "".join(note)))
    rows += [row(thing, names, blocked) for thing in after]
    width = min(60, max(len(left) for left, _ in rows))
    return "\n".join(
        f"{rail}{left:<{width}}   {right}".rstrip()
        for rail, (left, right) in zip(drawn, rows, strict=False)
    )


def names_of(things: list[Unit | Data]) -> dict[Data, str]:
    """Return a name for every data: its own, numbered if another has it too, or %1, %2, …."""
    datas = [x for thing in things for x in outputs_of(thing)]
    given = {data: shown(data.name) if data.name else "" for data in datas}
    taken = set(given.values())
    names: dict[Data, str] = {}
    seen: Counter[str] = Counter()
    for data, name in given.items():
        seen[name] += 1
        names[data] = name
        while names[data] in taken and (seen[name] > 1 or not name):
            names[data] = f"{name}#{seen[name]}" if name else f"%{seen[name]}"
            seen[name] += names[data] in taken
    return names


def row(thing: Unit | Data, names: dict[Data, str], blocked: set[Data]) -> tuple[str, str]:
    """Return the two columns of one line: what ran, and the value it gave."""
    if isinstance(thing, Data):
        note = "   constant" if thing.constant else ""
        return names[thing], brief(thing.value) + note
    node = thing.node
    if thing.group is not None:
        arguments = ", ".join(names[x] for x, _ in thing.inputs)
        said = f"{shown(str(thing.group.name))}({arguments})"
    else:
        said = call(node, names.__getitem__)
    sign = "~" if isinstance(node, StochasticNode) else "="
    note = "   gradient blocked" if any(x in blocked for x in thing.outputs) else ""
    left = f"{', '.join(names[x] for x in thing.outputs)} {sign} {said}"
    return left, ", ".join(brief(x.value) for x in thing.outputs) + note
