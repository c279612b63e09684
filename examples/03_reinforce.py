"""03. REINFORCE: the gradient of an average through a discrete draw and a black box."""

import math

import minigraph as mg

alpha = mg.Data(0.0, name="α")
b = mg.sample(mg.Bernoulli(logits=alpha), name="B", rng=0)
cost = mg.primitive(lambda b: (b - 0.45) ** 2, name="simulator")  # no derivative is known
y = cost(b)
y.name = "Y"

try:
    mg.gradient(y, alpha)
except mg.BlockedGradientError as error:
    print("refused:", error)
else:
    raise AssertionError("a gradient crossed a draw")

# With t = 0.45: E[Y] = t² + θ(1 - 2t) with θ = sigmoid(α), so dE/dα = θ(1 - θ)(1 - 2t).
truth = 0.25 * (1 - 2 * 0.45)
plain = mg.reinforce(y)
assert plain.value == y.value  # a rewrite opens a path, it never changes a value
baseline = mg.reinforce(y, baseline="leave-one-out")  # at θ = ½ the best there is
print(f"\ntrue gradient {truth:.6f}")
for name, z in {"plain": plain, "leave-one-out": baseline}.items():
    exact = mg.exact(z, alpha)  # both outcomes, enumerated
    drawn = mg.expectation(z, 20_000, wrt=alpha, rng=1)
    print(f"{name:>14}: mean {exact.grad[alpha]:.6f}, variance {exact.grad_variance[alpha]:.6f}; "
          f"20,000 samples: {drawn.grad[alpha]:.6f} ± {drawn.grad_stderr[alpha]:.6f}")  # fmt: skip
    assert math.isclose(exact.grad[alpha], truth, rel_tol=1e-9)
    assert abs(drawn.grad[alpha] - truth) < 5 * drawn.grad_stderr[alpha]

assert math.isclose(mg.exact(plain, alpha).grad_variance[alpha], 0.0159390625, rel_tol=1e-6)
