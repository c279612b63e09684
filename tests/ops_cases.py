# ruff: noqa: E501 - a table has one line for one thing
"""Sample inputs for every operation.

An elementwise operation needs no entry: it gets floats between 0.3 and 0.9 in every broadcast.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minigraph.ops import boxes
from minigraph.ops.base import Operation
from minigraph.ops.indices import Slot
from minigraph.ops.namespace import TABLES

OPERATIONS: dict[str, Operation] = {
    f"{table.__name__.rsplit('.', 1)[1]}.{name}": op
    for table in (*TABLES, boxes)
    for name, op in vars(table).items()
    if isinstance(op, Operation)
}
OPERATIONS = {key: op for key, op in OPERATIONS.items()
              if key == min(k for k, o in OPERATIONS.items() if o is op)}  # fmt: skip


class Case(NamedTuple):
    """Arrays and fixed arguments of one call."""

    inputs: tuple[Any, ...]
    fixed: dict[str, Any] = {}


def floats(*shape: int, low: float = 0.3, high: float = 0.9, seed: int = 0) -> Any:
    """Return distinct floats in random order, far enough apart for a central difference."""
    n = int(np.prod(shape))
    steps = np.random.default_rng(seed + n).permutation(n) + 0.3 + 0.1 * seed
    found = (low + (high - low) * steps / max(n, 1)).reshape(shape)
    return found if shape else float(found)


def symmetric(n: int, seed: int = 0) -> Any:
    a = floats(n, n, seed=seed)
    return a + a.T + np.diag(np.arange(1.0, n + 1.0))


def spd(n: int, seed: int = 0) -> Any:
    a = floats(n, n, seed=seed)
    return a @ a.T + np.eye(n)


def square(n: int, seed: int = 0) -> Any:
    return floats(n, n, seed=seed) + np.diag(np.arange(1.0, n + 1.0))


def signs(*shape: int, seed: int = 0) -> Any:
    return floats(*shape, low=-0.9, high=0.9, seed=seed) + 0.0137


BROADCASTS = [
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((), (2, 3)),
    ((2, 1), (1, 3)),
    ((1,), (3,)),
    ((), ()),
]
RANGES = {  # where the function is smooth, if not between 0.3 and 0.9; one range for each input
    "arccosh": [(1.3, 2.0)], "sin": [(-2.0, 2.0)], "cos": [(-2.0, 2.0)], "absolute": [(-2.0, 2.0)],
    "fabs": [(-2.0, 2.0)], "tanh": [(-2.0, 2.0)], "cbrt": [(0.5, 2.0)], "relu": [(-0.9, 0.9)],
    "softplus": [(-2.0, 2.0)], "sigmoid": [(-2.0, 2.0)], "square": [(-2.0, 2.0)],
    "remainder": [(2.1, 2.3), (0.8, 0.9)], "fmod": [(2.1, 2.3), (0.8, 0.9)],
    "heaviside": [(0.0, 0.0), (0.3, 0.9)], "copysign": [(-0.9, 0.9), (-0.9, 0.9)],
    "clip": [(-0.95, 0.95), (-0.5, -0.4), (0.4, 0.5)], "expit": [(-2.0, 2.0)],
    "polygamma": [(2.0, 2.0), (0.3, 0.9)], "hypot": [(-0.9, 0.9), (0.3, 0.9)],
    "arctan2": [(-0.9, 0.9), (-0.9, 0.9)], "erf": [(-1.0, 1.0)], "gammaln": [(0.5, 3.0)],
    "jv": [(2.0, 2.0), (0.5, 2.0)], "jn": [(2.0, 2.0), (0.5, 2.0)], "yn": [(2.0, 2.0), (0.5, 2.0)],
    "yv": [(1.5, 1.5), (0.5, 2.0)], "iv": [(1.5, 1.5), (0.5, 2.0)], "ive": [(1.5, 1.5), (0.5, 2.0)],
    "i0e": [(-2.0, 2.0)], "i1e": [(-2.0, 2.0)], "log_ndtr": [(-3.0, 1.0)], "sinc": [(-2.0, 2.0)],
    "floor": [(-2.1, 2.2)],
}  # fmt: skip
INTEGERS = {
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "left_shift",
    "right_shift",
    "gcd",
    "lcm",
    "invert",
}
places = np.array([[0, 2], [2, 1]])
GIVEN: dict[str, list[Case]] = {
    "where": [
        Case((np.array([True, False, True]), floats(3), floats(2, 3, seed=1))),
        Case((np.array([[True], [False]]), 0.3, floats(3))),
        Case((np.array(True), 0.3, 0.4)),
    ],
    "nan_to_num": [Case((np.array([0.3, np.nan, 0.4]),))],
    "astype": [Case((floats(2, 3),), {"dtype": np.dtype(float)}),
               Case((floats(3),), {"dtype": np.dtype(int)})],
    "round": [Case((floats(2, 3),), {"decimals": 1})],
    "ldexp": [Case((floats(2, 3), np.array([1, 2, 3])))],
    "sinc": [Case((signs(2, 3),)), Case((np.array([0.0, 1e-3, 1.5, -3.2]),)), Case((0.0,))],
    "stop_gradient": [Case((floats(2, 3),))],
    "inside": [Case((floats(2, 3), 0.0), {"problem": "none"})],
    "within": [Case(inputs, {"low": 0, "high": 9, "problem": "none"}) for inputs in
               [(floats(2, 3), np.array(1)), (0.5, np.array([1, 2])), (np.array([0, 2]), np.array([0, 2]))]],
    # shapes
    "broadcast_to": [Case((floats(3),), {"shape": (2, 3)}), Case((floats(2, 1),), {"shape": (3, 2, 3)}),
                     Case((0.5,), {"shape": (2,)})],
    "sum_to": [Case((floats(2, 3),), {"shape": (3,)}), Case((floats(3, 2, 3),), {"shape": (2, 1)}),
               Case((floats(2, 3),), {"shape": ()})],
    "reshape": [Case((floats(2, 3),), {"shape": (3, -1)}), Case((0.5,), {"shape": (1, 1)}),
                Case((floats(1),), {"shape": ()})],
    "expand_dims": [Case((floats(2, 3),), {"axis": 1}), Case((floats(3),), {"axis": (0, -1)})],
    "squeeze": [Case((floats(2, 1, 3),), {"axis": 1}), Case((floats(1, 3),), {})],
    "transpose": [Case((floats(2, 3),)), Case((floats(2, 3, 4),), {"axes": (1, -1, 0)}),
                  Case((floats(3),))],
    "concatenate": [Case((floats(2, 3), floats(2, 2)), {"axis": 1}), Case((floats(3), floats(3, seed=1)), {})],
    "stack": [Case((floats(2, 3), floats(2, 3, seed=1)), {"axis": -1}), Case((0.5, 0.7), {})],
    "gather": [Case((floats(2, 3),), {"places": np.array([[0, 5], [5, 2]])})],
    "scatter": [Case((floats(2, 2),), {"places": np.array([[0, 5], [5, 2]]), "shape": (2, 3)})],
    "flip": [Case((floats(2, 3),), {"axis": 1}), Case((floats(2, 3),), {})],
    "roll": [Case((floats(2, 3),), {"shift": 2, "axis": 1}), Case((floats(3),), {"shift": 1})],
    "rot90": [Case((floats(2, 3),), {"k": 3})],
    "repeat": [Case((floats(2, 3),), {"repeats": 2, "axis": 1}),
               Case((floats(3),), {"repeats": [1, 0, 3]})],
    "tile": [Case((floats(2, 3),), {"reps": (2, 2)}), Case((floats(3),), {"reps": 2})],
    "resize": [Case((floats(2, 3),), {"new_shape": (3, 3)})],
    "delete": [Case((floats(2, 3),), {"obj": 1, "axis": 1})],
    "diagonal": [Case((floats(3, 3),), {"offset": 1}), Case((floats(2, 3, 4),), {"axis1": 1, "axis2": 2})],
    # folds
    **{name: [Case((signs(2, 3),), fixed) for fixed in
              ({}, {"axis": 0}, {"axis": (0, -1)}, {"axis": 1, "keepdims": True})]
             + [Case((signs(3),), {"axis": -1}), Case((0.7,), {}), Case((signs(2, 3, 4),), {"axis": (2, 0)})]
       for name in ("sum", "mean", "prod", "max", "min", "all", "any", "logsumexp", "count_nonzero")},
    **{name: [Case((signs(2, 3),), {}), Case((signs(2, 3),), {"axis": 0}), Case((signs(3),), {"axis": -1})]
       for name in ("argmax", "argmin")},
    "argsort": [Case((signs(2, 3),), {"axis": 0}), Case((signs(3),), {"axis": -1})],
    **{name: [Case((signs(2, 3),), {}), Case((signs(2, 3),), {"axis": 1}), Case((0.7,), {}),
              Case((signs(2, 3, 4),), {"axis": (2, 0)})] for name in ("softmax", "log_softmax")},
    "cumsum": [Case((signs(2, 3),), {"axis": 1}), Case((signs(3),), {"axis": 0})],
    "cumprod": [Case((signs(2, 3),), {"axis": 0}), Case((np.array([0.5, 0.0, 0.7, 0.2]),), {"axis": -1})],
    # products
    "matmul": [Case((signs(*a), signs(*b, seed=1))) for a, b in
               [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3, 3), (3,)),
                ((3,), (2, 3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2))]],
    "outer": [Case((signs(2), signs(3, seed=1))), Case((signs(2, 2), signs(3, seed=1))), Case((0.5, signs(3)))],
    "einsum": [Case(tuple(signs(*s, seed=k) for k, s in enumerate(shapes)), {"subscripts": subscripts})
               for subscripts, shapes in
               [("ij,jk->ik", [(2, 3), (3, 2)]), ("ii->i", [(3, 3)]), ("ij->", [(2, 3)]),
                ("iij,j->j", [(2, 2, 3), (3,)]), ("ij,ik,i->jk", [(2, 3), (2, 3), (2,)]),
                ("i,j->ij", [(2,), (3,)]), ("ij,ij->i", [(1, 3), (2, 3)]), (",i->i", [(), (3,)])]],
    "erfcx_slope": [Case((np.array([-1.0, 0.5, 2.4, 2.6, 4.0]),), {"order": n}) for n in (1, 2)],
    # linear algebra
    "inv": [Case((square(3),)), Case((np.stack([square(3), square(3, 1)]),))],
    "solve": [Case((square(3), signs(3, 2))), Case((np.stack([square(3), square(3, 1)]), signs(3, 1)))],
    "pinv": [Case((signs(3, 2),)), Case((signs(2, 3),)), Case((square(3),))],
    "truncated_pinv": [Case((a, np.array([[0.4]]))) for a in (signs(3, 2), signs(2, 3), square(3))]
                      + [Case((np.stack([square(3), square(3, 1)]), np.array([0.1, 0.4]).reshape(2, 1, 1)))],
    "det": [Case((signs(n, n) + np.eye(n),)) for n in (1, 2, 3, 5)] + [Case((signs(2, 3, 3),)),
           Case((np.array([[1.0, 2.0], [2.0, 4.0]]),))],
    "logdet": [Case((square(3),)), Case((np.stack([square(3), square(3, 1)]),))],
    "signdet": [Case((square(3),))],
    "matrix_rank": [Case((square(3),)), Case((np.ones((3, 3)),))],
    "cholesky": [Case((spd(3),)), Case((np.stack([spd(2), spd(2, 1)]),))],
    "eigh": [Case((symmetric(3),)), Case((symmetric(3),), {"UPLO": "U"}), Case((np.stack([symmetric(2), symmetric(2, 1)]),))],
    "svd": [Case((signs(3, 2),)), Case((signs(2, 3),)), Case((np.stack([square(2), square(2, 1)]),))],
    "qr": [Case((signs(3, 2),)), Case((np.stack([square(2), square(2, 1)]),))],
    "orthogonal": [Case((signs(3, 2) + np.eye(3, 2),), {"by": "qr"}), Case((np.stack([signs(3, 2), signs(3, 2, seed=1)]),), {"by": "svd"}),
                   Case((signs(2, 1),), {"by": "svd of the transpose"})],
    # selection
    "getitem": [Case((signs(3, 4),), {"index": index}) for index in
                [(1,), (slice(None), slice(None, None, -2)), (None, Ellipsis, 0), (places,),
                 (places, slice(1, 3)), (places, 1), (np.array([True, False, True]),),
                 (np.array([0, 1]), None, np.array([2, 3]))]]
               + [Case((signs(3, 2, 3),), {"index": (np.array([0, 1]), slice(None), np.array([2, 0]))}),
                  Case((signs(3, 4), np.array([0, 2, 2])), {"index": (Slot(0),)}),
                  Case((signs(3, 3), np.array([0, 2, 2]), np.array([1, 0, 1])), {"index": (Slot(0), Slot(1))}),
                  Case((signs(3), np.array(2)), {"index": (Slot(0),)}),
                  Case((signs(3), np.array([True, False, True])), {"index": (Slot(0),)})],
    "add_at": [Case((signs(2, 2, 4),), {"index": (places,), "shape": (3, 4)}),
               Case((signs(4),), {"index": (1,), "shape": (3, 4)}),
               Case((signs(3, 4), np.array([0, 2, 2])), {"index": (Slot(0),), "shape": (3, 4)})],
    "index_update": [Case((signs(3, 4), signs(4, seed=1)), {"index": (1,)}),
                     Case((signs(3), signs(3, seed=1)), {"index": (np.array([0, 2, 0]),)}),
                     Case((signs(3, 4), 0.5), {"index": (slice(None), slice(0, 2))}),
                     Case((signs(3), signs(2, seed=1), np.array([0, 2])), {"index": (Slot(0),)})],
    "written": [Case((np.array([0, 2]),), {"index": (Slot(0),), "shape": (3,)})],
    "last_write": [Case((np.array([0, 0]),), {"index": (Slot(0),), "shape": (3,)})],
    "take_along_axis": [Case((signs(2, 3), np.array([[0, 0], [2, 1]])), {"axis": 1}),
                        Case((signs(3), np.array([1, 1])), {"axis": 0}),
                        Case((signs(1, 3), np.array([[0, 0], [2, 1]])), {"axis": 1})],
    "put_along": [Case((signs(2, 2), np.array([[0, 0], [2, 1]])), {"axis": 1, "shape": (2, 3)})],
    "searchsorted": [Case((np.array([0.0, 0.5, 0.7]), signs(2, 3)), {"side": "right"}),
                     Case((np.array([0.0, 0.5, 0.7]), 0.6), {"side": "left"})],
    "argunique": [Case((np.array([0.7, 0.5, 0.7]),)), Case((np.array([[0.3, 0.1]]),))],
    "argwhere": [Case((np.array([0.0, 0.5, 0.7]),))],
}  # fmt: skip


def ranges_of(op: Operation) -> list[tuple[float, float]]:
    """Return where the inputs of an elementwise operation lie."""
    arity = len(op.rules)
    ranges = RANGES.get(op.name, [(0.3, 0.9)])
    return [ranges[min(i, len(ranges) - 1)] for i in range(arity)]


def cases(op: Operation) -> list[Case]:
    """Return the sample calls of an operation."""
    if op.name in GIVEN:
        return GIVEN[op.name]
    arity = len(op.rules)
    if op.name in INTEGERS:
        return [Case(tuple(np.array([3 + i, 6, 2]) for i in range(arity)))]
    ranges = ranges_of(op)
    shapes = BROADCASTS if arity > 1 else [((2, 3),), ((3,),), ((),)]
    return [
        Case(tuple(floats(*pair[min(i, len(pair) - 1)], low=low, high=high, seed=i)
                   for i, (low, high) in enumerate(ranges)))
        for pair in shapes
    ]  # fmt: skip
