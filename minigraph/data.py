"""Data: the diamonds of a graph.

Two kinds of thing alternate. `Data` holds a value; a `Node` is the function that made it. An arrow
only ever points from a result to what it was made from: a `Data` knows its node, a node knows its
inputs, and no input knows who uses it. So there are no reference cycles, a dropped graph is freed
at once, and any number of threads can build graphs side by side.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Never

import numpy as np

from .errors import InputError, MinigraphError, UsageError, refuse_unknown_keywords
from .values import Value, from_user, own, show
from .walk import label

clock = itertools.count(1)  # it orders what ran, across graphs and threads
tick = clock.__next__
NO_FIXED: Mapping[str, Any] = {}
ELSEWHERE: Mapping[str, str] = {  # what other libraries call an argument
    "requires_grad": "floats have gradients, unless constant=True is said",
    "dtype": "pass an array of that dtype: mg.Data(np.array(…, np.float32))",
}


class Seldom:
    """An attribute that few data have: None until it is set, and then kept with others like it."""

    __slots__ = ("key",)

    def __set_name__(self, owner: type, name: str) -> None:
        self.key = name

    def __get__(self, data: Data, owner: type | None = None) -> Any:
        return getattr(data, "_more", NO_FIXED).get(self.key)

    def __set__(self, data: Data, value: Any) -> None:
        if not hasattr(data, "_more"):
            data._more = {}
        data._more[self.key] = value


class Data:
    """Data: an input, or the output of a function. Drawn as a diamond.

    Parameters
    ----------
    value : float or array_like
        Python ints and lists of ints become float64; integer and float32 arrays keep their dtype.
    name : str, optional
        What pictures, listings and errors call it.
    constant : bool
        A constant never receives a gradient.

    Raises
    ------
    InputError, UsageError
        For a value that is complex, not numeric, or ragged.

    Examples
    --------
    >>> theta = Data(0.5, name="θ")
    >>> theta.value, theta.shape, theta.node
    (0.5, (), None)
    """

    # A million results are made before anybody asks one for its node or its name, so they set the
    # first line alone. No __getattr__: with one, Python reads every slot the slow way.
    __slots__ = ("_value", "_op", "_left", "_right", "_carries", "_time",
                 "_name", "_held", "_more", "__weakref__")  # fmt: skip
    _value: Value
    _op: Any  # the operation or the draw that made it; None for an input
    _left: Any  # the one or two inputs that most operations have, a float for a literal (a tuple
    _right: Any  # would cost as much as the rest); or the tuple of all, and the fixed arguments
    _time: int  # when it ran; of an input, when it was last assigned
    _carries: bool  # a parameter is above it, or it is one: gradients may pass
    _name: str | None
    _held: Any  # its node, or until somebody asks for that, the box that it is in
    _more: dict[str, Any]
    _constant, _grad = Seldom(), Seldom()
    _length = Seldom()  # what says how long it is, once somebody has asked
    _replays = Seldom()
    __array_priority__ = 1000.0
    __hash__ = object.__hash__

    def __init__(
        self, value: Any, name: str | None = None, *, constant: bool = False, **unknown: Never
    ) -> None:  # fmt: skip
        if unknown:
            refuse_unknown_keywords("Data", Data.__init__, unknown, ELSEWHERE)
        self._value = from_user(value)
        self._op = None
        self._constant = constant
        self._carries = not constant and self.dtype.kind == "f"
        self._time = 0
        self.name = name

    @property
    def value(self) -> Any:
        """The value: a Python float, or a read-only array. Assignable on an input, shape kept."""
        return self._value

    @value.setter
    def value(self, new: Any) -> None:
        if self._op is not None:
            raise UsageError(
                f"value of {label(self)} was computed by {self.node.name}; "
                "only an input can be assigned: assign the inputs above it and build it again"
            )
        if self._literal:
            raise UsageError(
                f"value of {label(self)}: it was written as a bare number or array and stays; "
                "write mg.Data(…, constant=True) in its place to swap it later"
            )
        try:
            value = from_user(new)
        except MinigraphError as error:
            problem = str(error).removeprefix("Data: ")
            raise type(error)(f"value of {label(self)}: {problem}") from None
        if np.shape(value) != self.shape:
            raise InputError(
                f"value of {label(self)}: shape {np.shape(value)} does not replace shape "
                f"{self.shape}; make a new Data for another shape"
            )
        if self.dtype.kind == "f":
            assign(self, np.asarray(value, dtype=self.dtype))
            return
        with np.errstate(invalid="ignore"):  # 1e300 as an integer is some other number
            kept = np.asarray(value).astype(self.dtype)
        if not np.array_equal(kept, value):
            raise InputError(
                f"value of {label(self)}: {show(value)} is not of dtype {self.dtype}; "
                "make a new Data for another dtype"
            )
        assign(self, kept)

    @property
    def grad(self) -> Any:
        """The gradient accumulated by `backward`, a float or an array; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not None:
            new = from_user(new)
            if np.shape(new) not in ((), self.shape):
                raise InputError(
                    f"grad of {label(self)}: shape {np.shape(new)} was assigned, the value has "
                    f"shape {self.shape}; assign None to start again"
                )
            if type(self._value) is not float:
                new = np.array(np.broadcast_to(new, self.shape), dtype=self.dtype)
        self._grad = new

    @property
    def name(self) -> str | None:
        """The name, or None. Assignable; two data may have the same one."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, new: str | None) -> None:
        if new is not None and not isinstance(new, str):
            raise UsageError(f"name of Data: got {type(new).__name__}; a name is a string or None")
        self._name = new

    @property
    def constant(self) -> bool:
        """True for an input that never receives a gradient."""
        return self._op is None and bool(self._constant)

    @property
    def _inputs(self) -> tuple[Any, ...]:
        """What a result was made from, in order; a float is a literal."""
        left, right = self._left, self._right
        return left if type(left) is tuple else (left,) if right is None else (left, right)

    @property
    def _fixed(self) -> Mapping[str, Any]:
        """The arguments of the operation that are not data."""
        return self._right if type(self._left) is tuple else NO_FIXED

    def _made_from(self, inputs: tuple[Any, ...], fixed: Mapping[str, Any]) -> None:
        if fixed or not 1 <= len(inputs) <= 2:
            self._left, self._right = inputs, fixed
        else:
            self._left, self._right = inputs if len(inputs) == 2 else (inputs[0], None)

    @property
    def _literal(self) -> bool:
        """True for a number or an array that was written down in an expression."""
        return self._op is None and self._constant == "literal"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, ``()`` for a single number."""
        return () if type(self._value) is float else self._value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return 1 if type(self._value) is float else int(self._value.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype; a Python float is float64."""
        return np.dtype(np.float64) if type(self._value) is float else self._value.dtype

    def __eq__(self, other: object) -> Any:
        if type(other) is not Data and (
            isinstance(other, (int, float)) or hasattr(other, "__array_priority__")
        ):  # an array, or what compares itself with arrays, as pytest.approx does
            raise UsageError(
                f"== on {label(self)}: Data are compared by identity (they are keys of mappings); "
                "write mg.equal(x, y) to compare values, or compare x.value"
            )
        return NotImplemented

    def __setitem__(self, index: Any, value: Any) -> None:
        raise UsageError(
            f"item assignment on {label(self)}: Data are never changed in place; build the new "
            "array with mg.where(mask, new, x) or mg.index_update(x, index, new)"
        )

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Data({show(self._value)}{name}{', constant=True' if self.constant else ''})"

    if TYPE_CHECKING:  # what later chapters give: nodes, operations, gradients
        T: Data
        node: Any
        _node: Any

        def backward(self, seed: Any = None) -> None: ...
        def item(self, *place: Any) -> Any: ...
        def __len__(self) -> int: ...
        def __float__(self) -> float: ...
        def __int__(self) -> int: ...
        def __index__(self) -> int: ...
        def __getitem__(self, index: Any) -> Data: ...
        def __iter__(self) -> Iterator[Data]: ...
        def __array_ufunc__(self, *args: Any, **keywords: Any) -> Any: ...
        def _unary(self) -> Data: ...
        def _binary(self, other: Any) -> Data: ...

        __neg__ = __pos__ = __abs__ = __invert__ = _unary
        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _binary
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _binary
        __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __and__ = __or__ = __xor__ = _binary
        __lt__ = __le__ = __gt__ = __ge__ = _binary


blanks = itertools.starmap(object.__new__, itertools.repeat((Data,)))  # faster than a call


def made(
    value: Value, op: Any, inputs: tuple[Any, ...], fixed: Mapping[str, Any] = NO_FIXED
) -> Data:
    """Return what the operation `op` made of `inputs`."""
    data = next(blanks)
    data._value = value
    data._op = op
    data._made_from(inputs, fixed)
    data._carries = False
    if op.barrier != "stop":
        for x in inputs:
            if type(x) is Data and x._carries:
                data._carries = True
    data._time = next(clock)
    return data


def assign(data: Data, value: Any) -> None:
    """Give an input a new value of its shape and dtype, an array that nobody else holds."""
    data._value = own(value)
    data._time = tick()


def literal_data(x: Any) -> Data:
    """Return a bare number or array as the constant it is in an expression."""
    data = next(blanks)
    data._value = x if type(x) is float else from_user(x)
    data._op = None
    data._constant = "literal"
    data._carries = False
    data._time = 0
    return data
