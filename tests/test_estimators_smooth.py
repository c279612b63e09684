"""One walk for all draws finds what a walk for each would find."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.distributions.constraints import real, real_vector
from minigraph.distributions.ranges import unlaid
from minigraph.estimators.ends import KEPT, SUMS
from minigraph.estimators.poles import ODD, _inner
from minigraph.estimators.smooth import Smooth, _jumps, _unsorted
from minigraph.nodes import StochasticNode
from minigraph.ops.base import literal
from minigraph.ops.elementwise import divide, multiply, power, reciprocal
from minigraph.ops.linear import matmul
from minigraph.ops.trigonometry import tan
from minigraph.paths import Flow, describe
from minigraph.walk import drawn_above, label


# The way it was: one draw at a time -------------------------------------------------------------
def is_line(x, carries, through):
    todo = [x]
    for part in todo:
        part = unlaid(part)
        if isinstance(part._op, StochasticNode):
            if part not in carries or part._op.distribution.support not in (real, real_vector):
                return False
            continue
        moving = [y for y in part._node.inputs if y in carries] if part._op else []
        if part._op in SUMS and moving:
            through = False
        elif part._op in (multiply, matmul) or (part._op is divide and part._inputs[0] in carries):
            if len(moving) != 1:
                return False
        elif part._op not in (*KEPT, *(ODD if through else ())):
            return False
        todo += moving
    return True


def passes(op, x, draw, carries, poles):
    return x in carries and bool(
        is_line(x, carries, op is not tan) or poles._beyond_lines(op, x, poles._above[draw])
    )


def pole(node, draw, carries, poles):
    op, inputs = node.op, node.inputs
    if op is divide:
        x = _inner(inputs[1], poles._above) if inputs[0] in carries else inputs[1]
        return inputs[1] if passes(op, x, draw, carries, poles) else None
    exponent = literal(inputs[1]) if op is power else None
    if op in (reciprocal, tan) or (exponent is not None and exponent < 0 and exponent % 2 == 1):
        return inputs[0] if passes(op, inputs[0], draw, carries, poles) else None
    return None


def first_obstacle(y, x, poles):
    flow, carries = Flow([y], [x]), {x}
    for data in flow.made:
        is_draw = isinstance(data._node, StochasticNode)
        if data in flow.carries and not is_draw and not carries.isdisjoint(data._node.inputs):
            carries.add(data)
    for data in _unsorted(flow.made):
        node = data._node
        if data not in carries or data is x:
            continue
        if node.barrier == "black box":
            return f" meets the black box {node.name}; "
        jump = next((a for a in _jumps(data) if a in carries), None)
        if jump is not None:
            return f" runs through {node.name} of {label(jump)}, which jumps: "
        at = pole(node, x, carries, poles)
        if at is not None:
            return f" runs through {node.name} at a pole of {label(at)}, where "
    return None


# Random graphs ----------------------------------------------------------------------------------
BOX = mg.primitive(np.sin, name="box")
LAWS = [
    lambda a: mg.Normal(a, 1.0), lambda a: mg.Normal(a, 1.0), lambda a: mg.Laplace(a, 2.0),
    lambda a: mg.Normal(0.0, mg.exp(a)), lambda a: mg.LogNormal(a, 0.5),
    lambda a: mg.Bernoulli(mg.sigmoid(a)),
]  # fmt: skip
TAME = [
    mg.tanh, mg.sin, mg.negative, mg.exp, mg.square, lambda x: 2.0 * x, lambda x: x / 3.0,
    lambda x: x + 1.0, mg.sum,
]  # fmt: skip
WILD = [
    *TAME, mg.abs, mg.sqrt, mg.reciprocal, mg.tan, mg.floor, mg.stop_gradient, lambda x: x**-3,
    lambda x: x**-2, lambda x: x / abs(x), lambda x: x / mg.sqrt(x * x), lambda x: mg.arctan2(x, 1),
    lambda x: x / mg.stop_gradient(2.0 * x), lambda x: mg.sum(mg.sort(mg.stack([x, 2.0 * x]))),
]  # fmt: skip
PAIRS = [
    mg.add, mg.subtract, mg.multiply, mg.add, mg.divide, mg.arctan2, lambda a, b: a / (a + b),
    lambda a, b: mg.where(a > 0, b, 1.0), lambda a, b: mg.stack([a, b]) @ np.array([1.0, 2.0]),
]  # fmt: skip


def random_graph(seed):
    rng = np.random.default_rng(seed)
    made = [mg.Data(0.3, name="θ"), mg.Data(0.7, name="φ")]
    wild = seed % 3
    for k in range(rng.integers(6, 24)):
        a, b = (made[-1 - min(int(rng.exponential(3.0)), len(made) - 1)] for _ in "ab")
        kind = rng.random()
        if kind < 0.35 and np.isfinite(a.value) and abs(a.value) < 50.0:
            law = LAWS[rng.integers(len(LAWS))](a)
            made.append(mg.sample(law, name=f"X{k}" if k % 4 else None, rng=k))
        elif kind < 0.65:
            functions = WILD if wild else TAME
            made.append(functions[rng.integers(len(functions))](a))
        else:
            made.append(BOX(a) if kind < 0.66 else PAIRS[rng.integers(9 if wild == 2 else 4)](a, b))
    return sum((made[i] for i in rng.integers(len(made), size=3)), start=made[-1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_all_draws_at_once_are_refused_as_each_alone_with_the_same_words():
    found = []
    for seed in range(150):
        with np.errstate(all="ignore"):
            y = random_graph(seed)
        smooth = Smooth(y)
        for x in drawn_above([y]):
            one = first_obstacle(y, x, smooth._poles)
            problem = smooth.why_not(x)
            said = str(problem)
            assert problem is one or (one in said and said.startswith(f"the path {describe([x])}"))
            found.append(one)
    for words in ("black box", "which jumps", "at a pole of"):
        assert sum(one is not None and words in one for one in found) > 10
    assert found.count(None) > 100


def test_pole_is_one_of_the_draws_next_to_it_and_not_of_those_above_these():
    z = mg.sample(mg.Normal(mg.Data(0.5), 1.0), name="Z", rng=0)
    a, b = (mg.sample(mg.Normal(z, 1.0), name=name, rng=1) for name in "AB")
    smooth = Smooth(1.0 / (a * b))
    assert smooth.why_not(z) is None
    for x in (a, b):
        assert "at a pole of" in smooth.why_not(x).reason
    smooth = Smooth(1.0 / (1.0 + a * b * mg.tanh(a * b)))
    for x in (z, a, b):
        assert smooth.why_not(x) is None


def test_pole_of_a_denominator_is_none_of_a_draw_in_the_numerator_alone():
    a, b = (mg.sample(mg.Normal(mg.Data(0.5), 1.0), name=name, rng=1) for name in "AB")
    for f in (mg.tanh, mg.erf, lambda x: 2.0 * mg.sinh(x), lambda x: x**3):
        smooth = Smooth(a / f(b))
        assert smooth.why_not(a) is None
        assert "at a pole of" in smooth.why_not(b).reason
