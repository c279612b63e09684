"""A function that is traced anew for each sample: what it takes, draws, and hides in branches."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from ..branching import Looks
from ..data import Data
from ..errors import BlockedGradientError, InputError, UsageError
from ..paths import Flow
from ..walk import drawn_above, label


def takes_rng(f: Callable[..., Any]) -> bool:
    """Return whether a function has one argument that must be given: the random numbers."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError) as error:
        raise UsageError(f"expectation: {error}; pass a function written in Python") from error
    needed = [
        p for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]  # fmt: skip
    if len(needed) > 1 or any(p.kind is p.KEYWORD_ONLY for p in needed):
        raise UsageError(
            f"expectation: the function cannot be called without "
            f"{', '.join(p.name for p in needed)}; it is called with none, or with one by "
            "position, the Generator to draw from"
        )
    return bool(needed)


def called(f: Callable[..., Any], rng: np.random.Generator | None) -> Any:
    """Return what a function makes, of these random numbers if there are any."""
    try:
        return f() if rng is None else f(rng)
    except (TypeError, AttributeError, UsageError) as error:
        if rng is not None and "Generator" in str(error):
            error.add_note(
                "expectation: the one argument of a function is the Generator to draw from, and no "
                "sample; call mg.sample in the function, or pass the Data that is to be averaged"
            )
        raise


def drawn_anew(y: Data, looks: Looks, before: AbstractSet[object]) -> set[object]:
    """Return the draws that a call made or looked at; raise if one was there `before`."""
    found = {x._node.draw: x for x in drawn_above([y, *looks.conditions])}
    for draw in found.keys() & before:
        raise InputError(
            f"expectation of a function: {label(found[draw])} ~ "
            f"{type(found[draw]._node.distribution).__name__} was drawn outside the function, so "
            "all samples share it; draw it inside, pass the Data itself in place of the function, "
            "or use its .value if it is data"
        )
    return set(found)


def refuse_hidden(looks: Looks, keys: Sequence[Data]) -> None:
    """Raise if a branch that Python took moves with `keys`, and no rewrite made room for that."""
    for condition in looks.conditions:
        moving = set(keys)
        for data in Flow([condition], keys).made:
            if data._op.barrier == "stop" or moving.isdisjoint(data._node.inputs):
                continue
            if data._op.barrier != "draw":
                moving.add(data)
            elif data._node.draw not in looks.settled:
                raise BlockedGradientError(
                    f"expectation of a function: Python looked at {label(data)} ~ "
                    f"{type(data._node.distribution).__name__} in an if, a while, an index or a "
                    "length, and how likely that branch is moves with wrt; let the function return "
                    "mg.reinforce(y), called after the branch, which scores such draws, too"
                )
        if condition in moving and drawn_above([condition]):
            raise BlockedGradientError(
                f"expectation of a function: Python looked at {label(condition)} in an if, a while "
                "or an index, which depends on a draw and moves with wrt along an open path: where "
                "the branch changes, the function may jump, which no gradient sees; look at the "
                "draw itself and score it (mg.reinforce), or look at .value if nothing jumps"
            )
