"""Draw the pictures of these pages: python docs/draw.py [DIRECTORY]."""

from __future__ import annotations

import sys
from pathlib import Path

import minigraph as mg


def pictures() -> dict[str, mg.Data]:
    """Return the graphs of the pages, by the names of their pictures."""
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X", rng=0)

    @mg.function
    def F(x: mg.Data) -> mg.Data:
        return (x - 3) ** 2

    y = F(x)
    y.name = "Y"
    return {
        "blocked": y,
        "reinforce": mg.reinforce(y),
        "reparameterized": mg.reparameterize(y),
    }


def main(directory: str | Path = Path(__file__).parent / "img") -> None:
    """Write every picture as SVG."""
    Path(directory).mkdir(parents=True, exist_ok=True)
    for name, y in pictures().items():
        mg.render(y, Path(directory) / f"{name}.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
