"""The pages in docs/: their code runs, their pictures are those that the code draws."""

import re
import runpy
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from laws import LAWS, VECTORS

import minigraph as mg

DOCS = Path(__file__).parent.parent / "docs"


def code_of(page: str) -> list[str]:
    """Return the Python blocks of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


PAGES = sorted(
    page.name for page in DOCS.glob("*.md") if code_of(page.name) and page.name != "question.md"
)  # which ends in a refusal, see below


def pasted(page: str) -> Iterator[dict]:
    """Run the blocks of a page one after another, with no other names; yield these after each."""
    scope: dict = {}
    for i, block in enumerate(code_of(page)):
        exec(compile(block, f"{page}, block {i}", "exec"), scope)
        yield scope


def names_after(page: str) -> dict:
    """Return the names after all blocks of a page."""
    *_, scope = pasted(page)
    return scope


@pytest.mark.filterwarnings("ignore:compile. the graph is of float64")  # the page says so
@pytest.mark.parametrize("page", PAGES)
def test_snippets_of_a_page_run_when_they_are_pasted_in_order(page, tmp_path, monkeypatch):
    if "import jax" in "".join(code_of(page)):
        pytest.importorskip("jax")
    monkeypatch.chdir(tmp_path)
    names_after(page)


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
    scope = names_after("averages.md")
    d = 0.5 - 3
    assert scope["bias"] == pytest.approx(0.0, abs=1e-9)
    assert scope["variance"] == pytest.approx(d**4 + 14 * d**2 + 15, rel=1e-9)


def test_code_of_judging_and_of_noise_says_what_the_page_says():
    scope = names_after("averages.md")
    assert scope["judged"].variance["θ"] == pytest.approx(0.5**4 + 14 * 0.5**2 + 15, rel=1e-9)
    assert scope["table"].rows[0].method == "reparameterize"
    assert scope["found"].grad_stderr["θ"] < 1e-12


def test_code_of_the_rewrites_keeps_the_value():
    values = []
    for scope in pasted("rewrites.md"):
        y = scope["y"] if len(values) < 2 else scope["x1"] * scope["x2"]
        assert scope["z"].value == y.value
        values.append(scope["z"].value)
        mg.gradient(scope["z"], scope["theta"])
    assert len(values) == 3


WITHOUT_SCIPY: dict[str, Any] = {
    "mg.sample": lambda law, inputs: mg.sample(law, rng=0),
    "log_prob": lambda law, inputs: law.log_prob(inside(law)),
    "the gradient of `log_prob`": lambda law, inputs: slopes(law.log_prob(inside(law)), inputs),
    "the pathwise gradient of a draw": lambda law, inputs: slopes(
        mg.reparameterize(mg.sum(mg.sample(law, rng=0)), continuous=True), inputs
    ),
    "cdf": lambda law, inputs: law.cdf(inside(law)),
    "icdf": lambda law, inputs: law.icdf(0.3),
    "entropy": lambda law, inputs: law.entropy(),
    "mean": lambda law, inputs: law.mean,
    "variance": lambda law, inputs: law.variance,
    "the gradient of `entropy`": lambda law, inputs: slopes(law.entropy(), inputs),
    "the gradient of `mean`": lambda law, inputs: slopes(law.mean, inputs),
    "the gradient of `variance`": lambda law, inputs: slopes(law.variance, inputs),
    "`mg.kl_divergence` of two of a kind": lambda law, inputs: mg.kl_divergence(law, law),
    "the gradient of `mg.kl_divergence` of two of a kind": lambda law, inputs: slopes(
        mg.kl_divergence(law, law), inputs
    ),
}


def inside(law):
    """Return a sample that a law could have drawn."""
    member = law.support.member
    return np.broadcast_to(0.3 if member is None else member, law.shape)


def slopes(y, inputs):
    return mg.gradient(mg.sum(y), inputs)


@pytest.mark.parametrize("what", WITHOUT_SCIPY)
def test_page_of_the_laws_lists_what_needs_scipy(what, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    needy = set()
    for entry in {**LAWS, **VECTORS}.values():
        counts = () if entry.law is mg.NegativeBinomial else ("total_count",)
        given = {
            name: x if name in counts else mg.Data(x, name=name)
            for name, x in entry.grid[0].items()
        }
        inputs = [x for x in given.values() if isinstance(x, mg.Data)]
        try:
            WITHOUT_SCIPY[what](entry.law(**given), inputs)
        except mg.MissingExtraError:
            needy.add(entry.law.__name__)
        except mg.MinigraphError:
            continue  # there is none, with SciPy or without
    text = (DOCS / "distributions.md").read_text(encoding="utf-8").split("## What needs SciPy")[1]
    (row,) = re.findall(rf"^\| `?{re.escape(what)}`? \| (.*) \|$", text, re.MULTILINE)
    assert needy == set(re.findall(r"`(\w+)`", row))


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
    scope = names_after("training.md")
    np.testing.assert_allclose(scope["loc"].value, [2.0, -1.0, 0.5], atol=0.5)
    assert np.all(np.exp(scope["log_scale"].value) < 0.3)
