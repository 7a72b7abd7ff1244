"""Many small runs that keep a row of numbers each: in parallel, resumable, killed at any moment without loss.

Rows are kept in parts that are verified when they are read: those of a damaged part are made
again. A run that failed has no row on disk, so that it is tried again by the next call.
"""

from __future__ import annotations

import inspect
import io
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.errors import StudyError
from sim.base.sealed import DamagedError, fingerprint, seal, unseal
from sim.base.sources import content_of
from sim.studies.files import check_writable, locked, remove_temporaries, replacing
from sim.studies.identity import code_hash, digest, priors_hash
from sim.studies.interrupts import terminable
from sim.studies.progress import Progress, missing_runs
from sim.studies.worker_processes import LOST, process_pool, results

if TYPE_CHECKING:
    from sim.model.path.setup import Setup

CHUNK = 8
"""Runs that are written together; a kill loses at most this many per process."""
ERROR_LIMIT = 2_000
JOB, ERROR = "job", "error"

Simulate = Callable[[Any, int], Mapping[str, float]]


class Ensemble(NamedTuple):
    """What makes the runs of an ensemble.

    Attributes:
        folder: where parts are kept.
        basis: what determines the rows besides code and priors; JSON-able.
        simulate: returns the row of one job from what all share; importable by name.
        shared: what all jobs share; picklable.
        large: every run is written by itself, and one that fails stops the rest instead of becoming a row.
    """

    folder: Path
    basis: Mapping[str, Any]
    simulate: Simulate
    shared: Any
    large: bool = False


def setup_basis(setup: Setup) -> dict[str, Any]:
    """Return what of a set-up determines rows, content of scenarios included; households and posterior come besides."""
    keys = (
        "region_name",
        "start",
        "end_year",
        "observed_until",
        "steps_per_year",
        "order",
        "seed",
        "params",
        "data_hash",
    )
    return {key: getattr(setup, key) for key in keys} | {"scenarios": list(setup.scenario_content.items())}


def ensemble_id(basis: Mapping[str, Any], simulate: Simulate) -> str:
    """Return the identity of an ensemble: basis, priors, sources that determine results, and that of its program."""
    program = fingerprint(content_of(Path(inspect.getfile(simulate))))
    return digest({**basis, "priors": priors_hash(), "code": code_hash(), "program": program})


def run_ensemble(ensemble: Ensemble, jobs: Sequence[int], workers: int) -> pd.DataFrame:
    """Run the jobs that have no row yet and return the rows of all.

    Args:
        ensemble: what makes the runs.
        jobs: numbers of the runs.
        workers: processes.

    Returns:
        One row per job in the order of ``jobs``: job, the numbers, error (empty if it went well).

    Raises:
        StudyError: the folder holds another ensemble, or cannot be written.
        Exception: what stopped a run of an ensemble of large ones.
    """
    folder = ensemble.folder
    check_writable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    identity = ensemble_id(ensemble.basis, ensemble.simulate)
    failed: list[dict[str, Any]] = []
    with locked(folder), terminable():
        _check_basis(folder, identity)
        remove_temporaries(folder)
        known = set(read_rows(folder, identity)[JOB])
        missing = [job for job in jobs if job not in known]
        with Progress(len(jobs), len(jobs) - len(missing)) as progress:
            for rows in _results(ensemble, missing, workers):
                lost = [row for row in rows if row[ERROR]]
                _write(folder, [row for row in rows if not row[ERROR]], identity)
                failed += lost
                progress.advance(len(rows), len(lost))
    table = pd.concat([read_rows(folder, identity), pd.DataFrame(failed, columns=[JOB, ERROR])], ignore_index=True)
    return table.set_index(JOB).loc[list(jobs)].copy().reset_index()


def succeeded(rows: pd.DataFrame, what: str = "runs") -> pd.DataFrame:
    """Return the rows of the runs that went well and say how many did not.

    Args:
        rows: as ``run_ensemble`` returns them.
        what: name of the runs in the message.

    Raises:
        StudyError: none went well.
    """
    if said := missing_runs(dict(zip(rows[JOB], rows[ERROR], strict=True)), what):
        if (rows[ERROR] != "").all():
            raise StudyError(
                f"{said}.\n  Next: correct what it names and start the same command; failed runs are repeated."
            )
        print(f"{said}\n  The same command tries them again.", flush=True)
    return rows[rows[ERROR] == ""]


