"""Who left the province between the two censuses, by age, from the cohorts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data.derive.tableset import TableSet
from sim.data.schemas.spec import YEARS

WIDTH = 5
FIRST_BAND, LAST_BAND = 1, 16
"""Bands of five years with a rate: 5-9 to 80-84. Children under 5 were counted 11% short in 2010 and say nothing."""
DECADE = YEARS[1] - YEARS[0]
SMOOTHING = 0.3
"""Weight, in years, of the second differences of the rates against the cohorts (judged)."""
ADULT_BANDS = tuple(range(3, 13))
"""Bands of the table: 15-19 to 55-59, then 60 and over."""


def net_departures(tables: TableSet) -> pd.DataFrame:
    """Return net departures from the province by age, per resident and year, 2010-2020.

    Cohorts of the census of 2010 are survived to 2020 with the mortality schedules; what is missing
    in the census of 2020 left. A cohort passes through three bands of age in ten years: the rates by
    band are those that explain the logs of all cohorts with least squares and least bends.
    """
    first, last = (_residents(tables, year) for year in YEARS)
    expected = (first * _survival(tables)).sum(axis=0)
    cohorts = np.arange(FIRST_BAND, LAST_BAND - 1)
    lost = np.log(expected[cohorts] / last.sum(axis=0)[cohorts + DECADE // WIDTH])
    rates = _smooth(_exposure(cohorts), lost)
    weight = (first + last).sum(axis=0)[FIRST_BAND : LAST_BAND + 1]
    at = np.array(ADULT_BANDS) - FIRST_BAND
    by_group = np.append(rates[at[:-1]], np.average(rates[at[-1] :], weights=weight[at[-1] :]))
    lower = WIDTH * np.array(ADULT_BANDS)
    upper = np.append(lower[1:] - 1, 100)
    return pd.DataFrame({"age_lo": lower, "age_hi": upper, "rate": np.round(by_group, 5)})


def _residents(tables: TableSet, year: int) -> NDArray[np.float64]:
    """Return residents by sex and band of five years, float64[2, 18]; the last band is open."""
    ages = tables["county_age_sex"]
    ages = ages[ages["year"] == year]
    band = ages["age_lo"] // WIDTH
    found = ages.pivot_table(index="sex", columns=band, values="persons", aggfunc="sum")
    return np.asarray(found.to_numpy(dtype=np.float64))


def _survival(tables: TableSet) -> NDArray[np.float64]:
    """Return the share of each band that lives ten years later, float64[2, 18], sexes in the order of `_residents`."""
    table = tables["mortality"]
    out = np.ones((2, 18))
    for row, sex in enumerate(sorted(table["sex"].unique())):
        alive = np.ones(18 * WIDTH)
        for year in range(YEARS[0] + 1, YEARS[1] + 1):
            rates = table[(table["sex"] == sex) & (table["year_from"] <= year) & (table["year_to"] >= year)]
            rates = rates.sort_values("age_lo")
            ages = np.arange(18 * WIDTH) + year - YEARS[0]
            at = np.searchsorted(rates["age_lo"].to_numpy(dtype=np.float64), ages, side="right") - 1
            alive *= np.exp(-rates["mx"].to_numpy(dtype=np.float64)[at])
        out[row] = alive.reshape(18, WIDTH).mean(axis=1)
    return out


def _exposure(cohorts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the years that a cohort spends in each band with a rate, float64[cohorts, bands]."""
    years = np.zeros((len(cohorts), LAST_BAND - FIRST_BAND + 1))
    for row, cohort in enumerate(cohorts):
        for age in WIDTH * cohort + np.arange(WIDTH):
            for passed in range(DECADE):
                for half in (age + passed, age + passed + 1):
                    years[row, min(half // WIDTH, LAST_BAND) - FIRST_BAND] += 0.5 / WIDTH
    return years


def _smooth(years: NDArray[np.float64], lost: NDArray[np.float64]) -> NDArray[np.float64]:
    bends = SMOOTHING * np.diff(np.eye(years.shape[1]), 2, axis=0)
    rows, values = np.vstack([years, bends]), np.append(lost, np.zeros(len(bends)))
    return np.asarray(np.linalg.lstsq(rows, values, rcond=None)[0])
