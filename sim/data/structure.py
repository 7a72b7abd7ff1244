"""Structure of the tables: columns, keys and rows that must be there. No validation library needed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from sim.base.errors import shown
from sim.data.schemas import Column, Cover, Table

DOMAINS = {
    "counties": (("counties", "county_code"),),
    "prefectures": (("counties", "prefecture_code"),),
    "places": (("province", "place_code"), ("counties", "prefecture_code")),
}
"""Named domains of keys: the tables and columns that list their values."""
LISTS = (*(column for columns in DOMAINS.values() for column in columns), ("counties", "name_en"))
"""Tables and columns without which no rows can be asked for; their own tables say that they are missing."""
FIRST = 3
"""Messages given per rule."""


def structure_problems(folder: Path, tables: dict[str, pd.DataFrame], spec: Table) -> list[str]:
    """Return what is wrong with the columns and rows of one table, one message each.

    Args:
        folder: region folder, named in the messages.
        tables: tables already read; needs this one and ``counties``.
        spec: contract of the table.
    """
    table = tables[spec.name]
    path = folder / f"{spec.name}.csv"
    return list(_header_problems(path, table, spec)) or [
        *_type_problems(path, table, spec),
        *_key_problems(path, table, spec),
        *_cover_problems(path, tables, spec),
    ]


def _remedy(spec: Table, restore: str) -> str:
    return "Run `python -m sim.data derive`." if spec.derived == "whole" else f"{restore} (git checkout)."


def _header_problems(path: Path, table: pd.DataFrame, spec: Table) -> Iterator[str]:
    expected = [column.name for column in spec.columns]
    for name in expected:
        if name not in table.columns:
            yield f"{path}: column {name!r} is missing. {_remedy(spec, 'Restore the file')}"
    for name in table.columns:
        if name not in expected:
            yield f"{path}: column {shown(name)} has no contract. Remove it or describe it in sim/data/schemas."


def _type_problems(path: Path, table: pd.DataFrame, spec: Table) -> Iterator[str]:
    for column in spec.columns:
        cells = table[column.name]
        wrong = cells.isna() & (not column.empty)
        if column.kind != "text" and not _is_number(cells):
            wrong |= cells.map(lambda cell: isinstance(cell, bool)) | ~cells.map(_fits) & cells.notna()
        for position in wrong.to_numpy().nonzero()[0][:FIRST]:
            cell = cells.iloc[position]
            found = "is empty" if pd.isna(cell) else f"is {shown(cell)}, not a number"
            where = row_words(table, spec, int(position))
            yield f"{path}: {where}column {column.name} {found}. Correct the cell."


def range_words(column: Column) -> str:
    """Return the allowed range of a column in words."""
    low, high = (None if end is None else f"{end:,.10g}" for end in (column.low, column.high))
    if high is None:
        return f"{low} or more"
    return f"{high} or less" if low is None else f"{low} to {high}"


def row_words(table: pd.DataFrame, spec: Table, position: int) -> str:
    """Return the file line and key of a row in words."""
    key = "/".join(str(table[column].iloc[position]) for column in spec.key)
    return f"line {position + 2} ({key}), "


def _is_number(cells: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)


def _fits(cell: object) -> bool:
    """Return whether a cell of a column that was not read as numbers is a number all the same."""
    text = str(cell)
    try:
        return text.isascii() and "_" not in text and abs(float(text)) < 2**53
    except ValueError:
        return False


def _key_problems(path: Path, table: pd.DataFrame, spec: Table) -> Iterator[str]:
    keys = table[list(spec.key)]
    for row in keys[keys.duplicated(keep="first")].head(FIRST).to_numpy(dtype=object):
        yield f"{path}: {_describe(spec.key, tuple(row))} occurs more than once. Keep one row."


def _cover_problems(path: Path, tables: dict[str, pd.DataFrame], spec: Table) -> Iterator[str]:
    table = tables[spec.name]
    if spec.rows is None and table.empty and spec.name in dict(LISTS):
        yield f"{path}: no rows, must have some. {_remedy(spec, 'Restore the rows')}"
    if spec.rows is not None and len(table) != spec.rows:
        yield f"{path}: {len(table)} rows, must be {spec.rows}. {_remedy(spec, 'Restore the rows')}"
    if not spec.covers or not all(
        name in tables and need in tables[name] and len(tables[name]) for name, need in LISTS
    ):
        return
    names = _names(tables)
    remedy = _remedy(spec, "Restore the rows")
    columns = tuple(cover.column for cover in spec.covers)
    wanted = [_values(tables, cover.domain) for cover in spec.covers]
    incomplete = []
    for cover, values in zip(spec.covers, wanted, strict=True):
        found = set(table[cover.column])
        incomplete.append(found & set(values))
        for value in [v for v in values if v not in found][:FIRST]:
            yield f"{path}: no row at all with {_describe((cover.column,), (value,), names)}. {remedy}"
        for value in [] if cover.more else sorted(found - set(values), key=str)[:FIRST]:
            yield _unexpected(path, cover, value)
    present = set(zip(*(table[column] for column in columns), strict=True))
    gaps = (key for key in itertools.product(*(sorted(v, key=str) for v in incomplete)) if key not in present)
    for key in itertools.islice(gaps, FIRST):
        yield f"{path}: no row for {_describe(columns, key, names)}. {remedy}"


def _values(tables: dict[str, pd.DataFrame], domain: str | tuple[str | int, ...]) -> tuple[str | int, ...]:
    if not isinstance(domain, str):
        return domain
    return tuple(sorted({value for table, column in DOMAINS[domain] for value in tables[table][column].dropna()}))


def _names(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    counties = tables["counties"]
    return dict(zip(counties["county_code"], counties["name_en"], strict=True))


def _unexpected(path: Path, cover: Cover, value: object) -> str:
    if isinstance(cover.domain, str):
        listed = path.parent / f"{DOMAINS[cover.domain][-1][0]}.csv"
        return f"{path}: {cover.column} {value} is not in {listed}. Restore its row there or remove these rows."
    allowed = ", ".join(map(str, cover.domain))
    return f"{path}: {cover.column} {value} is not one of {allowed}. Correct or remove these rows."


def _describe(columns: tuple[str, ...], key: tuple[object, ...], names: dict[str, str] | None = None) -> str:
    known = names or {}
    parts = []
    for column, value in zip(columns, key, strict=True):
        label = f" ({known[str(value)]})" if column == "county_code" and str(value) in known else ""
        parts.append(f"{column} {value}{label}")
    return ", ".join(parts)
