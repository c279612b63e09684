"""Bias and variance of estimators: exact, by sampling, by node, side by side."""

import functools
import importlib.util
import re

import numpy as np
import pytest
from cases import CASES, PATHWISE, SCORE, SCORED, case

import minigraph as mg
from minigraph.judging import variances

REWRITES = {SCORE: mg.reinforce, PATHWISE: mg.reparameterize}
KNOWN = [
    pytest.param(c, name, id=f"{c.name} | {name}")
    for c in CASES
    for name in REWRITES
    if any(v is not None for v in c.variances.get(name, ()))
]


def chain():
    """Return Y = X² + 3B with X ~ N(μB, σ²) and B ~ Bernoulli(p), and its parameters."""
    p, mu, sigma = (mg.Data(v, name=n) for v, n in ((0.3, "p"), (1.0, "μ"), (1.0, "σ")))
    b = mg.sample(mg.Bernoulli(p), name="B", rng=0)
    x = mg.sample(mg.Normal(mu * b, sigma), name="X", rng=0)
    y = x * x + 3.0 * b
    y.name = "Y"
    return y, [p, mu, sigma]


def mixed(y):
    """Return `y` with its coin scored and its number reparameterized."""
    return mg.unblock(y, {"B": "reinforce", "X": "reparameterize"})


# assess -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("c", "name"), KNOWN)
def test_bias_is_zero_and_variance_the_known_one(c, name):
    y, wrt = c.graph()
    found = mg.assess(REWRITES[name](y), wrt, of=y)
    assert found.exact
    for x, variance in zip(wrt, c.variances[name], strict=True):
        np.testing.assert_allclose(found.bias[x], 0.0, atol=1e-8)
        np.testing.assert_allclose(found.bias_stderr[x], 0.0)
        if variance is not None:
            np.testing.assert_allclose(found.variance[x], variance, rtol=1e-6)


@pytest.mark.parametrize("c", SCORED, ids=lambda c: c.name)
def test_truth_from_the_rewritten_graph_alone_is_the_gradient_of_the_expectation(c):
    y, wrt = c.graph()
    found = mg.assess(mg.reinforce(y), wrt, nodes=False)
    for x, gradient in zip(wrt, c.gradient, strict=True):
        np.testing.assert_allclose(found.truth[x], gradient, rtol=1e-9, atol=1e-9)


def test_looking_for_the_truth_leaves_the_inputs_as_they_were():
    y, wrt = chain()
    z = mg.reinforce(y)
    mg.assess(z, wrt)
    assert [x.value for x in wrt] == [0.3, 1.0, 1.0]
    mg.gradient(z, wrt[0])  # not stale


def test_shares_of_the_draws_are_what_the_law_of_total_variance_says():
    y, wrt = chain()
    found = mg.assess(mixed(y), wrt, of=y)
    # ∂Y/∂σ = 2(μB + σε)ε is 2 on average whatever B is; ∂Y/∂μ = 2(B + ε)B.
    assert found.nodes["B"]["σ"] == pytest.approx(0.0, abs=1e-12)
    assert found.nodes["B"]["μ"] == pytest.approx(4 * 0.3 * 0.7, rel=1e-9)
    assert found.nodes["X"]["μ"] == pytest.approx(4 * 0.3, rel=1e-9)


@pytest.mark.parametrize("rewrite", [mg.reinforce, mixed])
def test_shares_of_the_draws_add_up_to_the_variance(rewrite):
    y, wrt = chain()
    found = mg.assess(rewrite(y), wrt, of=y)
    for x in wrt:
        total = found.nodes["B"][x] + found.nodes["X"][x]
        assert total == pytest.approx(found.variance[x], rel=1e-9)


def test_shares_look_as_far_as_the_variance_does():
    p = mg.Data(0.5, name="p")
    y = 1.38 ** mg.sample(mg.Geometric(p), name="N", rng=0)
    found = mg.assess(mg.reinforce(y), p)
    assert found.nodes["N"][p] == pytest.approx(found.variance[p], rel=1e-9)


def test_shares_do_not_depend_on_the_order_of_rewrites():
    y, wrt = chain()
    ways = [
        mg.reinforce(mg.reparameterize(y, "X"), "B"),
        mg.reparameterize(mg.reinforce(y, "B"), "X"),
    ]
    one, other = [mg.assess(z, wrt, of=y) for z in ways]
    for name in ("B", "X"):
        for x in wrt:
            assert one.nodes[name][x] == pytest.approx(other.nodes[name][x], rel=1e-9, abs=1e-12)


