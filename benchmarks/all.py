"""Measure minigraph beside its peers, and write the tables into docs/speed.md.

    python benchmarks/all.py [--quick] [--work TEXT] [--peers NAME,NAME] [FAMILY ...]

A family is a file here with a list WORKLOADS; all of them by default. A quick run has fewer rounds.
It prints its tables instead, and so does a run of a part.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import math
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness import Measured, Peer, Result, Workload, measure

PAGE = Path(__file__).parent.parent / "docs" / "speed.md"
FAMILIES = (
    "montecarlo",
    "averages",
    "hierarchies",
    "regression",
    "vae",
    "moons",
    "chains",
    "depth",
    "imports",
)
PACKAGES = ("numpy", "torch", "jax", "numba", "autograd", "mygrad", "micrograd")
BEHIND = 1.05  # a peer is ahead if minigraph takes this much longer


def machine() -> str:
    """Return where and when it ran."""
    name = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        found = re.search(r"model name\s*: (.*)", cpu.read_text())
        name = found[1] if found else name
    installed = {d.name.lower(): d.version for d in importlib.metadata.distributions()}
    packages = ", ".join(f"{p} {installed[p]}" for p in PACKAGES if p in installed)
    load = f"; load average {os.getloadavg()[0]:.1f} at the start" if os.name == "posix" else ""
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}{load}."


def readable(seconds: float) -> str:
    """Return a time with about three digits."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.1f} s"


def ratio(result: Result) -> str:
    """Return a ratio with two digits after the point, or why there is none."""
    if result.said:
        return result.said.split(":")[0]
    return f"{result.ratio:.2f}" if result.ratio < 100 else f"{result.ratio:,.0f}"


def best(results: dict[str, Result], name: str = "minigraph") -> float:
    """Return the smallest ratio of minigraph's ways on one core, or that of one on two."""
    ways = [n for n in results if n.startswith("minigraph") and ", 2 " not in n]
    found = [results[n].ratio for n in (ways if name == "minigraph" else [name])]
    return min((x for x in found if not math.isnan(x)), default=math.inf)


def fastest(results: dict[str, Result], name: str) -> float:
    """Return the smallest ratio of all ways of a peer, on one core or two."""
    found = [r.ratio for n, r in results.items() if n.startswith(name)]
    return min((x for x in found if not math.isnan(x)), default=math.nan)


def goal(work: Workload, results: dict[str, Result]) -> str:
    """Return the goals of a workload, and whether they are met."""
    said = []
    for name, most in work.goals.items():
        met = "✓" if best(results, name) <= most else "missed"
        who = name.removeprefix("minigraph").removeprefix(", ")
        said.append(f"{who} ≤ {most:g} {met}".strip())
    for name, times in work.ahead.items():
        gained = fastest(results, name) / fastest(results, "minigraph")
        if not math.isnan(gained):
            met = "✓" if gained >= times else "missed"
            said.append(f"ahead of {name} {met}" if times == 1 else f"{times:g} × {name} {met}")
    return ", ".join(said)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratios(measured: Sequence[Measured]) -> str:
    """Return the table of a family: times of the reference, ratios of the others, goals."""
    names = list(dict.fromkeys(name for work, _ in measured for name in work.peers))
    goals = any(work.goals or work.ahead for work, _ in measured)
    rows = []
    for work, results in measured:
        first = next(iter(results))
        cells = [ratio(results[n]) if n in results else "" for n in names if n != first]
        row = [work.name, readable(results[first].seconds), *cells]
        rows.append([*row, goal(work, results)] if goals else row)
    return table(["work", *names, *(["goal"] if goals else [])], rows)


def memory(measured: Sequence[Measured]) -> str:
    """Return the table of peak memory, of work that needs some."""
    large = [(w, r) for w, r in measured if next(iter(r.values())).mib > 20]
    names = list(dict.fromkeys(name for work, _ in large for name in work.peers))
    cell = lambda r: "" if r is None or math.isnan(r.mib) else f"{r.mib:.0f}"
    rows = [[work.name, *(cell(results.get(n)) for n in names)] for work, results in large]
    return table(["MiB above import", *names], rows) if large else ""


def losses(measured: Sequence[Measured]) -> str:
    """Say where somebody is faster than minigraph."""
    lines, by_hand = [], []
    for work, results in measured:
        able = {n: r for n, r in results.items() if not math.isnan(r.ratio)}
        ours = min(
            (r.ratio for n, r in able.items() if n.startswith("minigraph")), default=math.inf
        )
        first, *_ = work.peers
        ahead = {n: r for n, r in able.items() if r.ratio * BEHIND < ours}
        by_hand += [f"{work.name} ({ours:.2f})"] if first in ahead else []
        peers = ", ".join(f"{n} {r.ratio:.2f}" for n, r in ahead.items() if n != first)
        lines += [f"- {work.name}: minigraph {ours:.2f}; {peers}."] if peers else []
    said = ["Hand-written NumPy is faster in: " + "; ".join(by_hand) + "."] if by_hand else []
    said += ["Ratios where another library is faster:", "\n".join(lines)] if lines else []
    return "\n\n".join(said)


def fill(page: str, mark: str, text: str) -> str:
    """Return the page with `text` between the marks."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    head, rest = page.split(begin)
    return f"{head}{begin}\n{text.strip()}\n{rest[rest.index(end) :]}"


def fire(peers: dict[str, Peer]) -> None:
    """End the processes of all peers."""
    while peers:
        peers.popitem()[1].close()


def chosen(family: str, options: argparse.Namespace) -> list[Workload]:
    """Return the workloads to measure, with the peers to measure: always the reference."""
    works = []
    for work in importlib.import_module(family).WORKLOADS:
        if work.only != ("full" if options.quick else "quick") and options.work in work.name:
            first, wanted = next(iter(work.peers)), tuple(options.peers.split(","))
            peers = {n: p for n, p in work.peers.items() if n == first or n.startswith(wanted)}
            goals = {n: g for n, g in work.goals.items() if n in peers}
            works.append(replace(work, peers=peers, goals=goals))
    return works


def main() -> None:
    """Run the families one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds; print only")
    parser.add_argument("--work", default="", help="only workloads with this in their name")
    parser.add_argument("--peers", default="", help="only peers whose names start so, and NumPy")
    parser.add_argument("families", nargs="*", choices=[[], *FAMILIES], metavar="FAMILY")
    options = parser.parse_args()
    texts: dict[str, str] = {"machine": machine()}
    everything: list[Measured] = []
    peers: dict[str, Peer] = {}
    for family in options.families or FAMILIES:
        measured = []
        for one in measure(family, chosen(family, options), options.quick, peers):
            print(ratios([one]), end="\n\n", flush=True)
            measured.append(one)
        texts[family] = "\n\n".join(filter(None, [ratios(measured), memory(measured)]))
        everything += measured
        if not options.quick:  # which saves the time to import
            fire(peers)
    fire(peers)
    texts["losses"] = losses(everything)
    if options.quick or options.families or options.work or options.peers:
        print(*(f"{mark}\n\n{text}\n" for mark, text in texts.items()), sep="\n")
        return
    page = PAGE.read_text()
    for mark, text in texts.items():
        page = fill(page, mark, text)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
