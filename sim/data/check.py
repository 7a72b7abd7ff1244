"""All checks of a region folder, table by table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sim.data.contracts import value_problems
from sim.data.derive import derive_all
from sim.data.identities import IDENTITIES, shares_add_to_one
from sim.data.schemas import TABLES, Table
from sim.data.structure import structure_problems
from sim.data.tables import DataError, read_table, region_folder, table_names


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
    reports = {table: TableReport(table) for table in TABLES}
    tables = _read(folder, reports)
    if "counties" in tables:
        for spec in TABLES.values():
            if spec.name in tables:
                _check_table(folder, tables, spec, reports[spec.name])
    for extra in sorted(set(table_names(folder)) - set(TABLES)):
        path = folder / f"{extra}.csv"
        reports[extra] = TableReport(
            extra, problems=[f"{path}: no contract in sim/data/schemas. Describe the table there or remove it."]
        )
    if not any(report.problems for report in reports.values()):
        _check_identities(folder, tables, reports)
    return list(reports.values())


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
    if spec.adds_to_one or spec.sums_to_one:
        path = folder / f"{spec.name}.csv"
        sums = [f"{path}: {text}. Correct the shares." for text in shares_add_to_one(tables[spec.name], spec)]
        report.record("shares add to one", sums)


def _check_identities(folder: Path, tables: dict[str, pd.DataFrame], reports: dict[str, TableReport]) -> None:
    for name, statement, function in IDENTITIES:
        problems = [f"{folder / name}.csv: {text}. Correct the cells named." for text in function(tables)]
        reports[name].record(statement, problems)
    for name, table in derive_all(folder).items():
        reports[name].record("equals what derive computes", drift(folder, name, table))


def drift(folder: Path, name: str, computed: pd.DataFrame) -> list[str]:
    """Return a message if a derived table differs from the file, naming the first differing cell."""
    path = folder / f"{name}.csv"
    if not path.is_file():
        return [f"{path}: table not found. Run `python -m sim.data derive`."]
    written = path.read_text(encoding="utf-8").replace("\r\n", "\n").splitlines()
    fresh = computed.to_csv(index=False, lineterminator="\n").splitlines()
    if written == fresh:
        return []
    line = next(
        (i for i, pair in enumerate(zip(written, fresh, strict=False)) if pair[0] != pair[1]),
        min(len(written), len(fresh)),
    )
    return [f"{path}: line {line + 1} differs from what the observed tables give. Run `python -m sim.data derive`."]
