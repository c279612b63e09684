"""The exact local expectation: a finite draw is summed over its outcomes, others stay sampled."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np

from ..data import Data
from ..distributions.streams import Rng, generator
from ..ops.base import as_data
from ..ops.boxes import function, stop
from ..ops.elementwise import add, multiply
from ..ops.reductions import prod
from ..ops.shaping import reshape
from ..values import own, whole
from ..walk import ancestors, drawn_above, label
from .baselines import leave_one_out
from .branches import Branch, below, expected, with_expected
from .choose import Handle, Refusal, call_for, choose_legal, refuse_many
from .costs import PROBABILITY, Costs, Draws
from .impossible import possible_outcome
from .scores import log_probs_of
from .turns import in_turn

LIMIT = 256  # copies of the graph below a draw


def marginalize(y: Data, nodes: Handle = None, *, limit: int = LIMIT, rng: Rng = None) -> Data:
    """Return `y` with the slope of its exact expectation over finite draws: Σ_x P_θ(x) F(x).

    The graph below each chosen draw is copied for every outcome, and their sum weighted with the
    probabilities takes the place of `y` when it is differentiated (the value stays that of the
    sample). Draws that are not chosen stay draws, in every copy: rewrite them too if they block.
    Rao-Blackwell: no other unbiased estimator that treats the others alike has less variance.

    A draw of many elements has many outcomes. Where element b of a cost depends only on element b
    of the draw, the elements are summed over side by side, with as many copies as one has outcomes.

    A leave-one-out baseline which an earlier draw got before is left out of the copies where it
    would be biased there: give it afterwards, and it lowers the variance.

    What cannot be adds nothing, whatever it would cost. An infinite cost of it is seen when the
    graph is built; where only another outcome of a draw that stays sampled makes it so, it is nan.

    Parameters
    ----------
    y : Data
        The output whose graph is rewritten. It stays as it was.
    nodes : str, StochasticNode, Data, or list of these, optional
        Which draws; by default all that block a gradient.
    limit : int
        How many copies of the graph below a draw are still made.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Where draws in the copies come from, if they are not made from noise.

    Raises
    ------
    BlockedGradientError
        If a law has infinitely many outcomes, or a continuum of them, or if which they are depends
        on a parameter that may change: another draw, or an input that can be assigned.
    InputError
        If the outcomes are more than `limit`; the message counts them. Also if draws that meet in
        a cost multiply to more than 300,000 operations.

    References
    ----------
    Titsias and Lázaro-Gredilla 2015, *Local Expectation Gradients for Black Box Variational
    Inference*, https://arxiv.org/abs/1503.01494

    Examples
    --------
    >>> import minigraph as mg
    >>> p = mg.Data(0.25, name="p")
    >>> y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) - 3.0) ** 2
    >>> z = mg.marginalize(y)
    >>> z.value == y.value, mg.gradient(z, p).value, mg.exact(z, p).grad_variance[p]
    (True, -5.0, 0.0)
    """
    chosen = choose_legal("marginalize", y, nodes, why_not_marginal)
    rng, limit = generator(rng), whole("limit", limit, call="marginalize")
    change = lambda y, draws: with_expected(y, total(Costs(y, draws), limit, rng))
    z = in_turn("marginalize", y, chosen, change, apart=True)
    if len(chosen) > 1 and any(
        np.isnan(x._node.inputs[1]._value).any() for x in ancestors([z]) if x._op is expected
    ):
        # Where an earlier draw decides what cannot be, its branches are to be made before.
        z = in_turn("marginalize", y, chosen[::-1], change, apart=True)
    return z


def total(costs: Costs, limit: int, rng: np.random.Generator) -> Data:
    """Return the sum of costs over the outcomes of the draw in each, weighted with their chances.

    No cost may have two of the draws of `costs`: they would be summed over one after the other.
    """
    outcomes = functools.cache(functools.partial(_outcomes, limit))  # the same for all costs
    spoiled = functools.cache(lambda x: spoiled_baselines(costs.y, x))
    there = functools.cache(lambda x, outcome: Branch({x: outcome, **spoiled(x)}, rng))

    def expectation(cost: Data, draws: Draws) -> Data:
        if not draws:
            return cost
        (x,) = draws
        where, terms = costs.places(cost, x), []
        for outcome, p in outcomes(x, where if None not in where else ()):
            term = there(x, outcome).of(cost)
            if not (np.isfinite(term._value).all() and np.all(p._value)):  # or a slope is infinite
                other = possible_outcome(x, outcome, p)
                term = term if other is None else there(x, other).of(cost)
            terms.append(multiply(p, term))
        return functools.reduce(add, terms)

    return costs.rebuild(expectation)


def spoiled_baselines(y: Data, x: Data) -> dict[Data, Data]:
    """Return 0 for each leave-one-out baseline that would be biased in a sum over outcomes of `x`.

    Probabilities become factors of the cost. Where they depend on an earlier draw, they bias the
    score of that draw, times a baseline which came without them. A score of a draw below `x` is
    another one in each copy; that of `x` itself, if it has one, meets a baseline of its own there.
    """
    scored = any(a._op is stop for a in x._node.inputs)
    if not scored and not drawn_above(x._node.inputs):
        return {}
    copied, found = below(y, [x]), {}
    products = [data._inputs for data in copied if data._op is multiply]
    for one, other in [*products, *[pair[::-1] for pair in products]]:
        baseline = type(one) is type(other) is Data and one._op is leave_one_out
        if baseline and (scored or not {*log_probs_of(other)} <= {*copied}):
            found[one] = as_data(own(np.zeros_like(one._value)))
    return found


def _outcomes(limit: int, x: Data, where: tuple[Any, ...]) -> list[tuple[Data, Data]]:
    """Return the outcomes of `x`, and their probabilities.

    These are of each element, in its place in costs that see one element each; else the outcomes
    are all combinations of those of the elements.
    """
    law = x._node.distribution
    table, elements = law.outcomes(), 1 if where else math.prod(law.batch_shape)
    refuse_many("marginalize", x, (len(table) ** elements, "outcomes"), limit, "copies")
    shape = [1] * -min(where, default=0)
    for axis, place in enumerate(where):
        shape[place] = law.batch_shape[axis]
    found = []
    for several in itertools.product(table, repeat=elements):
        value = np.broadcast_to(several[0], x.shape) if where else np.reshape(several, x.shape)
        outcome = as_data(own(np.array(value, dtype=x.dtype)))
        found.append((outcome, _probability(law, outcome, tuple(shape))))
    return found


def _probability(law: Any, outcome: Data, shape: tuple[int, ...]) -> Data:
    """Return the probability of an outcome, of all elements or lined up: one rectangle."""

    def probability(outcome: Data, *_: Data) -> Any:
        p = law.probability(outcome)
        return reshape(p, shape=shape) if shape else prod(p) if p.shape else p

    return as_data(function(probability, name=PROBABILITY)(outcome, *law.inputs))


def why_not_marginal(x: Data) -> Refusal | None:
    """Return why the draw `x` cannot be summed over, or None if it can."""
    law = x._node.distribution
    problem = "cannot be listed one by one"
    outcomes, further = law.outcomes(), law.outcomes(8)  # no more, if they are finitely many
    if outcomes is not None and further is not None and len(outcomes) == len(further):
        names = moving(law)
        if not names:
            return None
        problem = f"are others when {' and '.join(names)} changes"
    return Refusal(
        f"the outcomes of {label(x)} ~ {type(law).__name__} {problem}",
        call_for(x, "reinforce", "unblock"),
    )


def moving(law: Any) -> list[str]:
    """Return the parameters of a law that may change, and with them its support."""
    parameters = law.parameters.items()
    return [name for name, a in parameters if name in law.support_moves and not a._literal]
