"""Urban rates of all provinces and counties: the past that forecasts of one province are judged by."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from sim.data.tables import DATA_ROOT, DataError, read_table

__all__ = ["county_changes", "province_panel"]

FOLDER = DATA_ROOT / "china"
ATYPICAL = ("110000", "120000", "310000", "540000")
"""Beijing, Tianjin and Shanghai, nearly all urban for long, and Tibet, the least urban: left out (judged)."""
SAME_COUNTY = 0.6
"""A matched county whose residents changed by more, in logs, between the censuses is not the same place (judged)."""


@cache
def province_panel() -> pd.DataFrame:
    """Return the urban rates of the comparable provinces, per cent, a row per year-end and a column per province.

    Raises:
        DataError: a rate is no percentage, or a year is missing between others.
    """
    table = read_table(FOLDER, "province_rates").astype({"province_code": str})
    if not table["urban_rate"].between(0.0, 100.0).all():
        raise DataError(f"{FOLDER / 'province_rates.csv'}: a rate lies outside 0 to 100. Restore the file.")
    table = table[~table["province_code"].isin(ATYPICAL)]
    panel = table.pivot_table("urban_rate", index="year", columns="province_code")
    if panel.iloc[:-1].isna().any(axis=None) or (panel.index.to_series().diff().iloc[1:] != 1).any():
        raise DataError(f"{FOLDER / 'province_rates.csv'}: a year is missing between others. Restore the file.")
    return panel


@cache
def county_changes() -> pd.DataFrame:
    """Return the counties of all provinces that the censuses of 2010 and 2020 both tabulate.

    Counties without a match are left out, and those whose residents changed as only a change of
    boundaries (or a slip of the transcription) explains.

    Returns:
        Columns county_code and prefecture_code (of 2010), province (two digits), residents_2010,
        residents_2020, share_2010, share_2020 (urban share, 0..1).

    Raises:
        DataError: urban residents are negative or more than all residents.
    """
    table = read_table(FOLDER, "county_changes").astype({"county_code": str})
    table = table[table["match"] != "none"]
    counts = {year: table[[f"urban_{year}", f"residents_{year}"]].to_numpy(np.float64).T for year in (2010, 2020)}
    if not all(((urban >= 0) & (urban <= residents)).all() for urban, residents in counts.values()):
        raise DataError(f"{FOLDER / 'county_changes.csv'}: urban residents lie outside 0 to all residents. Restore it.")
    (urban, residents), (later_urban, later) = counts[2010], counts[2020]
    shares = pd.DataFrame(
        {
            "county_code": table["county_code"],
            "prefecture_code": table["county_code"].str[:4],
            "province": table["county_code"].str[:2],
            "residents_2010": residents,
            "residents_2020": later,
            "share_2010": urban / residents,
            "share_2020": later_urban / later,
        }
    )
    kept: pd.DataFrame = shares[np.abs(np.log(later / residents)) <= SAME_COUNTY]
    return kept.reset_index(drop=True)
