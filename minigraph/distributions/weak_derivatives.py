"""Weak derivatives: the derivative of a law in a parameter, as a difference of two laws.

∂P_θ/∂θ = c (P⁺ - P⁻) with a constant c and two laws, so ∂ E[F(X)] = c (E[F(X⁺)] - E[F(X⁻)]). The
two are coupled here: made from the same noise, or one from the other, which makes the variance of
the difference small. Where one of them is the law itself, it is the sample that there is already.

A new law is a line in `TABLE`, or has a method ``weak_derivatives(x)`` of its own.

Source: Mohamed, Rosca, Figurnov and Mnih 2020, *Monte Carlo Gradient Estimation in Machine
Learning*, table 1 and section 7.2 (coupling), https://arxiv.org/abs/1906.10652; Pflug 1989 and
Heidergott and Vázquez-Abad 2000 for the counts; the others by differentiating the density.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import weak_counts, weak_numbers
from .base import Distribution
from .bernoulli import Bernoulli
from .binomial import Binomial
from .categorical import Categorical
from .exponential import Exponential, Pareto, Weibull
from .gamma import Gamma, InverseGamma
from .geometric import Geometric
from .half import HalfCauchy, HalfNormal
from .kumaraswamy import Kumaraswamy
from .location_scale import Cauchy, Gumbel, Laplace, Logistic
from .negative_binomial import NegativeBinomial
from .normal import LogNormal, Normal
from .poisson import Poisson
from .student_t import StudentT
from .uniform import Uniform
from .von_mises import VonMises
from .weak import Weak

__all__ = ["TABLE", "Weak", "weak_derivatives"]

TABLE: Mapping[type[Distribution], Callable[[Any, Any], dict[str, Any]]] = {
    Bernoulli: weak_counts.bernoulli, Binomial: weak_counts.binomial,
    Categorical: weak_counts.categorical, Cauchy: weak_numbers.cauchy,
    Exponential: weak_numbers.exponential, Gamma: weak_numbers.gamma,
    Geometric: weak_counts.geometric, Gumbel: weak_numbers.gumbel,
    HalfCauchy: weak_numbers.half_cauchy, HalfNormal: weak_numbers.half_normal,
    InverseGamma: weak_numbers.inverse_gamma, Kumaraswamy: weak_numbers.kumaraswamy,
    Laplace: weak_numbers.laplace, Logistic: weak_numbers.logistic,
    LogNormal: weak_numbers.through, NegativeBinomial: weak_counts.negative_binomial,
    Normal: weak_numbers.normal, Pareto: weak_numbers.pareto, Poisson: weak_counts.poisson,
    StudentT: weak_numbers.student_t, Uniform: weak_numbers.uniform,
    VonMises: weak_numbers.von_mises, Weibull: weak_numbers.weibull,
}  # fmt: skip


def weak_derivatives(law: Distribution, x: Any) -> dict[str, list[Weak]]:
    """Return the weak derivatives of a law, by parameter, with the sample `x` at hand.

    A list has one for each entry of the last axis of a parameter that is a vector, else one.
    """
    own = getattr(law, "weak_derivatives", None)
    rule = TABLE.get(type(law))
    found = own(x) if own is not None else rule(law, x) if rule is not None else {}
    return {
        name: [weak] if isinstance(weak, Weak) else list(weak)
        for name, weak in found.items() if name in law.parameters
    }  # fmt: skip
