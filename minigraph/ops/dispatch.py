"""How Data answer to Python's operators, to NumPy's own functions, and to its array methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..data import Data
from ..errors import UsageError
from ..walk import label, varies
from . import conversions, elementwise, layouts, linear, selection
from .base import Operation, as_data
from .conversions import CUT_OFF, ELSEWHERE, elsewhere
from .namespace import BY_NUMPY, PUBLIC
from .operators import of_one, of_two

OPERATORS: Mapping[str, Operation] = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder,
    "pow": elementwise.power,
    "matmul": linear.matmul,
    "and": elementwise.bitwise_and,
    "or": elementwise.bitwise_or,
    "xor": elementwise.bitwise_xor,
    "lshift": elementwise.left_shift,
    "rshift": elementwise.right_shift,
}
ONE_SIDED: Mapping[str, Operation] = {
    "lt": elementwise.less,
    "le": elementwise.less_equal,
    "gt": elementwise.greater,
    "ge": elementwise.greater_equal,
}
UNARY: Mapping[str, Operation] = {
    "neg": elementwise.negative,
    "pos": elementwise.positive,
    "abs": elementwise.absolute,
    "invert": elementwise.invert,
}
UFUNC_METHODS: Mapping[tuple[Any, str], str] = {  # (ufunc, method): the function that it is
    (np.add, "reduce"): "sum", (np.multiply, "reduce"): "prod",
    (np.maximum, "reduce"): "max", (np.minimum, "reduce"): "min",
    (np.logical_and, "reduce"): "all", (np.logical_or, "reduce"): "any",
    (np.logaddexp, "reduce"): "logsumexp",
    (np.add, "accumulate"): "cumsum", (np.multiply, "accumulate"): "cumprod",
}  # fmt: skip
NUMBERS = "it takes plain numbers: x.value"
INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(("array2string", "array_repr", "array_str", "savetxt", "save"), NUMBERS),
    "may_share_memory": "if this is rng.permutation(x), write x[rng.permutation(len(x))]",
}
NETWORKS = ("relu", "sigmoid", "softplus")  # which no array has as a method
IN_PLACE: Mapping[str, str] = {  # what to call in place of what would change an array
    "fill": "mg.full_like", "itemset": "mg.index_update", "partition": "mg.partition",
    "put": "mg.index_update", "resize": "mg.resize", "sort": "mg.sort",
}  # fmt: skip


def from_ufunc(self: Data, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
    """Run a NumPy ufunc on Data as minigraph's operation of the same meaning."""
    out = keywords.get("out")
    if out is not None and any(x is not None for x in out):
        raise UsageError(
            f"np.{ufunc.__name__}: out= (or an operation in place, array += Data) would write "
            "into an array; use what the call returns"
        )
    if method == "__call__":
        return found(ufunc)(*inputs, **keywords)
    if method == "outer":
        a, b = (as_data(x) for x in inputs)
        return found(ufunc)(layouts.reshape(a, a.shape + (1,) * b.ndim), b, **keywords)
    name = UFUNC_METHODS.get((ufunc, method))
    if name is None:
        raise UsageError(
            f"np.{ufunc.__name__}.{method}: not defined on Data; use a reduction of mg"
        )
    keywords.setdefault("axis", 0)
    return PUBLIC[name](*inputs, **keywords)


def found(func: Any) -> Callable[..., Any]:
    """Return minigraph's function for one of NumPy, or for a ufunc of SciPy, by its name."""
    if func in BY_NUMPY:
        return BY_NUMPY[func]
    if isinstance(func, np.ufunc) and func.__name__ in PUBLIC:
        return PUBLIC[func.__name__]
    module = getattr(func, "__module__", None) or ("np" if func in vars(np).values() else "scipy")
    advice = INSTEAD.get(func.__name__) or (
        "compose it of operations in mg, or wrap it with mg.primitive (give it a vjp, or use it as "
        "a black box)"
    )
    raise UsageError(
        f"{module.replace('numpy', 'np', 1)}.{func.__name__}: not defined on Data; {advice}"
    )