def test_shares_of_what_cannot_happen_are_silent():
    """The score of an outcome that has no weight is infinite there."""
    logits = mg.Data([0.3, -0.2], name="W")
    x = mg.sample(mg.Categorical(logits=logits), name="X", rng=0)
    found = mg.assess(mg.sum_and_sample(mg.array([1.0, 3.0])[x], rng=0), logits)
    parts = sum(part["W"] for part in found.nodes.values())
    np.testing.assert_allclose(parts, found.variance["W"], atol=1e-12)


def test_shares_of_an_infinite_variance_are_silent():
    rate = mg.Data(2.0, name="rate")
    with np.errstate(divide="ignore"):
        y = 1.0 / mg.sample(mg.Poisson(rate), name="N", rng=1)
    table = mg.compare(y, methods=["reinforce", "measure_valued"], samples=2000)
    assert not any(np.isfinite(row.assessment.variance["rate"]) for row in table.rows)


def test_shares_of_a_variance_that_is_not_known_are_not_known():
    rate = mg.Data(1.0, name="rate")
    y = mg.exp(0.6 * mg.sample(mg.Exponential(rate), name="X", rng=0))
    found = mg.assess(mg.reinforce(y), of=y)
    assert found.exact
    assert np.isnan(found.variance["rate"])
    assert np.isnan(found.nodes["X"]["rate"])


def test_sampled_shares_agree_with_the_exact_ones():
    y, wrt = chain()
    n = 12  # too many outcomes to enumerate: the first draw's share by sampling
    many = mg.sample(mg.Normal(np.zeros(n), 1.0), name="rest", rng=0)
    z = mg.reinforce(y) + 0.0 * mg.sum(many)
    found, exact = mg.assess(z, wrt, of=y, rng=3), mg.assess(mg.reinforce(y), wrt)
    assert not found.exact
    for x in wrt:
        for name in ("B", "X"):
            error = found.nodes_stderr[name][x]
            assert abs(found.nodes[name][x] - exact.nodes[name][x]) < 4 * error + 1e-12
            assert error < 0.2 * exact.variance[x]


def test_monte_carlo_agrees_with_exact_within_its_stated_errors():
    y, wrt = chain()
    z = mg.reinforce(y)
    exact, sampled = mg.assess(z, wrt, of=y), mg.assess(z, wrt, of=y, limit=10, rng=1)
    assert exact.exact
    assert not sampled.exact
    assert "10" in sampled.how
    for x in wrt:
        for name in ("truth", "expected", "variance"):
            error = getattr(sampled, f"{name}_stderr")[x]
            assert 0 < error < 0.07 * exact.variance[x]
            assert abs(getattr(sampled, name)[x] - getattr(exact, name)[x]) < 4 * error


def test_bias_of_a_detached_path_is_its_size():
    theta = mg.Data(0.8, name="θ")
    x = mg.sample(mg.Normal(mg.stop_gradient(theta), 1.0), name="X", rng=1)
    found = mg.assess(theta * x**2, theta)
    assert found.truth["θ"] == pytest.approx(3 * 0.8**2 + 1, rel=1e-9)
    assert found.bias["θ"] == pytest.approx(-2 * 0.8**2, rel=1e-9)


def test_bias_of_rounding_is_shown_as_none_also_in_single_precision():
    logits = mg.Data(np.array([0.2, -0.5], np.float32), name="a")
    y = mg.sum((mg.sample(mg.Bernoulli(logits=logits), name="X", rng=0) - logits) ** 2)
    found = mg.assess(mg.reinforce(y), of=y)
    assert np.any(found.bias["a"] != 0.0)
    assert not np.any(found.shown_bias("a"))


def test_signal_to_noise_is_the_gradient_over_the_standard_deviation():
    y, wrt = case("gaussian square, d=1.0, σ=1.0").graph()
    found = mg.assess(mg.reinforce(y), wrt, of=y)
    assert found.signal_to_noise["μ"] == pytest.approx(2 / np.sqrt(30))


