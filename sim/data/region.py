"""A region: its counties, prefectures, outside places, groups and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.arrays import Ints
from sim.base.errors import shown
from sim.data.check import require_valid
from sim.data.geography import distance_table
from sim.data.tables import DataError, content_hash, read_table, region_folder, table_names


@dataclass(frozen=True, eq=False)
class Region:
    """The geography of one province and access to its tables.

    Counties are sorted by code; index c runs over 0..n_counties-1. Place p = 2*c + zone
    (zone 0 rural, 1 urban); outside place k is p = 2*n_counties + k.

    Attributes:
        name, name_zh, province_code: for example ``hunan``, 湖南省, ``430000``.
        county_prefecture: prefecture index of each county, int64[n_counties].
        groups: county indices of every region group, by name.
        distance_km: float64[n_counties, n_counties + n_outside], see `sim.data.geography`.
        folder: where the tables lie.
    """

    name: str
    name_en: str
    name_zh: str
    province_code: str
    county_codes: tuple[str, ...]
    county_names_en: tuple[str, ...]
    county_names_zh: tuple[str, ...]
    county_prefecture: Ints
    prefecture_codes: tuple[str, ...]
    prefecture_names_en: tuple[str, ...]
    prefecture_names_zh: tuple[str, ...]
    outside_codes: tuple[str, ...]
    outside_names_en: tuple[str, ...]
    outside_names_zh: tuple[str, ...]
    groups: dict[str, Ints]
    group_names_en: dict[str, str]
    group_names_zh: dict[str, str]
    distance_km: NDArray[np.float64] = field(repr=False)
    folder: Path = field(repr=False)
    _cache: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def n_counties(self) -> int:
        """Number of counties."""
        return len(self.county_codes)

    @property
    def n_prefectures(self) -> int:
        """Number of prefectures."""
        return len(self.prefecture_codes)

    @property
    def n_outside(self) -> int:
        """Number of outside places."""
        return len(self.outside_codes)

    @property
    def place_count(self) -> int:
        """Number of places: two zones per county and the outside places."""
        return 2 * self.n_counties + self.n_outside

    @cached_property
    def last_observed(self) -> int:
        """Last year-end with published totals of the province: the last row of ``province_series``."""
        return int(self.table("province_series")["year"].max())

    def table(self, name: str) -> pd.DataFrame:
        """Return a copy of a table of this region (codes as text, rows in file order).

        Raises:
            DataError: no such table; the message lists all names.
        """
        if name not in self._cache:
            known = table_names(self.folder)
            if name not in known:
                raise DataError(f"{self.folder}: no table {name!r}; available: {', '.join(known)}.")
            self._cache[name] = read_table(self.folder, name)
        return self._cache[name].copy()

    def county_index(self, code: str) -> int:
        """Return the index of a county code.

        Raises:
            DataError: the code is not a county of this region.
        """
        try:
            return self.county_codes.index(code)
        except ValueError:
            raise DataError(
                f"county code {code!r} is not one of the {self.n_counties} counties of {self.name_en}."
            ) from None

    def data_hash(self) -> str:
        """Return a hash of the contents of all tables (16 hex digits)."""
        return content_hash(self.folder)


def _lookup(codes: tuple[str, ...], wanted: pd.Series, table: str, column: str) -> Ints:
    index = {code: i for i, code in enumerate(codes)}
    unknown = [str(code) for code in wanted if code not in index]
    if unknown:
        code = shown(unknown[0])
        raise DataError(f"{table}.csv, column {column}: unknown code {code}. Correct it or add it to its own table.")
    return np.array([index[str(code)] for code in wanted], dtype=np.int64)


def _groups(folder: Path, codes: tuple[str, ...]) -> tuple[dict[str, Ints], dict[str, str], dict[str, str]]:
    table = read_table(folder, "region_groups")
    members: dict[str, Ints] = {}
    english: dict[str, str] = {}
    chinese: dict[str, str] = {}
    for group, rows in table.groupby("group", sort=True):
        name = str(group)
        members[name] = np.sort(_lookup(codes, rows["county_code"], "region_groups", "county_code"))
        english[name], chinese[name] = str(rows["name_en"].iloc[0]), str(rows["name_zh"].iloc[0])
    return members, english, chinese


def _text(table: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(str(value) for value in table[column])


def build_region(folder: Path) -> Region:
    """Return the region described by the tables of a folder.

    Raises:
        DataError: a table does not hold what its contract says, or contradicts another.
    """
    require_valid(folder)
    province = read_table(folder, "province").iloc[0]
    counties = read_table(folder, "counties").sort_values("county_code", ignore_index=True)
    prefectures = read_table(folder, "prefectures").sort_values("prefecture_code", ignore_index=True)
    outside = read_table(folder, "outside_places")
    codes = _text(counties, "county_code")
    groups, groups_en, groups_zh = _groups(folder, codes)
    return Region(
        name=folder.name,
        name_en=str(province["name_en"]),
        name_zh=str(province["name_zh"]),
        province_code=str(province["place_code"]),
        county_codes=codes,
        county_names_en=_text(counties, "name_en"),
        county_names_zh=_text(counties, "name_zh"),
        county_prefecture=_lookup(
            _text(prefectures, "prefecture_code"), counties["prefecture_code"], "counties", "prefecture_code"
        ),
        prefecture_codes=_text(prefectures, "prefecture_code"),
        prefecture_names_en=_text(prefectures, "name_en"),
        prefecture_names_zh=_text(prefectures, "name_zh"),
        outside_codes=_text(outside, "code"),
        outside_names_en=_text(outside, "name_en"),
        outside_names_zh=_text(outside, "name_zh"),
        groups=groups,
        group_names_en=groups_en,
        group_names_zh=groups_zh,
        distance_km=distance_table(
            *(counties[c].to_numpy(dtype=np.float64) for c in ("lat", "lon", "area_km2")),
            *(outside[c].to_numpy(dtype=np.float64) for c in ("lat", "lon")),
        ),
        folder=folder,
    )


@lru_cache(maxsize=8)
def _load(name: str, root: Path | None) -> Region:
    return build_region(region_folder(name, root))


def load_region(name: str = "hunan", root: Path | None = None) -> Region:
    """Return a region by the name of its table folder (cached).

    Args:
        name: folder of tables, for example ``hunan``.
        root: folder that holds the region folder; default is this package.

    Raises:
        DataError: no such region, or `python -m sim.data check` refuses its tables.

    Example:
        >>> region = load_region("hunan")
        >>> region.n_counties, region.place_count
        (122, 247)
    """
    return _load(name, None if root is None else Path(root).resolve())
