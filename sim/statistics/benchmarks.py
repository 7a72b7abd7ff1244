"""Three ways to extrapolate an urban share without any model of people.

Every path in the report is shown beside these: no change in pace (a straight
line), a logistic curve, and the urban-rural growth difference of the United
Nations. All three pass exactly through the first and the last observation of the
fit window, so a difference between them is a difference of method, not of data.
Shares are between 0 and 1, years are year-ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.arrays import Ints

Years = Sequence[float] | NDArray[np.float64] | Ints

ASYMPTOTES = (0.75, 1.0)
"""Range of the logistic ceiling; the line is drawn at the middle of the range."""

UN_TRANSITION_YEARS = 25.0
"""Years after which the growth difference has converged to the norm (UN practice)."""


class Point(NamedTuple):
    """An observed urban share at a year-end."""

    year: float
    share: float


class Norm(NamedTuple):
    """Growth difference expected at a given urban share: intercept + slope * share, per year."""

    intercept: float
    slope: float

    def at(self, share: float) -> float:
        """Return the growth difference of the norm at ``share``, per year."""
        return self.intercept + self.slope * share


UN_NORM = Norm(0.037623, -0.02604)
"""World norm of World Urbanization Prospects 2018 (coefficients recalled, not looked up)."""


def linear(years: Years, first: Point, last: Point) -> NDArray[np.float64]:
    """Return the straight line through two observations (no change in pace).

    Example:
        >>> float(linear([2030], Point(2010, 0.4), Point(2020, 0.5))[0])
        0.6
    """
    _check(first, last, ceiling=1.0)
    pace = (last.share - first.share) / (last.year - first.year)
    return np.asarray(last.share + pace * (np.asarray(years, dtype=float) - last.year), dtype=float)


def logistic(years: Years, first: Point, last: Point, asymptote: float = 1.0) -> NDArray[np.float64]:
    """Return the logistic curve through two observations with a given ceiling.

    ln(p / (K - p)) is linear in time, K = ``asymptote``.
    """
    _check(first, last, ceiling=asymptote)
    start, end = (np.log(p.share / (asymptote - p.share)) for p in (first, last))
    pace = (end - start) / (last.year - first.year)
    index = end + pace * (np.asarray(years, dtype=float) - last.year)
    return np.asarray(asymptote / (1.0 + np.exp(-index)), dtype=float)


def growth_difference(
    years: Years, first: Point, last: Point, norm: Norm | None = UN_NORM, transition_years: float = UN_TRANSITION_YEARS
) -> NDArray[np.float64]:
    """Return the path with the urban-rural growth difference of the United Nations.

    The difference d between urban and rural growth is the yearly change of
    ln(urban / rural). It is measured between the two observations and then moves in
    a straight line to the norm at the last observed share, which it reaches after
    ``transition_years``:
    ln(urban / rural) = x + d n + (h - d) n^2 / (2 N) for n <= N years after the last
    observation. With ``norm=None`` d stays constant, which is the logistic curve
    with a ceiling of 1.
    """
    _check(first, last, ceiling=1.0)
    start, end = (np.log(p.share / (1.0 - p.share)) for p in (first, last))
    pace = (end - start) / (last.year - first.year)
    elapsed = np.asarray(years, dtype=float) - last.year
    index = end + pace * elapsed
    if norm is not None:
        forward = np.maximum(elapsed, 0.0)
        within = np.minimum(forward, transition_years)
        change = within**2 / (2.0 * transition_years) + (forward - within)
        index = index + (norm.at(last.share) - pace) * change
    return np.asarray(1.0 / (1.0 + np.exp(-index)), dtype=float)


def province_benchmarks(observed: Mapping[int, float], years: Sequence[int], window: tuple[int, int]) -> pd.DataFrame:
    """Return the three benchmarks of a series of urban shares.

    Args:
        observed: share by year-end, 0..1; both ends of the window are needed.
        years: year-ends to extrapolate to.
        window: first and last year-end of the fit.

    Returns:
        Columns year, benchmark (linear, logistic, growth_difference), share, low, high;
        low and high are the range over ``ASYMPTOTES`` for the logistic curve and equal
        the share elsewhere.

    Raises:
        ValueError: an end of the window is not in ``observed``.
    """
    for year in window:
        if year not in observed:
            raise ValueError(f"benchmark window {window[0]}-{window[1]}: no observed share for year-end {year}")
    first, last = (Point(year, observed[year]) for year in window)
    middle = sum(ASYMPTOTES) / 2.0
    paths = {
        "linear": (linear(years, first, last),) * 3,
        "logistic": tuple(logistic(years, first, last, k) for k in (middle, *ASYMPTOTES)),
        "growth_difference": (growth_difference(years, first, last),) * 3,
    }
    frames = [
        pd.DataFrame({"year": list(years), "benchmark": name, "share": mid, "low": low, "high": high})
        for name, (mid, low, high) in paths.items()
    ]
    return pd.concat(frames, ignore_index=True)


def _check(first: Point, last: Point, ceiling: float) -> None:
    """Refuse a window without length and shares outside (0, ceiling)."""
    if not last.year > first.year:
        raise ValueError(f"benchmark window: last year {last.year} must be after first year {first.year}")
    for point in (first, last):
        if not 0.0 < point.share < ceiling:
            raise ValueError(f"share {point.share} in {point.year}: allowed is strictly between 0 and {ceiling}")