def test_a_bias_is_noise_too():
    p = mg.Data(0.3, name="p")
    y = 2.0 * mg.sample(mg.Bernoulli(p), name="X", rng=0)
    always_0 = mg.stop_gradient(y) + 0.0 * p
    assert mg.assess(always_0, p, of=y).signal_to_noise["p"] == 1.0
    assert mg.assess(mg.marginalize(y), p, of=y).signal_to_noise["p"] == np.inf


def test_a_bias_that_is_sampled_is_not_taken_for_noise():
    mu = mg.Data(np.full(4, 1.0), name="μ")
    x = mg.sample(mg.Normal(mu, 1.0), name="X", rng=0)
    y = mg.sum(mg.primitive(lambda x: x, name="black box")(x))
    found = mg.assess(mg.reparameterize(mg.sum(x)), mu, of=y, samples=2000, rng=0, limit=9)
    assert found.truth_stderr["μ"].max() > 0.01
    assert found.signal_to_noise["μ"] > 10


def test_assessment_reads_as_a_table():
    y, wrt = chain()
    lines = repr(mg.assess(mg.reinforce(y), wrt, of=y)).splitlines()
    assert lines[0] == "Assessment of Y (exact, 400 points)"
    assert lines[1].split("  ")[0] == "parameter"
    assert [line.split()[0] for line in lines[2:]] == ["p", "μ", "σ"]


def test_blocked_graph_is_refused():
    y, wrt = chain()
    with pytest.raises(mg.BlockedGradientError, match="call mg"):
        mg.assess(y, wrt)


def test_array_is_refused():
    with pytest.raises(mg.InputError, match="not a single number"):
        mg.assess(mg.Data(0.5, name="θ") * np.ones(2))


def test_truth_out_of_reach_asks_for_what_was_rewritten():
    y, wrt = chain()
    with pytest.raises(mg.InputError, match="of=y") as raised:
        mg.assess(mg.reinforce(y), wrt, limit=10)
    assert "use mg.expectation" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_truth_of_computed_data_asks_for_what_was_rewritten():
    logit = mg.Data(0.4, name="a") * 2.0
    y = (mg.sample(mg.Bernoulli(logits=logit), name="X", rng=0) - 3.0) ** 2
    with pytest.raises(mg.InputError, match=r"only an input can be moved; pass .* of=y"):
        mg.assess(mg.reinforce(y), logit)
    assert mg.assess(mg.reinforce(y), logit, of=y).bias[logit] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("judge", [mg.assess, mg.check_unbiased, mg.compare])
def test_graph_without_a_parameter_is_refused(judge):
    with pytest.raises(mg.InputError, match="no parameter in its graph"):
        judge(mg.Data(2.0, constant=True) * 3.0)


@pytest.mark.parametrize("judge", [mg.assess, mg.compare])
@pytest.mark.parametrize("option", [{"samples": 0}, {"points": 5}, {"limit": 0.5}])
def test_bad_options_are_refused_and_not_taken_for_a_grid_out_of_reach(judge, option):
    y, wrt = chain()
    (name,) = option
    with pytest.raises(mg.InputError, match=f"^{judge.__name__}: {name} must be a whole number"):
        judge(mixed(y), wrt, of=y, **option) if judge is mg.assess else judge(y, wrt, **option)


def test_parameter_without_elements_is_assessed():
    logits = mg.Data(np.zeros(0), name="a")
    y = mg.sum(mg.sample(mg.Bernoulli(logits=logits), name="X", rng=0) * 2.0) + mg.sum(logits)
    found = mg.assess(mg.reinforce(y), of=y)
    assert found.bias["a"].shape == found.nodes["X"]["a"].shape == (0,)


@pytest.mark.parametrize("rate", [1.0, 0.02, 0.0021, 1e-4])
def test_truth_is_a_difference_over_a_step_that_suits_the_parameter(rate):
    r = mg.Data(rate, name="rate")
    z = mg.reparameterize(mg.sample(mg.Exponential(r), name="X", rng=0) * 1.0)
    assert mg.assess(z, r).truth[r] == pytest.approx(-1.0 / rate**2, rel=1e-6)
    mg.check_unbiased(z, r)


