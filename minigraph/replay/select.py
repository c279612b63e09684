"""np.where for a replay: into an array that is there, and without a branch for each element.

A processor that guesses which of two numbers comes next is wrong half the time where samples
decide, which costs more than the arithmetic around it. So the bits of both are combined by a mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FEW = 2**12  # elements, up to which the calls take longer than wrong guesses


def select(condition: Any, x: Any, other: Any, out: Any) -> Any:
    """Write ``np.where(condition, x, other)`` into an array, and return it.

    Examples
    --------
    >>> import numpy as np
    >>> select(np.arange(5000) < 4999, 1.0, np.nan, np.empty(5000))[-2:]
    array([ 1., nan])
    """
    if out.size <= FEW or out.itemsize > 8:
        out[...] = np.where(condition, x, other)
        return out
    bits = np.dtype(f"i{out.itemsize}")
    a, b = (np.asarray(one, out.dtype).view(bits) for one in (x, other))
    truth, found = np.asarray(condition, bool).view(np.int8), out.view(bits)
    if is_zero(a) or np.may_share_memory(found, b):  # b is read after `found` is written
        a, b, mask = b, a, (truth - np.int8(1)).astype(bits)
    else:
        mask = np.negative(truth).astype(bits)
    if is_zero(b):
        np.bitwise_and(a, mask, out=found)
    else:
        b = b.copy() if np.may_share_memory(found, b) else b  # both do
        apart = np.bitwise_xor(a, b, out=found if out.shape in (a.shape, b.shape) else None)
        np.bitwise_and(apart, mask, out=found)
        np.bitwise_xor(found, b, out=found)
    return out


def is_zero(bits: Any) -> bool:
    """Return whether these are the bits of the number 0.0."""
    return not bits.ndim and not bits
