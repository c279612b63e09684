"""A chain of up to a million operations on one number, recorded and differentiated once.

Recursion limits stay as Python sets them: who walks the graph by recursion dies here.
"""

from __future__ import annotations

import sys
from typing import Any

import chains
from harness import Run, Workload

PEERS = ("by_hand", "minigraph", "torch", "mygrad", "autograd", "micrograd")
NAMES = ("NumPy", "minigraph", "PyTorch", "MyGrad", "autograd", "micrograd")


def deep(name: str, operations: int) -> Run:
    """Return a peer's way with a long chain."""
    run = getattr(chains, name)(0)

    def deeper(seed: int) -> Any:
        usual, limit = chains.OPERATIONS, sys.getrecursionlimit()
        chains.OPERATIONS = operations
        sys.setrecursionlimit(1000)
        try:
            return run(seed)
        finally:
            chains.OPERATIONS = usual
            sys.setrecursionlimit(limit)

    return deeper


WORKLOADS = [
    Workload(
        f"{operations:.0e} operations",
        {
            name: lambda peer=peer, operations=operations: deep(peer, operations)
            for name, peer in zip(NAMES, PEERS, strict=True)
        },
        only=only,
    )
    for operations, only in ((10**4, "quick"), (10**6, "full"))
]
