"""A rewrite beside its original: what is marked as gone and as new."""

from __future__ import annotations

import pytest

import minigraph as mg


def question():
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    y = mg.function(lambda x: (x - 3) ** 2, name="F")(x)
    y.name = "Y"
    return y


def marked(drawn, mark):
    """Return what the boxes with this mark say, without the sign."""
    return [" ".join(box.lines[1:2]) for box in drawn.boxes if box.mark == mark]


def arrows(drawn, mark):
    label = {box.id: (box.lines or ("",))[0] for box in drawn.boxes}
    return [(label[a.tail], label[a.head]) for a in drawn.arrows if a.mark == mark]


def test_reparameterization_takes_away_a_draw_and_adds_noise_and_a_transform():
    y = question()
    change = mg.compare_pictures(y, mg.reparameterize(y))
    assert marked(change, "gone") == ["P"]
    assert marked(change, "new") == ["p", "ε_X", "g"]


def test_reinforce_takes_away_no_box_and_adds_a_score():
    y = question()
    change = mg.compare_pictures(y, mg.reinforce(y))
    assert marked(change, "gone") == []
    assert {"stop_gradient", "Normal.log_prob", "score_factor", "multiply"} < set(
        marked(change, "new")
    )


def test_arrow_between_two_kept_boxes_is_marked_if_it_is_gone():
    y = question()
    change = mg.compare_pictures(y, mg.reinforce(y))
    assert ("P", "θ") in arrows(change, "gone")
    assert ("F", "Y") in arrows(change, "gone")


def test_graph_beside_itself_has_no_marks():
    y = question()
    change = mg.compare_pictures(y, y)
    assert {box.mark for box in change.boxes} == {arrow.mark for arrow in change.arrows} == {""}


def test_the_same_graph_built_twice_has_no_marks_but_its_draw():
    change = mg.compare_pictures(question(), question())
    assert marked(change, "gone") == marked(change, "new") == ["P"]


def test_one_more_of_many_equal_functions_is_found_where_it_is():
    x = mg.Data(1.0, name="x")
    first = mg.exp(x)
    change = mg.compare_pictures(mg.exp(mg.sin(first)), mg.exp(mg.exp(mg.sin(first))))
    new = [box.id for box in change.boxes if box.mark == "new" and box.kind == "deterministic"]
    assert len(new) == 1
    reads = {a.tail for a in change.arrows if a.head == new[0] and not a.gradient}
    made_by = {a.tail for a in change.arrows if a.head in reads and not a.gradient}
    assert {box.lines[0] for box in change.boxes if box.id in made_by} <= {"exp", "sin"}


def test_what_the_other_picture_leaves_out_is_not_gone():
    y = question()
    for _ in range(20):
        y = y + 1.0
    change = mg.compare_pictures(y, mg.reparameterize(y), limit=10)
    assert marked(change, "gone") == ["P"]
    assert marked(change, "new") == ["p", "ε_X", "g"]
    change = mg.compare_pictures(y, y * mg.Data(2.0, name="w"), limit=10)
    assert marked(change, "gone") == []
    assert marked(change, "new") == ["w", "multiply", ""]


def test_box_that_is_open_on_one_side_is_open_on_both():
    model = mg.function(lambda t: mg.exp(mg.sample(mg.Normal(t, 1.0), name="X")), name="model")
    y = model(mg.Data(0.5, name="θ"))
    change = mg.compare_pictures(y, mg.reparameterize(y))
    assert [c.name for c in change.clusters] == ["before", "model", "after", "model"]
    assert marked(change, "gone") == ["P"]
    assert marked(change, "new") == ["p", "ε_X", "g"]


def test_each_side_is_a_frame_and_identifiers_are_unique():
    y = question()
    change = mg.compare_pictures(y, mg.reparameterize(y), titles=("draw", "noise"), expand=True)
    assert [c.name for c in change.clusters] == ["draw", "F", "noise", "g", "F"]
    ids = [box.id for box in change.boxes]
    assert len(ids) == len(set(ids))
    assert all(box.cluster for box in change.boxes)
    assert [c.parent for c in change.clusters] == [None, "g0", None, "g2", "g2"]


def test_every_format_says_in_words_what_changed():
    y = question()
    change = mg.compare_pictures(y, mg.reparameterize(y))
    assert '"− gone\\nP\\nNormal(θ, 1.0)"' in mg.to_dot(change)
    assert '("#43; new<br/>p<br/>StandardNormal' in mg.to_mermaid(change)
    assert "class n1 gone" in mg.to_mermaid(change)


def test_comparison_is_drawn_like_any_picture(tmp_path):
    y = question()
    change = mg.compare_pictures(y, mg.reparameterize(y))
    svg = mg.render(change, tmp_path / "a.svg").read_text("utf-8")
    assert svg.count(">+ new<") == 3
    assert svg.count(">− gone<") == 1
    assert set(change._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}


def test_options_for_a_finished_picture_are_refused():
    change = mg.compare_pictures(question(), question())
    with pytest.raises(mg.UsageError, match="values came too late"):
        mg.to_dot(change, values=True)


@pytest.mark.parametrize("titles", [("a",), ("a", 3), "ab", None])
def test_titles_are_two_strings(titles):
    with pytest.raises(mg.UsageError, match=r"titles is .*; pass two strings"):
        mg.compare_pictures(question(), question(), titles=titles)


def test_names_of_frames_are_escaped():
    y = question()
    change = mg.compare_pictures(y, y, titles=('a"];', "end"))
    assert r'label="a\"];"' in mg.to_dot(change)
    assert 'subgraph g1["end"]' in mg.to_mermaid(change)
