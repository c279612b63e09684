"""The page that steps through a graph: what it tells, and what a browser makes of it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from browser import run_in_page

import minigraph as mg
from minigraph.drawing.page import replays
from minigraph.drawing.sketch import sketch
from minigraph.drawing.steps import Story


def question():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = mg.function(lambda x: (x - 3) ** 2, name="F")(x)
    y.name = "Y"
    return theta, y


def story(y, **options):
    """Return the steps for the values of now."""
    drawn = sketch(y, **options)
    return Story(drawn, {data: data._value for data in drawn.graph.data})


def words(y, **options):
    return [step.words for step in story(y, **options).steps()]


def told(page):
    """Return what a page tells, as its script reads it."""
    return json.loads(re.search(r'type="application/json">(.*?)</script>', page, re.DOTALL)[1])


# The story ---------------------------------------------------------------------------------------


def test_values_appear_in_the_order_they_ran_then_gradients_flow_back():
    assert words(mg.reparameterize(question()[1])) == [
        "Forward: the inputs have their values.",
        "p draws ε_X = 0.12573.",
        "g computes X = 0.62573.",
        "F computes Y = 5.63716.",
        "Backward: the slope of Y with respect to itself is 1.",
        "F sends -4.74854 back to X.",
        "g sends -4.74854 back to θ.",
        "The gradient of θ is -4.74854.",
    ]


def test_sum_of_a_and_a_adds_up_twice():
    a = mg.Data(3.0, name="a")
    b = a + a
    b.name = "b"
    steps = story(b).steps()
    assert [step.words for step in steps[3:5]] == [
        "add sends 1.0 back to a.",
        "add sends 1.0 back to a, where gradients add up: 1.0 + 1.0 = 2.0.",
    ]
    assert [step.texts[0][2] for step in steps[3:5]] == ["grad 1.0", "grad 2.0"]
    assert steps[3].arrows[1] != steps[4].arrows[1]


def test_blocked_gradient_goes_no_further():
    steps = story(question()[1]).steps()
    assert [step.words for step in steps[-2:]] == [
        "Blocked: P is random: no gradient crosses a draw.",
        "No input gets a gradient. It is blocked at P.",
    ]
    assert [step.phase for step in steps[-2:]] == ["stopped", "stopped"]


def test_half_blocked_gradient_is_called_so():
    theta, y = question()
    assert words(y * theta)[-1] == (
        "The gradient of θ is 5.63716. It is blocked at P: this is not all of it."
    )


def test_gradient_is_blocked_at_a_draw_of_integers_too():
    q = mg.Data(0.4, name="q")
    said = words(q * (1.0 + mg.sample(mg.Bernoulli(q), name="h", rng=0)))
    assert "Blocked: P is random: no gradient crosses a draw." in said
    assert said[-1] == "The gradient of q is 1.0. It is blocked at P: this is not all of it."


def test_black_box_has_no_derivative():
    y = mg.primitive(np.floor, name="solver")(mg.Data(2.5, name="x"))
    assert "Blocked: solver is a black box: it has none." in words(y)


def test_without_gradients_there_is_no_way_back():
    assert len(words(question()[1], gradients=False)) == 3


def test_integers_have_no_gradient():
    y = mg.Data(np.array([1, 2]), name="n")[0]
    assert "Backward: a result that is no float has no gradient." in words(y)


@pytest.mark.parametrize("rewrite", [mg.reparameterize, mg.reinforce])
@pytest.mark.parametrize("expand", [False, True])
def test_what_adds_up_is_the_gradient(rewrite, expand):
    theta = mg.Data([0.5, -1.0], name="θ")
    x = mg.sample(mg.Normal(theta, mg.exp(theta)), name="X", rng=0)
    y = rewrite(mg.sum(mg.function(lambda a: mg.exp(a) / (1 + a**2), name="F")(x)) * 2.0)
    told_story = story(y, expand=expand)
    told_story.steps()
    np.testing.assert_allclose(told_story.total[theta], mg.gradient(y, theta).value, rtol=1e-12)


def test_argument_passed_many_times_comes_back_as_one_sum():
    x = mg.Data(3.0, name="x")
    assert words(mg.sum(mg.stack([x] * 1000)))[-2].endswith("axis=0) sends 1000.0 back to x.")


def test_middle_of_a_large_graph_runs_as_one():
    y = mg.Data(0.5, name="x")
    for _ in range(5000):
        y = mg.sin(y)
    assert len(words(y)) < 200
    assert words(y).count("What is left out of the picture runs.") == 1


def test_gradient_that_is_blocked_out_of_the_picture_is_told():
    y = mg.sample(mg.Normal(mg.sin(mg.sin(mg.Data(0.5, name="θ"))), 1.0), rng=0)
    said = words(mg.sin(mg.sin(mg.sin(y))), limit=2)
    assert "Blocked at P, which is left out of the picture." in said
    assert said[-1] == "No input gets a gradient. It is blocked at P."


def test_inputs_left_out_of_the_picture_get_their_gradients_in_one_step():
    found = words(mg.sum(mg.stack([mg.Data(float(i), name=f"x{i}") for i in range(500)])))
    assert len(found) < 100
    assert sum("back to what is left out of the picture" in said for said in found) == 1


def test_gradient_of_an_input_left_out_of_the_picture_is_all_of_it():
    t, y = mg.Data(0.5, name="t"), mg.Data(1.0, name="a")
    for _ in range(3):
        y = mg.sin(mg.sin(y)) * t
    gradients = [mg.gradient(y, x).value for x in mg.Graph(y).inputs]
    said = words(y, limit=2)[-1]
    assert said == f"The gradient of t is {gradients[1]:.6g}, of a is {gradients[0]:.6g}."


def test_function_of_too_many_inputs_shows_its_values_only(monkeypatch):
    monkeypatch.setattr("minigraph.drawing.playback.WIDE", 4)
    assert len(words(mg.stack([mg.Data(1.0)] * 4))) > 3
    assert len(words(mg.stack([mg.Data(1.0)] * 5))) == 2


# Fresh samples -----------------------------------------------------------------------------------


def test_fresh_samples_are_run_through_the_graph():
    _, y = question()
    x = mg.Graph(y)["X"]
    found = replays(mg.Graph(y), 100, 0)
    assert found[0][y] == y.value
    assert [values[y] for values in found] == [(values[x] - 3) ** 2 for values in found]
    assert np.std([values[x] for values in found]) == pytest.approx(1.0, abs=0.3)


def test_draw_and_its_noise_and_copies_stay_one_draw():
    _, y = question()
    graph = mg.Graph(y, mg.reparameterize(y), mg.reinforce(y))
    for values in replays(graph, 5, 0):
        assert len({round(values[out], 12) for out in graph.outputs}) == 1


def test_copies_share_the_noise_that_ran_before_them():
    _, y = question()
    opened, copy = mg.reparameterize(y), mg.reinforce(y)
    for values in replays(mg.Graph(opened, copy), 5, 0):
        assert abs(values[opened] - values[copy]) < 1e-12


@pytest.mark.parametrize("draw", [mg.to_html, lambda y: mg.to_dot(y, slopes=True)])
def test_values_of_other_inputs_than_those_of_now_are_not_told(draw):
    x = mg.Data(2.0, name="x")
    y = mg.exp(x) * x
    x.value = 0.0
    with pytest.raises(mg.UsageError, match="input 'x' was given a new value after"):
        draw(y)


def test_page_holds_the_samples_that_were_asked_for_and_is_the_same_each_time():
    _, y = question()
    page = mg.to_html(y, samples=3)
    assert page == mg.to_html(mg.Graph(y), samples=3)
    samples = told(page)["samples"]
    assert len(samples) == 3
    assert len({sample[1]["words"] for sample in samples}) == 3


def test_graph_that_python_branched_on_shows_its_one_sample():
    _, y = question()
    x = mg.Graph(y)["X"]
    y = y if x > 0 else -y
    assert len(told(mg.to_html(y))["samples"]) == 1


@pytest.mark.parametrize("samples", [0, "3", 2.5])
def test_page_without_a_sample_is_refused(samples):
    with pytest.raises(mg.InputError, match=f"samples is {samples!r}; pass a whole number"):
        mg.to_html(question()[1], samples=samples)


@pytest.mark.parametrize("rng", ["a", -1, np.random.RandomState(0)])
def test_page_needs_an_rng_that_has_children(rng):
    with pytest.raises(mg.UsageError, match=r"to_html: rng is .*; pass None, an int seed"):
        mg.to_html(question()[1], rng=rng)


def test_fresh_sample_that_is_not_lawful_is_told_from_the_one_that_is_there():
    s = mg.sample(mg.Normal(1.0, 1.0), name="S", rng=0)
    y = mg.sample(mg.Normal(0.0, s), rng=0)
    with pytest.raises(mg.InputError, match=r"a fresh sample .*scale.*; pass samples=1 to show"):
        mg.to_html(y, samples=50)
    assert "draws S = 1.12573" in mg.to_html(y, samples=1)


def test_comparison_has_no_steps_to_play():
    _, y = question()
    with pytest.raises(mg.UsageError, match=r"Graph of Y.*has no steps to play; pass its Data"):
        mg.to_html(mg.compare_pictures(y, mg.reinforce(y)))


def test_page_needs_nothing_from_elsewhere(tmp_path):
    page = mg.render(question()[1], tmp_path / "a.html", samples=2).read_text("utf-8")
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[\w./]+", page)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
    }  # fmt: skip
    assert not re.search(r"<(link|img|iframe|script)[^>]*\b(src|href)=", page)
    assert len(page) < 30_000


# In a browser ------------------------------------------------------------------------------------

PROBE = """
const seen = [];
const texts = () => Object.fromEntries(Object.entries(story.slots).map(([box, kinds]) =>
  [box, kinds.map(kind => slot(box, kind).textContent)]));
