"""The page about estimators: its code runs, and says the truth."""

import re
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg

PAGE = Path(__file__).parent.parent / "docs" / "estimators.md"


def scope_of_page():
    """Return the names after the code of the page, and every `z` it made of the coin."""
    scope, made = {}, []
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        before = scope.get("z")
        exec(block, scope)
        if scope.get("z") is not before and "vimco" not in block:
            made.append(scope["z"])
    return scope, made


def test_every_rewrite_of_the_coin_has_the_expected_gradient_of_the_page():
    scope, made = scope_of_page()
    assert len(made) >= 6
    for z in [*made, scope["older"], scope["w"]]:
        assert z.value == scope["y"].value
        found = mg.exact(z, scope["p"], points=100).grad["p"]
        assert found == pytest.approx(scope["truth"], abs=1e-9)


def test_other_rewrites_of_the_page_are_what_it_says():
    scope, _ = scope_of_page()
    truth = mg.exact(scope["cost"], scope["logits"]).grad["logits"]
    for name in ("summed", "compared", "better"):
        np.testing.assert_allclose(mg.exact(scope[name], scope["logits"]).grad["logits"], truth)
    bound = mg.exact(scope["bound"], scope["q"]).grad["q"]
    assert mg.exact(mg.vimco(scope["bound"]), scope["q"]).grad["q"] == pytest.approx(bound)
    for name in ("soft", "hard", "plain"):
        assert "(biased)" in repr(mg.Graph(scope[name]).nodes)
    assert scope["choices"][0].method == "marginalize"
    assert mg.exact(scope["along"], scope["shape"]).grad["α"] == pytest.approx(5.0, rel=1e-6)


def test_page_names_every_method_of_the_table():
    from minigraph.estimators.unblock import METHODS

    text = PAGE.read_text(encoding="utf-8")
    assert not [name for name in METHODS if name not in text and name != "leave_one_out"]


def test_every_section_on_a_way_round_a_draw_has_a_formula_code_a_picture_and_a_source():
    _, *sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    for section in [s for s in sections if not s.startswith("The best of them")]:
        for part in ("\n    ∂", "\n    ∇", "\n    X ="):
            if part in section:
                break
        else:
            raise AssertionError(f"no formula: {section[:40]}")
        for part in ("```python", "](img/", "Source"):
            assert part in section, section[:40]
