"""The description of a picture: which boxes and arrows a graph has."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

import minigraph as mg
from minigraph.drawing.sketch import picture
from minigraph.nodes import Group


def coin():
    p = mg.Data(0.3, name="p")
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) - 3) ** 2
    y.name = "Y"
    return y


def seed_graph():
    """Return θ and Y of the question that the package answers."""
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)

    @mg.function(name="F")
    def f(x):
        return (x - 3) ** 2

    y = f(x)
    y.name = "Y"
    return theta, y


def named(y, **options):
    """Return the boxes as {label: kind}, and the arrows as (from, to, look) between labels."""
    drawn = picture(y, **options)
    label = {box.id: box.lines[0] if box.lines else box.id for box in drawn.boxes}
    looks = {(False, False): "data", (True, False): "gradient", (True, True): "blocked"}
    arrows = [(label[a.tail], label[a.head], looks[a.gradient, a.blocked]) for a in drawn.arrows]
    return {label[box.id]: box.kind for box in drawn.boxes}, arrows


def arrows_that_are(look, y, **options):
    return {(tail, head) for tail, head, kind in named(y, **options)[1] if kind == look}


def test_seed_graph_is_five_shapes_and_eight_arrows():
    boxes, arrows = named(seed_graph()[1])
    assert boxes == {
        "θ": "parameter", "P": "stochastic", "X": "data", "F": "deterministic", "Y": "output"
    }  # fmt: skip
    assert arrows == [
        ("θ", "P", "data"), ("P", "X", "data"), ("X", "F", "data"), ("F", "Y", "data"),
        ("Y", "F", "gradient"), ("F", "X", "gradient"),
        ("X", "P", "blocked"), ("P", "θ", "blocked"),
    ]  # fmt: skip


def test_reparameterized_seed_graph_has_noise_and_an_open_way_to_the_parameter():
    boxes, arrows = named(mg.reparameterize(seed_graph()[1]))
    assert boxes["p"] == "noise"
    assert {"g", "θ", "X", "F", "Y"} < set(boxes)
    ways = {(tail, head) for tail, head, look in arrows if look == "gradient"}
    assert ways == {("Y", "F"), ("F", "X"), ("X", "g"), ("g", "θ")}
    assert not any(look == "blocked" for _, _, look in arrows)


def test_reinforced_seed_graph_has_a_log_probability_and_a_stop():
    y = mg.reinforce(seed_graph()[1])
    boxes, arrows = named(y)
    assert boxes["Normal.log_prob"] == "log-probability"
    assert boxes["cost"] == "cost"
    assert boxes["stop_gradient"] == "stop"
    assert boxes["score_factor"] == "surrogate"
    assert ("Normal.log_prob", "θ", "gradient") in arrows
    assert not any("P" in (tail, head) for tail, head, look in arrows if look != "data")


@pytest.mark.parametrize("rewrite", [mg.marginalize, mg.measure_valued, mg.disarm])
def test_what_is_there_for_its_slope_is_a_surrogate(rewrite):
    kinds = [box.kind for box in picture(rewrite(coin())).boxes]
    assert kinds.count("surrogate") == kinds.count("cost") == 1
    assert "biased" not in kinds


@pytest.mark.parametrize(
    "rewrite", [mg.gumbel_softmax, mg.straight_through, mg.gumbel_straight_through]
)
def test_biased_boxes_have_a_shape_of_their_own(rewrite):
    drawn = picture(rewrite(coin()))
    biased = [box for box in drawn.boxes if box.kind == "biased"]
    assert [box.lines[0].endswith("(biased)") for box in biased] == [True]
    assert mg.to_dot(drawn).count('shape="parallelogram"') == 1
    assert f'{biased[0].id}[/"' in mg.to_mermaid(drawn)


def test_cost_without_a_name_is_called_one():
    p = mg.Data(0.3, name="p")
    costs = [mg.sample(mg.Bernoulli(p), rng=i) * 2.0 for i in range(2)]
    drawn = picture(mg.reinforce(costs[0] + costs[1]))
    assert [box.lines for box in drawn.boxes if box.kind == "cost"] == [("cost",)] * 2


def test_function_of_the_user_called_slope_is_no_surrogate():
    slope = mg.primitive(lambda x: x, lambda g, y, x: g, name="slope")
    assert named(slope(mg.Data(1.0, name="x")))[0]["slope"] == "deterministic"


def test_black_box_blocks_like_a_draw():
    x = mg.Data(2.0, name="x")
    y = mg.primitive(np.floor, name="solver")(x) * x
    boxes, _ = named(y)
    assert boxes["solver"] == "black box"
    assert ("solver", "x") in arrows_that_are("blocked", y)


def test_no_gradient_comes_back_from_stop_gradient_or_to_a_constant():
    x, n = mg.Data(2.0, name="x"), mg.Data(3.0, name="n", constant=True)
    y = mg.stop_gradient(x) * n + x
    boxes, _ = named(y)
    assert boxes["n"] == "constant"
    ways = arrows_that_are("gradient", y)
    assert ("add", "x") in ways
    assert not any("stop_gradient" in way or "n" in way or "multiply" in way for way in ways)


def test_no_gradient_comes_back_through_a_comparison():
    x = mg.Data([1.0, 2.0], name="x")
    y = mg.where(x > 1.5, x, 0.0)
    assert not any(tail == "greater" for tail, _ in arrows_that_are("gradient", y))


def test_function_that_was_renamed_says_what_it_computes():
    y = mg.Data(1.0, name="x") + 2.0
    y.node.name = "shift"
    assert picture(y).boxes[1].lines == ("shift", "add(x, 2.0)")


def test_draw_seen_only_by_a_comparison_is_still_marked_blocked():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    assert arrows_that_are("blocked", mg.where(x > 0, 1.0, 0.0)) == {("X", "P"), ("P", "θ")}


@pytest.mark.parametrize("loc", [0.0, 2.0 * mg.Data(1.0, constant=True)])
def test_draw_from_constants_is_noise_and_blocks_nothing(loc):
    x = mg.sample(mg.Normal(loc, 1.0), name="X", rng=0) * mg.Data(2.0, name="w")
    assert named(x)[0]["P"] == "noise"
    assert arrows_that_are("blocked", x) == set()


@pytest.mark.parametrize("loc", [lambda: mg.Data(0.0), lambda: mg.sample(mg.Normal(0.0, 1.0))])
def test_draw_from_what_varies_is_no_noise(loc):
    x = mg.sample(mg.Normal(2.0 * loc(), 1.0), name="X")
    x.node.name = "Q"
    assert named(x)[0]["Q"] == "stochastic"


def test_numbers_in_an_expression_are_words_in_a_label_not_boxes():
    boxes, _ = named(2 * mg.Data(3.0, name="x") ** 2)
    assert set(boxes) == {"x", "power(x, 2.0)", "n2", "multiply(2.0, ·)", "n4"}


def test_law_is_the_second_line_of_a_draw():
    theta = mg.Data(0.5, name="θ")
    drawn = picture(mg.sample(mg.Normal(theta, 1.0), rng=0))
    assert [box.lines for box in drawn.boxes if box.kind == "stochastic"] == [
        ("P", "Normal(θ, 1.0)")
    ]


@pytest.mark.parametrize(
    ("law", "text"),
    [
        (lambda s: mg.Bernoulli(s), "Bernoulli(s)"),
        (lambda s: mg.Bernoulli(logits=s), "Bernoulli(logits=s)"),
        (lambda s: mg.MultivariateNormal([0.0], mg.stack([[s]])), "MultivariateNormal([0], ·)"),
        (
            lambda s: mg.MultivariateNormal([0.0], scale_tril=mg.stack([[s]])),
            "MultivariateNormal([0], scale_tril=·)",
        ),
        (lambda s: mg.Independent(mg.Normal([0.0, 1.0], s), 1), "Independent(Normal([0, 1], s))"),
        (
            lambda s: mg.MixtureSameFamily(
                mg.Categorical(logits=[0.0, 1.0]), mg.Normal([0.0, 1.0], s)
            ),
            "MixtureSameFamily(Categorical(logits=[0, 1]), Normal([0, 1], s))",
        ),
    ],
)
def test_label_of_a_draw_says_which_law_it_is(law, text):
    drawn = picture(mg.sample(law(mg.Data(0.5, name="s")), rng=0))
    assert [box.lines[1] for box in drawn.boxes if box.kind == "stochastic"] == [text]


def test_argument_passed_twice_has_two_arrows_each_way():
    x = mg.Data(3.0, name="x")
    arrows = named(x * x)[1]
    assert arrows.count(("x", "multiply", "data")) == 2
    assert arrows.count(("multiply", "x", "gradient")) == 2


def test_argument_passed_many_times_is_one_arrow_with_a_count():
    x = mg.Data(3.0, name="x")
    drawn = picture(mg.stack([x] * 1000))
    assert [arrow.repeats for arrow in drawn.arrows] == [1000, 1, 1, 1000]


def test_gradients_can_be_left_out():
    assert {look for _, _, look in named(seed_graph()[1], gradients=False)[1]} == {"data"}


@pytest.mark.parametrize("wanted", [lambda a, b: a, lambda a, b: [a], lambda a, b: "a"])
def test_wrt_leaves_only_the_arrows_towards_it(wanted):
    a, b = mg.Data(1.0, name="a"), mg.Data(2.0, name="b")
    assert arrows_that_are("gradient", a * b, wrt=wanted(a, b)) == {
        ("multiply", "a"),
        ("n3", "multiply"),
    }


def test_wrt_may_be_data_inside_the_graph():
    a = mg.Data(1.0, name="a")
    h = mg.exp(a)
    h.name = "h"
    assert arrows_that_are("gradient", mg.log(h), wrt=h) == {("log", "h"), ("n2", "log")}


def test_arrows_go_on_above_a_wrt_to_another_one():
    theta, y = seed_graph()
    x = mg.Graph(y)["X"]
    assert arrows_that_are("blocked", y, wrt=[theta, x]) == {("X", "P"), ("P", "θ")}
    h = mg.exp(theta)
    h.name = "h"
    found = arrows_that_are("gradient", mg.log(h), wrt=[theta, h])
    assert {("log", "h"), ("h", "exp"), ("exp", "θ")} < found


@pytest.mark.parametrize("f", [lambda x: x > 0, mg.argmax])
def test_no_gradient_leaves_a_result_that_is_no_float(f):
    assert arrows_that_are("gradient", f(mg.Data([1.0, 2.0], name="x"))) == set()


def test_wrt_shows_only_what_depends_on_it():
    a, b = mg.Data(1.0, name="a"), mg.Data(2.0, name="b")
    c = mg.exp(b)
    c.name = "c"
    lines = [box.lines[0] for box in picture(a * c, wrt=a).boxes if box.lines]
    assert [line for line in lines if line.strip()] == ["a", "c", "multiply"]


def test_wrt_shows_the_draw_that_a_rewrite_has_detached():
    theta, y = seed_graph()
    kinds = [box.kind for box in picture(mg.reinforce(y), wrt=theta).boxes]
    assert kinds == [box.kind for box in picture(mg.reinforce(y)).boxes]


def test_values_and_gradients_are_written_once_they_are_there():
    x = mg.Data(3.0, name="x")
    y = x * x
    assert picture(y, values=True).boxes[0].lines == ("x", "3.0")
    y.backward()
    assert picture(y, values=True).boxes[0].lines == ("x", "3.0", "grad 6.0")


def test_slopes_of_everything_are_written_without_a_backward_pass():
    a = mg.Data(3.0, name="a")
    b = a + a
    b.name = "b"
    drawn = picture(mg.exp(b * 0.0), slopes=True)
    assert [box.lines for box in drawn.boxes if box.lines[:1] in (("a",), ("b",))] == [
        ("a", "slope 0.0"), ("b", "slope 0.0")
    ]  # fmt: skip
    drawn = picture(b, slopes=True, gradients=False)
    assert [box.lines for box in drawn.boxes if box.kind != "deterministic"] == [
        ("a", "slope 2.0"), ("b", "slope 1.0")
    ]  # fmt: skip
    assert a.grad is None


def test_where_a_gradient_is_blocked_no_slope_is_written():
    slopes = {
        box.lines[0]: box.lines[1:]
        for box in picture(seed_graph()[1], slopes=True).boxes if box.kind != "deterministic"
    }  # fmt: skip
    assert slopes == {
        "θ": (), "P": ("Normal(θ, 1.0)",), "X": ("slope -4.74854",), "Y": ("slope 1.0",)
    }  # fmt: skip


@pytest.mark.parametrize("law", [lambda x: mg.Normal(x, 1.0), mg.Bernoulli])
def test_slope_of_which_a_part_is_blocked_is_not_written(law):
    theta = mg.Data(0.5, name="θ")
    y = theta * (1.0 + mg.sample(law(mg.exp(theta - 1.0)), rng=0))
    assert picture(y, slopes=True).boxes[0].lines == ("θ",)


def test_dtypes_and_statistics_are_written_on_request():
    x = mg.Data(np.array([1, 2, 6], dtype=np.float32), name="x")
    lines = picture(x, dtypes=True, statistics=True).boxes[0].lines
    assert lines == ("x", "float32", "1 to 6", "mean 3, median 2")
    assert picture(mg.Data(True, name="x"), dtypes=True, statistics=True).boxes[0].lines == (
        "x", "bool"
    )  # fmt: skip


def test_description_counts_in_the_singular_too():
    assert picture(seed_graph()[1]).description.startswith("1 input, 1 stochastic and")


def test_shapes_are_written_on_request():
    x = mg.Data(np.ones((2, 3)), name="x")
    assert picture(mg.sum(x), shapes=True).boxes[0].lines == ("x", "shape (2, 3)")


def test_unnamed_constant_shows_what_it_is():
    n = mg.Data(np.ones((2, 3)), constant=True)
    assert picture(mg.sum(n)).boxes[0].lines == ("array 2×3",)


def test_open_boxes_nest():
    @mg.function
    def inner(x):
        return mg.exp(x) * 2

    @mg.function
    def outer(x):
        return inner(x) + 1

    y = outer(mg.Data(1.0, name="x"))
    drawn = picture(y, expand=True)
    assert [(c.name, c.parent) for c in drawn.clusters] == [("outer", None), ("inner", "g0")]
    assert len(picture(y).boxes) == 3
    home = {(box.lines or ("·",))[0]: box.cluster for box in drawn.boxes if box.kind != "data"}
    assert home == {
        "x": None, "exp": "g1", "multiply(·, 2.0)": "g1", "add(·, 1.0)": "g0", "·": None
    }  # fmt: skip


def test_what_a_function_returns_stands_outside_its_box():
    @mg.function(name="F")
    def f(x):
        return mg.exp(x)

    h = f(mg.Data(1.0, name="x"))
    h.name = "h"
    drawn = picture(mg.log(h), expand=True)
    assert {box.lines: box.cluster for box in drawn.boxes}["h",] is None


def test_box_with_a_draw_inside_stays_open_and_the_function_within_stays_closed():
    @mg.function
    def decoder(z):
        return mg.exp(z) + 1

    @mg.function
    def model(loc):
        return decoder(mg.sample(mg.Normal(loc, 1.0), name="z", rng=0))

    drawn = picture(model(mg.Data(0.0, name="loc")))
    assert [c.name for c in drawn.clusters] == ["model"]
    assert "decoder" in {box.lines[0] for box in drawn.boxes if box.lines}
    assert "exp" not in {box.lines[0] for box in drawn.boxes if box.lines}


def test_box_that_a_path_leaves_and_enters_again_stays_open():
    a = mg.exp(mg.Data(1.0, name="x"))
    b = mg.sin(a)
    c = mg.cos(b)
    a.node._group = c.node._group = Group("G")
    assert {"exp", "sin", "cos"} < set(named(c)[0])


def test_two_boxes_that_feed_each_other_are_not_closed_into_a_circle():
    x = mg.Data(1.0, name="x")
    a1, b2 = mg.exp(x), mg.sin(x)
    b1, a2 = mg.cos(a1), mg.tanh(b2)
    first, second = Group("A"), Group("B")
    a1.node._group = a2.node._group = first
    b1.node._group = b2.node._group = second
    drawn = picture([b1, a2], gradients=False)
    after = {arrow.tail: set() for arrow in drawn.arrows}
    for arrow in drawn.arrows:
        after[arrow.tail].add(arrow.head)
    reached = {"n0"}
    for _ in drawn.boxes:
        reached |= {head for tail in reached for head in after.get(tail, ())}
    assert len(reached) == len(drawn.boxes)
    assert "n0" not in set().union(*after.values())
    assert {"exp", "sin"} <= {box.lines[0] for box in drawn.boxes if box.lines}


def test_interior_data_of_a_box_that_is_also_an_output_is_drawn():
    inside = []

    @mg.function(name="F")
    def f(x):
        inside.append(mg.exp(x))
        return inside[0] + 1

    y = f(mg.Data(1.0, name="x"))
    assert [box.kind for box in picture([y, inside[0]]).boxes].count("output") == 2


def test_input_alone_is_one_diamond():
    assert named(mg.Data(1.0, name="x")) == ({"x": "parameter"}, [])


def test_graph_list_and_data_give_the_same_picture():
    _, y = seed_graph()
    assert mg.to_dot(y) == mg.to_dot([y]) == mg.to_dot(mg.Graph(y))


def test_large_graph_is_its_two_ends_and_a_count():
    x = mg.Data(1.0, name="x")
    y = x
    for _ in range(20_000):
        y = y * 1.0
    drawn = picture(y, limit=10)
    assert len(drawn.boxes) < 25
    assert [box.lines for box in drawn.boxes if box.kind == "more"] == [("… 19,991 more …",)]
    assert len(drawn.arrows) == 2 * (len(drawn.boxes) - 1)


def chain(y, length=9):
    for _ in range(length):
        y = y + 1.0
    return y


def test_many_blocks_of_one_name_are_called_by_their_samples_and_counted():
    law = mg.Normal(mg.Data(0.5, name="θ"), 1.0)
    draws = [mg.sample(law, name=f"X{i}" if i else None, rng=i) for i in range(6)]
    said = [picture(mg.sum(mg.stack(some))).description for some in (draws, draws[1:4], draws[1:2])]
    assert said[0].endswith("The gradient is blocked at P, X1, X2, X3 and 2 more.")
    assert said[1].endswith("The gradient is blocked at X1, X2, X3.")
    assert said[2].endswith("The gradient is blocked at P.")


def test_middle_says_where_it_blocks_a_gradient_and_which_arrows_are_open():
    theta = mg.Data(0.5, name="θ")
    first = chain(mg.exp(theta))
    y = chain(first + mg.sin(theta) * mg.sample(mg.Normal(theta, 1.0), rng=0))
    more, note = next(box.lines for box in picture(y, limit=4).boxes if box.kind == "more")
    assert note == "gradient blocked at P"
    assert {look for *ends, look in named(y, limit=4)[1] if ends == [more, "θ"]} == {
        "gradient", "blocked"
    }  # fmt: skip
    lines = [box.lines for box in picture(y, limit=4, gradients=False).boxes]
    assert (more,) in lines


def test_wrt_leaves_out_what_does_not_depend_on_it_before_a_middle_is_folded():
    a, theta = mg.Data(1.0, name="a"), mg.Data(0.5, name="θ")
    y = chain(mg.exp(a)) * mg.sin(theta) * chain(mg.exp(a))
    kinds = named(y, wrt=theta, limit=6)[0]
    assert "sin" in kinds
    assert "more" not in kinds.values()


def test_box_around_a_wrt_is_open():
    y = mg.function(lambda x: mg.exp(mg.sin(x)), name="F")(mg.Data(1.0, name="x"))
    inside = y.node.inputs[0]
    inside.name = "h"
    assert ("exp", "h") in arrows_that_are("gradient", y, wrt=inside)


def test_wide_graph_is_bounded_too():
    parts = [mg.Data(float(i)) for i in range(5_000)]
    drawn = picture(mg.stack(parts))
    assert len(drawn.boxes) < 100
    assert len(drawn.arrows) < 200


def test_limit_counts_a_closed_box_as_one():
    @mg.function(name="F")
    def f(x):
        for _ in range(500):
            x = x * 1.0
        return x

    assert len(picture(f(mg.Data(1.0, name="x"))).boxes) == 3


def test_unknown_option_is_refused_with_the_list():
    with pytest.raises(mg.UsageError, match="no option 'colour'; the options are gradients"):
        mg.to_dot(mg.Data(1.0), colour=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "up"}, "direction 'up'; it is one of TB"),
        *[({"limit": limit}, f"limit is {limit!r}; pass a") for limit in (0, None, "x", 2.5)],
    ],
)
def test_option_out_of_range_is_refused(options, message):
    with pytest.raises(mg.InputError, match=message):
        mg.to_dot(mg.Data(1.0), **options)


def test_wrt_that_is_no_data_is_refused():
    with pytest.raises(mg.UsageError, match="wrt: got float"):
        mg.to_dot(mg.Data(1.0), wrt=2.0)


def test_wrt_by_an_unknown_name_lists_the_names():
    with pytest.raises(mg.UnknownNameError, match="θ"):
        mg.to_dot(seed_graph()[1], wrt="phi")


def test_direction_reaches_both_languages():
    x = mg.exp(mg.Data(1.0))
    assert 'rankdir="LR"' in mg.to_dot(x, direction="LR")
    assert mg.to_mermaid(x, direction="LR").startswith("graph LR\n")


GOLDEN_MERMAID = """\
graph TB
    n0{"θ"}
    n1("P<br/>Normal(θ, 1.0)")
    n2{"X"}
    n3["F"]
    n4{"Y"}
    n0 --> n1
    n1 --> n2
    n2 --> n3
    n3 --> n4
    n4 -.-> n3
    n3 -.-> n2
    n2 -. "blocked" .-x n1
    n1 -. "blocked" .-x n0