@pytest.mark.parametrize("law", [
    lambda m: mg.Normal(1e4 * m, 1.0), lambda m: mg.Bernoulli(1e-3 * m),
    lambda m: mg.Bernoulli(1.0 - 1e-3 * m),
])  # fmt: skip
def test_right_estimators_of_large_parameters_and_at_edges_are_not_accused(law):
    m = mg.Data(1.0, name="m")
    mg.check_unbiased(mg.unblock(mg.sin(1.0 * mg.sample(law(m), name="X", rng=0))), m)


def test_truth_is_no_slope_of_a_rough_quadrature():
    d = mg.Data(0.3, name="d")
    x, y = (mg.sample(mg.Normal(d, 1.0), name=name, rng=0) for name in ("X", "Y"))
    z = mg.reinforce(mg.relu(x + y))
    for judge in (mg.assess, mg.check_unbiased):
        with pytest.raises(mg.InputError, match="pass what it was made from, of=y"):
            judge(z, d)


def test_truth_is_no_slope_of_a_quadrature_that_is_rough_beside_a_large_constant():
    d = mg.Data(0.3, name="d")
    x = mg.sample(mg.Normal(d, 1.0), name="X", rng=0)
    y = mg.relu(x - 0.1234) * mg.exp(0.3 * x)
    mg.check_unbiased(mg.reinforce(y), d)
    for judge in (mg.assess, mg.check_unbiased):
        with pytest.raises(mg.InputError, match=r"the average 1e\+06 is known to"):
            judge(mg.reinforce(y + 1e6), d)


def test_quadrature_that_a_jump_across_two_draws_disturbs_says_so():
    mu = mg.Data(0.3, name="μ")
    x, y = (mg.sample(mg.Normal(mu, 1.0), name=name, rng=0) for name in ("X", "Y"))
    jumps = mg.reinforce(mg.where(x * y > 0.123, x, 0.5))
    found = mg.assess(jumps, mu, of=jumps, rng=0, samples=20_000, points=100)
    assert not found.exact
    assert "relative error about" in found.how


def test_shares_of_a_variance_are_sampled_where_a_grid_does_not_follow_a_jump():
    mu = mg.Data(0.3, name="μ")
    x, y = (mg.sample(mg.Normal(mu, 1.0), name=name, rng=0) for name in ("X", "Y"))
    jumps = mg.reinforce(mg.where(x * y > 0.123, x, 0.5))
    found = mg.assess(jumps, mu, of=jumps, rng=0, samples=80_000)
    assert found.exact
    parts, errors = (sum(of[name][mu] for name in "XY") for of in (found.nodes, found.nodes_stderr))
    assert 0.01 < errors < 0.3
    assert abs(parts - found.variance[mu]) < 4.0 * errors  # false alarm 1e-4


@pytest.mark.parametrize("rewrite", [mg.reinforce, mg.disarm])
def test_rows_of_a_batch_do_not_add_to_the_noise_of_each_other(rewrite):
    def costs(rows):
        a = mg.Data(rows, name="a")
        x = mg.sample(mg.Bernoulli(logits=a), name="X", rng=0)
        return mg.sum((mg.sum(x, axis=1) + 0.5) ** 2) / 1.0, a

    rows = np.array([[0.3, -1.0], [1.2, 0.1]])
    (both, a), (alone, b) = costs(rows), costs(rows[:1])
    together = mg.assess(rewrite(both), a, of=both, nodes=False)
    apart = mg.assess(rewrite(alone), b, of=alone, nodes=False)
    np.testing.assert_allclose(together.bias[a], 0.0, atol=1e-9)
    np.testing.assert_allclose(together.variance[a][0], apart.variance[b][0], rtol=1e-9)


# compare ----------------------------------------------------------------------------------------
def test_one_point_and_one_sample_are_one():
    theta = mg.Data(1.0, name="θ")
    assert "(exact, 1 point)" in repr(mg.assess(theta * theta))
    assert "(exact, 1 point, to" in repr(mg.check_unbiased(theta * theta))
    y = mg.sample(mg.Normal(theta, 1.0), rng=0)
    assert "(1 sample: " in repr(mg.assess(mg.reinforce(y), of=y, limit=1, samples=1))


def test_default_is_every_estimator_of_the_table():
    y, wrt = case("gaussian cos(0.5x)").graph()
    table = mg.compare(y, wrt, rng=0, samples=2000, limit=50_000)
    known = re.search(r"known are (.*)", refusal_of_an_unknown_method(y))[1].split(", ")
    assert {row.method for row in table.rows} | set(table.refused) == set(known) - {"auto"}


