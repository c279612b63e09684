"""Runs on disk: they go on to the same bits, and are refused to others."""

import functools
import importlib
import os
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import minigraph as mg
from minigraph.replay.identity import Fingerprints


def problem(mu=0.5, power=2):
    theta = mg.Data(mu, name="μ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X")
    return mg.reinforce(mg.sum((x - 3.0) ** power * np.ones(2) + mg.cos(x))), theta


def numbers(e):
    parts = [e.value, e.stderr, e.samples, *e.grad.values(), *e.grad_stderr.values()]
    return np.array(parts, float).tobytes()


def stop_at(samples):
    def stop(estimate):
        if estimate.samples >= samples:
            raise KeyboardInterrupt

    return stop


def run(path, samples=5_050, mu=0.5, power=2, **options):
    y, theta = problem(mu, power)
    options = {"rng": 1, "block_size": 100, **options}
    return mg.expectation(y, samples, wrt=theta, checkpoint=path, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_run_goes_on_to_the_same_bits(path, workers):
    part = run(path, callback=stop_at(1200))
    assert (part.interrupted, part.samples) == (True, 1200)
    seen = []
    whole = run(path, workers=workers, callback=seen.append)
    assert seen[0].samples == 1300
    assert numbers(whole) == numbers(run(None))


def test_finished_run_is_at_hand_and_can_be_made_longer(path):
    run(path)
    seen = []
    assert numbers(run(path, callback=seen.append)) == numbers(run(None))
    assert len(seen) == 1  # the last block is shorter than it would be in a longer run
    assert numbers(run(path, samples=9_000)) == numbers(run(None, samples=9_000))


def test_failed_run_keeps_its_blocks(path):
    def fail(estimate):
        if estimate.samples >= 700:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(path, callback=fail)
    seen = []
    run(path, callback=seen.append)
    assert seen[0].samples == 800


def test_killed_process_leaves_a_whole_file(path):
    code = (
        "import minigraph as mg, os\n"
        "t = mg.Data(0.5, name='t')\n"
        "y = mg.reparameterize(mg.sample(mg.Normal(t, 1.0), name='X') ** 2)\n"
        f"mg.expectation(y, 10**7, wrt=t, rng=3, block_size=1000, checkpoint={str(path)!r},\n"
        "    callback=lambda e: os._exit(9) if e.samples > 50_000 else None)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 9
    t = mg.Data(0.5, name="t")
    y = mg.reparameterize(mg.sample(mg.Normal(t, 1.0), name="X") ** 2)
    seen = []
    whole = mg.expectation(
        y, 100_000, wrt=t, rng=3, block_size=1000, checkpoint=path, callback=seen.append
    )
    assert seen[0].samples > 1000
    assert numbers(whole) == numbers(mg.expectation(y, 100_000, wrt=t, rng=3, block_size=1000))
    assert os.listdir(path.parent) == [path.name]


def test_file_holds_numbers_and_text_only(path):
    run(path)
    with np.load(path, allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= set("fiU")


def test_seed_is_in_the_file(path):
    y, theta = problem()
    options = {"wrt": theta, "block_size": 100}
    mg.expectation(y, 1000, checkpoint=path, callback=stop_at(500), **options)
    whole = mg.expectation(y, 1000, checkpoint=path, **options)
    assert whole.samples == 1000
    again = mg.expectation(y, 1000, checkpoint=path, **options)
    assert numbers(whole) == numbers(again)


OTHERS = [
    ({"rng": 2}, "another seed"),
    ({"rng": np.random.SeedSequence(1, spawn_key=(0,))}, "another seed"),
    ({"block_size": 50}, "another block_size"),
    ({"rng": np.random.SeedSequence(1 << 150)}, r'here {"entropy": 142724769270…'),
    ({"mu": 0.6}, "another graph, function or value of an input"),
    ({"power": 3}, "another graph"),
    ({"samples": 300}, "5000 samples already, more than samples=300"),
]


@pytest.mark.parametrize(("options", "text"), OTHERS)
def test_file_of_another_run_is_refused(path, options, text):
    run(path)
    with pytest.raises(mg.InputError, match=text):
        run(path, **options)


def test_file_of_a_run_on_other_noise_is_refused(path):
    z = mg.sample(mg.Normal(0.5, 1.0), name="Z")
    options = {"rng": 1, "block_size": 100, "checkpoint": path}
    mg.expectation(z, 5000, **options)
    with pytest.raises(mg.InputError, match="another graph"):
        mg.expectation(z, 5000, noise="antithetic", **options)


Q = np.array([0.2, 0.8])
FACTOR = [2.0]  # which functions of this module look up


class Shifted(mg.Distribution):
    def __init__(self, k):
        self.k = k
        super().__init__(loc=0.0)

    def generate(self, rng, shape):
        return rng.normal(self.loc + self.k, size=shape)


class Model:
    def __init__(self, k):
        self.k = k

    def __call__(self, rng):
        return mg.Data(self.k * rng.random())


def drawn(law):
    return mg.sum(mg.sample(law, rng=0) * np.arange(1.0, 3.0))


def simulated(k):
    return mg.primitive(lambda x: k * x, name="simulator")(drawn(mg.Normal(0.0, 1.0)))


def waited(law):
    return drawn(mg.TransformedDistribution(mg.Exponential(3.0), law))


def scaled(k):
    return lambda rng: mg.exp(k * rng.random())


def looked_up(k):
    FACTOR[0] = k
    return lambda rng: mg.Data(FACTOR[0] * rng.random())


@pytest.mark.parametrize("work", [
    lambda k: drawn([mg.Bernoulli(probs=0.3), mg.Bernoulli(logits=0.3)][k]),
    lambda k: drawn(mg.Multinomial(10 + k, Q)),
    lambda k: waited([mg.ExpTransform(), mg.SoftplusTransform()][k]),
    lambda k: drawn(Shifted(k)),
    simulated, scaled, looked_up, Model,
    lambda k: Model(k).__call__,
    lambda k: [lambda rng: mg.Data(rng.random() * 2.0), lambda rng: mg.Data(rng.random() * 9.0)][k],
    lambda k: [lambda rng: mg.exp(rng.random()), lambda rng: mg.sin(rng.random())][k],
    lambda k: functools.partial(lambda k, rng: mg.Data(k * rng.random()), k),
    lambda k: scaled(mg.Data(k + 0.5, name="θ")),
    lambda k: mg.function(scaled(k)),
], ids=["parameters", "count", "transform", "own law", "primitive", "closed over", "module",
        "object", "method", "constant", "name", "partial", "data", "box"])  # fmt: skip
def test_file_of_other_work_is_refused(path, work):
    options = {"rng": 0, "block_size": 5, "checkpoint": path}
    found = mg.expectation(work(0), 10, **options)
    assert numbers(mg.expectation(work(0), 10, **options)) == numbers(found)
    with pytest.raises(mg.InputError, match="another graph"):
        mg.expectation(work(1), 10, **options)


class Constant(mg.Distribution):
    shift = 0.0

    def __init__(self):
        super().__init__(loc=0.0)

    def generate(self, rng, shape):
        return self.loc + self.shift + np.zeros(shape)


class Scaled:
    shift = 0.0

    def __call__(self):
        return mg.Data(self.shift)


class Inherited(Scaled):
    @functools.cached_property
    def kept(self):
        return self.shift


@pytest.fixture
def helpers(tmp_path, monkeypatch):
    (tmp_path / "helpers_of_a_model.py").write_text(
        "import minigraph as mg\nshift = 0.0\ndef cost():\n    return mg.Data(shift)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("helpers_of_a_model")
    del sys.modules["helpers_of_a_model"]


@pytest.mark.parametrize("work", [
    lambda helpers: (mg.sample(Constant()), Constant),
    lambda helpers: (lambda: mg.sample(Constant()), Constant),
    lambda helpers: (Scaled(), Scaled),
    lambda helpers: (Inherited(), Scaled),
    lambda helpers: (lambda: mg.Data(Inherited.shift), Scaled),
    lambda helpers: (helpers.cost, helpers),
    lambda helpers: (functools.partial(lambda f: f(), helpers.cost), helpers),
], ids=["law", "law inside", "object", "parent", "class", "helper", "helper inside"])  # fmt: skip
def test_constants_of_classes_and_helpers_count(path, helpers, monkeypatch, work):
    y, holder = work(helpers)
    options = {"rng": 0, "block_size": 5, "checkpoint": path}
    assert mg.expectation(y, 10, **options).value == 0.0
    assert mg.expectation(y, 10, **options).value == 0.0
    monkeypatch.setattr(holder, "shift", 5.0)
    with pytest.raises(mg.InputError, match="another graph"):
        mg.expectation(y, 10, **options)


@pytest.mark.parametrize("text", ["helpers.cost()", "mg.Data(helpers.shift)"])
def test_names_in_modules_count(helpers, text):
    f = eval(f"lambda: {text}", {"helpers": helpers, "mg": mg, "__name__": "of a user"})
    before = Fingerprints().of(f)
    assert Fingerprints().of(f) == before
    helpers.shift = 5.0
    assert Fingerprints().of(f) != before


def test_installed_modules_are_not_looked_into(monkeypatch):
    before = Fingerprints().of(lambda: np.linalg.norm(pytest.approx(1.0)))
    monkeypatch.setattr(pytest, "approx", None)
    assert Fingerprints().of(lambda: np.linalg.norm(pytest.approx(1.0))) == before


def weighed(*data):
    return lambda: mg.sample(mg.Normal(0.0, 1.0)) ** 2 * sum(i * x for i, x in enumerate(data, 2))


@pytest.mark.parametrize("other", [
    lambda a, b, s: (weighed(a, b), [b]),
    lambda a, b, s: (weighed(a, a), [a]),
    lambda a, b, s: (weighed(a, 1.0 + 2.0 * s), [a]),
    lambda a, b, s: (weighed(a, mg.exp(s)), [a]),
    lambda a, b, s: (weighed(a, mg.stop_gradient(mg.exp(s))), [a]),
], ids=["key", "twice", "line", "exp", "stop"])  # fmt: skip
def test_file_of_a_gradient_with_respect_to_other_data_is_refused(path, other):
    a, b, s = mg.Data(1.0), mg.Data(1.0), mg.Data(0.0)  # whatever takes the place of b is 1, too
    options = {"rng": 0, "block_size": 5, "checkpoint": path}
    found = mg.expectation(weighed(a, b), 10, wrt=[a], **options)
    assert numbers(mg.expectation(weighed(a, b), 10, wrt=[a], **options)) == numbers(found)
    f, keys = other(a, b, s)
    with pytest.raises(mg.InputError, match="another graph"):
        mg.expectation(f, 10, wrt=keys, **options)


def test_fingerprint_of_computed_data_is_that_of_its_graph():
    def computed(op, t):
        for _ in range(3_000):  # deeper than Python recurses
            t = op(t)
        return Fingerprints().of([t, t.value])

    t = mg.Data(0.0)
    found = {op: computed(op, t) for op in (mg.sin, mg.sinh, lambda x: x * 1.0)}
    assert len(set(found.values())) == 3
    assert computed(mg.sin, mg.Data(0.0, name="t")) == found[mg.sin]


def test_function_that_cannot_be_told_from_others_has_no_checkpoint(path):
    numbers = (x for x in range(100))
    with pytest.raises(mg.InputError, match=r"the run uses a generator, .* leave checkpoint away"):
        mg.expectation(lambda: mg.Data(next(numbers)), 10, rng=0, checkpoint=path)


@pytest.mark.parametrize("noise", ["independent", "stratified"])
@pytest.mark.parametrize("samples", [50, 3000])  # of which the first is shorter than a block
def test_run_is_made_longer_in_its_own_blocks(path, noise, samples):
    short = {"rng": None, "noise": noise, "samples": samples, "block_size": None}
    run(path, **{**short, "block_size": 64})
    assert path.exists()
    longer = run(path, **{**short, "samples": 5050})
    assert numbers(run(path, **{**short, "samples": 5050})) == numbers(longer)


@pytest.mark.parametrize("content", [b"", b"not a run", b"PK\x03\x04broken"])
def test_file_that_is_no_run_is_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(mg.InputError, match="not the file of a run"):
        run(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("at", "byte"), [(6, 99), (8, 1), (10, 99)])
def test_file_of_a_version_cipher_or_compression_that_nobody_knows_is_refused(path, at, byte):
    run(path)
    content = bytearray(path.read_bytes())
    for entry in re.finditer(b"PK\x01\x02", bytes(content)):  # of the directory
        content[entry.start() + at] = byte
    path.write_bytes(content)
    with pytest.raises(mg.InputError, match=f"{path.name}.*not the file of a run"):
        run(path)


def test_file_that_does_not_unpack_is_refused(path):
    np.savez_compressed(path, format=np.zeros(100))
    content = bytearray(path.read_bytes())
    content[60:70] = b"\xff" * 10
    path.write_bytes(content)
    with pytest.raises(mg.InputError, match=f"{path.name}.*not the file of a run"):
        run(path)


@pytest.mark.parametrize("change", [{"seed": "junk"}, {"seed": "3"}, {"mean_0": None}])
def test_file_of_other_arrays_is_refused(path, change):
    run(path)
    with np.load(path) as file:
        arrays = {name: x for name, x in ({**file} | change).items() if x is not None}
    np.savez(path, **arrays)
    with pytest.raises(mg.InputError, match="not the file of a run"):
        run(path)
    assert zipfile.is_zipfile(path)


def test_file_of_one_array_is_refused(path):
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(mg.InputError, match="not the file of a run"):
        run(path)


def test_pickle_is_never_read(path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(path) + ".gone",)

    np.savez(path, format=np.array([Bomb()], dtype=object))
    with pytest.raises(mg.InputError, match="not the file of a run"):
        run(path)
    assert not os.path.exists(str(path) + ".gone")


def test_disk_that_is_full_keeps_no_half_a_file(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(mg.InputError, match=r"it cannot be written .*large"):
            mg.expectation(mg.sample(mg.Normal(0.0, 1.0)), 100, checkpoint=tmp_path / "run.npz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(mg.InputError, match=r"cannot be written.*give a path in a folder"):
        run(tmp_path / "nowhere" / "run.npz", samples=200)


def test_renaming_is_no_other_run(path):
    run(path, callback=stop_at(500))
    y, theta = problem()
    theta.name = "another name"
    found = mg.expectation(y, 5_050, wrt=theta, rng=1, block_size=100, checkpoint=path)
    assert numbers(found) == numbers(run(None))


def test_fingerprints_tell_shapes_and_order():
    parts = [(1, 2), ((1,), 2), np.zeros(2), np.zeros((2, 1)), [np.zeros(1), np.zeros(1)], 1, 1.0]
    assert len({Fingerprints().of([part]) for part in parts}) == len(parts)


def test_a_run_that_goes_on_gives_floats_as_one_in_one_go(path):
    run(path, callback=stop_at(500))
    for found in (run(path), run(path), run(None)):  # the second one finds all blocks there
        assert {type(x) for x in (found.value, found.stderr, found.variance)} == {float}
