"""The Mermaid text, drawn by the real Mermaid in a real browser."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from browser import run_in_page
from test_drawing_hostile import HOSTILE, graph_of

import minigraph as mg
from minigraph.drawing.labels import shown
from minigraph.drawing.sketch import picture

DRAW = """
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
const found = [];
for (const [i, text] of TEXTS.entries()) {
  const { svg } = await mermaid.render("picture" + i, text);
  const at = document.createElement("div");
  at.innerHTML = svg;
  document.body.append(at);
  const words = where => [...at.querySelectorAll(where)].map(part => part.textContent);
  found.push({
    nodes: words(".node"), edges: at.querySelectorAll("path.flowchart-link").length,
    frames: words(".cluster-label"), labels: words(".edgeLabel .edgeLabel, .edgeLabel p"),
    links: at.querySelectorAll("a, script, img").length,
    crosses: [...at.querySelectorAll("path.flowchart-link")].filter(
      path => (path.getAttribute("marker-end") || "").includes("cross")).length,
  });
}
return { found, hacked: window.hacked ?? null };
"""


def find_mermaid() -> Path | None:
    """Return mermaid.min.js: $MERMAID, or where npm puts it."""
    root = Path(__file__).parent.parent
    tried = [os.environ.get("MERMAID", ""), root / "node_modules/mermaid/dist/mermaid.min.js"]
    return next((Path(path).resolve() for path in tried if path and Path(path).is_file()), None)


def drawn(texts, folder):
    """Return what Mermaid made of some texts."""
    script = find_mermaid()
    if script is None:
        pytest.skip("no Mermaid: npm install mermaid, and set MERMAID to dist/mermaid.min.js")
    load = f'<script src="{script.as_uri()}"></script>'
    page = f'<!DOCTYPE html><meta charset="utf-8"><body>{load}</body>'
    # "<" is written as an escape: the texts stand within a script.
    there = json.dumps(texts).replace("<", "\\u003c")
    return run_in_page(page, DRAW.replace("TEXTS", there), folder)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = mg.function(lambda x: (x - 3) ** 2, name="F")(x)
    y.name = "Y"
    graphs = [y, mg.reinforce(y), mg.reparameterize(y)]
    pictures = [
        *map(picture, graphs), picture(mg.straight_through(mg.sample(mg.Bernoulli(theta), rng=0))),
        picture(y, expand=True), mg.compare_pictures(y, graphs[2]),
        picture(y, styles={"stochastic": {"fillcolor": "gold"}}, plates="n"),
    ]  # fmt: skip
    result = drawn(list(map(mg.to_mermaid, pictures)), tmp_path_factory.mktemp("mermaid"))
    return list(zip(pictures, result["found"], strict=True))


def test_every_box_and_arrow_is_drawn(found):
    for here, there in found:
        assert len(there["nodes"]) == len(here.boxes)
        assert there["edges"] == len(here.arrows)
        assert len(there["frames"]) == len(here.clusters)


def test_blocked_arrows_end_in_a_cross_and_say_so(found):
    for here, there in found:
        blocked = sum(arrow.blocked for arrow in here.arrows)
        assert there["crosses"] == blocked
        assert sum("blocked" in label for label in set(there["labels"])) == bool(blocked)


def test_labels_are_shown_as_written(found):
    here, there = found[0]
    assert sorted("".join(words.split()) for words in there["nodes"]) == sorted(
        "".join("".join(box.lines).split()) for box in here.boxes
    )


def test_hostile_names_are_shown_literally(tmp_path):
    result = drawn([mg.to_mermaid(graph_of(name)) for name in HOSTILE], tmp_path)
    assert result["hacked"] is None
    for name, there in zip(HOSTILE, result["found"], strict=True):
        assert (len(there["nodes"]), there["edges"], there["links"]) == (5, 8, 0), name
        said = [" ".join(words.split()) for words in there["nodes"]]
        assert said.count(" ".join(shown(name).split())) == 4, (name, said)
