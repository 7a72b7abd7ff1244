"""One job, wherever it runs: simulate, check, encode; a run that fails is a row and not a crash."""

from __future__ import annotations

import contextlib
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

from sim.studies.environment import forget_peak, peak_mb
from sim.studies.identity import Basis, code_hash, history_id, priors_hash, run_id
from sim.studies.manifest import DONE, FAILED, Job, Row
from sim.studies.simulator import Simulator
from sim.studies.store import Parcel, Tables, encode, state_file, tables_of

__all__ = ["Work", "failed", "run_job"]

ERROR_LIMIT = 4_000
"""Characters of a traceback that the manifest keeps, from its end."""


class Work(NamedTuple):
    """What every job needs; picklable.

    Attributes:
        basis: what the runs of the study share.
        setup: what the simulator prepared.
        simulator: the simulation.
        threads: threads inside one run.
        states: folder of saved histories; those that are there are used.
        keep_states: send new histories home to be saved.
    """

    basis: Basis
    setup: Any
    simulator: Simulator
    threads: int
    states: Path | None = None
    keep_states: bool = False

    def rows(self, job: Job) -> list[Row]:
        """Return the manifest row of every run of a job, pending."""
        return [
            Row(run_id(self.basis, name, job.draw, job.replicate), name, job.draw, job.replicate)
            for name in job.scenarios
        ]

    def foreign(self) -> str:
        """Say how the sources of this process differ from those of the study; empty if they do not."""
        if code_hash() != self.basis.code:
            return "sources of sim/ that determine results are not those that the study began with (changed?)"
        if priors_hash() != self.basis.priors:
            return "configs/parameters.yaml or configs/policy/ here are not those that the study began with"
        return ""


def run_job(work: Work, job: Job) -> Parcel:
    """Simulate one job and return its files and how its runs ended; writes nothing."""
    began = time.perf_counter()
    forget_peak()
    try:
        history, state = _history(work, job)
    except Exception:
        share = (time.perf_counter() - began) / len(job.scenarios)
        return Parcel([_end(row, FAILED, share, _trace()) for row in work.rows(job)])
    share = (time.perf_counter() - began) / len(job.scenarios)
    done: list[Row] = []
    lost: list[Row] = []
    tables: list[Tables] = []
    start: dict[str, Any] = {}
    for row in work.rows(job):
        began = time.perf_counter()
        try:
            output = work.simulator.branch(work.setup, history, row.scenario)
            tables.append(tables_of(output, row.run_id))
        except Exception:
            lost.append(_end(row, FAILED, share + time.perf_counter() - began, _trace()))
        else:
            start = dict(output.start)
            done.append(_end(row, DONE, share + time.perf_counter() - began))
    if not done:
        return Parcel(lost)
    parcel = encode(job, done, tables, start)
    return parcel._replace(rows=done + lost, state=state)


def _history(work: Work, job: Job) -> tuple[Any, bytes]:
    """Return the saved or newly simulated history of a job, and its bytes if it is new and to be kept."""
    belongs = history_id(work.basis, job.draw, job.replicate)
    if work.states is not None:
        with contextlib.suppress(OSError, ValueError):
            return work.simulator.unpack(
                work.setup, state_file(work.states, job.draw, job.replicate).read_bytes(), belongs
            ), b""
    history = work.simulator.begin(work.setup, job.draw, job.replicate)
    return history, work.simulator.pack(history, belongs) if work.keep_states else b""


def failed(work: Work, job: Job, error: str) -> Parcel:
    """Return what a job comes to that could not be carried out."""
    return Parcel([row._replace(status=FAILED, error=error) for row in work.rows(job)])


def _end(row: Row, status: str, seconds: float, error: str = "") -> Row:
    return row._replace(status=status, seconds=seconds, peak_mb=peak_mb(), error=error)


def _trace() -> str:
    return traceback.format_exc()[-ERROR_LIMIT:]
