"""What a call of a compiled function gives: arrays for its inputs, and for its draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError, UsageError
from ..graph import data_of
from ..replay.program import Draw
from ..walk import label, walk

Convert = Callable[..., Any]  # (anything, dtype) → an array of the library
KINDS = "fiubV"  # of dtypes that hold real numbers; V are those of JAX that NumPy does not know


class Arguments:
    """The arguments of a compiled function: which inputs they are, and how a call gives them."""

    def __init__(self, y: Data, wrt: Sequence[Data], inputs: Any) -> None:
        there = [x for x in walk([y])[1] if not x._literal]
        if inputs is None:
            chosen = [x for x in wrt if x._op is None] + [x for x in there if x.name]
        else:
            chosen = data_of(y, inputs, "compile: an input")
            for x in chosen:
                if x not in there:
                    raise InputError(
                        f"compile: inputs holds {label(x)}, which is not an input of the graph; "
                        "pass Data that nothing made"
                    )
        self.data = list(dict.fromkeys(chosen))
        self.names = tuple(x.name or "" for x in self.data)
        self.is_ambiguous = "rng" in self.names or "noise" in self.names
        self.values = [(f"input {label(x)}", x._value, x.shape, x.dtype) for x in self.data]

    def bound(
        self, args: Sequence[Any], by_name: Mapping[str, Any], convert: Convert
    ) -> dict[Data, Any]:
        """Return the value of each argument: the one given, else that of when it was compiled."""
        if len(args) > len(self.data):
            raise UsageError(
                f"compiled function: arrays by position: {len(args)}, inputs: {len(self.data)} "
                f"({self.listed()}); see mg.compile(…, inputs=…)"
            )
        given = dict(enumerate(args))
        for name, value in by_name.items():
            places = [i for i, known in enumerate(self.names) if known == name]
            if len(places) != 1 or places[0] in given:
                problem = "it has come by position" if len(places) == 1 else (
                    f"{len(places)} inputs have that name" if places else "no input has that name"
                )  # fmt: skip
                raise UsageError(
                    f"compiled function: {name!r} is given by name, and {problem}; its inputs are "
                    f"{self.listed()}, by position or each by its own name"
                )
            given[places[0]] = value
        return {
            x: fitting(what, given.get(i, value), shape, dtype, convert)
            for i, (x, (what, value, shape, dtype)) in enumerate(
                zip(self.data, self.values, strict=True)
            )
        }

    def refuse_ambiguous(self, count: int, **randomness: Any) -> None:
        """Raise for randomness of the name of an input that is not among the first `count`."""
        for name, value in randomness.items():
            if value is not None and name in self.names[count:]:
                raise UsageError(
                    f"compiled function: {name}= is its randomness, and it has an input {name!r}, "
                    f"too; pass that one by position (its inputs are {self.listed()})"
                )

    def listed(self) -> str:
        """Return the names in words."""
        return ", ".join(label(x) for x in self.data) or "none"


def fitting(what: str, raw: Any, shape: tuple[int, ...], dtype: Any, convert: Convert) -> Any:
    """Return an array of a library, or raise if it is of another shape or kind."""
    if type(raw) is np.ndarray and raw.dtype == dtype and raw.shape == shape:  # nearly always
        return raw if shape and convert is as_numpy else convert(raw, dtype)
    if type(raw) is float and shape == () and dtype.kind == "f":
        return convert(raw, dtype)
    if isinstance(raw, Data):
        raise UsageError(
            f"compiled function: {what}: {label(raw)}, a Data, arrived; it computes with plain "
            "arrays: pass its .value"
        )
    try:
        raw = raw if hasattr(raw, "dtype") and hasattr(raw, "shape") else np.asarray(raw)
        own = isinstance(raw.dtype, np.dtype)  # and not one of another library
        kind = (raw.dtype if own else np.dtype(str(raw.dtype).split(".")[-1])).kind
        arrived = tuple(raw.shape)
    except (TypeError, ValueError) as error:
        raise UsageError(f"compiled function: {what}: {error}; pass an array") from error
    if arrived != shape:
        raise InputError(
            f"compiled function: {what} has shape {shape}, shape {arrived} arrived; "
            "shapes are fixed when it is compiled"
        )
    if kind not in KINDS:
        raise UsageError(
            f"compiled function: {what} has dtype {dtype}, {raw.dtype} arrived; pass real numbers"
        )
    if kind == "f" and dtype.kind != "f":
        raise InputError(
            f"compiled function: {what} has dtype {dtype}, floats arrived; pass integers"
        )
    return convert(raw, dtype)


def as_numpy(x: Any, dtype: Any = None) -> Any:
    """Return `x` as the tape wants it: a float, or an array."""
    if type(x) is float and dtype == np.float64:
        return x
    try:
        found = np.asarray(x, dtype)
    except RuntimeError as error:  # a tensor that PyTorch would differentiate for
        raise UsageError(
            f"compiled function: a {type(x).__name__} arrived, and it computes with NumPy "
            f'({error}); pass an array, or compile with backend="torch"'
        ) from error
    return float(found) if not found.ndim and found.dtype == float else found


def samples_of(
    draws: Sequence[Draw], names: Sequence[str], noise: Any, samples: int | None,
    convert: Convert,
) -> list[Any]:  # fmt: skip
    """Return the samples that a call gives for each draw, None for those to be drawn."""
    if noise is None:
        return [None] * len(draws)
    if isinstance(noise, Mapping):
        for name in noise:
            if names.count(name) != 1:
                raise InputError(
                    f"compiled function: noise holds {name!r}, and {names.count(name)} draws have "
                    f"that name; the draws are {', '.join(map(repr, names)) or 'none'} "
                    "(a list in that order will do)"
                )
        noise = [noise.get(name) for name in names]
    if not np.iterable(noise) or isinstance(noise, str):
        raise UsageError(
            f"compiled function: noise: got {type(noise).__name__}; pass one array for each draw, "
            "or a mapping from their names"
        )
    noise = list(noise)
    if len(noise) != len(draws):
        raise InputError(
            f"compiled function: noise has length {len(noise)}, the list of draws "
            f"{len(draws)} ({', '.join(map(repr, names)) or 'none'}); pass one for each, or a "
            "mapping"
        )
    lead = () if samples is None else (samples,)
    return [
        None if x is None
        else fitting(f"noise {name!r}", x, lead + draw.shape, dtype_of(draw), convert)
        for draw, name, x in zip(draws, names, noise, strict=True)
    ]  # fmt: skip


def dtype_of(draw: Draw) -> np.dtype[Any]:
    """Return the dtype of the samples of a draw."""
    one = np.asarray(draw.law.generated(np.random.default_rng(0), draw.shape))
    return draw.law.dtype if one.dtype.kind == "f" else one.dtype
