"""The tables of a study: one part file per job and table, each written whole.

Every run is a row group of its own, so that questions to one run or one scenario skip the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.runs.engine import Output
from sim.runs.files import replacing
from sim.runs.manifest import Job

__all__ = ["ACCOUNTS", "TABLES", "has_part", "part", "read_draws", "write_job"]

_TEXT = pa.dictionary(pa.int32(), pa.string())
ACCOUNTS = ("born", "died", "moved_in", "moved_out", "counted", "entered", "left")

TABLES: dict[str, pa.Schema] = {
    "runs": pa.schema(
        [
            ("run_id", _TEXT),
            ("year", pa.int16()),
            ("step", pa.int8()),
            ("place", _TEXT),
            ("indicator", _TEXT),
            ("value", pa.float64()),
            ("unit", _TEXT),
        ]
    ),
    "accounts": pa.schema(
        [
            ("run_id", _TEXT),
            ("year", pa.int16()),
            ("county_code", _TEXT),
            ("zone", _TEXT),
            *((name, pa.float64()) for name in ACCOUNTS),
        ]
    ),
    "flows": pa.schema(
        [
            ("run_id", _TEXT),
            ("year", pa.int16()),
            ("origin", _TEXT),
            ("destination", _TEXT),
            ("age_band", _TEXT),
            ("persons", pa.float64()),
        ]
    ),
    "pyramid": pa.schema(
        [
            ("run_id", _TEXT),
            ("year", pa.int16()),
            ("zone", _TEXT),
            ("sex", _TEXT),
            ("age_lo", pa.int16()),
            ("persons", pa.float64()),
        ]
    ),
}
"""Folders of part files and the columns of each; ``runs`` is written last and closes the job."""

_SOURCE = {"runs": "indicators", "accounts": "accounts", "flows": "flows", "pyramid": "pyramid"}
DRAWS = "draws"
"""Folder of what each job drew and solved."""


def part(study_dir: Path, table: str, job: Job) -> Path:
    """Return the part file of a job."""
    suffix = "json" if table == DRAWS else "parquet"
    return study_dir / table / f"part-{job.draw:05d}-{job.replicate:03d}.{suffix}"


def has_part(study_dir: Path, job: Job) -> bool:
    """Tell whether the results of a job are stored."""
    return all(part(study_dir, table, job).is_file() for table in (*TABLES, DRAWS))


def write_job(study_dir: Path, job: Job, outputs: Sequence[Output], run_ids: Mapping[str, str]) -> None:
    """Check and write the results of one job.

    Args:
        study_dir: folder of the study.
        job: draw and replicate.
        outputs: one output per scenario.
        run_ids: identity of the run of every scenario.

    Raises:
        ValueError: an output without rows, without a column, or with a value that is not finite.
    """
    names = [output.scenario for output in outputs]
    if sorted(names) != sorted(run_ids):
        raise ValueError(f"the simulation returned scenarios {names} instead of {sorted(run_ids)}")
    tables = {name: [_table(name, output, run_ids[output.scenario]) for output in outputs] for name in TABLES}
    with replacing(part(study_dir, DRAWS, job)) as temporary:
        temporary.write_text(json.dumps(_start(job, outputs[0].start), default=_number), encoding="utf-8")
    for name in reversed(TABLES):
        with replacing(part(study_dir, name, job)) as temporary:
            _write_groups(temporary, tables[name])


def _write_groups(path: Path, tables: Sequence[pa.Table]) -> None:
    """Write tables of the same columns into one file, each as a row group."""
    with pq.ParquetWriter(path, tables[0].schema, compression="zstd", compression_level=3) as writer:
        for table in tables:
            writer.write_table(table)


def read_draws(study_dir: Path, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return what the first replicate of every draw drew and solved, ordered by draw."""
    first: dict[int, Job] = {}
    for job in sorted(jobs):
        first.setdefault(job.draw, job)
    return [json.loads(part(study_dir, DRAWS, job).read_text(encoding="utf-8")) for job in first.values()]


def _table(name: str, output: Output, run: str) -> pa.Table:
    """Return one table of one run in the columns and types of ``TABLES``."""
    frame: pd.DataFrame = getattr(output, _SOURCE[name])
    schema = TABLES[name]
    columns = [c for c in schema.names if c != "run_id"]
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ValueError(f"{name} of scenario {output.scenario}: no column {', '.join(missing)}")
    if frame.empty and name == "runs":
        raise ValueError(f"scenario {output.scenario}: the run returned no indicators")
    for column in columns:
        if pa.types.is_floating(schema.field(column).type) and not np.isfinite(frame[column].to_numpy(float)).all():
            raise ValueError(f"{name} of scenario {output.scenario}: {column} has values that are not finite")
    identity = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(frame), np.int32)), pa.array([run]))
    arrays = [pa.array(frame[c]).cast(schema.field(c).type) for c in columns]
    return pa.Table.from_arrays([identity, *arrays], schema=schema)


def _start(job: Job, start: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a job drew and solved, in JSON-able form."""
    levers = [[lever, quantity, value] for (lever, quantity), value in start.get("levers", {}).items()]
    return {
        "draw": job.draw,
        "parameters": dict(start.get("parameters", {})),
        "levers": levers,
        "years": [dict(row) for row in start.get("years", [])],
    }


def _number(value: object) -> object:
    """Turn array scalars into numbers."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored")
