"""Structure of the tables: columns, keys and rows that must be there. No validation library needed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from sim.data.schemas import TABLES, Table
from sim.data.tables import DataError, read_table

DOMAINS = {"counties": ("counties", "county_code"), "prefectures": ("counties", "prefecture_code")}
"""Named domains of keys: the table and column that list their values."""


def structure_problems(folder: Path, tables: dict[str, pd.DataFrame], spec: Table) -> list[str]:
    """Return what is wrong with the columns and rows of one table, one message each.

    Args:
        folder: region folder, named in the messages.
        tables: tables already read; needs this one and ``counties``.
    """
    table = tables[spec.name]
    path = folder / f"{spec.name}.csv"
    return list(_header_problems(path, table, spec)) or [*_key_problems(path, table, spec), *_cover_problems(path, tables, spec)]


def read_all(folder: Path) -> dict[str, pd.DataFrame]:
    """Return every table that the contracts name.

    Raises:
        DataError: a table is missing or unreadable.
    """
    return {name: read_table(folder, name) for name in TABLES}


def require_structure(folder: Path) -> None:
    """Check the structure of all tables.

    Raises:
        DataError: the first problem found, and how many more there are.
    """
    tables = read_all(folder)
    problems = [message for spec in TABLES.values() for message in structure_problems(folder, tables, spec)]
    if problems:
        more = f" ({len(problems) - 1} more: run `python -m sim.data check`)" if len(problems) > 1 else ""
        raise DataError(problems[0] + more)


def _header_problems(path: Path, table: pd.DataFrame, spec: Table) -> Iterator[str]:
    expected = [column.name for column in spec.columns]
    for name in expected:
        if name not in table.columns:
            yield f"{path}: column {name!r} is missing. Restore the file, or run `python -m sim.data derive` if it is a derived column."
    for name in table.columns:
        if name not in expected:
            yield f"{path}: column {name!r} is not in the contract (sim/data/schemas). Remove it or describe it there."


def _key_problems(path: Path, table: pd.DataFrame, spec: Table) -> Iterator[str]:
    duplicated = table.duplicated(list(spec.key), keep="first")
    for row in table.loc[duplicated, list(spec.key)].head(3).itertuples(index=False):
        yield f"{path}: {_describe(spec.key, tuple(row))} occurs more than once. Keep one row."


def _cover_problems(path: Path, tables: dict[str, pd.DataFrame], spec: Table) -> Iterator[str]:
    if not spec.covers:
        return
    columns = tuple(cover.column for cover in spec.covers)
    wanted = [_values(tables, cover.domain) for cover in spec.covers]
    present = set(tables[spec.name][list(columns)].itertuples(index=False, name=None))
    names = _names(tables)
    for cover, values in zip(spec.covers, wanted, strict=True):
        found = tables[spec.name][cover.column].unique()
        for value in [v for v in values if v not in set(found)][:3]:
            yield f"{path}: no row at all with {_describe((cover.column,), (value,), names)}. Restore the rows or run `python -m sim.data derive`."
        for value in [v for v in found if v not in set(values)][:3]:
            yield _unexpected(path, cover.column, cover.domain, value)
    absent = [key for key in itertools.product(*wanted) if key not in present]
    partly = [key for key in absent if all(k in {p[i] for p in present} for i, k in enumerate(key))]
    for key in partly[:3]:
        yield f"{path}: no row for {_describe(columns, key, names)}. Restore the row or run `python -m sim.data derive`."


def _values(tables: dict[str, pd.DataFrame], domain: str | tuple[str | int, ...]) -> tuple[str | int, ...]:
    if not isinstance(domain, str):
        return domain
    table, column = DOMAINS[domain]
    return tuple(sorted(set(tables[table][column].dropna())))


def _names(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    counties = tables["counties"]
    return dict(zip(counties["county_code"], counties["name_en"], strict=True))


def _unexpected(path: Path, column: str, domain: str | tuple[str | int, ...], value: object) -> str:
    if isinstance(domain, str):
        table, _ = DOMAINS[domain]
        return f"{path}: {column} {value} is not in {path.parent / table}.csv. Restore its row there or remove these rows."
    return f"{path}: {column} {value} is not one of {', '.join(map(str, domain))}. Correct or remove these rows."


def _describe(columns: tuple[str, ...], key: tuple[object, ...], names: dict[str, str] | None = None) -> str:
    known = names or {}
    parts = []
    for column, value in zip(columns, key, strict=True):
        label = f" ({known[str(value)]})" if column == "county_code" and str(value) in known else ""
        parts.append(f"{column} {value}{label}")
    return ", ".join(parts)
