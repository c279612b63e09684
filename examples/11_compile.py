"""11. Elsewhere: a graph made here is trained in JAX and in PyTorch, to the same numbers.

`mg.compile` writes a graph and its gradient as a plain function of arrays. Here it is E[(X - 3)²]
with X ~ N(θ, 1), by REINFORCE; gradient descent on the same noise goes the same way everywhere.
"""

import numpy as np

import minigraph as mg

STEPS, SAMPLES, RATE = 60, 500, 0.05

theta = mg.Data(0.5, name="θ")
x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)
y = mg.reinforce((x - 3) ** 2, baseline=2.0)
noise = np.random.default_rng(0).standard_normal((STEPS, SAMPLES))

found = {}
for backend in ("numpy", "jax", "torch"):
    try:
        if backend == "jax":
            import jax

            jax.config.update("jax_enable_x64", True)
        f = mg.compile(y, theta, backend=backend, samples=SAMPLES)
    except ImportError:
        print(f'{backend} is not installed: skipped (pip install "minigraph[{backend}]")')
        continue
    f = jax.jit(f) if backend == "jax" else f
    at = 0.5
    for epsilon in noise:
        _, slope = f(at, noise={"ε_X": epsilon})
        at -= RATE * float(slope)
    found[backend] = at
    print(f"{backend:>5}: θ = {at:.12f}")

assert abs(found["numpy"] - 3.0) < 0.15
assert all(abs(at - found["numpy"]) < 1e-9 for at in found.values())
