"""The tables of a study: one part file per job and table, each written whole, closed by a record.

A job is stored once its record is: the record names its runs and the size and digest of
every part, so that lost, cut off or damaged files are noticed and simulated again. Parts
hold one row group per indicator, so that reductions read one indicator at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.base.errors import StudyError
from sim.statistics.decompose import ACCOUNTS
from sim.studies.digested import dump_digested, load_digested
from sim.studies.files import replacing
from sim.studies.identity import digest
from sim.studies.manifest import DONE, Job, Row
from sim.studies.simulator import Output

__all__ = [
    "ACCOUNTS",
    "DRAWS",
    "STATES",
    "TABLES",
    "Parcel",
    "check_parts",
    "encode",
    "read_draws",
    "save",
    "state_file",
    "stored",
    "tables_of",
]

_TEXT = pa.dictionary(pa.int32(), pa.string())

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
    "costs": pa.schema(
        [
            ("run_id", _TEXT),
            ("year", pa.int16()),
            ("lever", _TEXT),
            ("place", _TEXT),
            ("value", pa.float64()),
        ]
    ),
}
"""Folders of part files and the columns of each."""

_SOURCE = {"runs": "indicators", "accounts": "accounts", "flows": "flows", "pyramid": "pyramid", "costs": "costs"}
_GROUPED = {"runs": "indicator"}
"""Column by whose values a table is split into row groups."""
DRAWS = "draws"
"""Folder of the records: what each job drew and solved, its runs and its parts."""

STATES = "states"
"""Folder of saved histories, one per draw and replicate."""

Tables = dict[str, pa.Table]


class Parcel(NamedTuple):
    """What a job sends home: how its runs ended and, if any succeeded, its files.

    Attributes:
        rows: manifest rows of the runs.
        name: name of the files, without folder and ending.
        parts: content of the file of every table.
        record: content of the record.
        state: saved history of the draw, to be kept.
    """

    rows: list[Row]
    name: str = ""
    parts: Mapping[str, bytes] = {}
    record: bytes = b""
    state: bytes = b""


def tables_of(output: Output, run: str) -> Tables:
    """Return every table of one run, checked, in the columns and types of ``TABLES``.

    Raises:
        ValueError: an output without rows, without a column, or with a value that is not finite.
    """
    return {name: _table(name, output, run) for name in TABLES}


def encode(job: Job, rows: Sequence[Row], tables: Sequence[Tables], start: Mapping[str, Any]) -> Parcel:
    """Return the files of the runs of a job that succeeded.

    Args:
        job: draw and replicate.
        rows: manifest rows of the runs, done.
        tables: tables of every run, in the same order.
        start: what the draw drew and solved.
    """
    name = f"part-{job.draw:05d}-{job.replicate:03d}-{digest([row.run_id for row in rows])[:8]}"
    parts = {table: _file(table, [run[table] for run in tables]) for table in TABLES}
    record = {
        **_start(job, start),
        "replicate": job.replicate,
        "runs": [{"run_id": row.run_id, "seconds": row.seconds, "peak_mb": row.peak_mb} for row in rows],
        "parts": {table: _summed(content) for table, content in parts.items()},
    }
    record = json.loads(json.dumps(record, default=_number))
    text = dump_digested(record)
    return Parcel(list(rows), name, parts, text.encode())


def state_file(states: Path, draw: int, replicate: int) -> Path:
    """Return the file of a saved history."""
    return states / f"part-{draw:05d}-{replicate:03d}.npz"


def save(study_dir: Path, parcel: Parcel) -> None:
    """Write the files of a job, its record last.

    Raises:
        StudyError: the files cannot be written; the job is then not stored.
    """
    if not parcel.name:
        return
    if parcel.state:
        row = parcel.rows[0]
        with replacing(state_file(study_dir / STATES, row.draw, row.replicate)) as temporary:
            temporary.write_bytes(parcel.state)
    for table, content in parcel.parts.items():
        with replacing(_part(study_dir, table, parcel.name)) as temporary:
            temporary.write_bytes(content)
    with replacing(_part(study_dir, DRAWS, parcel.name)) as temporary:
        temporary.write_bytes(parcel.record)


def stored(study_dir: Path, planned: Mapping[str, Row]) -> dict[str, Row]:
    """Return the planned runs whose files are whole, as done rows; remove all other files.

    What is on disk decides, not what the manifest says: files without a record, damaged
    files, and a run stored a second time are removed.
    """
    found: dict[str, Row] = {}
    kept: set[str] = set()
    for path in sorted((study_dir / DRAWS).glob("part-*.json")):
        record = _record(study_dir, path)
        runs = {} if record is None else {run.pop("run_id"): run for run in record["runs"]}
        if runs and not runs.keys() & found.keys():
            kept.add(path.stem)
            found |= {key: planned[key].pending()._replace(status=DONE, **runs[key]) for key in runs if key in planned}
    for path in _files(study_dir):
        if path.stem not in kept:
            path.unlink(missing_ok=True)
    return found


def read_draws(study_dir: Path) -> list[dict[str, Any]]:
    """Return what every draw drew and solved, once, ordered by draw.

    Raises:
        StudyError: a record is not as it was written.
    """
    first: dict[int, dict[str, Any]] = {}
    for path in sorted((study_dir / DRAWS).glob("part-*.json")):
        record = _whole(path)
        if record is None:
            raise _damaged(path)
        first.setdefault(record["draw"], record)
    return [first[draw] for draw in sorted(first)]


def check_parts(study_dir: Path) -> set[str]:
    """Compare every part of a study with the record that closes it; return the runs that are stored.

    Raises:
        StudyError: a part without a whole record, or not as it was written.
    """
    kept = {(table, path.stem) for table in TABLES for path in (study_dir / table).glob("part-*")}
    runs: set[str] = set()
    for path in sorted((study_dir / DRAWS).glob("part-*.json")):
        record = _whole(path)
        if record is None:
            raise _damaged(path)
        runs |= {run["run_id"] for run in record.get("runs", [])}
        for table, wanted in record["parts"].items():
            part = _part(study_dir, table, path.stem)
            if (table, path.stem) not in kept or _summed(part.read_bytes()) != wanted:
                raise _damaged(part)
            kept.discard((table, path.stem))
    for table, stem in sorted(kept):
        raise _damaged(_part(study_dir, table, stem))
    return runs


def _damaged(path: Path) -> StudyError:
    return StudyError(
        f"{path}: missing or not as it was written.\n"
        f"  Next: python -m experiments.study resume study={path.parents[1].name} finds damaged files and simulates "
        "those runs again."
    )


def _part(study_dir: Path, table: str, name: str) -> Path:
    """Return the file of a job in a table."""
    return study_dir / table / f"{name}.{'json' if table == DRAWS else 'parquet'}"


def _files(study_dir: Path) -> Iterator[Path]:
    """Give every file of every job."""
    for table in (DRAWS, *TABLES):
        yield from (study_dir / table).glob("part-*")


def _record(study_dir: Path, path: Path) -> dict[str, Any] | None:
    """Return the record of a job, or None if it or one of its parts is not as it was written."""
    record = _whole(path)
    try:
        whole = record is not None and all(
            _summed(_part(study_dir, table, path.stem).read_bytes()) == record["parts"][table] for table in TABLES
        )
    except (OSError, KeyError):
        return None
    return record if whole else None


def _whole(path: Path) -> dict[str, Any] | None:
    """Return a record, or None if it is not as it was written."""
    try:
        return load_digested(path.read_bytes())
    except OSError:
        return None


def _summed(content: bytes) -> list[object]:
    """Return size and digest of a part, as records hold them."""
    return [len(content), _digest(content)]


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()


def _file(name: str, tables: Sequence[pa.Table]) -> bytes:
    """Return a Parquet file of the tables, one row group each, or one per value of the column in ``_GROUPED``."""
    groups = list(tables)
    if name in _GROUPED:
        whole = pa.concat_tables(tables).unify_dictionaries()
        column = whole[_GROUPED[name]].combine_chunks()
        groups = [whole.filter(pc.equal(column.indices, k)) for k in range(len(column.dictionary))]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, tables[0].schema, compression="zstd", compression_level=3) as writer:
        for group in groups:
            writer.write_table(group)
    return bytes(sink.getvalue())


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
