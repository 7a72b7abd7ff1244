"""Numbers as people read them in tables and messages."""

from __future__ import annotations

__all__ = ["short"]


def short(value: float, digits: int = 4) -> str:
    """Return a number with at most ``digits`` significant digits, large ones whole and grouped by thousands."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}g}"
