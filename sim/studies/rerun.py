"""One run again, exactly: simulate it alone and compare every row with what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds

from sim.base.errors import StudyError
from sim.studies import environment
from sim.studies.folder import STAMPS, stored_config
from sim.studies.identity import basis_of, run_id
from sim.studies.inputs import open_inputs
from sim.studies.manifest import DONE, Manifest, Row
from sim.studies.simulator import Prepared, Simulator, default_simulator
from sim.studies.store import TABLES, Tables, tables_of

__all__ = ["chosen_run", "in_order", "prepared_again", "rerun", "stored_table"]


def chosen_run(rows: Manifest, values: Mapping[str, str]) -> Row:
    """Return the run that ``run`` (an id or its beginning) or scenario, draw and replicate name.

    Raises:
        StudyError: no run, or more than one.
    """
    wanted = {key: values[key] for key in ("scenario", "draw", "replicate") if key in values}
    found = [
        row
        for row in rows.values()
        if row.run_id.startswith(values.get("run", "")) and all(str(getattr(row, k)) == v for k, v in wanted.items())
    ]
    if len(found) != 1 or not (wanted or "run" in values):
        asked = ", ".join(f"{k}={values[k]}" for k in ("run", *wanted) if k in values) or "nothing"
        examples = "; ".join(f"run={row.run_id}" for row in found[:3])
        raise StudyError(
            f"{asked}: {len(found)} of {len(rows)} runs fit{f' ({examples} ...)' if examples else ''}; one is needed.\n"
            "  Next: name it by run=ID, or by scenario=NAME draw=K replicate=R; manifest.parquet lists all."
        )
    return found[0]


def rerun(study_dir: Path, row: Row, simulator: Simulator | None = None) -> str:
    """Simulate a run again and say whether every row is the one stored; writes nothing.

    Scenarios, levers, parameters and posterior are those that the study keeps.
    An error of the run itself is raised as it is.

    Raises:
        StudyError: this installation makes other runs than the study, or the rows differ.
    """
    simulator = simulator or default_simulator()
    setup = prepared_again(study_dir, row, simulator)
    output = simulator.branch(setup, simulator.begin(setup, row.draw, row.replicate), row.scenario)
    tables = tables_of(output, row.run_id)
    count = sum(len(table) for table in tables.values())
    what = f"run {row.run_id} ({row.scenario}, draw {row.draw}, replicate {row.replicate}): {count:,} rows"
    if row.status != DONE:
        return f"{what}; it succeeds now, the study has it as {row.status}.\n"
    different = _different(study_dir, row, tables)
    if different:
        raise StudyError(f"{what} differ from what is stored in {', '.join(different)}.\n  Next: tell the maintainers.")
    return f"{what}, each identical to what is stored.\n"


def prepared_again(study_dir: Path, row: Row, simulator: Simulator) -> Prepared:
    """Return the set-up of one run of a study from what the study keeps.

    Raises:
        StudyError: this installation makes other runs than the study.
    """
    config, inputs = stored_config(study_dir), open_inputs(study_dir)
    alone = config.model_copy(update={"scenarios": [row.scenario], "levers": {}, "draws": row.draw + 1})
    setup = simulator.prepare(alone, inputs.folder)
    basis = basis_of(alone, setup.scenario_content, setup.data_hash, inputs.folder)
    if run_id(basis, row.scenario, row.draw, row.replicate) != row.run_id:
        known = inputs.basis
        changed = [text for key, text in STAMPS.items() if getattr(basis, key) != getattr(known, key)]
        what, commit = ", ".join(changed or ["the scenario"]), environment.read(study_dir).get("commit")
        raise StudyError(
            f"run {row.run_id}: this installation makes another run; {what} differ from the study's.\n"
            f"  Next: check out commit {commit} of the study, or run the study anew."
        )
    return setup


def stored_table(study_dir: Path, name: str, row: Row) -> pd.DataFrame:
    """Return the stored rows of one run in one table."""
    files = sorted(str(path) for path in (study_dir / name).glob(f"part-{row.draw:05d}-{row.replicate:03d}-*"))
    table: pd.DataFrame = ds.dataset(files).to_table(filter=ds.field("run_id") == row.run_id).to_pandas()
    return table


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of their values, text as plain text."""
    text = {column: str for column in frame.columns if isinstance(frame[column].dtype, pd.CategoricalDtype)}
    plain = frame.astype(text)
    return plain.sort_values(list(plain.columns), ignore_index=True)


def _different(study_dir: Path, row: Row, tables: Tables) -> list[str]:
    """Return the tables whose stored rows are not those given, in whatever order."""
    found = []
    for name in TABLES:
        if not in_order(stored_table(study_dir, name, row)).equals(in_order(tables[name].to_pandas())):
            found.append(name)
    return found
