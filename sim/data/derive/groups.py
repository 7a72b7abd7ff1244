"""Region groups, expanded from rules to lists of counties."""

from __future__ import annotations

import pandas as pd

from sim.data.derive.boundaries import restated_2010
from sim.data.derive.tableset import TableSet
from sim.data.tables import DataError, records

KINDS = ("prefecture", "county", "type", "loss", "inflow")


def region_groups(tables: TableSet) -> pd.DataFrame:
    """Return one row per group and county.

    Kinds of rule: ``prefecture`` (all counties of the listed prefectures), ``county`` (listed codes), ``type``
    (counties of the listed types), ``loss`` (residents fell by more than this share from 2010 to 2020, 2010 on the
    boundaries of 2020) and ``inflow`` (residents of 2020 over registered of 2020 above this ratio).

    Raises:
        DataError: an unknown kind of rule.
    """
    rows = []
    for rule in records(tables["group_rules"]):
        if rule["kind"] not in KINDS:
            raise DataError(
                f"group_rules.csv, group {rule['group']}: kind {rule['kind']!r} is not one of {', '.join(KINDS)}."
            )
        for code in _members(tables, rule["kind"], str(rule["selector"])):
            rows.append([rule["group"], rule["name_en"], rule["name_zh"], code, rule["basis"]])
    return pd.DataFrame(rows, columns=["group", "name_en", "name_zh", "county_code", "basis"])


def _members(tables: TableSet, kind: str, selector: str) -> list[str]:
    counties = tables["counties"].sort_values("county_code")
    codes = list(counties["county_code"])
    if kind == "prefecture":
        return list(counties.loc[counties["prefecture_code"].isin(selector.split()), "county_code"])
    if kind == "county":
        return [code for code in codes if code in selector.split()]
    if kind == "type":
        return list(counties.loc[counties["type"].isin(selector.split()), "county_code"])
    latest = tables.census(2020)
    if kind == "loss":
        change = latest["residents"] / restated_2010(tables, tables.census(2010)["residents"]) - 1.0
        return [code for code in codes if change[code] < -float(selector)]
    return [code for code in codes if latest.loc[code, "residents"] > float(selector) * latest.loc[code, "registered"]]
