"""What one more person costs: the ratio of two paired differences, told only where there are more people at all."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from sim.base.arrays import Floats

__all__ = ["BAND", "Price", "Told", "band", "price"]

BAND = (0.5, 0.05, 0.95)
"""Shares of the runs below the middle and the ends of an interval."""

Told = Literal["yes", "open", "fewer", "free"]
"""``yes``: more people in the middle 90% of the runs; ``open``: not told apart from none; ``fewer``: fewer people;
``free``: nothing is paid."""


class Price(NamedTuple):
    """Cost per additional person over runs: median and middle 90%, NaN where none can be told."""

    median: float
    low: float
    high: float
    told: Told


def band(values: Floats) -> tuple[float, float, float]:
    """Return median, 5% and 95% quantile of values that may be infinite, linear between neighbours.

    Example:
        >>> band(np.array([1.0, 2.0, np.inf]))[0], band(np.array([1.0, np.inf]))[0]
        (2.0, inf)
    """
    ordered = np.sort(values)
    middle, low, high = (_quantile(ordered, share) for share in BAND)
    return middle, low, high


def price(cost: Floats, gain: Floats) -> Price:
    """Return the cost per additional person of paired runs.

    The price of a run is its cost over its gain. Where a run gains nobody, no money buys a person, and its price is
    infinite: it stands above every other one. Quantiles are those of the prices of the runs. Where the middle 90% of
    the gains holds zero, the gain is not told apart from none: then only the lower end is given, as
    the least that a person costs. Where it lies below zero there are fewer people and no price at all.

    Args:
        cost: additional cost of every run, float64[runs].
        gain: additional people of the same runs, float64[runs].

    Raises:
        ValueError: no run, or not one gain for every cost.

    Example:
        >>> price(np.array([10.0, 10.0, 10.0]), np.array([1.0, 2.0, 4.0])).median
        5.0
    """
    if cost.shape != gain.shape or not cost.size:
        raise ValueError(f"costs {cost.shape} and gains {gain.shape}: needed is one gain for every cost, and a run")
    nothing = float("nan")
    _, fewest, most = band(gain)
    if not cost.any():
        return Price(nothing, nothing, nothing, "free")
    if most < 0.0:
        return Price(nothing, nothing, nothing, "fewer")
    each = np.full(cost.shape, np.inf)
    np.divide(cost, gain, out=each, where=gain > 0.0)
    middle, low, high = band(each)
    if fewest > 0.0:
        return Price(middle, low, high, "yes")
    return Price(nothing, low if np.isfinite(low) else nothing, nothing, "open")


def _quantile(ordered: Floats, share: float) -> float:
    """Return a quantile of sorted values, infinite where a neighbour that counts is."""
    at = share * (len(ordered) - 1)
    below = int(at)
    part = at - below
    if part < 1e-12 or ordered[below] == ordered[min(below + 1, len(ordered) - 1)]:
        return float(ordered[below])
    return float(ordered[below] + part * (ordered[below + 1] - ordered[below]))
