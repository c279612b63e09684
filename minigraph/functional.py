"""Derivatives of functions: a function in, the function that computes its derivative out.

Each of these does the same: it gives `f` variables of its own in place of its arguments, runs `f`
once, and pulls cotangents back from what came out. The variables are new in every call, so a
derivative inside a derivative never takes its variable for the outer one, and there is nothing to
undo when `f` raises.

Arguments are numbers, arrays, Data, or dicts, lists and tuples of these, to any depth. Arguments
that are not differentiated may be anything. Plain arguments give plain results, floats and arrays,
as in NumPy. The result is Data where an argument is Data, or where `f` reads Data of somebody else
that is not a constant. So transforms nest, ``mg.grad(mg.grad(f))(2.0)``, and the gradient of a
graph is a graph.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .containers import leaves, mapped
from .data import Data
from .errors import UsageError
from .gradient import checked_flow, pulled, seed_of
from .ops.base import as_data, stack
from .ops.elementwise import multiply
from .ops.reductions import sum_
from .ops.shaping import reshape
from .run import Argnums, Function, Run, matching, refuse_uncallable


def grad(f: Function, argnums: Argnums = 0, *, _what: str = "grad") -> Function:
    """Return the function that computes the gradient of `f`, which returns a single number.

    Parameters
    ----------
    f : callable
        Takes what it likes, returns one number.
    argnums : int or sequence of int
        The positions of the arguments to differentiate; with a sequence the result is a tuple.

    Returns
    -------
    callable
        Takes the arguments of `f`, returns the gradient, in the containers of the argument.

    Raises
    ------
    InputError
        If `f` returns something else than one number, or there is no such argument.
    BlockedGradientError
        If a path from the argument to the result runs through a draw or a black box.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.grad(lambda x: x**3)(2.0)
    12.0
    >>> mg.grad(mg.grad(lambda x: x**3))(2.0)
    12.0
    >>> mg.grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 3.0})
    {'a': 3.0, 'b': 2.0}
    """
    both = value_and_grad(f, argnums, _what=_what)

    @functools.wraps(f)
    def gradient_of_f(*args: Any, **keywords: Any) -> Any:
        return both(*args, **keywords)[1]

    return gradient_of_f


def value_and_grad(f: Function, argnums: Argnums = 0, *, _what: str = "value_and_grad") -> Function:
    """Return the function that computes ``(value, gradient)`` of `f`; see `grad`.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (6.0, (3.0, 2.0))
    """
    refuse_uncallable(_what, f)

    @functools.wraps(f)
    def value_and_gradient_of_f(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        run = Run(_what, f, args, argnums, keywords)
        y = run.scalar()
        (found,) = run.pull(y, [None], run.is_plain)
        return run.value(y), run.in_containers(found)

    return value_and_gradient_of_f


def jacobian(f: Function, argnums: Argnums = 0, *, _what: str = "jacobian") -> Function:
    """Return the function that computes all derivatives of all elements of what `f` returns.

    Shapes: ``y.shape + x.shape`` for an output `y` and an argument `x`. Where `f` returns a
    container, the result is that container, with the containers of the argument in its places.
    It costs one backward pass for each element of the output.

    Examples
    --------
    >>> import minigraph as mg, numpy as np
    >>> mg.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    refuse_uncallable(_what, f)

    @functools.wraps(f)
    def jacobian_of_f(*args: Any, **keywords: Any) -> Any:
        run = Run(_what, f, args, argnums, keywords)
        return mapped(lambda path, y: run.in_containers(_rows(run, y)), run.out)

    return jacobian_of_f


def _rows(run: Run, y: Data) -> list[Any]:
    """Return the derivatives of `y` by every variable."""
    if y.size == 0:
        found = [np.zeros(y.shape + x.shape, x.dtype) for x in run.variables]
        return found if run.is_plain else [as_data(zeros) for zeros in found]
    one_hot = np.eye(y.size, dtype=y.dtype).reshape(y.size, *y.shape)
    rows = run.pull(y, list(one_hot) if y.shape else [None], run.is_plain)
    if not y.shape:
        return rows[0]
    columns = zip(run.variables, zip(*rows, strict=True), strict=True)
    joined = [reshape(stack(*column), shape=y.shape + x.shape) for x, column in columns]
    return [np.array(j) for j in joined] if run.is_plain else joined


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that computes the second derivatives of `f`, which returns one number.

    Shapes: ``x.shape + x.shape`` for an array argument `x`; for a container, that container with
    such containers in its places.

    Examples
    --------
    >>> import minigraph as mg, numpy as np
    >>> mg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    refuse_uncallable("hessian", f)
    return jacobian(grad(f, argnums, _what="hessian"), argnums, _what="hessian")


