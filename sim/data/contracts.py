"""Contracts on values, built from the schemas; imports the validation library only when used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.base.errors import shown
from sim.data.schemas import Column, Table
from sim.data.structure import range_words, row_words

if TYPE_CHECKING:
    import pandera.pandas as pa

PLAIN_TEXT = r"^(?:-|[^\s=+@\-'\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?)$"
PLAIN_WORDS = "a text on one line, no blanks around it, that does not begin with = + - @ or ' as formulas do"
FIRST = 3
"""Messages given per column and rule."""


def value_problems(folder: Path, table: pd.DataFrame, spec: Table) -> list[str]:
    """Return the cells that break the contract of a table whose structure holds, one message each."""
    import pandera.errors

    numbers = {column.name: pd.to_numeric(table[column.name]) for column in spec.columns if column.kind != "text"}
    table = table.assign(**numbers)
    try:
        _contract(spec).validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        return _messages(folder / f"{spec.name}.csv", table, spec, error.failure_cases)
    return []


def _contract(spec: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(checks=_checks(column), nullable=column.empty, name=column.name)
            for column in spec.columns
        },
        strict=True,
    )


def _checks(column: Column) -> list[pa.Check]:
    from pandera.pandas import Check

    checks = []
    if column.kind == "text":
        checks.append(Check.str_matches(PLAIN_TEXT, error=PLAIN_WORDS))
    else:
        checks.append(Check(np.isfinite, error="a finite number"))
    if column.kind == "whole":
        checks.append(Check(lambda cells: cells % 1 == 0, error="a whole number"))
    if column.pattern is not None:
        checks.append(Check.str_matches(rf"^(?:{column.pattern})$", error=f"a text like {column.pattern}"))
    if column.low is not None:
        checks.append(Check.ge(column.low, error=range_words(column)))
    if column.high is not None:
        checks.append(Check.le(column.high, error=range_words(column)))
    if column.allowed is not None:
        checks.append(Check.isin(column.allowed, error=f"one of {', '.join(map(str, column.allowed))}"))
    return checks


def _messages(path: Path, table: pd.DataFrame, spec: Table, cases: pd.DataFrame) -> list[str]:
    messages = []
    for (column, rule), rows in cases.groupby(["column", "check"], sort=False, dropna=False):
        for index, cell in zip(rows["index"].head(FIRST), rows["failure_case"].head(FIRST), strict=True):
            where = row_words(table, spec, int(index))
            messages.append(f"{path}: {where}column {column} is {shown(cell)}, must be {rule}. Correct the cell.")
        if len(rows) > FIRST:
            messages.append(f"{path}: {len(rows) - FIRST} more cells of column {column} break the same rule.")
    return messages