def read_rows(folder: Path, identity: str) -> pd.DataFrame:
    """Return the rows that are there, each job once, and remove parts that are damaged or of another ensemble."""
    parts = [pd.DataFrame({JOB: np.zeros(0, np.int64), ERROR: np.zeros(0, str)})]
    for path in sorted(folder.glob("part-*")):
        try:
            parts.append(_read(unseal(path.read_bytes(), identity)))
        except DamagedError:
            path.unlink()
    return pd.concat(parts, ignore_index=True).drop_duplicates(JOB, ignore_index=True)


def _read(content: bytes) -> pd.DataFrame:
    with np.load(io.BytesIO(content), allow_pickle=False) as part:
        table = pd.DataFrame(part["values"], columns=part["names"].astype(str))
        return pd.concat([pd.DataFrame({JOB: part["jobs"], ERROR: ""}), table], axis=1)


def _check_basis(folder: Path, identity: str) -> None:
    """Refuse to mix rows of different code, priors, scenarios or settings."""
    path = folder / "basis.txt"
    if path.is_file():
        if path.read_bytes().strip() != identity.encode():
            raise StudyError(
                f"{folder}: holds runs of other settings, scenarios, priors or code, or {path.name} is damaged.\n"
                "  Next: remove the folder, or choose another one with study=NAME."
            )
        return
    with replacing(path) as temporary:
        temporary.write_text(identity + "\n", encoding="utf-8")


def _write(folder: Path, rows: Sequence[Mapping[str, Any]], identity: str) -> None:
    """Write the rows of runs that went well, if there are any."""
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row if name not in (JOB, ERROR)))
    content = io.BytesIO()
    np.savez_compressed(
        content,
        jobs=np.array([row[JOB] for row in rows], np.int64),
        names=np.array(names, str),
        values=np.array([[row.get(name, np.nan) for name in names] for row in rows], np.float64),
    )
    with replacing(folder / f"part-{rows[0][JOB]:06d}") as temporary:
        temporary.write_bytes(seal(content.getvalue(), identity))


def _results(ensemble: Ensemble, jobs: Sequence[int], workers: int) -> Iterable[list[dict[str, Any]]]:
    """Yield finished chunks; the first runs here so that rules are compiled before processes start."""
    size = 1 if ensemble.large else CHUNK
    chunks = [list(jobs[k : k + size]) for k in range(0, len(jobs), size)]
    alone = len(chunks) if workers == 1 else 1
    for chunk in chunks[:alone]:
        yield run_chunk(ensemble, chunk)
    waiting = chunks[alone:]
    if not waiting:
        return
    workers = min(workers, len(waiting))
    with process_pool(workers, _begin, (ensemble,)) as processes:
        for chunk, rows in results(processes, workers, _in_worker, waiting):
            yield rows or _lost(ensemble, chunk)


def _lost(ensemble: Ensemble, jobs: Sequence[int]) -> list[dict[str, Any]]:
    """Return the rows of jobs whose process was lost twice."""
    if ensemble.large:
        raise StudyError(
            f"{ensemble.folder}: run {jobs[0]}: {LOST}.\n"
            "  Next: fewer workers or households need less memory; finished runs are kept."
        )
    return [{JOB: job, ERROR: LOST} for job in jobs]


def run_chunk(ensemble: Ensemble, jobs: Sequence[int]) -> list[dict[str, Any]]:
    """Return the rows of some jobs; a job that fails has its error and no numbers."""
    rows: list[dict[str, Any]] = []
    for job in jobs:
        try:
            rows.append({JOB: job, **ensemble.simulate(ensemble.shared, job), ERROR: ""})
        except Exception:
            if ensemble.large:
                raise
            rows.append({JOB: job, ERROR: traceback.format_exc()[-ERROR_LIMIT:]})
    return rows


_WORKER: dict[str, Ensemble] = {}
"""The ensemble of a worker process, set once when it starts."""


def _begin(ensemble: Ensemble) -> None:
    _WORKER["ensemble"] = ensemble


def _in_worker(jobs: Sequence[int]) -> list[dict[str, Any]]:
    return run_chunk(_WORKER["ensemble"], jobs)