const look = how => seen.push({ how, step, phase: document.body.dataset.phase, texts: texts(),
  words: at("words").textContent, lit: document.querySelectorAll(".edge.lit").length,
  open: ["start", "back", "next", "end", "fresh"].filter(
    id => !at(id).disabled && !at(id).hidden) });
look("load");
for (const key of KEYS) {
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })); look(key);
}
for (const id of IDS) { at(id).click(); look(id); }
at("where").value = 2; at("where").dispatchEvent(new Event("input")); look("slider");
return seen;
"""


def played(page, folder, keys=(), ids=()):
    script = PROBE.replace("KEYS", json.dumps(keys)).replace("IDS", json.dumps(ids))
    return run_in_page(page, script, folder)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Return what a browser shows of b = a + a, key after key, button after button."""
    a = mg.Data(3.0, name="a")
    b = a + a
    b.name = "b"
    keys = ["ArrowRight"] * 5 + ["ArrowRight", "ArrowLeft", "Home", "End", "x", "r"]
    ids = ["back", "next", "start", "end", "play"]
    return played(mg.to_html(b), tmp_path_factory.mktemp("page"), keys, ids)


def test_page_opens_at_the_inputs(seen):
    assert seen[0]["step"] == 0
    assert seen[0]["texts"] == {"n0": ["3.0", ""], "n2": ["", ""]}
    assert seen[0]["open"] == ["next", "end"]


