"""Reading the tables: one folder of CSV files per region, codes kept as text."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from sim.base.errors import shown
from sim.base.sources import content_of, files_in
from sim.data.schemas import TABLES

DATA_ROOT = Path(__file__).resolve().parent
"""The folder that holds one sub-folder of tables per region."""


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
    if not os.path.isfile(folder / "counties.csv"):  # a name too long for a folder is none
        known = sorted(p.parent.name for p in files_in(base, "*/counties.csv"))
        raise DataError(
            f"{folder / 'counties.csv'}: no tables for region {shown(name)}; "
            f"available: {', '.join(known) or 'none'}. Give one of these or add the table."
        )
    return folder


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return one table: texts as written, numbers as numbers, empty cells as missing.

    Raises:
        DataError: the file is absent, not text in UTF-8, or not a table in CSV.
    """
    path = folder / f"{name}.csv"
    text = read_text(path)
    _check_cells(path, text)
    types = {column.name: str for column in TABLES[name].columns if column.kind == "text"} if name in TABLES else {}
    try:
        table = pd.read_csv(
            io.StringIO(text), dtype=types, keep_default_na=False, na_values=[""], index_col=False, low_memory=False
        )
    except (ValueError, OverflowError) as error:
        raise DataError(f"{path}: not a readable CSV table ({error}). Restore the file.") from None
    return table


def read_text(path: Path) -> str:
    """Return the text of a table with line feeds at line ends and without a byte order mark.

    Raises:
        DataError: no such file, or no text in UTF-8.
    """
    if not path.is_file():
        raise DataError(
            f"{path}: table not found. Restore it (git checkout), or run `python -m sim.data derive` if it is derived."
        )
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Make the file readable.") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: line {line}: not a readable CSV table: byte {content[error.start]:#04x} is no UTF-8 text. "
            "Save the file as CSV UTF-8 (a spreadsheet may have written GBK or UTF-16), or restore it."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_cells(path: Path, text: str) -> None:
    """Refuse what the reader of tables would guess at: cells without column, columns without name, open quotes."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{path}: line {line} has a NUL byte, must be text. Restore the file.")
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        header = next(rows, [])
        if not any(cell.strip() for cell in header):
            raise DataError(f"{path}: not a readable CSV table: line 1 must name the columns. Restore the file.")
        if len(header) == 1 and (mark := re.search("[;\t|]", header[0])):
            raise DataError(
                f"{path}: line 1: columns are separated by {mark.group()!r}, must be by commas. Save the file as CSV."
            )
        twice = [name for name in header if header.count(name) > 1]
        if twice:
            raise DataError(f"{path}: line 1: column {shown(twice[0])} occurs more than once. Keep one.")
        for row in rows:
            if row and len(row) != len(header):
                few = "more" if len(row) > len(header) else "fewer"
                raise DataError(
                    f"{path}: line {rows.line_num}: {len(row)} cells, {few} cells than the header has columns "
                    f"({len(header)}). Correct the commas of the line."
                )
    except csv.Error as error:
        raise DataError(
            f"{path}: line {rows.line_num}: not a readable CSV table ({error}). Correct the quotes of the line."
        ) from None


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
    return tuple(path.stem for path in files_in(folder, "*.csv"))


def content_hash(folder: Path) -> str:
    """Return a hash (16 hex digits) of the names and bytes of all tables of a folder."""
    digest = hashlib.sha256()
    for name in table_names(folder):
        digest.update(name.encode())
        digest.update(content_of(folder / f"{name}.csv"))
    return digest.hexdigest()[:16]
