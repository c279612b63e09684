"""Which draw a variance comes from.

Let M_i be the expectation of g given the first i draws, in the order they first ran. M_0 is the
mean, M_n is g itself, and the variance of g is the sum of the steps E[(M_i - M_{i-1})²]: what is
not known until draw i. So each draw has its share, also where one depends on another.

Source: the orthogonality of martingale differences (Doob 1953, *Stochastic Processes*, chapter 7);
by sampling, the pick-freeze identity Cov(g(A, B), g(A, B')) = Var(E[g | A]) of Sobol' 1993,
*Sensitivity estimates for nonlinear mathematical models*.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..averages.exact import converged, doubt
from ..averages.moments import Moments, merged
from ..errors import InputError
from ..replay.program import Draw
from ..replay.tape import Tape

SMALL = 2**21  # numbers of a grid that are held at once
BLOCK = 2**13
ROUGH = 1e-4  # the relative error from which on a grid is not used


class Share(NamedTuple):
    """The variance that comes from one draw, for each output, and its standard error.

    ``added`` says that it is a draw which a rewrite has added.
    """

    variance: list[Any]
    stderr: list[Any]
    added: bool = False


def shares(
    tape: Tape, points: int | None, samples: int, rng: np.random.Generator,
    order: Sequence[object],
) -> dict[str, Share]:  # fmt: skip
    """Return, by the name of each draw, how much of the variance of every output comes from it.

    Exact where the grid of all outcomes is small, and fine enough for what jumps, else from
    `samples` samples for each draw. The draws are taken in the `order` of their identities; those
    that are not in it are added ones, at the end. A draw that is made again in other branches of a
    graph is still the same draw.
    """
    groups = ordered(tape.draws, order)
    names = distinct([several[0].title.removeprefix("ε_") for several in groups.values()])
    try:
        found = on_grid(tape, points, list(groups.values()))
    except InputError:
        found = by_sampling(tape, samples, rng, list(groups.values()))
    known = set(map(made_from, order))
    marked = [s._replace(added=k not in known) for k, s in zip(groups, found, strict=True)]
    return dict(zip(names, marked, strict=True))


def made_from(identity: object) -> object:
    """Return the draw that a noise belongs to, or the draw itself."""
    return identity[0] if isinstance(identity, tuple) else identity


def ordered(draws: Sequence[Draw], order: Sequence[object]) -> dict[object, list[Draw]]:
    """Return draws by identity, as they first ran, whatever a rewrite has done to their order."""
    groups: dict[object, list[Draw]] = {made_from(identity): [] for identity in order}
    for draw in draws:
        groups.setdefault(made_from(draw.identity), []).append(draw)
    return {identity: several for identity, several in groups.items() if several}


def distinct(names: Sequence[str]) -> list[str]:
    """Return names of which no two are the same: X, X (2), …"""
    return [
        name if name not in names[:i] else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]


def on_grid(tape: Tape, points: int | None, groups: Sequence[Sequence[Draw]]) -> list[Share]:
    """Return the exact shares; refused if the grid does not fit into memory at once."""
    draws = [draw for several in groups for draw in several]
    values = tape.start()
    sizes = [max(1, np.size(values[slot]) if not sampled else tape.memory.largest)
             for slot, sampled in tape.outputs]  # fmt: skip
    limit = SMALL // sum(sizes)
    grid, total, tails = converged(tape, points, limit)
    if grid.smooth and points is None and not doubt(grid, total, tails, limit) < ROUGH:
        raise InputError("shares: there is a kink or a jump that a grid does not follow")
    outputs, weights = grid.whole()
    laid = list(grid.axes)[::-1]  # the last draw of the tape is the first axis
    axes = [len(grid.axes[d].values) ** grid.axes[d].elements for d in laid]
    turned = [*[laid.index(draw) for draw in reversed(draws)], len(axes)]
    weights = weights.reshape(*axes, 1).transpose(turned)
    columns = [
        steps(array.reshape(*axes, array[0].size).transpose(turned), weights, array.shape[1:])
        if sampled
        else [np.zeros(np.shape(array)) for _ in axes]
        for array, (_, sampled) in zip(outputs, tape.outputs, strict=True)
    ]
    each = iter(zip(*columns, strict=True))
    parts = [list(itertools.islice(each, len(several))) for several in groups]
    return [Share([sum(x) for x in zip(*p, strict=True)], [0.0] * len(p[0])) for p in parts]


def steps(g: Any, weights: Any, shape: tuple[int, ...]) -> list[Any]:
    """Return E[(M_i - M_{i-1})²] for each draw; the last draw is the first axis."""
    mass, total = weights, weights * np.where(weights > 0, g, 0.0)
    squares = []
    with np.errstate(all="ignore"):  # a variance may be infinite
        for _ in range(g.ndim - 1):
            squares.append(second_moment(total, mass))
            mass, total = mass.sum(axis=0), total.sum(axis=0)
        squares.append(second_moment(total, mass))
        found = [np.maximum(a - b, 0.0).reshape(shape) for a, b in itertools.pairwise(squares)]
    return found[::-1]


def second_moment(total: Any, mass: Any) -> Any:
    """Return E[M²] from the sums of M times mass."""
    held = np.where(mass > 0, mass, 1.0)
    return (total**2 / held).reshape(held.size, total.shape[-1]).sum(axis=0)


def by_sampling(
    tape: Tape, samples: int, rng: np.random.Generator, groups: Sequence[Sequence[Draw]]
) -> list[Share]:
    """Return estimated shares: two runs that have their first draws in common, and no other."""
    with np.errstate(all="ignore"):
        values = tape.start()
        totals: list[list[Moments]] = [[] for _ in groups]
        while samples > 0:
            count = min(samples, max(2, BLOCK // tape.memory.largest))
            samples -= count
            for i, products in enumerate(one_block(tape, values, count, rng, groups)):
                totals[i] = merged(totals[i], products)
    return [
        Share([m.mean for m in total], [np.sqrt(m.variance() / m.weight) for m in total])
        for total in totals
    ]


def one_block(
    tape: Tape, values: Sequence[Any], count: int, rng: np.random.Generator,
    groups: Sequence[Sequence[Draw]],
) -> list[list[Moments]]:  # fmt: skip
    """Return the moments of g (M_i - M_{i-1}) for every draw, M_i from a run of its own."""
    full, kept = frozen_run(tape, values, count, rng, {})
    before, _ = frozen_run(tape, values, count, rng, {})
    found = []
    for i in range(len(groups)):
        frozen = {draw: kept[draw] for several in groups[: i + 1] for draw in several}
        after = full if i == len(groups) - 1 else frozen_run(tape, values, count, rng, frozen)[0]
        found.append([
            Moments.of(g * (b - a)) if sampled else Moments.constant(0.0 * g, float(count))
            for g, a, b, (_, sampled) in zip(full, before, after, tape.outputs, strict=True)
        ])  # fmt: skip
        before = after
    return found


def frozen_run(
    tape: Tape, values: Sequence[Any], count: int, rng: np.random.Generator,
    frozen: Mapping[Draw, Any],
) -> tuple[list[Any], dict[Draw, Any]]:  # fmt: skip
    """Return the outputs of a tape, and its draws, of which those that are `frozen` are given."""
    made: dict[Draw, Any] = {}

    def source(draw: Draw, law: Any) -> Any:
        made[draw] = frozen[draw] if draw in frozen else law.generated(rng, (count, *draw.shape))
        return made[draw]

    outputs = tape.run(values, source, tape.memory(count))
    return [np.array(x) for x in outputs], made
