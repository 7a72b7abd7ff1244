"""Urban shares of the counties of all provinces in two censuses: what forecasts of counties are judged by."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from sim.data.tables import DATA_ROOT, DataError, read_table

__all__ = ["county_changes"]

FOLDER = DATA_ROOT / "china"
SAME_COUNTY = 0.6
"""A matched county whose residents changed by more, in logs, between the censuses is not the same place (judged)."""


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
