"""Statistics that leave nan out, and those of several variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Data
from ..errors import InputError
from ..walk import label
from . import elementwise as e
from . import linear, reductions, shaping
from .axes import axes_of
from .base import as_data
from .boxes import stop, within
from .composing import composed, floats, named, refuse
from .folds import average, cumprod, cumsum, max_, mean, min_, prod, std, sum_, var
from .ranks import argmax, argmin


# Without nan -----------------------------------------------------------------------------------
def leaving_nan_out(name: str, fold: Any, instead: float, masked: bool = False) -> Any:
    """Declare NumPy's function `name`: `fold` of an array in which nan is replaced, or masked."""

    def call(a: Any, *args: Any, **keywords: Any) -> Data:
        x = as_data(a)
        there = e.logical_not(e.isnan(x))
        if masked:
            keywords["where"] = e.logical_and(there, keywords.get("where", True))
        return fold(e.where(there, x, instead) if x.dtype.kind == "f" else x, *args, **keywords)

    return named(name, f"Return {name.removeprefix('nan')} of what is not nan.", call)


nansum = leaving_nan_out("nansum", sum_, 0.0)
nanprod = leaving_nan_out("nanprod", prod, 1.0)
nancumsum = leaving_nan_out("nancumsum", cumsum, 0.0)
nancumprod = leaving_nan_out("nancumprod", cumprod, 1.0)
nanmean = leaving_nan_out("nanmean", mean, 0.0, masked=True)
nanvar = leaving_nan_out("nanvar", var, 0.0, masked=True)
nanstd = leaving_nan_out("nanstd", std, 0.0, masked=True)


def _or_nan(name: str, extreme: Any, never: float) -> Any:
    """Declare NumPy's function `name`, which is nan where there is nothing else."""
    some = leaving_nan_out(name, extreme, never)

    def call(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = False,
        initial: Any = None, where: Any = True,
    ) -> Data:  # fmt: skip
        found = some(a, axis, None, keepdims, initial, where)
        if initial is not None:
            return found
        bad = reductions.all_(e.isnan(as_data(a)), axis=axes_of(axis), keepdims=bool(keepdims))
        return e.where(bad, np.nan, found) if found.dtype.kind == "f" else found

    return named(name, some.__doc__, call)


def _or_raise(name: str, position: Any, never: float) -> Any:
    """Declare NumPy's function `name`, which has no answer where there is nothing else."""
    some = leaving_nan_out(name, position, never)

    def call(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Data:
        x, found = as_data(a), some(a, axis, keepdims=keepdims)
        if x.dtype.kind != "f":
            return found
        numbers = sum_(e.logical_not(e.isnan(x)), axis, keepdims=keepdims)
        problem = f"{name}: there is nothing but nan in a slice of {label(x)}; it needs a number"
        return within(found, numbers, low=1, high=np.inf, problem=problem)

    return named(name, some.__doc__, call)


nanargmax = _or_raise("nanargmax", argmax, -np.inf)
nanargmin = _or_raise("nanargmin", argmin, np.inf)
nanmax = _or_nan("nanmax", max_, -np.inf)
nanmin = _or_nan("nanmin", min_, np.inf)


# Of several variables --------------------------------------------------------------------------
@composed()
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Data:  # fmt: skip
    """Return the covariances of variables, one in each row."""
    refuse("cov", dtype=dtype)
    rows = [x if x.ndim > 1 else shaping.reshape(x, shape=(1, -1))
            for x in (floats(z) for z in (m, y) if z is not None)]  # fmt: skip
    rows = [x if rowvar or as_data(m).ndim < 2 else shaping.transpose(x) for x in rows]
    x = shaping.concatenate(*rows, axis=0)
    if ddof is not None and ddof % 1:
        raise InputError(f"cov: ddof={ddof}; it is a whole number")
    if fweights is not None and np.any(as_data(fweights).value % 1):
        raise InputError(f"cov: fweights are counts, whole numbers; got {fweights}; pass aweights")
    weights = [
        within(w, stop(w), low=0.0, high=np.inf, problem="cov: fweights and aweights are 0 or more")
        for w in (floats(z) for z in (fweights, aweights) if z is not None)
    ]
    w: Any = weights[0] * weights[-1] if len(weights) == 2 else weights[0] if weights else None
    x = x - average(x, 1, w, keepdims=True)
    total: Any = float(x.shape[1]) if w is None else sum_(w)
    lost: Any = float((0 if bias else 1) if ddof is None else ddof)
    if aweights is not None:
        lost = lost * e.divide(sum_(w * aweights), total)
    other = x if w is None else x * w
    found = e.divide(linear.matmul(x, shaping.transpose(other)), e.maximum(total - lost, 0.0))
    return shaping.reshape(found, shape=()) if found.size == 1 else found


@composed()
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Data:
    """Return the correlations of variables, one in each row."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return e.divide(c, c)
    d = e.sqrt(shaping.diagonal(c))
    return e.divide(e.divide(c, shaping.expand_dims(d, axis=1)), d)
