"""The first hour: what a newcomer writes by mistake, and the words that lead to the right call.

Each entry is a mistake, the error it must raise, and what the message must say: what failed, on
which named thing, what arrived, what to do.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigraph as mg


class World:
    """What the mistakes are made on: named data, the seed's question, two more draws."""

    def __init__(self):
        self.a = mg.Data(2.0, name="a")
        self.v = mg.Data(np.array([1.0, 2.0, 3.0]), name="v")
        self.w = mg.Data(np.ones((3, 4)), name="w")
        self.i = mg.Data(np.array([1, 2]), name="i")
        self.theta = mg.Data(0.5, name="θ")
        self.x = mg.sample(mg.Normal(self.theta, 1.0), name="X", rng=0)
        self.y = (self.x - 3) ** 2
        self.y.name = "Y"
        self.b = mg.sample(mg.Bernoulli(mg.Data(0.3, name="p")), name="B", rng=0)
        self.u = mg.sample(mg.Uniform(0.0, mg.Data(2.0, name="high")), name="U", rng=0)

    def assign(self, data, value):
        data.value = value

    def put(self, data, index, value):
        data[index] = value


def add_in_place(array, x):
    array += x


def stale(s):
    y = s.a * s.a
    s.a.value = 3.0
    y.backward()


def branch(s):
    y = s.x * 2 if s.x > 0 else s.x
    mg.expectation(y, 10)


def two_of_a_name(s):
    other = mg.sample(mg.Normal(s.theta, 1.0), name="X", rng=1)
    mg.reparameterize(s.x * other, "X")


def black_box(s):
    return mg.primitive(np.round, name="simulator")(s.a)


def forty_coins():
    return sum((mg.sample(mg.Bernoulli(0.5)) for _ in range(40)), 0.0)


