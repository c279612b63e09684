"""The words of a program in JAX."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BlockedGradientError, MissingExtraError, UsageError
from ..ops.base import Operation
from ..ops.indices import filled
from ..ops.shaping import delete, positions, repeat, resize
from .drifts import drifts
from .places import Places
from .whole import is_float, unless_by_zero
from .words import Word, of_laws, of_whole_order, shared


class Jax:
    """JAX as an array library: functions of it, and what else a compiled function asks for."""

    name = "jax"
    seeds = "a key, rng=jax.random.key(0)"

    def __init__(self) -> None:
        try:
            import jax
            import jax.numpy as jnp
            import jax.scipy.special as special
        except ImportError:
            raise MissingExtraError(
                'compile: backend="jax" needs JAX; install it with pip install "minigraph[jax]", '
                'or use backend="numpy"'
            ) from None
        self.jax: Any = jax
        self.xp: Any = jnp
        self.special: Any = special
        self.words = self._words()

    def _words(self) -> dict[str, Word]:
        jax, jnp, special = self.jax, self.xp, self.special
        stop = jax.lax.stop_gradient
        log_ndtr = functools.partial(special.log_ndtr, series_order=12)  # 3 terms are 8 digits
        digamma = lambda x: jnp.where(x == 0, -1.0 / x, special.digamma(x))  # NaN there
        places = Places(jnp, self.chosen, self.pick, self.add, self.last, lambda index: True)
        words = {
            **shared(jnp, stop), **places.words(),
            **{op.name: places.moves(op) for op in (repeat, resize, delete)},
            "concatenate": lambda *a, axis=0: jnp.concatenate(a, axis=axis),
            "stack": lambda *a, axis=0: jnp.stack(a, axis=axis),
            "argsort": lambda x, axis=-1, **_: jnp.argsort(x, axis=axis),
            "searchsorted": lambda a, v, side="left": jnp.searchsorted(a, v, side=side).astype(int),
            "logsumexp": special.logsumexp, "sigmoid": jax.nn.sigmoid,
            "softmax": lambda x, axis=None: jax.nn.softmax(x, axis),
            "log_softmax": lambda x, axis=None: jax.nn.log_softmax(x, axis),
            "astype": lambda x, dtype: jnp.asarray(x).astype(self.dtype(dtype)),
            "polygamma": of_whole_order(
                jnp, lambda n, x: special.polygamma(jnp.asarray(n).astype(int), x)
            ),
            "digamma": digamma, "psi": digamma,
            "floor_divide": unless_by_zero(jnp, jnp.floor_divide),
            "argwhere": None,  # its shape would depend on values
            **drifts(jnp, special, self.loop),
            "gamma sample slope": lambda x, a: jax.lax.random_gamma_grad(
                *jnp.broadcast_arrays(jnp.asarray(a, x.dtype), x)
            ),
            "log_ndtr": log_ndtr, **of_laws(jnp, stop, log_ndtr, special),
        }  # fmt: skip
        return {name: word and self.lifted(word) for name, word in words.items()}

    def lifted(self, f: Callable[..., Any]) -> Word:
        """Return `f` with numbers among its arrays written as arrays, of the kind of the others."""
        return lambda *inputs, **fixed: f(
            *[self.xp.asarray(x) if type(x) is float else x for x in inputs], **fixed
        )

    def word(self, op: Operation) -> Word | None:
        """Return the word for an operation of this package; None if JAX has none."""
        if op.name in self.words:
            return self.words[op.name]
        for room in (self.xp, self.xp.linalg, self.special):
            if hasattr(room, op.name):
                return getattr(room, op.name)
        return None

    # Arrays ------------------------------------------------------------------------------------
    def dtype(self, dtype: Any) -> Any:
        """Return the dtype that JAX uses for one of NumPy's."""
        return self.jax.dtypes.canonicalize_dtype(dtype)

    def array(self, x: Any, dtype: Any = None) -> Any:
        """Return `x` as an array, traced ones included."""
        return self.xp.asarray(x) if dtype is None else self.xp.asarray(x, self.dtype(dtype))

    def constant(self, x: Any) -> Any:
        """Return a value that never changes: NumPy's own arrays stay known while JAX traces."""
        return x

    def own(self, x: Any) -> Any:
        """Return an array that nothing else can change: as it is, for nothing can."""
        return x

    def mean(self, x: Any) -> Any:
        """Return the average over the sample axis."""
        return (x if is_float(x) else x.astype(self.dtype(float))).mean(axis=0)

    def chosen(self, shape: tuple[int, ...], index: Any, places: Any) -> Any:
        """Return the flat positions that an index picks; beyond the last where it is outside."""
        full = filled(index, places)
        if not any(isinstance(i, self.jax.core.Tracer) for i in full):
            return positions(shape)[
                tuple(np.asarray(i) if hasattr(i, "dtype") else i for i in full)
            ]
        outside = math.prod(shape)
        return self.xp.asarray(positions(shape)).at[full].get(mode="fill", fill_value=outside)

    def pick(self, x: Any, at: Any) -> Any:
        """Return elements at flat positions; NaN for one outside, which NumPy refuses."""
        if isinstance(at, np.ndarray):
            return self.xp.reshape(x, -1)[at]
        return self.xp.asarray(x).reshape(-1).at[at].get(mode="fill")

    def add(self, g: Any, at: Any, shape: tuple[int, ...]) -> Any:
        """Return zeros with `g` added at flat positions."""
        zeros = self.xp.zeros(math.prod(shape), g.dtype)
        return zeros.at[at].add(g).reshape(shape)

    def last(self, at: Any, size: int) -> Any:
        """Return, for each flat position, which of what is written there comes last, else -1."""
        return self.xp.full(size, -1).at[at].max(positions(at.shape))

    # Functions ---------------------------------------------------------------------------------
    def loop(self, count: int, step: Callable[[Any], Any], start: Any) -> Any:
        """Return what `count` steps make of `start`."""
        return self.jax.lax.fori_loop(0, count, lambda i, state: step(state), start)

    def spread(self, run: Callable[..., Any], sampled: Sequence[bool]) -> Callable[..., Any]:
        """Return `run(values, draws)` for draws with a leading axis."""
        axes = tuple(0 if has else None for has in sampled)
        return self.jax.vmap(run, in_axes=(None, 0), out_axes=axes)

    def guarded(self, x: Any, message: str) -> Any:
        """Return `x`, with `message` raised if a gradient of it is asked for."""

        @self.jax.custom_jvp
        def through(x: Any) -> Any:
            return x

        @through.defjvp
        def _refuse(primals: Any, tangents: Any) -> Any:
            raise BlockedGradientError(message)

        return through(x)

    # Random numbers ----------------------------------------------------------------------------
    def streams(self, rng: Any, count: int) -> list[Any] | None:
        """Return a key for each draw; None if no seed was given."""
        if rng is None:
            return None
        random = self.jax.random
        seeds = isinstance(rng, int) or (
            np.ndim(rng) == 0 and self.xp.issubdtype(getattr(rng, "dtype", object), np.integer)
        )
        try:
            return list(random.split(random.key(rng) if seeds else rng, count))
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"compiled function: rng is {rng!r}; pass {self.seeds}") from error

    def apart(self, key: Any, lead: tuple[int, ...]) -> Any:
        """Return where the numbers of each sample come from: a key for each."""
        return self.jax.random.split(key, lead) if lead else key

    def stream(self, stream: Any, own: Any) -> Any:
        """Return where the numbers of one sample come from: its own of `apart`."""
        return own

    def primitives(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Mapping[str, Word]:
        """Return the random numbers that all others are made of, new ones at each call."""
        random, dtype = self.jax.random, self.dtype(dtype)

        def own() -> Any:
            nonlocal key
            key, one = random.split(key)
            return one

        def binomial(n: Any, p: Any) -> Any:
            return random.binomial(own(), self.xp.asarray(n, dtype), p, shape, dtype)

        return {
            "normal": lambda: random.normal(own(), shape, dtype),
            "uniform": lambda: random.uniform(own(), shape, dtype),
            "exponential": lambda: random.exponential(own(), shape, dtype),
            "gamma": lambda a: random.gamma(own(), a, shape, dtype),
            "poisson": lambda rate: random.poisson(own(), rate, shape),
            "binomial": binomial,
        }
