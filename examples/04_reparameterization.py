"""04. The reparameterization trick: X = μ + σ ε, and the gradient flows through X."""

import math

import minigraph as mg

mu, sigma = mg.Data(1.0, name="μ"), mg.Data(0.5, name="σ")
x = mg.sample(mg.Normal(mu, sigma), name="X", rng=0)
y = (x - 3.0) ** 2
y.name = "Y"

z = mg.reparameterize(y)
print(mg.Graph(z))
noise = mg.Graph(z)["ε_X"]
print(f"the noise the sample was made from: {noise.value:.4f}; X = {x.value:.4f}")
assert z.value == y.value
assert math.isclose(x.value, 1.0 + 0.5 * noise.value)

# One sample of the gradient, by hand: ∂Y/∂μ = 2(X - 3), ∂Y/∂σ = 2(X - 3) ε.
z.backward()
assert math.isclose(mu.grad, 2 * (x.value - 3.0))
assert math.isclose(sigma.grad, 2 * (x.value - 3.0) * noise.value)

# On average 2(μ - 3) and 2σ, with variances 4σ² and 4(μ - 3)² + 8σ².
exact = mg.exact(z, [mu, sigma])
drawn = mg.expectation(z, 100_000, wrt=[mu, sigma], rng=1)
for parameter, truth, variance in ((mu, -4.0, 1.0), (sigma, 1.0, 18.0)):
    mean, error = drawn.grad[parameter], drawn.grad_stderr[parameter]
    print(f"∂L/∂{parameter.name}: true {truth:+.4f}, 100,000 samples {mean:+.4f} ± {error:.4f}, "
          f"variance of one sample {exact.grad_variance[parameter]:.4f}")  # fmt: skip
    assert math.isclose(exact.grad[parameter], truth, rel_tol=1e-9)
    assert math.isclose(exact.grad_variance[parameter], variance, rel_tol=1e-6)
    assert abs(mean - truth) < 5 * error
