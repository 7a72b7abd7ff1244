"""Numbers as people read them in tables, messages and files."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["half_up", "short", "significant"]


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


def significant(values: NDArray[np.float64], digits: int = 10) -> NDArray[np.float64]:
    """Return numbers rounded to significant digits; zeros, infinities and gaps stay as they are.

    Example:
        >>> significant(np.array([123456.789, 0.0, -0.00123456])).tolist()
        [123456.789, 0.0, -0.00123456]
        >>> significant(np.array([2 / 3, 123456.789]), 3).tolist()
        [0.667, 123000.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = digits - 1 - np.floor(np.log10(np.abs(values)))
        up, down = 10.0 ** np.clip(shift, 0, 300), 10.0 ** np.clip(-shift, 0, 300)
        rounded = np.rint(values * up / down) / up * down
    return np.where(np.isfinite(rounded), rounded, values)