def vjp(f: Function, *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return the value of `f`, and the function that pulls a cotangent back to the arguments.

    Returns
    -------
    value
        What ``f(*args)`` returns.
    pull : callable
        Takes a cotangent, of the shape of the value (in its container), and returns a tuple with
        the cotangent of each argument: the vector-Jacobian product.

    Examples
    --------
    >>> import minigraph as mg, numpy as np
    >>> value, pull = mg.vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> value, pull(np.array([1.0, 10.0]))
    (array([3., 6.]), (array([ 3., 30.]), 21.0))
    """
    run = Run("vjp", f, args)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        plain = run.is_plain and not any(isinstance(c, Data) for c in leaves(cotangent))
        # Of nothing, as {}, the slope is that of a constant.
        pairs = matching(run.what, run.out, cotangent) or [(as_data(0.0), as_data(0.0))]
        parts = [run.pull(y, [c], plain)[0] for y, c in pairs]
        return run.in_containers(
            [functools.reduce(operator.add, c) for c in zip(*parts, strict=True)]
        )

    return mapped(lambda path, y: run.value(y), run.out), pull


def jvp(f: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Return the value of `f` and its change along `tangents`: the Jacobian-vector product.

    Parameters
    ----------
    primals : tuple or list
        The arguments of `f`; a single one need not be wrapped.
    tangents : tuple or list
        A direction for each of them, of its shape.

    Examples
    --------
    >>> import minigraph as mg
    >>> mg.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)
    """
    if not isinstance(primals, (tuple, list)):
        primals, tangents = (primals,), (tangents,)
    run = Run("jvp", f, primals)
    given = tuple(tangents) if np.iterable(tangents) else (tangents,)
    pairs = matching(run.what, run.trees, given)
    plain = run.is_plain and not any(isinstance(t, Data) for t in leaves(tangents))

    def along(y: Data) -> Any:
        # The vector-Jacobian product is linear in its cotangent u: its derivative by u is J.
        u = Data(np.zeros(y.shape, y.dtype))
        (found,) = run.pull(y, [u], plain=False)
        change = _inner(found, [t for _, t in pairs])
        return pulled(checked_flow(change, [u]), change, seed_of(change, None), plain)[0]

    value = mapped(lambda path, y: run.value(y), run.out)
    return value, mapped(lambda path, y: along(y), run.out)


def hvp(f: Function, *args: Any, vector: Any = None) -> Any:
    """Return the Hessian of `f` times a vector, without the Hessian: ``hvp(f, *args, vector)``.

    Parameters
    ----------
    f : callable
        Returns a single number.
    *args
        The arguments of `f`.
    vector
        Of the structure of the argument; for several arguments, a tuple of such. What comes last
        by position, unless it is given by its name.

    Returns
    -------
    Of the structure of `vector`.

    Examples
    --------
    >>> import minigraph as mg, numpy as np
    >>> mg.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 2.])
    >>> mg.hvp(lambda x, y: x**2 * y, 2.0, 3.0, vector=(1.0, 0.5))
    (8.0, 4.0)
    """
    refuse_uncallable("hvp", f)
    if vector is None:
        *args, vector = args or (None,)  # type: ignore[assignment]
    if not args:
        raise UsageError(
            f"hvp of {getattr(f, '__name__', 'the function')}: it needs the arguments of the "
            "function and then a vector; write mg.hvp(f, x, vector)"
        )
    run = Run("hvp", f, args, 0 if len(args) == 1 else tuple(range(len(args))))
    y = run.scalar()
    pairs = matching(run.what, run.trees, (vector,) if run.is_single else vector)
    plain = run.is_plain and not any(isinstance(v, Data) for v in leaves(vector))
    (found,) = run.pull(y, [None], plain=False)
    slope = _inner(found, [v for _, v in pairs])
    return run.in_containers(run.pull(slope, [None], plain)[0])


def _inner(found: Sequence[Data], vectors: Sequence[Data]) -> Data:
    """Return the sum of the products of all elements."""
    pairs = zip(found, vectors, strict=True)
    return sum((sum_(multiply(g, v)) for g, v in pairs), start=as_data(0.0))
