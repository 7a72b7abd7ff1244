"""All checks of a region folder, table by table: what they refuse no run uses.

Tables that hold are remembered by content: an empty file in the cache, named by a hash of the tables and
of the sources of the checks, so that loading them again costs a hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from sim.base.paths import cache_root
from sim.base.sources import content_of, modules_in
from sim.data.contracts import value_problems
from sim.data.derive import DERIVATIONS, TableSet
from sim.data.identities import IDENTITIES, shares_add_to_one
from sim.data.schemas import TABLES, Table
from sim.data.structure import structure_problems
from sim.data.tables import DATA_ROOT, DataError, content_hash, read_table, read_text, region_folder, table_names

T = TypeVar("T")


@dataclass
class TableReport:
    """What was found in one table.

    Attributes:
        rows: number of rows.
        holds: statements that hold.
        problems: messages, each naming file, row and what to do.
    """

    name: str
    rows: int = 0
    holds: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def record(self, statement: str, problems: list[str]) -> None:
        """Add the outcome of one check."""
        if problems:
            self.problems += problems
        else:
            self.holds.append(statement)


def check_region(name: str, root: Path | None = None) -> list[TableReport]:
    """Return a report per table; later checks run only on tables whose earlier ones hold.

    Raises:
        DataError: the region does not exist.
    """
    folder = region_folder(name, root)
    reports, tables = _check_tables(folder, list(TABLES))
    for extra in sorted(set(table_names(folder)) - set(TABLES)):
        path = folder / f"{extra}.csv"
        reports[extra] = TableReport(
            extra, problems=[f"{path}: no contract in sim/data/schemas. Describe the table there or remove it."]
        )
    if not any(report.problems for report in reports.values()):
        _check_identities(folder, tables, reports)
    return list(reports.values())


def require_valid(folder: Path) -> None:
    """Refuse tables that do not hold, from memory if the same tables were checked before.

    Raises:
        DataError: the first problem found, and how many more there are.
    """
    remembered = _remembered(folder)
    if remembered is not None and remembered.is_file():
        return
    refuse(check_region(folder.name, folder.parent))
    try:
        if remembered is not None:
            remembered.parent.mkdir(parents=True, exist_ok=True)
            remembered.touch()
    except OSError:
        return


def check_observed(folder: Path) -> list[TableReport]:
    """Return reports on the tables that derivations start from, by their contracts alone."""
    reports, _ = _check_tables(folder, [name for name, spec in TABLES.items() if spec.derived != "whole"])
    return list(reports.values())


def refuse(reports: list[TableReport]) -> None:
    """Raise the first problem of some reports, if there is one.

    Raises:
        DataError: with the message, and how many more there are.
    """
    problems = [message for report in reports for message in report.problems]
    if problems:
        more = f" ({len(problems) - 1} more: run `python -m sim.data check`)" if len(problems) > 1 else ""
        raise DataError(problems[0] + more)


def _remembered(folder: Path) -> Path | None:
    """Return the file that says that tables with these contents hold, None if they cannot be read."""
    try:
        digest = hashlib.sha256(f"{content_hash(folder)} {np.__version__} {pd.__version__}".encode())
        for path in modules_in(DATA_ROOT):
            digest.update(content_of(path))
    except OSError:
        return None
    return cache_root() / "tables" / digest.hexdigest()[:32]


def _check_tables(folder: Path, names: list[str]) -> tuple[dict[str, TableReport], dict[str, pd.DataFrame]]:
    reports = {name: TableReport(name) for name in names}
    tables = _read(folder, reports)
    if "counties" in tables:
        for name in tables:
            _check_table(folder, tables, TABLES[name], reports[name])
    return reports, tables


def _read(folder: Path, reports: dict[str, TableReport]) -> dict[str, pd.DataFrame]:
    tables = {}
    for name, report in reports.items():
        try:
            tables[name] = read_table(folder, name)
            report.rows = len(tables[name])
        except DataError as error:
            report.problems.append(str(error))
    return tables


def _check_table(folder: Path, tables: dict[str, pd.DataFrame], spec: Table, report: TableReport) -> None:
    report.record("columns and rows complete", structure_problems(folder, tables, spec))
    if report.problems:
        return
    report.record("types and ranges", value_problems(folder, tables[spec.name], spec))
    if (spec.adds_to_one or spec.sums_to_one) and not report.problems:
        path = folder / f"{spec.name}.csv"
        sums = [f"{path}: {text}. Correct the shares." for text in shares_add_to_one(tables[spec.name], spec)]
        report.record("shares add to one", sums)


def _check_identities(folder: Path, tables: dict[str, pd.DataFrame], reports: dict[str, TableReport]) -> None:
    for name, statement, function in IDENTITIES:
        found = _computed(folder / f"{name}.csv", partial(function, tables), reports[name])
        if found is not None:
            problems = [f"{folder / name}.csv: {text}. Correct the cells named." for text in found]
            reports[name].record(statement, problems)
    derived = TableSet(folder)
    for name, compute in DERIVATIONS:
        table = _computed(folder / f"{name}.csv", partial(compute, derived), reports[name])
        if table is None:
            return
        derived[name] = table
        reports[name].record("equals what derive computes", drift(folder, name, table))


def _computed(path: Path, compute: Callable[[], T], report: TableReport) -> T | None:
    """Return what is computed from tables, or None with a message if their cells do not allow it."""
    try:
        with np.errstate(all="ignore"):
            return compute()
    except DataError as error:
        report.problems.append(str(error))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        report.problems.append(
            f"{path}: cannot be computed from the other tables ({type(error).__name__}: {error}). "
            "Correct the cells changed last."
        )
    return None


def drift(folder: Path, name: str, computed: pd.DataFrame) -> list[str]:
    """Return a message if a derived table differs from the file, naming the first differing cell."""
    path = folder / f"{name}.csv"
    if not path.is_file():
        return [f"{path}: table not found. Run `python -m sim.data derive`."]
    written = read_text(path).splitlines()
    fresh = computed.to_csv(index=False, lineterminator="\n").splitlines()
    if written == fresh:
        return []
    line = next(
        (i for i, pair in enumerate(zip(written, fresh, strict=False)) if pair[0] != pair[1]),
        min(len(written), len(fresh)),
    )
    return [f"{path}: line {line + 1} differs from what the observed tables give. Run `python -m sim.data derive`."]
