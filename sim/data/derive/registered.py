"""Registered population by county, and where the registered who live elsewhere are.

Identity, exact for every county and year::

    registered = present + out_in_province + outside_migrants
    present    = residents - in_other_county - in_other_province

``present`` is observed. The province totals are too, in part: the sum of ``out_in_province`` is
the census count of residents registered in another county of the province, the sum of
``outside_migrants`` is the recalled count of the destination census.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data.derive.boundaries import restated_2010
from sim.data.derive.rounding import round_to_total
from sim.data.derive.tableset import TableSet

OUTSIDE_FLOOR = 0.01
"""Smallest share of the registered population of a county taken to live outside the province (judged)."""
SAME_PREFECTURE_WEIGHT = 4.0
"""Weight of an origin county in the prefecture of the destination, against one outside it (judged)."""


def county_census(tables: TableSet) -> pd.DataFrame:
    """Return the county census with its three derived columns.

    2010 starts from the published registered population, 2020 from `rolled_forward`.
    """
    table = tables["county_census"].copy()
    prior_2010 = tables.census(2010)["registered_published"].astype("float64")
    first = _split(tables, 2010, prior_2010)
    second = _split(tables, 2020, rolled_forward(tables, first["registered"]))
    derived = pd.concat({2010: first, 2020: second}, names=["year"]).swaplevel()
    keys = pd.MultiIndex.from_frame(table[["county_code", "year"]])
    for column in first.columns:
        table[column] = derived.loc[keys, column].to_numpy()
    table["registered_published"] = table["registered_published"].astype("Int64")
    return table


def rolled_forward(tables: TableSet, registered_2010: pd.Series) -> pd.Series:
    """Return a first estimate of the registered population of 2020 by county.

    The derived 2010 population on 2020 boundaries grows by the county's natural increase of 2010
    times the ratio of the province's cumulated 2011-2020 increase to that of 2010, and is scaled to
    the provincial total (residents - residents from other provinces + outside migrants).
    """
    census_2010, census_2020 = tables.census(2010), tables.census(2020)
    series = tables["province_series"].set_index("year")
    decade = float((series["birth_rate"] - series["death_rate"]).loc[2011:2020].sum())
    increase = census_2010["birth_rate"] - census_2010["death_rate"]
    province = float(np.average(increase, weights=census_2010["residents"]))
    grown = restated_2010(tables, registered_2010) * (1.0 + increase / 1000.0 * decade / province)
    own = census_2020["residents"] - census_2020["in_other_province"]
    total = float(own.sum()) + tables.anchor("outside_migrants_2020")
    return grown * (total / float(grown.sum()))


def out_in_province(
    registered: NDArray[np.float64],
    arrived: NDArray[np.float64],
    km: NDArray[np.float64],
    same_prefecture: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return registered persons of each county who live in another county of the province.

    Residents of a county registered in other counties are assigned to origins by a gravity rule:
    weight = registered population of the origin / distance, times 4 within the prefecture.

    Args:
        registered: persons by origin.
        arrived: residents registered in another county, by destination.
        km: origin by destination distances.
        same_prefecture: origin by destination.
    """
    weight = registered[:, None] / km * np.where(same_prefecture, SAME_PREFECTURE_WEIGHT, 1.0)
    np.fill_diagonal(weight, 0.0)
    return np.asarray((weight / weight.sum(axis=0) * arrived).sum(axis=1), dtype=np.float64)


def _split(tables: TableSet, year: int, prior: pd.Series) -> pd.DataFrame:
    census = tables.census(year)
    arrived = census["in_other_county"].to_numpy(dtype=np.float64)
    present = (census["residents"] - census["in_other_county"] - census["in_other_province"]).to_numpy(dtype=np.int64)
    first = prior.to_numpy(dtype=np.float64)
    prefecture = tables["counties"].sort_values("county_code")["prefecture_code"].to_numpy(dtype=object)
    inside = out_in_province(first, arrived, tables.distance_km(), prefecture[:, None] == prefecture)
    outside = np.maximum(first - present - inside, OUTSIDE_FLOOR * first)
    moved_within = round_to_total(inside, int(arrived.sum()))
    moved_outside = round_to_total(outside, round(tables.anchor(f"outside_migrants_{year}")))
    return pd.DataFrame(
        {
            "out_in_province": moved_within,
            "outside_migrants": moved_outside,
            "registered": present + moved_within + moved_outside,
        },
        index=census.index,
    )
