"""01. The chain rule: build a value, differentiate it, draw both."""

import argparse
import math
from pathlib import Path

import minigraph as mg

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path("figures"), help="where the pictures go")
out = parser.parse_args().out
out.mkdir(parents=True, exist_ok=True)

x = mg.Data(0.5, name="x")
square = x**2
square.name = "u"
y = mg.sin(square)
y.name = "y"
print(f"x = {x.value}, u = x² = {square.value}, y = sin u = {y.value:.6f}")

# Backwards: dy/dx = dy/du · du/dx = cos(u) · 2x.
y.backward()
by_hand = math.cos(0.25) * 2 * 0.5
print(f"dy/dx = {x.grad:.6f}, by hand {by_hand:.6f}")
assert math.isclose(x.grad, by_hand, rel_tol=1e-12)

# A gradient is a graph too: differentiate it once more.
slope = mg.gradient(y, x)
slope.name = "dy/dx"
curvature = mg.gradient(slope, x)
by_hand = 2 * math.cos(0.25) - 4 * 0.25 * math.sin(0.25)
print(f"d²y/dx² = {curvature.value:.6f}, by hand {by_hand:.6f}")
assert math.isclose(curvature.value, by_hand, rel_tol=1e-12)

for name, graph in {"chain_rule": y, "chain_rule_gradient": slope}.items():
    try:
        file = mg.render(graph, out / f"{name}.svg")
    except mg.MissingExtraError as error:
        print(error)
        file = mg.render(graph, out / f"{name}.mmd")
    print("picture:", file)
    assert file.stat().st_size > 0
