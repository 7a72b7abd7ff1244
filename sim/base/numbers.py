"""Numbers as people read them in tables, messages and files."""

from __future__ import annotations

import math

__all__ = ["half_up", "short"]


def half_up(value: float, digits: int = 0) -> float:
    """Return a number rounded as people do: a half goes away from zero, and one that floats store just below does too.

    Example:
        >>> half_up(100 * 0.575), half_up(28.5), half_up(-0.25, 1)
        (58.0, 29.0, -0.3)
    """
    if not math.isfinite(value):
        return value
    size = 10.0**digits
    return math.copysign(math.floor(abs(value) * size + 0.5 + 1e-9) / size, value)


def short(value: float, digits: int = 4) -> str:
    """Return a number with at most ``digits`` significant digits, large ones whole and grouped by thousands."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}g}"
