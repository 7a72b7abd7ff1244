"""The manifest of a study: one row per run, listed as pending before the first one starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from sim.base.errors import StudyError
from sim.config import ProjectConfig, scenario_name
from sim.studies.files import replacing
from sim.studies.identity import Basis, digest, run_id

__all__ = ["DONE", "FAILED", "FILE", "PENDING", "Job", "Manifest", "Row", "count", "extend", "open_jobs", "plan"]

FILE = "manifest.parquet"
PENDING, DONE, FAILED = "pending", "done", "failed"


class Job(NamedTuple):
    """The unit of work: one draw and replicate under some scenarios, which share their history."""

    draw: int
    replicate: int
    scenarios: tuple[str, ...]


class Row(NamedTuple):
    """One run: seconds of the run, peak memory of its process in MiB, error text or nothing."""

    run_id: str
    scenario: str
    draw: int
    replicate: int
    status: str = PENDING
    seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""

    def pending(self) -> Row:
        """Return the row as it was before the run."""
        return Row(*self[:4])


Manifest = dict[str, Row]
"""Rows by run_id, ordered by draw, replicate and scenario."""

SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("scenario", pa.string()),
        ("draw", pa.int32()),
        ("replicate", pa.int32()),
        ("status", pa.string()),
        ("seconds", pa.float64()),
        ("peak_mb", pa.float64()),
        ("error", pa.string()),
    ]
)


def plan(config: ProjectConfig, basis: Basis) -> Manifest:
    """Return the manifest of a new study, every run pending."""
    rows = (
        Row(run_id(basis, scenario_name(name), draw, replicate), scenario_name(name), draw, replicate)
        for draw in range(config.draws)
        for replicate in range(config.replicates)
        for name in config.scenarios
    )
    return {row.run_id: row for row in rows}


def extend(planned: Manifest, existing: Mapping[str, Row]) -> Manifest:
    """Return ``planned`` with the outcome of the runs that ``existing`` has: which run a row is, the plan says."""
    return {key: Row(*row[:4], *existing.get(key, row)[4:]) for key, row in planned.items()}


def open_jobs(manifest: Mapping[str, Row]) -> list[Job]:
    """Return what is left to do: the runs that are not done, by draw and replicate, in order."""
    left: dict[tuple[int, int], list[str]] = {}
    for row in manifest.values():
        if row.status != DONE:
            left.setdefault((row.draw, row.replicate), []).append(row.scenario)
    return [Job(*key, tuple(names)) for key, names in sorted(left.items())]


def count(manifest: Mapping[str, Row], status: str) -> int:
    """Return the number of runs with a status."""
    return sum(row.status == status for row in manifest.values())


def read(study_dir: Path) -> Manifest:
    """Return the manifest of a study.

    Raises:
        StudyError: the file is not a manifest, or not as it was written.
    """
    path = study_dir / FILE
    try:
        table = pq.read_table(path)
        content = table.to_pydict()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, str(error).splitlines()[0]) from None
    if (table.schema.metadata or {}).get(b"digest") != digest(content).encode():
        raise _unreadable(path, "it is not as it was written")
    return {row[0]: Row(*row) for row in zip(*content.values(), strict=True)}


def _unreadable(path: Path, problem: str) -> StudyError:
    return StudyError(
        f"{path}: not a readable manifest ({problem}).\n"
        "  Next: the command that made the study, with resume=true, makes it again from the files of the runs."
    )


def write(study_dir: Path, manifest: Mapping[str, Row]) -> None:
    """Write the manifest of a study whole."""
    table = pa.Table.from_pylist([row._asdict() for row in manifest.values()], schema=SCHEMA)
    table = table.replace_schema_metadata({"digest": digest(table.to_pydict())})
    with replacing(study_dir / FILE) as temporary:
        pq.write_table(table, temporary)
