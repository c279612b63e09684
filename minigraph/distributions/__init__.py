"""The laws of randomness. A new law is one class, and a line here."""

from .base import Distribution, sample
from .bernoulli import Bernoulli
from .categorical import Categorical
from .exponential import Exponential
from .noise import StandardExponential, StandardNormal, StandardUniform
from .normal import Normal
from .poisson import Poisson
from .uniform import Uniform

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Exponential",
    "Normal",
    "Poisson",
    "StandardExponential",
    "StandardNormal",
    "StandardUniform",
    "Uniform",
    "sample",
]
