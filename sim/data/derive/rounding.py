"""Rounding that keeps a total."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.arrays import Ints


def round_to_total(values: ArrayLike, total: int) -> Ints:
    """Return whole numbers that add to ``total``, by largest remainders after scaling; ties go to the first.

    Args:
        values: non-negative, at least one positive.
        total: non-negative whole number.

    Raises:
        ValueError: a negative value, or nothing to distribute over.

    Example:
        >>> round_to_total([1.0, 1.0, 2.0], 10).tolist()
        [3, 2, 5]
    """
    shares = np.asarray(values, dtype=np.float64)
    if np.any(shares < 0.0) or shares.sum() <= 0.0:
        raise ValueError("values must be non-negative with a positive sum")
    exact = shares * (total / shares.sum())
    whole = np.floor(exact).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:missing]] += 1
    return np.asarray(whole, dtype=np.int64)


def round_shares(values: ArrayLike, digits: int = 6) -> NDArray[np.float64]:
    """Return shares with ``digits`` decimals that add to one exactly in decimal."""
    unit = 10**digits
    return np.asarray(round_to_total(values, unit) / unit, dtype=np.float64)