MISTAKES = {
    # making data
    "minus one zero": (lambda s: mg.zeros(-1), ValueError, ["zeros", "negative"]),
    "two and a half rows": (lambda s: mg.eye(2.5), TypeError, ["eye", "float", "integer"]),
    "steps of zero": (lambda s: mg.arange(0, 1, 0), ValueError, ["arange", "zero"]),
    "text": (lambda s: mg.Data("3.0"), TypeError, ["Data", "str", "float("]),
    "nothing": (lambda s: s.v + None, TypeError, ["NoneType", "return"]),
    "ragged": (lambda s: mg.Data([1, [2, 3]]), ValueError, ["Data", "rectangular"]),
    "complex": (lambda s: mg.Data(1j), TypeError, ["Data", "complex", "real"]),
    "data of data": (lambda s: mg.Data([s.a, s.a]), TypeError, ["mg.array", "x.value"]),
    "a number as name": (lambda s: mg.Data(1.0, name=3), TypeError, ["name", "int", "string"]),
    "a table": (lambda s: mg.Data({"a": 1}), TypeError, ["Data", "dict"]),
    "requires_grad=": (
        lambda s: mg.Data(1.0, requires_grad=True), TypeError, ["'requires_grad'", "constant"]
    ),
    "names=": (lambda s: mg.Data(1.0, names="x"), TypeError, ["'names'", "value, name, con"]),
    # drawing from laws
    "a law, not made": (lambda s: mg.sample(mg.Normal), TypeError, ["sample", "Normal(…)"]),
    "a number sampled": (lambda s: mg.sample(0.5), TypeError, ["sample", "float", "distribution"]),
    "a draw sampled": (lambda s: mg.sample(s.x), TypeError, ["sample", "Data", "x.node.distrib"]),
    "a divergence of draws": (
        lambda s: mg.kl_divergence(s.x, s.x), TypeError, ["kl_divergence", "Data", "x.node.distrib"]
    ),
    "x.sample()": (lambda s: s.x.sample(), AttributeError, ["x.node.distribution.sample()"]),
    "x.inputs": (lambda s: s.y.inputs, AttributeError, ["inputs", "x.node.inputs"]),
    "a law plus one": (lambda s: mg.Normal(0.0, 1.0) + 1, TypeError, ["Normal", "mg.sample"]),
    "one minus a law": (lambda s: 1 - mg.Normal(s.a, 1.0), TypeError, ["loc=a", "mg.sample"]),
    "data times a law": (lambda s: s.a * mg.Normal(0.0, 1.0), TypeError, ["mg.sample(Normal"]),
    "mg.exp of a law": (lambda s: mg.exp(mg.Normal(0.0, 1.0)), TypeError, ["mg.sample(Normal"]),
    "np.exp of a law": (lambda s: np.exp(mg.Normal(0.0, 1.0)), TypeError, ["law", "mg.sample"]),
    "value of a law": (lambda s: mg.Normal(0.0, 1.0).value, AttributeError, ["value", "mg.sample"]),
    "a negative scale": (lambda s: mg.Normal(0.0, -1.0), ValueError, ["Normal: scale", "-1.0"]),
    "NaN": (lambda s: mg.Normal(math.nan, 1.0), ValueError, ["Normal: loc", "nan"]),
    "a probability of 2": (lambda s: mg.Bernoulli(2.0), ValueError, ["probs", "[0, 1]", "2.0"]),
    "probs and logits": (lambda s: mg.Bernoulli(0.5, logits=0.0), TypeError, ["exactly one"]),
    "one probability": (lambda s: mg.Categorical(0.5), ValueError, ["probs", "array", "0.5"]),
    "empty interval": (lambda s: mg.Uniform(1.0, 0.0), ValueError, ["low=1.0", "high=0.0"]),
    "loc and scale differ": (
        lambda s: mg.Normal(np.zeros(2), np.ones(3)), ValueError, ["loc", "(2,)", "scale", "(3,)"],
    ),
    "rng='abc'": (lambda s: mg.sample(mg.Normal(0.0, 1.0), rng="abc"), TypeError, ["rng", "seed"]),
    "mu=": (lambda s: mg.Normal(mu=0.0), TypeError, ["Normal: no parameter 'mu'", "loc, scale"]),
    "no scale": (lambda s: mg.Normal(0.0), TypeError, ["Normal: missing", "'scale'", "loc, scale"]),
    "one too many": (lambda s: mg.Laplace(0.0, 1.0, 2.0), TypeError, ["Laplace: too many"]),
    "sigma=": (lambda s: mg.HalfNormal(sigma=2.0), TypeError, ["HalfNormal: no", "sigma", "scale"]),
    "size= of a law's sample": (
        lambda s: mg.Normal(0.0, 1.0).sample(size=3), TypeError,
        ["sample of Normal: no argument 'size'", "shape="],
    ),
    "a transform": (lambda s: mg.AffineTransform(shift=2.0), TypeError, ["shift", "loc, scale"]),
    "a shape to sample": (
        lambda s: mg.sample(mg.Normal(0.0, 1.0), (100,)), TypeError,
        ["sample", "name", "(100,)", "mg.ones(100)"],
    ),
    "shape=": (
        lambda s: mg.sample(mg.Normal(0.0, 1.0), shape=(3,)), TypeError,
        ["sample: no argument 'shape'", "mg.ones(100)"],
    ),
    "seed= of a sample": (
        lambda s: mg.sample(mg.Normal(0.0, 1.0), seed=0), TypeError, ["sample", "'seed'", "rng="]
    ),
    "obs=": (
        lambda s: mg.sample(mg.Normal(s.a, 1.0), obs=1.0), TypeError, ["'obs'", "law.log_prob(x)"]
    ),
    "a generator as name": (
        lambda s: mg.sample(mg.Normal(0.0, 1.0), np.random.default_rng(0)), TypeError,
        ["sample", "name", "Generator", "rng="],
    ),
    "no parameter": (lambda s: mg.Normal(), TypeError, ["Normal: missing", "'loc'", "loc, scale"]),
    "a transform of 3": (
        lambda s: mg.TransformedDistribution(mg.Normal(0.0, 1.0), 3), TypeError,
        ["TransformedDistribution", "int", "mg.ExpTransform()"],
    ),
    "axes by letter": (
        lambda s: mg.Independent(mg.Normal(s.v, 1.0), "a"), ValueError,
        ["Independent: reinterpreted_batch_ndims", "'a'"],
    ),
    "logpdf": (
        lambda s: mg.Normal(0.0, 1.0).logpdf(0), AttributeError, ["Normal", "logpdf", "log_prob(x)"]
    ),
    "std": (lambda s: mg.Normal(0.0, 1.0).std, AttributeError, ["Normal", "mg.sqrt(law.variance)"]),
    "three at two laws": (
        lambda s: mg.Normal([0.0, 1.0], 1.0).log_prob([1, 2, 3]), ValueError,
        ["Normal.log_prob", "x of shape (3,)", "loc of shape (2,)"],
    ),
    "three quantiles of two laws": (
        lambda s: mg.Laplace([0.0, 1.0], 1.0).icdf([0.1, 0.2, 0.3]), ValueError,
        ["Laplace.icdf", "p of shape (3,)", "loc of shape (2,)"],
    ),
    "a mixture by normal weights": (
        lambda s: mg.MixtureSameFamily(mg.Normal(0.0, 1.0), mg.Normal(0.0, 1.0)), TypeError,
        ["MixtureSameFamily: mixture_distribution is Normal", "mg.Categorical"],
    ),
    # Python on data
    "== a number": (lambda s: s.a == 2.0, TypeError, ["'a'", "identity", "mg.equal", "x.value"]),
    "== approx": (lambda s: s.a == pytest.approx(2.0), TypeError, ["'a'", "mg.equal", "x.value"]),
    "in a list": (lambda s: s.a in [2.0], TypeError, ["'a'", "identity"]),
    "float of many": (lambda s: float(s.v), ValueError, ["float of 'v'", "(3,)", "x.value"]),
    "math of many": (lambda s: math.exp(s.v), ValueError, ["'v'", "(3,)", "mg.exp"]),
    "item of many": (lambda s: s.v.item(), ValueError, ["item of 'v'", "(3,)", "x.value"]),
    "format of many": (lambda s: f"{s.v:.3f}", ValueError, ["'v'", "(3,)", "x.value"]),
    "truth of many": (lambda s: bool(s.v > 1), ValueError, ["greater", "mg.any", "mg.where"]),
    "chained <": (lambda s: 1 < s.v < 3, ValueError, ["(3,)", "mg.where"]),
    "range": (lambda s: range(s.a), TypeError, ["'a'", "float64", "int(x)"]),
    "len": (lambda s: len(s.a), TypeError, ["'a'", "no length"]),
    "iteration": (lambda s: list(s.a), TypeError, ["'a'", "no length"]),
    "x.data = 0.9": (
        lambda s: setattr(s.a, "data", 0.9), AttributeError, ["no attribute 'data'", "x.value"],
    ),
    "fill in place": (lambda s: s.v.fill(0.0), TypeError, ["fill of 'v'", "call mg.full_like,"]),
    "put in place": (lambda s: s.v.put(0, 1.0), TypeError, ["put of 'v'", "call mg.index_update,"]),
    "x.data": (lambda s: s.a.data, AttributeError, ["data", "x.value"]),
    "x.numpy()": (lambda s: s.a.numpy(), AttributeError, ["numpy", "x.value"]),
    "x.detach()": (lambda s: s.a.detach(), AttributeError, ["mg.stop_gradient"]),
    "x.zero_grad()": (lambda s: s.a.zero_grad(), AttributeError, ["x.grad = None"]),
    "y.gradient": (lambda s: s.y.gradient, AttributeError, ["mg.gradient(y, x)"]),
    "x.distribution": (lambda s: s.x.distribution, AttributeError, ["x.node.distribution"]),
    # arrays
    "shapes": (lambda s: s.v + np.ones(4), ValueError, ["add", "'v'", "(3,)", "(4,)", "reshape"]),
    "matrices": (lambda s: s.w @ s.w, ValueError, ["matmul", "(3, 4)", "'w'", "transpose"]),
    "index too large": (lambda s: s.v[5], IndexError, ["5", "size 3", "'v'"]),
    "index by name": (lambda s: s.v["a"], IndexError, ["'v'", "integers"]),
    "index by a float": (lambda s: s.v[s.a], TypeError, ["float64", "integers"]),
    "x[0] = 1": (lambda s: s.put(s.v, 0, 1.0), TypeError, ["'v'", "mg.where", "index_update"]),
    "out=": (lambda s: np.add(s.v, 1, out=np.ones(3)), TypeError, ["np.add", "out="]),
    "array += data": (lambda s: add_in_place(np.ones(3), s.v), TypeError, ["np.add", "in place"]),
    "sort in place": (lambda s: s.v.sort(), TypeError, ["sort of 'v'", "mg.sort"]),
    "no such axis": (lambda s: mg.sum(s.v, axis=3), ValueError, ["sum", "axis 3", "'v'"]),
    "dim=": (lambda s: mg.sum(s.v, dim=0), TypeError, ["sum", "dim"]),
    "numpy goes further": (lambda s: np.fft.fft(s.v), TypeError, ["np.fft.fft", "mg.primitive"]),
    "numpy's random": (
        lambda s: np.random.default_rng(0).normal(s.a, 1.0), TypeError,
        ["'a'", "x.value", "mg.sample to draw"],
    ),
    "np.asarray(float)": (lambda s: np.asarray(s.v, float), TypeError, ["'v'", "cut", "x.value"]),
    # assigning
    "another shape": (lambda s: s.assign(s.v, [1.0]), ValueError, ["'v'", "(1,)", "(3,)"]),
    "a result": (lambda s: s.assign(s.y, 1.0), TypeError, ["'Y'", "power", "input"]),
    "halves as integers": (lambda s: s.assign(s.i, [0.5, 1]), ValueError, ["'i'", "int64"]),
    "stale": (stale, TypeError, ["multiply", "'a'", "again", "mg.expectation"]),
    # gradients
    "no sum": (lambda s: (s.v * 2).backward(), ValueError, ["multiply", "(3,)", "sum", "seed"]),
    "short seed": (lambda s: s.v.backward([1.0]), ValueError, ["'v'", "(1,)", "(3,)"]),
    "of integers": (lambda s: s.b.backward(), TypeError, ["'B'", "int64", "no slope"]),
    "for integers": (lambda s: mg.gradient(s.a, s.i), TypeError, ["'i'", "int64", "floats"]),
    "for a number": (lambda s: mg.gradient(s.y, 0.5), TypeError, ["wrt", "float", "Data"]),
    "of a number": (lambda s: mg.gradient(math.exp(s.a), s.a), TypeError, ["float", "mg.exp"]),
    "of a function": (lambda s: mg.gradient(mg.exp, s.a), TypeError, ["function", "mg.grad(f)"]),
    "of an old graph": (
        lambda s: mg.gradient(mg.reparameterize(s.y), s.y), ValueError, ["'Y'", "mg.Graph(y)"],
    ),
    "blocked": (
        lambda s: s.y.backward(), mg.BlockedGradientError,
        ["'θ'", "X ~ Normal", "θ → P → X", "mg.reparameterize(y, \"X\")", "mg.reinforce"],
    ),
    "black box": (
        lambda s: black_box(s).backward(), mg.BlockedGradientError,
        ["'a'", "simulator", "vjp", "mg.reinforce"],
    ),
    "vjp without return": (
        lambda s: mg.primitive(np.sin, lambda g, y, x: None)(s.a).backward(), ValueError,
        ["vjp of sin", "None", "return"],
    ),
    "forward of text": (lambda s: mg.primitive(str)(s.a), TypeError, ["forward of str", "number"]),
    "primitive of 3": (lambda s: mg.primitive(3), TypeError, ["primitive", "3", "function"]),
    "function of a name": (lambda s: mg.function("F"), TypeError, ["'F'", "pass a function"]),
    "argnums": (lambda s: mg.grad(mg.exp, 1)(2.0), ValueError, ["argument 1", "from 0"]),
    # graphs
    "graph[0]": (lambda s: mg.Graph(s.y)[0], TypeError, ["graph[0]", "graph.data, graph.nodes"]),
    "list of a graph": (lambda s: list(mg.Graph(s.y)), TypeError, ["graph.data, graph.nodes"]),
    "linalg.foo": (lambda s: mg.linalg.foo, AttributeError, ["mg.linalg", "'foo'", "solve"]),
    "unknown name": (lambda s: mg.Graph(s.y)["x"], KeyError, ["'x'", "'θ', 'X', 'Y'"]),
    "nothing named": (lambda s: mg.Graph(s.a * 1)["y"], KeyError, ["'y'", "'a'"]),
    "empty graph": (lambda s: mg.Graph(), TypeError, ["Graph(y)"]),
    "graph of a number": (lambda s: mg.Graph(3.0), TypeError, ["float", "Data"]),
    # rewrites
    "no transform": (
        lambda s: mg.reparameterize(s.b * 2), mg.BlockedGradientError,
        ["B ~ Bernoulli", "mg.reinforce(y, \"B\")"],
    ),
    "moving support": (
        lambda s: mg.reinforce(s.u * 2), mg.BlockedGradientError,
        ["U ~ Uniform", "high", "mg.reparameterize(y, \"U\")"],
    ),
    "unknown draw": (lambda s: mg.reparameterize(s.y, "Z"), KeyError, ["'Z'", "'Y'", "'X'"]),
    "not a draw": (lambda s: mg.reinforce(s.y, s.theta), TypeError, ["'θ'", "no draw"]),
    "two of a name": (two_of_a_name, KeyError, ["2 draws", "'X'"]),
    "a table of numbers": (
        lambda s: mg.reinforce(np.array([1.0, 5.0])[s.b]), TypeError, ["float64", "mg.Data(array)"]
    ),
    "value rewritten": (lambda s: mg.reinforce(s.y.value), TypeError, ["float", "Data"]),
    "unknown method": (lambda s: mg.unblock(s.y, "best"), ValueError, ["'best'", "reinforce"]),
    "baseline='mean'": (
        lambda s: mg.reinforce(s.y, baseline="mean"), ValueError, ["'mean'", "leave-one-out"],
    ),
    "replicates of 3": (lambda s: mg.replicate(3, 2), TypeError, ["replicate", "int", "Data"]),
    "vimco of 3": (lambda s: mg.vimco(3), TypeError, ["vimco", "int", "Data"]),
    "surrogate of 3": (
        lambda s: mg.relax(s.b * 2, surrogate=3), TypeError, ["relax: surrogate", "int", "function"]
    ),
    "decay by letter": (
        lambda s: mg.RunningAverage("a"), ValueError, ["RunningAverage: decay='a'", "[0, 1)"]
    ),
    "method of compare": (
        lambda s: mg.compare(s.y, s.theta, "reinforce"), TypeError,
        ["compare: methods='reinforce'", "pass a list"],
    ),
    "compare by -1": (lambda s: mg.compare(s.y, s.theta, -1), TypeError, ["methods=-1", "a list"]),
    "tape of 3": (lambda s: mg.Tape(3), TypeError, ["Tape", "int", "mg.Tape([y])"]),
    # averages
    "no samples": (lambda s: mg.expectation(s.y, 0), ValueError, ["samples", "0"]),
    "unknown wrt": (lambda s: mg.expectation(s.a * 1, 9, wrt="b"), KeyError, ["'b'", "'a'"]),
    "no wrt": (lambda s: mg.expectation(s.y, 9).grad["θ"], KeyError, ["'θ'", "wrt="]),
    "of a float": (lambda s: mg.expectation(3.0), TypeError, ["float", "Data"]),
    "of floats": (lambda s: mg.expectation(lambda: 3.0, 9), TypeError, ["float", "the Data Y"]),
    "names of a function": (
        lambda s: mg.expectation(lambda: s.a, 9, wrt="a"), TypeError, ["'a'", "pass the Data"],
    ),
    "executor=3": (lambda s: mg.expectation(s.y, 9, executor=3), TypeError, ["int", "map"]),
    "an if": (branch, ValueError, ["'X'", "if", "expectation(f", "mg.where", "x.value"]),
    "many coins": (
        lambda s: mg.exact(forty_coins()), ValueError, ["1,099,511,627,776", "mg.expectation"],
    ),
    "ten continuous": (
        lambda s: mg.exact(mg.sum(mg.sample(mg.Normal(np.zeros(10), 1.0), name="Z"))), ValueError,
        ["Z of 10", "limit", "mg.expectation"],
    ),
    "exact function": (lambda s: mg.exact(lambda: s.y), TypeError, ["exact", "function", "Data"]),
    "seed=": (lambda s: mg.expectation(s.y, seed=0), TypeError, ["expectation", "'seed'", "rng="]),
    "n=": (lambda s: mg.expectation(s.y, n=9), TypeError, ["expectation: no", "'n'", "samples="]),
    "lr=": (lambda s: mg.SGD([s.theta], lr=0.1), TypeError, ["SGD: no argument 'lr'", "rate="]),
    "betas=": (lambda s: mg.Adam(s.a, betas=(0, 0)), TypeError, ["Adam", "'betas'", "decays="]),
    "lrs=": (
        lambda s: mg.Adam(s.a, lrs=0.1), TypeError, ["Adam", "parameters, rate, decays, epsilon, m"]
    ),
    "zero_grad of Adam": (
        lambda s: mg.Adam(s.a).zero_grad(), AttributeError, ["Adam", "'zero_grad'", "x.grad = None"]
    ),
    "a length by chance": (
        lambda s: mg.expectation((z := mg.sample(mg.Normal(s.v, 9.0), rng=0))[z > 0].sum(), 9),
        ValueError, ["getitem", "shape", "mg.where", "function"],
    ),
    # pictures
    "no path": (lambda s: mg.render(s.y, None), TypeError, ["render", "None", "picture.svg"]),
    "a plot of foo": (
        lambda s: mg.compare(s.y, s.theta, ["reparameterize"]).plot("a.foo"), ValueError,
        ["plot to 'a.foo'", "png"],
    ),
    "unknown suffix": (lambda s: mg.render(s.y, "y.xyz"), ValueError, [".xyz", ".svg", ".png"]),
    "unknown option": (lambda s: mg.to_dot(s.y, gradient=True), TypeError, ["'gradient'", "wrt"]),
    "picture of 3": (lambda s: mg.to_dot(3.0), TypeError, ["float", "Data"]),
    "trained result": (lambda s: mg.SGD(s.y, 0.1), TypeError, ["'Y'", "input"]),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_what_failed_and_what_to_do(mistake):
    call, kind, words = MISTAKES[mistake]
    world = World()
    with pytest.raises(kind) as caught:
        call(world)
    assert isinstance(caught.value, (mg.MinigraphError, AttributeError))
    message = str(caught.value)
    assert [word for word in words if word not in message] == [], message


def test_many_draws_are_counted_not_listed():
    with pytest.raises(mg.InputError, match="40 draws in all") as caught:
        mg.exact(forty_coins())
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["values", "shape_", "_repr_latex_"])
def test_a_misspelt_attribute_is_not_there(name):
    assert not hasattr(mg.Data(1.0), name)


def test_float_and_format_of_one_number_are_the_number():
    a = mg.Data(2.0, name="a")
    assert (float(a), f"{a:.2f}", round(a, 1).value, math.sqrt(a * 2)) == (2.0, "2.00", 2.0, 2.0)


def test_data_in_text_show_value_and_name():
    assert f"{mg.Data(2.0, name='a')}" == str(mg.Data(2.0, name="a")) == "Data(2.0, name='a')"


def test_backward_twice_adds():
    a = mg.Data(3.0)
    y = a * a
    y.backward()
    y.backward()
    assert a.grad == 12.0
    a.grad = None
    y.backward()
    assert a.grad == 6.0
