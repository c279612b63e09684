"""The best legal way for each draw, and the reasons."""

import ast
from pathlib import Path

import numpy as np
import pytest
from cases import CASES

import minigraph as mg
from minigraph.estimators.smooth import Smooth
from minigraph.estimators.unblock import METHODS

UNBIASED = [name for name, method in METHODS.items() if not method.biased]


@pytest.mark.parametrize("c", CASES, ids=lambda c: c.name)
def test_auto_is_unbiased_on_every_closed_form(c):
    y, wrt = c.graph()
    z = mg.unblock(y, rng=1)
    assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()
    estimate = mg.exact(z, wrt)
    for x, g in zip(wrt, c.gradient, strict=True):
        np.testing.assert_allclose(estimate.grad[x], g, rtol=1e-9, atol=1e-9)


def kinds():
    """Return a sum of costs of draws of many kinds, and the names they should get."""
    p, t = mg.Data(0.3, name="p"), mg.Data(1.4, name="t")
    draws = {
        "coin": (mg.Bernoulli(p), "marginalize"),
        "normal": (mg.Normal(t, 1.0), "reparameterize"),
        "gamma": (mg.Gamma(t, 1.0), "implicit"),
        "count": (mg.Poisson(t), "measure_valued"),
        "long": (mg.NegativeBinomial(3.0, p), "measure_valued"),
        "many": (mg.Bernoulli(p * np.ones(20)), "leave_one_out"),
        "fixed": (mg.Normal(0.0, 1.0), None),
    }
    total = t * 0.0
    for i, (name, (law, _)) in enumerate(draws.items()):
        x = mg.sample(law, name=name, rng=i)
        total = total + mg.square(mg.sum(x * 1.0) - p)
    return total, {name: way for name, (_, way) in draws.items() if way}, [p, t]


def test_auto_takes_the_best_legal_way_for_each_kind_of_draw():
    y, expected, _ = kinds()
    z, why = mg.unblock(y, explain=True, rng=1)
    assert z.value == y.value
    assert {choice.draw: choice.method for choice in why} == expected


def test_explanation_says_why_and_why_not():
    y, _, _ = kinds()
    _, why = mg.unblock(y, explain=True, rng=1)
    said = {choice.draw: choice for choice in why}
    assert said["gamma"].reason == "Gamma is followed along its quantiles"
    assert "cannot be listed" in said["count"].not_legal["marginalize"]
    assert "no transform" in said["count"].not_legal["reparameterize"]
    assert "1,048,575 copies" in said["many"].not_legal["marginalize"]
    assert "no weak derivative in" in said["gamma"].not_legal["measure_valued"]
    assert "leave_one_out" not in said["coin"].not_legal


def test_implicit_is_a_method_of_its_own():
    t = mg.Data(1.4, name="t")
    y = mg.sample(mg.Gamma(t, 1.0), name="G", rng=0) ** 2
    for method in ("implicit", "reparameterize", {"G": "implicit"}):
        z, (why,) = mg.unblock(y, method, explain=True)
        assert why.method == "implicit" or method == "reparameterize"
        assert mg.exact(z, t).grad[t] == pytest.approx(2 * 1.4 + 1, rel=1e-6)
    assert mg.compare(y, t, ["implicit"])["implicit"].assessment.exact
    with pytest.raises(
        mg.BlockedGradientError, match="implicit: N ~ Normal is reparameterized direc"
    ):
        mg.unblock(mg.sample(mg.Normal(t, 1.0), name="N", rng=0) * 2.0, "implicit")
    with pytest.raises(mg.BlockedGradientError, match="P ~ Poisson has no transform"):
        mg.unblock(mg.sample(mg.Poisson(t), name="P", rng=0) * 2.0, "implicit")


def test_auto_never_takes_what_is_biased():
    y, _, _ = kinds()
    z = mg.unblock(y, rng=1)
    assert not [node for node in mg.Graph(z).nodes if "biased" in node.name]


def test_chain_of_coins_does_not_grow_out_of_bounds():
    p, x = mg.Data(0.3, name="p"), 1.0
    for i in range(12):
        x = mg.sample(mg.Bernoulli(0.2 + p * x), name=f"X{i}", rng=i)
    y = 1.0 * x
    z, why = mg.unblock(y, explain=True, rng=1)
    methods = [choice.method for choice in why]
    assert methods == ["marginalize"] * 5 + ["leave_one_out"] * 7
    assert len(mg.Graph(z).nodes) < 3000
    found, truth = mg.expectation(z, 20_000, wrt=p, rng=2), mg.exact(y, p).grad[p]
    assert abs(found.grad[p] - truth) < 5 * found.grad_stderr[p] < 0.5


def test_coins_in_costs_of_their_own_are_all_summed_over():
    p = mg.Data(0.3, name="p")
    y = sum((mg.sample(mg.Bernoulli(p), name=f"X{i}", rng=i) - 0.1 * i) ** 2 for i in range(12))
    z, why = mg.unblock(y, explain=True, rng=1)
    assert {choice.method for choice in why} == {"marginalize"}
    assert mg.exact(z, p).grad_variance[p] == pytest.approx(0.0, abs=1e-12)