def refusal_of_an_unknown_method(y):
    with pytest.raises(mg.MinigraphError) as caught:
        mg.unblock(y, "no such method")
    return str(caught.value)


def test_methods_are_names_functions_and_mappings():
    y, wrt = chain()
    mapping = {"B": "reinforce", "X": "reparameterize"}
    centred = functools.partial(mg.reinforce, baseline=3.0)
    table = mg.compare(y, wrt, ["reinforce", mapping, centred])
    names = {"reinforce", "B: reinforce, X: reparameterize", "reinforce, baseline=3.0"}
    assert {row.method for row in table.rows} == names
    assert all(abs(row.assessment.bias[x]) < 1e-8 for row in table.rows for x in wrt)


def test_methods_of_one_name_are_all_in_the_table():
    y, p = case("DiCE, θ=0.3").graph()
    table = mg.compare(y, p, [lambda y: mg.reinforce(y), lambda y: mg.marginalize(y)])
    assert [row.method for row in table.rows] == ["<lambda> (2)", "<lambda>"]


def test_labels_may_be_numbers():
    y, p = case("DiCE, θ=0.3").graph()
    table = mg.compare(y, p, {b: functools.partial(mg.reinforce, baseline=b) for b in (0.5, 1.0)})
    assert {line.split()[0] for line in repr(table).split("\n")[1:]} == {"0.5", "1.0"}


def test_estimator_of_infinite_variance_comes_last():
    rate = mg.Data(1.0, name="rate")
    y = mg.exp(0.6 * mg.sample(mg.Exponential(rate), name="X", rng=0))
    slope = lambda size: mg.stop_gradient(y) + size * (rate - mg.stop_gradient(rate))
    methods = {"far": lambda y: slope(9.0), "infinite": mg.reinforce, "near": lambda y: slope(-3.0)}
    table = mg.compare(y, rate, methods)
    assert [row.method for row in table.rows] == ["near", "far", "infinite"]


def test_comparison_has_the_variances_of_assess():
    y, (mu, _) = case("gaussian exp(-1.0x²)").graph()
    table = mg.compare(y, mu, {"SF": mg.reinforce, "PW": "reparameterize"})
    assert [row.method for row in table.rows] == ["SF", "PW"]  # the better one first
    assert table["SF"].assessment.variance[mu] == pytest.approx(0.17575, rel=1e-4)
    assert table["PW"].assessment.variance[mu] == pytest.approx(0.21172, rel=1e-4)


def test_estimator_that_changes_the_value_gets_a_remark():
    y, p = case("DiCE, θ=0.3").graph()
    table = mg.compare(y, p, {"moved": lambda y: mg.reinforce(y) + 1.0, "kept": mg.reinforce})
    assert f"moved: the estimator gave the value {y.value + 1.0} for {y.value}" in repr(table)
    assert table["kept"].remark == ""


def test_cost_is_measured_and_counted():
    y, wrt = case("gaussian square, d=1.0, σ=1.0").graph()
    table = mg.compare(y, wrt, ["reinforce", "reparameterize"])
    score, pathwise = table["reinforce"], table["reparameterize"]
    assert 0 < pathwise.seconds < 1e-4
    assert 0 < pathwise.operations < score.operations < 100
    expected = score.assessment.variance["μ"] * score.operations
    assert table.variance_times_cost("reinforce", "operations")["μ"] == pytest.approx(expected)
    with pytest.raises(mg.InputError, match='got cost=\'euros\'; pass "seconds" or "operations"'):
        table.variance_times_cost("reinforce", "euros")


def test_what_is_not_legal_stands_in_the_table_with_the_reason():
    y, wrt = chain()
    table = mg.compare(y, wrt, ["reinforce", "reparameterize"])
    assert list(table.refused) == ["reparameterize"]
    assert "Bernoulli has no transform" in repr(table)
    with pytest.raises(mg.UsageError, match="it was refused"):
        table.variance_times_cost("reparameterize")


@pytest.mark.parametrize("method", ["none such", 3, None])
def test_unknown_method_is_refused_not_listed(method):
    y, wrt = chain()
    text = rf"^compare: method {method!r} is not.*known are auto"
    with pytest.raises(mg.InputError, match=text):
        mg.compare(y, wrt, [method])


