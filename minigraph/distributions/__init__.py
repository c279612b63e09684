"""The laws of randomness. A new law is one class, a line here, and its name among the late ones.

Reading order: `streams` (random numbers), `constraints`, `parameters`, `definition` (what a law
says of itself), `ranges`, `blocks`, `base` (what it then can do) and `sampling` (a draw from it);
`box_muller`, `noise`, `many`, `special`, `charts`, `standards` (what samples are made from) and
`location_scale`; the laws `normal`, `uniform`, `half`, `exponential`, `kumaraswamy`, `triangular`,
`normal_parts`, `truncated_normal`; of counts `bernoulli`, `categorical`, `counted`, `binomial`,
`geometric`, `poisson`, `negative_binomial`, `multinomial`, `discrete_uniform`, `empirical`; along
quantiles `implicit`, `tails`, `gamma`, `beta`, `dirichlet`, `student_t`, `von_mises`; of several
numbers `multivariate_normal`; made of other laws `composite`, `transforms`, `transformed`,
`mixture`, `relaxed`; `families`, `cross` and `divergences` (of two laws); `weak`, `weak_counts`,
`weak_numbers`, `weak_derivatives` (as differences of laws); `ways` (past a draw).
"""

from .base import Distribution
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .composite import Independent
from .dirichlet import Dirichlet
from .discrete_uniform import DiscreteUniform
from .divergences import kl_divergence
from .empirical import Empirical
from .exponential import Exponential, Pareto, Weibull
from .gamma import Chi2, Gamma, InverseGamma
from .geometric import Geometric
from .half import HalfCauchy, HalfNormal
from .kumaraswamy import Kumaraswamy
from .location_scale import Cauchy, Gumbel, Laplace, Logistic
from .mixture import MixtureSameFamily
from .multinomial import Multinomial, OneHotCategorical
from .multivariate_normal import MultivariateNormal
from .negative_binomial import NegativeBinomial
from .noise import StandardExponential, StandardNormal, StandardUniform
from .normal import LogNormal, Normal
from .poisson import Poisson
from .relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from .sampling import sample
from .student_t import StudentT
from .transformed import TransformedDistribution
from .transforms import (
    AffineTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
)
from .triangular import Triangular
from .truncated_normal import TruncatedNormal
from .uniform import Uniform
from .von_mises import VonMises
from .ways import ways_of as _ways_of

__all__ = [
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "Dirichlet",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "ExpTransform",
    "Exponential",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "InverseGamma",
    "Kumaraswamy",
    "Laplace",
    "LogNormal",
    "Logistic",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "Pareto",
    "Poisson",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "SigmoidTransform",
    "SoftplusTransform",
    "StandardExponential",
    "StandardNormal",
    "StandardUniform",
    "StudentT",
    "TanhTransform",
    "TransformedDistribution",
    "Triangular",
    "TruncatedNormal",
    "Uniform",
    "VonMises",
    "Weibull",
    "kl_divergence",
    "sample",
]
