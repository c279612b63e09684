"""What every law asks of its parameters: their form, constraint, order and shape."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import InputError, MinigraphError, UsageError
from ..ops.base import as_data
from ..ops.boxes import stop
from ..ops.elementwise import clip, equal, greater_equal, less, less_equal, where
from ..values import own, plain, show
from .constraints import Constraint


def one_form(law: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that were given; of the forms of one, none or several are refused."""
    given = [name for name in law.either if parameters[name] is not None]
    if law.either and len(given) != 1:
        raise UsageError(
            f"{type(law).__name__}: needs exactly one of {' or '.join(law.either)}; "
            f"got {' and '.join(given) or 'none of them'}"
        )
    return {n: x for n, x in parameters.items() if n not in law.either or n in given}


def as_parameter(law: Any, name: str, x: Any) -> Any:
    """Return a parameter as Data; what is no number is refused in the name of the parameter."""
    try:
        return as_data(x)
    except MinigraphError as error:
        problem = str(error).removeprefix("Data: ")
        raise type(error)(f"{type(law).__name__}: {name}: {problem}") from None


@functools.lru_cache(maxsize=256)
def arguments_of(init: Callable[..., None]) -> tuple[Mapping[str, Any], int] | None:
    """Return the arguments of a constructor, and how many it needs; None if it takes any."""
    found = dict(itertools.islice(inspect.signature(init).parameters.items(), 1, None))
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found.values()):
        return None
    return found, sum(p.default is p.empty for p in found.values())


