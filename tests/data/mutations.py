"""Changes of a table that may befall it: a generator for tests and for longer searches.

Every mutation is a text of a file turned into other bytes, or None for a file that is gone. What must hold
after one: the tables are refused with a message that names the file, or they say the same as before.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Rows = list[list[str]]
"""Header and cells of a table as text."""

CELLS: dict[str, Callable[[str], str]] = {
    "times 1e15": lambda cell: f"{float(cell or 1) * 1e15:.0f}",
    "1e15": lambda cell: "1e15",
    "1e400": lambda cell: "1e400",
    "inf": lambda cell: "inf",
    "minus inf": lambda cell: "-inf",
    "nan": lambda cell: "nan",
    "empty": lambda cell: "",
    "negative": lambda cell: f"-{cell or 1}",
    "text": lambda cell: "abc",
    "true": lambda cell: "True",
    "hexadecimal": lambda cell: "0x1F",
    "decimal comma": lambda cell: f"{cell or 1},5",
    "full width": lambda cell: "１２",
    "thirty digits": lambda cell: "9" * 30,
    "times 1.1": lambda cell: _like(cell, float(cell or 1) * 1.1),
    "plus one unit": lambda cell: _like(cell, float(cell or 0) + 10.0 ** -_decimals(cell)),
    "zero": lambda cell: "0",
}
"""What becomes of a number."""

TEXTS: dict[str, Callable[[str], str]] = {
    "formula": lambda cell: "=1+1",
    "plus": lambda cell: "+" + cell,
    "at": lambda cell: "@SUM(A1)",
    "tab": lambda cell: "\t" + cell,
    "line feed": lambda cell: cell + "\nmore",
    "blank before": lambda cell: " " + cell,
    "empty text": lambda cell: "",
    "unknown": lambda cell: "nowhere",
    "code": lambda cell: "999999",
}
"""What becomes of a text."""

SHAPES: dict[str, Callable[[Rows, random.Random], Rows]] = {
    "column dropped": lambda rows, rng: _without_column(rows, rng.randrange(len(rows[0]))),
    "first column dropped": lambda rows, rng: _without_column(rows, 0),
    "row dropped": lambda rows, rng: _without_row(rows, rng.randrange(1, len(rows))),
    "no rows": lambda rows, rng: rows[:1],
    "half of the rows": lambda rows, rng: rows[: 1 + len(rows) // 2],
    "row twice": lambda rows, rng: [*rows, rows[rng.randrange(1, len(rows))]],
    "rows shuffled": lambda rows, rng: [rows[0], *rng.sample(rows[1:], len(rows) - 1)],
    "columns shuffled": lambda rows, rng: _picked(rows, rng.sample(range(len(rows[0])), len(rows[0]))),
    "column renamed": lambda rows, rng: [[*rows[0][:-1], "other"], *rows[1:]],
    "column doubled": lambda rows, rng: _picked(rows, [*range(len(rows[0])), 0]),
    "column added": lambda rows, rng: [[*row, "x"] for row in rows],
    "header gone": lambda rows, rng: rows[1:],
    "header twice": lambda rows, rng: [rows[0], *rows],
    "trailing comma": lambda rows, rng: _extended(rows, rng.randrange(1, len(rows))),
    "cell missing": lambda rows, rng: _cut(rows, rng.randrange(1, len(rows))),
}
"""What becomes of rows and columns."""

FILES: dict[str, Callable[[str], bytes | None]] = {
    "gone": lambda text: None,
    "empty file": lambda text: b"",
    "blank file": lambda text: b"\n\n",
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "carriage returns": lambda text: text.replace("\n", "\r\n").encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "GBK": lambda text: (text + "# 省").encode("gbk", "replace"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "NUL": lambda text: text.replace("\n", "\n\0", 1).encode(),
    "open quote": lambda text: text.replace("\n", '\n"', 1).encode(),
    "half": lambda text: text.encode()[: len(text.encode()) // 2],
    "binary": lambda text: bytes(range(256)) * 4,
    "no last line feed": lambda text: text.rstrip("\n").encode(),
}
"""What becomes of a file."""

HARMLESS = frozenset({"byte order mark", "carriage returns", "no last line feed", "rows shuffled", "columns shuffled"})
"""Mutations that leave what every table says as it was."""


@dataclass(frozen=True)
class Mutation:
    """A change of one table.

    Attributes:
        table: name of the table.
        kind: what happens, a name of the dictionaries above or ``cells swapped``.
        where: row and column, as far as there are any.
        content: new bytes of the file, None if it is gone.
        same: whether the tables say the same as before.
    """

    table: str
    kind: str
    where: str
    content: bytes | None
    same: bool


def mutations(tables: dict[str, str], seed: int, cells: int = 2) -> Iterator[Mutation]:
    """Return mutations of every table, the same for the same seed.

    Args:
        tables: text of every table by name.
        seed: of the cells and rows that are hit.
        cells: how often every mutation of cells hits a table.
    """
    rng = random.Random(seed)  # noqa: S311 - a search, no secret
    for table, text in tables.items():
        rows = list(csv.reader(io.StringIO(text)))
        for kind, of_file in FILES.items():
            yield Mutation(table, kind, "", of_file(text), kind in HARMLESS)
        for kind, of_rows in SHAPES.items():
            yield _mutated(table, kind, "", rows, of_rows(rows, rng))
        for _ in range(cells):
            yield from _cell_mutations(table, rows, rng)


def _cell_mutations(table: str, rows: Rows, rng: random.Random) -> Iterator[Mutation]:
    columns = range(len(rows[0]))
    numbers = [c for c in columns if all(_is_number(row[c]) for row in rows[1:])]
    for kinds, among in ((CELLS, numbers), (TEXTS, [c for c in columns if c not in numbers])):
        for kind, of_cell in kinds.items() if among else ():
            r, c = rng.randrange(1, len(rows)), rng.choice(among)
            changed = [list(row) for row in rows]
            changed[r][c] = of_cell(rows[r][c])
            yield _mutated(table, kind, f"line {r + 1}, {rows[0][c]}", rows, changed)
    for c in columns:
        if len(rows) > 2:
            first, second = rng.sample(range(1, len(rows)), 2)
            changed = [list(row) for row in rows]
            changed[first][c], changed[second][c] = changed[second][c], changed[first][c]
            yield _mutated(table, "cells swapped", f"lines {first + 1} and {second + 1}, {rows[0][c]}", rows, changed)


def _mutated(table: str, kind: str, where: str, before: Rows, rows: Rows) -> Mutation:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return Mutation(table, kind, where, out.getvalue().encode(), rows == before or kind in HARMLESS)


def _is_number(cell: str) -> bool:
    try:
        return cell == "" or abs(float(cell)) >= 0.0
    except ValueError:
        return False


def _decimals(cell: str) -> int:
    return len(cell.partition(".")[2])


def _like(cell: str, value: float) -> str:
    return f"{value:.{_decimals(cell)}f}"


def _picked(rows: Rows, columns: list[int]) -> Rows:
    return [[row[c] for c in columns] for row in rows]


def _without_column(rows: Rows, column: int) -> Rows:
    return _picked(rows, [c for c in range(len(rows[0])) if c != column])


def _without_row(rows: Rows, row: int) -> Rows:
    return [*rows[:row], *rows[row + 1 :]]


def _extended(rows: Rows, row: int) -> Rows:
    return [*rows[:row], [*rows[row], ""], *rows[row + 1 :]]


def _cut(rows: Rows, row: int) -> Rows:
    return [*rows[:row], rows[row][:-1], *rows[row + 1 :]]
