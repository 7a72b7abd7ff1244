"""Yearly figures of all provinces: the past that forecasts of one province are judged by."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from sim.data.tables import DATA_ROOT, DataError, read_table

__all__ = ["first_published", "province_panel", "resident_panel"]

FOLDER = DATA_ROOT / "china"
ATYPICAL = ("110000", "120000", "310000", "540000")
"""Beijing, Tianjin and Shanghai, nearly all urban for long, and Tibet, the least urban: left out (judged)."""


@cache
def province_panel() -> pd.DataFrame:
    """Return the urban rates of the comparable provinces, per cent, a row per year-end and a column per province.

    Raises:
        DataError: a rate is no percentage, or a year is missing between others.
    """
    return _panel("province_rates", "urban_rate", 100.0)


@cache
def resident_panel() -> pd.DataFrame:
    """Return the natural logarithm of the residents of the comparable provinces, laid out like the rates.

    Raises:
        DataError: a number is not positive, or a year is missing between others.
    """
    return _panel("province_residents", "residents_10k", np.inf).apply(np.log)


@cache
def first_published(year: int) -> pd.Series[float]:
    """Return the urban rates of a year-end as they were first published, per cent, by province (recalled figures)."""
    table = _comparable("first_published_rates", "urban_rate", 100.0)
    return table[table["year"] == year].set_index("province_code")["urban_rate"]


def _panel(name: str, column: str, most: float) -> pd.DataFrame:
    panel = _comparable(name, column, most).pivot_table(column, index="year", columns="province_code")
    if panel.iloc[:-1].isna().any(axis=None) or (panel.index.to_series().diff().iloc[1:] != 1).any():
        raise DataError(f"{FOLDER / name}.csv: a year is missing between others. Restore the file.")
    return panel


def _comparable(name: str, column: str, most: float) -> pd.DataFrame:
    """Return the rows of the comparable provinces."""
    table = read_table(FOLDER, name).astype({"province_code": str})
    if not table[column].between(0.0, most, inclusive="right").all():
        raise DataError(f"{FOLDER / name}.csv: a {column} lies outside 0 to {most:g}. Restore the file.")
    return table[~table["province_code"].isin(ATYPICAL)]
