"""Unblocking: for each draw the best rewrite that is legal there."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..data import Data
from ..distributions.streams import Rng, generator
from ..errors import BlockedGradientError, InputError
from ..values import spelled
from ..walk import label
from .antithetic import arm, disarm, why_not_coins
from .branches import why_not_branch
from .choose import Refusal, choose, choose_once, one_each
from .control import rebar
from .latents import why_not_latent
from .marginalize import marginalize, why_not_marginal
from .measure_valued import measure_valued, why_not_measure_valued
from .outcomes import why_not_some
from .reinforce import reinforce, why_not_score
from .relaxations import (
    gumbel_softmax,
    gumbel_straight_through,
    straight_through,
    why_not_mean,
)
from .reparameterize import (
    implicit,
    reparameterize,
    why_not_implicit,
    why_not_pathwise,
)
from .sizes import Sizes
from .smooth import Smooth
from .without_replacement import sum_and_sample, unordered_set

FEW = 16  # copies of the graph that "auto" still makes, of all draws that meet in a cost together
WhyNot = Callable[[Smooth, Data], Refusal | None]  # y, and a draw above it: why a method is illegal


class Choice(NamedTuple):
    """What `unblock` did with one draw: the method, why, and why not the others."""

    draw: str
    method: str
    reason: str
    not_legal: Mapping[str, str] = {}


class Method(NamedTuple):
    """A line of the table: ``rewrite(y, draw, rng=…)``, and what it needs."""

    rewrite: Callable[..., Data]
    why_not: WhyNot
    biased: bool = False


def _needs(of_draw: Callable[[Data], Refusal | None], smooth: bool = False) -> WhyNot:
    """Return as one: a condition on a draw, that the graph below can be run again, its slopes."""

    def why_not(y: Smooth, x: Data) -> Refusal | None:
        if problem := of_draw(x):
            return problem
        looked = x._node.branched or y.looked_at  # else there is no need of another walk
        problem = why_not_branch(y.y, x) if looked else None
        return problem or (y.why_not(x) if smooth else None)

    return why_not


def _some(size: int, spare: int) -> Callable[[Data], Refusal | None]:
    return functools.partial(why_not_some, size=size, spare=spare)


def _without_rng(rewrite: Callable[..., Data], **options: Any) -> Callable[..., Data]:
    return lambda y, x, rng=None: rewrite(y, x, **options)


METHODS: Mapping[str, Method] = {
    "marginalize": Method(marginalize, _needs(why_not_marginal)),
    "reparameterize": Method(_without_rng(reparameterize), why_not_pathwise),
    "implicit": Method(_without_rng(implicit), why_not_implicit),
    "measure_valued": Method(measure_valued, _needs(why_not_measure_valued)),
    "reinforce": Method(_without_rng(reinforce), lambda _, x: why_not_score(x)),
    "leave_one_out": Method(
        _without_rng(reinforce, baseline="leave-one-out"), lambda _, x: why_not_score(x)
    ),
    "disarm": Method(disarm, _needs(why_not_coins)),
    "arm": Method(arm, _needs(why_not_coins)),
    "rebar": Method(rebar, _needs(why_not_latent, smooth=True)),
    "sum_and_sample": Method(sum_and_sample, _needs(_some(1, 1))),
    "unordered_set": Method(unordered_set, _needs(_some(2, 0))),
    "unordered_set_baseline": Method(
        functools.partial(unordered_set, baseline=True), _needs(_some(2, 0))
    ),
    "gumbel_softmax": Method(gumbel_softmax, _needs(why_not_latent, smooth=True), biased=True),
    "gumbel_straight_through": Method(
        gumbel_straight_through, _needs(why_not_latent, smooth=True), biased=True
    ),
    "straight_through": Method(
        _without_rng(straight_through), _needs(why_not_mean, smooth=True), biased=True
    ),
}  # fmt: skip
LEAN = ("reparameterize", "implicit", "reinforce")  # they copy no graph, and compare no costs
AUTO = ("marginalize", "implicit", "reparameterize", "measure_valued", "leave_one_out")  # in order


def unblock(y: Data, method: Any = "auto", *, explain: bool = False, rng: Rng = None) -> Any:
    """Return `y` with every draw that blocks a gradient rewritten in the best legal way.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten.
    method : "auto", a name, or a mapping of draws to names
        "auto" sums over draws of a few outcomes (`marginalize`), else follows the noise of a sample
        (`reparameterize`; "implicit" where that is along its quantiles), else compares a few pairs
        of samples (`measure_valued`), else scores, with a leave-one-out baseline; it never takes
        what is biased. The names are those of the rewrites: also "reinforce", "leave_one_out" (or
        "leave-one-out"), "disarm", "arm", "rebar", "sum_and_sample", "unordered_set",
        "unordered_set_baseline", and the biased "gumbel_softmax", "gumbel_straight_through" and
        "straight_through". Keys of a mapping are names, nodes or samples.
    explain : bool
        Return also the list of choices, with their reasons, and why others were not legal.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where draws that a method adds come from.

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
    >>> z, (why,) = mg.unblock(y, explain=True)
    >>> why.method, why.reason
    ('reparameterize', 'Normal has a transform of noise')
    >>> why.not_legal["marginalize"][:36]
    "the outcomes of 'X' ~ Normal cannot "
    """
    blocking = choose("unblock", y, None)
    asked: dict[object, str] = {}
    if isinstance(method, Mapping):
        each = choose_once("unblock", y, method)
        for (_, name), draws in zip(method.items(), each, strict=True):
            for x in draws:
                asked[x._node.draw] = known("unblock", name, f" of {label(x)}")
    else:
        method = known("unblock", method)
        asked = {x._node.draw: method for x in blocking}
    smooth = Smooth(y)
    choices = _choices(smooth, blocking, asked, explain)
    rng = generator(rng)
    z = y
    for name, draws in _in_order(choices, smooth):
        try:
            z = METHODS[name].rewrite(z, draws, rng=rng)
        except BlockedGradientError as error:
            fit = [] if isinstance(method, Mapping) else _fit(smooth, blocking, name)
            if not fit:
                raise
            only = f"for other draws alone, mg.unblock(y, {{{', '.join(fit)}}})"
            raise BlockedGradientError(f"{error}; {only}") from error.__cause__
    return (z, list(choices.values())) if explain else z


def _in_order(choices: Mapping[Data, Choice], y: Smooth) -> list[tuple[str, list[Data]]]:
    """Return the methods and their draws in the order in which these are rewritten.

    Draws that Python looked at come first, all in one call: some may not even lie above the result.
    What copies nothing follows, in the order of the draws: then no path to a draw has been added
    to; several of one method in a row take one call. What copies the graph below a draw starts with
    the last: then it copies least. A leave-one-out baseline of an earlier draw then sees costs that
    are summed over later ones: one of costs that get a probability as a factor, which depends on
    that draw, is biased.
    """
    looked: dict[str, list[Data]] = {}
    for x in choices:
        if x._node.branched:
            looked.setdefault(choices[x].method, []).append(x)
    others = [x for x in choices if not x._node.branched]
    lean = [x for x in others if choices[x].method in LEAN]
    last = [x for x in reversed(others) if choices[x].method not in LEAN]

    def call(x: Data) -> str:
        name = choices[x].method  # along quantiles goes what is legal in the same call as others
        return "reparameterize" if name == "implicit" and not why_not_implicit(y, x) else name

    runs = [itertools.groupby(draws, call) for draws in (lean, last)]
    return [*looked.items(), *[(name, list(run)) for each in runs for name, run in each]]


def _fit(y: Smooth, blocking: list[Data], name: str) -> list[str]:
    """Return the draws that a method can take, as keys of a mapping to its name are written."""
    names = [x.name for x in blocking if x.name and METHODS[name].why_not(y, x) is None]
    return [f'"{x}": "{name}"' for x in dict.fromkeys(names)]


def known(call: str, name: Any, of: str = "") -> str:
    """Return the name of a method as it stands in the table, or raise; a hyphen will do in it."""
    plain = name.replace("-", "_") if isinstance(name, str) else ""
    if plain not in ("auto", *METHODS):
        raise InputError(
            f"{call}: method {name!r}{of} is not known; known are auto, {', '.join(METHODS)}"
        )
    return plain


def _choices(
    y: Smooth, blocking: list[Data], asked: Mapping[object, str], explain: bool
) -> dict[Data, Choice]:
    """Return what to do with each draw, decided on the graph as it is."""
    sizes = Sizes(y.y, blocking)
    copies: dict[Data, int] = {}  # of the graph, that the methods chosen so far make
    choices: dict[Data, Choice] = {}
    for x in one_each(blocking):
        name = asked.get(x._node.draw, "auto")
        met = sizes.met(x) & copies.keys() if copies else ()
        few = FEW // math.prod(copies[other] for other in met)
        auto = name == "auto"
        choices[x] = _choose(y, sizes, x, few, explain) if auto else _asked(x, name)
        if choices[x].method in COUNTED and auto:
            copies[x] = 1 + COUNTED[choices[x].method](sizes, x)
    return choices


COUNTED = {"marginalize": Sizes.outcomes, "measure_valued": Sizes.pairs}


def _asked(x: Data, name: str) -> Choice:
    biased = ", although it is biased" if METHODS[name].biased else ""
    return Choice(x.name or "unnamed", name, f"asked for{biased}")


def _choose(y: Smooth, sizes: Sizes, x: Data, few: int, explain: bool) -> Choice:
    """Return the best legal method for a draw, with at most `few` copies of the graph.

    Why others are not legal takes a walk each, and is looked for if somebody wants to know.
    """
    law = type(x._node.distribution).__name__
    found: str | None = None
    not_legal: dict[str, Refusal] = {}
    for name in AUTO:
        if found is not None and not explain:
            break
        problem = METHODS[name].why_not(y, x)
        if problem is None and name in COUNTED and (many := COUNTED[name](sizes, x)) > few:
            problem = Refusal(f"it would take {spelled(many)} copies of the graph, more than {few}")
        if problem is not None:
            not_legal[name] = problem
        elif found is None:
            found = name
    if found is None:
        why = dict.fromkeys(problem.reason for problem in not_legal.values())
        raise BlockedGradientError(
            f"unblock: no legal method for {x.name or 'a draw'}: {'; '.join(why)}"
        )
    said = {name: str(problem) for name, problem in not_legal.items()}
    return Choice(x.name or "unnamed", found, f"{law} {REASONS[found]}", said)


REASONS: Mapping[str, str] = {
    "marginalize": "has few outcomes, which are summed over",
    "implicit": "is followed along its quantiles",
    "reparameterize": "has a transform of noise",
    "measure_valued": "has a weak derivative, a difference of two laws",
    "leave_one_out": "has a score; its cost is compared with that of other samples",
}