"""


def test_mermaid_gets_no_more_arrows_than_it_draws_unless_a_limit_is_given(monkeypatch):
    xs = [mg.Data(float(i), name=f"x{i}") for i in range(12)]
    y = mg.sum(mg.stack([mg.sum(mg.stack(xs)) for _ in range(30)]))
    arrows = lambda text: len(re.findall(r"^ +n\d+ -.* n\d+$", text, re.MULTILINE))
    assert arrows(mg.to_mermaid(y, limit=80)) == arrows(mg.to_mermaid(picture(y))) == 966
    assert 250 < arrows(mg.to_mermaid(y)) <= 500

    def none(drawn):
        raise mg.errors.MissingExtraError("nothing to draw with")

    monkeypatch.setattr("minigraph.drawing.notebook.to_svg", none)
    assert y._repr_mimebundle_()["text/vnd.mermaid"] == mg.to_mermaid(y, values=True)
    few = mg.sin(xs[0])
    assert mg.to_mermaid(few) == mg.to_mermaid(few, limit=80)


def test_seed_graph_in_mermaid_is_the_text_of_the_golden_file():
    text = mg.to_mermaid(seed_graph()[1])
    assert text[: text.index("    classDef")] == GOLDEN_MERMAID


def test_blocked_arrows_in_dot_differ_by_shape_and_text():
    lines = mg.to_dot(seed_graph()[1]).splitlines()
    blocked = [line for line in lines if "× blocked" in line]
    assert [line.split(" [")[0].strip() for line in blocked] == ["n2 -> n1", "n1 -> n0"]
    assert all('arrowhead="tee"' in line and 'style="dashed"' in line for line in blocked)
    assert len([line for line in lines if 'style="dashed"' in line]) == 4


def test_to_graphviz_is_the_same_text():
    _, y = seed_graph()
    assert mg.to_graphviz(y, values=True).source == mg.to_dot(y, values=True)


def test_text_does_not_depend_on_the_process():
    code = (
        "import minigraph as mg; x = mg.Data(0.5, name='x'); h = mg.function(lambda a: mg.exp(a)"
        "* x, name='F'); y = h(x) + mg.sin(x) * mg.sum(mg.stack([x, h(x)])[0:1])\n"
        "print(mg.to_dot(y), mg.to_mermaid(y, expand=True), mg.Graph(y))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code], env={"PYTHONHASHSEED": seed},
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1
    assert not re.search(rb"0x[0-9a-f]{6}", texts.pop())
