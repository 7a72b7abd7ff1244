"""What a model leaves out, added to what it says: a pace that stays wrong, and the error of yearly figures.

After Kennedy and O'Hagan (2001): outcome = model + discrepancy + error of the figure, the terms
independent. Every term has one size and sign over all years and grows in proportion to them.
Terms are integrated over the same ``POINTS`` points for every run, so that they depend on
neither the number of draws nor the scenario, and no random number is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import qmc, t

from sim.base.arrays import Floats
from sim.statistics.elsewhere import COMMON_DF, OWN_DF

__all__ = ["PARTS", "POINTS", "Reading", "Spread", "drift", "offsets", "pace", "points", "sds", "shift", "years_astray"]

PARTS = ("common", "own", "drift", "next_drift", "prefecture", "county")
"""Common and own part of the pace offset, drift of yearly figures since the last census before the
information date and since the one after it, and the shocks of prefectures and counties."""
FREEDOM = (COMMON_DF, OWN_DF, 4, 4, 4, 4)
"""Degrees of freedom of Student's t by part; drift and shocks: fitted to residuals of counties (3.98), judged."""
POINTS = 128
MEAN_WEIGHT = 0.5
"""Share of the mean drift that is believed: two censuses agree on it, at the one of 2010 it made forecasts worse."""
CENSUS_EVERY = 10

Reading = Literal["published", "census"]
"""What is asked: the figure published for a year-end, or what the next census makes of that year-end."""


class Spread(NamedTuple):
    """Standard deviation of every part in a year (of the drift also its mean), in the unit of the quantity."""

    common: float
    own: float
    drift: float
    drift_mean: float
    prefecture: float = 0.0
    county: float = 0.0


def pace(errors: pd.DataFrame) -> tuple[float, float]:
    """Return the common and the own part of forecast errors, root mean square per year ahead.

    Args:
        errors: origin, ahead, error of past forecasts, a row per province.
    """
    per_year = errors["error"] / errors["ahead"]
    common = per_year.groupby([errors["origin"], errors["ahead"]])
    own = per_year - common.transform("mean")
    return float(np.sqrt((common.mean() ** 2).mean())), float(np.sqrt((own**2).mean()))


def drift(found: pd.DataFrame, weight: float = MEAN_WEIGHT) -> tuple[float, float]:
    """Return spread and mean of the drift of yearly figures per year.

    Args:
        found: drift per year by province and census; the mean is over the means of censuses.
        weight: share of that mean that is believed; the spread is around what is believed.
    """
    mean = weight * float(found.mean().mean())
    return float(np.sqrt(((found - mean) ** 2).mean().mean())), mean


@cache
def points(quantity: int) -> Floats:
    """Return what is integrated over: for every part a standardised Student t, float64[POINTS, parts].

    A scrambled Sobol sequence of fixed seed: every part takes the midpoints of equal shares, and
    all parts together fill their space evenly. What correlation is left is removed, so that the
    variance of a sum is the sum of variances exactly.

    Args:
        quantity: 0 or 1: two quantities that are told together have unrelated points.
    """
    cells = np.floor(qmc.Sobol(2 * len(PARTS), rng=0).random(POINTS) * POINTS)
    columns = t.ppf((cells + 0.5) / POINTS, 2 * FREEDOM)
    columns = np.linalg.solve(np.linalg.cholesky(np.cov(columns.T, ddof=0)), columns.T).T
    own: Floats = columns[:, quantity * len(PARTS) : (quantity + 1) * len(PARTS)]
    return own


def years_astray(year: int, origin: int, start: int, reading: Reading) -> Floats:
    """Return for how many years every part has grown at a year-end, float64[parts].

    At a census year-end figures are those of the census. Where yearly figures that no census
    has met were passed on the way (the origin is no census year), the path follows them, and
    undoing their drift gives what the census will say.

    Args:
        year: year-end that is told.
        origin: last observed year-end of the province.
        start: last year-end at which counties were observed.
        reading: what is asked.
    """
    last = origin - origin % CENSUS_EVERY
    following = last + CENSUS_EVERY
    ahead, shock = max(0, year - origin), max(0, year - start)
    undone = min(year, following) - last if origin > last and year > last else 0
    own = next_own = 0.0
    if reading == "census" or year >= following:
        own = -undone
    elif origin == last and year > last:
        own = year - last
    if reading == "published" and year >= following:
        next_own = year % CENSUS_EVERY
    return np.array([ahead, ahead, own, next_own, shock, shock], np.float64)


def sds(spread: Spread, years: Floats) -> Floats:
    """Return the standard deviation of every part, float64[parts]."""
    scale = (spread.common, spread.own, spread.drift, spread.drift, spread.prefecture, spread.county)
    return np.asarray(np.abs(years) * np.array(scale))


def shift(spread: Spread, years: Floats) -> float:
    """Return the mean of all parts together."""
    return spread.drift_mean * float(years[2] + years[3])


def offsets(spread: Spread, years: Sequence[Floats], quantity: int = 0) -> Floats:
    """Return what is added to a path, float64[POINTS, years].

    Args:
        spread: scale of the parts.
        years: for how many years every part has grown, by year-end told.
        quantity: which points are integrated over.
    """
    grown = np.array(years).reshape(-1, len(PARTS))
    scale = np.sign(grown) * [sds(spread, one) for one in grown]
    return np.asarray(points(quantity) @ scale.T + [shift(spread, one) for one in grown])
