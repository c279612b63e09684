"""What a weak derivative is: a constant, and two laws whose difference it multiplies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .base import Distribution

Sampler = Callable[..., Any]  # from draws of the noise to a sample


class Weak(NamedTuple):
    """The derivative of a law in one parameter.

    ``positive`` and ``negative`` take a draw of each law in ``noise``, and return samples of the
    two laws, of the shape of the sample; None is the sample itself.
    """

    constant: Any
    positive: Sampler | None
    negative: Sampler | None
    noise: Sequence[Distribution] = ()

    def after(self, f: Sampler) -> Weak:
        """Return the derivative of the law of f(X)."""

        def then(side: Sampler | None) -> Sampler | None:
            return side and (lambda *noise: f(side(*noise)))

        return self._replace(positive=then(self.positive), negative=then(self.negative))