def test_right_arrow_plays_forward_then_backward(seen):
    shown = [(s["step"], s["phase"], s["texts"]["n0"], s["texts"]["n2"]) for s in seen[1:6]]
    assert shown == [
        (1, "forward", ["3.0", ""], ["6.0", ""]),
        (2, "backward", ["3.0", ""], ["6.0", "grad 1.0"]),
        (3, "backward", ["3.0", "grad 1.0"], ["6.0", "grad 1.0"]),
        (4, "backward", ["3.0", "grad 2.0"], ["6.0", "grad 1.0"]),
        (5, "backward", ["3.0", "grad 2.0"], ["6.0", "grad 1.0"]),
    ]


def test_arrows_along_which_something_flows_are_lit(seen):
    assert [s["lit"] for s in seen[:6]] == [0, 3, 0, 2, 2, 0]


def test_words_say_how_gradients_add_up(seen):
    assert seen[4]["words"].endswith("where gradients add up: 1.0 + 1.0 = 2.0.")


def test_keys_stop_at_the_ends_and_others_do_nothing(seen):
    assert [(s["how"], s["step"]) for s in seen[6:12]] == [
        ("ArrowRight", 5), ("ArrowLeft", 4), ("Home", 0), ("End", 5), ("x", 5), ("r", 5)
    ]  # fmt: skip


