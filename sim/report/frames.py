"""Single values and rows out of tables, with plain types."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd


def number(table: pd.DataFrame, label: str | int, column: str) -> float:
    """Return one cell as a number."""
    value: Any = table.loc[label, column]
    return float(value)


def row(table: pd.DataFrame, label: str | int) -> pd.Series[float]:
    """Return one row of numbers by its label."""
    return cast("pd.Series[float]", table.loc[label])
