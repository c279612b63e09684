"""What tells one work from another: fingerprints of laws, operations and functions, by content.

Names and places in memory do not count. Two functions are one if they do the same to the same
things: their code, its constants, its defaults, what they close over, and what they look up in
their own module. Two objects are one if they are in the same state and their methods are one. Two
data of the same value are two.
"""

from __future__ import annotations

import dis
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Set
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from ..walk import ancestors

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), np.generic)
LIBRARIES = ("minigraph", "numpy", "scipy")


def digest(content: bytes) -> str:
    """Return a short text for a long one, another one for any other."""
    return hashlib.sha256(content).hexdigest()


class Fingerprints:
    """Fingerprints of anything that a tape, a law, an operation or a function may hold."""

    def __init__(self) -> None:
        self.known: dict[int, str] = {}
        self.kept: list[Any] = []  # so that no other object gets the id of one that is known
        self.number = itertools.count().__next__  # of the data, in the order they are met
        self.home: Any = None  # what is in the module of the first function of the user

    def of(self, x: Any) -> Any:
        """Return what is the same for the same content: a text, or `x` if it is a plain value."""
        if isinstance(x, PLAIN):
            return x
        if id(x) not in self.known:
            for above in ancestors([x]) if isinstance(x, Data) else ():  # or it would recurse
                self.enter(above)
            self.enter(x)
        return self.known[id(x)]

    def enter(self, x: Any) -> None:
        """Make a thing known, unless it is."""
        if id(x) not in self.known:
            self.kept.append(x)
            self.known[id(x)] = "itself"  # where it holds itself
            self.known[id(x)] = digest(repr([self.of(part) for part in self.parts(x)]).encode())

    def parts(self, x: Any) -> list[Any]:
        """Return what an object consists of."""
        if isinstance(x, Data):
            return self.parts_of_data(x)
        if isinstance(x, np.ndarray):
            content = x.flat if x.dtype.hasobject else [digest(x.tobytes())]
            return [x.dtype.str, x.shape, *content]
        if isinstance(x, (tuple, list)):
            return [type(x).__name__, *x]
        if isinstance(x, Mapping):
            return [part for pair in x.items() for part in pair]
        if isinstance(x, Set):
            return sorted(map(str, map(self.of, x)))
        if isinstance(x, (ModuleType, np.ufunc)):
            return [x.__name__]
        if isinstance(x, CodeType):
            return [x.co_code, x.co_consts, x.co_names]
        if isinstance(x, MethodType):
            return [x.__self__, x.__func__]
        if isinstance(x, FunctionType):
            return self.parts_of_function(x)
        if isinstance(x, type):
            return [x.__module__, x.__qualname__, *methods(x)]
        return self.parts_of_state(x)

    def parts_of_data(self, x: Data) -> list[Any]:
        """Return which data it is, its value, and how it was made."""
        if (op := x._op) is None:
            return [self.number(), x._value]
        made_by = [op.distribution] if op.barrier == "draw" else [op.name, op.forward]
        return [self.number(), x._value, *made_by, x._inputs, x._fixed]

    def parts_of_function(self, f: FunctionType) -> list[Any]:
        """Return the code of a function, and what that refers to."""
        module = str(f.__globals__.get("__name__"))
        if self.home is None and module.partition(".")[0] not in LIBRARIES:
            self.home = f.__globals__
        own = f.__globals__ if f.__globals__ is self.home else {}
        looked_up = [own[name] for name in global_names(f.__code__) if name in own]
        return [f.__code__, f.__defaults__, f.__kwdefaults__, closed_over(f), looked_up]

    def parts_of_state(self, x: Any) -> list[Any]:
        """Return what Python would write into a file for an object."""
        try:
            state = x.__reduce_ex__(2)
        except TypeError as error:
            raise InputError(
                f"checkpoint: the run uses a {type(x).__name__}, and whether it is that of the run "
                f"in the file cannot be told ({error}); leave checkpoint away, or let the function "
                "make what it needs of numbers and arrays"
            ) from None
        if isinstance(state, str):
            return [x.__module__, state, getattr(x, "__wrapped__", None)]
        return [type(x), *[list(part) if isinstance(part, Iterator) else part for part in state]]


def closed_over(f: FunctionType) -> list[Any]:
    """Return the values of the names of a function that belong to the functions around it."""
    found = []
    for cell in f.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # it has no value yet
            found.append(None)
    return found


def global_names(code: CodeType) -> list[str]:
    """Return the names that a function, and those inside it, look up in their module."""
    todo, names = [code], set[str]()
    while todo:
        code = todo.pop()
        names.update(i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL")
        todo += [x for x in code.co_consts if isinstance(x, CodeType)]
    return sorted(names)


def methods(cls: type) -> list[Any]:
    """Return the functions of a class and of those that it inherits from."""
    found = []
    for member in [x for one in cls.__mro__ for x in vars(one).values()]:
        inner = getattr(member, "fget", None) or getattr(member, "__func__", member)
        found += [inner] if isinstance(inner, FunctionType) else []
    return found
