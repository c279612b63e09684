"""What tells one work from another: fingerprints of laws, operations and functions, by content.

Names and places in memory do not count. Two functions are one if they do the same to the same
things: their code, its constants, its defaults, what they close over, and what they look up in
their own module and, by its name, in another one (``helpers.K``). Two objects are one if they are
in the same state and their classes are one: all members, those of parents, too. Two data of the
same value are two. What is installed is known by its name and code; its modules are not looked
into, but for the package of the first function.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from ..walk import ancestors

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), np.generic)
LIBRARIES = frozenset(("minigraph", "numpy", "scipy", *sys.stdlib_module_names))
FOLDERS = frozenset(("site-packages", "dist-packages"))  # of what is installed


def digest(content: bytes) -> str:
    """Return a short text for a long one, another one for any other."""
    return hashlib.sha256(content).hexdigest()


class Fingerprints:
    """Fingerprints of anything that a tape, a law, an operation or a function may hold."""

    def __init__(self) -> None:
        self.known: dict[int, str] = {}
        self.kept: list[Any] = []  # so that no other object gets the id of one that is known
        self.number = itertools.count().__next__  # of the data, in the order they are met
        self.home: str | None = None  # the package of the first function of the user

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
            inner = [] if installed(x.__module__) else [*x.__mro__[1:], *members(x)]
            return [x.__module__, x.__qualname__, *inner]
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
        if self.home is None and package(module) not in LIBRARIES:
            self.home = package(module)
        own = f.__globals__ if self.looks_into(module) else {}
        return [f.__code__, f.__defaults__, f.__kwdefaults__, closed_over(f),
                list(self.looked_up(f.__code__, own))]  # fmt: skip

    def looks_into(self, module: str) -> bool:
        """Return whether what is in a module counts."""
        return package(module) == self.home or not installed(module)

    def looked_up(self, code: CodeType, own: Mapping[str, Any]) -> Iterator[Any]:
        """Yield what code finds in its own module, and in modules that it finds there."""
        variables, attributes = names_of(code)
        todo = [own[name] for name in variables if name in own]
        seen: list[ModuleType] = []
        for x in todo:  # which grows meanwhile
            yield x
            if isinstance(x, ModuleType) and x not in seen and self.looks_into(x.__name__):
                seen.append(x)
                todo += [vars(x)[name] for name in attributes if name in vars(x)]

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


def names_of(code: CodeType) -> tuple[list[str], list[str]]:
    """Return the global variables of a function and those inside it, and all names in there."""
    todo, variables, names = [code], set[str](), set[str]()
    for code in todo:  # which grows meanwhile
        names.update(code.co_names)
        variables |= {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
        todo += [x for x in code.co_consts if isinstance(x, CodeType)]
    return sorted(variables), sorted(names)


def package(module: str) -> str:
    """Return the outermost package of a module."""
    return module.partition(".")[0]


def installed(module: str) -> bool:
    """Return whether a module is no file of the user."""
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return package(module) in LIBRARIES or not FOLDERS.isdisjoint(Path(file).parts)


def members(cls: type) -> Iterable[Any]:
    """Return the functions and the constants of a class."""
    for name, member in sorted(vars(cls).items()):
        inner = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if isinstance(inner, functools.cached_property):  # which holds a lock
            inner = inner.func
        if isinstance(inner, FunctionType) or not name.startswith(("__", "_abc_impl")):
            yield from (name, inner)
