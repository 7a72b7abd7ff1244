"""Where the registered population outside the province lives, and how old it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data.derive.rounding import round_shares, round_to_total
from sim.data.derive.tableset import TableSet
from sim.data.tables import records

ADULT_AGE = 15
RISE_AGE, RISE_RATE = 20.0, 0.4
"""Location and steepness of the labour-force component of the Rogers-Castro standard schedule."""


def county_outside(tables: TableSet) -> pd.DataFrame:
    """Return outside migrants by county, year and destination.

    The county total is divided by the destination shares of its prefecture.
    """
    shares = tables["outside_shares"].set_index("place_code")
    prefecture = tables["counties"].set_index("county_code")["prefecture_code"]
    destinations = list(tables["outside_places"]["code"])
    rows = []
    for row in records(tables["county_census"]):
        weights = shares.loc[prefecture[row["county_code"]], [f"share_{code}" for code in destinations]]
        parts = round_to_total(weights.to_numpy(dtype=np.float64), row["outside_migrants"])
        rows.append([row["county_code"], row["year"], *parts])
    return pd.DataFrame(rows, columns=["county_code", "year", *destinations])


def outside_places(tables: TableSet) -> pd.DataFrame:
    """Return the outside places with their migrant stocks (sums over counties) and shares of 2020."""
    table = tables["outside_places"].copy()
    stocks = tables["county_outside"].groupby("year")[list(table["code"])].sum()
    for year in (2010, 2020):
        table[f"migrants_{year}"] = [int(stocks.loc[year, code]) for code in table["code"]]
    table["destination_share"] = round_shares(table["migrants_2020"], 4)
    return table


def migrant_age(tables: TableSet) -> pd.DataFrame:
    """Return the age profile of the outside stock.

    Adults: residents of 2020 by age times the labour-force component of the Rogers-Castro schedule,
    exp(-a (x - 20) - exp(-0.4 (x - 20))), with the slope a solved so that the mean age is that of
    outgoing migrant workers. Children: residents' own age distribution, scaled to the judged share.
    """
    ages = tables["county_age_sex"]
    residents = ages[ages["year"] == 2020].groupby(["age_lo", "age_hi"])["persons"].sum().reset_index()
    low = residents["age_lo"].to_numpy(dtype=np.float64)
    middle = np.where(low >= 85, 88.0, (low + residents["age_hi"].to_numpy(dtype=np.float64) + 1.0) / 2.0)
    persons = residents["persons"].to_numpy(dtype=np.float64)
    adult = low >= ADULT_AGE
    slope = _solve_slope(middle[adult], persons[adult], tables.anchor("outgoing_mean_age_2020"))
    child_share = tables.anchor("outside_child_share")
    stock = np.zeros(len(low))
    stock[adult] = _normalized(persons[adult] * _propensity(middle[adult], slope)) * (1.0 - child_share)
    stock[~adult] = _normalized(persons[~adult]) * child_share
    residents["stock_share"] = round_shares(stock)
    propensity = _propensity(middle, slope) * adult
    residents["adult_propensity"] = np.round(propensity / propensity.max(), 6)
    return residents[["age_lo", "age_hi", "stock_share", "adult_propensity"]]


def _normalized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values / values.sum(), dtype=np.float64)


def _propensity(age: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-slope * (age - RISE_AGE) - np.exp(-RISE_RATE * (age - RISE_AGE))), dtype=np.float64)


def _solve_slope(age: NDArray[np.float64], persons: NDArray[np.float64], mean_age: float) -> float:
    low, high = -0.2, 0.5
    for _ in range(60):
        middle = (low + high) / 2.0
        mean = float(np.average(age, weights=persons * _propensity(age, middle)))
        low, high = (middle, high) if mean > mean_age else (low, middle)
    return (low + high) / 2.0
