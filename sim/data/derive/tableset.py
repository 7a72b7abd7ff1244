"""Tables while they are derived: read from the folder, replaced by what has been computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data.geography import distance_table
from sim.data.tables import DataError, read_table


class TableSet:
    """Tables of one folder by name; a table set here hides the file.

    Attributes:
        folder: the region folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table (not a copy)."""
        if name not in self._tables:
            self._tables[name] = read_table(self.folder, name)
        return self._tables[name]

    def __setitem__(self, name: str, table: pd.DataFrame) -> None:
        """Replace a table."""
        self._tables[name] = table

    def census(self, year: int) -> pd.DataFrame:
        """Return the county census of a year, indexed by county code in county order."""
        table = self["county_census"]
        rows = table[table["year"] == year].set_index("county_code")
        codes = self["counties"]["county_code"].sort_values()
        absent = [code for code in codes if code not in rows.index]
        if absent:
            raise DataError(
                f"{self.folder / 'county_census.csv'}: county {absent[0]} has no row for {year}. "
                "Add the row with its census counts."
            )
        return rows.loc[list(codes)]

    def anchor(self, name: str) -> float:
        """Return the value of a named anchor."""
        table = self["anchors"].set_index("name")
        if name not in table.index:
            raise DataError(
                f"{self.folder / 'anchors.csv'}: no row named {name!r}. Add it with value, unit and source."
            )
        return float(table["value"][name])

    def distance_km(self) -> NDArray[np.float64]:
        """Return county to county distances, own distance on the diagonal."""
        counties = self["counties"].sort_values("county_code")
        lat, lon, area = (counties[c].to_numpy(dtype=np.float64) for c in ("lat", "lon", "area_km2"))
        none = np.zeros(0)
        return distance_table(lat, lon, area, none, none)
