"""How Data answer to Python's ``float(x)``, ``if x:``, …, and to the names of other frameworks."""

from __future__ import annotations

import operator
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..branching import remember
from ..data import Data
from ..errors import InputError, MissingAttributeError, SelectionError, UsageError
from ..values import show
from ..walk import label, varies
from .along import elementwise

CUT_OFF = (
    "this would make plain numbers, cut off from their graph; use x.value if that is meant, else "
    "functions of mg, as mg.mean([a, b]), or np.mean(mg.array([a, b])), and mg.sample to draw"
)
PLACES = ("argwhere", "argunique", "getitem")  # operations whose values say how long a result is
ELSEWHERE: Mapping[str, str] = {  # what other frameworks call it
    "data": "x.value", "numpy": "x.value", "tolist": "x.value.tolist()",
    "detach": "mg.stop_gradient(x)", "requires_grad": "mg.Data(…, constant=True)",
    "zero_grad": "x.grad = None", "gradient": "mg.gradient(y, x)", "view": "x.reshape(…)",
    "distribution": "x.node.distribution", "log_prob": "x.node.distribution.log_prob(x)",
    "sample": "x.node.distribution.sample()", "inputs": "x.node.inputs", "graph": "mg.Graph(x)",
    "draw": 'mg.render(x, "picture.svg")',
    "abs": "abs(x)", "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y",
    "pow": "x ** n", "neg": "-x", "matmul": "x @ y", "mm": "x @ y", "bmm": "x @ y",
    "clamp": "x.clip(low, high)", "norm": "mg.linalg.norm(x)", "softmax": "mg.softmax(x, axis)",
    "log_softmax": "mg.log_softmax(x, axis)", "logsumexp": "mg.logsumexp(x, axis)",
    "unsqueeze": "mg.expand_dims(x, axis)", "permute": "x.transpose(…)", "t": "x.T",
    "expand": "mg.broadcast_to(x, shape)", "numel": "x.size", "dim": "x.ndim", "clone": "x.copy()",
    "float": "mg.astype(x, float)", "double": "mg.astype(x, float)", "long": "mg.astype(x, int)",
    "to": "mg.astype(x, dtype)", "type": "mg.astype(x, dtype)", "cpu": "x", "cuda": "x",
    "requires_grad_": "mg.Data(…, constant=True)", "retain_grad": "mg.gradient(y, x)",
    "grad_fn": "x.node",
}  # fmt: skip


def item(data: Data, *place: Any) -> Any:
    """Return the one element, or that at a place, as a Python number."""
    if place:
        try:
            return np.asarray(data._value).item(*place)
        except (IndexError, ValueError, TypeError) as error:
            kind = {IndexError: SelectionError, TypeError: UsageError}.get(type(error), InputError)
            raise kind(f"item of {label(data)} of shape {data.shape}: {error}") from error
    return data._value if type(data._value) is float else only(data, "item").item()


def length(data: Data) -> int:
    """Return the length of the first axis."""
    if not data.shape:
        raise UsageError(f"len of {label(data)}: a single number has no length")
    return looked_at_shape(data)[0]


def looked_at_shape(data: Data) -> tuple[int, ...]:
    """Return the shape for Python's own use, and remember samples that it hangs on.

    The length of x[x > 0] does, of unique(x), and of what is made of these element by element.
    """
    for x in _counted(data):
        remember(x)
    return data.shape


def _counted(data: Data) -> tuple[Data, ...]:
    """Return the data whose values say how long `data` is; it keeps them, for those below it."""
    if data._op is None or data._op.barrier is not None:
        return ()
    found: dict[Data, None] = {}
    todo, seen = [data], {data}
    for made in todo:  # which grows meanwhile
        if made._length is not None:
            found.update(dict.fromkeys(made._length))
            continue
        name, above = made._op.name, [x for x in made._inputs if type(x) is Data]
        if name in PLACES:
            masks = [x for x in above if name != "getitem" or x.dtype == bool]
            found.update(dict.fromkeys(masks))
            if masks:
                continue
        elif any(x._op is None and x.shape == made.shape for x in above):
            continue  # as long as that input
        keeps = made._op.along is elementwise or name in PLACES
        for x in above:
            inner = x._op is not None and x._op.barrier is None and x.shape and x not in seen
            if inner and (keeps or x.ndim == made.ndim):
                seen.add(x)
                todo.append(x)
    data._length = tuple(found)
    return data._length


def to_float(data: Data) -> float:
    """Return the one element as a float, unless NumPy or SciPy asks, which would lose the graph."""
    caller = sys._getframe(1)
    cuts = caller.f_globals.get("__name__", "").startswith(("numpy.", "scipy."))
    if cuts and varies(data):
        raise UsageError(f"{caller.f_code.co_name.strip('_')} of {label(data)}: {CUT_OFF}")
    return data._value if type(data._value) is float else float(only(data, "float").item())


def to_int(data: Data) -> int:
    """Return the whole part of the one element."""
    return int(decide(data, "int", "x.value has all, mg.astype(x, int) the whole part of each"))


def to_index(data: Data) -> int:
    """Return an integer as an index or a count."""
    value = decide(data, "index", "x.value has all")
    if data.dtype.kind not in "iu":
        raise UsageError(
            f"index or count from {label(data)}: {show(value)} is of dtype {data.dtype}; "
            "write int(x) if its whole part is meant"
        )
    return operator.index(value)


def truth(data: Data) -> bool:
    """Return whether the one element is not zero."""
    advice = "use mg.any or mg.all, or mg.where to choose element by element"
    return bool(decide(data, "truth", advice))


def only(data: Data, what: str, advice: str = "x.value has all, mg.exp is math.exp of each") -> Any:
    """Return the value, if it is a single element."""
    if data.size != 1:
        raise InputError(
            f"{what} of {label(data)}: it has shape {data.shape}, and only a single element "
            f"has one; {advice}"
        )
    return data._value


def decide(data: Data, what: str, advice: str) -> Any:
    """Return the value for Python's own control flow, and remember which draws it looked at."""
    only(data, what, advice)
    remember(data)
    return data._value


def elsewhere(name: str, instead: str) -> property:
    """Return an attribute that Data do not have, and that says what to write in its place."""

    def refuse(data: Data, *new: Any) -> None:
        raise MissingAttributeError(f"Data has no attribute {name!r}; write {instead}")

    return property(refuse, refuse)
