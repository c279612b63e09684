"""Parameters that may be given in one of several forms."""

from __future__ import annotations

from typing import Any

from ..errors import UsageError


def one_of(law: object, **forms: Any) -> dict[str, Any]:
    """Return the one form that was given; none or several are refused."""
    given = {name: value for name, value in forms.items() if value is not None}
    if len(given) != 1:
        raise UsageError(
            f"{type(law).__name__}: needs exactly one of {' or '.join(forms)}; "
            f"got {' and '.join(given) or 'none of them'}"
        )
    return given
