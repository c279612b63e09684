"""How an operation is called by its name, with NumPy's arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..data import NO_FIXED, Data
from ..errors import UsageError
from .axes import axes_of
from .base import Operation, holds_data, operand, record
from .operators import of_one, of_two, refuse_floats


def public(op: Operation) -> Callable[..., Data]:
    """Return the function that users call: NumPy's arguments in, Data out."""
    count = 1 if op.variadic else len(op.rules)
    simple = not (op.variadic or op.fixed or op.barrier)
    quick = of_one(op) if simple and count == 1 else of_two(op) if simple and count == 2 else None

    def function(*args: Any, **keywords: Any) -> Data:
        if quick and len(args) == count and not keywords and type(args[0]) is Data:
            return quick(*args)
        if len(args) < count:
            raise UsageError(
                f"{op.name}: needs {count} array{'s' * (count > 1)} by position, got {len(args)}"
            )
        fixed = bind(op, args[count:], keywords) if keywords or len(args) > count else NO_FIXED
        arrays = args[0] if op.variadic else args[:count]
        inputs = tuple([operand(x) for x in arrays])
        if op.whole:
            refuse_floats(op, [inputs[i] for i in op.whole])
        return record(op, inputs, fixed)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op.__doc__
    function.numpy = op.numpy  # type: ignore[attr-defined]
    return function


def bind(op: Operation, extra: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fixed arguments, from what came after the arrays and the keywords."""
    fixed = dict(zip(op.fixed, extra, strict=False))
    if len(extra) > len(op.fixed) and any(x is not None for x in extra[len(op.fixed) :]):
        more = len(extra) - len(op.fixed)
        raise UsageError(
            f"{op.name}: {more} argument{'s' * (more > 1)} too many; "
            "minigraph writes into no array (out=) and makes a new one"
        )
    for key, given in keywords.items():
        if key in fixed:
            raise UsageError(f"{op.name}: {key} arrived by position and by name; pass it once")
        if key in op.fixed:
            fixed[key] = given
        else:
            refuse_keyword(op.name, key, given, op.fixed)
    for key, given in fixed.items():
        refuse_data(op.name, key, given)
        try:  # a list of yours may change afterwards
            fixed[key] = axes_of(given) if key == "axis" else copy.deepcopy(given)
        except TypeError as error:
            raise UsageError(f"{op.name}: {error}") from error
    return fixed


def refuse_data(name: str, key: str, given: Any) -> None:
    """Raise for Data in an argument that is no input of a node: it would not follow them."""
    if type(given) is Data or holds_data(given):
        raise UsageError(
            f"{name}: {key} is Data, and it is fixed when the graph is built; pass numbers "
            "(x.value, int(x)), or choose elements with mg.take or mg.where"
        )


def refuse_keyword(name: str, key: str, given: Any, known: Sequence[str] = ()) -> None:
    """Raise for a keyword that has no meaning here, unless it says what is done anyway."""
    harmless = IGNORED.get(key, IGNORED)
    if given is not harmless and not (isinstance(given, str) and given == harmless):
        advice = ADVICE.get(key) or f"its keywords are: {', '.join(known) or 'none'}"
        raise UsageError(f"{name}: no argument {key}={given!r} here; {advice}")


IGNORED: Mapping[str, Any] = {  # NumPy's keywords that say nothing when left at their default
    "out": None, "where": True, "dtype": None, "casting": "same_kind", "order": "K", "subok": True,
    "copy": None, "like": None, "initial": None,
}  # fmt: skip
ADVICE: Mapping[str, str] = {
    "out": "Data are never written into; use what the call returns",
    "where": "choose elements with mg.where(mask, result, other)",
    "dtype": "convert with mg.astype(x, dtype) before or after",
    "weights": "mg.repeat each element as often as it weighs",
}