def to_array(self: Data, dtype: Any = None, copy: Any = None) -> Any:
    """Return the plain value of a constant; else an array of Data, so that nothing is detached.

    Integers and truths are refused: NumPy asks for them where they index an array, and would only
    say that an array of Data is no index.
    """
    if varies(self):
        if self.shape and self.dtype.kind in "iub" and dtype is None:
            raise UsageError(
                f"{label(self)} as a plain array, or as the index of one: this would make plain "
                "numbers, cut off from their graph; write mg.take(table, x) or mg.Data(table)[x] "
                "to choose elements, mg.array([a, b]) to join, and x.value if plain numbers are "
                "meant"
            )
        if dtype is not None and np.dtype(dtype) != object:
            raise UsageError(
                f"converting {label(self)} to a plain array of {np.dtype(dtype)}: {CUT_OFF}"
            )
        array = np.empty(self.shape, object)
        for index in np.ndindex(self.shape):
            array[index] = self[index] if index else self
        return array
    return np.array(self._value, dtype=dtype)


def array_method(name: str) -> Callable[..., Any]:
    """Return the array method that is NumPy's function of that name."""
    call = PUBLIC[name]

    def method(self: Data, *args: Any, **keywords: Any) -> Any:
        return call(self, *args, **keywords)

    method.__name__ = name
    method.__doc__ = call.__doc__
    return method


def refused(name: str) -> Callable[..., Any]:
    """Return the method of an array that would change it."""

    def method(self: Data, *args: Any, **keywords: Any) -> Any:
        raise UsageError(
            f"{name} of {label(self)}: Data are never changed in place; call {IN_PLACE[name]}, and "
            "use what it returns"
        )

    return method


def several(name: str) -> Callable[..., Any]:
    """Return a method that takes its numbers one by one, too: ``x.reshape(2, 3)``."""
    call = PUBLIC[name]

    def method(self: Data, *numbers: Any, **keywords: Any) -> Any:
        given = numbers[0] if len(numbers) == 1 else numbers
        return call(self, given, **keywords) if numbers else call(self, **keywords)

    return method


def operator(key: str, method: Callable[..., Data]) -> None:
    """Let Data answer to an operator, under its own name where Python says what is wrong."""
    method.__name__, method.__qualname__ = f"__{key}__", f"Data.__{key}__"
    setattr(Data, method.__name__, method)


for key, op in OPERATORS.items():
    operator(key, of_two(op))
    operator(f"r{key}", of_two(op, reflected=True))
for key, op in ONE_SIDED.items():
    operator(key, of_two(op))
for key, op in UNARY.items():
    operator(key, of_one(op))
for key in (*vars(np.ndarray), *NETWORKS):
    if key in IN_PLACE:
        setattr(Data, key, refused(key))
    elif callable(PUBLIC.get(key)) and not hasattr(Data, key):
        setattr(Data, key, array_method(key))
for func, call in BY_NUMPY.items():  # what NumPy calls on each object in an array of Data
    if isinstance(func, np.ufunc) and func.nin == 1 and not hasattr(Data, func.__name__):
        setattr(Data, func.__name__, array_method(call.__name__))
for key, instead in ELSEWHERE.items():
    setattr(Data, key, elsewhere(key, instead))
for key, method in {
    "item": conversions.item,
    "__len__": conversions.length,
    "__float__": conversions.to_float,
    "__int__": conversions.to_int,
    "__trunc__": conversions.to_int,
    "__index__": conversions.to_index,
    "__bool__": conversions.truth,
    "__format__": lambda self, spec: format(self.item(), spec) if spec else repr(self),
    "__round__": lambda self, decimals=0: PUBLIC["round"](self, decimals),
    "__getitem__": selection.select,
    "__iter__": lambda self: (self[i] for i in range(len(self))),
    "__array__": to_array,
    "__array_ufunc__": from_ufunc,
    "__array_function__": lambda self, func, types, args, keywords: found(func)(*args, **keywords),
    "__divmod__": lambda self, other: PUBLIC["divmod"](self, other),
    "__rdivmod__": lambda self, other: PUBLIC["divmod"](other, self),
    "reshape": several("reshape"),
    "transpose": several("transpose"),
    "compress": lambda self, condition, axis=None: PUBLIC["compress"](condition, self, axis),
    "copy": lambda self: PUBLIC["array" if self.dtype == bool else "positive"](self),
    "itemsize": property(lambda self: self.dtype.itemsize),
    "nbytes": property(lambda self: self.size * self.dtype.itemsize),
    "T": property(lambda self: PUBLIC["transpose"](self)),
    "mT": property(lambda self: PUBLIC["matrix_transpose"](self)),
    "real": property(lambda self: self),
    "imag": property(lambda self: PUBLIC["imag"](self)),
}.items():
    setattr(Data, key, method)
