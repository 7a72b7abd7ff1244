"""Who leaves the province in the base year: net departures by age."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.agents.state import MAX_AGE
from sim.base.ages import LEAVING_AGES
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.year.world_tables import reconsider_profile

CENSUSES = (2010, 2020)
"""Two censuses whose difference says how departures fall on ages."""


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
