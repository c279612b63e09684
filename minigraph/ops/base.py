"""What an operation is, and how calling one records a node.

An operation is called in two ways. The rules of this package call the `Operation` itself: floats
and arrays in, a float or an array out; any Data in, a Data out. So one derivative rule serves
`backward` (plain numbers) and `gradient` (a graph that can be drawn and differentiated again).
Users call the public function that `calls.public` makes of it, which always returns Data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import NO_FIXED, Data, literal_data, made
from ..errors import InputError, MinigraphError, SelectionError, UsageError
from ..values import Value, from_user, own
from ..walk import label
from . import along

Rule = Callable[..., Any]
SampleRule = Callable[..., Callable[..., Any]]


class Operation:
    """A deterministic function of arrays.

    Parameters
    ----------
    name : str
        Its name in pictures, listings and in the ``mg`` namespace.
    forward : callable
        ``forward(*arrays, **fixed)`` in plain NumPy.
    *rules : callable or None
        One derivative rule per input: ``rule(g, y, *inputs, **fixed)`` returns the cotangent of
        that input from the cotangent ``g`` of the output ``y``. It may have any shape that
        broadcasts with the input: the backward loop undoes the broadcast. None: the output does
        not change smoothly with that input. The last rule of a variadic operation serves all the
        inputs that follow, too.
    together : callable, optional
        One rule for all inputs, in place of one for each: ``together(g, y, *inputs, **fixed)``
        returns the function from the position of an input to its cotangent. What all of them need
        is worked out once, however many there are.
    along : callable
        The sample-axis rule, see `along.py`.
    scalar : callable, optional
        The same function on Python floats.
    fixed : sequence of str
        The names of the arguments that are not data, in NumPy's order.
    numpy : sequence of callables
        NumPy's own functions that mean this operation, by default the one of its name. Empty: it
        serves other operations and is not offered under its name.
    variadic : bool
        It takes a sequence of arrays as its first argument.
    barrier : {None, "stop", "black box"}
        A gradient ends here on purpose; a gradient must not cross here.
    passes : bool
        Its value is that of its first input; the others matter to its slope only.
    stands_for : bool
        Its slope is that of its second input, which stands for the first.
    whole : sequence of int
        The inputs that are integers; of floats, they take whole numbers that were written.
    always : float, optional
        The value that it always has: it is there for its slope, and a replay need not compute it.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *rules: Rule | None,
        along: SampleRule,
        together: Rule | None = None,
        scalar: Callable[..., Any] | None = None,
        fixed: Sequence[str] = (),
        numpy: Sequence[Any] | None = None,
        variadic: bool = False,
        barrier: str | None = None,
        passes: bool = False,
        stands_for: bool = False,
        whole: Sequence[int] = (),
        always: float | None = None,
    ) -> None:
        self.name = name
        self.__doc__ = f"Return {name} of Data, as NumPy's does."
        self.forward = forward
        self.rules: Any = _Rest(rules or (together,)) if variadic else rules
        self.together = together
        simple = not (variadic or fixed or barrier or together or None in rules)
        self.plain = rules if simple and len(rules) <= 2 else None  # for the loop of sweep
        self.of_numbers = None if scalar is None else self.plain  # for that of chained
        self.along = along
        self.scalar = scalar
        self.fixed = tuple(fixed)
        self.internal = numpy is not None and not numpy
        self.numpy = tuple(numpy) if numpy is not None else numpy_named(name)
        self.variadic = variadic
        self.barrier = barrier
        self.passes = passes
        self.stands_for = stands_for
        self.whole = whole
        self.always = always

    def __call__(self, *inputs: Any, **fixed: Any) -> Any:
        for x in inputs:
            if type(x) is Data:
                return record(self, tuple([operand(x) for x in inputs]), fixed)
        return self.evaluate(inputs, fixed)

    def evaluate(self, values: Sequence[Value], fixed: Mapping[str, Any] = NO_FIXED) -> Value:
        """Return the forward value on plain values."""
        if self.scalar is not None and not fixed:
            for x in values:
                if type(x) is not float:
                    break
            else:
                return self.scalar(*values)
        return own(self.forward(*values, **fixed))

    def pulls(self, g: Any, y: Any, inputs: Sequence[Any], fixed: Mapping[str, Any]) -> Any:
        """Return the function from the position of an input that has a rule to its cotangent."""
        if self.together is not None:
            return self.together(g, y, *inputs, **fixed)
        return lambda i: self.rules[i](g, y, *inputs, **fixed)

    def __repr__(self) -> str:
        return f"mg.{self.name}"


