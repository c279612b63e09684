"""minigraph: reverse-mode autodiff in which randomness is part of the graph.

The source reads as a book, in this order: `errors`, `values`, `graph` (data, nodes, rewriting),
`ops` (operations with their derivatives), `paths` (where gradients can flow), `gradient` (reverse
mode), `distributions` (the laws), `estimators` (ways round a draw), `replay` (a graph run again),
`averages` (by Monte Carlo and exactly), `judging` (how good an estimator is), `drawing` (pictures),
`__main__` (the tour).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import challenger, optimize
from . import copying as _copying
from .averages.best import best_baseline
from .averages.difference import difference
from .averages.estimate import Estimate
from .averages.exact import exact
from .averages.expectation import expectation
from .distributions import *
from .drawing import (
    compare_pictures,
    render,
    to_dot,
    to_graphviz,
    to_html,
    to_mermaid,
    to_tikz,
)
from .errors import (
    BlockedGradientError,
    GradientError,
    InputError,
    MinigraphError,
    MissingExtraError,
    SelectionError,
    UnknownNameError,
    UsageError,
)
from .estimators.antithetic import arm, disarm
from .estimators.baselines import RunningAverage
from .estimators.control import rebar, relax
from .estimators.marginalize import marginalize
from .estimators.measure_valued import measure_valued
from .estimators.reinforce import reinforce
from .estimators.relaxations import gumbel_softmax, gumbel_straight_through, straight_through
from .estimators.reparameterize import reparameterize
from .estimators.replicate import importance_bound, replicate, vimco
from .estimators.unblock import unblock
from .estimators.without_replacement import sum_and_sample, unordered_set
from .functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .gradient import gradient
from .graph import Data, DeterministicNode, Graph, Node, StochasticNode
from .judging.assess import assess
from .judging.compare import compare
from .judging.unbiased import check_unbiased
from .ops import dispatch as _dispatch
from .ops.boxes import function, primitive, stop_gradient
from .ops.namespace import PUBLIC as _PUBLIC
from .optimize import SGD, Adam
from .replay.tape import Tape
from .testing import check_grads

__version__ = "0.1.0"

globals().update(_PUBLIC)  # mg.exp, mg.sum, … : one name for every operation in the tables

__all__ = [name for name in globals() if not name.startswith("_")]

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
