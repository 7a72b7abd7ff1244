"""Identities of series, outside places and notes. Each function returns messages, none if all hold."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from sim.base.errors import shown
from sim.data.identities.common import FIRST, Tables, rows_where
from sim.data.schemas import TABLES
from sim.data.tables import records

SUM_TOLERANCE = 5e-4
"""Relative difference of the bulletins of all prefectures from the province (judged; 2021 0.02%, 2025 0.001%)."""


def outside_sums(tables: Tables) -> list[str]:
    """Outside migrants by county and by destination add to the same totals."""
    places, by_county, census = tables["outside_places"], tables["county_outside"], tables["county_census"]
    codes = [str(code) for code in places["code"]]
    keys = pd.MultiIndex.from_frame(by_county[["county_code", "year"]])
    total = census.set_index(["county_code", "year"])["outside_migrants"].loc[keys]
    wrong = pd.Series(by_county[codes].sum(axis=1).to_numpy() != total.to_numpy())
    problems = rows_where(by_county, wrong, "destinations do not add to outside_migrants")
    for sums in records(by_county.groupby("year")[codes].sum().reset_index()):
        problems += [
            f"{place['code']}: migrants_{sums['year']} is not the sum over counties"
            for place in records(places)
            if sums[place["code"]] != place[f"migrants_{sums['year']}"]
        ]
    return problems


def province_rates(tables: Tables) -> list[str]:
    """The urban rate is urban over residents within rounding (10,000 persons)."""
    t = tables["province_series"]
    off = (t["urban_residents"] / t["residents"] - t["urban_rate"]).abs() > 2e-4
    return [f"{year}: urban_rate is not urban_residents / residents" for year in t.loc[off, "year"]]


def series_years(tables: Tables) -> list[str]:
    """The province series has no gaps, and prefectures have no figure of a later year."""
    known, annual = sorted(tables["province_series"]["year"]), tables["prefecture_annual"]
    problems = [f"{a}: the year after it is {b}" for a, b in pairwise(known) if b != a + 1]
    later = annual.loc[annual["year"] > known[-1], ["prefecture_code", "year"]].head(FIRST)
    return problems + [
        f"{year}: missing, but prefecture_annual has {code}/{year}" for code, year in later.itertuples(index=False)
    ]


def prefecture_sums(tables: Tables) -> list[str]:
    """Prefectures add to the province in every year for which all of them are published."""
    annual, province = tables["prefecture_annual"], tables["province_series"].set_index("year")
    problems = []
    for column in ("residents", "urban_residents"):
        published = annual.dropna(subset=[column]).groupby("year")[column].agg(["sum", "count"])
        sums = published.loc[published["count"] == len(tables["prefectures"]), "sum"]
        off = (sums / province[column].reindex(sums.index) - 1.0).abs() > SUM_TOLERANCE
        problems += [f"{year}: {column} of prefectures do not add to the province" for year in sums.index[off]]
    return problems


def fertility_sums(tables: Tables) -> list[str]:
    """The shares of each period add to one."""
    sums = tables["fertility_age"].groupby("year_from")["asfr_share"].sum()
    return [f"{year}: asfr_share does not add to one" for year in sums.index[(sums - 1.0).abs() > 1e-5]]


def anchor_sources(tables: Tables) -> list[str]:
    """Anchors name sources that exist and lie within their range."""
    known = set(tables["sources"]["key"])
    problems = []
    for row in records(tables["anchors"]):
        if row["source"] not in known:
            problems.append(f"{row['name']}: source {shown(row['source'])} is not in sources.csv")
        if not row["low"] <= row["value"] <= row["high"]:
            problems.append(f"{row['name']}: value {row['value']:g} is not between low and high")
    return problems


def notes_refer(tables: Tables) -> list[str]:
    """Sources of columns and notes exist, and cell notes name tables and columns that exist."""
    known = set(tables["sources"]["key"])
    problems = []
    for row in records(tables["cell_notes"]):
        spec = TABLES.get(str(row["table"]))
        columns = {"*"} if spec is None else {"*", *(column.name for column in spec.columns)}
        if spec is None or row["column"] not in columns:
            problems.append(f"{row['table']}.{row['column']} is not a column of a table")
        elif row["source"] not in known:
            problems.append(f"{row['table']}/{row['key']}: source {shown(row['source'])} is not in sources.csv")
    used = {column.source for spec in TABLES.values() for column in spec.columns}
    return problems + [f"source {key!r} of sim/data/schemas is not in sources.csv" for key in sorted(used - known)]


def imputed_noted(tables: Tables) -> list[str]:
    """Every imputed income has a cell note, and only those."""
    economy, notes = tables["prefecture_economy"], tables["cell_notes"]
    problems = []
    for zone in ("urban", "rural"):
        column = f"{zone}_income_2023"
        noted = set(notes.loc[(notes["table"] == "prefecture_economy") & (notes["column"] == column), "key"])
        imputed = set(economy.loc[economy[f"{zone}_income_published_2023"].isna(), "prefecture_code"])
        problems += [
            f"{code}: {column} imputed without note, or noted without need" for code in sorted(imputed ^ noted)
        ]
    return problems