def test_going_back_takes_values_away(seen):
    assert seen[7]["texts"] == seen[4]["texts"]
    assert seen[8]["texts"] == seen[0]["texts"]


def test_buttons_and_the_slider_do_what_the_keys_do(seen):
    assert [(s["how"], s["step"]) for s in seen[12:]] == [
        ("back", 4), ("next", 5), ("start", 0), ("end", 5), ("play", 0), ("slider", 2)
    ]  # fmt: skip


def test_space_plays_unless_a_button_has_the_focus(tmp_path):
    script = """return ["next", "where"].map(id => [at(id).dispatchEvent(new KeyboardEvent(
      "keydown", { key: " ", bubbles: true, cancelable: true })), at("play").textContent]);"""
    found = run_in_page(mg.to_html(question()[1]), script, tmp_path)
    assert found == [[True, "play"], [False, "pause"]]  # the browser presses the button itself


def test_fresh_sample_replaces_every_value_in_place(tmp_path):
    page = mg.to_html(mg.reparameterize(question()[1]), samples=3)
    seen = played(page, tmp_path, ["End", "r", "r", "r"])[1:5]
    noise = [float(s["texts"]["n1"][0]) for s in seen]
    assert len(set(noise)) == 3
    assert noise[3] == noise[0]
    for s, e in zip(seen, noise, strict=True):
        assert float(s["texts"]["n4"][0]) == pytest.approx(0.5 + e, rel=1e-5)
        assert f"sample {noise.index(e) + 1} of 3" in s["words"]


def test_play_walks_to_the_end_by_itself(tmp_path):
    x = mg.Data(2.0, name="x")
    wait = "at('play').click(); await new Promise(r => setTimeout(r, 9000));"
    found = run_in_page(
        mg.to_html(mg.exp(x)), f"{wait} return [step, at('play').textContent]", tmp_path
    )
    assert found == [4, "play"]


def test_link_opens_at_a_step(tmp_path):
    page = mg.to_html(mg.exp(mg.Data(2.0, name="x")))
    assert run_in_page(page, "return step", tmp_path, "#3") == 2
    assert run_in_page(page, "return step", tmp_path, "#nowhere") == 0


def test_page_lights_every_shape_keeps_double_lines_and_misses_nothing_invisible(tmp_path):
    y = mg.exp(mg.sin(mg.Data(2.0, name="x")))
    styles = {
        "parameter": {"shape": "circle"}, "data": {"shape": "point"},
        "arrow": {"style": "invis"}, "deterministic": {"style": "invis"},
    }  # fmt: skip
    look = """
      const fills = what => [...document.querySelectorAll(what)].map(x => getComputedStyle(x).fill);
      const found = [fills(".lit > ellipse")];
      at("next").click(); at("next").click();
      found.push(fills(".lit > polygon"));
      at("end").click(); at("back").click();
      return [...found, story.steps.length - step];
    """
    yellow = "rgb(255, 243, 176)"
    found = run_in_page(mg.to_html(y, styles=styles), look, tmp_path)
    assert found == [[yellow], [yellow, "none"], 2]


def test_buttons_stay_in_sight_and_the_lit_boxes_come_into_it(tmp_path):
    y = mg.Data(0.5, name="x")
    for _ in range(200):
        y = mg.sin(y)
    look = """
      const top = at("start").getBoundingClientRect().top, low = at("keys").getBoundingClientRect();
      const lit = story.steps[step].boxes.map(box => part(box).getBoundingClientRect());
      return [step, top >= 0, low.bottom <= innerHeight,
        lit.every(box => box.top > top && box.bottom < low.top)];
    """
    page = mg.to_html(y, limit=1000)
    assert run_in_page(page, look, tmp_path, "#150") == [149, True, True, True]
