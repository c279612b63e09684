"""The same numbers for less: identities that the tape applies to what it runs many times.

They are exact to a few units in the last place of a number of size one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..ops.base import Operation
from ..ops.elementwise import (
    absolute,
    add,
    copysign,
    divide,
    exp,
    fmin,
    log,
    log1p,
    logaddexp,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    reciprocal,
    relu,
    sigmoid,
    softplus,
    sqrt,
    subtract,
    where,
)
from ..ops.trigonometry import cos, sin, tan, tanh
from ..ops.wide import WIDE, chord_of_half

Expression = Any  # a slot, a number, or an operation and its inputs: (multiply, 3, 0.5)


class Known(NamedTuple):
    """What is known about slots.

    Attributes
    ----------
    number : callable
        The number that was written down in a slot, None if none was.
    same_for_all : callable
        Whether it is the same for all samples.
    made : mapping
        The operation and the slots that it was made by, unless that has fixed arguments.
    deep : bool
        Whether to look for factors within products. What is found there is another product, which
        is one more if the first is needed as well.
    """

    number: Callable[[int], float | None]
    same_for_all: Callable[[int], bool]
    made: Mapping[int, tuple[Operation, tuple[int, ...]]]
    deep: bool = True

    def of(self, slot: int) -> tuple[Any, tuple[int, ...]]:
        """Return how a slot was made; None and nothing if that is not known."""
        return self.made.get(slot, (None, ()))


def cheaper(op: Operation, inputs: tuple[int, ...], known: Known) -> Expression:
    """Return an expression of the slots `inputs` that equals `op` of them, or None.

    Where the processor computes many tangents at a time, sine and cosine come from t = tan(x/2):
    sin x = 2t/(1+t²), cos x = 2/(1+t²) - 1. Elsewhere from a chord, see `wide.py`, and
    tanh x = 1 - 2/(exp(2x)+1). Where both are needed they share t, or the chord.
    """
    x, last = inputs[0], known.number(inputs[-1])
    if op is multiply and last == 1.0:
        return x
    if op is power and last in POWERS:
        return POWERS[last](x)
    if op is relu:
        return (maximum, x, 0.0)
    if op is divide and last is not None and 1e-37 < abs(last) < 1e37:  # in single precision, too
        inverse = 1.0 / last
        found, parts = known.of(inputs[0])
        return (multiply, parts[0], -inverse) if found is negative else (multiply, x, inverse)
    if op is divide and last is None and known.same_for_all(inputs[-1]):
        return (multiply, x, (reciprocal, inputs[-1]))
    if op is sin or op is cos:
        return (_by_tangents if WIDE else _by_chords)(op, x)
    if op is tanh and not WIDE:
        square = (exp, (multiply, (minimum, x, 20.0), 2.0))  # of exp(x), which may overflow
        return (subtract, 1.0, (divide, 2.0, (add, square, 1.0)))
    if op in (sigmoid, softplus):  # as ufuncs, which write into buffers and share exp(-|x|)
        small = (exp, (negative, (absolute, x)))
        if op is sigmoid:
            return (divide, (maximum, small, (copysign, 1.0, x)), (add, small, 1.0))
        return (add, (maximum, x, 0.0), _log1p(small))
    if op is logaddexp:  # infinities that are alike have no difference: then 1, and any will do
        apart = (exp, (negative, (absolute, (subtract, *inputs))))
        return (add, (maximum, *inputs), _log1p((fmin, apart, 1.0)))
    short = _factors(op, inputs, known)
    return _signs(op, inputs, known) if short is None else short


def _by_tangents(op: Operation, x: int) -> Expression:
    t = (tan, (multiply, x, 0.5))
    size = (divide, 2.0, (add, (multiply, t, t), 1.0))
    return (multiply, t, size) if op is sin else (subtract, size, 1.0)


def _by_chords(op: Operation, x: int) -> Expression:
    c = (chord_of_half, x)
    square = (multiply, c, c)
    whole = (multiply, c, (sqrt, (subtract, 4.0, square)))
    if op is sin:
        return (multiply, whole, (subtract, 1.0, (multiply, square, 0.5)))
    return (subtract, 1.0, (multiply, (multiply, whole, whole), 0.5))


def _log1p(x: Expression) -> Expression:
    """Return log(1 + x) for x from 0 to 1: log u, and what u = 1 + x was rounded by."""
    if WIDE:
        return (log1p, x)
    u = (add, x, 1.0)
    return (add, (log, u), (divide, (add, (subtract, 1.0, u), x), u))


POWERS: Mapping[float | None, Callable[[Any], Expression]] = {
    -1.0: lambda x: (reciprocal, x),
    2.0: lambda x: (multiply, x, x),
    3.0: lambda x: (multiply, (multiply, x, x), x),
    4.0: lambda x: (multiply, (multiply, x, x), (multiply, x, x)),
}


def _signs(op: Operation, inputs: tuple[int, ...], known: Known) -> Expression:
    """Return the expression without negations, which go into sums and into numbers."""

    def minus(slot: int) -> int | None:
        found, parts = known.of(slot)
        return parts[0] if found is negative else None

    if op not in (add, subtract, multiply):
        return None
    (a, b), (first, last) = inputs, map(known.number, inputs)
    no_a, no_b = minus(a), minus(b)
    if op is add:
        if a == b:
            return (multiply, a, 2.0)
        of, parts = known.of(a)
        if of is add and known.same_for_all(b) and known.same_for_all(parts[1]):
            return (add, parts[0], (add, parts[1], b))
        if no_b is not None:
            return (subtract, a, no_b)
        return None if no_a is None else (subtract, b, no_a)
    if op is subtract:
        if no_b is not None:
            return (add, a, no_b)
        return None if no_a is None else (negative, (add, no_a, b))
    if first is not None and last is None:
        return (multiply, b, first)  # numbers come last
    if no_a is not None:
        return (negative, (multiply, no_a, b)) if last is None else (multiply, no_a, -last)
    return None if no_b is None else (negative, (multiply, a, no_b))


def _factors(op: Operation, inputs: tuple[int, ...], known: Known) -> Expression:
    """Return the expression with numbers multiplied together, and without what undoes itself.

    The score of X = loc + scale·ε looks at (X - loc) / scale, which is ε, and ε is more accurate.
    """
    if op is subtract and known.same_for_all(inputs[1]):
        found, parts = known.of(inputs[0])
        if found is add and inputs[1] in parts:
            return parts[1] if parts[0] == inputs[1] else parts[0]
    if op is negative:
        a, k = _scaled(inputs[0], known)
        return None if k is None else _times(a, -k)
    if op is not multiply:
        return _sum(op, inputs, known) if op in (add, subtract) else None
    (a, k), (b, j) = (_scaled(slot, known) for slot in inputs)
    last = known.number(inputs[1])
    if k is not None and last is not None:
        return _times(a, k * last) if 1e-25 < abs(last) < 1e25 else None
    if k is not None and j is not None:
        return (multiply, (multiply, a, b), k * j)
    found, parts = known.of(inputs[1])
    of, factors = known.of(inputs[0])
    if found is reciprocal and of is multiply and parts[0] in factors:
        return factors[1] if factors[0] == parts[0] else factors[0]
    return None


def _sum(op: Operation, inputs: tuple[int, ...], known: Known) -> Expression:
    """Return a sum of two products as one product, if they have a factor in common."""
    if (both := _shared(inputs, known)) is not None:
        (a, b), factor = both
        return (multiply, (op, a, b), factor)
    if (chosen := _chosen(op, inputs, known)) is not None:
        return chosen
    (a, k), (b, j) = (_multiple(slot, known) for slot in inputs)
    opposite = k is not None and j is not None and k == -j
    return (multiply, (subtract if op is add else add, a, b), k) if opposite else None


def _multiple(slot: int, known: Known) -> tuple[int, float | None]:
    """Return the slot and the number of which a slot is the product; itself and None if none."""
    found, parts = known.of(slot)
    factor = known.number(parts[1]) if found is multiply else None
    return (slot, None) if factor is None else (parts[0], factor)


def _scaled(slot: int, known: Known) -> tuple[Expression, float | None]:
    """Return what a slot is a moderate multiple of, and how often; itself and None if of nothing.

    The product of two moderate numbers neither overflows nor is lost.
    """
    inner, factor = _moderate(slot, known)
    if factor is not None:
        return inner, factor
    found, parts = known.of(slot)
    for one, other in (parts, parts[::-1]) if known.deep and found is multiply else ():
        inner, factor = _moderate(one, known)
        if factor is not None:
            return (multiply, inner, other), factor
    return slot, None


def _moderate(slot: int, known: Known) -> tuple[int, float | None]:
    """Return the slot that a slot is minus, or a moderate multiple of; itself and None if none."""
    found, parts = known.of(slot)
    if found is negative:
        return parts[0], -1.0
    inner, factor = _multiple(slot, known)
    return (inner, factor) if factor and 1e-9 < abs(factor) < 1e9 else (slot, None)


def _shared(inputs: tuple[int, ...], known: Known) -> tuple[list[int], int] | None:
    """Return the other factors of two products with a factor in common, and this factor."""
    (one, a), (two, b) = (known.of(slot) for slot in inputs)
    if one is not multiply or two is not multiply:
        return None
    for k in a:
        if k in b and known.same_for_all(k):
            return [x[1] if x[0] == k else x[0] for x in (a, b)], k
    return None


def _chosen(op: Operation, inputs: tuple[int, ...], known: Known) -> Expression:
    """Return where(c, g, 0) · a + where(c, 0, g) · b as g · where(c, a, b): a slope of a choice."""
    one, other = (_side(slot, known) for slot in inputs)
    if one is None or other is None or one[:2] != other[:2] or one[2] == other[2]:
        return None
    c, g, when, a = one
    b = other[3] if op is add else (negative, other[3])
    return (multiply, g, (where, c, a, b) if when else (where, c, b, a))


def _side(slot: int, known: Known) -> tuple[int, int, bool, int] | None:
    """Return what is in a product of a number that is 0 unless a condition holds, or if it does."""
    found, parts = known.of(slot)
    for one, factor in (parts, parts[::-1]) if found is multiply else ():
        of, choice = known.of(one)
        if of is where and known.number(choice[2]) == 0.0:
            return choice[0], choice[1], True, factor
        if of is where and known.number(choice[1]) == 0.0:
            return choice[0], choice[2], False, factor
    return None


def _times(x: Expression, factor: float) -> Expression:
    if factor == 1.0:
        return x
    return (negative, x) if factor == -1.0 else (multiply, x, factor)