def refuse_arguments(kind: type, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    """Raise for what a class does not take, in its own name: its parent may construct it."""
    known = arguments_of(kind.__init__)  # type: ignore[misc]
    if known is None:
        return
    arguments, least = known
    if named.keys() <= arguments.keys() and least <= len(given) + len(named) <= len(arguments):
        return
    unknown = [f"no parameter {name!r}" for name in named if name not in arguments]
    try:
        inspect.signature(kind.__init__).bind(None, *given, **named)  # type: ignore[misc]
    except TypeError as error:
        problem = unknown[0] if unknown else str(error)
        raise UsageError(
            f"{kind.__name__}: {problem}; its parameters are {', '.join(arguments) or 'none'}"
        ) from None


def refuse_unknown(law: Any, parameters: Mapping[str, Any]) -> None:
    """Raise for what is no constraint, or names none of the parameters and would be left out."""
    stated = {**law.constraints, "support": type(law).support}
    for name, found in stated.items():
        computed = hasattr(found, "__get__") and not callable(found)  # a property
        if not (isinstance(found, Constraint) or computed):
            raise UsageError(
                f"{type(law).__name__}: {name}: got {type(found).__name__}, and it must be "
                "a constraint; import one, as positive, from minigraph.distributions.constraints"
            )
    for name in (*law.constraints, *law.either):
        if name not in parameters:
            said = "constraints" if name in law.constraints else "either"
            raise UsageError(
                f"{type(law).__name__}: {said} names {name!r}, and the parameters are "
                f"{', '.join(parameters) or 'none'}; spell it as in super().__init__"
            )


def floored(x: Any, low: Any) -> Any:
    """Return `x`, or `low` where it is less: a cdf is flat outside the support.

    Here as elsewhere in these formulas, a condition goes through `stop` if what it chooses between
    meets there: then no gradient misses a jump.
    """
    return where(stop(less(x, low)), low, x)


def refuse_bad(law: Any, values: Mapping[str, Any]) -> None:
    """Raise for the first parameter that breaks its constraint or the order, by name and value."""
    for name, constraint in law.constraints.items():
        if name not in values:
            continue
        axes = law.event_axes.get(name, 0) + law.event_ndim
        if axes <= 0 and constraint.surrounds(values[name]):
            continue
        value = np.asarray(values[name])
        if value.ndim < axes:
            raise InputError(
                f"{type(law).__name__}: {name} must be an array with at least {axes} "
                f"{'axis' if axes == 1 else 'axes'}; got {show(own(np.array(value)))}"
            )
        if 0 in value.shape[value.ndim - axes :]:
            raise InputError(
                f"{type(law).__name__}: {name} must have at least one entry; got an array of "
                f"shape {value.shape}"
            )
        good = np.asarray(constraint.holds(value))
        if not np.all(good):
            bad = first_bad(value, good)
            raise InputError(
                f"{type(law).__name__}: {name} must be {constraint}; got {short(bad)}"
                + (f" in an array of shape {value.shape}" if bad.shape != value.shape else "")
            )
    if law.ordered:
        refuse_order(law, values, law.ordered[0], law.ordered[-1])
        if len(law.ordered) > 2:
            for low, high in itertools.pairwise(law.ordered):
                refuse_order(law, values, low, high, ties=True)


def from_zero(x: Any, high: float, member: float, cumulative: Callable[[Any], Any]) -> Any:
    """Return a cdf at `x`: 0 up to 0, 1 from `high` on; `cumulative` sees what lies between.

    So it is flat at and beyond the ends, where a formula has a logarithm or a quotient of zeros.
    """
    below, above = stop(less_equal(x, 0.0)), stop(greater_equal(x, high))
    inside = cumulative(where(below, member, where(above, member, x)))
    return where(below, 0.0, where(above, 1.0, inside))


def unless_heavy(a: Any, least: float, moment: Callable[[Any], Any]) -> Any:
    """Return a moment of a law that falls off like a power: infinite unless `a` > `least`."""
    heavy = less_equal(a, least)
    return where(heavy, np.inf, moment(where(heavy, least + 1.0, a)))


def unless_unknown(x: Any, value: Any) -> Any:
    """Return a value that was found by comparisons with `x`, NaN where `x` is NaN."""
    return where(stop(equal(x, x)), value, np.nan)


def first_bad(value: Any, good: Any) -> Any:
    """Return the first element that is not good, or the row or matrix that is not as a whole."""
    at = np.argwhere(~good)[0]
    sizes = zip(at, good.shape, value.shape, strict=False)  # of what is one axis less, too
    return np.asarray(value[tuple(slice(None) if n == 1 < m else i for i, n, m in sizes)])


def short(value: Any) -> str:
    """Return a value for an error: a number, a few numbers as lists, or what `show` makes of it."""
    if not value.ndim:
        return str(value)  # a float32 with its own digits
    return str(value.tolist()) if value.size <= 16 else show(value)


def common_shape(law: Any, values: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape of one draw, to which the parameters broadcast."""
    shapes = {name: np.shape(v) for name, v in values.items()}
    drawn = [_of_draw(shape, law.event_axes.get(name, 0)) for name, shape in shapes.items()]
    return broadcast(type(law).__name__, drawn, shapes)


def broadcast(
    call: str, shapes: Iterable[tuple[int, ...]], arrived: Mapping[str, tuple[int, ...]]
) -> tuple[int, ...]:
    """Return the shape that all broadcast to; refused by the names of what `arrived`."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        named = " and ".join(f"{name} of shape {shape}" for name, shape in arrived.items())
        raise InputError(f"{call}: {named} do not broadcast; reshape one of them") from None


def refuse_shape(law: Any, method: str, shape: tuple[int, ...]) -> None:
    """Raise if what a method of a law was given does not broadcast with its parameters."""
    batch = shape[: len(shape) - law.event_ndim]
    arrived = {"p" if method == "icdf" else "x": shape}
    arrived |= {name: np.shape(plain(x)) for name, x in law.parameters.items()}
    broadcast(f"{type(law).__name__}.{method}", [batch, law.batch_shape], arrived)


def _of_draw(shape: tuple[int, ...], event_axes: int) -> tuple[int, ...]:
    """Return the axes of a parameter that are axes of one draw; a missing one broadcasts."""
    return shape[: len(shape) - event_axes] if event_axes > 0 else shape + (1,) * -event_axes


def refuse_order(
    law: object, values: Mapping[str, Any], low: str, high: str, *, ties: bool = False
) -> None:
    """Raise unless one parameter is less than another (or equal to it, if `ties` are legal)."""
    try:
        wrong = (np.greater if ties else np.greater_equal)(values[low], values[high])
    except ValueError:
        return  # the shapes do not broadcast, and the base class says so
    if np.any(wrong):
        first = np.flatnonzero(wrong)[0]
        a, b = (np.broadcast_to(values[n], np.shape(wrong)).flat[first] for n in (low, high))
        raise InputError(
            f"{type(law).__name__}: {low} must be {'at most' if ties else 'less than'} {high}; "
            f"got {low}={a}, {high}={b}"
            + (f" in arrays of shape {np.shape(wrong)}" if np.ndim(wrong) else "")
        )


def largest(x: Any) -> float:
    """Return the largest value of a parameter that may be Data, 0 if it has none."""
    return float(np.max(plain(x))) if np.size(x) else 0.0


def inside_unit(x: Any, dtype: Any) -> Any:
    """Return `x` kept off 0 and 1, to which rounding may take it, and where a density ends."""
    return inside(x, 0.0, 1.0, dtype)


def inside_range(x: Any, dtype: Any) -> Any:
    """Return positive `x` kept off 0 and infinity, where a density may end."""
    return inside(x, 0.0, np.inf, dtype)


def inside(x: Any, low: float, high: float, dtype: Any) -> Any:
    """Return `x` kept off two ends, to which rounding may take it."""
    kind = np.finfo(dtype)
    ends = np.array([low, high], dtype)
    least, most = np.nextafter(ends, ends[::-1])
    return clip(x, float(least if low else kind.tiny), float(most))
