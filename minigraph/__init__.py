"""minigraph: reverse-mode autodiff in which randomness is part of the graph.

The source reads as a book, in this order: `errors`, `containers`, `values` (what a number is),
`walk`, `data` (diamonds), `branching`, `nodes` (boxes), `graph` (and how it is rewritten), `ops`
(operations with their derivatives), `paths` (where gradients can flow), `cotangents`, `gradient`
(reverse mode), `run`, `functional` (the same for functions), `copying`, `distributions` (the laws),
`estimators` (ways round a draw), `replay` (a graph run again), `averages` (by Monte Carlo and
exactly), `backends` (a graph in JAX and PyTorch), `judging` (how good an estimator is), `drawing`
(pictures), `optimize`, `testing`, `challenger` (real data), `tour`, `__main__`. Each room lists its
own in its first lines.

Data, operations and gradients are imported at once. The other rooms open when somebody first asks
for a name in them, so that an import costs little more than that of NumPy.
"""

from __future__ import annotations

from importlib import import_module as _import
from types import ModuleType as _Module
from typing import TYPE_CHECKING, Any

from . import copying as _copying
from .data import Data
from .errors import (
    BlockedGradientError,
    GradientError,
    InputError,
    MinigraphError,
    MissingAttributeError,
    MissingExtraError,
    SelectionError,
    UnknownNameError,
    UsageError,
)
from .gradient import gradient
from .graph import Graph
from .nodes import DeterministicNode, Node, StochasticNode
from .ops import dispatch as _dispatch
from .ops.boxes import function, primitive, stop_gradient
from .ops.namespace import PUBLIC as _PUBLIC

__version__ = "0.1.0"

_ROOMS = {  # where the names are that are imported when they are first asked for
    "distributions": """
        AffineTransform Bernoulli Beta Binomial Categorical Cauchy Chi2 Dirichlet DiscreteUniform
        Distribution Empirical ExpTransform Exponential Gamma Geometric Gumbel HalfCauchy HalfNormal
        Independent InverseGamma Kumaraswamy Laplace LogNormal Logistic MixtureSameFamily
        Multinomial MultivariateNormal NegativeBinomial Normal OneHotCategorical Pareto Poisson
        PowerTransform RelaxedBernoulli RelaxedOneHotCategorical SigmoidTransform SoftplusTransform
        StandardExponential StandardNormal StandardUniform StudentT TanhTransform
        TransformedDistribution Triangular TruncatedNormal Uniform VonMises Weibull kl_divergence
        sample""",
    "functional": "grad hessian hvp jacobian jvp value_and_grad vjp",
    "estimators.antithetic": "arm disarm",
    "estimators.baselines": "RunningAverage",
    "estimators.control": "rebar relax",
    "estimators.marginalize": "marginalize",
    "estimators.measure_valued": "measure_valued",
    "estimators.reinforce": "reinforce",
    "estimators.relaxations": "gumbel_softmax gumbel_straight_through straight_through",
    "estimators.reparameterize": "reparameterize",
    "estimators.replicate": "importance_bound replicate vimco",
    "estimators.unblock": "unblock",
    "estimators.without_replacement": "sum_and_sample unordered_set",
    "replay.tape": "Tape",
    "averages.best": "best_baseline",
    "averages.difference": "difference",
    "averages.estimate": "Estimate",
    "averages.exact": "exact",
    "averages.expectation": "expectation",
    "backends.compiling": "compile",
    "judging.assess": "assess",
    "judging.compare": "compare",
    "judging.unbiased": "check_unbiased",
    "drawing": "compare_pictures render to_dot to_graphviz to_html to_mermaid to_tikz",
    "optimize": "SGD Adam",
    "testing": "check_grads",
}
_LATER = {name: room for room, names in _ROOMS.items() for name in names.split()}
_ELSEWHERE = {  # what other libraries call it
    "Gaussian": "mg.Normal", "tensor": "mg.Data", "Tensor": "mg.Data", "Variable": "mg.Data",
    "Parameter": "mg.Data", "Value": "mg.Data", "optim": "mg.SGD or mg.Adam", "jit": "mg.compile",
    "nn": "layers as functions of Data: mg.relu(x @ w + b)", "cat": "mg.concatenate",
    "rand": "mg.sample(mg.Uniform(mg.zeros(shape), 1.0))", "no_grad": "x.value or mg.stop_gradient",
    "randn": "mg.sample(mg.Normal(mg.zeros(shape), 1.0))", "random": "mg.sample(law)",
    "normal": "mg.sample(mg.Normal(loc, scale))", "backward": "y.backward()",
    "draw": 'mg.render(y, "picture.svg")', "plot": 'mg.render(y, "picture.svg")',
}  # fmt: skip
_MODULES = {room.split(".")[0] for room in _ROOMS} | {"challenger"}  # mg.optimize, mg.drawing, …

if TYPE_CHECKING:  # the same, for those who read and do not run
    from . import challenger, optimize
    from .averages.best import best_baseline
    from .averages.difference import difference
    from .averages.estimate import Estimate
    from .averages.exact import exact
    from .averages.expectation import expectation
    from .backends.compiling import compile
    from .distributions import *
    from .drawing import compare_pictures, render, to_dot, to_graphviz, to_html, to_mermaid, to_tikz
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
    from .judging.assess import assess
    from .judging.compare import compare
    from .judging.unbiased import check_unbiased
    from .optimize import SGD, Adam
    from .replay.tape import Tape
    from .testing import check_grads


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return _import(f".{name}", __name__)
    if name in _ELSEWHERE:  # with a name of its own, or Python would guess at another one
        problem = f"module {__name__!r} has no attribute {name!r}; write {_ELSEWHERE[name]}"
        raise MissingAttributeError(problem, name=name, obj=None)
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(_import(f".{_LATER[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_MODULES} - _NOT_OURS)


def _mimebundle(self: Data | Graph, include: Any = None, exclude: Any = None) -> dict[str, str]:
    return __getattr__("drawing").notebook.mimebundle(self, include, exclude)


setattr(Graph, "__str__", lambda self: __getattr__("drawing").listing(self))
setattr(Graph, "_repr_mimebundle_", _mimebundle)
setattr(Data, "_repr_mimebundle_", _mimebundle)

globals().update(_PUBLIC)  # mg.exp, mg.sum, … : one name for every operation in the tables

_NOT_OURS = {"annotations", "TYPE_CHECKING", "Any"}
_HERE = {name for name, thing in globals().items() if not isinstance(thing, _Module)}
_PUBLIC_NAMES = (_HERE | _LATER.keys() | {"challenger", "optimize"}) - _NOT_OURS
__all__ = sorted(name for name in _PUBLIC_NAMES if not name.startswith("_"))
