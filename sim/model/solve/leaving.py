"""Who leaves the province in the base year: departures by home county, and net departures by age."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.agents.state import MAX_AGE
from sim.agents.world import LEAVING_AGES
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.year.world_tables import reconsider_profile

CENSUSES = (2010, 2020)
"""Two censuses whose difference says how departures fall on counties and ages."""
DECADE = CENSUSES[1] - CENSUSES[0]


def departures_by_county(region: Region, year: int, params: Mapping[str, float]) -> Floats:
    """Return how departures from villages fall on home counties, float64[n_counties], adding up to one.

    By stock: the drawn evenness falls on all villagers alike, the rest in proportion to those outside.
    By change, where two censuses are known at the start: what the drawn hazard of returning and the
    change of those outside between them ask for. The drawn weight mixes both.

    Args:
        region: tables.
        year: census at the start.
        params: drawn parameters.
    """
    table = region.table("county_census")
    census = table[table["year"] == year].set_index("county_code").loc[list(region.county_codes)]
    stock, villagers = (census[c].to_numpy(np.float64) for c in ("outside_migrants", "residents_rural"))
    even = params["departure_evenness"]
    by_stock = even * villagers / villagers.sum() + (1.0 - even) * stock / stock.sum()
    if year < CENSUSES[1]:
        return np.asarray(by_stock)
    change = region.table("outside_change").set_index("county_code").loc[list(region.county_codes)]
    first, last = (change[f"outside_{y}"].to_numpy(np.float64) for y in CENSUSES)
    asked = np.maximum((last - first) / DECADE + params["return_hazard"] * (first + last) / 2.0, 0.0)
    weight = params["outside_change_weight"]
    return np.asarray(weight * asked / asked.sum() + (1.0 - weight) * by_stock)


def departures_by_age(region: Region, year: int, known: int, params: Mapping[str, float]) -> tuple[Floats, float]:
    """Return departures of adults by age group in persons a year, and how much of the returns to add.

    Known are net departures by the cohorts of both censuses, so that returns are added (1). At an
    earlier date departures follow the model schedule of Rogers and Castro (1981) and returns say nothing (0).
    Only the proportions count.

    Args:
        region: tables.
        year: census at the start.
        known: last year-end whose figures may be used.
        params: drawn parameters.
    """
    ages = region.table("county_age_sex")
    ages = ages[ages["year"] == year]
    lower, persons = (ages[c].to_numpy(np.int64) for c in ("age_lo", "persons"))
    groups = np.searchsorted(LEAVING_AGES, lower, side="right")
    residents = np.bincount(groups, persons, len(LEAVING_AGES) + 1)[1:]
    if known >= CENSUSES[1]:
        return residents * region.table("net_departures")["rate"].to_numpy(np.float64), 1.0
    schedule = reconsider_profile(params["labour_peak_age"])
    ends = (*LEAVING_AGES[1:], MAX_AGE + 1)
    rate = [schedule[first:end].mean() for first, end in zip(LEAVING_AGES, ends, strict=True)]
    return residents * np.array(rate), 0.0
