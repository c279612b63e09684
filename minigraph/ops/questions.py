"""Questions about arrays that have an answer without a slope: shapes, kinds, equality."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..data import Data
from . import elementwise as e
from . import reductions, shaping
from .axes import axis_of
from .base import as_data
from .composing import composed
from .conversions import looked_at_shape
from .layouts import ravel


@composed()
def shape(a: Any) -> tuple[int, ...]:
    """Return the shape."""
    return looked_at_shape(as_data(a))


@composed()
def ndim(a: Any) -> int:
    """Return the number of axes."""
    return as_data(a).ndim


@composed()
def size(a: Any, axis: Any = None) -> int:
    """Return the number of elements, or the length of an axis."""
    x = as_data(a)
    shape = looked_at_shape(x)
    return math.prod(shape) if axis is None else shape[axis_of(axis, x)]


@composed()
def result_type(*arrays_and_dtypes: Any) -> Any:
    """Return the dtype that NumPy's promotion gives."""
    return np.result_type(*[x.dtype if isinstance(x, Data) else x for x in arrays_and_dtypes])


@composed()
def iscomplexobj(x: Any) -> bool:
    """Return False: minigraph computes with real numbers."""
    return False


@composed()
def isrealobj(x: Any) -> bool:
    """Return True: minigraph computes with real numbers."""
    return True


@composed()
def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Data:
    """Return whether all elements are close to each other."""
    near = e.isclose(as_data(a), as_data(b), rtol=rtol, atol=atol, equal_nan=equal_nan)
    return reductions.all_(near)


@composed()
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Data:
    """Return whether shapes and all elements are equal."""
    a, b = as_data(a1), as_data(a2)
    if a.shape != b.shape:
        return as_data(np.array(False))
    return allclose(a, b, 0.0, 0.0, equal_nan)


@composed()
def array_equiv(a1: Any, a2: Any) -> Data:
    """Return whether all elements are equal after a broadcast."""
    a, b = as_data(a1), as_data(a2)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return as_data(np.array(False))
    return reductions.all_(e.equal(a, b))


@composed()
def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False,
    *, kind: Any = None,
) -> Data:  # fmt: skip
    """Return whether each element is one of `test_elements`."""
    each = shaping.expand_dims(as_data(element), axis=-1)
    found = reductions.any_(e.equal(each, ravel(test_elements)), axis=-1)
    return e.logical_not(found) if invert else found


@composed()
def isposinf(x: Any, out: Any = None) -> Data:
    """Return where there is +inf."""
    return e.equal(as_data(x), np.inf)


@composed()
def isneginf(x: Any, out: Any = None) -> Data:
    """Return where there is -inf."""
    return e.equal(as_data(x), -np.inf)


@composed()
def isreal(x: Any) -> Data:
    """Return truth everywhere: minigraph computes with real numbers."""
    return as_data(np.ones(as_data(x).shape, bool))


@composed()
def iscomplex(x: Any) -> Data:
    """Return falsehood everywhere: minigraph computes with real numbers."""
    return as_data(np.zeros(as_data(x).shape, bool))
