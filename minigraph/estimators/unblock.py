"""Unblocking: for each draw the best rewrite that is legal there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import BlockedGradientError, InputError
from ..graph import Data
from .choose import choose
from .reinforce import reinforce, why_not_score
from .reparameterize import reparameterize, why_not_pathwise


class Choice(NamedTuple):
    """What `unblock` did with one draw: the method, why, and why not the others."""

    draw: str
    method: str
    reason: str


METHODS: Mapping[str, Any] = {
    "reparameterize": reparameterize,
    "reinforce": reinforce,
}


def unblock(y: Data, method: Any = "auto", *, explain: bool = False) -> Any:
    """Return `y` with every draw that blocks a gradient rewritten in the best legal way.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten.
    method : "auto", "reparameterize", "reinforce", or a mapping of draws to these
        "auto" takes the reparameterization trick where it is legal, else REINFORCE with a
        leave-one-out baseline. Keys of a mapping are names, nodes or samples.
    explain : bool
        Return also the list of choices, with their reasons.

    Returns
    -------
    Data, or (Data, list of Choice)

    Raises
    ------
    BlockedGradientError
        If no method is legal for a draw, or the one that was asked for is not.

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.5, name="θ")
    >>> y = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) ** 2
    >>> z, why = mg.unblock(y, explain=True)
    >>> why
    [Choice(draw='X', method='reparameterize', reason='Normal has a transform of noise')]
    """
    asked: dict[Any, str] = {}
    if isinstance(method, Mapping):
        for handle, name in method.items():
            for x in choose("unblock", y, handle):
                asked[x._node.draw] = name
    elif method != "auto":
        asked = {x._node.draw: method for x in choose("unblock", y, None)}
    choices = []
    for x in choose("unblock", y, None):
        choice = _choose(y, x, asked.get(x._node.draw, "auto"))
        choices.append(choice)
        if choice.method == "reparameterize":
            y = reparameterize(y, x)
        else:
            loo = "leave-one-out" if asked.get(x._node.draw) is None else None
            y = reinforce(y, x, baseline=loo)
    return (y, choices) if explain else y


def _choose(y: Data, x: Data, method: str) -> Choice:
    name, law = x.name or "unnamed", type(x._node.distribution).__name__
    if method not in ("auto", *METHODS):
        raise InputError(
            f"unblock: method {method!r} of {name}; known are auto, {', '.join(METHODS)}"
        )
    if method != "auto":
        return Choice(name, method, "asked for")
    not_pathwise = why_not_pathwise(y, x)
    if not_pathwise is None:
        return Choice(name, "reparameterize", f"{law} has a transform of noise")
    not_score = why_not_score(x)
    if not_score is None:
        return Choice(name, "reinforce", f"with leave-one-out baseline: {not_pathwise}")
    raise BlockedGradientError(f"unblock: no legal method: {not_pathwise}; {not_score}")
