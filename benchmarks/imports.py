"""Time to import, in a fresh process with warm bytecode; Python itself included."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from harness import Run, Workload


def importing(package: str) -> Run:
    """Return what imports a package in a new process."""
    if importlib.util.find_spec(package) is None:
        raise ImportError(package)
    env = {**os.environ, "PYTHONPYCACHEPREFIX": os.path.join(tempfile.gettempdir(), "bytecode")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(seed: int) -> Sequence[float]:
        subprocess.run([sys.executable, "-c", f"import {package}"], check=True, env=env)
        return [0.0]

    return run


PACKAGES = {
    "NumPy": "numpy",
    "minigraph": "minigraph",
    "autograd": "autograd",
    "JAX": "jax",
    "PyTorch": "torch",
}
WORKLOADS = [
    Workload(
        "import",
        {name: lambda package=package: importing(package) for name, package in PACKAGES.items()},
        {"minigraph": 1.3},
    )
]  # fmt: skip
