"""What the identity functions share."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sim.data.schemas import Table

Tables = Mapping[str, pd.DataFrame]
TOLERANCE = 1e-6
FIRST = 3
"""Messages given per rule."""


def rows_where(table: pd.DataFrame, wrong: pd.Series, text: str) -> list[str]:
    """Return a message for the first rows of a county-year table where ``wrong`` is true."""
    rows = table.loc[wrong.to_numpy(), ["county_code", "year"]].head(FIRST)
    return [f"{code}/{year}: {text}" for code, year in zip(rows["county_code"], rows["year"], strict=True)]


def place_sums(tables: Tables, columns: list[str]) -> pd.DataFrame:
    """Return sums of census columns over counties by place (prefectures and the province) and year."""
    census = tables["county_census"]
    prefecture = census["county_code"].map(tables["counties"].set_index("county_code")["prefecture_code"])
    province = str(tables["province"]["place_code"].iloc[0])
    by_prefecture = census.assign(place_code=prefecture).groupby(["place_code", "year"])[columns].sum()
    whole = census.assign(place_code=province).groupby(["place_code", "year"])[columns].sum()
    return pd.concat([by_prefecture, whole])


def shares_add_to_one(table: pd.DataFrame, spec: Table) -> list[str]:
    """Rows and columns declared to add to one do."""
    problems = []
    for columns in spec.adds_to_one:
        off = (table[list(columns)].sum(axis=1) - 1.0).abs() > TOLERANCE
        if off.any():
            position = int(off.to_numpy().argmax())
            key = "/".join(str(table[name].iloc[position]) for name in spec.key)
            problems.append(f"line {position + 2} ({key}): {', '.join(columns)} do not add to one")
    for column in spec.sums_to_one:
        total = float(table[column].sum())
        if abs(total - 1.0) > TOLERANCE:
            problems.append(f"column {column} adds to {total:.6f}, not to one")
    return problems
