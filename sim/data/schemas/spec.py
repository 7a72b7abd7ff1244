"""How a table is described: columns, keys and the rows it must have. Light: no validation library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["observed", "derived", "judged", "recalled"]
GRADES: tuple[Grade, ...] = ("observed", "derived", "judged", "recalled")
Kind = Literal["text", "whole", "number"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: ``text``, ``whole`` (whole number) or ``number``.
        unit: unit in words, ``-`` for labels.
        meaning: what a cell says.
        source: key in the table ``sources``; cells that differ are listed in ``cell_notes``.
        grade: observed, derived, judged or recalled.
        low, high: inclusive range of numbers, None if unbounded.
        empty: whether a cell may be empty.
        allowed: the only texts or whole numbers a cell may have.
        pattern: regular expression that a text matches in full.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    source: str
    grade: Grade = "observed"
    low: float | None = None
    high: float | None = None
    empty: bool = False
    allowed: tuple[str | int, ...] | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class Cover:
    """Values that a key column must take: a named domain or a fixed list.

    Attributes:
        column: key column.
        domain: ``counties``, ``prefectures``, ``places`` (those and the province) or an explicit tuple of values.
        more: whether the column may have other values besides.
    """

    column: str
    domain: str | tuple[str | int, ...]
    more: bool = False


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: file name without ``.csv``.
        title: what one row is.
        key: columns that identify a row.
        columns: in file order.
        covers: every combination of these must have a row; empty = no completeness rule.
        adds_to_one: groups of columns whose cells add to one in each row.
        sums_to_one: columns that add to one down the table.
        rows: how many rows it must have, None if any number.
        derived: ``whole`` if all columns but the key are computed, ``part`` if some are, ``no``.
    """

    name: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    covers: tuple[Cover, ...] = ()
    adds_to_one: tuple[tuple[str, ...], ...] = ()
    sums_to_one: tuple[str, ...] = ()
    rows: int | None = None
    derived: Literal["no", "part", "whole"] = "no"

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)


YEARS = (2010, 2020)
SEXES = ("f", "m")
AGE_BANDS = (0, 1, *range(5, 90, 5))
MOST_PERSONS = 200_000_000
"""Persons or households that no province has."""
LAST_YEAR = 2100
"""Year that no table reaches."""
COUNTY = r"\d{6}"
PREFECTURE = r"\d{4}"


def county_code(source: str = "admin_codes") -> Column:
    """Return the key column of a county."""
    return Column("county_code", "text", "-", "county, six digits, codes of 2023", source, pattern=COUNTY)


def prefecture_code(source: str = "admin_codes") -> Column:
    """Return the key column of a prefecture."""
    return Column("prefecture_code", "text", "-", "prefecture, four digits", source, pattern=PREFECTURE)


def census_year() -> Column:
    """Return the key column of a census year."""
    return Column("year", "whole", "year", "census year (1 November)", "leiii_census", allowed=YEARS)


def persons(name: str, meaning: str, source: str, grade: Grade = "observed", empty: bool = False) -> Column:
    """Return a column of person counts."""
    return Column(name, "whole", "persons", meaning, source, grade, low=0, high=MOST_PERSONS, empty=empty)


def share(name: str, meaning: str, source: str, grade: Grade = "observed", empty: bool = False) -> Column:
    """Return a column of shares between 0 and 1."""
    return Column(name, "number", "share", meaning, source, grade, low=0.0, high=1.0, empty=empty)


def text(
    name: str, meaning: str, source: str = "own", allowed: tuple[str, ...] | None = None, empty: bool = False
) -> Column:
    """Return a column of text."""
    return Column(name, "text", "-", meaning, source, allowed=allowed, empty=empty)
