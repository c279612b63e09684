"""The order of steps: few arrays at a time, and nothing before what it needs."""

import numpy as np
import pytest
from cases import wave

import minigraph as mg
from minigraph.averages.expectation import tape_of, with_gradients
from minigraph.replay.program import Draw


def run(tape, samples):
    noise = np.random.default_rng(0).standard_normal(samples)
    found = tape.run(tape.start(), lambda draw, law: noise, tape.memory(samples))
    return [np.array(x) for x in found]


def test_average_needs_less_memory_and_gets_the_same_bits():
    y, wrt = wave()
    averaged, read = mg.Tape(with_gradients(y, wrt), averaged=True), mg.Tape([y])
    assert len(averaged.memory.buffers) <= 4
    assert {step.out for step in averaged.steps} >= {averaged.outputs[0][0]}
    assert np.array_equal(run(averaged, 100)[0], run(read, 100)[0])


def test_every_step_comes_after_what_it_needs():
    y, wrt = wave()
    tape = tape_of(y, wrt)
    there = {slot for slot, _ in tape.inputs} | {step.out for step in tape.once} | {*tape.constants}
    for step in tape.steps:
        assert there >= {*step.inputs}
        there.add(step.out)


def test_draws_and_black_boxes_keep_their_order():
    calls = []

    def looked_at(name):
        return mg.primitive(lambda x: calls.append(name) or np.asarray(x) * 1.0, name=name)

    rate = mg.Data(2.0, name="rate")
    late = mg.sample(mg.Gamma(3.0, rate), name="late", rng=0)
    a = looked_at("a")(mg.sample(mg.Normal(0.0, 1.0), name="early", rng=0))
    b = looked_at("b")(mg.sample(mg.Poisson(mg.exp(a)), name="last", rng=0) + late)
    y = b * b + a

    def in_order(tape):
        return [
            step.title
            for step in tape.steps
            if isinstance(step, Draw) or step.call.op.barrier == "black box"
        ]

    assert in_order(mg.Tape([y], averaged=True)) == in_order(mg.Tape([y]))
    assert {"a", "b", "last"} <= {*in_order(mg.Tape([y]))}
    calls.clear()
    mg.expectation(y, 3, rng=0)
    assert calls == ["a", "a", "a", "b", "b", "b"]


@pytest.mark.parametrize("workers", [1, 2])
def test_text_of_an_average_has_no_parts(workers):
    y, wrt = wave()
    mg.expectation(y, 40_000, wrt=wrt, rng=0, workers=workers)
    assert "Backward" not in tape_of(y, wrt).source
    assert "Backward" in mg.Tape([y, mg.gradient(y, wrt[0])]).source
