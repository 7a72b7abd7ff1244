"""All households and persons of one run of a study at a year-end, as two Parquet files that describe themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from sim.base.errors import StudyError
from sim.model.path.begin import start_simulation
from sim.model.path.history import History, follow, planner_of, run_tables
from sim.model.path.output import RunOutput
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup, draw_of
from sim.model.year.books import Simulation, YearRecord
from sim.model.year.processes import run_year
from sim.studies.files import replacing
from sim.studies.folder import stored_config
from sim.studies.household_columns import HOUSEHOLDS, PERSONS, Readable, Shown
from sim.studies.household_view import View
from sim.studies.identity import history_id
from sim.studies.inputs import open_inputs
from sim.studies.manifest import DONE, Row
from sim.studies.rerun import in_order, prepared_again, stored_table
from sim.studies.simulator import default_simulator
from sim.studies.store import STATES, state_file, tables_of

__all__ = ["export_households"]

FOLDER = "households"
NOTE = "Synthetic population: every row is an agent of a simulation, none is a real household or person."
TABLES = {"households": HOUSEHOLDS, "persons": PERSONS}
CHECKED = ("runs", "accounts")
"""Tables whose stored rows the run must repeat, up to the year-end."""


def export_households(study_dir: Path, row: Row, year: int) -> list[Path]:
    """Simulate a run of a study again up to a year-end and write its households and persons; return the files.

    Indicators and accounts of all years up to that one must be those stored, to the last digit.

    Raises:
        StudyError: the run is not done, the year is not one of the study, this installation makes other runs, or
            the rows differ.
    """
    config = stored_config(study_dir)
    if not config.start <= year <= config.end_year:
        raise StudyError(
            f"year = {year}: allowed is a year-end of the study, from {config.start} to {config.end_year}.\n"
            "  Next: name one of them with year=YEAR."
        )
    if row.status != DONE:
        raise StudyError(
            f"run {row.run_id}: {row.status}, so that there is nothing to compare its households with.\n"
            "  Next: python -m experiments.study resume study=NAME finishes what is pending or failed."
        )
    setup = cast(Setup, prepared_again(study_dir, row, default_simulator()))
    history = _history(study_dir, setup, row)
    sim, records, planner = _at(setup, history, row.scenario, year)
    made = run_tables(setup.region, sim.draw, history.first, records, lambda _: planner, setup.start)
    output = RunOutput(row.scenario, row.draw, row.replicate, *made, start=history.start())
    _check(study_dir, output, row, records[-1].year)
    shown = Shown(View.of(sim), setup.region, sim.draw.weight)
    about = {
        "study": study_dir.name,
        "scenario": row.scenario,
        "draw": str(row.draw),
        "replicate": str(row.replicate),
        "year": str(year),
        "run_id": row.run_id,
        "note": NOTE,
    }
    folder = study_dir / FOLDER / f"{row.scenario}-{row.draw:05d}-{row.replicate:03d}-{year}"
    return [_write(folder / f"{name}.parquet", columns, shown, about) for name, columns in TABLES.items()]


def _history(study_dir: Path, setup: Setup, row: Row) -> History:
    """Return the observed years of the run: the state that the study keeps, or simulated again."""
    simulator = default_simulator()
    kept = state_file(study_dir / STATES, row.draw, row.replicate)
    if kept.is_file():
        belongs = history_id(open_inputs(study_dir).basis, row.draw, row.replicate)
        with contextlib.suppress(ValueError):
            return cast(History, simulator.unpack(setup, kept.read_bytes(), belongs))
    return cast(History, simulator.begin(setup, row.draw, row.replicate))


def _at(setup: Setup, history: History, scenario: str, year: int) -> tuple[Simulation, Sequence[YearRecord], Planner]:
    """Return the run at a year-end, its years so far (or, at the start, the year after it) and their plans.

    An observed year is run again with the pulls that were solved for it.
    """
    if year >= history.sim.year:
        whole, planner = follow(setup, history, scenario, year)
        if not whole.records:
            return whole.sim, follow(setup, history, scenario, year + 1)[0].records, planner
        return whole.sim, whole.records, planner
    sim = start_simulation(*draw_of(setup, history.draw, history.replicate), setup.engine, setup.threads)
    plans = Planner(sim.draw, setup.published)
    records: list[YearRecord] = []
    for solved in history.solved:
        if records and solved.year > year:
            break
        plan = plans.observed_plan(solved.year, (solved.pull_in, solved.pull_out))
        records.append(run_year(sim if solved.year <= year else sim.copy(), plan))
    return sim, records, planner_of(setup, history, scenario)


def _check(study_dir: Path, output: RunOutput, row: Row, year: int) -> None:
    """Compare indicators and accounts up to a year-end with what the study has stored.

    Raises:
        StudyError: a row differs.
    """
    tables = tables_of(output, row.run_id)
    for name in CHECKED:
        stored = stored_table(study_dir, name, row)
        if not in_order(stored[stored["year"] <= year]).equals(in_order(tables[name].to_pandas())):
            raise StudyError(
                f"run {row.run_id}: what is simulated now differs from what is stored in {name}/ up to {year}; "
                "nothing is written.\n  Next: tell the maintainers."
            )


def _write(path: Path, columns: Sequence[Readable], shown: Shown, about: dict[str, str]) -> Path:
    """Write a table with the description of every column in its metadata."""
    arrays = [column.values(shown) for column in columns]
    fields = [
        pa.field(column.name, array.type, metadata={"description": column.en, "description_zh": column.zh})
        for column, array in zip(columns, arrays, strict=True)
    ]
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=about))
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    return path
