"""A graph as text: the lines of `print(graph)`, and what is drawn before them."""

from __future__ import annotations

import re

import numpy as np
from test_drawing import seed_graph

import minigraph as mg


def test_listing_draws_what_each_line_reads_and_makes():
    assert str(mg.Graph(mg.reparameterize(seed_graph()[1]))).splitlines() == [
        "()              ε_X ~ StandardNormal()   0.12573",
        "|   <>          θ                        0.5",
        "o---o---[]      X = g(ε_X, θ)            0.62573",
        "        o---[]  Y = F(X)                 5.63716",
    ]


def test_listing_says_where_a_gradient_is_blocked():
    assert str(mg.Graph(seed_graph()[1])).splitlines() == [
        "<>          θ                              0.5",
        "o---()      X ~ Normal(loc=θ, scale=1.0)   0.62573   gradient blocked",
        "    o---[]  Y = F(X)                       5.63716",
    ]


def test_listing_names_the_unnamed_and_tells_equal_names_apart():
    a, b = mg.Data(1.0, name="x"), mg.Data(2.0, name="x")
    assert str(mg.Graph((a * b) + 1)).splitlines() == [
        "<>              x                       1.0",
        "|   <>          x#2                     2.0",
        "o---o---[]      %1 = multiply(x, x#2)   2.0",
        "        o---[]  %2 = add(%1, 1.0)       3.0",
    ]


def test_names_that_are_made_up_are_nobody_elses():
    named = [mg.Data(1.0, name=name) for name in ("x", "x", "x#2", "x", "%2")]
    lines = str(mg.Graph(mg.sin(mg.exp(mg.stack(named))))).splitlines()
    found = [re.search(r"[x%]\S*", line)[0] for line in lines]
    assert found == ["x", "x#3", "x#2", "x#4", "%2", "%1", "%3", "%4"]


def test_listing_reuses_columns_once_it_has_six():
    y = mg.Data(1.0, name="x")
    for _ in range(20):
        y = mg.exp(y * 0.0)
    lines = str(mg.Graph(y)).splitlines()
    assert {line.index("%") for line in lines[1:]} == {24}
    assert all(line[:24].count("[]") == line[:24].count("o") == 1 for line in lines[1:])


def test_listing_of_a_wide_graph_is_not_drawn():
    lines = str(mg.Graph(mg.stack([mg.Data(float(i)) for i in range(9)]))).splitlines()
    assert lines[0].split() == ["%1", "0.0"]


def test_listing_asks_no_data_for_its_truth():
    w = mg.Data([1.0, 2.0], name="w")
    x = mg.sample(mg.Normal(mg.sum(w), 1.0), name="X", rng=0)
    assert "X ~ Normal" in str(mg.Graph(x * w))
    assert not x.node.branched


def test_listing_shows_indices_and_fixed_arguments():
    x = mg.Data(np.ones((3, 4)), name="x")
    text = str(mg.Graph(mg.sum(x[0, 1:], axis=0)))
    assert "%1 = x[0, 1:]" in text
    assert "sum(%1, axis=0)" in text
    assert "astype(x, dtype=float32)" in str(mg.Graph(mg.astype(x, np.float32)))


def test_listing_of_a_large_graph_is_short_and_counts():
    y = mg.Data(1.0, name="x")
    for _ in range(20_000):
        y = mg.exp(y * 0.0)
    lines = str(mg.Graph(y)).splitlines()
    assert len(lines) == 41
    assert lines[20] == "… 39,961 more …"


def test_listing_says_where_a_gradient_is_blocked_in_the_middle():
    y = mg.exp(mg.Data(0.5))
    for _ in range(30):
        y = mg.exp(y * 0.0)
    y = mg.sample(mg.Normal(y, 1.0), rng=0)
    for _ in range(30):
        y = mg.exp(y * 0.0)
    assert re.search(r"… [0-9]+ more … +gradient blocked at P\n", str(mg.Graph(y)))


def test_listing_stays_on_one_line_whatever_the_name():
    text = str(mg.Graph(mg.exp(mg.Data(1.0, name="a\nb\u202e\x00\ud800"))))
    assert text.splitlines()[0].startswith(r"<>      a\nb\u202e\x00\ud800")
    assert len(text.splitlines()) == 2
    text.encode()


def test_index_that_is_data_is_said_by_its_name():
    x, k = mg.Data(np.ones((3, 4)), name="x"), mg.Data(np.array([2, 0]), name="k")
    v = mg.Data(np.ones((2, 4)), name="v")
    assert "%1 = x[k, 1:]" in str(mg.Graph(x[k, 1:]))
    assert "%1 = index_update(x[k], v)" in str(mg.Graph(mg.index_update(x, k, v)))
    assert "Slot" not in mg.to_dot(mg.gradient(mg.sum(x[k]), x)) + mg.to_dot(x[k])


def test_a_law_made_of_laws_says_which_and_a_count_is_told():
    loc = mg.Data([0.0, 1.0], name="μ")
    apart = mg.Independent(mg.Laplace(loc, 1.0), 1)
    assert "X ~ Independent(base=Laplace(loc=μ, scale=1.0))" in str(
        mg.Graph(mg.sample(apart, name="X"))
    )
    votes = mg.Multinomial(7, [0.5, 0.5])
    assert repr(votes) == "Multinomial(total_count=7, probs=array([0.5, 0.5]))"
    x = mg.sample(votes, name="N")
    assert "N ~ Multinomial(total_count=7, probs=[0.5, 0.5])" in str(mg.Graph(x))
    assert "Multinomial(7, [0.5, 0.5])" in mg.to_dot(x)
    assert repr(mg.OneHotCategorical([0.5, 0.5])).startswith("OneHotCategorical(probs=")
