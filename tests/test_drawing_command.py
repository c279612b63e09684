"""The command line: python -m minigraph draw FILE.py:NAME -o PATH."""

from __future__ import annotations

import argparse

import pytest

import minigraph as mg
from minigraph.__main__ import main
from minigraph.drawing import command
from minigraph.drawing.picture import Options

CODE = """
import minigraph as mg
import neighbour
theta = mg.Data(0.5, name="θ")
graph = mg.Graph(mg.exp(theta) * neighbour.TWO)

def build():
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
    return x ** 2

def change():
    return mg.compare_pictures(build(), mg.reinforce(build()))

def of(x):
    return x

if __name__ == "__main__":
    raise SystemExit("ran as a program")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "neighbour.py").write_text("TWO = 2.0", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.modules", dict(__import__("sys").modules))
    return tmp_path


@pytest.mark.parametrize("name", ["theta", "graph", "build", "change"])
def test_data_graph_or_function_is_drawn(folder, capsys, name):
    assert main(["draw", f"model.py:{name}", "-o", "a.mmd"]) == 0
    assert capsys.readouterr().out == "a.mmd\n"
    assert (folder / "a.mmd").read_text("utf-8").startswith("graph TB\n")


def test_options_reach_the_picture(folder):
    options = ["--values", "--no-gradients", "--direction", "LR"]
    assert main(["draw", "model.py:theta", "-o", "a.dot", *options]) == 0
    theta = mg.Data(0.5, name="θ")
    assert (folder / "a.dot").read_text("utf-8") == mg.to_dot(
        theta, values=True, gradients=False, direction="LR"
    )


def test_every_option_but_the_styles_has_a_flag():
    known = vars(command.parsed(argparse.ArgumentParser(), ["model.py:y"]))
    assert known.keys() - {"target", "out"} == Options.__annotations__.keys() - {"styles"}


def test_plates_take_a_count_or_stand_alone(folder):
    for flags, plates in ((["--plates"], True), (["--plates", "n"], "n")):
        assert main(["draw", "model.py:build", "-o", "a.dot", *flags]) == 0
        assert (folder / "a.dot").read_text("utf-8").count("× n samples") == (plates == "n")


def test_gradients_towards_one_input_only(folder):
    assert main(["draw", "model.py:build", "-o", "a.mmd", "--wrt", "X"]) == 0
    assert "blocked" not in (folder / "a.mmd").read_text("utf-8")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "model.py:nothing",
            "model.py has no 'nothing'; what it has to be drawn is: theta, graph, build, change",
        ),
        ("nowhere.py:y", "there is no file 'nowhere.py'; write FILE.py:NAME"),
        ("model.py", "which name in it is missing; write model.py:NAME"),
        ("", "there is no file ''; write FILE.py:NAME"),
        ("model.py:of", "missing a required argument: 'x'; name a function that needs no argument"),
        ("model.py:mg", "mg: got module; name a Data, a Graph, or a function"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(folder, capsys, target, message):
    assert main(["draw", target, "-o", "a.mmd"]) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "a.mmd").exists()


def test_draw_without_a_target_says_how_to_ask_for_help(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["draw"])
    assert caught.value.code == 2
    assert "see python -m minigraph draw --help" in capsys.readouterr().err
