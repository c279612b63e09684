"""Everything minigraph refuses, by name.

Each error says what failed, on which named thing, what arrived, and what to do next.
Each also is the builtin error that NumPy or Python would raise in its place, so that
``except ValueError`` written for NumPy keeps working.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


class MinigraphError(Exception):
    """The parent of every error that minigraph raises on purpose."""


class BlockedGradientError(MinigraphError):
    """A gradient would have to cross a stochastic or a black-box node."""


class GradientError(MinigraphError, AssertionError):
    """A gradient is not what differences of the function, or an exact average, say it is."""


class InputError(MinigraphError, ValueError):
    """A value that cannot be used: a bad shape, a bad parameter, a bad option."""


class UsageError(MinigraphError, TypeError):
    """A call that means nothing here: a wrong type, an unknown keyword, a missing function."""


class SelectionError(MinigraphError, IndexError):
    """An index outside the array it indexes."""


class UnknownNameError(MinigraphError, KeyError):
    """A name that the graph does not know, or knows twice."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would print the message in quotes


class MissingAttributeError(MinigraphError, AttributeError):
    """An attribute that a data or a law does not have."""


class MissingExtraError(MinigraphError, ImportError):
    """An optional package is needed; the message names the extra to install."""


def refuse_unknown_keywords(
    call: str, f: Callable[..., Any], given: Iterable[str], elsewhere: Mapping[str, str]
) -> None:
    """Raise for a keyword that is no argument of `f`; other libraries may know some of these."""
    code: Any = f.__code__  # type: ignore[attr-defined]
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    known = [name for name in names if name != "self"]
    for key in given:
        if key not in known:
            advice = elsewhere.get(key, f"its arguments are {', '.join(known)}")
            raise UsageError(f"{call}: no argument {key!r}; {advice}")
