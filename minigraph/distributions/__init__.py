"""The laws of randomness. A new law is one class, and a line here."""

from .base import Distribution, sample
from .bernoulli import Bernoulli
from .categorical import Categorical
from .exponential import Exponential, Pareto, Weibull
from .location_scale import Cauchy, Gumbel, Laplace, Logistic
from .noise import StandardExponential, StandardNormal, StandardUniform
from .normal import HalfNormal, LogNormal, Normal
from .poisson import Poisson
from .uniform import Uniform

__all__ = [
    "Bernoulli",
    "Categorical",
    "Cauchy",
    "Distribution",
    "Exponential",
    "Gumbel",
    "HalfNormal",
    "Laplace",
    "LogNormal",
    "Logistic",
    "Normal",
    "Pareto",
    "Poisson",
    "StandardExponential",
    "StandardNormal",
    "StandardUniform",
    "Uniform",
    "Weibull",
    "sample",
]
