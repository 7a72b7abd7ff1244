"""Contracts on values, built from the schemas; imports the validation library only when used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.data.schemas import Column, Table

if TYPE_CHECKING:
    import pandera.pandas as pa

TOLERANCE = 1e-6
TYPES = {"text": "a text", "whole": "a whole number", "number": "a number"}


def value_problems(folder: Path, table: pd.DataFrame, spec: Table) -> list[str]:
    """Return the cells of a table that break its contract, one message each (at most three per column and rule)."""
    import pandera.errors

    try:
        _contract(spec).validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        return _messages(folder / f"{spec.name}.csv", table, spec, error.failure_cases)
    return []


def _contract(spec: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {column.name: pa.Column(checks=_checks(column), nullable=column.empty, name=column.name) for column in spec.columns},
        strict=True,
    )


def _checks(column: Column) -> list[pa.Check]:
    import pandera.pandas as pa

    if column.kind == "text":
        checks = [pa.Check(lambda cell: isinstance(cell, str), element_wise=True, error=TYPES["text"])]
        if column.pattern is not None:
            checks.append(pa.Check(lambda s: s.astype(str).str.fullmatch(column.pattern or ""), error=f"a text like {column.pattern}"))
    else:
        checks = [pa.Check(_numeric, error=TYPES[column.kind])]
        if column.kind == "whole":
            checks.append(pa.Check(_whole, error=TYPES["whole"]))
        if column.low is not None or column.high is not None:
            checks.append(pa.Check(lambda s: _within(s, column.low, column.high), error=f"within {range_words(column)}"))
    if column.values is not None:
        allowed = set(column.values)
        checks.append(pa.Check(lambda s: s.isin(allowed), error=f"one of {', '.join(map(str, column.values))}"))
    return checks


def range_words(column: Column) -> str:
    """Return the allowed range of a column in words."""
    low = "" if column.low is None else f"{column.low:g}"
    high = "" if column.high is None else f"{column.high:g}"
    return f"{low}..{high}"


def _numeric(series: pd.Series) -> pd.Series:
    return pd.to_numeric(series, errors="coerce").notna()


def _whole(series: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(series, errors="coerce")
    return (numbers % 1 == 0) | numbers.isna()


def _within(series: pd.Series, low: float | None, high: float | None) -> pd.Series:
    numbers = pd.to_numeric(series, errors="coerce")
    inside = pd.Series(True, index=series.index)
    if low is not None:
        inside &= numbers >= low
    if high is not None:
        inside &= numbers <= high
    return inside | numbers.isna()


def _messages(path: Path, table: pd.DataFrame, spec: Table, cases: pd.DataFrame) -> list[str]:
    messages = []
    for (column, rule), rows in cases.groupby(["column", "check"], sort=False, dropna=False):
        for index, cell in zip(rows["index"].head(3), rows["failure_case"].head(3), strict=True):
            where = row_words(table, spec, index)
            what = "is empty" if str(rule) == "not_nullable" else f"is {cell!r}, must be {rule}"
            messages.append(f"{path}: {where}column {column} {what}. Correct the cell.")
        if len(rows) > 3:
            messages.append(f"{path}: {len(rows) - 3} more cells of column {column} break the same rule.")
    return messages


def row_words(table: pd.DataFrame, spec: Table, index: object) -> str:
    """Return the file line and key of a row in words."""
    if index is None or pd.isna(index):
        return ""
    position = int(str(index))
    key = "/".join(str(table[column].iloc[position]) for column in spec.key)
    return f"line {position + 2} ({key}), "
