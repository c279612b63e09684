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

from .containers import Tree, leaves, mapped, paired, refilled
from .data import Data, tick, walk
from .errors import InputError, MinigraphError, UsageError
from .gradient import checked_flow, fresh, pulled, seed_of
from .ops.base import as_data, stack
from .ops.elementwise import multiply, positive
from .ops.reductions import sum_
from .ops.shaping import reshape

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class Run:
    """One run of `f` on variables of our own.

    Attributes
    ----------
    trees : tuple
        The chosen arguments, with a variable in place of each leaf.
    out : Data, or a container of Data
        What `f` returned.
    is_plain : bool
        No Data of anybody else is involved: results are floats and arrays.
    """

    def __init__(
        self, what: str, f: Function, args: Sequence[Any], argnums: Argnums | None = None,
        keywords: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.what = f"{what} of {getattr(f, '__name__', 'the function')}"
        start, given = tick(), list(args)
        chosen = range(len(args)) if argnums is None else self.positions(argnums, len(args))
        for i in chosen:
            given[i] = mapped(self.variable, args[i], f"argument {i}")
        self.trees = tuple(given[i] for i in chosen)
        self.is_single = isinstance(argnums, int)
        self.variables: list[Data] = leaves(self.trees)
        self.out = mapped(self.output, f(*given, **(keywords or {})))
        made, inputs, _ = walk(leaves(self.out))
        mine = set(self.variables)
        self.is_plain = not (
            any(isinstance(x, Data) for x in leaves([args, keywords]))
            or any(x._made[3] < start for x in made)
            or any(x not in mine and not x._constant for x in inputs)
        )

    def positions(self, argnums: Argnums, count: int) -> list[int]:
        """Return the chosen positions, counted from 0."""
        chosen = [argnums] if isinstance(argnums, int) else list(argnums)
        for i in chosen:
            if not isinstance(i, int) or isinstance(i, bool) or not -count <= i < count:
                raise InputError(
                    f"{self.what}: argnums={argnums!r} asks for argument {i!r}, and "
                    f"{count} arguments arrived by position; they are counted from 0"
                )
        return [i % count for i in chosen]

    def variable(self, path: str, x: Any) -> Data:
        """Return a new variable of the value of `x`; derivatives of `x` see through it."""
        try:
            data = x if isinstance(x, Data) else Data(x)
        except MinigraphError as error:
            raise UsageError(f"{self.what}: {path}: {error}") from error
        if data.dtype.kind != "f":
            raise UsageError(
                f"{self.what}: {path} has dtype {data.dtype}, and a derivative needs floats; "
                "pass floats, or leave it out with argnums"
            )
        # x itself cannot be the variable, because f may also close over it:
        # grad(lambda y: x * y)(x) is x, not 2 x.
        data = positive(x) if isinstance(x, Data) else data
        data.name = path
        return data

    def output(self, path: str, y: Any) -> Data:
        """Return what `f` returned, as Data."""
        try:
            return as_data(y)
        except MinigraphError as error:
            raise UsageError(f"{self.what}: it returned a {type(y).__name__}: {error}") from error

    def scalar(self) -> Data:
        """Return the output, if it is a single number."""
        if not isinstance(self.out, Data) or self.out.shape:
            is_data = isinstance(self.out, Data)
            arrived = f"shape {self.out.shape}" if is_data else f"a {type(self.out).__name__}"
            raise InputError(
                f"{self.what}: the function returned {arrived}, and a gradient is that of a single "
                "number; sum or average the output, or use mg.jacobian"
            )
        return self.out

    def pull(self, y: Data, seeds: Sequence[Any], plain: bool) -> list[list[Any]]:
        """Return, for each seed, the cotangents of all variables."""
        flow = checked_flow(y, self.variables)
        return [pulled(flow, y, seed_of(y, seed), plain) for seed in seeds]

    def in_containers(self, found: Sequence[Any]) -> Tree:
        """Return one thing for every variable in the containers of the arguments."""
        trees = refilled(self.trees, found)
        return trees[0] if self.is_single else trees

    def value(self, y: Data) -> Any:
        """Return `y`, plain if the run was."""
        return fresh(y._value, y) if self.is_plain else y


def grad(f: Function, argnums: Argnums = 0) -> Function:
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
    both = value_and_grad(f, argnums, _what="grad")

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

    @functools.wraps(f)
    def value_and_gradient_of_f(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        run = Run(_what, f, args, argnums, keywords)
        y = run.scalar()
        (found,) = run.pull(y, [None], run.is_plain)
        return run.value(y), run.in_containers(found)

    return value_and_gradient_of_f


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
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

    @functools.wraps(f)
    def jacobian_of_f(*args: Any, **keywords: Any) -> Any:
        run = Run("jacobian", f, args, argnums, keywords)
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
    return jacobian(grad(f, argnums), argnums)


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
        parts = [run.pull(y, [c], plain)[0] for y, c in _matching(run.what, run.out, cotangent)]
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
    pairs = _matching(run.what, run.trees, tuple(tangents))
    plain = run.is_plain and not any(isinstance(t, Data) for t in leaves(tangents))

    def along(y: Data) -> Any:
        # The vector-Jacobian product is linear in its cotangent u: its derivative by u is J.
        u = Data(np.zeros(y.shape, y.dtype))
        (found,) = run.pull(y, [u], plain=False)
        change = _inner(found, [t for _, t in pairs])
        return pulled(checked_flow(change, [u]), change, seed_of(change, None), plain)[0]

    value = mapped(lambda path, y: run.value(y), run.out)
    return value, mapped(lambda path, y: along(y), run.out)


def hvp(f: Function, *args: Any, vector: Any) -> Any:
    """Return the Hessian of `f` times a vector, without the Hessian.

    Parameters
    ----------
    f : callable
        Returns a single number.
    vector
        Of the structure of the argument; for several arguments, a tuple of such.

    Returns
    -------
    Of the structure of `vector`.

    Examples
    --------
    >>> import minigraph as mg, numpy as np
    >>> mg.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]), vector=np.array([1.0, 0.0]))
    array([4., 2.])
    """
    run = Run("hvp", f, args, 0 if len(args) == 1 else tuple(range(len(args))))
    y = run.scalar()
    pairs = _matching(run.what, run.trees, (vector,) if run.is_single else vector)
    plain = run.is_plain and not any(isinstance(v, Data) for v in leaves(vector))
    (found,) = run.pull(y, [None], plain=False)
    slope = _inner(found, [v for _, v in pairs])
    return run.in_containers(run.pull(slope, [None], plain)[0])


def _matching(what: str, tree: Tree, given: Tree) -> list[tuple[Data, Data]]:
    """Return the Data of `tree`, each with what was given for it, of the same shape."""
    try:
        pairs = paired(tree, given)
    except ValueError as error:
        raise InputError(
            f"{what}: what was given has another structure at {str(error) or 'the top'}; it needs "
            f"that of {mapped(lambda path, x: x.shape, tree)} (shapes)"
        ) from None
    for path, x, v in pairs:
        if np.shape(getattr(v, "value", v)) != x.shape:
            raise InputError(
                f"{what}: shape {np.shape(getattr(v, 'value', v))} was given for shape {x.shape}"
                f"{path and ' at ' + path}"
            )
    return [(x, as_data(v)) for _, x, v in pairs]


def _inner(found: Sequence[Data], vectors: Sequence[Data]) -> Data:
    """Return the sum of the products of all elements."""
    total = as_data(0.0)
    for g, v in zip(found, vectors, strict=True):
        total = total + sum_(multiply(g, v))
    return total