class _Rest(tuple[Any, ...]):
    """The rules of a variadic operation: the last one serves the inputs that follow, too."""

    __slots__ = ()

    def __getitem__(self, position: Any) -> Any:
        return super().__getitem__(min(position, len(self) - 1))


def numpy_named(name: str) -> tuple[Any, ...]:
    """Return NumPy's function of that name; in np.linalg, if np has none."""
    found = getattr(np, name, None) or getattr(np.linalg, name, None)
    return () if found is None else (found,)


def as_data(x: Any) -> Data:
    """Return `x` as Data: a bare number or array becomes a constant, a list of Data is stacked."""
    if type(x) is Data:
        return x
    if holds_data(x):
        return record(stack, tuple([as_data(part) for part in x]))
    return literal_data(x)


def holds_data(x: Any) -> bool:
    """Return whether `x` is a list (at any depth) or an array of objects with Data in it."""
    if isinstance(x, (list, tuple)):
        return any(type(part) is Data or holds_data(part) for part in x)
    return isinstance(x, np.ndarray) and x.dtype.hasobject and x.ndim > 0


def literal(x: Any) -> float | None:
    """Return the number, if `x` is one that was written down in an expression and never changes."""
    if type(x) is Data:
        x = x._value if x._literal else None
    return x if type(x) is float else None


def operand(x: Any) -> Any:
    """Return `x` as an input of an operation: Data, or a float for a number that was written."""
    if type(x) is Data or type(x) is float:
        return x
    return from_user(x) if type(x) is int else as_data(x)


def record(op: Operation, inputs: tuple[Any, ...], fixed: Mapping[str, Any] = NO_FIXED) -> Data:
    """Run `op` on data (or bare floats) and return the output, which knows how it was made."""
    try:
        value = op.evaluate([x if type(x) is float else x._value for x in inputs], fixed)
    except (ValueError, TypeError, IndexError) as error:
        raise explained(error, op, [as_data(x) for x in inputs], fixed) from error
    return made(value, op, inputs, fixed)


def explained(
    error: Exception, op: Operation, inputs: Sequence[Data], fixed: Mapping[str, Any]
) -> Exception:
    """Return NumPy's error as one that names the operation and what arrived."""
    if isinstance(error, MinigraphError):
        return error
    arrived = ", ".join(f"{label(x)} of shape {x.shape}" for x in inputs)
    shapes = " and ".join(str(x.shape) for x in inputs)
    if op.name == "broadcast_to" and type(error) is ValueError:
        return InputError(
            f"broadcast_to: {arrived} does not broadcast to {fixed['shape']}; reshape it first"
        )
    if "could not be broadcast" in str(error):
        return InputError(
            f"{op.name}: shapes {shapes} do not broadcast; reshape one of them ({arrived})"
        )
    if "core dimension" in str(error):
        return InputError(
            f"{op.name}: shapes {shapes} do not fit: the axis summed over must be as long in both; "
            f"transpose or reshape one of them ({arrived})"
        )
    if op.name == "matmul" and "enough dimensions" in str(error):
        return InputError(
            f"{op.name}: a single number arrived where an array is needed; write * to multiply "
            f"by a number ({arrived})"
        )
    kind = {IndexError: SelectionError, TypeError: UsageError}.get(type(error), InputError)
    problem = str(error).removeprefix(f"{op.name}: ")
    return kind(f"{op.name}: {problem}; it was given {arrived}")


def _layers(g: Any, y: Any, *arrays: Any, axis: int = 0) -> Callable[[int], Any]:
    before = (slice(None),) * (axis % y.ndim)
    return lambda i: g[(*before, i)]


# It stands here because a list of Data is itself an argument of every operation.
stack = Operation(
    "stack", lambda *arrays, axis=0: np.stack(arrays, axis=axis), together=_layers,
    fixed=["axis"], variadic=True, along=along.joining,
)  # fmt: skip
