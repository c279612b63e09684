"""The words of a program in PyTorch."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BlockedGradientError, MissingExtraError, UsageError
from ..ops import shaping
from ..ops.base import Operation
from ..ops.indices import filled
from ..ops.shaping import positions
from .drifts import drifts
from .places import Places, flat_positions
from .whole import is_float, of_integers
from .words import Word, of_laws, of_whole_order, shared

MOVES = (
    shaping.flip, shaping.roll, shaping.rot90, shaping.repeat, shaping.tile, shaping.resize,
    shaping.delete, shaping.diagonal,
)  # fmt: skip
RENAMED = {  # from NumPy's or SciPy's name to PyTorch's, where these differ
    "power": "pow", "rint": "round", "left_shift": "bitwise_left_shift",
    "right_shift": "bitwise_right_shift", "invert": "bitwise_not", "radians": "deg2rad",
    "degrees": "rad2deg", "clip": "clamp", "j0": "special.bessel_j0", "j1": "special.bessel_j1",
    "y0": "special.bessel_y0", "y1": "special.bessel_y1", "equal": "eq",
}  # fmt: skip
SPECIAL = """gammaln digamma psi gammainc gammaincc ndtr ndtri log_ndtr erf erfc erfcx erfinv expit
    logit entr i0 i0e i1 i1e""".split()  # noqa: SIM905 - read as a list of words
LINEAR = ("inv", "pinv", "det")
ALIKE = """sigmoid bitwise_and bitwise_or bitwise_xor gcd lcm""".split()  # noqa: SIM905


class Torch:
    """PyTorch as an array library: functions of it, and what else a compiled function asks for."""

    name = "torch"
    seeds = "rng=0, or a torch.Generator"

    def __init__(self, device: Any = None) -> None:
        try:
            import torch
        except ImportError:
            raise MissingExtraError(
                'compile: backend="torch" needs PyTorch; install it with pip install '
                '"minigraph[torch]", or use backend="numpy"'
            ) from None
        self.xp: Any = torch
        self.device = device
        self.words = self._words()

    def word(self, op: Operation) -> Word | None:
        """Return the word for an operation of this package; None if PyTorch has none."""
        if op.name in self.words:
            return self.words[op.name]
        path = self.path(op)
        if path is None:
            return None
        found = functools.reduce(lambda room, name: getattr(room, name, None), path, self.xp)
        return None if found is None else self.lifted(found)

    @staticmethod
    def path(op: Operation) -> list[str] | None:
        """Return where in PyTorch an operation should be, if its name says so."""
        if op.name in RENAMED:
            return RENAMED[op.name].split(".")
        if op.name in SPECIAL:
            return ["special", op.name]
        if op.name in LINEAR:
            return ["linalg", op.name]
        return [op.name] if op.name in ALIKE or isinstance(op.forward, np.ufunc) else None

    def lifted(self, f: Callable[..., Any]) -> Word:
        """Return `f` with numbers among its arrays written as tensors, as PyTorch wants them."""

        tensor = self.xp.is_tensor
        return lambda *inputs, **fixed: f(
            *[x if tensor(x) else self.beside(x, inputs) for x in inputs], **fixed
        )

    def beside(self, number: Any, inputs: Sequence[Any]) -> Any:
        """Return a number as a tensor which widens none of the tensors among the inputs."""
        torch, whole = self.xp, type(number) is int
        kinds = {x.dtype for x in inputs if torch.is_tensor(x)} - {torch.bool}
        alike = [kind for kind in kinds if kind.is_floating_point is not whole]
        usual = torch.int64 if whole else torch.float64
        kind = functools.reduce(torch.promote_types, alike) if alike else usual
        return torch.as_tensor(number, dtype=kind, device=self.device)

    def _words(self) -> dict[str, Word]:
        torch = self.xp
        places = Places(torch, self.chosen, self.pick, self.add, self.last, _forwards)

        def isclose(
            a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
        ) -> Any:  # PyTorch's own does not know vmap
            a, b = (x.long() if x.dtype == torch.bool else x for x in (a, b))
            near = torch.isfinite(b) & (abs(a - b) <= atol + rtol * abs(b))
            return near | (a == b) | (equal_nan & torch.isnan(a) & torch.isnan(b))

        common = shared(torch, torch.Tensor.detach)
        words = {
            **common, **places.words(), **self._folds(), **of_integers(torch, common["einsum"]),
            "isclose": isclose, **{op.name: places.moves(op) for op in MOVES}, **self._special(),
            "concatenate": lambda *a, axis=0: torch.concatenate(a, dim=axis),
            "stack": lambda *a, axis=0: torch.stack(a, dim=axis),
            "reshape": torch.reshape,
            "squeeze": lambda x, axis=None: x.squeeze() if axis is None else x.squeeze(axis),
            "broadcast_to": lambda x, shape: x.broadcast_to(
                tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
            ),
            "transpose": lambda x, axes=None: x.permute(
                tuple(range(x.ndim))[::-1] if axes is None else tuple(axes)
            ),
            "take_along_axis": lambda x, at, axis: torch.take_along_dim(x, at.long(), axis),
            "searchsorted": lambda a, v, side="left": torch.searchsorted(a, v, side=side),
            "astype": lambda x, dtype: x.to(self.dtype(dtype)),
            "nan_to_num": lambda x, copy=True, nan=0.0, **ends: torch.nan_to_num(x, nan, **ends),
            "where": lambda c, a, b: torch.where(c.bool(), a, b),
            "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1.0 / 3.0),
            "sign": lambda x: torch.where(torch.isnan(x), x.detach(), torch.sign(x)),
        }  # fmt: skip
        return {name: self.lifted(word) for name, word in words.items()}

    def _folds(self) -> dict[str, Word]:
        torch = self.xp

        def fold(f: Callable[..., Any], none: Callable[..., Any] = lambda x: x) -> Word:
            """Return `f(x, axes, keepdims)` with NumPy's axes; `none` is a fold of no axis."""

            def word(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
                axes = range(x.ndim) if axis is None else axis
                axes = tuple(axes) if not isinstance(axes, int) else (axes,)
                return f(x, axes, keepdims) if axes and x.ndim else none(x)

            return word

        def rows(f: Callable[..., Any]) -> Callable[..., Any]:
            """Return a fold of several axes by one of a single last axis."""

            def run(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
                gone = {a % x.ndim for a in axes}
                stays = [i for i in range(x.ndim) if i not in gone]
                count = math.prod([x.shape[i] for i in gone])
                rows = x.permute(*stays, *sorted(gone)).reshape(*[x.shape[i] for i in stays], count)
                shape = [1 if i in gone else n for i, n in enumerate(x.shape)]
                return f(rows, -1).reshape(shape) if keepdims else f(rows, -1)

            return run

        largest, log_total = fold(torch.amax), fold(torch.logsumexp)

        def log_softmax(x: Any, axis: Any = None) -> Any:
            if not x.numel():  # amax has no value for nothing
                return x
            top = largest(x.detach(), axis, True)
            low = x - torch.where(torch.isfinite(top), top, 0.0)
            return low - log_total(low, axis, True)

        def of_one(f: Callable[..., Any]) -> Word:
            return lambda x, axis=None, **_: (
                f(x.reshape(-1), 0) if axis is None else f(x, axis) if x.ndim else f(x[None], 0)
            )

        return {
            "sum": fold(torch.sum), "mean": fold(torch.mean), "max": largest,
            "min": fold(torch.amin), "logsumexp": log_total, "log_softmax": log_softmax,
            "softmax": lambda x, axis=None: torch.exp(log_softmax(x, axis)),
            "prod": fold(rows(torch.prod)),
            "all": fold(rows(lambda x, axis: x.bool().all(axis)), torch.Tensor.bool),
            "any": fold(rows(lambda x, axis: x.bool().any(axis)), torch.Tensor.bool),
            "count_nonzero": fold(
                rows(lambda x, axis: (x != 0).sum(axis)), lambda x: (x != 0).to(torch.int64)
            ),
            "argmax": of_one(torch.argmax), "argmin": of_one(torch.argmin),
            "cumsum": of_one(torch.cumsum), "cumprod": of_one(torch.cumprod),
            "argsort": of_one(lambda x, axis: torch.argsort(x, dim=axis, stable=True)),
        }  # fmt: skip

    def _special(self) -> dict[str, Word]:
        torch = self.xp
        log_gamma, special = torch.special.gammaln, torch.special

        def log_ndtr(x: Any) -> Any:  # PyTorch's own does not know vmap
            low, root = x < 0.0, math.sqrt(0.5)
            tail = torch.log(0.5 * special.erfcx(-root * torch.where(low, x, 0.0))) - 0.5 * x * x
            body = torch.log1p(-0.5 * special.erfc(root * torch.where(low, 0.0, x)))
            return torch.where(low, tail, body)

        def polygamma(n: Any, x: Any) -> Any:
            factor = torch.exp(log_gamma(n + 1.0)) * torch.where(n % 2 == 0, -1.0, 1.0)
            return torch.where(n == 0, torch.digamma(x), factor * special.zeta(n + 1.0, x))

        def known(f: Word) -> Word:
            """Return `f` that is NaN of NaN."""
            return lambda a, x: torch.where(torch.isnan(a) | torch.isnan(x), math.nan, f(a, x))

        def rank(a: Any, **fixed: Any) -> Any:
            return torch.linalg.matrix_rank(a, **fixed) if a.ndim > 1 else (a != 0).any().long()

        of = of_laws(torch, torch.Tensor.detach, log_ndtr, special)
        sign = of["gammasgn"]
        return {
            **of, "log_ndtr": log_ndtr, "gamma": lambda x: sign(x) * torch.exp(log_gamma(x)),
            "polygamma": of_whole_order(torch, polygamma),
            "gammainc": known(special.gammainc), "gammaincc": known(special.gammaincc),
            "matrix_rank": rank,
            **drifts(torch, special, self.loop),
        }  # fmt: skip

    # Arrays ------------------------------------------------------------------------------------
    def dtype(self, dtype: Any) -> Any:
        """Return PyTorch's dtype for one of NumPy's."""
        return getattr(self.xp, np.dtype(dtype).name)

    def array(self, x: Any, dtype: Any = None) -> Any:
        """Return `x` as a tensor on the device of this function."""
        kind = None if dtype is None else self.dtype(dtype)
        x = x if self.xp.is_tensor(x) else np.array(x)  # a read-only array would warn
        return self.xp.as_tensor(x, dtype=kind, device=self.device)

    constant = array

    def own(self, x: Any) -> Any:
        """Return a tensor that shares no memory with constants, inputs or itself."""
        return x.clone()

    def mean(self, x: Any) -> Any:
        """Return the average over the sample axis."""
        return (x if is_float(x) else x.to(self.xp.float64)).mean(0)

    def chosen(self, shape: tuple[int, ...], index: Any, places: Any) -> Any:
        """Return the flat positions that an index picks."""
        tensor = self.xp.is_tensor
        full = tuple(  # masks never change here
            i.numpy(force=True) if tensor(i) and i.dtype == self.xp.bool else i
            for i in filled(index, places)
        )
        if not any(map(tensor, full)):
            return self.array(positions(tuple(shape))[full])

        def pick(line: Any, part: Any) -> Any:
            if not tensor(part):
                return self.array(line[part])
            at = part.long()  # flat, as torch before 2.11 maps over no index of a single number
            return self.array(line)[at.reshape(-1)].reshape(at.shape)

        return flat_positions(tuple(shape), full, pick)

    def pick(self, x: Any, at: Any) -> Any:
        """Return elements at flat positions."""
        at = self.array(at)
        return x.reshape(-1).index_select(0, at.reshape(-1)).reshape(at.shape)

    def add(self, g: Any, at: Any, shape: tuple[int, ...]) -> Any:
        """Return zeros with `g` added at flat positions."""
        at = self.array(at)
        zeros = self.xp.zeros(math.prod(shape), dtype=g.dtype, device=self.device)
        rows = self.xp.broadcast_to(g, at.shape).reshape(-1)
        return zeros.scatter_add(0, at.reshape(-1), rows).reshape(shape)

    def last(self, at: Any, size: int) -> Any:
        """Return, for each flat position, which of what is written there comes last, else -1."""
        nothing = self.xp.full((size,), -1, device=self.device)
        order = self.xp.arange(math.prod(at.shape), device=self.device)
        return nothing.scatter_reduce(0, at.reshape(-1), order, "amax")

    # Functions ---------------------------------------------------------------------------------
    @staticmethod
    def loop(count: int, step: Callable[[Any], Any], start: Any) -> Any:
        """Return what `count` steps make of `start`."""
        for _ in range(count):
            start = step(start)
        return start

    def spread(self, run: Callable[..., Any], sampled: Sequence[bool]) -> Callable[..., Any]:
        """Return `run(values, draws)` for draws with a leading axis."""
        axes = tuple(0 if has else None for has in sampled)
        return self.xp.func.vmap(run, in_dims=(None, 0), out_dims=axes, randomness="different")

    def guarded(self, x: Any, message: str) -> Any:
        """Return `x`, with `message` raised if a gradient of it is asked for."""
        forward = self.xp.autograd.forward_ad.unpack_dual(x).tangent is not None
        if forward or (x.requires_grad and self.xp.is_grad_enabled()):
            raise BlockedGradientError(f"{message}; for the value alone, torch.no_grad()")
        return x

    # Random numbers ----------------------------------------------------------------------------
    def streams(self, rng: Any, count: int) -> list[Any]:
        """Return where the numbers of each draw come from; None is PyTorch's own generator."""
        if isinstance(rng, (int, np.integer)) and -(2**63) <= rng < 2**64:
            rng = self.xp.Generator(self.device or "cpu").manual_seed(int(rng))
        if not isinstance(rng, (self.xp.Generator, type(None))):
            raise UsageError(f"compiled function: rng is {rng!r}; pass {self.seeds}")
        return [rng] * count

    def apart(self, rng: Any, lead: tuple[int, ...]) -> Any:
        """Return a zero for each sample; their numbers come from the same generator."""
        return self.xp.zeros(lead, device=self.device)

    def stream(self, stream: Any, own: Any) -> Any:
        """Return where the numbers of one sample come from: its own of `apart` tells it apart."""
        return stream, own

    def primitives(self, rng: Any, shape: tuple[int, ...], dtype: Any) -> Mapping[str, Word]:
        """Return the random numbers that all others are made of, new ones at each call."""
        torch = self.xp
        how = {"dtype": self.dtype(dtype), "device": self.device}
        rng, own = rng if isinstance(rng, tuple) else (rng, 0.0)

        def wide(x: Any) -> Any:
            return (torch.as_tensor(x, **how) + own).to(how["dtype"]).expand(shape)

        return {
            "gamma": lambda a: torch._standard_gamma(wide(a), generator=rng),
            "poisson": lambda rate: torch.poisson(wide(rate), generator=rng),
            "binomial": lambda n, p: torch.binomial(wide(n), wide(p), generator=rng),
            "normal": lambda: torch.randn(shape, generator=rng, **how),
            "uniform": lambda: torch.rand(shape, generator=rng, **how),
            "exponential": lambda: torch.empty(shape, **how).exponential_(generator=rng),
        }


def _forwards(index: Any) -> bool:
    """Return whether no slice of a basic index runs backwards, which PyTorch does not know."""
    return not any(isinstance(i, slice) and (i.step or 1) < 0 for i in index)
