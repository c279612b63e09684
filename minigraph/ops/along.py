"""Sample-axis rules: how an operation runs on many samples at once.

In a replay, data that descend from a draw carry a leading sample axis, and all others do not. A
rule looks at one recorded call (`Call`) and returns the function of arrays that does the same for
all samples. *Event* shapes are those of a single sample, without that axis.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError


class Call(NamedTuple):
    """One recorded call: the operation, its fixed arguments, event shapes, who has samples."""

    op: Any
    fixed: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    sampled: tuple[bool, ...]
    shape: tuple[int, ...]


Run = Callable[..., Any]


def pad(array: Any, axes: int) -> Any:
    """Insert `axes` axes of length one behind the sample axis."""
    return array.reshape(array.shape[:1] + (1,) * axes + array.shape[1:]) if axes else array


def paddings(shapes: tuple[tuple[int, ...], ...], sampled: tuple[bool, ...]) -> list[int]:
    """Return how many axes to insert behind each sample axis to line up the event axes."""
    ndim = max((len(shape) for shape in shapes), default=0)
    return [ndim - len(s) if has else 0 for s, has in zip(shapes, sampled, strict=True)]


def aligned(forward: Run, shapes: tuple[tuple[int, ...], ...], sampled: tuple[bool, ...]) -> Run:
    """Return `forward` on arrays whose event axes are lined up from the right."""
    pads = paddings(shapes, sampled)
    if not any(pads):
        return forward
    return lambda *arrays, **out: forward(
        *[pad(a, n) for a, n in zip(arrays, pads, strict=True)], **out
    )


def fills(run: Run) -> Run:
    """Mark a function that writes into an array given as `out`, no part of which it reads."""
    if not isinstance(run, np.ufunc):  # which always does
        run.fills = True  # type: ignore[attr-defined]
    return run


def elementwise(call: Call) -> Run:
    """Run on broadcast arrays."""
    forward = functools.partial(call.op.forward, **call.fixed) if call.fixed else call.op.forward
    return aligned(forward, call.shapes, call.sampled)


def of_matrices(call: Call) -> Run:
    """Run a function of matrices, which are the last two axes: a number stands for none."""
    return elementwise(call)


def flat(array: Any) -> Any:
    """Return one row of elements for each sample."""
    size = int(np.prod(array.shape[1:]))
    return array.reshape(len(array), size)


def from_end(axis: Any, ndim: int) -> Any:
    """Return an axis, or several, counted from the end, where a leading axis changes nothing.

    A single number has none, though NumPy folds it along axis 0 or -1.
    """
    if axis is None or not ndim:
        return tuple(range(-ndim, 0))
    if isinstance(axis, (tuple, list)):
        return tuple(from_end(a, ndim) for a in axis)
    return axis - ndim if axis >= 0 else axis


def along_axis(call: Call) -> Run:
    """Run with the fixed argument `axis` counted from the end; None means all event axes."""
    fixed = dict(call.fixed)
    fixed["axis"] = from_end(fixed.get("axis"), len(call.shapes[0]))
    return functools.partial(call.op.forward, **fixed)


def along_rows(call: Call) -> Run:
    """Run an operation of one axis; with none, on the flattened elements of each sample."""
    fixed = dict(call.fixed)
    axis = fixed.pop("axis", None)
    if axis is None or not call.shapes[0]:
        return lambda x: call.op.forward(flat(x), axis=-1, **fixed).reshape(len(x), *call.shape)
    return functools.partial(call.op.forward, axis=from_end(axis, len(call.shapes[0])), **fixed)


def to_shape(call: Call) -> Run:
    """Run as a reshape of every sample to the event shape of the output."""
    return lambda array: array.reshape(array.shape[:1] + call.shape)


def broadcasting(call: Call) -> Run:
    """Run as a broadcast of every sample to the event shape of the output."""
    extra = len(call.shape) - len(call.shapes[0])
    return lambda array: np.broadcast_to(pad(array, extra), array.shape[:1] + call.shape)


def permuting(call: Call) -> Run:
    """Run as a transpose of the event axes."""
    ndim = len(call.shape)
    axes = call.fixed.get("axes")
    order = (0, *(a % ndim + 1 for a in (range(ndim)[::-1] if axes is None else axes)))
    return lambda array: np.transpose(array, order)


def repeated(array: Any, samples: int, has: bool, shape: tuple[int, ...]) -> Any:
    """Return an array with a sample axis; the same values for each sample if it had none."""
    return array if has else np.broadcast_to(array, (samples, *shape))


def everyone(call: Call, arrays: tuple[Any, ...]) -> list[Any]:
    """Return all inputs of a call with a sample axis."""
    samples = len(arrays[call.sampled.index(True)])
    return [
        repeated(a, samples, has, shape)
        for a, has, shape in zip(arrays, call.sampled, call.shapes, strict=True)
    ]


def joining(call: Call) -> Run:
    """Run concatenate or stack: inputs without samples are repeated for each sample."""
    axis = from_end(call.fixed.get("axis", 0), len(call.shape))
    return lambda *arrays: call.op.forward(*everyone(call, arrays), axis=axis)


def looped(call: Call) -> Run:
    """Run sample by sample: always right, and slow. For functions that NumPy cannot look into."""

    def run(*arrays: Any) -> Any:
        samples = len(arrays[call.sampled.index(True)])
        rows = [
            call.op.evaluate([row(a, i, has) for a, has in zip(arrays, call.sampled, strict=True)],
                             call.fixed)
            for i in range(samples)
        ]  # fmt: skip
        for one in rows:
            refuse_other_shape(call, np.shape(one), "one sample gives")
        return np.array(rows).reshape(samples, *call.shape)

    return run


def refuse_other_shape(call: Call, shape: tuple[int, ...], what: str = "it now gives") -> None:
    """Raise if a result has another shape than the recorded one: truths in a mask may be fewer."""
    if shape != call.shape:
        raise InputError(
            f"{call.op.name}: {what} shape {shape}, the recorded one gave {call.shape}; a replay "
            "needs the same shape for every sample, and for every value of an input: choose with "
            "mg.where(condition, x, 0.0), which keeps the shape, or average a function of no "
            "arguments, which is called anew for each sample"
        )


def row(array: Any, i: int, has_samples: bool) -> Any:
    """Return sample `i` as a value of a single run: a float, or an array."""
    if not has_samples:
        return array
    one = array[i]
    return float(one) if type(one) is np.float64 else one
