"""One description of a picture, boxes and arrows, from which every format is written.

Identifiers are generated (n0, n1, …); names appear in the lines of a label and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, TypedDict

KINDS = (
    "data", "parameter", "constant", "cost", "output", "stochastic", "noise", "deterministic",
    "log-probability", "surrogate", "biased", "stop", "black box", "more",
)  # fmt: skip
GONE, NEW = "gone", "new"
SIGNS: Mapping[str, str] = {"": "", GONE: "− gone", NEW: "+ new"}
LIMIT = 80  # functions and inputs
DIRECTIONS = ("TB", "LR", "BT", "RL")


class Options(TypedDict, total=False):
    """What every picture can be asked for.

    Attributes
    ----------
    gradients : bool
        Draw the dashed arrows, the way gradients flow. True by default.
    values : bool
        Write the value below every name, and the gradient where `backward` has stored one.
    shapes : bool
        Write the shape of every array below its name.
    dtypes : bool
        Write the dtype of every data.
    statistics : bool
        Write the least, the greatest, the mean and the median number of every array.
    slopes : bool
        Write the slope of the output in every data, as one backward pass finds it now; nothing
        where that pass, or a part of it, is blocked, or a function has more than 20,000 inputs. For
        an output that is an array, the slope of its sum.
    expand : bool
        Open the boxes of `mg.function`.
    wrt : Data, str, or list of these
        Draw only what depends on these, and the gradients towards them; by default everything,
        and the gradients towards every float input that is not a constant.
    direction : {"TB", "LR", "BT", "RL"}
        Which way the data flows; top to bottom by default.
    limit : int
        How many functions and inputs to draw, 80 by default; of a larger graph the beginning and
        the end are drawn, and one box says how many are left out between them.
    plates : bool, int or str
        True: a frame around what has the same array shape. A count or a letter, ``"n"``: also a
        frame around what is computed for each of n samples. A dict gives names to lengths,
        ``{100: "flights", "samples": "n"}``.
    styles : dict
        Attributes of Graphviz for each kind, ``{"stochastic": {"fillcolor": "#ffd700"}}``. Of
        these, Mermaid and LaTeX know color, fillcolor, fontcolor and penwidth.
    """

    gradients: bool
    values: bool
    shapes: bool
    dtypes: bool
    statistics: bool
    slopes: bool
    expand: bool
    wrt: Any
    direction: str
    limit: int
    plates: Any
    styles: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Box:
    """A data or a function. `cluster` is the open box around it.

    `mark` is "gone" or "new" where two pictures are compared.
    """

    id: str
    kind: str
    lines: tuple[str, ...] = ()
    cluster: str | None = None
    mark: str = ""


@dataclass(frozen=True)
class Arrow:
    """An arrow; a gradient is drawn dashed. `repeats` counts the same argument passed again."""

    tail: str
    head: str
    gradient: bool = False
    blocked: bool = False
    repeats: int = 1
    mark: str = ""

    @property
    def kind(self) -> str:
        """What it is: an arrow of data, a gradient, or one that is blocked."""
        return "blocked" if self.blocked else "gradient" if self.gradient else "arrow"

    @property
    def words(self) -> list[str]:
        """What is written at it."""
        return [
            *[SIGNS[self.mark]] * bool(self.mark),
            *["blocked"] * self.blocked,
            *[f"×{self.repeats}"] * (self.repeats > 1),
        ]


@dataclass(frozen=True)
class Cluster:
    """An open box around others."""

    id: str
    name: str
    parent: str | None = None


@dataclass(frozen=True)
class Picture:
    """Boxes and arrows. `title` and `description` are for those who cannot see them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    clusters: tuple[Cluster, ...] = ()
    direction: str = "TB"
    title: str = "Graph"
    description: str = ""
    styles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def turns(self, arrow: Arrow) -> bool:
        """Return whether Graphviz is told to draw an arrow backwards, see `dot.source`."""
        return arrow.gradient and bool(arrow.words or self.clusters)


def is_whole(x: Any, least: int) -> bool:
    """Return whether `x` is a whole number from `least` up."""
    return isinstance(x, Integral) and int(x) >= least


def nested(
    drawn: Picture,
    box_text: Callable[[Box], str],
    around: Callable[[Cluster], tuple[str, str]],
    tab: str,
    parent: str | None = None,
    depth: int = 1,
) -> Iterator[str]:
    """Yield a line for every box, those of a cluster between its first and its last line."""
    for box in drawn.boxes:
        if box.cluster == parent:
            yield tab * depth + box_text(box)
    for cluster in drawn.clusters:
        if cluster.parent == parent:
            first, last = around(cluster)
            yield tab * depth + first
            yield from nested(drawn, box_text, around, tab, cluster.id, depth + 1)
            yield tab * depth + last
