"""Residents of 2010 who live in another county on the boundaries of 2020."""

from __future__ import annotations

import pandas as pd

from sim.data.derive.rounding import round_to_total
from sim.data.derive.tableset import TableSet
from sim.data.tables import records

RURAL_TYPES = ("county", "county_level_city", "autonomous_county")


def boundary_changes(tables: TableSet) -> pd.DataFrame:
    """Return the table of boundary changes with ``persons_2010`` filled.

    Rule where no restated count is published: the county that lost area is taken to have
    changed between the censuses like the counties of its prefecture that are not districts;
    the excess loss moved to the named neighbours, in proportion to their rural residents of 2020.
    """
    changes = tables["boundary_changes"].copy()
    changes["persons_2010"] = changes["persons_published"]
    for origin, rows in changes[changes["persons_published"].isna()].groupby("from_county"):
        moved = _estimated_loss(tables, str(origin))
        rural = tables.census(2020)["residents_rural"]
        shares = [float(rural[code]) for code in rows["to_county"]]
        changes.loc[rows.index, "persons_2010"] = round_to_total(shares, moved)
    changes["persons_2010"] = changes["persons_2010"].astype("int64")
    changes["persons_published"] = changes["persons_published"].astype("Int64")
    return changes


def _estimated_loss(tables: TableSet, origin: str) -> int:
    counties = tables["counties"].set_index("county_code")
    alike = counties[
        (counties["prefecture_code"] == counties.loc[origin, "prefecture_code"]) & counties["type"].isin(RURAL_TYPES)
    ].index.drop(origin, errors="ignore")
    before, after = tables.census(2010)["residents"], tables.census(2020)["residents"]
    ratio = float(after[alike].sum()) / float(before[alike].sum())
    return round(float(before[origin]) - float(after[origin]) / ratio)


def restated_2010(tables: TableSet, values: pd.Series) -> pd.Series:
    """Return a county quantity of 2010 on the boundaries of 2020.

    A part of each changed county moves with its persons: value * persons moved / residents of 2010.

    Args:
        tables: needs the county census and the boundary changes.
        values: by county code, on the boundaries of 2010.
    """
    residents = tables.census(2010)["residents"]
    restated = values.astype("float64").copy()
    for row in records(tables["boundary_changes"]):
        origin = row["from_county"]
        part = float(values[origin]) * row["persons_2010"] / float(residents[origin])
        restated[origin] -= part
        restated[row["to_county"]] += part
    return restated
