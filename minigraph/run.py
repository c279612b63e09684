"""One run of a function on variables of our own, with which all its derivatives begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .containers import Tree, leaves, mapped, paired, refilled
from .data import Data, tick
from .errors import InputError, MinigraphError, UsageError
from .gradient import checked_flow, fresh, pulled, seed_of
from .ops.base import as_data
from .ops.elementwise import positive
from .walk import walk

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def refuse_uncallable(what: str, f: Any) -> None:
    """Raise unless `f` is a function."""
    if not callable(f):
        raise UsageError(
            f"{what}: a function is needed, got {type(f).__name__}; "
            "for the gradient of a Data write mg.gradient(y, wrt)"
        )


class Run:
    """One run of `f` on variables of our own.

    Attributes
    ----------
    trees : tuple
        The chosen arguments, with a variable in place of each leaf.
    out : Data, or a container of Data
        What `f` returned.
    is_plain : bool
        No Data of anybody else is involved: results are floats and arrays.
    """

    def __init__(
        self, what: str, f: Function, args: Sequence[Any], argnums: Argnums | None = None,
        keywords: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        refuse_uncallable(what, f)
        self.what = f"{what} of {getattr(f, '__name__', 'the function')}"
        start, given = tick(), list(args)
        chosen = range(len(args)) if argnums is None else self.positions(argnums, len(args))
        for i in chosen:
            given[i] = mapped(self.variable, args[i], f"argument {i}")
        self.trees = tuple(given[i] for i in chosen)
        self.is_single = argnums is not None and not np.iterable(argnums)
        self.variables: list[Data] = leaves(self.trees)
        try:
            out = f(*given, **(keywords or {}))
        except (TypeError, AttributeError) as error:
            for i in chosen:
                kind, said = type(args[i]).__name__, str(error)
                about = f"'{kind}'" in said or "sequence" in said
                if about and isinstance(args[i], (list, tuple)):
                    error.add_note(
                        f"{self.what}: argument {i} is a {kind}, and arrives as a {kind} of Data; "
                        "pass np.array(…) for a vector"
                    )
            raise
        self.out = mapped(self.output, out)
        made, inputs, _ = walk(leaves(self.out))
        mine = set(self.variables)
        self.is_plain = not (
            any(isinstance(x, Data) for x in leaves([args, keywords]))
            or any(x._time < start for x in made)
            or any(x not in mine and not x._constant for x in inputs)
        )

    def positions(self, argnums: Argnums, count: int) -> list[int]:
        """Return the chosen positions, counted from 0."""
        chosen: list[Any] = list(argnums) if np.iterable(argnums) else [argnums]
        for i in chosen:
            whole = isinstance(i, (int, np.integer)) and not isinstance(i, bool)
            if not (whole and -count <= i < count):
                raise InputError(
                    f"{self.what}: argnums={argnums!r} asks for argument {i!r}, and "
                    f"{count} arrived by position; they are counted from 0"
                )
        return [int(i) % count for i in chosen]

    def variable(self, path: str, x: Any) -> Data:
        """Return a new variable of the value of `x`; derivatives of `x` see through it."""
        try:
            data = x if isinstance(x, Data) else Data(x)
        except MinigraphError as error:
            raise UsageError(f"{self.what}: {path}: {error}") from error
        if data.dtype.kind != "f":
            raise UsageError(
                f"{self.what}: {path} has dtype {data.dtype}, and a derivative needs floats; "
                "pass floats, or leave it out with argnums"
            )
        # x itself cannot be the variable, because f may also close over it:
        # grad(lambda y: x * y)(x) is x, not 2 x.
        data = positive(x) if isinstance(x, Data) else data
        data.name = path
        return data

    def output(self, path: str, y: Any) -> Data:
        """Return what `f` returned, as Data."""
        try:
            return as_data(y)
        except MinigraphError as error:
            raise UsageError(f"{self.what}: it returned {type(y).__name__}: {error}") from error

    def scalar(self) -> Data:
        """Return the output, if it is a single number."""
        if not isinstance(self.out, Data) or self.out.shape:
            is_data = isinstance(self.out, Data)
            arrived = f"shape {self.out.shape}" if is_data else type(self.out).__name__
            raise InputError(
                f"{self.what}: the function returned {arrived}, and a gradient is that of a single "
                "number; sum or average the output, or use mg.jacobian"
            )
        return self.out

    def pull(self, y: Data, seeds: Sequence[Any], plain: bool) -> list[list[Any]]:
        """Return, for each seed, the cotangents of all variables."""
        flow = checked_flow(y, self.variables)
        return [pulled(flow, y, seed_of(y, seed), plain) for seed in seeds]

    def in_containers(self, found: Sequence[Any]) -> Tree:
        """Return one thing for every variable in the containers of the arguments."""
        trees = refilled(self.trees, found)
        return trees[0] if self.is_single else trees

    def value(self, y: Data) -> Any:
        """Return `y`, plain if the run was."""
        return fresh(y._value, y) if self.is_plain else y


def matching(what: str, tree: Tree, given: Tree) -> list[tuple[Data, Data]]:
    """Return the Data of `tree`, each with what was given for it, of the same shape."""
    try:
        pairs = paired(tree, given)
    except ValueError as error:
        raise InputError(
            f"{what}: what was given has another structure at {str(error) or 'the top'}; it needs "
            f"that of {mapped(lambda path, x: x.shape, tree)} (shapes)"
        ) from None
    for path, x, v in pairs:
        if np.shape(getattr(v, "value", v)) != x.shape:
            raise InputError(
                f"{what}: shape {np.shape(getattr(v, 'value', v))} was given for shape {x.shape}"
                f"{path and ' at ' + path}; pass an array of that shape"
            )
    return [(x, as_data(v)) for _, x, v in pairs]
