"""Columns of numbers as they are written to tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["significant"]


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