def test_draws_that_estimators_add_share_a_column_and_are_named_below():
    logits = mg.Data([0.3, -0.2, 0.1], name="W")
    a = mg.sample(mg.Categorical(logits=logits), name="A", rng=0)
    b = mg.sample(mg.Categorical(logits=logits * a), name="B", rng=0)
    table = mg.compare(a * (b - 0.5), logits, ["unordered_set", "sum_and_sample", "reinforce"])
    head, *lines = table.cells()
    assert head[-3:] == ["from A", "from B", "from added draws"]
    assert [line[-1] == "" for line in lines] == [line[0] == "reinforce" for line in lines]
    legend = "added draws: those that estimators make (A no. 2, B no. 2, other A, other B)"
    assert legend in repr(table)
    assert legend in table._repr_html_()
    for row in table.rows:
        found = row.assessment
        assert found.added == found.nodes.keys() - {"A", "B"}
        total = sum(part["W"] for part in found.nodes.values())
        np.testing.assert_allclose(total, found.variance["W"], rtol=1e-9)


@pytest.mark.parametrize("limit", [10**6, 3])
def test_a_draw_that_branches_make_again_is_one_source(limit, monkeypatch):
    p = mg.Data(0.3, name="p")
    a = mg.sample(mg.Bernoulli(logits=p), name="A", rng=0)
    b = mg.sample(mg.Bernoulli(logits=p * (a + 1.0)), name="B", rng=0)
    y = (b - 0.3 * a) ** 2
    z = mg.disarm(y, rng=0)
    assert [node.output.name for node in mg.Graph(z).stochastic].count("B") == 2
    monkeypatch.setattr(variances, "SMALL", limit)
    found = mg.assess(z, p, of=y, rng=0)
    assert list(found.nodes) == ["A", "B", "twin of B", "twin of A"]
    total, error = (
        sum(part["p"] for part in parts.values()) for parts in (found.nodes, found.nodes_stderr)
    )
    assert (error > 0) == (limit == 3)
    assert abs(total - found.variance["p"]) < 3 * error + 1e-12


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib")
def test_comparison_is_plotted_by_parameter_and_node(tmp_path):
    y, wrt = chain()
    biased = lambda y: mg.reinforce(y) + (wrt[1] - mg.stop_gradient(wrt[1]))
    table = mg.compare(y, wrt[:2], {"score": "reinforce", "mixed": mixed, "biased": biased})
    figure = table.plot(tmp_path / "compared.png")
    with pytest.raises(mg.InputError, match=r"^plot to .*No such file"):
        table.plot(tmp_path / "nowhere" / "compared.png")
    assert (tmp_path / "compared.png").stat().st_size
    assert [axes.get_title() for axes in figure.axes] == ["∂/∂p", "∂/∂μ"]
    labels = figure.axes[1].get_legend_handles_labels()[1]
    assert set(labels) == {"from B", "from X", "bias²"}
    legend = lambda figure: {text.get_text() for text in figure.legends[0].get_texts()}
    assert legend(figure) == set(labels)
    assert legend(mg.compare(y, wrt[:2], ["reinforce"]).plot()) == {"from B", "from X"}
    widths = sum(bar.get_width() for bars in figure.axes[0].containers for bar in bars)
    total = sum(row.assessment.variance["p"] for row in table.rows)
    assert widths == pytest.approx(total, rel=1e-6)


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib")
def test_a_plot_has_a_cross_for_a_bias_and_none_for_noise():
    y, wrt = chain()
    biased = lambda y: mg.reinforce(y) + (wrt[1] - mg.stop_gradient(wrt[1]))
    methods = {"score": "reinforce", "biased": biased}
    table = mg.compare(y, wrt[1], methods, limit=3, samples=4000, rng=0)
    assert all(row.assessment.bias["μ"] != 0.0 for row in table.rows)
    (crosses,) = table.plot().axes[0].lines
    assert list(crosses.get_ydata()) == [[row.method for row in table.rows[::-1]].index("biased")]


def test_table_in_a_notebook_escapes_names():
    y, wrt = chain()
    table = mg.compare(y, wrt, {"<b>": mg.reinforce})
    assert "&lt;b&gt;" in table._repr_html_()
    assert "<b>" not in table._repr_html_()
