"""05. Three objectives: θ in the function, in the law, or in both. The third is the trap."""

import math

import minigraph as mg

theta = mg.Data(0.7, name="θ")
t = theta.value


def is_refused(y: mg.Data) -> bool:
    """Return whether the gradient to θ is refused."""
    try:
        mg.gradient(y, theta)
    except mg.BlockedGradientError as error:
        print("   refused:", error)
        return True
    return False


print("L1 = E[θ X²], X ~ Normal(1, 1): nothing is blocked")
x = mg.sample(mg.Normal(1.0, 1.0), name="X", rng=0)
l1 = theta * x**2
assert not is_refused(l1)
assert math.isclose(mg.exact(l1, theta).grad[theta], 2.0)

print("L2 = E[X²], X ~ Normal(θ, 1): blocked")
x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
l2 = x**2
assert is_refused(l2)
for z in (mg.reinforce(l2), mg.reparameterize(l2)):
    assert math.isclose(mg.exact(z, theta).grad[theta], 2 * t)

print("L3 = E[θ X²], X ~ Normal(θ, 1): one path is open, and still it is refused")
l3 = theta * x**2
assert is_refused(l3)
truth = 3 * t**2 + 1  # L3 = θ(θ² + 1)
for rewrite in (mg.reinforce, mg.reparameterize):
    found = mg.exact(rewrite(l3), theta).grad[theta]
    print(f"   {rewrite.__name__}: {found:.6f}, by hand {truth:.6f}")
    assert math.isclose(found, truth, rel_tol=1e-9)

# What the open path alone would have said: to get it, one has to ask for it by name.
still = mg.sample(mg.Normal(mg.stop_gradient(theta), 1.0), name="X", rng=0)
wrong = mg.exact(theta * still**2, theta).grad[theta]
print(f"   the open path alone: {wrong:.6f}, finite, plausible and wrong")
assert math.isclose(wrong, t**2 + 1)
