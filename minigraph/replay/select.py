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
    truth = np.asarray(condition, bool).view(np.int8)
    if not b.ndim and not b:
        np.bitwise_and(a, np.negative(truth).astype(bits), out=out.view(bits))
    elif not a.ndim and not a:
        np.bitwise_and(b, (truth - np.int8(1)).astype(bits), out=out.view(bits))
    else:
        mask = np.bitwise_and(np.negative(truth).astype(bits), np.bitwise_xor(a, b))
        np.bitwise_xor(mask, b, out=out.view(bits))
    return out
