"""Many small runs that keep a row of numbers each: in parallel, resumable, killed at any moment without loss."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.errors import StudyError
from sim.studies.files import check_writable, locked, remove_temporaries, replacing
from sim.studies.identity import code_hash, digest, priors_hash
from sim.studies.interrupts import terminable
from sim.studies.progress import Progress
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
    keys = ("region_name", "start", "end_year", "observed_until", "steps_per_year", "seed", "params", "data_hash")
    return {key: getattr(setup, key) for key in keys} | {"scenarios": list(setup.scenario_content.items())}


def ensemble_id(basis: Mapping[str, Any]) -> str:
    """Return the identity of an ensemble: its basis, the priors and the sources that determine results."""
    return digest({**basis, "priors": priors_hash(), "code": code_hash()})


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
    with locked(folder), terminable():
        _check_basis(folder, ensemble_id(ensemble.basis))
        remove_temporaries(folder)
        done = read_rows(folder)
        known = set(done[JOB]) if len(done) else set()
        missing = [job for job in jobs if job not in known]
        with Progress(len(jobs), len(jobs) - len(missing)) as progress:
            for rows in _results(ensemble, missing, workers):
                _write(folder, rows)
                progress.advance(len(rows), sum(bool(row[ERROR]) for row in rows))
    table = read_rows(folder).set_index(JOB)
    return table.loc[list(jobs)].reset_index()


def read_rows(folder: Path) -> pd.DataFrame:
    """Return the rows that are there; an empty table if there are none."""
    parts = [_read(path) for path in sorted(folder.glob("part-*.npz"))]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _read(path: Path) -> pd.DataFrame:
    with np.load(path, allow_pickle=False) as part:
        table = pd.DataFrame(part["values"], columns=part["names"].astype(str))
        return pd.concat([pd.DataFrame({JOB: part["jobs"], ERROR: part["errors"].astype(str)}), table], axis=1)


def _check_basis(folder: Path, identity: str) -> None:
    """Refuse to mix rows of different code, priors, scenarios or settings."""
    path = folder / "basis.txt"
    if path.is_file():
        if path.read_text(encoding="utf-8").strip() != identity:
            raise StudyError(
                f"{folder}: holds runs of other settings, scenarios, priors or code.\n"
                "  Next: remove the folder, or choose another one with study=NAME."
            )
        return
    with replacing(path) as temporary:
        temporary.write_text(identity + "\n", encoding="utf-8")


def _write(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row if name not in (JOB, ERROR)))
    with (
        replacing(folder / f"part-{rows[0][JOB]:06d}.npz") as temporary,
        temporary.open("wb") as file,
    ):
        np.savez_compressed(
            file,
            jobs=np.array([row[JOB] for row in rows], np.int64),
            errors=np.array([row[ERROR] for row in rows], str),
            names=np.array(names, str),
            values=np.array([[row.get(name, np.nan) for name in names] for row in rows], np.float64),
        )


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
