"""Every example runs as its reader would run it, and asserts its own result."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
LOGISTIC = "07_bayesian_logistic_regression"
TRAINING = {
    "08_policy_gradient": ("policy_gradient", ["--steps", "20", "--seeds", "1"]),
    "09_gaussian_vae": ("gaussian_vae", ["--steps", "12"]),
    "10_discrete_vae": ("discrete_vae", ["--steps", "12"]),
}
SHORT = sorted({path.stem for path in EXAMPLES.glob("*.py")} - {LOGISTIC, *TRAINING})
PICTURES = {"01_chain_rule": ["chain_rule", "chain_rule_gradient"], "06_variance": ["variance"]}
needs_sklearn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn"
)


def command(name, *options):
    return [sys.executable, "-u", "-W", "error::DeprecationWarning:__main__",
            str(EXAMPLES / f"{name}.py"), *options]  # fmt: skip


def environment():
    return {**os.environ, "MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}


def run(name, *options):
    """Return what an example prints; fail if it fails."""
    done = subprocess.run(
        command(name, *options),
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_learned(text):
    """Check what the logistic regression says of its last step."""
    elbo, accuracy = re.findall(r"step +400: ELBO +(\S+) .* accuracy (\S+)", text)[0]
    assert -80 < float(elbo) < -66
    assert float(accuracy) > 0.96


@pytest.mark.parametrize("name", SHORT)
def test_example_runs_and_finds_what_it_says(name, tmp_path):
    options = ["--out", str(tmp_path)] if name in PICTURES else []
    assert run(name, *options).strip()
    plots = importlib.util.find_spec("matplotlib") or name.startswith("01")
    for picture in PICTURES.get(name, []) if plots else []:
        assert any(path.stat().st_size for path in tmp_path.glob(f"{picture}.*"))


def test_examples_are_all_listed():
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f"[{path.name}]({path.name})" in listed


@needs_sklearn
@pytest.mark.parametrize("name", TRAINING)
def test_training_starts_to_improve(name, tmp_path):
    picture, options = TRAINING[name]
    text = run(name, *options, "--out", str(tmp_path))
    if importlib.util.find_spec("matplotlib"):
        assert (tmp_path / f"{picture}.png").stat().st_size
    elbos = [float(x) for x in re.findall(r"ELBO +(\S+)", text)]
    starts_and_ends = re.findall(r"expected return (\S+) → (\S+) of", text)
    assert elbos or starts_and_ends
    assert not elbos or elbos[-1] > elbos[0] + 5
    assert all(float(end) > float(start) + 0.05 for start, end in starts_and_ends)


def test_training_with_a_seed_repeats_itself(tmp_path):
    options = ["--steps", "10", "--seeds", "2", "--out", str(tmp_path)]
    assert run("08_policy_gradient", *options) == run("08_policy_gradient", *options)


def test_policy_gradient_says_what_its_last_step_reached(tmp_path):
    text = run("08_policy_gradient", "--steps", "9", "--seeds", "1", "--out", str(tmp_path))
    starts_and_ends = re.findall(r"expected return (\S+) → (\S+) of", text)
    assert all(float(end) > float(start) + 0.05 for start, end in starts_and_ends)


def test_policy_gradient_gets_within_a_tenth_of_the_optimum(tmp_path):
    text = run("08_policy_gradient", "--seeds", "1", "--out", str(tmp_path))
    variances = [float(v) for v in re.findall(r"variance (\S+),", text)]
    assert variances == sorted(variances, reverse=True)
    best = float(re.findall(r"of (\S+)\n", text)[0])
    assert all(float(end) > 0.9 * best for end in re.findall(r"→ (\S+) of", text))


@needs_sklearn
def test_logistic_regression_learns(tmp_path):
    check_learned(run(LOGISTIC, "--steps", "400", "--out", str(tmp_path)))
    if importlib.util.find_spec("matplotlib"):
        assert (tmp_path / "logistic_regression.png").stat().st_size


@needs_sklearn
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_training_goes_on_to_the_same_numbers(tmp_path):
    options = ["--steps", "400", "--estimator", "reinforce", "--out", str(tmp_path)]
    whole = run(LOGISTIC, *options)
    check_learned(whole)
    with subprocess.Popen(
        command(LOGISTIC, *options), stdout=subprocess.PIPE, encoding="utf-8",
        env=environment(),
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert first == whole.splitlines(keepends=True)[0]
    assert "go on with --resume" in rest
    assert [path.name for path in tmp_path.glob("*.npz")] == ["checkpoint.npz"]
    resumed = run(LOGISTIC, *options, "--resume")
    last = [line for line in whole.splitlines() if line.startswith("step   400")]
    assert last == [line for line in resumed.splitlines() if line.startswith("step   400")]
