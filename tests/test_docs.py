"""The pages in docs/: their code runs, their pictures are those that the code draws."""

import re
import runpy
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg

DOCS = Path(__file__).parent.parent / "docs"


def code_of(page: str) -> list[str]:
    """Return the Python blocks of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_code_of_the_question_ends_in_the_refusal_it_shows():
    scope: dict = {}
    *first, last = code_of("question.md")
    for block in first:
        exec(block, scope)
    with pytest.raises(mg.BlockedGradientError) as caught:
        exec(last, scope)
    shown = (DOCS / "question.md").read_text(encoding="utf-8")
    assert " ".join(str(caught.value).split()) in " ".join(shown.split())


def test_code_of_the_averages_computes_no_bias_and_the_known_variance():
    scope: dict = {}
    exec(code_of("question.md")[0], scope)
    tries, exact, *_ = code_of("averages.md")
    exec(tries, {})
    exec(exact, scope)
    d = 0.5 - 3
    assert scope["bias"] == pytest.approx(0.0, abs=1e-9)
    assert scope["variance"] == pytest.approx(d**4 + 14 * d**2 + 15, rel=1e-9)


def test_code_of_judging_and_of_noise_says_what_the_page_says():
    scope: dict = {}
    exec(code_of("question.md")[0], scope)
    for block in code_of("averages.md")[2:]:
        exec(block, scope)
    assert scope["judged"].variance["θ"] == pytest.approx(0.5**4 + 14 * 0.5**2 + 15, rel=1e-9)
    assert scope["table"].rows[0].method == "reparameterize"
    assert scope["found"].grad_stderr["θ"] < 1e-12


def test_code_of_the_rewrites_keeps_the_value():
    scope: dict = {}
    exec(code_of("question.md")[0], scope)
    y = scope["y"]
    reinforce, reparameterize, _ = code_of("rewrites.md")
    for block in (reinforce, reparameterize):
        exec(block, scope)
        assert scope["z"] is not y
        assert scope["z"].value == y.value


def test_pictures_of_the_pages_are_drawn(tmp_path):
    drawing = runpy.run_path(str(DOCS / "draw.py"))
    drawing["main"](tmp_path)
    shown = {path.name: words_of(path) for path in (DOCS / "img").iterdir()}
    assert shown == {path.name: words_of(path) for path in tmp_path.iterdir()}


def words_of(svg: Path) -> list[str]:
    """Return all that a picture says; where it stands is the business of Graphviz."""
    return sorted(filter(str.strip, ElementTree.parse(svg).getroot().itertext()))


def test_every_picture_of_the_pages_is_one_of_these():
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    linked = {
        (page.parent / name).resolve()
        for page in pages
        for name in re.findall(r"!\[[^]]*\]\(([^):]*)\)", page.read_text(encoding="utf-8"))
    }
    assert linked == set((DOCS / "img").iterdir())


def test_code_of_the_training_page_learns():
    scope: dict = {}
    (code,) = code_of("training.md")
    exec(code, scope)
    np.testing.assert_allclose(scope["loc"].value, [2.0, -1.0, 0.5], atol=0.5)
    assert np.all(np.exp(scope["log_scale"].value) < 0.3)
