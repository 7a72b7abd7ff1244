"""Reading the tables: one folder of CSV files per region, codes kept as text."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

DATA_ROOT = Path(__file__).resolve().parent
"""The folder that holds one sub-folder of tables per region."""

TEXT_COLUMNS = frozenset(
    {
        "added_to",
        "age_group",
        "basis",
        "code",
        "code_2010",
        "column",
        "county_code",
        "from_county",
        "group",
        "key",
        "place_code",
        "prefecture_code",
        "rule",
        "selector",
        "source",
        "to_county",
        "unit_code",
        "year_span",
    }
)
"""Columns read as text, so that codes keep their digits as written."""


class DataError(ValueError):
    """A table is missing, unreadable or does not hold what it must hold."""


def region_folder(name: str, root: Path | None = None) -> Path:
    """Return the folder of a region.

    Args:
        name: folder name, for example ``hunan``.
        root: where region folders are looked for; default is the package itself.

    Raises:
        DataError: no such region; the message lists those that exist.
    """
    base = DATA_ROOT if root is None else Path(root)
    folder = base / name
    if not (folder / "counties.csv").is_file():
        known = sorted(p.parent.name for p in base.glob("*/counties.csv"))
        raise DataError(
            f"{folder / 'counties.csv'}: no tables for region {name!r}; "
            f"available: {', '.join(known) or 'none'}. Give one of these or add the table."
        )
    return folder


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return one table, with codes and labels as text and empty cells as missing.

    Raises:
        DataError: the file is absent, empty or not a CSV table.
    """
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise DataError(
            f"{path}: table not found. Restore it (git checkout), or run `python -m sim.data derive` if it is derived."
        )
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline().strip().split(",")
        types = {column: str for column in header if column in TEXT_COLUMNS}
        table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: not a readable CSV table ({error}). Restore the file.") from error
    if not isinstance(table.index, pd.RangeIndex):
        raise DataError(f"{path}: rows have more cells than the header has columns. Restore the file.")
    return table


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings from column to cell."""
    return [{str(column): cell for column, cell in row.items()} for row in table.to_dict("records")]


def write_table(table: pd.DataFrame, folder: Path, name: str) -> Path:
    """Write one table in the form all tables have (UTF-8, comma, line feed) and return its path."""
    path = folder / f"{name}.csv"
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    return path


def table_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all tables of a region folder, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.csv")))


def content_hash(folder: Path) -> str:
    """Return a hash (16 hex digits) of the names and bytes of all tables of a folder."""
    digest = hashlib.sha256()
    for name in table_names(folder):
        digest.update(name.encode())
        digest.update((folder / f"{name}.csv").read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]
