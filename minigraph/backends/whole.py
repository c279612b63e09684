"""Words for integers and truths, of which other libraries have none, or by other rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Word = Callable[..., Any]


def is_float(x: Any) -> bool:
    """Return whether an array of whatever library holds floats."""
    return "float" in str(x.dtype)


def unless_by_zero(xp: Any, divide: Word) -> Word:
    """Return a division that makes 0 of an integer by 0, as NumPy's."""

    def word(a: Any, b: Any) -> Any:
        if is_float(a) or is_float(b):
            return divide(a, b)
        never = b == 0
        return xp.where(never, 0, divide(a, xp.where(never, 1, b)))

    return word


def of_integers(torch: Any, einsum: Word) -> Mapping[str, Word]:
    """Return words in functions of PyTorch, most of which it has for floats alone."""

    def product(f: Word) -> Word:
        """Return a product; that of truths is a truth."""

        def word(*a: Any, **fixed: Any) -> Any:
            if all(x.dtype == torch.bool for x in a):
                return f(*[x.long() for x in a], **fixed) != 0
            return f(*a, **fixed)

        return word

    def of_floats(f: Word) -> Word:
        return lambda x: f(x) if is_float(x) else x

    def rounded(x: Any, decimals: int = 0) -> Any:
        if is_float(x):
            return torch.round(x, decimals=decimals)
        return x if decimals >= 0 else torch.round(x.double(), decimals=decimals).to(x.dtype)

    def ldexp(x: Any, i: Any) -> Any:
        dtype = x.dtype if is_float(x) else torch.float64
        i = torch.as_tensor(i).double().clamp(-2100, 2100)  # beyond, all is 0 or infinite
        third = torch.trunc(i / 3.0)  # 2^2000 is infinite, and 1e-300 times it is not
        x = x.double() * torch.exp2(third) * torch.exp2(third)
        return (x * torch.exp2(i - 2.0 * third)).to(dtype)

    floor_divide = lambda a, b: torch.floor_divide(a.detach(), b.detach())
    return {
        "matmul": product(torch.matmul), "einsum": product(einsum),
        "floor": of_floats(torch.floor), "ceil": of_floats(torch.ceil),
        "trunc": of_floats(torch.trunc), "fix": of_floats(torch.trunc),
        "absolute": lambda x: x if x.dtype == torch.bool else torch.abs(x),
        "round": rounded, "ldexp": ldexp,
        "floor_divide": unless_by_zero(torch, floor_divide),
        "remainder": unless_by_zero(torch, torch.remainder),
        "fmod": unless_by_zero(torch, torch.fmod),
    }  # fmt: skip
