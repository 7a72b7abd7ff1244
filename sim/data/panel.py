"""Urban rates of all provinces: the past that forecasts of one province are judged by."""

from __future__ import annotations

from functools import cache

import pandas as pd

from sim.data.tables import DATA_ROOT, DataError, read_table

__all__ = ["province_panel"]

FOLDER = DATA_ROOT / "china"
ATYPICAL = ("110000", "120000", "310000", "540000")
"""Beijing, Tianjin and Shanghai, nearly all urban for long, and Tibet, the least urban: left out (judged)."""


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
