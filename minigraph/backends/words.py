"""The words of a program: what each operation is in an array library that is like NumPy.

Most operations have the name that they have in NumPy, and a library that has the name has the
operation. Here are the others, written in functions that JAX and PyTorch both have under one name.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..distributions import beta, dirichlet, gamma, implicit, normal_parts, student_t, von_mises
from ..distributions import special as laws
from ..estimators import baselines, branches, kinks, relaxations, scores
from ..ops import boxes
from ..ops.base import Operation
from ..ops.factorizations import COMPLETED, eigh_packed, qr_packed, svd_packed
from ..ops.namespace import TABLES
from ..ops.pseudoinverses import truncated_pinv
from ..ops.trigonometry import sinc_slope
from .whole import Word, is_float

MODULES = (
    *TABLES, boxes, laws, implicit, beta, dirichlet, gamma, normal_parts, student_t,
    von_mises, branches, relaxations, baselines, scores, kinks,
)  # fmt: skip
# The operations of this package: only these are known by their names.
OWN = frozenset(
    thing for module in MODULES for thing in vars(module).values() if isinstance(thing, Operation)
)
FOLLOWED = frozenset(op for op in OWN if op.forward.__qualname__.startswith("followed."))
# Of log Γ, by Stirling's formula: what stands before powers of 1/x, the highest first.
STIRLING = (-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
BESSEL = frozenset(op for op in OWN if op.name in ("j0", "j1", "y0", "y1"))
# Their words have the right value, and no slope that another library could find by itself.
UNSLOPED = FOLLOWED | BESSEL | {implicit.by_cdf, branches.slope_of, kinks.kink}


def shared(xp: Any, stop: Word) -> dict[str, Word]:
    """Return words in functions of `xp`; `stop` is its stop_gradient."""

    def moving(s: Any) -> Any:
        """Return zeros that have the slope of `s`."""
        return xp.where(xp.isfinite(s), s - stop(s), 0.0)

    def instead(y: Any, s: Any) -> Any:
        """Return the value of `y` with the slope of `s`."""
        return stop(y) + moving(s)

    def both_halves(a: Any, lower: bool = True) -> Any:
        """Return the symmetric matrix of which the lower (or upper) half is that of `a`."""
        half = xp.tril(a) if lower else xp.swapaxes(xp.triu(a), -1, -2)
        return half + xp.swapaxes(xp.tril(half, -1), -1, -2)

    def eigh(a: Any, UPLO: str = "L") -> Any:
        return eigh_packed.forward(both_halves(a, UPLO == "L"), UPLO, xp)

    def solve(a: Any, b: Any) -> Any:  # `b` is always a matrix: nobody has to guess
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = (xp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
        return xp.linalg.solve(a, b)

    def orthogonal(a: Any, by: str) -> Any:
        y, q = COMPLETED[by](stop(a), xp)[..., a.shape[-1] :], xp.linalg.qr(a)[0]
        # Libraries know no slope of these columns. It is that of what is left of them beside those
        # of `a`, made orthonormal again: (1 - lost)^(-1/2), to the fifth derivative.
        along = xp.swapaxes(q, -1, -2) @ y
        left, lost = y - q @ along, xp.swapaxes(along, -1, -2) @ along
        return instead(y, left + left @ (0.5 * lost + 0.375 * lost @ lost))

    def ratio(top: Any, bottom: Any) -> Any:
        tie, lone = bottom == 0, xp.where(top == 0, 0.0 * top, math.nan)
        return xp.where(tie, lone, top / xp.where(tie, 1.0, bottom))

    def relu(x: Any) -> Any:
        x = x * 1  # truths are integers then
        return xp.where((x > 0) | xp.isnan(x), x, xp.zeros_like(x))

    def reciprocal(x: Any) -> Any:
        if is_float(x):
            return 1.0 / x
        x = x * 1
        return xp.where(abs(x) == 1, x, xp.zeros_like(x))  # an integer, too

    def softplus(x: Any) -> Any:
        return xp.logaddexp(x, xp.zeros_like(x))

    def log_ratio(part: Any, total: Any) -> Any:
        edge = xp.where(part == -math.inf, part, 0.0)
        off = part - total
        return xp.where(xp.isfinite(total), off, xp.where(part == total, edge, off))

    def log_of(x: Any, other: Any, f: Word, safe: float) -> Any:
        """Return x·f(other), 0 where x = 0; there its slope in x is f(other) if that is finite."""
        edge = (other <= safe - 1.0) | (other == math.inf)
        return x * f(xp.where((x == 0) & edge, safe, other))

    def rel_entr(a: Any, b: Any) -> Any:
        fine = (a > 0) & (b > 0)
        inside = xp.where(fine, a, 1.0) * (
            xp.log(xp.where(fine, a, 1.0)) - xp.log(xp.where(fine, b, 1.0))
        )
        edge = xp.where((a == 0) & (b >= 0), 0.0, math.inf)
        return xp.where(xp.isnan(a) | xp.isnan(b), math.nan, xp.where(fine, inside, edge))

    def kl_div(a: Any, b: Any) -> Any:
        fine = ((a > 0) & (b > 0)) | ((a == 0) & (b >= 0))
        return rel_entr(a, b) + xp.where(fine, b - a, 0.0)

    def log1p_square_slope(x: Any) -> Any:
        far = abs(x) > 1e8
        near = xp.where(far, 0.0, x)
        return xp.where(far, 2.0 / xp.where(far, x, 1.0), 2.0 * near / (1.0 + near * near))

    def normal_part(a: Any, w: Any, order: int = 0) -> Any:
        reach = 2.0 * normal_parts.END / (a + xp.sqrt(a * a + 2.0 * normal_parts.END))
        w, total = xp.where(w < reach, w, stop(reach)), 0.0
        for u, weight in zip(normal_parts.NODES, normal_parts.WEIGHTS, strict=True):
            t = float(u) * w
            total = total + float(weight) * t**order * xp.exp(-t * (a + 0.5 * t))
        return w * total

    def same(x: Any, *others: Any) -> Any:
        return x

    def within(x: Any, number: Any, low: float, high: float, problem: str) -> Any:
        """Return `x`, NaN where the number is illegal: a compiled program raises no errors."""
        other = math.nan if "float" in str(getattr(x, "dtype", "float")) else x
        return xp.where((number >= low) & (number <= high), x, other)

    return {
        # of estimators
        "score_factor": lambda log_prob: xp.exp(moving(log_prob)), "stop_gradient": stop,
        "local expectation": instead, "relaxation (biased)": instead,
        "straight-through (biased)": instead, "slope": xp.zeros_like,
        "first derivative only": same, "kink": same,
        "leave_one_out": lambda cost: stop(xp.zeros_like(cost)),
        "inside": lambda x, slope, problem: xp.where(slope > 1e-13, xp.nan, x), "within": within,
        "sample at its quantile": same, "per density": lambda p: -1.0 / p,
        "normal_part": normal_part, **{op.name: same for op in FOLLOWED},
        # of networks, of statistics
        "share": lambda a, b: ((a > b) * xp.ones_like(a - b) + (a >= b)) * 0.5,
        "relu": relu, "reciprocal": reciprocal, "softplus": softplus,
        "log_ratio": log_ratio, "log_expit": lambda x: -softplus(-x),
        "log1p_square": lambda x: laws.log1p_square.forward(x, xp),
        "log1p_square_slope": log1p_square_slope,
        "xlogy": lambda a, x: log_of(a, x, xp.log, 1.0),
        "xlog1py": lambda a, x: log_of(a, x, xp.log1p, 0.0),
        "rel_entr": rel_entr, "kl_div": kl_div,
        "sinc": lambda x, order=0: sinc_slope(x, order, xp),
        # of shapes and kinds
        "heaviside": lambda x, h: xp.where(x == 0, h, xp.where(xp.isnan(x), x, (x > 0) * 1.0)),
        "outer": lambda a, b: a.reshape(-1, 1) * b.reshape(1, -1),
        "sum_to": lambda x, shape: sum_to(xp, x, shape),
        "real": same, "real_if_close": same, "imag": xp.zeros_like, "conjugate": same,
        "fix": xp.trunc, "fabs": xp.abs, "expand_dims": expand_dims,
        "einsum": lambda *a, subscripts, optimize=False: xp.einsum(subscripts, *a),
        # of matrices
        "cholesky": lambda a: xp.linalg.cholesky(both_halves(a)),
        "ratio": ratio, "solve": solve, "eigh": eigh, "orthogonal": orthogonal,
        "truncated_pinv": lambda a, cut: truncated_pinv.forward(a, cut, xp),
        "svd": lambda a: svd_packed.forward(a, xp), "qr": lambda a: qr_packed.forward(a, xp),
        "logdet": lambda a: xp.linalg.slogdet(a)[1],
        "signdet": lambda a: xp.linalg.slogdet(a)[0],
    }  # fmt: skip


def sum_to(xp: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Return `x` summed over the axes that a broadcast from `shape` added or stretched."""
    lead = x.ndim - len(shape)
    stretched = [lead + i for i, n in enumerate(shape) if n == 1 and x.shape[lead + i] != 1]
    axes = (*range(lead), *stretched)
    return xp.sum(x, axis=axes).reshape(shape) if axes else x


