"""02. A value by Monte Carlo: L(θ) = E[cos X] with X ~ Normal(θ, 1)."""

import math

import minigraph as mg

theta = mg.Data(0.8, name="θ")
x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
y = mg.cos(x)  # one sample of the recipe; expectation replays it
print(f"one sample: X = {x.value:.4f}, Y = {y.value:.4f}")

truth = math.exp(-0.5) * math.cos(0.8)
print(f"L(θ) = exp(-1/2) cos θ = {truth:.6f}; by quadrature {mg.exact(y).value:.6f}")
assert math.isclose(mg.exact(y).value, truth, rel_tol=1e-12)

for samples in (100, 10_000, 1_000_000):
    estimate = mg.expectation(y, samples, rng=1)
    off = (estimate.value - truth) / estimate.stderr
    print(
        f"{samples:9,} samples: {estimate.value:.6f} ± {estimate.stderr:.6f} ({off:+.1f} of these)"
    )
    assert abs(off) < 5
    assert math.isclose(estimate.stderr, math.sqrt(mg.exact(y).variance / samples), rel_tol=0.3)

# The input can be assigned: the same graph then answers for another θ.
theta.value = 0.0
estimate = mg.expectation(y, 100_000, rng=2)
print(f"at θ = 0: {estimate}")
assert abs(estimate.value - math.exp(-0.5)) < 5 * estimate.stderr
