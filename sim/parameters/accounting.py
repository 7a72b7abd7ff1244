"""Levels by one rule at every date: what the published series up to a year-end say about yearly flows."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sim.data import Region

WINDOW = 4
"""Published years whose median is the accounting estimate of a level (judged: as many as are carried forward)."""
DEMAND_SHARE = 0.4
"""Growth of labour demand at unchanged wages over that of urban residents (judged)."""

Rule = Literal["transfer", "outside_loss", "labour_demand"]


def accounting(region: Region, date: int) -> dict[Rule, float]:
    """Return yearly levels as known at a date: transfer into towns, net loss to other provinces, labour demand.

    Each is the median over the last ``WINDOW`` published years. Transfer (with reclassification):
    increase of urban residents less natural increase in towns, taken at the provincial rate.
    Loss: natural increase less the change of residents. Persons per year. Labour demand: growth
    of urban residents times ``DEMAND_SHARE``, log points per year.

    Args:
        region: the region.
        date: last year-end that may be used.
    """
    series = region.table("province_series").set_index("year").sort_index()
    years = np.arange(date - WINDOW + 1, date + 1)
    column = {name: series[name].astype(np.float64) for name in ("residents", "urban_residents", "births", "deaths")}
    natural = (column["births"] - column["deaths"])[years].to_numpy()
    residents, before = (column["residents"][y].to_numpy() for y in (years, years - 1))
    urban, urban_before = (column["urban_residents"][y].to_numpy() for y in (years, years - 1))
    in_towns = natural * (urban + urban_before) / (residents + before)
    return {
        "transfer": float(np.median(urban - urban_before - in_towns)),
        "outside_loss": float(np.median(natural - (residents - before))),
        "labour_demand": DEMAND_SHARE * float(np.median(np.log(urban / urban_before))),
    }
