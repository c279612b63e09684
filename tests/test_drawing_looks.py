"""Plates, style hooks, and boxes of which a rewrite rebuilt a part."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest

import minigraph as mg
from minigraph.drawing.sketch import picture


def regression():
    w = mg.Data(np.zeros(3), name="w")
    features = mg.Data(np.ones((100, 3)), name="features", constant=True)
    noise = mg.sample(mg.Normal(0.0, 1.0), name="ε", rng=0)
    y = mg.sample(mg.Bernoulli(logits=features @ w + noise), name="Y", rng=0)
    cost = mg.sum(y)
    cost.name = "cost"
    return cost


def frames(drawn):
    """Return the frames around every named box, from the outside."""
    parent = {c.id: c.parent for c in drawn.clusters}
    name = {c.id: c.name for c in drawn.clusters}

    def around(cluster):
        return [] if cluster is None else [*around(parent[cluster]), name[cluster]]

    return {box.lines[0]: around(box.cluster) for box in drawn.boxes if box.lines}


def test_plates_frame_what_has_one_shape():
    found = frames(picture(regression(), plates=True))
    assert found["w"] == ["× 3"]
    assert found["features"] == ["× 100 × 3"]
    assert found["matmul"] == found["add"] == found["Y"] == ["× 100"]
    assert found["cost"] == found["ε"] == []


def test_plate_of_samples_frames_what_descends_from_a_draw():
    found = frames(picture(regression(), plates="n"))
    assert found["ε"] == found["sum"] == found["cost"] == ["× n samples"]
    assert found["Y"] == ["× n samples", "× 100"]
    assert found["matmul"] == ["× 100"]
    assert found["w"] == ["× 3"]


def test_open_box_with_a_draw_inside_is_in_the_plate_of_samples():
    @mg.function
    def model(loc):
        return mg.sample(mg.Normal(loc, 1.0), name="X", rng=0) * 2

    found = frames(picture(model(mg.Data(0.0, name="loc")), plates=1000))
    assert found["X"] == ["× 1000 samples", "model"]
    assert found["loc"] == []


def test_open_box_of_which_a_rewrite_copied_a_part_is_in_the_plate_of_samples():
    @mg.function
    def model(t):
        u = mg.exp(t)
        return mg.sin(mg.sample(mg.Normal(u, 1.0), name="X", rng=0)) * u

    found = frames(picture(mg.reinforce(model(mg.Data(0.5, name="θ"))), plates="n"))
    assert found["sin"] == found["exp"] == ["× n samples", "model"]
    assert found["θ"] == []


def test_plates_may_have_names():
    found = frames(picture(regression(), plates={100: "flights", 3: "features", "samples": "n"}))
    assert found["features"] == ["× 100 flights × 3 features"]
    assert found["Y"] == ["× n samples", "× 100 flights"]
    assert frames(picture(regression(), plates={100: "flights"}))["ε"] == []


def test_plate_of_one_sample_is_a_plate():
    assert frames(picture(regression(), plates=1))["ε"] == ["× 1 sample"]


@pytest.mark.parametrize("plates", [[100], np.array([1, 2]), -2, {"sample": "n"}, 2.5])
def test_plates_that_name_no_frame_are_refused(plates):
    with pytest.raises(mg.UsageError, match=r"plates is .*; pass True, a count, a letter, or a"):
        picture(regression(), plates=plates)


def test_without_plates_there_are_none():
    assert picture(regression()).clusters == ()


def test_style_of_a_kind_reaches_both_languages():
    styles = {
        "stochastic": {"fillcolor": "gold"},
        "parameter": {"fillcolor": "#c0e0ff", "penwidth": 5},
        "blocked": {"color": "purple"},
    }
    dot = mg.to_dot(regression(), styles=styles)
    assert dot.count('fillcolor="gold"') == 1
    assert re.search(r'"w".*penwidth="5", fillcolor="#c0e0ff", style="filled"', dot)
    assert dot.count('color="purple"') == 2
    text = mg.to_mermaid(regression(), styles=styles)
    assert re.search(r"classDef stochastic .*,fill:gold$", text, re.MULTILINE)
    assert re.search(r"classDef parameter .*,fill:#c0e0ff,stroke-width:5px$", text, re.MULTILINE)
    assert re.search(r"linkStyle [\d,]+ stroke:#d0443b,stroke:purple$", text, re.MULTILINE)


def test_style_cannot_break_out_of_its_value():
    hostile = {"data": {"tooltip": 'a"]; evil [label="x', "fillcolor": "red;click n0 call f()"}}
    dot = mg.to_dot(regression(), styles=hostile)
    assert r"tooltip=\"a" not in dot
    assert r'tooltip="a\"]; evil [label=\"x"' in dot
    assert "click" not in mg.to_mermaid(regression(), styles=hostile)


@pytest.mark.parametrize(
    ("styles", "message"),
    [
        ({"draws": {}}, "styles of 'draws'; the kinds are data, parameter"),
        ({"data": {"a=b": 1}}, "'a=b' is no name of an attribute"),
        ({"data": "red"}, "pass a dict of dicts"),
    ],
)
def test_styles_that_mean_nothing_are_refused(styles, message):
    with pytest.raises(mg.MinigraphError, match=message):
        mg.to_dot(regression(), styles=styles)


def test_box_of_which_a_rewrite_rebuilt_a_part_is_one_rectangle():
    theta, w = mg.Data(0.5, name="θ"), mg.Data(2.0, name="w")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = mg.function(lambda x: mg.exp(w) * mg.sin(w) + x, name="F")(x)
    for z in (y, mg.reparameterize(y), mg.reinforce(y), mg.reinforce(mg.reparameterize(y))):
        labels = [box.lines[0] for box in picture(z).boxes if box.lines]
        assert labels.count("F") == 1
        assert "exp" not in labels


def test_two_calls_of_a_function_stay_two_rectangles():
    x = mg.Data(1.0, name="x")
    f = mg.function(mg.exp, name="F")
    assert [box.lines[:1] for box in picture(f(f(x))).boxes].count(("F",)) == 2


def test_styles_reach_latex():
    look = {"fillcolor": "#ffd700", "color": "blue", "fontcolor": "red", "penwidth": 2}
    text = mg.to_tikz(regression(), styles={"stochastic": {**look, "shape": "star"}})
    assert (
        "mg stochastic/.prefix style={draw, rounded corners=4pt, fill=black!10, "
        "fill={rgb,255:red,255;green,215;blue,0}, draw=blue, text=red, line width=2pt},"
    ) in text


@pytest.mark.parametrize(
    "look", [{"shape": "circle"}, {"shape": "point"}, {"style": "invis"}, {"URL": "x"}]
)
def test_styles_that_latex_does_not_know_change_nothing(look):
    kinds = "data", "output", "arrow", "gradient", "box"
    usual = mg.to_tikz(regression(), plates="n")
    assert mg.to_tikz(regression(), plates="n", styles=dict.fromkeys(kinds, look)) == usual


@pytest.mark.parametrize("colour", ["gold", r"red}\input{x", "#12345"])
def test_colours_that_latex_does_not_know_are_refused(colour):
    with pytest.raises(mg.InputError, match=r"color of 'blocked' is .*LaTeX knows '#ffd700' and"):
        mg.to_tikz(regression(), styles={"blocked": {"color": colour}})


# LaTeX -------------------------------------------------------------------------------------------


def document(*pictures):
    return (
        r"\documentclass{article}\usepackage{tikz}"
        r"\usetikzlibrary{shapes.geometric, shapes.symbols, arrows.meta}"
        r"\begin{document}" + "\n\n".join(pictures) + r"\end{document}"
    )


def test_tikz_has_a_node_for_every_box_and_a_line_for_every_arrow(tmp_path):
    cost = regression()
    text = mg.render(cost, tmp_path / "a.tex").read_text("utf-8")
    assert text == mg.to_tikz(cost)
    drawn = picture(cost)
    assert re.findall(r"^\\node\[mg ([a-z ]+), .*\((n\d+)\)", text, re.MULTILINE) == [
        (box.kind, box.id) for box in drawn.boxes
    ]
    assert re.findall(r"^\\draw\[mg (\w+)\]", text, re.MULTILINE) == [
        arrow.kind for arrow in drawn.arrows
    ]


def test_tikz_puts_results_below_what_they_are_made_from():
    text = mg.to_tikz(mg.exp(mg.Data(1.0, name="x")))
    heights = [float(y) for y in re.findall(r"\(n\d\) at \([\d.]+,([\d.]+)\)", text)]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == 3


def test_draws_that_are_added_up_stand_in_straight_columns():
    mean = mg.Data(0.5, name="θ")
    draws = [mg.sample(mg.Normal(mean * float(i), 1.0), name=f"w{i}", rng=i) for i in range(14)]
    text = mg.to_tikz(sum(w**2 for w in draws))
    (laws, samples) = (
        [float(x) for x in re.findall(rf"at \(([\d.]+),[\d.]+\) \{{.*{what}", text)]
        for what in ("Normal", r"\{w\d+\}")
    )
    assert len(laws) == 14
    np.testing.assert_allclose(laws, samples, atol=9.0)


def test_blocked_arrows_of_many_draws_stay_beside_their_data_and_go_up():
    theta = mg.Data(0.5, name="θ")
    draws = [mg.sample(mg.Normal(theta, 1.0), name=f"X{i}", rng=i) for i in range(5)]
    text = mg.to_tikz(mg.stack(draws))
    laws = re.findall(r"at \(([\d.]+),[\d.]+\) \{.*Normal", text)
    blocked = [
        np.array(re.findall(r"\(([\d.]+),([\d.]+)\)", line), float)
        for line in re.findall(r"^\\draw\[mg blocked\](.*) node", text, re.MULTILINE)
    ]
    assert len(laws) == 5
    assert len(blocked) == 10
    assert all(way[0, 1] < way[-1, 1] for way in blocked)
    assert max(way[:, 0].max() for way in blocked) < max(map(float, laws)) + 50


def test_gradients_into_and_out_of_frames_stay_beside_their_data():
    theta = mg.Data(0.5, name="θ")
    y = mg.reinforce((mg.sample(mg.Normal(theta, 1.0), name="X", rng=0) - 3) ** 2)
    drawn = picture(y, expand=True)
    lines = re.findall(r"^\\draw\[mg .*", mg.to_tikz(drawn), re.MULTILINE)
    places = re.compile(r"\(([\d.]+),[\d.]+\)")
    middle = {
        (arrow.tail, arrow.head): np.median([float(x) for x in places.findall(line)])
        for arrow, line in zip(drawn.arrows, lines[-len(drawn.arrows) :], strict=True)
    }
    back = [arrow for arrow in drawn.arrows if arrow.gradient]
    assert len(drawn.clusters) == 1
    assert max(abs(middle[a.tail, a.head] - middle[a.head, a.tail]) for a in back) < 40


def test_words_at_arrows_of_a_crowded_picture_take_no_levels():
    x, scale = mg.Data(0.0, name="x"), mg.Data(1.0, name="σ")
    for i in range(60):
        x = mg.sample(mg.Normal(x, scale), rng=i)
    (few, many) = (mg.to_dot(x, limit=limit) for limit in (20, 80))
    assert 'nslimit="16"' in few
    assert 'label=" × blocked"' in few
    assert "taillabel" not in few
    assert 'nslimit="8"' in many
    assert many.count('taillabel=" × blocked"') == many.count("blocked") == 180


def test_tikz_shows_greek_and_escapes_the_signs_of_latex():
    text = mg.to_tikz(mg.Data(1.0, name=r"θ_Λ\input{x}%$#&~^"))
    assert (
        r"{{\ensuremath{\theta}\_\ensuremath{\Lambda}\textbackslash{}input\{x\}\%\$\#\&"
        r"\textasciitilde{}\textasciicircum{}}}"
    ) in text


def test_tikz_writes_long_coordinates_and_refuses_those_that_latex_cannot_count():
    y = mg.Data(0.5, name="x")
    for _ in range(150):
        y = mg.sin(y)
    assert "e+" not in mg.to_tikz(y, limit=100)
    with pytest.raises(mg.InputError, match=r"picture is \d\d,\d+ bp long.*pass a smaller limit"):
        mg.to_tikz(y, limit=150)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX here")
def test_latex_accepts_the_picture_whatever_the_names(tmp_path):
    hostile = ["a_b", "\\", "}", "{", "$x", "%", "#1", "a&b", "~^", "[x]", "--", "?`", '"', "<|>",
               "\\end{document}", "θ × · … →", "∂X₁₂² ∞ ϕϵϑς"]  # fmt: skip
    y = mg.sum(mg.stack([mg.Data(1.0, name=name) for name in hostile]))
    styles = {"blocked": {"color": "#102030", "penwidth": 2}, "box": {"fillcolor": "yellow"}}
    pictures = [
        mg.to_tikz(y), mg.to_tikz(regression(), plates="n", styles=styles),
        mg.to_tikz(mg.compare_pictures(regression(), mg.reinforce(regression()))),
    ]  # fmt: skip
    (tmp_path / "a.tex").write_text(document(*pictures), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "a.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
