"""What a picture says about a name, a value, a call: one short line of text that prints."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..data import Data
from ..nodes import DeterministicNode, Node, StochasticNode
from ..ops.indices import Slot
from ..ops.selection import getitem

LONGEST = 40


def shown(text: str, longest: int = LONGEST) -> str:
    r"""Return `text` on one line, its middle cut out if it is long.

    What cannot be printed (control and bidi characters, lone surrogates) is written as Python
    would write it, so that a name shows as what it is and cannot disturb its surroundings.

    Examples
    --------
    >>> shown("a\nb"), shown("x" * 1000, longest=9)
    ('a\\nb', 'xxxxxx…xx')
    """
    if len(text) > longest:
        tail = longest // 4
        text = f"{text[: longest - tail - 1]}…{text[len(text) - tail :]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def number(value: Any) -> str:
    """Return one number in at most six digits; a float shows that it is one."""
    text = f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
    return text if not isinstance(value, float) or set(text) & set(".en") else f"{text}.0"


def brief(value: Any) -> str:
    """Return a value as a number, a short list, or what shape it has.

    Examples
    --------
    >>> brief(0.1 + 0.2), brief(np.ones(2)), brief(np.ones((3, 2)))
    ('0.3', '[1, 1]', 'array 3×2')
    """
    if np.ndim(value) == 0:
        return number(value if isinstance(value, float) else np.asarray(value)[()])
    if value.ndim == 1 and value.size <= 4:
        return f"[{', '.join(f'{x:.6g}' for x in value)}]"
    return f"array {'×'.join(map(str, value.shape))}"


def fixed_text(value: Any) -> str:
    """Return an argument that is not data; never a memory address, which would change."""
    if isinstance(value, slice):
        parts = [value.start, value.stop] + ([value.step] if value.step is not None else [])
        return ":".join("" if part is None else fixed_text(part) for part in parts)
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(fixed_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, (np.ndarray, np.number, float)):
        return brief(value)
    if value is None or isinstance(value, (int, str, bool)):
        return shown(repr(value), 24)
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, Slot):  # its places are an input of the node
        return "·"
    return "…" if value is Ellipsis else getattr(value, "__name__", type(value).__name__)


def call(node: Node, name_of: Callable[[Data], str], keywords: bool = True) -> str:
    """Return the call of a node, ``Normal(loc=θ, scale=1.0)`` or ``power(X, 2.0)``.

    `name_of` says what its inputs are called; literals are written out.
    """
    inputs = [brief(x.value) if x._literal else name_of(x) for x in node.inputs]
    if isinstance(node, StochasticNode):
        return law_text(node.distribution, inputs, keywords)
    assert isinstance(node, DeterministicNode)
    if set(node.fixed) == {"index"}:
        return indexed(node, inputs)
    said = [f"{key}={fixed_text(x)}" for key, x in node.fixed.items() if says_something(x)]
    return f"{shown(node.name)}({', '.join([*shortened(inputs), *said])})"


def law_text(law: Any, inputs: list[str], keywords: bool) -> str:
    """Return a law of these parameters, ``Normal(θ, 1.0)``, or all of them with their names.

    A form of a parameter that is not the usual one has its name always, ``Bernoulli(logits=s)``.
    """
    names, unusual = list(getattr(law, "parameters", ())), getattr(law, "either", ())[1:]
    if hasattr(law, "parts"):
        left = iter(inputs)
        inputs = [
            law_text(part, list(itertools.islice(left, len(part.parameters))), keywords)
            for part in law.parts.values()
        ]
        names = list(law.parts)
    stated = list(getattr(law, "stated", ()))
    inputs = [*(shown(str(getattr(law, name))) for name in stated), *inputs]
    names = stated + names
    if len(names) == len(inputs):
        inputs = [
            f"{name}={x}" if keywords or name in unusual else x
            for name, x in zip(names, inputs, strict=True)
        ]
    return f"{shown(type(law).__name__)}({', '.join(shortened(inputs))})"


def shortened(inputs: list[str]) -> list[str]:
    """Return the first and the last of many inputs."""
    return inputs if len(inputs) <= 8 else [*inputs[:4], f"… {len(inputs) - 7} more", *inputs[-3:]]


def indexed(node: DeterministicNode, inputs: list[str]) -> str:
    """Return the call of a node with an index, ``x[k, 0]`` or ``index_update(x[k], value)``."""
    index = node.fixed["index"]
    count = len(inputs) - sum(isinstance(part, Slot) for part in index)  # its places come last
    places = iter(inputs[count:])
    texts = [next(places) if isinstance(part, Slot) else fixed_text(part) for part in index]
    picked = f"{inputs[0]}[{', '.join(texts)}]"
    if node.op is getitem:
        return picked
    return f"{shown(node.name)}({', '.join([picked, *inputs[1:count]])})"


def says_something(fixed: Any) -> bool:
    """Return whether a fixed argument is worth a word; None and False mostly are defaults."""
    return fixed is not None and fixed is not False