def test_sample_that_python_looked_at_is_scored():
    p = mg.Data(0.3, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X", rng=0)
    _, (why,) = mg.unblock(x * 2.0 if x else x * 3.0, explain=True)
    assert why.method == "leave_one_out"
    assert "Python looked at this sample" in why.not_legal["marginalize"]


def test_biased_method_is_taken_when_it_is_asked_for_and_said_to_be_biased():
    y = mg.sample(mg.Bernoulli(mg.Data(0.3, name="p")), name="X", rng=0) ** 2
    _, (why,) = mg.unblock(y, "straight_through", explain=True)
    assert why.reason == "asked for, although it is biased"


def test_method_that_was_asked_for_and_is_not_legal_is_refused_by_name():
    y = mg.sample(mg.Poisson(mg.Data(2.0, name="rate")), name="N", rng=0) * 1.0
    with pytest.raises(mg.BlockedGradientError, match="'N' ~ Poisson is not made of coins"):
        mg.unblock(y, {"N": "disarm"})


def test_reasons_why_no_method_is_legal_are_whole_whatever_the_draw_is_called():
    x = mg.sample(mg.DiscreteUniform(0, mg.Data(4.0, name="h")), name="a; call b", rng=0)
    with pytest.raises(mg.BlockedGradientError) as raised:
        mg.unblock(x * 1.0)
    assert str(raised.value) == (
        "unblock: no legal method for a; call b: the outcomes of 'a; call b' ~ DiscreteUniform are "
        "others when high changes; a; call b ~ DiscreteUniform has no transform of noise that is "
        "differentiable in its parameters; 'a; call b' ~ DiscreteUniform has no weak derivative in "
        "high written down; the support of a; call b ~ DiscreteUniform moves with high, where a "
        "whole number has no slope; give mg.astype(…, int)"
    )


@pytest.mark.parametrize("name", METHODS)
def test_parameter_of_single_precision_does_not_round_the_value(name):
    p = mg.Data(np.float32(0.3), name="p")
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) - 0.1) ** 2 + 1e-9
    if METHODS[name].why_not(Smooth(y), mg.Graph(y)["X"]) is None:
        z = mg.unblock(y, name, rng=1)
        assert np.float64(z.value).tobytes() == np.float64(y.value).tobytes()
        assert mg.gradient(z, p).dtype == np.float32


@pytest.mark.parametrize("name", [n for n in UNBIASED if n not in ("implicit", "reparameterize")])
def test_no_estimator_knows_a_law_by_its_name(name):
    """A binomial law of one try is a coin, to every estimator of coins."""
    p = mg.Data(0.3, name="p")
    y = (mg.sample(mg.Binomial(1, p), name="X", rng=0) - 0.45) ** 2
    estimate = mg.exact(mg.unblock(y, name, rng=1), p)
    assert estimate.grad[p] == pytest.approx(1 - 2 * 0.45, rel=1e-9)


def test_laws_in_the_source_of_estimators_are_only_made_never_asked_for():
    laws = {name for name in dir(mg) if isinstance(getattr(mg, name), type)
            and issubclass(getattr(mg, name), mg.Distribution)}  # fmt: skip
    for path in Path(mg.__file__).parent.joinpath("estimators").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            asks = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance"
            named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if asks else set()
            texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)
                     } if isinstance(node, ast.Compare) else set()  # fmt: skip
            assert not (named | texts) & laws, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("spelling", ["leave-one-out", "leave_one_out"])
def test_leave_one_out_is_spelled_in_either_way(spelling):
    p = mg.Data(0.3, name="p")
    y = (mg.sample(mg.Bernoulli(p), name="X", rng=0) - 0.45) ** 2
    known = mg.expectation(mg.unblock(y, "leave_one_out"), 100, wrt=p, rng=0).grad[p]
    for z in (
        mg.unblock(y, spelling),
        mg.unblock(y, {"X": spelling}),
        mg.reinforce(y, baseline=spelling),
        mg.reinforce(y, baseline={"X": spelling}),
    ):
        assert mg.expectation(z, 100, wrt=p, rng=0).grad[p] == known
    assert mg.compare(y, p, [spelling]).rows[0].method == spelling


def test_a_draw_that_two_keys_of_a_mapping_mean_is_refused():
    p = mg.Data(0.3, name="p")
    x = mg.sample(mg.Bernoulli(p), name="X", rng=0)
    y = x * mg.sample(mg.Bernoulli(p), name="Z", rng=1)
    for keys in ((x, "X"), ("X", x.node), (("X", "Z"), x)):
        with pytest.raises(mg.InputError, match="unblock: two keys mean the draw 'X'; give it one"):
            mg.unblock(y, dict(zip(keys, ("reinforce", "disarm"), strict=True)))
        with pytest.raises(mg.InputError, match="reinforce: two keys mean the draw 'X'"):
            mg.reinforce(y, baseline=dict(zip(keys, (1.0, 2.0), strict=True)))
    assert mg.reinforce(y, baseline={("X", x): 1.0, "Z": 2.0}).value == y.value


def test_an_unknown_method_is_refused_also_where_nothing_blocks():
    with pytest.raises(mg.InputError, match="method 'best' is not known; known are auto, marg"):
        mg.unblock(mg.Data(1.0) * 2.0, "best")


def test_a_number_of_copies_that_python_would_not_print_is_a_power_of_ten():
    p = mg.Data(np.full(20_000, 0.5), name="p")
    y = mg.sum(mg.sample(mg.Bernoulli(p), name="X", rng=0)) ** 2
    _, (choice,) = mg.unblock(y, explain=True)
    assert choice.not_legal["marginalize"].startswith("it would take about 10^6021 copies")
    with pytest.raises(mg.InputError, match=r"has about 10\^6021 outcomes"):
        mg.marginalize(y)
