"""How a function that is made of operations is declared: NumPy's signature, one box in pictures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..data import Data, tick
from ..errors import InputError, MinigraphError, SelectionError, UsageError
from ..nodes import Group, enclose
from ..walk import label
from .base import as_data, numpy_named
from .boxes import made_since
from .calls import refuse_data, refuse_keyword
from .elementwise import astype
from .indices import integer

Function = Callable[..., Any]


def composed(*numpy: Any) -> Callable[[Function], Function]:
    """Declare a function as minigraph's meaning of NumPy functions (those of its name, if none).

    Its Python signature is NumPy's. What it records is drawn as one rectangle of its name. One
    whose name begins with an underscore is found through NumPy alone (``np.linalg.trace``). Where
    NumPy would write into an array, `out`, it is refused.
    """

    def declare(f: Function) -> Function:
        title = f.__qualname__ = f.__name__.strip("_")  # which Python's errors say
        code: Any = f.__code__  # type: ignore[attr-defined]
        placed = code.co_varnames[: code.co_argcount]
        at = placed.index("out") if "out" in placed else None

        @functools.wraps(f)
        def call(*args: Any, **keywords: Any) -> Any:
            if at is not None:
                refuse(title, out=args[at] if at < len(args) else keywords.get("out"))
            start = tick()
            try:
                out = f(*args, **keywords)
            except MinigraphError:
                raise
            except (TypeError, IndexError, ValueError, AttributeError, ZeroDivisionError) as error:
                raise in_the_name_of(title, error, f) from error
            made = made_since(start, out)
            if len(made) > 1:
                enclose(made, Group(title))
            elif made and made[0]._op.name != title:
                made[0]._node.name = title
            return out

        call.__name__ = call.__qualname__ = title
        call.numpy = numpy or numpy_named(title)  # type: ignore[attr-defined]
        return call

    return declare


def named(name: str, doc: str, f: Function, *numpy: Any) -> Function:
    """Declare one of several functions that differ in little else than their name."""
    f.__name__, f.__doc__ = name, doc
    return composed(*numpy)(f)


def in_the_name_of(title: str, error: Exception, f: Function) -> Exception:
    """Return Python's or NumPy's error as one that names the function."""
    text = str(error)
    if text.startswith(f"{title}() "):  # it was called with other arguments than it has
        known = "its arguments: " + ", ".join(inspect.signature(f).parameters)
        known = f"see numpy.{title}" if known.endswith(": args, keywords") else known
        return UsageError(f"{title}: {text.removeprefix(f'{title}() ').rstrip('.')}; {known}")
    if isinstance(error, (AttributeError, ZeroDivisionError)):  # an axis of what has none
        theirs = "".join(
            f"; see {getattr(g, '__module__', 'numpy')}.{title}" for g in numpy_named(title)
        )
        return InputError(f"{title}: these arguments do not fit together ({text}){theirs}")
    if isinstance(error, IndexError) and not isinstance(error, ValueError):
        return SelectionError(f"{title}: {text}")
    return (UsageError if isinstance(error, TypeError) else InputError)(f"{title}: {text}")


def refuse(name: str, but: Any = (), /, **given: Any) -> None:
    """Raise for NumPy's keywords that have no meaning here, `but` some, and are not at default."""
    for key, value in given.items():
        if value is not None and key not in but:
            refuse_keyword(name, key, value)


def fixed(name: str, **given: Any) -> tuple[int, ...]:
    """Return integers that are fixed when the graph is built, Data refused by name."""
    for key, number in given.items():
        refuse_data(name, key, number)
    return tuple(map(integer, given.values()))


def arrays(given: Any) -> list[Data]:
    """Return a sequence of array arguments as a list of Data; the rows of a single array."""
    if isinstance(given, (list, tuple)):
        return [as_data(x) for x in given]
    x = as_data(given)
    if not x.shape:
        raise TypeError(f"the number {label(x)} arrived in place of a list of arrays; write [a, b]")
    return list(x)


def floats(x: Any) -> Data:
    """Return Data of floats: most of NumPy turns integers into them."""
    x = as_data(x)
    return x if x.dtype.kind == "f" else astype(x, dtype=np.float64)


def written_into(x: Data, new: Any) -> Data:
    """Return `new` in the dtype of `x` if that holds floats, as what is put into an array is."""
    new = as_data(new)
    stays = new.dtype == x.dtype or x.dtype.kind != "f"
    return new if stays else astype(new, dtype=x.dtype)
