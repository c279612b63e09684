"""Values: what a Data may hold, a Python float or a read-only array."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import InputError, MinigraphError, UsageError

EXACT = 2**53  # up to which every int is a float
DATA_ARRIVED = (
    "Data: Data arrived; they are used as they are, mg.array joins a list of them, and "
    "x.value is the plain value of x"
)
Value = Any  # float | NDArray; kept loose because NumPy's own functions return either

# The C library of Linux gives freed memory back at once, and each graph would get its own anew,
# page by page, which takes longer than arithmetic on small arrays. Once an array of 16 MiB was
# freed, it keeps up to 32 MiB for the next. This one takes no memory: nobody looks into it.
np.empty(2**24, np.uint8)


def from_user(raw: Any) -> Value:
    """Return what a caller handed in, as a value of our own: checked, copied, read-only."""
    if type(raw) is float:
        return raw
    if type(raw) is int and -EXACT < raw < EXACT:
        return float(raw)
    plain = not isinstance(raw, (np.ndarray, np.generic))
    if isinstance(raw, np.ma.MaskedArray) and np.any(raw.mask):
        raise UsageError(
            "Data: an array with a mask arrived, and what it hides would count again; pass "
            "array.filled(…), or array.data with its mask where it matters: mg.sum(x, where=~mask)"
        )
    try:
        if plain and isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return float(raw)
        array = np.array(raw)
    except (ValueError, TypeError, OverflowError) as error:
        if isinstance(error, MinigraphError):  # Data of integers make no plain array
            raise UsageError(DATA_ARRIVED) from error
        raise InputError(f"Data: {error}; pass a number or a rectangular array") from error
    if array.dtype.kind not in "fiub":
        if array.dtype == object and any(hasattr(x, "_value") for x in array.flat):
            raise UsageError(DATA_ARRIVED)
        raise UsageError(
            f"Data: got {reprlib.repr(raw)} of type {type(raw).__name__} and dtype {array.dtype}; "
            f"minigraph computes with real numbers, integers and booleans{_advice(raw, array)}"
        )
    if plain and array.dtype.kind in "iu" and _python_numbers(raw):
        array = array.astype(np.float64)
    return own(array)


def _advice(raw: Any, array: Any) -> str:
    """Return what to do about something that is no number."""
    if hasattr(raw, "log_prob"):
        law = raw if isinstance(raw, type) else type(raw)
        return f"; draw from a law first: mg.sample({law.__name__}(…))"
    if raw is None:
        return "; perhaps a function lacks its return"
    if callable(raw):
        return "; call it first"
    if isinstance(raw, str) or (array.dtype == object and all(map(_is_number, array.flat))):
        return f"; convert it with {'np.array(…, float)' if array.ndim else 'float(…)'} first"
    return ""


def how_left(raw: Any) -> str:
    """Return how a number that came in place of Data may have left the graph, for an error."""
    if not isinstance(raw, (int, float, np.generic, np.ndarray)):
        return ""
    return (
        " (float(), math.exp, .value and array[x] leave the graph: write mg.exp(x), "
        "mg.Data(array)[x])"
    )


def _is_number(x: Any) -> bool:
    """Return whether `x` can be made a float, as fractions and decimals can."""
    return hasattr(x, "__float__")


def _python_numbers(raw: Any) -> bool:
    """Return False if a list holds NumPy integers, which keep their dtype."""
    while isinstance(raw, (list, tuple)) and raw:
        raw = raw[0]
    return not isinstance(raw, (np.ndarray, np.generic))


def own(raw: Any) -> Value:
    """Return a result as a value: float64 scalars as Python floats, arrays made read-only."""
    kind = type(raw)
    if kind is float:
        return raw
    if kind is np.ndarray and raw.ndim:  # nearly always
        raw.setflags(False)  # write=False takes twice as long
        return raw
    if kind is np.float64:
        return float(raw)
    array = np.asarray(raw)
    if array.ndim == 0 and array.dtype == np.float64:
        return float(array)
    array.setflags(write=False)
    return array


def plain(x: Any) -> Any:
    """Return the value of Data, and what is none as it is: mg.log makes Data of any array."""
    return getattr(x, "_value", x)


def show(value: Value) -> str:
    """Return a short text for a value; a million elements are a shape, not a wall of numbers."""
    if type(value) is float:
        return repr(value)
    if value.ndim == 0:
        return f"array({value}, dtype={value.dtype})"
    if value.size <= 8:
        return repr(value)
    first = ", ".join(f"{x:.6g}" for x in value.ravel()[:3])
    return f"array([{first}, …], shape={value.shape}, dtype={value.dtype})"


def counted(n: int, what: str) -> str:
    """Return ``1 input`` or ``2 inputs``."""
    return f"{n} {what}" + "s" * (n != 1)


def spelled(count: int) -> str:
    """Return how many there are: in full for 60 coins, as a power of ten for 600."""
    return f"{count:,}" if count < 10**20 else f"about 10^{round(math.log10(count))}"


def whole(name: str, number: Any, least: int = 1, call: str = "expectation") -> int:
    """Return an option that must be a whole number of at least `least`."""
    if isinstance(number, (float, np.floating)) and number.is_integer():
        number = int(number)
    if not isinstance(number, (int, np.integer)) or isinstance(number, bool) or number < least:
        raise InputError(
            f"{call}: {name} must be a whole number of at least {least}; got {number!r}"
        )
    return int(number)


def real(name: str, x: Any, legal: Callable[[Any], Any], said: str, call: str) -> float:
    """Return an option that must be a single real number, and a legal one."""
    if np.ndim(x) or np.asarray(x).dtype.kind not in "fiu" or not legal(x):
        raise InputError(f"{call}: {name} must be {said}; got {x!r}")
    return float(x)
