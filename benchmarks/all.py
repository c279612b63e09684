"""Run all benchmarks and write their tables into docs/speed.md.

    python benchmarks/all.py [--quick]

Each runs in a process of its own, one after the other. What a benchmark prints replaces what stands
between its two marks in the page.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "speed.md"
RUNS = {  # by mark: the command, and what makes it quicker
    "pathwise-1e6": (["montecarlo.py", "--memory"], ["--repeats", "5"]),
    "pathwise-1e4": (["montecarlo.py", "--samples", "1e4", "--repeats", "200"], []),
    "regression": (["regression.py"], ["--repeats", "6"]),
    "eager": (["eager.py"], ["8"]),
}


def version(package: str) -> str:
    """Return the version of a package, if it is installed."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return f"{package} {done.stdout.strip()}" if not done.returncode else f"no {package}"


def machine() -> str:
    """Return where and when it ran."""
    name = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        found = re.search(r"model name\s*: (.*)", cpu.read_text())
        name = found[1] if found else name
    packages = ", ".join(map(version, ("numpy", "torch", "micrograd", "autograd")))
    load = (
        f"; load average {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    )
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}{load}."


def imports(repeats: int = 9) -> str:
    """Return the time to import, beside that of NumPy."""
    times: dict[str, list[float]] = {"numpy": [], "minigraph": []}
    for _ in range(repeats):
        for package, taken in times.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {package}"], check=True)
            taken.append(time.perf_counter() - start)
    medians = {package: statistics.median(taken) for package, taken in times.items()}
    rows = [f"| {p} | {1e3 * t:.0f} | {t / medians['numpy']:.2f} |" for p, t in medians.items()]
    return "\n".join(["| import | ms | ratio to NumPy |", "|---|---|---|", *rows])


def fill(page: str, mark: str, text: str) -> str:
    """Return the page with `text` between the marks."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    head, rest = page.split(begin)
    return f"{head}{begin}\n{text.strip()}\n{rest[rest.index(end) :]}"


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    quick = parser.parse_args().quick
    page = fill(PAGE.read_text(), "machine", machine())
    for mark, (command, fewer) in RUNS.items():
        print(mark, flush=True)
        line = [sys.executable, str(HERE / command[0]), *command[1:], *(fewer if quick else [])]
        out = subprocess.run(line, check=True, capture_output=True, text=True).stdout
        table = out if out.startswith("|") else f"```text\n{out.rstrip()}\n```"
        page = fill(page, mark, table)
    PAGE.write_text(fill(page, "import", imports()))


if __name__ == "__main__":
    main()
