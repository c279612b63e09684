"""A graph as a plain function of its inputs and its randomness: with NumPy, JAX or PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..averages.expectation import targets, with_gradients
from ..data import Data
from ..errors import InputError, UsageError
from ..values import whole
from ..walk import label
from .arguments import Arguments, as_numpy, samples_of
from .elsewhere import Elsewhere
from .in_jax import Jax
from .in_numpy import OnTape
from .in_torch import Torch

BACKENDS = ("numpy", "jax", "torch")


def compile(
    y: Data,
    wrt: Data | str | Sequence[Data | str] | None = None,
    *,
    backend: str = "numpy",
    inputs: Data | str | Sequence[Data | str] | None = None,
    samples: int | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    device: Any = None,
) -> Callable[..., Any]:
    """Return the graph of `y`, and of its gradient, as a plain function of arrays.

    The function is ``f(*inputs, rng=None, noise=None)`` and returns the value of `y`, or the value
    and the gradients if `wrt` is given. It holds no graph and changes nothing. With ``"jax"`` it
    can be traced: `jax.jit`, `jax.vmap` and `jax.grad` of it work, and with ``"torch"`` its
    results can be differentiated again.

    Parameters
    ----------
    y : Data
        What to compute, a single number if `wrt` is given.
    wrt : Data, name, or list of these, optional
        What to differentiate for, by the derivatives of the graph; blocked as in `gradient`.
    backend : {"numpy", "jax", "torch"}
        The array library; the last two need the extra of that name.
    inputs : Data, name, or list of these, optional
        The arguments of the function, in order. By default `wrt`, then every other input that has
        a name. All other inputs keep the values that they have now, and so does an argument that
        a call leaves out.
    samples : int, optional
        Average over that many samples of all draws; by default there is one of each.
    functions : mapping, optional
        By name: what an operation is in the array library, where it has none (that of a
        `primitive`, say).
    device : optional
        Where PyTorch computes.

    Returns
    -------
    callable
        ``f.inputs`` and ``f.draws`` are the names of its arguments and of its draws, in order;
        ``f.source`` is its text. Arguments come by position or by name. `rng` is a seed (an int, a
        numpy or torch Generator, a JAX key). `noise` gives samples of draws instead: a mapping
        from names, or a list in the order of ``f.draws``; with `samples` they have a sample axis.

    Raises
    ------
    MissingExtraError
        If JAX or PyTorch is not installed.
    UsageError
        For an operation that the library does not have, or a draw that it cannot make and that was
        not given, by name.
    BlockedGradientError
        If a gradient would have to cross a draw, also one that JAX or PyTorch takes.

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.5, name="θ")
    >>> y = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) ** 2
    >>> f = mg.compile(mg.reparameterize(y), theta)
    >>> f.inputs, f.draws
    (('θ',), ('ε_X',))
    >>> value, gradient = f(2.0, noise={"ε_X": 1.0})
    >>> float(value), float(gradient)
    (9.0, 6.0)
    """
    if not isinstance(y, Data):
        raise UsageError(f"compile: got {type(y).__name__}; pass the Data to compute")
    if backend not in BACKENDS:
        known = ", ".join(map(repr, BACKENDS))
        raise InputError(f"compile: backend={backend!r} is not known; known are {known}")
    count = None if samples is None else whole("samples", samples, call="compile")
    wanted = targets(y, wrt)
    outputs = with_gradients(y, wanted)
    arguments = Arguments(y, wanted, inputs)
    if backend == "numpy":
        run: Any = OnTape(outputs, count)
        convert: Any = as_numpy
    else:
        library = Jax() if backend == "jax" else Torch(device)
        warn_of_precision(library, outputs)
        run = Elsewhere(outputs, arguments.data, library, functions or {}, count)
        convert = library.array
    draws, names = run.draws, tuple(draw.title for draw in run.draws)

    def function(*args: Any, rng: Any = None, noise: Any = None, **by_name: Any) -> Any:
        if arguments.is_ambiguous:
            arguments.refuse_ambiguous(len(args), rng=rng, noise=noise)
        given = arguments.bound(args, by_name, convert)
        drawn = samples_of(draws, names, noise, count, convert)
        value, *slopes = run(given, drawn, rng)
        if wrt is None:
            return value
        return value, slopes if isinstance(wrt, (list, tuple)) else slopes[0]

    function.__name__ = function.__qualname__ = "compiled"
    function.__doc__ = f"Return {label(y)}{' and its gradient' * bool(wanted)}; with {backend}."
    vars(function).update(inputs=arguments.names, draws=names, source=run.source)
    return function


def warn_of_precision(library: Any, outputs: Sequence[Data]) -> None:
    """Warn if the library computes in less than the precision of the graph."""
    if isinstance(library, Jax) and any(
        x.dtype == np.float64 and library.dtype(x.dtype) != np.float64 for x in outputs
    ):
        warnings.warn(
            "compile: the graph is of float64, and JAX computes in float32 as it is set up; "
            'call jax.config.update("jax_enable_x64", True) first for float64',
            stacklevel=3,
        )