def expand_dims(x: Any, axis: Any) -> Any:
    """Return `x` with axes of length one."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return x.reshape(np.expand_dims(np.empty(x.shape, bool), tuple(axes)).shape)


def of_whole_order(xp: Any, polygamma: Word) -> Word:
    """Return a polygamma function, NaN of a fractional order, and 0 at infinity."""

    def word(n: Any, x: Any) -> Any:
        there, end = (n >= 0) & (xp.floor(n) == n), (x == math.inf) & (n > 0)
        found = polygamma(xp.where(there, n, 1.0), xp.where(end, 1.0, x))
        return xp.where(there, xp.where(end, 0.0, found), math.nan)

    return word


def of_laws(xp: Any, stop: Word, log_ndtr: Word, special: Any) -> dict[str, Word]:
    """Return words for the special functions of the laws; `special` is a room of SciPy's names."""
    log_gamma, digamma = special.gammaln, special.digamma

    def gamma_step(x: Any) -> Any:  # log Γ(x + ½) - log Γ(x)
        far = x > 100.0
        near, u = xp.where(far, 1.0, x), 1.0 / xp.where(far, x, 1.0)
        series = u * (-1.0 / 8.0 + u * u * (1.0 / 192.0 - u * u / 640.0)) - 0.5 * xp.log(u)
        return xp.where(far, series, log_gamma(near + 0.5) - log_gamma(near))

    def gamma_step_slope(x: Any) -> Any:
        far = x > 100.0
        near, u = xp.where(far, 1.0, x), 1.0 / xp.where(far, x, 1.0)
        series = u * (0.5 + u * (0.125 + u * u * (-1.0 / 64.0 + u * u * (1.0 / 128.0))))
        return xp.where(far, series, digamma(near + 0.5) - digamma(near))

    def erfcx_slope(x: Any, order: int = 1) -> Any:  # as in the table of ops
        far = x > 2.5
        near, away, ratio = xp.where(far, 0.0, x), xp.where(far, x, 2.5), 0.0
        tail, before = special.erfcx(away), special.erfcx(near)
        for n in range(order + 50, 0, -1):
            ratio = 1.0 / (2.0 * away + 2.0 * (n + 1) * ratio)
            tail = -2.0 * n * ratio * tail if n <= order else tail
        value = 2.0 * near * before - 2.0 / math.sqrt(math.pi)
        for n in range(1, order):
            before, value = value, 2.0 * near * value + 2.0 * n * before
        return xp.where(far, tail, value)

    def sign(x: Any) -> Any:
        """Return the sign of Γ(x); at a pole, that to its right."""
        one = xp.ones_like(x)
        return xp.where((x > 0) | (xp.floor(x) % 2 == 0), one, -one)

    def is_pole(x: Any) -> Any:
        return (x <= 0) & (xp.floor(x) == x)

    def gammasgn(x: Any) -> Any:
        unknown = xp.isnan(x) | ((x < 0) & is_pole(x))
        at_zero = xp.copysign(xp.ones_like(x), x)
        return xp.where(unknown, math.nan, xp.where(x == 0, at_zero, sign(x)))

    def rest(x: Any) -> Any:
        """Return what Stirling's formula leaves of log Γ(x), for x >= 10."""
        total, u = 0.0, 1.0 / x
        for factor in STIRLING:
            total = total * u * u + factor
        return total * u

    def turned(a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
        """Return numbers of the same |B| off the poles, where there is no such, and its sign."""
        pole = is_pole(a) | is_pole(b)
        at, other = xp.where(is_pole(a), a, b), xp.where(is_pole(a), b, a)
        rest = 1.0 - at - other
        whole = (other > 0) & (xp.floor(other) == other) & (rest > 0) & (rest < math.inf)
        a, b = (xp.where(pole, xp.where(whole, x, 1.0), y) for x, y in ((rest, a), (other, b)))
        signed = xp.where(other % 2 == 0, 1.0, -1.0)
        at_pole = xp.where(whole, signed, 1.0)
        return a, b, pole & ~whole, xp.where(pole, at_pole, sign(a) * sign(b) * sign(a + b))

    def log_beta(a: Any, b: Any) -> Any:
        """Return log |B(a, b)|, the large parts of which go away before they are computed."""
        a, b, never, _ = turned(a, b)
        low, high = xp.minimum(a, b), xp.maximum(a, b)
        far, end = (high >= 10.0) & (low + high >= 10.0), high == math.inf
        at_end = xp.where(low > 0.0, xp.where(low == high, math.nan, -math.inf), math.inf)
        far = far & ~end
        x, y = xp.where(far, low, 1.0), xp.where(far, high, 10.0)
        off = x - x * xp.log(y) - (y + x - 0.5) * xp.log1p(x / y) + rest(y) - rest(y + x)
        near = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
        found = xp.where(far, log_gamma(x) + off, near)
        return xp.where(never, math.inf, xp.where(end, at_end, found))

    def ndtri_exp(y: Any) -> Any:
        """Return the quantile; far out by Newton's steps, the last of which have its slopes."""
        high, low = y > -math.log(2.0), y < -5.0
        near = special.ndtri(xp.exp(xp.where(high | low, -1.0, y)))
        near = xp.where(high, -special.ndtri(-xp.expm1(xp.where(high, y, -1.0))), near)
        end = y == -math.inf
        far = xp.where(low & ~end, y, -5.0)
        tail = -2.0 * stop(far)
        x = -xp.sqrt(tail - xp.log(tail) - math.log(2.0 * math.pi))
        for steps in range(8):
            log_p = log_ndtr(x)
            slope = xp.exp(-0.5 * x * x - 0.5 * math.log(2.0 * math.pi) - log_p)
            x = x - (log_p - far) / slope
            x = stop(x) if steps < 6 else x
        return xp.where(end, -math.inf, xp.where(low, x, near))

    def bessel_gap(x: Any) -> Any:  # 1 - I₁(x) / I₀(x)
        far = x > 300.0
        near, u = xp.where(far, 1.0, x), 1.0 / xp.where(far, x, 1.0)
        return xp.where(far, laws.bessel_gap_far(u), 1.0 - special.i1e(near) / special.i0e(near))

    return {
        "erfcx_slope": erfcx_slope, "ndtri_exp": ndtri_exp,
        "erfcinv": lambda x: special.ndtri(0.5 * x) * -math.sqrt(0.5),
        "gamma_step": gamma_step, "gamma_step_slope": gamma_step_slope,
        "gammasgn": gammasgn, "betaln": log_beta,
        "rgamma": lambda x: sign(x) * xp.exp(-log_gamma(x)),
        "beta": lambda a, b: turned(a, b)[3] * xp.exp(log_beta(a, b)),
        "log_i0e": lambda x: xp.log(special.i0e(x)), "bessel_gap": bessel_gap,
    }  # fmt: skip
