"""The benchmarks compute what they say: minigraph's answers are those of hand-written NumPy."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent / "benchmarks"
FAMILIES = {"montecarlo": 4, "averages": 7, "regression": 6, "vae": 2, "moons": 1, "chains": 6,
            "depth": 1}  # fmt: skip


@pytest.fixture
def family(monkeypatch):
    """Return how to import a family; nothing of it stays."""
    pytest.importorskip("sklearn")
    monkeypatch.syspath_prepend(str(HERE))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(HERE) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("name", FAMILIES)
def test_minigraph_gives_the_answers_of_numpy(family, name):
    peer, harness = family("peer"), family("harness")
    works = [w for w in family(name).WORKLOADS if w.only != "full" and "1e5" not in w.name]
    for work in works:
        first = peer.answer(work.peers["NumPy"](), work.trials)
        for who, make in work.peers.items():
            if who.startswith("minigraph"):
                harness.check(work, who, peer.answer(make(), work.trials), first)
    assert len(works) == FAMILIES[name]


def test_a_wrong_answer_is_caught(family):
    harness = family("harness")
    work = harness.Workload("wrong", {}, trials=100)
    right = {"mean": [1.0, 2.0], "error": [0.01, 0.01]}
    harness.check(work, "close", {"mean": [1.05, 2.0], "error": [0.01, 0.01]}, right)
    with pytest.raises(AssertionError, match="wrong, far"):
        harness.check(work, "far", {"mean": [1.2, 2.0], "error": [0.01, 0.01]}, right)
