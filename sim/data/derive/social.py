"""Tenure, schooling and employment by county: 2020 from the long form, 2010 by stated rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data.derive.tableset import TableSet

ADULT_AGE = 15
COLUMNS = (
    "owner_share",
    "renter_share",
    "other_tenure_share",
    "low_skill_share",
    "middle_skill_share",
    "high_skill_share",
    "employment_rate",
    "agriculture_share",
)


def county_social(tables: TableSet) -> pd.DataFrame:
    """Return shares by county for 2010 and 2020.

    2020: households of the long form by tenure; persons with senior (middle) and college or higher
    (high) schooling over residents aged 15 and over, the rest is low; employed over sampled persons
    aged 15 and over; agriculture over employed.

    2010 was not asked or is not tabulated by county. Rule: logit share(2010) = logit share(2020)
    + slope * (x(2010) - x(2020)), slope by least squares over counties in 2020, with x = mean years of
    schooling for skills and x = urban share for renting and agriculture. Other tenure and the
    employment rate keep their 2020 values.
    """
    latest = _observed_2020(tables)
    earlier = _imputed_2010(tables, latest)
    table = pd.concat({2010: earlier, 2020: latest}, names=["year"]).swaplevel().sort_index().reset_index()
    return table[["county_code", "year", *COLUMNS]]


def _observed_2020(tables: TableSet) -> pd.DataFrame:
    form = tables["county_long_form"].set_index("county_code").sort_index()
    ages = tables["county_age_sex"]
    adults = ages[(ages["year"] == 2020) & (ages["age_lo"] >= ADULT_AGE)].groupby("county_code")["persons"].sum()
    share = pd.DataFrame(index=form.index)
    share["renter_share"] = form["renter"] / form["households_sampled"]
    share["other_tenure_share"] = form["other_tenure"] / form["households_sampled"]
    share["middle_skill_share"] = form["edu_senior"] / adults
    share["high_skill_share"] = (form["edu_college"] + form["edu_bachelor_plus"]) / adults
    share["employment_rate"] = form["employed_sampled"] / form["persons_15plus_sampled"]
    share["agriculture_share"] = form["agriculture_sampled"] / form["employed_sampled"]
    return _completed(share)


def _imputed_2010(tables: TableSet, latest: pd.DataFrame) -> pd.DataFrame:
    census = {year: tables.census(year) for year in (2010, 2020)}
    schooling = {year: c["education_years"].to_numpy(dtype=np.float64) for year, c in census.items()}
    urban = {year: (c["residents_urban"] / c["residents"]).to_numpy(dtype=np.float64) for year, c in census.items()}
    share = latest.copy()
    for column in ("middle_skill_share", "high_skill_share"):
        share[column] = _shifted(latest[column].to_numpy(), schooling[2020], schooling[2010])
    for column in ("renter_share", "agriculture_share"):
        share[column] = _shifted(latest[column].to_numpy(), urban[2020], urban[2010])
    return _completed(share)


def _shifted(share: NDArray[np.float64], now: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
    logit = np.log(share / (1.0 - share))
    centred = now - now.mean()
    slope = float(centred @ logit) / float(centred @ centred)
    return np.asarray(1.0 / (1.0 + np.exp(-(logit + slope * (then - now)))), dtype=np.float64)


def _completed(share: pd.DataFrame) -> pd.DataFrame:
    rounded = share.round(4)
    rounded["owner_share"] = (1.0 - rounded["renter_share"] - rounded["other_tenure_share"]).round(4)
    rounded["low_skill_share"] = (1.0 - rounded["middle_skill_share"] - rounded["high_skill_share"]).round(4)
    return rounded
