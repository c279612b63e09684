"""Axes, shapes and counts: integers, and axes that there are, in every function of NumPy's."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace

import numpy as np
import pytest
from ops_calls import EACH, PLAIN, VALUES

import minigraph as mg

M = mg.Data([[2.0, 1.0], [1.0, 3.0]], name="M")
V = mg.Data([1.0, 2.0, 4.0], name="v")
K = mg.Data(np.array([1, 2]), name="k")


def arguments(call):
    """Return the function of NumPy in a call, and what it is called with."""
    found = []

    def listening(room):
        return SimpleNamespace(**{
            name: (lambda *args, f=f, **keywords: found.append((f, args, keywords)))
            for name, f in vars(room).items()
        })  # fmt: skip

    module = listening(np)
    module.linalg = listening(np.linalg)
    eval(f"m.{call}", {"m": module, **PLAIN, **VALUES, "np": np})
    return found[0]


def along_axes():
    """Return the calls of functions with an axis, one for each function."""
    calls = {}
    for call in EACH:
        name = re.match(r"^((linalg\.)?\w+)\(.*\)$", call)
        room, f = np.linalg if call.startswith("linalg.") else np, call.split("(")[0].split(".")[-1]
        if not name or call.split(".")[0] in VALUES or not hasattr(room, f):
            continue
        try:
            known = inspect.signature(getattr(room, f)).parameters
        except ValueError:
            continue
        if "axis" in known:
            calls.setdefault(name[1], call)
    return list(calls.values())


@pytest.mark.parametrize("axis", [7, -9, 0.5, "0"])
@pytest.mark.parametrize("call", along_axes())
def test_an_axis_that_is_not_there_or_is_no_integer_is_refused_by_name(call, axis):
    f, args, keywords = arguments(call)
    bound = inspect.signature(f).bind(*args, **keywords)
    bound.arguments["axis"] = axis
    if axis in (7, -9):  # int("0") is enough for np.linalg.norm
        with pytest.raises((TypeError, ValueError, IndexError)):
            f(*bound.args, **bound.kwargs)
    room = mg.linalg if call.startswith("linalg.") else mg
    ours = mg.slopes if f is np.gradient else getattr(room, f.__name__)
    given = [mg.Data(x) if isinstance(x, np.ndarray) else x for x in bound.args]
    with pytest.raises(mg.MinigraphError, match=r"axis|axes|integer"):
        ours(*given, **bound.kwargs)


REFUSED = {
    "median: axis 5 is none of 'M' of shape (2, 2); its axes are 0 to 1": (
        lambda: mg.median(M, axis=5)
    ),
    "quantile: axis -3 is none of 'M'": lambda: np.quantile(M, 0.5, axis=-3),
    "median: axes (0, -2) of 'M': one is there twice": lambda: mg.median(M, axis=(0, -2)),
    "norm: axis 5 is none": lambda: mg.linalg.norm(M, axis=(0, 5)),
    "vector_norm: axis 5 is none": lambda: mg.linalg.vector_norm(M, axis=(0, 5)),
    "tensordot: axis 5 is none of 'M'": lambda: mg.tensordot(M, M, axes=([5], [2])),
    "tensordot: axis -5 is none of 'M'": lambda: mg.tensordot(M, M, axes=5),
    "tensordot: axes, lengths and counts are integers; got 1.5": (
        lambda: mg.tensordot(M, M, axes=([1.5], [0]))
    ),
    "tensorsolve: axis 5 is none": lambda: mg.linalg.tensorsolve(M, [1.0, 2.0], axes=(5,)),
    "sort: axis -1 is none of 'k' of shape (); mg.atleast_1d": (
        lambda: mg.sort(mg.Data(1.0, name="k"))
    ),
    "cross: axis 4 is none of 'v'": lambda: mg.cross(V, V, axis=4),
    "sum: axes, lengths and counts are integers; got 'a'": lambda: V.sum(axis="a"),
    "reshape: axes, lengths and counts are integers; got 2.9": lambda: M.reshape(2.9, 2),
    "reshape: axes, lengths and counts are integers; got '4'": lambda: M.reshape("4"),
    "transpose: axes, lengths and counts are integers; got 1.2": lambda: mg.transpose(M, (1.2, 0)),
    "full: axes, lengths and counts are integers; got 2.5": lambda: mg.full((2.5,), V),
    "bincount: axes, lengths and counts are integers": lambda: mg.bincount(K, minlength=2.5),
    "index or count from 'v'": lambda: mg.sum(M, axis=mg.Data(1.0, name="v")),
    "split: length 3 has no 0 equal pieces": lambda: mg.split(V, 0),
    "index or count from 'n'": lambda: mg.array_split(V, mg.Data(2.0, name="n")),
    "index or count from the unnamed output of getitem": lambda: mg.split(V, mg.Data([1.0, 2.0])),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_an_axis_or_a_count_that_means_nothing_is_named(message):
    with pytest.raises(mg.MinigraphError, match=re.escape(message)):
        REFUSED[message]()


def test_an_axis_of_integers_that_are_data_is_what_they_are():
    one, ends = mg.Data(np.array(1)), mg.Data(np.array([2, 4]))
    assert mg.sum(M, axis=one).value.tolist() == [3.0, 4.0]
    assert mg.sum(M, axis=one - 1).value.tolist() == [3.0, 4.0]
    assert mg.reshape(M, (one, ends[1])).shape == mg.reshape(M, [one, -1]).shape == (1, 4)
    assert mg.reshape(np.arange(8.0), ends).shape == (2, 4)
    pieces = [x.value.tolist() for x in mg.split(mg.Data(np.arange(6.0)), ends)]
    assert pieces == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert len(mg.hsplit(M, ends[0])) == len(mg.array_split(M, [one])) == 2
